import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.ar_model import AutoReg as ReferenceAutoReg
from statsmodels.tsa.ar_model import ar_select_order
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import datasets
from tsrnn.baselines import ARIMA, ETS, AutoReg, Drift, Naive, SeasonalNaive, Theta, autoregressive, smoothing
from tsrnn.deadline import TimeLimitError, time_limit

AIR = datasets.load("airpassengers")
NILE = datasets.load("nile").to_numpy()


def message(text):
    return f"^{re.escape(text)}$"


def monthly(n=96, seed=0, offset=0.0):
    """Trend, season and autocorrelated noise, indexed by months."""
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(size=n)
    y = offset + 0.1 * t + 5 * np.sin(2 * np.pi * t / 12) + np.convolve(noise, [1, 0.6])[:n]
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


@pytest.mark.parametrize("model", [SeasonalNaive(), Theta(), ETS(), ARIMA()], ids=lambda m: m.label)
def test_season_is_found_where_index_and_data_agree(model):
    noise = pd.Series(np.random.default_rng(0).normal(size=96), monthly().index)
    assert model.fit(monthly()).season_length_ == 12
    assert model.fit(noise).season_length_ == 1
    assert model.fit(monthly().to_numpy()).season_length_ == 1


@pytest.mark.parametrize("model", [SeasonalNaive(4), Theta(4), ETS(season_length=4)], ids=lambda m: m.label)
def test_a_given_season_is_obeyed(model):
    noise = np.random.default_rng(0).normal(size=40)
    forecast = model.fit(noise).predict(8)
    assert model.season_length_ == 4
    seasons = forecast.to_numpy().reshape(2, 4)
    assert np.ptp(seasons[0]) > 0.1
    np.testing.assert_allclose(np.diff(seasons - seasons.mean(axis=1, keepdims=True), axis=0), 0, atol=0.05)


# ARIMA


def reference(y, order, seasonal_order, **options):
    options = {"simple_differencing": True, "concentrate_scale": True} | options
    return SARIMAX(np.asarray(y), order=order, seasonal_order=seasonal_order, **options)


def test_arima_estimates_are_those_of_statsmodels():
    model = ARIMA(order=(0, 1, 1), seasonal_order=(0, 1, 1, 12)).fit(AIR)
    start = [-0.4, -0.4]
    expected = reference(np.log(AIR), (0, 1, 1), (0, 1, 1, 12)).fit(start, disp=0, maxiter=200)
    np.testing.assert_allclose(list(model.params_.values()), expected.params, rtol=1e-10)
    assert list(model.params_) == ["ma.L1", "ma.S.L12"]
    # Box, Jenkins, Reinsel & Ljung (2015), section 9.2: theta 0.40, Theta 0.61, by a slightly other method
    np.testing.assert_allclose(expected.params, [-0.40, -0.56], atol=0.01)


@pytest.mark.parametrize(
    ("order", "seasonal_order"),
    [
        ((1, 1, 1), (0, 1, 1, 12)),
        ((2, 0, 1), (1, 1, 0, 12)),
        ((0, 2, 1), (0, 0, 1, 12)),
        ((0, 1, 0), (0, 1, 0, 12)),
    ],
)
def test_arima_forecast_is_that_of_the_undifferenced_state_space(order, seasonal_order):
    model = ARIMA(order, seasonal_order, horizon=30).fit(AIR)
    exact = reference(np.log(AIR), order, seasonal_order, simple_differencing=False)
    expected = np.exp(exact.filter(list(model.params_.values())).forecast(30))
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-5)


@pytest.mark.parametrize("order", [(1, 0, 0), (2, 0, 1), (0, 0, 0)])
def test_arima_without_differencing_has_a_constant(order):
    model = ARIMA(order, horizon=5).fit(NILE)
    expected = reference(NILE, order, (0, 0, 0, 0), trend="c")
    best = expected.fit(disp=0, maxiter=500)
    params = list(model.params_.values())
    assert list(model.params_) == expected.param_names
    assert expected.loglike(params) > best.llf - 1e-3
    np.testing.assert_allclose(model.predict(), expected.filter(params).forecast(5), rtol=1e-10)


def test_arima_forecasts_from_new_history_with_the_old_parameters():
    model = ARIMA((1, 1, 1), (0, 1, 1, 12)).fit(AIR[:100])
    fitted = reference(np.log(AIR[:100]), (1, 1, 1), (0, 1, 1, 12), simple_differencing=False)
    extended = fitted.filter(list(model.params_.values())).apply(np.log(AIR.to_numpy()))
    np.testing.assert_allclose(model.predict(6, y=AIR), np.exp(extended.forecast(6)), rtol=1e-5)


