"""Plots of training curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from tsrnn.plotting.figures import PALETTE, add_legend, check_axes, draw_line, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_training"]


def plot_training(histories: Mapping[str, pd.DataFrame] | pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw training losses (thin) and validation losses (thick, the minimum marked) against training steps.

    Parameters
    ----------
    histories : mapping of label to DataFrame, or DataFrame
        The ``history_`` of fitted recurrent forecasters: columns ``step``, ``loss``, ``validation_loss``,
        for ensembles ``member`` and, where early stopping was followed by training on all data, ``phase``.
        The second training is drawn dashed.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes() if ax is None else check_axes(ax)
    if isinstance(histories, pd.DataFrame):
        histories = {"loss": histories}
    for i, (label, history) in enumerate(histories.items()):
        for j, (is_refit, run) in enumerate(_runs(history)):
            style = {"color": PALETTE[i % len(PALETTE)], "linestyle": "dashed" if is_refit else "solid"}
            _training_curves(ax, run, f"_{label}" if j else label, style)
    if _spans_decades(ax):
        ax.set_yscale("log")
    ax.set_xlabel("training step")
    validated = any(history["validation_loss"].notna().any() for history in histories.values())
    refitted = any("refit" in history.get("phase", pd.Series()).array for history in histories.values())
    kinds = "thick: validation, dashed: refit" if refitted else "thin: training, thick: validation"
    ax.set_ylabel(f"loss ({kinds})" if validated else "training loss")
    tidy(ax)
    add_legend(ax)
    return ax


def _runs(history: pd.DataFrame) -> Iterator[tuple[bool, pd.DataFrame]]:
    """Return one training after the other, and whether each is that on all data after early stopping."""
    by = [name for name in ("phase", "member") if name in history]
    for key, run in history.groupby(by, sort=False) if by else [((), history)]:
        yield "refit" in key, run


def _training_curves(ax: Axes, history: pd.DataFrame, label: str, style: dict[str, Any]) -> None:
    losses = history.set_index("step")[["loss", "validation_loss"]]
    validation = losses["validation_loss"].dropna()
    if validation.empty:
        width = 1.6 if style["linestyle"] == "solid" else 0.8
        draw_line(ax, losses["loss"], label=label, linewidth=width, **style)
        return
    draw_line(ax, losses["loss"], label="_loss", linewidth=0.8, alpha=0.7, **style)
    draw_line(ax, validation, label=label, linewidth=1.8, **style)
    draw_line(ax, validation[[validation.idxmin()]], label="_best", markersize=5, **style)


def _spans_decades(ax: Axes) -> bool:
    low, high = ax.dataLim.intervaly
    return 0 < 10 * low < high
