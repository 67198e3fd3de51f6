"""Backtests of many series: where each is cut, what models see, and how errors are averaged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import BaseEstimator

from helpers.contenders import Broken, Last, Mean, months
from tsrnn.baselines import Naive, SeasonalNaive
from tsrnn.evaluation.backtesting.backtest import backtest, compare, default_models
from tsrnn.metrics import coverage, mase, msis, rmse, smape

LENGTHS = {"a": 30, "b": 26, "c": 9}
HORIZON = 3


def make_panel(lengths=None, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: pd.Series(
            rng.normal(size=n).cumsum(), pd.date_range(f"2024-01-{day:02d}", periods=n, name="ds"), name=name
        )
        for day, (name, n) in enumerate((lengths or LENGTHS).items(), 1)
    }


def to_long(panel, columns=("unique_id", "ds", "y")):
    frames = [
        pd.DataFrame(dict(zip(columns, (i, y.index, y.to_numpy()), strict=True))) for i, y in panel.items()
    ]
    return pd.concat(frames, ignore_index=True)


def to_levels(panel):
    return pd.concat(panel, names=["unique_id", "ds"]).rename("y")


FORMS = {"dict": dict, "long": to_long, "levels": to_levels}


def sums(table):
    """The sum of everything numeric in a table, whatever its form."""
    if table is None:
        return 0.0
    if isinstance(table, dict):
        return sum(sums(part) for part in table.values())
    table = table.to_frame() if isinstance(table, pd.Series) else table
    return float(np.nansum(table.select_dtypes("number").to_numpy()))


class Pool(BaseEstimator):
    """One model of all series: forecasts each series' last value, plus what it sees anywhere."""

    scope = "global"

    def __init__(self, leak=1.0, horizon=1, alias=None):
        self.leak = leak
        self.horizon = horizon
        self.alias = alias

    def fit(self, y, X=None, *, X_past=None, static=None):
        self.y_, self.seen_ = y, sums(y) + 3 * sums(X) + 5 * sums(X_past) + 7 * sums(static)
        return self

    def predict(self, horizon, X=None, *, X_past=None, y=None, static=None, level=None):
        seen = self.seen_ + 11 * sums(X) + 13 * sums(X_past)
        y = self.y_ if y is None else y
        names = ["mean", *(f"{end}-{percent:g}" for percent in level or () for end in ("lo", "hi"))]
        widths = [0.0, *(sign * percent / 10 for percent in level or () for sign in (-1, 1))]

        def one(series):
            mean = np.full(horizon, series.iloc[-1] + self.leak * seen)
            return pd.DataFrame({name: mean + width for name, width in zip(names, widths, strict=True)})

        if isinstance(y, dict):
            return {name: one(series) if level else one(series)["mean"] for name, series in y.items()}
        if isinstance(y, pd.Series) and y.index.nlevels == 2:
            frame = pd.concat({name: one(part) for name, part in y.groupby(level=0, sort=False)})
            return frame if level else frame["mean"]
        if isinstance(y, pd.Series):
            return one(y)["mean"]
        if "unique_id" not in y:
            return (
                pd.concat({name: one(y[name]) for name in y}, axis=1)
                if level
                else pd.DataFrame({name: one(y[name])["mean"] for name in y})
            )
        frame = pd.concat({name: one(part["y"]) for name, part in y.groupby("unique_id", sort=False)})
        frame.columns = [name.replace("mean", "Pool") if name == "mean" else f"Pool-{name}" for name in names]
        return frame.rename_axis(["unique_id", "ds"]).reset_index()


