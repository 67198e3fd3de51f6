"""Tables of covariates in any format, as arrays."""

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

from tsrnn.timeseries.checks import list_some
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.panel import Panel


class Table(NamedTuple):
    """Numbers that go with series.

    Attributes
    ----------
    columns : pandas.Index, length F
    values : ndarray of shape (m, F)
        Of all series, end to end.
    labels : Labels or None
        Of the rows of each series; None for rows without labels, which go with those of the series in order.
    keys : pandas.Index or None
        The series; None if all share one table.
    offsets : ndarray of int64, shape (S + 1,)
    """

    columns: pd.Index
    values: np.ndarray
    labels: Labels | None
    keys: pd.Index | None
    offsets: np.ndarray


def read_table(what: str, X: Any, panel: Panel, columns: tuple[Any, ...]) -> Table | None:
    """Read covariates that change in time, for the series of a panel; None and what is read give themselves.

    Raises
    ------
    TypeError, ValueError
        If values are no numbers, columns or whole series are absent, or the form cannot be used.
    """
    if X is None or isinstance(X, Table):
        return X
    key, time, value = columns
    if isinstance(X, dict):
        table = _read_dict(what, X)
    elif isinstance(X, pd.DataFrame) and X.index.nlevels == 1 and key in X.columns:
        _need(what, X, time)
        table = _group(what, X[key], pd.Index(X[time]), X.drop(columns=[key, time]))
    elif isinstance(X, pd.Series | pd.DataFrame) and X.index.nlevels == 2:
        index = X.index
        table = _group(what, index.get_level_values(0), index.get_level_values(1), _as_frame(what, X))
    else:
        frame = _as_frame(what, X)
        if time in frame.columns:
            frame = frame.set_index(time)
        offsets = np.array([0, len(frame)])
        labels = Labels(offsets, frame.index) if isinstance(X, pd.Series | pd.DataFrame) else None
        table = Table(frame.columns, _numbers(what, frame), labels, None, offsets)
    if panel.format.kind == "long" and value in table.columns:
        raise ValueError(
            f"`{what}` has the column {value!r}, which is to be forecast. "
            f"Drop it: {what}.drop(columns={value!r})."
        )
    if len(table.columns) == 0:
        raise ValueError(f"`{what}` has no columns of covariates; at least one is needed. Leave it out.")
    _check_series(what, table, panel)
    return table


def select(what: str, table: Table | None, columns: pd.Index) -> Table | None:
    """Return a table with its columns in the order of `columns`, refusing others."""
    if table is None or table.columns.equals(columns):
        return table
    if len(columns) == 0:
        raise ValueError(
            f"`{what}` came, but the model was fitted without. Leave it out, or fit with {what}=."
        )
    positions = table.columns.get_indexer(columns)
    if (positions < 0).any() or len(table.columns) != len(columns):
        raise ValueError(
            f"`{what}` has the columns {list_some(table.columns.tolist())}; the model was fitted to "
            f"{list_some(columns.tolist())}. Pass the same ones, in any order."
        )
    return table._replace(columns=columns, values=table.values[:, positions])


def _need(what: str, X: pd.DataFrame, column: Hashable) -> None:
    if column not in X.columns:
        raise ValueError(f"`{what}` has no column {column!r}; a long table needs it for the times.")


def _check_series(what: str, table: Table, panel: Panel) -> None:
    if table.keys is None:
        return
    if panel.is_single:
        raise ValueError(
            f"`{what}` has several series, `y` is one. Pass a DataFrame indexed like `y`: {what}.loc[key]."
        )
    is_absent = table.keys.get_indexer(panel.keys) < 0
    if is_absent.any():
        absent, there = panel.keys[is_absent].tolist(), table.keys[~table.keys.isin(panel.keys)].tolist()
        unknown = f" It has others that `y` has not: {list_some(there)}." if there else ""
        raise ValueError(
            f"`{what}` has no rows for {len(absent)} of the {len(panel.ids)} series: {list_some(absent)}."
            f"{unknown} Supply them, or pass one table indexed by time for all series."
        )


def _read_dict(what: str, X: dict[Hashable, Any]) -> Table:
    if not X:
        raise ValueError(f"`{what}` is an empty dict. Leave it out.")
    frames = {key: _as_frame(what, part) for key, part in X.items()}
    columns = next(iter(frames.values())).columns
    for key, frame in frames.items():
        if not frame.columns.equals(columns):
            raise ValueError(
                f"Series {key!r} of `{what}` has other columns than the first; all need the same."
            )
    offsets = np.concatenate([[0], np.cumsum([len(frame) for frame in frames.values()])]).astype(np.int64)
    labelled = all(isinstance(part, pd.Series | pd.DataFrame) for part in X.values())
    labels = Labels(offsets, parts=[frame.index for frame in frames.values()]) if labelled else None
    values = np.concatenate([_numbers(what, frame) for frame in frames.values()])
    return Table(columns, values, labels, pd.Index(list(X), tupleize_cols=False), offsets)


