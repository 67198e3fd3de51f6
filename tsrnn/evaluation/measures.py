"""Measures of accuracy: what the columns of a score table are computed from.

A new measure is one entry in `MEASURES`, or in `INTERVAL_MEASURES` if it is of intervals.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tsrnn.metrics.observed import ratio
from tsrnn.metrics.point import symmetric_errors
from tsrnn.metrics.probabilistic import covered, interval_scores

__all__ = ["INTERVAL_MEASURES", "LOSSES", "MEASURES", "IntervalMeasure", "Measure"]


class Measure(NamedTuple):
    """A measure of point forecasts; lower is better.

    Attributes
    ----------
    errors : callable
        Takes observed values, forecasts (n_pairs, horizon) and the scale (n_pairs, 1), which is the mean
        absolute seasonal change before the cutoff; returns the error of each point.
    explanation : str
        What documentation and reports say of it.
    is_root : bool
        Whether the root of the mean error is taken: for each series and origin, or by step for each series.
    decimals : int
        The fewest that are printed.
    """

    errors: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    explanation: str = ""
    is_root: bool = False
    decimals: int = 0


class IntervalMeasure(NamedTuple):
    """A measure of intervals.

    Attributes
    ----------
    errors : callable
        Takes observed values, lower and upper ends (n_pairs, horizon), the level in percent and the scale
        (n_pairs, 1); returns what each point adds to the mean.
    explanation : str
        What documentation and reports say of it.
    is_percent : bool
        Whether it is a percentage whose best value is the level; of others, lower is better.
    """

    errors: Callable[[np.ndarray, np.ndarray, np.ndarray, float, np.ndarray], np.ndarray]
    explanation: str
    is_percent: bool = False


def _absolute(y: np.ndarray, f: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.abs(y - f)


def _squared(y: np.ndarray, f: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.abs(y - f) ** 2


def _absolute_scaled(y: np.ndarray, f: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return ratio(np.abs(y - f), scale)


def _squared_scaled(y: np.ndarray, f: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return ratio(np.abs(y - f), scale) ** 2


MEASURES = {
    "MASE": Measure(
        _absolute_scaled,
        "mean absolute error, divided by the seasonal naive forecast's inside the training series",
        decimals=3,
    ),
    "sMAPE": Measure(
        lambda y, f, scale: symmetric_errors(y, f),
        "symmetric mean absolute percentage error, 0 to 200",
    ),
    "RMSE": Measure(_squared, "root mean squared error, in the units of the series", is_root=True),
}
INTERVAL_MEASURES = {
    "coverage": IntervalMeasure(
        lambda y, low, high, level, scale: covered(y, low, high),
        "percent of the observed values inside the interval, best at its level",
        is_percent=True,
    ),
    "MSIS": IntervalMeasure(
        lambda y, low, high, level, scale: ratio(interval_scores(y, low, high, level), scale),
        "mean scaled interval score, which adds up the width and the distance of values outside",
    ),
}
LOSSES = {"MAE": Measure(_absolute), "MSE": Measure(_squared), "MSSE": Measure(_squared_scaled)}
