"""Limits of what can come: of point forecasts, intervals and sample paths."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import Combine, RNNForecaster, WindowMLP
from tsrnn.baselines import STL, VAR, Drift, Naive, Theta

NETWORK = {"horizon": 3, "max_steps": 5, "hidden_size": 4, "normalize": "window", "random_state": 0}
MODELS = {
    "Naive": lambda **limits: Naive(3, **limits),
    "Theta": lambda **limits: Theta(horizon=3, **limits),
    "STL": lambda **limits: STL(Drift(), horizon=3, **limits),
    "GRU": lambda **limits: RNNForecaster(**NETWORK, **limits),
    "recursive": lambda **limits: RNNForecaster(strategy="recursive", **NETWORK, **limits),
    "quantile": lambda **limits: RNNForecaster(loss="quantile", **NETWORK, **limits),
    "local": lambda **limits: RNNForecaster(scope="local", **NETWORK, **limits),
    "WindowMLP": lambda **limits: WindowMLP(**NETWORK, **limits),
    "Combine": lambda **limits: Combine([Naive(), Drift()], horizon=3, **limits),
}


def counts(seed=0, n=120):
    """Mostly zeros and ones, the last of them 0."""
    y = pd.Series(np.random.default_rng(seed).poisson(0.8, n).astype(float))
    y.iloc[-3:] = [2.0, 1.0, 0.0]
    return y


def extremes(model, y):
    """Return least and largest of point forecasts, bounds and paths."""
    model.fit(y)
    band = model.predict(level=[80, 95])
    means = np.concatenate([model.predict(), band["mean"], model.predict(y=y[:-1])])
    parts = means, band.drop(columns="mean"), model.sample_paths(100, random_state=0)
    return [(np.min(part), np.max(part)) for part in map(np.asarray, parts)]


@pytest.mark.parametrize("name", MODELS)
def test_what_was_never_negative_has_no_negative_bounds_or_paths_unless_allowed(name):
    point, band, paths = extremes(MODELS[name](), counts())
    assert band[0] == paths[0] == 0
    free, wide, wild = extremes(MODELS[name](lower=None), counts())
    assert free == point
    assert wide[0] < 0
    assert wild[0] < 0
    assert extremes(MODELS[name](lower=-np.inf), counts()) == [free, wide, wild]
    assert extremes(MODELS[name](lower="auto"), counts() - 1)[1][0] < -1


@pytest.mark.parametrize("name", MODELS)
def test_limits_given_as_numbers_hold_for_points_bounds_and_paths(name):
    free, *_ = extremes(MODELS[name](), counts())
    for low, high in ((free[0] + 0.1, free[0] + 0.2), (-1, np.float32(0.5))):
        point, band, paths = extremes(MODELS[name](lower=low, upper=high), counts())
        assert band == paths == (pytest.approx(low), pytest.approx(high))
        assert low <= point[0] <= point[1] <= high
    assert extremes(MODELS[name](lower=free[0] + 0.1), counts())[0][0] == free[0] + 0.1


def test_each_series_and_channel_of_a_table_has_its_own_lower_limit():
    table = pd.DataFrame({"count": counts(), "change": counts(1) - 1})
    band = VAR(horizon=3).fit(table).predict(level=95)
    assert (band["count"]["lo-95"] == 0).any()
    assert (band["change"]["lo-95"] < -1).any()
    panel = RNNForecaster(**NETWORK).fit(dict(table))
    asked = panel.predict(level=95, y={"count": counts() - 1, "new": counts(), "change": counts()})
    assert [bool((one["lo-95"] < 0).any()) for one in asked.values()] == [True, True, True]


@pytest.mark.parametrize(
    ("limits", "needed"),
    [
        ({"lower": 3, "upper": 2}, "`lower` must be less than `upper`; got lower=3 and upper=2"),
        ({"lower": 1.0, "upper": 1}, "`lower` must be less than `upper`"),
        ({"lower": np.nan}, "`lower` must be a number"),
        ({"lower": "zero"}, "`lower` must be a number"),
        ({"upper": "auto"}, "`upper` must be a number"),
    ],
)
def test_limits_that_leave_nothing_are_refused(limits, needed):
    with pytest.raises(ValueError, match=f"^{needed}"):
        Naive(**limits).fit(counts())
