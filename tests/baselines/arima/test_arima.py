"""ARIMA's compiled likelihood, its constant and its covariates, held to dense covariances and statsmodels."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import toeplitz
from scipy.stats import multivariate_normal
from statsmodels.tsa.arima_process import arma_acovf
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import Combine, backtest, datasets
from tsrnn.baselines import ARIMA, Drift, Naive
from tsrnn.baselines.arima.likelihood import arma_polynomials, state_space
from tsrnn.kernels.arma import arma_likelihood, autocovariances

AIR = datasets.load("airpassengers")
NILE = datasets.load("nile").to_numpy()
NO_SEASON = (0, 0, 0, 0)
MODELS = {  # order, seasonal order, ar, ma, ar.S, ma.S
    "white noise": ((0, 0, 0), NO_SEASON, []),
    "ar": ((1, 0, 0), NO_SEASON, [0.9]),
    "ma": ((0, 0, 1), NO_SEASON, [-0.7]),
    "arma": ((2, 0, 1), NO_SEASON, [1.2, -0.5, 0.4]),
    "airline": ((0, 0, 1), (0, 0, 1, 4), [-0.4, -0.6]),
    "all": ((2, 0, 1), (1, 0, 2, 5), [0.3, 0.2, 0.5, -0.6, 0.4, 0.3]),
    "near unit root": ((1, 0, 1), (1, 0, 1, 4), [0.999, -0.3, 0.97, -0.99]),
}


def message(text):
    return f"^{re.escape(text)}$"


def reference(y, order, seasonal_order=NO_SEASON, **options):
    return SARIMAX(y, order=order, seasonal_order=seasonal_order, concentrate_scale=True, **options)


def promoted(n=80, seed=3):
    """A series of months that two covariates drive, and these, twelve months further on."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2018-01", periods=n + 12, freq="MS")
    X = pd.DataFrame({"price": rng.normal(20, 3, n + 12), "holiday": rng.random(n + 12) < 0.3}, index)
    noise = np.zeros(n)
    for t, shock in enumerate(rng.normal(size=n)):
        noise[t] = 0.7 * noise[t - 1] + shock
    y = pd.Series(50 - 1.5 * X["price"][:n] + 8 * X["holiday"][:n] + noise, index[:n])
    return y, X


# The likelihood


@pytest.mark.parametrize("phi", [[0.5], [-0.9], [1.3, -0.4], [0.2, 0.0, 0.0, 0.6]])
def test_autocovariances_solve_the_yule_walker_equations(phi):
    gamma, P = np.empty(9), len(phi)
    assert autocovariances(np.array(phi), np.empty((P, P)), gamma)
    for k in range(9):
        predicted = sum(phi[j] * gamma[abs(k - j - 1)] for j in range(P))
        assert gamma[k] == pytest.approx(predicted + (k == 0), rel=1e-10)


@pytest.mark.parametrize("phi", [[1.0], [-1.1], [0.5, 0.6], [0.0, 0.0, 1.0]])
def test_autocovariances_of_what_is_not_stationary_are_refused(phi):
    P = len(phi)
    assert not autocovariances(np.array(phi), np.empty((P, P)), np.empty(9))


def test_likelihood_worked_by_hand():
    # MA(1), theta = 1/2, of y = (1, 2). Variances: 1 + 1/4 = 5/4, then 5/4 - (1/2)^2 / (5/4) = 21/20.
    # The first error is 1, the second 2 - (1/2) / (5/4) * 1 = 8/5.
    found = np.empty(2)
    work = np.empty((0, 0)), np.empty(4), np.empty((5, 2))
    arma_likelihood(np.array([1.0, 2.0]), np.zeros(2), np.array([1.0, 0.5]), 0, *work, found)
    assert found[0] == pytest.approx(1 / (5 / 4) + (8 / 5) ** 2 / (21 / 20), rel=1e-14)
    assert found[1] == pytest.approx(np.log(5 / 4) + np.log(21 / 20), rel=1e-14)


