"""Croston's method and its variants SBA and TSB for intermittent demand."""

from typing import Any, Literal

import numpy as np

from tsrnn.baselines import parameters
from tsrnn.baselines.requirements import require
from tsrnn.deadline import without_interruption
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Series
from tsrnn.validation import with_parameters

_TRIED = np.arange(5, 31) / 100


@with_parameters(parameters.CROSTON)
class Croston(BaseForecaster):
    """Forecast intermittent demand: size and frequency of demand are smoothed separately.

    For series that are zero most of the time, such as sales of spare parts; exponential smoothing of the
    series itself is biased upwards after each demand. The forecast, demand per step, is the same for all
    steps ahead; it is 0 for a series of zeros.

    Attributes
    ----------
    alpha_, beta_ : float
        The smoothing parameters used.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if a value is negative, or there is a single observation.

    Notes
    -----
    Initial values are the first size, and the number of steps up to it as first interval or, for "tsb", 1 if
    the first step has demand, else 0.

    References
    ----------
    Croston (1972), "Forecasting and stock control for intermittent demands", Operational Research Quarterly
    23(3); Syntetos & Boylan (2005), "The accuracy of intermittent demand estimates", International Journal of
    Forecasting 21(2), equation (9), who recommend smoothing parameters of 0.05 to 0.2; Teunter, Syntetos &
    Babai (2011), "Intermittent demand: linking forecasting to inventory obsolescence", European Journal of
    Operational Research 214(3), section 3.

    Examples
    --------
    >>> Croston(alpha=0.5, beta=0.5).fit([0, 6, 0, 0, 0, 2, 0]).predict().tolist()  # (6 + 2)/2 over (2 + 4)/2
    [1.3333333333333333]
    """

    is_baseline = True
    alpha_: float
    beta_: float

    def __init__(
        self,
        variant: str = "classic",
        alpha: float | Literal["auto"] = 0.1,
        beta: float | Literal["auto"] = 0.1,
        horizon: int = 1,
        *,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.variant = variant
        self.alpha = alpha
        self.beta = beta
        self.horizon = horizon
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def _fit(self, series: Series) -> dict[str, Any]:
        sizes, times = self._split(series.values)
        return {"alpha_": _choose(self.alpha, sizes), "beta_": _choose(self.beta, times)}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        sizes, times = self._split(values)
        if not len(sizes):
            return np.zeros(horizon)
        size, time = _smooth(sizes, self.alpha_)[-1], _smooth(times, self.beta_)[-1]
        if self.variant == "tsb":
            return np.full(horizon, size * time)
        bias = 1.0 - self.beta_ / 2 if self.variant == "sba" else 1.0
        return np.full(horizon, bias * size / time)

    def _split(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the sizes of demand, and the intervals between or, for "tsb", 1 or 0 for each step."""
        require(values, 2, "Croston")
        _refuse_negative(values)
        places = np.flatnonzero(values)
        if self.variant == "tsb":
            return values[places], (values > 0).astype(float)
        return values[places], np.diff(places, prepend=-1).astype(float)


def _smooth(values: np.ndarray, alpha: float) -> np.ndarray:
    """Return simple exponential smoothing of values, with the first one as initial level."""
    with without_interruption():
        from scipy.signal import lfilter  # takes longer to import than all the rest

    return lfilter([alpha], [1.0, alpha - 1.0], values, zi=[(1.0 - alpha) * values[0]])[0]


def _choose(alpha: Any, values: np.ndarray) -> float:
    """Return a smoothing parameter, the first of least squared one-step errors if it is "auto"."""
    if alpha != "auto":
        return float(alpha)
    if len(values) < 2:
        return 0.1
    unit = values.max() or 1.0
    errors = [np.sum(((values[1:] - _smooth(values, alpha)[:-1]) / unit) ** 2) for alpha in _TRIED]
    return float(_TRIED[np.argmin(errors)])


def _refuse_negative(values: np.ndarray) -> None:
    bad = values < 0
    if bad.any():
        first = int(np.argmax(bad))
        count = "1 negative value" if bad.sum() == 1 else f"{bad.sum()} negative values"
        raise ValueError(
            f"`y` has {count}, the first {values[first]:g} at position {first}; Croston needs demand, zero "
            "or more. Use another model."
        )
