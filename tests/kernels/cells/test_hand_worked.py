"""Layers of one unit, worked by hand: the library and its oracle both have to agree with the figures.

The loss is the last h. Pre-activations are logarithms, so that gates are fractions: tanh(log 2) = 3/5,
tanh(log 3) = 4/5, sigmoid(log 2) = 2/3, sigmoid(log 3) = 3/4.
"""

from math import log, tanh

import numpy as np
import pytest

from helpers import oracle, stepwise
from helpers.layers import KINDS, run_layer


def column(*values):
    """One unit and one sequence: the values of T steps, states or gates."""
    return np.array(values, dtype=np.float64).reshape(-1, 1, 1)


def rnn():
    # x is such that 2 x_1 + h_0/2 + 1 = log 2 and 2 x_2 + h_1/2 + 1 = log 3: h = 3/5, then 4/5.
    # da_2 = 1 - 16/25 = 9/25;  da_1 = 1/2 da_2 (1 - 9/25) = 72/625.
    x_1, x_2 = (log(2) - 1.1) / 2, (log(3) - 1.3) / 2
    expected = {
        "h": [3 / 5, 4 / 5],
        "final": 4 / 5,
        "dx": [144 / 625, 18 / 25],
        "dstate": 36 / 625,
        "dW_ih": 72 / 625 * x_1 + 9 / 25 * x_2,
        "dW_hh": 72 / 625 * 1 / 5 + 9 / 25 * 3 / 5,
        "dbias": 297 / 625,
    }
    return expected, column(x_1, x_2), column(0.2), [2.0], [0.5], [1.0]


def rnn_relu():
    # First sequence: a = 2 - 1/2 + 1/4 = 7/4, then 1 - 7/8 + 1/4 = 3/8: da = -1/2, 1.
    # Second: a = -2 - 1/2 + 1/4 < 0 gives h = 0, then 4 + 1/4: da = 0, 1, and nothing reaches h_0.
    x = np.array([[[1.0], [-1.0]], [[0.5], [2.0]]])
    expected = {
        "h": [7 / 4, 0, 3 / 8, 17 / 4],
        "final": [3 / 8, 17 / 4],
        "dx": [-1, 0, 2, 2],
        "dstate": [1 / 4, 0],
        "dW_ih": -1 / 2 * 1 + 1 * 0.5 + 1 * 2,
        "dW_hh": -1 / 2 * 1 + 1 * 7 / 4 + 1 * 0,
        "dbias": 3 / 2,
    }
    return expected, x, np.ones((1, 2, 1)), [2.0], [-0.5], [0.25]


def lstm():
    # Gates i, f, g, o are 3/4, 1/2, 3/5, 2/3, then 1/2, 3/4, 4/5, 3/4; h_0 = 0, and c_0 is such that
    # c_1 = c_0/2 + 9/20 = log 2: h_1 = 2/3 3/5 = 2/5, c_2 = 3/4 log 2 + 2/5, h_2 = 3/4 s, s = tanh c_2.
    # With x = 1, -1 and h_0 = 0: w + b is the first pre-activation, -w + b + 2/5 u the second.
    first, second = np.log([3, 1, 2, 2]), np.log([1, 3, 3, 3])
    W_hh = np.array([1, -1 / 2, 1 / 2, 2])
    W_ih = (first - second + 2 / 5 * W_hh) / 2
    c_0, c_2 = 2 * log(2) - 9 / 10, 3 / 4 * log(2) + 2 / 5
    s = tanh(c_2)
    # Step 2: i gets 4/5 1/4, f gets c_1 3/16, g gets 1/2 9/25 of dc_2 = 3/4 (1 - s^2); o gets s 3/16.
    dc_2 = 3 / 4 * (1 - s**2)
    da_2 = np.array([dc_2 / 5, dc_2 * log(2) * 3 / 16, dc_2 * 9 / 50, s * 3 / 16])
    # Step 1: h_1 gets W_hh' da_2, and c_1 gets 3/4 dc_2 plus 2/3 (1 - 9/25) of h_1's.
    dh_1 = da_2[0] - da_2[1] / 2 + da_2[2] / 2 + 2 * da_2[3]
    dc_1 = 3 / 4 * dc_2 + 32 / 75 * dh_1
    da_1 = np.array([dc_1 * 9 / 80, dc_1 * c_0 / 4, dc_1 * 12 / 25, dh_1 * 2 / 15])
    expected = {
        "h": [2 / 5, 3 / 4 * s],
        "final": [3 / 4 * s, c_2],
        "dx": [W_ih @ da_1, W_ih @ da_2],
        "dstate": [W_hh @ da_1, dc_1 / 2],
        "dW_ih": da_1 - da_2,
        "dW_hh": 2 / 5 * da_2,
        "dbias": da_1 + da_2,
    }
    assert expected["h"][1] == pytest.approx(0.544373520206153, rel=1e-14)
    return expected, column(1, -1), column(0, c_0), W_ih, W_hh, first - W_ih


