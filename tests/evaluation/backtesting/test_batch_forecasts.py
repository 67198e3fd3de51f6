"""Forecasts from many origins at once are those made one by one."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster
from tsrnn.baselines import Naive, Theta
from tsrnn.deadline import TimeLimitError
from tsrnn.evaluation.backtesting import runner
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.forecasting.combine import Combine

HORIZON = 3


def hours(n=260, seed=0):
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(size=n)
    y = 50 + 0.02 * t + 8 * np.sin(2 * np.pi * t / 24) + noise
    return pd.Series(y, pd.date_range("2024-01-01", periods=n, freq="h", name="ds"), name="y")


def network(**options):
    return RNNForecaster(
        "gru", HORIZON, **{"hidden_size": 4, "max_steps": 8, "lookback": 12, "random_state": 0, **options}
    )


def together_and_one_by_one(model, y, monkeypatch, expected=True, **options):
    """Return the backtests' forecasts both ways, having seen that the first was or was not made at once."""
    options = {"n_windows": 6, "step": 2, "refit": False, "season_length": None} | options
    made = []

    def count(*arguments):
        made.append(forecast_together(*arguments))
        return made[-1]

    forecast_together = runner.forecast_together
    with monkeypatch.context() as patched:
        patched.setattr(runner, "forecast_together", count)
        first = backtest(model, y, HORIZON, **options)
        assert [each is not None for each in made] == [expected] * len(made)
        assert made
        patched.setattr(runner, "forecast_together", lambda *_: None)
        second = backtest(model, y, HORIZON, **options)
    for result in (first, second):
        assert result.folds["status"].tolist() == ["ok"] * len(result.folds), result.folds["message"].unique()
        assert result.folds["predict_seconds"].notna().all()
    return first.forecasts, second.forecasts


OPTIONS = {
    "seasonal": {},
    "log": {"transform": ["log"]},
    "difference": {"transform": ["difference"]},
    "all": {"transform": ["log", "difference", "deseasonalize"], "season_length": 24},
    "raw": {"transform": None, "season_length": None, "normalize": None},
    "series": {"normalize": "series"},
    "robust": {"normalize": "robust", "transform": ["log"]},
    "recursive": {"strategy": "recursive"},
    "seq2seq": {"strategy": "seq2seq"},
    "parallel": {"strategy": "parallel"},
    "members": {"n_members": 2},
    "calendar": {"calendar": "auto"},
    "time step": {"time_step": True},
    "patches": {"patch_size": 4},
}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("gap", [0, 2])
def test_a_series(option, gap, monkeypatch):
    frames = together_and_one_by_one(network(**OPTIONS[option]), hours(), monkeypatch, gap=gap)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


