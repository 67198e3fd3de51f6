"""The calendar: which cycles go with which steps, and what they say at times worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.timeseries.time_features import calendar_features, find_calendar, steps_before, usual_step

HALF = np.sqrt(0.5)


def at(index, times):
    """Features of an index's cycles at the given times, as a dict of columns."""
    calendar = find_calendar(index)
    values = calendar.features(pd.DatetimeIndex(times))
    return dict(zip(calendar.names, values.T, strict=True))


def test_hours_days_and_years_at_times_worked_out_by_hand():
    hours = pd.date_range("2024-01-01", periods=24 * 14, freq="h")  # a Monday
    found = at(hours, ["2024-01-01 00:00", "2024-01-01 06:00", "2024-01-01 21:00", "2024-01-06 12:00"])
    np.testing.assert_allclose(found["day_sin"], [0, 1, -HALF, 0], atol=1e-15)
    np.testing.assert_allclose(found["day_cos"], [1, 0, HALF, -1], atol=1e-15)
    weeks = 2 * np.pi * np.array([0, 0.25, 0.875, 5.5]) / 7
    np.testing.assert_allclose(found["week_sin"], np.sin(weeks))
    np.testing.assert_allclose(found["week_cos"], np.cos(weeks))
    np.testing.assert_array_equal(found["weekend"], [0, 0, 0, 1])
    years = 2 * np.pi * np.array([0, 0.25, 0.875, 5.5]) / 366
    np.testing.assert_allclose(found["year_sin"], np.sin(years))
    np.testing.assert_allclose(found["year_cos_2"], np.cos(2 * years))


def test_minutes_are_part_of_the_hour():
    quarters = pd.date_range("2024-01-01", periods=96, freq="15min")
    found = at(quarters, ["2024-01-01 01:30"])
    np.testing.assert_allclose(found["day_sin"], np.sin(2 * np.pi * 1.5 / 24))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("freq", "n", "cycles", "seconds"),
    [
        ("h", 90 * 24, ["day", "week"], 3600),
        ("h", 6 * 8766, ["day", "week", "year"], 3600),
        ("min", 525_600, ["day", "week"], 60),
        ("D", 73_049, ["week", "year"], 86400),
    ],
)
def test_long_indexes_have_their_cycles_in_every_unit(unit, freq, n, cycles, seconds):
    index = pd.date_range("1850-01-01", periods=n, freq=freq, unit=unit)
    assert [cycle for cycle, _ in find_calendar(index).within(index).harmonics] == cycles
    usual = usual_step(index, np.array([0, n]))
    assert usual == pytest.approx(1e9 * seconds)
    assert np.abs(steps_before(index, usual)).max() < 1e-6


def test_the_step_of_times_beyond_the_range_of_nanoseconds_is_known():
    index = pd.date_range("3000-01-01", periods=5, freq="D", unit="s")
    assert usual_step(index, np.array([0, 5])) == 86400e9


def test_years_end_where_they_begin_in_leap_years_too():
    days = pd.date_range("2023-01-01", periods=800, freq="D")
    found = at(days, ["2023-07-02 12:00", "2024-07-02 00:00", "2024-12-31 23:59:59", "2023-12-31 23:59:59"])
    np.testing.assert_allclose(found["year_cos"][:2], [-1, -1])  # half of 365 and of 366 days are over
    np.testing.assert_allclose(found["year_sin"], 0, atol=1e-6)
    np.testing.assert_allclose(found["year_cos"][2:], [1, 1])


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (
            pd.date_range("2024-01-01", periods=14, freq="D"),
            ["week_sin", "week_cos", "year_sin", "year_cos", "year_sin_2", "year_cos_2", "weekend"],
        ),
        (
            pd.date_range("2024-01-01", periods=14, freq="B"),
            ["week_sin", "week_cos", "year_sin", "year_cos", "year_sin_2", "year_cos_2"],
        ),
        (
            pd.date_range("2024-01-07", periods=4, freq="W"),
            ["year_sin", "year_cos", "year_sin_2", "year_cos_2"],
        ),
        (pd.date_range("2024-01-31", periods=4, freq="ME"), ["year_sin", "year_cos"]),
        (pd.period_range("2024-01", periods=4, freq="Q"), ["year_sin", "year_cos"]),
        (pd.date_range("2024-01-31", periods=4, freq="YE"), []),
    ],
    ids=["days", "working days", "weeks", "months", "quarters", "years"],
)
def test_steps_tell_the_cycles(index, names):
    values, found = calendar_features(index)
    assert found == names
    assert values.shape == (len(index), len(names))


@pytest.mark.parametrize(
    ("n_days", "cycles"),
    [(1, []), (2, ["day"]), (13, ["day"]), (14, ["day", "week"]), (730, ["day", "week", "year"])],
)
def test_cycles_that_were_not_seen_twice_are_left_out(n_days, cycles):
    hours = pd.date_range("2023-01-01", periods=24 * n_days, freq="h")
    calendar = find_calendar(hours).within(hours)
    assert [cycle for cycle, _ in calendar.harmonics] == cycles
    assert calendar.weekend == ("week" in cycles)


def test_periods_count_from_their_start_and_zones_by_the_wall_clock():
    months = pd.period_range("2023-01", periods=5, freq="M")
    np.testing.assert_allclose(calendar_features(months)[0][3, 0], np.sin(2 * np.pi * 90 / 365))  # 1 April
    wall = pd.date_range("2024-03-29", periods=96, freq="h")
    zoned = pd.date_range("2024-03-29", periods=96, freq="h", tz="Europe/Berlin")
    after = zoned[-1].hour  # an hour was skipped
    assert after == 0
    np.testing.assert_array_equal(calendar_features(zoned)[0][:48], calendar_features(wall)[0][:48])
    np.testing.assert_allclose(calendar_features(zoned)[0][-1, :2], [0, 1], atol=1e-15)


@pytest.mark.parametrize("index", [pd.RangeIndex(3), pd.timedelta_range("0s", periods=3, freq="s")])
def test_a_calendar_needs_dates(index):
    with pytest.raises(
        TypeError, match=r"a calendar needs dates\. Give it dates: y\.index = pd\.to_datetime"
    ):
        calendar_features(index)
