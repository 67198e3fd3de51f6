"""Days and weeks of series in a time zone: they repeat by its wall clock, whatever that does."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import ARIMA, ETS, STL, VAR, Combine, RNNForecaster, SeasonalNaive, Theta, backtest
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.reading import read_panel
from tsrnn.timeseries.wall_clock import clock_steps, find_clock

BERLIN = "Europe/Berlin"
ENDS = [  # after a change, before one, within the hour that comes twice
    "2024-04-10 00:00+02:00",
    "2024-11-05 00:00+01:00",
    "2024-03-30 18:00+01:00",
    "2024-10-26 18:00+02:00",
    "2024-10-27 02:00+02:00",
    "2024-10-27 02:30+01:00",
]
MODELS = {
    "GRU": RNNForecaster(max_steps=200, random_state=0),
    "GRU, calendar": RNNForecaster(max_steps=200, calendar="auto", random_state=0),
    "GRU, parallel": RNNForecaster(max_steps=200, strategy="parallel", patch_size=4, random_state=0),
    "SeasonalNaive": SeasonalNaive(),
    "ETS": ETS(),
    "Theta": Theta(),
    "STL": STL(SeasonalNaive()),
    "ARIMA": ARIMA((1, 0, 0)),
    "Combine": Combine([SeasonalNaive(), Theta()]),
}


def peaks(index):
    """Return a load that peaks at eight in the morning, whatever the time of the year."""
    wall = index.tz_localize(None)
    hour = wall.hour + wall.minute / 60
    return pd.Series(100 + 50 * np.exp(-0.5 * ((hour - 8) / 1.5) ** 2), index)


def before_and_after(end, freq="h", n_days=60, n_after=48):
    end = pd.Timestamp(end).tz_convert(BERLIN)
    a_day = pd.Timedelta(days=1) // pd.Timedelta(pd.tseries.frequencies.to_offset(freq))
    known = pd.date_range(end=end, periods=n_days * a_day, freq=freq)
    return peaks(known), peaks(pd.date_range(end, periods=n_after + 1, freq=freq)[1:])


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", MODELS)
def test_the_peak_stays_at_eight(name, end):
    y, truth = before_and_after(end)
    found = MODELS[name].set_params(horizon=48).fit(y).predict()
    assert found.index.equals(truth.index)
    assert np.abs(found - truth).mean() < 0.3
    later, truth = before_and_after("2024-10-25 12:00+02:00")
    assert np.abs(MODELS[name].predict(y=later) - truth).mean() < 0.3


@pytest.mark.parametrize("freq", ["15min", "2h", "30min"])
@pytest.mark.parametrize("end", ENDS[:4])
def test_steps_of_other_lengths_follow_the_clock(freq, end):
    y, truth = before_and_after(end, freq)
    found = SeasonalNaive(horizon=48).fit(y).predict()
    assert found.index.equals(truth.index)
    if freq != "2h":  # which fall on other times before and after the change
        assert np.abs(found - truth).max() < 1e-9
    assert np.abs(found - truth).mean() < 10


def test_rows_by_the_clock_worked_out_by_hand():
    spring = pd.date_range("2024-03-31 00:00", periods=4, freq="h", tz=BERLIN)
    autumn = pd.date_range("2024-10-27 01:00", periods=5, freq="h", tz=BERLIN)
    summer = pd.date_range("2024-07-01 00:00", periods=3, freq="h", tz=BERLIN)
    labels = Labels(np.array([0, 4, 9, 12]), spring.append([autumn, summer]))
    clock = find_clock(labels)
    np.testing.assert_array_equal(clock.slots, [0, 1, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11])
    np.testing.assert_array_equal(clock.rows, [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11])
    np.testing.assert_array_equal(np.flatnonzero(clock.skipped), [2])
    np.testing.assert_array_equal(clock.labels.offsets, [0, 5, 9, 12])
    assert [time.hour for time in clock.labels.flat] == [0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 1, 2]
    assert find_clock(Labels(np.array([0, 3]), summer)) is None
    assert clock_steps(Labels(np.array([0, 3]), summer), 24) is None
    np.testing.assert_array_equal(clock_steps(Labels(np.array([0, 2]), spring[:2]), 3), [[2, 3, 4]])
    np.testing.assert_array_equal(clock_steps(Labels(np.array([0, 2]), autumn[:2]), 3), [[1, 1, 2]])
    for zone in ("UTC", "Etc/GMT-1", None):
        assert find_clock(Labels(np.array([0, 4]), spring.tz_convert(zone))) is None
    panel = read_panel(pd.Series([1.0, 2.0, 4.0, 5.0], spring))
    np.testing.assert_array_equal(panel.on_clock.arrays.values[:, 0], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(panel.on_clock.arrays.missing[:, 0], [False, False, True, False, False])


def test_panels_of_several_zones_and_long_tables_follow_their_clocks():
    y, truth = before_and_after("2024-04-02 00:00+02:00")
    west = y.set_axis(y.index.tz_convert("America/New_York"))
    model = RNNForecaster(horizon=48, max_steps=50, random_state=0)
    for form in ({"a": y, "b": y[100:], "c": 2 * y}, {"a": y, "west": west}):
        found = model.fit(form).predict()
        assert np.abs(found["a"] - truth).mean() < 3
        assert all(one.index.equals(truth.index.tz_convert(one.index.tz)) for one in found.values())
    table = pd.concat(
        [pd.DataFrame({"unique_id": key, "ds": y.index, "y": y.to_numpy()}) for key in ("a", "b")]
    )
    found = model.fit(table).predict()
    assert found["ds"].tolist() == 2 * truth.index.tolist()
    assert np.abs(found["GRU"].to_numpy() - np.tile(truth, 2)).mean() < 3
    assert len(model.fitted_values_) == len(table)


def test_all_that_goes_with_a_forecast_follows_the_clock():
    y, truth = before_and_after("2024-03-30 18:00+01:00")
    both = pd.concat([y, truth])
    X = pd.DataFrame({"x": both * 2}, both.index)
    model = RNNForecaster(horizon=48, max_steps=100, random_state=0)
    model.fit(y, X, X_past=X.rename(columns=str.upper))
    assert np.abs(model.predict(X=X) - truth).mean() < 3
    assert model.fitted_values_.index.equals(y.index)
    paths = SeasonalNaive(horizon=48).fit(y).sample_paths(5, random_state=0)
    assert np.abs(paths.mean(axis=1) - truth).max() < 1e-9
    bounds = Theta(horizon=48).fit(y).predict(level=80)
    assert bounds.index.equals(truth.index)
    learned = RNNForecaster(horizon=48, loss="gaussian", max_steps=20, random_state=0).fit(y)
    assert learned.predict(level=80).index.equals(truth.index)
    assert learned.sample_paths(3, random_state=0).index.equals(truth.index)
    moved = RNNForecaster(horizon=24, max_steps=200, random_state=0).fit(y).update(truth[:20])
    assert np.abs(moved.predict() - truth[20:44]).mean() < 0.3
    channels = pd.DataFrame({"a": y, "b": -y + np.random.default_rng(0).normal(size=len(y))})
    assert VAR(horizon=48).fit(channels).predict().index.equals(truth.index)
    joint = RNNForecaster(horizon=48, channels="joint", max_steps=5, random_state=0).fit(channels)
    assert joint.fitted_values_.index.equals(y.index)


def test_backtests_across_the_change_are_by_the_clock():
    y, _ = before_and_after("2024-04-10 00:00+02:00")
    table = backtest([SeasonalNaive(), Theta()], y, horizon=24, n_windows=14).forecasts
    assert np.abs(table["SeasonalNaive"] - table["y"]).max() < 0.1  # for an hour that was skipped
    assert np.abs(table["Theta"] - table["y"]).mean() < 0.3


def test_sessions_are_left_as_they_are():
    index = pd.date_range("2024-03-01", "2024-04-10", freq="30min", tz="America/New_York")
    index = index[index.indexer_between_time("09:30", "15:30")]
    assert read_panel(pd.Series(1.0, index)).clock is None
