"""Treatment of missing values: refused, or interpolated."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import is_numeric, show_label
from tsrnn.timeseries.labels import Labels


def fill_gaps(
    values: np.ndarray,
    labels: Labels,
    missing: str,
    keys: Sequence[Hashable],
    columns: pd.Index | None,
) -> None:
    """Interpolate missing values of many series in place, or refuse them; infinite ones are always refused.

    Parameters
    ----------
    values : ndarray of shape (N, C)
        nan where missing.
    labels : Labels
    missing : {"error", "interpolate", "mask"}
        "error" refuses. Otherwise a straight line between observed neighbours, by order and not by distance
        in time; before the first and after the last observed value, that value is held.
    keys : sequence of hashable
        What errors call the series; None for a single one.
    columns : pandas.Index or None
        What errors call the channels.

    Raises
    ------
    ValueError
        For the first series, and its first channel, that cannot be filled.
    """
    if np.isfinite(values).all():
        return
    offsets = labels.offsets
    holes, infinite = np.isnan(values), np.isinf(values)
    n_holes = np.add.reduceat(holes, offsets[:-1], axis=0, dtype=np.int64)
    n_infinite = np.add.reduceat(infinite, offsets[:-1], axis=0, dtype=np.int64)
    empty = n_holes == np.diff(offsets)[:, None]
    bad = (n_infinite > 0) | empty | ((n_holes > 0) & (missing == "error"))
    if bad.any():
        s, c = divmod(int(bad.ravel().argmax()), values.shape[1])
        rows = slice(offsets[s], offsets[s + 1])
        where = "" if columns is None else f" in column {columns[c]!r}"
        where += "" if keys[s] is None else f" in series {keys[s]!r}"
        _refuse(holes[rows, c], infinite[rows, c], labels.of(s), where)
    for c in np.flatnonzero(holes.any(axis=0)):
        interpolate(values[:, c], holes[:, c], offsets)


def interpolate(values: np.ndarray, holes: np.ndarray, offsets: np.ndarray) -> None:
    """Fill one channel of all series, each of which has an observed value."""
    n, rows = len(values), np.flatnonzero(holes)
    numbers = np.arange(n)
    before = np.maximum.accumulate(np.where(holes, -1, numbers))[rows]
    after = np.minimum.accumulate(np.where(holes, n, numbers)[::-1])[::-1][rows]
    series = np.searchsorted(offsets, rows, side="right") - 1
    has_before, has_after = before >= offsets[series], after < offsets[series + 1]
    left, right = np.where(has_before, before, after), np.where(has_after, after, before)
    width = np.where(right > left, right - left, 1)
    slope = np.where(right > left, values[right] - values[left], 0.0) / width
    values[rows] = slope * (rows - left) + values[left]


def _refuse(holes: np.ndarray, infinite: np.ndarray, index: pd.Index, where: str) -> None:
    if infinite.any():
        count = _count(infinite, "infinite", index, where)
        raise ValueError(f'`y` has {count}. Replace them, or pass NaN there and missing="interpolate".')
    if holes.all():
        raise ValueError(f"`y` has no observed value{where}: all {len(holes)} are missing. Supply data.")
    count = _count(holes, "missing", index, where)
    raise ValueError(f'`y` has {count}. Fill them, or pass missing="interpolate".')


def _count(mask: np.ndarray, kind: str, index: pd.Index, where: str) -> str:
    number, label = int(mask.sum()), show_label(index[int(mask.argmax())])
    noun = "value" if number == 1 else "values"
    return f"{number} {kind} {noun}{where}, the first at {'index ' if is_numeric(index) else ''}{label}"
