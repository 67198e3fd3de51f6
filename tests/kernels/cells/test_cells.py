from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import oracle
from helpers.layers import KINDS, layer_sizes, run_layer
from helpers.oracle import assert_close

DTYPES = ["float32", "float64"]
PER_SEQUENCE = ("x", "state", "dh", "dfinal")
TORCH = np.load(Path(__file__).parents[2] / "fixtures" / "cells.npz")


def draw(kind, T, B, I, H, seed=0, dtype="float64"):  # noqa: E741
    """Random inputs of a layer and the gradients flowing in, by name."""
    rng = np.random.default_rng(seed)
    G, S, n_biases = oracle.N_GATES[kind], oracle.N_STATES[kind], oracle.N_BIASES[kind]
    shapes = {
        "x": (1, (T, B, I)),
        "state": (1, (S, B, H)),
        "W_ih": (I**-0.5, (G * H, I)),
        "W_hh": (H**-0.5, (G * H, H)),
        "bias": (0.5, (n_biases * H,)),
        "dh": (1, (T, B, H)),
        "dfinal": (1, (S, B, H)),
    }
    if kind == "lstm_peephole":
        shapes["peephole"] = (0.5, (3, H))
    return {
        name: (scale * rng.standard_normal(shape)).astype(dtype) for name, (scale, shape) in shapes.items()
    }


def gradients_of_weights(results):
    return {name: value for name, value in results.items() if name.startswith(("dW", "dbias"))}


