"""Forecasts of a fitted model from many origins at once, where they equal those made one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.levels import read_levels
from tsrnn.timeseries.panel import Panel

__all__ = ["forecast_together", "forecasts_together"]


def forecasts_together(forecaster: Any) -> bool:
    """Whether a forecaster is one of this library's that can forecast from several cutoffs at once.

    Examples
    --------
    >>> from tsrnn import Naive, RNNForecaster
    >>> forecasts_together(RNNForecaster()), forecasts_together(Naive())
    (True, False)
    """
    kind = type(forecaster)
    return (
        issubclass(kind, BaseForecaster)
        and kind.predict is BaseForecaster.predict
        and kind.predict_from is not BaseForecaster.predict_from
    )


def forecast_together(
    forecaster: BaseForecaster,
    y: Any,
    known: dict[str, Any],
    origins: Origins,
    windows: Sequence[int],
    level: Sequence[float] = (),
) -> list[np.ndarray] | None:
    """Forecast from several origins, the same as ``predict(horizon, y=history)`` at each.

    Parameters
    ----------
    forecaster : BaseForecaster
        Fitted, and one that `forecasts_together`.
    y : Series, DataFrame or dict
        The series up to the last of the origins.
    known : dict
        What is known for a forecast from there.
    origins : Origins
    windows : sequence of int
        The origins, in which the same series take part.
    level : sequence of float
        Percents of the intervals.

    Returns
    -------
    list of ndarray of shape (n_series, horizon, 1 + 2 * n_levels), or None
        One for each origin, of the evaluated steps. None if the forecasts could differ: where gaps in
        covariates are filled by what comes later, or future covariates go with other labels than those
        that a shorter history would be continued by.
    """
    n_ahead = origins.n_ahead
    if any(_has_gaps(table) for name, table in known.items() if name != "static"):
        return None
    n_ahead = origins.n_ahead
    panel = forecaster._panel(y, **known, n_ahead=n_ahead)
    series, sizes = _cuts(panel, origins, windows)
    if (sizes < 1).any() or not _labels_agree(panel, series, sizes, n_ahead):
        return None
    p = read_levels(list(level), None)[1] if level else None
    values = forecaster.predict_from(panel, series, sizes, n_ahead, p)
    values = values.reshape(len(sizes), n_ahead, -1, 1 + 2 * len(level))[:, origins.gap :]
    values = values.transpose(0, 2, 1, 3)
    return list(values.reshape(len(windows), -1, *values.shape[2:]))


def _has_gaps(table: Any) -> bool:
    if isinstance(table, dict):
        return any(map(_has_gaps, table.values()))
    return bool(table.isna().to_numpy().any())


def _cuts(panel: Panel, origins: Origins, windows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each series of each origin, and its steps up to the cutoff."""
    part = origins.taking_part(windows[-1])
    if panel.is_single:
        places, part = np.zeros(1, np.int64), part[:1]  # several channels end at the same step
    else:
        places = panel.keys.get_indexer(origins.observed.ids[part])
    sizes = origins.sizes[list(windows)][:, part]
    cut_off = sizes[-1] - panel.arrays.lengths[places]  # missing before the first observation
    return np.tile(places, len(windows)), (sizes - cut_off).ravel()


def _labels_agree(panel: Panel, series: np.ndarray, sizes: np.ndarray, n_ahead: int) -> bool:
    """Whether the series go on after each origin with the labels that they would be continued by."""
    if not panel.schema.n_future:
        return True
    arrays, labels = panel.arrays, panel.labels
    following = labels.until(series, sizes).following(n_ahead).flat
    steps = sizes[:, None] + np.arange(n_ahead)
    there = steps < arrays.lengths[series][:, None]
    rows = (arrays.offsets[series][:, None] + steps)[there]
    return bool(labels.flat.take(rows).equals(following.take(np.flatnonzero(there.ravel()))))
