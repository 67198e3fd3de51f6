"""Cases of backtests and comparisons."""

from tempfile import TemporaryDirectory

import pandas as pd

from frozen.series import (
    ahead,
    behind,
    deaths,
    gappy,
    hours,
    long,
    nile,
    panel,
    passengers,
    stocks,
    table,
    temperature,
    traits,
)
from frozen.telling import case, each, network
from tsrnn import (
    ARIMA,
    ETS,
    STL,
    VAR,
    AutoARIMA,
    AutoReg,
    Combine,
    Drift,
    Naive,
    SeasonalNaive,
    Theta,
    WindowMLP,
    backtest,
    compare,
)

BY = ("model", "series", "origin", "horizon")


def judged(result, *, by=BY):
    """Return all that a backtest says, but for what it has taken in seconds."""
    tests = {
        "significance": result.significance(),
        "squared": result.significance(loss="squared", correction=None),
        "confidence set": result.confidence_set(),
        "ranks": result.ranks(),
    }
    return {
        "forecasts": result.forecasts,
        "folds": result.folds,
        "verdict": result.verdict,
        "notes": result.footnotes,
        "season": result.season_length,
        "settled": result.settled,
        "histories": {name: one.drop(columns="seconds") for name, one in result.histories.items()},
        **{f"scores by {one}": result.scores(by=one) for one in by},
        **(tests if len(result.models) > 1 else {}),
    }


def _usual(**options):
    return [network(lookback=12, **options), SeasonalNaive(), Drift()]


SINGLE = {
    "one origin": (passengers, lambda: _usual(), {"horizon": 6}),
    "twelve origins": (temperature, lambda: _usual(), {"horizon": 3, "n_windows": 12, "level": [80, 95]}),
    "levels of a distribution": (
        deaths,
        lambda: [network(loss="quantile", lookback=12), Naive()],
        {"horizon": 3, "n_windows": 3, "level": 80},
    ),
    "overlapping": (
        temperature,
        lambda: _usual(),
        {"horizon": 4, "n_windows": 11, "step": 1, "refit": False},
    ),
    "refit": (temperature, lambda: _usual(), {"horizon": 2, "n_windows": 5, "refit": 2, "level": 80}),
    "train size and gap": (
        passengers,
        lambda: _usual(strategy="recursive"),
        {"horizon": 3, "n_windows": 4, "train_size": 60, "gap": 2, "step": 4},
    ),
    "early stopping, float64": (
        passengers,
        lambda: _usual(early_stopping=True, dtype="float64"),
        {"horizon": 3, "n_windows": 2},
    ),
    "threads": (passengers, lambda: _usual(), {"horizon": 3, "n_windows": 3, "n_jobs": 2}),
    "gaps": (
        gappy,
        lambda: [network(lookback=12, missing="mask"), Naive(missing="interpolate"), Drift()],
        {"horizon": 6, "n_windows": 2},
    ),
    "no season": (nile, lambda: _usual(), {"horizon": 2, "n_windows": 10, "season_length": None}),
    "classics": (
        deaths,
        lambda: [
            AutoARIMA(max_p=1, max_q=1, max_P=1, max_Q=0),
            ETS(),
            Theta(),
            AutoReg(),
            STL(Drift()),
            WindowMLP(hidden_size=6, max_steps=20, random_state=0),
            Combine([Naive(), Drift()]),
        ],
        {"horizon": 3, "n_windows": 2},
    ),
    "named models": (nile, lambda: {"last": Naive(), "rise": Drift()}, {"horizon": 1, "n_windows": 12}),
    "one model": (nile, Naive, {"horizon": 2, "n_windows": 3}),
    "one that fails": (
        nile,
        lambda: [network(lookback=90), Naive(), SeasonalNaive(60)],
        {"horizon": 2, "n_windows": 2},
    ),
    "limited history": (
        passengers,
        lambda: [ARIMA((1, 1, 0), (0, 0, 0, 1)), Naive()],
        {"horizon": 2, "n_windows": 2, "max_history": 50, "reselect": True},
    ),
}
PANELS = {
    "dict": (panel, lambda: _usual(), {"horizon": 3, "n_windows": 2, "level": 80}),
    "long": (lambda: long(panel()), lambda: _usual(scope="local"), {"horizon": 3, "n_windows": 2}),
    "twelve series": (
        lambda: {f"s{i:02}": temperature()[i : 60 + 2 * i] for i in range(12)},
        lambda: _usual(),
        {"horizon": 2, "n_windows": 2, "refit": False},
    ),
    "channels": (table, lambda: [*_usual(channels="joint"), VAR(1)], {"horizon": 4, "n_windows": 3}),
    "exchange days": (
        stocks,
        lambda: [network(lookback=10), Naive(), Drift()],
        {"horizon": 3, "n_windows": 10, "refit": 5, "level": 90},
    ),
    "some too short": (
        lambda: panel() | {"short": passengers()[:14]},
        lambda: _usual(),
        {"horizon": 4, "n_windows": 3, "gap": 1},
    ),
    "trained once, forecast together": (
        panel,
        lambda: [network(lookback=12), network("lstm", lookback=12, loss="gaussian"), Naive()],
        {"horizon": 2, "n_windows": 4, "refit": False, "level": [80]},
    ),
}


