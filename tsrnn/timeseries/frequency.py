"""Frequency of an index, of one series or of many at once, and the seasons that it suggests."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from pandas import offsets
from pandas.api import types

from tsrnn.timeseries.sessions import RECENT_WEEKS, Sessions

_RECENT = 2000  # labels that tell the step: eight years of trading days
_WEEKDAYS = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
_MINUTE, _DAY, _WEEK = pd.Timedelta(minutes=1), pd.Timedelta(days=1), pd.Timedelta(weeks=1)
_MONTH = pd.Timedelta(days=365.25) / 12
_HALF_MONTH = pd.Timedelta(days=10), pd.Timedelta(days=20)
_TIMES = pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex


def natural_season(index: pd.Index) -> int:
    """Return the number of observations in the season that an index suggests.

    ==========  ======  ==========  ======
    Step        Season  Step        Season
    ==========  ======  ==========  ======
    1 minute      1440  1 day            7
    5 minutes      288  1 week          52
    10 minutes     144  2 weeks         26
    15 minutes      96  1 month         12
    30 minutes      48  2 months         6
    1 hour          24  1 quarter        4
    2 hours         12  6 months         2
    ==========  ======  ==========  ======

    Any step from a minute up that divides the day has as many as fit. Everything else has none, which is 1:
    years, working days (five trading days are no season for prices), seconds and faster, numbers, and a
    single time without a frequency. Trading sessions have as many as there are labels in a day. The step is
    the one that `continue_index` takes.

    Parameters
    ----------
    index : pandas.Index, not empty
        Strictly increasing labels of a kind that `tsrnn.timeseries.reading.read_panel` accepts.

    Returns
    -------
    int
        Observations a season, 1 when there is none.

    Examples
    --------
    >>> natural_season(pd.period_range("1949-01", periods=144, freq="M"))
    12
    """
    return (*natural_seasons(index), 1)[0]


def natural_seasons(index: pd.Index) -> tuple[int, ...]:
    """Return the observations in each season that an index suggests: of less than a day, the week's, too.

    Examples
    --------
    >>> natural_seasons(pd.date_range("2024-01-01", periods=48, freq="h"))
    (24, 168)
    >>> natural_seasons(pd.RangeIndex(9))
    ()
    """
    if not isinstance(index, _TIMES) or (len(index) == 1 and index.freq is None):
        return ()
    return seasons_of_step(_offset(index))


def seasons_of_step(offset: Any) -> tuple[int, ...]:
    """Return the steps in each season that a step from label to label suggests, as `natural_seasons` does."""
    if isinstance(offset, Sessions):
        return offset.seasons
    step = None if isinstance(offset, int | float) else _even_step(offset)
    season = 1 if step is None else _season(step)
    if step is None or season == 1:
        return ()
    return (season, 7 * season) if step < _DAY and season * step == _DAY else (season,)


def _season(step: pd.Timedelta) -> int:
    if step < _MINUTE:
        return 1
    if step < _WEEK:
        return _times_in(_DAY if step < _DAY else _WEEK, step)
    months = round(step / _MONTH)
    if months and abs(step - months * _MONTH) < 2 * _DAY:
        return _times_in(12, months)
    return _times_in(52, step // _WEEK) if step == step // _WEEK * _WEEK else 1


def _times_in(cycle: Any, step: Any) -> int:
    return cycle // step if cycle // step * step == cycle else 1


def is_shorter_than_days(step: Any) -> bool:
    """Whether a step is of hours or less: the same time on any clock, which days are not.

    Examples
    --------
    >>> is_shorter_than_days(pd.offsets.Hour(48)), is_shorter_than_days(pd.offsets.Day(2))
    (True, False)
    """
    return isinstance(step, offsets.Tick) and not isinstance(step, offsets.Day)


@cache  # pandas takes a millisecond, and thousands of series have the same
def _even_step(offset: Any) -> pd.Timedelta | None:
    """Mean length of an offset's step; None where lengths differ much, as over weekends."""
    if isinstance(offset, offsets.Tick):
        return pd.Timedelta(offset)
    labels = pd.date_range("2001-01-01", periods=14, freq=offset, unit="s")[1:]
    steps = labels[1:] - labels[:-1]
    return steps.mean() if steps.max() < 2 * steps.min() else None


def _median_step(labels: pd.Index) -> Any:
    """Lower median of the steps: always one that occurs."""
    return (labels[1:] - labels[:-1]).sort_values()[(len(labels) - 2) // 2]


def find_step(index: pd.Index) -> Any:
    """Return the step from label to label: an offset for times and periods, else a number."""
    times = isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex)
    return _offset(index) if times else _number_step(index)


