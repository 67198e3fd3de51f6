"""Unequal series and unequal steps: what is drawn to train on, and how the time between values is read."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import Naive, RNNForecaster
from tsrnn.forecasting.combine import Combine
from tsrnn.timeseries.time_features import steps_before, usual_step
from tsrnn.training.starts import Runs, Starts


@pytest.mark.parametrize(
    "index",
    [
        pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-06"]),
        pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-06"], utc=True),
        pd.to_timedelta([0, 1, 2, 5], "D"),
        pd.PeriodIndex(["2024-01", "2024-02", "2024-03", "2024-06"], freq="M"),
        pd.Index([10, 20, 30, 60]),
        pd.Index([0.1, 0.2, 0.3, 0.6]),
    ],
    ids=lambda index: type(index).__name__,
)
def test_steps_are_counted_in_usual_ones(index):
    usual = usual_step(index, np.array([0, 4]))
    np.testing.assert_allclose(steps_before(index, usual), [0, 0, 0, np.log(3)], atol=1e-12)


def readings(n=400, seed=0):
    """A meter read at uneven times, which shows what has flowed since it was read last."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([1, 1, 1, 2, 5], n)
    rate = 10 + 5 * np.sin(np.cumsum(steps) / 60)
    return pd.Series(rate * steps, pd.Index(np.cumsum(steps), name="hour"), name="flow")


def fit(y, **settings):
    settings = {"normalize": "series", "transform": None, "lookback": 8, "random_state": 0} | settings
    return RNNForecaster(hidden_size=8, max_steps=300, learning_rate=0.01, **settings).fit(y)


def test_a_network_that_reads_the_time_between_values_knows_what_they_stand_for():
    y = readings()
    usual = y[steps_before(y.index, 1.0) == 0]  # forecasts are of usual steps
    errors = {}
    for time_step in (False, True):
        fitted = fit(y[:300], time_step=time_step)
        ends = [i for i in range(300, 399) if y.index[i + 1] in usual.index]
        forecasts = [fitted.predict(1, y=y.iloc[: i + 1]).iloc[0] for i in ends]
        errors[time_step] = np.median(np.abs(np.array(forecasts) - y.to_numpy()[np.array(ends) + 1]))
    assert errors[True] < 0.6 * errors[False]


def test_even_steps_tell_nothing():
    y = pd.Series(readings().to_numpy())
    model = fit(y, time_step=True)
    assert (model.panel_.arrays.past == np.zeros((400, 1))).all()
    assert model.n_parameters_ > fit(y).n_parameters_


def test_the_time_is_read_again_from_new_values_and_new_histories():
    y = readings()
    model = fit(y[:200], time_step=True)
    model.update(y[200:300])
    past = model.panel_.arrays.past
    usual = usual_step(y.index[:200], np.array([0, 200]))
    np.testing.assert_array_equal(past[:, 0], steps_before(y.index[:300], usual))
    forecast = model.predict(1)
    np.testing.assert_allclose(model.predict(1, y=y[:300]), forecast)
    shifted = y[:300].set_axis(np.arange(300) * 2)
    assert model.predict(1, y=shifted).iloc[0] != forecast.iloc[0]


def test_only_members_that_ask_for_the_time_are_told():
    y = readings(100)
    reading = RNNForecaster(lookback=8, max_steps=5, time_step=True, random_state=0)
    deaf = RNNForecaster(lookback=8, max_steps=5, random_state=0, alias="deaf")
    combined = Combine([reading, deaf, Naive()]).fit(y)
    alone = [one.fit(y).predict(1).iloc[0] for one in (reading, deaf, Naive())]
    assert combined.predict(1).iloc[0] == pytest.approx(np.mean(alone))


def test_series_are_drawn_with_equal_chances_however_long_they_are():
    runs = Runs(np.zeros(4, np.int64), np.array([1000, 10, 0, 1]))
    starts = Starts.of(runs, np.array([0, 5000, 7000, 9000]), by_series=True)
    drawn = starts[starts.draw(np.random.default_rng(0), 100_000)]
    assert len(drawn) == 1011
    drawn = np.concatenate([starts[starts.draw(np.random.default_rng(k), 1011)] for k in range(30)])
    shares = [np.mean((drawn >= low) & (drawn < low + 1000)) for low in (0, 5000, 9000)]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.01)
    assert set(np.unique(drawn[(drawn >= 5000) & (drawn < 9000)])) == set(range(5000, 5010))


def test_a_short_series_is_learnt_beside_a_long_one():
    t = np.arange(2000)
    y = {"long": pd.Series(np.sin(t / 3)), "short": pd.Series(np.where(t[:60] % 2, 1.0, -1.0))}
    errors = {}
    for sampling in ("windows", "series"):
        model = fit(y, sampling=sampling, horizon=4, max_epochs=None)
        errors[sampling] = np.abs(model.predict()["short"] - [-1, 1, -1, 1]).mean()
    assert errors["series"] < 0.5 * errors["windows"]


def test_what_the_options_take():
    for name, value in (("sampling", "all"), ("time_step", "yes")):
        with pytest.raises(ValueError, match=f"^`{name}` must be one of"):
            fit(readings(50), **{name: value})


def test_late_errors_count_more_where_intervals_adapt():
    rng = np.random.default_rng(0)
    y = pd.Series(np.concatenate([rng.normal(size=180), 10 * rng.normal(size=20)]).cumsum())
    model = Naive().fit(y)
    split, adaptive = (model.predict(level=80, conformal=kind) for kind in ("split", "adaptive"))
    assert (adaptive["hi-80"] - adaptive["lo-80"]).iloc[0] > 1.3 * (split["hi-80"] - split["lo-80"]).iloc[0]
    pd.testing.assert_frame_equal(split, model.predict(level=80))
    assert len(model.calibrations_) == 2
    with pytest.raises(ValueError, match="`conformal` must be one of 'split', 'adaptive'"):
        model.predict(level=80, conformal="other")
