"""Rows of series in a time zone by its wall clock, after which days and weeks repeat.

Models count rows. Where a zone changes its clock, hours are therefore put in that the clock skips, as missing
values, and hours that it repeats are left out; what is forecast for a time of the day is that of both.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import wraps
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.frequency import is_shorter_than_days
from tsrnn.timeseries.labels import Labels
from tsrnn.training.arrays import SeriesArrays, ragged_rows

_DAY = pd.Timedelta(days=1)


class Clock(NamedTuple):
    """Rows of series by the wall clock.

    Attributes
    ----------
    slots : ndarray of int64, shape (N,)
        Which row by the clock each row is, counted over all series.
    rows : ndarray of int64, shape (N',)
        Which row each row by the clock is; where there is none, the one before it.
    skipped : ndarray of bool, shape (N',)
        Where there is none.
    labels : Labels
        Of the rows by the clock, without a zone.
    """

    slots: np.ndarray
    rows: np.ndarray
    skipped: np.ndarray
    labels: Labels


def find_clock(labels: Labels) -> Clock | None:
    """Return the rows by the clock of evenly spaced series, where any of them meets a change of the clock.

    Examples
    --------
    >>> hours = pd.date_range("2024-03-31 00:00", periods=4, freq="h", tz="Europe/Berlin")
    >>> clock = find_clock(Labels(np.array([0, 4]), parts=[hours]))
    >>> clock.slots, clock.rows, [str(time.time()) for time in clock.labels.of(0)][:3]
    (array([0, 1, 3, 4]), array([0, 1, 1, 2, 3]), ['00:00:00', '01:00:00', '02:00:00'])
    """
    if not _may_change(labels.zone):
        return None
    flat, starts, lengths = labels.flat, labels.offsets[:-1], np.diff(labels.offsets)
    wall = flat.tz_localize(None)
    shift = wall.asi8 - flat.asi8
    step = _steps(labels)
    uneven = np.diff(flat.asi8, append=0) != np.repeat(step, lengths)
    uneven[labels.offsets[1:] - 1] = False
    changes = np.maximum.reduceat(shift, starts) != np.minimum.reduceat(shift, starts)
    changes &= (step > 0) & ~np.logical_or.reduceat(uneven, starts)
    if not changes.any():
        return None
    since = wall.asi8 - np.repeat(wall.asi8[starts], lengths)
    own = np.arange(len(flat)) - np.repeat(starts, lengths)
    slots = np.where(np.repeat(changes, lengths), since // np.repeat(np.maximum(step, 1), lengths), own)
    sizes = np.maximum.reduceat(slots, starts) + 1
    edges = np.concatenate([[0], np.cumsum(sizes)])
    slots += np.repeat(edges[:-1], lengths)
    rows = np.full(int(edges[-1]), -1)
    rows[slots[::-1]] = np.arange(len(flat))[::-1]  # of two, the first stays
    skipped = rows < 0
    times = wall.asi8[starts].repeat(sizes) + step.repeat(sizes) * ragged_rows(np.zeros_like(sizes), sizes)[0]
    names = pd.DatetimeIndex(times.view(f"M8[{flat.unit}]"), name=flat.name)
    if not changes.all():
        names = wall.take(rows).where(np.repeat(~changes, sizes), names)
    parts = [names[start:stop] for start, stop in pairwise(edges)] if labels.has_parts else None
    rows = np.maximum.accumulate(rows)
    return Clock(slots, rows, skipped, Labels(edges, None if parts else names, parts))


def clock_steps(labels: Labels, horizon: int) -> np.ndarray | None:
    """Return which step by the clock after its end each of the next labels is, (S, horizon), from 1 on.

    None where the clock does not change meanwhile.
    """
    if not _may_change(labels.zone):
        return None
    step, last = _steps(labels)[:, None], labels.last()
    future = labels.following(horizon).flat
    wall = future.tz_localize(None).asi8.reshape(len(labels), horizon)
    since = wall - last.tz_localize(None).asi8[:, None]
    steps = np.where(step > 0, since // np.maximum(step, 1), np.arange(1, horizon + 1))
    return None if (steps == np.arange(1, horizon + 1)).all() else np.maximum(steps, 1)


def by_clock(arrays: SeriesArrays, clock: Clock, ahead: np.ndarray | None) -> SeriesArrays:
    """Return series by the clock; `ahead` (S, h): the steps by the clock of the future covariates after them.

    A skipped value is missing, and half way between its neighbours.
    """
    rows, edges = clock.rows, clock.labels.offsets
    values, missing = arrays.values[rows], arrays.missing[rows]
    before, after = np.flatnonzero(clock.skipped) - 1, np.flatnonzero(clock.skipped) + 1
    missing[clock.skipped] = True
    values[clock.skipped] = (values[before] + values[after]) / 2
    arrays = arrays._replace(past=arrays.past[rows])
    if ahead is not None:
        arrays = _future_by_clock(arrays, clock, ahead)
    return arrays._replace(values=values, missing=missing, offsets=edges)


def _future_by_clock(arrays: SeriesArrays, clock: Clock, ahead: np.ndarray) -> SeriesArrays:
    """Return series whose future covariates are by the clock, those after each as many as any needs."""
    S, h = ahead.shape
    edges, n_ahead = clock.labels.offsets, np.diff(arrays.future_offsets) - arrays.lengths
    after = np.zeros((S, int(ahead.max()) if h else 0), np.int64)
    for step in reversed(range(h)):  # of two, the first stays
        after[np.arange(S), ahead[:, step] - 1] = step
    after = np.minimum(np.maximum.accumulate(after, axis=1), n_ahead[:, None] - 1)
    own = clock.rows - np.repeat(arrays.offsets[:-1], np.diff(edges))
    sizes = np.diff(edges) + np.where(n_ahead > 0, after.shape[1], 0)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    n_own = np.diff(edges)
    rows = np.empty(int(offsets[-1]), np.int64)
    rows[ragged_rows(offsets[:-1], n_own)[0]] = own
    later = (arrays.lengths[:, None] + after)[n_ahead > 0]
    rows[ragged_rows(offsets[:-1] + n_own, sizes - n_own)[0]] = later.ravel()
    rows += np.repeat(arrays.future_offsets[:-1], sizes)
    return arrays._replace(future=arrays.future[rows], future_offsets=offsets)


def _may_change(zone: tzinfo | None) -> bool:
    """Whether the clock of a time zone may change."""
    return zone is not None and zone.utcoffset(None) is None


def _steps(labels: Labels) -> np.ndarray:
    """Return the step of each series in units of its labels, 0 for those that do not divide the day."""
    unit, lengths = pd.Timedelta(1, unit=labels.flat.unit), []
    for step in labels.steps[0]:
        length = pd.Timedelta(step) if is_shorter_than_days(step) else _DAY
        lengths.append(length // unit if length < _DAY and _DAY // length * length == _DAY else 0)
    return np.array(lengths)[labels.steps[1]]


def by_the_clock(forecast: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Let a method ``forecast(self, panel, horizon, ...)``, of (S, horizon, ...), count rows by the clock."""

    @wraps(forecast)
    def forecast_by_the_clock(self: Any, panel: Any, horizon: int, *more: Any) -> np.ndarray:
        steps = clock_steps(panel.labels, horizon)
        if steps is None:
            return forecast(self, panel.on_clock, horizon, *more)
        found = forecast(self, panel.on_clock, int(steps.max()), *more)
        return found[np.arange(len(steps))[:, None], steps - 1]

    return forecast_by_the_clock
