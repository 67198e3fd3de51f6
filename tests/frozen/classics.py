"""Cases of the classical forecasters, and of combinations."""

import numpy as np
import pandas as pd

from frozen.series import (
    ahead,
    counts,
    deaths,
    gappy,
    gas,
    hours,
    level_table,
    long,
    nile,
    panel,
    passengers,
    rare,
    stocks,
    table,
    temperature,
)
from frozen.telling import case, each, network, summarise
from tsrnn import (
    ARIMA,
    ETS,
    STL,
    VAR,
    AutoARIMA,
    AutoReg,
    Combine,
    Croston,
    Drift,
    Naive,
    SeasonalNaive,
    Theta,
    WindowMLP,
)


def gappy_filled():
    return gappy().interpolate()


SINGLE = {
    "Naive": (Naive, nile),
    "SeasonalNaive": (SeasonalNaive, passengers),
    "SeasonalNaive, told": (lambda: SeasonalNaive(4), gas),
    "SeasonalNaive, no season": (lambda: SeasonalNaive(None), nile),
    "Drift": (Drift, nile),
    "ARIMA": (ARIMA, nile),
    "ARIMA, seasonal": (ARIMA, deaths),
    "ARIMA, told": (lambda: ARIMA((1, 0, 1), (0, 0, 0, 1), constant=True, boxcox=None), nile),
    "ARIMA, airline": (lambda: ARIMA((0, 1, 1), (0, 1, 1, 12), boxcox=0.0), passengers),
    "AutoARIMA": (lambda: AutoARIMA(max_p=2, max_q=2), nile),
    "AutoARIMA, seasonal": (lambda: AutoARIMA(max_p=1, max_q=1, max_P=1, max_Q=1), deaths),
    "AutoARIMA, other tests": (
        lambda: AutoARIMA(None, max_p=2, max_q=1, criterion="bic", unit_root="adf", stepwise=False),
        nile,
    ),
    "AutoARIMA, ocsb": (lambda: AutoARIMA(max_p=1, max_q=0, max_P=0, max_Q=0, seasonal_root="ocsb"), deaths),
    "AutoARIMA, strength": (
        lambda: AutoARIMA(max_p=0, max_q=1, max_P=0, max_Q=0, seasonal_root="strength"),
        deaths,
    ),
    "ETS": (ETS, nile),
    "ETS, seasonal": (ETS, deaths),
    "ETS, told": (lambda: ETS("mul", "add", "mul", damped_trend=False), gas),
    "Theta": (Theta, passengers),
    "Theta, optimised": (lambda: Theta(theta="auto"), deaths),
    "Theta, no season": (lambda: Theta(None), nile),
    "AutoReg": (AutoReg, temperature),
    "AutoReg, told": (lambda: AutoReg(3), nile),
    "STL": (STL, deaths),
    "STL of Theta, robust": (lambda: STL(Theta(), robust=True), temperature),
    "STL of two seasons": (lambda: STL(Drift(), (6, 24)), gappy_filled),
    "Croston": (Croston, rare),
    "Croston, sba": (lambda: Croston("sba", "auto", "auto"), rare),
    "Croston, tsb": (lambda: Croston("tsb", 0.2, "auto"), counts),
}
SEVERAL = {
    "Naive": Naive,
    "SeasonalNaive": SeasonalNaive,
    "Drift": Drift,
    "ARIMA": lambda: ARIMA((0, 1, 1), (0, 0, 0, 1)),
    "ETS": lambda: ETS("add", None, "add"),
    "Theta": Theta,
    "AutoReg": lambda: AutoReg(12),
    "STL of Drift": lambda: STL(Drift()),
}
SEARCHED = ("params_", "season_length_", "lags_", "boxcox_", "constant_", "order_", "seasonal_order_")
SEARCHED += ("search_", "criterion_", "alpha_", "theta_", "difference_", "components_")


def tell_all(model, y, n=20, **given):
    asked = model.forecast(5, level=[80, 95], **given)
    found = {name: getattr(model, name) for name in SEARCHED if hasattr(model, name)}
    return {
        "forecast": model.predict(7, **given),
        "levels": model.predict(4, level=[80, 95], quantiles=[0.1], **given),
        "adaptive": model.predict(3, level=80, conformal="adaptive", **given),
        "frame": asked.to_frame(),
        "paths": summarise(model.sample_paths(n, 4, random_state=0, **given)),
        "cutoff": model.cutoff_,
        "label": model.label,
        **found,
    }


@each("classic", SINGLE)
def a_classic(make, data):
    y = data()
    model = make().fit(y)
    found = tell_all(model, y) | {"of a history": model.predict(3, y=y[:-5])}
    settled = model.settled().fit(y).predict(3) if hasattr(model, "settled") else None
    return found | {"settled": settled}


