"""Backtests as a web page: one file with tables and pictures, that needs no network and no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsrnn.backtest_plots import (
    leading_models,
    plot_backtest,
    plot_error_by_horizon,
    plot_error_by_series,
    ranked_series,
)
from tsrnn.figures import new_figure, page_style, require_matplotlib, to_png, to_svg
from tsrnn.frames import show_label
from tsrnn.parameters import counted
from tsrnn.plotting import plot_training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tsrnn.judgement import Backtest

__all__ = ["best_scores", "format_scores", "write_report"]

ORIGINS_SHOWN = 5
SERIES_SHOWN = 6
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
    "p_adjusted": "test of equal accuracy with the best baseline, corrected for several models being tested",
    "fit [s], predict [s]": "seconds",
    "failed": "origins without a forecast, of all series",
    "history": "most observations that the model was trained on",
}


def write_report(sections: Mapping[str, Backtest], path: str | PathLike[str]) -> Path:
    """Write backtests as one self-contained HTML page.

    Parameters
    ----------
    sections : mapping of title to Backtest
        One section each, in this order.
    path : path-like
        A file ending in ``.html``; or a directory, made if need be, that gets ``index.html`` and for every
        section its pictures as ``NAME-forecast.png``, ``NAME-horizon.png``, ``NAME-series.png`` and
        ``NAME-training.png`` and its score table as ``NAME-scores.csv``.

    Returns
    -------
    Path
        The page written.

    Raises
    ------
    ValueError
        If there is no section.
    ImportError
        If matplotlib is missing.
    """
    if not sections:
        raise ValueError("`sections` is empty; at least one backtest is needed.")
    require_matplotlib()
    path = Path(path)
    page = path if path.suffix == ".html" else path / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(_page(sections), encoding="utf-8")
    if page != path:
        for name, backtest in zip(_file_names(sections), sections.values(), strict=True):
            backtest.scores().to_csv(path / f"{name}-scores.csv")
            for kind, figure in _pictures(backtest).items():
                (path / f"{name}-{kind}.png").write_bytes(to_png(figure))
    return page


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
    return pd.DataFrame({HEADINGS.get(name, name): _format_column(name, scores[name]) for name in shown})


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
            printed = _format_column(name, scores[name])
            best[name] = printed == printed[distance.idxmin()]
    return best


def _format_column(name: str, column: pd.Series) -> pd.Series:
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


def _file_names(titles: Iterable[str]) -> list[str]:
    names: list[str] = []
    for title in titles:
        name = re.sub(r"[^\w-]+", "-", str(title)).strip("-").lower() or "series"
        names.append(name if name not in names else f"{name}-{len(names) + 1}")
    return names


def _pictures(backtest: Backtest) -> dict[str, Any]:
    pictures: dict[str, Any] = {
        "forecast": backtest.plot(last=ORIGINS_SHOWN),
        "horizon": plot_error_by_horizon(backtest).figure,
    }
    if backtest.errors.n_series > 1:
        pictures["series"] = plot_error_by_series(backtest).figure
    if backtest.histories:
        pictures["training"] = plot_training(backtest.histories).figure
    return pictures


def _page(sections: Mapping[str, Backtest]) -> str:
    ids = [f"series-{i}" for i, _ in enumerate(sections, 1)]
    links = "".join(
        f'<li><a href="#{id_}">{escape(str(title))}</a>' for id_, title in zip(ids, sections, strict=True)
    )
    with page_style():
        body = "".join(
            _section(id_, str(title), backtest)
            for id_, (title, backtest) in zip(ids, sections.items(), strict=True)
        )
    terms = "".join(f"<dt>{escape(term)}<dd>{escape(text)}." for term, text in EXPLANATIONS.items())
    return _HTML.format(style=_STYLE, links=links, body=body, terms=terms, version=escape(version("tsrnn")))


def _section(id_: str, title: str, backtest: Backtest) -> str:
    notes = "".join(f"<li>{escape(note)}" for note in backtest.footnotes)
    return f"""
