"""What a backtest makes of its forecasts: scores, tests, footnotes."""

import numpy as np
import pandas as pd
import pytest

from helpers.contenders import Broken, Last, Mean, Y, months
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.metrics import mase
from tsrnn.metrics.significance import diebold_mariano


def test_scores_are_the_hand_worked_means_over_origins():
    # origins after 8 and 10 points; truth (11, 15) and (14, 18); Last forecasts 12 and 15: errors 1, 3, 1, 3
    table = backtest([Last(), Mean()], Y, horizon=2, n_windows=2).scores()
    scales = np.abs(np.diff(Y[:8])).mean(), np.abs(np.diff(Y[:10])).mean()
    assert table.loc["Last", "MASE"] == pytest.approx((2 / scales[0] + 2 / scales[1]) / 2, rel=1e-14)
    assert table.loc["Last", "RMSE"] == pytest.approx(np.sqrt(5), rel=1e-14)  # both: (1 + 9) / 2
    expected = np.mean([200 / 23, 600 / 27, 200 / 29, 600 / 33])
    assert table.loc["Last", "sMAPE"] == pytest.approx(expected, rel=1e-14)
    assert table.loc["Last", "vs SeasonalNaive"] == pytest.approx(1.0, rel=1e-14)
    assert table.index.tolist() == ["Last", "Mean"]
    assert table["history"].tolist() == [10, 10]
    assert table["failed"].tolist() == [0, 0]
    assert table.index.name == "model"


def test_the_lowest_mase_comes_first_whatever_the_order_given():
    models = [Last(shift=9.0, alias="far"), Last(shift=2.0, alias="near"), Last(shift=4.0, alias="middle")]
    assert backtest(models, Y, 2, n_windows=3).scores().index.tolist() == ["near", "middle", "far"]


def test_errors_are_relative_to_the_seasonal_naive_forecast_even_if_it_is_no_contender():
    y = months(60)
    result = backtest(Last(), y, horizon=6, n_windows=2, season_length=12)
    ratios = []
    for size in (48, 54):
        train, truth = y[:size], y[size : size + 6]
        ratios.append((mase(truth, [train.iloc[-1]] * 6, train, 12), mase(truth, train[-12:-6], train, 12)))
    mine, seasonal = np.mean(ratios, axis=0)
    assert result.scores().loc["Last", "MASE"] == pytest.approx(mine, rel=1e-14)
    assert result.scores().loc["Last", "vs SeasonalNaive"] == pytest.approx(mine / seasonal, rel=1e-14)


def test_a_season_is_taken_from_the_index_only_if_the_first_window_shows_it():
    assert backtest(Last(), months(60), 6).season_length == 12
    noise = pd.Series(np.random.default_rng(1).normal(size=60), index=months(60).index)
    assert backtest(Last(), noise, 6).season_length == 1
    assert backtest(Last(), noise, 6, season_length=4).season_length == 4
    assert backtest(Last(), months(60), 6, season_length=None).season_length == 1
    assert backtest(Last(), months(60), 6, n_windows=9).season_length == 1  # the first window has 6 points


def test_truth_that_was_never_observed_is_skipped():
    y = Y.copy()
    y[[6, 10]] = np.nan
    result = backtest([Last(), Mean()], y, horizon=2, n_windows=2)
    assert result.forecasts["y"].isna().tolist() == [False, False, True, False]
    scale = np.nanmean(np.abs(np.diff(y[:8]))), np.nanmean(np.abs(np.diff(y[:10])))
    # truth (11, 15) against 12, then only 18 against 15
    expected = (2 / scale[0] + 3 / scale[1]) / 2
    assert result.scores().loc["Last", "MASE"] == pytest.approx(expected, rel=1e-14)
    assert "1 of 4 values to forecast were never observed and are skipped." in result.footnotes
    assert np.isnan(result.history[6])


def _losses(result, name):
    frame = result.forecasts
    return (frame[name] - frame["y"]).abs().groupby(frame["cutoff"]).mean()


def test_significance_is_the_diebold_mariano_test_of_each_origins_mean_loss():
    models = [Mean(alias="mean"), Last(alias="better"), Last(shift=3.0, alias="worse")]
    result = backtest(models, months(60), horizon=3, n_windows=12)
    table = result.significance()
    assert table["against"].unique().tolist() == ["better"]  # the baseline with the lowest MASE
    assert table.index.tolist() == ["mean", "worse"]
    expected = diebold_mariano(_losses(result, "mean"), _losses(result, "better"))
    columns = ["difference", "statistic", "p_value", "n_origins"]
    assert table.loc["mean", columns].tolist() == pytest.approx(list(expected), rel=1e-12)
    scores = result.scores()
    assert scores.loc["mean", "p_value"] == table.loc["mean", "p_value"]
    assert np.isnan(scores.loc["better", "p_value"])
    assert any("against better, the best baseline" in note for note in result.footnotes)
    other = result.significance(against="mean")
    assert other.loc["better", "statistic"] == pytest.approx(-table.loc["mean", "statistic"], rel=1e-12)
    squared = result.significance(loss="squared").loc["mean", "difference"]
    frame = result.forecasts
    gap = (frame["mean"] - frame["y"]) ** 2 - (frame["better"] - frame["y"]) ** 2
    assert squared == pytest.approx(gap.mean(), rel=1e-12)


