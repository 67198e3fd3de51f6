"""How the tests run one layer of the library: the only place that knows the kernels' own interface."""

import numpy as np

from tsrnn.kernels.cells import CELLS

KINDS = ["rnn", "rnn_relu", "lstm", "gru"]


def layer_sizes(kind):
    """Return the numbers of gates, states and biases."""
    return CELLS[kind].n_gates, CELLS[kind].n_states, CELLS[kind].n_biases


def run_layer(kind, x, state, W_ih, W_hh, bias, dh, dfinal, peephole=None):
    """Return h (T, B, H), the final state (S, B, H) and the gradient of every input, by name."""
    cell, weights = CELLS[kind], (W_ih, W_hh, bias)
    h, final, saved = cell.forward(x, state, *weights)
    gradients = cell.backward(x, state, *weights, h, saved, dh, dfinal)
    names = ("dx", "dstate", "dW_ih", "dW_hh", "dbias")
    return {"h": h, "final": final} | dict(zip(names, gradients, strict=True))


def stack_state(stacked):
    """Return the network's state for arrays (S, B, H) stacked over the layers."""
    return stacked


def unstack_state(state, stacked):
    """Return the network's state as an array of the shape of `stacked`."""
    return np.reshape(state, stacked.shape)
