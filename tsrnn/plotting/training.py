"""Plots of training curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from tsrnn.plotting.figures import PALETTE, add_legend, draw_line, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_training"]


def plot_training(histories: Mapping[str, pd.DataFrame] | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw training losses (thin) and validation losses (thick, the minimum marked) against training steps.

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
