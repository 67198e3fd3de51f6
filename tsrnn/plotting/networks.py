"""Plots of what happens inside a network: its gates over time, and how far gradients reach back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tsrnn.plotting.figures import (
    add_legend,
    check_axes,
    draw_line,
    draw_map,
    ink,
    label_axes,
    line_style,
    new_axes,
    new_rows,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_gates", "plot_gradient_flow"]


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
    ax = new_axes() if ax is None else check_axes(ax)
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
    """Draw a layer's gates over time, a panel for each gate and a row of colours for each unit.

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
    available = list(dict.fromkeys(gates.columns.get_level_values("gate")))
    names = available if names is None else list(names)
    unknown = [name for name in names if name not in available]
    if unknown:
        raise ValueError(f"No such gate: {', '.join(unknown)}; there are {', '.join(available)}.")
    figure, panels = new_rows([1.2] * (y is not None) + [0.9] * len(names))
    label_axes(panels[-1], pd.Series(np.nan, gates.index))
    if y is not None:
        ends = y.index.get_indexer(gates.index)
        patch = int(np.diff(ends[:2])[0]) if len(ends) > 1 else 1  # values that one step reads
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
    """Return the values of the outermost colours: 0 and 1 for logistic gates, else symmetric around 0."""
    if gate.removesuffix("_reverse") in ("i", "f", "o", "r", "z"):
        return 0.0, 1.0
    size = float(np.abs(values.to_numpy(dtype=float)).max()) or 1.0
    return -size, size
