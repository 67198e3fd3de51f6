"""Writing of backtests as one web page of tables and pictures, without scripts or external files."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.metadata import version
from os import PathLike
from pathlib import Path

import pandas as pd

from tsrnn.evaluation.comparison import find_confidence_set
from tsrnn.evaluation.footnotes import write_notes
from tsrnn.evaluation.pictures import draw, shown_kinds
from tsrnn.evaluation.record import BacktestRecord
from tsrnn.evaluation.report.cards import (
    ORIGINS_SHOWN,
    SERIES_SHOWN,
    forecast_cards,
    name_origins,
    residual_cards,
    section_cards,
)
from tsrnn.evaluation.report.tables import EXPLANATIONS, best_scores, format_column, format_scores, html_table
from tsrnn.evaluation.report.template import PAGE, STYLE
from tsrnn.evaluation.scores import score_table
from tsrnn.evaluation.verdict import write_verdict
from tsrnn.plotting.backtests import leading_models
from tsrnn.plotting.figures import page_style, require_matplotlib, to_png
from tsrnn.plotting.residuals import residual_drawings
from tsrnn.timeseries.checks import show_label
from tsrnn.validation import counted

__all__ = ["write_report"]

CONFIDENCE = 90


def write_report(sections: Mapping[str, BacktestRecord], path: str | PathLike[str]) -> Path:
    """Write backtests as one self-contained HTML page.

    Parameters
    ----------
    sections : mapping of title to Backtest
        One section each, in this order.
    path : path-like
        A file ending in ``.html``; or a directory, made if need be, that gets ``index.html`` and for every
        section its pictures as ``NAME-forecast.png``, ``NAME-horizon.png`` and so on, one for each kind of
        `Backtest.plot` there is something for, and its score table as ``NAME-scores.csv``.

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
        for name, record in zip(_file_names(sections), sections.values(), strict=True):
            score_table(record).to_csv(path / f"{name}-scores.csv")
            for kind in shown_kinds(record):
                options = {"last": ORIGINS_SHOWN} if kind == "forecast" else {}
                (path / f"{name}-{kind}.png").write_bytes(to_png(draw(record, kind, **options)))
    return page


def _file_names(titles: Iterable[str]) -> list[str]:
    names: list[str] = []
    for title in titles:
        name = re.sub(r"[^\w-]+", "-", str(title)).strip("-").lower() or "series"
        names.append(name if name not in names else f"{name}-{len(names) + 1}")
    return names


def _page(sections: Mapping[str, BacktestRecord]) -> str:
    ids = [f"series-{i}" for i, _ in enumerate(sections, 1)]
    links = "".join(
        f'<li><a href="#{id_}">{escape(str(title))}</a>' for id_, title in zip(ids, sections, strict=True)
    )
    with page_style():
        body = "".join(
            _section(id_, str(title), record)
            for id_, (title, record) in zip(ids, sections.items(), strict=True)
        )
    terms = "".join(f"<dt>{escape(term)}<dd>{escape(text)}." for term, text in EXPLANATIONS.items())
    return PAGE.format(style=STYLE, links=links, body=body, terms=terms, version=escape(version("tsrnn")))


def _section(id_: str, title: str, record: BacktestRecord) -> str:
    kinds, scores = shown_kinds(record), score_table(record, baseline=record.opponent)
    notes = "".join(f"<li>{escape(note)}" for note in write_notes(record))
    return f"""
<section id="{id_}" aria-labelledby="{id_}-title">
<h2 id="{id_}-title">{escape(title)}</h2>
<p class="verdict">{escape(write_verdict(record))}</p>
<p>{escape(_facts(record))}. Lower scores are better; the best is marked.</p>
{_score_table(title, scores.drop(columns="skill"))}
<ul class="notes">{notes}</ul>
{_comparison(title, record, kinds, scores)}
<h3>Forecasts</h3>
<p>The truth, and {_who_is_shown(record)} from {name_origins(record)}; a dotted line marks the last
observation that a forecast could see. The scale follows the truth: a forecast far off leaves the picture.</p>
<div class="grid">{forecast_cards(title, record, scores)}</div>
<h3>Error and training</h3>
<div class="grid wide">{section_cards(title, record, kinds, "errors")}</div>
{_residuals(title, record, kinds)}
{_failures(title, record)}
</section>"""


