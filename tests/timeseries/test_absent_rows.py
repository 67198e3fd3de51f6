"""Rows that an index leaves out: where they are missing values, and where observations count."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import ETS, RNNForecaster, SeasonalNaive, Theta
from tsrnn.timeseries.reading import read_alike, read_further, read_panel

HOURS = pd.date_range("2024-01-01", periods=1440, freq="h")
ABSENT = [100, 333, 334, 700, 900, 1200, 1400]
SESSIONS = pd.date_range("2024-01-01 09:30", "2024-03-01", freq="30min")
SESSIONS = SESSIONS[SESSIONS.indexer_between_time("09:30", "15:30")]
SESSIONS = SESSIONS[SESSIONS.day_of_week < 5]


def bare(index, absent):
    """Return a series on an index without some of its rows, and without its frequency."""
    kept = np.delete(np.arange(len(index)), absent)
    index = index.take(kept)
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        index.freq = None
    return pd.Series(kept.astype(float), index)


@pytest.mark.parametrize(
    "index",
    [
        HOURS[:100],
        pd.date_range("2024-03-29", periods=100, freq="h", tz="Europe/Berlin"),
        pd.date_range("2024-10-25", periods=100, freq="30min", tz="Europe/Berlin", unit="s"),
        pd.date_range("2024-03-01", periods=100, freq="D", tz="Europe/Berlin"),
        pd.date_range("2024-03-01", periods=100, freq="D"),
        pd.date_range("2024-03-01", periods=100, freq="W-TUE"),
        pd.date_range("2001-03-01", periods=100, freq="MS"),
        pd.date_range("2001-03-01", periods=100, freq="ME", tz="Europe/Berlin"),
        pd.date_range("2001-03-01", periods=100, freq="QE"),
        pd.date_range("1901-03-01", periods=100, freq="YS", unit="s"),
        pd.period_range("2001-03", periods=100, freq="M"),
        pd.period_range("2024-03-01", periods=100, freq="h"),
        pd.timedelta_range("5s", periods=100, freq="s"),
        pd.RangeIndex(100),
        pd.Index(np.arange(7, 507, 5), dtype="int16"),
    ],
    ids=lambda index: f"{getattr(index, 'freq', None)} {index.dtype}",
)
def test_absent_rows_are_missing_at_their_place_in_time(index):
    absent = [5, 30, 31, 77, 78]
    y = bare(index, absent)
    panel = read_panel(y, missing="interpolate")
    assert panel.labels.of(0).equals(index)
    assert panel.labels.of(0).dtype == index.dtype
    np.testing.assert_allclose(panel.series().values, np.arange(100))
    np.testing.assert_array_equal(np.flatnonzero(panel.arrays.missing), absent)
    with pytest.raises(
        ValueError, match=r"^`y` has no rows for 5 of the 100 steps of its index; the first is missing after "
    ):
        read_panel(y)


@pytest.mark.parametrize(
    "index",
    [
        pd.bdate_range("2024-01-01", periods=60).delete([5, 20, 21]),
        pd.date_range("2024-01-01", periods=80)[pd.date_range("2024-01-01", periods=80).day_of_week != 6],
        SESSIONS,
        SESSIONS.tz_localize("America/New_York"),
        HOURS[(HOURS.day_of_week < 5) | (HOURS.hour < 12)],
        HOURS[HOURS.hour != 3],
        pd.Index(np.cumsum(np.random.default_rng(0).choice([1, 1, 1, 2, 5], 100))),
        pd.DatetimeIndex(np.sort(np.random.default_rng(0).integers(0, 10**9, 100)).view("M8[s]")),
        pd.Index([0.0, 0.1, 0.2, 0.5]),
        pd.DatetimeIndex(["2024-01-01", "2024-01-09"]),
    ],
    ids=["holidays", "six days", "sessions", "sessions in a zone", "weekends", "maintenance", *"1234"],
)
def test_observations_count_where_an_index_is_closed_or_uneven(index):
    y = pd.Series(1.0, index)
    assert read_panel(y).labels.of(0).equals(index)


def test_each_series_of_a_panel_is_filled_in():
    days = pd.date_range("2024-01-01", periods=30)
    y = {"whole": pd.Series(1.0, days), "gappy": bare(days, [3, 4]), "short": bare(days[:9], [7])}
    table = pd.concat(
        [pd.DataFrame({"unique_id": key, "ds": one.index, "y": one.to_numpy()}) for key, one in y.items()]
    )
    for form in (y, table, table.set_index(["unique_id", "ds"])["y"], table.sample(frac=1, random_state=0)):
        if form is not y and "ds" in form:
            form = form.sort_values("ds", kind="stable")
        panel = read_panel(form, missing="mask")
        found = {key: panel.series(s) for s, key in enumerate(panel.ids)}
        assert {key: len(one.values) for key, one in found.items()} == {"whole": 30, "gappy": 30, "short": 9}
        assert all(one.index.equals(days[: len(one.index)]) for one in found.values())
        np.testing.assert_allclose(found["gappy"].values, np.arange(30))
        with pytest.raises(ValueError, match=r"2 of the 30 .* in series 'gappy', and others in 1 more"):
            read_panel(form)


def test_a_hole_that_is_most_of_the_time_is_not_filled_in():
    seconds = pd.date_range("2024-01-01", periods=50, freq="s")
    y = pd.Series(1.0, seconds.append(seconds + pd.Timedelta(days=2000, hours=1)))
    with pytest.raises(ValueError, match=r"alone, which is too many to fill in\. Pass what comes later, or"):
        read_panel(y, missing="interpolate")


def test_new_values_and_new_histories_are_filled_in_too():
    days = pd.date_range("2024-01-01", periods=40)
    first = read_panel(pd.Series(np.arange(30.0), days[:30]), missing="interpolate")
    assert len(read_further(pd.Series([33.0], days[33:34]), first, missing="interpolate").labels.flat) == 34
    with pytest.raises(ValueError, match=r"^`y` has no rows for 3 of the 34 steps of its index"):
        read_further(pd.Series([33.0], days[33:34]), first)
    assert read_alike(bare(days, [9]), first, missing="mask").labels.of(0).equals(days)
    uneven = RNNForecaster(lookback=3, max_steps=1, time_step=True, random_state=0).fit(bare(days, [9, 12]))
    assert len(uneven.panel_.labels.flat) == 38
    assert uneven.predict(1, y=bare(days, [20])).index[0] == pd.Timestamp("2024-02-10")


@pytest.mark.parametrize(
    "model",
    [
        RNNForecaster(max_steps=200, random_state=0, missing="interpolate"),
        RNNForecaster(max_steps=200, random_state=0, missing="mask"),
        ETS(missing="interpolate"),
        Theta(missing="interpolate"),
        SeasonalNaive(missing="interpolate"),
    ],
    ids=lambda model: f"{type(model).__name__} {model.missing}",
)
def test_seasons_stay_in_step_with_the_clock(model):
    wave = 10 + np.sin(2 * np.pi * np.arange(1464) / 24)
    y = pd.Series(wave[:1440], HOURS).drop(HOURS[ABSENT])
    found = model.set_params(horizon=24).fit(y).predict()
    assert np.abs(found.to_numpy() - wave[1440:]).mean() < 0.02
    assert found.index[0] == pd.Timestamp("2024-03-01")


def test_covariates_may_lack_the_rows_that_the_series_lacks():
    wave = np.sin(2 * np.pi * np.arange(1464) / 24)
    table = pd.DataFrame({"x": wave}, pd.date_range("2024-01-01", periods=1464, freq="h"))
    y, X = pd.Series(wave[:1440], HOURS).drop(HOURS[ABSENT]), table.drop(HOURS[ABSENT])
    past = X.rename(columns={"x": "past"})
    model = RNNForecaster(horizon=24, max_steps=20, random_state=0, missing="interpolate").fit(
        y, X, X_past=past
    )
    np.testing.assert_allclose(model.panel_.arrays.future[:, 0], wave[:1440], atol=0.05)
    assert np.isfinite(model.predict(X=X[-24:])).all()
    both = model.fit({"a": y, "b": y[20:]}, {"a": X, "b": X}).predict(X={"a": X, "b": X})
    assert np.isfinite(both["b"]).all()
    with pytest.raises(ValueError, match=r"^`X` has no row for 1 of the 1440 steps of the history"):
        model.fit(y, X.drop(HOURS[5]))
