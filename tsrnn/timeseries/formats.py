"""The forms in which one or many series come, read as far as their values may be missing still."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries import series as frames
from tsrnn.timeseries.series import INDEX, Observed, Words, check_labels, check_order, copy_values

COLUMNS = ("unique_id", "ds", "y")
_TIMES = (pd.DatetimeIndex, pd.PeriodIndex)


class Form(NamedTuple):
    """The form a panel came in.

    Attributes
    ----------
    kind : {"single", "long", "levels", "dict"}
        One series or table; a table with the three columns; an index of two levels; a dict.
    names : tuple
        Long: the columns' names. Two levels: theirs, and that of the values if they are a Series.
    """

    kind: str
    names: tuple[Any, ...] = ()


class Parsed(NamedTuple):
    """What tells series apart, the series, whose values may be nan, and the form they came in."""

    keys: pd.Index
    series: list[Observed]
    form: Form


def is_panel(y: Any, columns: Sequence[Hashable]) -> bool:
    """Whether `y` has a form of many series; a table with the first of the columns is meant as one."""
    if isinstance(y, pd.DataFrame) and y.index.nlevels == 1 and columns[0] in y.columns:
        return True
    return isinstance(y, dict) or (isinstance(y, pd.Series | pd.DataFrame) and y.index.nlevels == 2)


def parse(y: Any, columns: Sequence[Hashable]) -> Parsed:
    """Read one or many series, checking all but missing and infinite values.

    Raises
    ------
    TypeError, ValueError
        As `tsrnn.timeseries.panel.read_panel`.
    """
    if not is_panel(y, columns):
        if isinstance(y, pd.DataFrame) and y.index.name == columns[0] and columns[1] in y.columns:
            raise ValueError(
                f"`y` has {columns[0]!r} as its index; a long table has it as a column. Pass y.reset_index()."
            )
        return Parsed(pd.Index([None]), [_read_single(y)], Form("single"))
    if isinstance(y, dict):
        return _parse_dict(y)
    return _parse_levels(y) if y.index.nlevels == 2 else _parse_long(y, tuple(columns))


def _read_single(y: Any) -> Observed:
    try:
        return frames.read_raw(y)
    except TypeError as error:
        if not isinstance(y, pd.DataFrame) or y.shape[1] < 2 or isinstance(y.index, _TIMES):
            raise
        hint = "Or, if it is a long table of many series, name its columns: columns=(id, time, value)."
        raise TypeError(f"{error} {hint}") from None


def _parse_dict(y: dict[Hashable, Any]) -> Parsed:
    if not y:
        raise ValueError("`y` is an empty dict; at least one series is needed.")
    series = []
    for key, part in y.items():
        if not isinstance(part, pd.DataFrame | pd.Series | np.ndarray | list | tuple):
            raise TypeError(f"`y` has {type(part).__name__} as series {key!r}; a Series or list is needed.")
        series.append(frames.read_raw(part, f" in series {key!r}"))
    for key, one in zip(y, series, strict=True):
        if (one.columns is None) != (series[0].columns is None) or (
            one.columns is not None and not one.columns.equals(series[0].columns)
        ):
            raise ValueError(
                f"Series {key!r} of `y` has other columns than series {next(iter(y))!r}; all need the same. "
                "Pass them in the same order: y[key][[...]]."
            )
    return Parsed(pd.Index(list(y), tupleize_cols=False), series, Form("dict"))


def _parse_long(y: pd.DataFrame, columns: tuple[Any, ...]) -> Parsed:
    key, time, value = columns
    _check_long(y, columns)
    words = Words(
        f"Column {time!r} of `y`",
        f"a column {time!r}",
        f"y[{time!r}] = pd.to_datetime(y[{time!r}])",
        f"y.dropna(subset={time!r})",
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
    labels = pd.Index(y[time])
    return Parsed(pd.Index(keys), _cut(codes, keys, labels, y[[value]], words, None), Form("long", columns))


def _check_long(y: pd.DataFrame, columns: tuple[Any, ...]) -> None:
    if absent := [column for column in columns if column not in y.columns]:
        raise ValueError(
            f"`y` has the column {columns[0]!r} but not {absent[0]!r}; a long table needs {columns[0]!r}, "
            f"{columns[1]!r} and {columns[2]!r}. Rename it, or say what they are called: "
            'columns=("id", "time", "value").'
        )
    if not y.columns.is_unique:
        frames.check_columns(y.columns)
    if further := [column for column in y.columns if column not in columns]:
        raise ValueError(
            f"`y` has the further column {further[0]!r}; a long table has {columns[0]!r}, {columns[1]!r} "
            f"and {columns[2]!r} only. Pass what is known ahead as X=, what is known up to the cutoff as "
            f"X_past=, what belongs to a series as static=, or drop it: y.drop(columns={further!r})."
        )
    if len(y) == 0:
        raise ValueError("`y` is empty; at least one observation is needed.")


def _parse_levels(y: pd.Series | pd.DataFrame) -> Parsed:
    if len(y) == 0:
        raise ValueError("`y` is empty; at least one observation is needed.")
    if y.ndim == 2:
        frames.check_columns(y.columns)
    words = INDEX._replace(
        labels="The second level of the index of `y`",
        kind="a second level of the index",
        convert="y.index = y.index.set_levels(pd.to_datetime(y.index.levels[1]), level=1)",
        drop="y[y.index.get_level_values(1).notna()]",
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
    columns = y.columns.copy() if y.ndim == 2 else None
    series = _cut(codes, keys, second, y, words, columns)
    return Parsed(keys, series, Form("levels", (*y.index.names, None if y.ndim == 2 else y.name)))


def _cut(
    codes: np.ndarray, keys: Any, labels: pd.Index, table: Any, words: Words, columns: pd.Index | None
) -> list[Observed]:
    """Cut rows into series by their codes, checking all at once; columns as of `Observed`."""
    check_labels(labels, words)
    values = copy_values(table) if columns is not None or table.ndim == 1 else copy_values(table)[:, 0]
    if (np.diff(codes) < 0).any():
        order = np.argsort(codes, kind="stable")
        codes, labels, values = codes[order], labels[order], values[order]
    ids = pd.Index(keys).tolist()
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]])
    falls = ~np.asarray(labels[1:] > labels[:-1], dtype=bool)
    falls[starts[1:-1] - 1] = False
    if falls.any():
        i = int(codes[falls.argmax()])
        check_order(labels[starts[i] : starts[i + 1]], words, f" in series {ids[i]!r}")
    missing, attrs = np.isnan(values), dict(table.attrs)
    return [
        Observed(values[a:b], labels[a:b], key, missing[a:b], attrs, columns)
        for key, a, b in zip(ids, starts[:-1], starts[1:], strict=True)
    ]