def lstm_peephole():
    # Gates, h and c as in the LSTM's example: what the peepholes add is taken off the weights and biases.
    # With x = 1, -1: w + b + p c is the first pre-activation, -w + b + 2/5 u + p c' the second.
    first, second = np.log([3, 1, 2, 2]), np.log([1, 3, 3, 3])
    W_hh, p_i, p_f, p_o = np.array([1, -1 / 2, 1 / 2, 2]), 1 / 2, -1, 2
    c_0, c_1, c_2 = 2 * log(2) - 9 / 10, log(2), 3 / 4 * log(2) + 2 / 5
    seen_1 = np.array([p_i * c_0, p_f * c_0, 0, p_o * c_1])
    seen_2 = np.array([p_i * c_1, p_f * c_1, 0, p_o * c_2])
    W_ih = (first - second + 2 / 5 * W_hh + seen_2 - seen_1) / 2
    s = tanh(c_2)
    # As the LSTM's, but that c_2 gets p_o of o's, and c_1 p_i and p_f of the next i's and f's and p_o of o's.
    dc_2 = 3 / 4 * (1 - s**2) + p_o * s * 3 / 16
    da_2 = np.array([dc_2 / 5, dc_2 * log(2) * 3 / 16, dc_2 * 9 / 50, s * 3 / 16])
    dh_1 = da_2[0] - da_2[1] / 2 + da_2[2] / 2 + 2 * da_2[3]
    dc_1 = 3 / 4 * dc_2 + p_i * da_2[0] + p_f * da_2[1] + (32 / 75 + p_o * 2 / 15) * dh_1
    da_1 = np.array([dc_1 * 9 / 80, dc_1 * c_0 / 4, dc_1 * 12 / 25, dh_1 * 2 / 15])
    expected = {
        "h": [2 / 5, 3 / 4 * s],
        "final": [3 / 4 * s, c_2],
        "dx": [W_ih @ da_1, W_ih @ da_2],
        "dstate": [W_hh @ da_1, dc_1 / 2 + p_i * da_1[0] + p_f * da_1[1]],
        "dW_ih": da_1 - da_2,
        "dW_hh": 2 / 5 * da_2,
        "dbias": da_1 + da_2,
        "dW_peephole": [
            c_0 * da_1[0] + c_1 * da_2[0],
            c_0 * da_1[1] + c_1 * da_2[1],
            c_1 * da_1[3] + c_2 * da_2[3],
        ],
    }
    return expected, column(1, -1), column(0, c_0), W_ih, W_hh, first - W_ih - seen_1, [p_i, p_f, p_o]


def gru():
    # Gates r, z, n are 3/4, 2/3, 3/5, then 1/2, 1/4, 4/5; h_0 = 3/10, h_1 = 1/3 3/5 + 2/3 3/10 = 2/5,
    # h_2 = 3/4 4/5 + 1/4 2/5 = 7/10; q = 2 h + 1/2 = 11/10, then 13/10, enters n as r q = 33/40, 13/20.
    # With x = 1, -1: w + u h_0 + b is a gate's first pre-activation, -w + u h_1 + b the second.
    first = np.array([log(3), log(2), log(2)])
    second = np.array([log(1), -log(3), log(3)])
    W_hh = np.array([1, -1 / 2, 2])
    from_h_1, from_h_2 = np.array([3 / 10, -3 / 20, 33 / 40]), np.array([2 / 5, -1 / 5, 13 / 20])
    W_ih = (first - second + from_h_2 - from_h_1) / 2
    bias = np.append(first - W_ih - from_h_1, 1 / 2)
    # Step 2: n gets 3/4 (1 - 16/25) = 27/100, z gets (2/5 - 4/5) 3/16 = -3/40, r gets 27/100 13/10 1/4,
    # q gets 27/100 1/2; h_1 gets 1/4 + 351/4000 + 3/80 + 27/100 = 2581/4000 = d.
    d = 2581 / 4000
    da_2 = np.array([351 / 4000, -3 / 40, 27 / 100])
    # Step 1, all times d: n gets 1/3 16/25, z gets (3/10 - 3/5) 2/9, r gets 16/75 11/10 3/16,
    # q gets 16/75 3/4; h_0 gets 2/3 + 11/250 + 1/30 + 8/25.
    da_1 = d * np.array([11 / 250, -1 / 15, 16 / 75])
    expected = {
        "h": [2 / 5, 7 / 10],
        "final": 7 / 10,
        "dx": [W_ih @ da_1, W_ih @ da_2],
        "dstate": d * (2 / 3 + 11 / 250 + 1 / 30 + 8 / 25),
        "dW_ih": da_1 - da_2,
        "dW_hh": [
            3 / 10 * da_1[0] + 2 / 5 * da_2[0],
            3 / 10 * da_1[1] + 2 / 5 * da_2[1],
            3 / 10 * d * 4 / 25 + 2 / 5 * 27 / 200,
        ],
        "dbias": [*(da_1 + da_2), d * 4 / 25 + 27 / 200],
    }
    return expected, column(1, -1), column(0.3), W_ih, W_hh, bias


