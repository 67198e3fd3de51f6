"""The door between pandas and arrays: read one series or several channels, and give back their kind."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from tsrnn.timeseries.future_index import continue_index

_MISSING = ("error", "interpolate", "mask")
_SHOWN = 6  # columns that an error lists
_LARGE = 10_000_000  # values from which on an array of float32 is taken as it is


class Observed(NamedTuple):
    """A series, or a table of channels, past the door.

    Attributes
    ----------
    values : ndarray of float64, shape (n,), or (n, C) with C channels
        Finite, C-contiguous, writable, never shared with the caller. Only a one-dimensional array of float32
        with more than 10 million values is the caller's own, so that a file mapped into memory stays there.
    index : pandas.Index
        The labels, strictly increasing.
    name : hashable or None
        The series' own name.
    missing : ndarray of bool, of the shape of `values`
        True where the value was filled in.
    attrs : dict
        The series' or table's own metadata, such as its units.
    columns : pandas.Index or None
        Labels of the channels; None for a series.
    """

    values: np.ndarray
    index: pd.Index
    name: Hashable | None
    missing: np.ndarray
    attrs: dict[str, Any]
    columns: pd.Index | None = None

    @property
    def channels(self) -> np.ndarray:
        """The values as (n, C); a series is one channel."""
        return self.values.reshape(len(self.values), -1)

    @property
    def raw(self) -> np.ndarray:
        """The values as they were observed, nan where they were filled in."""
        return np.where(self.missing, np.nan, self.values) if self.missing.any() else self.values

    def wrap(self, values: np.ndarray, index: pd.Index) -> pd.Series | pd.DataFrame:
        """Return values (h,) or (h, C) as a Series or DataFrame, whichever was read, with its labels."""
        if self.columns is None:
            return pd.Series(values.reshape(-1), index=index, name=self.name)
        return pd.DataFrame(values, index=index, columns=self.columns)


def read_series(y: Any, *, missing: str = "error") -> Observed:
    """Check one univariate series and copy it into a float64 array; nothing is sorted or dropped.

    Parameters
    ----------
    y : pandas.Series, list, tuple or one-dimensional ndarray
        Real numbers in time order, nullable and Arrow dtypes included, indexed by times, periods or
        numbers. A list, tuple or array gets a RangeIndex.
    missing : {"error", "interpolate", "mask"}, default "error"
        What NaN gets: an error, or the straight line between its observed neighbours, by order and not
        by distance in time. Before the first and after the last observed value, that value is held. "mask"
        reads as "interpolate" does; what is filled in then counts as unknown.

    Returns
    -------
    Observed
        Values, index, name and the mask of filled values.

    Raises
    ------
    TypeError
        If `y` is no series, or its dtype or the kind of its index cannot be used.
    ValueError
        If `y` is empty, not one-dimensional, infinite somewhere, all missing, missing anywhere under
        ``missing="error"``, or if its index is not strictly increasing.

    Examples
    --------
    >>> read_series([1, None, 3], missing="interpolate").values
    array([1., 2., 3.])
    """
    check_missing(missing)
    return fill(read_raw(y if _is_large(y) else _as_series(y)), missing)


def read_channels(y: Any, *, missing: str = "error") -> Observed:
    """Check a table with one column a channel as `read_series` checks a series, or a series.

    Parameters
    ----------
    y : pandas.DataFrame, ndarray of shape (n, C), or what `read_series` takes
        The columns of an array are called 0 to C - 1.
    missing : {"error", "interpolate", "mask"}, default "error"
        As for `read_series`; each column is interpolated by itself.

    Returns
    -------
    Observed
        With values (n, C) and the columns, or as from `read_series`.

    Raises
    ------
    TypeError, ValueError
        As by `read_series`, naming the column; or if there are no columns, or two of the same name.

    Examples
    --------
    >>> read_channels(pd.DataFrame({"a": [1.0, None], "b": [3, 4]}), missing="interpolate").values
    array([[1., 3.],
           [1., 4.]])
    """
    check_missing(missing)
    return fill(read_raw(y), missing)


def read_raw(y: Any, where: str = "") -> Observed:
    """Check the labels and dtypes of a series or table and copy its values; `where` tells errors which it is.

    NaN and infinite values are left to `fill`.
    """
    if isinstance(y, np.ndarray) and y.ndim > 2:
        raise ValueError(f"`y` has shape {y.shape}; one dimension is needed, or two for several channels.")
    if isinstance(y, np.ndarray) and y.ndim == 2:
        y = pd.DataFrame(y)
    if _is_large(y):
        return Observed(y, pd.RangeIndex(len(y)), None, np.broadcast_to(np.False_, y.shape), {})
    table = y if isinstance(y, pd.DataFrame) else _as_series(y)
    if isinstance(table, pd.DataFrame):
        check_columns(table.columns)
    if len(table) == 0:
        raise ValueError(f"`y` is empty{where}; at least one observation is needed.")
    values = copy_values(table, where)
    check_labels(table.index, where=where)
    check_order(table.index, where=where)
    name, columns = (None, table.columns.copy()) if table.ndim == 2 else (table.name, None)
    return Observed(values, table.index.copy(), name, np.isnan(values), dict(table.attrs), columns)


def _is_large(y: Any) -> bool:
    """Whether `y` is a finite array of float32 that is better not copied."""
    if not (isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype == np.float32 and y.size > _LARGE):
        return False
    return y.flags.c_contiguous and all(
        np.isfinite(y[i : i + _LARGE]).all() for i in range(0, y.size, _LARGE)
    )


def copy_values(table: pd.Series | pd.DataFrame, where: str = "") -> np.ndarray:
    """Return a copy of real numbers as float64 of the table's shape, nan where missing."""
    if table.ndim == 1:
        _check_dtype(table.dtype, None, where)
        return table.to_numpy(dtype=np.float64, copy=True, na_value=np.nan)
    for label, dtype in table.dtypes.items():
        _check_dtype(dtype, (label,), where)
    values = np.empty(table.shape)
    for position in range(table.shape[1]):
        values[:, position] = table.iloc[:, position].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def read_alike(y: Any, first: Observed, *, missing: str = "error") -> Observed:
    """Read another history of the channels that `first` has; an array's columns are taken to be those.

    Raises
    ------
    TypeError, ValueError
        As by `read_channels`, or if the columns are others.
    """
    columns = first.columns
    if columns is None and not isinstance(y, pd.DataFrame):
        return read_series(y, missing=missing)
    if isinstance(y, np.ndarray) and y.ndim == 2 and columns is not None and y.shape[1] == len(columns):
        y = pd.DataFrame(y, columns=columns)
    observed = read_channels(y, missing=missing)
    check_alike(observed.columns, columns)
    return observed


