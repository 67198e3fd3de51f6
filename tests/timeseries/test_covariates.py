"""Covariates: aligned by their labels with every series, whatever form they come in."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.timeseries.covariates import read_covariates, read_further_covariates
from tsrnn.timeseries.reading import read_alike, read_further, read_panel

DAYS = pd.date_range("2024-01-01", periods=8, freq="D", unit="s")
NAN = np.nan
SERIES = pd.Series([1.0, 2, 4, 8, 16], DAYS[:5], name="sales")
X = pd.DataFrame({"price": np.arange(8.0), "promo": np.arange(8) % 2 == 0}, DAYS)
PRICES = {
    "a": X["price"],
    "b": 10 + X["price"],
}  # series a runs from the first to the fifth, b from the third


def long(n=5):
    parts = [("a", DAYS[:n]), ("b", DAYS[2:n])]
    return pd.concat([pd.DataFrame({"unique_id": key, "ds": days, "y": 1.0}) for key, days in parts])


def long_prices():
    parts = [pd.DataFrame({"unique_id": key, "ds": DAYS, "price": x.to_numpy()}) for key, x in PRICES.items()]
    return pd.concat(parts)


def future(panel, s=0):
    """Future covariates of one series."""
    return panel.arrays.future[slice(*panel.arrays.future_offsets[s : s + 2])]


def past(panel, s=0):
    """Past covariates of one series."""
    return panel.arrays.past[slice(*panel.arrays.offsets[s : s + 2])]


def refuses(message, error=ValueError):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# --- aligning ------------------------------------------------------------------------------------------


def test_rows_go_with_the_labels_whatever_their_order():
    panel = read_panel(SERIES)
    fitted = read_covariates(panel, X.iloc[::-1], X["price"].rename("past"))
    np.testing.assert_array_equal(future(fitted), [[0, 1], [1, 0], [2, 1], [3, 0], [4, 1]])
    np.testing.assert_array_equal(past(fitted), [[0], [1], [2], [3], [4]])
    assert fitted.schema.future.tolist() == ["price", "promo"]
    assert fitted.schema.past.tolist() == ["past"]
    assert fitted.schema.n_future == 2
    ahead = read_further_covariates(
        panel, X[["promo", "price"]][5:], schema=fitted.schema, horizon=2, before=fitted
    )
    np.testing.assert_array_equal(future(ahead)[5:], [[5, 0], [6, 1]])
    np.testing.assert_array_equal(future(ahead)[:5], future(fitted))
    assert len(future(ahead)) == ahead.arrays.lengths[0] + 2
    np.testing.assert_array_equal(ahead.arrays.with_values(), future(fitted))
    np.testing.assert_array_equal(past(ahead), past(fitted))


FORMS = {
    "long": long_prices(),
    "shuffled": long_prices().sample(frac=1, random_state=0),
    "levels": long_prices().set_index(["unique_id", "ds"]),
    "levels, a series": long_prices().set_index(["unique_id", "ds"])["price"],
    "dict": PRICES,
    "dict of tables": {key: x.to_frame() for key, x in PRICES.items()},
}


@pytest.mark.parametrize("prices", FORMS.values(), ids=FORMS)
def test_every_form_gives_each_series_its_own_rows(prices):
    panel = read_panel(long())
    fitted = read_covariates(panel, prices)
    np.testing.assert_array_equal(future(fitted, 0), [[0], [1], [2], [3], [4]])
    np.testing.assert_array_equal(future(fitted, 1), [[12], [13], [14]])
    ahead = read_further_covariates(panel, prices, schema=fitted.schema, horizon=3, before=fitted)
    np.testing.assert_array_equal(future(ahead, 0)[5:], [[5], [6], [7]])
    np.testing.assert_array_equal(future(ahead, 1), [[12], [13], [14], [15], [16], [17]])


@pytest.mark.parametrize("table", [X, X.rename_axis("ds").reset_index()], ids=["index", "column"])
def test_one_table_indexed_by_time_goes_with_all_series(table):
    np.testing.assert_array_equal(
        future(read_covariates(read_panel(long()), table), 1), [[2, 1], [3, 0], [4, 1]]
    )


def test_arrays_go_with_arrays_row_by_row():
    panel = read_panel([1.0, 2.0, 4.0])
    fitted = read_covariates(panel, [5.0, 6.0, 7.0])
    np.testing.assert_array_equal(future(fitted), [[5], [6], [7]])
    ahead = read_further_covariates(
        panel, np.array([[8.0], [9.0]]), schema=fitted.schema, horizon=2, before=fitted
    )
    np.testing.assert_array_equal(future(ahead), [[5], [6], [7], [8], [9]])
    message = (
        "`X` has 1 rows without labels; 2 are needed: 0 of the history and 2 ahead. "
        "Pass these, or a DataFrame with an index."
    )
    with refuses(message):
        read_further_covariates(panel, [8.0], schema=fitted.schema, horizon=2, before=fitted)


def test_another_history_needs_its_own_rows():
    panel = read_panel(SERIES)
    schema = read_covariates(panel, X, X["price"].rename("past")).schema
    other = read_alike(SERIES[1:4], panel)
    found = read_further_covariates(other, X, X["price"].rename("past") * 2, schema=schema, horizon=1)
    np.testing.assert_array_equal(future(found)[:, 0], [1, 2, 3, 4])
    np.testing.assert_array_equal(past(found)[:, 0], [2, 4, 6])


def test_what_follows_needs_only_the_new_rows():
    panel = read_panel(long())
    before = read_covariates(panel, long_prices())
    further = read_further({"a": pd.Series([1.0], DAYS[5:6]), "c": pd.Series([1.0], DAYS[5:6])}, panel)
    new = dict.fromkeys("abc", PRICES["a"][5:])
    found = read_further_covariates(further, new, schema=before.schema, before=before)
    np.testing.assert_array_equal(future(found, 0), [[0], [1], [2], [3], [4], [5]])
    np.testing.assert_array_equal(future(found, 1), future(before, 1))
    np.testing.assert_array_equal(future(found, 2), [[5]])


def test_without_covariates_there_are_none():
    fitted = read_covariates(read_panel(SERIES))
    assert fitted.arrays.with_values().shape == fitted.arrays.past.shape == (5, 0)
    assert fitted.schema.n_future == 0
    assert fitted.schema.n_categories == ()
    assert (
        read_further_covariates(read_panel(SERIES), schema=fitted.schema, horizon=3).arrays.future.size == 0
    )


def test_the_calendar_is_known_ahead_without_a_table():
    days = pd.date_range("2024-01-01", periods=17)
    y = {"a": pd.Series(1.0, days[:14]), "b": pd.Series(1.0, days[2:14])}
    panel, prices = read_panel(y), pd.DataFrame({"price": np.arange(17.0)}, days)
    before = read_covariates(panel, prices, calendar="auto")
    assert before.schema.n_future == 1 + 3  # a year was not seen twice
    found = read_further_covariates(panel, prices, schema=before.schema, horizon=1, before=before)
    a, b = future(found, 0), future(found, 1)
    np.testing.assert_array_equal(a[:14], future(before, 0))
    np.testing.assert_array_equal(a[:, 3], [0, 0, 0, 0, 0, 1, 1] * 2 + [0])  # 2024 begins on a Monday
    np.testing.assert_array_equal(b, a[2:])
    only = read_covariates(panel, calendar="auto")
    assert future(read_further_covariates(panel, schema=only.schema, horizon=3, before=only)).shape == (17, 3)
    with pytest.raises(TypeError, match=r"a calendar needs dates"):
        read_covariates(read_panel([1.0, 2.0]), calendar="auto")
    with refuses('`calendar` must be None or "auto"; got "hours".'.replace('"hours"', "'hours'")):
        read_covariates(panel, calendar="hours")


# --- missing values ------------------------------------------------------------------------------------


def test_gaps_known_ahead_are_bridged_and_others_hold_the_last_value():
    panel = read_panel(SERIES)
    gappy = pd.DataFrame({"x": [NAN, 2.0, NAN, NAN, 8.0, 3.0, NAN, 5.0]}, DAYS)
    gappy_past = gappy.rename(columns={"x": "past"})
    found = read_covariates(panel, gappy, gappy_past, missing="interpolate")
    np.testing.assert_array_equal(future(found)[:, 0], [2, 2, 4, 6, 8])
    np.testing.assert_array_equal(past(found)[:, 0], [2, 2, 2, 2, 8])
    ahead = read_further_covariates(
        panel, gappy, schema=found.schema, horizon=3, missing="interpolate", before=found
    )
    np.testing.assert_array_equal(future(ahead)[5:, 0], [3, 4, 5])
    masked = read_covariates(panel, gappy, gappy_past, missing="mask")
    np.testing.assert_array_equal(future(masked)[:, 0], [NAN, 2, NAN, NAN, 8])
    np.testing.assert_array_equal(past(masked)[:, 0], [NAN, 2, NAN, NAN, 8])


def test_the_first_new_gap_holds_what_was_known_before_it():
    panel = read_panel(SERIES)
    table = pd.Series([1.0, 2, 3, 4, 5, NAN, 7], DAYS[:7], name="past")
    before = read_covariates(panel, X_past=table, missing="interpolate")
    further = read_further(pd.Series([1.0, 1.0], DAYS[5:7]), panel)
    found = read_further_covariates(
        further, X_past=table, schema=before.schema, missing="interpolate", before=before
    )
    np.testing.assert_array_equal(past(found)[:, 0], [1, 2, 3, 4, 5, 5, 7])


def test_gaps_beyond_what_is_needed_do_not_matter():
    gappy = X.assign(price=[0.0, 1, 2, 3, 4, NAN, np.inf, 7])
    np.testing.assert_array_equal(future(read_covariates(read_panel(SERIES), gappy))[:, 0], [0, 1, 2, 3, 4])


# --- many series ---------------------------------------------------------------------------------------


@given(data=st.data(), seed=st.integers(0, 1000), n_series=st.integers(1, 5), missing=st.booleans())
def test_rows_of_many_series_are_found_one_by_one(data, seed, n_series, missing):
    rng = np.random.default_rng(seed)
    horizon = data.draw(st.integers(0, 3))
    days = pd.date_range("2024-01-01", periods=40, freq="D")
    begins, lengths = rng.integers(0, 9, n_series), rng.integers(3, 20, n_series)
    keys = [f"s{s}" for s in range(n_series)]
    y = pd.concat(
        [
            pd.DataFrame({"unique_id": key, "ds": days[a : a + n], "y": 1.0})
            for key, a, n in zip(keys, begins, lengths, strict=True)
        ]
    )
    prices = pd.DataFrame(
        {"unique_id": np.repeat([*keys, "other"], 40), "ds": days[np.tile(np.arange(40), n_series + 1)]}
    ).assign(price=lambda x: rng.standard_normal(len(x)))
    prices.loc[rng.random(len(prices)) < 0.3 * missing, "price"] = NAN
    observed = prices.set_index(["unique_id", "ds"])["price"]
    for key, a, n in zip(keys, begins, lengths, strict=True):
        observed.loc[key, days[a + n // 2]] = 1.5  # something has to be known
        observed.loc[key, days[a + n + horizon - 1]] = 2.5  # and how what is ahead ends
    shuffled = observed.reset_index().sample(frac=1, random_state=seed)
    panel = read_panel(y)
    fitted = read_covariates(
        panel, shuffled, shuffled.rename(columns={"price": "past"}), missing="interpolate"
    )
    ahead = read_further_covariates(
        panel, shuffled, schema=fitted.schema, horizon=horizon, before=fitted, missing="interpolate"
    )
    fresh = read_covariates(panel, shuffled, missing="mask")
    for s, (key, a, n) in enumerate(zip(keys, begins, lengths, strict=True)):
        own = observed.loc[key].to_numpy()
        held = [own[t] for t in range(a, a + n)]
        for i in range(1, n):
            held[i] = held[i - 1] if np.isnan(held[i]) else held[i]
        first = int(np.flatnonzero(~np.isnan(own[a : a + n]))[0])
        held[:first] = [own[a + first]] * first
        np.testing.assert_array_equal(past(fitted, s)[:, 0], held)
        np.testing.assert_array_equal(future(fresh, s)[:, 0], own[a : a + n])
        known = np.flatnonzero(~np.isnan(own[a : a + n]))
        lines = np.interp(np.arange(n), known, own[a + known])
        np.testing.assert_allclose(future(fitted, s)[:, 0], lines, rtol=1e-14)
        np.testing.assert_array_equal(future(ahead, s)[:n], future(fitted, s))
        known = np.flatnonzero(~np.isnan(own[a + n : a + n + horizon])) + n
        np.testing.assert_array_equal(future(ahead, s)[known, 0], own[a + known])
        assert np.isfinite(future(ahead, s)).all()
        assert len(future(ahead, s)) == n + horizon


def test_the_time_since_the_label_before_starts_afresh_in_each_series():
    y = {"a": pd.Series(1.0, DAYS[[0, 1, 4, 5]]), "b": pd.Series(1.0, DAYS[[0, 2, 3]])}
    fitted = read_covariates(read_panel(y, regular=False), time_step=True)
    assert fitted.schema.step == pd.Timedelta(days=1).value
    np.testing.assert_allclose(past(fitted, 0)[:, 0], [0, 0, np.log(3), 0], atol=1e-15)
    np.testing.assert_allclose(past(fitted, 1)[:, 0], [0, np.log(2), 0], atol=1e-15)


# --- static --------------------------------------------------------------------------------------------


def static(**columns):
    index = pd.Index(["b", "a", "z"])
    return pd.DataFrame({"size": [20, 10, 90], "kind": ["shop", "kiosk", "web"], **columns}, index)


def test_numbers_and_categories_tell_series_apart():
    panel = read_panel(long())
    found = read_covariates(panel, static=static(open=[True, False, True]))
    assert found.schema.numbers.tolist() == ["size"]
    assert {name: labels.tolist() for name, labels in found.schema.categories.items()} == {
        "kind": ["kiosk", "shop"],
        "open": [False, True],
    }
    assert found.schema.n_categories == (2, 2)
    assert found.arrays.static.tolist() == [[10.0], [20.0]]
    assert found.arrays.codes.tolist() == [[0, 0], [1, 1]]
    assert found.arrays.codes.dtype == np.int64


@pytest.mark.parametrize("dtype", ["category", object, "str"])
def test_a_new_series_has_an_unknown_category(dtype):
    panel = read_panel(long())
    fitted = read_covariates(panel, static=static().astype({"kind": dtype}))
    schema = fitted.schema
    other = read_panel({"z": SERIES, "b": SERIES})
    found = read_further_covariates(
        other, static=static().astype({"kind": dtype})[["kind", "size"]], schema=schema
    )
    assert found.arrays.static.tolist() == [[90.0], [20.0]]
    assert found.arrays.codes.tolist() == [[-1], [1]]
    message = "The model was fitted with `static`; 1 of 2 series are new and need it: 'z'. Pass static=."
    with refuses(message):
        read_further_covariates(other, schema=schema, fitted=fitted)
    known = read_further_covariates(read_panel({"b": SERIES}), schema=schema, fitted=fitted).arrays
    assert known.codes.tolist() == [[1]]
    assert known.static.tolist() == [[20.0]]


def test_static_may_have_the_ids_in_a_column_and_one_row_for_a_single_series():
    table = static().rename_axis("unique_id").reset_index()
    assert read_covariates(read_panel(long()), static=table).arrays.static[1].tolist() == [20.0]
    found = read_covariates(read_panel(SERIES), static=pd.DataFrame({"size": [3]})).arrays
    assert found.static.tolist() == [[3.0]]
    assert found.codes.shape == (1, 0)


# --- refusing ------------------------------------------------------------------------------------------

REFUSALS = {
    "rows of the history": (
        SERIES,
        {"X": X[1:4]},
        ValueError,
        "`X` has no row for 2 of the 5 steps of the history: 2024-01-01, 2024-01-05. "
        "Every step needs one; further ones are ignored.",
    ),
    "rows of one series": (
        long(),
        {"X": {"a": PRICES["a"], "b": PRICES["b"][:3]}},
        ValueError,
        "`X` has no row for 2 of the 3 steps of the history of series 'b': 2024-01-04, 2024-01-05. "
        "Every step needs one; further ones are ignored.",
    ),
    "a whole series": (
        long(),
        {"X": {"a": PRICES["a"], "B": PRICES["b"]}},
        ValueError,
        "`X` has no rows for 1 of the 2 series: 'b'. It has others that `y` has not: 'B'. "
        "Supply them, or pass one table indexed by time for all series.",
    ),
    "labels of another kind": (
        SERIES,
        {"X": X.set_index(np.arange(8))},
        ValueError,
        "`X` has no row for 5 of the 5 steps of the history: 2024-01-01, 2024-01-02, 2024-01-03, .... Its "
        "labels are of dtype int64, those of `y` datetime64[s]. Every step needs one; further ones are "
        "ignored.",
    ),
    "duplicates": (
        SERIES,
        {"X_past": X.iloc[[0, 1, 1, 2, 3, 4]]},
        ValueError,
        "`X_past` has 2024-01-02 more than once; each step needs one row. Keep one of each.",
    ),
    "text": (
        SERIES,
        {"X": X.assign(kind=pd.Series(["a"] * 8, DAYS, dtype=object))},
        TypeError,
        "`X` has dtype object in column 'kind'; numbers are needed. One-hot encode it: pd.get_dummies(X).",
    ),
    "times": (
        long(),
        {"X": long_prices().assign(when=lambda x: x["ds"])},
        TypeError,
        "`X` has dtype datetime64[s] in column 'when'; numbers are needed. "
        'Drop it; calendar="auto" tells the time.',
    ),
    "missing": (
        SERIES,
        {"X": X.assign(price=[0, NAN, NAN, *range(5)])},
        ValueError,
        "`X` has 2 missing of 5 values in column 'price', the first at 2024-01-02. "
        'Fill them, or pass missing="interpolate" or "mask".',
    ),
    "infinite": (
        SERIES,
        {"X": X.assign(price=np.inf), "missing": "mask"},
        ValueError,
        "`X` has 5 infinite of 5 values in column 'price', the first at 2024-01-01. Replace them.",
    ),
    "nothing observed": (
        SERIES,
        {"X": X.assign(price=NAN), "missing": "interpolate"},
        ValueError,
        "`X` has 5 missing of 5 values in column 'price', the first at 2024-01-01. Supply data.",
    ),
    "no columns": (
        SERIES,
        {"X": X[[]]},
        ValueError,
        "`X` has no columns of covariates; at least one is needed. Leave it out.",
    ),
    "the values themselves": (
        long(),
        {"X": long()},
        ValueError,
        "`X` has the column 'y', which is to be forecast. Drop it: X.drop(columns='y').",
    ),
    "the same column twice": (
        SERIES,
        {"X": X, "X_past": X},
        ValueError,
        "Column 'price' is in both `X` and `X_past`; it belongs in one of them.",
    ),
    "several series for one": (
        SERIES,
        {"X": PRICES},
        ValueError,
        "`X` has several series, `y` is one. Pass a DataFrame indexed like `y`: X.loc[key].",
    ),
    "no time": (
        long(),
        {"X": long_prices().drop(columns="ds")},
        ValueError,
        "`X` has no column 'ds'; a long table needs it for the times.",
    ),
    "static of one series": (
        long(),
        {"static": static().iloc[:1]},
        ValueError,
        "`static` has no row for 1 of the 2 series: 'a'. Its index must hold their names.",
    ),
    "static twice": (
        long(),
        {"static": static().iloc[[0, 1, 1]]},
        ValueError,
        "`static` has series 'a' more than once; one row a series is needed.",
    ),
    "static missing": (
        long(),
        {"static": static(area=[NAN, 1.0, 1.0])},
        ValueError,
        "`static` has no finite number in column 'area' for series 'b'. "
        "Fill it: static.fillna(static.median(numeric_only=True)).",
    ),
    "static no table": (
        long(),
        {"static": {"a": 1}},
        TypeError,
        "`static` is of type dict; a DataFrame with one row a series is needed.",
    ),
}


@pytest.mark.parametrize(("y", "covariates", "error", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_say_what_is_needed(y, covariates, error, message):
    with refuses(message, error):
        read_covariates(read_panel(y), **covariates)


def test_forecasts_name_the_steps_that_are_lacking():
    panel = read_panel(SERIES)
    before = read_covariates(panel, X)
    with refuses(
        "`X` has no row for 1 of the 3 steps ahead: 2024-01-08. "
        "Every step needs one; further ones are ignored."
    ):
        read_further_covariates(panel, X[:7], schema=before.schema, horizon=3, before=before)
    with refuses(
        "The model was fitted with `X`, columns 'price', 'promo'; 3 rows are needed, "
        "2024-01-06 to 2024-01-08. Pass X=."
    ):
        read_further_covariates(panel, schema=before.schema, horizon=3, before=before)


def test_forecasts_refuse_other_columns():
    panel = read_panel(SERIES)
    before = read_covariates(panel, X)
    message = (
        "`X` has the columns 'price'; the model was fitted to 'price', 'promo'. "
        "Pass the same ones, in any order."
    )
    with refuses(message):
        read_further_covariates(panel, X[["price"]], schema=before.schema, horizon=3, before=before)
    with refuses("`X_past` came, but the model was fitted without. Leave it out, or fit with X_past=."):
        read_further_covariates(panel, X, X, schema=before.schema, horizon=3, before=before)
    with refuses(
        "`static` has the columns 'size'; the model was fitted to none. Pass the same ones, in any order."
    ):
        read_further_covariates(
            panel, X, static=pd.DataFrame({"size": [3]}), schema=before.schema, horizon=3, before=before
        )
