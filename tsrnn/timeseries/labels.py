"""Index labels of many series, end to end."""

from copy import copy
from datetime import tzinfo
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.timeseries.frequency import find_step, find_steps, seasons_of_step
from tsrnn.timeseries.future_index import proceed, proceed_all


class Labels:
    """Index labels of S series: series s has the labels ``flat[offsets[s] : offsets[s + 1]]``.

    Parameters
    ----------
    offsets : ndarray of int64, shape (S + 1,)
    flat : pandas.Index of length N, optional
        All labels, end to end.
    parts : list of S pandas.Index, optional
        Instead: each series' own index, which may have a frequency.

    Examples
    --------
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> labels = Labels(np.array([0, 4, 5]), weeks.append(weeks[1:2]))
    >>> [str(day.date()) for day in labels.following(1).flat]
    ['2024-01-29', '2024-01-15']
    """

    def __init__(
        self, offsets: np.ndarray, flat: pd.Index | None = None, parts: list[pd.Index] | None = None
    ) -> None:
        self.offsets = offsets
        self._parts = parts
        if flat is not None:
            self.flat = flat
        self._following: dict[int, Labels] = {}

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def flat(self) -> pd.Index:
        """All labels, end to end."""
        assert self._parts is not None
        return self._parts[0].append(self._parts[1:]) if len(self._parts) > 1 else self._parts[0]

    @property
    def has_parts(self) -> bool:
        """Whether each series has an index of its own."""
        return self._parts is not None

    @cached_property
    def zone(self) -> tzinfo | None:
        """The time zone of the labels; None where they are no times, or of none."""
        return getattr(self.flat, "tz", None)

    def of(self, s: int) -> pd.Index:
        """Return the index of one series."""
        if self._parts is not None:
            return self._parts[s]
        return self.flat[self.offsets[s] : self.offsets[s + 1]]

    def last(self) -> pd.Index:
        """Return the last label of each series."""
        return self.flat.take(self.offsets[1:] - 1)

    @cached_property
    def steps(self) -> tuple[list[Any], np.ndarray]:
        """The different steps from label to label, and the number of each series' step, (S,)."""
        if self._parts is None:
            return find_steps(self.flat, self.offsets)
        return _steps_of_parts(self._parts)

    @cached_property
    def seasons(self) -> tuple[tuple[tuple[int, ...], ...], np.ndarray]:
        """Different sets of season lengths that the labels suggest, and the number of each series' set."""
        if len(self) == 1 and len(self.flat) == 1 and getattr(self.flat, "freq", None) is None:
            return ((),), np.zeros(1, np.int64)  # a step that nothing tells
        table, number = self.steps
        return tuple(seasons_of_step(step) for step in table), number

    def borrow_step(self, other: "Labels") -> None:
        """Take the usual step of other labels of the same kind, if no two labels of a series tell it."""
        alike = type(self.flat) is type(other.flat) and len(other.flat) > len(other)
        if alike and len(self.flat) == len(self) and not isinstance(self.flat, pd.PeriodIndex):
            table, number = other.steps
            self.steps = [table[np.bincount(number).argmax()]], np.zeros(len(self), np.int64)

    def following(self, horizon: int) -> "Labels":
        """Return the labels of the `horizon` steps after each series."""
        if horizon not in self._following:
            self._following = {horizon: self._continue(horizon)}
        return self._following[horizon]

    def followed_by(self, following: "Labels") -> "Labels":
        """Return the labels with known ones after each series, as many after each."""
        labels = copy(self)
        labels._following = {int(following.offsets[1]): following}
        return labels

    def _continue(self, horizon: int) -> "Labels":
        table, number = self.steps
        offsets = horizon * np.arange(len(self) + 1)
        if self._parts is not None:
            return Labels(offsets, parts=self._continue_parts(horizon))
        if len(self) == 1:
            return Labels(offsets, parts=[proceed(self.of(0)[-1:], horizon, table[number[0]])])
        last, distinct = pd.factorize(self.last())
        pairs, whose = np.unique(last * len(table) + number, return_inverse=True)
        distinct, order, parts = pd.Index(distinct, name=self.flat.name), [], []
        for i, step in enumerate(table):
            own = np.flatnonzero(pairs % len(table) == i)
            if len(own):
                parts.append(proceed_all(distinct.take(pairs[own] // len(table)), horizon, step))
                order.append(own)
        futures = parts[0].append(parts[1:]) if len(parts) > 1 else parts[0]
        place = np.empty(len(pairs), np.int64)
        place[np.concatenate(order)] = np.arange(len(pairs))
        rows = (place[whose] * horizon)[:, None] + np.arange(horizon)
        return Labels(offsets, futures.take(rows.ravel()).rename(self.flat.name))

    def _continue_parts(self, horizon: int) -> list[pd.Index]:
        assert self._parts is not None
        (table, number), known = self.steps, dict[Any, pd.Index]()
        futures = []
        for index, k in zip(self._parts, number.tolist(), strict=True):
            last = index[-1:]
            key = type(index), index.dtype, last[0], k
            if key not in known:
                whole = len(self._parts) == 1  # rounding of floats is judged by all of the labels
                known[key] = proceed(index if whole else last, horizon, table[k])
            futures.append(known[key].rename(index.name))
        return futures

    def until(self, series: np.ndarray, sizes: np.ndarray) -> "Labels":
        """Return the first `sizes` labels of some series; steps and seasons stay those of the whole."""
        return _FirstLabels(self, np.asarray(series), np.asarray(sizes))

    def rows(self, rows: np.ndarray, offsets: np.ndarray) -> "Labels":
        """Return the labels in some rows."""
        return Labels(offsets, self.flat.take(rows))


class _FirstLabels(Labels):
    """The first labels of some series, looked up when they are needed."""

    def __init__(self, whole: Labels, series: np.ndarray, sizes: np.ndarray) -> None:
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        super().__init__(offsets, parts=[] if whole.has_parts else None)
        self._whole, self._series, self._sizes = whole, series, sizes

    @cached_property
    def flat(self) -> pd.Index:
        starts = self._whole.offsets[self._series] - self.offsets[:-1]
        return self._whole.flat.take(np.repeat(starts, self._sizes) + np.arange(self.offsets[-1]))

    def of(self, s: int) -> pd.Index:
        return self._whole.of(int(self._series[s]))[: self._sizes[s]]

    @cached_property
    def zone(self) -> tzinfo | None:
        return self._whole.zone

    @cached_property
    def steps(self) -> tuple[list[Any], np.ndarray]:
        table, number = self._whole.steps
        return table, number[self._series]

    @cached_property
    def seasons(self) -> tuple[tuple[tuple[int, ...], ...], np.ndarray]:
        sets, number = self._whole.seasons
        return sets, number[self._series]

    def _continue_parts(self, horizon: int) -> list[pd.Index]:
        self._parts = [self.of(s) for s in range(len(self))]
        return super()._continue_parts(horizon)


def _steps_of_parts(parts: list[pd.Index]) -> tuple[list[Any], np.ndarray]:
    """Return the different steps of indexes, of which each kind is looked at together."""
    if len(parts) == 1:
        index = parts[0]
        return [index.step if isinstance(index, pd.RangeIndex) else find_step(index)], np.zeros(1, np.int64)
    number = np.empty(len(parts), np.int64)
    alike: dict[Any, list[int]] = {}
    for s, index in enumerate(parts):
        alike.setdefault((type(index), index.dtype), []).append(s)
    table: list[Any] = []
    for members in alike.values():
        indexes = [parts[s] for s in members]
        own: dict[Any, list[int]] = {}
        for s, index in zip(members, indexes, strict=True):
            own.setdefault(_own_step(index), []).append(s)
        if own.pop(None, None):  # which the labels of all tell
            ends = np.concatenate([[0], np.cumsum([len(index) for index in indexes])])
            flat = indexes[0].append(indexes[1:]) if len(indexes) > 1 else indexes[0]
            steps, found = find_steps(flat, ends)
            number[members] = found + len(table)
            table += steps
        for step, those in own.items():
            number[those] = len(table)
            table.append(step)
    return table, number


def _own_step(index: pd.Index) -> Any:
    """Return the step that an index says it has, or None."""
    if isinstance(index, pd.RangeIndex):
        return index.step
    return None if isinstance(index, pd.PeriodIndex) else getattr(index, "freq", None)
