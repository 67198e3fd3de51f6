"""Forecast objects: point forecasts and intervals together with the history that they continue."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import list_some, show_label
from tsrnn.timeseries.panel import Panel
from tsrnn.validation import counted

if TYPE_CHECKING:
    from tsrnn.plotting.figures import Axes, Figure


class _Source(NamedTuple):
    """What a forecast was made of: values (S, h, C), or (S, h, C, k) with names of the last axis."""

    panel: Panel
    values: np.ndarray
    names: Sequence[str] | None


@dataclass(frozen=True, repr=False)
class Forecast:
    """A forecast together with the history it continues.

    Attributes
    ----------
    mean : pandas.Series, pandas.DataFrame or dict
        Point forecast, in the form of the history: of one series a Series, of channels a DataFrame with one
        column each; of a panel as `predict` returns it. Its index continues the history's.
    history : pandas.Series, pandas.DataFrame or dict
        The observations the forecast was made from.
    label : str
        Name of the model, for tables and legends.
    table : pandas.DataFrame or dict, optional
        The mean with what was asked for beside it, as `predict` returns it: levels and quantiles.

    Examples
    --------
    >>> from tsrnn import Naive
    >>> Naive().fit([3.0, 5.0]).forecast(2).mean
    2    5.0
    3    5.0
    dtype: float64
    """

    mean: Any
    history: Any
    label: str
    table: Any = None
    _source: "_Source | None" = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        panel: Panel,
        values: np.ndarray,
        label: str,
        names: Sequence[str] | None = None,
    ) -> "Forecast":
        """Return the forecast of a panel, from the arrays that `Panel.wrap` takes.

        Parameters
        ----------
        panel : Panel
            The histories.
        values : ndarray of shape (S, h, C), or (S, h, C, k) with `names`
        label : str
            Name of the model.
        names : sequence of k str, optional
            "mean" and what is beside it: "lo-80" and "hi-80" bound 80 %, "q-0.1" is the quantile of 0.1.
        """
        mean = values if names is None else values[..., list(names).index("mean")]
        table = None if names is None else panel.wrap(values, label, names)
        return cls(panel.wrap(mean, label), panel.observed(), label, table, _Source(panel, values, names))

    @property
    def is_panel(self) -> bool:
        """Whether several series were forecast, each with its own history."""
        return self._source is not None and not self._source.panel.is_single

    @property
    def ids(self) -> list[Hashable]:
        """The series of a panel, or the channels of a table; [None] for a single series."""
        if self._source is not None and self.is_panel:
            return self._source.panel.ids
        return [None] if isinstance(self.mean, pd.Series) else self.mean.columns.tolist()

    def __getitem__(self, key: Hashable) -> "Forecast":
        """Return the forecast of one series of a panel, or of one channel of a table."""
        if key not in self.ids or key is None:
            raise KeyError(f"There is no forecast of {key!r}, but of {list_some(self.ids)}.")
        if self._source is not None and self.is_panel:
            panel, values, names = self._source
            s = panel.ids.index(key)
            return Forecast.of(panel.one(s), values[s : s + 1], self.label, names)
        history = self.history[key]
        units = self.history.attrs.get("units")
        history.attrs = {"units": units.get(key) if isinstance(units, dict) else units}
        return Forecast(self.mean[key], history, self.label, None if self.table is None else self.table[key])

    def interval(self, level: float) -> Any:
        """Return the bounds between which `level` percent of what may come lie.

        Parameters
        ----------
        level : float
            One of those that were asked for: ``forecast(level=[80])``.

        Returns
        -------
        pandas.DataFrame with columns ``lo`` and ``hi``, or what `mean` is, with these
            For channels the second level of the columns; for a dict a dict of these.

        Raises
        ------
        ValueError
            If this level was not asked for.
        """
        bounds = {f"lo-{level:g}": "lo", f"hi-{level:g}": "hi"}
        if missing := self._lacks(bounds):
            levels = [name[3:] for name in self._names if name.startswith("lo-")]
            there = f"there are {', '.join(levels)}" if levels else "there are none"
            raise ValueError(
                f"The forecast has no {missing[0]!r}: the level {level:g} was not asked for; {there}. "
                f"Ask for it: forecast(level=[{level:g}])."
            )
        return self._pick(bounds)

    def quantile(self, p: float) -> Any:
        """Return the value that what comes stays below with probability `p`, in the form of `mean`.

        Parameters
        ----------
        p : float
            One of ``forecast(quantiles=[0.1])``, or a bound of a level that was asked for.

        Raises
        ------
        ValueError
            If it was not asked for.
        """
        side, level = ("lo", 100 - 200 * p) if p < 0.5 else ("hi", 200 * p - 100)
        for name in (f"q-{p:g}", f"{side}-{round(level, 9):g}"):
            if not self._lacks({name: ""}):
                return self._squeeze(self._pick({name: f"q-{p:g}"}))
        raise ValueError(f"The quantile of {p:g} was not asked for. Ask for it: forecast(quantiles=[{p:g}]).")

    def to_frame(self) -> pd.DataFrame:
        """Return the forecast as a DataFrame: as `predict` does, with a Series as the column ``mean``.

        A dict becomes one table whose index has the series as first level.
        """
        table = self.mean if self.table is None else self.table
        if isinstance(table, dict):
            table = pd.concat(table)
        return table.to_frame("mean") if isinstance(table, pd.Series) else table.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes | Figure":
        """Draw the end of the history and the forecast; needs matplotlib (``pip install "tsrnn[plot]"``).

        One series is drawn into `ax` or new axes, which are returned; channels, or the first nine series of a
        panel, into the panels of a new figure, which is returned (`tsrnn.plotting.plot_channels`).
        """
        from tsrnn.plotting import plot_channels, plot_forecast

        if self.ids == [None] or ax is not None:
            return plot_forecast(self, ax=ax)
        return plot_channels(self)

    @property
    def _names(self) -> list[str]:
        """Names of what is beside the mean."""
        table = next(iter(self.table.values())) if isinstance(self.table, dict) else self.table
        if table is None:
            return []
        names = table.columns.get_level_values(-1).unique()
        prefix = f"{self.label}-" if self._is_long else ""
        return [name.removeprefix(prefix) for name in names]

    @property
    def _is_long(self) -> bool:
        return self._source is not None and self._source.panel.format.kind == "long"

    def _lacks(self, names: dict[str, str]) -> list[str]:
        return [name for name in names if name not in self._names]

    def _pick(self, names: dict[str, str]) -> Any:
        """Return the columns of the table by their new names, in its form."""
        if isinstance(self.table, dict):
            return {key: _columns(table, names) for key, table in self.table.items()}
        if not self._is_long:
            return _columns(self.table, names)
        renamed = {f"{self.label}-{name}": new for name, new in names.items()}
        return self.table[[*self.table.columns[:2], *renamed]].rename(columns=renamed)

    def _squeeze(self, table: Any) -> Any:
        """Return a table of one column a channel in the form of the mean."""
        if isinstance(table, dict):
            return {key: _like(part, self.mean[key]) for key, part in table.items()}
        return table if self._is_long else _like(table, self.mean)

    @property
    def _title(self) -> str:
        steps = f"{self.label}: "
        if self._source is not None and self.is_panel:
            n, h = self._source.values.shape[:2]
            return f"{steps}{counted(h, 'step')} of {n:,} series"
        after = show_label(self.history.index[-1])
        channels = f" of {counted(self.mean.shape[1], 'channel')}" if self.mean.ndim == 2 else ""
        return f"{steps}{counted(len(self.mean), 'step')}{channels} after {after}"

    def __repr__(self) -> str:
        return f"{self._title}\n{self.to_frame().to_string(max_rows=12, max_cols=12)}"

    def _repr_html_(self) -> str:
        title = self._title
        try:
            from tsrnn.plotting import to_svg

            picture = to_svg(self.plot().figure, alt=title)
        except ImportError:
            picture = ""
        table = self.to_frame().to_html(max_rows=12, max_cols=12)
        return f"<div><strong>{escape(title)}</strong>{picture}{table}</div>"


def _columns(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Return a table's columns, or those of each of its channels, by their new names."""
    if table.columns.nlevels == 1:
        return table[list(names)].set_axis(list(names.values()), axis=1)
    chosen = table.columns[table.columns.get_level_values(1).isin(list(names))]
    return table[chosen].rename(columns=names, level=1)


def _like(table: pd.DataFrame, mean: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
    return table.iloc[:, 0].rename(mean.name) if mean.ndim == 1 else table.set_axis(mean.columns, axis=1)
