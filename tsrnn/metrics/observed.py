"""What all measures do with what was never observed, and with nothing."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def observed(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and forecast where there is truth."""
    y, f = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if y.shape != f.shape:
        raise ValueError(
            f"`y_true` and `y_pred` must have the same shape; got {y.shape} and {f.shape}. "
            "They are compared by position: select the same points of both."
        )
    seen = ~np.isnan(y)
    return y[seen], f[seen]


def mean(values: np.ndarray) -> float:
    """Return the mean, NaN of nothing."""
    return float(values.mean()) if values.size else float("nan")


def ratio(error: Any, size: Any) -> np.ndarray:
    """Error relative to size: no error is 0 and any other error infinite where the size is 0."""
    error, size = np.asarray(error), np.asarray(size)
    at_zero = np.where(error > 0, np.inf, error)
    return np.divide(error, size, out=at_zero, where=size != 0)