@each("backtest", SINGLE)
def a_backtest(data, models, options):
    return judged(backtest(models(), data(), **options))


@each("backtest, panel", PANELS)
def a_backtest_of_several(data, models, options):
    return judged(backtest(models(), data(), **options))


@case("backtest: covariates")
def with_covariates():
    y = hours()[-200:]
    models = [network(lookback=24, calendar="auto"), ARIMA((1, 0, 0), (0, 0, 0, 1)), Naive()]
    options = {"X": ahead(y), "X_past": behind(y), "n_windows": 3, "level": 80, "refit": 2}
    return judged(backtest(models, y, 4, **options))


@case("backtest, panel: static")
def with_static():
    models = [network(lookback=12, embed_series=1), Naive()]
    return judged(backtest(models, panel(), 3, static=traits(), n_windows=2))


@case("backtest, panel: covariates")
def with_covariates_of_a_panel():
    y = {"east": hours()[-150:], "west": hours()[-300:-100]}
    X = pd.DataFrame({"night": hours().index.hour < 6}, hours().index)
    models = [network(lookback=24, strategy="parallel"), SeasonalNaive()]
    return judged(backtest(models, y, 4, X, n_windows=2, refit=False))


@case("backtest: told in other ways")
def told_otherwise():
    result = backtest(_usual(), temperature(), 3, n_windows=10, refit=5)
    return {
        "skill": result.scores(baseline="Drift"),
        "against": result.significance("Drift"),
        "wide": result.confidence_set(50),
        "narrow": result.ranks(90),
        "text": repr(result).splitlines()[:2],
    }


@case("backtest: kept in a folder")
def kept():
    models = [network(lookback=12, loss="gaussian"), Theta(), Naive()]
    with TemporaryDirectory() as folder:
        for n_windows in (2, 4):
            result = backtest(models, temperature(), 3, n_windows=n_windows, level=80, cache=folder)
        of_panel = backtest(models[1:], panel(), 3, n_windows=2, cache=folder)
        again = backtest(models[1:], panel(), 3, n_windows=2, cache=folder)
    return judged(result) | {"panel": of_panel.forecasts, "again": again.forecasts}


@case("compare: one series")
def comparison():
    models = [network("rnn", lookback=12), network("lstm", lookback=12), ETS(), Theta(), SeasonalNaive()]
    return judged(compare(deaths(), 3, n_windows=3, models=models))


@case("compare: a panel")
def comparison_of_several():
    models = [network(lookback=12), Theta(), Naive()]
    return judged(compare(panel(), 2, n_windows=2, models=models, level=80))


@case("compare: the usual models")
def comparison_of_the_usual():
    result = compare(deaths()[-50:], 2, n_windows=1)
    return judged(result, by=("model",)) | {"models": {name: str(one) for name, one in result.models.items()}}
