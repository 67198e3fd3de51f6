"""The labels that follow an index: frequencies, working days, clock changes."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsrnn.timeseries.frequency import natural_season
from tsrnn.timeseries.future_index import continue_index, proceed_all

BERLIN = "Europe/Berlin"


def without_frequency(index):
    return type(index)(index, freq=None) if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) else index


def wall_clock(index):
    return [str(label) for label in index]


FREQUENCIES = [
    *["ns", "ms", "250ms", "s", "min", "15min", "h", "6h", "D", "3D", "10D", "B", "2B", "W-SUN", "2W-WED"],
    *["MS", "ME", "2MS", "BMS", "BME", "SME", "QS", "QE-JAN", "YS", "YE", "WOM-3FRI"],
    pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Sun"),
    pd.offsets.DateOffset(months=1),
]
KEPT_WITHOUT_EXCEPTION = ["s", "15min", "h", "6h", "D", "3D", "W-SUN", "MS", "ME", "2MS", "QS", "YS", "YE"]
STARTS = st.datetimes(pd.Timestamp("1980-01-01").to_pydatetime(), pd.Timestamp("2030-01-01").to_pydatetime())
ZONES = st.sampled_from([None, "UTC", BERLIN, "America/New_York"])
LENGTHS = st.integers(1, 60)


def check_continuation(whole, history):
    future = continue_index(history, len(whole) - len(history))
    pd.testing.assert_index_equal(
        without_frequency(history.append(future)), without_frequency(whole), exact=True
    )
    assert future.dtype == whole.dtype
    assert future.name == whole.name
    assert future[0] > history[-1]
    assert future.is_monotonic_increasing
    assert future.is_unique
    return future


@given(STARTS, st.sampled_from(FREQUENCIES), ZONES, LENGTHS, LENGTHS)
def test_times_with_a_frequency_continue_as_the_longer_index(start, freq, zone, n, horizon):
    start = pd.Timestamp(start).floor("D") + pd.Timedelta(hours=12)
    whole = pd.date_range(start, periods=n + horizon, freq=freq, tz=zone, name="ds")
    assert check_continuation(whole, whole[:n]).freq == whole.freq


@given(STARTS, st.sampled_from(KEPT_WITHOUT_EXCEPTION), ZONES, st.integers(3, 60), LENGTHS)
def test_times_that_lost_their_frequency_continue_as_the_longer_index(start, freq, zone, n, horizon):
    whole = pd.date_range(pd.Timestamp(start).floor("D"), periods=n + horizon, freq=freq, tz=zone, name="ds")
    future = check_continuation(without_frequency(whole), without_frequency(whole[:n]))
    assert future.freq is not None


@given(STARTS, st.sets(st.integers(0, 78), max_size=12), ZONES, LENGTHS)
def test_business_days_continue_past_absent_holidays(start, holidays, zone, horizon):
    days = pd.date_range(pd.Timestamp(start).floor("D"), periods=80 + horizon, freq="B", tz=zone, name="ds")
    whole = without_frequency(days.delete(sorted(holidays)))
    future = check_continuation(whole, whole[: 80 - len(holidays)])
    assert future.freq == pd.offsets.BusinessDay()


@given(
    st.integers(-400, 400),
    st.sampled_from(["min", "h", "D", "W-SUN", "M", "2M", "Q-JAN", "Y"]),
    LENGTHS,
    LENGTHS,
)
def test_periods_continue_as_the_longer_index(shift, freq, n, horizon):
    whole = pd.period_range(pd.Period("2000-01-01", freq) + shift, periods=n + horizon, freq=freq, name="ds")
    check_continuation(whole, whole[:n])


@given(st.integers(-(10**6), 10**6), st.integers(1, 1000), LENGTHS, LENGTHS)
def test_ranges_continue_as_ranges(start, step, n, horizon):
    whole = pd.RangeIndex(start, start + step * (n + horizon), step, name="t")
    check_continuation(whole, whole[:n])


def test_range_with_a_loose_stop_continues_from_its_last_label():
    assert continue_index(pd.RangeIndex(0, 5, 3), 2).tolist() == [6, 9]


@given(
    st.integers(0, 10**6),
    st.integers(1, 9),
    st.integers(2, 60),
    LENGTHS,
    st.sampled_from(["int64", "uint32", "Int64"]),
)
def test_integers_continue_as_the_longer_index(start, step, n, horizon, dtype):
    whole = pd.Index(start + step * np.arange(n + horizon), dtype=dtype, name="t")
    check_continuation(whole, whole[:n])


@given(
    st.sampled_from(["ms", "15min", "h", "D"]),
    st.sampled_from(["ns", "us", "ms"]),
    LENGTHS,
    LENGTHS,
    st.booleans(),
)
def test_time_differences_continue_as_the_longer_index(freq, unit, n, horizon, keep):
    whole = pd.timedelta_range("3h", periods=n + horizon + 1, freq=freq, unit=unit, name="t")
    history = whole[: n + 1] if keep else without_frequency(whole[: n + 1])
    future = check_continuation(whole, history)
    assert pd.Timedelta(future.freq) == pd.Timedelta(whole.freq)


@given(st.integers(0, 10**7), st.sampled_from([8000, 44100, 48000]), st.integers(2, 5000), LENGTHS)
@settings(max_examples=50)
def test_audio_time_stays_exact_to_rounding(start, rate, n, horizon):
    seconds = pd.Index(np.arange(start, start + n + horizon) / rate, name="seconds")
    future = continue_index(seconds[:n], horizon)
    # each of the two end labels is off by half a spacing at most, and horizon / n steps enlarge that
    tolerance = (2 + horizon / (n - 1)) * np.spacing(seconds[-1])
    assert np.abs(future - seconds[n:]).max() <= tolerance
    assert future.name == "seconds"
    assert future.dtype == np.float64


def test_ten_minutes_of_audio_continue_to_the_last_bit_but_one():
    seconds = np.arange(4_810_000) / 8000
    future = continue_index(pd.Index(seconds[:4_800_000]), 10_000)
    assert np.abs(future - seconds[4_800_000:]).max() <= np.spacing(600.0)


def test_float_index_with_a_gap_continues_by_its_usual_step():
    future = continue_index(pd.Index([0.0, 0.5, 1.0, 1.5, 60.0, 60.5]), 2)
    assert future.tolist() == [61.0, 61.5]


def test_float32_index_stays_float32():
    future = continue_index(pd.Index(np.arange(5) / 8, dtype="float32"), 2)
    pd.testing.assert_index_equal(future, pd.Index([0.625, 0.75], dtype="float32"), exact=True)


def test_uneven_integers_continue_by_their_usual_step():
    assert continue_index(pd.Index([1, 3, 5, 7, 100]), 2).tolist() == [102, 104]


def test_of_two_steps_the_shorter_counts():
    assert continue_index(pd.Index([0, 3, 4]), 2).tolist() == [5, 6]


def test_recent_labels_tell_the_step():
    hours = np.r_[np.arange(0, 60_000, 10), np.arange(60_000, 62_100)]
    assert continue_index(pd.Index(hours), 1).tolist() == [62_100]
    times = pd.Timestamp("2001-01-01") + pd.to_timedelta(hours, unit="h")
    assert continue_index(times, 1)[0] - times[-1] == pd.Timedelta(hours=1)
    assert natural_season(times) == 24


@pytest.mark.parametrize("label", [5, 5.0])
def test_single_number_continues_by_one(label):
    assert continue_index(pd.Index([label]), 2).tolist() == [6, 7]


@pytest.mark.parametrize("kind", [pd.DatetimeIndex, pd.TimedeltaIndex])
def test_single_time_without_frequency_has_no_next(kind):
    message = (
        "The index of `y` is a single time without a frequency; the next one is unknown. Supply more data or "
        f'set a frequency: y.index = pd.{kind.__name__}(y.index, freq="D").'
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        continue_index(kind([10**18]), 1)


def test_two_times_give_the_step():
    assert continue_index(pd.to_datetime(["2021-02-01", "2021-03-01"]), 2).strftime("%F").tolist() == [
        "2021-04-01",
        "2021-05-01",
    ]
    tuesday, wednesday = "2021-03-02", "2021-03-03"
    assert continue_index(pd.to_datetime([tuesday, wednesday]), 3)[-1] == pd.Timestamp("2021-03-06")


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_resolution_is_kept(unit):
    for freq in ("h", "D", "MS"):
        index = pd.date_range("2021-01-01", periods=5, freq=freq, unit=unit, tz=BERLIN)
        assert continue_index(index, 3).dtype == index.dtype
        assert continue_index(without_frequency(index), 3).dtype == index.dtype


def test_dates_before_the_nanosecond_era_continue():
    index = pd.DatetimeIndex(np.array(["0998-01-01", "0999-01-01", "1000-01-01"], dtype="datetime64[s]"))
    assert continue_index(index, 2).year.tolist() == [1001, 1002]
    assert natural_season(index) == 1
    assert natural_season(pd.period_range("0900-01", periods=9, freq="M")) == 12


def test_hours_with_a_gap_continue_hourly():
    index = pd.date_range("2021-01-01", periods=48, freq="h").delete([7, 8, 30])
    future = continue_index(index, 2)
    assert wall_clock(future) == ["2021-01-03 00:00:00", "2021-01-03 01:00:00"]
    assert future.freq == pd.offsets.Hour()


@pytest.mark.parametrize(
    ("start", "freq"),
    [
        ("2021-01-01", pd.offsets.MonthBegin()),
        ("2021-01-31", pd.offsets.MonthEnd()),
        ("2021-01-15", pd.offsets.DateOffset(months=1)),
    ],
)
def test_months_with_one_absent_stay_at_their_place(start, freq):
    whole = without_frequency(pd.date_range(start, periods=30, freq=freq).delete(5))
    assert check_continuation(whole, whole[:20]).freq == freq
    assert natural_season(whole) == 12


def test_last_working_days_of_the_month_are_recognised():
    whole = without_frequency(pd.date_range("2019-01-01", periods=36, freq="BME"))
    assert check_continuation(whole, whole[:24]).freq == pd.offsets.BMonthEnd()
    assert natural_season(whole) == 12


def test_month_on_an_uneven_day_continues_by_the_median_step():
    index = pd.to_datetime(["2021-01-10", "2021-02-09", "2021-03-12", "2021-04-11"])
    assert continue_index(index, 1) == pd.Timestamp("2021-05-11")


# --- working days --------------------------------------------------------------------------------------


def test_closes_at_uneven_hours_are_business_days():
    closes = pd.date_range("2021-03-01 16:00", periods=40, freq="B", tz="America/New_York")
    half_day = closes[11] - pd.Timedelta(hours=3)
    index = closes.delete([11, 20]).insert(11, half_day).tz_convert("UTC")
    future = continue_index(index, 6)
    assert set(future.day_of_week) == {0, 1, 2, 3, 4}
    assert natural_season(index) == 1


def test_a_saturday_session_does_not_open_the_weekends():
    days = pd.date_range("2021-03-01", periods=100, freq="B").delete(30)
    saturday = days[-1] + pd.offsets.Week(weekday=5)
    index = days[days < saturday].insert(len(days), saturday)
    future = continue_index(index, 5)
    assert future[0] == saturday + pd.Timedelta(days=2)
    assert future.freq == pd.offsets.BusinessDay()


def test_a_weekday_absent_from_a_short_history_is_not_closed():
    mondays_tuesdays_thursdays_fridays = pd.date_range("2021-03-01", periods=10, freq="B").delete([2, 7])
    assert continue_index(mondays_tuesdays_thursdays_fridays, 3)[-1] == pd.Timestamp("2021-03-17")


def test_a_week_of_six_days_has_no_season():
    six_days = pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sat")
    assert natural_season(pd.date_range("2021-03-01", periods=40, freq=six_days)) == 1


def test_a_market_from_sunday_to_thursday_keeps_its_week():
    week = pd.offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Sun")
    whole = without_frequency(pd.date_range("2021-03-01", periods=70, freq=week).delete([9, 33]))
    future = check_continuation(whole, whole[:55])
    assert future.freq == week
    assert natural_season(whole) == 1


def test_daily_data_with_gaps_includes_the_weekend():
    index = pd.date_range("2021-03-01", periods=20, freq="D").delete([3, 9])
    future = continue_index(index, 7)
    assert future.freq == pd.offsets.Day()
    assert set(future.day_of_week) == set(range(7))
    assert natural_season(index) == 7


def test_daily_periods_without_weekends_are_business_days():
    days = pd.date_range("2021-03-01", periods=40, freq="B").to_period("D").rename("ds")
    future = check_continuation(days, days[:33])
    assert future.freq == days.freq
    assert natural_season(days) == 1


# --- clock changes in Berlin: 2021-03-28 02:00 -> 03:00 and 2021-10-31 03:00 -> 02:00 --------------------

SPRING_HOURS = ["2021-03-28 01:00:00+01:00", "2021-03-28 03:00:00+02:00", "2021-03-28 04:00:00+02:00"]
AUTUMN_HOURS = ["2021-10-31 02:00:00+02:00", "2021-10-31 02:00:00+01:00", "2021-10-31 03:00:00+01:00"]


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("end", "following"), [("2021-03-28 00:00", SPRING_HOURS), ("2021-10-31 01:00", AUTUMN_HOURS)]
)
def test_hours_are_absolute_across_a_clock_change(end, following, keep):
    index = pd.date_range(end=pd.Timestamp(end, tz=BERLIN), periods=24, freq="h")
    future = continue_index(index if keep else without_frequency(index), 3)
    assert wall_clock(future) == following
    assert future.freq == pd.offsets.Hour()


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("day", ["2021-03-27", "2021-10-30"])
def test_local_midnight_stays_local_midnight(day, keep):
    index = pd.date_range(end=pd.Timestamp(day, tz=BERLIN), periods=10, freq="D", name="ds")
    future = continue_index(index if keep else without_frequency(index), 3)
    expected = pd.date_range(day, periods=4, freq="D", tz=BERLIN, unit=index.unit, name="ds")[1:]
    pd.testing.assert_index_equal(future, expected, exact=True)
    assert [label.hour for label in future] == [0, 0, 0]
    assert future.freq == pd.offsets.Day()


def test_two_midnights_around_the_change_are_a_day_apart():
    index = pd.DatetimeIndex(["2021-03-28", "2021-03-29"], tz=BERLIN)
    assert continue_index(index, 1) == pd.Timestamp("2021-03-30", tz=BERLIN)


def test_weeks_with_one_absent_stay_at_midnight():
    index = pd.date_range("2021-02-07", periods=7, freq="W-SUN", tz=BERLIN).delete(3)
    assert wall_clock(continue_index(index, 2)) == ["2021-03-28 00:00:00+01:00", "2021-04-04 00:00:00+02:00"]


def test_hours_that_end_within_the_change_continue():
    index = pd.date_range("2021-10-30 20:00", periods=8, freq="h", tz=BERLIN)
    assert wall_clock(continue_index(without_frequency(index[-2:]), 1)) == ["2021-10-31 03:00:00+01:00"]


def test_a_time_that_the_change_skips_moves_on():
    index = pd.date_range(end=pd.Timestamp("2021-03-27 02:30", tz=BERLIN), periods=5, freq="D")
    future = continue_index(index, 2)
    assert wall_clock(future) == ["2021-03-28 03:00:00+02:00", "2021-03-29 02:30:00+02:00"]
    assert future.freq is None


def test_a_time_that_occurs_twice_is_the_first():
    index = pd.date_range(end=pd.Timestamp("2021-10-30 02:30", tz=BERLIN), periods=5, freq="D")
    future = continue_index(index, 2)
    assert wall_clock(future) == ["2021-10-31 02:30:00+02:00", "2021-11-01 02:30:00+01:00"]
    assert future.freq is None


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint64", "Int64"])
def test_whole_numbers_go_on_beyond_the_type_they_came_in(dtype):
    last = 2**7 if dtype == "uint64" else min(np.iinfo(dtype.lower()).max, 2**40)
    future = continue_index(pd.Index([last - 2, last - 1, last], dtype=dtype), 3)
    assert future.tolist() == [last + 1, last + 2, last + 3]
    if last < 2**40:
        assert continue_index(pd.Index([3, 5], dtype=dtype), 2).dtype == dtype
    assert proceed_all(pd.Index([last, 3], dtype=dtype), 2, 1).tolist() == [last + 1, last + 2, 4, 5]


def test_numbers_and_times_that_no_type_holds_are_refused():
    with pytest.raises(ValueError, match=r"^The index of `y` would go on up to 9\.22e\+18, beyond"):
        continue_index(pd.Index([2**63 - 3, 2**63 - 2]), 3)
    days = pd.date_range("2262-04-01", periods=10, freq="D", unit="ns")
    sentence = r'^The 30 steps after `y` go beyond the last time .* y\.index = y\.index\.as_unit\("s"\)\.$'
    for index in (
        days,
        days.tz_localize("UTC"),
        pd.to_timedelta(range(106740, 106750), unit="D").as_unit("ns"),
    ):
        with pytest.raises(ValueError, match=sentence):
            continue_index(index, 30)
    with pytest.raises(ValueError, match=sentence):
        proceed_all(days[:2], 30, pd.offsets.Day())
    assert continue_index(days.as_unit("s"), 30)[-1] == pd.Timestamp("2262-05-10")


@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize("absent", [[], [5], [5, 11]], ids=len)
@pytest.mark.parametrize(
    "freq",
    [
        *("BME", "BMS", "BQE-DEC", "BQE-NOV", "BQS-JAN", "BYE-DEC", "BYE-JUN", "BYS-JAN"),
        *("SMS", "SME", "WOM-3FRI", "QE-JAN", "QS-FEB", "YE-JUN", "2ME", "W-WED", "2W-MON"),
        pd.offsets.LastWeekOfMonth(weekday=4),
    ],
    ids=str,
)
def test_labels_stay_in_the_calendar_whatever_rows_are_absent(freq, absent, zone):
    whole = pd.date_range("2010-01-01", periods=40, freq=freq, tz=zone)
    index = without_frequency(whole[:28].delete(absent))
    assert continue_index(index, 12).equals(whole[28:])


@pytest.mark.parametrize("absent", [[], [5]], ids=len)
@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_a_late_day_of_the_month_is_the_last_one_in_february(day, absent):
    months = pd.period_range("2020-01", periods=50, freq="M")
    whole = pd.DatetimeIndex([pd.Timestamp(m.year, m.month, min(day, m.days_in_month)) for m in months])
    for n in (14, 25, 26):  # the last of which are in February
        index = whole[:n].delete(absent)
        assert continue_index(index, 12).equals(whole[n : n + 12])
        assert natural_season(index) == 12


def test_fridays_moved_by_holidays_stay_fridays():
    fridays = pd.date_range("2023-01-06", periods=60, freq="W-FRI")
    days = fridays.to_series()
    days.iloc[[13, 39]] -= pd.Timedelta(days=1)
    for n in (30, 39, 40):
        assert continue_index(pd.DatetimeIndex(days.iloc[:n]), 3).equals(fridays[n : n + 3])
