"""Measures of forecasts: plain functions of plain arrays, compared by position.

Where the truth is NaN nothing was observed, and the point is skipped; where nothing was observed at all the
result is NaN. A NaN forecast of an observed value makes the result NaN.
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
