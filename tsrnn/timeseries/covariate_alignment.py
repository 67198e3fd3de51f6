"""Alignment of covariates with the index of their series, and treatment of their gaps."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import list_some, show_label
from tsrnn.timeseries.covariate_tables import Table
from tsrnn.timeseries.gaps import interpolate
from tsrnn.timeseries.labels import Labels
from tsrnn.training.arrays import ragged_rows

_SHOWN = 3  # labels that an error lists


class Steps(NamedTuple):
    """The steps of S series that covariates are needed for.

    Attributes
    ----------
    keys : pandas.Index, length S
    labels : Labels
        Of all steps: those of the series, then those ahead.
    lengths : ndarray of int64, shape (S,)
        Steps of each series.
    known : ndarray of int64, shape (S,)
        How many of the first steps have covariates already.
    unobserved : ndarray of bool, shape (N,)
        Which steps of the series have no value; rows of covariates may be absent there, too.
    """

    keys: pd.Index
    labels: Labels
    lengths: np.ndarray
    known: np.ndarray
    unobserved: np.ndarray

    @property
    def needed(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the steps whose covariates are not known, and where those of each series begin."""
        starts = self.labels.offsets[:-1] + self.known
        return ragged_rows(starts, np.diff(self.labels.offsets) - self.known)

    @property
    def is_optional(self) -> np.ndarray:
        """Whether the row of covariates of each needed step may be absent."""
        optional = np.zeros(int(self.labels.offsets[-1]), bool)
        optional[ragged_rows(self.labels.offsets[:-1], self.lengths)[0]] = self.unobserved
        return optional[self.needed[0]]

    def where(self, s: int) -> str:
        """Return how errors say which series is meant."""
        return "" if self.keys[s] is None else f" of series {self.keys[s]!r}"


def align(
    what: str, table: Table | None, columns: pd.Index, steps: Steps, before: np.ndarray, missing: str
) -> np.ndarray:
    """Return the covariates of all steps, (M, F).

    Parameters
    ----------
    what : {"X", "X_past"}
        What the caller calls the table.
    table : Table or None
        What came.
    columns : pandas.Index, length F
        What a model was fitted with; those of the table, if there is one.
    steps : Steps
    before : ndarray
        The covariates of the known steps, those of all series end to end.
    missing : {"error", "interpolate", "mask"}
        What NaN gets: in `X` a straight line between neighbours, in `X_past` the last value known then.
    """
    M, F = int(steps.labels.offsets[-1]), len(columns)
    if F == 0:
        return np.empty((M, 0))
    values = np.empty((M, F))
    known, _ = ragged_rows(steps.labels.offsets[:-1], steps.known)
    values[known] = before
    rows, offsets = steps.needed
    if len(rows):
        values[rows] = _find(what, table, columns, steps, rows, offsets)
        _fill(what, values, columns, steps, missing)
    return values


def _find(
    what: str,
    table: Table | None,
    columns: pd.Index,
    steps: Steps,
    rows: np.ndarray,
    offsets: np.ndarray,
) -> np.ndarray:
    """Return the rows of a table that go with the needed steps."""
    if table is None:
        s = int(np.diff(offsets).argmax() if np.diff(offsets)[0] == 0 else 0)
        index = steps.labels.flat[rows[offsets[s] : offsets[s + 1]]]
        raise ValueError(
            f"The model was fitted with `{what}`, columns {list_some(columns.tolist())}; "
            f"{len(index)} rows{steps.where(s)} are needed, {show_label(index[0])} to "
            f"{show_label(index[-1])}. Pass {what}=."
        )
    if table.labels is None:
        return _by_position(what, table, steps, offsets)
    flat = steps.labels.flat if len(rows) == len(steps.labels.flat) else steps.labels.flat.take(rows)
    if table.keys is None:
        _refuse_doubled(what, table.labels.flat, steps.where(0) if len(steps.keys) == 1 else "")
        return _rows_of(table.values, _positions(what, table.labels.flat, flat, steps, offsets))
    series = table.keys.get_indexer(steps.keys)
    order, table_offsets = ragged_rows(table.offsets[series], np.diff(table.offsets)[series])
    labels = table.labels.flat.take(order)
    if np.array_equal(table_offsets, offsets) and labels.dtype == flat.dtype and labels.equals(flat):
        return table.values[order]
    found = _join(what, labels, table_offsets, flat, offsets, steps)
    return _rows_of(table.values, np.where(found < 0, -1, order[found]))


