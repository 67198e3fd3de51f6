"""Streams: the network's own forecasts, one value after another, from a state that can be kept."""

import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers import oracle
from helpers.architectures import CELLS, make
from helpers.coverings import covering
from helpers.streams import AS_IT_IS, ONE_STEP, OPTIONS, open_stream, wave
from tsrnn import RNNForecaster
from tsrnn.forecasting.stream import Stream
from tsrnn.kernels.scans.stream import stream as kernel


def test_states_that_grow_without_bound_are_an_error_and_the_stream_starts_afresh():
    network = open_stream("rnn_relu")._network
    theta = np.zeros(network.n_parameters, network.dtype)
    views = network.views(theta)
    for name, view in views.items():
        if name.startswith(("W_ih", "W_head")):
            view[:] = 1
        if name.startswith("W_hh"):
            view[:] = 5 * np.eye(len(view))
    stream, fresh = (Stream(network, theta[None], AS_IT_IS) for _ in range(2))
    with pytest.raises(ValueError, match="beyond all numbers within 1,000 values"):
        stream.run(np.ones(1000))
    assert stream.step(1.0) == fresh.step(1.0)
    with pytest.raises(ValueError, match='those of cell="rnn_relu" did not'):
        list(map(stream.step, np.ones(1000)))
    assert stream.step(1.0) == Stream(network, theta[None], AS_IT_IS).step(1.0)


def fit(y=None, **settings):
    usual = {"strategy": "recursive", "normalize": "series", "transform": None, "season_length": None}
    sizes = {"lookback": 20, "hidden_size": 5, "max_steps": 20, "random_state": 0}
    return RNNForecaster("lstm", **(usual | sizes | settings)).fit(wave(150) if y is None else y)


@covering(cell=CELLS, option=OPTIONS, dtype=["float32", "float64"])
def test_a_stream_is_the_network_step_by_step(cell, option, dtype):
    options = OPTIONS[option] | {"n_inputs": 1, "n_outputs": 1, "dtype": dtype}
    for hidden_size in (3, 19):  # one panel, and several of which the last is not full
        network, theta = make(cell, {}, hidden_size=hidden_size, **options)
        y = wave(150)  # more than two chunks
        expected, _ = network.forward(theta, y.astype(dtype)[:, None, None])
        forecasts = Stream(network, theta[None], AS_IT_IS).run(y)
        oracle.assert_close(forecasts.astype(dtype), expected[:, 0, 0], dtype)


