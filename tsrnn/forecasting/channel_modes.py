"""Series as a network takes them: all channels jointly, or each channel as a series of its own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.timeseries.counts import check_counts
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.seasonality import find_all_seasons
from tsrnn.training.arrays import SeriesArrays, ragged_rows, split_columns
from tsrnn.training.channels import Seasons
from tsrnn.training.preprocessor import Prepared


def network_series(panel: Panel, keys: pd.Index, channels: str, loss: str) -> SeriesArrays:
    """Return the series that a network takes, numbered as those of `keys`, which it was fitted to.

    Raises
    ------
    ValueError
        If the loss is of counts, and values are none.
    """
    if loss == "negbin":
        check_counts(panel)
    panel = panel.with_places(keys)
    return panel.arrays if channels == "joint" else panel.arrays.split_channels(panel.channel_names)


def find_channel_seasons(
    arrays: SeriesArrays, panel: Panel, season_length: Any, n_threads: int, *, is_fitted: bool
) -> Seasons:
    """Return the seasons of each channel; none where a preprocessor is fitted to all: it has them."""
    flat, offsets = split_columns(arrays.values, arrays.offsets)
    K = len(offsets) - 1
    new = np.repeat(arrays.places < 0, arrays.n_channels) if is_fitted else np.ones(K, bool)
    if new.all():
        return find_all_seasons(flat, offsets, panel.labels, season_length, n_threads)
    if not new.any():
        return Seasons(((),), np.zeros(K, np.int64))
    which = np.flatnonzero(new)
    rows, own = ragged_rows(offsets[which], np.diff(offsets)[which])
    series = which // panel.arrays.n_channels
    labels = panel.labels.until(series, panel.arrays.lengths[series])
    found = find_all_seasons(flat[rows], own, labels, season_length, n_threads)
    number = np.zeros(K, np.int64)
    number[which] = found.number
    return found._replace(number=number)


def transforms_by_name(prepared: Prepared, panel: Panel) -> Any:
    """Return the transforms of the only series, or by what series and columns are called."""
    plan = prepared.channels.plan
    chains = [plan.chains[k] for k in plan.chain.tolist()]
    if panel.is_one:
        return chains[0]
    if panel.is_single and panel.columns is not None:
        return dict(zip(panel.columns, chains, strict=True))
    C = prepared.dataset.values.shape[1]
    if C == 1:
        return dict(zip(panel.channel_names, chains, strict=True))
    return {key: chains[C * s : C * (s + 1)] for s, key in enumerate(panel.ids)}


def join_channels(values: np.ndarray, n_series: int) -> np.ndarray:
    """Return values (U, n, h, width) of what the network takes as those of each series, (S, h, C, n)."""
    U, n, h, width = values.shape
    parts = values.reshape(n_series, U // n_series, n, h, width)
    return parts.transpose(0, 3, 1, 4, 2).reshape(n_series, h, -1, n)


def renumbered(panel: Panel) -> Panel:
    """Return a panel whose series are those that a model is fitted to."""
    return replace(panel, arrays=panel.arrays._replace(places=np.arange(panel.n_series)))
