"""Simple recurrent cells (Elman, Jordan) and a dense layer: h = f(weighted inputs and state before)."""

from typing import NamedTuple

import numpy as np

from tsrnn.cells.output import Gradients, Weights, outer, read, total

State = tuple[np.ndarray, ...]


class RNNCache(NamedTuple):
    """Input x of a step, state before it and state after it."""

    x: np.ndarray
    h_before: np.ndarray
    h: np.ndarray


class JordanCache(NamedTuple):
    """Input x of a step, state before it, output fed back (y_before) and state after it."""

    x: np.ndarray
    h_before: np.ndarray
    y_before: np.ndarray
    h: np.ndarray


def rnn_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, RNNCache]:
    """Elman's cell (1990, Cognitive Science 14): the hidden units are fed back.

    h = tanh(W_ih x + W_hh h_before + bias)

    PyTorch has two biases, which are always added; here there is one, their sum. Elman's own units were
    logistic.
    """
    (h_before,) = state
    h = np.tanh(x @ weights["W_ih"].T + h_before @ weights["W_hh"].T + weights["bias"])
    return (h,), RNNCache(x, h_before, h)


def rnn_step_backward(
    weights: Weights, cache: RNNCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """Return the gradients of x, the state before and the weights, given that of h; h = tanh(a).

    da = dh (1 - h^2);  dx = W_ih' da;  dh_before = W_hh' da

    dW_ih = da x';  dW_hh = da h_before';  dbias = da
    """
    (dh,) = d_state
    return _through_weights(weights, cache, dh * (1 - cache.h**2))


def rnn_relu_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, RNNCache]:
    """As `rnn_step`, with max(0, .) for tanh.

    h = max(0, W_ih x + W_hh h_before + bias)

    "irnn" is this cell, with W_hh initialised to the identity and the bias to zero, so that at first the
    state is a running sum of inputs (Le, Jaitly & Hinton, 2015, arXiv:1504.00941). The state is not bounded.
    """
    (h_before,) = state
    h = np.maximum(0, x @ weights["W_ih"].T + h_before @ weights["W_hh"].T + weights["bias"])
    return (h,), RNNCache(x, h_before, h)


def rnn_relu_step_backward(
    weights: Weights, cache: RNNCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """As `rnn_step_backward`, but da = dh where h > 0, and 0 elsewhere."""
    (dh,) = d_state
    return _through_weights(weights, cache, dh * (cache.h > 0))


def _through_weights(
    weights: Weights, cache: RNNCache, da: np.ndarray
) -> tuple[np.ndarray, State, Gradients]:
    d_weights = {"W_ih": outer(da, cache.x), "W_hh": outer(da, cache.h_before), "bias": total(da)}
    return da @ weights["W_ih"], (da @ weights["W_hh"],), d_weights


def dense_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, RNNCache]:
    """Dense layer: no state is fed back, so that each step is computed by itself.

    h = max(0, W_ih x + bias)

    With a whole window as input of one step, it is the hidden layer of a time-delay network (Waibel et al.,
    1989).
    """
    (h_before,) = state
    h = np.maximum(0, x @ weights["W_ih"].T + weights["bias"])
    return (h,), RNNCache(x, h_before, h)


def dense_step_backward(
    weights: Weights, cache: RNNCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """As `rnn_relu_step_backward`, but the gradient of the state before is 0.

    da = dh where h > 0;  dx = W_ih' da;  dh_before = 0;  dW_ih = da x';  dbias = da
    """
    (dh,) = d_state
    da = dh * (cache.h > 0)
    return (
        da @ weights["W_ih"],
        (np.zeros_like(cache.h_before),),
        {"W_ih": outer(da, cache.x), "bias": total(da)},
    )


def jordan_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, JordanCache]:
    """Jordan's cell (1986): the output of the step before is fed back, instead of the state.

    y_before = W_head h_before + b_head

    h = tanh(W_ih x + W_yh y_before + bias)

    The linear output is fed back, also where a softmax follows it. From the zero state, the first step
    therefore reads y_before = b_head. Jordan's plan units and decaying context,
    context = y_before + mu context_before, and textbooks that feed back a logistic y, differ in this.
    """
    (h_before,) = state
    y_before = read(weights, h_before, "linear")
    h = np.tanh(x @ weights["W_ih"].T + y_before @ weights["W_yh"].T + weights["bias"])
    return (h,), JordanCache(x, h_before, y_before, h)


def jordan_step_backward(
    weights: Weights, cache: JordanCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """Return the gradients of x, the state before and the weights, given that of h, through y_before.

    da = dh (1 - h^2);  dx = W_ih' da;  dy_before = W_yh' da;  dh_before = W_head' dy_before

    dW_ih = da x';  dW_yh = da y_before';  dbias = da;  dW_head = dy_before h_before';  db_head = dy_before
    """
    (dh,) = d_state
    da = dh * (1 - cache.h**2)
    dy_before = da @ weights["W_yh"]
    d_weights = {
        "W_ih": outer(da, cache.x),
        "W_yh": outer(da, cache.y_before),
        "bias": total(da),
        "W_head": outer(dy_before, cache.h_before),
        "b_head": total(dy_before),
    }
    return da @ weights["W_ih"], (dy_before @ weights["W_head"],), d_weights
