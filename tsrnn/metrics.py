"""Errors of point forecasts: plain functions of plain arrays, compared by position.

Where the truth is NaN nothing was observed, and the point is skipped; where nothing was observed at all the
result is NaN. A NaN forecast of an observed value makes the result NaN.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["mae", "mape", "mase", "rmse", "smape"]


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
    y, f = _observed(y_true, y_pred)
    return _mean(np.abs(y - f))


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
    y, f = _observed(y_true, y_pred)
    return float(np.sqrt(_mean(np.square(y - f))))


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
    y, f = _observed(y_true, y_pred)
    return _mean(200.0 * _ratio(np.abs(y - f), np.abs(y) + np.abs(f)))


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
    y, f = _observed(y_true, y_pred)
    return _mean(100.0 * _ratio(np.abs(y - f), np.abs(y)))


def mase(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, season_length: int = 1) -> float:
    """Mean absolute scaled error: `mae` over the seasonal naive method's in-sample mean absolute error.

    The scale is the mean of ``|y[t] - y[t - season_length]|`` over the training data. From 0 (perfect) up,
    without a unit: below 1 is better than the seasonal naive method was, one season ahead, in training.

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
    train = np.asarray(y_train, dtype=np.float64)
    if season_length < 1:
        raise ValueError(f"`season_length` must be at least 1; got {season_length}.")
    if train.ndim != 1 or len(train) <= season_length:
        raise ValueError(
            f"`y_train` must be one-dimensional with at least {season_length + 1} observations for "
            f"season_length={season_length}; got shape {train.shape}."
        )
    change = np.abs(train[season_length:] - train[:-season_length])
    scale = _mean(change[~np.isnan(change)])
    return float(_ratio(mae(y_true, y_pred), scale))


def _observed(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, f = np.asarray(y_true, dtype=np.float64), np.asarray(y_pred, dtype=np.float64)
    if y.shape != f.shape:
        raise ValueError(
            f"`y_true` and `y_pred` must have the same shape; got {y.shape} and {f.shape}. "
            "They are compared by position: select the same points of both."
        )
    seen = ~np.isnan(y)
    return y[seen], f[seen]


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(error: Any, size: Any) -> np.ndarray:
    """Error relative to size: no error is 0 and any other error infinite where the size is 0."""
    error, size = np.asarray(error), np.asarray(size)
    at_zero = np.where(error > 0, np.inf, error)
    return np.divide(error, size, out=at_zero, where=size != 0)
