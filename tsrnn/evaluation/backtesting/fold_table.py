"""Results of each model at each origin, and the tables of forecasts and folds made from them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.timeseries.levels import interval_names
from tsrnn.validation import counted

__all__ = ["Fold", "fold_frame", "forecast_frame"]

MOST_MESSAGES = 2


@dataclass
class Fold:
    """One model at one origin.

    Attributes
    ----------
    model : str
    window : int
        The origin, counted from the oldest, 0.
    series : ndarray
        Numbers of the series.
    values : ndarray of shape (n_series, horizon, 1 + 2 * n_levels)
        Means and the ends of intervals; NaN where there is none.
    status : {"ok", "failed", "time limit"}
    message : str
        The error and the warnings, "; " between them.
    fit_seconds, predict_seconds : float
        NaN where nothing was fitted or forecast.
    n_train : int
        Observations the model was trained on.
    settled : bool
        Whether what the model searches for was fixed to what an earlier fit had found.
    history : DataFrame or None
        The fitted model's ``history_``.
    """

    model: str
    window: int
    series: np.ndarray
    values: np.ndarray
    status: str = "ok"
    message: str = ""
    fit_seconds: float = np.nan
    predict_seconds: float = np.nan
    n_train: int = 0
    settled: bool = False
    history: pd.DataFrame | None = None

    @property
    def n_failed(self) -> int:
        """Series without a forecast."""
        return int(np.isnan(self.values[:, 0, 0]).sum())


def forecast_frame(
    folds: list[Fold], origins: Origins, names: list[str], level: tuple[float, ...]
) -> pd.DataFrame:
    """Return the forecasts of all models, a row for each series, origin and step."""
    observed, sizes, horizon = origins.observed, origins.sizes, origins.horizon
    series, windows = np.nonzero(sizes.T)
    cutoffs = observed.starts[series] + sizes[windows, series] - 1
    rows = (cutoffs[:, None] + origins.gap + np.arange(1, horizon + 1)).ravel()
    columns = {
        "unique_id": observed.ids.repeat(np.bincount(series, minlength=len(observed.ids)) * horizon),
        "ds": observed.times.take(rows),
        "cutoff": observed.times.take(cutoffs.repeat(horizon)),
        "y": observed.values[rows],
    }
    place = np.zeros(sizes.shape, dtype=int)
    place[windows, series] = np.arange(len(series))
    shape = (len(series), horizon, 1 + 2 * len(level))
    forecasts = {name: np.full(shape, np.nan) for name in names}
    for fold in folds:
        forecasts[fold.model][place[fold.window, fold.series]] = fold.values
    for name, values in forecasts.items():
        titles = [name, *(f"{name}-{end}" for end in interval_names(level))]
        columns |= dict(zip(titles, values.reshape(-1, len(titles)).T, strict=True))
    return pd.DataFrame(columns)


def fold_frame(folds: list[Fold], origins: Origins, names: list[str]) -> pd.DataFrame:
    """Return what came of each model at each origin, a row each."""
    observed, windows = origins.observed, range(len(origins.sizes))
    parts: dict[tuple[str, int], list[Fold]] = {(name, window): [] for name in names for window in windows}
    for fold in folds:
        parts[fold.model, fold.window].append(fold)
    frame = pd.DataFrame([_fold_row(each) for each in parts.values()])
    ends = [(observed.starts + sizes - 1)[sizes > 0] for sizes in origins.sizes]
    latest = pd.Index([observed.times.take(end).max() for end in ends])
    frame.insert(0, "model", [name for name, _ in parts])
    frame.insert(1, "cutoff", latest.take([window for _, window in parts]))
    return frame


def _fold_row(parts: list[Fold]) -> dict[str, Any]:
    """Put together what came of a model at an origin, from all its copies."""
    n_series, n_failed = sum(len(part.series) for part in parts), sum(part.n_failed for part in parts)
    messages = Counter(part.message for part in parts if part.message).most_common()
    worst = next((part.status for part in parts if part.n_failed), "ok")
    return {
        "status": worst if n_failed in (0, n_series) else "partly failed",
        "message": messages[0][0] if len(parts) == 1 and messages else _list_messages(messages, n_series),
        "fit_seconds": _total([part.fit_seconds for part in parts]),
        "predict_seconds": _total([part.predict_seconds for part in parts]),
        "n_train": sum(part.n_train for part in parts),
        "n_series": n_series,
        "n_failed": n_failed,
    }


def _list_messages(messages: list[tuple[str, int]], n_series: int) -> str:
    """Return the most common messages, each with how many series it is of."""
    listed = [f"{message} ({n:,} of {n_series:,} series)" for message, n in messages[:MOST_MESSAGES]]
    if further := len(messages) - len(listed):
        listed.append(f"and {counted(further, 'further message')}")
    return "; ".join(listed)


def _total(seconds: list[float]) -> float:
    """Return the sum of those that there are, NaN if there are none."""
    known = [value for value in seconds if not np.isnan(value)]
    return sum(known) if known else np.nan
