"""Seasonal ARIMA with given orders, with or without covariates."""

from typing import Any, Literal

import numpy as np

from tsrnn.baselines.arima.boxcox import check_boxcox
from tsrnn.baselines.arima.sarima import LONGEST_SEASON, NO_SEASON, Sarima
from tsrnn.baselines.requirements import warn_unless_converged
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.seasonality import find_season
from tsrnn.timeseries.series import Observed
from tsrnn.validation import check_choice, check_positive_integer

__all__ = ["ARIMA", "RegressionForecaster"]


class RegressionForecaster(BaseForecaster):
    """Base class of forecasters of a single series that may use future covariates, `X`, as regressors.

    Subclasses implement ``_fit_to(observed, X, columns) -> dict`` and ``_continue(values, X, horizon) ->
    array``, X with its rows of the history (n, F) or those of the forecast, too, (n + horizon, F).
    """

    uses_covariates = ("X",)

    def _fit_all(self, known: Known) -> dict[str, Any]:
        if not known.is_one:
            return super()._fit_all(known)
        observed = known.panel.series[0]
        X = known.histories[0].future[: len(observed.values)]
        return self._fit_to(observed, X, known.scheme.ahead.tolist())

    def _predict_all(self, known: Known, horizon: int) -> list[np.ndarray]:
        if not known.is_one:
            return super()._predict_all(known, horizon)
        values, X = known.panel.series[0].values, known.histories[0].future
        return [self._continue(values, X, horizon).reshape(horizon, 1)]

    def _fit_to(self, observed: Observed, X: np.ndarray, columns: list[Any]) -> dict[str, Any]:
        raise NotImplementedError

    def _continue(self, values: np.ndarray, X: np.ndarray, horizon: int) -> np.ndarray:
        raise NotImplementedError


