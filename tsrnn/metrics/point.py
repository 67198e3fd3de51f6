"""Error measures of point forecasts."""

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.observed import mean, observed, ratio


def mae(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean absolute error: mean of ``|y - f|``, from 0 (perfect) up, in the units of the data.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast. NaN in `y_true` (never observed) is skipped.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy", International Journal of
    Forecasting 22(4), section 2.1.

    Examples
    --------
    >>> mae([1.0, 2.0, 4.0], [2.0, 2.0, 2.0])
    1.0
    """
    y, f = observed(y_true, y_pred)
    return mean(np.abs(y - f))


def rmse(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Root mean squared error: square root of the mean of ``(y - f)²``, from 0 up, in the units of the data.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast. NaN in `y_true` (never observed) is skipped.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Hyndman & Koehler (2006), section 2.1.

    Examples
    --------
    >>> rmse([1.0, 2.0], [4.0, 6.0]) ** 2
    12.5...
    """
    y, f = observed(y_true, y_pred)
    return float(np.sqrt(mean(np.square(y - f))))


def smape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Symmetric mean absolute percentage error: mean of ``200 |y - f| / (|y| + |f|)``.

    From 0 (perfect) to 200 percent; a point counts 0 where truth and forecast are both 0, and 200 where only
    one of them is.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast. NaN in `y_true` (never observed) is skipped.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Makridakis & Hibon (2000), "The M3-Competition: results, conclusions and implications", International
    Journal of Forecasting 16(4); with absolute values in the denominator, as in Makridakis, Spiliotis &
    Assimakopoulos (2020), "The M4 Competition", International Journal of Forecasting 36(1).

    Examples
    --------
    >>> smape([100.0, 0.0], [300.0, 0.0])
    50.0
    """
    return mean(symmetric_errors(*observed(y_true, y_pred)))


def mape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Mean absolute percentage error: mean of ``100 |y - f| / |y|``, from 0 (perfect) up, in percent.

    Infinite where the truth is 0 and the forecast is not; a point counts 0 where both are. Meant for positive
    quantities on a ratio scale; prefer `mase` elsewhere.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast. NaN in `y_true` (never observed) is skipped.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Hyndman & Koehler (2006), section 2.2.

    Examples
    --------
    >>> mape([2.0, 4.0], [1.0, 5.0])
    37.5
    """
    y, f = observed(y_true, y_pred)
    return mean(100.0 * ratio(np.abs(y - f), np.abs(y)))


def mase(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, season_length: int = 1) -> float:
    """Mean absolute scaled error: `mae` over the seasonal naive method's in-sample mean absolute error.

    The scale is the mean of ``|y[t] - y[t - season_length]|`` over the training data. From 0 (perfect) up,
    without a unit: below 1 is better than the seasonal naive method in training, one season ahead.

    Where the scale is 0 (the training data repeats exactly) the result is 0 for a forecast without any error
    and infinite for every other.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast. NaN in `y_true` (never observed) is skipped.
    y_train : array-like of shape (n,)
        The data before the forecast, n > season_length. Pairs with a NaN are skipped; without a complete pair
        the result is NaN.
    season_length : int, default=1
        Observations per season; 1 scales by the naive method.

    Raises
    ------
    ValueError
        If the shapes differ, `season_length` is below 1 or `y_train` is not longer than it.

    References
    ----------
    Hyndman & Koehler (2006), section 3.

    Examples
    --------
    >>> mase([6.0, 8.0], [5.0, 5.0], y_train=[1.0, 3.0, 4.0, 7.0])
    1.0
    """
    return float(ratio(mae(y_true, y_pred), seasonal_scale(y_train, season_length)))


def rmsse(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, season_length: int = 1) -> float:
    """Root mean squared scaled error: `rmse` over the seasonal naive method's in-sample `rmse`.

    The scale is the root of the mean of ``(y[t] - y[t - season_length])²`` over the training data. From 0
    (perfect) up, without a unit; where the scale is 0, as `mase`.

    Parameters
    ----------
    y_true, y_pred : array-like of the same shape
        Truth and forecast. NaN in `y_true` (never observed) is skipped.
    y_train : array-like of shape (n,)
        The data before the forecast, as for `mase`. The M5 competition leaves out the zeros before the first
        sale.
    season_length : int, default=1
        Observations per season; 1 (the naive method) in the M5 competition.

    Raises
    ------
    ValueError
        If the shapes differ, `season_length` is below 1 or `y_train` is not longer than it.

    References
    ----------
    Hyndman & Koehler (2006), section 3; Makridakis, Spiliotis & Assimakopoulos (2022), "M5 accuracy
    competition: results, findings, and conclusions", International Journal of Forecasting 38(4).

    Examples
    --------
    >>> rmsse([6.0, 8.0], [8.0, 8.0], y_train=[1.0, 2.0, 3.0]) ** 2
    2.0...
    """
    scale = np.sqrt(mean(np.square(_seasonal_change(y_train, season_length))))
    return float(ratio(rmse(y_true, y_pred), scale))


def owa(
    smape_values: ArrayLike, mase_values: ArrayLike, smape_naive2: ArrayLike, mase_naive2: ArrayLike
) -> float:
    """Overall weighted average: mean of `smape` and of `mase`, each relative to that of the method Naive2.

    Each measure is averaged over all series first and then divided. Below 1 is better than Naive2, which is
    the naive method on seasonally adjusted data, if there is a season.

    Parameters
    ----------
    smape_values, mase_values : array-like of shape (n_series,)
        The method's measures of each series, or their means as numbers.
    smape_naive2, mase_naive2 : array-like of shape (n_series,)
        The measures of Naive2 for the same series.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Makridakis, Spiliotis & Assimakopoulos (2020), "The M4 Competition", International Journal of Forecasting
    36(1).

    Examples
    --------
    >>> owa([10.0, 20.0], [1.0, 2.0], smape_naive2=[10.0, 30.0], mase_naive2=[1.0, 1.0])
    1.125
    """
    ratios = []
    for own, naive2 in ((smape_values, smape_naive2), (mase_values, mase_naive2)):
        theirs, ours = observed(naive2, own)
        ratios.append(ratio(mean(ours), mean(theirs)))
    return float(np.mean(ratios))


def symmetric_errors(y: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Return the symmetric percentage error of each point."""
    return 200.0 * ratio(np.abs(y - f), np.abs(y) + np.abs(f))


def seasonal_scale(y_train: ArrayLike, season_length: int = 1) -> float:
    """Return the mean absolute change over a season, by which `mase` and `msis` divide."""
    return mean(np.abs(_seasonal_change(y_train, season_length)))


def _seasonal_change(y_train: ArrayLike, season_length: int) -> np.ndarray:
    """Return the seasonal naive method's errors in the training data."""
    train = np.asarray(y_train, dtype=np.float64)
    if season_length < 1:
        raise ValueError(f"`season_length` must be at least 1; got {season_length}.")
    if train.ndim != 1 or len(train) <= season_length:
        raise ValueError(
            f"`y_train` must be one-dimensional with at least {season_length + 1} observations for "
            f"season_length={season_length}; got shape {train.shape}."
        )
    change = train[season_length:] - train[:-season_length]
    return change[~np.isnan(change)]
