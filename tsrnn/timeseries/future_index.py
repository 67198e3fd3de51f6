"""The index of a series: the labels that follow it, and the season it suggests."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from pandas import offsets
from pandas.api import types

_RECENT = 2000  # labels that tell the step: eight years of trading days
_WEEKDAYS = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
_MINUTE, _DAY, _WEEK = pd.Timedelta(minutes=1), pd.Timedelta(days=1), pd.Timedelta(weeks=1)
_MONTH = pd.Timedelta(days=365.25) / 12


def continue_index(index: pd.Index, horizon: int) -> pd.Index:
    """Return the labels that follow an index.

    Times continue by the index's frequency. Where it has none, the last 2,000 labels tell, in this order:
    a frequency kept without exception; working days, if the usual step is a day and weekends are left out
    (from 30 labels on, any weekday that is left out, rare special sessions aside); the same place in the
    month; the median step. Gaps in the past are left alone and no holidays are foreseen.

    In a time zone, steps below a day are absolute; longer ones follow the wall clock, so that midnight stays
    midnight. A time that the clock change skips moves on to the next that exists, one that occurs twice is
    the first, and in both cases the result has no frequency.

    Periods, numbers and time differences continue by their median step, but evenly spaced floats (seconds of
    audio) by the mean step of the whole index, which is exact to rounding.

    Parameters
    ----------
    index : pandas.Index, not empty
        Strictly increasing labels of a kind that `tsrnn.timeseries.series.read_series` accepts.
    horizon : int
        Number of labels, at least 1.

    Returns
    -------
    pandas.Index, length `horizon`
        Of the same kind, dtype, resolution, zone and name, with the frequency that made it.

    Raises
    ------
    ValueError
        If a single time without a frequency leaves the next one unknown.

    Examples
    --------
    >>> friday = pd.date_range("2024-05-31", periods=1, freq="B")
    >>> [str(day.date()) for day in continue_index(friday, 2)]
    ['2024-06-03', '2024-06-04']
    """
    return _proceed(index, horizon, index.step if isinstance(index, pd.RangeIndex) else _find_step(index))


def _proceed(index: pd.Index, horizon: int, step: Any) -> pd.Index:
    """Return the labels that follow an index by a given step."""
    if isinstance(index, pd.DatetimeIndex):
        future = _continue_times(index, horizon, step)
    elif isinstance(index, pd.TimedeltaIndex):
        future = pd.timedelta_range(index[-1], periods=horizon + 1, freq=step, unit=index.unit)[1:]
    elif isinstance(index, pd.PeriodIndex):
        future = _continue_periods(index, horizon, step)
    elif isinstance(index, pd.RangeIndex):
        future = pd.RangeIndex(index[-1] + step, index[-1] + (horizon + 1) * step, step)
    else:
        future = pd.Index(_number(index, -1) + step * np.arange(1, horizon + 1), dtype=index.dtype)
    return future.rename(index.name)


def continue_all(indexes: Sequence[pd.Index], horizon: int) -> list[pd.Index]:
    """Return the labels that follow each of many indexes, as `continue_index` does for one.

    What an index leaves open the others tell: where all labels together are evenly spaced, one that mostly
    follows them has their step, even one of a single label.

    Parameters
    ----------
    indexes : sequence of pandas.Index
        Each as for `continue_index`.
    horizon : int
        Number of labels, at least 1.

    Returns
    -------
    list of pandas.Index

    Raises
    ------
    ValueError
        As by `continue_index`.

    Examples
    --------
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> [str(labels[0].date()) for labels in continue_all([weeks, weeks[1:2]], 1)]
    ['2024-01-29', '2024-01-15']
    """
    alike: dict[Any, list[int]] = {}
    for i, index in enumerate(indexes):
        alike.setdefault((type(index), index.dtype), []).append(i)
    futures: list[Any] = [None] * len(indexes)
    for members in alike.values():
        found: dict[Any, pd.Index] = {}
        for i, step in zip(members, _steps([indexes[i] for i in members]), strict=True):
            last = indexes[i][-1:]
            key = last[0], step
            if key not in found:
                found[key] = _proceed(last, horizon, step)
            futures[i] = found[key].rename(indexes[i].name)
    return futures


def _steps(indexes: list[pd.Index]) -> list[Any]:
    """Return each index's step; of indexes alike in kind."""
    if isinstance(indexes[0], pd.RangeIndex):
        return [index.step for index in indexes]
    known: dict[Any, Any] = {}
    common = [None] * len(indexes) if len(indexes) == 1 else _common_steps(indexes)
    alone = [len(index) == 1 and getattr(index, "freq", None) is None for index in indexes]
    for i, index in sorted(enumerate(indexes), key=lambda pair: alone[pair[0]]):  # which ask the others
        if common[i] is None and alone[i] and known:
            common[i] = Counter(step for step in common if step is not None).most_common(1)[0][0]
        elif common[i] is None:
            key = getattr(index, "freq", None), index.to_numpy()[-_RECENT:].tobytes()
            if isinstance(index, pd.PeriodIndex):
                key = index.asi8[-_RECENT:].tobytes()
            if key not in known:
                known[key] = _find_step(index)
            common[i] = known[key]
    return common