@each("classic, panel", {name: (make,) for name, make in SEVERAL.items()})
def a_classic_of_several(make):
    y = {key: one[-70:] for key, one in panel().items()}
    model = make().fit(y)
    of_long = make().fit(long(y)).predict(3, level=80)
    return tell_all(model, y, n=5) | {
        "long": of_long,
        "of histories": model.predict(2, y={key: one[:60] for key, one in y.items()}),
    }


@case("classic: channels and levels")
def classics_of_channels():
    told = {}
    for model in (Naive(), Drift(), Theta(None), AutoReg(2)):
        one = model.fit(stocks())
        told[one.label] = {
            "table": one.predict(3, level=80),
            "paths": summarise(one.sample_paths(3, 2, random_state=0)),
        }
        told[f"{one.label}, levels"] = model.fit(level_table()).predict(3, level=[50])
    return told


@case("classic: gaps interpolated")
def classics_of_gaps():
    models = (Naive(missing="interpolate"), SeasonalNaive(24, missing="interpolate"))
    models += (Theta(24, missing="interpolate"), AutoReg(5, missing="interpolate"))
    return {one.label: one.fit(gappy()).predict(5, level=80) for one in models}


@case("classic: ARIMA with covariates")
def arima_with_covariates():
    y = hours()[-120:]
    model = ARIMA((1, 0, 0), (0, 0, 0, 1)).fit(y, ahead(y))
    auto = AutoARIMA(None, max_p=1, max_q=1).fit(y, ahead(y))
    stl = STL(ARIMA((1, 0, 0), (0, 0, 0, 1)), 24).fit(y, ahead(y))
    told = tell_all(model, y, X=ahead(y))
    return told | {"auto": auto.predict(5, ahead(y)), "stl": stl.predict(5, ahead(y)), "found": auto.params_}


@case("classic: STL of a network")
def decomposed_network():
    y = hours()[-200:]
    model = STL(network(lookback=12), 24).fit(y, ahead(y))
    of_panel = STL(network(lookback=12)).fit(panel())
    return {
        "forecast": model.predict(X=ahead(y)),
        "levels": model.predict(2, ahead(y), level=80),
        "panel": of_panel.predict(3),
    }


@each("VAR", {"exchange days": (VAR, stocks), "two lags": (lambda: VAR(2, difference=False), table)})
def vector(make, data):
    y = data()
    model = make().fit(y)
    return tell_all(model, y, n=10) | {"of a history": model.predict(2, y=y[:-20])}


@case("VAR: levels of a two-level table")
def vector_of_levels():
    model = STL(VAR(1), 24).fit(table())
    return {"forecast": model.predict(5), "alone": VAR(1).fit(table()[:60]).predict(2, level=80)}


# --- combinations -----------------------------------------------------------------------------------------


def _several():
    return [network("rnn", lookback=12), SeasonalNaive(), Drift()]


@each("combine", {weights: (weights,) for weights in ("mean", "median", "inverse_error")})
def combined(weights):
    model = Combine(_several(), weights, horizon=4).fit(temperature())
    told = tell_all(model, temperature(), n=10) | {"weights": model.weights_}
    of_panel = Combine(_several(), weights, horizon=3).fit(panel())
    return told | {"panel": of_panel.predict(level=80), "panel weights": of_panel.weights_}


@case("combine: gaps, covariates and channels")
def combined_with_company():
    y = hours()[-200:].copy()
    y.iloc[40:45] = np.nan
    models = [network(lookback=12, calendar="auto"), ARIMA((1, 0, 0), (0, 0, 0, 1)), Naive()]
    model = Combine(models, missing="mask", alias="all").fit(y, ahead(y))
    channels = Combine([network(channels="joint"), Drift()], "inverse_error", horizon=3).fit(table())
    return {
        "forecast": model.predict(X=ahead(y)),
        "levels": model.predict(2, ahead(y), level=80),
        "channels": channels.predict(),
        "weights": channels.weights_,
    }


@case("combine: settled")
def settled_combination():
    model = Combine([ETS(), AutoReg(), network("rnn", lookback=12)], horizon=3).fit(deaths())
    settled = model.settled()
    return {"forecast": settled.fit(deaths()).predict(), "label": settled.label}


@case("combine: one that fails")
def combined_without_one():
    y = pd.Series([1.0, 3, 2, 4, 3, 5, 4, 6])
    wide = WindowMLP(lookback=50, max_steps=2, random_state=0)
    model = Combine([Naive(), Drift(), wide], horizon=2).fit(y)
    return {"forecast": model.predict(), "weights": model.weights_, "used": list(model.forecasters_)}
