"""What a fitted model shows of itself: weights, gates and the reach of its gradient."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from helpers.architectures import CELLS, ONE_WAY, OPTIONS, draw, go_together, make, networks
from helpers.oracle import assert_close, slopes
from tsrnn import RNNForecaster, WindowMLP
from tsrnn.network import Network
from tsrnn.network.gradients import gradient_flow, spectral_radii

DAYS = pd.date_range("2026-01-01", periods=90)
WAVE = pd.Series(10 + np.sin(np.arange(90) / 3) + 0.1 * np.cos(np.arange(90) ** 2), DAYS, name="wave")


def fit(cell="gru", y=WAVE, X=None, **options):
    defaults = {"horizon": 4, "lookback": 12, "hidden_size": 5, "max_steps": 3, "random_state": 0}
    defaults |= {"season_length": None, "transform": None, "dtype": "float64"}
    return RNNForecaster(cell, **defaults | options).fit(y, X=X)


@pytest.mark.parametrize("layout", ["tsrnn", "torch", "keras"])
def test_a_model_with_anothers_weights_forecasts_as_it_does(layout):
    one, other = fit("lstm"), fit("lstm", random_state=1)
    expected = one.predict()
    assert not expected.equals(other.predict())
    assert other.set_weights(one.get_weights(layout), layout) is other
    pd.testing.assert_series_equal(other.predict(), expected, rtol=1e-12)


def test_weights_belong_to_a_member_and_are_copies():
    model = fit("rnn", n_members=2)
    first, second = (model.get_weights(member=member) for member in (0, 1))
    assert np.any(first["W_hh_0"] != second["W_hh_0"])
    before, thetas = model.predict(), model.thetas_
    second["W_hh_0"][:] = 0
    pd.testing.assert_series_equal(model.predict(), before)
    model.set_weights(second, member=1)
    assert np.all(model.get_weights(member=1)["W_hh_0"] == 0)
    np.testing.assert_array_equal(model.get_weights()["W_hh_0"], first["W_hh_0"])
    assert np.any(thetas[1] != model.thetas_[1])  # who holds the old weights, such as a thread, keeps them


def test_weights_that_do_not_fit_leave_the_model_as_it_was():
    model = fit("rnn")
    before = model.predict()
    with pytest.raises(ValueError, match="missing: b_head"):
        model.set_weights({name: a for name, a in model.get_weights().items() if name != "b_head"})
    pd.testing.assert_series_equal(model.predict(), before)


@pytest.mark.parametrize("normalize", ["window", "series"])
@pytest.mark.parametrize("cell", ["rnn", "jordan", "lstm_peephole", "gru"])
def test_the_last_state_shown_is_the_one_that_forecasts(cell, normalize):
    model = fit(cell, normalize=normalize)
    shown, weights, (scale,) = model.gates(), model.get_weights(), model.preprocessor_.channels.scale
    future = weights["W_head"] @ shown["h"].iloc[-1] + weights["b_head"]
    level = WAVE.iloc[-1] if normalize == "window" else WAVE.mean()
    np.testing.assert_allclose(future * scale + level, model.predict(), rtol=1e-9)
    pd.testing.assert_index_equal(shown.index, WAVE.index[-12:])


def test_gates_are_named_and_follow_their_equations():
    lstm, gru = fit("lstm").gates(), fit("gru").gates()
    assert list(dict.fromkeys(lstm.columns.get_level_values("gate"))) == ["i", "f", "g", "o", "c", "h"]
    assert list(lstm["f"].columns) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(lstm["h"], lstm["o"] * np.tanh(lstm["c"]), rtol=1e-12)
    remembered = lstm["f"] * lstm["c"].shift(fill_value=0) + lstm["i"] * lstm["g"]
    np.testing.assert_allclose(lstm["c"], remembered, rtol=1e-12)
    assert list(dict.fromkeys(gru.columns.get_level_values("gate"))) == ["r", "z", "n", "h"]
    blended = (1 - gru["z"]) * gru["n"] + gru["z"] * gru["h"].shift(fill_value=0)
    np.testing.assert_allclose(gru["h"], blended, rtol=1e-12)


def test_gates_of_other_series_layers_members_directions_and_patches():
    model = fit("gru", num_layers=2, n_members=2)
    shown = model.gates()
    pd.testing.assert_frame_equal(model.gates(layer=1, member=0), shown)
    for other in (model.gates(layer=0), model.gates(member=1), model.gates(WAVE[:-1])):
        assert np.abs(other.to_numpy() - shown.to_numpy()).max() > 1e-3
    pd.testing.assert_index_equal(model.gates(WAVE[:-1]).index, WAVE.index[-13:-1])
    both = fit("rnn", bidirectional=True).gates()
    assert list(dict.fromkeys(both.columns.get_level_values("gate"))) == ["h", "h_reverse"]
    in_patches = fit("rnn", patch_size=3).gates()
    pd.testing.assert_index_equal(in_patches.index, WAVE.index[2::3][-4:])


@networks(ONE_WAY)
def test_the_gradient_reaching_a_state_is_the_slope_of_the_loss(cell, option):
    network, theta = make(cell, option)
    x, target, _ = draw(network, option, T=6, B=2)
    target = target[-(OPTIONS[option].get("n_decoded") or 1) :]
    flow = gradient_flow(network, theta, x, target, "mse")
    letters = "hc" if cell.startswith("lstm") else "h"
    assert list(flow) == [f"{letter}_{layer}" for layer in range(3) for letter in letters]
    for lag in (1, 4, 6):
        state = network.zero_state(2) if lag == 6 else network.forward(theta, x[: 6 - lag])[1]
        for layer in range(3):
            for number, letter in enumerate(letters):

                def loss(flat, layer=layer, number=number, lag=lag, state=state):
                    moved = [part.copy() for part in state]
                    moved[layer][number] = flat.reshape(moved[layer][number].shape)
                    output, _ = network.forward(theta, x[6 - lag :], moved)
                    return np.mean((output[-len(target) :] - target) ** 2, axis=(0, 2)).sum()

                d = slopes(loss, state[layer][number].ravel())
                expected = np.sqrt(np.sum(d**2) / 2)  # root of the mean over two windows
                assert flow[f"{letter}_{layer}"][lag - 1] == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("strategy", ["direct", "recursive", "parallel", "seq2seq"])
def test_the_loss_is_that_of_the_forecast_after_the_look_back(strategy):
    model = fit("rnn", strategy=strategy, loss="mse", normalize="series")
    flow = model.gradient_flow(n_windows=1000)
    assert list(flow.index) == list(range(1, 13))
    channels = model.preprocessor_.channels
    z = (WAVE.to_numpy() - channels.level) / channels.scale
    n_ahead = 1 if strategy == "recursive" else 4
    starts = np.arange(90 - 12 - n_ahead + 1)
    x = z[np.arange(12)[:, None] + starts][:, :, None]
    network, theta = model.network_, model.thetas_[0]
    _, (state,) = network.forward(theta, x[:-2])

    def loss(flat):
        output, _ = network.forward(theta, x[-2:], [flat.reshape(state.shape)], first=-1)
        future = z[12 + np.arange(n_ahead)[:, None] + starts]
        missed = output[:, :, 0] - future if strategy != "direct" else output[0].T - future
        return np.mean(missed**2, axis=0).sum()

    expected = np.sqrt(np.sum(slopes(loss, state.ravel()) ** 2) / len(starts))
    assert flow["h_0"][2] == pytest.approx(expected, rel=1e-6)


def test_fewer_windows_are_spread_over_the_series():
    model = fit("gru")
    few, all_of_them = model.gradient_flow(n_windows=5), model.gradient_flow(n_windows=10**6)
    assert not few.equals(all_of_them)
    np.testing.assert_allclose(few, all_of_them, rtol=0.5)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "gru_reset_before", "jordan"])
def test_spectral_radii_are_those_of_each_block(cell):
    network = Network(cell, 2, 3, 2, 2, dtype="float64")
    theta = network.initialise(np.random.default_rng(0))
    views, radii = network.views(theta), spectral_radii(network, theta)
    gates = {"lstm": "ifgo", "gru": "rzn", "gru_reset_before": "rzn"}.get(cell, "h")
    assert list(radii) == [f"{gate}_{layer}" for layer in range(2) for gate in gates]
    if cell == "jordan":
        assert radii["h_0"] == pytest.approx(max(abs(np.linalg.eigvals(views["W_yh_0"] @ views["W_hy_0"]))))
        assert radii["h_1"] == pytest.approx(max(abs(np.linalg.eigvals(views["W_yh_1"] @ views["W_head"]))))
        return
    np.testing.assert_allclose(list(radii.values()), 1, rtol=1e-12)  # orthogonal at the start
    last = gates[-1]
    views["W_hh_1"][-3:] = np.diag([0.5, -3.0, 2.0])
    assert spectral_radii(network, theta) == pytest.approx(radii | {f"{last}_1": 3.0})


def test_spectral_radii_come_with_the_flow():
    model = fit("irnn", max_steps=1, learning_rate=1e-9)
    assert model.gradient_flow().attrs["spectral_radius"] == pytest.approx({"h_0": 1.0}, abs=1e-6)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: fit("rnn", bidirectional=True).gradient_flow(), "followed from the last state"),
        (lambda: fit("rnn").gradient_flow(n_windows=0), "`n_windows` must be a whole number of windows"),
        (lambda: fit("rnn").gradient_flow(WAVE[:15]), "`y` has 15 obs.*follows it need at least 16"),
        (lambda: fit("rnn").gates(WAVE[:11]), "`y` has 11 observations; lookback=12 needs at least 12"),
        (lambda: fit("rnn").gates(layer=1), "`layer` must be from -1 to 0 in this network; got 1"),
        (lambda: fit("rnn").gates(member=1), "one of the 1 network from 0 on; got 1"),
        (lambda: fit("jordan").get_weights("torch"), 'cell="jordan"'),
    ],
)
def test_what_cannot_be_shown_is_said(ask, said):
    with pytest.raises(ValueError, match=said):
        ask()


@pytest.mark.parametrize("ask", ["summary", "get_weights", "gates", "gradient_flow"])
def test_an_unfitted_model_shows_nothing(ask):
    with pytest.raises(
        NotFittedError, match=r"^This RNNForecaster is not fitted yet\. Call fit\(y\) first\.$"
    ):
        getattr(RNNForecaster(), ask)()


def test_symbols_are_looked_up_in_the_equations_too():
    from tsrnn.cells import run_network

    network = Network("gru", 2, 3, 1, 4, n_symbols=5, dtype="float64")
    theta = network.initialise(np.random.default_rng(0))
    x = np.random.default_rng(1).integers(5, size=(6, 2, 1)).astype(float)
    _, (state,) = network.forward(theta, x)
    assert_close(run_network(network, theta, x)["0"][-1].h, state[0, 0], "float64")


def test_both_ways_and_means_have_no_last_state():
    cells = (cell for cell in CELLS if go_together(cell, **OPTIONS["bidirectional"]))
    for network, _ in (make(cell, "bidirectional") for cell in cells):
        theta = np.zeros(network.n_parameters)
        with pytest.raises(ValueError, match="both directions"):
            gradient_flow(network, theta, np.zeros((3, 1, 2)), np.zeros((1, 1, 2)), "mse")
    network = Network("gru", 1, 2, 1, 1, pooling="mean", dtype="float64")
    with pytest.raises(ValueError, match="mean of all"):
        gradient_flow(
            network, np.zeros(network.n_parameters), np.zeros((3, 1, 1)), np.zeros((1, 1, 1)), "mse"
        )


@pytest.mark.parametrize(
    ("model", "labels"),
    [
        (WindowMLP(2, 6, hidden_size=3, max_steps=3), [104]),
        (RNNForecaster("gru", 2, 6, hidden_size=2, max_steps=3), [100, 101, 102, 103, 104]),
        (RNNForecaster("gru", 2, 6, patch_size=2, hidden_size=2, max_steps=3), [100, 102, 104]),
    ],
    ids=["dense", "gru", "patches"],
)
def test_gates_of_a_series_shorter_than_the_lookback_have_the_labels_of_its_steps(model, labels):
    short = pd.Series(np.sin(np.arange(5.0)), np.arange(100, 105))
    assert model.fit({"a": short}).gates().index.tolist() == labels


def test_gates_with_future_covariates_are_those_of_the_look_back_and_not_of_the_horizon():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=len(WAVE) + 4)}, pd.RangeIndex(len(WAVE) + 4))
    y = pd.Series(WAVE.to_numpy(), X.index[: len(WAVE)]) + X["x"].iloc[: len(WAVE)]
    model = fit("gru", y, X=X)
    shown = model.gates()
    pd.testing.assert_index_equal(shown.index, y.index[-12:])
    # The states are those after each step of the look-back, from the zero state on.
    network, batch = model.network_, model._prepared(model.panel_).dataset
    x = batch.inputs(batch.latest()).x
    assert len(x) == 12 + 4
    for steps in (1, 7, 12):
        _, (state,) = network.forward(model.thetas_[0], x[:steps])
        np.testing.assert_allclose(shown["h"].iloc[steps - 1], state.ravel(), rtol=1e-9)
    other = X.copy()
    other.iloc[-4:] = 9.0  # what is known of the horizon doesn't reach the past
    pd.testing.assert_frame_equal(model.gates(y, X=other), shown)
    other.iloc[:80] = 9.0
    assert not model.gates(y, X=other).equals(shown)
    assert fit("gru", y, X=X, bidirectional=True).gates().index.equals(y.index[-12:])
    assert fit("gru", y, X=X, patch_size=3).gates().index.tolist() == [80, 83, 86, 89]


@pytest.mark.parametrize("strategy", ["direct", "recursive", "parallel", "seq2seq"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_gradient_with_future_covariates_is_that_of_the_whole_horizon(cell, strategy):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=len(WAVE) + 4)}, pd.RangeIndex(len(WAVE) + 4))
    y = pd.Series(WAVE.to_numpy(), X.index[: len(WAVE)]) + X["x"].iloc[: len(WAVE)]
    model = fit(cell, y, X=X, strategy=strategy, loss="mse", normalize="series")
    flow = model.gradient_flow(n_windows=1000)
    assert list(flow.index) == list(range(1, 13))
    dataset, network, theta = model._prepared(model.panel_).dataset, model.network_, model.thetas_[0]
    batch = dataset.sample(1000)
    recursive = strategy == "recursive"
    target = batch.target[-1:] if recursive else batch.target
    _, state = network.forward(theta, batch.x[:10], future=batch.known)

    def loss(flat):
        first = 2 if strategy == "direct" else -1
        moved = [flat.reshape(state[0].shape)]
        output, _ = network.forward(theta, batch.x[10:], moved, first=first, future=batch.known)
        return np.mean((output - target) ** 2, axis=(0, 2)).sum()

    parts = slopes(loss, state[0].ravel()).reshape(state[0].shape)
    for name, part in zip(flow.columns, parts, strict=True):
        expected = np.sqrt(np.sum(part**2) / batch.x.shape[1])
        assert flow[name][2] == pytest.approx(expected, rel=1e-6)


def test_gates_of_a_panel_ask_for_one_of_its_series():
    model = fit("rnn", {"a": WAVE, "b": WAVE + 1})
    with pytest.raises(ValueError, match=r"a panel of 2 series.*Pass one series: gates\(y\[key\]\)"):
        model.gates()
    assert model.gates(WAVE).index.equals(WAVE.index[-12:])
