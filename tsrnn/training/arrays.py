"""Arrays of many series, end to end, with their covariates."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

_NO_COLUMNS = np.empty((0, 0))


class SeriesArrays(NamedTuple):
    """S series of C channels, end to end: series s is rows ``offsets[s]`` to ``offsets[s + 1] - 1``.

    Attributes
    ----------
    values : ndarray of shape (N, C)
        Finite, gaps filled.
    missing : ndarray of bool, shape (N, C)
        Where nothing was observed.
    offsets : ndarray of int64, shape (S + 1,)
    past : ndarray of shape (N, P)
        Past covariates, known up to the cutoff; nan where not observed.
    future : ndarray of shape (M, F)
        Future covariates: of each series first the rows that go with its values, then those after its cutoff.
    future_offsets : ndarray of int64, shape (S + 1,)
    static : ndarray of shape (S, K)
        Static covariates: numbers that tell the series apart.
    codes : ndarray of int64, shape (S, J)
        Categories of each series, as numbers from 0 on; -1 for one that was not there in training.
    places : ndarray of int64, shape (S,)
        Number of each series among those that a model was fitted to; -1 for a new one.
    names : sequence of S hashable
        What errors call the series; None for a single one.

    Examples
    --------
    >>> arrays = SeriesArrays.of(np.arange(5.0), offsets=[0, 2, 5])
    >>> arrays.lengths
    array([2, 3])
    """

    values: np.ndarray
    missing: np.ndarray
    offsets: np.ndarray
    past: np.ndarray
    future: np.ndarray
    future_offsets: np.ndarray
    static: np.ndarray
    codes: np.ndarray
    places: np.ndarray
    names: Sequence[Hashable | None]

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        missing: np.ndarray | None = None,
        offsets: Sequence[int] | np.ndarray | None = None,
        names: Sequence[Hashable | None] | None = None,
    ) -> "SeriesArrays":
        """Return series without covariates, by default one."""
        values = values.reshape(len(values), -1)
        offsets = np.array([0, len(values)] if offsets is None else offsets, np.int64)
        S = len(offsets) - 1
        missing = np.broadcast_to(np.False_, values.shape) if missing is None else missing
        return cls(
            values,
            missing.reshape(values.shape),
            offsets,
            np.empty((len(values), 0)),
            _NO_COLUMNS,
            np.zeros(S + 1, np.int64),
            np.empty((S, 0)),
            np.empty((S, 0), np.int64),
            np.arange(S),
            [None] * S if names is None else names,
        )

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.offsets) - 1

    @property
    def n_channels(self) -> int:
        """Channels of each series."""
        return self.values.shape[1]

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each series, (S,)."""
        return np.diff(self.offsets)

    def until(self, series: np.ndarray, sizes: np.ndarray, n_ahead: int = 0) -> "SeriesArrays":
        """Return the first `sizes` steps of series, which may repeat; future covariates `n_ahead` further.

        A gap at the end of what is left holds the last value: what came after it fills it no more.
        """
        series, sizes = np.asarray(series, np.int64), np.asarray(sizes, np.int64)
        rows, offsets = ragged_rows(self.offsets[series], sizes)
        missing = self.missing[rows]
        future, future_offsets = self.future, np.zeros(len(series) + 1, np.int64)
        if future.shape[1]:
            known = np.minimum(sizes + n_ahead, np.diff(self.future_offsets)[series])
            future_rows, future_offsets = ragged_rows(self.future_offsets[series], known)
            future = future[future_rows]
        return self._replace(
            values=hold_last(self.values[rows], missing, offsets),
            missing=missing,
            offsets=offsets,
            past=self.past[rows],
            future=future,
            future_offsets=future_offsets,
            static=self.static[series],
            codes=self.codes[series],
            places=self.places[series],
            names=Names(self.names, series),
        )

    def split_channels(self, names: Sequence[Hashable | None]) -> "SeriesArrays":
        """Return each channel as a series of its own, those of a series one after the other."""
        C = self.n_channels
        if C == 1:
            return self._replace(names=names)
        values, offsets = split_columns(self.values, self.offsets)
        missing, _ = split_columns(self.missing, self.offsets)
        repeated = np.repeat(np.arange(self.n_series), C)
        channel = np.tile(np.arange(C), self.n_series)
        rows, _ = ragged_rows(self.offsets[repeated], self.lengths[repeated])
        future, future_offsets = self.future, np.zeros(len(repeated) + 1, np.int64)
        if future.shape[1]:
            known = np.diff(self.future_offsets)[repeated]
            future_rows, future_offsets = ragged_rows(self.future_offsets[repeated], known)
            future = future[future_rows]
        return self._replace(
            values=values[:, None],
            missing=missing[:, None],
            offsets=offsets,
            past=self.past[rows] if self.past.shape[1] else np.empty((len(rows), 0)),
            future=future,
            future_offsets=future_offsets,
            static=self.static[repeated],
            codes=self.codes[repeated],
            places=np.where(self.places[repeated] < 0, -1, self.places[repeated] * C + channel),
            names=names,
        )

    def with_values(self) -> np.ndarray:
        """Return the rows of `future` that go with the values, (N, F)."""
        if not self.future.shape[1]:
            return np.empty((len(self.values), 0))
        rows, _ = ragged_rows(self.future_offsets[:-1], self.lengths)
        return self.future[rows]