@pytest.mark.parametrize("form", FORMS)
def test_each_series_is_cut_from_its_own_end(form):
    panel = make_panel()
    result = backtest([Pool(leak=0.0), Last()], FORMS[form](panel), HORIZON, n_windows=2, season_length=None)
    frame = result.forecasts
    assert list(frame.columns) == ["unique_id", "ds", "cutoff", "y", "Pool", "Last"]
    assert frame["unique_id"].tolist() == np.repeat(["a", "b", "c"], 6).tolist()
    for name, y in panel.items():
        rows = frame[frame["unique_id"] == name]
        assert rows["ds"].tolist() == y.index[-6:].tolist()
        assert rows["y"].tolist() == y.iloc[-6:].tolist()
        assert rows["cutoff"].tolist() == [y.index[-7]] * 3 + [y.index[-4]] * 3
        expected = [y.iloc[-7]] * 3 + [y.iloc[-4]] * 3
        assert rows["Pool"].tolist() == rows["Last"].tolist() == expected
    assert result.folds["n_train"].tolist() == [24 + 20 + 3, 27 + 23 + 6] * 2
    assert result.folds["n_series"].tolist() == [3] * 4
    assert result.folds["status"].tolist() == ["ok"] * 4


def test_columns_of_a_long_table_may_have_other_names():
    names = ("shop", "day", "sales")
    seen = []

    class Told(Pool):
        def fit(self, y, *, columns):
            seen.append((list(y), columns))
            return super().fit(y)

        def predict(self, horizon):
            frame = self.y_.groupby("shop", sort=False).tail(1)
            return frame.loc[frame.index.repeat(horizon)].rename(columns={"sales": "any"})

    panel = make_panel()
    result = backtest(Told(alias="told"), to_long(panel, names), HORIZON, columns=names, season_length=None)
    assert seen == [(list(names), names)]
    assert result.forecasts["Told"].tolist() == np.repeat([y.iloc[-4] for y in panel.values()], 3).tolist()


def test_series_too_short_for_an_origin_take_part_in_those_they_can():
    panel = make_panel({"long": 40, "short": 9, "tiny": 5, "stub": 4})
    result = backtest([Pool(leak=0.0), Last()], panel, HORIZON, n_windows=3, season_length=None)
    origins = result.forecasts.groupby("unique_id", sort=False)["cutoff"].nunique()
    assert origins.to_dict() == {"long": 3, "short": 2, "tiny": 1}
    assert result.folds["n_series"].tolist() == [1, 2, 3] * 2
    assert (
        "2 of 4 series are too short for every origin, and are evaluated at later ones." in result.footnotes
    )
    assert "1 of 4 series are too short for any origin, and are left out." in result.footnotes
    assert result.scores(by="series").loc["Last"].index.tolist() == ["long", "short", "tiny"]
    once = backtest(Last(), panel, HORIZON, n_windows=3, season_length=None, refit=False)
    assert once.forecasts["unique_id"].unique().tolist() == ["long"]
    with pytest.raises(ValueError, match="The longest of 4 series in `y` has 40 observations; n_windows=20"):
        backtest(Last(), panel, HORIZON, n_windows=20)


def test_a_series_must_be_longer_than_the_season():
    panel = make_panel({"long": 40, "short": 9})
    result = backtest(Last(), panel, HORIZON, season_length=6)
    assert result.forecasts["unique_id"].unique().tolist() == ["long"]
    assert result.scores().loc["Last", "MASE"] > 0


@pytest.mark.parametrize("form", FORMS)
def test_a_model_limited_to_recent_observations_gets_them_of_each_series(form):
    class Counter(Pool):
        max_history = 7

        def fit(self, y):
            self.n_ = (
                [len(part) for part in y.values()]
                if isinstance(y, dict)
                else y.groupby("unique_id", sort=False).size().tolist()
            )
            counts.append(self.n_)
            return super().fit(y)

    counts = []
    backtest(Counter(leak=0.0), FORMS[form](make_panel()), HORIZON, season_length=None)
    assert counts == [[7, 7, 6]]