<section id="{id_}" aria-labelledby="{id_}-title">
<h2 id="{id_}-title">{escape(title)}</h2>
<p>{escape(_facts(backtest))}. Lower scores are better; the best is marked.</p>
{_score_table(title, backtest)}
<ul class="notes">{notes}</ul>
<h3>Forecasts</h3>
<p>The truth, and {_who_is_shown(backtest)} from {_origins_shown(backtest)}; a dotted line marks the last
observation that a forecast could see. The scale follows the truth: a forecast far off leaves the picture.</p>
<div class="grid">{_forecast_cards(title, backtest)}</div>
<h3>Error and training</h3>
<div class="grid wide">{_diagnostic_cards(title, backtest)}</div>
{_failures(title, backtest)}
</section>"""


def _facts(backtest: Backtest) -> str:
    truths = backtest.truths
    n, shortest, longest = sum(truths.lengths), min(truths.lengths), max(truths.lengths)
    several = f"{truths.n_series:,} series of {shortest:,} to {longest:,} observations, {n:,} in all"
    span = f"{show_label(truths.times.min())} to {show_label(truths.times.max())}"
    facts = [
        several if truths.n_series > 1 else f"{n:,} observations",
        span,
        f"horizon {backtest.horizon}",
        counted(backtest.errors.n_windows, "origin"),
    ]
    if (backtest.season_length or 1) > 1:
        facts.append(f"season of {backtest.season_length}")
    return " · ".join(facts)


def _who_is_shown(backtest: Backtest) -> str:
    levels = " and ".join(f"{percent:g}" for percent in backtest.level)
    bands = f" with intervals of {levels} percent shaded" if levels else ""
    if backtest.errors.n_series == 1:
        return f"each model's forecasts{bands}"
    shown = min(SERIES_SHOWN, backtest.errors.n_series)
    first, *others = leading_models(backtest)
    if levels and backtest.forecasts[f"{first}-lo-{backtest.level[0]:g}"].isna().all():
        bands = ""
    who = f"forecasts of {first}{bands}{''.join(f' and of {name}' for name in others)}"
    return f"{who} for {shown} of {backtest.errors.n_series:,} series, lowest to highest MASE,"


def _origins_shown(backtest: Backtest) -> str:
    n_origins = backtest.errors.n_windows
    if n_origins == 1:
        return "one origin"
    return f"{n_origins} origins" if n_origins <= ORIGINS_SHOWN else f"the last {ORIGINS_SHOWN} origins"


def _score_table(title: str, backtest: Backtest) -> str:
    scores = backtest.scores()
    cells, best = format_scores(scores), best_scores(scores)
    tags = {True: '<td class="best">', False: "<td>"}
    rows = "".join(
        f'<tr><th scope="row">{escape(str(model))}'
        + "".join(f"{tags[best.loc[model, name]]}{escape(cell)}" for name, cell in row.items())
        for model, row in cells.iterrows()
    )
    return _table(f"Scores of {title}", ["model", *cells.columns], rows)


def _failures(title: str, backtest: Backtest) -> str:
    folds = backtest.folds
    failed = folds[folds["status"] != "ok"]
    if failed.empty:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(model)}<td>{len(cutoffs)}<td>{escape(show_label(cutoffs.iloc[0]))}'
        f"<td>{escape(message)}"
        for (model, message), cutoffs in failed.groupby(["model", "message"], sort=False)["cutoff"]
    )
    table = _table(f"Failures on {title}", ["model", "origins", "first cutoff", "message"], rows, kind="text")
    return f"<h3>Failures</h3>\n<p>Models without a forecast at some origins, and why.</p>{table}"


def _table(label: str, columns: Iterable[str], rows: str, kind: str = "numbers") -> str:
    head = "".join(f'<th scope="col">{escape(name)}' for name in columns)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table class="{kind}">'
        f"<thead><tr>{head}</thead><tbody>{rows}</tbody></table></div>"
    )


def _forecast_cards(title: str, backtest: Backtest) -> str:
    cards = []
    for series, models, mase in _shown(backtest):
        figure = new_figure(4.2, 2.3)
        plot_backtest(backtest, models, last=ORIGINS_SHOWN, ax=figure.add_subplot(), series=series)
        score = "no score" if mase == "-" else f"MASE {mase}"
        forecasts = f"forecasts of {' and '.join(models)} from {_origins_shown(backtest)}"
        what = title if series is None else f"{title}, {series}"
        caption = f"{models[0] if series is None else series}: {score}"
        cards.append(_card(caption, figure, f"{what}: truth and {forecasts}, {score}."))
    return "".join(cards)


def _shown(backtest: Backtest) -> list[tuple[Any, list[str], str]]:
    """Series, models and MASE of each picture: every model of one series, or the leading ones of several."""
    if backtest.errors.n_series == 1:
        return [(None, [str(name)], mase) for name, mase in format_scores(backtest.scores())["MASE"].items()]
    leading = leading_models(backtest)
    ranked = _format_column("MASE", ranked_series(backtest, leading[0], SERIES_SHOWN))
    return [(series, leading, mase) for series, mase in ranked.items()]


def _diagnostic_cards(title: str, backtest: Backtest) -> str:
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


_STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #59636e;
  --line: #d8dde3; --best: #d9f0e6; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --page: #111418; --card: #1b1f25; --text: #e8eaed;
  --soft: #a3adb8; --line: #343b44; --best: #17402f; --link: #7cb8f5; }
  svg [style*='stroke: #0072b2'] { stroke: #6f86ff !important; }
  svg [style*='fill: #0072b2'] { fill: #6f86ff !important; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 1.5rem clamp(.75rem, 3vw, 2rem) 3rem;
  background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.35rem; margin: 2.5rem 0 0; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; } p { margin: .25rem 0 .75rem; color: var(--soft); }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
.scroll, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .4rem .75rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
thead th { color: var(--soft); font-weight: 600; } tbody th { font-weight: 600; }
td.best { background: var(--best); font-weight: 700; }
.text td, .text thead th { text-align: left; }
.text td:last-child { white-space: normal; min-width: 18rem; }
.notes { color: var(--soft); font-size: .875rem; padding-left: 1.25rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.grid.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
figure { margin: 0; padding: .6rem .75rem; } figcaption { font-weight: 600; margin-bottom: .25rem; }
figure svg { display: block; max-width: none !important; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .875rem; }
dd { margin: 0; color: var(--soft); } footer { margin-top: 2.5rem; border-top: 1px solid var(--line); }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@media print { figure, tr { break-inside: avoid; } }
"""

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Forecasts compared</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Forecasts compared</h1>
<nav aria-label="Series"><ul>{links}</ul></nav>
</header>
<main>{body}</main>
<footer>
<h2>How to read the tables</h2>
<dl>{terms}</dl>
<p>Made with tsrnn {version}.</p>
</footer>
</body>
</html>
"""
