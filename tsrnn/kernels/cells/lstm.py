"""Long short-term memory (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000).

i, f, o = sigmoid(W_ih x_t + W_hh h_(t-1) + bias),  g = tanh(likewise), each with its own rows, in the
order i, f, g, o

c_t = f c_(t-1) + i g

h_t = o tanh(c_t)
"""

from typing import NamedTuple

from tsrnn.kernels.activations import flush, sigmoid, tanh


class LSTM(NamedTuple):
    """Blocks i, f, g, o."""

    n_blocks: int = 4
    x_end: int = 4
    h_start: int = 0
    h_end: int = 4


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """Step forward (see `tsrnn.kernels.scans.steps.activate`)."""
    i, f, g, o = gates[0], gates[1], gates[2], gates[3]
    for j in range(h.size):
        i[j] = sigmoid(i[j])
    for j in range(h.size):
        f[j] = sigmoid(f[j])
    for j in range(h.size):
        g[j] = tanh(g[j])
    for j in range(h.size):
        o[j] = sigmoid(o[j])
    for j in range(h.size):
        c[j] = f[j] * c_before[j] + i[j] * g[j]
    for j in range(h.size):
        h[j] = o[j] * tanh(c[j])


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """Step backward (see `tsrnn.kernels.scans.steps.differentiate`)."""
    i, f, g, o = gates[0], gates[1], gates[2], gates[3]
    one = type(h[0])(1)
    for j in range(h.size):
        tanh_c = tanh(c[j])
        dc[j] += dh[j] * o[j] * (one - tanh_c * tanh_c)
        o[j] = flush(dh[j] * tanh_c * o[j] * (one - o[j]))
        dh[j] = 0
    for j in range(h.size):
        i_j, f_j, g_j, dc_j = i[j], f[j], g[j], dc[j]
        i[j] = flush(dc_j * g_j * i_j * (one - i_j))
        f[j] = flush(dc_j * c_before[j] * f_j * (one - f_j))
        g[j] = flush(dc_j * i_j * (one - g_j * g_j))
        dc[j] = flush(dc_j * f_j)
