"""Dense layers without recurrence: by hand, by an oracle in NumPy, by slopes; and the forecaster of them."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from helpers.architectures import OPTIONS, draw, make
from helpers.oracle import assert_close, slopes
from helpers.stepwise import backward, forward
from tsrnn import cells, datasets
from tsrnn.baselines import AutoReg
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.forecasting.window_mlp import WindowMLP
from tsrnn.network import Network

AIR = datasets.load("airpassengers")
SMALL = {"hidden_size": 4, "lookback": 8, "max_steps": 20, "random_state": 0}
NAMES = [name for name, options in OPTIONS.items() if "n_decoded" not in options]


def perceptron(weights, x):
    """Layers of max(0, .) under a linear head, over the last axis: a list of (W, b)."""
    *hidden, (W, b) = weights
    for W_layer, b_layer in hidden:
        x = np.maximum(0, x @ W_layer.T + b_layer)
    return x @ W.T + b


def layers_of(network, theta):
    views = network.views(theta)
    names = [(f"W_ih_{layer}", f"bias_{layer}") for layer in range(network.num_layers)]
    return [(views[W], views[b]) for W, b in [*names, ("W_head", "b_head")]]


# The cell


def test_one_hidden_layer_worked_by_hand():
    # Units 2 - 2 + 1/2 = 1/2 and -1 - 1 + 1 < 0, so 3/2 - 1 + 1/4 = 3/4 comes out, 1/4 below the target 1:
    # d = 2 (-1/4) = -1/2 by the squared error. The first unit gets -1/2 3 = -3/2, the second nothing.
    network = Network("dense", 2, 2, 1, 1, dtype="float64")
    theta, gradient = np.empty(network.n_parameters), np.empty(network.n_parameters)
    given = {"W_ih_0": [[2, -1], [-1, -0.5]], "bias_0": [0.5, 1], "W_head": [[3, 7]], "b_head": -0.75}
    for name, view in network.views(theta).items():
        view[:] = given[name]
    x, target = np.array([[[1.0, 2.0]]]), np.ones((1, 1, 1))
    assert network.n_parameters == 2 * 2 + 2 + 2 + 1
    assert network.forward(theta, x)[0].item() == 3 / 4
    assert network.value_and_gradient(theta, x, target, "mse", gradient) == 1 / 16
    found = {name: view.tolist() for name, view in network.views(gradient).items()}
    expected = {"W_ih_0": [[-1.5, -3], [0, 0]], "bias_0": [-1.5, 0], "W_head": [[-0.25, 0]], "b_head": [-0.5]}
    assert found == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("I", "H", "L", "O", "B"), [(1, 1, 1, 1, 1), (5, 3, 2, 2, 7), (36, 17, 3, 12, 33)])
def test_layers_equal_a_perceptron_at_every_step(I, H, L, O, B, dtype):  # noqa: E741
    network, theta = make("dense", "plain", I, H, L, O, dtype=dtype)
    x, _, state = draw(network, "plain", 4, B)
    output, _ = network.forward(theta, x, state)
    weights = [(W.astype(float), b.astype(float)) for W, b in layers_of(network, theta)]
    assert_close(output, perceptron(weights, x.astype(float)), dtype)
    sizes = [I, *[H] * L, O]
    assert network.n_parameters == sum(m * (n + 1) for n, m in pairwise(sizes))


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_slopes(name, loss):
    network, theta = make("dense", name)
    x, target, state = draw(network, name, T=5, B=3)

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        return network.value_and_gradient(theta, x, target, loss, gradient, state=state)

    gradient = np.empty_like(theta)
    value_at(theta, gradient)
    np.testing.assert_allclose(gradient, slopes(value_at, theta), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_dense_is_a_simple_network_that_forgets(name):
    network, theta = make("dense", name)
    recurrent = Network("rnn_relu", 2, 3, 3, 2, dtype="float64", **OPTIONS[name])
    whole = np.zeros(recurrent.n_parameters)
    views = network.views(theta)
    for part, view in recurrent.views(whole).items():
        view[:] = views.get(part, 0)
    x, target, state = draw(network, name, T=6, B=4)
    np.testing.assert_array_equal(network.forward(theta, x, state)[0], recurrent.forward(whole, x, state)[0])
    one, other = np.empty_like(theta), np.empty_like(whole)
    network.value_and_gradient(theta, x, target, "mse", one, state=state)
    recurrent.value_and_gradient(whole, x, target, "mse", other, state=state)
    for part, view in network.views(one).items():
        np.testing.assert_allclose(view, recurrent.views(other)[part], rtol=1e-12, atol=1e-15)


def test_a_step_in_numpy_equals_the_kernels():
    network, theta = make("dense", "plain", num_layers=1)
    x, target, state = draw(network, "plain", T=7, B=3)
    weights = cells.layer_weights(network, theta)
    assert sum(array.size for array in weights.values()) == network.n_parameters
    y, final, caches = forward("dense", weights, x, tuple(state[0][:, 0]), "linear")
    output, last = network.forward(theta, x, state)
    assert_close(y, output, "float64")
    assert_close(np.stack(final), last[0][:, 0], "float64")
    gradient = np.empty_like(theta)
    network.value_and_gradient(theta, x, target, "mse", gradient, state=state)
    _, d_state, d_weights = backward("dense", weights, caches, 2 * (y - target) / y.size)
    assert not np.any(d_state)
    for name, d in cells.layer_weights(network, gradient).items():
        assert_close(d_weights[name], d, "float64", name)


# The forecaster


@pytest.mark.parametrize("num_layers", [1, 3])
def test_the_forecast_is_a_perceptron_of_the_last_window(num_layers):
    plain = {"season_length": None, "transform": None, "normalize": None, "dtype": "float64"}
    y = AIR.to_numpy() / 500
    model = WindowMLP(5, 10, hidden_size=7, num_layers=num_layers, max_steps=30, random_state=0, **plain).fit(
        y
    )
    weights = layers_of(model.network_, model.thetas_[0])
    np.testing.assert_allclose(model.predict(), perceptron(weights, y[-10:]), rtol=1e-12)
    assert model.n_parameters_ == 7 * 11 + (num_layers - 1) * 7 * 8 + 5 * 8


def test_it_shares_all_but_recurrence_with_the_recurrent_forecaster():
    mine = WindowMLP().get_params()
    other = RNNForecaster().get_params()
    assert mine == {name: other[name] for name in mine}
    assert set(other) - set(mine) == {
        *("cell", "strategy", "bidirectional", "residual", "dilation", "patch_size", "teacher_forcing"),
        *("calendar", "time_step", "embed_series", "clip_value", "bptt"),
    }
    fitted = [make(horizon=12, max_steps=5, random_state=0).fit(AIR) for make in (WindowMLP, RNNForecaster)]
    for name in ("lookback_", "season_length_", "transform_", "batch_size_", "learning_rate_", "max_epochs_"):
        assert getattr(fitted[0], name) == getattr(fitted[1], name)


@pytest.mark.parametrize(
    "change",
    [
        {"lookback": 9},
        {"hidden_size": 5},
        {"num_layers": 2},
        {"dropout": 0.3},
        {"season_length": None},
        {"transform": None},
        {"normalize": "series"},
        {"loss": "mse"},
        {"optimizer": "sgd"},
        {"learning_rate": 0.01},
        {"schedule": "constant"},
        {"batch_size": 16},
        {"max_epochs": 1},
        {"max_steps": 19},
        {"early_stopping": True, "n_iter_no_change": 1},
        {"early_stopping": True, "validation_fraction": 0.3},
        {"clip_norm": 0.01},
        {"n_members": 2},
        {"dtype": "float64"},
        {"random_state": 1},
    ],
    ids=str,
)
def test_each_parameter_changes_the_forecast(change):
    one, other = (WindowMLP(3, **(SMALL | more)).fit(AIR).predict() for more in ({}, change))
    assert not np.array_equal(one, other)


def test_the_same_seed_gives_the_same_bits_in_any_number_of_threads():
    one, other = (WindowMLP(3, n_members=3, n_jobs=n, **SMALL).fit(AIR).predict() for n in (1, 2))
    np.testing.assert_array_equal(one, other)


def test_training_goes_on_with_warm_start_and_updates():
    model = WindowMLP(3, warm_start=True, **SMALL).fit(AIR)
    before = model.thetas_.copy()
    assert not np.array_equal(model.fit(AIR).thetas_, before)
    assert WindowMLP(3, **SMALL).fit(AIR[:100]).update(AIR[100:]).cutoff_ == AIR.index[-1]


def test_one_network_learns_from_many_series_short_ones_padded():
    panel = {"long": AIR, "short": AIR[:6] * 5}
    model = WindowMLP(2, **SMALL).fit(panel)
    forecast = model.predict()
    assert len(model.thetas_) == 1
    assert forecast["short"].between(300, 900).all()
    evenly = WindowMLP(2, sampling="series", **SMALL).fit(panel)
    assert not np.array_equal(evenly.predict()["short"], forecast["short"])
    changed = panel | {"short": AIR[:6] * 5 + 100}
    assert not np.array_equal(model.predict(y=changed)["short"], forecast["short"])
    local = WindowMLP(2, scope="local", **SMALL).fit({"a": AIR, "b": AIR[:60]})
    np.testing.assert_array_equal(local.predict()["b"], WindowMLP(2, **SMALL).fit(AIR[:60]).predict())


def test_channels_apart_and_together():
    table = pd.DataFrame({"a": AIR, "b": AIR[::-1].to_numpy()}, AIR.index)
    shared, joint = (WindowMLP(2, channels=kind, **SMALL).fit(table) for kind in ("shared", "joint"))
    assert shared.n_parameters_ == 4 * 9 + 2 * 5
    assert joint.n_parameters_ == 4 * (2 * 8 + 1) + 4 * 5
    assert list(joint.predict().columns) == ["a", "b"]


def test_gaps_are_told_to_the_network():
    y = AIR.copy()
    y.iloc[[-3, -20]] = np.nan
    model = WindowMLP(2, missing="mask", **SMALL).fit(y)
    assert model.n_parameters_ == 4 * (2 * 8 + 1) + 2 * 5
    assert np.isfinite(model.predict()).all()


def test_distributions_give_intervals_at_once():
    bounds = WindowMLP(3, loss="quantile", **(SMALL | {"max_steps": 200})).fit(AIR).predict(level=80)
    assert ((bounds["lo-80"] < bounds["mean"]) & (bounds["mean"] < bounds["hi-80"])).all()


def test_it_learns_what_no_linear_model_can():
    x = [0.3]
    for _ in range(699):
        x.append(3.9 * x[-1] * (1 - x[-1]))  # the logistic map: each value is a parabola of the one before
    x = np.array(x)
    training = {"learning_rate": 0.004, "max_epochs": None, "max_steps": 3000, "clip_norm": None}
    model = WindowMLP(1, 4, random_state=0, **training).fit(x[:500])
    errors = {}
    for one in (model, AutoReg(4).fit(x[:500])):
        errors[one.label] = np.mean([abs(one.predict(y=x[:n]).iloc[0] - x[n]) for n in range(500, 699, 4)])
    assert errors["WindowMLP"] < 0.2 * errors["AutoReg"]


def test_covariates_and_other_cells_are_refused():
    with pytest.raises(TypeError, match=r"^WindowMLP forecasts from `y` alone; got X\. "):
        WindowMLP().fit(AIR, pd.DataFrame({"x": np.arange(144.0)}, AIR.index))
    with pytest.raises(ValueError, match=r"^`cell` must be one of .*; got 'dense'"):
        RNNForecaster("dense").fit(AIR)
    assert WindowMLP(**SMALL).fit(AIR).summary().split()[3:5] == ["dense", "0"]
