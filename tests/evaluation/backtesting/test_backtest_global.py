"""Backtests of one network for many series: what each forecast is made from, held against fits by hand."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import Naive, RNNForecaster
from tsrnn.evaluation.backtesting.backtest import backtest

HORIZON, WINDOWS = 3, 2
LENGTHS = {"a": 60, "b": 45, "c": 80}
FORMS = ("dict", "long", "levels")


def network(**options):
    return RNNForecaster("gru", HORIZON, **{"hidden_size": 4, "max_steps": 20, "random_state": 0, **options})


def series(seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: pd.Series(
            10 * k + np.sin(np.arange(n) / 2) + rng.normal(0, 0.1, n),
            pd.date_range("2020-01-01", periods=n, name="ds"),
            name="y",
        )
        for k, (name, n) in enumerate(LENGTHS.items(), 1)
    }


def covariates(seed, ahead=0):
    """Two columns for the steps of each series, and some further ones."""
    rng = np.random.default_rng(seed)
    return {
        name: pd.DataFrame(
            rng.normal(size=(n + ahead, 2)),
            pd.date_range("2020-01-01", periods=n + ahead, name="ds"),
            columns=[f"p{seed}", f"q{seed}"],
        )
        for name, n in LENGTHS.items()
    }


def given():
    static = pd.DataFrame({"size": [1.0, 5.0, 2.0], "kind": ["x", "y", "x"]}, list(LENGTHS))
    return {"X": covariates(1, ahead=2), "X_past": covariates(2), "static": static}


def to_form(tables, form):
    """Return a dict of Series or tables as it is, long, or with two levels."""
    if form == "dict":
        return tables
    table = pd.concat(tables, names=["unique_id", "ds"])
    return table if form == "levels" else table.reset_index()


def of_series(result, name):
    return result.forecasts[result.forecasts["unique_id"] == name]


def by_hand(model, size, ends, y, known, **asked):
    """Fit to what is known before the last `size` steps of each series, and forecast those after `ends`."""
    head = {name: one[: len(one) - size] for name, one in y.items()}
    past = {name: known["X_past"][name].loc[: one.index[-1]] for name, one in head.items()}
    X = {name: known["X"][name].loc[: one.index[-1]] for name, one in head.items()}
    model.fit(head, X, X_past=past, static=known["static"])
    if ends == size:
        X = {name: known["X"][name].loc[one.index[-size] :][:HORIZON] for name, one in y.items()}
        return model.predict(HORIZON, X, **asked)
    cut = {name: one[: len(one) - ends] for name, one in y.items()}
    past = {name: known["X_past"][name].loc[: one.index[-1]] for name, one in cut.items()}
    X = {name: known["X"][name][: len(one) + HORIZON] for name, one in cut.items()}
    return model.predict(HORIZON, X, X_past=past, y=cut, static=known["static"], **asked)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("refit", [True, False])
def test_each_origin_is_a_fit_by_hand_to_all_that_is_known_then(form, refit):
    y, known = series(), given()
    tables = {name: to_form(known[name], form) for name in ("X", "X_past")} | {"static": known["static"]}
    options = {"n_windows": WINDOWS, "level": [80], "refit": refit}
    result = backtest([network(), Naive()], to_form(y, form), HORIZON, **tables, **options)
    assert result.folds["status"].tolist() == ["ok"] * 4
    assert result.covariates == {"X": ["GRU"], "X_past": ["GRU"], "static": ["GRU"]}
    for window in range(WINDOWS):
        end = HORIZON * (WINDOWS - window)
        expected = by_hand(network(), end if refit else HORIZON * WINDOWS, end, y, known, level=[80])
        for name, one in y.items():
            cutoff = one.index[len(one) - end - 1]
            frame = result.forecasts
            rows = frame[(frame["unique_id"] == name) & (frame["cutoff"] == cutoff)]
            assert rows["ds"].tolist() == expected[name].index.tolist()
            assert rows["y"].tolist() == one.loc[rows["ds"]].tolist()
            assert rows["Naive"].tolist() == [one[cutoff]] * HORIZON
            columns = rows[["GRU", "GRU-lo-80", "GRU-hi-80"]].to_numpy()
            np.testing.assert_array_equal(columns, expected[name].to_numpy())


def after(tables, cutoffs, by):
    """Return copies in which every number after a series' cutoff is another one."""
    changed = {}
    for name, table in tables.items():
        late = table.index > cutoffs[name]
        changed[name] = table.copy()
        changed[name].loc[late] += by
    return changed


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("missing", ["interpolate", "mask"])
def test_the_future_moves_no_forecast_but_what_is_known_of_it_does(refit, missing):
    y, known = series(), given()
    for one in y.values():
        one.iloc[[10, -2 * HORIZON - 1, -2 * HORIZON]] = np.nan  # a gap that spans the first cutoff
    first = {name: one.index[-2 * HORIZON - 1] for name, one in y.items()}
    ahead = {name: one.index[-HORIZON - 1] for name, one in y.items()}
    options = {"n_windows": WINDOWS, "level": 80, "refit": refit, "static": known["static"]}
    model = network(missing=missing, calendar="auto")
    columns = ["GRU", "GRU-lo-80", "GRU-hi-80"]

    def forecast(y, X, past):
        result = backtest(model, y, HORIZON, X, X_past=past, **options)
        frame = result.forecasts
        assert result.folds["status"].tolist() == ["ok"] * WINDOWS
        return frame.loc[frame["cutoff"] == frame["unique_id"].map(first), columns].to_numpy()

    before = forecast(y, known["X"], known["X_past"])
    assert np.isfinite(before).all()
    late = after(y, first, 100.0), after(known["X"], ahead, 100.0), after(known["X_past"], first, 100.0)
    np.testing.assert_array_equal(forecast(*late), before)
    moved = forecast(y, after(known["X"], first, 3.0), known["X_past"])
    assert (moved != before).all()


def test_one_network_reads_all_channels_of_a_table():
    y = pd.DataFrame({name: one.to_numpy()[:45] for name, one in series().items()}).set_axis(
        pd.date_range("2020-01-01", periods=45)
    )
    result = backtest(network(channels="joint"), y, HORIZON, n_windows=WINDOWS, level=80)
    for window in range(WINDOWS):
        head = y.iloc[: 45 - HORIZON * (WINDOWS - window)]
        expected = network(channels="joint").fit(head).predict(HORIZON, level=80)
        for name in y:
            rows = of_series(result, name)[window * HORIZON :][:HORIZON]
            columns = rows[["GRU", "GRU-lo-80", "GRU-hi-80"]].to_numpy()
            np.testing.assert_array_equal(columns, expected[name].to_numpy())


def test_local_networks_are_one_for_each_series():
    y = series()
    result = backtest(network(scope="local"), y, HORIZON)
    for name, one in y.items():
        alone = network().fit(one[:-HORIZON]).predict()
        np.testing.assert_array_equal(of_series(result, name)["GRU"], alone)
