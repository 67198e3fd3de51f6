"""Transforms and their inverses, of one series and of many."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.training.transforms import Plan, Transformed

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


class Alone:
    """One series after its transforms."""

    def __init__(self, values, names, seasons):
        offsets = np.array([0, len(values)])
        self._transformed = Transformed(values, offsets, Plan.alike(1, names, seasons))
        self.prepared = self._transformed.prepared

    def inverse(self, future, starts):
        return self._transformed.inverse(future, np.zeros(len(starts), int), starts)


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
    chain = Alone(values, names, [season])
    starts = np.array([30, 41, 60 - horizon])
    future = np.stack([chain.prepared[s : s + horizon] for s in starts])
    truth = np.stack([values[s : s + horizon] for s in starts])
    np.testing.assert_allclose(chain.inverse(future, starts), truth, rtol=1e-9)


def test_the_inverse_continues_past_the_end():
    values = np.array([1.0, 3, 2, 4, 3, 5, 4, 6, 5, 7])  # trend one half a step, season +-3/4
    seasons = Alone(values, ["deseasonalize"], [2])
    np.testing.assert_allclose(seasons.inverse(np.zeros((1, 3)), np.array([10])), [[-0.75, 0.75, -0.75]])
    changes = Alone(values, ["difference"], [2])
    np.testing.assert_allclose(changes.inverse(np.array([[1.0, 1.0]]), np.array([10])), [[8, 9]])


def test_deseasonalize_finds_the_pattern_of_a_trending_series():
    pattern = np.array([3.0, -1.0, -2.0])
    t = np.arange(30)
    chain = Alone(0.7 * t + pattern[t % 3], ["deseasonalize"], [3])
    np.testing.assert_allclose(chain.prepared, 0.7 * t, atol=1e-12)
    even = np.array([4.0, 0.0, -3.0, -1.0])
    np.testing.assert_allclose(
        Alone(0.7 * t + even[t % 4], ["deseasonalize"], [4]).prepared, 0.7 * t, atol=1e-12
    )


def test_several_seasons_are_taken_out_one_after_the_other():
    t = np.arange(60)
    day, week = np.array([2.0, -2.0]), np.array([5.0, 0, 0, 0, 0, -5.0])
    values = 0.5 * t + day[t % 2] + week[t % 6]
    chain = Alone(values[:48], ["deseasonalize"], [6, 2])
    trend = 0.5 * t[48:]
    np.testing.assert_allclose(chain.prepared, 0.5 * t[:48], atol=0.3)
    np.testing.assert_allclose(chain.inverse(trend[None], np.array([48]))[0], values[48:], atol=0.3)


def test_a_pattern_of_noise_is_drawn_towards_none():
    noise = np.random.default_rng(0).standard_normal((200, 120))
    shown = noise + 3 * np.sin(np.arange(120) * np.pi / 6)
    removed = [np.std(row - Alone(row, ["deseasonalize"], [12]).prepared) for row in noise]
    kept = [np.std(row - Alone(row, ["deseasonalize"], [12]).prepared) for row in shown]
    assert np.mean(removed) < 0.15
    assert np.median(removed) == 0
    assert np.mean(kept) == pytest.approx(3 / np.sqrt(2), rel=0.1)


@given(data=st.data(), seed=st.integers(0, 1000), n_series=st.integers(1, 6))
def test_many_series_are_transformed_as_each_alone(data, seed, n_series):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(26, 90, n_series)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = rng.uniform(1, 5, offsets[-1]) + rng.uniform(0, 9) * np.sin(np.arange(offsets[-1])) ** 2
    number = st.lists(st.integers(0, 2), min_size=n_series, max_size=n_series).map(np.array)
    chains = tuple(map(tuple, data.draw(st.lists(st.sampled_from(CHAINS), min_size=3, max_size=3))))
    sets = ((12,), (2, 7), (3, 4, 12))
    plan = Plan(chains, data.draw(number), sets, data.draw(number), np.zeros(n_series))
    whole = values.copy()
    many = Transformed(values, offsets, plan)
    np.testing.assert_array_equal(values, whole)
    alone = []
    for s in range(n_series):
        rows = slice(offsets[s], offsets[s + 1])
        alone.append(Alone(values[rows], plan.chains[plan.chain[s]], plan.season_sets[plan.seasons[s]]))
        np.testing.assert_allclose(many.prepared[rows], alone[s].prepared, rtol=1e-12, atol=1e-12)
    series = rng.integers(0, n_series, 9)
    starts = rng.integers(13, lengths[series] + 1)
    future = rng.standard_normal((9, 15))
    found = many.inverse(future, series, starts)
    for b, s in enumerate(series):
        (expected,) = alone[s].inverse(future[b : b + 1], starts[b : b + 1])
        np.testing.assert_allclose(found[b], expected, rtol=1e-12, atol=1e-12)
    assert plan.n_lost == max(chain.count("difference") for chain in chains)
    has_log = ["log" in chains[k] for k in plan.chain]
    np.testing.assert_array_equal(plan.has("log"), has_log)


def test_the_transforms_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("tsrnn.network.threads._VALUES_A_THREAD", 50)
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(30, 90, 20))])
    values = rng.uniform(1, 5, offsets[-1])
    plan = Plan.alike(20, ["log", "deseasonalize", "difference"], [3, 12])
    one, *others = (Transformed(values, offsets, plan, n_threads=k).prepared for k in (1, 2, 3, 7))
    for other in others:
        np.testing.assert_array_equal(other, one)


def test_an_overflowing_forecast_stays_finite():
    chain = Alone(np.array([1.0, 2.0]), ["log"], [1])
    assert np.isfinite(chain.inverse(np.array([[1e6]]), np.array([2]))).all()


def test_what_a_transform_needs_is_said():
    with pytest.raises(
        ValueError, match=r'^transform="log" needs positive values; got 0 at position 1\. Shift'
    ):
        Alone(np.array([1.0, 0.0]), ["log"], [1])
    with pytest.raises(
        ValueError, match=r"needs season_length of at least 2 and two full seasons; got season_length=4 and 7"
    ):
        Alone(np.arange(7.0), ["deseasonalize"], [4])


def test_errors_name_the_series_and_the_position_in_it():
    values, offsets = np.array([1.0, 2, 3, 4, -5, 6]), np.array([0, 2, 6])
    message = (
        "'b' in `y`: transform=\"log\" needs positive values; got -5 at position 2. "
        "Shift the series, or leave the logarithm out."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Transformed(values, offsets, Plan.alike(2, ["log"]), ["a", "b"])
    neither = Plan(((), ("log",)), np.array([1, 0]), ((),), np.zeros(2, int), np.zeros(2))
    np.testing.assert_array_equal(Transformed(values, offsets, neither).prepared[2:], values[2:])
    short = Plan((("deseasonalize",),), np.zeros(2, int), ((2,), (3,)), np.array([1, 0]), np.zeros(2))
    message = (
        "'a' in `y`: transform=\"deseasonalize\" needs season_length of at least 2 and two full seasons; "
        "got season_length=3 and 2 observations. Supply a longer history, or fit without it."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Transformed(values, offsets, short, ["a", "b"])


def test_below_a_floor_the_logarithm_goes_on_in_a_straight_line():
    values = np.array([2.0, 4.0, 1.0, 0.0, -3.0, 5.0, 6.0])
    plan = Plan.alike(2, ["log"])._replace(floors=np.array([2.0, 5.0]))
    found = Transformed(values, np.array([0, 5, 7]), plan)
    below = np.log(2) + (np.array([1.0, 0.0, -3.0]) - 2) / 2
    np.testing.assert_allclose(found.prepared, [np.log(2), np.log(4), *below, np.log(5), np.log(6)])
    back = found.inverse(
        np.array([[*below, np.log(9)], [0.0, 1.0, -1.0, 9.0]]), np.arange(2), np.array([5, 2])
    )
    np.testing.assert_allclose(back, [[1, 0, -3, 9], np.exp([0.0, 1.0, -1.0, 9.0])], atol=1e-15)
