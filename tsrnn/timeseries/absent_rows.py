"""Rows that a regular index leaves out: their values are missing."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas import offsets
from pandas.api import types

from tsrnn.timeseries.checks import show_label
from tsrnn.timeseries.formats import Parsed
from tsrnn.timeseries.frequency import is_shorter_than_days
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.sessions import Sessions
from tsrnn.training.arrays import ragged_rows
from tsrnn.validation import counted

_MOST = 10  # absent rows for each that is there, beyond which too much would be made up
_MOSTLY = 2 / 3  # of steps in a row; uneven readings have fewer
_ENOUGH_CYCLES = 3  # days or weeks that show what is closed in each
_DAY = pd.Timedelta(days=1)
_WORKING_DAYS = offsets.BusinessDay | offsets.CustomBusinessDay  # holidays are no gaps


def insert_absent_rows(parsed: Parsed, missing: str) -> Parsed:
    """Return series with a missing value at each step that their index leaves out.

    An index is regular if all its labels are whole steps apart, of whole numbers, of a fixed time or of
    calendar months, and two thirds of them a single one. Where it leaves out weekdays, or times that are
    closed each day or each week, such as the night between trading sessions, observations count instead.

    Parameters
    ----------
    parsed : Parsed
    missing : {"error", "interpolate", "mask"}
        "error" refuses series with absent rows.

    Raises
    ------
    ValueError
        Under "error", or if a series lacks most rows.

    Examples
    --------
    >>> from tsrnn.timeseries.formats import parse
    >>> numbers = pd.Series([3.0, 4.0, 5.0, 6.0], [0, 1, 2, 4])
    >>> insert_absent_rows(parse(numbers, ("", "", "")), "mask").values.ravel()
    array([ 3.,  4.,  5., nan,  6.])
    """
    labels = parsed.labels
    if np.diff(labels.offsets).max() < 3 or _is_even(labels) or labels.flat.dtype == object:
        return parsed
    gaps = _gaps(labels)
    if not gaps.any():
        return parsed
    _check(parsed, gaps, missing)
    places = np.arange(len(gaps)) + np.cumsum(gaps) - gaps
    values = np.full((len(gaps) + int(gaps.sum()), parsed.values.shape[1]), np.nan)
    values[places] = parsed.values
    return parsed._replace(values=values, labels=_insert(labels, gaps, places))


def _is_even(labels: Labels) -> bool:
    """Whether no row is absent, as far as a glance shows."""
    if not labels.has_parts:
        return _has_one_step(labels.flat, labels.offsets)
    return all(
        index.freq is not None
        if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) and len(index)
        else isinstance(index, pd.RangeIndex) or _has_one_step(index, np.array([0, len(index)]))
        for index in map(labels.of, range(len(labels)))
    )


def _has_one_step(flat: pd.Index, offsets: np.ndarray) -> bool:
    if types.is_float_dtype(flat.dtype):
        return True
    steps = np.delete(np.diff(_numbers(flat)), offsets[1:-1] - 1)
    return len(steps) == 0 or bool((steps == steps[0]).all())


def _numbers(index: pd.Index) -> np.ndarray:
    """Return labels as whole numbers."""
    return index.to_numpy(np.int64) if types.is_numeric_dtype(index.dtype) else index.asi8


def _gaps(labels: Labels) -> np.ndarray:
    """Return how many rows are absent after each, (N,)."""
    lengths = np.diff(labels.offsets)
    gaps = np.zeros(len(labels.flat), np.int64)
    table, number = labels.steps
    for k, step in enumerate(table):
        series = np.flatnonzero((number == k) & (lengths > 1))
        if len(series):
            rows, own = ragged_rows(labels.offsets[series], lengths[series])
            gaps[rows] = _gaps_between(labels.flat.take(rows), own, step)
    return gaps


def _gaps_between(flat: pd.Index, own: np.ndarray, step: Any) -> np.ndarray:
    """Return how many rows are absent after each, of series end to end that have the same step."""
    axis = _axis(flat, step)
    if axis is None:
        return np.zeros(len(flat), np.int64)
    steps = np.append(np.diff(axis.numbers), axis.length)
    steps[own[1:] - 1] = axis.length  # none is absent after the end
    if (steps == axis.length).all():
        return np.zeros(len(flat), np.int64)
    is_whole = (steps > 0) & (steps % axis.length == 0) & axis.is_on
    is_regular = np.logical_and.reduceat(is_whole, own[:-1])
    is_regular &= np.add.reduceat(steps == axis.length, own[:-1]) - 1 >= _MOSTLY * (np.diff(own) - 1)
    is_regular = np.repeat(is_regular, np.diff(own))
    gaps = np.where(is_regular, steps // axis.length - 1, 0)
    n_daily = _DAY // pd.Timedelta(step) if is_shorter_than_days(step) else 0
    if n_daily and n_daily * pd.Timedelta(step) == _DAY and gaps.any():
        for cycle in (n_daily, 7 * n_daily):
            closed = _has_closed_times(np.cumsum(gaps + 1) - gaps, own, cycle)
            gaps[np.repeat(closed, np.diff(own))] = 0
    return gaps


class _Axis(NamedTuple):
    """Labels as whole numbers, a step being `length` of them; which are on the steps; and the way back."""

    numbers: np.ndarray
    length: int
    is_on: np.ndarray
    restore: Callable[[np.ndarray], pd.Index]


def _axis(flat: pd.Index, step: Any) -> _Axis | None:
    """Return the axis that labels lie on; None where observations count."""
    if isinstance(step, _WORKING_DAYS | Sessions | float):
        return None
    everywhere = np.ones(len(flat), bool)
    if isinstance(step, int):
        return _Axis(_numbers(flat), step, everywhere, lambda n: pd.Index(n, dtype=flat.dtype))
    if isinstance(flat, pd.PeriodIndex):
        if step.base != flat.freq.base:
            return None
        ordinals, freq = flat.asi8, flat.freq
        return _Axis(ordinals, step.n, everywhere, lambda n: pd.PeriodIndex.from_ordinals(n, freq=freq))
    if isinstance(flat, pd.TimedeltaIndex):
        length = pd.Timedelta(step) // pd.Timedelta(1, unit=flat.unit)
        return _Axis(flat.asi8, length, everywhere, lambda n: pd.TimedeltaIndex(n.view(f"m8[{flat.unit}]")))
    clock = flat.tz_convert("UTC") if flat.tz is not None and is_shorter_than_days(step) else flat
    wall = clock.tz_localize(None)
    if isinstance(step, offsets.Tick | offsets.Day):
        length = pd.Timedelta(step) // pd.Timedelta(1, unit=flat.unit)
        dtype = f"M8[{flat.unit}]"
        return _Axis(wall.asi8, length, everywhere, lambda n: _in_zone(n.view(dtype), clock, flat))
    calendar = pd.date_range(wall.min(), wall.max(), freq=step, unit=wall.unit)
    places = calendar.get_indexer(wall)
    return _Axis(places, 1, places >= 0, lambda n: _in_zone(calendar[n], clock, flat))


def _in_zone(wall: Any, clock: pd.DatetimeIndex, flat: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return times of a clock in the zone of labels; the first of two, the next where there is none."""
    first = np.ones(len(wall), bool)
    times = pd.DatetimeIndex(wall).tz_localize(clock.tz, ambiguous=first, nonexistent="shift_forward")
    return times if clock is flat else times.tz_convert(flat.tz)