def test_arima_default_orders():
    model = ARIMA().fit(AIR)
    assert (model.order_, model.seasonal_order_, model.log_) == ((1, 1, 1), (0, 1, 1, 12), True)
    model.fit(NILE)
    assert (model.order_, model.seasonal_order_, model.log_) == ((2, 1, 2), (0, 0, 0, 0), False)
    assert not model.fit(monthly(offset=-50)).log_
    assert not ARIMA(log=False).fit(AIR).log_


def test_arima_subtracts_a_season_too_long_for_the_filter(monkeypatch):
    monkeypatch.setattr(autoregressive, "_LONGEST_SEASON", 11)
    y = monthly()
    model = ARIMA(horizon=15, log=False).fit(y)
    pattern = seasonal_decompose(y.to_numpy(), period=12).seasonal
    adjusted = ARIMA((1, 1, 1), horizon=15).fit(y.to_numpy() - pattern)
    np.testing.assert_allclose(model.predict(), adjusted.predict() + np.resize(pattern[:12], 15), rtol=1e-10)
    assert (model.seasonal_order_, model.season_length_) == ((0, 0, 0, 0), 12)


def test_arima_continues_exactly_what_differencing_makes_constant():
    line = np.arange(30) * 0.1 + 3
    np.testing.assert_allclose(ARIMA((2, 1, 1)).fit(line).predict(4), [6, 6.1, 6.2, 6.3], rtol=1e-12)
    pattern = np.tile([1.0, 5, 2], 8)
    model = ARIMA((1, 0, 1), (0, 1, 1, 3), log=False).fit(pattern)
    np.testing.assert_allclose(model.predict(4), [1, 5, 2, 1], rtol=1e-12)


# ETS


@pytest.mark.parametrize("trend", ["add", None])
@pytest.mark.parametrize("damped", [True, False])
@pytest.mark.parametrize("error", ["add", "mul"])
@pytest.mark.parametrize("seasonal", ["add", "mul", None])
def test_ets_is_that_of_statsmodels(error, trend, damped, seasonal):
    y = AIR.to_numpy() / 256
    pattern, adjusted = None, y
    if seasonal:
        model = {"add": "additive", "mul": "multiplicative"}[seasonal]
        seasons = seasonal_decompose(y, model=model, period=12).seasonal
        pattern, adjusted = seasons[:12], y - seasons if seasonal == "add" else y / seasons
    slope, level = np.polyfit(np.arange(1, (13 if seasonal else 11)), adjusted[: (12 if seasonal else 10)], 1)
    if trend is None:
        level, slope = level + slope, None
    reference = ETSModel(
        y,
        error=error,
        trend=trend,
        damped_trend=damped and trend is not None,
        seasonal=seasonal,
        seasonal_periods=12 if seasonal else None,
        initialization_method="known",
        initial_level=level,
        initial_trend=slope,
        initial_seasonal=pattern,
    )
    model = ETS(error, trend, seasonal, 12, horizon=15, damped_trend=damped).fit(AIR)
    params = list(model.params_.values())
    np.testing.assert_allclose(model.predict(), 256 * reference.smooth(params).forecast(15), rtol=1e-8)
    assert reference.loglike(params) > reference.fit(disp=False).llf - 1e-6


@pytest.mark.parametrize(("name", "best"), [("airpassengers", 0), ("dax", 1), ("ukgas", 2)])
def test_ets_keeps_the_best_of_its_starts(name, best, monkeypatch):
    y = datasets.load(name)
    model = ETS(season_length="auto").fit(y)
    chosen = model.params_
    reference, _ = model._state_space(y.to_numpy(), model.seasonal_, model.season_length_)
    starts = smoothing._STARTS
    likelihoods = []
    for start in starts:
        monkeypatch.setattr(smoothing, "_STARTS", [start])
        likelihoods.append(reference.loglike(list(model.fit(y).params_.values())))
    assert reference.loglike(list(chosen.values())) == max(likelihoods)
    assert np.ptp(likelihoods) > 1
    assert max(likelihoods) - likelihoods[best] < 1e-3


def test_ets_chooses_the_season_by_sign():
    assert ETS().fit(AIR).seasonal_ == "mul"
    assert ETS().fit(AIR - 300).seasonal_ == "add"
    assert ETS().fit(NILE).seasonal_ is None


def test_ets_from_new_history_starts_anywhere_in_the_season():
    model = ETS(season_length=12, horizon=12).fit(AIR[:96])
    shifted = model.predict(y=AIR[5:])
    np.testing.assert_allclose(shifted, model.predict(y=AIR), rtol=0.02)
    assert shifted.index[0] == pd.Timestamp("1961-01-01")


# Theta


