"""A whole network run over the samples of one series, as they arrive: forecasts and updated states.

Products with inputs are computed for a chunk of samples at once, so that only the product with the state is
left between one state and the next. Weights lie in one vector, layer after layer, in the order and layout of
`tsrnn.network.architecture.pack_index`.
"""

import math
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.products import nothing, product
from tsrnn.kernels.packing.tile import Panels, lanes, make_tile
from tsrnn.kernels.packing.views import flat, rows
from tsrnn.kernels.scans.steps import activate, apply_reset

_LARGEST_LOG = math.log(np.finfo(np.float64).max)
_eight, _four, _one = (make_tile(1, panels) for panels in (8, 4, 1))


class Sizes(NamedTuple):
    """Sizes of a stack of layers; `residual` is 0 or 1."""

    n_layers: int
    n_panels: int
    n_diagonals: int
    dilation: int
    residual: int


class Scaling(NamedTuple):
    """Scaling of the data: the network reads (y - level) / divisor, of log(y) if `log` is 1.

    Its output is multiplied by scale; divisor is scale, or 1 if scale is 0.
    """

    log: int
    level: float
    divisor: float
    scale: float


@kernel
def add_row(C, D, A, W, first, last, K):
    """Write C = D + A W in panels `first` to `last`, for one row A of K numbers."""
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
def project_inputs(cell, P, weights, W_x, K, bias, features, gates):
    """Write gates (n, N lanes) = bias + x W_x, for x the first K columns of features (n, columns)."""
    width, zero, x, g = lanes(weights), np.int64(0), flat(features), flat(gates)
    N, x_end = cell.n_blocks * P, cell.x_end * P
    W, b = Panels(weights, W_x, K * width), Panels(weights, bias, width)
    for t in range(len(gates)):
        C, A = Panels(g, t * N * width, width), Panels(x, t * features.shape[1], width)
        add_row(C, b, A, W, zero, x_end, K)
        add_row(C, b, A, W, x_end, N, zero)


@kernel
def run_states(cell, P, weights, W_h, diagonal, gates, h, c, slot, features, residual):
    """Run a layer, given the projected inputs in gates: write its states, and its outputs to features.

    gates : (n, N lanes), overwritten
    h, c : (skip + 1, H), ring buffers of states, written from `slot` on
    features : (n, columns), the layer's inputs; overwritten with its outputs
    """
    width, g, states = lanes(weights), flat(gates), flat(h)
    H, x_end, h_start, h_end = P * width, cell.x_end * P, cell.h_start * P, cell.h_end * P
    W = Panels(weights, W_h - h_start * H * width, H * width)
    for t in range(len(gates)):
        before = slot + 1 if slot + 1 < len(h) else 0
        C, blocks = Panels(g, t * gates.shape[1], width), rows(gates[t], cell.n_blocks)
        add_row(C, C, Panels(states, before * H, width), W, h_start, h_end, H)
        if h_end < x_end:
            apply_reset(cell, blocks, h[before])
            last = Panels(g, C.start + (cell.n_blocks - 1) * H, width)
            add_row(C, C, last, W, h_end, x_end, H)
        activate(cell, blocks, h[before], h[slot], c[before], c[slot], diagonal)
        for j in range(H):
            features[t, j] = h[slot, j] + features[t, j] if residual else h[slot, j]
        slot = before


@kernel
def run_layers(cell, sizes, weights, K, h, c, features, gates, count):
    """Run n samples of K numbers, which follow `count` earlier samples, through all layers.

    features : (n, columns), inputs in the first K columns; overwritten with the states of the top layer
    h, c, gates : as in `stream`, overwritten
    Returns the index in `weights` at which those of the layers end.
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
        project_inputs(cell, P, weights, start, K, bias, features, gates)
        run_states(cell, P, weights, W_h, diagonal, gates, h_here, c_here, slot, features, residual)
        start, first, skip, K = end, last, skip * sizes.dilation, H
    return start


@kernel
def apply_head(weights, W_head, H, features):
    """Write the output of the head for features (n, columns), of which H count, to their first column."""
    width, x = lanes(weights), flat(features)
    W, b = Panels(weights, W_head, H * width), Panels(weights, W_head + H * width, width)
    for t in range(len(features)):
        here = Panels(x, t * features.shape[1], width)
        add_row(here, b, here, W, np.int64(0), np.int64(1), H)


@kernel
def stream(
    cell, sizes, scaling, weights, h, c, all_features, all_gates, count, values, covariates, forecasts
):
    """Write the one-step forecast after each value, given values that follow `count` earlier ones.

    h, c : (slots, H), updated; ``dilation**layer + 1`` slots for each layer: step n writes slot n modulo that
    values : (n,)
    covariates : (n, F), read together with the values
    forecasts : (n,), written
    all_features (rows, the larger of H and 1 + F), all_gates (rows, N lanes) : scratch for a chunk of samples
    """
    number, F = type(weights[0]), covariates.shape[1]
    for begin in range(0, len(values), len(all_gates)):
        n = min(len(all_gates), len(values) - begin)
        features, gates = all_features[:n], all_gates[:n]
        for t in range(n):
            value = math.log(values[begin + t]) if scaling.log else values[begin + t]
            features[t, 0] = number((value - scaling.level) / scaling.divisor)
            for f in range(F):
                features[t, 1 + f] = covariates[begin + t, f]
        start = run_layers(cell, sizes, weights, np.int64(1 + F), h, c, features, gates, count + begin)
        apply_head(weights, start, h.shape[1], features)
        for t in range(n):
            value = np.float64(features[t, 0]) * scaling.scale + scaling.level
            forecasts[begin + t] = math.exp(min(value, _LARGEST_LOG)) if scaling.log else value
