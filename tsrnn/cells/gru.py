"""Gated recurrent units (GRU): the new state is a weighted mean of the old one and a candidate.

There are two conventions for the update gate z. Here, as in PyTorch, in Keras and in Cho et al. (2014,
arXiv:1406.1078, eq. 7), z is the weight of the old state: h = (1 - z) n + z h_before. In Chung et al. (2014,
arXiv:1412.3555, section 3.2) and in many textbooks it is the weight of the candidate:
h = (1 - z) h_before + z n. Changing the signs of z's weights and bias turns one into the other.
"""

from typing import NamedTuple

import numpy as np

from tsrnn.cells.output import Gradients, Weights, outer, sigmoid, total
from tsrnn.cells.rnn import State


class GRUCache(NamedTuple):
    """Input x of a step, state before it, gates r, z, n, the product q with the state, and state after it.

    q is W_hn h_before + b_hn if the reset gate comes after the product, and r h_before if before.
    """

    x: np.ndarray
    h_before: np.ndarray
    r: np.ndarray
    z: np.ndarray
    n: np.ndarray
    q: np.ndarray
    h: np.ndarray


def gru_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, GRUCache]:
    """Gated recurrent unit, reset gate after the recurrent product, as in PyTorch, cuDNN and Keras.

    r = sigmoid(W_ir x + b_r + W_hr h_before): reset gate, the weight of the old state in the candidate

    z = sigmoid(W_iz x + b_z + W_hz h_before): update gate, the weight of the old state in the new one

    q = W_hn h_before + b_hn

    n = tanh(W_in x + b_n + r q): candidate

    h = (1 - z) n + z h_before

    W_ih, W_hh and bias hold the blocks in PyTorch's order r, z, n; b_hn is the bias' fourth block, because
    the reset gate acts on it. (PyTorch's other second biases only add to the first.)
    """
    (h_before,) = state
    b_r, b_z, b_n, b_hn = np.split(weights["bias"], 4)
    x_r, x_z, x_n = np.split(x @ weights["W_ih"].T, 3, axis=-1)
    h_r, h_z, h_n = np.split(h_before @ weights["W_hh"].T, 3, axis=-1)
    r, z = sigmoid(x_r + b_r + h_r), sigmoid(x_z + b_z + h_z)
    q = h_n + b_hn
    n = np.tanh(x_n + b_n + r * q)
    h = (1 - z) * n + z * h_before
    return (h,), GRUCache(x, h_before, r, z, n, q, h)


def gru_step_backward(
    weights: Weights, cache: GRUCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """Return the gradients of x, the state before and the weights, given that of h.

    da_n = dh (1 - z) (1 - n^2);  da_z = dh (h_before - n) z (1 - z);  da_r = da_n q r (1 - r)

    dq = da_n r

    dx = W_ih' (da_r, da_z, da_n);  dh_before = W_hh' (da_r, da_z, dq) + dh z

    dW_ih = (da_r, da_z, da_n) x';  dW_hh = (da_r, da_z, dq) h_before';  dbias = (da_r, da_z, da_n, dq)
    """
    x, h_before, r, z, n, q, _ = cache
    (dh,) = d_state
    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (h_before - n) * z * (1 - z)
    da_r = da_n * q * r * (1 - r)
    dq = da_n * r
    from_x = np.concatenate([da_r, da_z, da_n], axis=-1)
    from_h = np.concatenate([da_r, da_z, dq], axis=-1)
    d_weights = {
        "W_ih": outer(from_x, x),
        "W_hh": outer(from_h, h_before),
        "bias": np.concatenate([total(from_x), total(dq)]),
    }
    return from_x @ weights["W_ih"], (from_h @ weights["W_hh"] + dh * z,), d_weights


def gru_reset_before_step(weights: Weights, x: np.ndarray, state: State) -> tuple[State, GRUCache]:
    """Gated recurrent unit, reset gate before the recurrent product (Cho et al., 2014, eqs. 5-8).

    r = sigmoid(W_ir x + W_hr h_before + b_r);  z = sigmoid(W_iz x + W_hz h_before + b_z)

    q = r h_before

    n = tanh(W_in x + W_hn q + b_n): here r scales units, in `gru_step` it scales sums over units

    h = (1 - z) n + z h_before

    Blocks in the order r, z, n; three biases. Keras calls it ``reset_after=False``; PyTorch has no such cell.
    """
    (h_before,) = state
    W_hr, W_hz, W_hn = np.split(weights["W_hh"], 3)
    a_r, a_z, a_n = np.split(x @ weights["W_ih"].T + weights["bias"], 3, axis=-1)
    r, z = sigmoid(a_r + h_before @ W_hr.T), sigmoid(a_z + h_before @ W_hz.T)
    q = r * h_before
    n = np.tanh(a_n + q @ W_hn.T)
    h = (1 - z) * n + z * h_before
    return (h,), GRUCache(x, h_before, r, z, n, q, h)


def gru_reset_before_step_backward(
    weights: Weights, cache: GRUCache, d_state: State
) -> tuple[np.ndarray, State, Gradients]:
    """As `gru_step_backward`, but the gradient of n reaches r through W_hn.

    da_n = dh (1 - z) (1 - n^2);  da_z = dh (h_before - n) z (1 - z)

    dq = W_hn' da_n;  da_r = dq h_before r (1 - r)

    dx = W_ih' (da_r, da_z, da_n);  dh_before = W_hr' da_r + W_hz' da_z + r dq + dh z

    dW_ih = (da_r, da_z, da_n) x';  dW_hh = da_r h_before', da_z h_before', da_n q';  dbias as a
    """
    x, h_before, r, z, n, q, _ = cache
    (dh,) = d_state
    W_hr, W_hz, W_hn = np.split(weights["W_hh"], 3)
    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (h_before - n) * z * (1 - z)
    dq = da_n @ W_hn
    da_r = dq * h_before * r * (1 - r)
    da = np.concatenate([da_r, da_z, da_n], axis=-1)
    d_weights = {
        "W_ih": outer(da, x),
        "W_hh": np.concatenate([outer(da_r, h_before), outer(da_z, h_before), outer(da_n, q)]),
        "bias": total(da),
    }
    dh_before = da_r @ W_hr + da_z @ W_hz + r * dq + dh * z
    return da @ weights["W_ih"], (dh_before,), d_weights
