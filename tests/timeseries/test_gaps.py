"""Missing values: filled in between observed ones, as `np.interp` of each series would."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.timeseries.gaps import fill_gaps
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.reading import read_panel

NAN = np.nan


def test_gaps_are_interpolated_in_order_and_ends_held():
    index = pd.to_datetime(
        ["2021-01-01", "2021-01-02", "2021-01-04", "2021-01-05", "2021-01-31", "2021-02-01"]
    )
    panel = read_panel(pd.Series([NAN, 2, NAN, NAN, 8, NAN], index), missing="interpolate")
    np.testing.assert_allclose(panel.series().values, [2, 2, 4, 6, 8, 8], rtol=1e-15)
    np.testing.assert_array_equal(panel.arrays.missing[:, 0], [True, False, True, True, False, True])


@pytest.mark.parametrize(
    "y",
    [
        [1.0, None, 3.0],
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype="Float64"),
        np.ma.masked_array([1.0, 99.0, 3.0], mask=[False, True, False]),
    ],
    ids=["none", "Int64", "Float64", "masked"],
)
def test_every_kind_of_missing_value_is_filled(y):
    panel = read_panel(y, missing="interpolate")
    np.testing.assert_array_equal(panel.series().values, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(panel.arrays.missing[:, 0], [False, True, False])


@given(
    seed=st.integers(0, 10_000),
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    n_channels=st.integers(1, 3),
    share=st.floats(0.1, 0.95),
)
def test_gaps_of_many_series_are_interpolated_as_those_of_each(seed, lengths, n_channels, share):
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *lengths])
    values = rng.standard_normal((offsets[-1], n_channels)) * 10.0 ** rng.integers(-9, 9)
    holes = rng.random(values.shape) < share
    for s, n in enumerate(lengths):
        holes[offsets[s] + rng.integers(n), np.arange(n_channels)] = False  # something was observed
    expected = values.copy()
    for s in range(len(lengths)):
        for c in range(n_channels):
            rows = slice(offsets[s], offsets[s + 1])
            t, hole = np.arange(lengths[s]), holes[rows, c]
            expected[rows, c] = np.interp(t, t[~hole], values[rows, c][~hole])
    values[holes] = NAN
    labels = Labels(offsets, pd.RangeIndex(offsets[-1]))
    fill_gaps(values, labels, "interpolate", list(range(len(lengths))), pd.RangeIndex(n_channels))
    np.testing.assert_array_equal(values[~holes], expected[~holes])
    np.testing.assert_allclose(values, expected, rtol=1e-14, atol=1e-14 * np.abs(expected).max())


def table(gap):
    """Three series of two channels; `gap` is at the second step of the second series' second channel."""
    values = np.arange(14.0).reshape(7, 2)
    values[3, 1] = gap
    labels = Labels(np.array([0, 2, 5, 7]), pd.RangeIndex(7))
    return values, labels


@pytest.mark.parametrize(
    ("gap", "missing", "message"),
    [
        (NAN, "error", "1 missing value in column 'y' in series 'b', the first at index 3. Fill them, or"),
        (np.inf, "mask", "1 infinite value in column 'y' in series 'b', the first at index 3. Replace them,"),
    ],
)
def test_errors_name_the_series_the_channel_and_the_step(gap, missing, message):
    values, labels = table(gap)
    with pytest.raises(ValueError, match=f"^`y` has {re.escape(message)}"):
        fill_gaps(values, labels, missing, ["a", "b", "c"], pd.Index(["x", "y"]))


def test_a_channel_that_was_never_observed_in_a_series_is_an_error():
    values, labels = table(NAN)
    values[2:5, 1] = NAN
    message = "`y` has no observed value in column 'y' in series 'b': all 3 are missing. Supply data."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fill_gaps(values, labels, "interpolate", ["a", "b", "c"], pd.Index(["x", "y"]))
