from math import log, tanh
from pathlib import Path

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import assert_close

from tsrnn.kernels.cells import CELLS

KINDS = ["rnn", "rnn_relu", "lstm", "gru"]
DTYPES = ["float32", "float64"]
GRADIENTS = ("dx", "dstate", "dW_ih", "dW_hh", "dbias")
TORCH = np.load(Path(__file__).parent / "fixtures" / "cells.npz")


def draw(kind, T, B, I, H, seed=0, dtype="float64"):  # noqa: E741
    """Random layer inputs and the gradients flowing in: x, state, W_ih, W_hh, bias, dh, dfinal."""
    rng = np.random.default_rng(seed)
    G, S, n_biases = oracle.N_GATES[kind], oracle.N_STATES[kind], oracle.N_BIASES[kind]
    shapes = [(T, B, I), (S, B, H), (G * H, I), (G * H, H), (n_biases * H,), (T, B, H), (S, B, H)]
    scales = [1, 1, I**-0.5, H**-0.5, 0.5, 1, 1]
    drawn = (scale * rng.standard_normal(shape) for shape, scale in zip(shapes, scales, strict=True))
    return [values.astype(dtype) for values in drawn]


def gradients(kind, x, state, W_ih, W_hh, bias, dh, dfinal):
    weights = W_ih, W_hh, bias
    h, _, saved = CELLS[kind].forward(x, state, *weights)
    return CELLS[kind].backward(x, state, *weights, h, saved, dh, dfinal)


def column(*values):
    """One unit and one sequence: the values of T steps, states or gates."""
    return np.array(values, dtype=np.float64).reshape(-1, 1, 1)


def assert_hand_worked(kind, x, state, W_ih, W_hh, bias, expected):
    """The loss is the last h; figures hold to a few roundings of numbers near one."""
    weights = (np.reshape(W_ih, (-1, 1)), np.reshape(W_hh, (-1, 1)), np.array(bias))
    h, final, saved = CELLS[kind].forward(x, state, *weights)
    dh = np.zeros_like(h)
    dh[-1] = 1
    results = CELLS[kind].backward(x, state, *weights, h, saved, dh, np.zeros_like(state))
    for name, value in {"h": h, "final": final, **dict(zip(GRADIENTS, results, strict=True))}.items():
        np.testing.assert_allclose(value.ravel(), np.ravel(expected[name]), rtol=2e-14, err_msg=name)


# Hand-worked layers of one unit and two steps. Pre-activations are logarithms, so that gates are
# fractions: tanh(log 2) = 3/5, tanh(log 3) = 4/5, sigmoid(log 2) = 2/3, sigmoid(log 3) = 3/4.


def test_rnn_by_hand():
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
    assert_hand_worked("rnn", column(x_1, x_2), column(0.2), [2.0], [0.5], [1.0], expected)


def test_rnn_relu_by_hand():
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
    assert_hand_worked("rnn_relu", x, np.ones((1, 2, 1)), [2.0], [-0.5], [0.25], expected)


def test_lstm_by_hand():
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
    assert_hand_worked("lstm", column(1, -1), column(0, c_0), W_ih, W_hh, first - W_ih, expected)


def test_gru_by_hand():
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
    assert_hand_worked("gru", column(1, -1), column(0.3), W_ih, W_hh, bias, expected)


