"""The series of a backtest, as they were observed: end to end, and each with its own index."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import check_one_kind
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.reading import read_panel
from tsrnn.training.arrays import split_columns

__all__ = ["ObservedSeries", "read_observed"]

Form = Literal["series", "channels", "long", "levels", "dict"]


@dataclass(frozen=True, eq=False)
class ObservedSeries:
    """The series of a backtest: what was observed, NaN where nothing was.

    Attributes
    ----------
    form : {"series", "channels", "long", "levels", "dict"}
        What the user gave: one series; a table of channels; a panel as a long table, with a two-level index
        or as a dict.
    panel : Panel
        The series in columns, in float64.
    ids : Index
        What tells the series apart.
    data : Series, DataFrame or dict
        What the user gave, for a panel.
    columns : tuple of str
        The columns of a long table: series, time, value.
    """

    form: Form
    panel: Panel
    ids: pd.Index
    data: Any = None
    columns: tuple[str, ...] = COLUMNS

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.ids)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Observations of each series."""
        return np.repeat(self.panel.arrays.lengths, self.panel.arrays.n_channels)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each series starts in `values` and `times`."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def values(self) -> np.ndarray:
        """All series end to end."""
        return split_columns(self.panel.observed_values, self.panel.arrays.offsets)[0]

    @cached_property
    def times(self) -> pd.Index:
        """All labels end to end."""
        flat, C = self.panel.labels.flat, self.panel.arrays.n_channels
        return flat if C == 1 else flat.take(np.tile(np.arange(len(flat)), C))

    @property
    def series(self) -> "Sequence[pd.Series]":
        """The series, each with its own index, made when they are asked for."""
        return _Each(self)

    @cached_property
    def whole(self) -> pd.Series:
        """The only series."""
        return self.one(0)

    def one(self, i: int) -> pd.Series:
        """Return one series."""
        C, form = self.panel.arrays.n_channels, self.panel.format
        rows = slice(self.starts[i], self.starts[i] + self.lengths[i])
        name = form.names[0] if self.form == "series" else self.ids[i]
        series = pd.Series(self.values[rows], index=self.panel.labels.of(i // C), name=name)
        series.attrs.update(form.attrs_of(i // C))
        if isinstance(units := series.attrs.get("units"), dict):
            series.attrs["units"] = units.get(series.name)
        return series


class _Each(Sequence):
    """Series that are made one by one."""

    def __init__(self, observed: ObservedSeries) -> None:
        self._observed = observed

    def __len__(self) -> int:
        return self._observed.n_series

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self._observed.one(k) for k in range(*i.indices(len(self)))]
        return self._observed.one(range(len(self))[i])


def read_observed(y: Any, columns: Sequence[str] = COLUMNS) -> ObservedSeries:
    """Read one series, a table of channels, or a panel in any of its formats.

    Raises
    ------
    TypeError, ValueError
        As by `tsrnn.timeseries.reading.read_panel`, or if the series of a panel have several columns.
    """
    panel = read_panel(y, missing="interpolate", columns=columns)
    if panel.is_single and panel.columns is None:
        name = panel.format.names[0]
        return ObservedSeries("series", panel, pd.Index(["y" if name is None else str(name)]))
    if panel.is_single and panel.columns is not None:
        return ObservedSeries("channels", panel, panel.columns)
    if panel.columns is not None and len(panel.columns) > 1:
        raise ValueError(
            f"Each series of `y` has {len(panel.columns)} columns; one is evaluated at a time. "
            f"Pass one column, such as {panel.columns[0]!r}, and the others as X_past=."
        )
    form: Form = panel.format.kind  # type: ignore[assignment]
    read = ObservedSeries(form, panel, panel.keys, y, tuple(columns))
    if form == "dict":
        if panel.labels.flat.dtype == object:  # as of any that are not of one kind
            check_one_kind([panel.labels.of(s) for s in range(panel.n_series)], panel.ids)
        return replace(read, data=dict(zip(panel.ids, read.series, strict=True)))
    return read
