"""Tests of pairs against hand-worked cases, a t-test, a regression on a constant and simulations."""

import numpy as np
import pytest
from scipy import stats

from tsrnn.metrics.significance import diebold_mariano, holm, signed_rank

# Differences with mean -1.2 and deviations 2.2, -0.8, 0.2, -1.8, 0.2, 1.2, -1.8, 0.2, 0.2, 0.2:
# gamma_0 = 13.6 / 10 = 1.36;
# gamma_1 = (-1.76 - 0.16 - 0.36 - 0.36 + 0.24 - 2.16 - 0.36 + 0.04 + 0.04) / 10 = -0.484
LOSS = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0])
AGAINST = np.array([2.0, 3.0, 5.0, 4.0, 6.0, 9.0, 5.0, 7.0, 6.0, 4.0])


def test_without_overlap_it_is_the_hand_worked_number_and_a_t_test_of_the_differences():
    result = diebold_mariano(LOSS, AGAINST)
    assert result.difference == pytest.approx(-1.2, rel=1e-14)
    # sqrt((10 + 1 - 2) / 10) * -1.2 / sqrt(1.36 / 10)
    assert result.statistic == pytest.approx(-3.0869745, rel=1e-7)
    reference = stats.ttest_1samp(LOSS - AGAINST, 0.0)
    assert result.statistic == pytest.approx(reference.statistic, rel=1e-12)
    assert result.p_value == pytest.approx(reference.pvalue, rel=1e-10)
    assert result.n_origins == 10


def test_overlapping_origins_worked_by_hand():
    # variance (1.36 - 2 * 0.484) / 10 = 0.0392, correction (10 + 1 - 4 + 2 / 10) / 10 = 0.72:
    # sqrt(0.72 / 0.0392) = 30 / 7
    result = diebold_mariano(LOSS, AGAINST, lags=1)
    assert result.statistic == pytest.approx(-36 / 7, rel=1e-12)
    # two-sided tail of t with 9 degrees of freedom, by its closed form in theta = atan(t / 3)
    theta = np.arctan(36 / 7 / 3)
    c = np.cos(theta)
    inside = theta + np.sin(theta) * (c + 2 / 3 * c**3 + 8 / 15 * c**5 + 16 / 35 * c**7)
    assert result.p_value == pytest.approx(1 - 2 / np.pi * inside, rel=1e-9)


@pytest.mark.parametrize("lags", [1, 2, 4])
def test_it_is_a_regression_on_a_constant_with_a_long_run_variance_and_harveys_factor(lags):
    from statsmodels.api import OLS

    noise = np.random.default_rng(11).normal(size=(44, 2)).cumsum(axis=0)
    a, b = (noise[4:] - noise[:-4]).T  # horizons of 4
    n, h = len(a), lags + 1
    options = {"maxlags": lags, "kernel": "uniform", "use_correction": False}
    t = OLS(np.abs(a) - np.abs(b), np.ones(n)).fit(cov_type="HAC", cov_kwds=options).tvalues.item()
    expected = t * np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    result = diebold_mariano(np.abs(a), np.abs(b), lags=lags)
    assert result.statistic == pytest.approx(expected, rel=1e-10)
    assert result.p_value == pytest.approx(2 * stats.t.sf(abs(expected), n - 1), rel=1e-9)


def test_the_p_value_is_that_of_r_for_its_statistic():
    # R's forecast::dm.test prints DM = 1.9078, p-value = 0.05932 for ETS against ARIMA on WWWusage (n = 100)
    swings = np.tile([1.0, -1.0], 50)  # mean 0, variance 1
    shift = 1.9078 / np.sqrt(99)  # sqrt(99 / 100) * shift / sqrt(1 / 100) = 1.9078
    result = diebold_mariano(swings + shift, np.zeros(100))
    assert result.statistic == pytest.approx(1.9078, rel=1e-10)
    assert result.p_value == pytest.approx(0.05932, abs=1.2e-5)


def test_a_negative_variance_falls_back_to_bartletts_kernel():
    # deviations +1, -1, ...: gamma_0 = 1, gamma_1 = -0.9; 1 - 1.8 < 0, with weight 1/2: 1 - 0.9 = 0.1
    swinging = np.tile([2.0, 0.0], 5)
    result = diebold_mariano(swinging, np.zeros(10), lags=1)
    assert result.statistic == pytest.approx(np.sqrt(0.72) / np.sqrt(0.1 / 10), rel=1e-12)


