"""Panels: many series in columns, with their index and covariates, and the way back to pandas."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.covariate_schema import CovariateSchema
from tsrnn.timeseries.formats import SINGLE, Format
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.wall_clock import Clock, by_clock, clock_steps, find_clock
from tsrnn.training.arrays import SeriesArrays


class Series(NamedTuple):
    """One series, for a model that takes one.

    Attributes
    ----------
    values : ndarray of shape (n,)
    index : pandas.Index
    """

    values: np.ndarray
    index: pd.Index


@dataclass(frozen=True)
class Panel:
    """One or many series in columns, with their labels and covariates.

    Attributes
    ----------
    arrays : SeriesArrays
        Values and covariates of all series, end to end.
    labels : Labels
        Their index.
    keys : pandas.Index
        What tells the series apart, in order of first appearance; [None] for a single one.
    columns : pandas.Index or None
        Labels of the channels; None if the values of a series are plain numbers.
    format : Format
        What came in and goes out.
    schema : CovariateSchema
        Which covariates there are.

    Examples
    --------
    >>> from tsrnn.timeseries.reading import read_panel
    >>> y = pd.DataFrame({"unique_id": ["a", "a", "b"], "ds": [0, 1, 1], "y": [3.0, 4.0, 5.0]})
    >>> panel = read_panel(y)
    >>> panel.arrays.offsets
    array([0, 2, 3])
    >>> panel.wrap(np.array([[[5.0]], [[6.0]]]), "Naive")
      unique_id  ds  Naive
    0         a   2    5.0
    1         b   2    6.0
    """

    arrays: SeriesArrays
    labels: Labels
    keys: pd.Index
    columns: pd.Index | None
    format: Format
    schema: CovariateSchema = field(default_factory=CovariateSchema)

    @property
    def ids(self) -> list[Hashable]:
        """The keys as a list; [None] for a single series."""
        return self.keys.tolist()

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.keys)

    @property
    def is_single(self) -> bool:
        """Whether a series or table came, not a panel."""
        return self.format.kind == "single"

    @property
    def is_one(self) -> bool:
        """Whether this is one series of one channel."""
        return self.is_single and self.columns is None and self.n_series == 1

    @property
    def channel_names(self) -> Sequence[Hashable | None]:
        """What each channel of each series is called: by its series' key, its column, or both."""
        if self.columns is None:
            return self.keys
        return self.columns if self.is_single else _Pairs(self.keys, self.columns)

    def series(self, s: int = 0, c: int = 0) -> Series:
        """Return one channel of one series."""
        rows = slice(self.arrays.offsets[s], self.arrays.offsets[s + 1])
        return Series(self.arrays.values[rows, c], self.labels.of(s))

    def alone(self) -> "Iterator[tuple[Hashable | None, Panel]]":
        """Yield each channel of each series as a panel of its own, and what it is called."""
        names = iter(self.channel_names)
        for s in range(self.n_series):
            for c in range(self.arrays.n_channels):
                yield next(names), self.single(s, c)

    def single(self, s: int, c: int = 0) -> "Panel":
        """Return one channel of one series, as if there were no other."""
        a, rows = self.arrays, slice(self.arrays.offsets[s], self.arrays.offsets[s + 1])
        future = a.future[a.future_offsets[s] : a.future_offsets[s + 1]]
        name = self.format.name_of(s, self.keys[s]) if self.columns is None else self.columns[c]
        arrays = SeriesArrays(
            a.values[rows, c : c + 1],
            a.missing[rows, c : c + 1],
            np.array([0, len(a.values[rows])]),
            a.past[rows],
            future,
            np.array([0, len(future)]),
            a.static[s : s + 1],
            a.codes[s : s + 1],
            np.zeros(1, np.int64),
            [None],
        )
        labels = Labels(arrays.offsets, parts=[self.labels.of(s)])
        form = Format("single", (name,), (self.format.attrs_of(s),))
        return Panel(arrays, labels, SINGLE, None, form, self.schema)

    def one(self, s: int) -> "Panel":
        """Return one series with all its channels, named as it is told from others."""
        form = Format("single", (self.keys.tolist()[s],), (self.format.attrs_of(s),))
        one = self.until(np.array([s]), self.arrays.lengths[[s]])
        return replace(one, keys=SINGLE, format=form)

    def until(self, series: np.ndarray, sizes: np.ndarray, n_ahead: int = 0) -> "Panel":
        """Return the first `sizes` steps of series, which may repeat; future covariates `n_ahead` further."""
        names = self.format.names
        if self.format.kind in ("single", "dict"):
            names = tuple(names[s] for s in np.asarray(series).tolist())
            attrs = tuple(self.format.attrs[s] for s in np.asarray(series).tolist())
        else:
            attrs = self.format.attrs
        return replace(
            self,
            arrays=self.arrays.until(series, sizes, n_ahead),
            labels=self.labels.until(series, sizes),
            keys=self.keys.take(series),
            format=Format(self.format.kind, names, attrs),
        )

    @cached_property
    def clock(self) -> Clock | None:
        """The rows by the wall clock; None if it never changes."""
        return find_clock(self.labels)

    @cached_property
    def on_clock(self) -> "Panel":
        """The panel with its rows by the wall clock, as models count them."""
        if self.clock is None:
            return self
        ahead = None
        if self.arrays.future.shape[1]:
            n_ahead = np.diff(self.arrays.future_offsets) - self.arrays.lengths
            horizon = max(int(n_ahead.max()), 0)
            ahead = clock_steps(self.labels, horizon) if horizon else None
            if ahead is None:
                ahead = np.tile(np.arange(1, horizon + 1), (self.n_series, 1))
        return replace(self, arrays=by_clock(self.arrays, self.clock, ahead), labels=self.clock.labels)

    def with_values(self, values: np.ndarray) -> "Panel":
        """Return the panel with other values, (N, C)."""
        return replace(self, arrays=self.arrays._replace(values=values))

    @property
    def observed_values(self) -> np.ndarray:
        """The values (N, C) as they were observed, nan where they were filled in."""
        values, missing = self.arrays.values, self.arrays.missing
        return np.where(missing, np.nan, values) if missing.any() else values

    @cached_property
    def least(self) -> np.ndarray:
        """The least value of each channel of each series, (S, C)."""
        least: np.ndarray = np.minimum.reduceat(self.arrays.values, self.arrays.offsets[:-1], axis=0)
        return least

    def lowest(self, fitted: "Panel") -> np.ndarray:
        """Return zero for each channel of each series that was never negative, -inf for others, (S, C).

        Neither here nor in what a model was fitted to, where of a new series all others count.
        """
        places = self.arrays.places[:, None]
        trained = np.where(places < 0, fitted.least.min(axis=0), fitted.least[self.arrays.places])
        return np.where(np.minimum(self.least, trained) >= 0, 0.0, -np.inf)

    def wrap(self, values: np.ndarray, label: str, names: Sequence[Hashable] | None = None) -> Any:
        """Return what was found for the steps after each series in the format that came.

        Parameters
        ----------
        values : ndarray of shape (S, h, C), or (S, h, C, k) with `names`
        label : str
            Name of the model, which long tables have as the name of the column.
        names : sequence of k str, optional
            What the last axis holds, such as ``["mean", "lo-80", "hi-80"]``.

        Returns
        -------
        pandas.Series, pandas.DataFrame or dict
            With `names`: as columns of a series, as second level of a table's columns. In a long table the
            column ``mean`` is called `label`, any other ``<label>-<name>``.
        """
        table = values.reshape(-1, *values.shape[2:])
        return self._build(table, self.labels.following(values.shape[1]), label, names)

    def wrap_history(self, values: np.ndarray, label: str) -> Any:
        """Return values (N, C) of the steps of each series in the format that came."""
        return self._build(values, self.labels, label, None)

    def wrap_paths(self, values: np.ndarray, label: str) -> Any:
        """Return paths (S, h, C, n) of what follows each series in the format that came.

        As `wrap` with the paths' numbers as names; in a long table they are the column ``path``, and each
        path has rows of its own.
        """
        S, h, _, n = values.shape
        if self.format.kind != "long":
            return self.wrap(values, label, range(n))
        key, time, _ = self.format.names
        steps = (h * np.arange(S))[:, None, None] + np.arange(h)
        rows = np.broadcast_to(steps, (S, n, h)).ravel()
        table = {
            key: self.keys.repeat(h * n),
            time: self.labels.following(h).flat.take(rows),
            "path": np.tile(np.arange(n).repeat(h), S),
            label: values[:, :, 0].transpose(0, 2, 1).ravel(),
        }
        return pd.DataFrame(table)

    def observed(self) -> Any:
        """Return the series in the format that came, NaN where nothing was observed."""
        values = self.observed_values
        if self.format.kind in ("long", "levels"):
            return self.wrap_history(values, self.format.names[2] if self.format.kind == "long" else "")
        parts = self._build(values.astype(np.float64), self.labels, "", None)
        for s, part in enumerate([parts] if self.is_single else parts.values()):
            part.attrs = dict(self.format.attrs[s])
        return parts

    def _build(self, values: np.ndarray, labels: Labels, label: str, names: Sequence[Hashable] | None) -> Any:
        """Return values (N, C), or (N, C, k) with names, with labels, in the format that came."""
        values = np.asarray(values, dtype=np.float64)
        if self.format.kind in ("single", "dict"):
            edges = labels.offsets.tolist()
            parts = [
                self._label(values[edges[s] : edges[s + 1]], labels.of(s), names, self.format.names[s])
                for s in range(self.n_series)
            ]
            return parts[0] if self.is_single else dict(zip(self.ids, parts, strict=True))
        keys = self.keys.repeat(np.diff(labels.offsets))
        if self.format.kind == "long":
            key, time, _ = self.format.names
            columns = [label if name == "mean" else f"{label}-{name}" for name in names or ["mean"]]
            table = values.reshape(len(values), -1).T
            data = zip([key, time, *columns], [keys, labels.flat, *table], strict=True)
            return pd.concat([pd.Series(of, name=name) for name, of in data], axis=1)
        name = self.format.names[2] if self.columns is None else None
        index = pd.MultiIndex.from_arrays([keys, labels.flat], names=self.format.names[:2])
        return self._label(values, index, names, name)

    def _label(
        self, values: np.ndarray, index: pd.Index, names: Sequence[Hashable] | None, name: Hashable
    ) -> pd.Series | pd.DataFrame:
        """Return values (n, C), or (n, C, k) with k names, as a Series or DataFrame as of the series."""
        if self.columns is None and names is None:
            return pd.Series(values.reshape(-1), index=index, name=name)
        table = values.reshape(len(values), -1)
        if names is None:
            return pd.DataFrame(table, index=index, columns=self.columns)
        if self.columns is None:
            return pd.DataFrame(table, index, pd.Index(names))
        levels = [self.columns.repeat(len(names)), list(names) * len(self.columns)]
        columns = pd.MultiIndex.from_arrays(levels, names=[self.columns.name, None])
        return pd.DataFrame(table, index, columns)

    def with_places(self, keys: pd.Index) -> "Panel":
        """Return the panel with the number of each series among others, which have these keys."""
        if keys is self.keys:
            return self
        return replace(self, arrays=self.arrays._replace(places=keys.get_indexer(self.keys)))


class _Pairs(Sequence):
    """Pairs of a series' key and a channel's label, without a list of them."""

    def __init__(self, keys: pd.Index, columns: pd.Index) -> None:
        self._keys, self._columns = keys, columns

    def __len__(self) -> int:
        return len(self._keys) * len(self._columns)

    def __getitem__(self, i: Any) -> Any:
        if not 0 <= i < len(self):
            raise IndexError(i)
        return self._keys[i // len(self._columns)], self._columns[i % len(self._columns)]