def _offset(index: pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex) -> Any:
    """Offset from label to label: the index's own, else the one its recent labels tell."""
    recent = index[-_RECENT:]
    if isinstance(recent, pd.PeriodIndex):
        return _period_offset(recent)
    if index.freq is not None:
        return index.freq
    if len(index) == 1:
        raise ValueError(
            "The index of `y` is a single time without a frequency; the next one is unknown. "
            f'Supply more data or set a frequency: y.index = pd.{type(index).__name__}(y.index, freq="D").'
        )
    if isinstance(recent, pd.TimedeltaIndex):
        return pd.tseries.frequencies.to_offset(_median_step(recent))
    found = pd.DatetimeIndex(recent, freq="infer").freq
    if isinstance(found, offsets.WeekOfMonth) and not all(map(found.is_on_offset, recent)):
        found = None  # it is the last week, which pandas takes for the fourth
    return found or _uneven_offset(recent, index)


def _period_offset(index: pd.PeriodIndex) -> Any:
    base = index.freq.base
    step = int(_median_step(pd.Index(index.asi8))) if len(index) > 1 else index.freq.n
    return _daily_offset(index.to_timestamp()) if step * base == offsets.Day() else step * base


def _uneven_offset(index: pd.DatetimeIndex, whole: pd.DatetimeIndex) -> Any:
    wall = index.tz_localize(None)
    step = _median_step(wall)
    if step < _DAY and (sessions := Sessions.find(whole.tz_localize(None))) is not None:
        return sessions
    if step == _DAY:
        return _daily_offset(wall)
    months = int(_median_step(12 * wall.year + wall.month))
    found = _half_month_offset(wall) if _HALF_MONTH[0] < step < _HALF_MONTH[1] else None
    if found is None and months > 0:
        found = _month_offset(wall, months)
    if found is not None:
        return found
    if step == _WEEK and wall.day_of_week.min() != wall.day_of_week.max():  # moved by holidays
        return offsets.Week(weekday=int(np.bincount(wall.day_of_week).argmax()))
    if step >= _DAY and step == step // _DAY * _DAY:
        return offsets.Day(step // _DAY)
    return pd.tseries.frequencies.to_offset(_median_step(index))


def _month_offset(wall: pd.DatetimeIndex, months: int) -> Any:
    """Return the place in the month that all labels have, every so many months; None if there is none."""
    first, last = wall.day - 1, wall.days_in_month - wall.day
    weekday = int(wall.day_of_week[0])
    if (first == 0).all():
        return offsets.MonthBegin(months)
    if (last == 0).all():
        return offsets.MonthEnd(months)
    for found in (offsets.BusinessMonthEnd(months), offsets.BusinessMonthBegin(months)):
        if all(map(found.is_on_offset, wall)):
            return found
    if (wall.day_of_week == weekday).all():
        if (first // 7).min() == (first // 7).max():
            return offsets.WeekOfMonth(months, week=int(first[0] // 7), weekday=weekday)
        if (last < 7).all():
            return offsets.LastWeekOfMonth(months, weekday=weekday)
    day = int(wall.day.max())
    if (wall.day == np.minimum(day, wall.days_in_month)).all():
        return offsets.DateOffset(months=months, **({"day": day} if day > 28 else {}))
    return None


def _half_month_offset(wall: pd.DatetimeIndex) -> Any:
    """Return the days that labels have twice a month, the first or the last of it and another; else None."""
    for found, edge in (
        (offsets.SemiMonthBegin, wall.day == 1),
        (offsets.SemiMonthEnd, wall.day == wall.days_in_month),
    ):
        days = np.unique(wall.day[~edge])
        if edge.any() and len(days) == 1 and 7 <= days[0] <= 27:
            return found(day_of_month=int(days[0]))
    return None


def _daily_offset(wall: pd.DatetimeIndex) -> Any:
    """Offset of daily steps, over the weekdays that are left out."""
    counts = np.bincount(wall.day_of_week, minlength=7)
    worked = counts > counts.max() / 20
    if len(wall) < 30:  # a weekday may be absent by chance
        worked = np.repeat([True, counts[5:].any()], [5, 2])
    if worked.all() or wall[-1] - wall[0] == (len(wall) - 1) * _DAY:
        return offsets.Day()
    if worked[:5].all() and not worked[5:].any():
        return offsets.BusinessDay()
    return offsets.CustomBusinessDay(weekmask=" ".join(_WEEKDAYS[worked]))


def _whole_step(index: pd.Index) -> Any:
    """Return the step that an index keeps without exception, or None; floats keep none, by rounding."""
    if len(index) < 3 or types.is_float_dtype(index.dtype):
        return None
    if isinstance(index, pd.DatetimeIndex):
        return pd.DatetimeIndex(index, freq="infer").freq
    steps = np.diff(index.asi8 if isinstance(index, pd.PeriodIndex) else index.to_numpy())
    return find_step(index) if (steps == steps[0]).all() else None


def _gappy_days(index: pd.DatetimeIndex | pd.PeriodIndex) -> Any:
    recent = index[-_RECENT:]
    return _daily_offset(
        recent.to_timestamp() if isinstance(recent, pd.PeriodIndex) else recent.tz_localize(None)
    )


def number_at(index: pd.Index, position: int) -> float | int:
    """Return a label as a number of Python."""
    return (float if types.is_float_dtype(index.dtype) else int)(index[position])


def _number_step(index: pd.Index) -> float | int:
    if len(index) == 1:
        return 1
    first, last = number_at(index, 0), number_at(index, -1)
    step = type(last)(_median_step(index[-_RECENT:]))
    if isinstance(step, float):
        mean = (last - first) / (len(index) - 1)
        rounding = 4 * np.spacing(np.abs(index[[0, -1]].to_numpy()).max())
        step = mean if abs(mean - step) <= rounding else step
    return step


def find_steps(flat: pd.Index, ends: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Return the different steps of many series, whose labels lie end to end, and the number of each one's.

    What the labels of a series leave open those of the others tell: where all labels together are evenly
    spaced, a series that mostly follows them has their step, even one of a single label.

    Parameters
    ----------
    flat : pandas.Index, length N
        Strictly increasing within each series.
    ends : ndarray of int64, shape (S + 1,)
        Series s has labels ``ends[s]`` to ``ends[s + 1] - 1``.

    Returns
    -------
    list
        Offsets of times and periods, else numbers. None for a single label of a lonely series.
    ndarray of int64, shape (S,)
    """
    if len(ends) == 2:
        return [find_step(flat)], np.zeros(1, np.int64)
    codes, union = pd.factorize(flat)
    union = pd.Index(union)
    order = union.argsort()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    table: list[Any] = []
    number = np.full(len(ends) - 1, -1)
    step, steps = _whole_step(union.take(order)), np.diff(ends) - 1
    if step is not None:
        follows = np.concatenate([[0], np.cumsum(np.diff(rank[codes]) == 1)])
        n_follow = follows[ends[1:] - 1] - follows[ends[:-1]]
        usual = 2 * n_follow >= steps
        is_daily = isinstance(step, offsets.Day | offsets.BusinessDay)
        gappy = usual & (n_follow < steps) & is_daily  # gaps may be weekends
        number[usual & ~gappy] = 0
        table.append(step)
        _find_each(flat, ends, table, number, gappy, _gappy_days)
    _find_even_steps(flat, ends, table, number)
    _find_each(flat, ends, table, number, (number < 0) & (steps > 0), find_step)
    if (single := number < 0).any():
        usual = Counter(number[~single].tolist()).most_common(1)
        number[single] = usual[0][0] if usual else len(table)
        if not usual:
            s = int(single.argmax())
            table.append(find_step(flat[ends[s] : ends[s + 1]]))
    return table, number


def _find_even_steps(flat: pd.Index, ends: np.ndarray, table: list[Any], number: np.ndarray) -> None:
    """Find the steps of all series with three labels or more that are evenly spaced."""
    is_time = isinstance(flat, pd.DatetimeIndex) and flat.tz is None
    if not is_time and not types.is_integer_dtype(flat.dtype):
        return
    steps = np.diff(flat.asi8 if is_time else flat.to_numpy(np.int64), append=0)
    steps[ends[1:] - 1] = steps[ends[:-1]]  # of no account
    low, high = np.minimum.reduceat(steps, ends[:-1]), np.maximum.reduceat(steps, ends[:-1])
    even = (number < 0) & (low == high) & (np.diff(ends) > 2)
    kinds = 7 * low
    if is_time:
        day = int(_DAY / pd.Timedelta(1, unit=flat.unit))
        even &= low < 28 * day  # longer steps may be months, of like length by chance
        weeks = low % (7 * day) == 0  # which are those of a weekday
        kinds[weeks] += flat.take(ends[:-1][weeks]).day_of_week
    for kind in np.unique(kinds[even]).tolist():
        own = np.flatnonzero(even & (kinds == kind))
        number[own] = len(table)
        table.append(find_step(flat[ends[own[0]] : ends[own[0] + 1]]))


def _find_each(
    flat: pd.Index,
    ends: np.ndarray,
    table: list[Any],
    number: np.ndarray,
    which: np.ndarray,
    find: Callable[[pd.Index], Any],
) -> None:
    """Find the steps of some series one by one, but once for those with the same labels."""
    known: dict[bytes, int] = {}
    for s in np.flatnonzero(which).tolist():
        index = flat[ends[s] : ends[s + 1]]
        recent = index[-RECENT_WEEKS:]
        key = (recent.asi8 if isinstance(recent, _TIMES) else recent.to_numpy()).tobytes()
        if key not in known:
            known[key] = len(table)
            table.append(find(index))
        number[s] = known[key]