def test_swapping_the_forecasters_changes_the_sign_only():
    forth, back = diebold_mariano(LOSS, AGAINST, lags=1), diebold_mariano(AGAINST, LOSS, lags=1)
    assert back.statistic == -forth.statistic
    assert back.difference == -forth.difference
    assert back.p_value == forth.p_value


def test_equal_losses_are_no_evidence_and_a_constant_gap_is_certain():
    same = diebold_mariano(LOSS, LOSS)
    assert (same.statistic, same.p_value) == (0.0, 1.0)
    constant = diebold_mariano(LOSS, LOSS + 1.0)
    assert (constant.statistic, constant.p_value) == (-np.inf, 0.0)


def test_below_ten_origins_there_is_no_p_value():
    nine = diebold_mariano(LOSS[:9], AGAINST[:9])
    assert np.isfinite(nine.statistic)
    assert np.isnan(nine.p_value)
    gap = diebold_mariano(np.r_[LOSS, np.nan], np.r_[AGAINST, 5.0])
    assert gap == diebold_mariano(LOSS, AGAINST)
    assert diebold_mariano(np.r_[LOSS[:9], np.nan], AGAINST).n_origins == 9
    empty = diebold_mariano([], [])
    assert empty.n_origins == 0
    assert np.isnan(empty.statistic)


def test_no_result_where_every_origin_overlaps_every_other():
    assert np.isfinite(diebold_mariano(LOSS, AGAINST, lags=9).p_value)
    assert np.isnan(diebold_mariano(LOSS, AGAINST, lags=10).p_value)


def test_signed_ranks_are_scipys_where_losses_tie_too():
    rng = np.random.default_rng(5)
    for d in (rng.normal(0.3, 1, size=40), rng.integers(-3, 5, size=40).astype(float)):
        result = signed_rank(d, np.zeros(40))
        expected = stats.wilcoxon(d, zero_method="pratt", method="asymptotic", correction=False)
        assert result.p_value == pytest.approx(expected.pvalue, rel=1e-10)
        assert np.sign(result.statistic) == np.sign(d.mean())


def test_holm_worked_by_hand():
    # in order 0.005, 0.011, 0.02, 0.04 times 4, 3, 2, 1: 0.02, 0.033, 0.04, 0.04
    np.testing.assert_allclose(holm([0.011, 0.04, 0.005, 0.02]), [0.033, 0.04, 0.02, 0.04], rtol=1e-14)
    # 0.03, 0.04 times 2, 1: 0.06, and never less for a larger one; a missing one doesn't count
    np.testing.assert_allclose(holm([0.04, np.nan, 0.03]), [0.06, np.nan, 0.06], rtol=1e-14)
    assert holm([0.7, 0.9]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_holm_keeps_the_chance_of_any_false_discovery():
    p_values = np.random.default_rng(0).random((2000, 8))
    any_found = [holm(row).min() < 0.05 for row in p_values]
    assert 0.035 <= np.mean(any_found) <= 0.065
    assert (p_values.min(axis=1) < 0.05).mean() > 0.3


def _rejections(lags, moving_average, mean=0.0, n_pairs=2000, n_origins=50):
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(n_pairs, n_origins + moving_average))
    differences = sum(noise[:, k : k + n_origins] for k in range(moving_average + 1)) + mean
    results = [diebold_mariano(d, np.zeros(n_origins), lags=lags) for d in differences]
    return np.mean([result.p_value < 0.05 for result in results])


def test_the_size_is_right_and_the_power_is_there():
    assert 0.035 <= _rejections(lags=0, moving_average=0) <= 0.065
    assert 0.035 <= _rejections(lags=0, moving_average=0, n_origins=10) <= 0.065
    assert _rejections(lags=0, moving_average=0, mean=0.7) > 0.95


def test_overlap_is_taken_into_account():
    assert 0.035 <= _rejections(lags=2, moving_average=2, n_origins=150) <= 0.07
    assert _rejections(lags=2, moving_average=2) <= 0.12
    assert _rejections(lags=2, moving_average=2, n_origins=12) >= 0.12  # too few for that much overlap
    assert _rejections(lags=0, moving_average=2) >= 0.18


@pytest.mark.parametrize(
    ("arguments", "lags", "message"),
    [
        (
            ([1.0, 2.0], [1.0]),
            0,
            "`loss` and `loss_against` must both have shape (n,), one value per origin; got (2,) and (1,).",
        ),
        (([1.0], [1.0]), -1, "`lags` must be at least 0; got -1."),
    ],
)
def test_bad_input(arguments, lags, message):
    with pytest.raises(ValueError, match="must") as raised:
        diebold_mariano(*arguments, lags=lags)
    assert str(raised.value) == message
