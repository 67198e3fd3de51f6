"""Gated recurrent unit (Cho et al., 2014), reset gate after the recurrent product.

r, z = sigmoid(W_ih x_t + W_hh h_(t-1) + bias), each with its own rows, in the order r, z, n

n = tanh(W_in x_t + b_n + r q),  q = W_hn h_(t-1) + b_hn

h_t = (1 - z) n + z h_(t-1)

This is the variant of PyTorch and cuDNN; it keeps the recurrent weights in a single product.
"""

from typing import NamedTuple

from tsrnn.kernels.activations import flush, sigmoid, tanh


class GRU(NamedTuple):
    """Blocks in the order n, r, z, q: inputs enter n, r and z, states enter r, z and q."""

    n_blocks: int = 4
    x_end: int = 3
    h_start: int = 1
    h_end: int = 4


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """Step forward (see `tsrnn.kernels.scans.steps.activate`)."""
    n, r, z, q = gates[0], gates[1], gates[2], gates[3]
    for j in range(h.size):
        r[j] = sigmoid(r[j])
    for j in range(h.size):
        z[j] = sigmoid(z[j])
    for j in range(h.size):
        n[j] = tanh(n[j] + r[j] * q[j])
    for j in range(h.size):
        h[j] = n[j] + z[j] * (h_before[j] - n[j])


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """Step backward (see `tsrnn.kernels.scans.steps.differentiate`)."""
    n, r, z, q = gates[0], gates[1], gates[2], gates[3]
    one = type(h[0])(1)
    for j in range(h.size):
        n_j, r_j, z_j, dh_j = n[j], r[j], z[j], dh[j]
        da_n = flush(dh_j * (one - z_j) * (one - n_j * n_j))
        n[j] = da_n
        r[j] = flush(da_n * q[j] * r_j * (one - r_j))
        z[j] = flush(dh_j * (h_before[j] - n_j) * z_j * (one - z_j))
        q[j] = flush(da_n * r_j)
        dh[j] = flush(dh_j * z_j)
