"""Metrics against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.metrics import mae, mape, mase, owa, rmse, rmsse, smape

TRUTH = [10.0, 20.0, 30.0, 40.0]
FORECAST = [12.0, 16.0, 30.0, 50.0]
METRICS = [mae, rmse, smape, mape]


def test_values_worked_by_hand():
    assert mae(TRUTH, FORECAST) == 4.0  # (2 + 4 + 0 + 10) / 4
    assert rmse(TRUTH, FORECAST) == pytest.approx(np.sqrt(30.0), rel=1e-15)  # (4 + 16 + 0 + 100) / 4
    assert mape(TRUTH, FORECAST) == pytest.approx(16.25, rel=1e-15)  # (20 + 20 + 0 + 25) / 4
    expected = (400 / 22 + 800 / 36 + 0 + 2000 / 90) / 4
    assert smape(TRUTH, FORECAST) == pytest.approx(expected, rel=1e-15)


def test_mase_scales_by_the_seasonal_change_of_the_training_data():
    train = [1.0, 5.0, 2.0, 9.0, 4.0]  # changes 4, 3, 7, 5; over two steps 1, 4, 2
    assert mase(TRUTH, FORECAST, train) == pytest.approx(4.0 / 4.75, rel=1e-15)
    assert mase(TRUTH, FORECAST, train, season_length=2) == pytest.approx(4.0 / (7 / 3), rel=1e-15)


def test_mase_of_the_naive_method_on_its_own_training_data_is_one():
    train = np.random.default_rng(0).normal(size=60).cumsum()
    assert mase(train[7:], train[:-7], train, season_length=7) == pytest.approx(1.0, rel=1e-14)


def test_mase_without_a_scale_is_zero_for_a_perfect_forecast_and_infinite_otherwise():
    assert mase([5.0, 5.0], [5.0, 5.0], [5.0, 5.0, 5.0]) == 0.0
    assert mase([5.0, 5.0], [5.0, 6.0], [5.0, 5.0, 5.0]) == np.inf
    assert mase([1.0, 2.0], [1.0, 3.0], [1.0, 2.0, 1.0, 2.0], season_length=2) == np.inf


def test_rmsse_scales_by_the_root_of_the_squared_seasonal_change():
    train = [1.0, 5.0, 2.0, 9.0, 4.0]  # changes 4, -3, 7, -5; over two steps 1, 4, 2
    assert rmsse(TRUTH, FORECAST, train) == pytest.approx(np.sqrt(30 / (99 / 4)), rel=1e-15)
    assert rmsse(TRUTH, FORECAST, train, season_length=2) == pytest.approx(np.sqrt(30 / 7), rel=1e-15)
    assert rmsse([0.0], [3.0], [1.0, 3.0, np.nan, 7.0, 8.0]) == pytest.approx(3 / np.sqrt(2.5), rel=1e-15)
    assert rmsse([5.0], [5.0], [5.0, 5.0]) == 0.0
    assert rmsse([5.0], [6.0], [5.0, 5.0]) == np.inf


def test_owa_is_the_mean_of_ratios_of_means():
    # sMAPE 12 against 16, MASE 2 against 1.6: (0.75 + 1.25) / 2; the means of the series' ratios differ.
    assert owa([4.0, 20.0], [1.0, 3.0], [2.0, 30.0], [1.2, 2.0]) == pytest.approx(1.0, rel=1e-15)
    assert owa(12.0, 2.0, 16.0, 1.6) == pytest.approx(1.0, rel=1e-15)
    assert owa([4.0, 20.0, 9.0], [1.0, 3.0, 9.0], [2.0, 30.0, np.nan], [1.2, 2.0, np.nan]) == pytest.approx(
        1.0
    )
    assert np.isnan(owa([4.0, np.nan], [1.0, 3.0], [2.0, 30.0], [1.2, 2.0]))


def test_mase_skips_incomplete_pairs_of_the_training_data():
    train = [1.0, 3.0, np.nan, 7.0, 8.0]  # complete changes: 2 and 1
    assert mase([0.0], [3.0], train) == 2.0
    assert np.isnan(mase([0.0], [3.0], [1.0, np.nan, 2.0]))


@pytest.mark.parametrize("metric", METRICS)
def test_truth_that_was_never_observed_is_skipped(metric):
    with_gap = metric([10.0, np.nan, 20.0, 30.0, 40.0], [12.0, 99.0, 16.0, 30.0, 50.0])
    assert with_gap == metric(TRUTH, FORECAST)
    assert np.isnan(metric([np.nan, np.nan], [1.0, 2.0]))


@pytest.mark.parametrize("metric", METRICS)
def test_a_missing_forecast_is_not_hidden(metric):
    assert np.isnan(metric([1.0, 2.0], [1.0, np.nan]))


def test_percentages_around_zero():
    assert smape([0.0, 0.0], [0.0, 7.0]) == 100.0  # 0 where both are 0, 200 where one is
    assert smape([1.0, -1.0], [-1.0, 1.0]) == 200.0
    assert mape([0.0, 2.0], [0.0, 1.0]) == 25.0
    assert mape([0.0, 2.0], [1.0, 2.0]) == np.inf


def test_points_are_compared_by_position_not_by_label():
    truth = pd.Series([1.0, 2.0], index=[0, 1])
    assert mae(truth, pd.Series([2.0, 1.0], index=[1, 0])) == 1.0


@pytest.mark.parametrize("metric", METRICS)
def test_unequal_shapes_are_refused_not_broadcast(metric):
    with pytest.raises(ValueError, match="same shape") as raised:
        metric([1.0, 2.0], [1.0])
    assert str(raised.value) == (
        "`y_true` and `y_pred` must have the same shape; got (2,) and (1,). "
        "They are compared by position: select the same points of both."
    )


@pytest.mark.parametrize(
    ("train", "season_length", "message"),
    [
        (
            [1.0, 2.0, 3.0],
            3,
            "`y_train` must be one-dimensional with at least 4 observations for season_length=3; "
            "got shape (3,).",
        ),
        (
            [[1.0], [2.0]],
            1,
            "`y_train` must be one-dimensional with at least 2 observations for season_length=1; "
            "got shape (2, 1).",
        ),
        ([1.0, 2.0], 0, "`season_length` must be at least 1; got 0."),
    ],
)
def test_scaled_errors_say_what_they_need(train, season_length, message):
    for metric in (mase, rmsse):
        with pytest.raises(ValueError, match="must be") as raised:
            metric([1.0], [1.0], train, season_length)
        assert str(raised.value) == message
