"""Panels: every form is read into the same series and comes back as itself."""

import re

import numpy as np
import pandas as pd
import pytest

from tsrnn.timeseries.formats import Format
from tsrnn.timeseries.reading import read_alike, read_further, read_panel

DAYS = pd.date_range("2024-01-01", periods=6, freq="D", unit="s")
NAN = np.nan
A, B = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], [3.0, 5.0, 7.0]


def long(a=A, b=B):
    """Shop a from the first of January on, shop b from the third."""
    return pd.DataFrame(
        {
            "unique_id": ["a"] * len(a) + ["b"] * len(b),
            "ds": DAYS[: len(a)].append(DAYS[2 : 2 + len(b)]),
            "y": np.array([*a, *b], dtype=float),
        }
    )


def levels(**columns):
    return long(**columns).set_index(["unique_id", "ds"])["y"].rename("sales")


def as_dict(a=A, b=B):
    return {"a": pd.Series(a, DAYS[: len(a)]), "b": pd.Series(b, DAYS[2 : 2 + len(b)])}


FORMS = {"long": long, "levels": levels, "dict": as_dict}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def values(panel, s=0):
    """Values of one series, (n, C)."""
    return panel.arrays.values[slice(*panel.arrays.offsets[s : s + 2])]


def missing_in(panel, s=0):
    """Where nothing was observed of one series, (n, C)."""
    return panel.arrays.missing[slice(*panel.arrays.offsets[s : s + 2])]


def refuses(message, error=ValueError):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# --- reading -------------------------------------------------------------------------------------------


@each_form
def test_every_form_holds_the_same_series(form):
    panel = read_panel(form())
    assert panel.ids == ["a", "b"]
    np.testing.assert_array_equal(panel.series(0).values, A)
    np.testing.assert_array_equal(panel.series(1).values, B)
    assert panel.series(0).index.equals(DAYS)
    assert panel.series(1).index.equals(DAYS[2:5])
    assert panel.arrays.values.shape == panel.arrays.missing.shape == (9, 1)
    assert panel.arrays.offsets.tolist() == [0, 6, 9]
    assert list(panel.arrays.names) == ["a", "b"]
    assert panel.arrays.places.tolist() == [0, 1]
    assert not panel.is_single


@pytest.mark.parametrize("form", [long, levels])
def test_rows_of_a_series_may_lie_apart_and_series_keep_the_order_of_appearance(form):
    y = form(b=A[:3])
    shuffled = y.iloc[[6, 0, 1, 7, 2, 3, 4, 8, 5]]
    panel = read_panel(shuffled)
    assert panel.ids == ["b", "a"]
    np.testing.assert_array_equal(panel.series(0).values, A[:3])
    np.testing.assert_array_equal(panel.series(1).values, A)
    assert panel.series(1).index.equals(DAYS)


@each_form
def test_values_are_never_shared_with_the_caller(form):
    y = form()
    read_panel(y).arrays.values[:] = -1.0
    pd.testing.assert_frame_equal(pd.DataFrame(y), pd.DataFrame(form()))


def test_a_panel_of_one_is_what_the_single_door_reads():
    panel = read_panel([1, None, 3], missing="interpolate")
    assert panel.ids == [None]
    assert panel.is_single
    np.testing.assert_array_equal(panel.series().values, [1.0, 2.0, 3.0])
    assert list(panel.arrays.names) == [None]
    np.testing.assert_array_equal(panel.arrays.missing, [[False], [True], [False]])
    table = read_panel(pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]}))
    assert table.arrays.values.tolist() == [[1.0, 3.0], [2.0, 4.0]]


@pytest.mark.parametrize("missing", ["interpolate", "mask"])
@each_form
def test_what_has_not_begun_is_cut_off_and_what_ended_is_a_gap(form, missing):
    panel = read_panel(form(a=[NAN, NAN, 4.0, NAN, 8.0, NAN]), missing=missing)
    np.testing.assert_array_equal(panel.series(0).values, [4.0, 6.0, 8.0, 8.0])
    np.testing.assert_array_equal(missing_in(panel, 0)[:, 0], [False, True, False, True])
    assert panel.series(0).index.equals(DAYS[2:])
    np.testing.assert_array_equal(panel.series(1).values, B)
    assert panel.series(1).index.equals(DAYS[2:5])


