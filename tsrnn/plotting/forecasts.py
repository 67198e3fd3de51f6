"""Plots of forecasts after the series that they continue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from tsrnn.plotting.figures import (
    FAINT,
    add_legend,
    check_axes,
    draw_bands,
    draw_line,
    ink,
    label_axes,
    label_outer,
    line_style,
    new_axes,
    new_panels,
    unit,
    verbatim,
)
from tsrnn.plotting.protocols import ForecastLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_CHANNELS = 12
_MOST_SERIES = 9


def plot_forecast(
    forecast: ForecastLike | pd.Series | Sequence[ForecastLike] | Mapping[str, pd.Series],
    history: pd.Series | None = None,
    truth: pd.Series | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one or several forecasts after the history they continue, with the bands that they have.

    Parameters
    ----------
    forecast : ForecastLike, Series, sequence of ForecastLike, or mapping of label to Series
        What to draw, one line each.
    history : Series, optional
        Drawn whole. By default the forecast's own history: its last four horizons, at least 50 points.
    truth : Series, optional
        What really happened.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure of 8 by 3.6 inches.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2026-03-01", periods=5)
    >>> y = pd.Series([3.0, 5.0, 4.0, 6.0, 5.0], days, name="visitors")
    >>> ax = plot_forecast(y[3:], history=y[:3])
    >>> [line.get_label() for line in ax.lines]
    ['history', 'forecast']
    """
    ax = new_axes() if ax is None else check_axes(ax)
    means, tables, own_history = _means(forecast)
    longest = max(means.values(), key=len)
    if history is None and own_history is not None:
        history = own_history.iloc[-max(4 * len(longest), 50) :]
    if history is not None:
        draw_line(ax, history, label="history", color=FAINT if truth is not None else ink(), linewidth=1.2)
    if truth is not None:
        draw_line(ax, truth, label="truth", color=ink(), linewidth=1.4)
    for i, (label, mean) in enumerate(means.items()):
        prefix = f"{label}, " if len(means) > 1 else ""
        draw_line(ax, mean, label=label, **line_style(i))
        if label in tables:
            draw_bands(ax, tables[label], prefix=prefix, color=line_style(i)["color"])
    label_axes(ax, longest if history is None else history)
    add_legend(ax)
    return ax


def plot_channels(forecast: ForecastLike, truth: pd.DataFrame | None = None) -> Figure:
    """Draw the forecasts of several channels or series after the ends of their histories, in a panel each.

    Parameters
    ----------
    forecast : ForecastLike
        Of a table, whose first 12 columns are drawn, or of a panel, whose first 9 series are.
    truth : DataFrame or mapping, optional
        What really happened, in columns of the same names.

    Returns
    -------
    matplotlib Figure

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import RNNForecaster
    >>> y = pd.DataFrame({"sine": np.sin(np.arange(60.0)), "cosine": np.cos(np.arange(60.0))})
    >>> figure = plot_channels(RNNForecaster(max_steps=1).fit(y).forecast(3))
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['sine', 'cosine']
    """
    most = _MOST_SERIES if forecast.is_panel else _MOST_CHANNELS
    singles = list(islice(_singles(forecast), most + 1))
    kinds = {type(one.history.index) for _, one in singles[:most]}
    figure, panels = new_panels(min(len(singles), most), sharex=len(kinds) == 1, sharey=False)
    for panel, (name, one) in zip(panels, singles, strict=False):
        plot_forecast(one, truth=None if truth is None else truth[name], ax=panel)
        panel.get_legend().remove()  # type: ignore[union-attr]
        panel.set_title(verbatim(f"{name}{unit(one.history)}"), loc="left", fontsize="medium")
        panel.set_ylabel("")
    label_outer(panels)
    if len(singles) > most:
        what = "series" if forecast.is_panel else "channels"
        title = f"the first {most} of {len(forecast.ids):,} {what}"
        figure.suptitle(title, x=0, ha="left", fontsize="medium")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False)
    return figure


def _singles(forecast: ForecastLike) -> Iterator[tuple[Any, ForecastLike]]:
    """Yield the forecasts of single series, and what they are called."""
    for key in forecast.ids:
        one = forecast[key]
        if one.ids == [None]:
            yield key, one
        else:
            yield from ((f"{key}, {column}", one[column]) for column in one.ids)


def _means(forecast: Any) -> tuple[dict[str, pd.Series], dict[str, pd.DataFrame], pd.Series | None]:
    """Return labelled point forecasts, the tables of those that have one, and the first one's history."""
    if isinstance(forecast, pd.Series):
        return {"forecast": forecast}, {}, None
    if isinstance(forecast, Mapping):
        return dict(forecast), {}, None
    forecasts = list(forecast) if isinstance(forecast, Sequence) else [forecast]
    if any(one.ids != [None] for one in forecasts):
        raise TypeError(
            "One pair of axes shows one series; a forecast of several channels came. Draw it with "
            "plot_channels(forecast), or one of its columns, plot_forecast(forecast[column])."
        )
    tables = {one.label: one.table for one in forecasts if one.table is not None}
    return {one.label: one.mean for one in forecasts}, tables, forecasts[0].history
