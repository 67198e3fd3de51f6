"""Transforms and their inverses, level and scale, the seasonal test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn import datasets
from tsrnn.timeseries.future_index import natural_season
from tsrnn.training.transforms import Preparation, level_and_scale, root_mean_square, seasonal_test

CHAINS = [
    [],
    ["log"],
    ["difference"],
    ["deseasonalize"],
    ["log", "deseasonalize"],
    ["log", "difference"],
    ["difference", "deseasonalize"],
    ["log", "deseasonalize", "difference"],
    ["difference", "difference"],
]


@pytest.mark.parametrize("names", CHAINS, ids=str)
@given(
    seed=st.integers(0, 1000),
    exponent=st.integers(-20, 20),
    season=st.integers(2, 12),
    horizon=st.integers(1, 9),
)
def test_the_inverse_is_exact_from_any_origin(names, seed, exponent, season, horizon):
    horizon = min(horizon, season)  # past a season, the pattern known at the origin is no longer the latest
    values = np.random.default_rng(seed).uniform(1, 5, 60) * 10.0**exponent
    chain = Preparation(values, names, [season])
    starts = np.array([30, 41, 60 - horizon])
    future = np.stack([chain.prepared[s : s + horizon] for s in starts])
    truth = np.stack([values[s : s + horizon] for s in starts])
    np.testing.assert_allclose(chain.inverse(future, starts), truth, rtol=1e-9)


def test_the_inverse_continues_past_the_end():
    values = np.array([1.0, 3, 2, 4, 3, 5, 4, 6, 5, 7])  # trend one half a step, season +-3/4
    seasons = Preparation(values, ["deseasonalize"], [2])
    np.testing.assert_allclose(seasons.inverse(np.zeros((1, 3)), np.array([10])), [[-0.75, 0.75, -0.75]])
    changes = Preparation(values, ["difference"], [2])
    np.testing.assert_allclose(changes.inverse(np.array([[1.0, 1.0]]), np.array([10])), [[8, 9]])


def test_deseasonalize_finds_the_pattern_of_a_trending_series():
    pattern = np.array([3.0, -1.0, -2.0])
    t = np.arange(30)
    chain = Preparation(0.7 * t + pattern[t % 3], ["deseasonalize"], [3])
    np.testing.assert_allclose(chain.prepared, 0.7 * t, atol=1e-12)
    even = np.array([4.0, 0.0, -3.0, -1.0])
    np.testing.assert_allclose(
        Preparation(0.7 * t + even[t % 4], ["deseasonalize"], [4]).prepared, 0.7 * t, atol=1e-12
    )


def test_several_seasons_are_taken_out_one_after_the_other():
    t = np.arange(60)
    day, week = np.array([2.0, -2.0]), np.array([5.0, 0, 0, 0, 0, -5.0])
    values = 0.5 * t + day[t % 2] + week[t % 6]
    chain = Preparation(values[:48], ["deseasonalize"], [6, 2])
    trend = 0.5 * t[48:]
    np.testing.assert_allclose(chain.prepared, 0.5 * t[:48], atol=0.3)
    np.testing.assert_allclose(chain.inverse(trend[None], np.array([48]))[0], values[48:], atol=0.3)


def test_a_pattern_of_noise_is_drawn_towards_none():
    noise = np.random.default_rng(0).standard_normal((200, 120))
    shown = noise + 3 * np.sin(np.arange(120) * np.pi / 6)
    removed = [np.std(row - Preparation(row, ["deseasonalize"], [12]).prepared) for row in noise]
    kept = [np.std(row - Preparation(row, ["deseasonalize"], [12]).prepared) for row in shown]
    assert np.mean(removed) < 0.15
    assert np.median(removed) == 0
    assert np.mean(kept) == pytest.approx(3 / np.sqrt(2), rel=0.1)


def test_an_overflowing_forecast_stays_finite():
    chain = Preparation(np.array([1.0, 2.0]), ["log"], [1])
    assert np.isfinite(chain.inverse(np.array([[1e6]]), np.array([2]))).all()


def test_what_a_transform_needs_is_said():
    with pytest.raises(
        ValueError, match=r'^transform="log" needs positive values; got 0 at position 1\. Shift'
    ):
        Preparation(np.array([1.0, 0.0]), ["log"], [1])
    with pytest.raises(
        ValueError, match=r"needs season_length of at least 2 and two full seasons; got season_length=4 and 7"
    ):
        Preparation(np.arange(7.0), ["deseasonalize"], [4])


def test_level_and_scale_by_hand():
    values = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    assert level_and_scale(values) == pytest.approx((22, np.sqrt((441 + 400 + 361 + 324 + 6084) / 5)))
    assert level_and_scale(values, robust=True) == pytest.approx((3, 2 / 1.349))
    assert level_and_scale(np.full(9, 0.1)) == (pytest.approx(0.1), 0.0)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_root_mean_square_neither_overflows_nor_underflows(scale):
    assert root_mean_square(np.array([3.0, -4.0]) * scale) == pytest.approx(np.sqrt(12.5) * scale)
    assert root_mean_square(np.zeros(3)) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("airpassengers", 12), ("nottem", 12), ("ukgas", 4), ("co2", 52), ("power", 24)],
)
def test_seasons_of_real_series_are_found(name, expected):
    y = datasets.load(name).interpolate()
    assert natural_season(y.index) == expected
    assert seasonal_test(y.to_numpy(), expected)


def test_a_season_drowned_in_the_noise_of_differences_is_found_in_the_values():
    t = np.arange(400)
    series = np.sin(2 * np.pi * t / 24) + 1.2 * np.random.default_rng(0).standard_normal((50, 400))
    assert np.mean([seasonal_test(one, 24) for one in series]) > 0.95


@pytest.mark.parametrize("season", [4, 7, 12, 24])
def test_random_walks_show_a_season_as_rarely_as_the_test_promises(season):
    walks = np.random.default_rng(0).standard_normal((300, 200)).cumsum(axis=1)
    assert np.mean([seasonal_test(walk, season) for walk in walks]) < 0.08


def test_short_constant_and_drifting_series_show_no_season():
    assert not seasonal_test(np.tile([0.0, 1.0, 0.0, 0.0], 2), 4)
    assert not seasonal_test(np.full(100, 3.3), 4)
    assert not seasonal_test(np.arange(100.0) ** 2, 12)
