"""Exponential smoothing: ETS, and the Theta method that rests on it."""

from typing import Any, Literal

import numpy as np

from tsrnn.base import BaseForecaster
from tsrnn.baselines.blas import one_blas_thread
from tsrnn.baselines.seasons import (
    refuse_nonpositive,
    require,
    seasonal_pattern,
    warn_unless_converged,
)
from tsrnn.deadline import check_deadline
from tsrnn.frames import Observed
from tsrnn.parameters import check_choice
from tsrnn.seasons import find_season

_STARTS = (  # level, trend, seasonal, damping; the likelihood has several maxima
    {"smoothing_level": 0.1, "smoothing_trend": 0.01, "smoothing_seasonal": 0.01, "damping_trend": 0.95},
    {"smoothing_level": 0.5, "smoothing_trend": 0.01, "smoothing_seasonal": 0.01, "damping_trend": 0.95},
    {"smoothing_level": 0.3, "smoothing_trend": 0.02, "smoothing_seasonal": 0.3, "damping_trend": 0.95},
)


class ETS(BaseForecaster):
    """Exponential smoothing of level, trend and season, as a state-space model, estimated by statsmodels.

    The initial states come from the history itself: the seasonal pattern from classical decomposition, level
    and trend from the line through its first season (at least ten observations). The smoothing parameters
    maximise the likelihood, the best of three starts of the optimizer. Forecasts from new history keep the
    parameters and start from that history's own initial states, so it may begin anywhere.

    Parameters
    ----------
    error : {"add", "mul"}, default="add"
        Errors that add up, or that grow with the level; "mul" needs positive values.
    trend : {"add", None}, default="add"
        Straight trend, or none.
    seasonal : {"auto", "add", "mul", None}, default="auto"
        Season that adds to the level, or multiplies it; "mul" needs positive values. "auto" is "mul" if every
        observation is positive, else "add".
    season_length : int, "auto" or None, default="auto"
        Steps in a season. "auto" takes what the index suggests (12 for months, 24 for hours, ...) if the
        series shows it; otherwise, as with None and 1, there is no season.
    horizon : int, default=1
        Steps that `predict` forecasts unless told otherwise.
    damped_trend : bool, default=True
        Let the trend level out; without effect where there is none.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    alias : str, optional
        Name in tables and legends; default: the class's name.

    Attributes
    ----------
    params_ : dict of str to float
        ``smoothing_level``, ``smoothing_trend``, ``smoothing_seasonal``, ``damping_trend``: those in use.
    season_length_ : int
        The season in use; 1 if there is none.
    seasonal_ : {"add", "mul", None}
        The kind of season in use.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history is shorter than two seasons or five observations, or if a
        value is not positive where the model needs it.

    Warns
    -----
    RuntimeWarning
        If the optimizer does not converge.

    Notes
    -----
    A fit to 2,000 observations takes about 0.03 s. `backtest` passes on only the most recent 2,000,
    ``max_history``, unless told otherwise; `fit` uses all it gets.

    References
    ----------
    Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", tables 2.2 and 2.3,
    section 2.6.1.

    Examples
    --------
    >>> y = [1.0, 2, 4, 3] * 5
    >>> ETS(season_length=4, horizon=4).fit(y).predict().round(6).tolist()
    [1.0, 2.0, 4.0, 3.0]
    """

    is_baseline = True
    max_history = 2000
    params_: dict[str, float]
    season_length_: int
    seasonal_: str | None

    def __init__(
        self,
        error: str = "add",
        trend: str | None = "add",
        seasonal: str | None = "auto",
        season_length: int | Literal["auto"] | None = "auto",
        horizon: int = 1,
        *,
        damped_trend: bool = True,
        missing: str = "error",
        alias: str | None = None,
    ) -> None:
        self.error = error
        self.trend = trend
        self.seasonal = seasonal
        self.season_length = season_length
        self.horizon = horizon
        self.damped_trend = damped_trend
        self.missing = missing
        self.alias = alias

    def _fit(self, observed: Observed) -> dict[str, Any]:
        check_choice("error", self.error, ("add", "mul"))
        check_choice("trend", self.trend, ("add", None))
        check_choice("seasonal", self.seasonal, ("auto", "add", "mul", None))
        check_choice("damped_trend", self.damped_trend, (True, False))
        season = 1 if self.seasonal is None else find_season(observed, self.season_length)
        seasonal = self.seasonal if season > 1 else None
        if seasonal == "auto":
            seasonal = "mul" if observed.values.min() > 0 else "add"
        model = self._state_space(observed.values, seasonal, season)
        return {
            "params_": _most_likely(model),
            "season_length_": season,
            "seasonal_": seasonal,
        }

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        model = self._state_space(values, self.seasonal_, self.season_length_)
        with one_blas_thread(), np.errstate(all="ignore"):
            return model.smooth(list(self.params_.values())).forecast(horizon)

    def _state_space(self, values: np.ndarray, seasonal: str | None, season: int) -> Any:
        """Return statsmodels' model of the values with its initial states."""
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        who = "ETS" if season == 1 else f"ETS with season_length={season}"
        require(values, max(5, 2 * season if season > 1 else 0), who)
        if "mul" in (self.error, seasonal):
            cure = 'Shift the series, or pass error="add" and seasonal="add" and fit again.'
            refuse_nonpositive(values, "a multiplicative model", cure)
        start: dict[str, Any] = {}
        adjusted = values
        if seasonal is not None:
            pattern = seasonal_pattern(values, season, seasonal)
            repeated = np.resize(pattern, len(values))
            adjusted = values / repeated if seasonal == "mul" else values - repeated
            start = {"seasonal_periods": season, "initial_seasonal": pattern}
        level, slope = _line(adjusted[: max(10, season)])
        trend = None if self.trend is None else slope
        return ETSModel(
            values,
            error=self.error,
            trend=self.trend,
            damped_trend=self.damped_trend and self.trend is not None,
            seasonal=seasonal,
            initialization_method="known",
            initial_level=level - (trend or 0.0),
            initial_trend=trend,
            **start,
        )