def covariates(form, panel, seed=1):
    """Covariates of a panel that go on after its end, in a form."""
    rng = np.random.default_rng(seed)
    if form == "shared":
        times = pd.date_range("2024-01-01", periods=60)
        return pd.DataFrame(rng.normal(size=(60, 2)), times, columns=["p", "q"])
    tables = {}
    for name, y in panel.items():
        times = pd.date_range(y.index[0], periods=len(y) + 10, name="ds")
        tables[name] = pd.DataFrame(rng.normal(size=(len(times), 2)), times, columns=["p", "q"])
    if form == "dict":
        return tables
    table = pd.concat(tables, names=["unique_id", "ds"])
    return table if form == "levels" else table.reset_index()


def change_after(table, form, ends, by):
    """The table with every number after its series' end changed."""
    if form == "dict":
        return {name: change_after(part, "shared", ends[name], by) for name, part in table.items()}
    table = table.copy()
    if form == "shared":
        late = table.index > ends
    else:
        names = table["unique_id"] if form == "long" else table.index.get_level_values(0)
        times = table["ds"] if form == "long" else table.index.get_level_values(1)
        late = np.asarray(times) > np.array([ends[name] for name in names], dtype="datetime64[ns]")
    if isinstance(table, pd.Series):
        return table.where(~late, table + by)
    numbers = table.select_dtypes("number").columns
    table.loc[late, numbers] += by
    return table


@given(
    form=st.sampled_from(["dict", "long", "levels"]),
    shared=st.booleans(),
    refit=st.booleans(),
    window=st.integers(0, 2),
    step=st.integers(1, 4),
    by=st.floats(1.0, 1e6),
)
@settings(max_examples=30)
def test_the_future_never_changes_a_forecast(form, shared, refit, window, step, by):
    panel = make_panel({"a": 30, "b": 26, "c": 14})
    y, kind = FORMS[form](panel), "shared" if shared else form
    tables = {"X": covariates(kind, panel), "X_past": covariates(kind, panel, 2)}
    settings = {"n_windows": 3, "step": step, "refit": refit, "season_length": None, "level": 80}
    models = [Pool(), Last()]
    before = backtest(models, y, HORIZON, **tables, **settings)
    sizes = {name: len(s) - HORIZON - (2 - window) * step for name, s in panel.items()}
    ends = {name: s.index[sizes[name] - 1] for name, s in panel.items()}
    known = {name: s.index[sizes[name] + HORIZON - 1] for name, s in panel.items()}
    latest = [max(times.values()) if shared else times for times in (ends, known)]
    tables = {
        "X": change_after(tables["X"], kind, latest[1], by),
        "X_past": change_after(tables["X_past"], kind, latest[0], by),
    }
    after = backtest(models, change_after(y, form, ends, by), HORIZON, **tables, **settings)
    early = before.forecasts["cutoff"] <= before.forecasts["unique_id"].map(ends)
    assert early.sum() == (window + 1) * 3 * HORIZON
    columns = ["Pool", "Pool-lo-80", "Pool-hi-80", "Last"]
    pd.testing.assert_frame_equal(before.forecasts.loc[early, columns], after.forecasts.loc[early, columns])
    assert before.folds["status"].tolist() == ["ok"] * 6


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("refit", [True, False])
def test_covariates_are_cut_with_each_series(form, refit):
    panel = make_panel()
    X, past = covariates(form, panel), covariates(form, panel, 2)
    static = pd.DataFrame({"size": [100.0, 10.0, 1.0, 5.0]}, ["a", "b", "c", "z"])
    settings = {"n_windows": 2, "season_length": None, "refit": refit}
    result = backtest(Pool(), FORMS[form](panel), HORIZON, X, X_past=past, static=static, **settings)
    tables = [covariates("dict", panel), covariates("dict", panel, 2)]
    for window in (0, 1):
        sizes = {name: len(y) - HORIZON * (2 - window) for name, y in panel.items()}
        fitted = sizes if refit else {name: len(y) - HORIZON * 2 for name, y in panel.items()}

        def total(table, start, stop):
            return sum(
                table[name].iloc[start[name] if start else 0 : stop[name]].to_numpy().sum() for name in panel
            )

        ends = {name: size + HORIZON for name, size in sizes.items()}
        seen = (
            total(panel, None, fitted)
            + 3 * total(tables[0], None, fitted)
            + 5 * total(tables[1], None, fitted)
        )
        again = window == 1 and not refit
        seen += 7 * 116 + 11 * total(tables[0], None if again else sizes, ends)
        seen += 13 * total(tables[1], None, sizes) * again
        for name, y in panel.items():
            rows = result.forecasts[result.forecasts["unique_id"] == name].iloc[3 * window : 3 * window + 3]
            np.testing.assert_allclose(rows["Pool"], y.iloc[sizes[name] - 1] + seen, rtol=1e-12)


