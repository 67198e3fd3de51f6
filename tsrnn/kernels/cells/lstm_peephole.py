"""Long short-term memory with peepholes: gates depend on c, too (Gers & Schmidhuber, 2000).

i, f = sigmoid(W_ih x_t + W_hh h_(t-1) + bias + p c_(t-1)),  g = tanh(W_ig x_t + W_hg h_(t-1) + b_g)

c_t = f c_(t-1) + i g

o = sigmoid(W_io x_t + W_ho h_(t-1) + b_o + p_o c_t)

h_t = o tanh(c_t)

Gates have the order i, f, g, o; the peephole weights p are one number a unit, in the order i, f, o.
"""

from typing import NamedTuple

from tsrnn.kernels.activations import flush, sigmoid, tanh


class LSTMPeephole(NamedTuple):
    """Blocks i, f, g, o."""

    n_blocks: int = 4
    x_end: int = 4
    h_start: int = 0
    h_end: int = 4


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """Step forward (see `tsrnn.kernels.scans.steps.activate`)."""
    i, f, g, o = gates[0], gates[1], gates[2], gates[3]
    p_i, p_f, p_o = diagonal[0], diagonal[1], diagonal[2]
    for j in range(h.size):
        i[j] = sigmoid(i[j] + p_i[j] * c_before[j])
    for j in range(h.size):
        f[j] = sigmoid(f[j] + p_f[j] * c_before[j])
    for j in range(h.size):
        g[j] = tanh(g[j])
    for j in range(h.size):
        c[j] = f[j] * c_before[j] + i[j] * g[j]
    for j in range(h.size):
        o[j] = sigmoid(o[j] + p_o[j] * c[j])
    for j in range(h.size):
        h[j] = o[j] * tanh(c[j])


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """Step backward (see `tsrnn.kernels.scans.steps.differentiate`)."""
    i, f, g, o = gates[0], gates[1], gates[2], gates[3]
    p_i, p_f, p_o = diagonal[0], diagonal[1], diagonal[2]
    dp_i, dp_f, dp_o = d_diagonal[0], d_diagonal[1], d_diagonal[2]
    one = type(h[0])(1)
    for j in range(h.size):
        c_j, o_j = c[j], o[j]
        tanh_c = tanh(c_j)
        da_o = flush(dh[j] * tanh_c * o_j * (one - o_j))
        dc[j] += dh[j] * o_j * (one - tanh_c * tanh_c) + da_o * p_o[j]
        o[j] = da_o
        dh[j] = 0
    for j in range(h.size):
        dp_o[j] += o[j] * c[j]
    for j in range(h.size):
        i_j, f_j, g_j, dc_j = i[j], f[j], g[j], dc[j]
        i[j] = flush(dc_j * g_j * i_j * (one - i_j))
        f[j] = flush(dc_j * c_before[j] * f_j * (one - f_j))
        g[j] = flush(dc_j * i_j * (one - g_j * g_j))
        dc[j] = dc_j * f_j
    for j in range(h.size):
        dc[j] = flush(dc[j] + i[j] * p_i[j] + f[j] * p_f[j])
    for j in range(h.size):
        dp_i[j] += i[j] * c_before[j]
    for j in range(h.size):
        dp_f[j] += f[j] * c_before[j]
