"""Calendar features: time of day, day of the week and of the year as sines and cosines; time steps."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

_DAY = pd.Timedelta(days=1)
_CYCLES = {"day": _DAY, "week": 7 * _DAY, "year": 365 * _DAY}


class Calendar(NamedTuple):
    """Which cycles of the calendar go with a series; those of at least two steps.

    Attributes
    ----------
    harmonics : tuple of (str, int)
        Cycles, "day", "week" and "year", each with the number of its harmonics.
    weekend : bool
        Whether Saturdays and Sundays are told from other days.
    """

    harmonics: tuple[tuple[str, int], ...]
    weekend: bool

    @property
    def names(self) -> list[str]:
        """Names of the columns that `features` returns."""
        waves = [
            f"{cycle}_{wave}{'' if k == 1 else f'_{k}'}"
            for cycle, harmonics in self.harmonics
            for k in range(1, harmonics + 1)
            for wave in ("sin", "cos")
        ]
        return [*waves, *["weekend"] * self.weekend]

    def within(self, index: pd.Index) -> "Calendar":
        """Return the cycles that an index goes through at least twice: one seen once is but a trend."""
        n, wall = len(index), _wall_clock(index[[0, -1]]).as_unit("s")
        seconds = (wall[1] - wall[0]).total_seconds() * n / max(n - 1, 1)  # the last step included
        seen = [cycle for cycle, period in _CYCLES.items() if seconds >= 2 * period.total_seconds()]
        harmonics = tuple((cycle, k) for cycle, k in self.harmonics if cycle in seen)
        return Calendar(harmonics, self.weekend and "week" in seen)

    def features(self, index: pd.Index) -> np.ndarray:
        """Return the columns `names` for each label, as (n, k)."""
        wall = _wall_clock(index)
        phase = _phases(wall)
        columns = [
            wave(2 * np.pi * k * phase[cycle])
            for cycle, harmonics in self.harmonics
            for k in range(1, harmonics + 1)
            for wave in (np.sin, np.cos)
        ]
        if self.weekend:
            columns.append((wall.day_of_week >= 5).astype(float))
        return np.column_stack(columns) if columns else np.empty((len(wall), 0))


def find_calendar(index: pd.Index) -> Calendar:
    """Return the cycles that go with the usual step of an index.

    ==================  =============================================================================
    Steps shorter than  have
    ==================  =============================================================================
    a day               the time of day, minutes included
    a week              the time of the week, and whether it is a weekend, which a sine alone can't say
    a month             the time of the year with a second harmonic, for seasons that come twice
    a year              the time of the year
    ==================  =============================================================================

    The median step counts. Where no label is on a weekend, or each is, that column is left out.

    Raises
    ------
    TypeError
        If the labels are no dates.
    """
    wall = _wall_clock(index)
    step = np.sort(np.diff(wall.to_numpy()))[(len(wall) - 2) // 2] if len(wall) > 1 else _DAY.to_numpy()
    harmonics = [
        ("day", int(step < _DAY)),
        ("week", int(step < 7 * _DAY)),
        ("year", 2 if step < 28 * _DAY else int(step < 360 * _DAY)),
    ]
    weekend = wall.day_of_week >= 5
    return Calendar(
        tuple((cycle, k) for cycle, k in harmonics if k),
        bool(step < 7 * _DAY and weekend.any() and not weekend.all()),
    )


def calendar_features(index: pd.Index) -> tuple[np.ndarray, list[str]]:
    """Return what the calendar says of each label, and the names of these columns.

    A cycle is a sine and a cosine of the share of it that is over, so that its end meets its beginning, in
    leap years, too. Times in a zone are read off the wall clock.

    Parameters
    ----------
    index : pandas.DatetimeIndex or pandas.PeriodIndex, length n
        Its median step tells which cycles there are (`find_calendar`). Periods count from their start.

    Returns
    -------
    values : ndarray of shape (n, k)
        From -1 to 1.
    names : list of k str

    Raises
    ------
    TypeError
        If the labels are no dates.

    Examples
    --------
    >>> values, names = calendar_features(pd.date_range("2024-01-01 06:00", periods=2, freq="12h"))
    >>> names
    ['day_sin', 'day_cos', 'week_sin', 'week_cos', 'year_sin', 'year_cos', 'year_sin_2', 'year_cos_2']
    >>> values[:, 0].round(3)
    array([ 1., -1.])
    """
    calendar = find_calendar(index)
    return calendar.features(index), calendar.names


def _wall_clock(index: pd.Index) -> pd.DatetimeIndex:
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return index.tz_localize(None)
    raise TypeError(
        f"The index of `y` has dtype {index.dtype}; a calendar needs dates. Give it dates: "
        "y.index = pd.to_datetime(...), or pass calendar=None."
    )


def _phases(wall: pd.DatetimeIndex) -> dict[str, Any]:
    """Return the share of the day, week and year that is over at each time."""
    day = ((wall - wall.normalize()) / _DAY).to_numpy()
    week = (wall.day_of_week.to_numpy() + day) / 7
    year = (wall.day_of_year.to_numpy() - 1 + day) / (365 + wall.is_leap_year)
    return {"day": day, "week": week, "year": year}


def usual_step(flat: pd.Index, offsets: np.ndarray) -> float:
    """Return the median distance of neighbouring labels of many series end to end; 1 if there are none."""
    steps = np.delete(np.diff(_positions(flat)), offsets[1:-1] - 1)
    return float(np.median(steps)) if len(steps) else 1.0


def steps_before(flat: pd.Index, usual: float, offsets: np.ndarray | None = None) -> np.ndarray:
    """Return how far each label is from the one before it: logarithms of usual steps, (n,), the first 0.

    Examples
    --------
    >>> index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05"])
    >>> steps_before(index, usual_step(index, np.array([0, 4]))).round(2)
    array([0.  , 0.  , 0.  , 0.69])
    """
    steps = np.diff(_positions(flat), prepend=np.nan)
    steps[0 if offsets is None else offsets[:-1]] = usual
    return np.log(steps / usual)


def _positions(index: pd.Index) -> np.ndarray:
    if isinstance(index, pd.PeriodIndex):
        return index.asi8.astype(np.float64)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return index.asi8 * (pd.Timedelta(1, unit=index.unit) / pd.Timedelta(1, unit="ns"))
    return index.to_numpy(np.float64)