@each_form
def test_leading_gaps_are_none_even_where_gaps_are_errors(form):
    assert len(read_panel(form(a=[NAN, *A[1:]])).series(0).values) == 5
    message = (
        "`y` has 1 missing value in series 'a', the first at 2024-01-02. "
        'Fill them, or pass missing="interpolate".'
    )
    with refuses(message):
        read_panel(form(a=[1.0, NAN, *A[2:]]))


@each_form
def test_series_never_observed_are_left_out_with_a_warning(form):
    y = form(b=[NAN, NAN, NAN])
    what = "`y` has no observed value in 1 of 2 series: 'b'. "
    with pytest.warns(UserWarning, match=re.escape(what + "They are left out.")):
        panel = read_panel(y, missing="mask")
    assert panel.ids == ["a"]
    with refuses(what + 'Leave them out, or pass missing="interpolate" or "mask", which do.'):
        read_panel(y)
    with refuses("`y` has no observed value in 2 of 2 series: 'a', 'b'. Supply data."):
        read_panel(form(a=[NAN], b=[NAN]), missing="mask")


def test_a_channel_that_one_series_lacks_is_masked_not_interpolated():
    table = pd.DataFrame({"x": [1.0, 2.0], "y": [NAN, NAN]})
    y = {"a": table, "b": pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, NAN]})}
    panel = read_panel(y, missing="mask")
    np.testing.assert_array_equal(values(panel, 0), [[1, 0], [2, 0]])
    np.testing.assert_array_equal(missing_in(panel, 0), [[False, True], [False, True]])
    np.testing.assert_array_equal(values(panel, 1), [[1, 3], [2, 3]])
    message = "`y` has no observed value in column 'y' in series 'a': all 2 are missing. Supply data."
    with refuses(message):
        read_panel(y, missing="interpolate")
    with refuses(message):  # no series has this channel
        read_panel({"a": table, "b": table}, missing="mask")


def test_large_arrays_of_float32_pass_as_they_are(monkeypatch, tmp_path):
    monkeypatch.setattr("tsrnn.timeseries.formats._LARGE", 8)
    memory = np.memmap(tmp_path / "values", np.float32, "w+", shape=9)
    arrays = read_panel(memory).arrays
    assert np.shares_memory(arrays.values, memory)
    assert np.shares_memory(read_panel(memory).series().values, memory)
    assert arrays.values.dtype == np.float32
    assert arrays.values.shape == (9, 1)
    assert arrays.missing.strides[0] == 0
    memory[8] = NAN
    with refuses('`y` has 1 missing value, the first at index 8. Fill them, or pass missing="interpolate".'):
        read_panel(memory)
    assert read_panel(memory, missing="interpolate").arrays.values.dtype == np.float64
    assert read_panel(memory[:8]).arrays.values.dtype == np.float64


# --- refusing ------------------------------------------------------------------------------------------

