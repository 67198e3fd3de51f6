"""One sentence for every way a comparison can end."""

import numpy as np
import pandas as pd
import pytest

from helpers.backtests import make_backtest, make_panel_backtest
from helpers.contenders import Last, Y, months
from tsrnn.evaluation.backtesting.backtest import backtest

DAYS = pd.date_range("2026-01-01", periods=200)
RNG = np.random.default_rng(0)
NOISE = RNG.uniform(0.8, 1.2, size=(3, 20))


def verdict(misses, n_windows=20, **options):
    return make_backtest(DAYS, misses, n_windows=n_windows, **options).verdict


def test_a_model_beats_the_best_baseline():
    misses = {"LSTM": 0.89 * NOISE[0], "GRU": 0.95 * NOISE[0], "Naive": 2.0, "Theta": NOISE[0]}
    result = make_backtest(DAYS, misses, n_windows=20)
    skill = result.scores(baseline="Theta").loc["LSTM", "skill"]
    assert skill == pytest.approx(11.0, abs=0.5)
    assert result.verdict == "LSTM beats Theta by 11 % in MASE over 20 origins (p < 0.001)."
    assert result.verdict in repr(result)
    assert f"<p>{result.verdict.replace('<', '&lt;')}</p>" in result._repr_html_()


def test_the_p_value_allows_for_all_models_that_were_tested():
    one = {"LSTM": 0.9 * NOISE[1], "Theta": NOISE[0]}
    alone, among = (
        make_backtest(DAYS, one, n_windows=20),
        make_backtest(DAYS, one | {f"M{i}": 1.03 * np.roll(NOISE[0], i + 1) for i in range(6)}, n_windows=20),
    )
    raw = alone.significance().loc["LSTM", "p_value"]
    adjusted = among.significance().loc["LSTM", "p_adjusted"]
    assert raw < 0.05 < adjusted
    assert "LSTM beats Theta by" in alone.verdict
    assert f"(p = {raw:.3f})" in alone.verdict
    assert among.verdict.startswith("No model clearly beats Theta on this series: LSTM is ")
    assert among.verdict.endswith(
        f"% ahead in MASE over 20 origins, which may be chance (p = {adjusted:.2f})."
    )


def test_no_model_beats_the_best_baseline():
    behind = verdict({"LSTM": 1.25 * NOISE[1], "GRU": 3.0, "Naive": NOISE[1]})
    assert (
        behind
        == "No model beats Naive on this series: LSTM is 25 % behind in MASE over 20 origins (p < 0.001)."
    )
    level = verdict({"LSTM": NOISE[0], "Naive": NOISE[0]})
    assert level == (
        "No model beats Naive on this series: LSTM has the same MASE over 20 origins (p = 1.00)."
    )


def test_one_that_beats_it_for_sure_is_named_before_one_that_is_further_ahead_by_chance():
    lucky = 0.9 * np.r_[np.full(10, 0.2), np.full(10, 1.7)]
    misses = {"LSTM": lucky, "GRU": 0.97 * np.ones(20) + 0.01 * NOISE[0], "Naive": np.ones(20)}
    result = make_backtest(DAYS, misses, n_windows=20)
    assert result.scores().index[0] == "LSTM"
    assert result.verdict == "GRU beats Naive by 2 % in MASE over 20 origins (p < 0.001)."


def test_too_few_origins_for_a_test():
    ahead = verdict({"LSTM": 0.89, "Naive": 1.0}, n_windows=5)
    assert ahead == "LSTM is 11 % ahead of Naive in MASE over 5 origins, too few for a test (10 are needed)."
    behind = verdict({"LSTM": 1.0, "Naive": 0.5}, n_windows=1)
    assert behind == "Naive is 50 % ahead of LSTM in MASE over 1 origin, too few for a test (10 are needed)."
    level = verdict({"LSTM": 1.0, "Naive": 1.0}, n_windows=5)
    assert level == ("LSTM and Naive have the same MASE over 5 origins, too few for a test (10 are needed).")
    slight = verdict({"LSTM": 0.9997, "Naive": 1.0}, n_windows=5)
    assert slight.startswith("LSTM is less than 0.1 % ahead of Naive")
    assert verdict({"LSTM": 0.9961, "Naive": 1.0}, n_windows=5).startswith("LSTM is 0.4 % ahead")


def test_horizons_that_all_overlap():
    models = [Last(), _recurrent(0.5)]
    result = backtest(models, months(60), horizon=12, n_windows=11, step=1)
    assert result.verdict.endswith(
        " in MASE over 11 origins, whose horizons all overlap, so there is no test."
    )


def test_p_values_of_few_origins_that_overlap_are_called_unreliable():
    models = [Last(), _recurrent(5.0)]
    crowded = backtest(models, months(90), horizon=4, n_windows=19, step=2)
    assert crowded.verdict.endswith(", unreliable as horizons overlap).")
    note = (
        "Horizons overlap and origins are few, which makes p-values too small: "
        "use 20 origins, or a longer step."
    )
    assert note in crowded.footnotes
    for options in ({"n_windows": 20, "step": 2}, {"n_windows": 12, "step": 4}):
        enough = backtest(models, months(90), horizon=4, **options)
        assert "unreliable" not in enough.verdict
        assert note not in enough.footnotes


