"""Tests of equal accuracy of two forecasters: Diebold-Mariano and Wilcoxon's signed-rank test."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["MIN_ORIGINS", "DieboldMariano", "SignedRank", "diebold_mariano", "signed_rank"]

MIN_ORIGINS = 10


class DieboldMariano(NamedTuple):
    """Result of a Diebold-Mariano test.

    Attributes
    ----------
    difference : float
        Mean of `loss` - `loss_against`: negative where the first forecaster is the better one.
    statistic : float
        Follows Student's t with `n_origins` - 1 degrees of freedom if both are equally accurate.
    p_value : float
        Two-sided; NaN with fewer than 10 origins.
    n_origins : int
        Pairs compared.
    """

    difference: float
    statistic: float
    p_value: float
    n_origins: int


class SignedRank(NamedTuple):
    """Result of Wilcoxon's signed-rank test.

    Attributes
    ----------
    difference : float
        Mean of `loss` - `loss_against`: negative where the first forecaster is the better one.
    statistic : float
        Follows the standard normal distribution under equal accuracy; negative if the first is better.
    p_value : float
        Two-sided; NaN with fewer than 10 series.
    n_series : int
        Pairs compared.
    """

    difference: float
    statistic: float
    p_value: float
    n_series: int


def diebold_mariano(loss: ArrayLike, loss_against: ArrayLike, *, lags: int = 0) -> DieboldMariano:
    r"""Test whether two forecasters are equally accurate, with the small-sample correction.

    With the differences :math:`d_i` of n origins, their mean :math:`\bar d`, their autocovariances
    :math:`\gamma_k = \frac1n \sum_{i > k} (d_i - \bar d)(d_{i-k} - \bar d)` and h = `lags` + 1, the
    statistic is

    .. math::

        \sqrt{\frac{n + 1 - 2h + h (h - 1) / n}{n}} \;
        \bar d \Big/ \sqrt{\frac{\gamma_0 + 2 \sum_{k=1}^{h-1} \gamma_k}{n}}

    and is compared to Student's t with n - 1 degrees of freedom. Where the sum of autocovariances is not
    positive, they are weighted by Bartlett's kernel 1 - k / h, with which the sum cannot be negative.

    Forecasters with equal losses at every origin have the statistic 0 and the p-value 1. A difference that is
    the same at every origin, but not 0, has an infinite statistic and the p-value 0.

    Parameters
    ----------
    loss, loss_against : array-like of shape (n,)
        The two forecasters' mean loss at each origin, in order of time. Origins where either is NaN are
        skipped.
    lags : int, default=0
        Number of autocovariances: losses of origins up to so far apart are correlated because their horizons
        overlap, ceil(horizon / step) - 1.

    Returns
    -------
    DieboldMariano
        difference, statistic, p_value, n_origins. The p-value is NaN with fewer than 10 origins; the
        statistic too with fewer than 2, or where there are not more origins than `lags`.

    Raises
    ------
    ValueError
        If the shapes differ or are not (n,), or `lags` is negative.

    References
    ----------
    Diebold & Mariano (1995), "Comparing predictive accuracy", Journal of Business & Economic Statistics
    13(3), section 1.1. Harvey, Leybourne & Newbold (1997), "Testing the equality of prediction mean squared
    errors", International Journal of Forecasting 13(2), section 2.

    Examples
    --------
    >>> loss = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0]
    >>> against = [2.0, 3.0, 5.0, 4.0, 6.0, 9.0, 5.0, 7.0, 6.0, 4.0]
    >>> result = diebold_mariano(loss, against)
    >>> round(result.statistic, 3), round(result.p_value, 3)
    (-3.087, 0.013)
    """
    if lags < 0:
        raise ValueError(f"`lags` must be at least 0; got {lags}.")
    d = _differences(loss, loss_against, "origin")
    n = len(d)
    statistic = _statistic(d, lags) if n > max(lags, 1) else float("nan")
    from scipy import special  # not before it is needed

    p_value = 2.0 * float(special.stdtr(n - 1, -abs(statistic))) if n >= MIN_ORIGINS else float("nan")
    return DieboldMariano(float(d.mean()) if n else float("nan"), statistic, p_value, n)


def signed_rank(loss: ArrayLike, loss_against: ArrayLike) -> SignedRank:
    r"""Test whether one of two forecasters tends to have lower losses than the other on independent series.

    The differences :math:`d_i` of n series are ranked by size, from 1. With the sum :math:`W` of the ranks of
    those above 0, the statistic is :math:`(W - \mathrm E W) / \sqrt{\mathrm{Var}\, W}`, whose moments are
    those where each rank has either sign with probability 1/2:

    .. math::

        \mathrm E W = \frac12 \sum_{d_i \ne 0} r_i, \qquad \mathrm{Var}\, W = \frac14 \sum_{d_i \ne 0} r_i^2.

    Ties get their mean rank, and differences of 0 are ranked but not summed. Because of the ranks, a few
    series that are hard for both have little influence; `difference`, a mean, can have the opposite sign.

    Parameters
    ----------
    loss, loss_against : array-like of shape (n,)
        The two forecasters' mean loss on each series, independent of its units. Series where either is NaN
        are skipped.

    Returns
    -------
    SignedRank
        difference, statistic, p_value, n_series. The p-value is NaN with fewer than 10 series, 1 where all
        losses are equal.

    Raises
    ------
    ValueError
        If the shapes differ or are not (n,).

    References
    ----------
    Wilcoxon (1945), "Individual comparisons by ranking methods", Biometrics Bulletin 1(6). Pratt (1959),
    "Remarks on zeros and ties in the Wilcoxon signed rank procedures", JASA 54(287). Demšar (2006),
    "Statistical comparisons of classifiers over multiple data sets", Journal of Machine Learning Research 7,
    section 3.1.3.

    Examples
    --------
    >>> loss = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0]
    >>> against = [2.0, 3.0, 5.0, 4.0, 6.0, 9.0, 5.0, 7.0, 6.0, 4.0]
    >>> result = signed_rank(loss, against)
    >>> round(result.statistic, 3), round(result.p_value, 3)
    (-2.352, 0.019)
    """
    d = _differences(loss, loss_against, "series")
    from scipy import special  # not before it is needed

    _, places, counts = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    ranks = np.where(d != 0, (np.cumsum(counts) - (counts - 1) / 2)[places], 0.0)
    spread = np.sqrt(np.square(ranks).sum()) / 2
    statistic = float((ranks[d > 0].sum() - ranks.sum() / 2) / spread) if spread else 0.0
    p_value = 2.0 * float(special.ndtr(-abs(statistic))) if len(d) >= MIN_ORIGINS else float("nan")
    return SignedRank(float(d.mean()) if len(d) else float("nan"), statistic, p_value, len(d))


def _differences(loss: ArrayLike, loss_against: ArrayLike, unit: str) -> np.ndarray:
    a, b = np.asarray(loss, dtype=np.float64), np.asarray(loss_against, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(
            f"`loss` and `loss_against` must both have shape (n,), one value per {unit}; "
            f"got {a.shape} and {b.shape}."
        )
    with np.errstate(invalid="ignore"):  # two that are infinite
        d = a - b
    return d[~np.isnan(d)]


def _statistic(d: np.ndarray, lags: int) -> float:
    n, h = len(d), lags + 1
    if np.all(d == d[0]):
        return float(np.sign(d[0]) * np.inf) if d[0] else 0.0
    correction = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    return float(correction * d.mean() / np.sqrt(_long_run_variance(d - d.mean(), lags) / n))


def _long_run_variance(centred: np.ndarray, lags: int) -> float:
    n = len(centred)
    gamma = np.array([centred[k:] @ centred[: n - k] for k in range(lags + 1)]) / n
    rectangular = gamma[0] + 2.0 * gamma[1:].sum()
    if rectangular > 0:
        return rectangular
    bartlett = 1.0 - np.arange(1, lags + 1) / (lags + 1)
    return gamma[0] + 2.0 * bartlett @ gamma[1:]
