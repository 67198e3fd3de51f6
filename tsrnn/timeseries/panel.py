"""Many series in columns: read from whichever format they come in, and given back in that format."""

import warnings
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import check_after, check_alike, check_columns, check_missing, list_some
from tsrnn.timeseries.covariate_schema import CovariateSchema
from tsrnn.timeseries.formats import COLUMNS, Format, Parsed, as_series, is_panel, parse
from tsrnn.timeseries.future_index import continue_index
from tsrnn.timeseries.gaps import fill_gaps
from tsrnn.timeseries.labels import Labels
from tsrnn.training.arrays import SeriesArrays, ragged_rows


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
        return Panel(arrays, labels, pd.Index([None]), None, form, self.schema)

    def one(self, s: int) -> "Panel":
        """Return one series with all its channels, named as it is told from others."""
        form = Format("single", (self.keys.tolist()[s],), (self.format.attrs_of(s),))
        one = self.until(np.array([s]), self.arrays.lengths[[s]])
        return replace(one, keys=pd.Index([None]), format=form)

    def until(self, series: np.ndarray, sizes: np.ndarray, n_ahead: int = 0) -> "Panel":
        """Return the first `sizes` steps of some series, which may repeat, future covariates `n_ahead` further."""
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

    def with_values(self, values: np.ndarray) -> "Panel":
        """Return the panel with other values, (N, C)."""
        return replace(self, arrays=self.arrays._replace(values=values))

    @property
    def observed_values(self) -> np.ndarray:
        """The values (N, C) as they were observed, nan where they were filled in."""
        values, missing = self.arrays.values, self.arrays.missing
        return np.where(missing, np.nan, values) if missing.any() else values

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

    def read_alike(self, y: Any, *, missing: str = "error") -> "Panel":
        """Read other histories of the same channels, in any format; new series may be among them.

        Raises
        ------
        TypeError, ValueError
            As by `read_panel`, or if the columns are others.
        """
        columns = self.format.names if self.format.kind == "long" else COLUMNS
        if is_panel(y, columns):
            panel = read_panel(y, missing=missing, columns=columns)
        else:
            fitted = self.columns
            if isinstance(y, np.ndarray) and y.ndim == 2 and fitted is not None and y.shape[1] == len(fitted):
                y = pd.DataFrame(y, columns=fitted)
            elif fitted is None and not isinstance(y, pd.DataFrame) and not isinstance(y, np.ndarray):
                y = as_series(y)
            elif fitted is None and isinstance(y, np.ndarray) and y.ndim != 1:
                as_series(y)
            panel = read_panel(y, missing=missing)
        check_alike(panel.columns, self.columns)
        return panel.with_places(self.keys)

    def with_places(self, keys: pd.Index) -> "Panel":
        """Return the panel with the number of each series among others, which have these keys."""
        if keys is self.keys:
            return self
        return replace(self, arrays=self.arrays._replace(places=keys.get_indexer(self.keys)))

    def read_further(self, y: Any, *, missing: str = "error") -> "Panel":
        """Read what follows the histories, and return both as one; lists and arrays continue the index.

        Series of which nothing comes stay as they are, and new ones may come.

        Raises
        ------
        TypeError, ValueError
            As by `read_alike`, or if what comes of a series does not start after its end.
        """
        check_missing(missing)
        columns = self.format.names if self.format.kind == "long" else COLUMNS
        if self.is_single:
            y = self._with_following_labels(y, 0)
        elif isinstance(y, dict):
            places = {key: s for s, key in enumerate(self.ids)}
            y = {
                key: self._with_following_labels(part, places[key]) if key in places else part
                for key, part in y.items()
            }
        if self.is_single:
            check_alike(y.columns if isinstance(y, pd.DataFrame) else None, self.columns)
            check_after(y.index, self.labels.of(0))
            if isinstance(y, pd.DataFrame):
                check_columns(y.columns)
        further = parse(y, columns)
        if further.format.kind == "single" and not self.is_single:
            raise TypeError(
                f"`y` is a single series; the model was fitted to {self.n_series}. "
                "Pass what follows as a panel, too."
            )
        check_alike(further.columns, self.columns)
        return _complete(_join(self, further), missing).with_places(self.keys)

    def _with_following_labels(self, part: Any, s: int) -> Any:
        """Return a list or array with the labels after a series."""
        if isinstance(part, pd.Series | pd.DataFrame):
            return part
        array = np.asarray(part)
        index = continue_index(self.labels.of(s), len(array))
        if self.columns is None or array.ndim != 2:
            return as_series(array).set_axis(index)
        return pd.DataFrame(array, index, self.columns if array.shape[1] == len(self.columns) else None)


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