@pytest.mark.parametrize("shift", [0, -300])
@pytest.mark.parametrize("season_length", [12, None])
def test_theta_is_that_of_statsmodels(shift, season_length):
    y = (AIR + shift).to_numpy(dtype=float)
    deseasonalize = season_length is not None
    reference = ThetaModel(y / 256, period=season_length, deseasonalize=deseasonalize, use_test=False).fit()
    model = Theta(season_length, horizon=30).fit(AIR + shift)
    assert model.alpha_ == pytest.approx(reference.params["alpha"], rel=1e-8)
    np.testing.assert_allclose(model.predict(), 256 * reference.forecast(30), rtol=1e-8)


def test_theta_from_new_history_keeps_alpha():
    model = Theta(12).fit(AIR[:60])
    other = Theta(12).fit(AIR)
    assert model.alpha_ != other.alpha_
    other.alpha_ = model.alpha_
    np.testing.assert_array_equal(model.predict(5, y=AIR), other.predict(5))


# AutoReg


@pytest.mark.parametrize("lags", [1, 13])
def test_autoreg_is_that_of_statsmodels(lags):
    model = AutoReg(lags, horizon=20).fit(AIR)
    expected = ReferenceAutoReg(AIR.to_numpy(dtype=float), lags).fit()
    np.testing.assert_allclose(list(model.params_.values()), expected.params, rtol=1e-8)
    np.testing.assert_allclose(model.predict(), expected.forecast(20), rtol=1e-8)


def test_autoreg_selects_lags_by_aic():
    model = AutoReg().fit(NILE)
    expected = ar_select_order(NILE, 20, ic="aic")
    assert model.lags_ == len(expected.ar_lags) == 2
    assert AutoReg().fit(np.random.default_rng(3).normal(size=200)).lags_ == 0
    assert AutoReg().fit(AIR).lags_ == 25


def test_autoreg_reduces_long_series_block_by_block(monkeypatch):
    whole = AutoReg(3).fit(NILE).params_
    monkeypatch.setattr(autoregressive, "_ROWS", 7)
    blocks = AutoReg(3).fit(NILE).params_
    np.testing.assert_allclose(list(blocks.values()), list(whole.values()), rtol=1e-10)


def test_autoreg_continues_a_sine_without_rounding_it_away():
    wave = np.sin(0.3 * np.arange(220)) + 2
    np.testing.assert_allclose(AutoReg().fit(wave[:200]).predict(20), wave[200:], atol=1e-6)


# What they share


@pytest.mark.parametrize("model", [ARIMA(), ETS(), Theta(), AutoReg()], ids=lambda m: m.label)
def test_time_limit_ends_a_fit(model):
    with time_limit(0), pytest.raises(TimeLimitError):
        model.fit(AIR)
    assert not hasattr(model, "observed_")


@pytest.mark.parametrize("model", [ARIMA(), ETS()], ids=lambda m: m.label)
def test_time_limit_is_kept_inside_the_optimizer(model, monkeypatch):
    calls = []
    monkeypatch.setattr(f"{type(model).__module__}.check_deadline", lambda: calls.append(1))
    model.fit(AIR)
    assert len(calls) > 5


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
    classes = (Naive, SeasonalNaive, Drift, ARIMA, ETS, Theta, AutoReg)
    assert {cls.__name__ for cls in classes if cls.max_history == 2000} == {"ARIMA", "ETS", "Theta"}
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
        ARIMA(log=True),
        [3, 1, 0, -4, 2, 5, 6, 7],
        "`y` has 2 values that are not positive, the first 0 at position 2; the logarithm needs positive "
        "values. Shift the series, or pass log=False and fit again.",
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
    "log": (ARIMA(log="yes"), range(9), "`log` must be one of True, False, 'auto'; got 'yes'."),
    "error": (ETS(error="multi"), range(9), "`error` must be one of 'add', 'mul'; got 'multi'."),
    "trend": (ETS(trend="mul"), range(9), "`trend` must be one of 'add', None; got 'mul'."),
    "seasonal": (ETS(seasonal=3), range(9), "`seasonal` must be one of 'auto', 'add', 'mul', None; got 3."),
    "damped": (ETS(damped_trend=None), range(9), "`damped_trend` must be one of True, False; got None."),
    "season length": (
        Theta(season_length=0),
        range(9),
        '`season_length` must be a whole number of steps, "auto" or None, at least 1; got 0.',
    ),
    "lags": (
        AutoReg(0),
        range(9),
        '`lags` must be a whole number of past values, or "auto", at least 1; got 0.',
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
            ARIMA((0, 1, 1), log=True),
            [1, 2, 0],
            "`y` has 1 value that is not positive, the first 0 at position 2; the logarithm needs positive "
            "values. Shift the series, or pass log=False and fit again.",
        ),
    ],
    ids=["seasonal naive", "autoreg", "logarithm"],
)
def test_new_history_is_checked_too(model, new, text):
    model.fit(np.arange(1.0, 20) ** 2)
    with pytest.raises(ValueError, match=message(text)):
        model.predict(y=new)
