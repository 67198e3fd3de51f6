"""The seasons of many series: those that each alone has."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.timeseries.frequency import natural_seasons
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.panel import Series
from tsrnn.timeseries.seasonality import find_all_seasons, find_season, find_seasons
from tsrnn.training.seasons import seasonal_test, subtract_seasons


def mixed():
    """Hours, days and numbers with and without their seasons, two channels each."""
    rng = np.random.default_rng(0)
    hours = pd.date_range("2024-01-01", periods=24 * 7 * 4, freq="h")
    days = pd.date_range("2024-01-01", periods=70, freq="D")
    t = np.arange(len(hours))
    day, week = 8 * np.sin(2 * np.pi * t / 24), 6.0 * (t // 24 % 7 >= 5)
    noise = rng.standard_normal((5, len(t)))
    series = [
        (hours, day + noise[0], day + week + noise[1]),
        (days, 9.0 * (days.day_of_week >= 5) + noise[2, :70], noise[4, :70]),
        (days[:15], 9.0 * (np.arange(15) % 7 > 4), noise[2, :15]),
        (hours[:100], noise[4, :100], day[:100] + noise[3, :100]),
    ]
    indexes = [pd.DatetimeIndex(index, freq=None) for index, *_ in series]
    columns = [column for _, *both in series for column in both]
    labels = Labels(np.cumsum([0, *map(len, indexes)]), parts=indexes)
    return np.concatenate(columns), np.cumsum([0, *map(len, columns)]), labels, columns


def shown(index, values):
    """The seasons that an index suggests, as long as what is left without the shorter shows the longer."""
    rest, found, offsets = values, [], np.array([0, len(values)])
    for m in natural_seasons(index):
        if not seasonal_test(rest, m):
            break
        found.append(m)
        rest, _, _ = subtract_seasons(rest, offsets, np.zeros(1, int), m)
    return tuple(found)


def test_the_seasons_of_each_channel_are_those_it_has_alone():
    values, offsets, labels, columns = mixed()
    found = find_all_seasons(values, offsets, labels, "auto")
    seasons = [found.sets[k] for k in found.number]
    assert seasons == [shown(labels.of(i // 2), column) for i, column in enumerate(columns)]
    assert seasons == [(24,), (24, 168), (7,), (), (), (), (), (24,)]
    assert seasons == [find_seasons(Series(x, labels.of(i // 2)), "auto") for i, x in enumerate(columns)]
    assert found.lengths == (7, 24, 168)
    first = [find_season(Series(x, labels.of(i // 2)), "auto") for i, x in enumerate(columns)]
    assert first == [(*own, 1)[0] for own in seasons]


def test_seasons_that_are_told_are_those_of_all():
    values, offsets, labels, _ = mixed()
    for told, expected in ((None, ()), (1, ()), (12, (12,)), ((168, 24), (24, 168)), ([7, 7], (7,))):
        found = find_all_seasons(values, offsets, labels, told)
        assert [found.sets[k] for k in found.number] == [expected] * 8
    with pytest.raises(ValueError, match="season_length"):
        find_all_seasons(values, offsets, labels, (1, 24))


def test_the_latest_values_of_a_very_long_series_tell(monkeypatch):
    values, offsets, labels, columns = mixed()
    monkeypatch.setattr("tsrnn.timeseries.seasonality._LATEST", 60)
    found = find_all_seasons(values, offsets, labels, "auto")
    latest = [shown(labels.of(i // 2), column[-60:]) for i, column in enumerate(columns)]
    assert [found.sets[k] for k in found.number] == latest


def test_seasons_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("tsrnn.network.threads._VALUES_A_THREAD", 50)
    values, offsets, labels, _ = mixed()
    one, *others = (find_all_seasons(values, offsets, labels, "auto", n_threads=k) for k in (1, 2, 5))
    for other in others:
        assert other.sets == one.sets
        np.testing.assert_array_equal(other.number, one.number)
