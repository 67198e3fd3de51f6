"""The pictures of a backtest, by kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from tsrnn.evaluation.comparison import skill_intervals
from tsrnn.plotting import (
    plot_backtest,
    plot_error_by_horizon,
    plot_error_by_series,
    plot_panel,
    plot_ranks,
    plot_residuals,
    plot_skill,
    plot_training,
)
from tsrnn.validation import check_choice

if TYPE_CHECKING:
    from tsrnn.evaluation.result import Backtest
    from tsrnn.plotting.figures import Figure

__all__ = ["Kind", "draw"]

Kind = Literal["forecast", "horizon", "series", "skill", "ranks", "residuals", "training"]


def draw(backtest: Backtest, kind: Kind, *args: Any, **options: Any) -> Figure:
    """Draw a backtest, as `Backtest.plot` says."""
    drawings: dict[str, Callable[..., Any]] = {
        "forecast": plot_backtest if backtest.truths.n_series == 1 else plot_panel,
        "horizon": plot_error_by_horizon,
        "series": _draw_series,
        "skill": _draw_skill,
        "ranks": _draw_ranks,
        "residuals": plot_residuals,
        "training": _draw_training,
    }
    check_choice("kind", kind, drawings)
    if args and isinstance(args[0], str) and args[0] in drawings:
        raise TypeError(f"The kind of picture is a keyword: plot(kind={args[0]!r}).")
    drawn = drawings[kind](backtest, *args, **options)
    return getattr(drawn, "figure", drawn)


def _draw_series(backtest: Backtest, *args: Any, **options: Any) -> Any:
    if backtest.errors.n_series == 1:
        raise ValueError("kind='series' needs several series; there is one. Take kind='forecast'.")
    return plot_error_by_series(backtest, *args, **options)


def _draw_skill(backtest: Backtest, baseline: str | None = None, level: float = 95, **options: Any) -> Any:
    _check_several(backtest, "skill")
    baseline = backtest.opponent if baseline is None else baseline
    return plot_skill(skill_intervals(backtest, baseline, level), baseline, **options)


def _draw_ranks(backtest: Backtest, level: float = 95, **options: Any) -> Any:
    _check_several(backtest, "ranks")
    return plot_ranks(backtest.ranks(level), **options)


def _draw_training(backtest: Backtest, **options: Any) -> Any:
    if not backtest.histories:
        raise ValueError("kind='training' needs a model with a training history; there is none.")
    return plot_training(backtest.histories, **options)


def _check_several(backtest: Backtest, kind: str) -> None:
    if len(backtest.models) == 1:
        raise ValueError(f"kind={kind!r} needs at least 2 models; there is one.")
