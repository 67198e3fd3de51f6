"""How often models are fitted, what they are given, which steps are judged, and what is searched for once."""

from inspect import Parameter, signature

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from helpers.contenders import Capped, Last, Mean, Searching, Y, months
from tsrnn import RNNForecaster
from tsrnn.evaluation.backtesting.backtest import backtest, compare
from tsrnn.metrics import mase
from tsrnn.metrics.significance import diebold_mariano


def means(result, name="Mean"):
    """Forecasts of the first judged step of each origin."""
    return result.forecasts.groupby("cutoff", sort=False)[name].first().tolist()


def test_a_model_is_fitted_at_every_second_origin_and_goes_on_from_there():
    result = backtest([Mean(), Last()], Y, horizon=1, n_windows=5, refit=2)
    assert means(result) == [Y[:7].mean()] * 2 + [Y[:9].mean()] * 2 + [Y[:11].mean()]
    assert means(result, "Last") == Y[6:11].tolist()
    assert result.folds["n_train"].tolist() == [7, 7, 9, 9, 11] * 2
    assert result.folds["fit_seconds"].notna().tolist() == [True, False, True, False, True] * 2
    assert result.folds["predict_seconds"].notna().all()
    assert result.refit == 2
    assert "Each model was fitted anew at one in 2 origins." in result.footnotes


@pytest.mark.parametrize(("refit", "same"), [(1, True), (5, False), (100, False)])
def test_every_origin_is_true_and_more_than_there_are_is_false(refit, same):
    results = [backtest(Mean(), Y, horizon=1, n_windows=5, refit=each) for each in (refit, same)]
    pd.testing.assert_frame_equal(*(each.forecasts for each in results))


def test_a_series_joins_at_the_next_fit():
    panel = {"long": pd.Series(np.arange(30.0)), "short": pd.Series(np.arange(7.0))}
    result = backtest(Mean(), panel, horizon=1, n_windows=6, refit=2, season_length=None)
    short = result.forecasts[result.forecasts["unique_id"] == "short"]
    assert short["cutoff"].tolist() == [2, 3, 4, 5]  # not 1, which is long enough, but between two fits
    assert short["Mean"].tolist() == [1.0, 1.0, 2.0, 2.0]
    assert result.folds["n_series"].tolist() == [1, 1, 2, 2, 2, 2]


def test_a_training_window_slides():
    result = backtest([Mean(), Capped()], Y, horizon=2, n_windows=3, train_size=6)
    assert means(result) == [Y[:6].mean(), Y[2:8].mean(), Y[4:10].mean()]
    assert means(result, "Capped") == [Y[1:6].mean(), Y[3:8].mean(), Y[5:10].mean()]
    assert result.folds["n_train"].tolist() == [6] * 3 + [5] * 3
    assert "All models were given the most recent 6 observations only." in result.footnotes
    assert "Capped: given the most recent 5 observations only." in result.footnotes
    smaller = backtest([Mean(), Capped()], Y, horizon=2, n_windows=3, train_size=4)
    assert means(smaller, "Capped") == means(smaller) == [Y[2:6].mean(), Y[4:8].mean(), Y[6:10].mean()]
    assert not any(note.startswith("Capped") for note in smaller.footnotes)
    growing = backtest(Mean(), Y, horizon=2, n_windows=3, train_size=8)
    assert means(growing) == [Y[:6].mean(), Y[:8].mean(), Y[2:10].mean()]


def test_scores_of_a_short_training_window_have_the_scale_of_the_whole_past():
    whole, slid = (backtest(Last(), Y, horizon=2, n_windows=3, train_size=size) for size in (None, 3))
    assert slid.scores()["MASE"].item() == whole.scores()["MASE"].item()
    assert "in all before each cutoff." in slid.footnotes[0]
    assert "in each training window." in whole.footnotes[0]


