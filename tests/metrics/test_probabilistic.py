"""Measures of quantiles, samples and intervals against values worked out by hand and closed forms."""

import numpy as np
import pytest
from scipy import stats

from tsrnn.metrics import coverage, crps, crps_of_quantiles, interval_score, mae, pinball

TRUTH = [10.0, 20.0, 30.0, 40.0]
LOWER = [8.0, 21.0, 30.0, 20.0]
UPPER = [12.0, 26.0, 31.0, 30.0]


def normal_crps(y, mean, sd):
    """The closed form of a normal distribution (Gneiting et al., 2005, Monthly Weather Review 133)."""
    z = (y - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))


def test_values_worked_by_hand():
    assert pinball(TRUTH, LOWER, 0.1) == pytest.approx((0.2 + 0.9 + 0 + 2.0) / 4, rel=1e-15)
    assert pinball(TRUTH, UPPER, 0.9) == pytest.approx((0.2 + 0.6 + 0.1 + 9.0) / 4, rel=1e-14)
    # widths 4, 5, 1, 10; the second misses by 1 and the last by 10, ten times each
    assert interval_score(TRUTH, LOWER, UPPER, 80) == pytest.approx((4 + 15 + 1 + 110) / 4, rel=1e-14)
    assert interval_score(TRUTH, LOWER, UPPER, 50) == pytest.approx((4 + 9 + 1 + 50) / 4, rel=1e-14)
    assert coverage(TRUTH, LOWER, UPPER) == 50.0  # the third at the very end


def test_the_interval_score_is_that_of_its_two_quantiles():
    both = pinball(TRUTH, LOWER, 0.1) + pinball(TRUTH, UPPER, 0.9)
    assert interval_score(TRUTH, LOWER, UPPER, 80) == pytest.approx(2 / 0.2 * both, rel=1e-14)


def test_crps_of_samples_is_its_literal_definition():
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=(3, 2)), rng.normal(size=(3, 2, 7))
    scores = []
    for k in np.ndindex(y.shape):
        near = np.mean([abs(a - y[k]) for a in x[k]])
        pairs = [abs(x[k][i] - x[k][j]) for i in range(7) for j in range(7) if i != j]
        scores.append(near - np.mean(pairs) / 2)
    assert crps(y, x) == pytest.approx(np.mean(scores), rel=1e-13)


def test_crps_of_equal_samples_is_the_mean_absolute_error():
    assert crps(TRUTH, np.repeat(np.array(UPPER)[:, None], 3, axis=1)) == mae(TRUTH, UPPER)


@pytest.mark.parametrize("n", [2, 5, 100])
def test_crps_of_samples_is_that_of_their_distribution_however_few(n):
    draws = np.random.default_rng(1).normal(1.0, 2.0, (400_000 // n, n))
    y = np.full(len(draws), 2.5)
    spread = np.array(
        [crps(part, x) for part, x in zip(y.reshape(20, -1), draws.reshape(20, -1, n), strict=True)]
    )
    assert abs(spread.mean() - normal_crps(2.5, 1.0, 2.0)) < 4 * spread.std() / np.sqrt(20)


def test_crps_of_many_quantiles_is_that_of_the_distribution():
    q = (np.arange(2000) + 0.5) / 2000
    forecast = stats.norm(1.0, 2.0).ppf(q)
    y = np.array([2.5, -4.0])
    expected = normal_crps(y, 1.0, 2.0).mean()
    assert crps_of_quantiles(y, np.stack([forecast, forecast]), q) == pytest.approx(expected, rel=1e-3)
    few = crps_of_quantiles(y, [[0.0, 1.0, 4.0], [0.0, 1.0, 4.0]], [0.1, 0.5, 0.8])
    by_hand = [2 * (0.25 + 0.75 + 0.3) / 3, 2 * (3.6 + 2.5 + 1.6) / 3]
    assert few == pytest.approx(np.mean(by_hand), rel=1e-14)


def scores_of(truth, low, high):
    both = np.stack([low, high], axis=-1)
    return [
        pinball(truth, high, 0.9),
        interval_score(truth, low, high, 80),
        coverage(truth, low, high),
        crps(truth, both),
        crps_of_quantiles(truth, both, [0.1, 0.9]),
    ]


def test_truth_that_was_never_observed_is_skipped():
    with_gap = [
        np.insert(values, 1, other) for values, other in ((TRUTH, np.nan), (LOWER, 3.0), (UPPER, 4.0))
    ]
    assert scores_of(*with_gap) == scores_of(TRUTH, LOWER, UPPER)
    assert np.isnan(scores_of([np.nan], [1.0], [2.0])).all()


def test_a_missing_forecast_is_not_hidden():
    assert np.isnan(scores_of([1.0, 2.0], [0.0, np.nan], [3.0, np.nan])).all()
    assert np.isnan(coverage([1.0], [np.nan], [3.0]))
    assert np.isnan(interval_score([1.0], [0.0], [np.nan], 80))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pinball([1.0], [1.0], 90), "Quantiles are probabilities, between 0 and 1; got 90.0."),
        (
            lambda: crps_of_quantiles([1.0], [[1.0]], [1.0]),
            "Quantiles are probabilities, between 0 and 1; got [1.0].",
        ),
        (
            lambda: crps_of_quantiles([1.0, 2.0], [1.0, 2.0], [0.5]),
            "`y_pred` must have the shape of `y_true` and a last axis with one forecast for each of "
            "`quantiles`; got (2,) for (2,) and (1,).",
        ),
        (
            lambda: crps([1.0, 2.0], np.zeros((100, 2))),
            "`samples` must have the shape of `y_true` and a last axis with at least 2 samples; "
            "got (100, 2) for (2,). Samples of one forecast stand side by side.",
        ),
        (
            lambda: crps([1.0], [[1.0]]),
            "`samples` must have the shape of `y_true` and a last axis with at least 2 samples; "
            "got (1, 1) for (1,). Samples of one forecast stand side by side.",
        ),
        (
            lambda: interval_score([1.0], [0.0], [2.0], 100),
            "`level` must be between 0 and 100, a percentage; got 100.",
        ),
        (
            lambda: coverage([1.0, 2.0], [0.0], [2.0, 2.0]),
            "`y_true` and `y_pred` must have the same shape; got (2,) and (1,). "
            "They are compared by position: select the same points of both.",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message):
    with pytest.raises(ValueError, match=r"must|are") as raised:
        call()
    assert str(raised.value) == message


def test_the_pinball_loss_is_of_one_quantile():
    with pytest.raises(ValueError, match=r"^`quantile` must be one number; got \[0\.1, 0\.9\]"):
        pinball([1.0, 2.0], [1.0, 2.0], [0.1, 0.9])