@pytest.mark.parametrize("form", [*FORMS, "shared"])
def test_a_model_of_one_series_gets_its_own_covariates(form):
    class Regressor(Last):
        def fit(self, y, X):
            assert X.index.equals(y.index)
            return super().fit(y)

        def predict(self, horizon, X, *, y=None):
            return X["p"].to_numpy()

    panel = make_panel()
    X = covariates(form, panel)
    y = FORMS["long" if form == "shared" else form](panel)
    result = backtest([Regressor(), Last(alias="plain")], y, HORIZON, X, season_length=None)
    expected = {
        name: (X.loc[s.index, "p"] if form == "shared" else covariates("dict", panel)[name]["p"])
        for name, s in panel.items()
    }
    for name, s in panel.items():
        rows = result.forecasts[result.forecasts["unique_id"] == name]
        assert rows["Regressor"].tolist() == expected[name].loc[s.index[-3:]].tolist()
    assert "plain: forecast without `X`." in result.footnotes


def test_covariates_of_a_single_series():
    y = months(30)
    X = pd.DataFrame({"p": np.arange(40.0)}, pd.date_range("2015-01-31", periods=40, freq="ME"))
    result = backtest(Pool(), y, HORIZON, X, n_windows=2, season_length=None)
    seen = [
        y.iloc[:n].sum() + 3 * X["p"].iloc[:n].sum() + 11 * X["p"].iloc[n : n + 3].sum() for n in (24, 27)
    ]
    np.testing.assert_allclose(
        result.forecasts["Pool"], np.repeat(np.add(seen, y.iloc[[23, 26]].to_numpy()), 3)
    )
    array = backtest(Pool(), y, HORIZON, X["p"].to_numpy()[:30, None], n_windows=2, season_length=None)
    pd.testing.assert_frame_equal(array.forecasts, result.forecasts)
    with pytest.raises(ValueError, match=r"`X` is an array of shape \(40, 1\); one row for each of the 30"):
        backtest(Pool(), y, HORIZON, X.to_numpy())


def test_columns_of_a_table_are_judged_as_series():
    y = pd.DataFrame({"sine": months(40), "noise": months(40, seed=1)})

    class Both(Last):
        scope = "global"

        def predict(self, horizon, *, y=None, level=None):
            last = self.trained_on_.iloc[-1]
            names = pd.MultiIndex.from_product([last.index, ["mean", "lo-80", "hi-80"]])
            table = np.repeat(last.to_numpy(), 3) + np.tile([0.0, -1.0, 2.0], 2)
            return pd.DataFrame(np.tile(table, (horizon, 1)), columns=names)

    result = backtest([Both(), Last()], y, 4, n_windows=2, level=80)
    assert result.forecasts["unique_id"].tolist() == ["sine"] * 8 + ["noise"] * 8
    pd.testing.assert_series_equal(result.forecasts["Both"], result.forecasts["Last"], check_names=False)
    assert (result.forecasts["Both-hi-80"] - result.forecasts["Both"]).round(9).unique().tolist() == [2.0]
    assert result.forecasts["Last-lo-80"].isna().all()
    assert "Last gave no intervals." in result.footnotes
    assert result.scores(by="origin").loc["Last"].index.tolist() == [y.index[31], y.index[35]]
    each = [backtest(Last(), y[name], 4, n_windows=2).scores()["MASE"].item() for name in y]
    assert result.scores(by="series").loc["Last", "MASE"].tolist() == pytest.approx(each, rel=1e-14)