@pytest.mark.parametrize("start", [0, 1], ids=["zero_state", "given_state"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_gradients_equal_torch(kind, dtype, start):
    names = ("x", "state", "W_ih", "W_hh", "bias", "dh", "dfinal")
    x, state, W_ih, W_hh, bias, dh, dfinal = (TORCH[f"{kind}/{name}"].astype(dtype) for name in names)
    state = state * np.dtype(dtype).type(start)
    h, final, _ = CELLS[kind].forward(x, state, W_ih, W_hh, bias)
    assert_close(h, TORCH[f"{kind}/{dtype}/h"][start], dtype, "h")
    assert_close(final, TORCH[f"{kind}/{dtype}/final"][start], dtype, "final")
    only_last = np.zeros_like(dh)
    only_last[-1] = dh[-1]
    flows = [(dh, 0 * dfinal), (only_last, 0 * dfinal), (0 * dh, dfinal)]
    for flow, (into_h, into_final) in enumerate(flows):
        results = gradients(kind, x, state, W_ih, W_hh, bias, into_h, into_final)
        for name, value in zip(GRADIENTS, results, strict=True):
            assert_close(value, TORCH[f"{kind}/{dtype}/{name}"][start, flow], dtype, f"{name}, flow {flow}")


sizes = st.integers(1, 9) | st.sampled_from([15, 16, 17])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(T=sizes, B=sizes, I=sizes, H=sizes, seed=st.integers(0, 2**32 - 1))
def test_any_size_equals_the_oracle(kind, dtype, T, B, I, H, seed):  # noqa: E741
    inputs = draw(kind, T, B, I, H, seed, dtype)
    h, final, _ = CELLS[kind].forward(*inputs[:5])
    expected_h, expected_final = oracle.forward(kind, *inputs[:5])
    assert_close(h, expected_h, dtype, "h")
    assert_close(final, expected_final, dtype, "final")
    expected = oracle.backward(kind, *inputs)
    for name, value, reference in zip(GRADIENTS, gradients(kind, *inputs), expected, strict=True):
        assert_close(value, reference, dtype, name)


@pytest.mark.parametrize("kind", KINDS)
def test_layer_sizes_are_those_of_the_equations(kind):
    cell = CELLS[kind]
    sizes = (cell.n_gates, cell.n_states, cell.n_biases)
    assert sizes == (oracle.N_GATES[kind], oracle.N_STATES[kind], oracle.N_BIASES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_the_future_never_changes_the_past(kind):
    x, *rest = draw(kind, T=9, B=3, I=2, H=5)[:5]
    h, _, _ = CELLS[kind].forward(x, *rest)
    for t in range(9):
        changed = x.copy()
        changed[t] += 1
        h_changed, _, _ = CELLS[kind].forward(changed, *rest)
        np.testing.assert_array_equal(h_changed[:t], h[:t])
        assert np.all(np.any(h_changed[t:] != h[t:], axis=(1, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_never_flow_into_the_future(kind):
    *inputs, dh, dfinal = draw(kind, T=6, B=3, I=2, H=5)
    dh[3:], dfinal[:] = 0, 0
    dx = gradients(kind, *inputs, dh, dfinal)[0]
    assert not dx[3:].any()
    assert np.all(np.any(dx[:3] != 0, axis=(1, 2)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_gets_the_same_bits_in_any_company(kind, dtype):
    x, state, W_ih, W_hh, bias, dh, dfinal = draw(kind, T=7, B=11, I=3, H=6, dtype=dtype)
    h, final, _ = CELLS[kind].forward(x, state, W_ih, W_hh, bias)
    dx, dstate, *_ = gradients(kind, x, state, W_ih, W_hh, bias, dh, dfinal)
    for rows in ([4], [10, 0, 3], np.random.default_rng(1).permutation(11)):
        chosen = [np.ascontiguousarray(a[:, rows]) for a in (x, state, dh, dfinal)]
        h_rows, final_rows, _ = CELLS[kind].forward(*chosen[:2], W_ih, W_hh, bias)
        dx_rows, dstate_rows, *_ = gradients(kind, *chosen[:2], W_ih, W_hh, bias, *chosen[2:])
        np.testing.assert_array_equal(h_rows, h[:, rows])
        np.testing.assert_array_equal(final_rows, final[:, rows])
        np.testing.assert_array_equal(dx_rows, dx[:, rows])
        np.testing.assert_array_equal(dstate_rows, dstate[:, rows])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_batch_order_does_not_matter_to_weight_gradients(kind, dtype):
    x, state, *weights, dh, dfinal = draw(kind, T=5, B=9, I=3, H=6, dtype=dtype)
    order = np.random.default_rng(1).permutation(9)
    shuffled = [np.ascontiguousarray(a[:, order]) for a in (x, state, dh, dfinal)]
    expected = gradients(kind, x, state, *weights, dh, dfinal)[2:]
    actual = gradients(kind, *shuffled[:2], *weights, *shuffled[2:])[2:]
    for name, value, reference in zip(GRADIENTS[2:], actual, expected, strict=True):
        assert_close(value, reference, dtype, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_two_pieces_equal_the_whole(kind, dtype):
    x, state, *weights, dh, dfinal = draw(kind, T=8, B=3, I=2, H=5, dtype=dtype)
    h, final, _ = CELLS[kind].forward(x, state, *weights)
    h_1, middle, _ = CELLS[kind].forward(x[:5], state, *weights)
    h_2, final_2, _ = CELLS[kind].forward(x[5:], middle, *weights)
    np.testing.assert_array_equal(np.concatenate([h_1, h_2]), h)
    np.testing.assert_array_equal(final_2, final)

    dx, dstate, *whole = gradients(kind, x, state, *weights, dh, dfinal)
    dx_2, dmiddle, *late = gradients(kind, x[5:], middle, *weights, dh[5:], dfinal)
    dx_1, dstate_1, *early = gradients(kind, x[:5], state, *weights, dh[:5], dmiddle)
    np.testing.assert_array_equal(np.concatenate([dx_1, dx_2]), dx)
    np.testing.assert_array_equal(dstate_1, dstate)
    for name, one, two, both in zip(GRADIENTS[2:], early, late, whole, strict=True):
        assert_close(one + two, both, dtype, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_never_modified_nor_shared(kind, dtype):
    inputs = draw(kind, T=5, B=3, I=2, H=4, dtype=dtype)
    x, state, W_ih, W_hh, bias, dh, dfinal = inputs
    before = [a.copy() for a in inputs]
    h, final, saved = CELLS[kind].forward(x, state, W_ih, W_hh, bias)
    h_before = h.copy()
    results = CELLS[kind].backward(x, state, W_ih, W_hh, bias, h, saved, dh, dfinal)
    final[:] = np.nan
    for array in results:
        array[:] = np.nan
    for now, then in zip([*inputs, h], [*before, h_before], strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_in_an_input_shows_in_every_later_step(kind, dtype):
    x, *rest = draw(kind, T=4, B=2, I=2, H=3, dtype=dtype)[:5]
    x[1, 1, 0] = np.nan
    h, final, _ = CELLS[kind].forward(x, *rest)
    expected = np.zeros(h.shape, dtype=bool)
    expected[1:, 1] = True
    np.testing.assert_array_equal(np.isnan(h), expected)
    assert np.isnan(final[:, 1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_flowing_back_shows_in_every_gradient(kind, dtype):
    *inputs, dh, dfinal = draw(kind, T=4, B=2, I=2, H=3, dtype=dtype)
    dh[2, 1, 0] = np.nan
    dx, dstate, dW_ih, dW_hh, dbias = gradients(kind, *inputs, dh, dfinal)
    for array in (dx[2, 1], dx[0, 1], dstate[:, 1], dW_ih, dW_hh, dbias):
        assert np.isnan(array).any()
    assert np.isfinite(dx[:, 0]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_that_vanish_leave_no_denormal_numbers(kind):
    x, state, W_ih, W_hh, bias, dh, dfinal = draw(kind, T=300, B=2, I=2, H=8, dtype="float32")
    weights = np.float32(0.1) * W_ih, np.float32(0.1) * W_hh, np.float32(0.1) * bias
    dh[:-1] = 0
    dx, *_ = gradients(kind, x, state, *weights, dh, dfinal)
    assert dx[-1].all()
    assert not dx[0].any()
    sizes = np.abs(dx[dx != 0])
    assert sizes.min() > np.finfo(np.float32).tiny


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_huge_inputs_saturate_and_stay_finite(kind, dtype):
    x, state, *weights, dh, dfinal = draw(kind, T=5, B=3, I=2, H=4, dtype=dtype)
    x *= x.dtype.type(1e30)
    h, final, _ = CELLS[kind].forward(x, state, *weights)
    assert np.abs(h).max() <= max(1, np.abs(state).max())
    assert np.abs(h).max() > 0.3
    assert np.isfinite(final).all()
    for array in gradients(kind, x, state, *weights, dh, dfinal):
        assert np.isfinite(array).all()