def _as_frame(what: str, X: Any) -> pd.DataFrame:
    if isinstance(X, pd.Series):
        return X.to_frame(what if X.name is None else X.name)
    if isinstance(X, list | tuple | np.ndarray):
        X = np.asarray(X)
        if X.ndim in (1, 2):
            X = X if X.ndim == 2 else X[:, None]
            return pd.DataFrame(X, columns=[f"{what}[{column}]" for column in range(X.shape[1])])
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            f"`{what}` is of type {type(X).__name__}; a DataFrame is needed. Wrap it: pd.DataFrame(...)."
        )
    return X


def _group(what: str, keys: Any, index: pd.Index, frame: pd.DataFrame) -> Table:
    """Return the rows of a table series by series."""
    values = _numbers(what, frame)
    codes, ids = pd.factorize(keys)
    if (codes < 0).any():
        raise ValueError(
            f"`{what}` has no name of the series at position {(codes < 0).argmax()}; every row needs one."
        )
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        codes, index, values = codes[order], index[order], values[order]
    offsets = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]]).astype(np.int64)
    return Table(frame.columns, values, Labels(offsets, index), pd.Index(ids), offsets)


def _numbers(what: str, frame: pd.DataFrame) -> np.ndarray:
    """Return a table's values as float64 (m, F), bools as 0 and 1, nan where missing."""
    if not frame.columns.is_unique:
        label = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"`{what}` has the column {label!r} more than once; rename one.")
    values = np.empty(frame.shape)
    for position, (label, column) in enumerate(frame.items()):
        if not types.is_numeric_dtype(column.dtype) or types.is_complex_dtype(column.dtype):
            times = types.is_datetime64_any_dtype(column.dtype) or isinstance(column.dtype, pd.PeriodDtype)
            encode = f"One-hot encode it: pd.get_dummies({what})"
            cure = 'Drop it; calendar="auto" tells the time' if times else encode
            raise TypeError(
                f"`{what}` has dtype {column.dtype} in column {label!r}; numbers are needed. {cure}."
            )
        values[:, position] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def read_static(
    static: Any, panel: Panel, columns: tuple[Any, ...]
) -> tuple[pd.Index, dict[Hashable, pd.Index]]:
    """Return the numeric columns of a table of what tells series apart, and the others with their categories.

    Raises
    ------
    TypeError, ValueError
        If it is no table, or has no row, or several, for a series.
    """
    if static is None:
        return pd.Index([]), {}
    table = _static_rows(static, panel, columns)
    numbers: list[Hashable] = []
    categories: dict[Hashable, pd.Index] = {}
    for label, column in table.items():
        if types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype):
            numbers.append(label)
        else:
            categories[label] = pd.Index(pd.Categorical(column).remove_unused_categories().categories)
    return pd.Index(numbers), categories


def read_numbers(
    static: Any,
    panel: Panel,
    columns: tuple[Any, ...],
    numbers: pd.Index,
    categories: dict[Hashable, pd.Index],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers (S, K) and the codes (S, J) of the series' categories, -1 for one that is unknown.

    Raises
    ------
    TypeError, ValueError
        As by `read_static`; or if the columns are others, or a number is missing.
    """
    table = _static_rows(static, panel, columns)
    wanted = [*numbers, *categories]
    if set(table.columns) != set(wanted):
        raise ValueError(
            f"`static` has the columns {list_some(table.columns.tolist())}; the model was fitted to "
            f"{list_some(wanted) or 'none'}. Pass the same ones, in any order."
        )
    values = _numbers("static", table[numbers.tolist()])
    if (bad := ~np.isfinite(values)).any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"`static` has no finite number in column {numbers[column]!r} for series {panel.ids[row]!r}. "
            "Fill it: static.fillna(static.median(numeric_only=True))."
        )
    codes = [labels.get_indexer(pd.Index(table[column])) for column, labels in categories.items()]
    encoded = np.array(codes, np.int64).reshape(len(codes), len(table)).T
    return values, np.ascontiguousarray(encoded)


def _static_rows(static: Any, panel: Panel, columns: tuple[Any, ...]) -> pd.DataFrame:
    """Return a row for each series of the panel, in their order."""
    if not isinstance(static, pd.DataFrame):
        raise TypeError(
            f"`static` is of type {type(static).__name__}; a DataFrame with one row a series is needed."
        )
    if columns[0] in static.columns:
        static = static.set_index(columns[0])
    if not static.columns.is_unique or static.shape[1] == 0:
        raise ValueError("`static` needs at least one column, and each name once.")
    if panel.is_single:
        if len(static) != 1:
            raise ValueError(f"`static` has {len(static)} rows; a single series needs one.")
        return static
    if not static.index.is_unique:
        label = static.index[static.index.duplicated()][0]
        raise ValueError(f"`static` has series {label!r} more than once; one row a series is needed.")
    rows = static.index.get_indexer(panel.keys)
    if (rows < 0).any():
        absent = [key for key, row in zip(panel.ids, rows, strict=True) if row < 0]
        raise ValueError(
            f"`static` has no row for {len(absent)} of the {len(panel.ids)} series: {list_some(absent)}. "
            "Its index must hold their names."
        )
    return static.iloc[rows]
