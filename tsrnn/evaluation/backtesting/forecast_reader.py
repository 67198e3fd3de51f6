"""Forecasts that models return in any format, as one array with a row for each series."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.timeseries.formats import as_keys
from tsrnn.timeseries.levels import interval_names

__all__ = ["read_forecast"]

INTERVAL = re.compile(r"(^|-)(lo|hi)-[\d.]+$")


def read_forecast(forecast: Any, origins: Origins, window: int, level: Sequence[float] = ()) -> np.ndarray:
    """Return what a model has forecast.

    Parameters
    ----------
    forecast : Series, DataFrame, dict or array-like
        From ``predict``, in the form of what the model was given.
    origins : Origins
        What the model was given.
    window : int
        The origin.
    level : sequence of float
        Percents of the intervals.

    Returns
    -------
    ndarray of shape (n_series, horizon, 1 + 2 * n_levels)
        Means, then the lower and upper ends of each level, of the evaluated steps; NaN where there is
        no interval, and where the forecast of a series is missing.

    Raises
    ------
    ValueError
        If no series has a value for each step that was asked for.
    """
    return _read(forecast, origins, window, level)[:, origins.gap :]


def _read(forecast: Any, origins: Origins, window: int, level: Sequence[float]) -> np.ndarray:
    """Return all steps that were asked for, as (n_series, n_ahead, 1 + 2 * n_levels)."""
    form, horizon = origins.observed.form, origins.n_ahead
    part = origins.taking_part(window)
    if form == "channels" and not isinstance(forecast, pd.DataFrame):
        forecast = pd.DataFrame(np.asarray(forecast), columns=origins.observed.ids)
    if form in ("series", "channels"):
        forecasts = [forecast] if form == "series" else [forecast[name] for name in origins.observed.ids]
        read = [_read_columns(one, level) for one in forecasts]
        for values in read:
            if len(values) != horizon:
                shape = np.shape(forecasts[0])
                raise ValueError(f"predict({horizon}) must return {horizon} values; got shape {shape}.")
        return np.stack(read)
    if form == "dict":
        frames = [one if isinstance(one, pd.DataFrame) else pd.Series(one) for one in forecast.values()]
        ids = as_keys(list(forecast)).repeat([len(one) for one in frames])
        forecast = pd.concat(frames, ignore_index=True)
    elif form == "long":
        ids = forecast[origins.observed.columns[0]]
    else:
        ids = forecast.index.get_level_values(0)
    codes = origins.observed.ids[part].get_indexer(ids)
    if form == "long":
        forecast = forecast.drop(columns=list(origins.observed.columns[:2]))
    return _arrange(_read_columns(forecast, level), codes, len(part), horizon)


def _read_columns(forecast: Any, level: Sequence[float]) -> np.ndarray:
    """Return means and intervals as (rows, 1 + 2 * n_levels); columns may start with the model's alias."""
    names = interval_names(level)
    if not isinstance(forecast, pd.DataFrame):
        values = np.asarray(forecast, dtype=np.float64).reshape(-1, 1)
        return np.pad(values, ((0, 0), (0, len(names))), constant_values=np.nan)
    table = np.full((len(forecast), 1 + len(names)), np.nan)
    labels = [str(label) for label in forecast.columns]
    table[:, 0] = forecast.iloc[:, [not INTERVAL.search(label) for label in labels].index(True)]
    for column, name in enumerate(names, 1):
        for i, label in enumerate(labels):
            if label == name or label.endswith(f"-{name}"):
                table[:, column] = forecast.iloc[:, i]
    return table


def _arrange(values: np.ndarray, codes: np.ndarray, n_series: int, horizon: int) -> np.ndarray:
    """Return (rows, K) as (n_series, horizon, K), NaN for series without exactly `horizon` rows."""
    arranged = np.full((n_series, horizon, values.shape[1]), np.nan)
    complete = np.bincount(codes[codes >= 0], minlength=n_series) == horizon
    if not complete.any():
        raise ValueError(
            f"predict({horizon}) must return {horizon} values for each series; got {len(codes)} rows."
        )
    order = np.argsort(codes, kind="stable")
    order = order[np.isin(codes[order], np.flatnonzero(complete))]
    arranged[complete] = values[order].reshape(-1, horizon, values.shape[1])
    return arranged
