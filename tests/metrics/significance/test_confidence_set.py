"""The model confidence set against the package arch, a literal reference and a simulation."""

import numpy as np
import pytest

from tsrnn.deadline import TimeLimitError, time_limit
from tsrnn.metrics.significance import block_bootstrap, model_confidence_set


def draw(n, dependence, seed):
    """Losses of five forecasters that are apart by little, and share what is hard for all."""
    rng = np.random.default_rng(seed)
    common, noise = rng.normal(size=(n, 1)), rng.normal(size=(n, 5))
    for i in range(1, n):
        noise[i] = dependence * noise[i - 1] + np.sqrt(1 - dependence**2) * noise[i]
    return np.array([1.0, 1.05, 1.2, 1.35, 1.6]) + 0.5 * common + 0.6 * noise


@pytest.mark.parametrize(
    ("n", "dependence", "seed", "block_length", "expected", "order"),
    [
        (60, 0.0, 1, 1, [1, 0.68050, 0.68050, 0.19085, 0], [5, 4, 3, 2, 1]),
        (120, 0.6, 2, 6, [1, 0.79515, 0.18830, 0.18830, 0], [5, 4, 3, 2, 1]),
        (200, 0.0, 3, 1, [0.7726, 1, 0.0001, 0, 0], [4, 5, 3, 2, 1]),
    ],
)
def test_p_values_are_those_of_arch(n, dependence, seed, block_length, expected, order):
    # arch 8.0.0: MCS(losses, 0.1, reps=20000, block_size=..., method="max", bootstrap="circular", seed=0)
    losses = draw(n, dependence, seed)
    result = model_confidence_set(losses, block_length=block_length, n_bootstrap=20_000, random_state=5)
    np.testing.assert_allclose(result.p_value, expected, atol=0.012)  # 3 errors of 20,000 samples
    assert result.order.tolist() == order
    assert result.n_units == n


def test_the_set_is_what_the_equations_say_step_by_step():
    losses = draw(30, 0.3, 4)
    samples = block_bootstrap(losses, block_length=3, n_bootstrap=300, random_state=7)
    means, left, p_value, largest = losses.mean(axis=0), {0, 1, 2, 3, 4}, np.ones(5), 0.0
    while len(left) > 1:
        t, chance = {}, np.full(300, -np.inf)
        for i in left:
            d = means[i] - np.mean([means[j] for j in left])
            centred = [row[i] - np.mean([row[j] for j in left]) - d for row in samples]
            spread = np.sqrt(np.mean(np.square(centred)))
            t[i] = d / spread
            chance = np.maximum(chance, np.array(centred) / spread)
        worst = max(t, key=t.get)
        largest = max(largest, np.mean([c >= t[worst] for c in chance]))
        p_value[worst] = largest
        left.remove(worst)
    result = model_confidence_set(losses, block_length=3, n_bootstrap=300, random_state=7)
    np.testing.assert_allclose(result.p_value, p_value, rtol=1e-12)


def test_equals_are_all_kept_as_often_as_the_level_says_and_the_best_at_least_so():
    rng = np.random.default_rng(0)
    equals = [model_confidence_set(rng.normal(size=(60, 4)), n_bootstrap=300) for _ in range(500)]
    assert 0.86 <= np.mean([found.p_value.min() >= 0.1 for found in equals]) <= 0.93
    apart = [1.0, 1.1, 1.3, 1.3]
    unequal = [model_confidence_set(rng.normal(apart, size=(60, 4)), n_bootstrap=300) for _ in range(500)]
    assert np.mean([found.p_value[0] >= 0.1 for found in unequal]) >= 0.9
    assert np.mean([found.p_value[2] >= 0.1 for found in unequal]) <= 0.8


def test_the_only_good_one_is_left_over():
    losses = np.random.default_rng(1).normal([0.0, 2.0, 2.0], 1.0, size=(50, 3))
    assert model_confidence_set(losses).p_value.tolist() == [1.0, 0.0, 0.0]


def test_blocks_keep_dependence_that_single_draws_lose():
    # the mean of an AR(1) of 0.8 varies by about (1 + 0.8) / (1 - 0.8) = 9 times its independent variance / n
    noise = np.random.default_rng(3).normal(size=4000)
    for i in range(1, len(noise)):
        noise[i] = 0.8 * noise[i - 1] + 0.6 * noise[i]
    spread = {b: block_bootstrap(noise[:, None], block_length=b, n_bootstrap=800).std() for b in (1, 60)}
    assert spread[1] == pytest.approx(1 / np.sqrt(4000), rel=0.12)
    assert spread[60] == pytest.approx(3 / np.sqrt(4000), rel=0.15)


def test_a_block_longer_than_the_series_wraps_and_every_sample_is_the_whole():
    losses = np.arange(6.0)[:, None]
    np.testing.assert_allclose(block_bootstrap(losses, block_length=6, n_bootstrap=20), 2.5)


def test_forecasters_that_are_the_same_stay_together():
    same = np.tile(np.arange(12.0)[:, None], (1, 3))
    assert model_confidence_set(same).p_value.tolist() == [1.0, 1.0, 1.0]
    apart = same + np.array([0.0, 0.0, 1.0])  # always worse by as much
    assert model_confidence_set(apart).p_value.tolist() == [1.0, 1.0, 0.0]


def test_below_ten_units_there_is_no_set():
    losses = draw(12, 0.0, 0)
    losses[:3, 1] = np.nan, np.inf, np.nan
    result = model_confidence_set(losses)
    assert result.n_units == 9
    assert np.isnan(result.p_value).all()
    assert result.order.tolist() == [0] * 5


def test_units_where_one_failed_are_skipped():
    losses = draw(40, 0.0, 0)
    gaps = np.insert(losses, [5, 20], np.nan, axis=0)
    expected = model_confidence_set(losses)
    np.testing.assert_array_equal(model_confidence_set(gaps).p_value, expected.p_value)


def test_the_seed_decides():
    losses = draw(40, 0.0, 0)
    first, again, other = (model_confidence_set(losses, random_state=seed).p_value for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_time_limit_ends_it():
    with time_limit(0), pytest.raises(TimeLimitError):
        model_confidence_set(draw(40, 0.0, 0))


@pytest.mark.parametrize(
    ("losses", "options", "message"),
    [
        (
            np.zeros(12),
            {},
            "`losses` must have shape (n, k), a row for each origin or series and a column for each "
            "forecaster; got (12,).",
        ),
        (
            np.zeros((12, 2)),
            {"block_length": 0},
            "`block_length` must be a whole number of units",
        ),
        (
            np.zeros((12, 2)),
            {"n_bootstrap": 1.5},
            "`n_bootstrap` must be a whole number of samples",
        ),
    ],
)
def test_bad_input(losses, options, message):
    with pytest.raises(ValueError, match="must") as raised:
        model_confidence_set(losses, **options)
    assert str(raised.value).startswith(message)
