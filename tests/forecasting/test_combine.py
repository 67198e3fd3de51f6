"""Several forecasters as one: what is combined, what is passed on, what happens when one fails."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsrnn.baselines import ETS, Drift, Naive, SeasonalNaive
from tsrnn.deadline import TimeLimitError, time_limit
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.combine import WEIGHTS, Combine
from tsrnn.forecasting.rnn import RNNForecaster

Y = pd.Series(
    [3.0, 5, 6, 8, 11, 12, 14, 13, 16, 20, 19, 22], pd.date_range("2020", periods=12, freq="MS"), name="sales"
)


class Last(BaseForecaster):
    """The last value, plus a constant."""

    def __init__(self, shift=0.0, horizon=1, missing="error", alias=None):
        self.shift, self.horizon, self.missing, self.alias = shift, horizon, missing, alias

    def _fit(self, observed):
        return {"trained_on_": observed.values}

    def _predict(self, values, horizon):
        return np.full(horizon, values[-1] + self.shift)


class Mean(Last):
    def _predict(self, values, horizon):
        return np.full(horizon, self.trained_on_.mean())


class Broken(Last):
    def _fit(self, observed):
        raise ValueError("no convergence")


def network(**options):
    return RNNForecaster("gru", 3, **{"hidden_size": 4, "max_steps": 10, "random_state": 0, **options})


def three():
    return [Naive(), Drift(), SeasonalNaive(3)]


def apart(horizon=3, y=Y):
    return np.stack([model.set_params(horizon=horizon).fit(y).predict() for model in three()])


@pytest.mark.parametrize(("weights", "average"), [("mean", np.mean), ("median", np.median)])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_it_forecasts_the_mean_or_the_median_of_what_they_forecast_apart(weights, average, n_jobs):
    forecast = Combine(three(), weights, horizon=3, n_jobs=n_jobs).fit(Y).predict()
    np.testing.assert_allclose(forecast, average(apart(), axis=0), rtol=1e-14)
    assert (forecast.index[0], forecast.name) == (pd.Timestamp("2021-01-01"), "sales")


def test_weights_are_in_inverse_proportion_to_errors_on_the_end_of_the_series():
    y = pd.Series(np.arange(40.0) + 5)  # naive forecasts miss by 1 and 2, those shifted by 1 by 0 and 1
    models = [Last(alias="last"), Last(1.0, alias="shifted")]
    model = Combine(models, "inverse_error", horizon=2).fit(y)
    misses = {"last": 10 * 1 + 9 * 2, "shifted": 9 * 1}  # from 10 origins, the last for one step alone
    assert model.weights_["shifted"] / model.weights_["last"] == pytest.approx(
        misses["last"] / misses["shifted"]
    )
    assert sum(model.weights_.values()) == pytest.approx(1.0)
    assert all((fitted.trained_on_ == y).all() for fitted in model.forecasters_.values())


def test_what_never_errs_has_all_the_weight():
    y = pd.Series(np.tile([1.0, 5, 2], 10))
    model = Combine(three(), "inverse_error", horizon=3).fit(y)
    assert model.weights_["SeasonalNaive"] == 1.0
    np.testing.assert_array_equal(model.predict(), [1, 5, 2])


def test_the_forecasters_given_are_left_alone_and_horizon_and_missing_set_on_copies():
    given = [*three(), network()]
    y = Y.copy()
    y.iloc[5] = np.nan
    model = Combine(given, horizon=4, missing="mask").fit(y)
    assert not any(hasattr(one, "panel_") for one in given)
    assert {(one.horizon, one.missing) for one in given[:3]} == {(1, "error")}
    fitted = list(model.forecasters_.values())
    assert [one.horizon for one in fitted] == [4] * 4
    assert [one.missing for one in fitted] == ["error"] * 3 + ["mask"]
    for one, alone in zip(fitted, [*three(), network(missing="mask")], strict=True):
        filled = y if alone.missing == "mask" else y.interpolate()
        pd.testing.assert_series_equal(one.predict(), alone.set_params(horizon=4).fit(filled).predict())
    with pytest.raises(ValueError, match="`y` has 1 missing value"):
        Combine(three()).fit(y)


def test_parameters_reach_the_forecasters_by_label():
    model = Combine([ETS(alias="smooth"), Naive()])
    assert model.get_params()["smooth__trend"] == "auto"
    model.set_params(smooth__trend=None, horizon=6)
    assert (model.forecasters[0].trend, model.horizon) == (None, 6)
    model.set_params(Naive=Drift())
    assert [type(one) for one in model.forecasters] == [ETS, Drift]
    copied = clone(model)
    assert copied.forecasters[0] is not model.forecasters[0]
    assert copied.get_params()["smooth__trend"] is None
    assert set(copied.get_params()) == set(model.get_params())
    with pytest.raises(ValueError, match="Invalid parameter 'what'"):
        model.set_params(what=1)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_one_that_fails_is_left_out_with_a_warning(weights):
    models = [Naive(), Broken(alias="broken"), Drift()]
    with pytest.warns(
        RuntimeWarning, match=r"^broken is left out of the combination, because it failed: no co"
    ):
        model = Combine(models, weights, horizon=2).fit(Y)
    expected = Combine([Naive(), Drift()], weights, horizon=2).fit(Y)
    np.testing.assert_array_equal(model.predict(), expected.predict())
    assert model.weights_ == expected.weights_


def test_if_all_fail_so_does_the_combination_and_stays_unfitted():
    model = Combine([Naive(), Drift()]).fit(Y)
    model.set_params(forecasters=[Broken(alias="a"), Broken(alias="b")])
    with (
        pytest.warns(RuntimeWarning, match="left out"),
        pytest.raises(
            ValueError, match=r"^None of the 2 forecasters could be fitted; the last said: no convergen"
        ),
    ):
        model.fit(Y)
    with pytest.raises(NotFittedError, match="This Combine is not fitted yet"):
        model.predict()


def test_a_time_limit_is_not_taken_for_a_failure():
    slow = RNNForecaster("gru", max_steps=10**6, max_epochs=None, lookback=2, hidden_size=4, random_state=0)
    with time_limit(0.2), pytest.raises(TimeLimitError):
        Combine([Naive(), slow], n_jobs=2).fit(Y)


def test_weights_need_errors():
    with pytest.raises(
        ValueError, match=r'^No error of a forecast is known for weights="inverse_error": `y` is t'
    ):
        Combine([Naive()], "inverse_error").fit([1.0])
    with pytest.raises(
        ValueError, match=r'^A copy fitted to a part of `y` for weights="inverse_error" failed: .* Or choose'
    ):
        Combine([SeasonalNaive(3)], "inverse_error").fit([1.0, 5.0, 2.0])
    assert Combine([Naive(), Naive(alias="b")], "inverse_error").fit([1.0, 1.0, 1.0]).weights_["b"] == 0.5


def test_labels_must_differ_and_there_must_be_some():
    with pytest.raises(
        ValueError, match=r"`forecasters` has 2 called 'Naive'; labels must differ\. Give each its"
    ):
        Combine([Naive(), Naive()]).fit(Y)
    with pytest.raises(ValueError, match="`forecasters` is empty; at least one is needed"):
        Combine([]).fit(Y)
    with pytest.raises(ValueError, match="`weights` must be one of"):
        Combine(three(), "best").fit(Y)


def test_it_keeps_the_contract_of_forecasters():
    model = Combine([Naive(), Mean()], horizon=2, alias="both")
    assert isinstance(model, BaseForecaster)
    model.fit(Y)
    assert (model.label, model.cutoff_) == ("both", Y.index[-1])
    forecast = model.forecast(3)
    pd.testing.assert_series_equal(forecast.mean, model.predict(3))
    pd.testing.assert_series_equal(forecast.history, Y)
    np.testing.assert_allclose(model.predict(y=Y[:6]), (12 + Y.mean()) / 2)


def test_intervals_are_those_of_the_combination_and_it_can_be_combined_itself():
    y = pd.Series(np.random.default_rng(0).normal(size=80).cumsum())
    bands = Combine([Naive(alias="one"), Naive()]).fit(y).predict(3, level=80)
    pd.testing.assert_frame_equal(bands, Naive().fit(y).predict(3, level=80))
    nested = Combine([Combine([Naive(), Drift()], alias="inner"), SeasonalNaive(3)], horizon=2).fit(Y)
    a, b, c = apart(2)
    np.testing.assert_allclose(nested.predict(), (a + b) / 4 + c / 2)


def series(lengths=(40, 34, 52)):
    rng = np.random.default_rng(0)
    return {
        name: pd.Series(
            10 * k + rng.normal(size=n).cumsum(), pd.date_range("2024-01-01", periods=n, name="ds"), name="y"
        )
        for k, (name, n) in enumerate(zip("abc", lengths, strict=True))
    }


def covariates(ahead=5):
    return {
        name: pd.DataFrame({"p": np.sin(np.arange(n))}, pd.date_range("2024-01-01", periods=n, name="ds"))
        for name, n in ((name, len(y) + ahead) for name, y in series().items())
    }


def to_form(tables, form):
    if form == "dict":
        return tables
    if form == "table":
        return pd.DataFrame({name: y[:34] for name, y in tables.items()})
    table = pd.concat(tables, names=["unique_id", "ds"])
    return table if form == "levels" else table.reset_index()


def flat(answer):
    if isinstance(answer, dict):
        return np.concatenate([np.ravel(part) for part in answer.values()])
    return np.ravel(answer.select_dtypes("number") if isinstance(answer, pd.DataFrame) else answer)


@pytest.mark.parametrize("form", ["dict", "long", "levels", "table"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_many_series_and_channels_are_combined_in_their_form(form, weights):
    y = to_form(series(), form)
    models = [Naive(), Drift(), network()]
    model = Combine(models, weights, horizon=3).fit(y)
    assert list(model.forecasters_) == ["Naive", "Drift", "GRU"]
    apart = [one.set_params(horizon=3).fit(y).predict() for one in models]
    stacked = np.stack([flat(answer) for answer in apart])
    answer = model.predict()
    assert type(answer) is type(apart[0])
    if weights == "median":
        expected = np.median(stacked, axis=0)
    else:
        expected = np.average(stacked, axis=0, weights=list(model.weights_.values()))
    np.testing.assert_allclose(flat(answer), expected, rtol=1e-12)
    if form == "long":
        assert list(answer.columns) == ["unique_id", "ds", "Combine"]
        banded = model.predict(level=80)
        assert list(banded.columns)[2:] == ["Combine", "Combine-lo-80", "Combine-hi-80"]
        np.testing.assert_array_equal(banded["Combine"], answer["Combine"])
        assert (banded["Combine-lo-80"] < banded["Combine-hi-80"]).all()


def test_those_that_use_covariates_get_them_and_the_others_are_fitted_without():
    y, X = series(), covariates()
    static = pd.DataFrame({"kind": ["x", "y", "x"]}, list("abc"))
    known = {"X": {name: X[name][: len(one)] for name, one in y.items()}, "X_past": X, "static": static}
    ahead = {name: X[name][len(one) : len(one) + 3] for name, one in y.items()}
    known["X_past"] = {name: table.rename(columns={"p": "q"}) for name, table in X.items()}
    models = [Naive(), network(), network(calendar="auto", alias="dated")]
    model = Combine(models, horizon=3).fit(y, **known)
    assert (model.uses_covariates, model.calendar, model.scope) == (True, "auto", "global")
    apart = [
        one.fit(y, **(known if one.uses_covariates else {})).predict(
            3, **({"X": ahead} if one.uses_covariates else {})
        )
        for one in models
    ]
    expected = np.mean([flat(answer) for answer in apart], axis=0)
    np.testing.assert_allclose(flat(model.predict(X=ahead)), expected, rtol=1e-12)
    with pytest.raises(ValueError, match="The model was fitted with `X`"):
        model.predict()
    with pytest.raises(TypeError, match="Combine forecasts from `y` alone; got X"):
        Combine([Naive(), Drift()]).fit(y, known["X"])


@pytest.mark.parametrize("refit", [True, False])
def test_a_backtest_judges_it_as_any_forecaster(refit):
    y, X = series(), covariates(ahead=0)
    models = [Combine([Naive(), network()], alias="both"), Naive(), network(), Combine([Naive(), Drift()])]
    result = backtest(models, to_form(y, "long"), 3, to_form(X, "long"), n_windows=2, level=80, refit=refit)
    assert result.folds["status"].tolist() == ["ok"] * 8
    assert result.covariates == {"X": ["both", "GRU"]}
    frame = result.forecasts
    np.testing.assert_allclose(frame["both"], (frame["Naive"] + frame["GRU"]) / 2, rtol=1e-12)
    assert (frame["both-lo-80"] < frame["both-hi-80"]).all()
    assert (frame["Combine-lo-80"] < frame["Combine-hi-80"]).all()


def test_others_than_forecasters_are_refused():
    with pytest.raises(TypeError, match=r"must hold forecasters, recurrent or classical; got 3\. Derive"):
        Combine([Naive(), 3]).fit(Y)


class Searching(Last):
    """Finds an order, the length of what it is fitted to, and forecasts it."""

    def __init__(self, order=None, horizon=1, missing="error", alias=None):
        super().__init__(horizon=horizon, missing=missing, alias=alias)
        self.order = order

    def _fit(self, observed):
        return {"order_": len(observed.values) if self.order is None else self.order}

    def _predict(self, values, horizon):
        return np.full(horizon, float(self.order_))

    def settled(self):
        return Searching(self.order_, self.horizon, self.missing, self.label)


def test_what_its_forecasters_find_is_settled():
    model = Combine([Searching(), Naive(), Broken()], horizon=2, alias="mine")
    with pytest.raises(NotFittedError):
        model.settled()
    with pytest.warns(RuntimeWarning, match="Broken is left out"):
        settled = model.fit(Y).settled()
    assert not hasattr(settled, "forecasters_")
    assert (settled.label, settled.horizon) == ("mine", 2)
    assert [type(one) for one in settled.forecasters] == [Searching, Naive, Broken]
    assert settled.forecasters[0].order == 12
    with pytest.warns(RuntimeWarning, match="Broken is left out"):
        assert settled.fit(Y[:8]).predict().tolist() == [(12 + 13) / 2] * 2
    assert model.forecasters[0].order is None
    assert not hasattr(Combine([Naive()]), "settled")


def test_a_backtest_has_it_search_once():
    both = Combine([Searching(), Naive()])
    result = backtest([both, Combine([Naive()], alias="plain")], Y, 1, n_windows=3)
    expected = [(9 + y) / 2 for y in Y.iloc[8:11]]
    assert result.forecasts["Combine"].tolist() == expected
    assert result.settled == ("Combine",)