def read_panel(y: Any, *, missing: str = "error", columns: Sequence[Hashable] = COLUMNS) -> Panel:
    """Check one or many series and copy them into columns; nothing is sorted but by series.

    Parameters
    ----------
    y : series, table of channels, long table, series or table with two levels, or dict
        Real numbers in time order, nullable and Arrow dtypes included, indexed by times, periods or numbers.
        A list or array gets a RangeIndex; the columns of an array are called 0 to C - 1. A long table has
        exactly the three `columns`; rows of one series need not be adjacent. The two levels of an index are
        series and time.
    missing : {"error", "interpolate", "mask"}, default "error"
        What NaN gets: an error, or the straight line between its observed neighbours, by order and not by
        distance in time. Before the first and after the last observed value, that value is held. "mask" reads
        as "interpolate" does; what is filled in then counts as unknown. What is missing before the first
        observation of a panel's series has not begun yet and is cut off; a series without any observation is
        refused under "error" and left out with a warning else.
    columns : (str, str, str), default ("unique_id", "ds", "y")
        Columns of a long table: what tells series apart, times, values.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError
        If `y` is no series, or its dtype or the kind of its index cannot be used.
    ValueError
        If `y` is empty, infinite somewhere, all missing, missing anywhere under ``missing="error"``, or if an
        index is not strictly increasing; the message names the series and the column.

    Warns
    -----
    UserWarning
        If series without any observation are left out.

    Examples
    --------
    >>> panel = read_panel({"a": [1.0, 2.0], "b": [3.0, 4.0, 5.0]})
    >>> panel.arrays.lengths
    array([2, 3])
    """
    check_missing(missing)
    if not isinstance(columns, list | tuple) or len(columns) != 3:
        raise ValueError(
            "`columns` must name three columns of a long table: what tells series apart, times, values; got "
            f'{columns!r}. Pass columns=("id", "time", "value").'
        )
    return _complete(parse(y, columns), missing)


def _complete(parsed: Parsed, missing: str) -> Panel:
    """Cut off steps before the first observation, fill gaps and leave out series without any."""
    if parsed.values.dtype == np.float32:
        return _assemble(parsed, np.broadcast_to(np.False_, parsed.values.shape))
    gaps = np.isnan(parsed.values)
    if gaps.any() and parsed.format.kind != "single":
        parsed, gaps = _begin_with_observations(parsed, gaps, missing)
        if missing == "mask" and parsed.columns is not None:
            _zero_unknown_channels(parsed, gaps)
    fill_gaps(parsed.values, parsed.labels, missing, parsed.keys, parsed.columns)
    return _assemble(parsed, gaps)


def _assemble(parsed: Parsed, gaps: np.ndarray) -> Panel:
    arrays = SeriesArrays.of(parsed.values, gaps, parsed.labels.offsets, parsed.keys)
    return Panel(arrays, parsed.labels, parsed.keys, parsed.columns, parsed.format)


def _begin_with_observations(parsed: Parsed, gaps: np.ndarray, missing: str) -> tuple[Parsed, np.ndarray]:
    """Cut off what is missing before the first observation of each series, and series without one."""
    offsets, seen = parsed.labels.offsets, ~gaps.all(axis=1)
    n = np.diff(offsets)
    rows = np.where(seen, np.arange(len(seen)), len(seen))
    firsts = np.minimum.reduceat(rows, offsets[:-1])
    there = firsts < offsets[1:]
    if not there.all():
        _report_empty(parsed.keys[~there].tolist(), len(there), missing)
    if (firsts == offsets[:-1]).all():
        return parsed, gaps
    kept = np.flatnonzero(there)
    rows, cut = ragged_rows(firsts[kept], (offsets[:-1] + n - firsts)[kept])
    if parsed.labels.has_parts:
        skipped = (firsts - offsets[:-1]).tolist()
        labels = Labels(cut, parts=[parsed.labels.of(s)[skipped[s] :] for s in kept.tolist()])
    else:
        labels = parsed.labels.rows(rows, cut)
    form = parsed.format
    if form.kind == "dict":
        form = Format("dict", *(tuple(part[s] for s in kept) for part in form[1:]))
    return Parsed(parsed.values[rows], labels, parsed.keys[kept], parsed.columns, form), gaps[rows]