def gru_reset_before():
    # Gates and h as in the GRU's example; n sees 2 m, where m = r h = 9/40, then 1/5.
    first = np.array([log(3), log(2), log(2)])
    second = np.array([log(1), -log(3), log(3)])
    W_hh = np.array([1, -1 / 2, 2])
    from_h_1, from_h_2 = np.array([3 / 10, -3 / 20, 9 / 20]), np.array([2 / 5, -1 / 5, 2 / 5])
    W_ih = (first - second + from_h_2 - from_h_1) / 2
    # Step 2: n gets 3/4 (1 - 16/25) = 27/100, z gets (2/5 - 4/5) 3/16 = -3/40, m gets 27/50, of which
    # r gets 2/5 1/4; h_1 gets 1/4 + 27/50 1/2 + 27/500 + 3/80 = 1223/2000 = d.
    d = 1223 / 2000
    da_2 = np.array([27 / 500, -3 / 40, 27 / 100])
    # Step 1, all times d: n gets 1/3 16/25, z gets (3/10 - 3/5) 2/9, m gets 32/75, of which r gets
    # 3/10 3/16; h_0 gets 2/3 + 32/75 3/4 + 3/125 + 1/30.
    da_1 = d * np.array([3 / 125, -1 / 15, 16 / 75])
    expected = {
        "h": [2 / 5, 7 / 10],
        "final": 7 / 10,
        "dx": [W_ih @ da_1, W_ih @ da_2],
        "dstate": d * (2 / 3 + 8 / 25 + 3 / 125 + 1 / 30),
        "dW_ih": da_1 - da_2,
        "dW_hh": np.array([3 / 10, 3 / 10, 9 / 40]) * da_1 + np.array([2 / 5, 2 / 5, 1 / 5]) * da_2,
        "dbias": da_1 + da_2,
    }
    return expected, column(1, -1), column(0.3), W_ih, W_hh, first - W_ih - from_h_1


LAYERS = (rnn, rnn_relu, lstm, lstm_peephole, gru, gru_reset_before)
EXAMPLES = {layer.__name__: layer for layer in LAYERS}


def assert_hand_worked(run, kind):
    """Figures hold to a few roundings of numbers near one."""
    expected, x, state, W_ih, W_hh, bias, *peephole = EXAMPLES[kind]()
    weights = [np.reshape(W_ih, (-1, 1)), np.reshape(W_hh, (-1, 1)), np.array(bias)]
    dh = np.zeros((*x.shape[:2], 1))
    dh[-1] = 1
    peepholes = {"peephole": np.reshape(peephole, (3, 1))} if peephole else {}
    results = run(kind, x, state, *weights, dh, np.zeros_like(state), **peepholes)
    assert results.keys() == expected.keys()
    for name, value in results.items():
        np.testing.assert_allclose(value.ravel(), np.ravel(expected[name]), rtol=2e-14, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_library_agrees_with_the_hand_worked_layer(kind):
    assert_hand_worked(run_layer, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cells_in_numpy_agree_with_the_hand_worked_layer(kind):
    assert_hand_worked(stepwise.run_layer, kind)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_oracle_agrees_with_the_hand_worked_layer(kind):
    assert_hand_worked(oracle.run_layer, kind)
