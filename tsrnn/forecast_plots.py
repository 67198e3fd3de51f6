"""Pictures of forecasts after their histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from tsrnn.figures import (
    FAINT,
    add_legend,
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

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsrnn.base import Forecast

_MOST_PANELS = 12


def plot_forecast(
    forecast: Forecast | pd.Series | Sequence[Forecast] | Mapping[str, pd.Series],
    history: pd.Series | None = None,
    truth: pd.Series | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one or several forecasts after the history they continue.

    Parameters
    ----------
    forecast : Forecast, Series, sequence of Forecast, or mapping of label to Series
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
    ax = new_axes() if ax is None else ax
    means, own_history = _means(forecast)
    longest = max(means.values(), key=len)
    if history is None and own_history is not None:
        history = own_history.iloc[-max(4 * len(longest), 50) :]
    if history is not None:
        draw_line(ax, history, label="history", color=FAINT if truth is not None else ink(), linewidth=1.2)
    if truth is not None:
        draw_line(ax, truth, label="truth", color=ink(), linewidth=1.4)
    for i, (label, mean) in enumerate(means.items()):
        draw_line(ax, mean, label=label, **line_style(i))
    label_axes(ax, longest if history is None else history)
    add_legend(ax)
    return ax


def plot_channels(forecast: Forecast, truth: pd.DataFrame | None = None) -> Figure:
    """Draw a forecast of several channels after the ends of their histories, one panel a channel.

    Parameters
    ----------
    forecast : Forecast
        With a DataFrame as its mean, whose first 12 columns are drawn.
    truth : DataFrame, optional
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
    n = forecast.mean.shape[1]
    figure, panels = new_panels(min(n, _MOST_PANELS), sharey=False)
    units = forecast.history.attrs.get("units")
    for i, panel in enumerate(panels):
        column = forecast.mean.columns[i]
        history = forecast.history.iloc[:, i]
        history.attrs = {"units": units.get(column) if isinstance(units, Mapping) else units}
        one = replace(forecast, mean=forecast.mean.iloc[:, i], history=history)
        plot_forecast(one, truth=None if truth is None else truth[column], ax=panel)
        panel.get_legend().remove()  # type: ignore[union-attr]
        panel.set_title(verbatim(f"{column}{unit(history)}"), loc="left", fontsize="medium")
        panel.set_ylabel("")
    label_outer(panels)
    if n > len(panels):
        figure.suptitle(f"the first {len(panels)} of {n} channels", x=0, ha="left", fontsize="medium")
    figure.legend(handles=panels[0].lines, loc="outside upper right", ncols=3, frameon=False)
    return figure


def _means(forecast: Any) -> tuple[dict[str, pd.Series], pd.Series | None]:
    """Labelled point forecasts, and the history of the first that has one."""
    if isinstance(forecast, pd.Series):
        return {"forecast": forecast}, None
    if isinstance(forecast, Mapping):
        return dict(forecast), None
    forecasts = list(forecast) if isinstance(forecast, Sequence) else [forecast]
    if any(isinstance(f.mean, pd.DataFrame) for f in forecasts):
        raise TypeError(
            "One pair of axes shows one series; a forecast of several channels came. Draw it with "
            "plot_channels(forecast), or one of its columns, plot_forecast(forecast.mean[column])."
        )
    return {f.label: f.mean for f in forecasts}, forecasts[0].history
