"""Accuracy measures of forecasts: functions of arrays, compared by position.

Points whose true value is NaN (not observed) are skipped; if all are, the result is NaN. A NaN forecast of an
observed value makes the result NaN.
"""

from tsrnn.metrics.point import mae, mape, mase, owa, rmse, rmsse, smape
from tsrnn.metrics.probabilistic import coverage, crps, crps_of_quantiles, interval_score, msis, pinball

__all__ = [
    "coverage",
    "crps",
    "crps_of_quantiles",
    "interval_score",
    "mae",
    "mape",
    "mase",
    "msis",
    "owa",
    "pinball",
    "rmse",
    "rmsse",
    "smape",
]