@covering(cell=CELLS, option=OPTIONS, dtype=["float32", "float64"])
def test_any_cuts_into_blocks_and_steps_give_the_same_bits(cell, option, dtype):
    stream = open_stream(cell, option, 19, dtype)
    y = wave(220)
    whole = stream.run(y)
    stream.reset()
    np.testing.assert_array_equal([stream.step(value) for value in y], whole)
    stream.reset()
    pieces = [stream.run(piece) for piece in np.split(y, [0, 1, 3, 66, 67, 131])]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("option", ["plain", "both"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_saved_state_goes_on_with_the_same_bits(cell, option):
    stream, other = (open_stream(cell, option, n_members=3) for _ in range(2))
    stream.run(wave(77))
    file = io.BytesIO()
    np.savez(file, **stream.state)
    expected = stream.run(wave(90, seed=1))
    other.run(wave(5))
    file.seek(0)
    with np.load(file) as state:
        other.state = state
    np.testing.assert_array_equal(other.run(wave(90, seed=1)), expected)
    for name, array in stream.state.items():
        np.testing.assert_array_equal(other.state[name], array)


def test_the_state_holds_each_layer_s_latest_states_in_the_order_of_time():
    stream = open_stream("lstm", "dilation")
    network, theta = make("lstm", {}, num_layers=3, dilation=2, n_inputs=1, n_outputs=1, dtype="float32")
    for n in (1, 2, 3, 4, 5, 80):
        stream.reset()
        stream.run(wave(n))
        _, expected = network.forward(theta, wave(n).astype("float32")[:, None, None])
        for layer in range(3):
            actual = stream.state[f"layer_{layer}"][0]
            oracle.assert_close(actual, expected[layer][:, :, 0], "float32", f"{n} steps, layer {layer}")


def test_the_state_given_out_and_taken_in_is_a_copy():
    stream = open_stream("gru", "plain")
    stream.run(wave(10))
    state = stream.state
    kept = state["layer_0"].copy()
    expected = stream.step(1.0)
    np.testing.assert_array_equal(state["layer_0"], kept)
    stream.state = state
    assert stream.step(1.0) == expected
    np.testing.assert_array_equal(state["layer_0"], kept)


def test_reset_forgets_all():
    stream = open_stream("lstm")
    first = stream.run(wave(70))
    again = stream.run(wave(70))
    stream.reset()
    np.testing.assert_array_equal(stream.run(wave(70)), first)
    assert not np.any(again == first)


def test_members_give_their_median():
    network, theta = make("gru", {}, n_inputs=1, n_outputs=1)
    thetas = np.stack([theta, 0.7 * theta, -theta, 0.2 * theta])
    y = wave(70)
    alone = [Stream(network, one[None], AS_IT_IS).run(y) for one in thetas]
    together = Stream(network, thetas, AS_IT_IS)
    np.testing.assert_array_equal(together.run(y), np.median(alone, axis=0))
    together.reset()
    assert together.step(y[0]) == np.median([one[0] for one in alone])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"normalize": "robust"},
        {"normalize": None},
        {"transform": "log"},
        {"transform": ("log",), "normalize": None, "dtype": "float64"},
        {"dtype": "float64"},
        {"n_members": 3},
        {"n_members": 2, "transform": "log"},
        {"num_layers": 2, "horizon": 4},
        {"lookback": 100},
    ],
)
def test_after_the_look_back_from_zero_comes_the_forecast_of_predict(settings):
    y = np.exp(wave(150)) if "transform" in settings else 100 + 30 * wave(150)
    model = fit(y, **settings)
    expected = model.predict(1)
    forecasts = model.stream().run(y[-model.lookback_ :])
    tolerance = 1e-12 if settings.get("dtype") == "float64" else 1e-5
    np.testing.assert_allclose(forecasts[-1], expected.iloc[0], rtol=tolerance)


@pytest.mark.parametrize("n_members", [1, 2])
def test_warm_goes_on_where_the_training_series_ends(n_members):
    y = wave(150)
    model = fit(y, n_members=n_members)
    cold, warm = model.stream(), model.stream(warm=True)
    assert warm.step(0.5) != cold.step(0.5)
    cold.reset()
    cold.run(y)
    cold.step(0.5)
    np.testing.assert_array_equal(cold.run(y), warm.run(y))


def test_warm_reads_what_was_filled_in():
    y = pd.Series(wave(150))
    y[70] = np.nan
    model = fit(y, missing="interpolate")
    stream = model.stream()
    stream.run(y.interpolate())
    assert stream.step(1.0) == model.stream(warm=True).step(1.0)


def test_a_constant_series_stays_constant():
    stream = fit(np.full(100, 7.0)).stream()
    np.testing.assert_array_equal(stream.run([7, 7, 7]), [7, 7, 7])


def test_streams_of_one_model_are_apart_from_it_and_from_each_other():
    model = fit()
    one, other = model.stream(), model.stream()
    expected = other.step(0.5)
    other.reset()
    one.run(wave(50))
    assert other.step(0.5) == expected
    model.fit(-wave(150))
    one.reset()
    assert one.step(0.5) == expected


SAME = {
    "list": list,
    "tuple": tuple,
    "float32": lambda y: y.astype("float32"),
    "integers": lambda y: y.astype("int16"),
    "objects": lambda y: y.astype(object),
    "strided": lambda y: np.repeat(y, 2)[::2],
    "series": pd.Series,
    "nullable": lambda y: pd.Series(y, dtype="Float64"),
}


@pytest.mark.parametrize("kind", SAME)
def test_any_type_of_numbers_gives_the_same_bits_and_compiles_nothing(kind):
    y = np.round(10 * wave(70))
    stream = open_stream("gru", "plain")
    expected = stream.run(y)
    compiled = set(kernel.signatures)
    stream.reset()
    np.testing.assert_array_equal(stream.run(SAME[kind](y)), expected)
    stream.reset()
    steps = [stream.step(value) for value in SAME[kind](y)]
    np.testing.assert_array_equal(steps, expected)
    y.flags.writeable = False
    stream.reset()
    np.testing.assert_array_equal(stream.run(y), expected)
    assert set(kernel.signatures) == compiled


