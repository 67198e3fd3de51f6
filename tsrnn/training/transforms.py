"""Transforms of many series, with exact inverses.

Series here have one channel and lie end to end: series s is ``values[offsets[s] : offsets[s + 1]]``.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from tsrnn.training.seasons import subtract_seasons

TRANSFORMS = ("log", "difference", "deseasonalize")

Chain = tuple[str, ...]


class Plan(NamedTuple):
    """Which transforms each of S series gets, and its seasons.

    Attributes
    ----------
    chains : tuple of tuple of str
        Different chains of transforms, in the order they are applied.
    chain : ndarray of int64, shape (S,)
        Number of each series' chain.
    season_sets : tuple of tuple of int
        Different sets of season lengths, ascending.
    seasons : ndarray of int64, shape (S,)
        Number of each series' set: the seasons that are taken out.
    floors : ndarray of shape (S,)
        Below it the logarithm of a series goes on in a straight line, so that zero and negative values have
        one, too; where it is 0, they are refused.
    """

    chains: tuple[Chain, ...]
    chain: np.ndarray
    season_sets: tuple[tuple[int, ...], ...]
    seasons: np.ndarray
    floors: np.ndarray

    @classmethod
    def alike(cls, n_series: int, chain: Sequence[str], seasons: Sequence[int] = ()) -> Self:
        """Return a plan that treats all series alike."""
        none = np.zeros(n_series, np.int64)
        return cls((tuple(chain),), none, (tuple(sorted(seasons)),), none, np.zeros(n_series))

    def take(self, places: np.ndarray) -> Self:
        """Return the plan of some of the series."""
        return self._replace(
            chain=self.chain[places], seasons=self.seasons[places], floors=self.floors[places]
        )

    @property
    def n_lost(self) -> int:
        """Leading steps of the transformed series that carry no information."""
        return max(chain.count("difference") for chain in self.chains)

    def has(self, name: str) -> np.ndarray:
        """Return which series get a transform, (S,)."""
        return np.array([name in chain for chain in self.chains])[self.chain]


class Transformed:
    """Series after their chains of transforms, and the way back.

    Parameters
    ----------
    values : ndarray of shape (N,)
        All series end to end; not changed.
    offsets : ndarray of int64, shape (S + 1,)
    plan : Plan
    names : sequence of S hashable, optional
        What errors call the series; None for a single one.
    n_threads : int, default 1
        The result does not depend on it.

    Attributes
    ----------
    prepared : ndarray of shape (N,)
        The first ``plan.n_lost`` values of each series carry no information.

    Raises
    ------
    ValueError
        If a transform cannot be applied to a series.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 4.0, 8.0])
    >>> series = Transformed(y, np.array([0, 4]), Plan.alike(1, ["log", "difference"]))
    >>> series.prepared[1:].round(3)
    array([0.693, 0.693, 0.693])
    >>> series.inverse(np.full((1, 2), np.log(2)), np.array([0]), np.array([4])).round(3)
    array([[16., 32.]])
    """

    def __init__(
        self,
        values: np.ndarray,
        offsets: np.ndarray,
        plan: Plan,
        names: Sequence[Hashable | None] | None = None,
        n_threads: int = 1,
    ) -> None:
        self.prepared = values
        self.plan = plan
        self._steps: list[list[Callable[..., np.ndarray]]] = []
        for number, chain in enumerate(plan.chains):
            which = np.flatnonzero(plan.chain == number)
            steps = []
            for name in chain if len(which) else ():
                self.prepared, inverse = _APPLY[name](self.prepared, offsets, which, plan, names, n_threads)
                steps.append(inverse)
            self._steps.append(steps)

    def inverse(self, future: np.ndarray, series: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return forecasts on the scale of the values.

        Parameters
        ----------
        future : ndarray of shape (B, h)
            Forecasts of transformed values.
        series, starts : ndarray of int64, shape (B,)
            The series of each, and the position of its first step there.
        """
        for number in np.unique(self.plan.chain[series]) if len(series) else ():
            own = self.plan.chain[series] == number
            part = future if own.all() else future[own]
            for inverse in reversed(self._steps[number]):
                part = inverse(part, series[own], starts[own])
            if part.shape == future.shape:
                return part
            future = future.copy()
            future[own] = part
        return future


def _rows(offsets: np.ndarray, which: np.ndarray) -> slice | np.ndarray:
    """Return the rows of some series: of all as a slice, else as a mask."""
    if len(which) == len(offsets) - 1:
        return slice(None)
    chosen = np.zeros(len(offsets) - 1, bool)
    chosen[which] = True
    return np.repeat(chosen, np.diff(offsets))


def _refuse(message: str, names: Sequence[Hashable | None] | None, s: int) -> None:
    name = None if names is None else names[s]
    raise ValueError(message if name is None else f"{name!r} in `y`: {message}")


def _log(
    values: np.ndarray, offsets: np.ndarray, which: np.ndarray, plan: Plan, names: Any, n_threads: int
) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """Take the natural logarithm, for series of positive values that grow or vary in proportion."""
    rows = _rows(offsets, which)
    part = values[rows]
    if part.min() <= 0 or (part < np.repeat(plan.floors[which], np.diff(offsets)[which])).any():
        return _extended_log(values, offsets, rows, plan.floors, names)
    if isinstance(rows, slice):
        return np.log(part), _exponentiate
    logs = values.copy()
    logs[rows] = np.log(part)
    return logs, _exponentiate


