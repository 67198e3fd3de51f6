"""Plots of one model's forecast errors: over time, their autocorrelation, and their distribution."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tsrnn.plotting.backtests import forecasts_of
from tsrnn.plotting.figures import (
    FAINT,
    coordinates,
    ink,
    label_axes,
    line_style,
    new_panels,
    tidy,
    unit,
    verbatim,
)
from tsrnn.plotting.protocols import BacktestLike
from tsrnn.validation import check_choice, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["autocorrelation", "plot_residuals", "residual_drawings"]


def plot_residuals(
    backtest: BacktestLike,
    model: str | None = None,
    *,
    ahead: int | None = None,
    series: Hashable | None = None,
) -> Figure:
    """Draw the errors of one model's forecasts, truth minus forecast: over time, lagged, and as a histogram.

    Parameters
    ----------
    backtest : BacktestLike
    model : str, optional
        Which model; by default the one with the lowest MASE.
    ahead : int, optional
        Only errors so many steps ahead of the cutoff; by default all.
    series : hashable, optional
        Which series, where there are several; by default the first.

    Returns
    -------
    matplotlib Figure
        Errors at their times. Their autocorrelation from one origin to later ones, at the same step ahead;
        between the dotted lines, +-1.96 / sqrt(origins), 95 % of independent errors would lie. Their
        quantiles against a normal distribution's. Their histogram.

    Raises
    ------
    ValueError
        If there is no such model or series or step ahead, or the model has no error to show.
    """
    title, drawings = residual_drawings(backtest, model, ahead, series)
    figure, panels = new_panels(4, sharex=False, sharey=False)
    for panel, (caption, draw) in zip(panels, drawings.items(), strict=True):
        draw(panel)
        panel.set_title(caption, loc="left", fontsize="medium")
    figure.suptitle(verbatim(title), x=0, ha="left", fontsize="medium")
    return figure


def residual_drawings(
    backtest: BacktestLike, model: str | None = None, ahead: int | None = None, series: Hashable | None = None
) -> tuple[str, dict[str, Callable[[Axes], None]]]:
    """Return the title of `plot_residuals`, and for each caption a function that draws into given axes."""
    model = str(backtest.mase.index[0]) if model is None else model
    check_choice("model", model, backtest.models)
    if ahead is not None and ahead not in backtest.steps:
        first, last = backtest.steps[0], backtest.steps[-1]
        raise ValueError(f"`ahead` must be a step that was evaluated, from {first} to {last}; got {ahead!r}.")
    series = backtest.errors.ids[0] if series is None else series
    errors, times = _errors(backtest, model, ahead, series)
    if np.isnan(errors).all():
        raise ValueError(f"{model} has no error to show on {series!r}: no forecast of an observed value.")
    colour = line_style(list(backtest.models).index(model))["color"]
    history = backtest.observed(series)
    label = verbatim(f"error{unit(history)}")
    only = backtest.steps[0] if backtest.horizon == 1 else ahead
    steps = f"at all {backtest.horizon} steps" if only is None else f"{counted(only, 'step')} ahead"
    of = f" on {series}" if backtest.errors.n_series > 1 else ""
    pooled = errors.shape[1] > 1
    return f"Errors of {model}{of}, truth minus forecast, out of sample {steps}", {
        f"over time{', a line each origin' * pooled}": partial(
            _draw_over_time, errors=errors, times=times, history=history, label=label, colour=colour
        ),
        f"autocorrelation{', same step ahead' * pooled}": partial(
            _draw_autocorrelation, errors=errors, colour=colour
        ),
        "against the normal distribution": partial(
            _draw_quantiles, errors=errors, label=label, colour=colour
        ),
        "histogram (dashed: mean)": partial(_draw_histogram, errors=errors, label=label, colour=colour),
    }


def autocorrelation(errors: np.ndarray) -> np.ndarray:
    """Return the correlation of errors with those of later origins at the same step, for each lag from 0.

    Over all steps together, around the mean of each.

    Parameters
    ----------
    errors : ndarray of shape (n_origins, n_steps)
        NaN where nothing was observed.

    Returns
    -------
    ndarray of shape (n_lags + 1,)
        As many lags as 10 log10(n_origins), and fewer than origins. 0 beyond lag 0 for errors that are all
        the same.

    Examples
    --------
    >>> autocorrelation(np.array([[1.0], [-1.0], [1.0], [-1.0]])).round(2)
    array([ 1.  , -0.75,  0.5 , -0.25])
    """
    n = len(errors)
    seen = ~np.isnan(errors)
    means = np.where(seen, errors, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    centred = np.where(seen, errors - means, 0.0)
    total = np.square(centred).sum()
    lags = min(n - 1, int(10 * np.log10(max(n, 1))))
    sums = [(centred[k:] * centred[: n - k]).sum() for k in range(lags + 1)]
    return np.array(sums) / total if total else np.r_[1.0, np.zeros(lags)]


def _errors(
    backtest: BacktestLike, model: str, ahead: int | None, series: Hashable
) -> tuple[np.ndarray, pd.Index]:
    frame = forecasts_of(backtest, series)
    if ahead is not None:
        frame = frame.iloc[ahead - backtest.steps[0] :: backtest.horizon]
    errors = (frame["y"] - frame[model]).to_numpy(dtype=float)
    return errors.reshape(-1, backtest.horizon if ahead is None else 1), pd.Index(frame["ds"])


def _draw_over_time(
    ax: Axes, errors: np.ndarray, times: pd.Index, history: pd.Series, label: str, colour: str
) -> None:
    ax.axhline(0, color=ink(), linewidth=0.8)
    where = coordinates(times).reshape(errors.shape)
    for at, values in zip(where, errors, strict=True):
        ax.plot(at, values, marker="o", markersize=2.5, linewidth=1, color=colour)
    label_axes(ax, history)
    ax.set_ylabel(label)


def _draw_autocorrelation(ax: Axes, errors: np.ndarray, colour: str) -> None:
    values = autocorrelation(errors)
    lags = np.arange(1, len(values))
    ax.axhline(0, color=ink(), linewidth=0.8)
    ax.vlines(lags, 0, values[1:], linewidth=1.6, color=colour)
    ax.plot(lags, values[1:], "o", markersize=3.5, color=colour)
    for bound in (-1, 1):
        ax.axhline(bound * 1.96 / np.sqrt(len(errors)), color=FAINT, linestyle="dotted")
    ax.set_ylim(-1.05, 1.05)
    ax.set_xlim(0, max(len(values) - 0.5, 1.5))
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("origins apart")
    tidy(ax)


def _draw_quantiles(ax: Axes, errors: np.ndarray, label: str, colour: str) -> None:
    from scipy import special  # not before it is needed

    values = np.sort(errors[~np.isnan(errors)])
    normal = special.ndtri((np.arange(len(values)) + 0.5) / len(values))
    ax.plot(normal, values.mean() + values.std() * normal, color=FAINT, linewidth=1)
    ax.plot(normal, values, "o", markersize=3, color=colour)
    ax.set_xlabel("normal quantile")
    ax.set_ylabel(label)
    tidy(ax)


def _draw_histogram(ax: Axes, errors: np.ndarray, label: str, colour: str) -> None:
    values = errors[~np.isnan(errors)]
    bins = int(np.clip(2 * len(values) ** (1 / 3), 3, 40))
    margin = 1e-9 * np.abs(values).max() or 1.0  # for errors that are all the same
    ends = (values.min() - margin, values.max() + margin)
    ax.hist(values, bins, range=ends, alpha=0.8, edgecolor=ink(), linewidth=0.5, color=colour)
    ax.axvline(0, color=ink(), linewidth=0.8)
    ax.axvline(values.mean(), color=ink(), linewidth=1.2, linestyle="dashed")
    ax.locator_params(axis="y", integer=True)
    ax.set_xlabel(label)
    ax.set_ylabel("count")
    tidy(ax)
