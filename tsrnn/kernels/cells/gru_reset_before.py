"""Gated recurrent unit with the reset gate before the recurrent product (Cho et al., 2014, section 2.3).

r, z = sigmoid(W_ih x_t + W_hh h_(t-1) + bias), each with its own rows, in the order r, z, n

n = tanh(W_in x_t + b_n + W_hn q),  q = r h_(t-1)

h_t = (1 - z) n + z h_(t-1)
"""

from typing import NamedTuple

from tsrnn.kernels.activations import flush, sigmoid, tanh


class GRUResetBefore(NamedTuple):
    """Blocks in the order r, z, n, q: states enter r and z directly, and n through q."""

    n_blocks: int = 4
    x_end: int = 3
    h_start: int = 0
    h_end: int = 2


def apply_reset(cell, gates, h_before):
    """Compute r, z and q = r h_before (see `tsrnn.kernels.scans.steps.apply_reset`)."""
    r, z, q = gates[0], gates[1], gates[3]
    for j in range(q.size):
        r[j] = sigmoid(r[j])
    for j in range(q.size):
        z[j] = sigmoid(z[j])
    for j in range(q.size):
        q[j] = r[j] * h_before[j]


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """Step forward (see `tsrnn.kernels.scans.steps.activate`)."""
    z, n = gates[1], gates[2]
    for j in range(h.size):
        n[j] = tanh(n[j])
    for j in range(h.size):
        h[j] = n[j] + z[j] * (h_before[j] - n[j])


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """Step backward (see `tsrnn.kernels.scans.steps.differentiate`)."""
    z, n = gates[1], gates[2]
    one = type(h[0])(1)
    for j in range(h.size):
        n_j, z_j, dh_j = n[j], z[j], dh[j]
        n[j] = flush(dh_j * (one - z_j) * (one - n_j * n_j))
        z[j] = flush(dh_j * (h_before[j] - n_j) * z_j * (one - z_j))
        dh[j] = flush(dh_j * z_j)


def apply_reset_backward(cell, gates, h_before, dq, dh):
    """Go back through `apply_reset` (see `tsrnn.kernels.scans.steps.apply_reset_backward`)."""
    r = gates[0]
    one = type(h_before[0])(1)
    for j in range(dh.size):
        dh[j] += dq[j] * r[j]
    for j in range(dh.size):
        r[j] = flush(dq[j] * h_before[j] * r[j] * (one - r[j]))