def _has_closed_times(place: np.ndarray, own: np.ndarray, cycle: int) -> np.ndarray:
    """Return which series have labels at some times of a cycle again and again, and never at others."""
    lengths, firsts = np.diff(own), own[:-1]
    place = place - np.repeat(place[firsts], lengths)
    series = np.repeat(np.arange(len(lengths)), lengths)
    n_open = np.bincount(np.unique(series * cycle + place % cycle) // cycle, minlength=len(lengths))
    return (n_open < cycle) & (lengths >= _ENOUGH_CYCLES * n_open)


def _check(parsed: Parsed, gaps: np.ndarray, missing: str) -> None:
    """Refuse absent rows: all, or those of a series that lacks most."""
    edges, lengths = parsed.labels.offsets, np.diff(parsed.labels.offsets)
    n_absent = np.add.reduceat(gaps, edges[:-1])
    refused = np.flatnonzero(n_absent > (0 if missing == "error" else _MOST * lengths))
    if not len(refused):
        return
    s = int(refused[0])
    own, index = gaps[edges[s] : edges[s + 1]], parsed.labels.of(s)
    where = "" if parsed.keys[s] is None else f" in series {parsed.keys[s]!r}"
    where += f", and others in {len(refused) - 1:,} more" if len(refused) > 1 else ""
    what = f"`y` has no rows for {n_absent[s]:,} of the {n_absent[s] + lengths[s]:,} steps of its index"
    if missing == "error":
        raise ValueError(
            f"{what}{where}; the first is missing after {show_label(index[int((own > 0).argmax())])}. Pass "
            'missing="interpolate" or "mask", or add them, with zeros where nothing happened.'
        )
    raise ValueError(
        f"{what}{where}, {counted(own.max(), 'step')} after {show_label(index[int(own.argmax())])} alone, "
        "which is too many to fill in. Pass what comes later, or number the rows: y.reset_index(drop=True)."
    )


def _insert(labels: Labels, gaps: np.ndarray, places: np.ndarray) -> Labels:
    """Return the labels with those of the absent rows."""
    edges = labels.offsets + np.concatenate([[0], np.cumsum(gaps)])[labels.offsets]
    rows = np.flatnonzero(gaps)
    number = labels.steps[1][np.searchsorted(labels.offsets, rows, side="right") - 1]
    flat, order = labels.flat, [places]
    for k in np.unique(number).tolist():
        own = rows[number == k]
        flat = flat.append(_labels_after(labels.flat, own, gaps[own], labels.steps[0][k]))
        order.append(ragged_rows(places[own] + 1, gaps[own])[0])
    flat = flat.take(np.argsort(np.concatenate(order))).rename(labels.flat.name)
    if not labels.has_parts:
        return Labels(edges, flat)
    parts = [
        flat[edges[s] : edges[s + 1]].rename(index.name) if edges[s + 1] - edges[s] > len(index) else index
        for s, index in enumerate(map(labels.of, range(len(labels))))
    ]
    return Labels(edges, parts=parts)


def _labels_after(flat: pd.Index, rows: np.ndarray, counts: np.ndarray, step: Any) -> pd.Index:
    """Return the labels of so many steps after each of some rows, which the next row follows."""
    axis = _axis(flat.take(np.concatenate([rows, rows + 1])), step)
    assert axis is not None
    steps, _ = ragged_rows(np.ones_like(rows), counts)
    return axis.restore(np.repeat(axis.numbers[: len(rows)], counts) + axis.length * steps)
