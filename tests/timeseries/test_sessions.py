"""Trading sessions: how labels go on in them, and which seasons they have."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster, SeasonalNaive, Theta
from tsrnn.timeseries.frequency import natural_seasons
from tsrnn.timeseries.future_index import continue_index
from tsrnn.timeseries.reading import read_panel
from tsrnn.timeseries.sessions import Sessions


def sessions(freq, *spans, zone=None, closed=()):
    """Return labels on working days between the ends of each span, both included."""
    index = pd.date_range("2024-01-01", "2024-05-01", freq=freq, tz=zone)
    is_open = np.zeros(len(index), bool)
    for span in spans:
        is_open[index.indexer_between_time(*span)] = True
    index = index[is_open & (index.day_of_week < 5)]
    return index[~index.tz_localize(None).normalize().isin(pd.to_datetime(closed))]


HALF_HOURS = sessions("30min", ("09:30", "15:30"), zone="America/New_York")


@pytest.mark.parametrize(
    ("index", "n", "a_day"),
    [
        (sessions("30min", ("09:30", "15:30")), 600, 13),
        (HALF_HOURS, 700, 13),  # the clock has changed since
        (sessions("5min", ("09:30", "11:30"), ("13:00", "15:00"), zone="Asia/Shanghai"), 1500, 50),
        (sessions("h", ("09:00", "16:00"), closed=["2024-01-15", "2024-02-19"]), 400, 8),
        (sessions("min", ("09:30", "15:59"), zone="America/New_York"), 3000, 390),
        (sessions("30min", ("09:30", "15:30")), 45, 13),  # four days
    ],
    ids=["half hours", "zone", "lunch", "holidays", "minutes", "short"],
)
def test_labels_go_on_in_sessions_of_working_days(index, n, a_day):
    known = pd.DatetimeIndex(index[:n], freq=None)
    assert continue_index(known, 100).equals(index[n : n + 100])
    assert natural_seasons(known) == (a_day, 5 * a_day)
    panel = read_panel({"a": pd.Series(1.0, known), "b": pd.Series(1.0, known[a_day:])})
    assert panel.labels.following(100).of(1).equals(index[n : n + 100])


def weekly(is_open, freq="h"):
    """Return labels at the hours of the week, from 0 on Mondays, that a function chooses."""
    index = pd.date_range("2024-01-01", "2024-06-01", freq=freq)
    return index[is_open(24 * index.day_of_week + index.hour)]


@pytest.mark.parametrize(
    ("index", "n", "seasons"),
    [
        (weekly(lambda hour: (hour < 118) | (hour >= 166)), 1000, (24, 120)),
        (weekly(lambda hour: (hour < 118) | (hour >= 166), "5min"), 8000, (288, 1440)),
        (
            weekly(lambda hour: (hour < 144) & (hour % 24 > 8) & (hour % 24 < 18 - 4 * (hour > 120))),
            500,
            (50,),
        ),
        (weekly(lambda hour: hour != 147), 1000, (24, 167)),
        (sessions("30min", ("09:30", "15:30"), zone="America/New_York").tz_convert("UTC"), 900, (13, 65)),
    ],
    ids=["currencies", "minutes", "shop", "maintenance", "universal time"],
)
def test_labels_go_on_at_the_times_of_each_week(index, n, seasons):
    known = pd.DatetimeIndex(index[:n], freq=None)
    assert continue_index(known, 200).equals(index[n : n + 200])
    assert natural_seasons(known) == seasons
    holiday = known.delete(np.flatnonzero(known.normalize() == known[len(known) // 2].normalize()))
    assert continue_index(holiday, 200).equals(index[n : n + 200])


def test_a_short_day_does_not_end_the_sessions():
    index = HALF_HOURS.delete(np.arange(13 * 20 + 7, 13 * 21))
    assert continue_index(index[:500], 40).equals(index[500:540])


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-01-01", periods=500, freq="h").delete([7, 90, 91]),
        pd.DatetimeIndex(np.sort(np.random.default_rng(0).integers(0, 10**7, 300)).view("M8[s]")),
        pd.date_range("2024-01-01 09:00", periods=5, freq="h"),
    ],
    ids=["gaps", "uneven", "a morning"],
)
def test_other_labels_are_no_sessions(index):
    assert Sessions.find(index) is None


@pytest.mark.parametrize(
    "model",
    [SeasonalNaive(), Theta(), RNNForecaster(max_steps=200, random_state=0)],
    ids=lambda model: type(model).__name__,
)
def test_seasons_of_sessions_are_found_in_rows(model):
    wave = 100 + 40 * np.cos(2 * np.pi * (np.arange(len(HALF_HOURS)) % 13) / 13)
    y = pd.Series(wave + np.random.default_rng(0).normal(size=len(wave)), HALF_HOURS)
    found, truth = model.set_params(horizon=26).fit(y[:900]).predict(), y[900:926]
    assert found.index.equals(truth.index)
    assert (np.abs(found - truth) / truth).mean() < 0.02
