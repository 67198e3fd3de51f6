"""Scores of quantile, sample and interval forecasts; all except `coverage` are proper scoring rules."""

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.observed import mean, observed, ratio
from tsrnn.metrics.point import seasonal_scale


def pinball(y_true: ArrayLike, y_pred: ArrayLike, quantile: float) -> float:
    """Pinball loss of a quantile q: mean of ``q (y - f)`` where the truth is above, ``(1 - q)(f - y)`` below.

    From 0 (perfect) up, in the units of the data; for the median it is half of `mae`.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast of the quantile. NaN in `y_true` (never observed) is skipped.
    quantile : float
        Probability, between 0 and 1, of the truth lying below the forecast.

    Raises
    ------
    ValueError
        If the shapes differ or `quantile` is not between 0 and 1.

    References
    ----------
    Koenker & Bassett (1978), "Regression quantiles", Econometrica 46(1).

    Examples
    --------
    >>> pinball([10.0, 10.0], [8.0, 14.0], quantile=0.75)
    1.25
    """
    if np.ndim(quantile):
        raise ValueError(
            f"`quantile` must be one number; got {quantile!r}. Score each with its own forecast."
        )
    _check_quantiles(np.asarray(quantile, dtype=np.float64))
    y, f = observed(y_true, y_pred)
    return mean(_pinball(y, f, quantile))


def crps(y_true: ArrayLike, samples: ArrayLike) -> float:
    """Continuous ranked probability score of samples: mean of ``E|X - y| - E|X - X'| / 2``.

    X and X' are independent draws from the forecast. From 0 (perfect) up, in the units of the data; for a
    point forecast it is `mae`. The second mean is over pairs of different samples, so that the expected score
    does not depend on the number of samples ("fair"); with few samples it can be negative.

    Parameters
    ----------
    y_true : array-like of any shape
        Truth. NaN (never observed) is skipped.
    samples : array-like of shape (*y_true.shape, n)
        Draws from the forecast of each point, n >= 2.

    Raises
    ------
    ValueError
        If the shapes do not fit or there are fewer than 2 samples.

    References
    ----------
    Gneiting & Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", Journal of the
    American Statistical Association 102(477), eq. 21; Ferro (2014), "Fair scores for ensemble forecasts",
    Quarterly Journal of the Royal Meteorological Society 140(683).

    Examples
    --------
    >>> crps([2.0], [[1.0, 2.0, 6.0]])  # mean distances 5/3 from the truth and 10/3 from each other
    0.0
    >>> crps([0.0], [[1.0, 2.0, 6.0]])
    1.333...
    """
    y, x = np.asarray(y_true, dtype=np.float64), np.asarray(samples, dtype=np.float64)
    if x.shape[:-1] != y.shape or x.ndim == 0 or x.shape[-1] < 2:
        raise ValueError(
            "`samples` must have the shape of `y_true` and a last axis with at least 2 samples; "
            f"got {x.shape} for {y.shape}. Samples of one forecast stand side by side."
        )
    n, seen = x.shape[-1], ~np.isnan(y)
    y, x = y[seen], np.sort(x[seen], axis=-1)
    # Between sorted neighbours k and k + 1, counted from 1, lie k (n - k) of the pairs.
    k = np.arange(1, n)
    apart = (np.diff(x, axis=-1) * k * (n - k)).sum(axis=-1) / (n * (n - 1))
    return mean(np.abs(x - y[..., None]).mean(axis=-1) - apart)


def crps_of_quantiles(y_true: ArrayLike, y_pred: ArrayLike, quantiles: ArrayLike) -> float:
    """Continuous ranked probability score from quantiles: twice the mean of `pinball` over them.

    The score of a distribution is twice the integral of the pinball loss over all quantiles, which equally
    spaced quantiles approximate. Compare only scores with the same quantiles.

    Parameters
    ----------
    y_true : array-like of any shape
        Truth. NaN (never observed) is skipped.
    y_pred : array-like of shape (*y_true.shape, n)
        Forecasts of the quantiles.
    quantiles : array-like of shape (n,)
        Their probabilities, between 0 and 1.

    Raises
    ------
    ValueError
        If the shapes do not fit or a probability is not between 0 and 1.

    References
    ----------
    Gneiting & Ranjan (2011), "Comparing density forecasts using threshold- and quantile-weighted scoring
    rules", Journal of Business & Economic Statistics 29(3).

    Examples
    --------
    >>> crps_of_quantiles([10.0], [[8.0, 10.0, 14.0]], quantiles=[0.25, 0.5, 0.75])  # losses 1/2, 0, 1
    1.0
    """
    q = np.asarray(quantiles, dtype=np.float64)
    _check_quantiles(q)
    y, f = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if q.ndim != 1 or f.shape != (*y.shape, len(q)):
        raise ValueError(
            "`y_pred` must have the shape of `y_true` and a last axis with one forecast for each of "
            f"`quantiles`; got {f.shape} for {y.shape} and {q.shape}."
        )
    seen = ~np.isnan(y)
    return mean(2 * _pinball(y[seen][..., None], f[seen], q))


