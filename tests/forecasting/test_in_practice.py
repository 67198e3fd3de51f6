"""What a user may run into with many series: gaps that stay gaps, dead channels, single values, slips."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsrnn import (
    ARIMA,
    ETS,
    AutoARIMA,
    AutoReg,
    Combine,
    Naive,
    RNNForecaster,
    RNNGenerator,
    SeasonalNaive,
    Theta,
    WindowMLP,
    backtest,
)
from tsrnn.timeseries.reading import read_panel

DAYS = pd.date_range("2024-01-01", periods=120)


def small(**settings):
    sizes = {"lookback": 5, "hidden_size": 4, "max_steps": 5, "random_state": 0}
    return RNNForecaster(**(sizes | settings))


def table(n=120):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=n).cumsum(), "b": rng.normal(size=n).cumsum()}, DAYS[:n])


@pytest.mark.parametrize("missing", ["mask", "interpolate"])
def test_gaps_stay_gaps_in_what_is_shown(missing):
    y = table()
    y.iloc[30:35, 1] = np.nan
    model = small(missing=missing).fit(y)
    pd.testing.assert_frame_equal(model.forecast().history, y, check_freq=False)
    assert model.residuals_["b"].iloc[30:35].isna().all()
    assert model.residuals_["a"].iloc[30:35].notna().all()


@pytest.mark.parametrize("model", [small(missing="mask"), Naive(missing="interpolate")], ids=["GRU", "Naive"])
def test_a_channel_that_died_has_no_intervals_and_leaves_others_theirs(model):
    y = table()
    y.iloc[70:, 1] = np.nan
    model.fit(y)
    with pytest.warns(UserWarning, match="^1 of 2 channels have no intervals: 'b'; too little"):
        band = model.predict(2, level=80)
    alone = model.fit(y[["a"]]).predict(2, level=80)
    assert band["b"][["lo-80", "hi-80"]].isna().all(axis=None)
    assert band["b"]["mean"].notna().all()
    if isinstance(model, Naive):
        pd.testing.assert_frame_equal(band["a"], alone["a"])
    model.fit(y)
    with pytest.warns(UserWarning, match="^1 of 2 channels have no intervals: 'b'; too little"):
        paths = model.sample_paths(5, 2, random_state=0)
    assert paths["a"].notna().all(axis=None)


def test_a_series_of_one_value_has_no_known_width():
    y = {"long": table()["a"], "one": table()["b"][:1]}
    model = small(horizon=2).fit(y)
    with pytest.warns(
        UserWarning, match=r"^1 of 2 series have no intervals: 'one'; too little of them is known"
    ):
        band = model.predict(level=80)["one"]
    assert band["lo-80"].isna().all()
    assert band["mean"].notna().all()
    with pytest.warns(UserWarning, match="^`y` has no intervals|^1 of 1 series have no intervals: 'new'"):
        new = model.predict(level=80, y={"new": y["one"]})["new"]
    assert new["hi-80"].isna().all()


def test_a_single_label_has_the_step_of_the_others():
    rows = [("a", day, 1.0) for day in DAYS[:9].delete(3)] + [("b", DAYS[40] + pd.Timedelta("1h"), 5.0)]
    y = pd.DataFrame(rows, columns=["unique_id", "ds", "y"])
    forecast = Naive(missing="interpolate").fit(y).predict(1)
    assert forecast["ds"].tolist() == [DAYS[9], DAYS[41] + pd.Timedelta("1h")]


def test_a_network_for_each_series_says_whom_to_ask():
    y = dict(table())
    model = small(scope="local").fit(y)
    for ask in (model.summary, model.stream, lambda: model.update(y), lambda: model.gates()):
        with pytest.raises(
            ValueError, match=r"^Each series has a network of its own here\. .* models_\[key\]"
        ):
            ask()
    alone = small().fit(y["a"].rename(None))
    np.testing.assert_array_equal(model.fitted_values_["a"], alone.fitted_values_)
    with pytest.raises(ValueError, match="warm_start=True goes on with one network"):
        small(scope="local", warm_start=True).fit(y)


def test_a_combination_forecasts_as_far_as_its_forecasters():
    y = table()["a"]
    members = [small(horizon=3), SeasonalNaive(7, horizon=6)]
    assert len(Combine(members).fit(y).predict()) == 6
    assert len(Combine(members, horizon=2).fit(y).predict()) == 2
    with pytest.raises(TypeError, match=r"must be a list of forecasters; got Theta"):
        Combine(Theta()).fit(y)


@pytest.mark.parametrize("columns", [("id", "time"), {"id": "a", "time": "b", "y": "c"}, "abc"])
def test_columns_name_three(columns):
    with pytest.raises(ValueError, match=r"^`columns` must name three columns of a long table"):
        read_panel(table(), columns=columns)


def test_a_long_table_with_other_names_is_told_how_to_say_so():
    y = pd.DataFrame({"store": ["a"] * 9, "when": DAYS[:9], "sold": range(9)})
    for form in (y, y.drop(columns="store")):
        with pytest.raises(TypeError, match=r"columns=\(id, time, value\)"):
            small().fit(form)
    assert len(small().fit(y, columns=("store", "when", "sold")).predict(2)) == 2


def test_levels_are_percents():
    model = Naive().fit(table()["a"])
    with pytest.raises(ValueError, match=r"^`level` is in percent, such as 80; got 0\.8\. Pass 80 for"):
        model.predict(level=0.8)


def test_what_is_known_ahead_may_not_end_in_gaps():
    y, X = table(), pd.DataFrame({"promo": np.arange(123.0)}, pd.date_range("2024-01-01", periods=123))
    model = small(horizon=3, missing="interpolate").fit(y["a"], X)
    X.iloc[121:] = np.nan
    with pytest.raises(ValueError, match=r"`X` ends with missing values in column 'promo', from 2024-05-01"):
        model.predict(X=X)


@pytest.mark.parametrize("model", [RNNForecaster(horizon=9, max_steps=20), ARIMA(horizon=9)], ids=str)
def test_a_covariate_that_never_changed_does_not_move_the_forecast_when_it_does(model):
    days = pd.date_range("2024-01-01", periods=129)
    y = pd.Series(np.sin(np.arange(120.0)), days[:120])
    X = pd.DataFrame({"promotion": 0.1 + 0.2, "wave": np.cos(np.arange(129))}, days)
    later = X.assign(promotion=np.where(days < days[120], 0.3, 1.0))
    with pytest.warns(UserWarning, match=r"^The column 'promotion' of `X` never changes\. "):
        model.fit(y, X)
    pd.testing.assert_series_equal(model.predict(X=later), model.predict(X=X))
    panel = {"a": y, "b": y * 2}
    with pytest.warns(UserWarning, match=r"^2 columns .*: 'promotion' of `X`, 'size' of `static`"):
        RNNForecaster(max_steps=1).fit(panel, X, static=pd.DataFrame({"size": [5, 5]}, ["a", "b"]))


@pytest.mark.parametrize(
    "model",
    [
        RNNForecaster(horizon=6, max_steps=50, random_state=0),
        WindowMLP(horizon=6, max_steps=50, random_state=0),
        ETS(horizon=6),
        AutoARIMA(horizon=6, max_p=1, max_q=1, max_P=0, max_Q=0),
        ARIMA(horizon=6),
        Theta(horizon=6),
        Combine([Theta(), RNNForecaster(max_steps=20, random_state=0)], horizon=6),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore:`y` has .* not positive")
def test_a_logarithm_nobody_asked_for_survives_zeros_and_frost(model):
    t = np.arange(96)
    y = pd.Series(
        20 * 1.03**t * (1 + 0.3 * np.sin(2 * np.pi * t / 12)), pd.date_range("2015", periods=96, freq="MS")
    )
    later = y.copy()
    later.iloc[74:78] = [0, -5, 0, 3]
    model.fit(y[:72])
    whole = model.predict(y=later)
    assert (whole / y.iloc[-6:].mean()).between(0.1, 10).all()
    for found in (
        model.predict(y=later[:76]),
        model.predict(y=later[:80], level=80),
        model.sample_paths(5, y=later[:80], random_state=0),
        backtest(model, later, horizon=6, n_windows=4, refit=False).forecasts[[model.label]],
        clone(model).fit(later[:80]).predict(level=80),
        *([model.update(later[72:80]).predict()] if hasattr(model, "update") else []),
    ):
        assert np.isfinite(found.to_numpy(float)).all()


def test_a_logarithm_that_was_asked_for_refuses_zeros():
    y = pd.Series(np.arange(1.0, 61))
    model = RNNForecaster(max_steps=1, transform="log").fit(y)
    with pytest.raises(ValueError, match=r'^transform="log" needs positive values; got 0 at position 5'):
        model.predict(y=y.where(y != 6, 0.0))
    with pytest.raises(ValueError, match=r"a Box-Cox transform needs positive values"):
        ARIMA(boxcox=0).fit(y).predict(y=y - 10)
    with pytest.raises(ValueError, match=r"a multiplicative model needs positive values"):
        ETS(error="mul", seasonal=None).fit(y).predict(y=y - 10)


WAVE = pd.Series(np.sin(np.arange(60.0)) + 3)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Naive().fit(WAVE).predict(2**63),
        lambda: RNNForecaster(max_steps=1).fit(WAVE).predict(10**12),
        lambda: Naive().fit(WAVE).sample_paths(10**12),
        lambda: Naive().fit({"a": WAVE, "b": WAVE}).predict(10**12, level=80),
        lambda: RNNForecaster(n_members=10**8).fit(WAVE),
        lambda: RNNForecaster(num_layers=10**8).fit(WAVE),
        lambda: RNNForecaster(hidden_size=10**7).fit(WAVE),
        lambda: RNNForecaster(lookback=10**11).fit({"a": WAVE, "b": WAVE}),
        lambda: RNNForecaster(horizon=10**11).fit({"a": WAVE, "b": WAVE}),
        lambda: RNNGenerator(max_steps=1).fit("abc" * 20).sample(10**15),
    ],
)
def test_what_no_machine_can_hold_is_refused_with_its_size(ask):
    with pytest.raises(ValueError, match=r"would take [\d,]+ GB of memory; there are [\d,]+\. "):
        ask()


@pytest.mark.parametrize(
    "settings", [{"horizon": 10**9, "n_windows": 2}, {"horizon": 1, "n_windows": 10**12}]
)
def test_more_origins_or_steps_than_there_are_observations_are_refused(settings):
    with pytest.raises(ValueError, match=r"^The longest series in `y` has 60 observations; horizon="):
        backtest(Naive(), WAVE, **settings)


def test_numbers_beyond_their_models_are_refused():
    for model in (ARIMA(), AutoARIMA()):
        with pytest.raises(ValueError, match=r"^`y` has values up to 4e\+160, whose squares are beyond"):
            model.fit(WAVE * 1e160)
    with pytest.raises(ValueError, match=r'^loss="negbin" forecasts counts up to 1e\+12; got 3.* in `y`\.'):
        RNNForecaster(loss="negbin", max_steps=1).fit((WAVE * 1e17).round())
    for model in (ETS(), AutoReg(), RNNForecaster(max_steps=2)):
        assert np.isfinite(model.fit(WAVE * 1e200).predict(3)).all()
