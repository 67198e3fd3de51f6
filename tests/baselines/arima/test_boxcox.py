"""The transform of Box and Cox, and likelihood as judge of transforms and seasonal differences."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import boxcox as scipy_boxcox
from scipy.special import inv_boxcox
from scipy.stats import norm
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import datasets
from tsrnn.baselines import ARIMA, AutoARIMA
from tsrnn.baselines.arima.boxcox import inverse, log_slopes, transformed
from tsrnn.baselines.arima.sarima import Sarima

AIR = datasets.load("airpassengers")
POWERS = [-1, -0.5, 0, 0.3, 0.5, 2]
SMALL = {"max_p": 1, "max_q": 1, "max_P": 1, "max_Q": 1}
NONE = np.empty((200, 0))


def message(text):
    return f"^{re.escape(text)}$"


def positive(n=200, seed=0):
    return np.random.default_rng(seed).gamma(3.0, 2.0, n)


def walk(n, seed, drift=0.0):
    return np.random.default_rng(seed).normal(drift, 1, n).cumsum()


def seasonal(n, seed, Phi=1.0, m=12):
    """y_t = Phi y_(t-m) + e_t + 0.5 e_(t-1)."""
    shocks = np.random.default_rng(seed).normal(size=n + m + 500)
    y = np.zeros(n + m + 500)
    for t in range(m, len(y)):
        y[t] = Phi * y[t - m] + shocks[t] + 0.5 * shocks[t - 1]
    return y[-n:]


# The transform


@pytest.mark.parametrize("power", POWERS)
def test_transform_and_its_inverse_are_those_of_scipy_but_for_a_shift(power):
    y, shift = positive(), 1 / power if power else 0.0
    z = scipy_boxcox(y, power) + shift
    np.testing.assert_allclose(transformed(y, power), z, rtol=1e-12)
    np.testing.assert_allclose(inverse(z, power), inv_boxcox(z - shift, power), rtol=1e-10)
    np.testing.assert_allclose(inverse(transformed(y, power), power), y, rtol=1e-10)


@pytest.mark.parametrize("power", POWERS)
def test_slopes_are_those_of_the_transform(power):
    y = positive(9)
    slopes = (scipy_boxcox(y * (1 + 1e-6), power) - scipy_boxcox(y * (1 - 1e-6), power)) / (2e-6 * y)
    assert log_slopes(y, power) == pytest.approx(np.log(slopes).sum(), abs=1e-7)


def test_what_the_transform_cannot_give_becomes_the_nearest_that_it_can():
    largest = np.finfo(float).max
    assert inverse(np.array([0.0, -0.1, -1e300]), 0.5).tolist() == [0, 0, 0]
    np.testing.assert_allclose(inverse(np.array([0.0, 0.1, 1e300]), -0.5), largest, rtol=1e-9)
    np.testing.assert_allclose(inverse(np.array([1e300]), 0), largest, rtol=1e-9)
    np.testing.assert_allclose(inverse(np.array([1e300]), 0.001), largest, rtol=1e-9)


@pytest.mark.parametrize("power", [-0.5, 0, 0.4])
def test_arima_models_the_transformed_series(power):
    plain = ARIMA((1, 1, 1), (0, 1, 1, 12), horizon=15, boxcox=None).fit(scipy_boxcox(AIR, power))
    model = ARIMA((1, 1, 1), (0, 1, 1, 12), horizon=15, boxcox=power).fit(AIR)
    assert model.boxcox_ == power
    np.testing.assert_allclose(model.predict(), inv_boxcox(plain.predict(), power), rtol=1e-4)


def test_a_falling_forecast_ends_at_zero():
    y = np.linspace(30, 1, 30) ** 2 / 10
    forecast = ARIMA((0, 1, 0), constant=True, horizon=10, boxcox=0.5).fit(y).predict()
    np.testing.assert_allclose(forecast, 0, atol=1e-12)


@pytest.mark.parametrize("model", [ARIMA, AutoARIMA])
def test_the_power_one_is_the_series_itself(model):
    y = -positive(40)
    one, none = (model(boxcox=power, horizon=4).fit(y) for power in (1, None))
    assert one.boxcox_ is None
    pd.testing.assert_series_equal(one.predict(), none.predict())


@pytest.mark.parametrize("power", ["yes", True, 3, -1.5, np.nan])
@pytest.mark.parametrize("model", [ARIMA, AutoARIMA])
def test_powers_that_are_none_are_refused(model, power):
    text = f'`boxcox` must be lambda, a number from -1 to 2, "auto" or None; got {power!r}.'
    with pytest.raises(ValueError, match=message(text)):
        model(boxcox=power).fit(positive(30))


# Densities of the observations themselves


@pytest.mark.parametrize("first", [14, 40])
@pytest.mark.parametrize(
    ("model", "params"),
    [
        (Sarima((2, 0, 1)), [0.5, -0.3, 0.4]),
        (Sarima((2, 0, 1), (1, 0, 1, 12), True), [3.0, 0.5, -0.3, 0.4, 0.6, -0.2]),
        (Sarima((1, 1, 1), (0, 1, 1, 12)), [0.3, -0.6, -0.5]),
        (Sarima((0, 1, 1), (1, 0, 0, 12), True), [0.1, -0.6, 0.5]),
    ],
)
def test_density_of_later_observations_is_the_partial_sum_of_statsmodels(model, params, first):
    y = 20 + seasonal(200, 3)
    exact = SARIMAX(
        y,
        order=model.order,
        seasonal_order=model.seasonal_order,
        trend="c" if model.constant else "n",
        simple_differencing=True,
        concentrate_scale=True,
    )
    named = dict(zip(exact.param_names, params, strict=True))
    expected = exact.filter(params).llf_obs[first - model.lost :].sum()
    assert model.log_density(y, named, first, NONE) == pytest.approx(expected, rel=1e-8)


def test_density_with_covariates_is_the_partial_sum_of_statsmodels():
    y, X = 20 + seasonal(200, 3), np.random.default_rng(0).normal(size=(200, 2))
    options = {"trend": "c", "simple_differencing": True, "concentrate_scale": True}
    exact = SARIMAX(y, X, order=(1, 1, 0), **options)
    params = [0.1, 2.0, -1.0, 0.4]
    named = dict(zip(["intercept", "X.a", "X.b", "ar.L1"], params, strict=True))
    expected = exact.filter(params).llf_obs[19:].sum()
    found = Sarima((1, 1, 0), constant=True).log_density(y, named, 20, X)
    assert found == pytest.approx(expected, rel=1e-8)


def test_density_of_a_geometric_walk_is_log_normal():
    # log y_t is normal around log y_(t-1), hence y_t log-normal: the normal density over y_t
    y = np.exp(walk(200, 1) / 10)
    changes = np.diff(np.log(y))
    expected = norm.logpdf(changes[11:], scale=np.sqrt(np.mean(changes**2))) - np.log(y[12:])
    assert Sarima((0, 1, 0), boxcox=0.0).log_density(y, {}, 12, NONE) == pytest.approx(expected.sum())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("true", [None, 0.5, 0.0])
def test_density_is_highest_under_the_transform_of_a_simulation(true, seed):
    z = walk(200, seed, drift=0.2)
    z += 2 - z.min()
    y = {None: z, 0.5: z**2, 0.0: np.exp(z / 8)}[true]
    densities = {}
    for power in (None, 0.5, 0.0):
        model = Sarima((0, 1, 1), constant=True, boxcox=power)
        densities[power] = model.log_density(y, model.estimate(y, NONE).params, 1, NONE)
    assert max(densities, key=densities.get) == true


def test_density_of_what_does_not_vary_is_infinite():
    assert Sarima((0, 1, 0), constant=True).log_density(
        np.arange(200.0), {"intercept": 1.0}, 5, NONE
    ) == pytest.approx(np.inf)


@pytest.mark.parametrize("scale", [1e-3, 1e6])
def test_units_change_all_densities_alike(scale):
    y, densities = np.exp(walk(200, 1) / 10), {}
    for power in (None, 0.0):
        model = Sarima((0, 1, 1), boxcox=power)
        low, high = (model.log_density(part, {"ma.L1": 0.3}, 12, NONE) for part in (y, y * scale))
        densities[power] = high - low
    assert densities[None] == pytest.approx(-188 * np.log(scale))
    assert densities[0.0] == pytest.approx(densities[None])


# What AutoARIMA makes of them


@pytest.mark.parametrize("seed", range(4))
def test_the_transform_of_simulated_series_is_recovered(seed):
    z = walk(150, seed, drift=0.2)
    z += 1 - z.min()
    assert AutoARIMA(**SMALL).fit(z).boxcox_ is None
    assert AutoARIMA(**SMALL).fit(z**2).boxcox_ == 0.5
    assert AutoARIMA(**SMALL).fit(np.exp(z / 8)).boxcox_ == 0.5  # the nearer
    assert AutoARIMA(boxcox=None, **SMALL).fit(z**2).boxcox_ is None
    assert AutoARIMA(**SMALL).fit(z**2 - 1).boxcox_ is None  # of 0, the slope is infinite


@pytest.mark.parametrize("seed", range(3))
def test_seasonal_differences_of_simulated_series_are_recovered(seed):
    options = {"season_length": 12, "d": 0, **SMALL}
    assert AutoARIMA(**options).fit(seasonal(240, seed)).seasonal_order_[1] == 1
    assert AutoARIMA(**options).fit(seasonal(240, seed, Phi=0.5)).seasonal_order_[1] == 0


def test_days_of_power_are_differenced():
    # neither test finds the root
    y, D = datasets.load("power").interpolate()[-2240:-240], {}
    for test in ("strength", "ocsb", "likelihood"):
        options = {"max_p": 2, "max_q": 2, "max_P": 1, "max_Q": 1, "boxcox": None}
        D[test] = AutoARIMA(24, seasonal_root=test, **options).fit(y).seasonal_order_[1]
    assert D == {"strength": 0, "ocsb": 0, "likelihood": 1}


def test_transform_and_differences_have_the_least_criterion_of_their_first_models():
    y = AIR.to_numpy(float)
    least = {}
    for power in (None, 0.5):
        z = y if power is None else scipy_boxcox(y, power)
        for D in (0, 1):
            d = AutoARIMA(12, boxcox=power, D=D, **SMALL).fit(y).order_[1]
            constant = d + D < 2
            exact = SARIMAX(
                z,
                order=(2, d, 2),
                seasonal_order=(1, D, 1, 12),
                trend="c" if constant else "n",
                simple_differencing=True,
                concentrate_scale=True,
            )
            found = ARIMA((2, d, 2), (1, D, 1, 12), constant=constant, boxcox=power).fit(y)
            terms = exact.filter(list(found.params_.values())).llf_obs[13 - d - 12 * D :]
            slopes = 0.0 if power is None else ((power - 1) * np.log(y[13:])).sum()
            k, n = len(found.params_) + 1, len(terms)
            assert n == 131
            least[power, D] = 2 * (k - terms.sum() - slopes) + 2 * k * (k + 1) / (n - k - 1)
    model = AutoARIMA(12).fit(y)
    assert (model.boxcox_, model.seasonal_order_[1]) == min(least, key=least.get)


def test_scale_changes_neither_transform_nor_forecast():
    y = np.exp(seasonal(96, 2) / 10 + np.arange(96) / 50)
    model = AutoARIMA(12, horizon=12, **SMALL).fit(y)
    for scale in (1e-30, 1e30):
        scaled = AutoARIMA(12, horizon=12, **SMALL).fit(y * scale)
        assert (scaled.boxcox_, scaled.seasonal_order_) == (model.boxcox_, model.seasonal_order_)
        np.testing.assert_allclose(scaled.predict() / scale, model.predict(), rtol=1e-4)