def _report_empty(keys: list[Hashable], total: int, missing: str) -> None:
    what = f"`y` has no observed value in {len(keys)} of {total} series: {list_some(keys)}"
    if len(keys) == total:
        raise ValueError(f"{what}. Supply data.")
    if missing == "error":
        raise ValueError(f'{what}. Leave them out, or pass missing="interpolate" or "mask", which do.')
    warnings.warn(f"{what}. They are left out.", stacklevel=6)


def _zero_unknown_channels(parsed: Parsed, gaps: np.ndarray) -> None:
    """Set a channel that is unknown in a series but observed in others to zero there."""
    n_gaps = np.add.reduceat(gaps, parsed.labels.offsets[:-1], axis=0, dtype=np.int64)
    lengths = np.diff(parsed.labels.offsets)
    unknown = (n_gaps == lengths[:, None]) & (n_gaps < lengths[:, None]).any(axis=0)
    parsed.values[np.repeat(unknown, lengths, axis=0)] = 0.0


def _join(first: Panel, further: Parsed) -> Parsed:
    """Return two panels, the second of which goes on where series of the first end, as one."""
    keys = first.keys
    if first.is_single:
        codes = np.zeros(1, np.int64)
    else:
        keys = keys.append(further.keys[~further.keys.isin(keys)])
        codes = keys.get_indexer(further.keys)
    n_known, labels = first.n_series, further.labels
    for s, code in enumerate(codes.tolist() if labels.has_parts else ()):
        if code < n_known and not first.is_single:
            check_after(labels.of(s), first.labels.of(code), f" of series {further.keys[s]!r}")
    if not labels.has_parts:
        _check_all_after(first, further, codes)
    whose = np.concatenate(
        [np.repeat(np.arange(n_known), first.arrays.lengths), np.repeat(codes, np.diff(labels.offsets))]
    )
    order = np.argsort(whose, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(whose, minlength=len(keys)))]).astype(np.int64)
    values = np.concatenate([first.observed_values, further.values])[order]
    form = first.format
    if first.format.kind in ("single", "dict"):
        place = {code: s for s, code in enumerate(codes.tolist())}
        parts = [first.labels.of(code) if code < n_known else None for code in range(len(keys))]
        for code, s in place.items():
            own = labels.of(s)
            parts[code] = own if parts[code] is None else parts[code].append(own)
        fresh = [s for s, code in enumerate(codes.tolist()) if code >= n_known]
        extend = [
            (*mine, *(theirs[s] for s in fresh)) if further.format.kind == "dict" else mine
            for mine, theirs in zip(form[1:], further.format[1:], strict=True)
        ]
        if further.format.kind not in ("single", "dict"):
            extend = [(*form.names, *further.keys[fresh]), (*form.attrs, *further.format.attrs * len(fresh))]
        joined = Labels(offsets, parts=parts)
        form = Format(form.kind, *extend)
    else:
        joined = Labels(offsets, first.labels.flat.append(labels.flat).take(order))
    return Parsed(values, joined, keys, first.columns, form)


def _check_all_after(first: Panel, further: Parsed, codes: np.ndarray) -> None:
    """Refuse labels of a series that do not start after the end of what is known of it."""
    known = np.flatnonzero(codes < first.n_series)
    if not len(known):
        return
    begins = further.labels.flat.take(further.labels.offsets[:-1][known])
    ends = first.labels.last().take(codes[known])
    wrong = ~np.asarray(begins > ends, dtype=bool)
    if wrong.any():
        s = int(known[wrong.argmax()])
        check_after(further.labels.of(s), first.labels.of(int(codes[s])), f" of series {further.keys[s]!r}")
