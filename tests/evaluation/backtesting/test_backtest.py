"""Rolling origins: what each model sees, what is kept, and what goes wrong."""

import time

import numpy as np
import pandas as pd
import pytest

from helpers.contenders import Broken, Capped, Last, Mean, Y, months
from tsrnn.deadline import check_deadline
from tsrnn.evaluation.backtesting.backtest import backtest, compare, default_models


class Foreign:
    """Follows no convention but fit and predict."""

    def __init__(self, value):
        self.value = value

    def fit(self, y):
        self.value += 1000.0
        return self

    def predict(self, horizon):
        return [self.value] * horizon


def test_origins_roll_and_the_last_truth_ends_with_the_series():
    result = backtest(Last(), Y, horizon=3, n_windows=3, step=2)
    frame = result.forecasts
    assert list(frame.columns) == ["unique_id", "ds", "cutoff", "y", "Last"]
    assert frame["unique_id"].unique().tolist() == ["load"]
    assert frame["cutoff"].tolist() == [4, 4, 4, 6, 6, 6, 8, 8, 8]
    assert frame["ds"].tolist() == [5, 6, 7, 7, 8, 9, 9, 10, 11]
    assert frame["y"].tolist() == [8, 9, 12, 12, 11, 15, 15, 14, 18]
    assert frame["Last"].tolist() == [5, 5, 5, 9, 9, 9, 11, 11, 11]
    assert result.folds["n_train"].tolist() == [5, 7, 9]
    assert result.folds["cutoff"].tolist() == [4, 6, 8]
    assert result.folds["status"].tolist() == ["ok"] * 3


def test_step_is_the_horizon_unless_told_otherwise():
    assert backtest(Last(), Y, horizon=3, n_windows=3).folds["n_train"].tolist() == [3, 6, 9]


def test_labels_keep_their_kind_and_zone():
    y = months(40)
    y.index = y.index.tz_localize("Europe/Vienna")
    frame = backtest(Last(), y, horizon=2, n_windows=2).forecasts
    assert frame["ds"].dtype == y.index.dtype
    assert frame["ds"].tolist() == y.index[-4:].tolist()
    assert frame["cutoff"].tolist() == [y.index[35]] * 2 + [y.index[37]] * 2


def test_refit_trains_on_every_window_and_otherwise_only_on_the_first():
    each = backtest(Mean(), Y, horizon=2, n_windows=3)
    assert each.forecasts["Mean"].tolist() == [Y[:6].mean()] * 2 + [Y[:8].mean()] * 2 + [Y[:10].mean()] * 2
    once = backtest([Mean(), Last()], Y, horizon=2, n_windows=3, refit=False)
    assert once.forecasts["Mean"].tolist() == [Y[:6].mean()] * 6
    assert once.forecasts["Last"].tolist() == [8, 8, 12, 12, 15, 15]
    assert once.folds["n_train"].tolist() == [6] * 6
    assert once.folds["fit_seconds"].notna().tolist() == [True, False, False] * 2
    assert once.folds["predict_seconds"].notna().all()
    assert "Each model was fitted once, before the first origin." in once.footnotes


def test_models_are_copied_and_told_the_horizon():
    model, foreign = Last(), Foreign(5.0)
    result = backtest({"a": model, "b": foreign}, Y, horizon=2, n_windows=2)
    assert not hasattr(model, "trained_on_")
    assert model.horizon == 1
    assert foreign.value == 5.0
    assert result.forecasts["b"].tolist() == [1005.0] * 4
    assert result.models["a"].horizon == 2
    assert result.models["b"].value == 5.0


def test_names_come_from_labels_or_the_dict():
    models = [Last(), Last(alias="shifted", shift=1.0), Foreign(0.0)]
    assert list(backtest(models, Y, 2).models) == ["Last", "shifted", "Foreign"]
    assert list(backtest({"mine": Last()}, Y, 2).models) == ["mine"]
    assert list(backtest(Last(), Y, 2).models) == ["Last"]


@pytest.mark.parametrize("refit", [True, False])
def test_changing_the_future_never_changes_a_forecast_made_before_it(refit):
    models = [Last(), Mean(), Capped(alias="capped")]
    y = months(60)
    before = backtest(models, y, horizon=6, n_windows=4, refit=refit).forecasts
    for cutoff in before["cutoff"].unique():
        changed = y.where(y.index <= cutoff, y * -50 + 1000)
        after = backtest(models, changed, horizon=6, n_windows=4, refit=refit).forecasts
        earlier = before["cutoff"] <= cutoff
        for name in ["Last", "Mean", "capped"]:
            assert after.loc[earlier, name].tolist() == before.loc[earlier, name].tolist()