def test_an_empty_block_changes_nothing():
    stream = open_stream("gru", n_members=2)
    stream.run(wave(5))
    state = stream.state
    assert stream.run([]).tolist() == []
    for name, array in state.items():
        np.testing.assert_array_equal(stream.state[name], array)


BLOCKS = {
    "nan": ([1.0, np.nan, 2.0, np.nan], ValueError, "2 missing or infinite values, the first at position 1"),
    "infinite": ([np.inf], ValueError, "1 missing or infinite value, the first at position 0"),
    "huge": ([1.0, 1e300], ValueError, 'out of the range of float32.*fit with dtype="float64"'),
    "table": (np.zeros((3, 1)), ValueError, r"one dimension.*shape \(3, 1\)"),
    "number": (1.0, ValueError, r"one dimension.*shape \(\)"),
    "words": (["1", "2"], TypeError, "real numbers"),
    "truths": ([True, False], TypeError, "real numbers; got bool"),
    "complex": ([1j], TypeError, "real numbers; got complex128"),
    "missing": ([1.0, None], TypeError, "real numbers; got object"),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_block_that_cannot_be_used_is_refused_and_changes_nothing(kind):
    block, error, message = BLOCKS[kind]
    stream, other = (open_stream("lstm", "plain") for _ in range(2))
    for each in (stream, other):
        each.run(wave(9))
    with pytest.raises(error, match=message):
        stream.run(block)
    assert stream.step(1.0) == other.step(1.0)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.nan, ValueError, "1 missing or infinite value"),
        (-np.inf, ValueError, "1 missing or infinite value"),
        (1e39, ValueError, "out of the range of float32"),
        ("1", TypeError, "one number; got str"),
        (None, TypeError, "one number; got NoneType"),
        (True, TypeError, "one number; got bool"),
        ([1.0], TypeError, r"got list. Pass many values to run\(block\)"),
        (np.array([1.0]), TypeError, "one number; got ndarray"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_and_changes_nothing(value, error, message):
    stream, other = (open_stream("lstm", "plain") for _ in range(2))
    with pytest.raises(error, match=message):
        stream.step(value)
    assert stream.step(1.0) == other.step(1.0)


def test_logarithms_need_positive_values():
    stream = fit(np.exp(wave(150)), transform="log").stream()
    for bad in (0.0, -1.0):
        with pytest.raises(ValueError, match=f"positive values; got {bad:g} at position 2"):
            stream.run([1.0, 2.0, bad])
        with pytest.raises(ValueError, match="positive values"):
            stream.step(bad)
    with pytest.raises(ValueError, match="missing"):
        stream.step(np.nan)


def priced(strategy="recursive", **settings):
    """A model of sales that read prices known ahead and weather known afterwards, and what comes next."""
    rng = np.random.default_rng(4)
    X, X_past = rng.normal(3, 2, (130, 3)), rng.normal(-1, 5, (130, 2))
    y = X[:, 0] + np.r_[0, X_past[:-1, 1]] + wave(130)
    settings = {"normalize": "series", "transform": None, "lookback": 20, "max_steps": 30} | settings
    model = RNNForecaster("gru", strategy=strategy, dtype="float64", random_state=0, **settings)
    return model.fit(y[:120], X[:120], X_past=X_past[:120]), y, X, X_past


@pytest.mark.parametrize("hidden_size", [2, 20])
def test_covariates_enter_beside_each_value(hidden_size):
    model, y, X, X_past = priced(hidden_size=hidden_size)
    stream = model.stream()
    of_block = stream.run(y[100:120], X[101:121], X_past=X_past[100:120])
    assert of_block[-1] == pytest.approx(model.predict(1, X[120:121]).iloc[0], rel=1e-9)
    stream.reset()
    one_by_one = [stream.step(y[t], X[t + 1], X_past=X_past[t]) for t in range(100, 120)]
    np.testing.assert_array_equal(one_by_one, of_block)
    warm, cold = model.stream(X[120], warm=True), model.stream()
    cold.run(y[:120], X[1:121], X_past=X_past[:120])
    assert warm.step(y[120], X[121], X_past=X_past[120]) == cold.step(y[120], X[121], X_past=X_past[120])


def test_covariates_that_are_wanting_are_asked_for_and_change_nothing():
    model, y, X, X_past = priced()
    stream, other = model.stream(), model.stream()
    for covariates, message in (
        ({"X_past": X_past[0]}, "fitted with `X`: pass X="),
        ({"X": X[1]}, "fitted with `X_past`: pass X_past="),
        ({"X": X[1, :2], "X_past": X_past[0]}, r"`X` must have .* \(1, 3\); got the shape \(2,\)"),
        ({"X": X[1] * np.nan, "X_past": X_past[0]}, "`X` holds missing"),
    ):
        with pytest.raises(ValueError, match=message):
            stream.step(y[0], **covariates)
    rest = {"X": X[1], "X_past": X_past[0]}
    assert stream.step(y[0], **rest) == other.step(y[0], **rest)
    with pytest.raises(ValueError, match=r"knows 3 covariates ahead, .* pass X=, those of the step after"):
        model.stream(warm=True)
    with pytest.raises(ValueError, match="warm=True takes in"):
        model.stream(X[120])
    with pytest.raises(ValueError, match="fitted without `X`: leave out X="):
        fit(wave(150)).stream().step(1.0, [1.0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"missing": "mask"}, "reads gaps, too"),
        ({"normalize": "window"}, 'normalize="series"'),
        ({"strategy": "direct"}, 'strategy="recursive"'),
        ({"transform": "difference"}, r"transform=\('difference',\) needs the values of the past"),
        (
            {"transform": ("log", "deseasonalize"), "season_length": 5},
            "deseasonalize.*needs the values",
        ),
    ],
)
def test_models_that_need_the_past_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        fit(np.exp(wave(150)), **settings).stream()