def read_further(y: Any, first: Observed, *, missing: str = "error") -> Observed:
    """Read what follows a history, and return both as one; arrays and lists continue the index.

    Raises
    ------
    TypeError, ValueError
        As by `read_alike`, or if `y` does not start after the end of `first`.
    """
    if not isinstance(y, pd.Series | pd.DataFrame):
        y = follow(np.asarray(y), first)
    check_alike(y.columns if isinstance(y, pd.DataFrame) else None, first.columns)
    check_after(y.index, first.index)
    if isinstance(y, pd.Series):
        y = y.rename(first.name)
    return read_channels(pd.concat([first.wrap(first.raw, first.index), y]), missing=missing)


def follow(array: np.ndarray, first: Observed) -> pd.Series | pd.DataFrame:
    """Return an array with the labels that follow those of `first`."""
    index = continue_index(first.index, len(array))
    if first.columns is None or array.ndim != 2:
        return _as_series(array).set_axis(index)
    return pd.DataFrame(array, index, first.columns if array.shape[1] == len(first.columns) else None)


def check_after(index: pd.Index, first: pd.Index, where: str = "") -> None:
    """Refuse labels that do not start after the end of the first ones."""
    if len(index) and not index[0] > first[-1]:
        raise ValueError(
            f"`y` must start after the last observation{where}, {show_label(first[-1])}; "
            f"it starts at {show_label(index[0])}. Pass only what is new."
        )