class Spy(Last):
    """Writes down the rows it is given."""

    def __init__(self, told, horizon=1, alias=None):
        super().__init__(horizon=horizon, alias=alias)
        self.told = told

    def __sklearn_clone__(self):
        return Spy(self.told, self.horizon, self.alias)

    def fit(self, y, X=None, *, X_past=None):
        self.told.append(("fit", *(list(table.index) for table in (y, X, X_past))))
        return super().fit(y)

    def predict(self, horizon, X=None, *, y=None, X_past=None):
        if y is None:
            self.told.append((horizon, None, list(X.index), None))
        else:
            self.told.append((horizon, *(list(table.index) for table in (y, X, X_past))))
        return super().predict(horizon, y=y)


@pytest.mark.parametrize("form", ["series", "dict"])
def test_what_a_model_is_told_of_covariates_slides_too_and_reaches_over_the_gap(form):
    told: list = []
    X = pd.DataFrame({"x": np.arange(12.0)})
    y, tables = (Y, [X, X]) if form == "series" else ({"a": Y}, [{"a": X}, {"a": X}])
    options = {"n_windows": 2, "step": 3, "train_size": 4, "gap": 1, "season_length": None}
    model = Spy(told)
    backtest(model, y, 2, tables[0], X_past=tables[1], refit=False, **options)
    assert told == [
        ("fit", [2, 3, 4, 5], [2, 3, 4, 5], [2, 3, 4, 5]),
        (3, None, [6, 7, 8], None),
        (3, [5, 6, 7, 8], [5, 6, 7, 8, 9, 10, 11], [5, 6, 7, 8]),
    ]


def test_steps_of_the_gap_are_forecast_but_not_evaluated():
    class Steps(Last):
        def predict(self, horizon, *, y=None, level=None):
            ahead = np.arange(1.0, horizon + 1)
            return pd.DataFrame({"mean": ahead, "lo-80": ahead - 1, "hi-80": ahead + 1})

    y = pd.Series(np.arange(40.0) ** 2 % 17, name="load")
    result = backtest([Steps(), Last()], y, horizon=3, n_windows=4, gap=2, level=80, season_length=4)
    frame = result.forecasts
    assert frame["cutoff"].unique().tolist() == [25, 28, 31, 34]
    assert frame["ds"].tolist() == [*range(28, 31), *range(31, 34), *range(34, 37), *range(37, 40)]
    assert frame["y"].tolist() == y[frame["ds"]].tolist()
    assert frame["Steps"].tolist() == [3.0, 4.0, 5.0] * 4
    assert frame["Steps-lo-80"].tolist() == [2.0, 3.0, 4.0] * 4
    assert frame["Last"].tolist() == y[[25, 28, 31, 34]].repeat(3).tolist()
    assert result.models["Last"].horizon == 5
    assert result.scores("horizon").loc["Last"].index.tolist() == [3, 4, 5]
    expected, naive = [], []
    for cutoff, rows in frame.groupby("cutoff"):
        train = y[: cutoff + 1].to_numpy()
        expected.append(mase(rows["y"], rows["Last"], train, 4))
        naive.append(mase(rows["y"], [train[-2], train[-1], train[-4]], train, 4))
    scores = result.scores().loc["Last"]
    assert scores["MASE"] == pytest.approx(np.mean(expected), rel=1e-12)
    assert scores["vs SeasonalNaive"] == pytest.approx(np.mean(expected) / np.mean(naive), rel=1e-12)
    assert "The first 2 steps after each cutoff were forecast, but not evaluated." in result.footnotes


