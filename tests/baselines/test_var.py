"""Vector autoregression, held to statsmodels itself."""

import re

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.api import VAR as Reference  # noqa: N811

from tsrnn import backtest, datasets
from tsrnn.baselines import VAR, AutoReg, lagged
from tsrnn.deadline import TimeLimitError, time_limit

STOCKS = datasets.load("eustockmarkets").dropna()
CHANGES = np.log(STOCKS).diff().dropna()[:400]


def process(n=400, seed=0):
    """Two channels, the second of which follows the first a step later."""
    noise = np.random.default_rng(seed).normal(size=(n, 2))
    y = np.zeros((n, 2))
    for t in range(1, n):
        y[t] = [0.6 * y[t - 1, 0], 0.9 * y[t - 1, 0] - 0.3 * y[t - 1, 1]] + noise[t] * [1, 0.3]
    return pd.DataFrame(y, columns=["leads", "follows"])


@pytest.mark.parametrize("lags", [1, 3])
def test_estimates_and_forecasts_are_those_of_statsmodels(lags):
    model = VAR(lags, horizon=20, difference=False).fit(CHANGES)
    reference = Reference(CHANGES.to_numpy()).fit(lags, trend="c")
    np.testing.assert_allclose(model.params_, reference.params, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(model.predict(), reference.forecast(CHANGES.to_numpy()[-lags:], 20), rtol=1e-8)
    assert model.params_.index.tolist()[:3] == [("const", ""), (1, "dax"), (1, "smi")]
    assert model.params_.columns.tolist() == STOCKS.columns.tolist() == model.predict().columns.tolist()


def test_differences_are_forecast_and_summed_up():
    model = VAR(2, horizon=9, difference=True).fit(STOCKS[:500])
    changes = STOCKS[:500].diff().dropna().to_numpy()
    expected = Reference(changes).fit(2).forecast(changes[-2:], 9).cumsum(axis=0) + STOCKS.to_numpy()[499]
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-8)


def test_lags_are_those_of_least_aic():
    y = process()
    order = Reference(y.to_numpy()).select_order(int(12 * 4**0.25)).aic
    model = VAR(difference=False).fit(y)
    assert model.lags_ == order == 1
    rng = np.random.default_rng(1)
    wave = np.convolve(rng.normal(size=600), [1, 0.9, 0.8, 0.7])[:600]
    y = pd.DataFrame({"a": wave, "b": np.roll(wave, 4) + rng.normal(size=600)})
    order = Reference(y.to_numpy()).select_order(int(12 * 6**0.25)).aic
    assert VAR(difference=False).fit(y).lags_ == order > 4


def test_parameters_stay_fewer_than_half_of_the_observations():
    y = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 6)))
    model = VAR().fit(y)
    assert len(model.params_) <= (40 - model.lags_) / 2


def test_each_channel_is_differenced_if_it_wanders():
    y = process().assign(walk=np.random.default_rng(3).normal(size=400).cumsum())
    model = VAR(horizon=5).fit(y)
    assert model.difference_ == (False, False, True)
    mixed = y.assign(walk=y["walk"].diff()).dropna().to_numpy()
    expected = Reference(mixed).fit(model.lags_).forecast(mixed[-model.lags_ :], 5)
    expected[:, 2] = y["walk"].iloc[-1] + expected[:, 2].cumsum()
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-8)


def test_channels_help_each_other():
    y = process(1000)
    joint = alone = 0.0
    fitted, single = VAR().fit(y[:800]), AutoReg().fit(y["follows"][:800])
    for n in range(800, 999):
        joint += (fitted.predict(1, y=y[:n])["follows"].iloc[0] - y["follows"][n]) ** 2
        alone += (single.predict(1, y=y["follows"][:n]).iloc[0] - y["follows"][n]) ** 2
    assert joint < 0.3 * alone
    assert joint / 199 == pytest.approx(0.09, rel=0.2)