def check_alike(columns: pd.Index | None, fitted: pd.Index | None) -> None:
    """Refuse a history whose columns, None for a series, are not those that a model was fitted to."""
    if columns is None and fitted is None:
        return
    if columns is None:
        raise ValueError(
            f"`y` is a single series; the model was fitted to {_list_columns(fitted)}. "
            "Pass a DataFrame with the same columns."
        )
    if fitted is None:
        raise ValueError(
            f"`y` has {_list_columns(columns)}; the model was fitted to a single series. "
            f"Pass one column: y[{columns.tolist()[0]!r}]."
        )
    if not columns.equals(fitted):
        raise ValueError(
            f"`y` has {_list_columns(columns)}; the model was fitted to {_list_columns(fitted)}. "
            "Pass the same columns in the same order: y[[...]]."
        )


def _list_columns(columns: pd.Index) -> str:
    noun = "column" if len(columns) == 1 else f"{len(columns)} columns"
    return f"the {noun} {list_some(columns.tolist())}"


def list_some(labels: Sequence[Any]) -> str:
    """Write the first few of many labels."""
    return ", ".join([*map(repr, labels[:_SHOWN]), *["..."] * (len(labels) > _SHOWN)])


def check_missing(missing: str) -> None:
    """Refuse an unknown way with missing values."""
    if missing not in _MISSING:
        raise ValueError(f"`missing` must be one of {', '.join(map(repr, _MISSING))}; got {missing!r}.")


def _as_series(y: Any) -> pd.Series:
    if isinstance(y, pd.Series):
        return y
    if isinstance(y, pd.DataFrame):
        column = repr(y.columns.tolist()[0]) if y.shape[1] else '"col"'
        raise TypeError(f"`y` is a DataFrame; a single series is needed. Pass one column: y[{column}].")
    if not isinstance(y, list | tuple | np.ndarray):
        kind = type(y).__name__
        raise TypeError(f"`y` is of type {kind}; a Series, list or array is needed. Wrap it: pd.Series(y).")
    if isinstance(y, np.ndarray) and y.ndim != 1:
        raise ValueError(f"`y` has shape {y.shape}; one dimension is needed. Pass one column or y.ravel().")
    return pd.Series(y)


def check_columns(columns: pd.Index) -> None:
    """Refuse a table without columns, or with two of the same name."""
    if len(columns) == 0:
        raise ValueError("`y` has no columns; at least one is needed.")
    if not columns.is_unique:
        label = columns[columns.duplicated()].tolist()[0]
        raise ValueError(
            f"`y` has the column {label!r} more than once; labels must be unique. Rename them, or keep one "
            "of each: y.loc[:, ~y.columns.duplicated()]."
        )


def _check_dtype(dtype: Any, column: tuple[Hashable] | None, of: str = "") -> None:
    """Refuse a dtype that is no real number's; `column` holds the label of a table's column."""
    name = "y" if column is None else f"y[{column[0]!r}]"
    cure = f"Convert it: pd.to_numeric({name})."
    if types.is_bool_dtype(dtype):
        cure = f"Convert it: {'pd.Series(y, dtype=float)' if column is None else f'{name}.astype(float)'}."
    elif types.is_complex_dtype(dtype):
        cure = f"Pass one part of it: np.abs({name}) or np.real({name})."
    elif types.is_datetime64_any_dtype(dtype):
        into = "pd.Series(values, index=times)" if column is None else f"y.set_index({column[0]!r})"
        cure = f"Times belong in the index: {into}."
    elif types.is_numeric_dtype(dtype):
        return
    where = of if column is None else f" in column {column[0]!r}{of}"
    raise TypeError(f"`y` has dtype {dtype}{where}; real numbers are needed. {cure}")


