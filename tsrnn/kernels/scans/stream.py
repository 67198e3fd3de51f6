"""A whole network over the samples of one series, and the state it is left in.

What inputs bring to a layer is computed for a chunk of samples ahead, so that between one state and the next
there is but one product. Weights lie in one vector, layer after layer, in the order and layout of
`tsrnn.network.architecture.pack_index`.
"""

import math
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.products import nothing, product
from tsrnn.kernels.packing.tile import Panels, lanes, make_tile
from tsrnn.kernels.packing.views import flat, rows
from tsrnn.kernels.scans.steps import activate, prepare

_LARGEST_LOG = math.log(np.finfo(np.float64).max)
_eight, _four, _one = (make_tile(1, panels) for panels in (8, 4, 1))


class Sizes(NamedTuple):
    """What a stack is made of; `residual` is 0 or 1."""

    n_layers: int
    n_panels: int
    n_diagonals: int
    dilation: int
    residual: int


class Scaling(NamedTuple):
    """From data to what the network reads, and back; `divisor` is the scale, or 1 where that is 0."""

    log: int
    level: float
    divisor: float
    scale: float


@kernel
def add_row(C, D, A, W, first, last, K):
    """C = D + A W in the panels from `first` to `last`, for one row A of K numbers."""
    width, zero, row, none = np.int64(lanes(C.data)), np.int64(0), product(A, W, K), nothing(A)
    panel = first
    while panel + 8 <= last:
        _eight(zero, panel, C, D, width, row, none)
        panel += 8
    if panel + 4 <= last:
        _four(zero, panel, C, D, width, row, none)
        panel += 4
    while panel < last:
        _one(zero, panel, C, D, width, row, none)
        panel += 1


@kernel
def enter(cell, P, weights, W_x, K, bias, passing, gates):
    """Write what K numbers a sample, of passing (n, columns), and biases bring to gates (n, N lanes)."""
    width, zero, x, g = lanes(weights), np.int64(0), flat(passing), flat(gates)
    N, x_end = cell.n_blocks * P, cell.x_end * P
    W, b = Panels(weights, W_x, K * width), Panels(weights, bias, width)
    for t in range(len(gates)):
        C, A = Panels(g, t * N * width, width), Panels(x, t * passing.shape[1], width)
        add_row(C, b, A, W, zero, x_end, K)
        add_row(C, b, A, W, x_end, N, zero)


@kernel
def recur(cell, P, weights, W_h, diagonal, gates, h, c, slot, passing, residual):
    """Step from slot to slot of h and c, one more than the steps skipped, and pass the states on."""
    width, g, states = lanes(weights), flat(gates), flat(h)
    H, x_end, h_start, h_end = P * width, cell.x_end * P, cell.h_start * P, cell.h_end * P
    W = Panels(weights, W_h - h_start * H * width, H * width)
    for t in range(len(gates)):
        before = slot + 1 if slot + 1 < len(h) else 0
        C, blocks = Panels(g, t * gates.shape[1], width), rows(gates[t], cell.n_blocks)
        add_row(C, C, Panels(states, before * H, width), W, h_start, h_end, H)
        if h_end < x_end:
            prepare(cell, blocks, h[before])
            last = Panels(g, C.start + (cell.n_blocks - 1) * H, width)
            add_row(C, C, last, W, h_end, x_end, H)
        activate(cell, blocks, h[before], h[slot], c[before], c[slot], diagonal)
        for j in range(H):
            passing[t, j] = h[slot, j] + passing[t, j] if residual else h[slot, j]
        slot = before


@kernel
def climb(cell, sizes, weights, K, h, c, passing, gates, count):
    """Take samples of K numbers, passing (n, columns), that follow `count` others through all layers.

    Leave the top states in `passing` and return where in `weights` those of the layers end.
    """
    P, width = sizes.n_panels, lanes(weights)
    H, N = P * width, cell.n_blocks * P
    start, first, skip = np.int64(0), np.int64(0), np.int64(1)
    for layer in range(sizes.n_layers):
        W_h = start + cell.x_end * P * K * width
        bias = W_h + (max(cell.x_end, cell.h_end) - cell.h_start) * P * H * width
        peepholes = bias + N * width
        end = peepholes + sizes.n_diagonals * H
        last = first + skip + 1
        h_here, c_here = h[first:last], c[first:last]
        diagonal = weights[peepholes:end].reshape((sizes.n_diagonals, H))
        slot, residual = count % (skip + 1), sizes.residual and layer > 0
        enter(cell, P, weights, start, K, bias, passing, gates)
        recur(cell, P, weights, W_h, diagonal, gates, h_here, c_here, slot, passing, residual)
        start, first, skip, K = end, last, skip * sizes.dilation, H
    return start


@kernel
def read_out(weights, W_head, H, passing):
    """Put what the head makes of each sample's H numbers into its first."""
    width, x = lanes(weights), flat(passing)
    W, b = Panels(weights, W_head, H * width), Panels(weights, W_head + H * width, width)
    for t in range(len(passing)):
        here = Panels(x, t * passing.shape[1], width)
        add_row(here, b, here, W, np.int64(0), np.int64(1), H)


@kernel
def stream(cell, sizes, scaling, weights, h, c, all_passing, all_gates, count, values, company, forecasts):
    """Take in values that follow `count` others, and write the forecast that follows each.

    company (n, F) is read beside the values. h and c (slots, H) hold all layers' states,
    ``dilation**layer + 1`` slots each: step n of a layer writes slot n modulo that many. all_passing (n, H
    or 1 + F, the larger) and all_gates (n, N lanes) are room for a chunk of samples.
    """
    number, F = type(weights[0]), company.shape[1]
    for begin in range(0, len(values), len(all_gates)):
        n = min(len(all_gates), len(values) - begin)
        passing, gates = all_passing[:n], all_gates[:n]
        for t in range(n):
            value = math.log(values[begin + t]) if scaling.log else values[begin + t]
            passing[t, 0] = number((value - scaling.level) / scaling.divisor)
            for f in range(F):
                passing[t, 1 + f] = company[begin + t, f]
        start = climb(cell, sizes, weights, np.int64(1 + F), h, c, passing, gates, count + begin)
        read_out(weights, start, h.shape[1], passing)
        for t in range(n):
            value = np.float64(passing[t, 0]) * scaling.scale + scaling.level
            forecasts[begin + t] = math.exp(min(value, _LARGEST_LOG)) if scaling.log else value
