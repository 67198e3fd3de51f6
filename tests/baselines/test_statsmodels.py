"""ARIMA, ETS, Theta and AutoReg, held to statsmodels itself."""

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
from tsrnn.baselines import ARIMA, ETS, AutoReg, Theta, lagged
from tsrnn.baselines import ets as smoothing
from tsrnn.baselines.arima import arima

AIR = datasets.load("airpassengers")
NILE = datasets.load("nile").to_numpy()
NO_SEASON = (0, 0, 0, 0)


# ARIMA


def reference(y, order, seasonal_order, **options):
    options = {"simple_differencing": True, "concentrate_scale": True} | options
    return SARIMAX(np.asarray(y), order=order, seasonal_order=seasonal_order, **options)


def test_arima_estimates_are_those_of_statsmodels():
    model = ARIMA(order=(0, 1, 1), seasonal_order=(0, 1, 1, 12)).fit(AIR)
    start = [-0.4, -0.4]
    expected = reference(np.log(AIR), (0, 1, 1), (0, 1, 1, 12)).fit(start, disp=0, maxiter=200)
    np.testing.assert_allclose(list(model.params_.values()), expected.params, rtol=1e-8)
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


@pytest.mark.parametrize(
    "y", [NILE, NILE[:30] ** 3, 3 * AIR[:30].to_numpy()], ids=["flows", "cubes", "growth"]
)
@pytest.mark.parametrize(
    ("order", "seasonal_order"),
    [((1, 0, 0), NO_SEASON), ((2, 0, 1), NO_SEASON), ((0, 0, 0), NO_SEASON), ((1, 0, 0), (1, 0, 0, 4))],
)
def test_arima_without_differencing_has_a_constant(order, seasonal_order, y):
    model = ARIMA(order, seasonal_order, horizon=5, boxcox=None).fit(y)
    statsmodels = reference(y, order, seasonal_order, trend="c")
    # the optimizer of statsmodels itself is helped by a series around zero
    level, scale = y.mean(), y.std()
    best = reference((y - level) / scale, order, seasonal_order, trend="c").fit(disp=0, maxiter=500)
    params = list(model.params_.values())
    assert list(model.params_) == statsmodels.param_names
    assert statsmodels.loglike(params) + len(y) * np.log(scale) > best.llf - 1e-4
    np.testing.assert_allclose(model.predict(), statsmodels.filter(params).forecast(5), rtol=1e-10)


@pytest.mark.parametrize("order", [(0, 1, 6), (6, 1, 0), (3, 1, 3)])
def test_arima_of_high_order_is_estimated(order):
    model = ARIMA(order).fit(NILE)
    statsmodels = reference(NILE, order, NO_SEASON)
    best = statsmodels.fit(np.zeros(6), disp=0, maxiter=500)
    assert statsmodels.loglike(list(model.params_.values())) > best.llf - 1


def test_arima_forecasts_from_new_history_with_the_old_parameters():
    model = ARIMA((1, 1, 1), (0, 1, 1, 12)).fit(AIR[:100])
    fitted = reference(np.log(AIR[:100]), (1, 1, 1), (0, 1, 1, 12), simple_differencing=False)
    extended = fitted.filter(list(model.params_.values())).apply(np.log(AIR.to_numpy()))
    np.testing.assert_allclose(model.predict(6, y=AIR), np.exp(extended.forecast(6)), rtol=1e-5)


def test_arima_default_orders():
    model = ARIMA().fit(AIR)
    assert (model.order_, model.seasonal_order_, model.boxcox_) == ((1, 1, 1), (0, 1, 1, 12), 0)
    model.fit(NILE)
    assert (model.order_, model.seasonal_order_, model.boxcox_) == ((2, 1, 2), (0, 0, 0, 0), None)
    assert model.fit(AIR - 300).boxcox_ is None
    assert ARIMA(boxcox=None).fit(AIR).boxcox_ is None


def test_arima_subtracts_a_season_too_long_for_the_filter(monkeypatch):
    monkeypatch.setattr(arima, "LONGEST_SEASON", 11)
    model = ARIMA(horizon=15, boxcox=None).fit(AIR[:139])
    pattern = seasonal_decompose(AIR.to_numpy()[:139], period=12).seasonal
    adjusted = ARIMA((1, 1, 1), horizon=15).fit(AIR.to_numpy()[:139] - pattern)
    np.testing.assert_allclose(model.predict(), adjusted.predict() + np.resize(pattern[7:19], 15), rtol=1e-10)
    assert (model.seasonal_order_, model.season_length_) == ((0, 0, 0, 0), 12)


