"""Theta with other angles than the standard one, and the dynamic optimised model by its equations."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.forecasting.theta import ThetaModel

from tsrnn import datasets
from tsrnn.baselines import Theta

AIR = datasets.load("airpassengers")
NILE = datasets.load("nile").to_numpy()


def dynamic(y, alpha, theta, level, horizon):
    """Fiorucci et al. (2016), equations (13)-(17): one-step errors, and forecasts taken for observations."""
    y, errors = list(map(float, y)), []
    n, A, B, mean = len(y), 0.0, 0.0, 0.0
    for t in range(1, n + horizon + 1):
        decay = (1 - alpha) ** (t - 1)
        mu = level + (1 - 1 / theta) * (decay * A + (1 - (1 - alpha) ** t) / alpha * B)
        if t > n:
            y.append(mu)
        errors.append(y[t - 1] - mu)
        level = alpha * y[t - 1] + (1 - alpha) * level
        before, mean = mean, ((t - 1) * mean + y[t - 1]) / t
        B = ((t - 2) * B + 6 / t * (y[t - 1] - before)) / (t + 1)
        A = mean - (t + 1) / 2 * B
    return np.array(errors[:n]), np.array(y[n:])


@pytest.mark.parametrize("y", [NILE, NILE[:12], AIR.to_numpy()[:60]], ids=["flows", "twelve", "passengers"])
def test_optimised_theta_has_the_least_squared_errors(y):
    model = Theta(None, 6, theta="auto").fit(y)

    def squares(alpha, theta, level):
        return np.sum(dynamic(y, alpha, theta, level, 0)[0][3:] ** 2)

    # the errors are linear in the initial level
    alpha, theta = model.alpha_, min(model.theta_, 1e9)
    at, slope = dynamic(y, alpha, theta, 0.0, 0)[0][3:], dynamic(y, alpha, theta, 1.0, 0)[0][3:]
    slope -= at
    level = -(slope @ at) / (slope @ slope)
    errors, forecast = dynamic(y, alpha, theta, level, 6)
    np.testing.assert_allclose(model.predict(), forecast, rtol=1e-7)
    least = np.sum(errors[3:] ** 2)
    others = [
        squares(a, t, level + shift)
        for a in np.linspace(0.1, 0.99, 12)
        for t in (1.0, 1.3, 2.0, 3.0, 5.0, 50.0)
        for shift in np.linspace(-0.5, 0.5, 9) * y[0]
    ]
    assert least <= min(others) * (1 + 1e-9)


def test_optimised_theta_follows_a_steady_trend_that_the_standard_one_halves():
    line = 10 + 2.0 * np.arange(40)
    model = Theta(horizon=10, theta="auto").fit(line)
    np.testing.assert_allclose(model.predict(), 10 + 2.0 * np.arange(40, 50), rtol=1e-3)
    assert model.theta_ > 10
    level = np.random.default_rng(0).normal(size=300) + 50
    assert Theta(theta="auto").fit(level).theta_ < 3


def test_a_given_theta_takes_its_share_of_the_slope():
    y = AIR.to_numpy()
    smooth, slope = Theta(None, 5, theta=1).fit(y), np.polyfit(np.arange(len(y)), y, 1)[0]
    assert np.ptp(smooth.predict()) == 0
    for theta in (2.0, 4, 10):
        share = (1 - 1 / theta) * slope
        model = Theta(None, 5, theta=theta).fit(y)
        assert model.alpha_ == smooth.alpha_
        np.testing.assert_allclose(np.diff(model.predict()), share, rtol=1e-9)
        expected = ThetaModel(y, deseasonalize=False).fit().forecast(5, theta=theta)
        np.testing.assert_allclose(model.predict(), expected, rtol=1e-6)


def test_optimised_theta_puts_the_season_back():
    pattern = np.tile([1.2, 0.8, 1.1, 0.9], 10)
    forecast = Theta(4, 8, theta="auto").fit(50 * pattern).predict()
    np.testing.assert_allclose(forecast, 50 * np.tile([1.2, 0.8, 1.1, 0.9], 2), rtol=1e-9)


def test_optimised_theta_from_new_history_keeps_what_was_estimated():
    model = Theta(12, 3, theta="auto").fit(AIR[:100])
    alpha, theta = model.alpha_, model.theta_
    other = Theta(12, 3, theta="auto").fit(AIR)
    assert (alpha, theta) != (other.alpha_, other.theta_)
    other.alpha_, other.theta_ = alpha, theta
    pd.testing.assert_series_equal(model.predict(y=AIR), other.predict())


@pytest.mark.parametrize("theta", [0.5, "best", None, True])
def test_angles_below_one_are_refused(theta):
    with pytest.raises(ValueError, match=r"^`theta` must be a number in \[1, inf\); got "):
        Theta(theta=theta).fit(NILE)
