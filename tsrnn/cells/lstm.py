"""Long short-term memory (LSTM), with and without peepholes: gates control an additive memory c."""

from typing import NamedTuple

import numpy as np

from tsrnn.cells.output import Gradients, Weights, outer, sigmoid, total
from tsrnn.cells.rnn import State


class LSTMCache(NamedTuple):
    """Input x of a step, states before it, gates i, f, g, o, and states after it."""

    x: np.ndarray
    h_before: np.ndarray
    c_before: np.ndarray
    i: np.ndarray
    f: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c: np.ndarray
    h: np.ndarray


def lstm_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, LSTMCache]:
    """Long short-term memory (Hochreiter & Schmidhuber, 1997) with a forget gate (Gers et al., 2000).

    a = W_ih x + W_hh h_before + bias, whose quarters are a_i, a_f, a_g, a_o, in PyTorch's order

    i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o): input, forget and output gate

    g = tanh(a_g): candidate memory

    c = f c_before + i g

    h = o tanh(c)

    The state is (h, c). Keras writes the same as i, f, c, o; the cell of 1997 has no f. PyTorch's two biases
    are always added; here there is one, their sum.
    """
    h_before, c_before = state
    a = x @ weights["W_ih"].T + h_before @ weights["W_hh"].T + weights["bias"]
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=-1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c = f * c_before + i * g
    h = o * np.tanh(c)
    return (h, c), LSTMCache(x, h_before, c_before, i, f, g, o, c, h)


def lstm_step_backward(
    weights: Weights, cache: LSTMCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """Return the gradients of x, the states before and the weights, given those of h and c.

    do = dh tanh(c);  dc = dc + dh o (1 - tanh(c)^2)

    di = dc g;  df = dc c_before;  dg = dc i;  dc_before = dc f

    da_i = di i (1 - i), likewise for f and o;  da_g = dg (1 - g^2)

    dx = W_ih' da;  dh_before = W_hh' da;  dW_ih = da x';  dW_hh = da h_before';  dbias = da

    Because of dc_before = dc f an LSTM can learn long lags: while f is near 1, the gradient does not vanish.
    All equations are in Greff et al. (2017, arXiv:1503.04069, section II.B).
    """
    x, h_before, c_before, i, f, g, o, c, _ = cache
    dh, dc = d_state
    do = dh * np.tanh(c)
    dc = dc + dh * o * (1 - np.tanh(c) ** 2)
    di, df, dg = dc * g, dc * c_before, dc * i
    da = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=-1)
    d_weights = {"W_ih": outer(da, x), "W_hh": outer(da, h_before), "bias": total(da)}
    return da @ weights["W_ih"], (da @ weights["W_hh"], dc * f), d_weights


def lstm_peephole_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, LSTMCache]:
    """Long short-term memory with peepholes: gates depend on c, too (Gers & Schmidhuber, 2000).

    a = W_ih x + W_hh h_before + bias, with quarters a_i, a_f, a_g, a_o;  p_i, p_f, p_o = W_peephole

    i = sigmoid(a_i + p_i c_before);  f = sigmoid(a_f + p_f c_before);  g = tanh(a_g)

    c = f c_before + i g

    o = sigmoid(a_o + p_o c), with the new memory

    h = o tanh(c)

    The gates of a unit depend on the memory of the same unit only: W_peephole (3, H) holds three diagonals.
    The equations are those of Graves (2013, arXiv:1308.0850, eqs. 7-11).
    """
    h_before, c_before = state
    p_i, p_f, p_o = weights["W_peephole"]
    a = x @ weights["W_ih"].T + h_before @ weights["W_hh"].T + weights["bias"]
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=-1)
    i, f, g = sigmoid(a_i + p_i * c_before), sigmoid(a_f + p_f * c_before), np.tanh(a_g)
    c = f * c_before + i * g
    o = sigmoid(a_o + p_o * c)
    h = o * np.tanh(c)
    return (h, c), LSTMCache(x, h_before, c_before, i, f, g, o, c, h)


def lstm_peephole_step_backward(
    weights: Weights, cache: LSTMCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """As `lstm_step_backward`, with the gradients through the peepholes added.

    da_o = dh tanh(c) o (1 - o);  dc = dc + dh o (1 - tanh(c)^2) + p_o da_o

    da_i = dc g i (1 - i);  da_f = dc c_before f (1 - f);  da_g = dc i (1 - g^2)

    dc_before = dc f + p_i da_i + p_f da_f

    dW_peephole = da_i c_before, da_f c_before, da_o c
    """
    x, h_before, c_before, i, f, g, o, c, _ = cache
    dh, dc = d_state
    p_i, p_f, p_o = weights["W_peephole"]
    da_o = dh * np.tanh(c) * o * (1 - o)
    dc = dc + dh * o * (1 - np.tanh(c) ** 2) + p_o * da_o
    da_i, da_f, da_g = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=-1)
    d_weights = {
        "W_ih": outer(da, x),
        "W_hh": outer(da, h_before),
        "bias": total(da),
        "W_peephole": np.stack([total(da_i * c_before), total(da_f * c_before), total(da_o * c)]),
    }
    return da @ weights["W_ih"], (da @ weights["W_hh"], dc * f + p_i * da_i + p_f * da_f), d_weights
