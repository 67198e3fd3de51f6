"""Kinds of pictures are entries of a table: one more is found everywhere."""

import pandas as pd

from helpers.backtests import make_backtest
from tsrnn.evaluation.pictures import PICTURES, Card, Picture
from tsrnn.plotting import plot_error_by_horizon

DAYS = pd.date_range("2026-01-01", periods=60)


def test_a_kind_more_is_drawn_on_request_and_in_reports(monkeypatch, tmp_path):
    card = Card("errors", "Once more", "errors of {trained} and {opponent}")
    monkeypatch.setitem(PICTURES, "again", Picture(plot_error_by_horizon, "errors", card=card))
    result = make_backtest(DAYS, {"LSTM": 0.5, "Naive": 2.0})
    assert result.plot(kind="again").axes[0].get_xlabel() == "steps ahead"
    html = result.to_html(tmp_path).read_text(encoding="utf-8")
    assert html.count("<figcaption>Once more</figcaption>") == 1
    assert "value: errors of LSTM and Naive." in html
    assert (tmp_path / "value-again.png").read_bytes()[:4] == b"\x89PNG"


def test_the_documentation_of_plot_lists_all_kinds():
    text = " ".join(type(make_backtest(DAYS, {"Naive": 2.0})).plot.__doc__.split())
    for kind, picture in PICTURES.items():
        assert f"``{kind}``: {picture.explanation}" in text
    assert "[PICTURES]" not in text
