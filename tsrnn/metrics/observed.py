"""Handling of missing observations, empty means and zero denominators, common to all measures."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def observed(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return true values and forecasts, without points that were not observed (NaN)."""
    y, f = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if y.shape != f.shape:
        raise ValueError(
            f"`y_true` and `y_pred` must have the same shape; got {y.shape} and {f.shape}. "
            "They are compared by position: select the same points of both."
        )
    seen = ~np.isnan(y)
    return y[seen], f[seen]


def mean(values: np.ndarray) -> float:
    """Return the mean, NaN if there are no values."""
    return float(values.mean()) if values.size else float("nan")


def ratio(error: Any, size: Any) -> np.ndarray:
    """Return error / size; where the size is 0, 0 for an error of 0 and infinity for any other."""
    error, size = np.asarray(error), np.asarray(size)
    at_zero = np.where(error > 0, np.inf, error)
    return np.divide(error, size, out=at_zero, where=size != 0)
