"""Correction of p-values for multiple tests."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["holm"]


def holm(p_values: ArrayLike) -> np.ndarray:
    r"""Adjust p-values for multiple tests by Holm's method, which controls the family-wise error rate.

    With the m p-values in ascending order, the i-th adjusted one is
    :math:`\max_{j \le i} \min(1, (m - j + 1)\, p_{(j)})`. It is valid however the tests depend on each
    other, and never above Bonferroni's.

    Parameters
    ----------
    p_values : array-like of shape (m,)
        One for each test. NaN (no test) stays NaN and is not counted.

    Returns
    -------
    ndarray of shape (m,)

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
    6(2), section 3.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]  # NaN come last
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted
