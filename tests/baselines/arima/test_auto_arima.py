"""AutoARIMA: its search, its parameters, and what it settles for."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from statsmodels.tsa.statespace.sarimax import SARIMAX

from tsrnn import datasets
from tsrnn.baselines import ARIMA, AutoARIMA, AutoReg
from tsrnn.baselines.arima import order_search
from tsrnn.baselines.arima.order_search import Bounds, Candidate, least_roots
from tsrnn.baselines.arima.sarima import Sarima
from tsrnn.time_limit import TimeLimitError, time_limit

AIR = datasets.load("airpassengers")
NILE = datasets.load("nile").to_numpy()
SMALL = {"max_p": 1, "max_q": 1, "max_P": 1, "max_Q": 1}


def message(text):
    return f"^{re.escape(text)}$"


def simulated(ar=(), ma=(), n=800, seed=0):
    from scipy.signal import lfilter

    shocks = np.random.default_rng(seed).normal(size=n + 200)
    return lfilter([1, *ma], [1, *(-np.array(ar))], shocks)[200:]


@cache
def of_air(**options):
    """A model that tests only look at."""
    return AutoARIMA(12, **options).fit(AIR)


def season_of(model):
    return model.order_ + model.seasonal_order_


# The search


def test_airpassengers_is_what_r_finds():
    # auto.arima(AirPassengers) of R's forecast package: AICc 1018.17; of its logarithm: -483.21
    model = of_air(boxcox=None)
    assert season_of(model) == (2, 1, 1, 0, 1, 0, 12)
    assert model.criterion_ == pytest.approx(1018.17, abs=0.01)
    np.testing.assert_allclose(list(model.params_.values()), [0.5960, 0.2143, -0.9819], atol=2e-3)
    model = AutoARIMA(boxcox=0).fit(AIR)
    assert season_of(model) == (0, 1, 1, 0, 1, 1, 12)
    assert model.criterion_ == pytest.approx(-483.21, abs=0.01)
    assert not model.constant_


@pytest.mark.parametrize("criterion", ["aicc", "aic", "bic"])
@pytest.mark.parametrize(("y", "m"), [(NILE, 1), (AIR.to_numpy(float)[:60], 12)])
def test_criterion_is_that_of_statsmodels(criterion, y, m):
    model = AutoARIMA(m, criterion=criterion, d=1, constant=True, D=0, boxcox=None, **SMALL).fit(y)
    exact = SARIMAX(
        y,
        order=model.order_,
        seasonal_order=model.seasonal_order_,
        trend="c" if model.constant_ else "n",
        simple_differencing=True,
        concentrate_scale=True,
    )
    expected = getattr(exact.filter(list(model.params_.values())), criterion)
    assert model.criterion_ == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("y", "order"),
    [
        (simulated([1.2, -0.5]), (2, 0, 0)),
        (simulated(ma=[0.8]), (0, 0, 1)),
        (simulated(seed=4).cumsum(), (0, 1, 0)),
        (simulated([0.7], seed=2).cumsum(), (1, 1, 0)),
        (simulated([0.8], [0.5], seed=1) + 50, (1, 0, 1)),
    ],
    ids=["ar 2", "ma 1", "walk", "integrated", "arma"],
)
def test_simulated_orders_are_found(y, order):
    model = AutoARIMA(criterion="bic").fit(y)
    assert model.order_ == order
    assert model.constant_ == (order == (1, 0, 1))


def test_simulated_seasonal_orders_are_found():
    changes = simulated(ma=[0.0, 0, 0, -0.6], n=400).reshape(100, 4)
    y = np.array([0.0, 30, -30, 10]) + changes.cumsum(axis=0)
    model = AutoARIMA(4, criterion="bic").fit(y.ravel())
    assert season_of(model) == (0, 0, 0, 0, 1, 1, 4)


@pytest.mark.parametrize("stepwise", [True, False])
def test_search_holds_each_model_once_and_the_chosen_one_is_the_least(stepwise):
    model = AutoARIMA(stepwise=stepwise, max_order=3).fit(AIR)
    found = model.search_
    assert not found.duplicated(["order", "seasonal_order", "constant"]).any()
    alike = found[[order[1] == model.seasonal_order_[1] for order in found["seasonal_order"]]]
    best = alike.loc[alike["aicc"].idxmin()]
    assert set(alike.index) == set(range(len(alike)))
    assert len(alike) < len(found)
    assert (best["order"], best["seasonal_order"], best["constant"]) == (
        model.order_,
        model.seasonal_order_,
        model.constant_,
    )
    assert best["aicc"] == model.criterion_
    assert best["status"] == "ok"
    assert (np.isfinite(found["aicc"]) == (found["status"] == "ok")).all()
    assert (found["seconds"] > 0).all()


def test_all_orders_are_those_up_to_their_sum():
    found = AutoARIMA(1, stepwise=False, max_order=2, max_q=1).fit(NILE).search_
    assert {(p, q) for p, _, q in found["order"]} == {(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)}
    assert len(found) == 10
    assert set(found["constant"]) == {True, False}


def test_no_neighbour_of_the_stepwise_choice_is_better():
    model = of_air(boxcox=None)
    (p, d, q), (P, D, Q, _) = model.order_, model.seasonal_order_
    y = np.convolve(np.convolve(AIR, [1, *[0] * 11, -1], "valid"), [1, -1], "valid")
    for dp, dq, dP, dQ in [
        (-1, 0, 0, 0),
        (0, -1, 0, 0),
        (1, 0, 0, 0),
        (0, 1, 0, 0),
        (0, 0, 1, 0),
        (0, 0, 0, 1),
    ]:
        other = SARIMAX(
            y, order=(p + dp, 0, q + dq), seasonal_order=(P + dP, 0, Q + dQ, 12), concentrate_scale=True
        )
        result = other.fit(np.full(len(other.param_names), 0.1), disp=0, maxiter=200)
        assert result.aicc > model.criterion_ - 0.01
    assert (d, D) == (1, 1)


def test_neighbours_are_one_order_away_and_within_bounds():
    bounds = Bounds(5, 5, 2, 2, 5, (False, True), 12)
    around = list(bounds.neighbours(Candidate(2, 2, 1, 1, True)))
    assert len(set(around)) == 17
    assert all(abs(one.p - 2) + abs(one.q - 2) + abs(one.P - 1) + abs(one.Q - 1) <= 2 for one in around)
    assert Candidate(2, 2, 1, 1, False) in around
    outside = [(6, 0, 0, 0), (-1, 0, 0, 0), (0, 0, 3, 0)]
    assert not any(bounds.hold(Candidate(*orders, True)) for orders in outside)
    # lags that meet those of the season
    quarters = bounds._replace(season=4)
    assert not quarters.hold(Candidate(4, 0, 1, 0, True))
    assert quarters.hold(Candidate(4, 0, 0, 1, True))
    assert not quarters.hold(Candidate(0, 5, 0, 1, True))


@pytest.mark.parametrize(
    ("model", "params", "least"),
    [
        (Sarima((1, 0, 1)), {"intercept": 3.0, "ar.L1": 0.5, "ma.L1": -0.8}, (1.25, np.inf)),
        (Sarima((0, 0, 2)), {"ma.L1": 0.0, "ma.L2": 0.25}, (2.0, np.inf)),
        (Sarima((0, 1, 0), (1, 0, 1, 4)), {"ar.S.L4": 0.8, "ma.S.L4": 0.0}, (np.inf, 1.25)),
        (Sarima((0, 1, 0)), {}, (np.inf, np.inf)),
    ],
)
def test_least_roots_by_hand(model, params, least):
    assert least_roots(model, params) == pytest.approx(least)


def test_models_with_roots_near_the_unit_circle_are_rejected():
    over_differenced = np.diff(np.random.default_rng(0).normal(size=200))
    found = AutoARIMA(d=0, max_p=0, max_q=1).fit(over_differenced).search_
    status = found.set_index(found["order"].map(lambda order: order[2]))["status"]
    assert set(status[1]) == {"root near unit circle"}
    assert set(status[0]) == {"ok"}


@pytest.mark.parametrize(("Phi", "accepted"), [(0.9, True), (0.99, False)])
def test_seasonal_roots_are_those_of_the_seasonal_lag(Phi, accepted):
    # 24 independent series of one value a day, side by side: Phi^(-1/24) is less than 1.01 for both
    days = np.column_stack([simulated([Phi], n=300, seed=seed) for seed in range(24)])
    found = AutoARIMA(24, d=0, D=0, boxcox=None, constant=False, max_p=0, max_q=0, max_P=1, max_Q=0)
    status = found.fit(days.ravel()).search_.set_index("seasonal_order")["status"]
    assert status[1, 0, 0, 24] == ("ok" if accepted else "root near unit circle")


# Its parameters


def test_differences_can_be_given():
    model = AutoARIMA(12, d=2, D=0, **SMALL).fit(AIR)
    assert (model.order_[1], model.seasonal_order_[1]) == (2, 0)
    assert not model.constant_
    assert AutoARIMA(12, D=1, d=0, **SMALL).fit(AIR).order_[1] == 0


@pytest.mark.parametrize(("name", "place"), [("max_p", 0), ("max_q", 2)])
def test_orders_have_a_highest(name, place):
    y = simulated([1.2, -0.5], [0.6, 0.3])
    free, bound = AutoARIMA(d=0).fit(y), AutoARIMA(d=0, **{name: 1}).fit(y)
    assert max(order[place] for order in free.search_["order"]) > 1
    assert max(order[place] for order in bound.search_["order"]) == 1


@pytest.mark.parametrize(("name", "place"), [("max_P", 0), ("max_Q", 2)])
def test_seasonal_orders_have_a_highest(name, place):
    found = of_air(**{name: 0}).search_
    assert {order[place] for order in found["seasonal_order"]} == {0}
    assert {order[place] for order in of_air().search_["seasonal_order"]} >= {0, 1}


def test_constants_can_be_left_out_or_asked_for():
    y = simulated([0.5], n=200) + 0.05
    assert set(AutoARIMA(d=0).fit(y).search_["constant"]) == {True, False}
    assert set(AutoARIMA(d=0, constant=False).fit(y).search_["constant"]) == {False}
    assert set(AutoARIMA(d=1, constant=True).fit(y).search_["constant"]) == {True}
    with pytest.raises(ValueError, match="`constant` of a series differenced 2 times"):
        AutoARIMA(d=2, constant=True).fit(y)


def test_bic_chooses_no_more_parameters_than_aic():
    sizes = {criterion: len(AutoARIMA(criterion=criterion).fit(NILE).params_) for criterion in ("aic", "bic")}
    assert sizes["bic"] <= sizes["aic"]
    elnino = datasets.load("elnino")
    bic, aic = (
        AutoARIMA(criterion=criterion, **SMALL, D=0).fit(elnino[:120]) for criterion in ("bic", "aic")
    )
    assert bic.criterion_ > aic.criterion_


def test_tests_of_roots_can_be_chosen():
    nottem = datasets.load("nottem")
    by_strength, by_ocsb = (
        AutoARIMA(seasonal_root=test, **SMALL).fit(nottem) for test in ("strength", "ocsb")
    )
    assert (by_strength.seasonal_order_[1], by_ocsb.seasonal_order_[1]) == (1, 0)
    sunspots = datasets.load("sunspots").to_numpy()
    by_kpss, by_adf = (AutoARIMA(unit_root=test, **SMALL).fit(sunspots) for test in ("kpss", "adf"))
    assert (by_kpss.order_[1], by_adf.order_[1]) == (1, 0)


def test_time_ends_the_search_with_the_best_so_far(monkeypatch):
    clock = iter(np.arange(0.0, 1e4, 0.01))
    monkeypatch.setattr(order_search, "monotonic", lambda: next(clock))
    text = (
        "AutoARIMA stopped after 1e-09 s and 3 models; the best so far is ARIMA(2, 0, 2)(1, 1, 1, 12). Raise "
        "max_seconds to search on."
    )
    with pytest.warns(RuntimeWarning, match=message(text)):
        model = AutoARIMA(max_seconds=1e-9).fit(AIR)
    assert model.search_["order"].tolist() == [(2, 0, 2), (2, 1, 2), (0, 1, 0)]
    assert (model.order_, model.seasonal_order_) == ((2, 0, 2), (1, 1, 1, 12))


def test_the_time_limit_around_a_fit_is_not_the_searchs_own():
    with time_limit(0.05), pytest.raises(TimeLimitError):
        AutoARIMA(stepwise=False, max_seconds=1000).fit(AIR)


def test_a_long_season_is_subtracted():
    t = np.arange(400)
    y = np.sin(2 * np.pi * t / 70) * 5 + np.random.default_rng(0).normal(size=400)
    model = AutoARIMA(70, horizon=70, **SMALL).fit(y[:330])
    assert (model.season_length_, model.seasonal_order_) == (70, (0, 0, 0, 0))
    assert np.corrcoef(model.predict(), y[330:])[0, 1] > 0.9
    np.testing.assert_array_equal(model.settled().fit(y[:330]).predict(), model.predict())


def test_covariates_are_explained_before_the_search():
    n = 150
    rng = np.random.default_rng(5)
    X = pd.DataFrame({"level": rng.normal(size=n + 6).cumsum()})
    noise = simulated([0.6], n=n, seed=1)
    y = 10 + 3 * X["level"][:n] + noise
    model = AutoARIMA(criterion="bic").fit(y, X)
    assert model.order_ == (1, 0, 0)
    assert model.params_["X.level"] == pytest.approx(3, abs=0.1)
    assert AutoARIMA(criterion="bic").fit(y).order_[1] > 0
    exact = SARIMAX(y.to_numpy(), X[:n].to_numpy(), order=(1, 0, 0), trend="c", concentrate_scale=True)
    fitted = exact.filter(list(model.params_.values()))
    np.testing.assert_allclose(model.predict(6, X[n:]), fitted.forecast(6, exog=X[n:].to_numpy()), rtol=1e-8)
    assert model.criterion_ == pytest.approx(fitted.bic, rel=1e-8)


# Hard cases


@pytest.mark.parametrize("n", range(3, 11))
@pytest.mark.parametrize("season_length", [1, 4])
def test_short_series_are_forecast(n, season_length):
    y = np.random.default_rng(n).normal(10, 1, n)
    forecast = AutoARIMA(season_length, horizon=4).fit(y).predict()
    assert forecast.between(y.min() - 5, y.max() + 5).all()


def test_what_differences_make_constant_is_continued():
    np.testing.assert_allclose(AutoARIMA().fit(np.arange(30) * 0.1 + 3).predict(3), [6, 6.1, 6.2], rtol=1e-12)
    np.testing.assert_allclose(AutoARIMA(3).fit(np.tile([1.0, 5, 2], 8)).predict(4), [1, 5, 2, 1], rtol=1e-12)
    np.testing.assert_allclose(AutoARIMA().fit([7.0, 7, 7]).predict(2), [7, 7])


def test_a_nearly_perfect_fit_stays_one():
    wave = np.sin(0.3 * np.arange(130))
    forecast = AutoARIMA(horizon=30).fit(wave[:100]).predict()
    assert np.isfinite(forecast).all()
    assert forecast.between(-3, 3).all()


@pytest.mark.parametrize("scale", [1e-100, 1e-12, 1e12, 1e100])
def test_scale_changes_neither_orders_nor_forecast(scale):
    y = simulated([0.8], n=80) + 20
    model, scaled = AutoARIMA(horizon=5).fit(y), AutoARIMA(horizon=5).fit(y * scale)
    assert scaled.order_ == model.order_
    np.testing.assert_allclose(scaled.predict() / scale, model.predict(), rtol=1e-5)


REFUSALS = {
    "too short": ({}, [1, 2], "`y` has 2 observations; AutoARIMA needs at least 3. Supply more data."),
    "d": ({"d": -1}, range(9), '`d` must be a whole number of differences, or "auto", at least 0; got -1.'),
    "max_p": ({"max_p": 1.5}, range(9), "`max_p` must be a whole number of lags, at least 0; got 1.5."),
    "criterion": (
        {"criterion": "hqic"},
        range(9),
        "`criterion` must be one of 'aicc', 'aic', 'bic'; got 'hqic'.",
    ),
    "unit root": ({"unit_root": "pp"}, range(9), "`unit_root` must be one of 'kpss', 'adf'; got 'pp'."),
    "seasonal root": (
        {"seasonal_root": "ch"},
        range(9),
        "`seasonal_root` must be one of 'likelihood', 'strength', 'ocsb'; got 'ch'.",
    ),
    "stepwise": ({"stepwise": "no"}, range(9), "`stepwise` must be one of True, False; got 'no'."),
    "seconds": ({"max_seconds": 0}, range(9), "`max_seconds` must be a number in (0, inf); got 0."),
    "seasons": (
        {"season_length": 12, "D": 1},
        range(9),
        "`y` has 9 observations; ARIMA(0, 0, 0)(0, 1, 0, 12) needs at least 13. Lower the orders or supply "
        "more data.",
    ),
}


@pytest.mark.parametrize(("options", "y", "text"), REFUSALS.values(), ids=REFUSALS)
def test_refusals_are_one_sentence(options, y, text):
    with pytest.raises(ValueError, match=message(text)):
        AutoARIMA(**options).fit(list(y))


# What it settles for


@pytest.mark.parametrize(
    "options", [{}, {"boxcox": 0}, {"season_length": None}, {"season_length": 12, "d": 0, "D": 1}]
)
def test_settled_is_the_same_model_without_the_search(options):
    model = AutoARIMA(horizon=7, missing="interpolate", **options).fit(AIR)
    settled = model.settled()
    assert type(settled) is ARIMA
    assert (settled.label, settled.horizon, settled.missing) == ("AutoARIMA", 7, "interpolate")
    pd.testing.assert_series_equal(settled.fit(AIR).predict(), model.predict())
    assert settled.params_ == model.params_
    # only parameters are estimated again
    shorter = model.settled().fit(AIR[:100])
    assert (season_of(shorter), shorter.constant_) == (season_of(model), model.constant_)
    assert shorter.params_ != model.params_


def test_settled_keeps_the_covariates_and_the_alias():
    X = pd.DataFrame({"t": np.sin(np.arange(60.0))})
    y = 5 * X["t"] + simulated([0.5], n=60)
    model = AutoARIMA(alias="mine").fit(y, X)
    again = model.settled().fit(y, X)
    assert (again.label, again.params_) == ("mine", model.params_)


def test_settled_of_many_series_searches_again():
    model = AutoARIMA(**SMALL).fit({"a": NILE[:50], "b": NILE[50:].cumsum()})
    settled = model.settled()
    assert settled.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        AutoARIMA().settled()


def test_autoreg_settles_for_its_lags():
    model = AutoReg(horizon=5, alias="linear").fit(NILE)
    settled = model.settled()
    assert (settled.lags, settled.label, settled.horizon) == (2, "linear", 5)
    pd.testing.assert_series_equal(settled.fit(NILE).predict(), model.predict())
    assert settled.fit(np.arange(40.0) ** 2).lags_ == 2
    noise = np.random.default_rng(3).normal(size=200)
    none = AutoReg().fit(noise).settled()
    assert none.lags == 0
    assert none.fit(noise).predict()[200] == pytest.approx(noise.mean())
