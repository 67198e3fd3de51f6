"""Output feedback (Jordan, 1986) rewritten as state feedback, for one layer of H units and O outputs.

With y_(t-1) = W_hy h_(t-1) + b_y fed back, W_ih x_t + W_yh y_(t-1) + bias is W_ih x_t + W_hh h_(t-1) + bias'
with W_hh = W_yh W_hy and bias' = bias + W_yh b_y.

Shapes: W_yh (H, O), W_hy (O, H), b_y (O,), bias (H,), W_hh (H, H); gradients likewise.
"""

from tsrnn.kernels.jit import kernel


@kernel
def compose(W_yh, W_hy, b_y, bias, W_hh, bias_composed):
    """Write W_hh and bias_composed, which is bias' above."""
    H, O = W_yh.shape  # noqa: E741
    for i in range(H):
        row = W_hh[i]
        total = bias[i]
        row[:] = 0
        for o in range(O):
            weight, back = W_yh[i, o], W_hy[o]
            for j in range(H):
                row[j] += weight * back[j]
            total += weight * b_y[o]
        bias_composed[i] = total


@kernel
def decompose(W_yh, W_hy, b_y, dW_hh, d_composed, dW_yh, dW_hy, db_y, d_bias):
    """Write the gradients of W_yh and bias, add to those of W_hy and b_y, given those of W_hh and bias'."""
    H, O = W_yh.shape  # noqa: E741
    for i in range(H):
        row = dW_hh[i]
        d_bias[i] = d_composed[i]
        for o in range(O):
            weight, back, d_back = W_yh[i, o], W_hy[o], dW_hy[o]
            total = d_composed[i] * b_y[o]
            for j in range(H):
                total += row[j] * back[j]
                d_back[j] += weight * row[j]
            dW_yh[i, o] = total
            db_y[o] += weight * d_composed[i]
