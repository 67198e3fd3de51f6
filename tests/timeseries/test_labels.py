"""Labels of many series: what follows them and what they suggest is what each alone would."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.timeseries.frequency import find_steps, natural_seasons
from tsrnn.timeseries.future_index import continue_index, proceed
from tsrnn.timeseries.labels import Labels

FREQUENCIES = ["h", "15min", "D", "B", "W-SUN", "MS", "ME", "QS", "7D", "YS"]
OTHER_KINDS = [
    pd.period_range("2020-01", periods=40, freq="M"),
    pd.period_range("2020-01-01", periods=40, freq="D"),
    pd.timedelta_range("0s", periods=40, freq="5s"),
    pd.Index(np.arange(40) * 3),
    pd.Index(np.arange(40) / 8),
    pd.RangeIndex(0, 80, 2),
]


def offsets_of(indexes):
    return np.cumsum([0, *map(len, indexes)])


def from_parts(indexes):
    """Labels of series that have an index each."""
    return Labels(offsets_of(indexes), parts=indexes)


def end_to_end(indexes):
    """Labels of series that come in a table."""
    return Labels(offsets_of(indexes), indexes[0].append(indexes[1:]))


each_layout = pytest.mark.parametrize("lay", [from_parts, end_to_end])


@st.composite
def histories(draw):
    """Parts of indexes that lost their frequency, some with gaps; all of one index or each of any."""
    freq, zone = draw(st.sampled_from(FREQUENCIES)), draw(st.sampled_from([None, "Europe/Berlin"]))
    lags = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(30, 60)), min_size=1, max_size=4))
    mixed = draw(st.booleans())
    wholes = [
        pd.date_range(
            "2015-01-31", periods=130, freq=draw(st.sampled_from(FREQUENCIES)) if mixed else freq, tz=zone
        )
        for _ in lags
    ]
    parts = [pd.DatetimeIndex(x[a : a + n], freq=None) for x, (a, n) in zip(wholes, lags, strict=True)]
    gappy = zip(wholes[:2], lags[:2], strict=True)
    return parts + [x[a : a + n].delete([n // 2, n // 2 + 1]) for x, (a, n) in gappy]


@each_layout
@given(indexes=histories())
def test_labels_ahead_are_those_of_each_series_alone(lay, indexes):
    found = lay(indexes).following(4)
    assert found.offsets.tolist() == [4 * s for s in range(len(indexes) + 1)]
    for s, index in enumerate(indexes):
        assert found.of(s).equals(continue_index(index, 4))
        assert found.of(s).dtype == index.dtype
    assert found.flat.equals(found.of(0).append([found.of(s) for s in range(1, len(indexes))]))


@each_layout
@pytest.mark.parametrize("whole", OTHER_KINDS, ids=str)
def test_labels_ahead_of_other_kinds(lay, whole):
    indexes = [whole, whole[3:30], whole[[0, 1, 2, 5, 6, 7, 8, 9]], whole[::2], whole[5:8].rename("t")]
    found = lay(indexes).following(3)
    for s, index in enumerate(indexes):
        expected = continue_index(index, 3)
        if lay is from_parts:
            pd.testing.assert_index_equal(found.of(s), expected)
        else:
            assert found.of(s).equals(expected)
            assert found.of(s).dtype == expected.dtype


@given(indexes=histories())
def test_steps_are_those_that_each_series_is_continued_by(indexes):
    table, number = find_steps(indexes[0].append(indexes[1:]), offsets_of(indexes))
    for k, index in zip(number, indexes, strict=True):
        assert proceed(index[-1:], 3, table[k]).equals(continue_index(index, 3))


@pytest.mark.parametrize("whole", OTHER_KINDS, ids=str)
def test_steps_of_other_kinds_are_those_that_each_series_is_continued_by(whole):
    indexes = [whole, whole[4:20:2], whole[::3], whole[[0, 1, 2, 5, 6, 7, 8, 9]]]
    table, number = find_steps(indexes[0].append(indexes[1:]), offsets_of(indexes))
    for k, index in zip(number, indexes, strict=True):
        np.testing.assert_array_equal(proceed(index[-1:], 3, table[k]), continue_index(index, 3))


@each_layout
@given(
    freq=st.sampled_from(["h", "15min", "D", "B", "W-SUN", "MS", "ME", "QS", "YS"]),
    runs=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), min_size=1, max_size=6),
)
def test_what_the_labels_of_a_series_leave_open_those_of_the_others_tell(lay, freq, runs):
    whole = pd.date_range("2021-03-31", periods=60, freq=freq)
    indexes = [pd.DatetimeIndex(whole[a : a + n], freq=None) for a, n in [(0, 40), *runs]]
    found = lay(indexes).following(5)
    for s, (a, n) in enumerate([(0, 40), *runs]):
        assert found.of(s).equals(whole[a + n : a + n + 5])


@each_layout
def test_seasons_are_those_that_each_index_suggests(lay):
    hours = pd.date_range("2024-01-01", periods=60, freq="h")
    days = pd.date_range("2024-01-01", periods=60, freq="D")
    months = pd.date_range("2019-01-01", periods=60, freq="MS")
    indexes = [pd.DatetimeIndex(index, freq=None) for index in (hours, days, hours[3:40], months, days[:9])]
    indexes.append(hours[:50].delete([20, 21]))
    sets, number = lay(indexes).seasons
    assert [sets[k] for k in number] == [natural_seasons(index) for index in indexes]
    assert [sets[k] for k in number] == [(24, 168), (7,), (24, 168), (12,), (7,), (24, 168)]


@each_layout
def test_the_first_labels_of_some_series_keep_the_step_of_the_whole(lay):
    weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    days = pd.date_range("2024-01-01", periods=30, freq="D")
    whole = lay([pd.DatetimeIndex(weeks, freq=None), pd.DatetimeIndex(days, freq=None)])
    series, sizes = [1, 0, 1, 0], [4, 30, 1, 2]
    some = whole.until(series, sizes)
    assert some.offsets.tolist() == [0, 4, 34, 35, 37]
    sets, number = some.seasons
    assert [sets[k] for k in number] == [(7,), (52,), (7,), (52,)]
    for i, (s, n) in enumerate(zip(series, sizes, strict=True)):
        index = (weeks, days)[s]
        assert some.of(i).equals(index[:n])
        assert some.flat[some.offsets[i] : some.offsets[i + 1]].equals(index[:n])
        following = pd.date_range(index[n - 1], periods=3, freq=index.freq)[1:]
        assert some.following(2).of(i).equals(following)


def test_labels_ahead_have_the_frequency_they_have_alone():
    days, hours = (
        pd.date_range("2024-01-01", periods=70, freq="D"),
        pd.date_range("2024", periods=9, freq="2h"),
    )
    parts = [days[:9], days[::2], days[::7], days[3::7], days[::14], hours, hours + pd.Timedelta("7min")]
    indexes = [pd.DatetimeIndex(index, freq=None) for index in parts]
    found = from_parts(indexes).following(2)
    for s, index in enumerate(indexes):
        pd.testing.assert_index_equal(found.of(s), continue_index(index, 2))
        assert found.of(s).freq == continue_index(index, 2).freq
    assert [found.of(s).freqstr for s in range(7)] == ["D", "2D", "W-MON", "W-THU", "2W-MON", "2h", "2h"]


def test_a_single_label_has_the_step_of_series_that_say_theirs():
    days = pd.date_range("2024-01-01", periods=30, freq="D")
    indexes = [
        days,
        pd.DatetimeIndex(days[5:6], freq=None),
        days[::2],
        pd.DatetimeIndex(days[:8:2], freq=None),
    ]
    found = from_parts(indexes).following(3)
    for s, expected in enumerate([days[-1:].shift(1)[0], days[6], days[28] + pd.Timedelta("2D"), days[8]]):
        assert found.of(s)[0] == expected
    assert [found.of(s).freqstr for s in range(4)] == ["D", "D", "2D", "2D"]
    with pytest.raises(ValueError, match="a single time without a frequency"):
        from_parts([pd.DatetimeIndex(days[5:6], freq=None), pd.RangeIndex(4)]).following(3)


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_months_of_like_length_are_months(unit):
    months = pd.date_range("2024-07-01", periods=3, freq="MS", unit=unit)  # each of the steps has 31 days
    hours = pd.date_range("2024-01-01 01:00", periods=5, freq="h", unit=unit)
    weeks = pd.date_range("2024-01-01", periods=5, freq="W-THU", unit=unit)
    for lay in (from_parts, end_to_end):
        found = lay([pd.DatetimeIndex(index, freq=None) for index in (months, hours, weeks)]).following(2)
        assert found.of(0).equals(pd.DatetimeIndex(["2024-10-01", "2024-11-01"]).as_unit(unit))
        assert found.of(1).equals(pd.date_range("2024-01-01 06:00", periods=2, freq="h", unit=unit))
        assert found.of(2).equals(pd.DatetimeIndex(["2024-02-08", "2024-02-15"]).as_unit(unit))