def interval_score(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float) -> float:
    """Interval score: mean of the width plus, where the truth lies outside, 2/a times its distance.

    ``a = 1 - level / 100``. From 0 (perfect) up, in the units of the data: rewards narrow intervals, and
    penalises values outside of them.

    Parameters
    ----------
    y_true, lower, upper : array-like of the same shape
        Truth, and the ends of the interval. NaN in `y_true` (never observed) is skipped.
    level : float
        Percentage that the interval should cover, between 0 and 100.

    Raises
    ------
    ValueError
        If the shapes differ or `level` is not between 0 and 100.

    References
    ----------
    Winkler (1972), "A decision-theoretic approach to interval estimation", Journal of the American
    Statistical Association 67(337); Gneiting & Raftery (2007), eq. 43.

    Examples
    --------
    >>> interval_score([5.0, 9.0], [4.0, 4.0], [8.0, 8.0], level=80)  # (4 + (4 + 10 * 1)) / 2
    9.0
    """
    if not 0 < level < 100:
        raise ValueError(f"`level` must be between 0 and 100, a percentage; got {level}.")
    (y, low), (_, high) = observed(y_true, lower), observed(y_true, upper)
    return mean(interval_scores(y, low, high, level))


def msis(
    y_true: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    level: float,
    y_train: ArrayLike,
    season_length: int = 1,
) -> float:
    """Mean scaled interval score: `interval_score` over the scale of `mase`, from 0 (perfect) up, unitless.

    Parameters
    ----------
    y_true, lower, upper, level
        As for `interval_score`.
    y_train, season_length
        As for `mase`.

    Raises
    ------
    ValueError
        As in `interval_score` and `mase`.

    References
    ----------
    Gneiting & Raftery (2007), eq. 43, scaled as in Makridakis, Spiliotis & Assimakopoulos (2020), "The M4
    Competition", International Journal of Forecasting 36(1).

    Examples
    --------
    >>> msis([6.0, 9.0], [5.0, 5.0], [7.0, 8.0], level=80, y_train=[1.0, 3.0, 4.0, 7.0])
    3.75...
    """
    return float(ratio(interval_score(y_true, lower, upper, level), seasonal_scale(y_train, season_length)))


def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Percentage of the truth that lies within the interval, its ends included.

    To be compared with the interval's level.

    Parameters
    ----------
    y_true, lower, upper : array-like of the same shape
        Truth, and the ends of the interval. NaN in `y_true` (never observed) is skipped.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Gneiting, Balabdaoui & Raftery (2007), "Probabilistic forecasts, calibration and sharpness", Journal of
    the Royal Statistical Society B 69(2).

    Examples
    --------
    >>> coverage([5.0, 9.0], [4.0, 4.0], [8.0, 8.0])
    50.0
    """
    (y, low), (_, high) = observed(y_true, lower), observed(y_true, upper)
    return mean(covered(y, low, high))


def covered(y: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the coverage of each point: 100 inside of its interval, 0 outside, NaN where any is missing."""
    return np.where(np.isnan(y + low + high), np.nan, 100.0 * ((low <= y) & (y <= high)))


def interval_scores(y: np.ndarray, low: np.ndarray, high: np.ndarray, level: float) -> np.ndarray:
    """Return the interval score of each point."""
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return high - low + 2 / (1 - level / 100) * outside


def _pinball(y: np.ndarray, f: np.ndarray, quantile: ArrayLike) -> np.ndarray:
    q = np.asarray(quantile, dtype=np.float64)
    return np.maximum(q * (y - f), (q - 1) * (y - f))


def _check_quantiles(quantiles: np.ndarray) -> None:
    if not ((quantiles > 0) & (quantiles < 1)).all():
        raise ValueError(f"Quantiles are probabilities, between 0 and 1; got {quantiles.tolist()}.")