INDEXES = {
    "periods": pd.period_range("2024-01", periods=120, freq="M"),
    "a zone": pd.date_range("2024-03-29", periods=120, freq="h", tz="Europe/Vienna"),
    "numbers": pd.RangeIndex(10, 250, 2),
    "seconds": pd.Index(np.arange(120) / 8000),
    "days at will": pd.DatetimeIndex(np.cumsum(np.arange(120) % 3 + 1).astype("datetime64[D]")),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_any_index(kind, monkeypatch):
    y = pd.Series(hours(120).to_numpy(), INDEXES[kind])
    model = network(season_length=None, time_step=kind == "days at will")
    frames = together_and_one_by_one(model, y, monkeypatch, level=80)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("missing", ["interpolate", "mask"])
@pytest.mark.parametrize("transform", ["auto", ["log", "difference"]])
def test_gaps_in_the_history(missing, transform, monkeypatch):
    y = hours()
    sizes = np.arange(245, 258, 2)  # of the histories that are forecast from
    y.iloc[[20, 21, *(sizes[1] - [1, 0]), sizes[2] - 1, *range(sizes[3] - 2, sizes[4] + 1)]] = np.nan
    model = network(missing=missing, transform=transform)
    frames = together_and_one_by_one(model, y, monkeypatch, step=2)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("options", [{}, {"n_members": 2}, {"loss": "quantile"}, {"loss": "gaussian"}])
def test_intervals(options, monkeypatch):
    frames = together_and_one_by_one(network(**options), hours(), monkeypatch, level=[80, 95])
    assert frames[0][["GRU-lo-95", "GRU-hi-80"]].notna().all(axis=None)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def panel(form):
    series = {
        name: hours(n, seed)[: n - 5] for seed, (name, n) in enumerate({"a": 150, "b": 90, "c": 200}.items())
    }
    series["b"].iloc[:4] = np.nan  # has not begun
    if form == "dict":
        return series
    table = pd.concat(series, names=["unique_id", "ds"])
    return table if form == "levels" else table.reset_index()


@pytest.mark.parametrize("form", ["dict", "long", "levels"])
@pytest.mark.parametrize("level", [None, 80])
def test_a_panel(form, level, monkeypatch):
    model = network(missing="interpolate", embed_series=2)
    frames = together_and_one_by_one(model, panel(form), monkeypatch, level=level)
    assert frames[0]["unique_id"].unique().tolist() == ["a", "b", "c"]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("channels", ["joint", "shared"])
@pytest.mark.parametrize("level", [None, [50, 80]])
def test_channels(channels, level, monkeypatch):
    y = pd.DataFrame({"one": hours(), "two": hours(seed=1), "three": hours(seed=2)})
    frames = together_and_one_by_one(network(channels=channels), y, monkeypatch, level=level)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def covariates(n, seed):
    rng = np.random.default_rng(seed)
    index = pd.date_range("2024-01-01", periods=n, freq="h", name="ds")
    return pd.DataFrame({f"x{seed}": rng.normal(size=n)}, index)


@pytest.mark.parametrize("form", ["series", "dict"])
@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
def test_covariates(form, strategy, monkeypatch):
    y = (
        hours()
        if form == "series"
        else {name: one.dropna() for name, one in panel("dict").items() if name != "b"}
    )
    tables = {"X": covariates(300, 1), "X_past": covariates(300, 2)}
    if form == "dict":
        tables["static"] = pd.DataFrame({"size": [1.0, 2.0]}, ["a", "c"])
    frames = together_and_one_by_one(network(strategy=strategy), y, monkeypatch, gap=1, **tables)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_a_combination(monkeypatch):
    model = Combine([network(), Naive(), Theta()])
    frames = together_and_one_by_one(model, hours(), monkeypatch, level=80)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def with_holes(table):
    table = table.copy()
    table.iloc[[30, 245, 246]] = np.nan
    return table


FALL_BACK = {
    "covariates with gaps": {"X": with_holes(covariates(300, 1))},
    "past covariates with gaps": {"X_past": with_holes(covariates(300, 2))},
}


@pytest.mark.parametrize("case", FALL_BACK)
def test_gaps_in_covariates_are_filled_at_each_origin_for_itself(case, monkeypatch):
    model = network(missing="interpolate")
    frames = together_and_one_by_one(model, hours(), monkeypatch, expected=False, **FALL_BACK[case])
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_a_calendar_that_skips_days_is_continued_at_each_origin_for_itself(monkeypatch):
    days = pd.bdate_range("2024-01-01", periods=140).delete([60, 118, 130])
    y = pd.Series(hours(len(days)).to_numpy(), days)
    frames = together_and_one_by_one(network(calendar="auto"), y, monkeypatch, expected=False)
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_one_that_predicts_in_its_own_way_is_asked_at_each_origin():
    class Own(RNNForecaster):
        def predict(self, horizon=None, X=None, **of):
            return super().predict(horizon, X, **of) * 0 + 7.0

    model = Own("gru", HORIZON, hidden_size=4, max_steps=3)
    result = backtest(model, hours(), HORIZON, n_windows=4, refit=False)
    assert result.forecasts["GRU"].tolist() == [7.0] * 12


def test_one_origin_that_fails_does_not_fail_the_others():
    class Brittle(RNNForecaster):
        def predict_from(self, known, origins, horizon, p=None):
            raise ValueError("not from there")

    model = Brittle("gru", HORIZON, hidden_size=4, max_steps=3, random_state=0)
    usual = RNNForecaster("gru", HORIZON, hidden_size=4, max_steps=3, random_state=0, alias="usual")
    result = backtest([model, usual], hours(), HORIZON, n_windows=4, refit=False)
    assert result.folds["status"].tolist() == ["ok"] * 8
    assert result.folds["message"].tolist() == [""] * 8
    assert result.forecasts["GRU"].tolist() == result.forecasts["usual"].tolist()


def test_each_origin_takes_its_share_of_the_time():
    model = RNNForecaster("gru", HORIZON, hidden_size=4, max_steps=3, random_state=0)
    result = backtest(model, hours(), HORIZON, n_windows=5, refit=2)
    assert result.folds["predict_seconds"].notna().all()
    once = backtest(model, hours(), HORIZON, n_windows=5, refit=False)
    assert once.folds["predict_seconds"][1:].nunique() == 1


def test_where_time_runs_out_for_all_each_has_its_own():
    class Slow(RNNForecaster):
        def predict_from(self, known, origins, horizon, p=None):
            raise TimeLimitError

    model = Slow("gru", HORIZON, hidden_size=4, max_steps=3, random_state=0)
    result = backtest(model, hours(), HORIZON, n_windows=5, refit=False, time_limit=60)
    assert result.folds["status"].tolist() == ["ok"] * 5
    assert result.folds["message"].tolist() == [""] * 5
