"""The Theta method: a smoothed series and half of its straight trend."""

from typing import Any, Literal

import numpy as np

from tsrnn.base import BaseForecaster
from tsrnn.baselines.blas import one_blas_thread
from tsrnn.baselines.seasons import require, seasonal_pattern, straight_line, warn_unless_converged
from tsrnn.deadline import check_deadline
from tsrnn.frames import Observed
from tsrnn.seasons import find_season


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
        _, slope = straight_line(adjusted)
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