class Names(Sequence):
    """Some of many names, without a list of them."""

    def __init__(self, names: Sequence[Hashable | None], numbers: np.ndarray) -> None:
        self._names, self._numbers = names, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, i: Any) -> Any:
        return self._names[int(self._numbers[i])]


def ragged_rows(starts: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of rows in runs of different lengths, and where each run begins among them.

    Examples
    --------
    >>> ragged_rows(np.array([10, 0]), np.array([2, 3]))
    (array([10, 11,  0,  1,  2]), array([0, 2, 5]))
    """
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.repeat(starts - offsets[:-1], sizes) + np.arange(offsets[-1]), offsets


def split_columns(table: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of each series of a table (N, C) end to end, (N C,), and their offsets (S C + 1,).

    Examples
    --------
    >>> split_columns(np.array([[1, 10], [2, 20], [3, 30]]), np.array([0, 2, 3]))
    (array([ 1,  2, 10, 20,  3, 30]), array([0, 2, 4, 5, 6]))
    """
    C, S = table.shape[1], len(offsets) - 1
    if C == 1:
        return np.ascontiguousarray(table[:, 0]), offsets
    lengths = np.repeat(np.diff(offsets), C)
    split = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    if S == 1:
        return np.ascontiguousarray(table.T).reshape(-1), split
    return table.reshape(-1)[_split_positions(offsets, C)], split


def join_columns(flat: np.ndarray, offsets: np.ndarray, C: int) -> np.ndarray:
    """Return what `split_columns` made, given the offsets of the series, as a table (N, C) again."""
    if C == 1:
        return flat.reshape(-1, 1)
    if len(offsets) == 2:
        return np.ascontiguousarray(flat.reshape(C, -1).T)
    table = np.empty(len(flat), flat.dtype)
    table[_split_positions(offsets, C)] = flat
    return table.reshape(-1, C)


def _split_positions(offsets: np.ndarray, C: int) -> np.ndarray:
    """Return where the entries of `split_columns` are in the table, row by row."""
    lengths = np.repeat(np.diff(offsets), C)
    rows, _ = ragged_rows(np.repeat(offsets[:-1], C), lengths)
    return rows * C + np.repeat(np.tile(np.arange(C), len(offsets) - 1), lengths)


def hold_last(values: np.ndarray, missing: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return values (N, C) whose last ones, where they are missing, are those observed last."""
    if not len(values) or not missing[offsets[1:] - 1].any():
        return values
    rows = np.arange(len(values))[:, None]
    last = np.maximum.reduceat(np.where(missing, -1, rows), offsets[:-1], axis=0)
    last = np.repeat(last, np.diff(offsets), axis=0)
    ends = (rows > last) & (last >= 0)
    return np.where(ends, np.take_along_axis(values, np.maximum(last, 0), axis=0), values)
