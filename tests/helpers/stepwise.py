"""Layers and networks run step by step through `tsrnn.cells`, as the tests want them."""

import numpy as np

from tsrnn import cells


def run_layer(kind, x, state, W_ih, W_hh, bias, dh, dfinal, peephole=None):
    """Return h (T, B, H), the final state (S, B, H) and the gradient of every input, by name."""
    given = {"W_ih": W_ih, "W_hh": W_hh, "bias": bias, "W_peephole": peephole}
    weights = {name: array for name, array in given.items() if array is not None}
    h, final, caches = forward(kind, weights, x, tuple(state), None)
    dx, dstate, d_weights = backward(kind, weights, caches, dh, tuple(dfinal))
    gradients = {f"d{name}": d for name, d in d_weights.items()}
    return {"h": h, "final": np.stack(final), "dx": dx, "dstate": np.stack(dstate)} | gradients


def forward(cell, weights, x, state, output):
    """Return every step's output, the last state and every step's cache."""
    outputs, caches = [], []
    for x_t in x:
        state, y, cache = cells.step(cell, weights, x_t, state, output)
        outputs.append(y)
        caches.append(cache)
    return np.stack(outputs), state, caches


def backward(cell, weights, caches, d_outputs, d_state=None):
    """Return the gradients of every step's input, of the state before the first and of every weight."""
    dx, total = [], dict.fromkeys(weights, 0)
    for cache, dy in zip(reversed(caches), d_outputs[::-1], strict=True):
        dx_t, d_state, d_weights = cells.step_backward(cell, weights, cache, dy, d_state)
        dx.append(dx_t)
        total = {name: total[name] + d_weights[name] for name in total}
    return np.stack(dx[::-1]), d_state, total
