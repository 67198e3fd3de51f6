"""What users of backtests stumbled over, each with a test of its own."""

import re

import numpy as np
import pandas as pd
import pytest

from tsrnn import ETS, AutoARIMA, AutoReg, Croston, Drift, Naive, SeasonalNaive, backtest, compare


def months(values):
    return pd.Series(
        np.asarray(values, dtype=float), pd.date_range("2010-01-01", periods=len(values), freq="MS")
    )


@pytest.mark.parametrize("model", [AutoARIMA(max_p=1, max_q=1, max_P=0, max_Q=0), AutoReg()], ids=str)
def test_orders_found_in_a_constant_first_window_are_not_kept(model):
    demand = np.random.default_rng(0).poisson(20, 80)
    y = months(np.r_[np.zeros(40), demand])
    result = backtest(model, y, horizon=6, n_windows=14)
    late = result.forecasts.iloc[-6:]
    assert (late[model.label] > 10).all()
    assert result.settled == ()
    anew = backtest(model, y, horizon=6, n_windows=14, reselect=True)
    pd.testing.assert_frame_equal(result.forecasts, anew.forecasts)


def test_components_that_no_longer_fit_are_searched_again():
    counts = np.random.default_rng(0).poisson(20, 130) + 1.0
    counts[100] = 0.0
    y = months(counts)
    first = ETS().fit(y[:94])
    assert "mul" in (first.error_, first.seasonal_)
    result = backtest(ETS(), y, horizon=3, n_windows=12)
    assert (result.folds["status"] == "ok").all()


def test_zeros_are_said_to_favour_the_median():
    y = months(np.random.default_rng(1).poisson(0.5, 60))
    notes = backtest(Croston(), y, 3, n_windows=4).footnotes
    told = [note for note in notes if "of the observed values are 0" in note]
    assert len(told) == 1
    assert told[0].endswith('RMSE and significance(loss="squared") those of the mean.')
    assert not any("of the observed values are 0" in note for note in backtest(Naive(), y + 1, 3).footnotes)


def test_a_seasonal_naive_model_of_another_season_is_explained():
    y = months(np.arange(60.0) % 12 + np.random.default_rng(2).normal(size=60))
    note = (
        '"vs SeasonalNaive" is relative to repeating the last 12 observations; the model of that name has '
        "seasons of its own."
    )
    assert note in backtest(SeasonalNaive(6), y, 12).footnotes
    assert note not in backtest(SeasonalNaive(12), y, 12).footnotes


@pytest.mark.parametrize("form", ["series", "dict"])
def test_covariates_of_another_kind_of_index_are_refused_at_once(form):
    y = months(np.arange(40.0))
    X = pd.DataFrame({"price": np.arange(40.0)})
    y, X = (y, X) if form == "series" else ({"a": y, "b": y}, {"a": X, "b": X})
    text = (
        r"^`X` is indexed by int64, `y` by datetime64\[\w+\]; rows are aligned by index\. Give `X` labels "
        r"like those of `y`\.$"
    )
    with pytest.raises(TypeError, match=text):
        backtest([AutoARIMA(), Naive()], y, 4, X=X)


@pytest.mark.parametrize("y", [Naive(), [Naive(), ETS()], {"mine": Naive()}], ids=str)
def test_models_and_series_in_the_wrong_order_are_told_apart(y):
    text = "^" + re.escape(
        "`y` must be one series or several; got forecasters, such as Naive(). Pass backtest("
    )
    with pytest.raises(TypeError, match=text):
        backtest(months(np.arange(40.0)), y, 4)
    with pytest.raises(TypeError, match=text):
        compare(y, 4)


def test_names_of_models_are_no_models():
    with pytest.raises(TypeError, match=r"such as ARIMA\(\); got 'arima'"):
        compare(months(np.arange(40.0)), 4, models=["arima"])


def test_fractions_are_no_percents(tmp_path):
    y = months(np.arange(60.0))
    text = r"^`level` is in percent, such as 80; got 0\.9\. Pass 90 for that fraction\.$"
    with pytest.raises(ValueError, match=text):
        backtest(Naive(), y, 4, level=0.9)
    result = backtest([Naive(), ETS()], y, 2, n_windows=12)
    for judge in (result.confidence_set, result.ranks):
        with pytest.raises(ValueError, match=text):
            judge(0.9)


def test_a_cache_is_no_file(tmp_path):
    path = tmp_path / "cache"
    path.touch()
    with pytest.raises(NotADirectoryError, match=r"^`cache` must be a directory; '.*cache' is a file\."):
        backtest(Naive(), months(np.arange(40.0)), 4, cache=path)


def test_rows_that_are_absent_are_missing_values():
    y = months(np.arange(60.0)).drop(months(np.arange(60.0)).index[[20, 59 - 7]])
    found = backtest(Drift(missing="interpolate"), y, 3, n_windows=3)
    assert any("1 of 9 values to forecast were never observed" in note for note in found.footnotes)
    assert found.forecasts["Drift"].to_numpy() == pytest.approx(np.arange(51, 60))


def test_the_yardstick_has_the_season_after_which_the_series_repeats_best():
    hours = pd.date_range("2024-01-01", periods=24 * 7 * 8, freq="h")
    rng = np.random.default_rng(0)
    daily = 10 * np.sin(2 * np.pi * hours.hour / 24) + rng.normal(size=len(hours))
    working = daily * np.where(hours.day_of_week < 5, 1.0, 0.2)
    for values, season in ((daily, 24), (working, 168)):
        y = pd.Series(100 + values, hours)
        assert backtest(Naive(), y, horizon=24, n_windows=7).season_length == season
        assert backtest(Naive(), {"a": y, "b": 2 * y}, horizon=24, n_windows=7).season_length == season
    assert backtest(Naive(), y[: 24 * 12], horizon=24, n_windows=2).season_length == 24
