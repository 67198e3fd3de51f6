"""Seasonal ARIMA with given orders, with or without covariates."""

from typing import Any, Literal

import numpy as np

from tsrnn.baselines import parameters
from tsrnn.baselines.arima.boxcox import find_floor, resolve_boxcox
from tsrnn.baselines.arima.sarima import LONGEST_SEASON, NO_SEASON, Sarima
from tsrnn.baselines.requirements import warn_unless_converged
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Panel, Series
from tsrnn.timeseries.seasonality import find_season
from tsrnn.timeseries.wall_clock import by_the_clock
from tsrnn.validation import with_parameters

__all__ = ["ARIMA", "RegressionForecaster"]


class RegressionForecaster(BaseForecaster):
    """Base class of forecasters of a single series that may use future covariates, `X`, as regressors.

    Subclasses implement ``_fit_to(series, X, columns) -> dict`` and ``_continue(values, X, horizon) ->
    array``, X with its rows of the history (n, F) or those of the forecast, too, (n + horizon, F).
    """

    uses_covariates = ("X",)

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        if not panel.is_one:
            return super()._fit_panel(panel)
        panel = panel.on_clock
        return self._fit_to(panel.series(), panel.arrays.with_values(), panel.schema.future.tolist())

    @by_the_clock
    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        if not panel.is_one or "failure_" in vars(self):
            return super()._predict_panel(panel, horizon)
        X = (
            panel.arrays.future
            if panel.schema.n_future
            else np.empty((len(panel.arrays.values) + horizon, 0))
        )
        return self._continue(panel.series().values, X, horizon).reshape(1, horizon, 1)

    def _fit_to(self, series: Series, X: np.ndarray, columns: list[Any]) -> dict[str, Any]:
        raise NotImplementedError

    def _continue(self, values: np.ndarray, X: np.ndarray, horizon: int) -> np.ndarray:
        raise NotImplementedError


@with_parameters(parameters.ARIMA)
class ARIMA(RegressionForecaster):
    """Seasonal ARIMA, estimated by maximum likelihood with statsmodels, with or without covariates.

    The series is differenced, an ARMA model of the differences is fitted by exact maximum likelihood, and the
    forecast differences are summed up. Constant differences are repeated. With covariates `X` it is a
    regression with ARIMA errors: the columns of X are differenced like the series, and slopes and ARMA
    coefficients are estimated together.

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
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.order = order
        self.seasonal_order = seasonal_order
        self.horizon = horizon
        self.constant = constant
        self.boxcox = boxcox
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def _fit_to(self, series: Series, X: np.ndarray, columns: list[Any]) -> dict[str, Any]:
        seasonal, season = self._find_seasonal_order(series)
        boxcox = self._find_boxcox(series.values, season)
        order: tuple[int, ...] = (1, 1, 1) if season > 1 else (2, 1, 2)
        if self.order != "auto":
            order = tuple(map(int, self.order))
        n_differences = order[1] + seasonal[1]
        constant = n_differences == 0 and self.constant == "auto"
        constant = constant or find_constants(self.constant, n_differences) == (True,)
        floor = find_floor(series.values, self.boxcox, boxcox)
        model = Sarima(order, seasonal, constant, boxcox, 1 if any(seasonal) else season, floor)
        found = model.estimate(series.values, X, columns)
        warn_unless_converged("ARIMA", found.optimizer)
        return fitted(model, season, found.params)

    def _continue(self, values: np.ndarray, X: np.ndarray, horizon: int) -> np.ndarray:
        return self._model_.forecast(values, self.params_, horizon, X)

    def _find_boxcox(self, values: np.ndarray, season: int) -> float | None:
        if self.boxcox == "auto":
            return 0.0 if season > 1 and values.min() > 0 else None
        return resolve_boxcox(self.boxcox)

    def _find_seasonal_order(self, series: Series) -> tuple[tuple[int, ...], int]:
        if self.seasonal_order == "auto":
            season = find_season(series, "auto")
            return (0, 1, 1, season) if 1 < season <= LONGEST_SEASON else NO_SEASON, season
        orders = tuple(map(int, self.seasonal_order))
        if not any(orders[:3]):
            return NO_SEASON, orders[3] if orders[3] > LONGEST_SEASON else 1
        return orders, orders[3]


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
    if constant is True and n_differences > 1:
        raise ValueError(
            f"`constant` of a series differenced {n_differences} times is a curve that bends ever more; a "
            'constant needs at most one. Pass constant="auto", or lower d or D.'
        )
    return (False, True) if constant == "auto" and n_differences <= 1 else (constant is True,)
