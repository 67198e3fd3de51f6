"""Linear models of past values and past errors: ARIMA and AutoReg."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

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
from tsrnn.parameters import check_choice, check_positive_integer
from tsrnn.scaling import level_and_scale
from tsrnn.seasons import find_season

_LONGEST_SEASON = 60
_NO_SEASON = (0, 0, 0, 0)
_ROWS = 16384


class ARIMA(BaseForecaster):
    """Seasonal ARIMA, estimated by maximum likelihood with statsmodels' Kalman filter.

    The series is differenced, the exact likelihood of the differences' ARMA model is maximised, and the
    forecast differences are summed up again. Without any differencing the model has a constant. Differences
    that don't vary are continued as they are.

    Parameters
    ----------
    order : tuple of int (p, d, q) or "auto", default="auto"
        Autoregressive order, number of first differences, moving-average order. "auto" is (1, 1, 1) with a
        season, and without one (2, 1, 2), which can follow a cycle of any length.
    seasonal_order : tuple of int (P, D, Q, m) or "auto", default="auto"
        The same at lags of m, the steps in a season. "auto" takes the season that the index suggests if the
        series shows it: up to m = 60 as (0, 1, 1, m), the seasonal part of the airline model; a longer one
        is subtracted as the average pattern of classical decomposition, for the time and memory of the
        filter grow faster than m². Otherwise, (0, 0, 0, 0).
    horizon : int, default=1
        Steps that `predict` forecasts unless told otherwise.
    log : bool or "auto", default="auto"
        Model the logarithm; the forecast is then the median, not the mean. "auto": if there is a season and
        every observation is positive.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    alias : str, optional
        Name in tables and legends; default: the class's name.

    Attributes
    ----------
    params_ : dict of str to float
        Estimates by statsmodels' names: ``ar.L1``, ``ma.L1``, ``ma.S.L12``, ``intercept``, ...
    order_, seasonal_order_ : tuple of int
        The orders in use.
    season_length_ : int
        The season in use; 1 if there is none.
    log_ : bool
        Whether the logarithm is modelled.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history is too short for the orders, or if logarithms are modelled
        and a value is not positive.

    Warns
    -----
    RuntimeWarning
        If the optimizer does not converge.

    Notes
    -----
    On one core of 2.5 GHz the default takes about 0.25 s for 2,000 observations without a season, 1.2 s with
    m = 24 and 2 s with m = 52. `backtest` passes on only the most recent 2,000, ``max_history``, unless told
    otherwise; `fit` uses all it gets.

    References
    ----------
    Box, Jenkins, Reinsel & Ljung (2015), "Time Series Analysis", 5th edition, chapters 7 and 9.

    Examples
    --------
    >>> model = ARIMA(order=(0, 1, 0), seasonal_order=(0, 1, 0, 3), horizon=3, log=False)
    >>> model.fit([1, 5, 3, 2, 6, 4, 3, 7, 5]).predict().tolist()
    [4.0, 8.0, 6.0]
    """

    is_baseline = True
    max_history = 2000
    params_: dict[str, float]
    order_: tuple[int, ...]
    seasonal_order_: tuple[int, ...]
    season_length_: int
    log_: bool
    _model_: "_Sarima"

    def __init__(
        self,
        order: tuple[int, int, int] | Literal["auto"] = "auto",
        seasonal_order: tuple[int, int, int, int] | Literal["auto"] = "auto",
        horizon: int = 1,
        *,
        log: bool | Literal["auto"] = "auto",
        missing: str = "error",
        alias: str | None = None,
    ) -> None:
        self.order = order
        self.seasonal_order = seasonal_order
        self.horizon = horizon
        self.log = log
        self.missing = missing
        self.alias = alias

    def _fit(self, observed: Observed) -> dict[str, Any]:
        seasonal, season = self._find_seasonal_order(observed)
        check_choice("log", self.log, (True, False, "auto"))
        log = bool(season > 1 and observed.values.min() > 0) if self.log == "auto" else self.log
        order: tuple[int, ...] = (1, 1, 1) if season > 1 else (2, 1, 2)
        if self.order != "auto":
            order = _check_orders("order", self.order, '(p, d, q) or "auto"', 3)
        model = _Sarima(order, seasonal, log, 1 if any(seasonal) else season)
        return {
            "params_": model.estimate(observed.values),
            "order_": order,
            "seasonal_order_": seasonal,
            "season_length_": season,
            "log_": log,
            "_model_": model,
        }

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        return self._model_.forecast(values, self.params_, horizon)

    def _find_seasonal_order(self, observed: Observed) -> tuple[tuple[int, ...], int]:
        if self.seasonal_order == "auto":
            season = find_season(observed, "auto")
            return (0, 1, 1, season) if 1 < season <= _LONGEST_SEASON else _NO_SEASON, season
        orders = _check_orders("seasonal_order", self.seasonal_order, '(P, D, Q, m) or "auto"', 4)
        if not any(orders[:3]):
            return _NO_SEASON, 1
        return orders, check_positive_integer("seasonal_order[3]", orders[3], "steps", 2)


@dataclass(frozen=True)
class _Sarima:
    """A specified model: what `estimate` and `forecast` do with any history."""

    order: tuple[int, ...]
    seasonal_order: tuple[int, ...]
    log: bool
    subtracted_season: int

    @one_blas_thread()
    def estimate(self, values: np.ndarray) -> dict[str, float]:
        history = self._prepare(values)
        level, scale = (0.0, 1.0) if self._lost else level_and_scale(history.changes)
        model = self._state_space((history.changes - level) / (scale or 1.0))
        names = model.param_names
        if not names or not history.varies:
            return dict.fromkeys(names, 0.0) | ({} if self._lost else {"intercept": level})
        check_deadline()
        with np.errstate(all="ignore"):
            result = model.fit(
                start_params=_start_values(names),
                maxiter=200,
                disp=0,
                cov_type="none",
                low_memory=True,
                warn_convergence=False,
                callback=lambda _: check_deadline(),
            )
        warn_unless_converged("ARIMA", result.mle_retvals)
        params = dict(zip(names, result.params.tolist(), strict=True))
        if not self._lost:
            short = 1.0 - sum(value for name, value in params.items() if name.startswith("ar.L"))
            long = 1.0 - sum(value for name, value in params.items() if name.startswith("ar.S"))
            params["intercept"] = scale * params["intercept"] + level * short * long
        return params

    @one_blas_thread()
    def forecast(self, values: np.ndarray, params: dict[str, float], horizon: int) -> np.ndarray:
        history = self._prepare(values)
        if history.varies:
            with np.errstate(all="ignore"):
                model = self._state_space(history.changes)
                result = model.filter(list(params.values()), cov_type="none", low_memory=True)
                changes = result.forecast(horizon)
        else:
            changes = np.repeat(history.changes[-1], horizon)
        future = _recurse(history.series, -self._differencing()[1:], changes)
        future += np.resize(np.roll(history.pattern, -len(values)), horizon)
        return np.exp(np.minimum(future, np.log(np.finfo(np.float64).max))) if self.log else future

    def _prepare(self, values: np.ndarray) -> "_History":
        season, orders = self.subtracted_season, self.order + self.seasonal_order[:3]
        who = f"ARIMA{self.order}" + (f"{self.seasonal_order}" if any(self.seasonal_order) else "")
        needed = max(self._lost + sum(orders) - self.order[1] - self.seasonal_order[1] + 1, 2)
        needed = needed if season == 1 else max(needed, 2 * season)
        require(values, needed, who, "Lower the orders or supply more data.")
        if self.log:
            refuse_nonpositive(values, "the logarithm", "Shift the series, or pass log=False and fit again.")
            values = np.log(values)
        pattern = np.zeros(1) if season == 1 else seasonal_pattern(values, season, "add")
        series = values - np.resize(pattern, len(values))
        changes = np.convolve(series, self._differencing(), mode="valid")
        varies = bool(np.ptp(changes) > 1e-12 * np.abs(series).max())
        return _History(series, pattern, changes, varies)

    @property
    def _lost(self) -> int:
        """Observations that differencing costs."""
        return self.order[1] + self.seasonal_order[1] * self.seasonal_order[3]

    def _differencing(self) -> np.ndarray:
        """Coefficients of (1 - L)^d (1 - L^m)^D, lag 0 first."""
        filtered = np.ones(1)
        for lag, times in ((1, self.order[1]), (self.seasonal_order[3], self.seasonal_order[1])):
            for _ in range(times):
                filtered = np.convolve(filtered, np.concatenate([[1.0], np.zeros(lag - 1), [-1.0]]))
        return filtered

    def _state_space(self, changes: np.ndarray) -> Any:
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        (p, d, q), (P, D, Q, m) = self.order, self.seasonal_order
        return SARIMAX(
            changes,
            order=(p, 0, q),
            seasonal_order=(P, 0, Q, m) if P or Q else _NO_SEASON,
            trend="n" if d or D else "c",
            concentrate_scale=True,
        )


class _History(NamedTuple):
    """A series on the model's scale, less its seasonal pattern; its differences; whether those vary."""

    series: np.ndarray
    pattern: np.ndarray
    changes: np.ndarray
    varies: bool


