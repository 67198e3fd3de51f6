"""Exponential smoothing state-space models (ETS) with automatic selection of components."""

from collections.abc import Sequence
from itertools import product
from time import perf_counter
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn.baselines import parameters
from tsrnn.baselines.blas import one_blas_thread
from tsrnn.baselines.requirements import (
    lift,
    refuse_nonpositive,
    require,
    seasonal_pattern,
    straight_line,
    warn_unless_converged,
)
from tsrnn.deadline import check_deadline, without_interruption
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Series
from tsrnn.timeseries.seasonality import find_season
from tsrnn.validation import with_parameters

_STARTS = (  # level, trend, seasonal, damping; the likelihood has several maxima
    {"smoothing_level": 0.1, "smoothing_trend": 0.01, "smoothing_seasonal": 0.01, "damping_trend": 0.95},
    {"smoothing_level": 0.5, "smoothing_trend": 0.01, "smoothing_seasonal": 0.01, "damping_trend": 0.95},
    {"smoothing_level": 0.3, "smoothing_trend": 0.02, "smoothing_seasonal": 0.3, "damping_trend": 0.95},
)


@with_parameters(parameters.ETS)
class ETS(BaseForecaster):
    """Exponential smoothing of level, trend and season, as a state-space model, estimated by statsmodels.

    Initial states are computed from the history: the seasonal pattern by classical decomposition, level and
    trend from the line through its first season (at least ten observations). Smoothing parameters maximise
    the likelihood, the best of three starts of the optimizer. Forecasts from new history keep the parameters,
    with initial states from that history, which may begin anywhere.

    Components that are "auto" are selected by AICc: minus twice the log likelihood, plus a penalty for each
    smoothing parameter, each initial state and the variance.

    Attributes
    ----------
    params_ : dict of str to float
        ``smoothing_level``, ``smoothing_trend``, ``smoothing_seasonal``, ``damping_trend``: those of the
        components of the model.
    error_, trend_, seasonal_, damped_trend_
        The components of the model.
    season_length_ : int
        The season used; 1 if there is none.
    search_ : pandas.DataFrame
        The components that were compared, the simplest first: ``error``, ``trend``, ``damped_trend``,
        ``seasonal``, ``aicc``, ``seconds`` and ``status``: "ok", "not converged", "not finite", or
        "too few observations" for so many parameters, which is not fitted.

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
    Multiplicative errors and seasons are candidates if every observation is positive. A multiplicative season
    with additive errors, whose variance may be infinite (section 15.2 of the book), is a candidate only if
    requested.

    A search takes about 0.1 s for 300 months and 0.2 s for 2,000 hours (``benchmarks/comparing.py``).
    By default, `backtest` passes only the most recent 2,000 observations, ``max_history``; `fit` uses all.

    References
    ----------
    Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", tables 2.2 and 2.3,
    sections 2.6.1 and 2.8; Gardner & McKenzie (1985), "Forecasting trends in time series", Management Science
    31(10); Hurvich & Tsai (1989), "Regression and time series model selection in small
    samples", Biometrika 76(2), for AICc.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> model = ETS().fit(datasets.load("airpassengers"))
    >>> model.error_, model.trend_, model.damped_trend_, model.seasonal_, len(model.search_)
    ('mul', 'add', True, 'mul', 10)
    """

    is_baseline = True
    max_history = 2000
    params_: dict[str, float]
    error_: str
    trend_: str | None
    seasonal_: str | None
    damped_trend_: bool
    season_length_: int
    search_: pd.DataFrame
    _components_: "_Components"
    _floor_: float

    def __init__(
        self,
        error: str = "auto",
        trend: str | None = "auto",
        seasonal: str | None = "auto",
        season_length: int | Literal["auto"] | None = "auto",
        horizon: int = 1,
        *,
        damped_trend: bool | Literal["auto"] = True,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.error = error
        self.trend = trend
        self.seasonal = seasonal
        self.season_length = season_length
        self.horizon = horizon
        self.damped_trend = damped_trend
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def settled(self) -> Self:
        """Return an unfitted copy with the components and season selected in `fit`.

        After a fit to several series, they stay as they are, and are selected again for each series.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.

        Examples
        --------
        >>> ETS().fit([1.0, 2, 4, 7, 5, 8, 9, 12, 11, 15, 14, 18]).settled()
        ETS(damped_trend=False, error='add', season_length=1, seasonal=None, trend=None)
        """
        self._panel()
        searched = ("error", "trend", "seasonal", "season_length", "damped_trend")
        found = {name: getattr(self, f"{name}_", getattr(self, name)) for name in searched}
        return clone(self).set_params(**found)

    def _fit(self, series: Series) -> dict[str, Any]:
        season = 1 if self.seasonal is None else find_season(series, self.season_length)
        _require_seasons(series.values, season)
        candidates = self._candidates(season, positive=bool(series.values.min() > 0))
        best, search = _search(candidates, series.values)
        if best.optimizer is not None:
            warn_unless_converged("ETS", best.optimizer)
        components, is_free = best.components, "auto" in (self.error, self.seasonal)
        return {
            "params_": best.params,
            "error_": components.error,
            "trend_": components.trend,
            "seasonal_": components.seasonal,
            "damped_trend_": components.damped_trend,
            "season_length_": components.season,
            "search_": search,
            "_components_": components,
            "_floor_": float(series.values.min()) if is_free and components.is_multiplicative else 0.0,
        }

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        values = lift(values, self._floor_, "the multiplicative model of ETS")
        model = self._components_.state_space(values)
        with one_blas_thread(), np.errstate(all="ignore"):
            return model.smooth(list(self.params_.values())).forecast(horizon)

    def _candidates(self, season: int, *, positive: bool) -> list["_Components"]:
        """Return the candidates for the components, the simplest first."""
        kinds = ("add", "mul") if positive else ("add",)
        errors = kinds if self.error == "auto" else (self.error,)
        trends: Sequence[Any] = (None, "add") if self.trend == "auto" else (self.trend,)
        dampings = (False, True) if self.damped_trend == "auto" else (self.damped_trend,)
        seasonals: Sequence[Any] = (self.seasonal,)
        if season == 1:
            seasonals = (None,)
        elif self.seasonal == "auto":
            seasonals = (None, *kinds)
        chosen = "auto" not in (self.error, self.seasonal)
        return [
            _Components(error, trend, damped and trend is not None, seasonal, season if seasonal else 1)
            for seasonal, trend, damped, error in product(seasonals, trends, dampings, errors)
            if (chosen or (error, seasonal) != ("add", "mul")) and (trend or damped == dampings[0])
        ]


class _Components(NamedTuple):
    """Components of a model."""

    error: str
    trend: str | None
    damped_trend: bool
    seasonal: str | None
    season: int

    @property
    def is_multiplicative(self) -> bool:
        """Whether values have to be positive."""
        return "mul" in (self.error, self.seasonal)

    @property
    def n_parameters(self) -> int:
        """Number of smoothing parameters, free initial states (one less than a season has) and variance."""
        of_trend = 0 if self.trend is None else 2 + self.damped_trend
        return 2 + of_trend + (0 if self.seasonal is None else self.season) + 1

    def state_space(self, values: np.ndarray) -> Any:
        """Return the statsmodels model of the values with its initial states."""
        with without_interruption():
            from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        season = self.season
        _require_seasons(values, season)
        if self.is_multiplicative:
            cure = 'Shift the series, or pass error="add" and seasonal="add" and fit again.'
            refuse_nonpositive(values, "a multiplicative model", cure)
        start: dict[str, Any] = {}
        adjusted = values
        if self.seasonal is not None:
            pattern = seasonal_pattern(values, season, self.seasonal)
            repeated = np.resize(pattern, len(values))
            adjusted = values / repeated if self.seasonal == "mul" else values - repeated
            start = {"seasonal_periods": season, "initial_seasonal": pattern}
        level, slope = straight_line(adjusted[: max(10, season)])
        trend = None if self.trend is None else slope
        return ETSModel(
            values,
            error=self.error,
            trend=self.trend,
            damped_trend=self.damped_trend,
            seasonal=self.seasonal,
            initialization_method="known",
            initial_level=level - (trend or 0.0),
            initial_trend=trend,
            **start,
        )


def _require_seasons(values: np.ndarray, season: int) -> None:
    who = "ETS" if season == 1 else f"ETS with season_length={season}"
    require(values, max(5, 2 * season if season > 1 else 0), who)


class _Estimate(NamedTuple):
    """Components with estimated parameters, AICc, and the status of the optimizer, if it ran."""

    components: _Components
    params: dict[str, float]
    aicc: float
    optimizer: dict[str, Any] | None

    @property
    def status(self) -> str:
        if np.isnan(self.aicc):
            return "not finite"
        return "ok" if self.optimizer is None or self.optimizer["converged"] else "not converged"


def _search(candidates: list[_Components], values: np.ndarray) -> tuple[_Estimate, pd.DataFrame]:
    """Return the estimate with the least AICc, the first of equals, and a table of all candidates."""
    n = len(values)
    few = [one for one in candidates if one.n_parameters < n - 1] or candidates[:1]
    estimates, rows = [], []
    for components in candidates:
        start, aicc, status = perf_counter(), np.inf, "too few observations"
        if components in few:
            estimate = _estimate(components, values)
            aicc, status = estimate.aicc, estimate.status
            estimates.append(estimate)
        parts = components._asdict() | {"aicc": aicc, "seconds": perf_counter() - start, "status": status}
        rows.append(parts)
    best = min(estimates, key=lambda one: np.inf if np.isnan(one.aicc) else one.aicc)
    table = pd.DataFrame(rows, dtype=object).drop(columns="season")  # None stays None
    return best, table.astype({"damped_trend": bool, "aicc": float, "seconds": float})


@one_blas_thread()
def _estimate(components: _Components, values: np.ndarray) -> _Estimate:
    """Return the best estimate over all starts of the optimizer."""
    model = components.state_space(values)
    names = model.param_names
    starts = [np.array([start[name] for name in names]) for start in _STARTS]
    with np.errstate(all="ignore"):
        residual = model.smooth(starts[0]).resid
        scale = 1.0 if components.error == "mul" else np.abs(values).max()
        if np.abs(residual).max() <= 1e-12 * scale:  # perfect fit
            return _Estimate(components, dict(zip(names, starts[0].tolist(), strict=True)), -np.inf, None)
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
    n, k = len(values), components.n_parameters
    penalty = 2 * k * n / (n - k - 1) if n > k + 1 else np.inf
    aicc = penalty - 2 * best.llf if np.isfinite(best.llf) else np.nan
    return _Estimate(components, dict(zip(names, best.params.tolist(), strict=True)), aicc, best.mle_retvals)
