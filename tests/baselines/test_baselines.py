"""The naive forecasts by hand, and what all baselines do about seasons, time limits and bad input."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import datasets
from tsrnn.baselines import ARIMA, ETS, AutoARIMA, AutoReg, Drift, Naive, SeasonalNaive, Theta
from tsrnn.deadline import TimeLimitError, time_limit

AIR = datasets.load("airpassengers")


def message(text):
    return f"^{re.escape(text)}$"


def monthly(n=96, seed=0):
    """Trend, season and autocorrelated noise, indexed by months."""
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(size=n)
    y = 0.1 * t + 5 * np.sin(2 * np.pi * t / 12) + np.convolve(noise, [1, 0.6])[:n]
    return pd.Series(y, pd.date_range("2015-01", periods=n, freq="MS"))


# The naive three, worked by hand


def test_naive_repeats_the_last_value():
    assert Naive().fit([3, 1, 2]).predict(3).tolist() == [2, 2, 2]
    assert Naive().fit([7]).predict(2).tolist() == [7, 7]


def test_seasonal_naive_repeats_the_last_season_beyond_one():
    model = SeasonalNaive(season_length=4).fit([9, 9, 1, 2, 3, 4])
    assert model.predict(9).tolist() == [1, 2, 3, 4, 1, 2, 3, 4, 1]
    assert model.predict(3, y=[5, 6, 7, 8, 9]).tolist() == [6, 7, 8]


@pytest.mark.parametrize("season_length", [None, 1])
def test_seasonal_naive_without_a_season_is_naive(season_length):
    model = SeasonalNaive(season_length).fit(AIR)
    assert (model.season_length_, *model.predict(2)) == (1, 432, 432)


def test_drift_extends_the_line_from_first_to_last():
    model = Drift().fit([2, 100, 4])
    assert model.predict(3).tolist() == [5, 6, 7]
    assert model.predict(2, y=[0, 10]).tolist() == [20, 30]


# The season


@pytest.mark.parametrize(
    "model", [SeasonalNaive(), Theta(), ETS(), ARIMA(), AutoARIMA(max_p=1, max_q=1)], ids=lambda m: m.label
)
def test_season_is_found_where_index_and_data_agree(model):
    noise = pd.Series(np.random.default_rng(0).normal(size=96), monthly().index)
    assert model.fit(monthly()).season_length_ == 12
    assert model.fit(noise).season_length_ == 1
    assert model.fit(monthly().to_numpy()).season_length_ == 1


@pytest.mark.parametrize(
    "model", [SeasonalNaive(4), Theta(4), ETS(seasonal="add", season_length=4)], ids=lambda m: m.label
)
def test_a_given_season_is_obeyed(model):
    noise = np.random.default_rng(0).normal(size=40)
    forecast = model.fit(noise).predict(8)
    assert model.season_length_ == 4
    seasons = forecast.to_numpy().reshape(2, 4)
    assert np.ptp(seasons[0]) > 0.1
    np.testing.assert_allclose(np.diff(seasons - seasons.mean(axis=1, keepdims=True), axis=0), 0, atol=0.05)


# What they share


@pytest.mark.parametrize("model", [ARIMA(), AutoARIMA(), ETS(), Theta(), AutoReg()], ids=lambda m: m.label)
def test_time_limit_ends_a_fit(model):
    with time_limit(0), pytest.raises(TimeLimitError):
        model.fit(AIR)
    assert not hasattr(model, "observed_")


@pytest.mark.parametrize("model", [ARIMA(), AutoARIMA(), ETS(), Theta()], ids=lambda m: m.label)
def test_time_limit_is_kept_inside_the_optimizer(model, monkeypatch):
    calls = []

    def third_time_is_too_late():
        calls.append(1)
        if len(calls) == 3:
            raise TimeLimitError

    linear = isinstance(model, ARIMA | AutoARIMA)
    module = "tsrnn.baselines.arima.sarima" if linear else type(model).__module__
    monkeypatch.setattr(f"{module}.check_deadline", third_time_is_too_late)
    with pytest.raises(TimeLimitError):
        model.fit(AIR)
    assert len(calls) == 3
    assert not hasattr(model, "observed_")


def test_giving_up_is_one_warning_with_number_and_cure(monkeypatch):
    fit = SARIMAX.fit
    monkeypatch.setattr(SARIMAX, "fit", lambda *args, **options: fit(*args, **(options | {"maxiter": 2})))
    text = (
        "ARIMA did not converge in 2 iterations; its forecast may be poor. "
        "Use a simpler model or supply more data."
    )
    with pytest.warns(RuntimeWarning, match=message(text)) as caught:
        ARIMA().fit(AIR)
    assert len(caught) == 1


def test_statsmodels_is_loaded_by_fits_that_need_it_only():
    code = (
        "import sys, tsrnn.baselines as b; y = list(range(9))\n"
        "for model in b.Naive(), b.SeasonalNaive(), b.Drift(), b.AutoReg(): model.fit(y).predict()\n"
        "assert 'statsmodels' not in sys.modules\n"
        "b.Theta().fit(y); assert 'statsmodels' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_classics_that_do_not_scale_say_so():
    classes = (Naive, SeasonalNaive, Drift, ARIMA, AutoARIMA, ETS, Theta, AutoReg)
    slow = {"ARIMA", "AutoARIMA", "ETS", "Theta"}
    assert {cls.__name__ for cls in classes if cls.max_history == 2000} == slow
    assert all(cls.is_baseline and cls.max_history in (None, 2000) for cls in classes)


REFUSALS = {
    "seasonal naive": (
        SeasonalNaive(12),
        [1, 2, 3],
        "`y` has 3 observations; SeasonalNaive with season_length=12 needs at least 12. "
        "Shorten season_length or supply more data.",
    ),
    "drift": (Drift(), [1], "`y` has 1 observation; Drift needs at least 2. Supply more data."),
    "arima": (
        ARIMA((1, 1, 1), (0, 1, 1, 12)),
        range(16),
        "`y` has 16 observations; ARIMA(1, 1, 1)(0, 1, 1, 12) needs at least 17. "
        "Lower the orders or supply more data.",
    ),
    "ets": (ETS(), [1], "`y` has 1 observation; ETS needs at least 5. Supply more data."),
    "seasonal ets": (
        ETS(season_length=12),
        range(23),
        "`y` has 23 observations; ETS with season_length=12 needs at least 24. Supply more data.",
    ),
    "theta": (Theta(), [1, 2], "`y` has 2 observations; Theta needs at least 3. Supply more data."),
    "seasonal theta": (
        Theta(4),
        range(7),
        "`y` has 7 observations; Theta with season_length=4 needs at least 8. Supply more data.",
    ),
    "autoreg": (
        AutoReg(3),
        range(7),
        "`y` has 7 observations; AutoReg with lags=3 needs at least 8. Lower lags or supply more data.",
    ),
    "automatic autoreg": (
        AutoReg(),
        range(4),
        "`y` has 4 observations; AutoReg needs at least 5. Supply more data.",
    ),
    "logarithm": (
        ARIMA(boxcox=0),
        [3, 1, 0, -4, 2, 5, 6, 7],
        "`y` has 2 values that are not positive, the first 0 at position 2; a Box-Cox transform needs "
        "positive values. Shift the series, or pass boxcox=None and fit again.",
    ),
    "multiplicative error": (
        ETS(error="mul"),
        [3, 1, 2, -4, 2, 5, 6, 7],
        "`y` has 1 value that is not positive, the first -4 at position 3; a multiplicative model needs "
        'positive values. Shift the series, or pass error="add" and seasonal="add" and fit again.',
    ),
    "order": (
        ARIMA((1, 1)),
        range(9),
        '`order` must be whole numbers (p, d, q) or "auto", none negative; got (1, 1).',
    ),
    "negative order": (
        ARIMA(seasonal_order=(0, -1, 1, 12)),
        range(9),
        '`seasonal_order` must be whole numbers (P, D, Q, m) or "auto", none negative; got (0, -1, 1, 12).',
    ),
    "period": (
        ARIMA(seasonal_order=(0, 1, 1, 1)),
        range(9),
        "`seasonal_order[3]` must be a whole number of steps, at least 2; got 1.",
    ),
    "error": (ETS(error="multi"), range(9), "`error` must be one of 'auto', 'add', 'mul'; got 'multi'."),
    "trend": (ETS(trend="mul"), range(9), "`trend` must be one of 'auto', 'add', None; got 'mul'."),
    "seasonal": (ETS(seasonal=3), range(9), "`seasonal` must be one of 'auto', 'add', 'mul', None; got 3."),
    "damped": (
        ETS(damped_trend=None),
        range(9),
        "`damped_trend` must be one of 'auto', True, False; got None.",
    ),
    "season length": (
        Theta(season_length=0),
        range(9),
        '`season_length` must be a whole number of steps, "auto" or None, at least 1; got 0.',
    ),
    "lags": (
        AutoReg(-1),
        range(9),
        '`lags` must be a whole number of past values, or "auto", at least 0; got -1.',
    ),
}


@pytest.mark.parametrize(("model", "y", "text"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_are_one_sentence_and_leave_the_model_unfitted(model, y, text):
    with pytest.raises(ValueError, match=message(text)):
        model.fit(list(y))
    assert not hasattr(model, "observed_")


@pytest.mark.parametrize(
    ("model", "new", "text"),
    [
        (
            SeasonalNaive(3),
            [1, 2],
            "`y` has 2 observations; SeasonalNaive with season_length=3 needs at least 3. "
            "Shorten season_length or supply more data.",
        ),
        (AutoReg(4), [1], "`y` has 1 observation; AutoReg with lags=4 needs at least 4. Supply more data."),
        (
            ARIMA((0, 1, 1), boxcox=0),
            [1, 2, 0],
            "`y` has 1 value that is not positive, the first 0 at position 2; a Box-Cox transform needs "
            "positive values. Shift the series, or pass boxcox=None and fit again.",
        ),
    ],
    ids=["seasonal naive", "autoreg", "logarithm"],
)
def test_new_history_is_checked_too(model, new, text):
    model.fit(np.arange(1.0, 20) ** 2)
    with pytest.raises(ValueError, match=message(text)):
        model.predict(y=new)
