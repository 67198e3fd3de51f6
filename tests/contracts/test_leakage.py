"""Whatever comes after a cutoff, forecasts made there are the same bits: for every model of the contract."""

import numpy as np
import pandas as pd
import pytest

from helpers.contenders import Capped, Last, Mean, Searching
from helpers.forecasters import FACTORIES, SMALL
from tsrnn import RNNForecaster
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.evaluation.backtesting.runner import takes
from tsrnn.forecasting.combine import Combine

HORIZON, GAP, WINDOWS, STEP = 2, 1, 3, 3
MORE = {
    "calendar": lambda: RNNForecaster("gru", **SMALL, calendar="auto", time_step=True, missing="mask"),
    "all transforms": lambda: RNNForecaster(
        "gru", **SMALL, transform=["log", "difference", "deseasonalize"], season_length=4
    ),
    "series": lambda: RNNForecaster("gru", **SMALL, normalize="series"),
    "robust": lambda: RNNForecaster("gru", **SMALL, normalize="robust", transform=["log"]),
    "quantile": lambda: RNNForecaster("gru", **SMALL, loss="quantile"),
    "student_t": lambda: RNNForecaster("gru", **SMALL, loss="student_t", strategy="recursive"),
    "stopped early": lambda: RNNForecaster("gru", **SMALL, early_stopping=True),
    "weights": lambda: Combine([FACTORIES["Naive"](), FACTORIES["Drift"]()], weights="inverse_error"),
    "tiny": lambda: [Last(), Mean(), Capped(), Searching()],
}
every_one = pytest.mark.parametrize("name", [*FACTORIES, *MORE])
WAYS = {
    "each": {"refit": True, "gap": GAP},
    "once": {"refit": False, "season_length": None},
    "sliding": {"refit": 2, "train_size": 36, "reselect": True},
}
CHANGES = {
    "each": lambda late: late * -50.0 + 3000.0,
    "once": lambda late: late * np.nan,  # nothing is observed any more
    "sliding": lambda late: late + 1e4 * (np.arange(len(late)) % 2),  # another season
}


def sales(n=52, seed=1):
    """Positive, growing, seasonal, noisy, by quarters."""
    t = np.arange(n)
    y = 40 + 0.5 * t + np.tile([6.0, -2, 0, -4], n)[:n] + np.random.default_rng(seed).normal(size=n)
    return pd.Series(y, pd.date_range("2001-01", periods=n, freq="QS", name="ds"), name="y")


def covariates(y, name, n_ahead):
    index = pd.date_range(y.index[0], periods=len(y) + n_ahead, freq="QS", name="ds")
    return pd.DataFrame({name: np.random.default_rng(len(name)).normal(size=len(index))}, index)


def changed_after(table, label, change):
    table = table.copy()
    late = table.index > label
    table[late] = change(table[late]) if isinstance(table, pd.Series) else table[late].apply(change)
    return table


def forecasts(name, y, X, past, way):
    models = (MORE | FACTORIES)[name]()
    tables = {"X": X, "X_past": past}
    first = models[0] if isinstance(models, list) else models
    known = {key: table for key, table in tables.items() if takes(first, key)}
    result = backtest(models, y, HORIZON, **known, n_windows=WINDOWS, step=STEP, level=80, **WAYS[way])
    columns = [column for column in result.forecasts if column not in ("ds", "y", "unique_id")]
    return result, result.forecasts[columns].set_index("cutoff")


@every_one
@pytest.mark.parametrize("way", WAYS)
def test_a_changed_future_leaves_earlier_forecasts_alone(name, way):
    y = sales()
    X, past = covariates(y, "x", HORIZON), covariates(y, "past", 0)
    ahead = HORIZON + WAYS[way].get("gap", 0)
    result, before = forecasts(name, y, X, past, way)
    assert (result.folds["status"] == "ok").all(), result.folds["message"].unique()
    change = CHANGES[way]
    for cutoff in before.index.unique()[:-1] if way == "once" else before.index[:1]:
        told = y.index[y.index.get_loc(cutoff) + ahead]
        tables = changed_after(X, told, change), changed_after(past, cutoff, change)
        _, after = forecasts(name, changed_after(y, cutoff, change), *tables, way)
        early = before.index <= cutoff
        pd.testing.assert_frame_equal(after[early], before[early], check_exact=True)
        assert not after[~early].equals(before[~early])
