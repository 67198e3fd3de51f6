"""Continuation of an index: the labels that follow it."""

from typing import Any

import numpy as np
import pandas as pd
from pandas import offsets
from pandas.api import types

from tsrnn.timeseries.frequency import find_step, is_shorter_than_days
from tsrnn.timeseries.sessions import Sessions
from tsrnn.validation import counted

_HALF_WEEK = pd.Timedelta(days=3.5)


def continue_index(index: pd.Index, horizon: int) -> pd.Index:
    """Return the labels that follow an index.

    Times continue by the index's frequency. Where it has none, the last 2,000 labels tell, in this order: a
    frequency kept without exception; sessions, the same times on each working day; working days, if the usual
    step is a day and weekends are left out (from 30 labels on, any weekday that is left out, rare special
    sessions aside); the same place in the month; the median step. Gaps in the past are left alone and no
    holidays are foreseen.

    In a time zone, steps below a day are absolute; longer ones follow the wall clock, so that midnight stays
    midnight. A time that the clock change skips moves on to the next that exists, one that occurs twice is
    the first, and in both cases the result has no frequency.

    Periods, numbers and time differences continue by their median step, but evenly spaced floats (seconds of
    audio) by the mean step of the whole index, which is exact to rounding.

    Parameters
    ----------
    index : pandas.Index, not empty
        Strictly increasing labels of a kind that `tsrnn.timeseries.reading.read_panel` accepts.
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
    return proceed(index, horizon, index.step if isinstance(index, pd.RangeIndex) else find_step(index))


def proceed(index: pd.Index, horizon: int, step: Any) -> pd.Index:
    """Return the labels that follow an index by a given step."""
    if isinstance(index, pd.DatetimeIndex):
        future = _continue_times(index, horizon, step)
    elif isinstance(index, pd.TimedeltaIndex):
        future = _after(index[-1], step, horizon, index.unit)
    elif isinstance(index, pd.PeriodIndex):
        future = _continue_periods(index, horizon, step)
    elif isinstance(index, pd.RangeIndex):
        future = pd.RangeIndex(index[-1] + step, index[-1] + (horizon + 1) * step, step)
    else:
        future = _continue_numbers(index[-1:], horizon, step)
    return future.rename(index.name)


def _continue_numbers(lasts: pd.Index, horizon: int, step: float) -> pd.Index:
    """Return the numbers after each of many by one step, end to end; of a wider type where needed."""
    if types.is_float_dtype(lasts.dtype):
        numbers = lasts.to_numpy()[:, None] + step * np.arange(1, horizon + 1)
        return pd.Index(numbers.ravel(), dtype=lasts.dtype)
    largest = int(lasts.max()) + int(step) * horizon
    if largest > np.iinfo(np.int64).max:
        raise ValueError(
            f"The index of `y` would go on up to {largest:.3g}, beyond what 64-bit numbers hold. "
            "Shorten the horizon, or number the rows afresh: y.reset_index(drop=True)."
        )
    numbers = lasts.to_numpy(np.int64)[:, None] + step * np.arange(1, horizon + 1)
    fits = largest <= np.iinfo(lasts.dtype.type if isinstance(lasts.dtype, np.dtype) else np.int64).max
    return pd.Index(numbers.ravel(), dtype=lasts.dtype if fits else np.int64)


def _continue_times(index: pd.DatetimeIndex, horizon: int, offset: Any) -> pd.DatetimeIndex:
    if isinstance(offset, Sessions):
        wall = offset.after(index[-1].tz_localize(None), horizon, index.unit)
        return wall.tz_localize(index.tz, ambiguous=np.ones(horizon, bool), nonexistent="shift_forward")
    if index.tz is None or is_shorter_than_days(offset):
        return _after(index[-1], offset, horizon, index.unit)
    wall = _after(index[-1].tz_localize(None), offset, horizon, index.unit)
    early, late = (
        wall.tz_localize(index.tz, ambiguous=np.full(horizon, summer), nonexistent="shift_forward")
        for summer in (True, False)
    )
    unmoved = early.equals(late) and early.tz_localize(None).equals(wall)
    return pd.DatetimeIndex(early, freq=offset if unmoved else None)


def _after(last: Any, offset: Any, horizon: int, unit: str) -> Any:
    """Return the labels after a time, or a time difference."""
    between = pd.date_range if isinstance(last, pd.Timestamp) else pd.timedelta_range
    try:
        labels = between(last, periods=horizon + 1, freq=offset, unit=unit)
    except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
        raise _beyond(unit, horizon) from error
    is_same = labels[0] == last
    if isinstance(offset, offsets.Week) and labels[0] - last < _HALF_WEEK:  # the last was moved by a holiday
        is_same = True
    return labels[1:] if is_same else labels[:horizon]


def _beyond(unit: str, horizon: int) -> ValueError:
    return ValueError(
        f"The {counted(horizon, 'step')} after `y` go beyond the last time that an index in units of "
        f'{unit!r} (of "ns" 2262-04-11) holds. Shorten the horizon, or take a coarser unit: '
        'y.index = y.index.as_unit("s").'
    )


def _continue_periods(index: pd.PeriodIndex, horizon: int, offset: Any) -> pd.PeriodIndex:
    if offset.base != index.freq.base:
        return _after(index[-1].to_timestamp(), offset, horizon, "s").to_period(index.freq)
    ordinals = index[-1].ordinal + offset.n * np.arange(1, horizon + 1)
    return pd.PeriodIndex.from_ordinals(ordinals, freq=index.freq)


def proceed_all(lasts: pd.Index, horizon: int, step: Any) -> pd.Index:
    """Return the `horizon` labels that follow each of many single ones by the same step, end to end.

    Examples
    --------
    >>> proceed_all(pd.Index([3, 10]), 2, 5).tolist()
    [8, 13, 15, 20]
    """
    steps = np.arange(1, horizon + 1)
    if isinstance(lasts, pd.PeriodIndex) and step.base == lasts.freq.base:
        ordinals = lasts.asi8[:, None] + step.n * steps
        return pd.PeriodIndex.from_ordinals(ordinals.ravel(), freq=lasts.freq).rename(lasts.name)
    if isinstance(lasts, pd.DatetimeIndex) and _is_even(lasts, step):
        delta = pd.Timedelta(days=step.n) if isinstance(step, offsets.Day) else pd.Timedelta(step)
        ticks = lasts.asi8[:, None] + delta.as_unit(lasts.unit).asm8.astype(np.int64) * steps
        if (ticks[:, -1] < lasts.asi8).any():
            raise _beyond(lasts.unit, horizon)
        times = pd.DatetimeIndex(ticks.ravel().view(f"datetime64[{lasts.unit}]"), name=lasts.name)
        return times if lasts.tz is None else times.tz_localize("UTC").tz_convert(lasts.tz)
    if isinstance(step, int | float):
        return _continue_numbers(lasts, horizon, step).rename(lasts.name)
    parts = [proceed(lasts[i : i + 1], horizon, step) for i in range(len(lasts))]
    return parts[0].append(parts[1:]) if len(parts) > 1 else parts[0]


def _is_even(lasts: pd.DatetimeIndex, step: Any) -> bool:
    """Whether steps are of the same length wherever they start, and whole in the unit of the labels."""
    if isinstance(step, offsets.Day):
        return lasts.tz is None
    if not isinstance(step, offsets.Tick):
        return False
    delta = pd.Timedelta(step)
    return delta.as_unit(lasts.unit, round_ok=True) == delta