@pytest.mark.parametrize("start", [0, 1], ids=["zero_state", "given_state"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_gradients_equal_torch(kind, dtype, start):
    names = ["x", "state", *oracle.WEIGHTS[kind], "dh", "dfinal"]
    inputs = {name.replace("W_p", "p"): TORCH[f"{kind}/{name}"].astype(dtype) for name in names}
    inputs["state"] *= start
    dh, dfinal = inputs.pop("dh"), inputs.pop("dfinal")
    only_last = np.zeros_like(dh)
    only_last[-1] = dh[-1]
    flows = [(dh, 0 * dfinal), (only_last, 0 * dfinal), (0 * dh, dfinal)]
    for flow, (into_h, into_final) in enumerate(flows):
        results = run_layer(kind, **inputs, dh=into_h, dfinal=into_final)
        for name in ("h", "final"):
            assert_close(results.pop(name), TORCH[f"{kind}/{name}"][start], dtype, name)
        for name, value in results.items():
            assert_close(value, TORCH[f"{kind}/{name}"][start, flow], dtype, f"{name}, flow {flow}")


sizes = st.integers(1, 9) | st.sampled_from([15, 16, 17])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(T=sizes, B=sizes, I=sizes, H=sizes | st.just(40), seed=st.integers(0, 2**32 - 1))
def test_any_size_equals_the_oracle(kind, dtype, T, B, I, H, seed):  # noqa: E741
    inputs = draw(kind, T, B, I, H, seed, dtype)
    results, expected = run_layer(kind, **inputs), oracle.run_layer(kind, **inputs)
    assert results.keys() == expected.keys()
    for name, value in results.items():
        assert_close(value, expected[name], dtype, name)


@pytest.mark.parametrize("kind", KINDS)
def test_layer_sizes_are_those_of_the_equations(kind):
    assert layer_sizes(kind) == (oracle.N_GATES[kind], oracle.N_STATES[kind], oracle.N_BIASES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_the_future_never_changes_the_past(kind):
    inputs = draw(kind, T=9, B=3, I=2, H=5)
    h = run_layer(kind, **inputs)["h"]
    for t in range(9):
        changed = inputs["x"].copy()
        changed[t] += 1
        h_changed = run_layer(kind, **inputs | {"x": changed})["h"]
        np.testing.assert_array_equal(h_changed[:t], h[:t])
        assert np.all(np.any(h_changed[t:] != h[t:], axis=(1, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_never_flow_into_the_future(kind):
    inputs = draw(kind, T=6, B=3, I=2, H=5)
    inputs["dh"][3:], inputs["dfinal"][:] = 0, 0
    dx = run_layer(kind, **inputs)["dx"]
    assert not dx[3:].any()
    assert np.all(np.any(dx[:3] != 0, axis=(1, 2)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_gets_the_same_bits_in_any_company(kind, dtype):
    inputs = draw(kind, T=7, B=11, I=3, H=6, dtype=dtype)
    results = run_layer(kind, **inputs)
    for rows in ([4], [10, 0, 3], np.random.default_rng(1).permutation(11)):
        chosen = {name: np.ascontiguousarray(inputs[name][:, rows]) for name in PER_SEQUENCE}
        results_of_rows = run_layer(kind, **inputs | chosen)
        for name in ("h", "final", "dx", "dstate"):
            np.testing.assert_array_equal(results_of_rows[name], results[name][:, rows], err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_batch_order_does_not_matter_to_weight_gradients(kind, dtype):
    inputs = draw(kind, T=5, B=9, I=3, H=6, dtype=dtype)
    order = np.random.default_rng(1).permutation(9)
    shuffled = {name: np.ascontiguousarray(inputs[name][:, order]) for name in PER_SEQUENCE}
    expected = run_layer(kind, **inputs)
    actual = run_layer(kind, **inputs | shuffled)
    for name, value in gradients_of_weights(actual).items():
        assert_close(value, expected[name], dtype, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_two_pieces_equal_the_whole(kind, dtype):
    inputs = draw(kind, T=8, B=3, I=2, H=5, dtype=dtype)
    x, dh, nothing = inputs["x"], inputs["dh"], np.zeros_like(inputs["dfinal"])
    whole = run_layer(kind, **inputs)
    middle = run_layer(kind, **inputs | {"x": x[:5], "dh": dh[:5], "dfinal": nothing})["final"]
    late = run_layer(kind, **inputs | {"x": x[5:], "dh": dh[5:], "state": middle})
    early = run_layer(kind, **inputs | {"x": x[:5], "dh": dh[:5], "dfinal": late["dstate"]})
    for name in ("h", "dx"):
        np.testing.assert_array_equal(np.concatenate([early[name], late[name]]), whole[name], err_msg=name)
    np.testing.assert_array_equal(late["final"], whole["final"])
    np.testing.assert_array_equal(early["dstate"], whole["dstate"])
    for name, value in gradients_of_weights(whole).items():
        assert_close(early[name] + late[name], value, dtype, name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_never_modified_nor_shared(kind, dtype):
    inputs = draw(kind, T=5, B=3, I=2, H=4, dtype=dtype)
    before = {name: values.copy() for name, values in inputs.items()}
    results = run_layer(kind, **inputs)
    h, h_before = results["h"], results["h"].copy()
    for name, array in results.items():
        if name != "h":
            array[:] = np.nan
    np.testing.assert_array_equal(h, h_before)
    h[:] = np.nan
    for name, values in inputs.items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_in_an_input_shows_in_every_later_step(kind, dtype):
    inputs = draw(kind, T=4, B=2, I=2, H=3, dtype=dtype)
    inputs["x"][1, 1, 0] = np.nan
    results = run_layer(kind, **inputs)
    expected = np.zeros(results["h"].shape, dtype=bool)
    expected[1:, 1] = True
    np.testing.assert_array_equal(np.isnan(results["h"]), expected)
    assert np.isnan(results["final"][:, 1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_flowing_back_shows_in_every_gradient(kind, dtype):
    inputs = draw(kind, T=4, B=2, I=2, H=3, dtype=dtype)
    inputs["dh"][2, 1, 0] = np.nan
    results = run_layer(kind, **inputs)
    dx, dstate = results["dx"], results["dstate"]
    for array in (dx[2, 1], dx[0, 1], dstate[:, 1], *gradients_of_weights(results).values()):
        assert np.isnan(array).any()
    assert np.isfinite(dx[:, 0]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_that_vanish_leave_no_denormal_numbers(kind):
    inputs = draw(kind, T=300, B=2, I=2, H=8, dtype="float32")
    for name in inputs.keys() - set(PER_SEQUENCE):
        inputs[name] *= np.float32(0.1)
    inputs["dh"][:-1] = 0
    dx = run_layer(kind, **inputs)["dx"]
    assert dx[-1].all()
    assert not dx[0].any()
    assert np.abs(dx[dx != 0]).min() > np.finfo(np.float32).tiny


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "rnn_relu"])
def test_huge_inputs_saturate_and_stay_finite(kind, dtype):
    inputs = draw(kind, T=5, B=3, I=2, H=4, dtype=dtype)
    inputs["x"] *= inputs["x"].dtype.type(1e30)
    results = run_layer(kind, **inputs)
    assert np.abs(results["h"]).max() <= max(1, np.abs(inputs["state"]).max())
    assert np.abs(results["h"]).max() > 0.3
    for name, array in results.items():
        assert np.isfinite(array).all(), name
