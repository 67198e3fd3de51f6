"""Detection of seasons that the index suggests and the values show."""

from typing import Any

import numpy as np

from tsrnn.timeseries.frequency import natural_season, natural_seasons
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.panel import Series
from tsrnn.training.arrays import ragged_rows
from tsrnn.training.channels import Seasons
from tsrnn.training.seasons import seasonal_test, show_season, subtract_seasons
from tsrnn.validation import check_positive_integer

_LATEST = 1_000_000  # values that tell whether there is a season


def find_season(series: Series, season_length: Any) -> int:
    """Return the steps in a season, 1 for none; "auto" follows the index only where the data agree."""
    if season_length is None:
        return 1
    if season_length != "auto":
        return check_positive_integer("season_length", season_length, 'steps, "auto" or None')
    season = natural_season(series.index)
    return season if seasonal_test(series.values[-_LATEST:], season) else 1


def find_seasons(series: Series, season_length: Any) -> tuple[int, ...]:
    """Return the steps in each season of one series, as `find_all_seasons` does."""
    offsets = np.array([0, len(series.values)])
    suggested = ((natural_seasons(series.index),), np.zeros(1, np.int64))
    sets, number = _find(np.asarray(series.values, np.float64), offsets, suggested, season_length)
    return sets[number[0]]


def find_all_seasons(
    values: np.ndarray, offsets: np.ndarray, labels: Labels, season_length: Any, n_threads: int = 1
) -> Seasons:
    """Return the steps in each season of each channel of many series.

    Parameters
    ----------
    values : ndarray of shape (N,)
        Channels end to end, those of a series one after the other.
    offsets : ndarray of int64, shape (K + 1,)
    labels : Labels
        Of the series.
    season_length : "auto", None, int or sequence of int
        "auto" takes what the index suggests if the values show it, and looks for a longer season in what is
        left without the shorter.
    n_threads : int, default 1
    """
    if isinstance(season_length, str) and season_length == "auto":
        sets, number = labels.seasons
        number = number.repeat((len(offsets) - 1) // max(len(labels), 1))
        suggested = (sets, number)
    else:
        suggested = (((),), np.zeros(len(offsets) - 1, np.int64))
    return Seasons(*_find(values, offsets, suggested, season_length, n_threads))


def _find(
    values: np.ndarray,
    offsets: np.ndarray,
    suggested: tuple[tuple[tuple[int, ...], ...], np.ndarray],
    season_length: Any,
    n_threads: int = 1,
) -> tuple[tuple[tuple[int, ...], ...], np.ndarray]:
    if np.ndim(season_length) == 1:
        each = {check_positive_integer("season_length", m, "steps", 2) for m in season_length}
        return (tuple(sorted(each)),), np.zeros(len(offsets) - 1, np.int64)
    if season_length is None:
        return ((),), np.zeros(len(offsets) - 1, np.int64)
    if season_length != "auto":
        m = check_positive_integer("season_length", season_length, 'steps, "auto" or None')
        return ((m,) if m > 1 else (),), np.zeros(len(offsets) - 1, np.int64)
    return _find_shown(values, offsets, *suggested, n_threads)


def _find_shown(
    values: np.ndarray,
    offsets: np.ndarray,
    sets: tuple[tuple[int, ...], ...],
    number: np.ndarray,
    n_threads: int,
) -> tuple[tuple[tuple[int, ...], ...], np.ndarray]:
    """Return which of the suggested seasons the values show: the first ones of each set."""
    if np.diff(offsets).max() > _LATEST:
        sizes = np.minimum(np.diff(offsets), _LATEST)
        rows, shorter = ragged_rows(offsets[1:] - sizes, sizes)
        values, offsets = values[rows], shorter
    values = np.asarray(values, np.float64)
    found: list[tuple[int, ...]] = [()]
    shown = np.zeros(len(number), np.int64)
    for k, suggested in enumerate(sets):
        rest, which = values, np.flatnonzero(number == k)
        for n, m in enumerate(suggested, 1):
            if n > 1 and len(which):
                rest, _, _ = subtract_seasons(rest, offsets, which, suggested[n - 2], n_threads)
            which = which[show_season(rest, offsets, which, m, n_threads)]
            shown[which] = len(found)
            found.append(suggested[:n])
    return tuple(found), shown
