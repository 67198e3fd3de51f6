"""Scale and forecasts of the seasonal naive method, for many series and origins at once.

The series lie end to end in `values`. A pair of a series and an origin is given by the row at which its
series starts, and by how many observations it has up to the cutoff.
"""

import numpy as np

__all__ = ["repeat_seasons", "seasonal_scales"]


def seasonal_scales(
    values: np.ndarray, starts: np.ndarray, sizes: np.ndarray, season_length: int
) -> np.ndarray:
    """Return the mean absolute change over a season, up to each cutoff.

    Parameters
    ----------
    values : ndarray of shape (N,)
        NaN where nothing was observed.
    starts, sizes : ndarray of int, shape (n_pairs,)
    season_length : int

    Returns
    -------
    ndarray of shape (n_pairs,)
        As `tsrnn.metrics.point.seasonal_scale`; NaN where no two observations are a season apart.

    Examples
    --------
    >>> values = np.array([1.0, 3.0, 4.0, 7.0, 5.0, 5.0])
    >>> seasonal_scales(values, starts=np.array([0, 0, 4]), sizes=np.array([3, 4, 2]), season_length=1)
    array([1.5, 2. , 0. ])
    """
    changes = np.zeros(len(values) + 1)  # one more, at which the last range may end
    changes[season_length:-1] = np.abs(values[season_length:] - values[: max(len(values) - season_length, 0)])
    seen = ~np.isnan(changes)
    ends = starts + sizes
    ranges = np.column_stack([np.minimum(starts + season_length, ends), ends]).ravel()
    totals = np.add.reduceat(np.where(seen, changes, 0.0), ranges)[::2]
    counts = np.add.reduceat(seen.astype(np.int64), ranges)[::2]
    counts[sizes <= season_length] = 0  # reduceat gives an entry, not 0, for an empty range
    return np.divide(totals, counts, out=np.full(len(sizes), np.nan), where=counts > 0)


def repeat_seasons(
    values: np.ndarray, starts: np.ndarray, sizes: np.ndarray, season_length: int, steps: np.ndarray
) -> np.ndarray:
    """Forecast with the last season before each cutoff, which is repeated.

    Parameters
    ----------
    values : ndarray of shape (N,)
        NaN where nothing was observed. There, the last season is interpolated between the observations before
        the cutoff; before the first and after the last of them, that value is held.
    starts, sizes : ndarray of int, shape (n_pairs,)
    season_length : int
    steps : ndarray of int, shape (horizon,)
        Steps to forecast, counted from the cutoff; the first is 1.

    Returns
    -------
    ndarray of shape (n_pairs, horizon)
        NaN where nothing was observed before a cutoff.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, np.nan, 4.0, 9.0, 9.0])
    >>> repeat_seasons(values, np.array([0, 0]), np.array([4, 3]), season_length=2, steps=np.arange(1, 4))
    array([[3., 4., 3.],
           [2., 2., 2.]])
    """
    ends = (starts + sizes)[:, None]
    season = np.minimum(season_length, sizes)[:, None]
    rows = ends - season + (steps - 1) % season
    forecast = values[rows]
    pair, step = np.nonzero(np.isnan(forecast))
    if len(pair):
        forecast[pair, step] = _interpolate(values, rows[pair, step], starts[pair], ends[pair, 0])
    return forecast


def _interpolate(values: np.ndarray, rows: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return values at missing rows, on the line between the observed rows around, from `first` to `end`."""
    n, missing = len(values), np.isnan(values)
    numbers = np.arange(n)
    before = np.maximum.accumulate(np.where(missing, -1, numbers))[rows]
    after = np.minimum.accumulate(np.where(missing, n, numbers)[::-1])[::-1][rows]
    has_before, has_after = before >= first, after < end
    left = np.where(has_before, before, np.where(has_after, after, rows))
    right = np.where(has_after, after, left)
    width = np.maximum(right - left, 1)
    return (values[right] - values[left]) / width * (rows - left) + values[left]