SWAPPED = long().iloc[[1, 0, *range(2, 9)]]
REFUSALS = {
    "unsorted": (
        SWAPPED,
        ValueError,
        "Column 'ds' of `y` is not sorted in series 'a': 2024-01-01 comes after 2024-01-02; labels must "
        "increase. Sort it: y.sort_values(['unique_id', 'ds']).",
    ),
    "unsorted levels": (
        SWAPPED.set_index(["unique_id", "ds"]),
        ValueError,
        "The second level of the index of `y` is not sorted in series 'a': 2024-01-01 comes after "
        "2024-01-02; labels must increase. Sort it: y.sort_index().",
    ),
    "unsorted in a dict": (
        {"a": pd.Series(B, DAYS[[1, 0, 2]])},
        ValueError,
        "The index of `y` is not sorted in series 'a': 2024-01-01 comes after 2024-01-02; labels must "
        "increase. Sort it: y.sort_index().",
    ),
    "duplicated": (
        long().iloc[[*range(9), 8]],
        ValueError,
        "Column 'ds' of `y` has 2024-01-05 more than once in series 'b'; labels must be unique. Keep one of "
        "each, y.drop_duplicates(['unique_id', 'ds']), or average them, "
        "y.groupby(['unique_id', 'ds'], as_index=False).mean().",
    ),
    "times as text": (
        long().astype({"ds": object}).assign(ds=lambda y: y["ds"].map(str)).astype({"ds": object}),
        TypeError,
        "`y` has a column 'ds' of dtype object; times, periods or real numbers are needed. "
        "Convert it: y['ds'] = pd.to_datetime(y['ds']).",
    ),
    "missing time": (
        long().assign(ds=lambda y: y["ds"].where(y.index != 4)),
        ValueError,
        "Column 'ds' of `y` has a missing label at position 4; every observation needs one. "
        "Drop those without: y.dropna(subset='ds').",
    ),
    "missing id": (
        long().assign(unique_id=lambda y: y["unique_id"].where(y.index != 4)),
        ValueError,
        "Column 'unique_id' of `y` has no name of the series at position 4; every row needs one. "
        "Drop those without: y.dropna(subset='unique_id').",
    ),
    "values as text": (
        long().assign(y=lambda y: y["y"].map(str).astype(object)),
        TypeError,
        "`y` has dtype object in column 'y'; real numbers are needed. Convert it: pd.to_numeric(y['y']).",
    ),
    "further column": (
        long().assign(price=1.0),
        ValueError,
        "`y` has the further column 'price'; a long table has 'unique_id', 'ds' and 'y' only. Pass future "
        "covariates as X=, past covariates as X_past=, static ones as static=, or drop it: "
        "y.drop(columns=['price']).",
    ),
    "absent column": (
        long().rename(columns={"ds": "date"}),
        ValueError,
        "`y` has the column 'unique_id' but not 'ds'; a long table needs 'unique_id', 'ds' and 'y'. Rename "
        'it, or say what they are called: columns=("id", "time", "value").',
    ),
    "infinite": (
        long(b=[1.0, np.inf]),
        ValueError,
        "`y` has 1 infinite value in series 'b', the first at 2024-01-04. "
        'Replace them, or pass NaN there and missing="interpolate".',
    ),
    "times before series": (
        levels().swaplevel(),
        TypeError,
        f"`y` has an index with times as its first level, 'ds', and {long()['unique_id'].dtype} as its "
        "second; series come first, then times. Swap them: y.swaplevel().sort_index().",
    ),
    "ids in the index": (
        long().set_index("unique_id"),
        ValueError,
        "`y` has 'unique_id' as its index; a long table has it as a column. Pass y.reset_index().",
    ),
    "ids that are numbers": (
        SWAPPED.assign(unique_id=7),
        ValueError,
        "Column 'ds' of `y` is not sorted in series 7: 2024-01-01 comes after 2024-01-02; labels must "
        "increase. Sort it: y.sort_values(['unique_id', 'ds']).",
    ),
    "no rows": (long()[:0], ValueError, "`y` is empty; at least one observation is needed."),
    "no entries": ({}, ValueError, "`y` is an empty dict; at least one series is needed."),
    "empty entry": (
        {"a": A, "b": []},
        ValueError,
        "`y` is empty in series 'b'; at least one observation is needed.",
    ),
    "scalar entry": (
        {"a": 1.0},
        TypeError,
        "`y` has float as series 'a'; a Series or list is needed.",
    ),
    "other columns": (
        {"a": pd.DataFrame({"x": [1.0]}), "b": pd.DataFrame({"y": [1.0]})},
        ValueError,
        "Series 'b' of `y` has other columns than series 'a'; all need the same. "
        "Pass them in the same order: y[key][[...]].",
    ),
}


