"""The step of an index and the seasons that it suggests."""

import pandas as pd
import pytest

from tsrnn.timeseries.frequency import natural_season
from tsrnn.timeseries.future_index import continue_index

BERLIN = "Europe/Berlin"


def without_frequency(index):
    return type(index)(index, freq=None) if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) else index


FREQUENCIES_OF_SEASON = {
    1: "YS 2YS 5YS 5MS SME 3W 2D 10D 13D B 2B bh 5h 7min 30s s ms ns",
    2: "2QS 12h",
    3: "4ME",
    4: "QS QE-JAN 6h",
    6: "2MS",
    7: "D",
    12: "MS ME BME WOM-3FRI 30D 2h",
    13: "4W",
    24: "h",
    26: "2W",
    48: "30min",
    52: "W-SUN 7D",
    96: "15min",
    144: "10min",
    288: "5min",
    1440: "min",
}
SEASONS = {freq: season for season, freqs in FREQUENCIES_OF_SEASON.items() for freq in freqs.split()}


@pytest.mark.parametrize(("freq", "season"), SEASONS.items())
def test_season_of_a_frequency(freq, season):
    assert natural_season(pd.date_range("2021-01-01", periods=1, freq=freq)) == season
    assert natural_season(pd.date_range("2021-01-01", periods=30, freq=freq, tz=BERLIN)) == season


@pytest.mark.parametrize("freq", ["YS", "QS", "MS", "ME", "W-SUN", "D", "B", "h", "15min", "s"])
def test_season_is_the_same_when_the_frequency_is_lost(freq):
    index = pd.date_range("2021-01-01", periods=40, freq=freq, tz=BERLIN)
    assert natural_season(without_frequency(index)) == SEASONS[freq]
    if freq not in ("YS", "QS", "D"):
        assert natural_season(index.delete([11, 12, 30])) == SEASONS[freq]


@pytest.mark.parametrize(
    ("freq", "season"),
    [("Y", 1), ("Q", 4), ("M", 12), ("2M", 6), ("W", 52), ("D", 7), ("h", 24), ("min", 1440)],
)
def test_season_of_periods(freq, season):
    for n in (1, 40):
        assert natural_season(pd.period_range("2021-01-01", periods=n, freq=freq)) == season


def test_quarters_written_as_months_have_four():
    index = pd.period_range("2010-01", periods=40, freq="M")[::3]
    assert natural_season(index) == 4
    assert str(continue_index(index, 1)[0]) == "2013-07"


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(24),
        pd.Index([1, 2, 3]),
        pd.Index([0.0, 0.5]),
        pd.DatetimeIndex(["2021-01-01"]),
        pd.to_timedelta([3], unit="s"),
    ],
    ids=["range", "integers", "floats", "single time", "single difference"],
)
def test_nothing_to_tell_a_season_from(index):
    assert natural_season(index) == 1


def test_time_differences_have_the_season_of_their_step():
    assert natural_season(pd.timedelta_range("0h", periods=5, freq="h")) == 24
    assert natural_season(pd.to_timedelta([0, 1, 2], unit="D")) == 7
