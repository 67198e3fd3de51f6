"""One series: what is read, and what is refused in which words."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tsrnn.timeseries.checks import check_labels
from tsrnn.timeseries.formats import as_series
from tsrnn.timeseries.reading import read_panel

DAYS = pd.date_range("2021-03-01", periods=6, freq="D")
BERLIN = "Europe/Berlin"


def test_values_come_back_with_index_and_name():
    panel = read_panel(pd.Series([1, 2, 4, 8, 16, 32], DAYS, name="load"))
    values, index = panel.series()
    np.testing.assert_array_equal(values, [1.0, 2, 4, 8, 16, 32])
    assert values.dtype == np.float64
    pd.testing.assert_index_equal(index, DAYS)
    assert index.freq == DAYS.freq
    assert panel.format.names == ("load",)
    assert panel.observed().name == "load"
    assert panel.arrays.missing.dtype == bool
    assert not panel.arrays.missing.any()


def test_values_are_a_writable_contiguous_copy():
    y = pd.Series(np.arange(12.0)[::2], DAYS)
    values = read_panel(y).arrays.values
    assert values.flags.c_contiguous
    assert read_panel(y).series().values.flags.c_contiguous
    values[:] = -1.0
    assert y.tolist() == [0, 2, 4, 6, 8, 10]


def test_renaming_the_callers_index_later_leaves_the_observed_one_alone():
    y = pd.Series(np.arange(6.0), DAYS.copy())
    panel = read_panel(y)
    y.index.name = "changed"
    assert panel.labels.of(0).name is None


@pytest.mark.parametrize("y", [[3, 1, 2], (3, 1, 2), np.array([3, 1, 2]), np.array([3, 1, 2], ">f4")])
def test_lists_tuples_and_arrays_get_a_range_index(y):
    panel = read_panel(y)
    values, index = panel.series()
    np.testing.assert_array_equal(values, [3.0, 1.0, 2.0])
    assert values.dtype == np.dtype(float)
    pd.testing.assert_index_equal(index, pd.RangeIndex(3), exact=True)
    assert panel.format.names == (None,)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float32", "Int64", "Float64", "Sparse[float]"])
def test_every_real_dtype_is_read(dtype):
    values = read_panel(pd.Series([1, 0, 3], dtype=dtype)).series().values
    np.testing.assert_array_equal(values, [1.0, 0.0, 3.0])
    assert values.dtype == np.float64


def test_extreme_magnitudes_survive():
    np.testing.assert_array_equal(read_panel([1e30, -1e-30]).series().values, [1e30, -1e-30])


def number(label, dtype=float):
    return pd.Series(np.arange(len(label)), pd.Index(label), dtype=dtype)


NAN, INF = np.nan, np.inf
NO_SERIES = {
    "frame": (
        pd.DataFrame({"col": [1.0]}),
        TypeError,
        "`y` is a DataFrame; a single series is needed. Pass one column: y['col'].",
    ),
    "dict": (
        {"a": 1},
        TypeError,
        "`y` is of type dict; a Series, list or array is needed. Wrap it: pd.Series(y).",
    ),
    "matrix": (
        np.zeros((4, 2)),
        ValueError,
        "`y` has shape (4, 2); one dimension is needed. Pass one column or y.ravel().",
    ),
}
REFUSALS = {
    "none": (
        None,
        TypeError,
        "`y` is of type NoneType; a Series, list or array is needed. Wrap it: pd.Series(y).",
    ),
    "scalar array": (
        np.array(1.0),
        ValueError,
        "`y` has shape (); one dimension is needed. Pass one column or y.ravel().",
    ),
    "empty list": ([], ValueError, "`y` is empty; at least one observation is needed."),
    "empty series": (
        pd.Series([], dtype=float),
        ValueError,
        "`y` is empty; at least one observation is needed.",
    ),
    "strings": (
        pd.Series(["1", "2"], dtype="string[python]"),
        TypeError,
        "`y` has dtype string; real numbers are needed. Convert it: pd.to_numeric(y).",
    ),
    "objects": (
        [Decimal(1), Decimal(2)],
        TypeError,
        "`y` has dtype object; real numbers are needed. Convert it: pd.to_numeric(y).",
    ),
    "categories": (
        pd.Series([1, 2], dtype="category"),
        TypeError,
        "`y` has dtype category; real numbers are needed. Convert it: pd.to_numeric(y).",
    ),
    "booleans": (
        [True, False],
        TypeError,
        "`y` has dtype bool; real numbers are needed. Convert it: pd.Series(y, dtype=float).",
    ),
    "nullable booleans": (
        pd.Series([True, None], dtype="boolean"),
        TypeError,
        "`y` has dtype boolean; real numbers are needed. Convert it: pd.Series(y, dtype=float).",
    ),
    "complex": (
        [1j, 2],
        TypeError,
        "`y` has dtype complex128; real numbers are needed. Pass one part of it: np.abs(y) or np.real(y).",
    ),
    "times": (
        DAYS.as_unit("ns").to_series(),
        TypeError,
        "`y` has dtype datetime64[ns]; real numbers are needed. "
        "Times belong in the index: pd.Series(values, index=times).",
    ),
    "text index": (
        number(np.array(["2021-01-01", "2021-01-02"], dtype=object)),
        TypeError,
        f"`y` has an index of dtype {pd.Index(['2021']).dtype}; times, periods or real numbers are needed. "
        "Convert it: y.index = pd.to_datetime(y.index), or drop it: y.reset_index(drop=True).",
    ),
    "categorical index": (
        number(pd.CategoricalIndex([1, 2])),
        TypeError,
        "`y` has an index of dtype category; times, periods or real numbers are needed. "
        "Convert it: y.index = pd.to_datetime(y.index), or drop it: y.reset_index(drop=True).",
    ),
    "missing time": (
        number(DAYS[:3].insert(1, pd.NaT)),
        ValueError,
        "The index of `y` has a missing label at position 1; every observation needs one. "
        "Drop those without: y[y.index.notna()].",
    ),
    "missing number in the index": (
        number([0.0, 1.0, NAN]),
        ValueError,
        "The index of `y` has a missing label at position 2; every observation needs one. "
        "Drop those without: y[y.index.notna()].",
    ),
    "duplicated": (
        number(DAYS[[0, 1, 1, 2]]),
        ValueError,
        "The index of `y` has 2021-03-02 more than once; labels must be unique. "
        "Keep one of each, y[~y.index.duplicated()], or average them, y.groupby(level=0).mean().",
    ),
    "unsorted": (
        number(DAYS[[0, 2, 1, 3]] + pd.Timedelta(hours=9)),
        ValueError,
        "The index of `y` is not sorted: 2021-03-02 09:00:00 comes after 2021-03-03 09:00:00; "
        "labels must increase. Sort it: y.sort_index().",
    ),
    "unsorted periods": (
        number(pd.period_range("2021-01", periods=3, freq="M")[[1, 0, 2]]),
        ValueError,
        "The index of `y` is not sorted: 2021-01 comes after 2021-02; labels must increase. "
        "Sort it: y.sort_index().",
    ),
    "descending": (
        pd.Series(np.arange(4.0))[::-1],
        ValueError,
        "The index of `y` is not sorted: 2 comes after 3; labels must increase. Sort it: y.sort_index().",
    ),
    "unsorted nullable numbers": (
        number(pd.Index([1, 3, 2], dtype="Int64")),
        ValueError,
        "The index of `y` is not sorted: 2 comes after 3; labels must increase. Sort it: y.sort_index().",
    ),
    "infinite": (
        pd.Series([1, NAN, -INF, INF, 2, 3], DAYS),
        ValueError,
        "`y` has 2 infinite values, the first at 2021-03-03. "
        'Replace them, or pass NaN there and missing="interpolate".',
    ),
    "one infinite": (
        [1.0, INF],
        ValueError,
        "`y` has 1 infinite value, the first at index 1. "
        'Replace them, or pass NaN there and missing="interpolate".',
    ),
    "missing": (
        pd.Series([1, 2, 3, NAN, NAN, NAN], DAYS),
        ValueError,
        '`y` has 3 missing values, the first at 2021-03-04. Fill them, or pass missing="interpolate".',
    ),
    "one missing": (
        pd.Series([0.5, NAN], pd.Index([0.0, 0.125])),
        ValueError,
        '`y` has 1 missing value, the first at index 0.125. Fill them, or pass missing="interpolate".',
    ),
    "missing at an hour": (
        pd.Series([1, NAN], pd.date_range("2021-03-28 01:00", periods=2, freq="h", tz=BERLIN)),
        ValueError,
        "`y` has 1 missing value, the first at 2021-03-28 03:00:00+02:00. "
        'Fill them, or pass missing="interpolate".',
    ),
    "all missing": ([NAN, NAN], ValueError, "`y` has no observed value: all 2 are missing. Supply data."),
}


@pytest.mark.parametrize(("y", "error", "message"), NO_SERIES.values(), ids=NO_SERIES)
def test_what_is_no_single_series_is_refused_where_one_is_needed(y, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        as_series(y)


@pytest.mark.parametrize(("y", "error", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_say_what_arrived_and_the_way_out(y, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        read_panel(y)


@pytest.mark.parametrize("n_levels", [2, 3])
def test_a_single_series_has_an_index_of_one_level(n_levels):
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2], [3]][:n_levels])
    message = f"`y` has an index of {n_levels} levels; one is needed. Select a single series: y.loc[key]."
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check_labels(index)
    if n_levels > 2:  # two are a panel's
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            read_panel(pd.Series(np.arange(4.0), index))


@pytest.mark.parametrize("symptom", ["infinite", "all missing", "unsorted"])
def test_interpolation_excuses_nothing_but_gaps(symptom):
    y, error, message = REFUSALS[symptom]
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        read_panel(y, missing="interpolate")


@pytest.mark.parametrize("missing", ["drop", None])
def test_unknown_missing_lists_the_known_ones(missing):
    message = f"`missing` must be one of 'error', 'interpolate', 'mask'; got {missing!r}."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_panel([1.0, 2.0], missing=missing)
