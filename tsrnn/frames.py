"""The door between pandas and arrays: read one series or several channels, and give back their kind."""

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from tsrnn.timeline import continue_index

_MISSING = ("error", "interpolate")
_SHOWN = 6  # columns that an error lists


class Observed(NamedTuple):
    """A series, or a table of channels, past the door.

    Attributes
    ----------
    values : ndarray of float64, shape (n,), or (n, C) with C channels
        Finite, C-contiguous, writable, never shared with the caller.
    index : pandas.Index
        The labels, strictly increasing.
    name : hashable or None
        The series' own name.
    missing : ndarray of bool, of the shape of `values`
        True where the value was filled by interpolation.
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
    missing : {"error", "interpolate"}, default "error"
        What NaN gets: an error, or the straight line between its observed neighbours, by order and not
        by distance in time. Before the first and after the last observed value, that value is held.

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
    _check_missing(missing)
    series = _as_series(y)
    if series.empty:
        raise ValueError("`y` is empty; at least one observation is needed.")
    _check_dtype(series.dtype, None)
    _check_index(series.index)
    values, filled = _read_values(series, missing, "")
    return Observed(values, series.index.copy(), series.name, filled, dict(series.attrs))


def read_channels(y: Any, *, missing: str = "error") -> Observed:
    """Check a table with one column a channel as `read_series` checks a series, or a series.

    Parameters
    ----------
    y : pandas.DataFrame, ndarray of shape (n, C), or what `read_series` takes
        The columns of an array are called 0 to C - 1.
    missing : {"error", "interpolate"}, default "error"
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
    if isinstance(y, np.ndarray) and y.ndim > 2:
        raise ValueError(f"`y` has shape {y.shape}; one dimension is needed, or two for several channels.")
    if isinstance(y, np.ndarray) and y.ndim == 2:
        y = pd.DataFrame(y)
    if not isinstance(y, pd.DataFrame):
        return read_series(y, missing=missing)
    _check_missing(missing)
    _check_columns(y.columns)
    if len(y) == 0:
        raise ValueError("`y` is empty; at least one observation is needed.")
    for label, dtype in y.dtypes.items():
        _check_dtype(dtype, (label,))
    _check_index(y.index)
    values, filled = np.empty(y.shape), np.empty(y.shape, dtype=bool)
    for position, label in enumerate(y.columns):
        column = _read_values(y.iloc[:, position], missing, f" in column {label!r}")
        values[:, position], filled[:, position] = column
    return Observed(values, y.index.copy(), None, filled, dict(y.attrs), y.columns.copy())


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
        y = _continue(np.asarray(y), first)
    check_alike(y.columns if isinstance(y, pd.DataFrame) else None, first.columns)
    if len(y) and not y.index[0] > first.index[-1]:
        raise ValueError(
            f"`y` must start after the last observation, {show_label(first.index[-1])}; "
            f"it starts at {show_label(y.index[0])}. Pass only what is new."
        )
    if isinstance(y, pd.Series):
        y = y.rename(first.name)
    return read_channels(pd.concat([first.wrap(first.values, first.index), y]), missing=missing)


def _continue(array: np.ndarray, first: Observed) -> pd.Series | pd.DataFrame:
    index = continue_index(first.index, len(array))
    if first.columns is None or array.ndim != 2:
        return _as_series(array).set_axis(index)
    return pd.DataFrame(array, index, first.columns if array.shape[1] == len(first.columns) else None)


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
    labels = ", ".join(map(repr, columns[:_SHOWN].tolist()))
    noun = "column" if len(columns) == 1 else f"{len(columns)} columns"
    return f"the {noun} {labels}{', ...' if len(columns) > _SHOWN else ''}"


def _check_missing(missing: str) -> None:
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


def _check_columns(columns: pd.Index) -> None:
    if len(columns) == 0:
        raise ValueError("`y` has no columns; at least one is needed.")
    if not columns.is_unique:
        label = columns[columns.duplicated()].tolist()[0]
        raise ValueError(
            f"`y` has the column {label!r} more than once; labels must be unique. Rename them, or keep one "
            "of each: y.loc[:, ~y.columns.duplicated()]."
        )


def _check_dtype(dtype: Any, column: tuple[Hashable] | None) -> None:
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
    where = "" if column is None else f" in column {column[0]!r}"
    raise TypeError(f"`y` has dtype {dtype}{where}; real numbers are needed. {cure}")


def _check_index(index: pd.Index) -> None:
    if index.nlevels > 1:
        raise TypeError(
            f"`y` has an index of {index.nlevels} levels; one is needed. Select a single series: y.loc[key]."
        )
    if not _is_numeric(index) and not isinstance(
        index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex
    ):
        raise TypeError(
            f"`y` has an index of dtype {index.dtype}; times, periods or real numbers are needed. "
            "Convert it: y.index = pd.to_datetime(y.index), or drop it: y.reset_index(drop=True)."
        )
    if index.hasnans:
        raise ValueError(
            f"The index of `y` has a missing label at position {index.isna().argmax()}; every observation "
            "needs one. Drop those without: y[y.index.notna()]."
        )
    if not (index.is_monotonic_increasing and index.is_unique):
        _refuse_order(index)


def _is_numeric(index: pd.Index) -> bool:
    return types.is_integer_dtype(index.dtype) or types.is_float_dtype(index.dtype)


def _refuse_order(index: pd.Index) -> None:
    first = 1 + int(np.argmin(np.asarray(index[1:] > index[:-1], dtype=bool)))
    before, label = index[first - 1], index[first]
    if label == before:
        raise ValueError(
            f"The index of `y` has {show_label(label)} more than once; labels must be unique. "
            "Keep one of each, y[~y.index.duplicated()], or average them, y.groupby(level=0).mean()."
        )
    raise ValueError(
        f"The index of `y` is not sorted: {show_label(label)} comes after {show_label(before)}; "
        "labels must increase. Sort it: y.sort_index()."
    )


def show_label(label: Any) -> str:
    """Write a label as its owner would: a midnight is a date."""
    if isinstance(label, float):
        return f"{label:.6g}"
    return str(label.date() if isinstance(label, pd.Timestamp) and label == label.normalize() else label)


def _read_values(series: pd.Series, missing: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Copy one column's values, interpolated; return them and where they were missing."""
    values = series.to_numpy(dtype=np.float64, copy=True, na_value=np.nan)
    return values, _fill(values, series.index, missing, where)


def _fill(values: np.ndarray, index: pd.Index, missing: str, where: str) -> np.ndarray:
    """Interpolate NaN in place; return where it was."""
    unusable = ~np.isfinite(values)
    if not unusable.any():
        return unusable
    holes = np.isnan(values)
    if not np.array_equal(holes, unusable):
        count = _count(unusable & ~holes, "infinite", index, where)
        raise ValueError(f'`y` has {count}. Replace them, or pass NaN there and missing="interpolate".')
    if holes.all():
        raise ValueError(f"`y` has no observed value{where}: all {len(values)} are missing. Supply data.")
    if missing == "error":
        count = _count(holes, "missing", index, where)
        raise ValueError(f'`y` has {count}. Fill them, or pass missing="interpolate".')
    seen = np.flatnonzero(~holes)
    values[holes] = np.interp(np.flatnonzero(holes), seen, values[seen])
    return holes


def _count(mask: np.ndarray, kind: str, index: pd.Index, where: str) -> str:
    number, label = int(mask.sum()), show_label(index[int(mask.argmax())])
    noun = "value" if number == 1 else "values"
    return f"{number} {kind} {noun}{where}, the first at {'index ' if _is_numeric(index) else ''}{label}"