def _comparison(title: str, record: BacktestRecord, kinds: list[str], scores: pd.DataFrame) -> str:
    """Return a table and pictures of statistical comparisons; nothing where there is one model."""
    cards = section_cards(title, record, kinds, "comparison")
    if not cards:
        return ""
    found = find_confidence_set(record, CONFIDENCE)
    return (
        "<h3>Are the differences real?</h3>\n"
        f"<p>{escape(_confidence(record, found))}</p>{_comparison_table(title, scores, found)}"
        f'<div class="grid wide after">{cards}</div>'
    )


def _confidence(record: BacktestRecord, found: pd.DataFrame) -> str:
    against = (
        f"Skill is by how many percent a MASE is below that of {record.opponent}, where both forecast, "
        "with its 95 % interval: each model's for itself, while p_adjusted allows for all that are tested."
    )
    if found["included"].isna().all():
        return f"{against} Too few {record.unit} that all models forecast are there for a confidence set."
    names = list(found.index[found["included"].fillna(False)])
    if len(names) == 1:
        return f"{against} {names[0]} is the best, with {CONFIDENCE} % confidence."
    who = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{against} The best is one of {who}, with {CONFIDENCE} % confidence."


def _comparison_table(title: str, scores: pd.DataFrame, found: pd.DataFrame) -> str:
    if found["included"].isna().all():
        return ""
    names = [name for name in scores.index if found["p_value"].notna()[name]]
    cells = zip(
        names,
        format_column("skill", scores["skill"][names]),
        format_column("p_adjusted", scores["p_adjusted"][names]),
        ["yes" if found.loc[name, "included"] else "no" for name in names],
        format_column("p_value", found["p_value"][names]),
        strict=True,
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}' + "".join(f"<td>{escape(cell)}" for cell in row)
        for name, *row in cells
    )
    columns = ["model", "skill [%]", "p_adjusted", f"in the {CONFIDENCE} % set", "p of the set"]
    return html_table(f"Comparison on {title}", columns, rows)


def _residuals(title: str, record: BacktestRecord, kinds: list[str]) -> str:
    if "residuals" not in kinds:
        return ""
    of, _ = residual_drawings(record)
    return f'<h3>{escape(of)}</h3>\n<div class="grid wide">{residual_cards(title, record)}</div>'


def _facts(record: BacktestRecord) -> str:
    lengths, times = record.truths.lengths, record.truths.times
    n, shortest, longest = lengths.sum(), lengths.min(), lengths.max()
    sizes = f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"
    several = f"{record.n_series:,} series of {sizes} observations, {n:,} in all"
    span = f"{show_label(times.min())} to {show_label(times.max())}"
    facts = [
        several if record.n_series > 1 else f"{n:,} observations",
        span,
        f"horizon {record.horizon}",
        counted(record.errors.n_origins, "origin"),
    ]
    if (record.season_length or 1) > 1:
        facts.append(f"season of {record.season_length}")
    return " · ".join(facts)


def _who_is_shown(record: BacktestRecord) -> str:
    levels = " and ".join(f"{percent:g}" for percent in record.level)
    bands = f" with intervals of {levels} percent shaded" if levels else ""
    if record.errors.n_series == 1:
        return f"each model's forecasts{bands}"
    shown = min(SERIES_SHOWN, record.errors.n_series)
    first, *others = leading_models(record)
    if levels and record.forecasts[f"{first}-lo-{record.level[0]:g}"].isna().all():
        bands = ""
    who = f"forecasts of {first}{bands}{''.join(f' and of {name}' for name in others)}"
    return f"{who} for {shown} of {record.errors.n_series:,} series, lowest to highest MASE,"


def _score_table(title: str, scores: pd.DataFrame) -> str:
    cells, best = format_scores(scores), best_scores(scores)
    tags = {True: '<td class="best">', False: "<td>"}
    rows = "".join(
        f'<tr><th scope="row">{escape(str(model))}'
        + "".join(f"{tags[best.loc[model, name]]}{escape(cell)}" for name, cell in row.items())
        for model, row in cells.iterrows()
    )
    return html_table(f"Scores of {title}", ["model", *cells.columns], rows)


def _failures(title: str, record: BacktestRecord) -> str:
    folds = record.folds
    failed = folds[folds["status"] != "ok"]
    if failed.empty:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(model)}<td>{len(cutoffs)}<td>{escape(show_label(cutoffs.iloc[0]))}'
        f"<td>{escape(message)}"
        for (model, message), cutoffs in failed.groupby(["model", "message"], sort=False)["cutoff"]
    )
    table = html_table(
        f"Failures on {title}", ["model", "origins", "first cutoff", "message"], rows, kind="text"
    )
    return f"<h3>Failures</h3>\n<p>Models without a forecast at some origins, and why.</p>{table}"
