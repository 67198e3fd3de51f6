"""Gated recurrent unit (Cho et al., 2014), reset gate after the recurrent product, through time.

r, z = sigmoid(W_ih x_t + W_hh h_(t-1) + bias), each with its own rows, in the order r, z, n

n = tanh(W_in x_t + b_n + r (W_hn h_(t-1) + b_hn))

h_t = (1 - z) n + z h_(t-1)

This is the variant of PyTorch and cuDNN; it keeps the recurrent weights in a single product.

Shapes: x (T, B, I), state (1, B, H), W_ih (3H, I), W_hh (3H, H), bias (4H,) = b_r, b_z, b_n, b_hn,
h (T, B, H).
"""

import numpy as np

from tsrnn.kernels.activations import flush, sigmoid, tanh
from tsrnn.kernels.jit import kernel
from tsrnn.kernels.products import add_row_sums, affine, input_gradients, multiply_add, recurrent_gradient


@kernel
def forward(x, state, W_ih, W_hh, bias):
    """Return h (T, B, H), the final state (1, B, H), and the gates and W_hn h + b_hn for `backward`."""
    T, B, _ = x.shape
    H = W_hh.shape[1]
    W = W_hh.T.copy()
    b_hn = bias[3 * H :]
    gates = affine(x, W_ih, bias)
    h, hn = np.empty((T, B, H), x.dtype), np.empty((T, B, H), x.dtype)
    recurrent = np.empty((B, 3 * H), x.dtype)
    for t in range(T):
        h_prev = state[0] if t == 0 else h[t - 1]
        recurrent[:] = 0
        multiply_add(h_prev, W, recurrent)
        for b in range(B):
            r, z, n = gates[t, b, :H], gates[t, b, H : 2 * H], gates[t, b, 2 * H :]
            for j in range(H):
                r[j] = sigmoid(r[j] + recurrent[b, j])
                z[j] = sigmoid(z[j] + recurrent[b, H + j])
                hn[t, b, j] = recurrent[b, 2 * H + j] + b_hn[j]
                n[j] = tanh(n[j] + r[j] * hn[t, b, j])
                h[t, b, j] = n[j] + z[j] * (h_prev[b, j] - n[j])
    return h, h[T - 1 :].copy(), (gates, hn)


@kernel
def backward(x, state, W_ih, W_hh, bias, h, saved, dh, dfinal):
    """Return the gradients of x, state, W_ih, W_hh and bias, given those of h and of the final state."""
    gates, hn = saved
    T, B, H = h.shape
    one = type(bias[0])(1)
    da = np.empty_like(gates)
    da_recurrent = np.empty_like(gates)
    dstate = dfinal.copy()
    carried = dstate[0]
    for t in range(T - 1, -1, -1):
        h_prev = state[0] if t == 0 else h[t - 1]
        for b in range(B):
            r, z, n = gates[t, b, :H], gates[t, b, H : 2 * H], gates[t, b, 2 * H :]
            dr, dz, dn = da[t, b, :H], da[t, b, H : 2 * H], da[t, b, 2 * H :]
            for j in range(H):
                dh_t = carried[b, j] + dh[t, b, j]
                dn[j] = flush(dh_t * (one - z[j]) * (one - n[j] * n[j]))
                dr[j] = flush(dn[j] * hn[t, b, j] * r[j] * (one - r[j]))
                dz[j] = flush(dh_t * (h_prev[b, j] - n[j]) * z[j] * (one - z[j]))
                da_recurrent[t, b, j] = dr[j]
                da_recurrent[t, b, H + j] = dz[j]
                da_recurrent[t, b, 2 * H + j] = flush(dn[j] * r[j])
                carried[b, j] = flush(dh_t * z[j])
        multiply_add(da_recurrent[t], W_hh, carried)
    dbias = np.zeros_like(bias)
    add_row_sums(da.reshape(T * B, 3 * H), dbias[: 3 * H])
    add_row_sums(da_recurrent.reshape(T * B, 3 * H)[:, 2 * H :], dbias[3 * H :])
    dx, dW_ih = input_gradients(x, W_ih, da)
    return dx, dstate, dW_ih, recurrent_gradient(state[0], h, da_recurrent), dbias
