"""Averages that skip missing values, of whole arrays or of groups of their rows."""

import numpy as np

__all__ = ["mean_by", "mean_of"]


def mean_of(values: np.ndarray, axis: int) -> np.ndarray:
    """Average what is not NaN; NaN where nothing is.

    Examples
    --------
    >>> mean_of(np.array([[1.0, np.nan], [3.0, np.nan]]), axis=0)
    array([ 2., nan])
    """
    seen = ~np.isnan(values)
    return _divide(np.where(seen, values, 0.0).sum(axis), seen.sum(axis))


def mean_by(values: np.ndarray, codes: np.ndarray, n: int) -> np.ndarray:
    """Average the rows of each code from 0 to n - 1 as `mean_of` does.

    Examples
    --------
    >>> mean_by(np.array([1.0, 5.0, np.nan, 3.0]), np.array([0, 0, 1, 2]), 3)
    array([ 3., nan,  3.])
    """
    width = int(np.prod(values.shape[1:]))
    seen = ~np.isnan(values)
    cells = (codes[:, None] * width + np.arange(width)).ravel()
    totals = np.bincount(cells, np.where(seen, values, 0.0).ravel(), n * width)
    counts = np.bincount(cells, seen.ravel(), n * width)
    return _divide(totals, counts).reshape(n, *values.shape[1:])


def _divide(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    nothing = np.full(np.shape(totals), np.nan)
    return np.divide(totals, counts, out=nothing, where=np.asarray(counts) > 0)