def test_one_channel_is_an_autoregression():
    y = datasets.load("nile")
    model, expected = VAR(3, 6, difference=False).fit(y), AutoReg(3, 6).fit(y)
    np.testing.assert_allclose(model.params_[0], list(expected.params_.values()), rtol=1e-8)
    pd.testing.assert_series_equal(model.predict(), expected.predict())
    table = VAR(3, 6, difference=False).fit(y.to_frame()).predict()
    np.testing.assert_allclose(table.iloc[:, 0], expected.predict(), rtol=1e-8)


def test_new_history_is_forecast_with_the_old_parameters():
    y = CHANGES
    model = VAR(2, 4, difference=False).fit(y[:200])
    reference = Reference(y[:200].to_numpy()).fit(2)
    np.testing.assert_allclose(model.predict(y=y), reference.forecast(y.to_numpy()[-2:], 4), rtol=1e-7)


def test_long_series_are_reduced_block_by_block(monkeypatch):
    whole = VAR(3).fit(CHANGES).params_
    monkeypatch.setattr(lagged, "_ROWS", 50)
    np.testing.assert_allclose(VAR(3).fit(CHANGES).params_, whole, rtol=1e-8, atol=1e-12)


def test_dead_and_doubled_channels_do_no_harm():
    y = process(100).assign(dead=7.0)
    y["twin"] = y["leads"]
    forecast = VAR(horizon=5).fit(y).predict()
    np.testing.assert_allclose(forecast["dead"], 7.0, rtol=1e-9)
    np.testing.assert_allclose(forecast["twin"], forecast["leads"], rtol=1e-6, atol=1e-9)
    assert np.isfinite(forecast).all(axis=None)


def test_units_change_nothing():
    y = process(200)
    scaled = VAR(horizon=3).fit(y * [1e12, 1e-12]).predict() / [1e12, 1e-12]
    np.testing.assert_allclose(scaled, VAR(horizon=3).fit(y).predict(), rtol=1e-6)


def test_settled_fixes_lags_and_differences():
    y = process()
    settled = VAR(horizon=2, alias="all").fit(y).settled()
    assert (settled.lags, settled.difference, settled.horizon, settled.alias) == (1, False, 2, "all")
    mixed = y.assign(walk=np.random.default_rng(3).normal(size=400).cumsum())
    assert VAR().fit(mixed).settled().difference == "auto"


def test_a_backtest_shows_it_all_channels():
    y = process(200)
    result = backtest([VAR(1, difference=False)], y, horizon=2, n_windows=2)
    frame = result.forecasts
    first = frame[frame["cutoff"] == frame["cutoff"].min()]
    expected = VAR(1, 2, difference=False).fit(y[:196]).predict()
    got = first.pivot_table(index="ds", columns="unique_id", values="VAR")[["leads", "follows"]]
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_intervals_come_for_every_channel():
    bounds = VAR(1).fit(process()).predict(2, level=80)
    for name in ("leads", "follows"):
        assert (bounds[name]["lo-80"] < bounds[name]["hi-80"]).all()


def test_time_limit_ends_a_fit():
    with time_limit(0), pytest.raises(TimeLimitError):
        VAR().fit(CHANGES)


@pytest.mark.parametrize(
    ("model", "y", "error", "text"),
    [
        (
            VAR(),
            {"a": [1.0, 2, 3], "b": [3.0, 2, 1]},
            TypeError,
            "`y` is a panel of 2 series; VAR forecasts the channels of one table from each other. "
            "Pass a DataFrame with one column each, or use AutoReg, which fits each series alone.",
        ),
        (
            VAR(3),
            CHANGES[:29],
            ValueError,
            "`y` has 29 observations; VAR with lags=3 of 4 channels needs at least 30. "
            "Lower lags or supply more data.",
        ),
        (
            VAR(0),
            CHANGES,
            ValueError,
            '`lags` must be a whole number of past steps, or "auto", at least 1; got 0.',
        ),
        (
            VAR(difference="yes"),
            CHANGES,
            ValueError,
            "`difference` must be one of 'auto', True, False; got 'yes'.",
        ),
    ],
)
def test_refusals_say_what_is_needed(model, y, error, text):
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        model.fit(y)
    assert not hasattr(model, "params_")