def _rows_of(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of a table, nan for those numbered -1."""
    found = values[rows]
    found[rows < 0] = np.nan
    return found


def _by_position(what: str, table: Table, steps: Steps, offsets: np.ndarray) -> np.ndarray:
    """Return rows without labels, of which each series has to have as many as are needed."""
    series = np.zeros(1, int) if table.keys is None else table.keys.get_indexer(steps.keys)
    there, needed = np.diff(table.offsets)[series], np.diff(offsets)
    if (wrong := there != needed).any():
        s = int(wrong.argmax())
        n = int(steps.lengths[s] - steps.known[s])
        raise ValueError(
            f"`{what}`{steps.where(s)} has {there[s]} rows without labels; {needed[s]} are needed: "
            f"{n} of the history and {needed[s] - n} ahead. Pass these, or a DataFrame with an index."
        )
    return table.values[ragged_rows(table.offsets[series], there)[0]]


def _refuse_doubled(what: str, labels: pd.Index, where: str) -> None:
    if not labels.is_unique:
        label = show_label(labels[labels.duplicated()][0])
        raise ValueError(
            f"`{what}` has {label} more than once{where}; each step needs one row. Keep one of each."
        )


def _positions(what: str, labels: pd.Index, flat: pd.Index, steps: Steps, offsets: np.ndarray) -> np.ndarray:
    """Return where the labels of the steps are among those of a table that all series share."""
    found = labels.get_indexer(flat)
    absent = found < 0
    if absent.any() and (absent := absent & ~steps.is_optional).any():
        s = int(np.searchsorted(offsets, absent.argmax(), side="right")) - 1
        part = slice(offsets[s], offsets[s + 1])
        _refuse_absent(what, flat[part], absent[part], labels.dtype, steps, s)
    return found


def _join(
    what: str,
    labels: pd.Index,
    table_offsets: np.ndarray,
    flat: pd.Index,
    offsets: np.ndarray,
    steps: Steps,
) -> np.ndarray:
    """Return where the labels of each series' steps are among those of its rows."""
    S, n = len(steps.keys), len(labels)
    codes, distinct = pd.factorize(labels.append(flat))
    size = len(distinct)
    there = np.repeat(np.arange(S), np.diff(table_offsets)) * size + codes[:n]
    needed = np.repeat(np.arange(S), np.diff(offsets)) * size + codes[n:]
    order = np.argsort(there, kind="stable")
    ordered = there[order]
    if (doubled := ordered[1:] == ordered[:-1]).any():
        first = int(ordered[1:][doubled][0] // size)
        _refuse_doubled(what, labels[table_offsets[first] : table_offsets[first + 1]], steps.where(first))
    place = np.minimum(np.searchsorted(ordered, needed), max(n - 1, 0))
    unknown = ordered[place] != needed if n else np.ones(len(needed), bool)
    absent = unknown & ~steps.is_optional if unknown.any() else unknown
    if absent.any():
        s = int(np.searchsorted(offsets, absent.argmax(), side="right")) - 1
        part = slice(offsets[s], offsets[s + 1])
        _refuse_absent(what, flat[part], absent[part], labels.dtype, steps, s)
    return np.where(unknown, -1, order[place] if n else -1)


def _refuse_absent(
    what: str, index: pd.Index, absent: np.ndarray, dtype: Hashable, steps: Steps, s: int
) -> None:
    n = int(max(steps.lengths[s] - steps.known[s], 0))
    listed = ", ".join(map(show_label, index[absent][:_SHOWN])) + ", ..." * bool(absent.sum() > _SHOWN)
    counts = [
        f"{part.sum()} of the {len(part)} {name}"
        for part, name in ((absent[:n], "steps of the history"), (absent[n:], "steps ahead"))
        if part.any()
    ]
    kinds = f" Its labels are of dtype {dtype}, those of `y` {index.dtype}."
    kinds = "" if dtype == index.dtype else kinds
    raise ValueError(
        f"`{what}` has no row for {' and '.join(counts)}{steps.where(s)}: {listed}.{kinds} Every step needs "
        "one; further ones are ignored."
    )


def _fill(what: str, values: np.ndarray, columns: pd.Index, steps: Steps, missing: str) -> None:
    """Fill what is missing in place, or refuse it; infinite values are always refused."""
    infinite = np.isinf(values).any()
    bad = np.isinf(values) if infinite else np.isnan(values)
    if not bad.any() or (missing == "mask" and not infinite):
        return
    offsets = steps.labels.offsets
    n_bad = np.add.reduceat(bad, offsets[:-1], axis=0, dtype=np.int64)
    whole = n_bad == np.diff(offsets)[:, None]
    ahead = np.diff(offsets) > steps.lengths
    ends = bad[offsets[1:] - 1] & ahead[:, None] & (what == "X")
    refused = (n_bad > 0) & (whole | ends | bool(infinite) | (missing == "error"))
    if refused.any():
        s, c = divmod(int(refused.ravel().argmax()), len(columns))
        part = slice(offsets[s], offsets[s + 1])
        cause = "infinite" if infinite else "missing" if whole[s, c] or missing == "error" else "ends"
        _refuse_gaps(what, columns[c], bad[part, c], steps.labels.of(s), steps.where(s), cause, missing)
    fill = interpolate if what == "X" else _carry
    for column in np.flatnonzero(bad.any(axis=0)):
        fill(values[:, column], bad[:, column], offsets)


def _refuse_gaps(
    what: str, column: Hashable, bad: np.ndarray, index: pd.Index, where: str, cause: str, missing: str
) -> None:
    if cause == "ends":
        first = show_label(index[len(bad) - int(bad[::-1].argmin())])
        raise ValueError(
            f"`X` ends with missing values in column {column!r}{where}, from {first} on; "
            "future covariates have to be known. Supply them."
        )
    cure = 'Fill them, or pass missing="interpolate" or "mask"' if missing == "error" else "Supply data"
    raise ValueError(
        f"`{what}` has {bad.sum()} {cause} of {len(index)} values in column {column!r}{where}, the first at "
        f"{show_label(index[int(bad.argmax())])}. {'Replace them' if cause == 'infinite' else cure}."
    )


def _carry(values: np.ndarray, bad: np.ndarray, offsets: np.ndarray) -> None:
    """Carry on the last value known in each series; the first back to the start."""
    n, rows = len(values), np.flatnonzero(bad)
    numbers = np.arange(n)
    before = np.maximum.accumulate(np.where(bad, -1, numbers))[rows]
    after = np.minimum.accumulate(np.where(bad, n, numbers)[::-1])[::-1][rows]
    begin = offsets[np.searchsorted(offsets, rows, side="right") - 1]
    values[rows] = values[np.where(before >= begin, before, after)]