@pytest.mark.parametrize(("order", "seasonal", "params"), MODELS.values(), ids=MODELS)
def test_likelihood_is_that_of_the_joint_normal_distribution(order, seasonal, params):
    y = np.random.default_rng(0).normal(size=60).cumsum()
    ar, ma = arma_polynomials(np.array(params), order, seasonal)
    covariance = toeplitz(arma_acovf(ar, ma, 60))
    variance = y @ np.linalg.solve(covariance, y) / 60
    expected = multivariate_normal(np.zeros(60), variance * covariance).logpdf(y)
    assert state_space(y, order, seasonal, False).loglike(np.array(params)) == pytest.approx(
        expected, rel=1e-7
    )


@pytest.mark.parametrize("n", [3, 40, 2000])
@pytest.mark.parametrize(("order", "seasonal", "params"), MODELS.values(), ids=MODELS)
def test_likelihood_with_constant_and_regression_is_that_of_statsmodels(order, seasonal, params, n):
    rng = np.random.default_rng(1)
    y, X = rng.normal(size=n) + 5, rng.normal(size=(n, 2))
    options = {"seasonal_order": seasonal, "trend": "c", "exog": X}
    params = np.array([2.0, 0.5, -1.0, *params])
    expected = reference(y, order, **options).loglike(params)
    found = state_space(y, order, seasonal, True, X).loglike(params)
    assert found == pytest.approx(expected, rel=1e-8)


def test_product_of_polynomials_by_hand():
    # (1 - 0.5 L)(1 - 0.2 L^3) and (1 + 0.4 L)(1 - 0.6 L^3 + 0.1 L^6)
    ar, ma = arma_polynomials(np.array([0.5, 0.4, 0.2, -0.6, 0.1]), (1, 0, 1), (1, 0, 2, 3))
    np.testing.assert_allclose(ar, [1, -0.5, 0, -0.2, 0.1])
    np.testing.assert_allclose(ma, [1, 0.4, 0, -0.6, -0.24, 0, 0.1, 0.04])


def test_what_rounding_has_made_non_stationary_is_no_maximum():
    y = np.random.default_rng(0).normal(size=30)
    assert state_space(y, (1, 0, 0), NO_SEASON, False).loglike(np.array([1.0])) < -1e9


# The constant


def test_a_random_walk_with_a_constant_drifts():
    model = ARIMA((0, 1, 0), constant=True, horizon=9).fit(NILE)
    np.testing.assert_allclose(model.predict(), Drift(horizon=9).fit(NILE).predict(), rtol=1e-6)
    assert model.constant_
    assert model.params_["intercept"] == pytest.approx((NILE[-1] - NILE[0]) / 99, rel=1e-4)


@pytest.mark.parametrize(
    ("order", "seasonal"), [((1, 1, 1), NO_SEASON), ((2, 0, 0), (0, 1, 1, 12)), ((1, 0, 1), (1, 0, 0, 12))]
)
def test_a_constant_of_the_differences_is_that_of_statsmodels(order, seasonal):
    y = AIR.to_numpy(float)
    model = ARIMA(order, seasonal, constant=True, boxcox=None, horizon=15).fit(y)
    params = list(model.params_.values())
    exact = reference(y, order, seasonal, trend="c")
    assert list(model.params_) == exact.param_names
    np.testing.assert_allclose(model.predict(), exact.filter(params).forecast(15), rtol=1e-4)
    simple = reference(y, order, seasonal, trend="c", simple_differencing=True)
    assert simple.loglike(params) > simple.fit(np.zeros(len(params)), disp=0, maxiter=500).llf - 1e-2


def test_a_level_can_be_left_out():
    model = ARIMA((1, 0, 0), constant=False).fit(NILE)
    assert list(model.params_) == ["ar.L1"]
    np.testing.assert_allclose(model.predict(2), NILE[-1] * model.params_["ar.L1"] ** np.array([1, 2]))
    assert "intercept" in ARIMA((1, 0, 0)).fit(NILE).params_
    assert not ARIMA((1, 1, 0)).fit(NILE).constant_


