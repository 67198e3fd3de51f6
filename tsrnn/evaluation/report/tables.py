"""Score tables rounded for reading, with the best of each column marked, and what their columns mean."""

from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn.evaluation.measures import INTERVAL_MEASURES, MEASURES

__all__ = ["EXPLANATIONS", "best_scores", "format_column", "format_scores", "html_table"]


class Column(NamedTuple):
    """How a column of scores is printed.

    Attributes
    ----------
    format : callable
        Takes the column and returns it as text.
    heading : str
        What is printed above it, instead of its name.
    best : {"lowest", "level", ""}
        Which of its numbers is marked: the lowest, or the nearest to the level in its name; by default none.
    is_left_out : callable
        Takes the column and returns whether the column is left out.
    """

    format: Callable[[pd.Series], pd.Series]
    heading: str = ""
    best: str = ""
    is_left_out: Callable[[pd.Series], bool] = lambda column: False


def _format_number(column: pd.Series, decimals: int = 0) -> pd.Series:
    """Print three digits of the smallest number, and as many decimals of all others."""
    sizes = column.abs()[np.isfinite(column) & (column != 0)]
    smallest, largest = (sizes.min(), sizes.max()) if len(sizes) else (1.0, 1.0)
    digits = max(0, 2 - int(np.floor(np.log10(smallest))), decimals)
    form = "{:.3e}" if digits > 6 or largest >= 1e7 else f"{{:,.{digits}f}}"
    return column.map(lambda value: form.format(value) if np.isfinite(value) else "-")


def _format_count(column: pd.Series) -> pd.Series:
    return column.map("{:,.0f}".format)


def _format_p(column: pd.Series) -> pd.Series:
    return column.map(lambda p: "-" if pd.isna(p) else "<0.001" if p < 0.001 else f"{p:.3f}")


def _format_seconds(column: pd.Series) -> pd.Series:
    return column.map(lambda s: "-" if pd.isna(s) else "<0.01" if s < 0.01 else f"{s:.2f}")


def _format_percent(column: pd.Series) -> pd.Series:
    return column.map(lambda percent: f"{percent:.1f}" if np.isfinite(percent) else "-")


def _format_rank(column: pd.Series) -> pd.Series:
    return column.map(lambda rank: "-" if pd.isna(rank) else f"{rank:.2f}")


def _is_missing(column: pd.Series) -> bool:
    return bool(column.isna().all())


COLUMNS = {
    **{
        name: Column(partial(_format_number, decimals=measure.decimals), best="lowest")
        for name, measure in MEASURES.items()
    },
    **{
        name: Column(
            _format_percent if measure.is_percent else _format_number,
            best="level" if measure.is_percent else "lowest",
            is_left_out=_is_missing,
        )
        for name, measure in INTERVAL_MEASURES.items()
    },
    "vs SeasonalNaive": Column(partial(_format_number, decimals=3), best="lowest"),
    "skill": Column(_format_percent, heading="skill [%]"),
    "rank": Column(
        _format_rank,
        best="lowest",
        is_left_out=lambda column: _is_missing(column) or len(column) == 1,
    ),
    "p_value": Column(_format_p, is_left_out=_is_missing),
    "p_adjusted": Column(_format_p, is_left_out=_is_missing),
    "fit_seconds": Column(_format_seconds, heading="fit [s]"),
    "predict_seconds": Column(_format_seconds, heading="predict [s]"),
    "failed": Column(_format_count, is_left_out=lambda column: not column.any()),
    "history": Column(_format_count, is_left_out=lambda column: bool((column == column.iloc[0]).all())),
}
EXPLANATIONS = {
    **{name: measure.explanation for name, measure in MEASURES.items()},
    "vs SeasonalNaive": "error relative to SeasonalNaive's at the same origins; below 1 is better",
    "rank": "mean rank by MASE, 1 the best",
    **{name: measure.explanation for name, measure in INTERVAL_MEASURES.items()},
    "skill": "percent by which a MASE is below another model's, from the forecasts that both made",
    "p_adjusted": "test of equal accuracy with the best baseline, corrected for several models being tested",
    "p of the set": "a model belongs to the confidence sets of 100 (1 - p) percent and more",
    "fit [s], predict [s]": "seconds",
    "failed": "origins without a forecast, of all series",
    "history": "most observations that the model was trained on",
}


def format_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Round a score table for reading.

    Parameters
    ----------
    scores : DataFrame
        As ``Backtest.scores()`` gives it.

    Returns
    -------
    DataFrame of str
        Left out are: ``p_value`` without a p-value or beside ``p_adjusted``,
        ``rank`` of a single model, ``coverage-80`` and ``MSIS-80`` without intervals, ``failed`` without a
        failure, ``history`` where it is the same for all.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = {"MASE": [0.9, 0.8765], "p_value": [0.0004, None], "failed": [0, 0]}
    >>> format_scores(pd.DataFrame(columns, index=["LSTM", "Theta"]))
            MASE p_value
    LSTM   0.900  <0.001
    Theta  0.876       -
    """
    shown = [name for name in scores if not _column(name).is_left_out(scores[name])]
    if "p_adjusted" in scores:
        shown = [name for name in shown if name != "p_value"]
    return pd.DataFrame({_heading(name): format_column(name, scores[name]) for name in shown})


def best_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Mark the best models: True where an accuracy score, as printed, is its column's lowest.

    The best coverage is the one nearest to its level.
    """
    best = pd.DataFrame(False, index=scores.index, columns=[_heading(name) for name in scores])
    for name in scores:
        distance, rule = scores[name], _column(name).best
        if rule == "level":
            distance = (distance - float(name.partition("-")[2])).abs()
        if rule and distance.notna().any():
            printed = format_column(name, scores[name])
            best[_heading(name)] = printed == printed[distance.idxmin()]
    return best


def format_column(name: str, column: pd.Series) -> pd.Series:
    """Round the numbers of a column for reading, as its name asks for."""
    return _column(name).format(column)


def _column(name: str) -> Column:
    return COLUMNS.get(name.partition("-")[0], Column(_format_number))


def _heading(name: str) -> str:
    return _column(name).heading or name


def html_table(label: str, columns: Iterable[str], rows: str, kind: str = "numbers") -> str:
    """Return a table as HTML, which scrolls by itself where it is wider than the page."""
    head = "".join(f'<th scope="col">{escape(name)}' for name in columns)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table class="{kind}">'
        f"<thead><tr>{head}</thead><tbody>{rows}</tbody></table></div>"
    )
