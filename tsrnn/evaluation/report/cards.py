"""Pictures of a report's page, each with its caption."""

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from tsrnn.evaluation.pictures import PICTURES, draw
from tsrnn.evaluation.record import BacktestRecord
from tsrnn.evaluation.report.tables import format_column
from tsrnn.plotting.backtests import leading_models, plot_backtest, ranked_series
from tsrnn.plotting.figures import new_figure, to_svg
from tsrnn.plotting.residuals import residual_drawings

if TYPE_CHECKING:
    from tsrnn.plotting.figures import Figure

__all__ = [
    "ORIGINS_SHOWN",
    "SERIES_SHOWN",
    "forecast_cards",
    "name_origins",
    "residual_cards",
    "section_cards",
]

ORIGINS_SHOWN = 5
SERIES_SHOWN = 6


def section_cards(title: str, record: BacktestRecord, kinds: list[str], section: str) -> str:
    """Return the pictures of some kinds that belong to one section of the page."""
    names = {"opponent": record.opponent, "trained": ", ".join(record.histories)}
    cards = []
    for kind in kinds:
        card = PICTURES[kind].card
        if card is not None and card.section == section:
            figure = new_figure(4.8, card.height(len(record.models)))
            draw(record, kind, ax=figure.add_subplot())
            alt = f"{title}: {card.alt.format(**names)}."
            cards.append(_card(card.caption.format(**names), figure, alt))
    return "".join(cards)


def forecast_cards(title: str, record: BacktestRecord, scores: pd.DataFrame) -> str:
    """Return forecasts of every model of one series, or of the leading ones on several."""
    cards = []
    for series, models, mase in _shown(record, scores):
        figure = new_figure(4.2, 2.3)
        plot_backtest(record, models, last=ORIGINS_SHOWN, ax=figure.add_subplot(), series=series)
        score = "no score" if mase == "-" else f"MASE {mase}"
        forecasts = f"forecasts of {' and '.join(models)} from {name_origins(record)}"
        what = title if series is None else f"{title}, {series}"
        caption = f"{models[0] if series is None else series}: {score}"
        cards.append(_card(caption, figure, f"{what}: truth and {forecasts}, {score}."))
    return "".join(cards)


def _shown(record: BacktestRecord, scores: pd.DataFrame) -> list[tuple[Any, list[str], str]]:
    """Return series, models and MASE of each picture: every model, or the leading ones on several series."""
    if record.errors.n_series == 1:
        return [(None, [str(name)], mase) for name, mase in format_column("MASE", scores["MASE"]).items()]
    leading = leading_models(record)
    ranked = format_column("MASE", ranked_series(record, leading[0], SERIES_SHOWN))
    return [(series, leading, mase) for series, mase in ranked.items()]


def residual_cards(title: str, record: BacktestRecord) -> str:
    """Return the errors of the model with the lowest MASE, on the only series."""
    of, drawings = residual_drawings(record)
    cards = []
    for caption, draw_into in drawings.items():
        figure = new_figure(4.8, 2.4)
        draw_into(figure.add_subplot())
        cards.append(_card(caption.capitalize(), figure, f"{title}: {of}, {caption}."))
    return "".join(cards)


def name_origins(record: BacktestRecord) -> str:
    """Return which origins are drawn, in words."""
    n_origins = record.errors.n_origins
    if n_origins == 1:
        return "one origin"
    return f"{n_origins} origins" if n_origins <= ORIGINS_SHOWN else f"the last {ORIGINS_SHOWN} origins"


def _card(caption: str, figure: "Figure", alt: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{to_svg(figure, alt)}</figure>"
