"""A network that reads symbols and draws the next one, again and again."""

import math
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.tile import Panels, lanes
from tsrnn.kernels.packing.views import flat
from tsrnn.kernels.scans.stream import add_row, climb


class Model(NamedTuple):
    """Packed weights: of all layers, of the head, and the vectors of symbols, of which K numbers count."""

    layers: np.ndarray
    W_head: np.ndarray
    b_head: np.ndarray
    table: np.ndarray
    K: int


class Room(NamedTuple):
    """Where a network stands: states (slots, H), and the logits of the next symbol, panels of them in a row.

    passing (1, columns), gates (1, N lanes) and spare (n,) are room to work in.
    """

    h: np.ndarray
    c: np.ndarray
    logits: np.ndarray
    passing: np.ndarray
    gates: np.ndarray
    spare: np.ndarray


class Draw(NamedTuple):
    """How to draw: logits are divided by `temperature`, the `n_kept` largest count, symbol `end` ends it."""

    temperature: float
    n_kept: int
    end: int


@kernel
def head(model, room):
    """Write the logits that follow from the top layer's states, in `passing`."""
    width, H = lanes(model.layers), room.h.shape[1]
    n_panels = np.int64(len(room.logits) // width)
    C, D = Panels(room.logits, 0, width), Panels(flat(model.b_head), 0, width)
    A, W = Panels(flat(room.passing), 0, width), Panels(flat(model.W_head), 0, H * width)
    add_row(C, D, A, W, np.int64(0), n_panels, H)


@kernel
def read(cell, sizes, model, room, count, symbols):
    """Take in symbols that follow `count` others, and write the logits of the one that follows."""
    for t in range(len(symbols)):
        vector = model.table[symbols[t]]
        for j in range(len(vector)):
            room.passing[0, j] = vector[j]
        climb(cell, sizes, model.layers, model.K, room.h, room.c, room.passing, room.gates, count + t)
    if len(symbols) > 0:
        head(model, room)


@kernel
def largest(values, k):
    """Return the k-th largest of values, which are left in another order (Hoare, 1961)."""
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
def softmax(logits, draw, spare, probabilities):
    """Write exp(z_k / temperature) / sum_j exp(z_j / temperature) over the largest logits z, 0 elsewhere.

    Of equal logits the first are kept. Return whether all logits are numbers.
    """
    V, top = len(probabilities), -np.inf
    for k in range(V):
        if not abs(logits[k]) < np.inf:
            return False
        top = max(top, np.float64(logits[k]))
    least, n_equal = type(logits[0])(-np.inf), 0
    if draw.n_kept < V:
        for k in range(V):
            spare[k] = logits[k]
        least = largest(spare[:V], draw.n_kept)
        n_equal = draw.n_kept
        for k in range(V):
            n_equal -= logits[k] > least
    size = 0.0
    for k in range(V):
        kept = logits[k] > least
        if logits[k] == least and n_equal > 0:
            kept, n_equal = True, n_equal - 1
        probabilities[k] = math.exp((np.float64(logits[k]) - top) / draw.temperature) if kept else 0.0
        size += probabilities[k]
    for k in range(V):
        probabilities[k] /= size
    return True


@kernel
def choose(probabilities, uniform):
    """Return the first symbol whose cumulated probability exceeds a number drawn from [0, 1)."""
    total, chosen = 0.0, 0
    for k in range(len(probabilities)):
        if probabilities[k] > 0:
            total += probabilities[k]
            chosen = k
            if uniform < total:
                break
    return chosen


@kernel
def generate(cell, sizes, model, room, count, draw, uniforms, probabilities, symbols):
    """Draw a symbol for each of `uniforms` and take it in; return how many, -1 if the logits are no numbers.

    The symbol `end` ends it, and is not counted or taken in.
    """
    for t in range(len(uniforms)):
        if not softmax(room.logits, draw, room.spare, probabilities):
            return -1
        symbols[t] = choose(probabilities, uniforms[t])
        if symbols[t] == draw.end:
            return t
        read(cell, sizes, model, room, count + t, symbols[t : t + 1])
    return len(uniforms)