@pytest.mark.parametrize(("y", "error", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_name_the_series_and_the_way_out(y, error, message):
    with refuses(message, error):
        read_panel(y)


# --- wrapping ------------------------------------------------------------------------------------------

MEANS = np.array([[[10.0], [11.0]], [[20.0], [21.0]]])
BANDS = np.stack([MEANS, MEANS - 1, MEANS + 1], axis=-1)
NAMES = ["mean", "lo-80", "hi-80"]
AHEAD = pd.to_datetime(["2024-01-07", "2024-01-08", "2024-01-06", "2024-01-07"]).as_unit("s")


def test_long_tables_come_back_long():
    panel = read_panel(long())
    expected = pd.DataFrame({"unique_id": list("aabb"), "ds": AHEAD, "GRU": [10.0, 11, 20, 21]})
    pd.testing.assert_frame_equal(panel.wrap(MEANS, "GRU"), expected)
    expected = expected.assign(**{"GRU-lo-80": expected["GRU"] - 1, "GRU-hi-80": expected["GRU"] + 1})
    pd.testing.assert_frame_equal(panel.wrap(BANDS, "GRU", NAMES), expected)


def test_columns_by_other_names_come_back_by_them():
    columns = ("shop", "day", "sales")
    y = long().set_axis(columns, axis=1)
    wrapped = read_panel(y.astype({"shop": "category"}), columns=columns).wrap(MEANS, "GRU")
    assert wrapped.columns.tolist() == ["shop", "day", "GRU"]
    assert wrapped["shop"].dtype == "category"


def test_two_levels_come_back():
    panel = read_panel(levels())
    index = pd.MultiIndex.from_arrays([list("aabb"), AHEAD], names=["unique_id", "ds"])
    expected = pd.Series([10.0, 11, 20, 21], index, name="sales")
    pd.testing.assert_series_equal(panel.wrap(MEANS, "GRU"), expected)
    bands = pd.DataFrame({"mean": expected, "lo-80": expected - 1, "hi-80": expected + 1})
    pd.testing.assert_frame_equal(panel.wrap(BANDS, "GRU", NAMES), bands)


def test_channels_with_two_levels_come_back():
    y = pd.DataFrame({"x": levels(), "y": levels() + 1})
    panel = read_panel(y)
    wrapped = panel.wrap(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), "GRU")
    index = pd.MultiIndex.from_arrays([["a", "b"], AHEAD[[0, 2]]], names=["unique_id", "ds"])
    pd.testing.assert_frame_equal(wrapped, pd.DataFrame({"x": [1.0, 3.0], "y": [2.0, 4.0]}, index))
    bands = panel.wrap(np.stack([np.arange(6.0).reshape(1, 2, 3)] * 2), "GRU", NAMES)
    assert bands["y", "lo-80"].tolist() == [4.0, 4.0]
    assert bands["x", "hi-80"].tolist() == [2.0, 2.0]


def test_a_dict_comes_back_as_one():
    y = {1: pd.Series(A, DAYS, name="one"), 2: B}
    wrapped = read_panel(y).wrap(MEANS, "GRU")
    assert list(wrapped) == [1, 2]
    pd.testing.assert_series_equal(wrapped[1], pd.Series([10.0, 11], AHEAD[:2], name="one"), check_freq=False)
    pd.testing.assert_series_equal(wrapped[2], pd.Series([20.0, 21], pd.RangeIndex(3, 5)))
    assert read_panel(y).wrap(BANDS, "GRU", NAMES)[2]["hi-80"].tolist() == [21.0, 22.0]


def test_a_single_series_or_table_comes_back_as_such():
    series = read_panel(pd.Series(A, DAYS, name="sales"))
    expected = pd.Series([10.0, 11.0], (DAYS[4:] + pd.Timedelta(days=2)).as_unit("s"), name="sales")
    pd.testing.assert_series_equal(series.wrap(MEANS[:1], "GRU"), expected, check_freq=False)
    bands = series.wrap(BANDS[:1], "GRU", NAMES)
    assert bands.columns.tolist() == NAMES
    assert bands["lo-80"].tolist() == [9.0, 10.0]
    table = read_panel(pd.DataFrame({"x": A, "y": A}, DAYS))
    bands = table.wrap(np.arange(12.0).reshape(1, 2, 2, 3), "GRU", NAMES)
    assert bands.columns.tolist() == [(channel, name) for channel in "xy" for name in NAMES]
    assert bands["y", "mean"].tolist() == [3.0, 9.0]


@each_form
def test_what_was_observed_comes_back_as_it_came(form):
    y = form(a=[1.0, NAN, 4.0, 8.0, NAN, NAN])
    observed = read_panel(y, missing="interpolate").observed()
    if form is long:
        pd.testing.assert_frame_equal(observed, y)
    elif form is levels:
        pd.testing.assert_series_equal(observed, y)
    else:
        assert list(observed) == list(y)
        for key, part in y.items():
            pd.testing.assert_series_equal(observed[key], part)


@each_form
def test_paths_come_back_in_the_form_that_came(form):
    paths = np.arange(12.0).reshape(2, 2, 1, 3)  # of two series, two steps, one channel
    wrapped = read_panel(form()).wrap_paths(paths, "GRU")
    if form is long:
        assert wrapped.columns.tolist() == ["unique_id", "ds", "path", "GRU"]
        assert wrapped["path"].tolist() == [0, 0, 1, 1, 2, 2] * 2
        assert wrapped["GRU"].tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]
        assert wrapped["unique_id"].tolist() == ["a"] * 6 + ["b"] * 6
        assert wrapped["ds"].tolist() == [*AHEAD[:2]] * 3 + [*AHEAD[2:]] * 3
        return
    both = wrapped if form is levels else pd.concat(wrapped)
    assert both.columns.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(both, np.arange(12.0).reshape(4, 3))
    assert both.index.get_level_values(1).tolist() == [*AHEAD]