def naive_scores(result, name, season):
    """Every score of a model, one forecast at a time."""
    rows = []
    for (series, cutoff), fold in result.forecasts.groupby(["unique_id", "cutoff"], sort=False):
        train = result.history[series].loc[:cutoff].to_numpy()
        y, f, low, high = (fold[c].to_numpy() for c in ("y", name, f"{name}-lo-80", f"{name}-hi-80"))
        scores = {
            "MASE": mase(y, f, train, season),
            "sMAPE": smape(y, f),
            "RMSE": rmse(y, f),
            "coverage-80": coverage(y, low, high),
            "MSIS-80": msis(y, low, high, 80, train, season),
            "naive": mase(y, np.resize(train[-season:], len(y)), train, season),
        }
        rows.append({"unique_id": series, "cutoff": cutoff, **scores})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("season", [1, 4])
def test_scores_are_those_of_each_forecast_averaged_within_series_first(season):
    panel = make_panel({"a": 40, "b": 26, "c": 12, "d": 31})
    panel["a"].iloc[[3, 38]] = np.nan
    settings = {"n_windows": 3, "season_length": season, "level": 80}
    result = backtest([Pool(leak=0.01), Last()], to_long(panel), HORIZON, **settings)
    table = naive_scores(result, "Pool", season)
    within = table.drop(columns="cutoff").groupby("unique_id", sort=False).mean()
    columns = ["MASE", "sMAPE", "RMSE", "coverage-80", "MSIS-80"]
    assert table.groupby("unique_id").size().to_dict() == {
        "a": 3,
        "b": 3,
        "c": 3 if season == 1 else 2,
        "d": 3,
    }
    np.testing.assert_allclose(result.scores(by="series").loc["Pool", columns], within[columns], rtol=1e-12)
    overall = result.scores().loc["Pool"]
    np.testing.assert_allclose(overall[columns].astype(float), within[columns].mean(), rtol=1e-12)
    relative = within["MASE"].mean() / within["naive"].mean()
    assert overall["vs SeasonalNaive"] == pytest.approx(relative, rel=1e-12)
    table["origin"] = 3 - table.groupby("unique_id").cumcount(ascending=False)
    origins = table.groupby("origin")[columns].mean()
    np.testing.assert_allclose(result.scores(by="origin").loc["Pool", columns], origins, rtol=1e-12)


def test_scores_by_horizon_average_each_step():
    panel = make_panel()
    result = backtest(Last(), panel, HORIZON, n_windows=2, season_length=None)
    frame = result.forecasts.assign(step=np.tile([1, 2, 3], 6))
    frame["error"] = (frame["y"] - frame["Last"]).abs()
    squares = (frame["error"] ** 2).groupby([frame["unique_id"], frame["step"]]).mean() ** 0.5
    table = result.scores(by="horizon").loc["Last"]
    assert table.index.tolist() == [1, 2, 3]
    np.testing.assert_allclose(table["RMSE"], squares.groupby("step").mean(), rtol=1e-12)
    scales = [
        np.abs(np.diff(panel[name].loc[:cutoff])).mean()
        for name, cutoff in zip(frame["unique_id"], frame["cutoff"], strict=True)
    ]
    scaled = (frame["error"] / scales).groupby([frame["unique_id"], frame["step"]]).mean()
    np.testing.assert_allclose(table["MASE"], scaled.groupby("step").mean(), rtol=1e-12)


def test_one_series_scores_alike_alone_and_in_a_panel():
    y = months(60)
    alone = backtest([Last(), Mean()], y, 6, n_windows=3).scores()
    panel = backtest([Last(), Mean()], {"sales": y}, 6, n_windows=3).scores()
    accuracy = ["MASE", "sMAPE", "RMSE", "vs SeasonalNaive", "failed", "history"]
    pd.testing.assert_frame_equal(alone[accuracy], panel[accuracy])


