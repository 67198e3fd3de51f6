"""Where forecasts stand in their series, and how errors are averaged."""

import numpy as np
import pandas as pd
import pytest

from helpers.contenders import Last
from tsrnn.evaluation.averages import mean_by
from tsrnn.evaluation.backtesting.backtest import backtest

INDEXES = {
    "days": pd.date_range("2026-01-01", periods=40),
    "hours in a zone": pd.date_range("2026-03-27", periods=40, freq="h", tz="Europe/Berlin"),
    "months": pd.period_range("2020-01", periods=40, freq="M"),
    "seconds": pd.Index(np.arange(40) / 8000),
    "rows": pd.RangeIndex(40),
    "elapsed": pd.timedelta_range("0s", periods=40, freq="250ms"),
    "business days": pd.bdate_range("2026-01-01", periods=46).delete([5, 6, 7, 20, 21, 39]),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_cutoffs_are_found_in_series_of_any_labels_and_lengths(index):
    rng = np.random.default_rng(0)
    panel = {name: pd.Series(rng.normal(size=n), index[:n]) for name, n in {"a": 40, "b": 9, "c": 31}.items()}
    errors = backtest(Last(), panel, 3, n_windows=3, step=2, gap=1, season_length=None).errors
    assert errors.ids[errors.series].tolist() == list("aaabbccc")  # b is too short for the first
    assert errors.sizes.tolist() == [32, 34, 36, 3, 5, 23, 25, 27]
    assert errors.origin.tolist() == [0, 1, 2, 1, 2, 0, 1, 2]


def test_rows_are_averaged_by_code_without_what_is_missing():
    values = np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, np.nan]])
    expected = [[2.0, 5.0], [np.nan, np.nan], [np.nan, np.nan]]
    np.testing.assert_array_equal(mean_by(values, np.array([0, 0, 2]), 3), expected)
