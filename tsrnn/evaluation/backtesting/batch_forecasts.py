"""Forecasts of a fitted model from many origins at once, where they are those it would make one by one."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.future_index import continue_all, continue_index
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.levels import read_levels

__all__ = ["forecast_together", "forecasts_together"]

MOST_VALUES = 1_000_000  # of all histories that are prepared at a time


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
        One for each origin, of the steps that are judged. None if the forecasts could differ: where gaps in
        covariates are filled by what comes later, or covariates known ahead go with other labels than those
        that a shorter history would be continued by.
    """
    n_ahead = origins.n_ahead
    if any(_has_gaps(table) for name, table in known.items() if name != "static"):
        return None
    read = forecaster._known(y, **known, n_ahead=n_ahead)
    cuts = _cuts(read, origins, windows)
    if not _labels_agree(read, cuts, len(windows), n_ahead):
        return None
    p = read_levels(list(level), None)[1] if level else None
    forecasts: list[np.ndarray] = []
    for some in _in_chunks(cuts):
        forecasts += forecaster.predict_from(read, some, n_ahead, p)
    values = np.stack(forecasts).reshape(len(cuts), n_ahead, -1, 1 + 2 * len(level))[:, origins.gap :]
    values = values.transpose(0, 2, 1, 3)
    return list(values.reshape(len(windows), -1, *values.shape[2:]))


def _has_gaps(table: Any) -> bool:
    if isinstance(table, dict):
        return any(map(_has_gaps, table.values()))
    return bool(table.isna().to_numpy().any())


def _cuts(known: Known, origins: Origins, windows: Sequence[int]) -> list[tuple[int, int]]:
    """Return (place, size) for each series of each origin."""
    truths, part = origins.truths, origins.taking_part(windows[-1])
    if known.panel.is_single:
        places, part = [0], part[:1]  # several channels end at the same step
    else:
        found = {key: place for place, key in enumerate(known.panel.ids)}
        places = [found[key] for key in truths.ids[part]]
    cuts = []
    for window in windows:
        cutoffs = truths.times.take(truths.starts[part] + origins.sizes[window][part] - 1)
        for place, cutoff in zip(places, cutoffs, strict=True):
            index = known.panel.series[place].index
            cuts.append((place, int(index.searchsorted(cutoff, side="right"))))
    return cuts


def _labels_agree(known: Known, cuts: Sequence[tuple[int, int]], n_windows: int, n_ahead: int) -> bool:
    """Whether the series go on after each origin with the labels that they would be continued by."""
    if not known.scheme.n_ahead:
        return True
    whole, n = [one.index for one in known.panel.series], len(cuts) // n_windows
    for first in range(0, len(cuts), n):
        cut = cuts[first : first + n]
        before = [whole[place][:size] for place, size in cut]
        following = [continue_index(before[0], n_ahead)] if n == 1 else continue_all(before, n_ahead)
        for (place, size), after in zip(cut, following, strict=True):
            labels = whole[place][size : size + n_ahead]
            if not labels.equals(after[: len(labels)]):
                return False
    return True


def _in_chunks(cuts: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield the cuts in order, as many at a time as memory is to be spent on."""
    chunk: list[tuple[int, int]] = []
    total = 0
    for place, size in cuts:
        if chunk and total + size > MOST_VALUES:
            yield chunk
            chunk, total = [], 0
        chunk.append((place, size))
        total += size
    yield chunk
