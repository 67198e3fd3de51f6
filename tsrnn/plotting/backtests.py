"""Plots of backtests: forecasts beside the observed series, and errors by step ahead and by series."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsrnn.plotting.figures import (
    FAINT,
    add_legend,
    check_axes,
    coordinates,
    draw_bands,
    draw_boxes,
    draw_line,
    ink,
    label_axes,
    label_outer,
    line_style,
    new_axes,
    new_panels,
    tidy,
    unit,
    verbatim,
)
from tsrnn.plotting.protocols import BacktestLike
from tsrnn.timeseries.levels import interval_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "error_by_horizon",
    "leading_models",
    "plot_backtest",
    "plot_error_by_horizon",
    "plot_error_by_series",
    "plot_panel",
    "ranked_series",
]

MOST_ORIGINS_MARKED = 12


def plot_backtest(
    backtest: BacktestLike,
    models: Sequence[str] | None = None,
    last: int | None = None,
    ax: Axes | None = None,
    series: Hashable | None = None,
) -> Figure:
    """Draw the end of one series, and each model's forecast from every origin with its intervals.

    Of more than 12 origins only the first is marked; forecasts of a single step are joined to one line.

    Parameters
    ----------
    backtest : BacktestLike
    models : sequence of str, optional
        Which models, by alias; all by default, the lowest MASE first.
    last : int, optional
        Only the most recent `last` origins; all by default.
    ax : matplotlib Axes, optional
        Draw every model into these axes, with the intervals of the first; by default a new figure with one
        panel a model, which share their scales. The vertical scale follows the series: a forecast far off
        leaves the panel.
    series : hashable, optional
        Which series, where there are several; by default the first.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If a name in `models` or `series` isn't in the backtest, or `last` is below 1.
    """
    chosen = list(backtest.mase.index if models is None else models)
    _check(backtest, chosen, last)
    shown, past = _recent(backtest, backtest.errors.ids[0] if series is None else series, last)
    if ax is not None:
        _draw_models(check_axes(ax), backtest, shown, past, chosen)
        add_legend(ax)
        return ax.figure  # type: ignore[return-value]
    figure, panels = new_panels(len(chosen))
    for panel, name in zip(panels, chosen, strict=True):
        _draw_models(panel, backtest, shown, past, [name])
        _title(panel, name, _mase(backtest, name, series))
    label_outer(panels)
    _add_legend(figure, panels, without=chosen)
    return figure


def plot_panel(
    backtest: BacktestLike,
    models: Sequence[str] | None = None,
    n_series: int = 6,
    last: int | None = None,
) -> Figure:
    """Draw forecasts of several series, one panel each, from the one with the lowest MASE to the highest.

    Parameters
    ----------
    backtest : BacktestLike
    models : sequence of str, optional
        Which models, by alias. Series are chosen by the errors of the first, whose intervals are drawn; by
        default it is the one with the lowest MASE, beside the model that the others are tested against.
    n_series : int, default=6
        Panels at most: the best series, the worst, and others at even ranks between.
    last : int, optional
        Only the most recent `last` origins; all by default.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If a name in `models` isn't in the backtest, or `last` or `n_series` is below 1.
    """
    chosen = list(leading_models(backtest) if models is None else models)
    _check(backtest, chosen, last)
    if n_series < 1:
        raise ValueError(f"`n_series` needs at least 1 series; got {n_series}.")
    mase = ranked_series(backtest, chosen[0], n_series)
    figure, panels = new_panels(len(mase), sharex=False, sharey=False)
    for panel, (series, error) in zip(panels, mase.items(), strict=True):
        _draw_models(panel, backtest, *_recent(backtest, series, last), chosen)
        _title(panel, str(series), error)
        panel.set_ylabel("")
    label_outer(panels)
    if len(mase) < backtest.errors.n_series:
        count = f"{len(mase)} of {backtest.errors.n_series:,} series"
        text = f"{count}, by the MASE of {chosen[0]}: lowest to highest"
        figure.suptitle(verbatim(text), x=0, ha="left", fontsize="medium")
    _add_legend(figure, panels)
    return figure


def plot_error_by_horizon(
    backtest: BacktestLike, models: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the mean absolute error over all origins against the step ahead, one line a model.

    A model whose mean error is more than three times the lowest may leave the picture, which would otherwise
    show nothing but that.

    Parameters
    ----------
    backtest : BacktestLike
        Errors of several series are scaled as MASE is.
    models : sequence of str, optional
        Which models, by alias; all by default.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes() if ax is None else check_axes(ax)
    errors = error_by_horizon(backtest)
    marker = "o" if len(errors) <= 12 else None
    able = errors.columns[errors.notna().any()]
    chosen = [name for name in able if models is None or name in models]
    for name in chosen:
        style = {"marker": marker, **line_style(errors.columns.get_loc(name))}
        draw_line(ax, errors[name], label=name, markersize=3, **style)
    ax.locator_params(axis="x", integer=True)
    means = errors[chosen].mean()
    near = errors[means.index[means <= 3 * means.min()]].max().max()
    ax.set_ylim(0, 1.05 * near if near > 0 else None)
    ax.set_xlabel("steps ahead")
    units = unit(backtest.observed(backtest.errors.ids[0])) if backtest.n_series == 1 else ", scaled"
    ax.set_ylabel(verbatim(f"mean absolute error{units}"))
    tidy(ax)
    add_legend(ax)
    return ax


def plot_error_by_series(
    backtest: BacktestLike, models: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how each model's MASE spreads over series: the middle half in a box, nine tenths between whiskers.

    Parameters
    ----------
    backtest : BacktestLike
    models : sequence of str, optional
        Which models, by alias; all by default, the lowest mean on top.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes() if ax is None else check_axes(ax)
    names = list(backtest.models)
    chosen = [name for name in backtest.mase.index if models is None or name in models]
    errors = [backtest.errors.mean(name, "MASE", "series") for name in chosen]
    values = [each[np.isfinite(each)] for each in errors]
    draw_boxes(ax, values, chosen, [line_style(names.index(name))["color"] for name in chosen])
    ax.set_xlabel("MASE of a series (line: median, diamond: mean)")
    return ax


def error_by_horizon(backtest: BacktestLike) -> pd.DataFrame:
    """Return the mean absolute error of each model over all origins, by step ahead.

    Returns
    -------
    DataFrame
        One row a step ahead of the cutoff (index ``step``, from ``gap + 1``), one column a model, in the
        series' units, or scaled as MASE is if there are several series. Values that were never observed are
        left out.
    """
    metric = "MAE" if backtest.n_series == 1 else "MASE"
    errors = {name: backtest.errors.mean(name, metric, "horizon") for name in backtest.models}
    return pd.DataFrame(errors, backtest.steps)


def leading_models(backtest: BacktestLike) -> list[str]:
    """Return the model with the lowest MASE, and the one that the others are tested against."""
    return list(dict.fromkeys([str(backtest.mase.index[0]), backtest.opponent]))


def forecasts_of(backtest: BacktestLike, series: Hashable) -> pd.DataFrame:
    """Return the forecasts of one series, a row for each origin and step.

    Raises
    ------
    ValueError
        If there are none.
    """
    number = backtest.errors.ids.get_indexer([series])[0]
    if number < 0:
        raise ValueError(f"The backtest has no forecasts of a series {series!r}.")
    pairs = np.flatnonzero(backtest.errors.series == number)
    return backtest.forecasts.iloc[(pairs[:, None] * backtest.horizon + np.arange(backtest.horizon)).ravel()]


def ranked_series(backtest: BacktestLike, model: str, n_series: int) -> pd.Series:
    """Return the MASE of the best series, the worst, and others at even ranks between, `n_series` at most."""
    mase = pd.Series(backtest.errors.mean(model, "MASE", "series"), backtest.errors.ids)
    mase = mase.sort_values(kind="stable")
    ranks = np.linspace(0, len(mase) - 1, min(n_series, len(mase))).round().astype(int)
    return mase.iloc[ranks]


def _mase(backtest: BacktestLike, model: str, series: Hashable | None) -> float:
    """Return the mean MASE of a model, on one series if that is given."""
    if series is None:
        return float(backtest.mase[model])
    return float(backtest.errors.mean(model, "MASE", "series")[backtest.errors.ids.get_loc(series)])


def _check(backtest: BacktestLike, chosen: list[str], last: int | None) -> None:
    if unknown := [name for name in chosen if name not in backtest.models]:
        raise ValueError(f"The backtest has no model {unknown[0]!r}; it has {', '.join(backtest.models)}.")
    if last is not None and last < 1:
        raise ValueError(f"`last` needs at least 1 origin; got {last}. Leave it out to draw all.")


def _recent(backtest: BacktestLike, series: Hashable, last: int | None) -> tuple[pd.DataFrame, pd.Series]:
    """Return forecasts of the last origins, and the series from before the first of them to their end."""
    frame = forecasts_of(backtest, series)
    cutoffs = pd.Index(frame["cutoff"].unique())[-(last or 0) :]
    frame = frame[frame["cutoff"].isin(cutoffs)]
    tail = max(2 * backtest.horizon, 2 * (backtest.season_length or 1), 20)
    history = backtest.observed(series)
    start = history.index.searchsorted(cutoffs[0]) + 1 - tail
    stop = history.index.searchsorted(frame["ds"].max(), side="right")
    return frame, history.iloc[max(start, 0) : stop]


def _add_legend(figure: Figure, panels: Sequence[Axes], without: Sequence[str] = ()) -> None:
    """Add one legend of what the panels show, above them."""
    shown: dict[str, Any] = {}
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            if label not in map(verbatim, without):
                shown.setdefault(label, handle)
    place: dict[str, Any] = {"loc": "outside upper right", "frameon": False}
    figure.legend(shown.values(), shown.keys(), ncols=len(shown), **place)


def _title(ax: Axes, name: str, mase: float) -> None:
    score = f" · MASE {mase:.3g}" if np.isfinite(mase) else ""
    ax.set_title(verbatim(name + score), loc="left", fontsize="medium")


def _draw_models(
    ax: Axes, backtest: BacktestLike, shown: pd.DataFrame, past: pd.Series, chosen: Sequence[str]
) -> None:
    """Draw the observed series, the forecasts, and the intervals of the first model."""
    _draw_past(ax, past, shown["cutoff"].unique())
    for name in chosen:
        style = line_style(list(backtest.models).index(name))
        if len(chosen) == 1:
            style["linestyle"] = "solid"
        _draw_folds(ax, shown, name, backtest.level if name == chosen[0] else (), **style)


def _draw_past(ax: Axes, past: pd.Series, cutoffs: Any) -> None:
    draw_line(ax, past, label="truth", color=ink(), linewidth=0.9, zorder=4)
    crowded = len(cutoffs) > MOST_ORIGINS_MARKED
    for i, cutoff in enumerate(coordinates(pd.Index(cutoffs[:1] if crowded else cutoffs))):
        label = "_origin" if i else "first origin" if crowded else "origin"
        ax.axvline(cutoff, label=label, color=FAINT, linewidth=1, linestyle="dotted", zorder=1)
    if past.notna().any():
        low, high = past.min(), past.max()
        margin = 0.25 * (high - low) or abs(high) or 1.0
        ax.set_ylim(low - margin, high + margin)
    label_axes(ax, past)


def _draw_folds(ax: Axes, forecasts: pd.DataFrame, name: str, level: Sequence[float], **style: Any) -> None:
    single_steps = not forecasts["cutoff"].duplicated().any()
    folds = [forecasts] if single_steps else [fold for _, fold in forecasts.groupby("cutoff", sort=False)]
    for i, fold in enumerate(folds):
        times = pd.Index(fold["ds"])
        draw_line(
            ax, pd.Series(fold[name].to_numpy(), times), label=f"_{name}" if i else name, zorder=3, **style
        )
        ends = interval_names(level)
        bands = fold[[f"{name}-{end}" for end in ends]].set_axis(ends, axis=1).set_axis(times)
        draw_bands(ax, bands.dropna(axis=1, how="all"), prefix="_" if i else "", color=style["color"])