def test_several_series():
    few = make_panel_backtest()
    percent = few.scores(baseline="Naive").loc["LSTM", "skill"]
    assert few.verdict == (
        f"LSTM is {percent:.0f} % ahead of Naive in MASE over 2 origins of 9 series, "
        "too few for a test (10 origins or 10 series are needed)."
    )
    many = make_panel_backtest(n_series=30)
    percent = many.scores(baseline="Naive").loc["LSTM", "skill"]
    assert many.verdict == f"LSTM beats Naive by {percent:.0f} % in MASE over 30 series (p < 0.001)."


def test_scores_and_test_can_point_in_different_ways():
    rng = np.random.default_rng(3)
    panel = {f"s{i}": pd.Series(rng.normal(size=40).cumsum()) for i in range(30)}

    class Specialist(Last):
        """A little worse on most series, and far better on the first."""

        is_baseline, scope = False, "global"

        def fit(self, y):
            self.y_ = y
            return self

        def predict(self, horizon):
            truths = {name: panel[name].iloc[-horizon:].to_numpy() for name in self.y_}
            hard = {name: 1.15 * truth - 0.15 * self.y_[name].iloc[-1] for name, truth in truths.items()}
            return {name: truths[name] if name == "s0" else hard[name] for name in self.y_}

    class Far(Specialist):
        is_baseline = True

        def predict(self, horizon):
            truths = {name: panel[name].iloc[-horizon:].to_numpy() for name in self.y_}
            return {
                name: truth + 100 if name == "s0" else 1.1 * truth - 0.1 * self.y_[name].iloc[-1]
                for name, truth in truths.items()
            }

    result = backtest([Specialist(alias="LSTM"), Far(alias="Naive")], panel, 3, season_length=None)
    assert result.significance().loc["LSTM", "p_value"] < 0.05
    assert result.verdict.startswith("LSTM is 9")
    assert (
        " ahead of Naive in MASE over 30 series, but the test points the other way (p < 0.001)."
        in result.verdict
    )


def test_failures_gain_nothing():
    # LSTM misses by 10 at the two origins where it fails, else by 1; Naive by 10 there and by 0.9 elsewhere
    hard = np.r_[np.full(18, 1.0), 10.0, 10.0]
    failures = [("LSTM", 18), ("LSTM", 19)]
    misses = {"LSTM": hard, "Naive": np.where(hard > 1, 10.0, 0.9)}
    result = make_backtest(DAYS, misses, n_windows=20, failures=failures)
    scores = result.scores(baseline="Naive")
    assert scores.loc["LSTM", "MASE"] < scores.loc["Naive", "MASE"]
    assert scores.loc["LSTM", "skill"] == pytest.approx(100 * (1 - 1 / 0.9))
    assert scores["rank"].to_dict() == {"LSTM": 2.0, "Naive": 1.0}
    assert result.verdict == (
        "No model beats Naive on this series: LSTM is 11 % behind in MASE "
        "over the 18 of 20 origins where both have a score (p < 0.001)."
    )
    assert "rank: mean of the ranks by MASE on the 18 of 20 origins that all forecast, 1 the best." in (
        result.footnotes
    )


def test_models_that_forecast_nothing_are_no_rivals():
    gone = [("LSTM", i) for i in range(12)]
    misses = {"LSTM": 1.0, "Naive": 2.0, "GRU": 0.5}
    result = make_backtest(DAYS, misses, n_windows=12, failures=gone)
    assert result.verdict == "GRU beats Naive by 75 % in MASE over 12 origins (p < 0.001)."
    assert np.isnan(result.scores().loc["LSTM", "rank"])
    assert result.scores()["rank"].drop("LSTM").to_dict() == {"GRU": 1.0, "Naive": 2.0}
    only = make_backtest(DAYS, {"LSTM": 1.0, "Naive": 2.0}, n_windows=12, failures=gone)
    assert only.verdict == "Only Naive has forecast anything."
    nobody = make_backtest(DAYS, {"LSTM": 1.0}, n_windows=12, failures=gone)
    assert nobody.verdict == "No model has forecast anything."


def test_a_baseline_that_forecast_nothing_is_no_yardstick():
    gone = [("Naive", i) for i in range(12)]
    result = make_backtest(DAYS, {"LSTM": 1.0, "GRU": 2.0, "Naive": 2.0}, n_windows=12, failures=gone)
    assert result.opponent == "LSTM"
    assert result.verdict == "LSTM beats GRU, the next best, by 50 % in MASE over 12 origins (p < 0.001)."
    assert any("against LSTM, the best model, as no baseline has a forecast" in n for n in result.footnotes)


