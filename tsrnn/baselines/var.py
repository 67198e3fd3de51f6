"""Vector autoregression of several channels, estimated by least squares."""

from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn.baselines import parameters
from tsrnn.baselines.arima.unit_roots import n_differences
from tsrnn.baselines.lagged import triangular_factor
from tsrnn.baselines.requirements import require
from tsrnn.deadline import check_deadline
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.wall_clock import by_the_clock
from tsrnn.training.scales import level_and_scale
from tsrnn.validation import counted, with_parameters


@with_parameters(parameters.VAR)
class VAR(BaseForecaster):
    """Vector autoregression with constants: each channel is regressed on past values of all channels.

    With a single channel it is an autoregression.

    Attributes
    ----------
    params_ : pandas.DataFrame
        A column for each channel's equation; rows ("const", ""), (1, channel), (2, channel), ..., of values
        or changes.
    lags_ : int
        The number of past steps used.
    difference_ : tuple of bool
        For each channel, whether its changes are modelled.

    Raises
    ------
    TypeError
        From `fit`, if `y` is a panel of separate series.
    ValueError
        From `fit` and `predict`, if the history is too short for the lags.

    Notes
    -----
    Estimates equal those of statsmodels' class of the same name, but long series are reduced block by block
    to a triangular factor, so that memory does not grow with them. Unlike the other classical methods, which
    fit one model to each channel, this is one model of all channels.

    References
    ----------
    Lütkepohl (2005), "New Introduction to Multiple Time Series Analysis", sections 3.2 and 4.3; Kwiatkowski,
    Phillips, Schmidt & Shin (1992), "Testing the null hypothesis of stationarity against the alternative of a
    unit root", Journal of Econometrics 54.

    Examples
    --------
    >>> one = [64.0, 32, 16, 8, 4, 2, 1, 0.5, 0.25]
    >>> y = pd.DataFrame({"one": one, "two": [0.0, *one[:-1]]})  # the second follows the first
    >>> VAR(lags=1, horizon=2, difference=False).fit(y).predict().round(6)
          one    two
    9   0.1250  0.250
    10  0.0625  0.125
    """

    is_baseline = True
    scope = "global"
    params_: pd.DataFrame
    lags_: int
    difference_: tuple[bool, ...]

    def __init__(
        self,
        lags: int | Literal["auto"] = "auto",
        horizon: int = 1,
        *,
        difference: bool | Literal["auto"] = "auto",
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        alias: str | None = None,
    ) -> None:
        self.lags = lags
        self.horizon = horizon
        self.difference = difference
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.alias = alias

    def settled(self) -> Self:
        """Return an unfitted copy with the lags selected in `fit`, and differences if equal for all channels.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        self._panel()
        copied = clone(self).set_params(lags=self.lags_)
        if len(set(self.difference_)) == 1:
            copied.set_params(difference=self.difference_[0])
        return copied

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        _refuse_panel(panel)
        values = panel.on_clock.arrays.values
        C = values.shape[1]
        least = 1 if self.lags == "auto" else self.lags
        who = "VAR" if self.lags == "auto" else f"VAR with lags={self.lags}"
        who += f" of {counted(C, 'channel')}"
        require(values, least + 2 * (1 + least * C) + 1, who, "Lower lags or supply more data.")
        if self.difference == "auto":
            difference = tuple(n_differences(column, most=1) > 0 for column in values.T)
        else:
            difference = (bool(self.difference),) * C
        series = _changes(values, difference)
        scales = [level_and_scale(column) for column in series.T]
        level, scale = np.array([one for one, _ in scales]), np.array([size or 1.0 for _, size in scales])
        series = (series - level) / scale
        lags = self._find_lags(series) if self.lags == "auto" else int(self.lags)
        solution = _solve(triangular_factor(series, lags), C)
        coefficients = solution[1:].reshape(lags, C, C) / scale[:, None] * scale
        const = solution[0] * scale + level - np.einsum("lij,i->j", coefficients, level)
        columns = range(C) if panel.columns is None else panel.columns
        rows = [("const", ""), *((lag, column) for lag in range(1, lags + 1) for column in columns)]
        table = np.concatenate([const[None], coefficients.reshape(lags * C, C)])
        return {
            "params_": pd.DataFrame(table, pd.MultiIndex.from_tuples(rows), pd.Index(columns)),
            "lags_": lags,
            "difference_": difference,
        }

    @by_the_clock
    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        _refuse_panel(panel)
        values, lags = panel.arrays.values, self.lags_
        who = f"VAR with lags={lags} of {counted(values.shape[1], 'channel')}"
        require(values, lags + any(self.difference_), who)
        series = _changes(values[-lags - 1 :], self.difference_)[-lags:]
        const, matrix = self.params_.to_numpy()[0], self.params_.to_numpy()[1:]
        recent, future = series[::-1].ravel(), np.empty((horizon, values.shape[1]))
        for step in future:
            check_deadline()
            step[:] = const + recent @ matrix
            recent = np.concatenate([step, recent[: -len(step)]])
        summed = list(self.difference_)
        future[:, summed] = values[-1, summed] + np.cumsum(future[:, summed], axis=0)
        return future[None]

    def _find_lags(self, series: np.ndarray) -> int:
        n, C = series.shape
        most = max(1, min(int(12 * (n / 100) ** 0.25), (n - 2) // (2 * C + 1)))
        factor, rows = triangular_factor(series, most), n - most
        criteria = []
        for lags in range(1, most + 1):
            residual = factor[1 + lags * C :, -C:]
            # residuals of a perfect fit are rounding errors: the first such number wins
            variances = np.maximum(np.linalg.svd(residual, compute_uv=False) ** 2 / rows, 1e-24)
            criteria.append(rows * np.log(variances).sum() + 2 * C * (1 + lags * C))
        return 1 + int(np.argmin(criteria))


def _refuse_panel(panel: Panel) -> None:
    if not panel.is_single:
        raise TypeError(
            f"`y` is a panel of {panel.n_series} series; VAR forecasts the channels of one table from "
            "each other. Pass a DataFrame with one column each, or use AutoReg, which fits each series alone."
        )


def _changes(values: np.ndarray, difference: tuple[bool, ...]) -> np.ndarray:
    """Return the differences of some channels and the values of the others."""
    if not any(difference):
        return values
    return np.where(difference, np.diff(values, axis=0), values[1:])


def _solve(factor: np.ndarray, C: int) -> np.ndarray:
    """Return the least-squares solution (1 + lags C, C) of the reduced equations."""
    return np.linalg.lstsq(factor[:, :-C], factor[:, -C:], rcond=None)[0]
