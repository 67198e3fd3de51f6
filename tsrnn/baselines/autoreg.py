"""Autoregression estimated by least squares."""

from typing import Any, Literal

import numpy as np
from sklearn.base import clone

from tsrnn.baselines.lagged import triangular_factor
from tsrnn.baselines.requirements import require, tells_nothing
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.seasonality import find_season
from tsrnn.timeseries.series import Observed
from tsrnn.training.transforms import level_and_scale
from tsrnn.validation import check_positive_integer


class AutoReg(BaseForecaster):
    """Autoregression with a constant, estimated by least squares.

    Parameters
    ----------
    lags : int or "auto", default="auto"
        Number of past values, 0 for a constant alone. "auto" is two seasons and one step, if the index
        suggests a season and the series shows it. Otherwise, it is the number of least AIC up to
        10 log10(n), compared on the same observations. Either way it is at most a third of the observations.
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
        alias: str | None = None,
    ) -> None:
        self.lags = lags
        self.horizon = horizon
        self.missing = missing
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
        if tells_nothing(self._known()):
            return clone(self)
        return clone(self).set_params(lags=self.lags_)

    def _fit(self, observed: Observed) -> dict[str, Any]:
        level, scale = level_and_scale(observed.values)
        series = (observed.values - level) / (scale or 1.0)
        lags = self._find_lags(observed, series)
        factor = triangular_factor(series[:, None], lags)
        const, *coefficients = np.linalg.lstsq(factor[:, :-1], factor[:, -1], rcond=None)[0].tolist()
        const = scale * const + level * (1.0 - sum(coefficients))
        names = ["const", *(f"L{lag}" for lag in range(1, lags + 1))]
        return {"params_": dict(zip(names, [const, *coefficients], strict=True)), "lags_": lags}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        require(values, max(self.lags_, 1), f"AutoReg with lags={self.lags_}")
        const, *coefficients = self.params_.values()
        return recurse(values, np.array(coefficients), np.full(horizon, const))

    def _find_lags(self, observed: Observed, series: np.ndarray) -> int:
        n = len(series)
        if self.lags != "auto":
            lags = check_positive_integer("lags", self.lags, 'past values, or "auto"', 0)
            require(series, 2 * lags + 2, f"AutoReg with lags={lags}", "Lower lags or supply more data.")
            return lags
        require(series, 5, "AutoReg")
        season = find_season(observed, "auto")
        if season > 1:
            return min(2 * season + 1, n // 3)
        most = min(int(10 * np.log10(n)), n // 3)
        factor = triangular_factor(series[:, None], most)
        residual = np.cumsum(factor[::-1, -1] ** 2)[::-1][1:]
        # Residuals of a perfect fit are rounding errors: the first such order wins.
        variance = np.maximum(residual / (n - most), 1e-24)
        return int(np.argmin((n - most) * np.log(variance) + 2 * np.arange(1, most + 2)))


def recurse(history: np.ndarray, coefficients: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return the continuation of y_t = x_t + sum_j c_j y_(t-j) after a history, for inputs x."""
    from scipy.signal import lfilter, lfiltic  # takes longer to import than all the rest

    denominator = np.concatenate([[1.0], -coefficients])
    state = lfiltic([1.0], denominator, y=history[::-1][: len(coefficients)])
    return lfilter([1.0], denominator, inputs, zi=state)[0]
