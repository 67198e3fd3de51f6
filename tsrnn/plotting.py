"""Pictures of forecasts, backtests and training; they need matplotlib, the extra ``plot``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsrnn.figures import (
    FAINT,
    PALETTE,
    add_legend,
    coordinates,
    draw_line,
    draw_map,
    ink,
    label_axes,
    label_outer,
    line_style,
    new_axes,
    new_panels,
    new_rows,
    tidy,
    to_svg,
    unit,
    verbatim,
)
from tsrnn.forecast_plots import plot_channels, plot_forecast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsrnn.judgement import Backtest

__all__ = [
    "error_by_horizon",
    "plot_backtest",
    "plot_channels",
    "plot_error_by_horizon",
    "plot_forecast",
    "plot_gates",
    "plot_gradient_flow",
    "plot_training",
    "to_svg",
]


def plot_backtest(
    backtest: Backtest,
    models: Sequence[str] | None = None,
    last: int | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the history's tail, the truth and each model's forecast from every origin.

    Parameters
    ----------
    backtest : Backtest
    models : sequence of str, optional
        Which models, by alias; all by default, the lowest MASE first.
    last : int, optional
        Only the most recent `last` origins; all by default.
    ax : matplotlib Axes, optional
        Draw every model into these axes; by default a new figure with one panel a model, which share
        their scales. The vertical scale follows the truth: a forecast far off leaves the panel.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If a name in `models` isn't in the backtest, or `last` is below 1.
    """
    names = list(backtest.models)
    scores = backtest.scores()
    chosen = list(scores.index if models is None else models)
    if unknown := [name for name in chosen if name not in names]:
        raise ValueError(f"The backtest has no model {unknown[0]!r}; it has {', '.join(names)}.")
    if last is not None and last < 1:
        raise ValueError(f"`last` needs at least 1 origin; got {last}. Leave it out to draw all.")
    shown, past = _recent(backtest, last)
    if ax is not None:
        _draw_past(ax, past, shown["cutoff"].unique())
        for name in chosen:
            style = line_style(names.index(name))
            _draw_folds(ax, shown, name, **(style if len(chosen) > 1 else {**style, "linestyle": "solid"}))
        add_legend(ax)
        return ax.figure  # type: ignore[return-value]
    figure, panels = new_panels(len(chosen))
    for panel, name, mase in zip(panels, chosen, scores.loc[chosen, "MASE"], strict=True):
        _draw_past(panel, past, shown["cutoff"].unique())
        _draw_folds(panel, shown, name, **{**line_style(names.index(name)), "linestyle": "solid"})
        score = f" · MASE {mase:.3g}" if np.isfinite(mase) else ""
        panel.set_title(verbatim(name + score), loc="left", fontsize="medium")
    label_outer(panels)
    figure.legend(handles=panels[0].lines[:2], loc="outside upper right", ncols=2, frameon=False)
    return figure


def plot_error_by_horizon(
    backtest: Backtest, models: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the mean absolute error over all origins against the step ahead, one line a model.

    Parameters
    ----------
    backtest : Backtest
    models : sequence of str, optional
        Which models, by alias; all by default.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes() if ax is None else ax
    errors = error_by_horizon(backtest)
    for i, name in enumerate(errors.columns):
        if (models is None or name in models) and errors[name].notna().any():
            marker = "o" if len(errors) <= 12 else None
            draw_line(ax, errors[name], label=name, markersize=3, **{"marker": marker, **line_style(i)})
    ax.locator_params(axis="x", integer=True)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("steps ahead")
    ax.set_ylabel(verbatim(f"mean absolute error{unit(backtest.history)}"))
    tidy(ax)
    add_legend(ax)
    return ax


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


def error_by_horizon(backtest: Backtest) -> pd.DataFrame:
    """Mean absolute error of each model over all origins.

    Returns
    -------
    DataFrame
        One row a step ahead (index ``step``, from 1), one column a model, in the series' units. Truth that
        was never observed is left out.
    """
    frame = backtest.forecasts
    step = (frame.groupby(["unique_id", "cutoff"], sort=False).cumcount() + 1).rename("step")
    return frame[list(backtest.models)].sub(frame["y"], axis=0).abs().groupby(step).mean()


def _recent(backtest: Backtest, last: int | None) -> tuple[pd.DataFrame, pd.Series]:
    """Forecasts of the last origins, and the series from a little before the first of them to their end."""
    frame = backtest.forecasts
    cutoffs = pd.Index(frame["cutoff"].unique())[-(last or 0) :]
    frame = frame[frame["cutoff"].isin(cutoffs)]
    tail = max(2 * backtest.horizon, 2 * (backtest.season_length or 1), 20)
    labels = backtest.history.index
    start = labels.searchsorted(cutoffs[0]) + 1 - tail
    stop = labels.searchsorted(frame["ds"].max(), side="right")
    return frame, backtest.history.iloc[max(start, 0) : stop]


def _draw_past(ax: Axes, past: pd.Series, cutoffs: Any) -> None:
    draw_line(ax, past, label="truth", color=ink(), linewidth=0.9, zorder=4)
    for i, cutoff in enumerate(coordinates(pd.Index(cutoffs))):
        label = "_origin" if i else "origin"
        ax.axvline(cutoff, label=label, color=FAINT, linewidth=1, linestyle="dotted", zorder=1)
    if past.notna().any():
        low, high = past.min(), past.max()
        margin = 0.25 * (high - low) or abs(high) or 1.0
        ax.set_ylim(low - margin, high + margin)
    label_axes(ax, past)


def _draw_folds(ax: Axes, forecasts: pd.DataFrame, name: str, **style: Any) -> None:
    for i, (_, fold) in enumerate(forecasts.groupby("cutoff", sort=False)):
        series = pd.Series(fold[name].to_numpy(), pd.Index(fold["ds"]))
        draw_line(ax, series, label=f"_{name}" if i else name, zorder=3, **style)


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
