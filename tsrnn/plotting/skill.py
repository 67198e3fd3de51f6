"""Plots that compare models: skill with its intervals, and mean ranks with their critical difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsrnn.plotting.figures import FAINT, PALETTE, as_axes, check_axes, ink, new_figure, verbatim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_ranks", "plot_skill", "rank_groups"]

FURTHEST = -100.0  # percent: a bar of a model that is worse leaves the picture, and its number stays


def plot_skill(skill: pd.DataFrame, baseline: str, ax: Axes | None = None) -> Axes:
    """Draw each model's skill, by how many percent its MASE is below that of a baseline, with intervals.

    Blue where the whole interval is above 0, orange where it is below, and grey where it holds 0 or there is
    none. Worse than -100 % leaves the picture; the numbers are beside it.

    Parameters
    ----------
    skill : DataFrame
        Indexed by model, the first on top: ``skill`` and, where there are intervals, ``lo-95`` and ``hi-95``
        (any level), as by ``Backtest.plot(kind="skill")``.
    baseline : str
        The model that the others are compared with; it has no bar.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> columns = {"skill": [11.0, 0.0], "lo-95": [4.0, 0.0], "hi-95": [17.0, 0.0]}
    >>> skill = pd.DataFrame(columns, ["GRU", "ETS"])
    >>> ax = plot_skill(skill, "ETS")
    >>> [text.get_text() for text in ax.get_yticklabels()], ax.texts[0].get_text()
    (['GRU'], '+11.0 %')
    """
    table = skill.drop(index=baseline, errors="ignore")
    ax = as_axes(new_figure(8, 1.1 + 0.34 * max(len(table), 2))) if ax is None else check_axes(ax)
    level = next((name[3:] for name in table if name.startswith("lo-")), None)
    low = table[f"lo-{level}"] if level else pd.Series(np.nan, table.index)
    high = table[f"hi-{level}"] if level else low
    places = -np.arange(len(table))
    for place, value, start, end in zip(places, table["skill"], low, high, strict=True):
        colour = PALETTE[0] if start > 0 else PALETTE[1] if end < 0 else PALETTE[-1]
        ax.barh(place, max(value, 2 * FURTHEST), 0.6, color=colour, zorder=2)
        if np.isfinite(start) and np.isfinite(end) and value >= FURTHEST:
            ax.plot([start, end], [place, place], color=ink(), linewidth=1.4, marker="|", zorder=3)
        number = f"{value:+,.1f} %" if abs(value) < 1000 else f"{value:+,.0f} %"
        number = "no score" if np.isnan(value) else number.replace("-", "\N{MINUS SIGN}")
        where: Any = {"xy": (1, place), "xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        ax.annotate(number, xytext=(6, 0), va="center", fontsize="small", **where)
    ax.axvline(0, color=ink(), linewidth=1, zorder=4)
    ends = np.concatenate([table["skill"], low, high])
    ends = ends[np.isfinite(ends)]
    left, right = max(min(ends, default=0), FURTHEST), max(ends, default=0)
    margin = 0.05 * (max(right, 0) - min(left, 0)) or 1.0
    ax.set_xlim(min(left - margin, -margin), max(right + margin, margin))
    ax.set_ylim(-len(table) + 0.4, 0.6)
    ax.set_yticks(places, [verbatim(str(name)) for name in table.index])
    lines = f", with its {level} % interval" if level and low.notna().any() else ""
    ax.set_xlabel(verbatim(f"MASE below that of {baseline} [%]{lines}"))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=FAINT, linewidth=0.5, alpha=0.3)
    return ax


def plot_ranks(ranks: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw mean ranks on a line, best on the left; bars join models that don't differ by Nemenyi's test.

    Parameters
    ----------
    ranks : DataFrame
        From ``Backtest.ranks()``: indexed by model, ``rank`` and ``critical_difference``. Where that is NaN,
        nothing is joined.
    ax : matplotlib Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If fewer than two models have a rank.

    References
    ----------
    Demšar (2006), "Statistical comparisons of classifiers over multiple data sets", Journal of Machine
    Learning Research 7, figure 1.

    Examples
    --------
    >>> ranks = pd.DataFrame({"rank": [1.2, 1.9, 2.9], "critical_difference": 0.8}, ["GRU", "ETS", "Naive"])
    >>> ax = plot_ranks(ranks)
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "model"]
    ['GRU  1.20', 'ETS  1.90', 'Naive  2.90']
    """
    means = ranks["rank"].dropna().sort_values(kind="stable")
    k = len(means)
    if k < 2:
        raise ValueError(f"A diagram of ranks needs at least 2 models that are ranked; got {k}.")
    distance = float(ranks["critical_difference"].iloc[0])
    groups = rank_groups(means.to_numpy(), distance)
    n_left = -(-k // 2)
    depth = 0.7 + 0.4 * len(groups)
    ax = as_axes(new_figure(8, 1.0 + 0.26 * (n_left + depth))) if ax is None else check_axes(ax)
    _draw_scale(ax, k, distance)
    for i, (first, last) in enumerate(groups):
        ends = [means.iloc[first] - 0.02 * k, means.iloc[last] + 0.02 * k]
        ax.plot(ends, [0.5 + 0.4 * i] * 2, color=PALETTE[0], linewidth=4, solid_capstyle="round", zorder=3)
    edges = (1 - 0.03 * k, k + 0.03 * k)
    for i, (name, rank) in enumerate(means.items()):
        on_left = i < n_left
        y, edge = depth + (i if on_left else k - 1 - i), edges[not on_left]
        ax.plot([rank, rank, edge], [0, y, y], color=ink(), linewidth=1, zorder=2)
        text = verbatim(f"{name}  {rank:.2f}")
        place: Any = {"ha": "right" if on_left else "left", "va": "center", "textcoords": "offset points"}
        ax.annotate(text, (edge, y), (-4 if on_left else 4, 0), gid="model", **place)
    ax.set_xlim(*edges)
    ax.set_ylim(depth + n_left - 0.5, -2.4 if np.isfinite(distance) else -1.2)
    ax.set_axis_off()
    ax.set_title("mean rank by MASE, 1 is best", loc="left", fontsize="medium")
    return ax


def rank_groups(means: np.ndarray, distance: float) -> list[tuple[int, int]]:
    """Return the first and last of each largest group of ascending ranks less than `distance` apart.

    Examples
    --------
    >>> rank_groups(np.array([1.0, 1.5, 2.2, 4.0]), 1.0)
    [(0, 1), (1, 2)]
    """
    groups: list[tuple[int, int]] = []
    for first, mean in enumerate(means):
        last = int(np.searchsorted(means, mean + distance)) - 1 if np.isfinite(distance) else first
        if last > first and (not groups or last > groups[-1][1]):
            groups.append((first, last))
    return groups


def _draw_scale(ax: Axes, k: int, distance: float) -> None:
    ax.plot([1, k], [0, 0], color=ink(), linewidth=1.2)
    for rank in range(1, k + 1):
        ax.plot([rank, rank], [0, -0.25], color=ink(), linewidth=1)
        ax.text(rank, -0.35, str(rank), ha="center", va="bottom", fontsize="small")
    if np.isfinite(distance):
        end = min(1 + distance, float(k))
        ax.plot([1, end], [-1.7, -1.7], color=ink(), linewidth=1.5, marker="|", markersize=7)
        text = f"critical difference {distance:.2f}" + (", beyond the scale" if distance > k - 1 else "")
        ax.text(1, -1.95, text, ha="left", va="bottom", fontsize="small")
