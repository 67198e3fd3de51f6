"""Forecasts from many cutoffs at once are those from the history until each."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import Combine, Naive, RNNForecaster

SMALL = {"hidden_size": 4, "max_steps": 8, "lookback": 12, "horizon": 4, "random_state": 0}
STRATEGIES = {
    "direct": {},
    "patches": {"patch_size": 4},
    "recursive": {"strategy": "recursive"},
    "seq2seq": {"strategy": "seq2seq", "patch_size": 4},
    "parallel": {"strategy": "parallel", "patch_size": 4},
}
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


def network(**options):
    return RNNForecaster("gru", **(SMALL | {"dtype": "float64"} | options))


def months(n):
    return pd.date_range("2014-01-01", periods=n, freq="MS")


def table(n=80, seed=0):
    rng, t = np.random.default_rng(seed), np.arange(n)
    season = np.exp(3 + 0.01 * t + 0.2 * np.sin(t / 12 * 2 * np.pi) + 0.02 * rng.normal(size=n))
    return pd.DataFrame({"sales": season, "level": 50 + rng.normal(size=n).cumsum()}, months(n))


def panel():
    return {
        key: table(n, seed)["sales"] * 10**seed for seed, (key, n) in enumerate([("a", 80), ("b", 47)])
    } | {"short": table(9, 7)["level"]}


def from_each(model, y, series, sizes, horizon, tables=None, **options):
    """Forecast from each cutoff with `predict`, as an array (B, horizon, C[, 1 + len(p)])."""
    found = []
    for s, size in zip(series, sizes, strict=True):
        if isinstance(y, dict):
            key = list(y)[s]
            covariates = {name: {key: of[key]} for name, of in (tables or {}).items()}
            forecast = model.predict(horizon, y={key: y[key].iloc[:size]}, **covariates, **options)[key]
        else:
            forecast = model.predict(horizon, y=y.iloc[:size], **(tables or {}), **options)
        C = 1 if isinstance(y, dict) or y.ndim == 1 else y.shape[1]
        found.append(forecast.to_numpy().reshape(horizon, C, -1))
    found = np.stack(found)
    return found if options else found[..., 0]


def assert_alike(model, y, series, sizes, horizon, p=None, tables=None):
    series, sizes = np.array(series), np.array(sizes)
    found = model.predict_from(model.panel_, series, sizes, horizon, p)
    options = {} if p is None else {"quantiles": p}
    expected = from_each(model, y, series, sizes, horizon, tables, **options)
    assert found.shape == expected.shape
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@each_strategy
@pytest.mark.parametrize("channels", ["shared", "joint"])
@pytest.mark.parametrize("horizon", [3, 9])
def test_channels(strategy, channels, horizon):
    y = table()
    model = network(channels=channels, **strategy).fit(y)
    sizes = [80, 40, 41, 55, 40, 79]
    assert_alike(model, y, [0] * 6, sizes, horizon)


@each_strategy
def test_a_series(strategy):
    y = table()["sales"]
    assert_alike(network(**strategy).fit(y), y, [0] * 4, [40, 80, 51, 30], 6)


@each_strategy
def test_a_panel_in_any_order_of_cutoffs(strategy):
    y = panel()
    model = network(**strategy).fit(y)
    assert_alike(model, y, [1, 0, 2, 0, 1, 2, 0], [40, 80, 9, 33, 47, 5, 34], 6)


@pytest.mark.parametrize(
    "options",
    [
        {"transform": ["log", "difference"], "normalize": "series"},
        {"transform": ["log", "deseasonalize"], "season_length": 12},
        {"transform": None, "normalize": "robust", "embed_series": 2},
        {"n_members": 2, "loss": "quantile"},
        {"scope": "local"},
    ],
    ids=["changes", "seasons", "robust", "members", "local"],
)
def test_a_panel_prepared_in_other_ways(options):
    y = {key: y for key, y in panel().items() if key != "short"}
    model = network(**options).fit(y)
    assert_alike(model, y, [1, 0, 0, 1], [40, 70, 33, 46], 6)


@pytest.mark.parametrize("missing", ["interpolate", "mask"])
def test_gaps_are_filled_from_what_is_known_at_each_cutoff(missing):
    y = panel()
    y["a"].iloc[[20, 40, 41, 42, 79]] = np.nan
    y["b"].iloc[[30, 31]] = np.nan
    model = network(missing=missing).fit(y)
    assert_alike(model, y, [0, 0, 0, 1, 1, 2], [41, 43, 80, 31, 33, 9], 6)
    alone = network(missing=missing, channels="shared").fit(y["a"])
    assert_alike(alone, y["a"], [0, 0, 0], [41, 43, 80], 6)


def covariates(y):
    """Return prices known ahead, and the weather until each series' end."""
    rng = np.random.default_rng(5)
    X = {
        key: pd.DataFrame({"price": rng.normal(size=len(one) + 9)}, months(len(one) + 9))
        for key, one in y.items()
    }
    past = {key: pd.DataFrame({"rain": rng.normal(size=len(one))}, one.index) for key, one in y.items()}
    return {"X": X, "X_past": past}


@each_strategy
@pytest.mark.parametrize("calendar", [None, "auto"])
def test_a_panel_with_covariates(strategy, calendar):
    y = panel()
    tables = covariates(y)
    static = pd.DataFrame({"size": [1.0, 2.0, 5.0], "kind": ["u", "v", "u"]}, index=list(y))
    model = network(calendar=calendar, time_step=True, **strategy).fit(y, **tables, static=static)
    assert_alike(model, y, [1, 0, 2, 0, 1], [40, 74, 5, 33, 41], 4, tables=tables)
    assert_alike(model, y, [0, 1, 0], [40, 38, 71], 9, tables=tables)


@pytest.mark.parametrize("channels", ["shared", "joint"])
def test_channels_with_covariates(channels):
    y = table()
    tables = {name: of["a"] for name, of in covariates(panel()).items()}
    model = network(channels=channels, patch_size=2, bidirectional=True).fit(y, **tables)
    assert_alike(model, y, [0] * 4, [40, 76, 41, 55], 4, tables=tables)
    assert_alike(model, y, [0] * 2, [40, 71], 9, tables=tables)


@pytest.mark.parametrize("loss", ["mae", "gaussian"])
@pytest.mark.parametrize("channels", ["shared", "joint"])
def test_quantiles(loss, channels):
    y, p = table(), [0.1, 0.6, 0.9]
    model = network(channels=channels, loss=loss).fit(y)
    assert_alike(model, y, [0] * 4, [80, 40, 41, 55], 4, p)
    y = panel()
    assert_alike(network(loss=loss).fit(y), y, [1, 0, 2, 0], [40, 80, 9, 33], 4, p)


def test_very_many_cutoffs_are_forecast_in_several_goes(monkeypatch):
    y = panel()
    model = network().fit(y)
    series, sizes = np.array([0, 1] * 8), 30 + np.arange(16)
    together = model.predict_from(model.panel_, series, sizes, 4)
    monkeypatch.setattr("tsrnn.forecasting.rnn._MOST_VALUES", 100)
    np.testing.assert_allclose(model.predict_from(model.panel_, series, sizes, 4), together, rtol=1e-12)


@pytest.mark.parametrize(
    "model", [Naive(4), Combine([Naive(), network()], horizon=4)], ids=["Naive", "Combine"]
)
def test_other_forecasters(model):
    y = panel()
    assert_alike(model.fit(y), y, [1, 0, 2, 0], [40, 80, 9, 33], 4)
    assert_alike(model, y, [1, 0, 2, 0], [40, 80, 9, 33], 4, [0.2, 0.9])
