"""Plots of forecasts, backtests and training; they need matplotlib, the extra ``plot``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tsrnn.plotting.backtests import (
    error_by_horizon,
    plot_backtest,
    plot_error_by_horizon,
    plot_error_by_series,
    plot_panel,
)
from tsrnn.plotting.figures import (
    PALETTE,
    add_legend,
    draw_line,
    draw_map,
    ink,
    label_axes,
    line_style,
    new_axes,
    new_rows,
    tidy,
    to_svg,
)
from tsrnn.plotting.forecasts import plot_channels, plot_forecast
from tsrnn.plotting.residuals import plot_residuals
from tsrnn.plotting.skill import plot_ranks, plot_skill

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


__all__ = [
    "error_by_horizon",
    "plot_backtest",
    "plot_channels",
    "plot_error_by_horizon",
    "plot_error_by_series",
    "plot_forecast",
    "plot_gates",
    "plot_gradient_flow",
    "plot_panel",
    "plot_ranks",
    "plot_residuals",
    "plot_skill",
    "plot_training",
    "to_svg",
]


def plot_training(histories: Mapping[str, pd.DataFrame] | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw training losses against steps; thin beside a thick validation loss, whose minimum is marked.

    Parameters
    ----------
    histories : mapping of label to DataFrame, or DataFrame
        The ``history_`` of fitted recurrent forecasters: columns ``step``, ``loss``, ``validation_loss``
        and, for ensembles, ``member``.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes() if ax is None else ax
    if isinstance(histories, pd.DataFrame):
        histories = {"loss": histories}
    for i, (label, history) in enumerate(histories.items()):
        members = history.groupby("member") if "member" in history else [(0, history)]
        for j, (_, member) in enumerate(members):
            _training_curves(ax, member, label=f"_{label}" if j else label, color=PALETTE[i % len(PALETTE)])
    if _spans_decades(ax):
        ax.set_yscale("log")
    ax.set_xlabel("training step")
    validated = any(history["validation_loss"].notna().any() for history in histories.values())
    ax.set_ylabel("loss (thin: training, thick: validation)" if validated else "training loss")
    tidy(ax)
    add_legend(ax)
    return ax


def plot_gradient_flow(flows: Mapping[str, pd.DataFrame] | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how much of the loss's gradient reaches the states of earlier steps, on a logarithmic scale.

    Parameters
    ----------
    flows : mapping of label to DataFrame, or DataFrame
        From ``gradient_flow()`` of fitted recurrent forecasters. A line is the norm over all columns: all
        layers' states and memories.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> lags = pd.RangeIndex(1, 4, name="lag")
    >>> flow = pd.DataFrame({"h_0": [0.3, 0.3, 0.3], "c_0": [0.4, 0.4, 0.4]}, lags)
    >>> ax = plot_gradient_flow({"LSTM": flow})
    >>> ax.lines[0].get_ydata()
    array([0.5, 0.5, 0.5])
    """
    ax = new_axes() if ax is None else ax
    if isinstance(flows, pd.DataFrame):
        flows = {"gradient": flows}
    for i, (label, flow) in enumerate(flows.items()):
        norm = np.sqrt((flow**2).sum(axis=1, skipna=False))
        draw_line(ax, norm.where(norm > 0), label=label, **line_style(i))
    ax.set_yscale("log")
    ax.set_xlabel("steps back from the last state")
    ax.set_ylabel("norm of the gradient")
    tidy(ax)
    add_legend(ax)
    return ax


def plot_gates(gates: pd.DataFrame, y: pd.Series | None = None, names: Sequence[str] | None = None) -> Figure:
    """Draw what the units of a layer did over time: a panel a gate, a stripe a unit, under what they read.

    Parameters
    ----------
    gates : DataFrame
        From ``gates()`` of a fitted recurrent forecaster.
    y : Series, optional
        Drawn above, at the times of `gates`.
    names : sequence of str, optional
        Which gates, in order; all by default.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If a name in `names` is no gate of `gates`.
    """
    known = list(dict.fromkeys(gates.columns.get_level_values("gate")))
    names = known if names is None else list(names)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"No such gate: {', '.join(unknown)}; there are {', '.join(known)}.")
    figure, panels = new_rows([1.2] * (y is not None) + [0.9] * len(names))
    label_axes(panels[-1], pd.Series(np.nan, gates.index))
    if y is not None:
        ends = y.index.get_indexer(gates.index)
        patch = (
            int(np.diff(ends[:2])[0]) if len(ends) > 1 else 1
        )  # values that a step reads, and is drawn amid
        gates = gates.set_axis(y.index[ends - (patch - 1) // 2])
        shown = y.iloc[ends[0] - patch + 1 : ends[-1] + 1]
        draw_line(panels[0], shown, label="series", color=ink(), linewidth=1.2)
        label_axes(panels[0], shown)
        panels[0].set_title(panels[0].get_ylabel(), loc="left", fontsize="medium")
        panels[0].set(xlabel="", ylabel="")
    for panel, name in zip(panels[-len(names) :], names, strict=True):
        draw_map(panel, gates[name], *_range(name, gates[name]))
        panel.set_ylabel(name, rotation="horizontal", ha="right", va="center")
    return figure


def _range(gate: str, values: pd.DataFrame) -> tuple[float, float]:
    """Return the colours' ends: logistic gates from 0 to 1, the others as far as they go on either side."""
    if gate.removesuffix("_reverse") in ("i", "f", "o", "r", "z"):
        return 0.0, 1.0
    size = float(np.abs(values.to_numpy(dtype=float)).max()) or 1.0
    return -size, size


def _training_curves(ax: Axes, history: pd.DataFrame, label: str, color: str) -> None:
    losses = history.set_index("step")[["loss", "validation_loss"]]
    validation = losses["validation_loss"].dropna()
    if validation.empty:
        draw_line(ax, losses["loss"], label=label, color=color, linewidth=1.6)
        return
    draw_line(ax, losses["loss"], label="_loss", color=color, linewidth=0.8, alpha=0.7)
    draw_line(ax, validation, label=label, color=color, linewidth=1.8)
    draw_line(ax, validation[[validation.idxmin()]], label="_best", color=color, markersize=5)


def _spans_decades(ax: Axes) -> bool:
    low, high = ax.dataLim.intervaly
    return 0 < 10 * low < high