@pytest.mark.parametrize(
    "options",
    [{"bidirectional": True}, {"embedding": True}, {"n_decoded": 2}, {"n_inputs": 2}, {"n_outputs": 2}],
)
def test_networks_that_take_in_or_give_more_are_refused(options):
    network, theta = make("gru", {}, **({"n_inputs": 1, "n_outputs": 1} | options))
    with pytest.raises(ValueError, match="one value in and one out"):
        Stream(network, theta[None], AS_IT_IS)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda state: {}, ValueError, "must have the arrays"),
        (lambda state: state | {"layer_9": np.zeros(1)}, ValueError, "layer_9"),
        (lambda state: {"layer_0": state["layer_0"][:, :, :, :2]}, ValueError, r"\(1, 2, 1, 2\)"),
        (lambda state: {"layer_0": state["layer_0"] * np.nan}, ValueError, "finite"),
        (lambda state: list(state.values()), TypeError, "mapping.*got list"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, error, message):
    stream = open_stream("lstm", "plain")
    stream.run(wave(5))
    before = stream.state
    with pytest.raises(error, match=message):
        stream.state = change(before)
    np.testing.assert_array_equal(stream.state["layer_0"], before["layer_0"])


def test_a_block_is_not_copied_as_a_whole():
    stream = open_stream("rnn", "plain")
    y = np.zeros(1_000_000, "float32")
    stream.run(y[:10])
    tracemalloc.start()
    try:
        forecasts = stream.run(y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < forecasts.nbytes + 100_000


INTERPRETED = """
import numpy as np
from helpers.streams import ONE_STEP, open_stream, wave
for cell in ONE_STEP:
    print(*(value.hex() for value in open_stream(cell, dtype="float64").run(wave(70))))
"""


def test_the_interpreter_streams_alike():
    tests = Path(__file__).parents[1]
    changes = {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    command = [sys.executable, "-c", INTERPRETED]
    printed = subprocess.run(command, env=os.environ | changes, capture_output=True, text=True, check=True)
    for cell, line in zip(ONE_STEP, printed.stdout.splitlines(), strict=True):
        forecasts = np.array([float.fromhex(number) for number in line.split()])
        oracle.assert_close(forecasts, open_stream(cell, dtype="float64").run(wave(70)), "float64", cell)