@each_form
def test_the_first_steps_of_some_series_are_a_panel(form):
    panel = read_panel(form(a=[1.0, 2.0, NAN, 8.0, 16.0, 32.0]), missing="interpolate")
    some = panel.until(np.array([1, 0, 0]), np.array([2, 3, 6]))
    assert some.ids == ["b", "a", "a"]
    assert [one.tolist() for one in (some.series(s).values for s in range(3))] == [
        B[:2],
        [1.0, 2.0, 2.0],  # what came later fills no gap
        [1.0, 2.0, 5.0, 8.0, 16.0, 32.0],
    ]
    assert [some.series(s).index.equals(x) for s, x in enumerate([DAYS[2:4], DAYS[:3], DAYS])] == [True] * 3
    assert some.labels.following(1).flat.tolist() == [DAYS[4], DAYS[3], DAYS[5] + pd.Timedelta(days=1)]


@each_form
def test_one_series_and_one_channel_are_panels_of_their_own(form):
    panel = read_panel(form())
    one, alone = panel.one(1), panel.single(1)
    for part, name in ((one, "b"), (alone, panel.format.name_of(1, "b"))):
        assert part.is_one
        assert part.format.names == (name,)
        assert part.series().values.tolist() == B
        assert part.series().index.equals(DAYS[2:5])
    assert [(key, part.series().values.tolist()) for key, part in panel.alone()] == [("a", A), ("b", B)]
    table = read_panel({"a": pd.DataFrame({"x": A, "y": A}, DAYS), "b": pd.DataFrame({"x": B, "y": B[::-1]})})
    assert [key for key, _ in table.alone()] == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert table.single(1, 1).series().values.tolist() == B[::-1]
    assert table.one(1).columns.tolist() == ["x", "y"]
    assert list(table.channel_names) == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


# --- labels ahead --------------------------------------------------------------------------------------


def test_a_series_of_one_day_continues_as_the_others_do():
    y = pd.concat([long(), pd.DataFrame({"unique_id": ["new"], "ds": DAYS[5:], "y": [1.0]})])
    assert read_panel(y).wrap(np.ones((3, 1, 1)), "GRU")["ds"].iloc[-1] == pd.Timestamp("2024-01-07")


def test_kinds_of_labels_may_differ_in_a_dict():
    y = {"a": pd.Series(A, DAYS), "b": B, "c": pd.Series(B, pd.period_range("2024-01", periods=3, freq="M"))}
    wrapped = read_panel(y).wrap(np.ones((3, 1, 1)), "GRU")
    assert [str(wrapped[key].index[0]) for key in "abc"] == ["2024-01-07 00:00:00", "3", "2024-04"]


# --- other and further histories -----------------------------------------------------------------------


@each_form
def test_other_histories_may_come_in_any_form_with_new_series(form):
    panel = read_panel(form())
    other = read_alike({"a": pd.Series(B, DAYS[:3]), "c": pd.Series(A, DAYS)}, panel)
    assert other.ids == ["a", "c"]
    assert other.format.kind == "dict"
    assert other.arrays.places.tolist() == [0, -1]
    assert read_alike(pd.Series(A, DAYS), panel).is_single
    with refuses(
        "`y` has the 2 columns 'x', 'z'; the model was fitted to series without columns. "
        "Pass one column: y['x']."
    ):
        read_alike(pd.DataFrame({"x": A, "z": A}), panel)