class AutoReg(BaseForecaster):
    """Autoregression with a constant, by least squares: linear prediction from the last values.

    Parameters
    ----------
    lags : int or "auto", default="auto"
        Number of past values. "auto" is two seasons and one step, if the index suggests a season and the
        series shows it. Otherwise, it is the number of least AIC up to 10 log10(n), compared on the same
        observations. Either way it is at most a third of the observations.
    horizon : int, default=1
        Steps that `predict` forecasts unless told otherwise.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    alias : str, optional
        Name in tables and legends; default: the class's name.

    Attributes
    ----------
    params_ : dict of str to float
        ``const``, ``L1``, ``L2``, ...
    lags_ : int
        The number of past values in use.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history is too short for the lags.

    Notes
    -----
    Estimates equal those of statsmodels' class of the same name, but long series are reduced block by block
    to a triangular factor, so that memory does not grow with them.

    References
    ----------
    Lütkepohl (2005), "New Introduction to Multiple Time Series Analysis", sections 3.2 and 4.3.

    Examples
    --------
    >>> AutoReg(lags=1, horizon=2).fit([16.0, 8, 4, 2, 1]).predict().round(6).tolist()
    [0.5, 0.25]
    """

    is_baseline = True
    params_: dict[str, float]
    lags_: int

    def __init__(
        self,
        lags: int | Literal["auto"] = "auto",
        horizon: int = 1,
        *,
        missing: str = "error",
        alias: str | None = None,
    ) -> None:
        self.lags = lags
        self.horizon = horizon
        self.missing = missing
        self.alias = alias

    def _fit(self, observed: Observed) -> dict[str, Any]:
        level, scale = level_and_scale(observed.values)
        series = (observed.values - level) / (scale or 1.0)
        lags = self._find_lags(observed, series)
        factor = _triangular_factor(series, lags)
        const, *coefficients = np.linalg.lstsq(factor[:, :-1], factor[:, -1], rcond=None)[0].tolist()
        const = scale * const + level * (1.0 - sum(coefficients))
        names = ["const", *(f"L{lag}" for lag in range(1, lags + 1))]
        return {"params_": dict(zip(names, [const, *coefficients], strict=True)), "lags_": lags}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        require(values, max(self.lags_, 1), f"AutoReg with lags={self.lags_}")
        const, *coefficients = self.params_.values()
        return _recurse(values, np.array(coefficients), np.full(horizon, const))

    def _find_lags(self, observed: Observed, series: np.ndarray) -> int:
        n = len(series)
        if self.lags != "auto":
            lags = check_positive_integer("lags", self.lags, 'past values, or "auto"')
            require(series, 2 * lags + 2, f"AutoReg with lags={lags}", "Lower lags or supply more data.")
            return lags
        require(series, 5, "AutoReg")
        season = find_season(observed, "auto")
        if season > 1:
            return min(2 * season + 1, n // 3)
        most = min(int(10 * np.log10(n)), n // 3)
        factor = _triangular_factor(series, most)
        residual = np.cumsum(factor[::-1, -1] ** 2)[::-1][1:]
        # What rounding leaves of a perfect fit says nothing: the first such order wins.
        variance = np.maximum(residual / (n - most), 1e-24)
        return int(np.argmin((n - most) * np.log(variance) + 2 * np.arange(1, most + 2)))


def _check_orders(name: str, orders: Any, form: str, count: int) -> tuple[int, ...]:
    sequence = isinstance(orders, tuple | list) and len(orders) == count
    if not sequence or any(
        not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 0 for k in orders
    ):
        raise ValueError(f"`{name}` must be whole numbers {form}, none negative; got {orders!r}.")
    return tuple(int(k) for k in orders)


def _start_values(names: list[str]) -> list[float]:
    """Start the optimizer well inside the stationary and invertible region, whatever the orders."""
    kinds = [name.rpartition(".")[0] for name in names]
    first = {"": 0.0, "ar": 0.1, "ar.S": 0.1, "ma": -0.4, "ma.S": -0.4}
    return [first[kind] * 0.5 ** kinds[:place].count(kind) for place, kind in enumerate(kinds)]


def _recurse(history: np.ndarray, coefficients: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Continue y_t = x_t + sum of c_j y_(t-j) after a history."""
    from scipy.signal import lfilter, lfiltic  # takes longer to import than all the rest

    denominator = np.concatenate([[1.0], -coefficients])
    state = lfiltic([1.0], denominator, y=history[::-1][: len(coefficients)])
    return lfilter([1.0], denominator, inputs, zi=state)[0]


def _triangular_factor(series: np.ndarray, lags: int) -> np.ndarray:
    """Return R of the QR factorization of [1, lag 1, ..., lag p, present value], block by block of rows."""
    windows = np.lib.stride_tricks.sliding_window_view(series, lags + 1)[:, ::-1]
    columns = [*range(1, lags + 1), 0]
    factor: np.ndarray = np.empty((0, lags + 2))
    for start in range(0, len(windows), _ROWS):
        check_deadline()
        block = windows[start : start + _ROWS, columns]
        rows = np.column_stack([np.ones(len(block)), block])
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, rows]), mode="r"))
    return factor
