"""The Diebold-Mariano test against hand-worked cases, a t-test and simulations."""

import numpy as np
import pytest
from scipy import stats

from tsrnn.significance import diebold_mariano

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


def _rejections(lags, moving_average, mean=0.0, n_pairs=400, n_origins=50):
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(n_pairs, n_origins + moving_average))
    differences = sum(noise[:, k : k + n_origins] for k in range(moving_average + 1)) + mean
    results = [diebold_mariano(d, np.zeros(n_origins), lags=lags) for d in differences]
    return np.mean([result.p_value < 0.05 for result in results])


def test_the_size_is_right_and_the_power_is_there():
    assert 0.02 <= _rejections(lags=0, moving_average=0) <= 0.08
    assert _rejections(lags=0, moving_average=0, mean=0.7) > 0.95


def test_overlap_is_taken_into_account():
    assert _rejections(lags=2, moving_average=2) <= 0.12
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
