"""Skill, ranks, corrected tests and the confidence set of a backtest, against the frame of its forecasts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.backtests import make_backtest, make_panel_backtest
from helpers.contenders import Last, Mean, Y, months
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.metrics.significance import critical_difference, friedman, holm, model_confidence_set

DAYS = pd.date_range("2026-01-01", periods=400)
RNG = np.random.default_rng(0)


def noisy(n_windows=30, **misses):
    return {name: miss * RNG.uniform(0.5, 1.5, size=n_windows) for name, miss in misses.items()}


@pytest.fixture(scope="module")
def single():
    misses = noisy(LSTM=1.0, GRU=1.05, Naive=1.1, Theta=2.0)
    return make_backtest(DAYS, misses, n_windows=30)


def losses(result, metric="absolute"):
    """Mean loss of each origin, a column each model, straight from the forecasts."""
    frame = result.forecasts
    errors = frame[list(result.models)].sub(frame["y"], axis=0).abs()
    return (errors if metric == "absolute" else errors**2).groupby(frame["cutoff"]).mean()


def test_skill_is_the_percent_by_which_mase_is_below_the_baselines(single):
    scores = single.scores(baseline="Naive")
    expected = 100 * (1 - scores["MASE"] / scores.loc["Naive", "MASE"])
    np.testing.assert_allclose(scores["skill"], expected, rtol=1e-12)
    assert scores.loc["Naive", "skill"] == 0.0
    assert "skill" not in single.scores()
    for by in ("origin", "horizon"):
        table = single.scores(by=by, baseline="Naive")
        expected = 100 * (1 - table.loc["LSTM", "MASE"] / table.loc["Naive", "MASE"])
        np.testing.assert_allclose(table.loc["LSTM", "skill"], expected, rtol=1e-12)
    of_other = single.scores(baseline="LSTM")
    assert of_other.loc["Naive", "skill"] < 0 == of_other.loc["LSTM", "skill"]


def test_skill_by_series():
    panel = make_panel_backtest()
    table = panel.scores(by="series", baseline="Naive")
    expected = 100 * (1 - table.loc["LSTM", "MASE"] / table.loc["Naive", "MASE"])
    np.testing.assert_allclose(table.loc["LSTM", "skill"], expected, rtol=1e-12)


def test_ranks_over_the_origins_of_one_series_are_those_of_their_errors(single):
    ranks = stats.rankdata(losses(single), axis=1)
    expected = dict(zip(single.models, ranks.mean(axis=0), strict=True))
    assert single.scores()["rank"].to_dict() == pytest.approx(expected)
    by_origin = single.scores(by="origin")["rank"].unstack("model")[list(single.models)]
    np.testing.assert_allclose(by_origin, ranks)
    by_series = single.scores(by="series")["rank"].droplevel("unique_id")
    assert by_series.to_dict() == pytest.approx(expected)
    # every model's errors grow alike with the step, so they rank alike at each
    for _, step in single.scores(by="horizon")["rank"].groupby("step"):
        assert step.droplevel("step").to_dict() == pytest.approx(expected)


def test_ranks_over_series_are_those_of_each_series_mean():
    panel = make_panel_backtest(n_series=12)
    mase = panel.scores(by="series")["MASE"].unstack("model")[["LSTM", "Naive"]]
    expected = stats.rankdata(mase, axis=1).mean(axis=0)
    assert panel.scores()["rank"][["LSTM", "Naive"]].tolist() == pytest.approx(list(expected))
    frame = panel.forecasts
    errors = frame[["LSTM", "Naive"]].sub(frame["y"], axis=0).abs()
    cuts = errors.groupby([frame["unique_id"], frame["cutoff"]]).mean().rank(axis=1)
    of_series = cuts.groupby("unique_id").mean()
    table = panel.scores(by="series")["rank"].unstack("model")
    np.testing.assert_allclose(table.loc[of_series.index, ["LSTM", "Naive"]], of_series)


def test_ties_share_a_rank():
    result = make_backtest(DAYS, {"LSTM": 1.0, "GRU": 1.0, "Naive": 2.0})
    assert result.scores()["rank"].to_dict() == {"LSTM": 1.5, "GRU": 1.5, "Naive": 3.0}


def test_an_unknown_baseline_is_refused(single):
    with pytest.raises(ValueError, match="baseline") as raised:
        single.scores(baseline="ETS")
    assert str(raised.value) == "`baseline` must be one of 'LSTM', 'GRU', 'Naive', 'Theta'; got 'ETS'."


def test_p_values_are_corrected_for_all_models_tested(single):
    table = single.significance()
    np.testing.assert_allclose(table["p_adjusted"], holm(table["p_value"]))
    assert (table["p_adjusted"] > table["p_value"]).any()
    assert list(table.columns) == ["against", "difference", "statistic", "p_value", "p_adjusted", "n_origins"]
    assert "p_adjusted" not in single.significance(correction=None)
    scores = single.scores()
    assert scores["p_adjusted"].drop("Naive").to_dict() == table["p_adjusted"].to_dict()
    note = "against Naive, the best baseline; corrected by Holm's method for 3 tests."
    assert any(note in each for each in single.footnotes)
    with pytest.raises(ValueError, match=r"^`correction` must be one of 'holm', None; got 'fdr'\.$"):
        single.significance(correction="fdr")


def test_the_confidence_set_is_that_of_each_origins_loss(single):
    expected = model_confidence_set(losses(single))
    table = single.confidence_set()
    assert table["p_value"].to_dict() == pytest.approx(
        dict(zip(single.models, expected.p_value, strict=True))
    )
    best = table.index[0]
    assert table.loc[best, "p_value"] == 1.0
    assert table["included"].to_dict() == (table["p_value"] >= 0.1).to_dict()
    assert not table.loc["Theta", "included"]
    assert table.loc["Theta", "eliminated"] == 1
    assert table.loc[table["included"], "eliminated"].isna().all()
    assert table["n_origins"].tolist() == [30] * 4
    p = table["p_value"].drop(best).max()  # the next best is in at this level, and out just below
    assert single.confidence_set(level=100 * (1 - p) + 1e-6)["included"].sum() >= 2
    assert single.confidence_set(level=100 * (1 - p) - 1e-6)["included"].sum() == 1


def test_horizons_that_overlap_are_drawn_in_blocks():
    models = [Mean(alias="mean"), Last(), Last(shift=1.0, alias="shifted")]
    result = backtest(models, months(120), horizon=5, n_windows=40, step=2)  # 2 origins overlap each
    expected = model_confidence_set(losses(result), block_length=5)
    table = result.confidence_set()
    for name, p in zip(result.models, expected.p_value, strict=True):
        assert table.loc[name, "p_value"] == pytest.approx(p)
    single_draws = model_confidence_set(losses(result))
    assert (single_draws.p_value != expected.p_value).any()
    assert np.isnan(result.ranks()["p_value"]).all()
    assert np.isnan(result.ranks()["critical_difference"]).all()
    assert result.ranks()["rank"].notna().all()
    few = backtest(models, months(60), horizon=12, n_windows=12, step=2)
    assert few.confidence_set()["p_value"].isna().all()


def test_below_ten_origins_there_is_no_confidence_set_and_no_critical_difference():
    result = make_backtest(DAYS, {"LSTM": 1.0, "GRU": 2.0, "Naive": 3.0}, n_windows=9)
    table = result.confidence_set()
    assert table["p_value"].isna().all()
    assert table["included"].isna().all()
    assert table["eliminated"].isna().all()
    ranks = result.ranks()
    assert ranks["rank"].to_dict() == {"LSTM": 1.0, "GRU": 2.0, "Naive": 3.0}
    assert ranks[["p_value", "critical_difference"]].isna().all(axis=None)


def test_friedman_and_nemenyi_over_origins_and_over_series(single):
    ranks = single.ranks()
    expected = friedman(losses(single))
    assert ranks["p_value"].tolist() == pytest.approx([expected.p_value] * 4)
    assert ranks["critical_difference"].tolist() == pytest.approx([critical_difference(4, 30)] * 4)
    assert ranks["rank"].is_monotonic_increasing
    assert single.ranks(level=90)["critical_difference"].iloc[0] == pytest.approx(
        critical_difference(4, 30, 90)
    )
    panel = make_panel_backtest(n_series=15)
    mase = panel.scores(by="series")["MASE"].unstack("model")
    over_series = panel.ranks()
    assert over_series["p_value"].iloc[0] == pytest.approx(friedman(mase).p_value)
    assert over_series["n_series"].tolist() == [15, 15]


def test_over_many_series_the_confidence_set_draws_series():
    panel = make_panel_backtest(n_series=15)
    mase = panel.scores(by="series")["MASE"].unstack("model")[["LSTM", "Naive"]]
    table = panel.confidence_set()
    expected = model_confidence_set(mase)
    assert table["p_value"][["LSTM", "Naive"]].tolist() == pytest.approx(list(expected.p_value))
    assert table["n_series"].tolist() == [15, 15]


def test_failures_are_left_out_for_all_and_a_model_without_forecasts_for_none():
    misses = noisy(LSTM=1.0, GRU=1.2, Naive=1.1)
    failures = [("GRU", i) for i in range(4)] + [("Gone", i) for i in range(30)]
    result = make_backtest(DAYS, misses | {"Gone": 0.1}, n_windows=30, failures=failures)
    common = losses(result)[["LSTM", "GRU", "Naive"]].iloc[4:]
    table = result.confidence_set()
    expected = model_confidence_set(common)
    assert table.loc[common.columns, "p_value"].tolist() == pytest.approx(list(expected.p_value))
    assert table["n_origins"].unique().tolist() == [26]
    assert pd.isna(table.loc["Gone", "included"])
    ranks = result.ranks()
    assert ranks.loc[common.columns, "rank"].tolist() == pytest.approx(
        list(stats.rankdata(common, axis=1).mean(axis=0))
    )
    assert np.isnan(ranks.loc["Gone", "rank"])
    assert result.scores()["rank"].to_dict() == pytest.approx(ranks["rank"].to_dict(), nan_ok=True)


@pytest.mark.parametrize("method", ["confidence_set", "ranks"])
def test_levels_are_percents(single, method):
    with pytest.raises(ValueError, match=r"^`level` must be a number in \(0, 100\); got 100\.$"):
        getattr(single, method)(level=100)


def test_one_model_alone_has_rank_one_and_nothing_else():
    result = backtest(Last(), Y, horizon=2, n_windows=2)
    assert result.scores()["rank"].tolist() == [1.0]
    assert result.significance().empty
    assert result.ranks()["p_value"].isna().all()
    nobody = make_backtest(
        DAYS, {"LSTM": 1.0, "GRU": 1.0}, failures=[(m, i) for m in ("LSTM", "GRU") for i in range(3)]
    )
    assert nobody.ranks()["rank"].isna().all()
    assert nobody.confidence_set()["included"].isna().all()
    assert nobody.scores()["rank"].isna().all()
