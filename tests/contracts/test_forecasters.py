"""What every forecaster promises, recurrent or classical."""

import pickle
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from helpers.forecasters import FACTORIES
from tsrnn.baselines import (
    Croston,
    Drift,
    Naive,
)
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.forecast import Forecast

every = pytest.mark.parametrize("make", FACTORIES.values(), ids=FACTORIES)
without_training = pytest.mark.parametrize("make", [FACTORIES["Naive"], FACTORIES["SeasonalNaive"], Drift])


def quarterly(n=60, seed=1):
    """Positive, growing, seasonal, noisy, with a name and a named index."""
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(size=n)
    y = 40 + 0.5 * t + np.tile([6.0, -2, 0, -4], n // 4 + 1)[:n] + noise
    return pd.Series(y, pd.date_range("2001-01", periods=n, freq="QS", name="quarter"), name="sales")


@cache
def fitted(make, dated=True):
    """A model that tests only forecast with."""
    return make().fit(quarterly() if dated else quarterly().reset_index(drop=True))


def state(model):
    """What was estimated, as bytes: all but the series, whose index caches, and logs with their seconds."""
    fitted = {name: value for name, value in vars(model).items() if name.endswith("_")}
    left_out = ("panel_", "history_", "search_")
    return {
        name: state(value) if isinstance(value, BaseForecaster) else pickle.dumps(value)
        for name, value in fitted.items()
        if name not in left_out
    }


@every
def test_fit_returns_self_and_predict_a_series_that_continues(make):
    model = make(horizon=3)
    assert model.fit(quarterly()) is model
    forecast = model.predict()
    following = pd.date_range("2016-01", periods=3, freq="QS", name="quarter")
    assert forecast.index.equals(following)
    assert (forecast.index.freq, forecast.index.name, forecast.name) == (following.freq, "quarter", "sales")
    assert forecast.dtype == np.float64
    # a sane forecast, in the units of the data
    assert forecast.between(40, 110).all()
    assert model.cutoff_ == pd.Timestamp("2015-10-01")


@every
def test_forecast_is_predict_with_its_history(make):
    y = quarterly()
    model = make(alias="mine").fit(y)
    forecast = model.forecast(3)
    assert isinstance(forecast, Forecast)
    pd.testing.assert_series_equal(forecast.mean, model.predict(3))
    pd.testing.assert_series_equal(forecast.history, y)
    assert forecast.label == model.label == "mine"


@every
def test_predict_before_fit_says_what_to_do(make):
    model = make()
    text = f"This {type(model).__name__} is not fitted yet. Call fit(y) first."
    for act in (model.predict, model.forecast, lambda: model.predict(y=quarterly()), lambda: model.cutoff_):
        with pytest.raises(NotFittedError, match=f"^{re.escape(text)}$"):
            act()


@every
def test_fit_twice_is_fit_once_bit_for_bit(make):
    once = make().fit(quarterly())
    twice = make().fit(quarterly(44, seed=2)).fit(quarterly())
    np.testing.assert_array_equal(twice.predict(9), once.predict(9))
    assert state(twice) == state(once)


@every
def test_parameters_round_trip(make):
    model = make(horizon=7, missing="interpolate", alias="mine").fit(quarterly())
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert not hasattr(copied, "observed_")
    assert (copied.horizon, copied.missing, copied.alias) == (7, "interpolate", "mine")
    assert copied.set_params(horizon=2) is copied
    assert len(copied.fit(quarterly()).predict()) == 2


@every
def test_defaults_are_one_step_and_no_missing_values(make):
    model = make()
    assert (model.horizon, model.missing, model.alias) == (1, "error", None)
    assert len(model.fit(quarterly()).predict()) == 1


@every
def test_a_failed_fit_leaves_the_model_unfitted(make):
    model = make().fit(quarterly())
    with pytest.raises(TypeError):
        model.fit(["a", "b"])
    assert not [name for name in vars(model) if name.endswith("_")]
    model.fit(quarterly())
    with pytest.raises(ValueError, match="is empty"):
        model.fit([])
    assert not [name for name in vars(model) if name.endswith("_")]


@every
def test_missing_values_are_refused_or_interpolated(make):
    y = quarterly()
    y.iloc[20] = (y.iloc[19] + y.iloc[21]) / 2
    expected = make().fit(y).predict(3)
    y.iloc[20] = np.nan
    text = '`y` has 1 missing value, the first at 2006-01-01. Fill them, or pass missing="interpolate".'
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        make().fit(y)
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        fitted(make).predict(y=y)
    np.testing.assert_allclose(make(missing="interpolate").fit(y).predict(3), expected, rtol=1e-9)


@every
def test_a_shorter_forecast_is_the_start_of_a_longer_one(make):
    model = make(horizon=6).fit(quarterly())
    np.testing.assert_allclose(model.predict(6)[:4], model.predict(4), rtol=1e-12)


@every
def test_history_given_again_changes_nothing(make):
    y = quarterly()
    model = make(horizon=5).fit(y)
    pd.testing.assert_series_equal(model.predict(y=y), model.predict())


@every
def test_new_history_moves_the_forecast_and_not_the_model(make):
    y = quarterly()
    model = make(horizon=2).fit(y[:48])
    estimates, forecast = state(model), model.predict()
    moved = model.predict(y=y)
    assert moved.index[0] == pd.Timestamp("2016-01-01")
    assert np.abs(moved.to_numpy() - forecast.to_numpy()).max() > 0.1
    assert state(model) == estimates
    pd.testing.assert_series_equal(model.predict(), forecast)


@without_training
def test_new_history_is_as_good_as_a_refit_where_nothing_is_estimated(make):
    y = quarterly()
    moved = make().fit(y[:20]).predict(6, y=y)
    pd.testing.assert_series_equal(moved, make().fit(y).predict(6))


@every
def test_the_future_does_not_change_a_forecast(make):
    y, changed = quarterly(), quarterly()
    changed.iloc[48:] *= -1e3
    np.testing.assert_array_equal(make().fit(y[:48]).predict(4), make().fit(changed[:48]).predict(4))
    model = make().fit(y[:40])
    np.testing.assert_array_equal(model.predict(4, y=y[:48]), model.predict(4, y=changed[:48]))


@every
@pytest.mark.parametrize("constant", [5, 0, -3.7, 1e30, 1e-30])
def test_a_constant_series_forecasts_the_constant(make, constant):
    if constant < 0 and isinstance(make(), Croston):
        constant = -constant  # demand is never negative
    model = make().fit(np.full(40, constant))
    np.testing.assert_allclose(model.predict(9), np.full(9, constant), rtol=1e-9)


@every
@pytest.mark.parametrize("kind", [list, tuple, np.asarray])
def test_sequences_get_a_range_index(make, kind):
    y = quarterly()
    forecast = make().fit(kind(y)).predict(2)
    assert forecast.index.equals(pd.RangeIndex(60, 62))
    np.testing.assert_array_equal(forecast, fitted(make, dated=False).predict(2))


@every
def test_integers_work(make):
    y = quarterly().round().astype(int)
    np.testing.assert_array_equal(make().fit(y).predict(5), make().fit(y.astype(float)).predict(5))


@every
@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_extreme_scales_are_only_a_change_of_units(make, scale):
    y = quarterly()
    extreme = make().fit(y * scale).predict(4) / scale
    np.testing.assert_allclose(extreme, fitted(make).predict(4), rtol=1e-3)


@every
def test_inputs_are_left_alone(make):
    y = quarterly()
    values = y.to_numpy(copy=True)
    before = y.copy()
    model = make().fit(y)
    model.predict(3, y=y)
    pd.testing.assert_series_equal(y, before)
    model.fit(values).predict(3, y=values)
    np.testing.assert_array_equal(values, before)


@every
@pytest.mark.parametrize("horizon", [0, -1, 1.5, True, "3"])
def test_horizons_that_are_no_number_of_steps_are_refused(make, horizon):
    text = f"`horizon` must be a whole number of steps, at least 1; got {horizon!r}."
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        make(horizon=horizon).fit(quarterly())
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        fitted(make).predict(horizon)


@every
def test_a_fitted_model_can_be_pickled(make):
    model = make(horizon=3).fit(quarterly())
    pd.testing.assert_series_equal(pickle.loads(pickle.dumps(model)).predict(), model.predict())


def test_a_single_point_is_enough_for_the_naive_forecast_only():
    assert Naive().fit([3]).predict(2).tolist() == [3, 3]
    for name, make in FACTORIES.items():
        if name != "Naive":
            with pytest.raises(ValueError, match=r"^`y` has 1 observations?; .* needs at least \d+"):
                make().fit([3])


def test_labels_are_the_names_people_know():
    labels = {name: make().label for name, make in FACTORIES.items()}
    assert labels == {name: name.split()[0] for name in FACTORIES}


def test_the_contract_is_one_class():
    assert all(isinstance(make(), BaseForecaster) for make in FACTORIES.values())
    recurrent = {"RNN", "LSTM recursive", "LSTM stacked", "GRU", "GRU parallel", "GRU seq2seq"}
    assert {name for name, make in FACTORIES.items() if not make().is_baseline} == recurrent
