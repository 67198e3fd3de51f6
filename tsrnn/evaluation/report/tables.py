"""Tables of a report: numbers rounded for reading, the best of them marked."""

from collections.abc import Iterable
from html import escape

import numpy as np
import pandas as pd

__all__ = ["EXPLANATIONS", "best_scores", "format_column", "format_scores", "html_table"]

HEADINGS = {"skill": "skill [%]", "fit_seconds": "fit [s]", "predict_seconds": "predict [s]"}
ACCURACY = ("MASE", "sMAPE", "RMSE", "vs SeasonalNaive", "rank")
EXPLANATIONS = {
    "MASE": "mean absolute error, divided by the seasonal naive forecast's inside the training series",
    "sMAPE": "symmetric mean absolute percentage error, 0 to 200",
    "RMSE": "root mean squared error, in the units of the series",
    "vs SeasonalNaive": "error relative to SeasonalNaive's at the same origins; below 1 is better",
    "rank": "mean rank by MASE, 1 the best",
    "coverage": "percent of the truth inside the interval; best is what the level says",
    "MSIS": "mean scaled interval score: width and misses of the interval together",
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
        Columns that say nothing are left out: ``p_value`` without a p-value or beside ``p_adjusted``,
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
    silent = {
        "p_value": lambda column: column.isna().all() or "p_adjusted" in scores,
        "p_adjusted": lambda column: column.isna().all(),
        "rank": lambda column: column.isna().all() or len(column) == 1,
        "failed": lambda column: not column.any(),
        "history": lambda column: (column == column.iloc[0]).all(),
    }
    for name in scores:
        if name.startswith(("coverage-", "MSIS-")):
            silent[name] = silent["p_adjusted"]
    shown = [name for name in scores if not (name in silent and silent[name](scores[name]))]
    return pd.DataFrame({HEADINGS.get(name, name): format_column(name, scores[name]) for name in shown})


def best_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Mark the best models: True where an accuracy score, as printed, is its column's lowest.

    The best coverage is the one nearest to its level.
    """
    best = pd.DataFrame(False, index=scores.index, columns=[HEADINGS.get(name, name) for name in scores])
    for name in scores:
        distance = scores[name]
        if name.startswith("coverage-"):
            distance = (distance - float(name.removeprefix("coverage-"))).abs()
        elif name not in ACCURACY and not name.startswith("MSIS-"):
            continue
        if distance.notna().any():
            printed = format_column(name, scores[name])
            best[name] = printed == printed[distance.idxmin()]
    return best


def format_column(name: str, column: pd.Series) -> pd.Series:
    """Round the numbers of a column for reading, as its name asks for."""
    if name in ("failed", "history"):
        return column.map("{:,.0f}".format)
    if name in ("p_value", "p_adjusted"):
        return column.map(lambda p: "-" if pd.isna(p) else "<0.001" if p < 0.001 else f"{p:.3f}")
    if name.endswith("_seconds"):
        return column.map(lambda s: "-" if pd.isna(s) else "<0.01" if s < 0.01 else f"{s:.2f}")
    if name.startswith("coverage-") or name == "skill":
        return column.map(lambda percent: f"{percent:.1f}" if np.isfinite(percent) else "-")
    if name == "rank":
        return column.map(lambda rank: "-" if pd.isna(rank) else f"{rank:.2f}")
    sizes = column.abs()[np.isfinite(column) & (column != 0)]
    smallest, largest = (sizes.min(), sizes.max()) if len(sizes) else (1.0, 1.0)
    digits = max(0, 2 - int(np.floor(np.log10(smallest))))
    if name in ("MASE", "vs SeasonalNaive"):
        digits = max(digits, 3)
    form = "{:.3e}" if digits > 6 or largest >= 1e7 else f"{{:,.{digits}f}}"
    return column.map(lambda value: form.format(value) if np.isfinite(value) else "-")


def html_table(label: str, columns: Iterable[str], rows: str, kind: str = "numbers") -> str:
    """Return a table that scrolls on its own where it is wider than the page."""
    head = "".join(f'<th scope="col">{escape(name)}' for name in columns)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table class="{kind}">'
        f"<thead><tr>{head}</thead><tbody>{rows}</tbody></table></div>"
    )
