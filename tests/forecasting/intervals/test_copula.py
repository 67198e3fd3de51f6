"""Ranks of errors, drawn in whole rows."""

import numpy as np
import pytest

from tsrnn.baselines import Naive
from tsrnn.forecasting.intervals.calibration import Calibration, Errors
from tsrnn.forecasting.intervals.conformal import conform
from tsrnn.forecasting.intervals.copula import draw, draw_each, draw_steps, ranks
from tsrnn.timeseries.reading import read_panel


def generator(seed=0):
    return np.random.default_rng(seed)


def test_ranks_are_of_each_step_and_ties_are_broken_at_random():
    errors = np.array([[2.0, 5.0], [-1.0, 5.0], [0.0, 5.0]])[:, :, None]
    of_many = np.array([ranks(errors, generator(seed))[:, :, 0] for seed in range(200)])
    assert (of_many[:, :, 0] == [2, 0, 1]).all()
    assert (np.sort(of_many[:, :, 1], axis=1) == [0, 1, 2]).all()
    np.testing.assert_allclose(of_many[:, :, 1].mean(axis=0), 1, atol=0.15)


@pytest.mark.parametrize("n", [1, 4, 5, 12, 40])
def test_whole_rows_are_drawn_each_as_often_as_any_other(n):
    rows = ranks(generator().normal(size=(5, 3, 2)), generator())
    u = draw(rows, n, generator(1))
    assert u.shape == (n, 3, 2)
    assert ((u > 0) & (u < 1)).all()
    drawn = np.floor(5 * u).astype(int)
    numbers = [np.flatnonzero((rows == one).all(axis=(1, 2))).item() for one in drawn]
    times = np.bincount(numbers, minlength=5)
    assert times.max() - times.min() <= 1


@pytest.mark.parametrize(("k", "n"), [(1, 12), (3, 1), (3, 5), (40, 12)])
def test_whole_rows_are_drawn_for_each_of_several_series(k, n):
    rows = ranks(generator().normal(size=(5, 3, 2)), generator())
    u = draw_each(rows, k, n, generator(1))
    assert u.shape == (k, n, 3, 2)
    assert ((u > 0) & (u < 1)).all()
    numbers = []
    for drawn in np.floor(5 * u).astype(int):
        own = [np.flatnonzero((rows == one).all(axis=(1, 2))).item() for one in drawn]
        times = np.bincount(own, minlength=5)
        assert times.max() - times.min() <= 1
        numbers.append(tuple(own))
    if k == 40:
        assert len(set(numbers)) > 3
        np.testing.assert_allclose(np.bincount(np.ravel(numbers)) / (40 * 12), 0.2, atol=0.03)


def test_probabilities_of_several_series_are_uniform_at_each_step():
    for rows in (ranks(generator().normal(size=(7, 2, 1)), generator()), None):
        u = draw_steps(rows, 6, 3000, (5, 1), generator())
        assert u.shape == (6, 3000, 5, 1)
        quantiles = np.quantile(u, [0.1, 0.25, 0.5, 0.9], axis=1)[..., 0]
        expected = np.broadcast_to(np.reshape([0.1, 0.25, 0.5, 0.9], (4, 1, 1)), quantiles.shape)
        np.testing.assert_allclose(quantiles, expected, atol=0.04)


def test_probabilities_are_uniform_within_their_rank():
    rows = np.array([0, 1]).reshape(2, 1, 1)
    u = draw(rows, 4000, generator()).ravel()
    np.testing.assert_allclose(np.quantile(u, [0.1, 0.25, 0.5, 0.9]), [0.1, 0.25, 0.5, 0.9], atol=0.02)


def test_steps_that_do_not_go_together_are_drawn_for_themselves():
    (u,) = draw_steps(None, 1, 50, (3, 2), generator())
    assert u.shape == (50, 3, 2)
    strata = np.sort(np.floor(50 * u), axis=0)
    assert (strata == np.arange(50)[:, None, None]).all()  # Latin hypercube: one in each fiftieth
    assert np.abs(np.corrcoef(u.reshape(50, 6).T) - np.eye(6)).max() < 0.5


def test_blocks_follow_each_other_independently():
    rows = np.repeat(np.arange(100), 2).reshape(100, 2, 1)  # both steps of a block have the same rank
    u = draw_steps(rows, 1, 100, (5, 1), generator())[0, :, :, 0]
    np.testing.assert_allclose(u[:, 0], u[:, 1], atol=0.01)
    np.testing.assert_allclose(u[:, 2], u[:, 3], atol=0.01)
    assert abs(np.corrcoef(u[:, 1], u[:, 2])[0, 1]) < 0.3


def test_errors_are_drawn_as_large_as_intervals_say_and_with_the_sign_of_their_rank():
    errors = np.array([[-4.0, 3.0], [2.0, -1.0], [1.0, -3.0], [-1.0, 2.0]])
    known = conform(errors)
    (found,) = known.at(np.array([[[0.1, 0.9], [0.7, 0.5]]]))
    p10, p50, p70, p90 = known.margins([0.1, 0.5, 0.7, 0.9], 2)[0]
    np.testing.assert_array_equal(found, [[p10[0], p90[1]], [p70[0], p50[1]]])


def calibrated(errors):
    return Calibration.from_errors(Errors(errors, np.array([0, len(errors)]), np.ones((1, errors.shape[2]))))


def drawn(calibration, n, horizon):
    """Draw what to add to n paths of the only series, (n, horizon)."""
    return calibration.draw(read_panel(np.zeros(9)), n, horizon, generator())[0, :, 0].T


def test_paths_go_on_at_their_quantile_past_the_errors_that_are_known():
    calibration = calibrated(generator().normal(size=(40, 2, 1)).cumsum(axis=1))
    paths = drawn(calibration, 200, 5)
    ((_, known),) = calibration.channels[0].alone
    scaled = paths / known.steps(5)[0]
    np.testing.assert_allclose(scaled[:, 2:], scaled[:, [1]].repeat(3, axis=1))
    assert (scaled[:, 0] != scaled[:, 1]).mean() > 0.5


def test_a_few_origins_are_used_though_the_last_errors_are_not_known_yet():
    errors = generator().normal(size=(6, 4, 1)).cumsum(axis=1)
    errors[np.add.outer(np.arange(6), np.arange(4)) > 5] = np.nan
    paths = drawn(calibrated(errors), 60, 4)
    assert np.isfinite(paths).all()
    assert (paths.std(axis=0) > 0).all()


@pytest.mark.filterwarnings("ignore:1 of 13 series have no intervals")
def test_short_series_of_many_go_as_all_do():
    y = {key: generator(key).normal(size=30).cumsum() for key in range(12)} | {"flat": np.ones(30)}
    model = Naive(horizon=3).fit(y)
    paths = model.sample_paths(400, random_state=0)
    correlation = [np.corrcoef(paths[key])[0, 2] for key in range(12)]
    assert np.mean(correlation) == pytest.approx(np.sqrt(1 / 3), abs=0.25)
    assert (paths["flat"] == 1).all(axis=None)
