"""Series and covariates cut at rolling origins: what a model may see at each."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.evaluation.observed_series import ObservedSeries
from tsrnn.timeseries.checks import list_some
from tsrnn.timeseries.formats import is_panel
from tsrnn.timeseries.reading import read_panel

__all__ = ["Origins", "Rows"]


class Rows:
    """A table that goes with the series, cut by their labels.

    Parameters
    ----------
    data : Series, DataFrame or dict
    form : {"long", "levels", "dict", "shared"}
        "shared": indexed by time alone, for every series.
    ids : Index
        The series.
    columns : sequence of str
        The first two name the series and times of a long table.
    """

    def __init__(self, data: Any, form: str, ids: pd.Index, columns: Sequence[str]) -> None:
        self.data, self.form, self.ids, self._columns = data, form, ids, columns
        if form == "long":
            self._codes, self._times = ids.get_indexer(data[columns[0]]), pd.Index(data[columns[1]])
        elif form == "levels":
            self._codes = ids.get_indexer(data.index.get_level_values(0))
            self._times = data.index.get_level_values(1)

    @property
    def times(self) -> pd.Index:
        """Labels of rows, of a dict those of the first table."""
        if self.form in ("long", "levels"):
            return self._times
        return (self.data[self.ids[0]] if self.form == "dict" else self.data).index

    def cut(self, part: np.ndarray, since: pd.Index | None, until: pd.Index) -> Any:
        """Return a copy of the rows from `since` to `until`, both included, of the series in `part`.

        Both hold a label for each of the series; a shared table has all that any of them has.
        """
        if self.form == "shared":
            start = None if since is None else since[part].min()
            return self._between(self.data, start, until[part].max())
        if self.form == "dict":
            return {
                self.ids[i]: self._between(
                    self.data[self.ids[i]], None if since is None else since[i], until[i]
                )
                for i in part
            }
        taking_part = np.zeros(len(self.ids) + 1, dtype=bool)  # the last is for rows of no series
        taking_part[part] = True
        kept = taking_part[self._codes] & np.asarray(self._times <= until.take(self._codes))
        if since is not None:
            kept &= np.asarray(self._times >= since.take(self._codes))
        return self.data[kept].copy()

    def of(self, i: int, first: Any) -> "Rows":
        """Return the rows of one series, indexed by time; of a shared table those from label `first` on."""
        if self.form == "shared":
            data = self.data[np.asarray(self.data.index >= first)]
        elif self.form == "dict":
            data = self.data[self.ids[i]]
        else:
            data = self.data.iloc[self._groups[i]]
            times = self._times[self._groups[i]]
            data = data.drop(columns=list(self._columns[:2])) if self.form == "long" else data
            data = data.set_axis(times, axis=0)
        return Rows(data, "shared", self.ids[[i]], self._columns)

    @staticmethod
    def _between(data: Any, since: Any, until: Any) -> Any:
        kept = np.asarray(data.index <= until)
        return data[kept if since is None else kept & np.asarray(data.index >= since)].copy()

    @cached_property
    def _groups(self) -> list[np.ndarray]:
        order = np.argsort(self._codes, kind="stable")
        bounds = np.searchsorted(self._codes[order], np.arange(len(self.ids) + 1))
        return [order[bounds[i] : bounds[i + 1]] for i in range(len(self.ids))]


@dataclass(frozen=True, eq=False)
class Origins:
    """The series and what goes with them, cut at rolling origins: what a model may see at each.

    Attributes
    ----------
    observed : ObservedSeries
    sizes : ndarray of shape (n_windows, n_series)
        Observations up to each cutoff; 0 where a series takes no part.
    horizon, gap : int
        Steps evaluated, and those after the cutoff, before them, that are not.
    tables : dict of str to Rows
        Future covariates, ``X``, and past covariates, ``X_past``.
    static : DataFrame or None
        Indexed by the series.
    numbers : ndarray
        Which of all series these are.
    """

    observed: ObservedSeries
    sizes: np.ndarray
    horizon: int
    gap: int = 0
    tables: dict[str, Rows] = field(default_factory=dict)
    static: pd.DataFrame | None = None
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(1, int))

    @classmethod
    def read(
        cls,
        observed: ObservedSeries,
        sizes: np.ndarray,
        horizon: int,
        gap: int = 0,
        *,
        X: Any = None,
        X_past: Any = None,
        static: pd.DataFrame | None = None,
    ) -> "Origins":
        """Read the covariates into tables that are cut where the series are."""
        origins = cls(observed, sizes, horizon, gap, {}, static, np.arange(observed.n_series))
        for name, table in {"X": X, "X_past": X_past}.items():
            if table is not None:
                origins.tables[name] = origins._read_rows(table, name)
        return origins

    @property
    def n_ahead(self) -> int:
        """Steps after the cutoff that are forecast."""
        return self.gap + self.horizon

    def taking_part(self, window: int) -> np.ndarray:
        """Return the numbers of the series that take part in an origin."""
        return np.flatnonzero(self.sizes[window])

    def training_series(self, window: int, most: int | None = None) -> Any:
        """Return the series up to the cutoffs, at most the last `most` of each, in the form they came in."""
        observed, part, sizes = self.observed, self.taking_part(window), self.sizes[window]
        first = self._first(sizes, most)
        if observed.form == "series":
            return observed.whole.iloc[first[0] : sizes[0]].copy()
        if observed.form == "channels":
            columns = {name: y.iloc[first[0] : sizes[0]] for name, y in self._named}
            return pd.DataFrame(columns, columns=observed.ids)
        since = self._labels(first) if first.any() else None
        return self._rows.cut(part, since, self._labels(sizes - 1))

    def training_covariates(self, window: int, most: int | None = None) -> dict[str, Any]:
        """Return the covariates of `training_series`, and what never changes."""
        return self._given(window, most, 0)

    def future_covariates(self, window: int) -> dict[str, Any]:
        """Return the rows of ``X`` that a forecast needs."""
        if "X" not in self.tables:
            return {}
        sizes = self.sizes[window]
        until = self._labels(sizes + self.n_ahead - 1)
        return {"X": self.tables["X"].cut(self.taking_part(window), self._labels(sizes), until)}

    def covariates(self, window: int, most: int | None = None) -> dict[str, Any]:
        """Return training and future covariates as one: what is known for a forecast from new history."""
        return self._given(window, most, self.n_ahead)

    def _given(self, window: int, most: int | None, n_ahead: int) -> dict[str, Any]:
        part, sizes = self.taking_part(window), self.sizes[window]
        first = self._first(sizes, most)
        since = self._labels(first) if first.any() else None
        until = {"X": self._labels(sizes + n_ahead - 1), "X_past": self._labels(sizes - 1)}
        tables = {name: rows.cut(part, since, until[name]) for name, rows in self.tables.items()}
        return tables if self.static is None else tables | {"static": self.static}

    @staticmethod
    def _first(sizes: np.ndarray, most: int | None) -> np.ndarray:
        return np.zeros_like(sizes) if most is None else np.maximum(sizes - most, 0)

    def single(self, i: int) -> "Origins":
        """Return one of the series with its covariates."""
        series = self.observed.one(i)
        if isinstance(series.index, pd.DatetimeIndex) and series.index.freq is None and len(series) > 2:
            series = series.set_axis(pd.DatetimeIndex(series.index, freq="infer"))  # once, not at each origin
        panel = read_panel(series, missing="interpolate")
        observed = ObservedSeries("series", panel, self.observed.ids[[i]])
        tables = {name: rows.of(i, series.index[0]) for name, rows in self.tables.items()}
        return replace(
            self,
            observed=observed,
            sizes=self.sizes[:, [i]],
            tables=tables,
            static=None,
            numbers=np.array([i]),
        )

    def _labels(self, positions: np.ndarray) -> pd.Index:
        """Return the label at a position of each series; any label where that is before its start."""
        return self.observed.times.take(self.observed.starts + np.maximum(positions, 0))

    @property
    def _named(self) -> list[tuple[Hashable, pd.Series]]:
        return list(zip(self.observed.ids, self.observed.series, strict=True))

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.observed.data, self.observed.form, self.observed.ids, self.observed.columns)

    def _read_rows(self, table: Any, name: str) -> Rows:
        observed = self.observed
        if isinstance(table, np.ndarray | list | tuple):
            table = _like(np.asarray(table), observed, name)
        form = "shared"
        if is_panel(table, observed.columns) and observed.form not in ("series", "channels"):
            two_level = not isinstance(table, dict) and table.index.nlevels == 2
            form = "dict" if isinstance(table, dict) else "levels" if two_level else "long"
        elif isinstance(table, pd.DataFrame) and observed.columns[1] in table.columns:
            table = table.set_index(observed.columns[1])
        if form == "dict" and (absent := [key for key in observed.ids if key not in table]):
            raise ValueError(
                f"`{name}` has nothing for {len(absent)} of {observed.n_series} series of `y`: "
                f"{list_some(absent)}. All need it."
            )
        rows = Rows(table, form, observed.ids, observed.columns)
        times, index = rows.times, observed.series[0].index
        try:
            times[:1] <= index[-1]  # noqa: B015
        except TypeError as error:
            raise TypeError(
                f"`{name}` is indexed by {times.dtype}, `y` by {index.dtype}; rows are aligned by index. "
                f"Give `{name}` labels like those of `y`."
            ) from error
        return rows


def _like(array: np.ndarray, observed: ObservedSeries, name: str) -> pd.DataFrame:
    index = observed.series[0].index
    if observed.n_series > 1 or len(array) != len(index):
        raise ValueError(
            f"`{name}` is an array of shape {array.shape}; one row for each of the {len(index)} observations "
            "of a single series is needed. Otherwise pass a DataFrame indexed like `y`."
        )
    return pd.DataFrame(array, index)