@pytest.mark.parametrize(("horizon", "gap", "step", "lags"), [(3, 0, 3, 0), (3, 1, 3, 1), (2, 5, 3, 2)])
def test_errors_that_share_steps_of_a_gap_overlap(horizon, gap, step, lags):
    y = months(80)
    result = backtest([Last(), Mean()], y, horizon, n_windows=12, gap=gap, step=step, season_length=None)
    assert result.lags == lags
    errors = (result.forecasts["y"].to_numpy()[:, None] - result.forecasts[["Mean", "Last"]]).abs()
    losses = errors.groupby(np.arange(len(errors)) // horizon).mean()
    expected = diebold_mariano(losses["Mean"], losses["Last"], lags=lags)
    table = result.significance(against="Last")
    assert table["p_value"].item() == pytest.approx(expected.p_value, rel=1e-9)


def test_a_network_is_trained_over_the_gap():
    y = months(80)
    model = RNNForecaster("gru", hidden_size=4, max_steps=10, random_state=0)
    result = backtest(model, y, horizon=2, gap=3)
    expected = clone(model).set_params(horizon=5).fit(y[:-5]).predict()[-2:]
    assert result.forecasts["GRU"].tolist() == expected.tolist()
    assert result.forecasts["ds"].tolist() == expected.index.tolist()


def test_what_is_searched_for_is_searched_once():
    y = pd.Series(np.arange(20.0))
    result = backtest([Searching(), Last()], y, horizon=1, n_windows=4)
    assert means(result, "Searching") == [16.0] * 4  # the length of the first training window
    assert result.settled == ("Searching",)
    assert "Orders and components were searched once, at the first origin: Searching." in result.footnotes
    assert result.models["Searching"].order is None
    anew = backtest([Searching(), Last()], y, horizon=1, n_windows=4, reselect=True)
    assert means(anew, "Searching") == [16.0, 17.0, 18.0, 19.0]
    assert anew.settled == ()
    assert not any("searched" in note for note in anew.footnotes)
    once = backtest(Searching(), y, horizon=1, n_windows=4, refit=False)
    assert once.settled == ()
    now_and_then = backtest(Searching(), y, horizon=1, n_windows=4, refit=2, train_size=10)
    assert means(now_and_then, "Searching") == [10.0] * 4
    assert now_and_then.folds["fit_seconds"].notna().tolist() == [True, False, True, False]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_each_series_settles_for_itself_at_its_own_first_origin(n_jobs):
    panel = {"long": pd.Series(np.arange(30.0)), "short": pd.Series(np.arange(6.0))}
    result = backtest(Searching(), panel, horizon=1, n_windows=6, n_jobs=n_jobs, season_length=None)
    found = result.forecasts.groupby("unique_id", sort=False)["Searching"].agg(list)
    assert found.to_dict() == {"long": [24.0] * 6, "short": [2.0] * 4}


def test_where_the_first_search_fails_each_fit_searches():
    class Late(Searching):
        def fit(self, y):
            if len(y) < 18:
                raise ValueError("too few")
            return super().fit(y)

    result = backtest(Late(), pd.Series(np.arange(20.0)), horizon=1, n_windows=4)
    assert result.folds["status"].tolist() == ["failed", "failed", "ok", "ok"]
    assert means(result, "Late")[2:] == [18.0, 19.0]
    assert result.settled == ()


def test_the_future_never_changes_what_is_settled():
    y = months(60)
    for cutoff in (40, 50):
        changed = y.where(np.arange(60) < cutoff, -100.0)
        frames = [
            backtest(Searching(), each, horizon=5, n_windows=4, step=5).forecasts for each in (y, changed)
        ]
        early = frames[0]["cutoff"] < y.index[cutoff]
        assert early.sum() in (5, 15)
        assert frames[0].loc[early, "Searching"].tolist() == frames[1].loc[early, "Searching"].tolist()


def test_compare_takes_every_option_of_a_backtest():
    options = {"gap": 1, "refit": 2, "train_size": 20, "reselect": True, "step": 2, "level": 80}
    mine = compare(months(60), 3, models=[Last(), Mean()], **options)
    same = backtest([Last(), Mean()], months(60), 3, n_windows=5, **options)
    pd.testing.assert_frame_equal(mine.forecasts, same.forecasts)
    assert (mine.gap, mine.refit, mine.train_size) == (1, 2, 20)
    shown = signature(compare).parameters
    for name, parameter in signature(backtest).parameters.items():
        assert shown[name].annotation == parameter.annotation
        assert name in ("models", "n_windows") or shown[name].default == parameter.default
    assert [p.kind for p in shown.values()].count(Parameter.VAR_KEYWORD) == 0
    with pytest.raises(TypeError, match="unexpected keyword argument 'windows'"):
        compare(months(60), 3, windows=5)
