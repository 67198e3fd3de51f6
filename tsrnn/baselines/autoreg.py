"""Autoregression estimated by least squares."""

from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from tsrnn.baselines import parameters
from tsrnn.baselines.lagged import triangular_factor
from tsrnn.baselines.requirements import require, tells_nothing
from tsrnn.deadline import without_interruption
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Series
from tsrnn.timeseries.seasonality import find_season
from tsrnn.training.scales import level_and_scale
from tsrnn.validation import with_parameters


@with_parameters(parameters.AUTOREG)
class AutoReg(BaseForecaster):
    """Autoregression with a constant, estimated by least squares.

    Attributes
    ----------
    params_ : dict of str to float
        ``const``, ``L1``, ``L2``, ...
    lags_ : int
        The number of past values used.

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
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.lags = lags
        self.horizon = horizon
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def settled(self) -> "AutoReg":
        """Return an unfitted copy with the `lags` selected in `fit`.

        After a fit to several series, or to a constant one, `lags` stay as they are.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.

        Examples
        --------
        >>> AutoReg().fit([16.0, 8, 4, 2, 1]).settled()
        AutoReg(lags=1)
        """
        if tells_nothing(self._panel()):
            return clone(self)
        return clone(self).set_params(lags=self.lags_)

    def _fit(self, series: Series) -> dict[str, Any]:
        level, scale = level_and_scale(series.values)
        scaled = (series.values - level) / (scale or 1.0)
        lags = self._find_lags(series, scaled)
        factor = triangular_factor(scaled[:, None], lags)
        const, *coefficients = np.linalg.lstsq(factor[:, :-1], factor[:, -1], rcond=None)[0].tolist()
        const = scale * const + level * (1.0 - sum(coefficients))
        names = ["const", *(f"L{lag}" for lag in range(1, lags + 1))]
        return {"params_": dict(zip(names, [const, *coefficients], strict=True)), "lags_": lags}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        require(values, max(self.lags_, 1), f"AutoReg with lags={self.lags_}")
        const, *coefficients = self.params_.values()
        return recurse(values, np.array(coefficients), np.full(horizon, const))

    def _find_lags(self, series: Series, scaled: np.ndarray) -> int:
        n = len(scaled)
        if self.lags != "auto":
            lags = int(self.lags)
            require(scaled, 2 * lags + 2, f"AutoReg with lags={lags}", "Lower lags or supply more data.")
            return lags
        require(scaled, 5, "AutoReg")
        season = find_season(series, "auto")
        if season > 1:
            return min(2 * season + 1, n // 3)
        most = min(int(10 * np.log10(n)), n // 3)
        factor = triangular_factor(scaled[:, None], most)
        residual = np.cumsum(factor[::-1, -1] ** 2)[::-1][1:]
        # Residuals of a perfect fit are rounding errors: the first such order wins.
        variance = np.maximum(residual / (n - most), 1e-24)
        return int(np.argmin((n - most) * np.log(variance) + 2 * np.arange(1, most + 2)))


def recurse(history: np.ndarray, coefficients: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return the continuation of y_t = x_t + sum_j c_j y_(t-j) after a history, for inputs x."""
    with without_interruption():
        from scipy.signal import lfilter, lfiltic  # takes longer to import than all the rest

    denominator = np.concatenate([[1.0], -coefficients])
    state = lfiltic([1.0], denominator, y=history[::-1][: len(coefficients)])
    return lfilter([1.0], denominator, inputs, zi=state)[0]
