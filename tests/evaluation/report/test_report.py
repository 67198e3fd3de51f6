import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from helpers.backtests import make_backtest, make_panel_backtest
from tsrnn.evaluation.report import best_scores, format_scores, write_report

MISSES = {"LSTM": 0.1, "GRU": -0.2, "SeasonalNaive": 0.5}
VOID = {"meta"}
OPTIONAL_END = {"li", "td", "th", "tr", "dt", "dd", "thead", "tbody"}


class Page(HTMLParser):
    """What a browser would see: text, elements with their attributes, and whether tags nest."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.text, self.elements, self.open = [], [], []
        self.feed(html)
        assert [tag for tag in self.open if tag not in OPTIONAL_END] == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open[-1] != tag:
            assert self.open.pop() in OPTIONAL_END
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)

    def attributes(self, tag, name):
        return [attrs[name] for found, attrs in self.elements if found == tag and name in attrs]


def days(n=60):
    return pd.date_range("2026-01-01", periods=n)


@pytest.fixture(scope="module")
def sections():
    return {
        "Power <kW> & co": make_backtest(days(), MISSES, failures=[("GRU", 1), ("GRU", 2)], name='p"<i>'),
        "Tabla": make_backtest(pd.Index(np.arange(80) / 8000), {"<u>x</u>": 0.3, "Naive": 0.1}, n_windows=12),
    }


@pytest.fixture(scope="module")
def folder(sections, tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "deep" / "report"
    assert write_report(sections, path) == path / "index.html"
    return path


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_page_asks_nothing_of_the_network_and_runs_no_script(folder, page):
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import|<script|<link|<iframe|\son\w+=", html)
    targets = page.attributes("use", "href") + page.attributes("a", "href")
    assert all(target.startswith("#") for target in targets)


def test_page_names_every_model_and_every_number(sections, page):
    text = " ".join(page.text)
    for title, backtest in sections.items():
        assert title in text
        scores = format_scores(backtest.scores())
        for model, row in scores.iterrows():
            assert model in page.text
            assert all(cell in page.text for cell in row)
        for note in backtest.footnotes:
            assert note in text


def test_the_verdict_comes_first(sections, page):
    for title, backtest in sections.items():
        heading = [i for i, text in enumerate(page.text) if text == title][1]  # after the link to it
        assert next(text for text in page.text[heading + 1 :] if text.strip()) == backtest.verdict
    assert page.attributes("p", "class") == ["verdict"] * 2


def test_differences_are_held_against_chance(sections, page):
    text = " ".join(" ".join(page.text).split())
    tabla = sections["Tabla"]
    assert "Too few origins that all models forecast are there for a confidence set." in text
    assert "Naive is the best, with 90 % confidence." in text
    start = page.text.index("p of the set")
    cells = [cell for cell in page.text[start + 1 :] if cell.strip()][:10]
    skill = tabla.scores(baseline="Naive").loc["<u>x</u>", "skill"]
    assert cells == [
        "Naive",
        "0.0",
        "-",
        "yes",
        "1.000",
        "<u>x</u>",
        f"{skill:.1f}",
        "<0.001",
        "no",
        "<0.001",
    ]


def test_several_models_may_be_the_best(tmp_path):
    rng = np.random.default_rng(0)
    misses = {name: rng.uniform(0.5, 1.5, 12) for name in ("LSTM", "GRU", "Naive")} | {"Theta": 9.0}
    result = make_backtest(days(), misses, n_windows=12)
    html = result.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    *most, last = result.confidence_set().index[:3]
    assert f"The best is one of {', '.join(most)} and {last}, with 90 % confidence." in html


def test_a_single_model_is_not_compared(tmp_path):
    result = make_backtest(days(), {"LSTM": 1.0}, n_windows=12)
    page = Page(result.to_html(tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "Are the differences real?" not in page.text
    assert result.verdict in page.text


def test_a_page_of_nothing_but_failures(tmp_path):
    failures = [(name, i) for name in ("LSTM", "Naive") for i in range(3)]
    result = make_backtest(days(), {"LSTM": 1.0, "Naive": 1.0}, failures=failures)
    html = result.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No model has forecast anything." in html
    assert "Are the differences real?" not in html


def test_what_comes_from_data_stays_text(page):
    assert not {"b", "i", "u", "kw"} & {tag for tag, _ in page.elements}
    assert any("ValueError: <b>no</b> & never" in text for text in page.text)


def test_pictures_say_what_they_show(page):
    pictures = [attrs for tag, attrs in page.elements if tag == "svg"]
    assert len(pictures) == (1 + 3 + 2 + 4) + (2 + 2 + 1 + 4)  # comparison, forecasts, errors, residuals
    assert all(picture["role"] == "img" for picture in pictures)
    shown = [picture["aria-label"] for picture in pictures]
    skill = "Power <kW> & co: by how many percent each MASE is below that of SeasonalNaive."
    assert shown[:2] == [skill, "Power <kW> & co: truth and forecasts of LSTM from 3 origins, MASE 0.410."]
    residuals = "Errors of LSTM, truth minus forecast, out of sample at all 4 steps"
    assert shown[6] == f"Power <kW> & co: {residuals}, over time, a line each origin."
    assert shown[11] == "Tabla: mean rank of each model; bars join those that do not differ."
    assert "Tabla: truth and forecasts of <u>x</u> from the last 5 origins" in shown[13]


def test_page_is_accessible(page):
    assert page.attributes("html", "lang") == ["en"]
    assert page.attributes("meta", "name") == ["viewport"]
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    ids = [attrs["id"] for tag, attrs in page.elements if "id" in attrs and tag in ("section", "h2")]
    assert len(ids) == len(set(ids)) == 4
    assert page.attributes("a", "href") == ["#series-1", "#series-2"]
    assert set(page.attributes("th", "scope")) == {"row", "col"}
    assert page.attributes("div", "tabindex") == ["0"] * 4


def test_pictures_are_well_formed(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    for drawing in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
        ElementTree.fromstring(drawing)


def test_page_follows_the_readers_colours_and_width(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "@media (prefers-color-scheme: dark)" in html
    assert "currentColor" in html
    assert ".scroll { overflow-x: auto; }" in html


def test_best_of_each_score_is_marked(page):
    assert page.attributes("td", "class") == ["best"] * 2 * 5


def test_failures_are_listed_once(page):
    text = page.text
    assert text.count("Failures") == 1
    row = text.index("ValueError: <b>no</b> & never")
    assert text[row - 3 : row] == ["GRU", "2", "2026-02-21"]


def test_folder_holds_pictures_and_tables(folder, sections):
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "index.html",
        "power-kw-co-scores.csv",
        *(f"power-kw-co-{kind}.png" for kind in ("forecast", "horizon", "skill", "residuals", "training")),
        "tabla-scores.csv",
        *(f"tabla-{kind}.png" for kind in ("forecast", "horizon", "skill", "ranks", "residuals")),
    }
    table = pd.read_csv(folder / "power-kw-co-scores.csv", index_col="model")
    pd.testing.assert_frame_equal(table, sections["Power <kW> & co"].scores(), check_dtype=False)
    assert (folder / "tabla-forecast.png").read_bytes()[:4] == b"\x89PNG"


def test_html_path_gets_one_file(sections, tmp_path):
    path = tmp_path / "one.html"
    assert write_report({"Tabla": sections["Tabla"]}, str(path)) == path
    assert [found.name for found in tmp_path.iterdir()] == ["one.html"]


def test_same_backtests_give_the_same_page(sections, folder, tmp_path):
    path = write_report(sections, tmp_path / "again.html")
    assert path.read_bytes() == (folder / "index.html").read_bytes()


def test_titles_that_look_alike_keep_their_files(tmp_path):
    write_report(dict.fromkeys(["a b", "A/B", "??"], make_backtest(days(), {"Naive": 0.1})), tmp_path)
    assert {path.name for path in tmp_path.glob("*.csv")} == {
        "a-b-scores.csv",
        "a-b-2-scores.csv",
        "series-scores.csv",
    }


def test_empty_report_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"^`sections` is empty; at least one backtest is needed\.$"):
        write_report({}, tmp_path)


def scores(**columns):
    return pd.DataFrame(columns, index=[f"M{i}" for i in range(len(next(iter(columns.values()))))])


@pytest.mark.parametrize(
    ("name", "values", "printed"),
    [
        ("MASE", [0.8424, 1.2, np.nan], ["0.842", "1.200", "-"]),
        ("MASE", [0.00012345, 1.0], ["0.000123", "1.000000"]),
        ("sMAPE", [12.345, 150.0], ["12.3", "150.0"]),
        ("RMSE", [1234.5, 20000.0], ["1,234", "20,000"]),
        ("RMSE", [0.01234, 0.5], ["0.0123", "0.5000"]),
        ("RMSE", [1.234e30, 2.0], ["1.234e+30", "2.000e+00"]),
        ("RMSE", [1.234e-30, 0.0], ["1.234e-30", "0.000e+00"]),
        ("RMSE", [0.0, 0.0], ["0.00", "0.00"]),
        ("RMSE", [np.inf, 1.5], ["-", "1.50"]),
        ("p_value", [0.0004, 0.0312, np.nan], ["<0.001", "0.031", "-"]),
        ("fit_seconds", [0.001, 1.234, np.nan], ["<0.01", "1.23", "-"]),
        ("failed", [0, 2], ["0", "2"]),
        ("history", [2000, 34589], ["2,000", "34,589"]),
    ],
)
def test_numbers_are_rounded_for_reading(name, values, printed):
    assert format_scores(scores(**{name: values})).iloc[:, 0].tolist() == printed


def test_columns_that_say_nothing_are_left_out():
    table = scores(MASE=[1.0, 2.0], p_value=[np.nan, np.nan], failed=[0, 0], history=[99, 99])
    assert list(format_scores(table)) == ["MASE"]


def test_equals_in_print_are_both_best():
    best = best_scores(scores(MASE=[0.50001, 0.50002, 0.6], RMSE=[np.nan] * 3, fit_seconds=[1.0, 2.0, 3.0]))
    assert best["MASE"].tolist() == [True, True, False]
    assert not best[["RMSE", "fit [s]"]].to_numpy().any()


def test_many_series_are_shown_by_the_leading_models_from_best_to_worst(tmp_path):
    panel = make_panel_backtest()
    write_report({"Shops": panel}, tmp_path)
    page = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    text = " ".join(" ".join(page.text).split())
    assert "9 series of 50 to 58 observations, 486 in all · 2026-01-01 to 2026-02-27 · horizon 4" in text
    assert "forecasts of LSTM with intervals of 80 percent shaded and of Naive for 6 of 9 series" in text
    pictures = [attrs["aria-label"] for tag, attrs in page.elements if tag == "svg"]
    assert len(pictures) == 1 + 6 + 2
    best = panel.scores(by="series")["MASE"]["LSTM"].idxmin()
    expected = f"Shops, {best}: truth and forecasts of LSTM and Naive from 2 origins, MASE "
    assert pictures[1].startswith(expected)
    assert {path.name for path in tmp_path.glob("*.png")} == {
        f"shops-{kind}.png" for kind in ("forecast", "horizon", "series", "skill")
    }


def test_the_best_coverage_is_the_one_nearest_to_its_level():
    table = scores(**{"coverage-80": [99.0, 78.0, 60.0], "MSIS-80": [3.0, 2.0, 4.0]})
    best = best_scores(table)
    assert best["coverage-80"].tolist() == best["MSIS-80"].tolist() == [False, True, False]
    assert format_scores(table)["coverage-80"].tolist() == ["99.0", "78.0", "60.0"]
    assert list(format_scores(scores(**{"MASE": [1.0], "MSIS-80": [np.nan]}))) == ["MASE"]