def _common_steps(indexes: list[pd.Index]) -> list[Any]:
    """Return the step of all labels together for each index that mostly follows them, else None."""
    labels = indexes[0].append(indexes[1:])
    union = labels.unique().sort_values()
    step = _whole_step(union)
    if step is None:
        return [None] * len(indexes)
    lengths = np.array([len(index) for index in indexes])
    ends = np.cumsum(lengths)
    follows = np.concatenate([[0], np.cumsum(np.diff(union.get_indexer(labels)) == 1)])
    usual = 2 * (follows[ends - 1] - follows[ends - lengths]) >= lengths - 1
    gaps = follows[ends - 1] - follows[ends - lengths] < lengths - 1
    days = isinstance(step, offsets.Day | offsets.BusinessDay)  # gaps may be weekends
    return [
        None if not usual[i] else _gappy_days(index) if days and gaps[i] else step
        for i, index in enumerate(indexes)
    ]


def _gappy_days(index: pd.DatetimeIndex | pd.PeriodIndex) -> Any:
    recent = index[-_RECENT:]
    return _daily_offset(
        recent.to_timestamp() if isinstance(recent, pd.PeriodIndex) else recent.tz_localize(None)
    )


def _whole_step(index: pd.Index) -> Any:
    """Return the step that an index keeps without exception, or None; floats keep none, by rounding."""
    if len(index) < 3 or types.is_float_dtype(index.dtype):
        return None
    if isinstance(index, pd.DatetimeIndex):
        return pd.DatetimeIndex(index, freq="infer").freq
    steps = np.diff(index.asi8 if isinstance(index, pd.PeriodIndex) else index.to_numpy())
    return _find_step(index) if (steps == steps[0]).all() else None


def usual_step(indexes: Sequence[pd.Index]) -> float:
    """Return the median distance of neighbouring labels, as `steps_before` counts it; 1 if there are none."""
    steps = np.concatenate([np.diff(_positions(index)) for index in indexes])
    return float(np.median(steps)) if len(steps) else 1.0


def steps_before(index: pd.Index, usual: float) -> np.ndarray:
    """Return how far each label is from the one before it: logarithms of usual steps, (n,), the first 0.

    Examples
    --------
    >>> index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05"])
    >>> steps_before(index, usual_step([index])).round(2)
    array([0.  , 0.  , 0.  , 0.69])
    """
    steps = np.diff(_positions(index), prepend=np.nan) / usual
    return np.nan_to_num(np.log(steps))


def count_absent(index: pd.Index) -> int:
    """Return how many times a regular index leaves out; 0 of one that isn't, or that leaves out weekdays.

    Examples
    --------
    >>> count_absent(pd.date_range("2024-01-01", periods=30, freq="MS").delete([7, 8]))
    2
    """
    if not isinstance(index, pd.DatetimeIndex) or index.freq is not None or len(index) < 3:
        return 0
    step = _offset(index)
    regular = isinstance(step, offsets.Tick | offsets.Day | offsets.MonthBegin | offsets.MonthEnd)
    expected = pd.date_range(index[0], index[-1], freq=step) if regular else index
    return len(expected) - len(index) if index.isin(expected).all() else 0


