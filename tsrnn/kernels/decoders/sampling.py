"""Sampling of symbols from a recurrent network, which reads each symbol before it draws the next."""

import math
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.tile import Panels, lanes
from tsrnn.kernels.packing.views import flat
from tsrnn.kernels.scans.stream import add_row, run_layers


class Model(NamedTuple):
    """Packed weights of layers and head, and `table`, whose first K columns are the vectors of symbols."""

    layers: np.ndarray
    W_head: np.ndarray
    b_head: np.ndarray
    table: np.ndarray
    K: int


class GeneratorState(NamedTuple):
    """States of the layers, logits of the next symbol, and scratch arrays.

    h, c : (slots, H), as in `tsrnn.kernels.scans.stream.stream`
    logits : (panels of symbols x lanes,)
    features (1, columns), gates (1, N lanes), scratch (n_symbols,) : overwritten
    """

    h: np.ndarray
    c: np.ndarray
    logits: np.ndarray
    features: np.ndarray
    gates: np.ndarray
    scratch: np.ndarray


class Sampling(NamedTuple):
    """How to sample: logits are divided by `temperature`, the `n_kept` largest remain, symbol `end` stops."""

    temperature: float
    n_kept: int
    end: int


@kernel
def write_logits(model, state):
    """Write state.logits, given the top layer's states in state.features."""
    width, H = lanes(model.layers), state.h.shape[1]
    n_panels = np.int64(len(state.logits) // width)
    C, D = Panels(state.logits, 0, width), Panels(flat(model.b_head), 0, width)
    A, W = Panels(flat(state.features), 0, width), Panels(flat(model.W_head), 0, H * width)
    add_row(C, D, A, W, np.int64(0), n_panels, H)


@kernel
def read_symbols(cell, sizes, model, state, count, symbols):
    """Run symbols (n,), which follow `count` earlier ones, and write the logits of the symbol after them."""
    for t in range(len(symbols)):
        vector = model.table[symbols[t]]
        for j in range(len(vector)):
            state.features[0, j] = vector[j]
        run_layers(
            cell, sizes, model.layers, model.K, state.h, state.c, state.features, state.gates, count + t
        )
    if len(symbols) > 0:
        write_logits(model, state)


@kernel
def kth_largest(values, k):
    """Return the k-th largest of values (n,), which are reordered (quickselect; Hoare, 1961)."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            high = j
        elif k - 1 >= i:
            low = i
        else:
            break
    return values[k - 1]


@kernel
def softmax(logits, sampling, scratch, probabilities):
    """Write exp(z_k / temperature) / sum_j exp(z_j / temperature) for the `n_kept` largest logits z, else 0.

    Of equal logits the first are kept.

    logits : (at least n_symbols,)
    scratch : (at least n_symbols,), overwritten
    probabilities : (n_symbols,), written
    Returns whether all logits are finite.
    """
    V, top = len(probabilities), -np.inf
    for k in range(V):
        if not abs(logits[k]) < np.inf:
            return False
        top = max(top, np.float64(logits[k]))
    least, n_equal = type(logits[0])(-np.inf), 0
    if sampling.n_kept < V:
        for k in range(V):
            scratch[k] = logits[k]
        least = kth_largest(scratch[:V], sampling.n_kept)
        n_equal = sampling.n_kept
        for k in range(V):
            n_equal -= logits[k] > least
    size = 0.0
    for k in range(V):
        kept = logits[k] > least
        if logits[k] == least and n_equal > 0:
            kept, n_equal = True, n_equal - 1
        probabilities[k] = math.exp((np.float64(logits[k]) - top) / sampling.temperature) if kept else 0.0
        size += probabilities[k]
    for k in range(V):
        probabilities[k] /= size
    return True


@kernel
def invert_distribution(probabilities, uniform):
    """Return the first symbol whose cumulative probability exceeds `uniform`, a number in [0, 1)."""
    total, chosen = 0.0, 0
    for k in range(len(probabilities)):
        if probabilities[k] > 0:
            total += probabilities[k]
            chosen = k
            if uniform < total:
                break
    return chosen


@kernel
def sample_symbols(cell, sizes, model, state, count, sampling, uniforms, probabilities, symbols):
    """Draw one symbol for each of `uniforms`, reading each before the next is drawn.

    uniforms : (n,), numbers in [0, 1)
    probabilities : (n_symbols,), overwritten
    symbols : (n,), written
    Returns the number of symbols before the symbol `end` or n, and -1 if logits are not finite.
    """
    for t in range(len(uniforms)):
        if not softmax(state.logits, sampling, state.scratch, probabilities):
            return -1
        symbols[t] = invert_distribution(probabilities, uniforms[t])
        if symbols[t] == sampling.end:
            return t
        read_symbols(cell, sizes, model, state, count + t, symbols[t : t + 1])
    return len(uniforms)