def test_a_model_that_writes_into_its_training_data_harms_nobody():
    class Vandal(Last):
        def fit(self, y):
            y.iloc[:] = -1.0
            return super().fit(y)

    y = Y.copy()
    result = backtest([Vandal(alias="vandal"), Last()], y, horizon=2, n_windows=2)
    assert result.forecasts["Last"].tolist() == [12, 12, 15, 15]
    assert result.history.tolist() == y.tolist() == Y.tolist()


def test_training_data_keeps_its_gaps():
    seen = []

    class Spy(Last):
        def fit(self, y):
            seen.append(y.isna().tolist())
            return super().fit(y)

    y = Y.where(Y.index != 3)
    backtest(Spy(), y, horizon=2)
    assert seen == [[False] * 3 + [True] + [False] * 6]


def test_a_model_that_fails_is_a_row_and_no_exception():
    result = backtest([Broken(), Last()], months(14), horizon=2, n_windows=3, step=1)
    folds = result.folds[result.folds["model"] == "Broken"]
    assert folds["status"].tolist() == ["ok", "failed", "failed"]
    assert folds["message"].tolist() == ["", *["ValueError: no convergence"] * 2]
    assert folds["predict_seconds"].notna().tolist() == [True, False, False]
    assert result.forecasts["Broken"].isna().tolist() == [False] * 2 + [True] * 4
    assert result.forecasts["Last"].notna().all()
    scores = result.scores()
    assert scores.loc["Broken", "failed"] == 2
    assert scores.loc["Broken", "vs SeasonalNaive"] == pytest.approx(1.0)  # over the origin that both have
    assert "Broken failed at 2 of 3 origins: ValueError: no convergence" in result.footnotes


def test_a_failed_fit_fails_every_origin_without_refit():
    with pytest.warns(RuntimeWarning, match="No model has forecast anything, .*: ValueError: no convergence"):
        result = backtest(Broken(), months(20), horizon=2, n_windows=3, refit=False)
    assert result.folds["status"].tolist() == ["failed"] * 3
    assert result.folds["message"].tolist() == ["ValueError: no convergence"] * 3
    assert result.folds["fit_seconds"].notna().tolist() == [True, False, False]
    assert np.isnan(result.scores().loc["Broken", "MASE"])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([1.0], "ValueError: predict(2) must return 2 values; got shape (1,)."),
        ([1.0, np.nan], "ValueError: 1 of the 2 values forecast are not finite."),
    ],
)
def test_an_unusable_forecast_is_a_failure(answer, message):
    class Odd(Last):
        def predict(self, horizon, *, y=None):
            return answer

    with pytest.warns(RuntimeWarning, match="No model has forecast anything"):
        result = backtest(Odd(), Y, horizon=2)
    assert result.folds["status"].tolist() == ["failed"]
    assert result.folds["message"].tolist() == [message]
    assert result.forecasts["Odd"].isna().all()


class Slow(Last):
    def fit(self, y):
        until = time.monotonic() + 5.0
        while len(y) > 8 and time.monotonic() < until:
            time.sleep(0.005)
            check_deadline()
        return super().fit(y)


class SlowAndDeaf(Last):
    def fit(self, y):
        time.sleep(0.05)
        return super().fit(y)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_model_that_exceeds_the_time_limit_is_stopped_and_says_so(n_jobs):
    models = {"slow": Slow(), "deaf": SlowAndDeaf(), "quick": Last()}
    result = backtest(models, Y, horizon=2, n_windows=2, time_limit=0.04, n_jobs=n_jobs)
    status = result.folds.groupby("model", sort=False)["status"].agg(list).to_dict()
    assert status == {"slow": ["ok", "time limit"], "deaf": ["time limit"] * 2, "quick": ["ok"] * 2}
    slow = result.folds.iloc[1]
    assert slow["message"] == "exceeded the time limit of 0.04 s"
    # The limit counts from before the fit, so that the fit itself may have had a little less.
    assert 0.03 <= slow["fit_seconds"] < 2.0
    assert "slow failed at 1 of 2 origins: exceeded the time limit of 0.04 s" in result.footnotes


class Interrupted(Last):
    def fit(self, y):
        raise KeyboardInterrupt