def test_nothing_in_common():
    failures = [("LSTM", i) for i in range(6)] + [("Naive", i) for i in range(6, 12)]
    misses = {"LSTM": 1.0, "Naive": 2.0}
    result = make_backtest(DAYS, misses, n_windows=12, failures=failures)
    assert result.verdict == "LSTM and Naive have no forecast in common, so nothing can be said."


def test_without_a_baseline_or_with_nothing_else_the_best_two_are_compared():
    networks = verdict({"LSTM": NOISE[0], "GRU": 0.7 * NOISE[0]})
    assert networks == "GRU beats LSTM, the next best, by 30 % in MASE over 20 origins (p < 0.001)."
    classics = verdict({"Naive": np.r_[np.full(19, 1.0), 0.0], "Theta": np.r_[0.0, np.full(19, 1.01)]})
    assert classics.startswith(
        "No model is clearly the best on this series: Naive is 1 % ahead of Theta in MASE"
    )
    assert classics.endswith(", which may be chance (p = 0.90).")


def test_equals_without_a_baseline():
    assert verdict({"LSTM": NOISE[0], "GRU": NOISE[0]}) == (
        "No model is clearly the best on this series: "
        "GRU and LSTM have the same MASE over 20 origins (p = 1.00)."
    )


def test_a_single_model_is_held_against_the_seasonal_naive_method():
    result = make_backtest(DAYS, {"LSTM": 0.1}, n_windows=5)
    part = result.scores().loc["LSTM", "vs SeasonalNaive"]
    mase = result.scores().loc["LSTM", "MASE"]
    assert part < 1
    assert result.verdict == (
        f"LSTM has a MASE of {mase:.3g} over 5 origins, {100 * (1 - part):.0f} % below the naive method's."
    )
    assert verdict({"LSTM": 9.0}, n_windows=5).endswith(" % above the naive method's.")
    same = backtest(Last(), Y, horizon=2, n_windows=2).verdict
    assert same.endswith(" over 2 origins, the same as the naive method's.")
    seasonal = backtest(Last(), months(60), horizon=6, season_length=12).verdict
    assert seasonal.endswith(" the seasonal naive method's.")
    constant = make_backtest(DAYS, {"LSTM": 0.1}, values=np.full(200, 3.0)).verdict
    assert constant == "LSTM has no other model to be held against."


def test_a_series_that_never_changed_is_judged_by_absolute_errors():
    constant = verdict({"LSTM": 0.5, "Naive": 1.0}, values=np.full(200, 3.0))
    assert constant == "LSTM beats Naive by 50 % in mean absolute error over 20 origins (p < 0.001)."
    exact = verdict({"LSTM": 0.5, "Naive": 0.0}, values=np.full(200, 3.0), n_windows=5)
    assert exact.startswith("Naive is 100 % ahead of LSTM in mean absolute error over 5 origins")


def test_series_without_any_scale_cannot_be_compared():
    panel = {name: pd.Series(np.full(20, 3.0)) for name in "abc"}
    models = [_recurrent(1.0), Last(shift=2.0)]
    result = backtest(models, panel, horizon=2, season_length=None)
    assert result.verdict == (
        "LSTM and Last cannot be compared: MASE is undefined where both have a forecast."
    )


@pytest.mark.parametrize("seed", range(60))
def test_there_is_a_sentence_without_a_missing_number_for_any_outcome(seed):
    rng = np.random.default_rng(seed)
    n_windows, horizon = int(rng.choice([1, 5, 10, 25])), int(rng.choice([1, 3]))
    names = list(rng.permutation(["LSTM", "GRU", "Naive", "ETS"])[: rng.integers(1, 5)])
    n = horizon * n_windows + 20
    values = [
        np.sin(np.arange(n)),
        np.full(n, 3.0),
        np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
    ]
    misses = {
        name: rng.choice([0.0, 1.0, 1.5, 1e9], size=n_windows, p=[0.2, 0.5, 0.2, 0.1]) for name in names
    }
    failing = rng.choice([0.0, 0.1, 0.6])
    failures = [(name, i) for name in names for i in range(n_windows) if rng.random() < failing]
    result = make_backtest(
        pd.RangeIndex(n),
        misses,
        horizon=horizon,
        n_windows=n_windows,
        values=values[rng.integers(3)],
        failures=failures,
    )
    said = result.verdict
    assert said[0].isupper()
    assert said.endswith(".")
    assert not {"nan", "inf", "-inf"} & set(said.replace("(", "").split())
    ahead = [name for name in names if said.startswith((f"{name} beats", f"{name} is "))]
    if ahead:  # then its errors are smaller where both have a forecast
        first = said.split(". ")[0]
        other = next(name for name in names if f" {name} " in first)
        metric = "MASE" if " in MASE " in said else "MAE"
        common = result.errors.has_forecast(ahead[0], other)
        mine, their = (np.nanmean(result.errors.by_pair(name, metric)[common]) for name in (ahead[0], other))
        assert mine < their


def _recurrent(shift):
    model = Last(shift=shift, alias="LSTM")
    model.__class__ = Recurrent
    return model


class Recurrent(Last):
    is_baseline = False