class Theta(BaseForecaster):
    """Theta method: simple exponential smoothing plus half the slope of the linear trend.

    A season is first taken out by classical decomposition, multiplicative if every observation is positive,
    and put back at the end. The smoothing parameter is estimated by statsmodels; a forecast from new history
    keeps it, and takes pattern and slope from that history.

    Parameters
    ----------
    season_length : int, "auto" or None, default="auto"
        Steps in a season. "auto" takes what the index suggests (12 for months, 24 for hours, ...) if the
        series shows it; otherwise, as with None and 1, there is no season.
    horizon : int, default=1
        Steps that `predict` forecasts unless told otherwise.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    alias : str, optional
        Name in tables and legends; default: the class's name.

    Attributes
    ----------
    alpha_ : float
        Smoothing parameter, between 0 and 1.
    season_length_ : int
        The season in use; 1 if there is none.

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
    Equal to statsmodels' ``ThetaModel`` with its test of seasonality replaced. `backtest` passes on only the
    most recent 2,000 observations, ``max_history``, unless told otherwise; `fit` uses all it gets.

    References
    ----------
    Assimakopoulos & Nikolopoulos (2000), "The theta model: a decomposition approach to forecasting",
    International Journal of Forecasting 16(4), 521-530; Hyndman & Billah (2003), "Unmasking the Theta
    method", the same 19(2), 287-290, equation (4).

    Examples
    --------
    >>> Theta(horizon=2).fit([4, 4, 4, 4]).predict().tolist()
    [4.0, 4.0]
    """

    is_baseline = True
    max_history = 2000
    alpha_: float
    season_length_: int

    def __init__(
        self,
        season_length: int | Literal["auto"] | None = "auto",
        horizon: int = 1,
        *,
        missing: str = "error",
        alias: str | None = None,
    ) -> None:
        self.season_length = season_length
        self.horizon = horizon
        self.missing = missing
        self.alias = alias

    def _fit(self, observed: Observed) -> dict[str, Any]:
        season = find_season(observed, self.season_length)
        adjusted, _ = self._deseasonalize(observed.values, season)
        return {"alpha_": _smoothing_parameter(adjusted), "season_length_": season}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        from scipy.signal import lfilter  # takes longer to import than all the rest

        adjusted, pattern = self._deseasonalize(values, self.season_length_)
        n, alpha = len(adjusted), self.alpha_
        decay = 1.0 - alpha
        levels, _ = lfilter([alpha], [1.0, -decay], adjusted, zi=[decay * adjusted[0]])
        _, slope = _line(adjusted)
        future = levels[-1] + 0.5 * slope * (np.arange(horizon) + (1.0 - decay**n) / alpha)
        future_pattern = np.resize(np.roll(pattern, -n), horizon)
        return future * future_pattern if values.min() > 0 else future + future_pattern

    def _deseasonalize(self, values: np.ndarray, season: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the series without its season, and the season's pattern: factors if all are positive."""
        positive = values.min() > 0
        who = "Theta" if season == 1 else f"Theta with season_length={season}"
        require(values, max(3, 2 * season if season > 1 else 0), who)
        if season == 1:
            pattern = np.full(1, float(positive))
        else:
            pattern = seasonal_pattern(values, season, "mul" if positive else "add")
        repeated = np.resize(pattern, len(values))
        return (values / repeated if positive else values - repeated), pattern


def _line(values: np.ndarray) -> tuple[float, float]:
    """Return value at the first point and slope of the least-squares line."""
    time = np.arange(len(values)) - (len(values) - 1) / 2
    mean = values.mean()
    slope = time @ (values - mean) / (time @ time)
    return float(mean + slope * time[0]), float(slope)


@one_blas_thread()
def _most_likely(model: Any) -> dict[str, float]:
    """Maximise the likelihood of an ETS model from every start and keep the best."""
    names = model.param_names
    starts = [np.array([start[name] for name in names]) for start in _STARTS]
    with np.errstate(all="ignore"):
        residual = model.smooth(starts[0]).resid
        if np.abs(residual).max() <= 1e-12 * np.abs(model.endog).max():  # nothing left to explain
            return dict(zip(names, starts[0].tolist(), strict=True))
        fits = [
            model.fit(
                start_params=start,
                disp=False,
                warn_convergence=False,
                callback=lambda _: check_deadline(),
            )
            for start in starts
        ]
        best = max(fits, key=lambda fit: fit.llf if np.isfinite(fit.llf) else -np.inf)
    warn_unless_converged("ETS", best.mle_retvals)
    return dict(zip(names, best.params.tolist(), strict=True))


@one_blas_thread()
def _smoothing_parameter(values: np.ndarray) -> float:
    """Estimate simple exponential smoothing that starts at the first value."""
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
