"""Simple recurrent cell (Elman, 1990, Cognitive Science 14), and a dense layer, the same without recurrence.

h_t = f(W_ih x_t + W_hh h_(t-1) + bias), with f the hyperbolic tangent or max(0, .)
"""

from typing import NamedTuple

from tsrnn.kernels.activations import flush, tanh


class RNN(NamedTuple):
    """One block; `relu` is 1 where f is max(0, .), 0 where f is tanh."""

    relu: int
    n_blocks: int = 1
    x_end: int = 1
    h_start: int = 0
    h_end: int = 1


class Dense(NamedTuple):
    """One block that inputs enter and states do not: a dense layer."""

    relu: int
    n_blocks: int = 1
    x_end: int = 1
    h_start: int = 1
    h_end: int = 1


def activate(cell, gates, h_before, h, c_before, c, diagonal):
    """Step forward (see `tsrnn.kernels.scans.steps.activate`)."""
    a = gates[0]
    if cell.relu:
        zero = type(h[0])(0)
        for j in range(h.size):
            h[j] = zero if a[j] < zero else a[j]
    else:
        for j in range(h.size):
            h[j] = tanh(a[j])


def differentiate(cell, gates, h_before, h, c_before, c, dh, dc, diagonal, d_diagonal):
    """Step backward (see `tsrnn.kernels.scans.steps.differentiate`)."""
    a = gates[0]
    one, zero = type(h[0])(1), type(h[0])(0)
    if cell.relu:
        for j in range(h.size):
            a[j] = flush(dh[j] * (one if h[j] > zero else zero))
            dh[j] = zero
    else:
        for j in range(h.size):
            a[j] = flush(dh[j] * (one - h[j] * h[j]))
            dh[j] = zero