@pytest.mark.parametrize("form", [long, levels, as_dict])
def test_what_follows_is_joined_to_each_series(form):
    panel = read_panel(form(b=[3.0, NAN, NAN]), missing="mask")
    ahead = {"b": pd.Series([7.0, 9.0], DAYS[4:] + pd.Timedelta(days=1)), "c": pd.Series([1.0], DAYS[5:])}
    further = read_further(ahead, panel, missing="mask")
    assert further.ids == ["a", "b", "c"]
    if form is as_dict:  # which has a name and metadata for each series
        assert further.format == Format("dict", (None,) * 3, ({},) * 3)
    else:
        assert further.format == panel.format
    np.testing.assert_array_equal(further.series(0).values, A)
    np.testing.assert_allclose(further.series(1).values, [3, 3 + 4 / 3, 3 + 8 / 3, 7, 9])
    np.testing.assert_array_equal(missing_in(further, 1)[:, 0], [False, True, True, False, False])
    assert further.series(1).index[-1] == pd.Timestamp("2024-01-07")
    assert further.series(0).index.equals(DAYS)
    np.testing.assert_array_equal(further.series(2).values, [1.0])
    assert further.series(2).index.equals(DAYS[5:])


@each_form
def test_what_follows_must_start_after_each_end(form):
    message = (
        "`y` must start after the last observation of series 'b', 2024-01-05; it starts at 2024-01-05. "
        "Pass only what is new."
    )
    with refuses(message):
        read_further({"b": pd.Series([1.0], DAYS[4:5])}, read_panel(form()))


def test_lists_follow_in_a_dict():
    further = read_further({"a": [64.0], "b": [9.0]}, read_panel({"a": pd.Series(A, DAYS), "b": B}))
    assert further.series(0).index[-1] == pd.Timestamp("2024-01-07")
    assert further.series(1).values.tolist() == [*B, 9.0]


def test_one_series_does_not_follow_a_panel():
    with refuses(
        "`y` is a single series; the model was fitted to 2. Pass what follows as a panel, too.",
        TypeError,
    ):
        read_further(pd.Series([1.0], DAYS[5:]), read_panel(long()))


@pytest.mark.parametrize("form", ["long", "levels", "dict"])
def test_a_new_row_of_each_series_has_the_step_of_those_before(form):
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    table = pd.DataFrame(
        {"unique_id": np.repeat(["a", "b"], 24), "ds": np.tile(months, 2), "y": np.arange(48.0)}
    )
    new = pd.DataFrame(
        {"unique_id": ["a", "b"], "ds": pd.to_datetime(["2026-01-01", "2026-05-01"]), "y": 3.0}
    )
    convert = {
        "long": lambda one: one,
        "levels": lambda one: one.set_index(["unique_id", "ds"])["y"],
        "dict": lambda one: {key: rows.set_index("ds")["y"] for key, rows in one.groupby("unique_id")},
    }[form]
    panel = read_alike(convert(new), read_panel(convert(table)))
    future = panel.labels.following(2)
    assert [str(future.of(s)[-1].date()) for s in (0, 1)] == ["2026-03-01", "2026-07-01"]
    with pytest.raises(ValueError, match=r"^The index of `y` is a single time without a frequency"):
        read_panel(convert(new[:1])).labels.following(1)


def test_what_follows_comes_into_the_zone_of_the_series():
    hours = pd.date_range("2024-01-01", periods=5, freq="h", tz="Europe/Berlin")
    first = read_panel(pd.Series(np.arange(4.0), hours[:4]))
    further = read_further(pd.Series([4.0], hours[4:].tz_convert("UTC")), first)
    assert further.labels.of(0).equals(hours)
    table = pd.DataFrame({"unique_id": "a", "ds": hours, "y": 1.0})
    later = table[4:].assign(ds=table["ds"][4:].dt.tz_convert("UTC"))
    assert read_further(later, read_panel(table[:4])).labels.of(0).equals(hours)


@pytest.mark.parametrize(
    "index",
    [pd.DatetimeIndex(["2024-01-09"], tz="UTC"), pd.period_range("2024-01-09", periods=1), pd.Index([9])],
)
def test_what_follows_has_labels_of_the_same_kind(index):
    days = pd.date_range("2024-01-01", periods=4)
    for wrap in (lambda one: one, lambda one: {"a": one}):
        first = read_panel(wrap(pd.Series(np.arange(4.0), days)))
        with pytest.raises(
            TypeError, match=r"^The index of `y` has dtype .*, that of the training series datetime"
        ):
            read_further(wrap(pd.Series([4.0], index)), first)
