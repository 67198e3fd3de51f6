"""Backtests with known numbers, built by hand: their forecasts miss the truth by a known amount."""

import numpy as np
import pandas as pd

from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.evaluation.observed_series import read_observed
from tsrnn.evaluation.result import Backtest


class Model:
    """As much of a forecaster as a backtest asks for once everything is forecast."""

    def __init__(self, is_baseline):
        self.is_baseline = is_baseline


def make_backtest(index, misses, *, horizon=4, n_windows=3, name="value", values=None, failures=()):
    """Models miss by `misses[model] * steps ahead`, the same or one number for each window.

    `failures` are pairs (model, window).
    """
    n = len(index)
    values = 10 + np.sin(np.arange(n)) if values is None else np.asarray(values, float)
    sizes = [n - horizon * (n_windows - window) for window in range(n_windows)]
    rows = np.concatenate([np.arange(size, size + horizon) for size in sizes])
    ahead = np.tile(np.arange(1, horizon + 1), n_windows)
    forecasts = pd.DataFrame(
        {
            "unique_id": name,
            "ds": index[rows],
            "cutoff": index[np.repeat(sizes, horizon) - 1],
            "y": values[rows],
            **{
                model: values[rows] + np.repeat(np.broadcast_to(miss, n_windows), horizon) * ahead
                for model, miss in misses.items()
            },
        }
    )
    folds = []
    for model in misses:
        for window, size in enumerate(sizes):
            failed = (model, window) in failures
            status, message = ("failed", "ValueError: <b>no</b> & never") if failed else ("ok", "")
            folds.append((model, index[size - 1], status, message, 0.5, 0.002, size, 1, int(failed)))
            if failed:
                forecasts.loc[window * horizon : (window + 1) * horizon - 1, model] = np.nan
    columns = ["model", "cutoff", "status", "message", "fit_seconds", "predict_seconds", "n_train"]
    columns += ["n_series", "n_failed"]
    return Backtest(
        forecasts=forecasts,
        folds=pd.DataFrame(folds, columns=columns),
        models={model: Model(is_baseline=model not in ("LSTM", "GRU")) for model in misses},
        histories={model: make_history() for model in misses if model in ("LSTM", "GRU")},
        truths=read_observed(pd.Series(values, index, name=name)),
        horizon=horizon,
        step=horizon,
        season_length=1,
        refit=True,
        max_history={},
    )


def make_history(validation=True):
    steps = np.array([10, 20, 30, 40])
    nothing = np.full(4, np.nan)
    return pd.DataFrame(
        {
            "step": steps,
            "loss": [0.8, 0.4, 0.2, 0.1],
            "validation_loss": [0.9, 0.5, 0.3, 0.35] if validation else nothing,
            "gradient_norm": 1.0,
            "clipped": 0.0,
            "learning_rate": 0.01,
            "seconds": 0.1,
        }
    )


def make_panel_backtest(n_series=9, level=(80,), horizon=4):
    """Series of several lengths; the models miss by more from one series to the next."""
    rng = np.random.default_rng(0)
    panel = {
        f"s{i}": pd.Series(
            10 + rng.normal(size=50 + i).cumsum(), pd.date_range("2026-01-01", periods=50 + i), name=f"s{i}"
        )
        for i in range(n_series)
    }
    models = [Shifted(0.1, "LSTM", False), Shifted(-0.5, "Naive", True)]
    return backtest(models, panel, horizon, n_windows=2, season_length=None, level=level)


class Shifted:
    """The last value of each series, and the more to it the later the series ends, with intervals."""

    scope = "global"

    def __init__(self, shift, label, is_baseline):
        self.shift, self.label, self.is_baseline = shift, label, is_baseline

    def fit(self, y):
        self.y_ = y

    def predict(self, horizon, level=None):
        answers = {}
        for i, (name, y) in enumerate(self.y_.items()):
            mean = np.full(horizon, y.iloc[-1] + self.shift * (i + 1))
            columns = {"mean": mean}
            for percent in level or ():
                columns |= {f"lo-{percent}": mean - percent / 40, f"hi-{percent}": mean + percent / 40}
            answers[name] = pd.DataFrame(columns)
        return answers