def test_a_series_that_never_changes_does_not_make_every_mean_infinite():
    panel = {**make_panel(), "flat": pd.Series(np.zeros(20), pd.date_range("2024-01-01", periods=20))}
    result = backtest(Last(shift=1.0), panel, HORIZON, season_length=None)
    assert np.isfinite(result.scores().loc["Last", "MASE"])
    assert np.isnan(result.scores(by="series").loc[("Last", "flat"), "MASE"])
    assert "1 of 4 forecasts have no MASE: nothing had changed from season to season." in result.footnotes


def test_failures_of_single_series_are_counted():
    panel = make_panel({"a": 13, "b": 14, "c": 15, "d": 30})
    result = backtest([Broken(), Last()], panel, HORIZON, season_length=None)
    fold = result.folds.iloc[0]
    assert (fold["status"], fold["n_failed"], fold["n_series"]) == ("partly failed", 3, 4)
    assert fold["message"] == "ValueError: no convergence (3 of 4 series)"
    assert result.scores()["failed"].to_dict() == {"Broken": 3, "Last": 0}
    assert "Broken failed at 3 of 4 forecasts: ValueError: no convergence (3 of 4 series)" in result.footnotes
    scored = result.scores(by="series")["MASE"]
    assert scored["Broken"].notna().tolist() == [True, False, False, False]
    assert result.scores().loc["Broken", "MASE"] == pytest.approx(scored["Last", "a"], rel=1e-14)


def test_a_global_model_may_fail_on_some_series():
    class Half(Pool):
        def predict(self, horizon, *, y=None):
            answer = super().predict(horizon, y=y)
            del answer["a"]
            answer["b"].iloc[1] = np.inf
            return answer

    result = backtest(Half(leak=0.0, alias="half"), make_panel(), HORIZON, season_length=None)
    fold = result.folds.iloc[0]
    assert (fold["status"], fold["n_failed"]) == ("partly failed", 2)
    assert fold["message"] == "ValueError: the forecasts of 2 of 3 series are incomplete or not finite"
    assert result.forecasts["Half"].isna().tolist() == [True] * 6 + [False] * 3


def test_results_do_not_depend_on_the_number_of_threads():
    models = [Last(), Broken(), Pool(alias="pool")]
    runs = [backtest(models, to_long(make_panel()), HORIZON, n_windows=2, n_jobs=n) for n in (None, 3)]
    pd.testing.assert_frame_equal(runs[0].forecasts, runs[1].forecasts)
    columns = ["model", "cutoff", "status", "message", "n_train", "n_series", "n_failed"]
    pd.testing.assert_frame_equal(runs[0].folds[columns], runs[1].folds[columns])


def test_many_series_are_tested_over_series():
    panel = make_panel({f"s{i}": 20 + i for i in range(25)})
    models = [Last(), Mean(alias="mean"), Last(shift=1.0, alias="off")]
    result = backtest(models, panel, HORIZON, n_windows=2, season_length=None)
    table = result.significance(against="Last")
    scaled = result.scores(by="series")["MASE"]
    for name in ("mean", "off"):
        expected = stats.wilcoxon(scaled[name], scaled["Last"], zero_method="pratt", method="approx")
        assert table.loc[name, "p_value"] == pytest.approx(expected.pvalue, rel=1e-12)
        assert abs(table.loc[name, "statistic"]) == pytest.approx(abs(expected.zstatistic), rel=1e-12)
        difference = (scaled[name] - scaled["Last"]).mean()
        assert table.loc[name, "difference"] == pytest.approx(difference, rel=1e-12)
    assert table["n_series"].tolist() == [25, 25]
    assert any("Wilcoxon" in note and "25 series to be independent" in note for note in result.footnotes)