def test_origins_that_overlap_are_taken_as_correlated():
    models = [Mean(alias="mean"), Last()]
    result = backtest(models, months(60), horizon=5, n_windows=20, step=2)
    expected = diebold_mariano(_losses(result, "mean"), _losses(result, "Last"), lags=2)
    assert result.significance().loc["mean", "statistic"] == pytest.approx(expected.statistic, rel=1e-12)
    hopeless = backtest(models, months(60), horizon=12, n_windows=11, step=1)
    assert np.isnan(hopeless.significance().loc["mean", "p_value"])
    note = "No p-value: all horizons overlap each other; use more origins or a longer step."
    assert note in hopeless.footnotes


def test_below_ten_origins_there_is_no_p_value_and_the_table_says_so():
    result = backtest([Mean(), Last(alias="base")], months(60), horizon=2, n_windows=9)
    assert result.scores()["p_value"].isna().all()
    note = "No p-value: 9 origins; the Diebold-Mariano test needs at least 10."
    assert note in result.footnotes
    assert note in repr(result)


def test_the_yardstick_is_a_baseline_even_if_another_model_is_better():
    class Recurrent(Last):
        is_baseline = False

    models = [Last(shift=5.0, alias="far"), Last(shift=3.0, alias="near"), Recurrent()]
    result = backtest(models, months(60), horizon=2, n_windows=10)
    assert result.scores().index.tolist() == ["Recurrent", "near", "far"]
    assert result.significance()["against"].to_dict() == {"far": "near", "Recurrent": "near"}


def test_without_a_baseline_the_best_model_is_the_yardstick():
    models = [Mean(shift=50.0, alias="far"), Mean(alias="near")]
    result = backtest(models, months(60), horizon=2, n_windows=10)
    assert result.significance()["against"].to_dict() == {"far": "near"}
    assert any("against near, the best model, as there is no baseline." in note for note in result.footnotes)


def test_a_baseline_that_failed_is_not_the_best_one():
    class Lucky(Broken):
        is_baseline = True

    y = pd.Series([*np.zeros(13), 90.0, 90.0])  # easy at first, hard at the end
    result = backtest([Lucky(), Last(shift=0.5)], y, horizon=2, n_windows=5, step=1)
    assert result.scores()["failed"].to_dict() == {"Lucky": 3, "Last": 0}
    assert result.scores()["MASE"].idxmin() == "Lucky"
    assert result.scores().index[0] == "Last"
    assert result.verdict.endswith(" Lucky failed at 3 of 5 origins and stands last.")
    assert result.significance()["against"].to_dict() == {"Lucky": "Last"}


def test_a_constant_series_is_scored_without_warnings():
    y = pd.Series(np.full(22, 3.0))
    models = [Last(), Last(shift=1.0, alias="off")]
    scores = backtest(models, y, horizon=2, n_windows=10).scores()
    assert scores["MASE"].to_dict() == {"Last": 0.0, "off": np.inf}
    assert scores.loc["off", "p_value"] == 0.0


def test_the_table_shows_itself():
    result = backtest([Last(), Mean(alias="<b>")], Y.rename("<i>"), horizon=2, n_windows=2)
    text, page = repr(result), result._repr_html_()
    assert text.startswith("Backtest of <i>: 2 origins, horizon 2, season_length 1\n")
    assert f"{result.scores().loc['Last', 'MASE']:.3f}" in text
    assert "&lt;b&gt;" in page
    assert "&lt;i&gt;" in page
    assert "<b>" not in page
    assert "<i>" not in page
    for note in result.footnotes:
        assert note in text
    assert "sMAPE is the mean of 200 |y - f| / (|y| + |f|), from 0 to 200." in result.footnotes
    assert "NaN" not in text
    assert "nan" not in text


def test_significance_refuses_what_it_does_not_know():
    result = backtest([Last(), Mean(alias="mean")], Y, horizon=2)
    with pytest.raises(ValueError, match="against") as raised:
        result.significance(against="LSTM")
    assert str(raised.value) == "`against` must be one of 'Last', 'mean'; got 'LSTM'."
    with pytest.raises(ValueError, match="loss") as raised:
        result.significance(loss="mape")
    assert str(raised.value) == "`loss` must be one of 'absolute', 'squared'; got 'mape'."


def test_series_forecast_at_the_same_moments_are_compared_over_origins():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=40)
    y = {key: pd.Series(rng.normal(size=40).cumsum(), days) for key in range(20)}
    together = backtest([Last(), Mean()], y, horizon=1, n_windows=12)
    assert "n_origins" in together.significance()
    assert " over 12 origins of 20 series" in together.verdict
    apart = {key: one.set_axis(one.index + pd.Timedelta(days=key)) for key, one in y.items()}
    for others, n_windows in ((apart, 12), (y, 5)):
        assert "n_series" in backtest([Last(), Mean()], others, horizon=1, n_windows=n_windows).significance()
