"""Starts of windows for training and validation, as runs in each series."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

_MANY = 50  # from so many windows for each one drawn on, NumPy draws without a list of all


class Runs(NamedTuple):
    """Windows in a row in each of S series.

    Attributes
    ----------
    firsts : ndarray of int64, shape (S,)
        Position of the first window's start in its series; below 0 where it is padded.
    counts : ndarray of int64, shape (S,)
        How many windows there are.
    """

    firsts: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class Starts:
    """The starts of windows, some in a row in each of several series, without a list of them.

    Attributes
    ----------
    firsts : ndarray of int64, shape (S,)
    edges : ndarray of int64, shape (S + 1,)
        How many windows there are in the series before each, and in all.
    by_series : bool, default False
        Whether training is to draw series with equal chances, not windows.

    Examples
    --------
    >>> starts = Starts.of(Runs(np.array([0, 0]), np.array([2, 3])), rows=np.array([0, 10]))
    >>> len(starts), starts[np.arange(5)]
    (5, array([ 0,  1, 10, 11, 12]))
    """

    firsts: np.ndarray
    edges: np.ndarray
    by_series: bool = False

    @classmethod
    def of(cls, runs: Runs, rows: np.ndarray, *, by_series: bool = False) -> Self:
        """Return the starts of windows in series whose first values are in these rows."""
        edges = np.concatenate([[0], np.cumsum(runs.counts)]).astype(np.int64)
        return cls(rows + runs.firsts, edges, by_series)

    def draw(self, rng: np.random.Generator, most: int) -> np.ndarray:
        """Draw the numbers of an epoch's starts: all of them, in any order, or of very many `most`.

        `by_series`, as many are drawn, each from any of the series, however long that is.
        """
        n = len(self)
        if not self.by_series:
            return rng.choice(n, most, replace=False) if n > _MANY * most else rng.permutation(n)
        sizes = np.diff(self.edges)
        chosen = rng.choice(np.flatnonzero(sizes), min(n, most))
        return self.edges[chosen] + (rng.random(len(chosen)) * sizes[chosen]).astype(np.int64)

    def __len__(self) -> int:
        return int(self.edges[-1])

    def __getitem__(self, numbers: Any) -> np.ndarray:
        if isinstance(numbers, slice):
            numbers = np.arange(len(self))[numbers]
        series = np.searchsorted(self.edges, numbers, side="right") - 1
        return self.firsts[series] + numbers - self.edges[series]

    def spread(self, most: int) -> np.ndarray:
        """Return no more than `most` of the starts, evenly spread."""
        return self[np.arange(0, len(self), -(-len(self) // most))]


def split_starts(
    lengths: np.ndarray, n_lost: int, lookback: int, horizon: int, validation_fraction: float
) -> tuple[Runs, Runs]:
    """Return the training and the validation windows of series, as `WindowDataset.split` describes them.

    Examples
    --------
    >>> split_starts(np.array([10]), 0, lookback=3, horizon=1, validation_fraction=0.2)
    (Runs(firsts=array([0]), counts=array([5])), Runs(firsts=array([5]), counts=array([2])))
    """
    firsts = np.full(len(lengths), n_lost)
    stop = np.maximum(lengths - lookback - horizon + 1, n_lost)
    cut = lengths - np.maximum(np.rint(validation_fraction * lengths).astype(np.int64), horizon)
    training_stop = np.maximum(np.minimum(stop, cut - lookback - horizon + 1), n_lost)
    whole = (validation_fraction == 0) | (2 * (training_stop - n_lost) < stop - n_lost)
    begin = np.maximum(cut - lookback, n_lost)
    return (
        Runs(firsts, np.where(whole, stop, training_stop) - n_lost),
        Runs(np.where(whole, 0, begin), np.where(whole, 0, np.maximum(stop - begin, 0))),
    )


def padded_starts(lengths: np.ndarray, n_lost: int, lookback: int, horizon: int) -> Runs:
    """Return the windows of series too short for a whole one: they start before the first value.

    Each has to read at least half of what the horizon leaves, and one value in any case.

    Examples
    --------
    >>> padded_starts(np.array([6]), 0, lookback=9, horizon=2)
    Runs(firsts=array([-7]), counts=array([3]))
    """
    most = np.maximum(lengths - n_lost - horizon, 1)
    firsts = n_lost + (most + 1) // 2 - lookback
    return Runs(firsts, n_lost + most - lookback + 1 - firsts)