def test_few_series_are_tested_over_origins():
    panel = make_panel({"a": 50, "b": 52})
    result = backtest([Last(), Mean(alias="mean")], panel, 2, n_windows=12, season_length=None)
    table = result.significance(against="Last")
    assert table["n_origins"].tolist() == [12]
    by_origin = result.scores(by="origin")["MASE"]
    d = (by_origin["mean"] - by_origin["Last"]).to_numpy()
    assert table["p_value"].item() == pytest.approx(stats.ttest_1samp(d, 0.0).pvalue, rel=1e-9)
    fewer = backtest([Last(), Mean(alias="mean")], panel, 2, n_windows=3, season_length=None)
    note = "No p-value: 3 origins of 2 series; the Diebold-Mariano test needs at least 10, or 10 series."
    assert note in fewer.footnotes


def test_without_a_season_a_footnote_says_what_errors_are_relative_to():
    note = 'There is no season: "vs SeasonalNaive" is relative to Naive.'
    assert note in backtest(Last(), months(60), 3, season_length=None).footnotes
    assert note not in backtest(Last(), months(60), 3).footnotes


def test_the_season_of_many_series_is_their_indexs_unless_none_is_long_enough():
    rng = np.random.default_rng(0)
    noise = {f"n{i}": pd.Series(rng.normal(size=60), months(60).index) for i in range(4)}
    assert backtest(Last(), noise, 6).season_length == 12
    short = {name: y[:16] for name, y in noise.items()}
    assert backtest(Last(), short, 3).season_length == 12
    assert backtest(Last(), short, 4).season_length == 1
    assert {
        model.season_length for model in (default_models(6, 12, own_season=True)[n] for n in ("GRU", "ETS"))
    } == {"auto"}


def test_messages_of_many_series_are_counted_and_only_the_most_common_listed():
    class Verbose(Last):
        def fit(self, y):
            raise ValueError("no convergence" if len(y) % 5 else f"{len(y)} observations are too many")

    panel = make_panel({f"s{i}": 30 + i for i in range(20)})
    result = backtest([Verbose(), Last()], panel, HORIZON, season_length=None)
    expected = (
        "ValueError: no convergence (16 of 20 series); "
        "ValueError: 30 observations are too many (1 of 20 series); and 3 further messages"
    )
    assert result.folds["message"].iloc[0] == expected


def test_levels_are_checked():
    with pytest.raises(ValueError, match="`level` must be a number in"):
        backtest(Last(), months(30), 3, level=[80, 100])


def test_a_faulty_series_is_named():
    panel = {"fine": months(30), "faulty": months(30)[::-1]}
    with pytest.raises(ValueError, match=r"in series 'faulty'"):
        backtest(Last(), panel, 3)


def test_compare_of_many_series_leaves_out_what_would_take_too_long():
    assert "AutoARIMA" in default_models(6, 12, n_series=100)
    assert "AutoARIMA" not in default_models(6, 12, n_series=101)


def test_baselines_of_the_library_forecast_each_series():
    panel = {f"s{i}": months(48 + i, seed=i) for i in range(3)}
    result = compare(to_long(panel), 6, 2, [Naive(), SeasonalNaive()])
    assert result.season_length == 12
    assert result.scores().loc["SeasonalNaive", "vs SeasonalNaive"] == pytest.approx(1.0, rel=1e-14)
    for name, y in panel.items():
        rows = result.forecasts[result.forecasts["unique_id"] == name]
        assert rows["SeasonalNaive"].tolist() == [*y.iloc[-24:-18], *y.iloc[-18:-12]]


def test_series_may_be_called_by_tuples():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=40)
    y = {("u", 1): pd.Series(rng.normal(size=40), index), ("t", 1): pd.Series(rng.normal(size=40), index)}
    plain = backtest(Naive(3), {"u": y["u", 1], "t": y["t", 1]}, 3, n_windows=2)
    result = backtest(Naive(3), y, 3, n_windows=2)
    assert (result.folds["status"] == "ok").all()
    np.testing.assert_array_equal(result.forecasts["Naive"], plain.forecasts["Naive"])
