"""Pictures of a report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from tsrnn.evaluation.report.tables import format_column, format_scores
from tsrnn.plotting import plot_training
from tsrnn.plotting.backtests import (
    leading_models,
    plot_backtest,
    plot_error_by_horizon,
    plot_error_by_series,
    ranked_series,
)
from tsrnn.plotting.figures import new_figure, to_svg
from tsrnn.plotting.residuals import residual_drawings

if TYPE_CHECKING:
    from tsrnn.evaluation.result import Backtest
    from tsrnn.plotting.figures import Figure

__all__ = [
    "ORIGINS_SHOWN",
    "SERIES_SHOWN",
    "comparison_cards",
    "error_cards",
    "forecast_cards",
    "name_origins",
    "picture_kinds",
    "residual_cards",
]

ORIGINS_SHOWN = 5
SERIES_SHOWN = 6


def forecast_cards(title: str, backtest: Backtest) -> str:
    """Forecasts of every model of one series, or of the leading ones on several."""
    cards = []
    for series, models, mase in _shown(backtest):
        figure = new_figure(4.2, 2.3)
        plot_backtest(backtest, models, last=ORIGINS_SHOWN, ax=figure.add_subplot(), series=series)
        score = "no score" if mase == "-" else f"MASE {mase}"
        forecasts = f"forecasts of {' and '.join(models)} from {name_origins(backtest)}"
        what = title if series is None else f"{title}, {series}"
        caption = f"{models[0] if series is None else series}: {score}"
        cards.append(_card(caption, figure, f"{what}: truth and {forecasts}, {score}."))
    return "".join(cards)


def _shown(backtest: Backtest) -> list[tuple[Any, list[str], str]]:
    """Series, models and MASE of each picture: every model of one series, or the leading ones of several."""
    if backtest.errors.n_series == 1:
        return [(None, [str(name)], mase) for name, mase in format_scores(backtest.scores())["MASE"].items()]
    leading = leading_models(backtest)
    ranked = format_column("MASE", ranked_series(backtest, leading[0], SERIES_SHOWN))
    return [(series, leading, mase) for series, mase in ranked.items()]


def error_cards(title: str, backtest: Backtest) -> str:
    """Errors by step and by series, and training curves."""
    figure = new_figure(4.8, 3.1)
    plot_error_by_horizon(backtest, ax=figure.add_subplot())
    cards = _card("Error by horizon", figure, f"{title}: mean absolute error of each model by steps ahead.")
    if backtest.errors.n_series > 1:
        figure = new_figure(4.8, max(3.1, 0.8 + 0.35 * len(backtest.models)))
        plot_error_by_series(backtest, ax=figure.add_subplot())
        cards += _card("Error by series", figure, f"{title}: how each model's MASE spreads over series.")
    if backtest.histories:
        figure = new_figure(4.8, 3.1)
        plot_training(backtest.histories, ax=figure.add_subplot())
        alt = f"{title}: training and validation loss of {', '.join(backtest.histories)} in the last fold."
        cards += _card("Training, last fold", figure, alt)
    return cards


def _card(caption: str, figure: Figure, alt: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{to_svg(figure, alt)}</figure>"


def picture_kinds(backtest: Backtest) -> list[Any]:
    """Return the kinds of picture that a backtest has something for."""
    kinds = ["forecast", "horizon"]
    if backtest.errors.n_series > 1:
        kinds.append("series")
    ranks = backtest.ranks()
    if ranks["rank"].count() > 1:
        kinds.append("skill")
        if ranks["critical_difference"].notna().any():
            kinds.append("ranks")
    if (
        backtest.errors.n_series == 1
        and not np.isnan(backtest.errors.cuts(leading_models(backtest)[0], "MAE")).all()
    ):
        kinds.append("residuals")
    return [*kinds, "training"] if backtest.histories else kinds


def comparison_cards(title: str, backtest: Backtest) -> str:
    """Skill against the yardstick, and mean ranks, where there are several models."""
    kinds, cards, n_models = picture_kinds(backtest), "", len(backtest.models)
    if "skill" in kinds:
        figure = new_figure(4.8, 1.0 + 0.3 * max(n_models, 3))
        backtest.plot(kind="skill", ax=figure.add_subplot())
        alt = f"{title}: by how many percent each MASE is below that of {backtest.opponent}."
        cards += _card(f"Skill against {backtest.opponent}", figure, alt)
    if "ranks" in kinds:
        figure = new_figure(4.8, 1.6 + 0.24 * max(n_models, 3))
        backtest.plot(kind="ranks", ax=figure.add_subplot())
        alt = f"{title}: mean rank of each model; bars join those that do not differ."
        cards += _card("Ranks: bars join models that do not differ", figure, alt)
    return cards


def residual_cards(title: str, backtest: Backtest) -> str:
    """Errors of the model with the lowest MASE, on the only series."""
    of, drawings = residual_drawings(backtest)
    cards = []
    for caption, draw in drawings.items():
        figure = new_figure(4.8, 2.4)
        draw(figure.add_subplot())
        cards.append(_card(caption.capitalize(), figure, f"{title}: {of}, {caption}."))
    return "".join(cards)


def name_origins(backtest: Backtest) -> str:
    """Return which origins are drawn, in words."""
    n_origins = backtest.errors.n_windows
    if n_origins == 1:
        return "one origin"
    return f"{n_origins} origins" if n_origins <= ORIGINS_SHOWN else f"the last {ORIGINS_SHOWN} origins"