class ARIMA(RegressionForecaster):
    """Seasonal ARIMA, estimated by maximum likelihood with statsmodels, with or without covariates.

    The series is differenced, an ARMA model of the differences is fitted by exact maximum likelihood, and the
    forecast differences are summed up. Constant differences are repeated. With covariates `X` it is a
    regression with ARIMA errors: the columns of X are differenced like the series, and slopes and ARMA
    coefficients are estimated together.

    Parameters
    ----------
    order : tuple of int (p, d, q) or "auto", default="auto"
        Autoregressive order, number of first differences, moving-average order. "auto" is (1, 1, 1) with a
        season, and without one (2, 1, 2), which can follow a cycle of any length. `AutoARIMA` searches.
    seasonal_order : tuple of int (P, D, Q, m) or "auto", default="auto"
        The same at lags of m, the steps in a season. "auto" takes the season that the index suggests if the
        series shows it: up to m = 60 as (0, 1, 1, m), the seasonal part of the airline model; a longer one
        as (0, 0, 0, m), for the time and memory of the filter grow faster than m². That subtracts it as the
        average pattern of classical decomposition. Otherwise, (0, 0, 0, 0).
    horizon : int, default=1
        Steps that `predict` forecasts unless told otherwise.
    constant : bool or "auto", default="auto"
        Estimate a constant of the differences: the level of a series that is not differenced, the drift of
        one differenced once. "auto": only without any differencing.
    boxcox : float, "auto" or None, default="auto"
        Lambda, from -1 to 2, of the transform y^lambda / lambda that is modelled; 0 is the logarithm, 1
        and None are the series itself. The forecast is then the median, not the mean, of what the transform
        can have come from: never negative. "auto": the logarithm if there is a season and every observation
        is positive.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series, and in X, gets.
    alias : str, optional
        Name in tables and legends; default: the class's name.

    Attributes
    ----------
    params_ : dict of str to float
        Estimates by statsmodels' names and in its order: ``intercept``, ``X.<column>``, ``ar.L1``, ``ma.L1``,
        ``ar.S.L12``, ``ma.S.L12``, ...
    order_, seasonal_order_ : tuple of int
        The orders in use.
    season_length_ : int
        The season in use; 1 if there is none.
    constant_ : bool
        Whether there is a constant.
    boxcox_ : float or None
        Lambda in use, None if the series itself is modelled.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history is too short for the orders, or if a transform is modelled
        and a value is not positive.

    Warns
    -----
    RuntimeWarning
        If the optimizer does not converge.

    Notes
    -----
    The likelihood is compiled: a fit to 2,000 hours takes about 0.04 s (``benchmarks/comparing.py``).
    `backtest` passes on only the most recent 2,000 observations, ``max_history``, unless told otherwise;
    `fit` uses all. Effects of collinear columns of `X`, such as dummies of all seven days of the week, are
    divided evenly among them.

    References
    ----------
    Box, Jenkins, Reinsel & Ljung (2015), "Time Series Analysis", 5th edition, chapters 7 and 9; Hyndman &
    Athanasopoulos (2021), "Forecasting: Principles and Practice", 3rd edition, section 10.1; Box &
    Cox (1964), "An analysis of transformations", Journal of the Royal Statistical Society B 26(2), 211-252,
    equation 1.

    Examples
    --------
    >>> model = ARIMA(order=(0, 1, 0), seasonal_order=(0, 1, 0, 3), horizon=3, boxcox=None)
    >>> model.fit([1, 5, 3, 2, 6, 4, 3, 7, 5]).predict().tolist()
    [4.0, 8.0, 6.0]
    >>> promoted = np.array([[0.0, 1, 0, 0, 1, 0, 0, 1, 1, 0]]).T
    >>> model = ARIMA((0, 0, 0), constant=True).fit(3 + 2 * promoted[:8, 0], promoted[:8])
    >>> model.predict(2, promoted[8:]).round(6).tolist()
    [5.0, 3.0]
    """

    is_baseline = True
    max_history = 2000
    params_: dict[str, float]
    order_: tuple[int, ...]
    seasonal_order_: tuple[int, ...]
    season_length_: int
    constant_: bool
    boxcox_: float | None
    _model_: Sarima

    def __init__(
        self,
        order: tuple[int, ...] | Literal["auto"] = "auto",
        seasonal_order: tuple[int, ...] | Literal["auto"] = "auto",
        horizon: int = 1,
        *,
        constant: bool | Literal["auto"] = "auto",
        boxcox: float | Literal["auto"] | None = "auto",
        missing: str = "error",
        alias: str | None = None,
    ) -> None:
        self.order = order
        self.seasonal_order = seasonal_order
        self.horizon = horizon
        self.constant = constant
        self.boxcox = boxcox
        self.missing = missing
        self.alias = alias

    def _fit_to(self, observed: Observed, X: np.ndarray, columns: list[Any]) -> dict[str, Any]:
        seasonal, season = self._find_seasonal_order(observed)
        boxcox = self._find_boxcox(observed.values, season)
        order: tuple[int, ...] = (1, 1, 1) if season > 1 else (2, 1, 2)
        if self.order != "auto":
            order = _check_orders("order", self.order, '(p, d, q) or "auto"', 3)
        n_differences = order[1] + seasonal[1]
        constant = n_differences == 0 and self.constant == "auto"
        constant = constant or find_constants(self.constant, n_differences) == (True,)
        model = Sarima(order, seasonal, constant, boxcox, 1 if any(seasonal) else season)
        found = model.estimate(observed.values, X, columns)
        warn_unless_converged("ARIMA", found.optimizer)
        return fitted(model, season, found.params)

    def _continue(self, values: np.ndarray, X: np.ndarray, horizon: int) -> np.ndarray:
        return self._model_.forecast(values, self.params_, horizon, X)

    def _find_boxcox(self, values: np.ndarray, season: int) -> float | None:
        if self.boxcox == "auto":
            return 0.0 if season > 1 and values.min() > 0 else None
        return check_boxcox(self.boxcox)

    def _find_seasonal_order(self, observed: Observed) -> tuple[tuple[int, ...], int]:
        if self.seasonal_order == "auto":
            season = find_season(observed, "auto")
            return (0, 1, 1, season) if 1 < season <= LONGEST_SEASON else NO_SEASON, season
        orders = _check_orders("seasonal_order", self.seasonal_order, '(P, D, Q, m) or "auto"', 4)
        if not any(orders[:3]):
            return NO_SEASON, orders[3] if orders[3] > LONGEST_SEASON else 1
        return orders, check_positive_integer("seasonal_order[3]", orders[3], "steps", 2)


def fitted(model: Sarima, season: int, params: dict[str, float]) -> dict[str, Any]:
    """Return the attributes of a fitted ARIMA."""
    return {
        "params_": params,
        "order_": model.order,
        "seasonal_order_": model.seasonal_order,
        "season_length_": season,
        "constant_": model.constant,
        "boxcox_": model.boxcox,
        "_model_": model,
    }


def find_constants(constant: Any, n_differences: int) -> tuple[bool, ...]:
    """Return the values of `constant` to consider; raise ValueError for True after several differences."""
    check_choice("constant", constant, (True, False, "auto"))
    if constant is True and n_differences > 1:
        raise ValueError(
            f"`constant` of a series differenced {n_differences} times is a curve that bends ever more; a "
            'constant needs at most one. Pass constant="auto", or lower d or D.'
        )
    return (False, True) if constant == "auto" and n_differences <= 1 else (constant is True,)


def _check_orders(name: str, orders: Any, form: str, count: int) -> tuple[int, ...]:
    sequence = isinstance(orders, tuple | list) and len(orders) == count
    if not sequence or any(
        not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 0 for k in orders
    ):
        raise ValueError(f"`{name}` must be whole numbers {form}, none negative; got {orders!r}.")
    return tuple(int(k) for k in orders)
