"""Tables: one column a channel, errors that name the column."""

import re

import numpy as np
import pandas as pd
import pytest

from tsrnn.timeseries.reading import read_alike, read_further, read_panel

NAN, INF = np.nan, np.inf
DAYS = pd.date_range("2021-03-01", periods=4)


def table(**columns):
    return pd.DataFrame({"a": [1.0, 2, 4, 8], "b": [5, 3, 2, 1]} | columns, DAYS)


def test_each_column_is_read_as_it_would_be_alone():
    y = table(c=pd.array([1, None, 2, 5], dtype="Int64"), d=np.float32([0.5, 1, NAN, NAN]))
    y.columns.name, y.attrs = "channel", {"units": {"a": "kW"}}
    panel = read_panel(y, missing="interpolate")
    values, missing = panel.arrays.values, panel.arrays.missing
    for position, name in enumerate(y):
        alone = read_panel(y[name].set_axis(DAYS), missing="interpolate")
        np.testing.assert_array_equal(values[:, position], alone.arrays.values[:, 0])
        np.testing.assert_array_equal(missing[:, position], alone.arrays.missing[:, 0])
        np.testing.assert_array_equal(panel.series(0, position).values, alone.series().values)
    assert values.dtype == np.float64
    assert values.flags["C_CONTIGUOUS"]
    pd.testing.assert_index_equal(panel.labels.of(0), y.index)
    pd.testing.assert_index_equal(panel.columns, y.columns)
    assert (panel.format.names, panel.format.attrs) == ((None,), ({"units": {"a": "kW"}},))


def test_what_is_read_does_not_belong_to_the_caller():
    y = table(b=[5.0, 3, 2, 1])
    read_panel(y).arrays.values[:] = -1
    assert y.min().min() == 1
    array = np.arange(6.0).reshape(3, 2)
    read_panel(array).arrays.values[:] = -1
    np.testing.assert_array_equal(array.ravel(), np.arange(6))


def test_a_series_and_a_list_are_read_as_series():
    for y, name in ((pd.Series([1, 2], name="x"), "x"), ([1, 2], None), (np.array([1, 2]), None)):
        panel = read_panel(y)
        np.testing.assert_array_equal(panel.series().values, [1.0, 2.0])
        assert (panel.format.names, panel.columns) == ((name,), None)
        assert panel.is_one


def test_columns_of_an_array_are_numbers():
    panel = read_panel(np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(panel.arrays.values, [[0, 1, 2], [3, 4, 5]])
    assert panel.columns.tolist() == [0, 1, 2]
    assert panel.labels.of(0).equals(pd.RangeIndex(2))


@pytest.mark.parametrize(
    "columns",
    [
        pd.MultiIndex.from_product([["close"], ["x", "y"]], names=["field", "stock"]),
        pd.Index([3, 1], name="lag"),
        pd.CategoricalIndex(["x", "y"]),
        pd.date_range("2021", periods=2),
    ],
)
def test_columns_come_back_as_they_were(columns):
    y = pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=columns)
    panel = read_panel(y)
    pd.testing.assert_frame_equal(panel.wrap_history(panel.arrays.values, ""), y)


def test_one_column_is_still_a_table():
    panel = read_panel(table()[["a"]])
    wrapped = panel.wrap_history(panel.arrays.values, "")
    pd.testing.assert_frame_equal(wrapped, table()[["a"]], check_freq=False)
    assert panel.arrays.values.shape == (4, 1)
    assert not panel.is_one


