"""Rank tests of several forecasters over many series: Friedman, and Nemenyi's critical difference."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.significance.pairs import MIN_ORIGINS

__all__ = ["Friedman", "critical_difference", "friedman", "rank_losses"]


class Friedman(NamedTuple):
    """Result of Friedman's test.

    Attributes
    ----------
    mean_ranks : ndarray of shape (k,)
        1 is best.
    statistic : float
        Follows F with k - 1 and (k - 1)(n - 1) degrees of freedom if all forecasters are equally accurate.
    p_value : float
        NaN with fewer than 10 units or 2 forecasters.
    n_units : int
        Series or origins compared.
    """

    mean_ranks: np.ndarray
    statistic: float
    p_value: float
    n_units: int


def rank_losses(losses: ArrayLike) -> np.ndarray:
    """Rank forecasters at each unit, the lowest loss 1; ties get their mean rank.

    Parameters
    ----------
    losses : array-like of shape (k, ...)
        Losses of k forecasters. Where any is NaN, all ranks are.

    Returns
    -------
    ndarray of the same shape

    Examples
    --------
    >>> rank_losses([[1.0, 5.0], [2.0, 5.0], [0.5, 7.0]])
    array([[2. , 1.5],
           [3. , 1.5],
           [1. , 3. ]])
    """
    values = np.asarray(losses, dtype=np.float64)
    ranks = np.empty(values.shape)
    for i, own in enumerate(values):
        ranks[i] = (values < own).sum(axis=0) + ((values == own).sum(axis=0) + 1) / 2
    return np.where(np.isnan(values).any(axis=0), np.nan, ranks)


def friedman(losses: ArrayLike) -> Friedman:
    r"""Test whether forecasters are equally accurate over many series, by their ranks on each.

    With the mean ranks :math:`R_j` of k forecasters over n series and the sum of squares within them, A,

    .. math::

        \chi_F^2 = \frac{(k - 1)\, n^2 \sum_j (R_j - \frac{k + 1}{2})^2}{A - n k (k + 1)^2 / 4}, \qquad
        F_F = \frac{(n - 1)\, \chi_F^2}{n (k - 1) - \chi_F^2},

    which without ties is :math:`\chi_F^2 = \frac{12 n}{k (k + 1)} [\sum_j R_j^2 - k (k + 1)^2 / 4]`. Iman and
    Davenport's :math:`F_F` is less conservative than Friedman's statistic.

    Parameters
    ----------
    losses : array-like of shape (n, k)
        Losses of k forecasters on n series, or at n origins that don't overlap. Rows with a NaN are skipped.

    Returns
    -------
    Friedman
        mean_ranks, statistic, p_value, n_units.

    Raises
    ------
    ValueError
        If `losses` isn't of shape (n, k).

    References
    ----------
    Demšar (2006), "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
    Learning Research 7, section 3.2.2. Iman & Davenport (1980), "Approximations of the critical region of the
    Friedman statistic", Communications in Statistics 9(6). Conover (1999), "Practical nonparametric
    statistics", section 5.8, for ties.

    Examples
    --------
    >>> losses = np.random.default_rng(0).normal([1.0, 1.1, 3.0], 1.0, size=(30, 3))
    >>> result = friedman(losses)
    >>> result.mean_ranks.round(2).tolist(), round(result.statistic, 1), result.p_value < 0.001
    ([1.5, 1.53, 2.97], 68.0, True)
    """
    values = np.asarray(losses, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(
            f"`losses` must have shape (n, k), a row for each series and a column for each forecaster; "
            f"got {values.shape}."
        )
    values = values[~np.isnan(values).any(axis=1)]
    n, k = values.shape
    nothing = float("nan")
    if not n or k < 2:
        return Friedman(np.full(k, 1.0 if n else nothing), nothing, nothing, n)
    ranks = rank_losses(values.T)
    means = ranks.mean(axis=1)
    centre = (k + 1) / 2
    between = (k - 1) * n**2 * np.square(means - centre).sum()
    within = np.square(ranks - centre).sum()
    chi_square = between / within if within else 0.0
    rest = n * (k - 1) - chi_square
    statistic = float((n - 1) * chi_square / rest) if rest > 1e-9 else float("inf")
    if n < MIN_ORIGINS:
        return Friedman(means, statistic, nothing, n)
    from scipy import special  # not before it is needed

    return Friedman(means, statistic, float(special.fdtrc(k - 1, (k - 1) * (n - 1), statistic)), n)


def critical_difference(n_forecasters: int, n_units: int, level: float = 95.0) -> float:
    r"""Return the critical difference of two mean ranks in Nemenyi's test.

    :math:`q_a \sqrt{k (k + 1) / (6 n)}`, with the Studentised range :math:`q_a` of k at infinitely many
    degrees of freedom over :math:`\sqrt 2`. It allows for all pairs being compared.

    Parameters
    ----------
    n_forecasters : int
        k, at least 2.
    n_units : int
        n, series or origins.
    level : float, default=95
        Confidence level in percent: 100 (1 - a).

    Returns
    -------
    float

    References
    ----------
    Nemenyi (1963), "Distribution-free multiple comparisons", PhD thesis, Princeton. Demšar (2006), section
    3.2.2 and table 5.

    Examples
    --------
    >>> round(critical_difference(4, 14, 90), 2)
    1.12
    """
    from scipy import stats

    k = n_forecasters
    q = float(stats.studentized_range.ppf(level / 100, k, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(k * (k + 1) / (6 * n_units)))