def test_constants_that_cannot_be_are_refused():
    text = (
        "`constant` of a series differenced 2 times is a curve that bends ever more; a constant needs at "
        'most one. Pass constant="auto", or lower d or D.'
    )
    with pytest.raises(ValueError, match=message(text)):
        ARIMA((0, 1, 1), (0, 1, 1, 12), constant=True).fit(AIR)
    with pytest.raises(ValueError, match="`constant` must be one of True, False, 'auto'; got 'yes'"):
        ARIMA(constant="yes").fit(AIR)


def test_a_long_season_without_orders_is_subtracted():
    t = np.arange(400)
    y = np.sin(2 * np.pi * t / 70) * 5 + np.random.default_rng(0).normal(size=400)
    model = ARIMA((0, 0, 0), (0, 0, 0, 70)).fit(y[:330])
    assert (model.season_length_, model.seasonal_order_) == (70, NO_SEASON)
    assert np.corrcoef(model.predict(70), y[330:])[0, 1] > 0.9
    assert np.ptp(ARIMA((0, 0, 0), (0, 0, 0, 12)).fit(y[:330]).predict(70)) < 1e-9


# Covariates


@pytest.mark.parametrize(
    ("order", "seasonal", "trend"),
    [
        ((1, 0, 0), NO_SEASON, "c"),
        ((1, 0, 0), NO_SEASON, "n"),
        ((0, 1, 1), NO_SEASON, "n"),
        ((1, 0, 1), (0, 1, 1, 4), "c"),
        ((0, 2, 1), (1, 0, 0, 4), "n"),
    ],
)
def test_regression_with_arima_errors_is_that_of_statsmodels(order, seasonal, trend):
    y, X = promoted()
    model = ARIMA(order, seasonal, horizon=12, constant=trend == "c", boxcox=None).fit(y, X[:80])
    params, numbers = list(model.params_.values()), X.to_numpy(float)
    exact = reference(y.to_numpy(), order, seasonal, trend=trend, exog=numbers[:80])
    forecast = exact.filter(params).forecast(12, exog=numbers[80:])
    np.testing.assert_allclose(model.predict(X=X[80:]), forecast, rtol=1e-4)
    simple = reference(
        y.to_numpy(), order, seasonal, trend=trend, exog=numbers[:80], simple_differencing=True
    )
    # more steps of another optimizer find nothing better
    assert simple.loglike(params) > simple.fit(params, method="nm", maxiter=600, disp=0).llf - 1e-3


def test_slopes_are_found_and_named_after_their_columns():
    y, X = promoted(400)
    model = ARIMA((1, 0, 0)).fit(y, X)
    assert list(model.params_) == ["intercept", "X.price", "X.holiday", "ar.L1"]
    np.testing.assert_allclose(list(model.params_.values())[1:], [-1.5, 8, 0.7], rtol=0.06)
    assert model.params_["intercept"] / (1 - model.params_["ar.L1"]) == pytest.approx(50, rel=0.02)


def test_slopes_follow_the_units_of_the_columns():
    y, X = promoted()
    scaled = X * [1e8, 1e-8]
    model, other = ARIMA((1, 1, 1)).fit(y, X), ARIMA((1, 1, 1)).fit(y, scaled)
    assert other.params_["X.price"] * 1e8 == pytest.approx(model.params_["X.price"], rel=1e-6)
    np.testing.assert_allclose(other.predict(12, scaled[80:]), model.predict(12, X[80:]), rtol=1e-6)


def test_columns_that_depend_on_each_other_share_what_they_explain():
    y, X = promoted()
    both = X[["holiday"]].assign(workday=~X["holiday"], never=0.0)
    alone = ARIMA((1, 0, 0)).fit(y, X[["holiday"]])
    with pytest.warns(UserWarning, match=r"^The column 'never' of `X` never changes"):
        shared = ARIMA((1, 0, 0)).fit(y, both)
    assert shared.params_["X.holiday"] == pytest.approx(-shared.params_["X.workday"], rel=1e-6)
    assert shared.params_["X.holiday"] * 2 == pytest.approx(alone.params_["X.holiday"], rel=1e-4)
    assert shared.params_["X.never"] == 0
    np.testing.assert_allclose(
        shared.predict(12, both[80:]), alone.predict(12, X[["holiday"]][80:]), rtol=1e-5
    )


@pytest.mark.parametrize("order", [(0, 0, 0), (1, 1, 1)])
def test_what_covariates_explain_altogether_is_continued_exactly(order):
    _, X = promoted()
    y = 3 + 2 * X["price"] - 7 * X["holiday"]
    model = ARIMA(order).fit(y[:80], X)
    np.testing.assert_allclose(model.predict(12, X[80:]), y[80:], rtol=1e-9)


def test_covariates_of_a_new_history_count():
    y, X = promoted()
    model = ARIMA((1, 0, 1), horizon=4).fit(y[:60], X)
    exact = reference(y[:70].to_numpy(), (1, 0, 1), trend="c", exog=X[:70].to_numpy(float))
    params = list(model.params_.values())
    expected = exact.filter(params).forecast(4, exog=X[70:74].to_numpy(float))
    np.testing.assert_allclose(model.predict(X=X, y=y[:70]), expected, rtol=1e-8)


def test_covariates_after_the_forecast_do_not_matter():
    y, X = promoted()
    changed = X.copy()
    changed.iloc[84:] = [1e6, True]
    first, second = (ARIMA((1, 0, 1)).fit(y, of).predict(4, of[80:]) for of in (X, changed))
    pd.testing.assert_series_equal(first, second)


def test_series_of_a_panel_have_slopes_of_their_own():
    y, X = promoted()
    panel = {"down": y, "up": 100 - y}
    model = ARIMA((1, 0, 0)).fit(panel, X)
    slopes = {name: one.params_["X.price"] for name, one in model.models_.items()}
    assert slopes["up"] == pytest.approx(-slopes["down"], rel=1e-3)
    forecasts = model.predict(12, X[80:])
    np.testing.assert_allclose(forecasts["up"], 100 - forecasts["down"], rtol=1e-4)


def test_intervals_with_covariates_hold_the_forecast():
    y, X = promoted()
    bands = ARIMA((1, 0, 0), horizon=12).fit(y, X).predict(X=X[80:], level=80)
    assert (bands["lo-80"] < bands["mean"]).all()
    assert (bands["mean"] < bands["hi-80"]).all()


@pytest.mark.parametrize("name", ["X_past", "static"])
def test_covariates_that_a_regression_cannot_use_are_refused(name):
    y, X = promoted()
    text = f"ARIMA forecasts from `y` and `X`; got {name}. Leave it out, or use RNNForecaster."
    with pytest.raises(TypeError, match=message(text)):
        ARIMA().fit(y, **{name: X})


def test_future_covariates_are_needed():
    y, X = promoted()
    model = ARIMA((1, 0, 0)).fit(y, X[:80])
    with pytest.raises(ValueError, match="`X`"):
        model.predict(3)


def test_a_combination_gives_its_regression_the_covariates():
    y, X = promoted()
    model = Combine([ARIMA((1, 0, 0)), Naive()], horizon=12).fit(y, X)
    assert model.uses_covariates == ("X",)
    alone = ARIMA((1, 0, 0)).fit(y, X).predict(12, X)
    np.testing.assert_allclose(model.predict(X=X), (alone + y.iloc[-1]) / 2, rtol=1e-10)
    with pytest.raises(TypeError, match="Combine forecasts from `y` and `X`; got X_past"):
        model.fit(y, X_past=X)


def test_a_backtest_gives_each_model_the_covariates_it_uses():
    y, X = promoted()
    past = pd.DataFrame({"orders": np.arange(80.0)}, y.index)
    result = backtest([ARIMA((1, 0, 0)), Naive()], y, 4, n_windows=3, X=X, X_past=past)
    assert set(result.folds["status"]) == {"ok"}
    assert result.covariates == {"X": ["ARIMA"], "X_past": []}
    scores = result.scores()
    assert scores.loc["ARIMA", "RMSE"] < 0.5 * scores.loc["Naive", "RMSE"]
    row = result.forecasts.iloc[0]
    first = y[: row["cutoff"]]
    alone = ARIMA((1, 0, 0)).fit(first, X).predict(4, X)
    assert row["ARIMA"] == pytest.approx(alone.iloc[0], rel=1e-9)
