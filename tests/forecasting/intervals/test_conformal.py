"""Conformal intervals: finite-sample coverage, drift, and cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.forecasting.intervals.conformal import KINDS, conform, conform_together

LEVELS = [0.5, 0.8, 0.9, 0.95]


def skewed(rng, size):
    return rng.exponential(size=size) ** 2 - 1


@pytest.mark.parametrize("n", [9, 19, 40])
@pytest.mark.parametrize("draw", [skewed, lambda rng, size: rng.standard_cauchy(size)])
def test_one_step_ahead_coverage_is_exact_whatever_the_distribution(draw, n):
    rng = np.random.default_rng(n)
    trials, covered = 4000, np.zeros(len(LEVELS))
    for _ in range(trials):
        *past, new = draw(rng, n + 1)
        offsets = conform(np.array(past)[:, None]).margins([0.5 + level / 2 for level in LEVELS], 1)[0]
        covered += abs(new) <= offsets[:, 0]
    for level, share in zip(LEVELS, covered / trials, strict=True):
        exact = np.ceil((n + 1) * level - 1e-9) / (n + 1)
        if exact < 1:  # more was promised than n errors can tell
            assert share == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / trials))


def test_every_step_is_covered_where_errors_grow():
    rng = np.random.default_rng(0)
    H, n, trials = 12, 40, 800
    covered = np.zeros(H)
    for _ in range(trials):
        errors = rng.normal(size=(n + 1, H)).cumsum(axis=1)  # of naive forecasts of random walks
        low, high = conform(errors[:-1]).margins([0.1, 0.9], H)[0]
        covered += (low <= errors[-1]) & (errors[-1] <= high)
    np.testing.assert_allclose(covered / trials, 0.81, atol=0.06)
    assert np.mean(covered / trials) == pytest.approx(0.81, abs=0.02)


def test_the_middle_of_the_scores_worked_by_hand():
    # sizes 2 and 4, which the power of the step 2 * h fits exactly; scores 0.5, 1.5, 0.5, 1.5
    errors = np.array([[1.0, -2.0], [-3.0, 6.0]])
    conformal = conform(errors)
    np.testing.assert_allclose(conformal.sizes, [[2.0, 4.0]], rtol=1e-12)
    assert conformal.growth == pytest.approx([1.0])
    # of 2 origins, a third of the coverage asks for half of the scores: 0.5; more for 1.5
    np.testing.assert_allclose(conformal.margins([0.5 + 1 / 6, 0.7], 4), [[[1, 2, 3, 4], [3, 6, 9, 12]]])


def test_levels_beyond_the_reach_of_so_few_errors_go_as_far_as_the_largest():
    conformal = conform(np.arange(1.0, 10.0)[:, None])
    # 9 origins reach up to 90 %: the quantile 0.95
    assert conformal.margins([0.05, 0.95, 0.975, 0.9999], 1)[0, :, 0].tolist() == [-9.0, 9.0, 9.0, 9.0]
    np.testing.assert_array_equal(conformal.told(np.array([[0.5, 0.9, 0.95]])), [[True, True, False]])


def test_origins_of_which_no_error_is_known_do_not_count():
    gaps = np.arange(1.0, 10.0)[:, None]
    gaps[3:6] = np.nan
    assert conform(gaps).n_origins.tolist() == [6.0]
    assert conform(gaps).margins([0.9], 1) == conform(gaps[[0, 1, 2, 6, 7, 8]]).margins([0.9], 1)


def test_what_is_not_known_is_left_out():
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(30, 4)) * [1, 2, 3, 4]
    errors[-3:, 1:] = np.nan
    errors[5] = np.nan
    (sizes,) = conform(errors).sizes
    np.testing.assert_allclose(sizes, np.nanmean(np.abs(errors), axis=0), rtol=0.15)
    errors[:, 3] = np.nan  # never seen: the power law stands in
    (sizes,) = conform(errors).sizes
    assert sizes[3] > sizes[2]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_nothing_give_intervals_of_nothing(kind):
    offsets = conform(np.zeros((5, 3)), kind).margins([0.1, 0.9], 5)
    np.testing.assert_array_equal(offsets, np.zeros((1, 2, 5)))


@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=20),
    st.sampled_from(KINDS),
)
def test_quantiles_never_cross_and_are_opposite(errors, kind):
    p = [0.001, 0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975, 0.999]
    (offsets,) = conform(np.array(errors), kind).margins(p, 6)
    assert (np.diff(offsets, axis=0) >= 0).all()
    np.testing.assert_array_equal(offsets, -offsets[::-1])
    assert np.isfinite(offsets).all()


@given(st.floats(1e-3, 1e3), st.sampled_from(KINDS))
def test_units_do_not_matter(unit, kind):
    errors = np.random.default_rng(0).normal(size=(20, 5))
    offsets = conform(errors, kind).margins([0.9], 7)
    np.testing.assert_allclose(conform(unit * errors, kind).margins([0.9], 7), unit * offsets, rtol=1e-9)


def test_after_a_change_adaptive_covers_better_and_before_one_no_worse():
    rng = np.random.default_rng(0)
    n, trials = 50, 500
    covered = {(kind, when): 0 for kind in KINDS for when in ("drift", "calm")}
    for _ in range(trials):
        errors = rng.normal(size=n + 1)
        drifting = errors * np.where(np.arange(n + 1) < 33, 1, 2.5)
        for when, series in {"drift": drifting, "calm": errors}.items():
            for kind in KINDS:
                offset = conform(series[:-1, None], kind).margins([0.9], 1).item()
                covered[kind, when] += abs(series[-1]) <= offset
    share = {key: count / trials for key, count in covered.items()}
    assert share["split", "drift"] < 0.68
    assert share["adaptive", "drift"] > share["split", "drift"] + 0.08
    assert share["split", "calm"] == pytest.approx(0.804, abs=0.05)
    assert share["adaptive", "calm"] == pytest.approx(0.81, abs=0.06)


def test_series_together_keep_sizes_of_their_own():
    rng = np.random.default_rng(0)
    wild = np.repeat([0.5, 2.0], 50)
    trials, covered = 40, np.zeros((2, 2))
    for _ in range(trials):
        errors = [rng.normal(size=(13, 4)) * size for size in wild]
        past = np.concatenate([one[:-1] for one in errors])
        together, sizes = conform_together(past, 12 * np.arange(101))
        assert sizes[:50].max() < 1 < sizes[50:].min()
        for level, row in zip((0.8, 0.95), covered, strict=True):
            offset = together.margins([0.5 + level / 2], 4)[0, 0]
            inside = [np.mean(np.abs(one[-1]) <= s * offset) for one, s in zip(errors, sizes, strict=True)]
            row += np.mean(inside[:50]), np.mean(inside[50:])
    share = covered / trials
    np.testing.assert_allclose(share.mean(axis=1), [0.8, 0.95], atol=0.02)
    np.testing.assert_allclose(share, [[0.8, 0.8], [0.95, 0.95]], atol=0.09)  # one size for all: 1.0 and 0.6


def test_a_series_without_errors_is_taken_to_be_like_the_others():
    rng = np.random.default_rng(0)
    _, sizes = conform_together(rng.normal(size=(5, 2)), np.array([0, 5, 5]))
    assert sizes[1] == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_many_series_at_once_are_each_by_itself(kind):
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(17, 25, 6)) * rng.lognormal(size=(17, 1, 1))
    errors[3:9][rng.random((6, 25, 6)) < 0.4] = np.nan
    errors[4, :, 2:] = np.nan  # steps never seen
    errors[5, 1:] = np.nan  # one origin
    errors[6] = 0.0
    errors[7, :, :3] = 0.0
    together = conform(errors, kind)
    p = [0.001, 0.1, 0.5, 0.7, 0.975, 0.999]
    for g, one in enumerate(errors):
        alone = conform(one, kind)
        np.testing.assert_allclose(together.sizes[g], alone.sizes[0], rtol=1e-12)
        np.testing.assert_allclose(together.growth[g], alone.growth[0], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(together.margins(p, 9)[g], alone.margins(p, 9)[0], rtol=1e-12)
        np.testing.assert_array_equal(
            together.take(np.array([g])).margins(p, 9)[0], together.margins(p, 9)[g]
        )
