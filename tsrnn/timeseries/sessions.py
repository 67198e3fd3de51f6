"""Trading sessions and opening hours: the same times in each week."""

from typing import NamedTuple, Self

import numpy as np
import pandas as pd

_DAY, _WEEK = pd.Timedelta(days=1), pd.Timedelta(weeks=1)
_MONDAY = pd.Timestamp("1970-01-05")
_ENOUGH = 3  # days, or weeks
_MOSTLY = 0.8  # of the times of all days, some of which are short
_RARE = 0.05  # share of a weekday, or a time, that does not make it a usual one
_RECENT_DAYS = 2000  # labels that tell the times of a day
_USUALLY = 0.6  # of the weeks, some of which have holidays
RECENT_WEEKS = 20_000  # labels that tell the times of a week


class Sessions(NamedTuple):
    """The times of the week at which there are labels.

    Attributes
    ----------
    times : tuple of pandas.Timedelta
        Since Monday's midnight, ascending.
    """

    times: tuple[pd.Timedelta, ...]

    @classmethod
    def find(cls, wall: pd.DatetimeIndex) -> Self | None:
        """Return the sessions that labels without a zone keep, or None if there are none.

        Some times of the day, or of the week, never occur, and on three or more, most of the others do.

        Examples
        --------
        >>> hours = pd.date_range("2024-01-01", periods=240, freq="h")
        >>> open_hours = hours[hours.indexer_between_time("09:00", "11:00")]
        >>> [str(time) for time in Sessions.find(open_hours).times[:4]]
        ['0 days 09:00:00', '0 days 10:00:00', '0 days 11:00:00', '1 days 09:00:00']
        """
        times = _find_weekly(wall[-RECENT_WEEKS:])
        if times is None:
            times = _find_daily(wall[-_RECENT_DAYS:])
        return None if times is None else cls(tuple(pd.to_timedelta(times)))

    @property
    def seasons(self) -> tuple[int, ...]:
        """Labels in a day, where days are alike or without an end, and in a week."""
        days = [[time % _DAY for time in self.times if time.days == day] for day in range(7)]
        longest = max(days, key=len)
        alike = all(day in ([], longest) for day in days)
        endless = len(longest) > 1 and len(longest) * (longest[1] - longest[0]) == _DAY
        return (len(longest), len(self.times)) if alike or endless else (len(self.times),)

    def number(self, wall: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray]:
        """Return how many times of sessions labels come after a Monday of old, and whether each is one."""
        weeks = (wall - _MONDAY) // _WEEK
        since = wall - _MONDAY - weeks * _WEEK
        times = pd.TimedeltaIndex(self.times)
        place = times.searchsorted(since)
        return weeks.to_numpy() * len(times) + place, since.isin(times)

    def after(self, last: pd.Timestamp, n: int, unit: str) -> pd.DatetimeIndex:
        """Return the n labels that follow one, without a zone."""
        monday = last.normalize() - last.day_of_week * _DAY
        mondays = pd.date_range(monday, periods=-(-n // len(self.times)) + 1, freq="7D", unit=unit)
        times = np.array([time.as_unit(unit).to_timedelta64() for time in self.times])
        labels = pd.DatetimeIndex((mondays.to_numpy()[:, None] + times).ravel())
        return labels[labels > last][:n]


def _find_daily(wall: pd.DatetimeIndex) -> np.ndarray | None:
    """Return the times of the week of sessions that are the same on each of their days."""
    days = wall.normalize()
    times, counts = np.unique((wall - days).to_numpy(), return_counts=True)
    n_days = len(days.unique())
    times = times[counts > _RARE * n_days]
    if n_days < _ENOUGH or len(times) < 2 or len(wall) < _MOSTLY * n_days * len(times):
        return None
    if len(times) * np.diff(times).min() >= _DAY:
        return None
    counts = np.bincount(days.unique().day_of_week, minlength=7)
    weekdays = np.flatnonzero(counts > _RARE * counts.max())
    if n_days < 7 and weekdays.max() < 5:  # weekdays may be absent by chance
        weekdays = np.arange(5)
    return (weekdays[:, None] * _DAY.to_timedelta64() + times).ravel()


def _find_weekly(wall: pd.DatetimeIndex) -> np.ndarray | None:
    """Return the times of the week of sessions that are alike in each week, or in the last four."""
    n_weeks = (wall[-1] - wall[0]) / _WEEK
    times, counts = np.unique(((wall - _MONDAY) % _WEEK).to_numpy(), return_counts=True)
    occur = counts > max(1, _RARE * n_weeks)
    times, is_usual = times[occur], counts[occur] > _USUALLY * n_weeks
    if n_weeks < _ENOUGH or len(times) < 2 or len(times) * np.diff(times).min() >= _WEEK:
        return None
    if is_usual.all():
        return times
    return _find_weekly(wall[wall > wall[-1] - 4 * _WEEK]) if n_weeks > 4 else None
