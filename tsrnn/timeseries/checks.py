"""Checks of values, index labels and columns of series."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api import types

_MISSING = ("error", "interpolate", "mask")
_SHOWN = 6  # labels that an error lists


def list_some(labels: Sequence[Any]) -> str:
    """Write the first few of many labels."""
    return ", ".join([*map(repr, labels[:_SHOWN]), *["..."] * (len(labels) > _SHOWN)])


def check_missing(missing: str) -> None:
    """Refuse an unknown way with missing values."""
    if missing not in _MISSING:
        raise ValueError(f"`missing` must be one of {', '.join(map(repr, _MISSING))}; got {missing!r}.")


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
    drop_infinite: str = "y[np.isfinite(y.index)]"
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
    if not is_numeric(index) and not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex):
        raise TypeError(
            f"`y` has {words.kind} of dtype {index.dtype}{where}; times, periods or real numbers are needed. "
            f"Convert it: {words.convert}."
        )
    if index.hasnans:
        raise ValueError(
            f"{words.labels} has a missing label at position {index.isna().argmax()}{where}; every "
            f"observation needs one. Drop those without: {words.drop}."
        )
    if types.is_float_dtype(index.dtype) and np.isinf(index.to_numpy()).any():
        raise ValueError(
            f"{words.labels} has an infinite label at position {np.isinf(index.to_numpy()).argmax()}{where}; "
            f"every observation needs a finite one. Drop those without: {words.drop_infinite}."
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


def check_one_kind(indexes: Sequence[pd.Index], keys: Sequence[Hashable]) -> None:
    """Refuse series whose labels can't be compared: times with numbers, or with times of no zone."""
    kinds = [
        (index.dtype if isinstance(index, pd.PeriodIndex) else is_numeric(index) or type(index).__name__)
        if getattr(index, "tz", None) is None
        else "zone"
        for index in indexes
    ]
    other = next((i for i, kind in enumerate(kinds) if kind != kinds[0]), None)
    if other is not None:
        raise TypeError(
            f"Series {keys[other]!r} of `y` has labels of dtype {indexes[other].dtype}, series {keys[0]!r} "
            f"of dtype {indexes[0].dtype}; all need the same kind to be compared. Convert them, such as by "
            "y[key].tz_localize(...), y[key].to_timestamp() or pd.Series(values, index=times)."
        )


def check_after(index: pd.Index, first: pd.Index, where: str = "") -> None:
    """Refuse labels that do not start after the end of the first ones, or can't be compared with them."""
    try:
        is_later = not len(index) or bool(index[0] > first[-1])
    except (TypeError, ValueError):
        raise TypeError(
            f"`y` goes on with labels of dtype {index.dtype}{where}, after labels of dtype {first.dtype}. "
            "Pass labels of the same kind, or a list, which continues the index."
        ) from None
    if not is_later:
        raise ValueError(
            f"`y` must start after the last observation{where}, {show_label(first[-1])}; "
            f"it starts at {show_label(index[0])}. Pass only what is new."
        )


def check_alike(
    columns: pd.Index | None, fitted: pd.Index | None, is_single: bool = True, was_single: bool = True
) -> None:
    """Refuse a history whose columns, None for a series, are not those that a model was fitted to."""
    if columns is None and fitted is None:
        return
    if columns is None:
        raise ValueError(
            f"`y` {'is a single series' if is_single else 'has series without columns'}; the model was "
            f"fitted to {_list_columns(fitted)}. Pass a DataFrame with the same columns."
        )
    if fitted is None:
        raise ValueError(
            f"`y` has {_list_columns(columns)}; the model was fitted to "
            f"{'a single series' if was_single else 'series without columns'}. "
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


def show_label(label: Any) -> str:
    """Write a label as its owner would: a midnight is a date."""
    if isinstance(label, float):
        return f"{label:.6g}"
    return str(label.date() if isinstance(label, pd.Timestamp) and label == label.normalize() else label)


def is_numeric(index: pd.Index) -> bool:
    """Whether labels are numbers."""
    return types.is_integer_dtype(index.dtype) or types.is_float_dtype(index.dtype)
