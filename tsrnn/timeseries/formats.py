"""Formats of one or many series (series, table, long table, two-level index, dict), read into columns."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import INDEX, Words, check_columns, check_labels, check_order, copy_values
from tsrnn.timeseries.labels import Labels

COLUMNS = ("unique_id", "ds", "y")
SINGLE = pd.Index([None])  # keys of a single series
_TIMES = (pd.DatetimeIndex, pd.PeriodIndex)
_LARGE = 10_000_000  # values from which on an array of float32 is taken as it is


class Format(NamedTuple):
    """The format that series came in and go out in.

    Attributes
    ----------
    kind : {"single", "long", "levels", "dict"}
        One series or table; a table with the three columns; an index of two levels; a dict.
    names : tuple
        Long: the columns' names. Two levels: theirs, and that of the values if they are a Series. Single and
        dict: the name of each series.
    attrs : tuple of dict
        Metadata, such as units, of each series; of long tables and two levels one for all.
    """

    kind: str
    names: tuple[Any, ...] = ()
    attrs: tuple[dict[str, Any], ...] = ()

    def name_of(self, s: int, key: Hashable) -> Hashable:
        """Return the name of a series when it stands alone."""
        return self.names[s] if self.kind in ("single", "dict") else key

    def attrs_of(self, s: int) -> dict[str, Any]:
        """Return the metadata of a series."""
        return self.attrs[s] if self.kind in ("single", "dict") else self.attrs[0]


class Parsed(NamedTuple):
    """Series as they came.

    Attributes
    ----------
    values : ndarray of shape (N, C)
        Of all series, end to end; nan where missing.
    labels : Labels
    keys : pandas.Index, length S
        What tells the series apart; [None] for a single one.
    columns : pandas.Index or None
        Labels of the channels; None if the values of a series are plain numbers.
    format : Format
    """

    values: np.ndarray
    labels: Labels
    keys: pd.Index
    columns: pd.Index | None
    format: Format


def is_panel(y: Any, columns: Sequence[Hashable]) -> bool:
    """Whether `y` has a format of many series; a table with the first of the columns is meant as one."""
    if isinstance(y, pd.DataFrame) and y.index.nlevels == 1 and columns[0] in y.columns:
        return True
    return isinstance(y, dict) or (isinstance(y, pd.Series | pd.DataFrame) and y.index.nlevels == 2)


def parse(y: Any, columns: Sequence[Hashable]) -> Parsed:
    """Read one or many series, checking all but missing and infinite values.

    Raises
    ------
    TypeError, ValueError
        As `tsrnn.timeseries.reading.read_panel`.
    """
    if not is_panel(y, columns):
        if isinstance(y, pd.DataFrame) and y.index.name == columns[0] and columns[1] in y.columns:
            raise ValueError(
                f"`y` has {columns[0]!r} as its index; a long table has it as a column. Pass y.reset_index()."
            )
        return _parse_single(y)
    if isinstance(y, dict):
        return _parse_dict(y)
    return _parse_levels(y) if y.index.nlevels == 2 else _parse_long(y, tuple(columns))


class _Part(NamedTuple):
    """One series or table: values (n, C), index, name, columns and metadata."""

    values: np.ndarray
    index: pd.Index
    name: Hashable | None
    columns: pd.Index | None
    attrs: dict[str, Any]


def _parse_single(y: Any) -> Parsed:
    try:
        one = _read_part(y)
    except TypeError as error:
        if not isinstance(y, pd.DataFrame) or y.shape[1] < 2 or isinstance(y.index, _TIMES):
            raise
        hint = "Or, if it is a long table of many series, name its columns: columns=(id, time, value)."
        raise TypeError(f"{error} {hint}") from None
    labels = Labels(np.array([0, len(one.values)]), parts=[one.index])
    return Parsed(one.values, labels, SINGLE, one.columns, Format("single", (one.name,), (one.attrs,)))


def _parse_dict(y: dict[Hashable, Any]) -> Parsed:
    if not y:
        raise ValueError("`y` is an empty dict; at least one series is needed.")
    parts = []
    for key, part in y.items():
        if not isinstance(part, pd.DataFrame | pd.Series | np.ndarray | list | tuple):
            raise TypeError(f"`y` has {type(part).__name__} as series {key!r}; a Series or list is needed.")
        parts.append(_read_part(part, f" in series {key!r}"))
    first = parts[0].columns
    for key, one in zip(y, parts, strict=True):
        if (one.columns is None) != (first is None) or (first is not None and not first.equals(one.columns)):
            raise ValueError(
                f"Series {key!r} of `y` has other columns than series {next(iter(y))!r}; all need the same. "
                "Pass them in the same order: y[key][[...]]."
            )
    offsets = np.concatenate([[0], np.cumsum([len(one.values) for one in parts])]).astype(np.int64)
    names, attrs = tuple(one.name for one in parts), tuple(one.attrs for one in parts)
    return Parsed(
        np.concatenate([one.values for one in parts]),
        Labels(offsets, parts=[one.index for one in parts]),
        as_keys(list(y)),
        first,
        Format("dict", names, attrs),
    )


def as_keys(names: list[Hashable]) -> pd.Index:
    """Return names of series as an index in which they are what they were.

    Raises
    ------
    ValueError
        If one of them is missing.

    Examples
    --------
    >>> as_keys([2**53 + 1, 0.5, ("a", 1)]).tolist()
    [9007199254740993, 0.5, ('a', 1)]
    """
    keys = pd.Index(names, tupleize_cols=False)
    if keys.hasnans:
        raise ValueError(f"`y` has the key {names[keys.isna().argmax()]!r}; every series needs a name.")
    return keys if keys.tolist() == names else pd.Index(names, dtype=object, tupleize_cols=False)


def _read_part(y: Any, where: str = "") -> _Part:
    """Check the labels and types of one series or table and copy its values."""
    if isinstance(y, np.ndarray) and y.ndim > 2:
        raise ValueError(f"`y` has shape {y.shape}; one dimension is needed, or two for several channels.")
    if isinstance(y, np.ndarray) and y.ndim == 2:
        y = pd.DataFrame(y)
    if _is_large(y):
        return _Part(np.asarray(y)[:, None], pd.RangeIndex(len(y)), None, None, {})
    table = y if isinstance(y, pd.DataFrame) else as_series(y)
    if isinstance(table, pd.DataFrame):
        check_columns(table.columns)
    if len(table) == 0:
        raise ValueError(f"`y` is empty{where}; at least one observation is needed.")
    values = copy_values(table, where)
    check_labels(table.index, where=where)
    check_order(table.index, where=where)
    name, columns = (None, table.columns.copy()) if table.ndim == 2 else (table.name, None)
    return _Part(values.reshape(len(values), -1), table.index.copy(), name, columns, dict(table.attrs))


def _is_large(y: Any) -> bool:
    """Whether `y` is a finite array of float32 that is better not copied."""
    if not (isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype == np.float32 and y.size > _LARGE):
        return False
    return y.flags.c_contiguous and all(
        np.isfinite(y[i : i + _LARGE]).all() for i in range(0, y.size, _LARGE)
    )


def as_series(y: Any) -> pd.Series:
    """Return one series; lists and arrays get a RangeIndex."""
    if isinstance(y, pd.Series):
        return y
    if isinstance(y, pd.DataFrame):
        column = repr(y.columns.tolist()[0]) if y.shape[1] else '"col"'
        raise TypeError(f"`y` is a DataFrame; a single series is needed. Pass one column: y[{column}].")
    if not isinstance(y, list | tuple | np.ndarray):
        kind = type(y).__name__
        raise TypeError(f"`y` is of type {kind}; a Series, list or array is needed. Wrap it: pd.Series(y).")
    if isinstance(y, list | tuple) and len(y) and np.ndim(y[0]) > 0:
        raise TypeError(
            f"`y` is a {type(y).__name__} whose members are of type {type(y[0]).__name__}; one series is a "
            "list of numbers. Pass many series as a dict with their names, such as dict(enumerate(y))."
        )
    if isinstance(y, np.ndarray) and y.ndim != 1:
        raise ValueError(f"`y` has shape {y.shape}; one dimension is needed. Pass one column or y.ravel().")
    return pd.Series(y)


def _parse_long(y: pd.DataFrame, columns: tuple[Any, ...]) -> Parsed:
    key, time, value = columns
    _check_long(y, columns)
    words = Words(
        f"Column {time!r} of `y`",
        f"a column {time!r}",
        f"y[{time!r}] = pd.to_datetime(y[{time!r}])",
        f"y.dropna(subset={time!r})",
        f"y[np.isfinite(y[{time!r}])]",
        f"y.drop_duplicates([{key!r}, {time!r}])",
        f"y.groupby([{key!r}, {time!r}], as_index=False).mean()",
        f"y.sort_values([{key!r}, {time!r}])",
    )
    codes, keys = pd.factorize(y[key])
    if (codes < 0).any():
        raise ValueError(
            f"Column {key!r} of `y` has no name of the series at position {(codes < 0).argmax()}; every row "
            f"needs one. Drop those without: y.dropna(subset={key!r})."
        )
    values, labels = _group(codes, keys, pd.Index(y[time]), y[[value]], words)
    return Parsed(values, labels, pd.Index(keys), None, Format("long", columns, (dict(y.attrs),)))


def _check_long(y: pd.DataFrame, columns: tuple[Any, ...]) -> None:
    if absent := [column for column in columns if column not in y.columns]:
        raise ValueError(
            f"`y` has the column {columns[0]!r} but not {absent[0]!r}; a long table needs {columns[0]!r}, "
            f"{columns[1]!r} and {columns[2]!r}. Rename it, or say what they are called: "
            'columns=("id", "time", "value").'
        )
    if not y.columns.is_unique:
        check_columns(y.columns)
    if further := [column for column in y.columns if column not in columns]:
        raise ValueError(
            f"`y` has the further column {further[0]!r}; a long table has {columns[0]!r}, {columns[1]!r} "
            f"and {columns[2]!r} only. Pass future covariates as X=, past covariates as X_past=, "
            f"static ones as static=, or drop it: y.drop(columns={further!r})."
        )
    if len(y) == 0:
        raise ValueError("`y` is empty; at least one observation is needed.")


def _parse_levels(y: pd.Series | pd.DataFrame) -> Parsed:
    if len(y) == 0:
        raise ValueError("`y` is empty; at least one observation is needed.")
    if y.ndim == 2:
        check_columns(y.columns)
    words = INDEX._replace(
        labels="The second level of the index of `y`",
        kind="a second level of the index",
        convert="y.index = y.index.set_levels(pd.to_datetime(y.index.levels[1]), level=1)",
        drop="y[y.index.get_level_values(1).notna()]",
        drop_infinite="y[np.isfinite(y.index.get_level_values(1))]",
        average="y.groupby(level=[0, 1]).mean()",
    )
    first, second = (y.index.get_level_values(level) for level in (0, 1))
    if isinstance(first, _TIMES) and not isinstance(second, _TIMES):
        raise TypeError(
            f"`y` has an index with times as its first level, {y.index.names[0]!r}, and {second.dtype} as "
            "its second; series come first, then times. Swap them: y.swaplevel().sort_index()."
        )
    codes, keys = pd.factorize(first)
    if (codes < 0).any():
        raise ValueError(
            "The first level of the index of `y` has no name of the series at position "
            f"{(codes < 0).argmax()}; every row needs one. Drop those without: "
            "y[y.index.get_level_values(0).notna()]."
        )
    values, labels = _group(codes, keys, second, y, words)
    names = (*y.index.names, None if y.ndim == 2 else y.name)
    columns = y.columns.copy() if y.ndim == 2 else None
    return Parsed(values, labels, keys, columns, Format("levels", names, (dict(y.attrs),)))


def _group(
    codes: np.ndarray, keys: Any, index: pd.Index, table: Any, words: Words
) -> tuple[np.ndarray, Labels]:
    """Return the rows series by series, by the codes of these, and their labels; all are checked at once."""
    check_labels(index, words)
    values = copy_values(table).reshape(len(codes), -1)
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        codes, index, values = codes[order], index[order], values[order]
    offsets = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]]).astype(np.int64)
    falls = ~np.asarray(index[1:] > index[:-1], dtype=bool)
    falls[offsets[1:-1] - 1] = False
    if falls.any():
        s = int(codes[falls.argmax()])
        check_order(index[offsets[s] : offsets[s + 1]], words, f" in series {pd.Index(keys).tolist()[s]!r}")
    return values, Labels(offsets, index)