def _extended_log(
    values: np.ndarray, offsets: np.ndarray, rows: slice | np.ndarray, floors: np.ndarray, names: Any
) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """Take the logarithm down to a floor, and go on in a straight line below; refuse where there is none."""
    floor = np.repeat(floors, np.diff(offsets))
    bad = (values <= 0) & (floor == 0)
    bad &= True if isinstance(rows, slice) else rows
    if bad.any():
        row = int(np.argmax(bad))
        s = int(np.searchsorted(offsets, row, side="right")) - 1
        _refuse(
            f'transform="log" needs positive values; got {values[row]:g} at position {row - offsets[s]}. '
            "Shift the series, or leave the logarithm out.",
            names,
            s,
        )
    logs = values.copy()
    low = np.maximum(values[rows], floor[rows])
    steepness = np.where(floor[rows] > 0, floor[rows], 1.0)
    logs[rows] = np.log(low) + np.minimum(values[rows] - floor[rows], 0.0) / steepness
    own = np.arange(len(values)) - np.repeat(offsets[:-1], np.diff(offsets))
    first_below = np.minimum.reduceat(np.where(values < floor, own, len(values)), offsets[:-1])
    return logs, partial(_exponentiate_above, floors, first_below)


def _exponentiate_above(
    floors: np.ndarray, first_below: np.ndarray, future: np.ndarray, series: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Exponentiate down to the floors of series that went below before, and go on in a straight line."""
    floor = np.where(first_below[series] < starts, floors[series], 0.0)
    floor = np.broadcast_to(floor[:, None], future.shape)
    lowest = np.log(floor, out=np.full(future.shape, -np.inf), where=floor > 0)
    above = _exponentiate(np.maximum(future, lowest), series, starts)
    return above + floor * np.minimum(np.where(floor > 0, future - lowest, 0.0), 0.0)


def _exponentiate(future: np.ndarray, series: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Exponentiate, never past the largest finite number."""
    return np.exp(np.minimum(future, np.log(np.finfo(np.float64).max)))


def _difference(
    values: np.ndarray, offsets: np.ndarray, which: np.ndarray, plan: Plan, names: Any, n_threads: int
) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """Take first differences, for series whose level wanders; the inverse sums up from the last level."""
    changes = np.diff(values, prepend=values[:1])
    changes[offsets[:-1]] = 0.0
    rows = _rows(offsets, which)
    if not isinstance(rows, slice):
        changes = np.where(rows, changes, values)
    return changes, partial(_sum_up, values, offsets)


def _sum_up(
    levels: np.ndarray, offsets: np.ndarray, future: np.ndarray, series: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """Add the running sum of the forecast changes to the level before each start."""
    return levels[offsets[series] + starts - 1, None] + np.cumsum(future, axis=1)


def _deseasonalize(
    values: np.ndarray, offsets: np.ndarray, which: np.ndarray, plan: Plan, names: Any, n_threads: int
) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """Subtract seasonal patterns that may change slowly, as in exponential smoothing (Winters, 1960).

    The trend is a centred moving average over one season, carried on in a straight line at both ends. What it
    leaves is smoothed from season to season at each position in the season; a value is compared with the
    pattern of the seasons before its own. The rate is the one that would have forecast past seasons best, and
    so is the share of the pattern to subtract, where the third season and later ones have 50 values to tell:
    a pattern that is mostly noise is drawn towards none (Miller & Williams, 2003). Of several seasons, the
    shortest is taken out first, and the next from what that leaves (Bandara, Hyndman & Bergmeir, 2021).

    References
    ----------
    Miller & Williams (2003), "Shrinkage estimators of time series seasonal factors and their effect on
    forecasting accuracy", International Journal of Forecasting 19; Bandara, Hyndman & Bergmeir (2021), "MSTL:
    a seasonal-trend decomposition algorithm for time series with multiple seasonal patterns".
    """
    lengths = np.diff(offsets)[which]
    longest = np.array([max(each, default=1) for each in plan.season_sets])[plan.seasons[which]]
    if (short := (longest < 2) | (lengths < 2 * longest)).any():
        first = int(short.argmax())
        _refuse(
            f'transform="deseasonalize" needs season_length of at least 2 and two full seasons; got '
            f"season_length={longest[first]} and {lengths[first]} observations. Supply a longer history, or "
            "fit without it.",
            names,
            int(which[first]),
        )
    patterns = []
    for m in sorted({m for each in plan.season_sets for m in each}):
        has = np.array([m in each for each in plan.season_sets])[plan.seasons[which]]
        if has.any():
            values, begins, pattern = subtract_seasons(values, offsets, which[has], m, n_threads)
            patterns.append((m, begins, pattern))
    return values, partial(_add_patterns, patterns)


def _add_patterns(
    patterns: list[tuple[int, np.ndarray, np.ndarray]],
    future: np.ndarray,
    series: np.ndarray,
    starts: np.ndarray,
) -> np.ndarray:
    """Add the patterns back: for each position in a season, the latest known at the start."""
    steps = np.arange(future.shape[1])
    for m, begins, pattern in patterns:
        first = begins[series]
        if (first >= 0).all():
            future = future + pattern[(first + starts)[:, None] + steps % m]
            continue
        own = first >= 0
        future = future.copy()
        future[own] += pattern[(first[own] + starts[own])[:, None] + steps % m]
    return future


_APPLY: dict[str, Callable[..., tuple[np.ndarray, Callable[..., np.ndarray]]]] = {
    "log": _log,
    "difference": _difference,
    "deseasonalize": _deseasonalize,
}
