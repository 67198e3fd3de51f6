"""Jordan's recurrence (1986) in Elman's form.

With y_(t-1) = W_hy h_(t-1) + b_y fed back, W_ih x_t + W_yh y_(t-1) + bias is W_ih x_t + W_hh h_(t-1) + bias'
with W_hh = W_yh W_hy and bias' = bias + W_yh b_y.
"""

import numpy as np

Views = dict[str, np.ndarray]


def readout_names(layer: int, num_layers: int) -> tuple[str, str]:
    """Return the names of W_hy and b_y: the head's in the top layer, whose output is the network's."""
    return ("W_head", "b_head") if layer == num_layers - 1 else (f"W_hy_{layer}", f"b_y_{layer}")


def compose(weights: Views, composed: Views, num_layers: int) -> None:
    """Write W_hh and bias' of each layer."""
    for layer in range(num_layers):
        W_yh = weights[f"W_yh_{layer}"]
        W_hy, b_y = (weights[name] for name in readout_names(layer, num_layers))
        composed[f"W_hh_{layer}"][:] = W_yh @ W_hy
        composed[f"bias_{layer}"][:] = weights[f"bias_{layer}"] + W_yh @ b_y


def decompose(weights: Views, d_composed: Views, gradient: Views, num_layers: int) -> None:
    """Write the gradients of bias and W_yh, add to those of W_hy and b_y, given those of W_hh and bias'."""
    for layer in range(num_layers):
        W_yh, dW_hh, d_bias = (
            weights[f"W_yh_{layer}"],
            d_composed[f"W_hh_{layer}"],
            d_composed[f"bias_{layer}"],
        )
        name_W, name_b = readout_names(layer, num_layers)
        gradient[f"bias_{layer}"][:] = d_bias
        gradient[f"W_yh_{layer}"][:] = dW_hh @ weights[name_W].T + np.outer(d_bias, weights[name_b])
        gradient[name_W] += W_yh.T @ dW_hh
        gradient[name_b] += W_yh.T @ d_bias
