"""Measures of accuracy are entries of a table: one more is found everywhere."""

import numpy as np
import pandas as pd
import pytest

from helpers.backtests import make_backtest, make_panel_backtest
from tsrnn.evaluation.measures import INTERVAL_MEASURES, MEASURES, Measure

DAYS = pd.date_range("2026-01-01", periods=60)


def test_a_measure_more_is_a_column_more_of_every_table(monkeypatch, tmp_path):
    largest = Measure(lambda y, f, scale: np.broadcast_to(np.abs(y - f).max(axis=1)[:, None], y.shape))
    monkeypatch.setitem(MEASURES, "largest", largest)
    result = make_backtest(DAYS, {"LSTM": 0.5, "Naive": 2.0})  # off by that much more with each of 4 steps
    assert result.scores()["largest"].tolist() == pytest.approx([2.0, 8.0])
    for by in ("series", "origin", "horizon"):
        assert np.allclose(result.scores(by=by)["largest"]["Naive"], 8.0)
    assert "largest" in repr(result)
    assert '<th scope="col">largest' in result.to_html(tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_documentation_of_scores_lists_all_measures():
    text = " ".join(type(make_backtest(DAYS, {"Naive": 2.0})).scores.__doc__.split())
    for name, measure in (MEASURES | INTERVAL_MEASURES).items():
        assert f"``{name}``: {measure.explanation}" in text
    assert "[MEASURES]" not in text


def test_footnotes_explain_the_columns_of_intervals():
    note = (
        "coverage: percent of the observed values inside the interval, best at its level; MSIS: mean scaled "
        "interval score, which adds up the width and the distance of values outside."
    )
    assert note in make_panel_backtest().footnotes
    assert note not in make_backtest(DAYS, {"Naive": 2.0}).footnotes
