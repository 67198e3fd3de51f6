"""Trading sessions: the same times on each working day."""

from typing import NamedTuple, Self

import numpy as np
import pandas as pd

_DAY, _WEEK = pd.Timedelta(days=1), 7
_ENOUGH_DAYS = 3
_MOSTLY = 0.8  # of the times of all days, some of which are short
_RARE = 0.05  # share of a weekday, or a time, that does not make it a usual one


class Sessions(NamedTuple):
    """The times of the day and the weekdays on which there are labels.

    Attributes
    ----------
    times : tuple of pandas.Timedelta
        Since midnight, ascending.
    weekdays : tuple of int
        0 for Monday.
    """

    times: tuple[pd.Timedelta, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def find(cls, wall: pd.DatetimeIndex) -> Self | None:
        """Return the sessions that labels without a zone keep, or None if there are none.

        Some times of the day never occur, and on three days or more, most of the others do.

        Examples
        --------
        >>> hours = pd.date_range("2024-01-01", periods=240, freq="h")
        >>> open_hours = hours[hours.indexer_between_time("09:00", "11:00")]
        >>> [str(time) for time in Sessions.find(open_hours).times]
        ['0 days 09:00:00', '0 days 10:00:00', '0 days 11:00:00']
        """
        days = wall.normalize()
        times, counts = np.unique((wall - days).to_numpy(), return_counts=True)
        n_days = len(days.unique())
        times = times[counts > _RARE * n_days]
        if n_days < _ENOUGH_DAYS or len(times) < 2 or len(wall) < _MOSTLY * n_days * len(times):
            return None
        if len(times) * np.diff(times).min() >= _DAY:
            return None
        counts = np.bincount(days.unique().day_of_week, minlength=_WEEK)
        weekdays = np.flatnonzero(counts > _RARE * counts.max())
        if n_days < _WEEK and weekdays.max() < 5:  # weekdays may be absent by chance
            weekdays = np.arange(5)
        return cls(tuple(map(pd.Timedelta, times)), tuple(weekdays.tolist()))

    @property
    def seasons(self) -> tuple[int, int]:
        """Labels in a day and in a week."""
        return len(self.times), len(self.times) * len(self.weekdays)

    def after(self, last: pd.Timestamp, n: int, unit: str) -> pd.DatetimeIndex:
        """Return the n labels that follow one, without a zone."""
        n_days = (-(-n // len(self.times)) + 2) * _WEEK // len(self.weekdays) + _WEEK
        days = pd.date_range(last.normalize(), periods=n_days, freq="D", unit=unit)
        days = days[np.isin(days.day_of_week, self.weekdays)]
        times = np.array([time.as_unit(unit).to_timedelta64() for time in self.times])
        labels = pd.DatetimeIndex((days.to_numpy()[:, None] + times).ravel())
        return labels[labels > last][:n]
