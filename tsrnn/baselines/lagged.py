"""QR factorisation for least squares on lagged values, in blocks of rows, with bounded memory."""

import numpy as np

from tsrnn.deadline import check_deadline

__all__ = ["triangular_factor"]

_ROWS = 16384


def triangular_factor(series: np.ndarray, lags: int) -> np.ndarray:
    """Return R of the QR factorization of [1, all at lag 1, ..., all at lag p, all at lag 0].

    Parameters
    ----------
    series : ndarray of shape (n, C)
    lags : int
        p.

    Returns
    -------
    ndarray of shape (1 + (p + 1) * C, 1 + (p + 1) * C)
        Fewer rows, if there are fewer observations than that.
    """
    C = series.shape[1]
    factor: np.ndarray = np.empty((0, 1 + (lags + 1) * C))
    for start in range(lags, len(series), _ROWS):
        check_deadline()
        end = min(start + _ROWS, len(series))
        past = [series[start - lag : end - lag] for lag in (*range(1, lags + 1), 0)]
        rows = np.concatenate([np.ones((end - start, 1)), *past], axis=1)
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, rows]), mode="r"))
    return factor