REFUSALS = {
    "missing": (
        table(x=[NAN, NAN, 1, NAN]),
        ValueError,
        "`y` has 3 missing values in column 'x', the first at 2021-03-01. "
        'Fill them, or pass missing="interpolate".',
    ),
    "missing in a column with a number": (
        np.array([[1, NAN], [2, 3]]),
        ValueError,
        "`y` has 1 missing value in column 1, the first at index 0. "
        'Fill them, or pass missing="interpolate".',
    ),
    "infinite": (
        table(x=[1, INF, 1, -INF]),
        ValueError,
        "`y` has 2 infinite values in column 'x', the first at 2021-03-02. "
        'Replace them, or pass NaN there and missing="interpolate".',
    ),
    "all missing": (
        table(x=NAN),
        ValueError,
        "`y` has no observed value in column 'x': all 4 are missing. Supply data.",
    ),
    "text": (
        table(x=pd.Series(list("abcd"), DAYS, dtype=object)),
        TypeError,
        "`y` has dtype object in column 'x'; real numbers are needed. Convert it: pd.to_numeric(y['x']).",
    ),
    "truth values": (
        table(x=True),
        TypeError,
        "`y` has dtype bool in column 'x'; real numbers are needed. Convert it: y['x'].astype(float).",
    ),
    "complex": (
        table(x=1j),
        TypeError,
        "`y` has dtype complex128 in column 'x'; real numbers are needed. "
        "Pass one part of it: np.abs(y['x']) or np.real(y['x']).",
    ),
    "times": (
        table(x=pd.Series(DAYS, DAYS, dtype="datetime64[ns]")),
        TypeError,
        "`y` has dtype datetime64[ns] in column 'x'; real numbers are needed. "
        "Times belong in the index: y.set_index('x').",
    ),
    "twice": (
        pd.concat([table(), table()[["b"]]], axis=1),
        ValueError,
        "`y` has the column 'b' more than once; labels must be unique. Rename them, or keep one of each: "
        "y.loc[:, ~y.columns.duplicated()].",
    ),
    "no columns": (table()[[]], ValueError, "`y` has no columns; at least one is needed."),
    "no rows": (table()[:0], ValueError, "`y` is empty; at least one observation is needed."),
    "unsorted": (
        table().iloc[[0, 2, 1]],
        ValueError,
        "The index of `y` is not sorted: 2021-03-02 comes after 2021-03-03; labels must increase. "
        "Sort it: y.sort_index().",
    ),
    "three dimensions": (
        np.zeros((2, 2, 2)),
        ValueError,
        "`y` has shape (2, 2, 2); one dimension is needed, or two for several channels.",
    ),
}


@pytest.mark.parametrize(("y", "error", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_name_the_column_and_the_way_out(y, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        read_panel(y)


def test_unknown_missing_is_refused_for_tables_too():
    with pytest.raises(
        ValueError, match=r"^`missing` must be one of 'error', 'interpolate', 'mask'; got 'drop'\.$"
    ):
        read_panel(table(), missing="drop")


OTHERS = {
    "a series for a table": (
        table()["a"],
        table(),
        "`y` is a single series; the model was fitted to the 2 columns 'a', 'b'. "
        "Pass a DataFrame with the same columns.",
    ),
    "a table for a series": (
        table(),
        table()["a"],
        "`y` has the 2 columns 'a', 'b'; the model was fitted to a single series. Pass one column: y['a'].",
    ),
    "another order": (
        table()[["b", "a"]],
        table(),
        "`y` has the 2 columns 'b', 'a'; the model was fitted to the 2 columns 'a', 'b'. "
        "Pass the same columns in the same order: y[[...]].",
    ),
    "a narrower array": (
        np.ones((4, 1)),
        pd.DataFrame(np.ones((4, 8))),
        "`y` has the column 0; the model was fitted to the 8 columns 0, 1, 2, 3, 4, 5, .... "
        "Pass the same columns in the same order: y[[...]].",
    ),
}


@pytest.mark.parametrize(("y", "first", "message"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("read", [read_alike, read_further])
def test_other_columns_than_the_first_are_refused(read, y, first, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(y, read_panel(first))


def test_an_array_is_taken_to_have_the_first_columns():
    first = read_panel(table())
    alike = read_alike(np.array([[7, 8]]), first)
    assert alike.columns.tolist() == ["a", "b"]
    both = read_further(np.array([[7, 8], [9, 10]]), first)
    expected = pd.DataFrame(
        {"a": [1.0, 2, 4, 8, 7, 9], "b": [5.0, 3, 2, 1, 8, 10]}, pd.date_range("2021-03-01", periods=6)
    )
    pd.testing.assert_frame_equal(both.wrap_history(both.arrays.values, ""), expected, check_freq=False)


def test_an_array_of_columns_is_refused_where_there_was_one_series():
    message = "`y` has shape (2, 1); one dimension is needed. Pass one column or y.ravel()."
    for read in (read_alike, read_further):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            read(np.ones((2, 1)), read_panel([1, 2]))


def test_what_follows_must_start_after_the_end():
    first = read_panel(table())
    message = (
        "`y` must start after the last observation, 2021-03-04; it starts at 2021-03-04. Pass only what is "
        "new."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_further(table()[3:], first)
