"""Future labels of working days and trading sessions that future covariates tell, holidays left out."""

from typing import Any

import numpy as np
import pandas as pd
from pandas import offsets

from tsrnn.timeseries.future_index import proceed
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.sessions import Sessions
from tsrnn.training.arrays import ragged_rows


def follow_rows(
    labels: Labels, horizon: int, rows: pd.Index, series: np.ndarray | None, fitted: Labels
) -> Labels:
    """Return the labels with the `horizon` after each series that rows of future covariates have.

    Where working days were absent in training, the first rows after the end of a series are its future, if no
    more working days in a row are absent from them than were in training. Otherwise, or where there is a row
    for each expected label, labels go on as `Labels.following` says.

    Parameters
    ----------
    labels : Labels
        Of S series.
    horizon : int
    rows : pandas.Index, length m
        Labels of future covariates.
    series : ndarray of int64, shape (m,), or None
        The series of each row, -1 for none; None if all series share the rows.
    fitted : Labels
        Of training, which tell how many working days in a row can be absent.
    """
    table, number = labels.steps
    if not len(rows) or not _is_like(rows, labels.flat) or not any(map(_has_holidays, table)):
        return labels
    following = labels.following(horizon)
    flat = following.flat
    for k, step in enumerate(table):
        own = number == k
        if not _has_holidays(step) or flat[np.repeat(own, horizon)].isin(rows).all():
            continue
        chosen = _choose(labels, own, horizon, rows, series, step, _longest_gap(fitted, step))
        complete = (chosen >= 0).all(axis=1)
        flat = _put(flat, np.repeat(complete, horizon), rows.take(chosen[complete].ravel()))
        if (short := (chosen[:, 0] >= 0) & ~complete).any():  # an error follows, which names the absent steps
            s = int(short.argmax())
            there = rows.take(chosen[s, chosen[s] >= 0])
            rest = proceed(there[-1:], horizon - len(there), step)
            flat = _put(flat, np.arange(len(flat)) // horizon == s, there.append(rest))
    return labels if flat is following.flat else labels.followed_by(Labels(following.offsets, flat))


def _is_like(rows: pd.Index, flat: pd.Index) -> bool:
    """Whether labels are times, or periods, of the same kind and zone."""
    same_zone = getattr(rows, "tz", None) == getattr(flat, "tz", None)
    if isinstance(rows, pd.PeriodIndex):
        return rows.dtype == flat.dtype
    return isinstance(rows, pd.DatetimeIndex) and isinstance(flat, pd.DatetimeIndex) and same_zone


def _has_holidays(step: Any) -> bool:
    return isinstance(step, offsets.BusinessDay | Sessions) and getattr(step, "n", 1) == 1


def _positions(index: pd.Index, step: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each label among all that working days have, and whether it is one of them."""
    times = index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index.tz_localize(None)
    if isinstance(step, Sessions):
        return step.number(times)
    calendar = np.busdaycalendar() if type(step) is offsets.BusinessDay else step.calendar
    days = times.to_numpy().astype("datetime64[D]")
    return np.busday_count("1970-01-01", days, busdaycal=calendar), np.is_busday(days, busdaycal=calendar)


def _longest_gap(fitted: Labels, step: Any) -> int:
    """Return the most labels in a row that were absent within a series."""
    numbers, is_on = _positions(fitted.flat, step)
    whose = np.repeat(np.arange(len(fitted)), np.diff(fitted.offsets))[is_on]
    gaps = np.diff(numbers[is_on])[np.diff(whose) == 0]
    return int(gaps.max()) - 1 if len(gaps) else 0


def _choose(
    labels: Labels,
    own: np.ndarray,
    horizon: int,
    rows: pd.Index,
    series: np.ndarray | None,
    step: Any,
    longest: int,
) -> np.ndarray:
    """Return the rows that follow each series, (S, horizon): -1 where they end, or all if none are told."""
    S = len(labels)
    last, _ = _positions(labels.last(), step)
    numbers, is_on = _positions(rows, step)
    whose = np.zeros(len(rows), np.int64) if series is None else series
    rank = np.flatnonzero(is_on & (whose >= 0))
    rank = rank[np.lexsort((numbers[rank], whose[rank]))]
    low = min(int(last.min()), int(numbers.min())) - 1
    size = max(int(last.max()), int(numbers.max())) - low + 1
    keys = whose[rank] * size + numbers[rank] - low
    group = np.zeros(S, np.int64) if series is None else np.arange(S)
    first = np.searchsorted(keys, group * size + last - low, side="right")
    n_there = np.minimum(np.searchsorted(keys, (group + 1) * size) - first, horizon)
    found, _ = ragged_rows(first, n_there)
    places, _ = ragged_rows(horizon * np.arange(S), n_there)
    chosen, steps = np.full((S, horizon), -1), np.zeros((S, horizon), np.int64)
    np.put(chosen, places, rank[found])
    np.put(steps, places, numbers[rank[found]])
    gaps = np.where(chosen >= 0, np.diff(steps, axis=1, prepend=last[:, None]) - 1, 0)
    chosen[~own | (gaps > longest).any(axis=1) | (longest == 0)] = -1
    return chosen


def _put(flat: pd.Index, where: np.ndarray, there: pd.Index) -> pd.Index:
    """Return labels of which some are others."""
    if not len(there):
        return flat
    if isinstance(flat, pd.DatetimeIndex):
        there = there.as_unit(flat.unit)
    place = np.arange(len(flat))
    place[where] = len(flat) + np.arange(len(there))
    return flat.append(there).take(place).rename(flat.name)
