"""Friedman's and Nemenyi's tests against Demsar's worked example, scipy and a simulation."""

import numpy as np
import pytest
from scipy import stats

from tsrnn.metrics.significance import critical_difference, friedman, rank_losses

# Demsar (2006), table 6: area under the curve of C4.5 and its variants on 14 data sets
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_demsars_worked_example():
    result = friedman(-AUC)
    np.testing.assert_allclose(result.mean_ranks, [3.143, 2.000, 2.893, 1.964], atol=5e-4)
    # without a correction for ties: 12 * 14 / (4 * 5) * (sum of squares - 4 * 25 / 4) = 9.28 and F = 3.69
    chi_square = 12 * 14 / 20 * (np.square(result.mean_ranks).sum() - 25)
    assert chi_square == pytest.approx(9.28, abs=0.01)
    assert 13 * chi_square / (14 * 3 - chi_square) == pytest.approx(3.69, abs=0.01)
    assert result.statistic == pytest.approx(3.69, rel=0.15)  # ties in 4 of 14 rows
    assert result.p_value < 0.05  # "the critical value of F(3, 39) for 0.05 is 2.85"
    assert result.n_units == 14


def test_critical_differences_of_demsars_example_and_table():
    assert critical_difference(4, 14) == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 14)), rel=3e-4)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, 90) == pytest.approx(1.12, abs=0.005)
    table_5 = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}
    for k, q in table_5.items():
        assert critical_difference(k, 50) / np.sqrt(k * (k + 1) / 300) == pytest.approx(q, abs=1e-3)


def test_the_statistic_is_scipys_with_ties_and_without():
    rng = np.random.default_rng(0)
    for losses in (rng.normal(size=(30, 5)), rng.integers(0, 4, size=(30, 5)).astype(float), -AUC):
        n, k = losses.shape
        chi_square = stats.friedmanchisquare(*losses.T).statistic
        expected = (n - 1) * chi_square / (n * (k - 1) - chi_square)
        result = friedman(losses)
        assert result.statistic == pytest.approx(expected, rel=1e-12)
        assert result.p_value == pytest.approx(stats.f.sf(expected, k - 1, (k - 1) * (n - 1)), rel=1e-9)
        np.testing.assert_allclose(result.mean_ranks, stats.rankdata(losses, axis=1).mean(axis=0))


def test_forecasters_that_never_differ_or_always_do():
    same = friedman(np.tile(np.arange(12.0)[:, None], (1, 3)))
    assert (same.mean_ranks.tolist(), same.statistic, same.p_value) == ([2.0] * 3, 0.0, 1.0)
    apart = friedman(np.arange(12.0)[:, None] + [0.0, 1.0, 2.0])
    assert (apart.mean_ranks.tolist(), apart.statistic, apart.p_value) == ([1.0, 2.0, 3.0], np.inf, 0.0)


def test_ties_share_their_mean_rank_and_a_gap_has_none():
    losses = [[1.0, np.inf, 3.0, 7.0], [1.0, np.inf, np.nan, 7.0], [1.0, 0.0, 2.0, 6.0]]
    ranks = rank_losses(losses)
    np.testing.assert_array_equal(
        ranks, [[2.0, 2.5, np.nan, 2.5], [2.0, 2.5, np.nan, 2.5], [2.0, 1.0, np.nan, 1.0]]
    )


def test_rows_with_a_gap_are_skipped_and_nine_rows_have_no_p_value():
    losses = np.random.default_rng(1).normal(size=(12, 3))
    losses[[2, 5], [0, 1]] = np.nan
    result, expected = friedman(losses), friedman(np.delete(losses, [2, 5], axis=0))
    np.testing.assert_array_equal(result.mean_ranks, expected.mean_ranks)
    assert (result.n_units, result.p_value) == (10, expected.p_value)
    assert np.isnan(friedman(losses[:11]).p_value)
    assert np.isfinite(friedman(losses[:11]).statistic)


def test_one_forecaster_or_no_row_is_no_contest():
    alone = friedman(np.ones((12, 1)))
    assert alone.mean_ranks.tolist() == [1.0]
    assert np.isnan(alone.p_value)
    nothing = friedman(np.full((12, 2), np.nan))
    assert nothing.n_units == 0
    assert np.isnan(nothing.mean_ranks).all()


def test_equals_are_told_apart_as_seldom_as_the_level_says():
    rng = np.random.default_rng(2)
    ranks = stats.rankdata(rng.normal(size=(1000, 40, 5)), axis=2).mean(axis=1)
    apart = np.ptp(ranks, axis=1) > critical_difference(5, 40)
    assert 0.03 <= apart.mean() <= 0.07
    p_values = np.array([friedman(rng.normal(size=(40, 5))).p_value for _ in range(1000)])
    assert 0.03 <= (p_values < 0.05).mean() <= 0.07


def test_bad_input():
    with pytest.raises(ValueError, match="must have shape") as raised:
        friedman(np.zeros(12))
    assert str(raised.value) == (
        "`losses` must have shape (n, k), a row for each series and a column for each forecaster; got (12,)."
    )
