"""Covariates brought into step with the series they go with."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.covariate_tables import Table
from tsrnn.timeseries.series import list_some, show_label

_SHOWN = 3  # labels that an error lists


class Source(NamedTuple):
    """Where the rows of covariates come from.

    Attributes
    ----------
    what : {"X", "X_past"}
        What the caller calls it.
    table : Table or None
        What came.
    columns : pandas.Index
        What a model was fitted with; those of the table, if there is one.
    missing : {"error", "interpolate", "mask"}
        What NaN gets.
    """

    what: str
    table: Table | None
    columns: pd.Index
    missing: str

    def rows(self, key: Hashable, index: pd.Index, n: int, before: np.ndarray) -> np.ndarray:
        """Return the rows (m, F) of a series' labels, of which n are past, the first ones as in `before`."""
        start, F = len(before), len(self.columns)
        if F == 0 or start == len(index):
            return before if F else np.empty((len(index), 0))
        where = "" if key is None else f" of series {key!r}"
        values = self._find(key, index[start:], n - start, where)
        if start:
            values = np.concatenate([before, values])
        return self._complete(values, index, n, where)

    def _find(self, key: Hashable, index: pd.Index, n: int, where: str) -> np.ndarray:
        """Return a copy of the rows that go with labels."""
        if self.table is None:
            raise ValueError(
                f"The model was fitted with `{self.what}`, columns {list_some(self.columns.tolist())}; "
                f"{len(index)} rows{where} are needed, {show_label(index[0])} to {show_label(index[-1])}. "
                f"Pass {self.what}=."
            )
        labels, values = self.table.of(key)
        if labels is None:
            if len(values) != len(index):
                raise ValueError(
                    f"`{self.what}`{where} has {len(values)} rows without labels; {len(index)} are needed: "
                    f"{n} of the history and {len(index) - n} ahead. Pass these, or a DataFrame "
                    "with an index."
                )
            return values.copy()
        if len(labels) == len(index) and labels.equals(index):
            return values.copy()
        return values[_positions(self.what, labels, index, n, where)]

    def _complete(self, values: np.ndarray, index: pd.Index, n: int, where: str) -> np.ndarray:
        """Fill what is missing in place, or refuse it; infinite values are always refused."""
        infinite = np.isinf(values).any()
        bad = np.isinf(values) if infinite else np.isnan(values)
        if not bad.any() or (self.missing == "mask" and not infinite):
            return values
        for c in np.flatnonzero(bad.any(axis=0)):
            if infinite or bad[:, c].all() or self.missing == "error":
                cure = 'Fill them, or pass missing="interpolate" or "mask"'
                raise ValueError(
                    f"`{self.what}` has {bad[:, c].sum()} {'infinite' if infinite else 'missing'} of "
                    f"{len(index)} values in column {self.columns[c]!r}{where}, the first at "
                    f"{show_label(index[int(bad[:, c].argmax())])}. "
                    f"{'Replace them' if infinite else cure if self.missing == 'error' else 'Supply data'}."
                )
            if self.what == "X" and len(index) > n and bad[-1, c]:
                first = show_label(index[len(bad) - int(bad[::-1, c].argmin())])
                raise ValueError(
                    f"`X` ends with missing values in column {self.columns[c]!r}{where}, from {first} on; "
                    "what is known ahead has to be known. Supply them."
                )
            values[:, c] = (_interpolate if self.what == "X" else _carry)(values[:, c])
        return values


def _positions(what: str, labels: pd.Index, index: pd.Index, n: int, where: str) -> np.ndarray:
    """Return where the labels `index`, of which n are the history's, are among those of a table."""
    if not labels.is_unique:
        label = show_label(labels[labels.duplicated()][0])
        raise ValueError(
            f"`{what}` has {label} more than once{where}; each step needs one row. Keep one of each."
        )
    found = labels.get_indexer(index)
    absent = found < 0
    if not absent.any():
        return found
    steps = ", ".join(map(show_label, index[absent][:_SHOWN])) + ", ..." * bool(absent.sum() > _SHOWN)
    counts = [
        f"{part.sum()} of the {len(part)} {name}"
        for part, name in ((absent[:n], "steps of the history"), (absent[n:], "steps ahead"))
        if part.any()
    ]
    kinds = f" Its labels are of dtype {labels.dtype}, those of `y` {index.dtype}."
    kinds = "" if labels.dtype == index.dtype else kinds
    raise ValueError(
        f"`{what}` has no row for {' and '.join(counts)}{where}: {steps}.{kinds} Every step needs one; "
        "further ones are ignored."
    )


def _interpolate(column: np.ndarray) -> np.ndarray:
    seen = np.flatnonzero(~np.isnan(column))
    return np.interp(np.arange(len(column)), seen, column[seen])


def _carry(column: np.ndarray) -> np.ndarray:
    """Carry on the last value known; the first back to the start."""
    seen = ~np.isnan(column)
    last = np.maximum.accumulate(np.where(seen, np.arange(len(column)), int(seen.argmax())))
    return column[last]
