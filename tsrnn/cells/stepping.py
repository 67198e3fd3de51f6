"""One step of any cell with its output layer, forward and backward."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tsrnn.cells import gru, lstm, rnn
from tsrnn.cells.output import Gradients, Weights, read, read_backward
from tsrnn.cells.rnn import State
from tsrnn.validation import check_choice

OUTPUTS = ("linear", "softmax", None)


class Equations(NamedTuple):
    """Functions of a cell, and the number of vectors of its state: (h,) or (h, c)."""

    step: Callable[..., Any]
    step_backward: Callable[..., Any]
    n_states: int = 1


CELLS = {
    "rnn": Equations(rnn.rnn_step, rnn.rnn_step_backward),
    "rnn_relu": Equations(rnn.rnn_relu_step, rnn.rnn_relu_step_backward),
    "irnn": Equations(rnn.rnn_relu_step, rnn.rnn_relu_step_backward),
    "jordan": Equations(rnn.jordan_step, rnn.jordan_step_backward),
    "lstm": Equations(lstm.lstm_step, lstm.lstm_step_backward, 2),
    "lstm_peephole": Equations(lstm.lstm_peephole_step, lstm.lstm_peephole_step_backward, 2),
    "gru": Equations(gru.gru_step, gru.gru_step_backward),
    "gru_reset_before": Equations(gru.gru_reset_before_step, gru.gru_reset_before_step_backward),
    "dense": Equations(rnn.dense_step, rnn.dense_step_backward),
}


class Cache(NamedTuple):
    """Values of a step that `step_backward` needs: gates and states by name, and the output."""

    gates: Any
    output: np.ndarray
    kind: str | None


class Step(NamedTuple):
    """Result of a step: the new state, the output, and the cache for `step_backward`."""

    state: State
    output: np.ndarray
    cache: Cache


class Gradient(NamedTuple):
    """Gradient of the loss with respect to the input of a step, the state before it, and weights by name."""

    x: np.ndarray
    state: State
    weights: Gradients


def step(
    cell: str, weights: Weights, x: np.ndarray, state: State | None = None, output: str | None = "linear"
) -> Step:
    """Take one step forward.

    Parameters
    ----------
    cell : str
        One of `CELLS`. The equations are in the docstring of its own function, such as `lstm_step`.
    weights : mapping of str to ndarray
        By name, as `layer_weights` returns them.
    x : ndarray of shape (I,) or (B, I)
        Input of one sequence or a batch.
    state : tuple of ndarray of shape (H,) or (B, H), optional
        State before the step, (h,), or (h, c) for the LSTMs; default: zeros.
    output : {"linear", "softmax", None}, default "linear"
        W_head h + b_head, softmax of it, or h itself, for the layer above.

    Returns
    -------
    Step
        ``state``, ``output`` and ``cache``, whose ``gates`` has the gates by name.

    Examples
    --------
    >>> weights = {"W_ih": np.array([[1.0]]), "W_hh": np.array([[0.5]]), "bias": np.array([-1.0])}
    >>> state, h, cache = step("rnn_relu", weights, np.array([3.0]), (np.array([4.0]),), output=None)
    >>> h, cache.gates.h_before
    (array([4.]), array([4.]))
    """
    check_choice("cell", cell, tuple(CELLS))
    check_choice("output", output, OUTPUTS)
    if state is None:
        state = zero_state(cell, weights, x)
    state, gates = CELLS[cell].step(weights, x, state)
    y = read(weights, gates.h, output)
    return Step(state, y, Cache(gates, y, output))


def step_backward(
    cell: str, weights: Weights, cache: Cache, d_output: np.ndarray, d_state: State | None = None
) -> Gradient:
    """Take one step backward.

    Parameters
    ----------
    cell, weights
        As for `step`.
    cache : Cache
        From `step`.
    d_output : ndarray of the output's shape
        Gradient of the loss with respect to this step's output (the probabilities of a softmax).
    d_state : tuple of ndarray, optional
        Gradient with respect to the state after this step, from the next step; default: zeros.

    Returns
    -------
    Gradient
        ``x``, ``state`` (before the step) and ``weights``, by name, summed over the batch.

    Examples
    --------
    A state is used by the next step and by this step's output; its gradient is the sum of both. Here
    h = 3 + 4 / 2:

    >>> weights = {"W_ih": np.array([[1.0]]), "W_hh": np.array([[0.5]]), "bias": np.array([0.0])}
    >>> _, _, cache = step("rnn_relu", weights, np.array([3.0]), (np.array([4.0]),), output=None)
    >>> gradient = step_backward("rnn_relu", weights, cache, np.array([1.0]), (np.array([10.0]),))
    >>> gradient.state, gradient.weights["W_hh"]
    ((array([5.5]),), array([[44.]]))
    """
    check_choice("cell", cell, tuple(CELLS))
    if d_state is None:
        d_state = zero_state(cell, weights, cache.gates.x)
    dh, d_head = read_backward(weights, cache.gates.h, cache.output, d_output, cache.kind)
    d_state = (d_state[0] + dh, *d_state[1:])
    dx, d_before, d_weights = CELLS[cell].step_backward(weights, cache.gates, d_state)
    for name, d in d_head.items():
        d_weights[name] = d_weights.get(name, 0) + d
    return Gradient(dx, d_before, d_weights)


def zero_state(cell: str, weights: Weights, x: np.ndarray) -> State:
    """Return the initial state, zeros, for a sequence or a batch like `x`."""
    name, axis = {"jordan": ("W_yh", 0), "dense": ("W_ih", 0)}.get(cell, ("W_hh", 1))
    hidden_size = weights[name].shape[axis]
    return (np.zeros((*np.shape(x)[:-1], hidden_size)),) * CELLS[cell].n_states
