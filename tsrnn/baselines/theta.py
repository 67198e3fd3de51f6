"""Theta method: simple exponential smoothing plus a share of the linear trend."""

from typing import Any, Literal

import numpy as np

from tsrnn.baselines import parameters
from tsrnn.baselines.blas import one_blas_thread
from tsrnn.baselines.requirements import require, seasonal_pattern, straight_line, warn_unless_converged
from tsrnn.deadline import check_deadline, without_interruption
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Series
from tsrnn.timeseries.seasonality import find_season
from tsrnn.validation import with_parameters

_ALPHAS = (0.1, 0.99)  # between which the paper looks for the smoothing parameter
_UNCOUNTED = 3  # first errors, which are not used in estimation


@with_parameters(parameters.THETA)
class Theta(BaseForecaster):
    """Theta method: simple exponential smoothing plus a share of the slope of the linear trend.

    The series is first seasonally adjusted by classical decomposition, multiplicative if every observation is
    positive, and the season is added to the forecast. Forecasts from new history keep smoothing parameter and
    theta, with pattern and trend from that history.

    Attributes
    ----------
    alpha_ : float
        Smoothing parameter, between 0 and 1.
    theta_ : float
        The theta used; infinite if the share of the slope is 1.
    season_length_ : int
        The season used; 1 if there is none.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history is shorter than two seasons or three observations.

    Warns
    -----
    RuntimeWarning
        If the optimizer does not converge.

    Notes
    -----
    For any fixed theta equal to statsmodels' ``ThetaModel``, except for the test of seasonality. By default,
    `backtest` passes only the most recent 2,000 observations, ``max_history``; `fit` uses all.

    References
    ----------
    Assimakopoulos & Nikolopoulos (2000), "The theta model: a decomposition approach to forecasting",
    International Journal of Forecasting 16(4), 521-530; Hyndman & Billah (2003), "Unmasking the Theta
    method", the same 19(2), 287-290, equation (4); Fiorucci,
    Pellegrini, Louzada, Petropoulos & Koehler (2016), "Models for optimising the theta method and their
    relationship to state space models", the same 32(4), 1151-1161, section 3, for "auto".

    Examples
    --------
    >>> Theta(horizon=2).fit([4, 4, 4, 4]).predict().tolist()
    [4.0, 4.0]
    """

    is_baseline = True
    max_history = 2000
    alpha_: float
    theta_: float
    season_length_: int

    def __init__(
        self,
        season_length: int | Literal["auto"] | None = "auto",
        horizon: int = 1,
        *,
        theta: float | Literal["auto"] = 2.0,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.season_length = season_length
        self.horizon = horizon
        self.theta = theta
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def _fit(self, series: Series) -> dict[str, Any]:
        season = find_season(series, self.season_length)
        adjusted, _ = self._deseasonalize(series.values, season)
        if self.theta == "auto":
            alpha, theta = _optimise(adjusted)
        else:
            alpha, theta = _smoothing_parameter(adjusted), float(self.theta)
        return {"alpha_": alpha, "theta_": theta, "season_length_": season}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        adjusted, pattern = self._deseasonalize(values, self.season_length_)
        forecast = _continue_dynamic if self.theta == "auto" else _continue_static
        future = forecast(adjusted, self.alpha_, 1.0 - 1.0 / self.theta_, horizon)
        future_pattern = np.resize(np.roll(pattern, -len(values)), horizon)
        return future * future_pattern if values.min() > 0 else future + future_pattern

    def _deseasonalize(self, values: np.ndarray, season: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the seasonally adjusted series and the pattern, multiplicative for positive series."""
        positive = values.min() > 0
        who = "Theta" if season == 1 else f"Theta with season_length={season}"
        require(values, max(3, 2 * season if season > 1 else 0), who)
        if season == 1:
            pattern = np.full(1, float(positive))
        else:
            pattern = seasonal_pattern(values, season, "mul" if positive else "add")
        repeated = np.resize(pattern, len(values))
        return (values / repeated if positive else values - repeated), pattern


def _smooth(values: np.ndarray, alpha: float, level: float) -> np.ndarray:
    """Return the levels of simple exponential smoothing after each observation, from an initial level."""
    with without_interruption():
        from scipy.signal import lfilter  # takes longer to import than all the rest

    return lfilter([alpha], [1.0, alpha - 1.0], values, zi=[(1.0 - alpha) * level])[0]


def _continue_static(values: np.ndarray, alpha: float, share: float, horizon: int) -> np.ndarray:
    level = _smooth(values, alpha, values[0])[-1]
    _, slope = straight_line(values)
    return level + share * slope * (np.arange(horizon) + (1.0 - (1.0 - alpha) ** len(values)) / alpha)


def _continue_dynamic(values: np.ndarray, alpha: float, share: float, horizon: int) -> np.ndarray:
    """Forecast step by step, with each forecast used as observation for the next step."""
    _, level, _ = _least_squares(values, alpha, share)
    extended = np.concatenate([values, np.empty(horizon)])
    state, n = _smooth(values, alpha, level)[-1], len(values)
    mean, slope = float(values.mean()), straight_line(values)[1]
    for t in range(n + 1, n + horizon + 1):
        decay = (1.0 - alpha) ** (t - 1)
        intercept = mean - 0.5 * t * slope
        line = decay * intercept + (1.0 - (1.0 - alpha) * decay) / alpha * slope
        forecast = extended[t - 1] = state + share * line
        state += alpha * (forecast - state)
        slope = ((t - 2) * slope + 6.0 * (forecast - mean) / t) / (t + 1)
        mean += (forecast - mean) / t
    return extended[n:]


def _optimise(values: np.ndarray) -> tuple[float, float]:
    """Return the smoothing parameter and theta with the least squared one-step errors."""
    from scipy.optimize import minimize_scalar  # takes longer to import than all the rest

    def squares(alpha: float) -> float:
        check_deadline()
        return _least_squares(values, alpha)[0]

    grid = np.linspace(*_ALPHAS, 19)
    best = int(np.argmin([squares(alpha) for alpha in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(squares, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    alpha = float(min(found.x, grid[best], key=squares))
    share = _least_squares(values, alpha)[2]
    return alpha, 1.0 / (1.0 - share) if share < 1.0 else np.inf


def _least_squares(
    values: np.ndarray, alpha: float, share: float | None = None
) -> tuple[float, float, float]:
    """Return the least sum of squared one-step errors, the initial level, and the share unless it is given.

    The forecasts are linear in both: level_(t-1) + decay^(t-1) level_0 + share line_(t-1).
    """
    t = np.arange(1, len(values) + 1)
    decays = (1.0 - alpha) ** (t - 1)
    means, slopes = _lines(values)
    lines = np.zeros(len(values))
    seen = decays[1:] * (means - 0.5 * t[1:] * slopes)
    lines[1:] = seen + (1.0 - (1.0 - alpha) * decays[1:]) / alpha * slopes
    levels = np.concatenate([[0.0], _smooth(values, alpha, 0.0)[:-1]])
    first = min(_UNCOUNTED, len(values) // 2)
    decays, lines, target = decays[first:], lines[first:], (values - levels)[first:]
    if share is None:
        unit = np.abs(lines).max() or 1.0
        both = np.column_stack([decays, lines / unit])
        share = float(np.clip(np.linalg.lstsq(both, target, rcond=None)[0][1] / unit, 0.0, 1.0))
    rest = target - share * lines
    level = float(decays @ rest / (decays @ decays))
    error = rest - level * decays
    return float(error @ error), level, share


def _lines(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and least-squares slope of the first t = 1, ..., n - 1 values."""
    t = np.arange(1, len(values))
    centered = values[:-1] - values[0]
    means = np.cumsum(centered) / t
    moments = np.cumsum(t * centered) - 0.5 * (t + 1) * np.cumsum(centered)
    return means + values[0], 12.0 * moments / np.maximum(t * (t * t - 1.0), 1.0)


@one_blas_thread()
def _smoothing_parameter(values: np.ndarray) -> float:
    """Estimate the parameter of simple exponential smoothing with the first value as initial level."""
    with without_interruption():
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return 1.0
    check_deadline()
    model = ExponentialSmoothing(values, initialization_method="known", initial_level=values[0])
    with np.errstate(all="ignore"):
        result = model.fit(
            disp=False,
            cov_type="none",
            low_memory=True,
            warn_convergence=False,
            callback=lambda _: check_deadline(),
        )
    warn_unless_converged("Theta", result.mle_retvals)
    return float(result.params[0])