class Resigned(Last):
    """Keeps what it has learned when the user presses Ctrl-C, and says so."""

    interrupted_ = True


@pytest.mark.parametrize("model", [Interrupted(), Resigned()])
def test_ctrl_c_ends_the_backtest(model):
    with pytest.raises(KeyboardInterrupt):
        backtest(model, Y, horizon=2)


@pytest.mark.parametrize("refit", [True, False])
def test_results_do_not_depend_on_the_number_of_threads(refit):
    models = [Last(), Mean(), Broken(alias="broken"), Capped(alias="capped")]
    one = backtest(models, months(50), horizon=3, n_windows=6, refit=refit)
    four = backtest(models, months(50), horizon=3, n_windows=6, refit=refit, n_jobs=4)
    pd.testing.assert_frame_equal(one.forecasts, four.forecasts)
    columns = ["model", "cutoff", "status", "message", "n_train"]
    pd.testing.assert_frame_equal(one.folds[columns], four.folds[columns])
    assert one.folds["model"].tolist() == np.repeat(["Last", "Mean", "broken", "capped"], 6).tolist()


@pytest.mark.parametrize(("max_history", "used"), [("auto", 5), (7, 7), (None, 10), (100, 10)])
def test_models_that_do_not_scale_get_the_recent_past_and_the_table_says_so(max_history, used):
    result = backtest([Capped(), Last(alias="all")], Y, horizon=2, max_history=max_history)
    assert result.forecasts["Capped"].tolist() == [Y[10 - used : 10].mean()] * 2
    assert result.scores()["history"].to_dict() == {"Capped": used, "all": 10}
    note = f"Capped: given the most recent {used} observations only."
    assert (note in result.footnotes) is (used < 10)


def test_a_history_to_forecast_from_is_capped_too():
    class Length(Capped):
        def predict(self, horizon, *, y=None):
            return np.full(horizon, float(len(self.trained_on_ if y is None else y)))

    result = backtest(Length(), Y, horizon=2, n_windows=3, refit=False, max_history=7)
    assert result.forecasts["Length"].tolist() == [6, 6, 7, 7, 7, 7]


def test_training_curves_are_the_last_fits():
    class Learner(Last):
        def fit(self, y):
            self.history_ = pd.DataFrame({"loss": [float(len(y))]})
            return super().fit(y)

    result = backtest([Learner(alias="learner"), Last()], Y, horizon=2, n_windows=3)
    assert list(result.histories) == ["learner"]
    assert result.histories["learner"]["loss"].tolist() == [10.0]


def test_lists_and_arrays_work():
    for y in (Y.tolist(), Y.to_numpy()):
        frame = backtest(Last(), y, horizon=2).forecasts
        assert frame["unique_id"].tolist() == ["y", "y"]
        assert frame["ds"].tolist() == [10, 11]
        assert frame["Last"].tolist() == [15.0, 15.0]