def test_arima_in_logarithms_stays_finite():
    forecast = ARIMA((0, 1, 0), boxcox=0).fit([1e100, 1e100, 1e300]).predict(3, y=[1.0, 1e150, 1e300])
    np.testing.assert_allclose(forecast, np.finfo(float).max, rtol=1e-9)


def test_arima_continues_exactly_what_differencing_makes_constant():
    line = np.arange(30) * 0.1 + 3
    np.testing.assert_allclose(ARIMA((2, 1, 1)).fit(line).predict(4), [6, 6.1, 6.2, 6.3], rtol=1e-12)
    pattern = np.tile([1.0, 5, 2], 8)
    model = ARIMA((1, 0, 1), (0, 1, 1, 3), boxcox=None).fit(pattern)
    np.testing.assert_allclose(model.predict(4), [1, 5, 2, 1], rtol=1e-12)


# ETS


@pytest.mark.parametrize("trend", ["add", None])
@pytest.mark.parametrize("damped", [True, False])
@pytest.mark.parametrize("error", ["add", "mul"])
@pytest.mark.parametrize("seasonal", ["add", "mul", None])
def test_ets_is_that_of_statsmodels(error, trend, damped, seasonal):
    y = AIR.to_numpy()
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
    np.testing.assert_allclose(model.predict(), reference.smooth(params).forecast(15), rtol=1e-8)
    assert reference.loglike(params) > reference.fit(disp=False).llf - 1e-6


@pytest.mark.parametrize(("name", "best"), [("airpassengers", 0), ("dax", 1), ("ukgas", 2)])
def test_ets_keeps_the_best_of_its_starts(name, best, monkeypatch):
    y = datasets.load(name)
    model = ETS("add", "add", None if name == "dax" else "mul", damped_trend=True).fit(y)
    chosen = model.params_
    reference = model._components_.state_space(y.to_numpy())
    starts = smoothing._STARTS
    likelihoods = []
    for start in starts:
        monkeypatch.setattr(smoothing, "_STARTS", [start])
        likelihoods.append(reference.loglike(list(model.fit(y).params_.values())))
    assert reference.loglike(list(chosen.values())) == max(likelihoods)
    assert np.ptp(likelihoods) > 1
    assert max(likelihoods) - likelihoods[best] < 1e-3


def test_ets_from_new_history_starts_anywhere_in_the_season():
    model = ETS(season_length=12, horizon=12).fit(AIR[:96])
    shifted = model.predict(y=AIR[5:])
    np.testing.assert_allclose(shifted, model.predict(y=AIR), rtol=0.02)
    assert shifted.index[0] == pd.Timestamp("1961-01-01")


# Theta


@pytest.mark.parametrize("shift", [0, -300])
@pytest.mark.parametrize("season_length", [12, None])
def test_theta_is_that_of_statsmodels(shift, season_length):
    y = (AIR + shift).to_numpy()[:139]
    deseasonalize = season_length is not None
    reference = ThetaModel(y, period=season_length, deseasonalize=deseasonalize, use_test=False).fit()
    model = Theta(season_length, horizon=30).fit(y)
    assert model.alpha_ == pytest.approx(reference.params["alpha"], rel=1e-8)
    np.testing.assert_allclose(model.predict(), reference.forecast(30), rtol=1e-8)


def test_theta_of_a_short_series_is_that_of_statsmodels():
    statsmodels = ThetaModel(NILE[:12], deseasonalize=False).fit()
    expected = statsmodels.forecast(4)
    assert (1 - statsmodels.params["alpha"]) ** 12 > 0.01
    np.testing.assert_allclose(Theta(horizon=4).fit(NILE[:12]).predict(), expected, rtol=1e-8)


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
    monkeypatch.setattr(lagged, "_ROWS", 7)
    blocks = AutoReg(3).fit(NILE).params_
    np.testing.assert_allclose(list(blocks.values()), list(whole.values()), rtol=1e-10)


def test_autoreg_continues_a_sine_without_rounding_it_away():
    wave = np.sin(0.3 * np.arange(220)) + 2
    np.testing.assert_allclose(AutoReg().fit(wave[:200]).predict(20), wave[200:], atol=1e-6)