def _positions(index: pd.Index) -> np.ndarray:
    if isinstance(index, pd.PeriodIndex):
        return index.asi8.astype(np.float64)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return index.as_unit("ns").asi8.astype(np.float64)
    return index.to_numpy(np.float64)


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
    single time without a frequency. The step is the one that `continue_index` takes.

    Parameters
    ----------
    index : pandas.Index, not empty
        Strictly increasing labels of a kind that `tsrnn.timeseries.series.read_series` accepts.

    Returns
    -------
    int
        Observations a season, 1 when there is none.

    Examples
    --------
    >>> natural_season(pd.period_range("1949-01", periods=144, freq="M"))
    12
    """
    if not isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        return 1
    if len(index) == 1 and index.freq is None:
        return 1
    step = _even_step(_offset(index))
    if step is None or step < _MINUTE:
        return 1
    if step < _WEEK:
        return _times_in(_DAY if step < _DAY else _WEEK, step)
    months = round(step / _MONTH)
    if months and abs(step - months * _MONTH) < 2 * _DAY:
        return _times_in(12, months)
    return _times_in(52, step // _WEEK) if step == step // _WEEK * _WEEK else 1


def natural_seasons(index: pd.Index) -> tuple[int, ...]:
    """Return the observations in each season that an index suggests: of less than a day, the week's, too.

    Examples
    --------
    >>> natural_seasons(pd.date_range("2024-01-01", periods=48, freq="h"))
    (24, 168)
    >>> natural_seasons(pd.RangeIndex(9))
    ()
    """
    season = natural_season(index)
    if season == 1:
        return ()
    step = _even_step(_offset(index))
    return (season, 7 * season) if step is not None and step < _DAY and season * step == _DAY else (season,)


def _times_in(cycle: Any, step: Any) -> int:
    return cycle // step if cycle // step * step == cycle else 1


@cache  # pandas takes a millisecond, and thousands of series have the same
def _even_step(offset: Any) -> pd.Timedelta | None:
    """Mean length of an offset's step; None where lengths differ much, as over weekends."""
    if isinstance(offset, offsets.Tick):
        return pd.Timedelta(offset)
    labels = pd.date_range("2001-01-01", periods=13, freq=offset, unit="s")
    steps = labels[1:] - labels[:-1]
    return steps.mean() if steps.max() < 2 * steps.min() else None


def _median_step(labels: pd.Index) -> Any:
    """Lower median of the steps: always one that occurs."""
    return (labels[1:] - labels[:-1]).sort_values()[(len(labels) - 2) // 2]


def _find_step(index: pd.Index) -> Any:
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
    return pd.DatetimeIndex(recent, freq="infer").freq or _uneven_offset(recent)


def _period_offset(index: pd.PeriodIndex) -> Any:
    base = index.freq.base
    step = int(_median_step(pd.Index(index.asi8))) if len(index) > 1 else index.freq.n
    return _daily_offset(index.to_timestamp()) if step * base == offsets.Day() else step * base


def _uneven_offset(index: pd.DatetimeIndex) -> Any:
    wall = index.tz_localize(None)
    step = _median_step(wall)
    if step == _DAY:
        return _daily_offset(wall)
    months = int(_median_step(12 * wall.year + wall.month))
    if months > 0 and wall.is_month_start.all():
        return offsets.MonthBegin(months)
    if months > 0 and wall.is_month_end.all():
        return offsets.MonthEnd(months)
    if months > 0 and wall.day.min() == wall.day.max():
        return offsets.DateOffset(months=months)
    if step >= _DAY and step == step // _DAY * _DAY:
        return offsets.Day(step // _DAY)
    return pd.tseries.frequencies.to_offset(_median_step(index))


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


def _continue_times(index: pd.DatetimeIndex, horizon: int, offset: Any) -> pd.DatetimeIndex:
    absolute = isinstance(offset, offsets.Tick) and not isinstance(offset, offsets.Day)
    if index.tz is None or absolute:
        return _after(index[-1], offset, horizon, index.unit)
    wall = _after(index[-1].tz_localize(None), offset, horizon, index.unit)
    early, late = (
        wall.tz_localize(index.tz, ambiguous=np.full(horizon, summer), nonexistent="shift_forward")
        for summer in (True, False)
    )
    unmoved = early.equals(late) and early.tz_localize(None).equals(wall)
    return pd.DatetimeIndex(early, freq=offset if unmoved else None)


def _after(last: pd.Timestamp, offset: Any, horizon: int, unit: str) -> pd.DatetimeIndex:
    labels = pd.date_range(last, periods=horizon + 1, freq=offset, unit=unit)
    return labels[1:] if labels[0] == last else labels[:horizon]


def _continue_periods(index: pd.PeriodIndex, horizon: int, offset: Any) -> pd.PeriodIndex:
    if offset.base != index.freq.base:
        return _after(index[-1].to_timestamp(), offset, horizon, "s").to_period(index.freq)
    ordinals = index[-1].ordinal + offset.n * np.arange(1, horizon + 1)
    return pd.PeriodIndex.from_ordinals(ordinals, freq=index.freq)


def _number(index: pd.Index, position: int) -> float | int:
    return (float if types.is_float_dtype(index.dtype) else int)(index[position])


def _number_step(index: pd.Index) -> float | int:
    if len(index) == 1:
        return 1
    first, last = _number(index, 0), _number(index, -1)
    step = type(last)(_median_step(index[-_RECENT:]))
    if isinstance(step, float):
        mean = (last - first) / (len(index) - 1)
        rounding = 4 * np.spacing(np.abs(index[[0, -1]].to_numpy()).max())
        step = mean if abs(mean - step) <= rounding else step
    return step
