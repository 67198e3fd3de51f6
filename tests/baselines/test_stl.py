"""STL in front of other forecasters, held to statsmodels' decomposition and put together by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from statsmodels.tsa import seasonal
from statsmodels.tsa.forecasting.stl import STLForecast
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from tsrnn import Combine, backtest, datasets
from tsrnn.baselines import ARIMA, ETS, STL, Drift, Naive, SeasonalNaive, Theta
from tsrnn.deadline import TimeLimitError, time_limit
from tsrnn.forecasting.rnn import RNNForecaster

AIR = datasets.load("airpassengers")


@pytest.mark.parametrize("robust", [False, True])
def test_stl_is_the_forecast_of_the_rest_and_the_last_season(robust):
    model = STL(Drift(), 12, robust, horizon=30).fit(AIR)
    parts = seasonal.STL(AIR.to_numpy(), period=12, robust=robust).fit()
    rest = AIR.to_numpy() - parts.seasonal
    slope = (rest[-1] - rest[0]) / (len(rest) - 1)
    expected = rest[-1] + slope * np.arange(1, 31) + np.resize(parts.seasonal[-12:], 30)
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-10)


def test_stl_of_a_naive_forecast_is_that_of_statsmodels():
    options = {"initialization_method": "known", "initial_level": 112.0}
    fit = {"smoothing_level": 1.0, "optimized": False}
    reference = STLForecast(AIR.to_numpy(), SimpleExpSmoothing, model_kwargs=options, period=12)
    expected = reference.fit(fit_kwargs=fit).forecast(20)
    np.testing.assert_allclose(STL(Naive(), 12, horizon=20).fit(AIR).predict(), expected, rtol=1e-10)


def test_several_seasons_are_taken_out_by_mstl():
    t = np.arange(24 * 40)
    noise = np.random.default_rng(0).normal(size=len(t))
    y = pd.Series(
        50 + 9 * np.sin(2 * np.pi * t / 24) + 5 * np.cos(2 * np.pi * t / 168) + noise,
        pd.date_range("2024", periods=len(t), freq="h"),
    )
    model = STL(Naive(), horizon=200).fit(y)
    assert model.season_length_ == (24, 168)
    day, week = seasonal.MSTL(y.to_numpy(), periods=(24, 168)).fit().seasonal.T
    last = (y.to_numpy() - day - week)[-1]
    expected = last + np.resize(day[-24:], 200) + np.resize(week[-168:], 200)
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-10)
    np.testing.assert_array_equal(STL(Naive(), (24, 168), horizon=200).fit(y).predict(), model.predict())


def test_outliers_do_not_enter_a_robust_season():
    season = np.tile([5.0, -5, 2, -2], 12)
    spoilt = season.copy()
    spoilt[[13, 26]] += 60
    errors = [
        np.abs(STL(Naive(), 4, r, horizon=4).fit(spoilt).predict() - season[:4]).max() for r in (True, False)
    ]
    assert errors[0] < 0.1 < errors[1]


def test_without_a_season_stl_is_its_forecaster():
    nile = datasets.load("nile")
    model = STL(Theta(), horizon=5).fit(nile)
    assert model.season_length_ == 1
    pd.testing.assert_series_equal(model.predict(), Theta(None, 5).fit(nile).predict())


def test_the_forecaster_gets_a_series_without_season_and_knows_of_none():
    model = STL(ETS(season_length=12), horizon=3).fit(AIR)
    assert (model.forecaster_.season_length, model.forecaster_.horizon) == (None, 3)
    assert model.forecaster_.season_length_ == 1
    assert model.season_length_ == 12
    assert isinstance(STL().fit(AIR).forecaster_, ETS)


def test_parameters_of_the_forecaster_are_reached_through_it():
    model = STL(Theta())
    assert model.get_params()["forecaster__theta"] == 2.0
    model.set_params(forecaster__theta=3.0, robust=True)
    copied = clone(model)
    assert (copied.forecaster.theta, copied.robust) == (3.0, True)
    assert copied.forecaster is not model.forecaster
    inner = ETS()
    STL(inner, horizon=7).fit(AIR)
    assert (inner.horizon, hasattr(inner, "params_")) == (1, False)


def test_labels_say_what_comes_after_stl():
    assert STL().label == "STL+ETS"
    assert STL(Theta(alias="mine")).label == "STL+mine"
    assert STL(RNNForecaster("gru"), alias="both").label == "both"
    assert STL(RNNForecaster("lstm")).label == "STL+LSTM"
    assert (STL(RNNForecaster()).is_baseline, STL(Naive()).is_baseline) == (False, True)


def test_a_network_after_stl_keeps_its_seed_its_scope_and_its_covariates():
    settings = {"hidden_size": 4, "max_steps": 5, "lookback": 12}
    make = lambda seed: STL(RNNForecaster("rnn", random_state=seed, **settings), 12, horizon=3)  # noqa: E731
    one, same, other = (make(seed).fit(AIR).predict() for seed in (0, 0, 1))
    pd.testing.assert_series_equal(one, same)
    assert not np.array_equal(one, other)
    panel = {"a": AIR, "b": AIR * 3}
    model = make(0).fit(panel)
    assert (model.scope, STL().scope) == ("global", "local")
    assert model.forecaster_.thetas_.shape[0] == 1
    assert model.season_length_ == {"a": (12), "b": 12}
    forecast = model.predict(y={"a": AIR, "new": AIR[:60]})
    assert list(forecast) == ["a", "new"]
    X = pd.DataFrame({"x": np.arange(147.0)}, pd.date_range("1949-01", periods=147, freq="MS"))
    assert model.uses_covariates
    assert len(make(0).fit(AIR, X[:144]).predict(X=X[144:])) == 3


def test_channels_have_seasons_of_their_own():
    nothing = np.random.default_rng(0).normal(size=len(AIR))
    table = pd.DataFrame({"air": AIR, "noise": nothing}, AIR.index)
    model = STL(Naive(), horizon=12).fit(table)
    assert model.season_length_ == {"air": 12, "noise": 1}
    alone = STL(Naive(), horizon=12).fit(AIR).predict()
    np.testing.assert_allclose(model.predict()["air"], alone, rtol=1e-12)
    assert (model.predict()["noise"] == nothing[-1]).all()


def test_new_history_is_decomposed_anew():
    model = STL(Naive(), 12, horizon=12).fit(AIR[:100])
    expected = STL(Naive(), 12, horizon=12).fit(AIR).predict()
    np.testing.assert_allclose(model.predict(y=AIR), expected, rtol=1e-12)


def test_settled_fixes_season_and_components():
    model = STL(horizon=4).fit(AIR)
    settled = model.settled()
    assert settled.season_length == 12
    assert settled.forecaster.error == model.forecaster_.error_
    pd.testing.assert_series_equal(settled.fit(AIR).predict(), model.predict())
    assert STL(Naive()).fit(datasets.load("nile")).settled().season_length is None


def test_time_limits_pass_through():
    with time_limit(0), pytest.raises(TimeLimitError):
        STL(ARIMA()).fit(AIR)
    with time_limit(0), pytest.raises(TimeLimitError):
        STL(Naive()).fit(AIR)


def test_stl_takes_part_in_backtests_and_combinations():
    models = [STL(Naive()), SeasonalNaive()]
    scores = backtest(models, AIR, horizon=12, n_windows=3).scores()
    assert set(scores.index) >= {"STL+Naive", "SeasonalNaive"}
    both = Combine(models, horizon=2).fit(AIR)
    expected = (STL(Naive(), horizon=2).fit(AIR).predict() + SeasonalNaive(horizon=2).fit(AIR).predict()) / 2
    np.testing.assert_allclose(both.predict(), expected, rtol=1e-12)


def test_intervals_cover_what_the_whole_model_misses():
    bounds = STL(Theta(), 12, horizon=3).fit(AIR).predict(level=80)
    assert ((bounds["lo-80"] < bounds["mean"]) & (bounds["mean"] < bounds["hi-80"])).all()


@pytest.mark.parametrize(
    ("model", "y", "error", "text"),
    [
        (STL(3), AIR, TypeError, "`forecaster` must be a forecaster, recurrent or classical; got 3"),
        (STL(robust="yes"), AIR, ValueError, "`robust` must be one of True, False; got 'yes'"),
        (
            STL(Naive(), 12),
            AIR[:23],
            ValueError,
            "`y` has 23 observations; STL with season_length=12 needs at least 24. Supply more data.",
        ),
    ],
)
def test_refusals_say_what_is_needed(model, y, error, text):
    with pytest.raises(error, match=f"^{text}"):
        model.fit(y)
    assert not hasattr(model, "forecaster_")