def test_one_model_reports_progress_only_when_asked(capsys):
    backtest(Last(), Y, horizon=2)
    assert capsys.readouterr() == ("", "")
    backtest(Last(), Y, horizon=2, n_windows=2, verbose=1)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"horizon": 0}, ValueError, "`horizon` must be a whole number of steps, at least 1; got 0."),
        ({"horizon": 1.5}, ValueError, "`horizon` must be a whole number of steps, at least 1; got 1.5."),
        ({"n_windows": -1}, ValueError, "`n_windows` must be a whole number of origins, at least 1; got -1."),
        ({"step": 0}, ValueError, "`step` must be a whole number of observations, at least 1; got 0."),
        (
            {"refit": 0},
            ValueError,
            "`refit` must be a whole number of origins, or True for each or False for the first "
            "only, at least 1; got 0.",
        ),
        ({"gap": -1}, ValueError, "`gap` must be a whole number of steps, at least 0; got -1."),
        (
            {"train_size": 1},
            ValueError,
            "`train_size` must be a whole number of observations, or None, at least 2; got 1.",
        ),
        ({"reselect": "yes"}, ValueError, "`reselect` must be one of True, False; got 'yes'."),
        (
            {"gap": 2, "n_windows": 5},
            ValueError,
            "`y` has 12 observations; n_windows=5 with horizon=2, gap=2 and step=2 needs at least 14, 2 of "
            "them for the first training window. Lower n_windows, step, gap or horizon, or supply more data.",
        ),
        (
            {"season_length": "monthly"},
            ValueError,
            '`season_length` must be a whole number of observations, or "auto" or None, at least 1; '
            "got 'monthly'.",
        ),
        (
            {"max_history": 1},
            ValueError,
            '`max_history` must be a whole number of observations, or "auto" or None, at least 2; got 1.',
        ),
        ({"time_limit": 0}, ValueError, "`time_limit` must be a number in (0, inf); got 0."),
        (
            {"n_windows": 5, "horizon": 3},
            ValueError,
            "`y` has 12 observations; n_windows=5 with horizon=3 and step=3 needs at least 17, 2 of them for "
            "the first training window. Lower n_windows, step or horizon, or supply more data.",
        ),
        (
            {"season_length": 10, "horizon": 3},
            ValueError,
            "`y` has 12 observations; n_windows=1 with horizon=3 and step=3 needs at least 14, 11 of them "
            "for the first training window. Lower n_windows, step or horizon, or supply more data.",
        ),
        (
            {"models": [Last(), Last()]},
            ValueError,
            "`models` has 2 forecasters called 'Last'; names must be unique. "
            "Give each its own alias, or pass a dict of name to forecaster.",
        ),
        ({"models": []}, ValueError, "`models` is empty; at least one forecaster is needed."),
        ({"models": [Last]}, TypeError, "`models` has the class Last; a forecaster is needed: Last(...)."),
        (
            {"models": "LSTM"},
            TypeError,
            "`models` must hold forecasters, with fit and predict, such as ARIMA(); got 'LSTM'.",
        ),
        (
            {"models": {"y": Last()}},
            ValueError,
            "A model's name must be a string other than unique_id, ds, cutoff, y; got 'y'. "
            "Choose another alias.",
        ),
        ({"y": pd.DataFrame({"a": ["no number"]})}, TypeError, None),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error) as raised:
        backtest(**({"models": Last(), "y": Y, "horizon": 2} | arguments))
    if message is not None:
        assert str(raised.value) == message


def test_compare_with_own_models_is_a_backtest():
    models = [Last(), Mean(alias="mean")]
    mine = compare(months(60), 3, models=models)
    pd.testing.assert_frame_equal(mine.forecasts, backtest(models, months(60), 3, n_windows=5).forecasts)


def test_compare_holds_networks_against_the_classics_and_fills_gaps_for_all():
    y = months(60)
    y.iloc[[20, 55]] = np.nan
    result = compare(y, 6, n_windows=1, random_state=3)
    assert list(result.models) == [
        "RNN",
        "LSTM",
        "GRU",
        "Naive",
        "SeasonalNaive",
        "AutoARIMA",
        "ETS",
        "Theta",
    ]
    assert result.folds["status"].tolist() == ["ok"] * 8
    assert result.season_length == 12
    assert list(result.histories) == ["RNN", "LSTM", "GRU"]
    assert result.scores().loc["SeasonalNaive", "vs SeasonalNaive"] == pytest.approx(1.0, rel=1e-14)
    assert [model.random_state for model in result.models.values() if hasattr(model, "cell")] == [3, 3, 3]
    assert {model.missing for model in result.models.values()} == {"interpolate"}
    again = compare(y, 6, n_windows=1, random_state=3, n_jobs=2)
    pd.testing.assert_frame_equal(result.forecasts, again.forecasts)


def test_default_models_suit_season_and_length():
    assert "SeasonalNaive" not in default_models(6)
    assert default_models(6)["AutoARIMA"].season_length is None
    assert "AutoReg" not in default_models(6, 12, n_observations=2000)
    assert "AutoReg" in default_models(6, 12, n_observations=2001)
    assert "AutoReg" in default_models(6, 144)
    told = {name: getattr(model, "season_length", 12) for name, model in default_models(6, 12).items()}
    assert set(told.values()) == {12}


@pytest.mark.parametrize(("n_windows", "first"), [(9, 36), (10, 24)])
def test_a_first_window_too_short_to_judge_keeps_the_season_of_the_index(n_windows, first):
    t = np.arange(144)
    y = pd.Series(t + 20 * np.sin(2 * np.pi * t / 12), pd.period_range("2001-01", periods=144, freq="M"))
    result = compare(y, 12, n_windows)
    assert result.folds["n_train"].min() == first
    assert result.season_length == 12
    assert (result.folds["status"] == "ok").all(), result.folds["message"].unique()
    scores = result.scores()["MASE"]
    assert scores["GRU"] < scores["SeasonalNaive"]
