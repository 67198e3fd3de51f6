"""Levels and scales of many series end to end, and of covariates."""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np

from tsrnn.kernels.series.scales import mean_and_deviation
from tsrnn.network.threads import share_out
from tsrnn.training.arrays import ragged_rows

_MOST_VALUES = 1_000_000  # that tell a level and a scale


def levels_and_scales(
    values: np.ndarray, offsets: np.ndarray, *, skipped: int = 0, robust: bool = False, n_threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return what to subtract from each of many series and what to divide it by, (S,) each.

    Mean and standard deviation; or median and interquartile range / 1.349, which for normal data is the
    standard deviation too. The scale of a constant series is 0. The first `skipped` values of each do not
    count; of more than a million others, evenly spaced ones do.
    """
    S = len(offsets) - 1
    levels, scales = np.empty(S), np.empty(S)
    if robust:
        low, levels, high = _quartiles(values, offsets, skipped)
        scales = (high - low) / 1.349
        # What is below the rounding noise of the level means nothing.
        return levels, np.where(scales > 1e-12 * np.abs(levels), scales, 0.0)

    def work(first: int, last: int) -> None:
        mean_and_deviation(values, offsets, first, last, skipped, _MOST_VALUES, levels, scales)

    share_out(work, np.diff(offsets), n_threads)
    return levels, scales


def _quartiles(values: np.ndarray, offsets: np.ndarray, skipped: int) -> Iterator[np.ndarray]:
    """Return the quartiles of each series, interpolated linearly."""
    lengths = np.diff(offsets) - skipped
    steps = np.maximum(-(-lengths // _MOST_VALUES), 1)
    lengths = -(-lengths // steps)
    numbers, _ = ragged_rows(np.zeros_like(lengths), lengths)
    known = values[np.repeat(offsets[:-1] + skipped, lengths) + numbers * steps.repeat(lengths)]
    known = known.astype(np.float64)
    whose = np.repeat(np.arange(len(lengths)), lengths)
    ordered = known[np.lexsort((known, whose))]
    firsts = np.cumsum(lengths) - lengths
    for share in (0.25, 0.5, 0.75):
        place = share * (lengths - 1)
        below = np.floor(place).astype(np.int64)
        low = ordered[firsts + below]
        high = ordered[firsts + np.minimum(below + 1, lengths - 1)]
        yield low + (high - low) * (place - below)


def level_and_scale(values: np.ndarray, *, robust: bool = False) -> tuple[float, float]:
    """Return the level and the scale of one series, as `levels_and_scales` does.

    Examples
    --------
    >>> level_and_scale(np.array([1.0, 3.0]))
    (2.0, 1.0)
    """
    level, scale = levels_and_scales(values, np.array([0, len(values)]), robust=robust)
    return float(level[0]), float(scale[0])


def root_mean_square(values: np.ndarray) -> float:
    """Return the root of the mean square, without overflow or underflow on the way."""
    largest = np.abs(values).max()
    return float(largest * np.sqrt(np.mean((values / largest) ** 2))) if largest > 0 else 0.0


class Standard(NamedTuple):
    """How covariates are brought to zero mean and unit variance, over all series together.

    Attributes
    ----------
    mean, size : ndarray of shape (k,)
        Columns that never change have the size inf, and are 0 whatever comes later.
    gaps : ndarray of bool, shape (k,)
        Columns that had gaps: they come with their age.

    Examples
    --------
    >>> standard = Standard.of(np.array([[1.0], [np.nan], [3.0]]))
    >>> standard.apply(np.array([[5.0], [np.nan], [np.nan]])).round(2)
    array([[3.  , 0.  ],
           [3.  , 0.69],
           [3.  , 1.1 ]])
    """

    mean: np.ndarray = np.empty(0)
    size: np.ndarray = np.empty(0)
    gaps: np.ndarray = np.empty(0, bool)

    @classmethod
    def of(cls, rows: np.ndarray) -> Self:
        """Fit to the covariates (n, k) of all series."""
        if rows.shape[1] == 0:
            return cls()
        gaps = np.isnan(rows)
        n_seen = np.maximum((~gaps).sum(axis=0), 1)
        mean = np.nansum(rows, axis=0) / n_seen
        size = np.sqrt(np.nansum((rows - mean) ** 2, axis=0) / n_seen)
        return cls(mean, np.where(size > 1e-12 * np.abs(mean), size, np.inf), gaps.any(axis=0))

    @property
    def n_columns(self) -> int:
        """Inputs they come to."""
        return len(self.mean) + int(self.gaps.sum())

    def apply(self, table: np.ndarray, offsets: np.ndarray | None = None) -> np.ndarray:
        """Return covariates (n, k) of one series, or of several end to end, as inputs (n, n_columns)."""
        held, ages = hold((table - self.mean) / self.size, offsets)
        return np.concatenate([held, ages[:, self.gaps]], axis=1)


def hold(table: np.ndarray, offsets: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Carry the last value of each column over gaps, and return how old it is.

    Parameters
    ----------
    table : ndarray of shape (n, k)
        nan where nothing was observed.
    offsets : ndarray of int64, shape (S + 1,), optional
        Where series begin and end; by default there is one.

    Returns
    -------
    held : ndarray of shape (n, k)
        0 before the first value.
    age : ndarray of shape (n, k)
        log(1 + steps since the last value).

    Examples
    --------
    >>> held, age = hold(np.array([[np.nan], [2.0], [np.nan]]))
    >>> held.ravel(), np.expm1(age).round().ravel()
    (array([0., 2., 2.]), array([1., 0., 1.]))
    """
    gaps = np.isnan(table)
    if not gaps.any():
        return table, np.zeros_like(table)
    rows = np.arange(len(table))[:, None]
    begins = np.zeros((1, 1), int) if offsets is None else np.repeat(offsets[:-1], np.diff(offsets))[:, None]
    last = np.maximum.accumulate(np.where(gaps, -1, rows), axis=0)
    last = np.where(last < begins, begins - 1, last)
    held = np.where(last < begins, 0.0, np.take_along_axis(table, np.maximum(last, 0), axis=0))
    return held, np.log1p(rows - last)