class Words(NamedTuple):
    """How errors call the labels of `y`, and the ways out of what may be wrong with them."""

    labels: str = "The index of `y`"
    kind: str = "an index"
    convert: str = "y.index = pd.to_datetime(y.index), or drop it: y.reset_index(drop=True)"
    drop: str = "y[y.index.notna()]"
    keep: str = "y[~y.index.duplicated()]"
    average: str = "y.groupby(level=0).mean()"
    sort: str = "y.sort_index()"


INDEX = Words()


def check_labels(index: pd.Index, words: Words = INDEX, where: str = "") -> None:
    """Refuse labels that are no times, periods or numbers, and missing ones."""
    if index.nlevels > 1:
        raise TypeError(
            f"`y` has an index of {index.nlevels} levels{where}; one is needed. "
            "Select a single series: y.loc[key]."
        )
    if not _is_numeric(index) and not isinstance(
        index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex
    ):
        raise TypeError(
            f"`y` has {words.kind} of dtype {index.dtype}{where}; times, periods or real numbers are needed. "
            f"Convert it: {words.convert}."
        )
    if index.hasnans:
        raise ValueError(
            f"{words.labels} has a missing label at position {index.isna().argmax()}{where}; every "
            f"observation needs one. Drop those without: {words.drop}."
        )


def check_order(index: pd.Index, words: Words = INDEX, where: str = "") -> None:
    """Refuse labels that do not increase from each to the next."""
    if index.is_monotonic_increasing and index.is_unique:
        return
    first = 1 + int(np.argmin(np.asarray(index[1:] > index[:-1], dtype=bool)))
    before, label = index[first - 1], index[first]
    if label == before:
        raise ValueError(
            f"{words.labels} has {show_label(label)} more than once{where}; labels must be unique. "
            f"Keep one of each, {words.keep}, or average them, {words.average}."
        )
    raise ValueError(
        f"{words.labels} is not sorted{where}: {show_label(label)} comes after {show_label(before)}; "
        f"labels must increase. Sort it: {words.sort}."
    )


def _is_numeric(index: pd.Index) -> bool:
    return types.is_integer_dtype(index.dtype) or types.is_float_dtype(index.dtype)


def show_label(label: Any) -> str:
    """Write a label as its owner would: a midnight is a date."""
    if isinstance(label, float):
        return f"{label:.6g}"
    return str(label.date() if isinstance(label, pd.Timestamp) and label == label.normalize() else label)


def fill(raw: Observed, missing: str, where: str = "") -> Observed:
    """Interpolate in place what `read_raw` left missing, or refuse it; infinite values are always refused."""
    if raw.values.dtype == np.float32 or np.isfinite(raw.values).all():
        return raw
    if raw.columns is None:
        _fill(raw.values, raw.index, missing, where)
    for position, label in enumerate(() if raw.columns is None else raw.columns):
        _fill(raw.values[:, position], raw.index, missing, f" in column {label!r}{where}")
    return raw


def _fill(values: np.ndarray, index: pd.Index, missing: str, where: str) -> None:
    holes, infinite = np.isnan(values), np.isinf(values)
    if infinite.any():
        count = _count(infinite, "infinite", index, where)
        raise ValueError(f'`y` has {count}. Replace them, or pass NaN there and missing="interpolate".')
    if not holes.any():
        return
    if holes.all():
        raise ValueError(f"`y` has no observed value{where}: all {len(values)} are missing. Supply data.")
    if missing == "error":
        count = _count(holes, "missing", index, where)
        raise ValueError(f'`y` has {count}. Fill them, or pass missing="interpolate".')
    seen = np.flatnonzero(~holes)
    values[holes] = np.interp(np.flatnonzero(holes), seen, values[seen])


def _count(mask: np.ndarray, kind: str, index: pd.Index, where: str) -> str:
    number, label = int(mask.sum()), show_label(index[int(mask.argmax())])
    noun = "value" if number == 1 else "values"
    return f"{number} {kind} {noun}{where}, the first at {'index ' if _is_numeric(index) else ''}{label}"
