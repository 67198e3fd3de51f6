"""The kinds of pictures of a backtest: which function draws each, and where a report shows it.

A new kind is a function of `tsrnn.plotting` and one entry in `PICTURES`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tsrnn.evaluation.comparison import rank_models, skill_intervals
from tsrnn.evaluation.record import BacktestRecord
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
    from tsrnn.plotting.figures import Figure

__all__ = ["PICTURES", "Card", "Picture", "draw", "shown_kinds"]


class Card(NamedTuple):
    """How a report's page shows a picture.

    Attributes
    ----------
    section : {"comparison", "errors"}
    caption, alt : str
        Heading, and what it shows in words; ``{opponent}`` and ``{trained}`` stand for the model that others
        are tested against and for those with a training curve.
    height : callable
        Takes the number of models and returns inches.
    """

    section: str
    caption: str
    alt: str
    height: Callable[[int], float] = lambda n_models: 3.1


class Picture(NamedTuple):
    """One kind of picture of a backtest.

    Attributes
    ----------
    draw : callable
        Takes the record, and the arguments of `Backtest.plot`; returns axes or a figure.
    explanation : str
        What `Backtest.plot` documents.
    is_shown : callable
        Takes the record and returns whether a report shows the picture.
    card : Card or None
        None for a kind that a report's page has sections of its own for.
    """

    draw: Callable[..., Any]
    explanation: str
    is_shown: Callable[[BacktestRecord], bool] = lambda record: True
    card: Card | None = None


def draw(record: BacktestRecord, kind: str, *args: Any, **options: Any) -> "Figure":
    """Draw a backtest, as `Backtest.plot` says."""
    check_choice("kind", kind, PICTURES)
    if args and isinstance(args[0], str) and args[0] in PICTURES:
        raise TypeError(f"The kind of picture is a keyword: plot(kind={args[0]!r}).")
    drawn = PICTURES[kind].draw(record, *args, **options)
    return getattr(drawn, "figure", drawn)


def shown_kinds(record: BacktestRecord) -> list[str]:
    """Return the kinds of pictures that a report shows of a backtest."""
    return [kind for kind, picture in PICTURES.items() if picture.is_shown(record)]


def _draw_forecasts(record: BacktestRecord, *args: Any, **options: Any) -> Any:
    return (plot_backtest if record.n_series == 1 else plot_panel)(record, *args, **options)


def _draw_series(record: BacktestRecord, *args: Any, **options: Any) -> Any:
    if record.errors.n_series == 1:
        raise ValueError("kind='series' needs several series; there is one. Take kind='forecast'.")
    return plot_error_by_series(record, *args, **options)


def _draw_skill(
    record: BacktestRecord, baseline: str | None = None, level: float = 95, **options: Any
) -> Any:
    _check_several(record, "skill")
    baseline = record.opponent if baseline is None else baseline
    return plot_skill(skill_intervals(record, baseline, level), baseline, **options)


def _draw_ranks(record: BacktestRecord, level: float = 95, **options: Any) -> Any:
    _check_several(record, "ranks")
    return plot_ranks(rank_models(record, level), **options)


def _draw_training(record: BacktestRecord, **options: Any) -> Any:
    if not record.histories:
        raise ValueError("kind='training' needs a model with a training history; there is none.")
    return plot_training(record.histories, **options)


def _check_several(record: BacktestRecord, kind: str) -> None:
    if len(record.models) == 1:
        raise ValueError(f"kind={kind!r} needs at least 2 models; there is one.")


def _has_several_ranked(record: BacktestRecord) -> bool:
    return int(rank_models(record)["rank"].count()) > 1


def _has_critical_difference(record: BacktestRecord) -> bool:
    return bool(rank_models(record)["critical_difference"].notna().any())


def _is_single_with_errors(record: BacktestRecord) -> bool:
    errors = record.errors
    return errors.n_series == 1 and not np.isnan(errors.by_pair(record.mase.index[0], "MAE")).all()


PICTURES = {
    "forecast": Picture(
        _draw_forecasts,
        "forecasts beside the observed series (`tsrnn.plotting.plot_backtest`, of several series "
        "`plot_panel`)",
    ),
    "horizon": Picture(
        plot_error_by_horizon,
        "errors by steps ahead (`plot_error_by_horizon`)",
        card=Card("errors", "Error by horizon", "mean absolute error of each model by steps ahead"),
    ),
    "series": Picture(
        _draw_series,
        "how MASE spreads over series (`plot_error_by_series`)",
        is_shown=lambda record: record.errors.n_series > 1,
        card=Card(
            "errors",
            "Error by series",
            "how each model's MASE spreads over series",
            height=lambda n_models: max(3.1, 0.8 + 0.35 * n_models),
        ),
    ),
    "skill": Picture(
        _draw_skill,
        "by how many percent MASEs are below that of ``baseline=``, by default the best baseline's, with "
        "intervals of ``level=95`` percent by the bootstrap over origins or series, the unit of "
        "`significance` (`plot_skill`)",
        is_shown=_has_several_ranked,
        card=Card(
            "comparison",
            "Skill against {opponent}",
            "by how many percent each MASE is below that of {opponent}",
            height=lambda n_models: 1.0 + 0.3 * max(n_models, 3),
        ),
    ),
    "ranks": Picture(
        _draw_ranks,
        "mean ranks, joined where they don't differ by ``level=95`` percent (`plot_ranks`)",
        is_shown=_has_critical_difference,
        card=Card(
            "comparison",
            "Ranks: bars join models that do not differ",
            "mean rank of each model; bars join those that do not differ",
            height=lambda n_models: 1.6 + 0.24 * max(n_models, 3),
        ),
    ),
    "residuals": Picture(
        plot_residuals,
        "errors of one ``model=`` (`plot_residuals`)",
        is_shown=_is_single_with_errors,
    ),
    "training": Picture(
        _draw_training,
        "training curves (`plot_training`)",
        is_shown=lambda record: bool(record.histories),
        card=Card(
            "errors",
            "Training, last fold",
            "training and validation loss of {trained} in the last fold",
        ),
    ),
}
