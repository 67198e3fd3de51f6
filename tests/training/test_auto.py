"""What "auto" comes to, and what a panel's windows are divided and weighed by."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.timeseries.frequency import natural_seasons
from tsrnn.training.auto import choose_normalize, choose_transforms
from tsrnn.training.windows import Context, WindowDataset, WindowShape, with_cumulative_changes

SMALL = {"hidden_size": 4, "max_steps": 5, "random_state": 0}


def hours(values):
    return pd.Series(values, pd.date_range("2024-01-01", periods=len(values), freq="h"))


def walks(n_series, n, seed=0):
    steps = np.random.default_rng(seed).standard_normal((n_series, n))
    return {f"w{i}": pd.Series(row) for i, row in enumerate(100 + steps.cumsum(axis=1))}


def two_series():
    """Return windows over a series of changes 1 and one of changes 10, with a jump between them."""
    values = np.concatenate([np.arange(8.0), 500 + 10 * np.arange(8.0)])[:, None]
    rows, mean_change = np.array([0, 8]), np.array([[1.0], [5.0]])
    context = Context(begins=rows, firsts=rows, mean_change=mean_change, relative_scale=np.ones((2, 1)))
    return with_cumulative_changes(
        WindowDataset(values, WindowShape(4, 2, n_anchor=1), context, rows, np.array([8, 8]))
    )


def test_windows_of_a_panel_are_divided_by_their_mean_change_drawn_towards_the_series_own():
    batch = two_series().inputs(np.array([0, 2, 8]))
    scales = [1.0, 1.0, (3 * 10 + 4 * 5) / 7]  # three changes in the window, four of the series
    np.testing.assert_allclose(batch.spread[:, 0], scales)
    np.testing.assert_allclose(batch.x[:, 2, 0], np.array([-30, -20, -10, 0]) / scales[2])
    np.testing.assert_allclose(batch.restore(np.ones((3, 1, 1)))[:, 0, 0], [3 + 1, 5 + 1, 530 + scales[2]])


def test_windows_of_a_panel_weigh_a_power_of_their_scale_and_some_are_upside_down():
    windows = two_series()
    batch = windows.batch(np.array([0, 1, 2, 8, 9, 10]))
    np.testing.assert_allclose(batch.weight[0], np.abs(batch.spread[:, 0]) ** 0.8)
    np.testing.assert_allclose(np.abs(batch.target[0, :3]), [[1, 2]] * 3)
    many = np.tile(np.arange(1000.0), 1)[:, None]
    context = Context(mean_change=np.ones((1, 1)), relative_scale=np.ones((1, 1)))
    target = (
        with_cumulative_changes(WindowDataset(many, WindowShape(4, 1, 1), context))
        .batch(np.arange(990))
        .target
    )
    assert set(target.ravel()) == {-1.0, 1.0}
    assert 0.15 < np.mean(target < 0) < 0.25


def test_what_is_unlike_in_size_is_forecast_alike():
    small, large = walks(6, 60), {key: 1e6 * y for key, y in walks(6, 60).items()}
    of_small, of_large = (RNNForecaster(horizon=3, **SMALL).fit(y).predict() for y in (small, large))
    for key, forecast in of_small.items():
        np.testing.assert_allclose(of_large[key], 1e6 * forecast, rtol=1e-4)


@pytest.mark.parametrize("changes", [{}, {"strategy": "recursive"}, {"channels": "joint"}])
def test_forecasts_of_a_panel_go_on_past_the_horizon(changes):
    model = RNNForecaster(horizon=2, **SMALL, **changes).fit(walks(3, 40))
    near, far = model.predict(2), model.predict(7)
    for key in near:
        assert np.isfinite(far[key]).all()
        assert len(far[key]) == 7
        np.testing.assert_allclose(far[key][:2], near[key], rtol=1e-5)


def test_positive_series_of_a_panel_are_all_taken_in_logarithms():
    panel = walks(2, 40) | {"negative": pd.Series(np.arange(-20.0, 20))}
    model = RNNForecaster(**SMALL).fit(panel)
    assert model.transform_ == {"w0": ("log",), "w1": ("log",), "negative": ()}
    assert RNNForecaster(**SMALL).fit(panel["w0"]).transform_ == ()


@pytest.mark.parametrize("is_panel", [False, True])
def test_transforms_are_chosen_for_each_series_by_its_values(is_panel):
    rng = np.random.default_rng(0)
    rows = [rng.standard_normal(40).cumsum() + level for level in (-30, 3, 10, 20, 60, 200)]
    rows += [np.geomspace(1, 9, 40), np.where(np.arange(40) == 7, 0.001, np.geomspace(1, 9, 40)), np.ones(40)]
    rows += [*rows]
    sets, seasons = ((), (4,), (4, 20), (4, 21)), rng.integers(0, 4, len(rows))
    plan = choose_transforms(
        "auto", np.concatenate(rows), 40 * np.arange(len(rows) + 1), sets, seasons, is_panel=is_panel
    )
    logged = 0
    for s, x in enumerate(rows):
        medians = [np.median(quarter) for quarter in np.split(x, 4)]
        grows = x.min() > 0.01 * x.mean() and max(medians) > 1.25 * min(medians)
        log = x.min() > 0 if is_panel else grows
        longest = max(sets[seasons[s]], default=1)
        expected = ("log",) * bool(log) + ("deseasonalize",) * (longest > 1 and 2 * longest <= 40)
        assert plan.chains[plan.chain[s]] == expected
        logged += bool(log)
    assert 4 <= logged < len(rows)
    np.testing.assert_array_equal(plan.seasons, seasons)


def test_training_settings_follow_the_number_of_windows():
    one, many = RNNForecaster(**SMALL).fit(walks(1, 60)["w0"]), RNNForecaster(**SMALL).fit(walks(60, 100))
    settings = [(m.batch_size_, round(m.learning_rate_, 5), m.max_epochs_) for m in (one, many)]
    assert settings == [(32, 0.001, 50), (128, 0.002, 12)]
    told = RNNForecaster(batch_size=7, learning_rate=0.1, max_epochs=3, **SMALL).fit(walks(60, 100))
    assert (told.batch_size_, told.learning_rate_, told.max_epochs_) == (7, 0.1, 3)


def test_the_week_of_hours_is_a_season_where_the_day_leaves_one():
    t, rng = np.arange(24 * 7 * 6), np.random.default_rng(0)
    day = 10 * np.sin(2 * np.pi * t / 24) + 0.5 * rng.standard_normal(len(t))
    week = day + 6 * (t // 24 % 7 >= 5)
    assert RNNForecaster(**SMALL).fit(hours(day)).season_length_ == 24
    assert RNNForecaster(**SMALL).fit(hours(week)).season_length_ == (24, 168)
    told = RNNForecaster(season_length=(168, 24), horizon=24, **SMALL).fit(hours(week))
    assert told.season_length_ == (24, 168)
    assert told.transform_ == ("deseasonalize",)
    assert natural_seasons(pd.date_range("2024-01-01", periods=20, freq="W")) == (52,)


def test_a_season_of_one_step_among_several_is_refused():
    with pytest.raises(ValueError, match="season_length"):
        RNNForecaster(season_length=(1, 24), **SMALL).fit(hours(np.arange(100.0)))


def autoregression(phi, n, seed=0):
    noise = np.random.default_rng(seed).standard_normal(n + 100)
    for t in range(1, n + 100):
        noise[t] += phi * noise[t - 1]
    return noise[100:]


@pytest.mark.parametrize(
    ("phi", "normalize"),
    [(-0.5, "series"), (0.0, "series"), (0.5, "series"), (0.9, "window"), (1.0, "window")],
)
def test_stationary_series_are_forecast_no_worse_than_by_their_mean_and_others_from_their_last_value(
    phi, normalize
):
    y = autoregression(phi, 700)
    model = RNNForecaster(horizon=5, random_state=0).fit(y[:400])
    assert model.normalize_ == normalize
    errors = {"model": [], "mean": [], "last": []}
    for n in range(400, 695, 5):
        future = y[n : n + 5]
        errors["model"].append(np.abs(model.predict(y=y[:n]) - future).mean())
        errors["mean"].append(np.abs(y[:400].mean() - future).mean())
        errors["last"].append(np.abs(y[n - 1] - future).mean())
    mae = {name: np.mean(each) for name, each in errors.items()}
    assert mae["model"] < 1.05 * min(mae["mean"], mae["last"])


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([autoregression(0.3, 60, s) for s in range(20)], "series"),
        ([autoregression(1.0, 60, s) for s in range(20)], "window"),
        ([autoregression(1.0, 12, s) for s in range(50)], "window"),  # their mean ratio is 0.6
        ([autoregression(0.0, 15, s) for s in range(50)], "series"),  # together they tell what one would not
        ([autoregression(0.0, 60)] * 2 + [autoregression(1.0, 60)], "series"),
        ([autoregression(0.0, 60)] + [np.full(60, 5.0)] * 2, "series"),  # constant ones do not count
        ([np.full(60, 5.0), np.array([3.0])], "window"),
        ([np.arange(60) + 3 * autoregression(0.0, 60)], "window"),
        ([3 * np.sin(np.arange(80) * np.pi / 2) + autoregression(0.0, 80)], "window"),  # an unknown season
        ([1e9 + autoregression(0.0, 60)], "series"),
    ],
)
def test_how_to_normalize_is_decided_once_by_whether_most_series_keep_their_level(series, expected):
    offsets, none = np.cumsum([0, *map(len, series)]), np.zeros(len(series), int)
    assert choose_normalize("auto", np.concatenate(series), offsets, ((),), none) == expected
    assert choose_normalize("robust", np.concatenate(series), offsets, ((),), none) == "robust"
    assert choose_normalize("auto", np.concatenate(series), offsets, ((4,),), none) == "window"
