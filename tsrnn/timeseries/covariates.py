"""Covariates: read in any format, aligned with the series, checked, and put into columns."""

import warnings
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.timeseries.checks import list_some
from tsrnn.timeseries.covariate_alignment import Steps, align
from tsrnn.timeseries.covariate_schema import CovariateSchema
from tsrnn.timeseries.covariate_tables import Table, read_numbers, read_static, read_table, select
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.time_features import find_calendar, steps_before, usual_step
from tsrnn.timeseries.trading_days import follow_rows
from tsrnn.training.arrays import ragged_rows
from tsrnn.training.scales import Standard

_SHOWN = 3  # columns that a warning lists


def read_covariates(
    panel: Panel,
    X: Any = None,
    X_past: Any = None,
    static: Any = None,
    *,
    calendar: str | None = None,
    time_step: bool = False,
    missing: str = "error",
) -> Panel:
    """Return the panel that a model is fitted to with its covariates, and the schema to read the like again.

    Parameters
    ----------
    panel : Panel
        S series.
    X, X_past : DataFrame, Series, dict or array, optional
        Future and past covariates: in the format of the panel, or one table indexed by time for all series.
        Numbers or bools; a row for each step of each series, further ones are ignored. An array has exactly
        the rows of a single series.
    static : DataFrame indexed by id, optional
        One row a series; for a single series one row. Numeric columns are numbers, all others categories.
    calendar : {None, "auto"}, default None
        "auto": `tsrnn.timeseries.time_features.calendar_features` are future covariates, too, of those cycles
        that the longest series goes through at least twice.
    time_step : bool, default False
        Whether the time since the label before is a past covariate, too: its logarithm in usual (median)
        steps; 0 for the first.
    missing : {"error", "interpolate", "mask"}, default "error"
        What NaN in `X` and `X_past` gets. "interpolate": in `X` the straight line between its neighbours; in
        `X_past` the last value known then, as no other was; at the start the first one. "mask": it stays.

    Raises
    ------
    TypeError, ValueError
        If rows, series or columns are absent or twice there, or values are no numbers.

    Warns
    -----
    UserWarning
        If columns never change: forecasts do not depend on them.

    Examples
    --------
    >>> from tsrnn.timeseries.reading import read_panel
    >>> panel = read_panel(pd.Series([3.0, 4.0], pd.period_range("2024-01", periods=2, freq="M")))
    >>> X = pd.DataFrame({"price": [1, 2, 3]}, pd.period_range("2024-01", periods=3, freq="M"))
    >>> panel = read_covariates(panel, X)
    >>> panel.arrays.future
    array([[1.],
           [2.]])
    >>> read_further_covariates(panel, X, schema=panel.schema, horizon=1, before=panel).arrays.future
    array([[1.],
           [2.],
           [3.]])
    """
    if calendar not in (None, "auto"):
        raise ValueError(f'`calendar` must be None or "auto"; got {calendar!r}.')
    columns = _columns(panel)
    future, past = (read_table(what, value, panel, columns) for what, value in (("X", X), ("X_past", X_past)))
    if future is not None and past is not None and len(both := future.columns.intersection(past.columns)):
        raise ValueError(f"Column {both[0]!r} is in both `X` and `X_past`; it belongs in one of them.")
    numbers, categories = read_static(static, panel, columns)
    longest = panel.labels.of(int(panel.arrays.lengths.argmax())) if calendar else None
    schema = CovariateSchema(
        pd.Index([]) if future is None else future.columns,
        pd.Index([]) if past is None else past.columns,
        numbers,
        categories,
        None if longest is None else find_calendar(longest).within(longest),
        usual_step(panel.labels.flat, panel.labels.offsets) if time_step else None,
    )
    read = read_further_covariates(panel, future, past, static, schema=schema, missing=missing)
    _warn_of_constants(read)
    return read


def _warn_of_constants(panel: Panel) -> None:
    """Say which covariates never change, from which nothing can be learnt."""
    arrays, schema = panel.arrays, panel.schema
    tables = {
        "X": (schema.future, arrays.future[:, : len(schema.future)]),
        "X_past": (schema.past, arrays.past[:, : len(schema.past)]),
        "static": (schema.numbers if panel.n_series > 1 else schema.numbers[:0], arrays.static),
    }
    found = [
        f"{columns[k]!r} of `{name}`"
        for name, (columns, values) in tables.items()
        for k in np.flatnonzero(Standard.of(values[:, : len(columns)]).size == np.inf)
    ]
    if found:
        what = f"The column {found[0]} never changes"
        if len(found) > 1:
            shown = ", ".join([*found[:_SHOWN], *["..."] * (len(found) > _SHOWN)])
            what = f"{len(found)} columns never change: {shown}"
        warnings.warn(
            f"{what}. Nothing can be learnt of a change, so forecasts do not depend on it.", stacklevel=5
        )


def read_further_covariates(
    panel: Panel,
    X: Any = None,
    X_past: Any = None,
    static: Any = None,
    *,
    schema: CovariateSchema,
    horizon: int = 0,
    missing: str = "error",
    before: Panel | None = None,
    fitted: Panel | None = None,
) -> Panel:
    """Return a panel with the covariates of a schema, the future ones for `horizon` steps more.

    Parameters
    ----------
    panel, X, X_past, static, missing
        As for `read_covariates`; columns in any order. Categories not in the schema have the number -1.
    schema : CovariateSchema
    horizon : int, default 0
        Steps after each series for which `X` needs rows, too.
    before : Panel, optional
        With known covariates of the first steps of its series: rows of `X` and `X_past` for these are not
        needed and are ignored.
    fitted : Panel, optional
        What the model was fitted to, to which the places of the panel's series refer: without `static`, they
        keep what it said of them. By default `before`.

    Raises
    ------
    TypeError, ValueError
        As by `read_covariates`; or if the columns are not those of the schema.
    """
    columns = _columns(panel if fitted is None else fitted)
    tables = [
        select(what, read_table(what, value, panel, columns), wanted)
        for what, value, wanted in (("X", X, schema.future), ("X_past", X_past, schema.past))
    ]
    numbers, codes = _statics(panel, static, schema, columns, before if fitted is None else fitted)
    arrays = panel.arrays._replace(static=numbers, codes=codes)
    if schema.n_future:
        if horizon and tables[0] is not None:
            known = next(other for other in (fitted, before, panel) if other is not None)
            panel = replace(panel, labels=_followed(panel, tables[0], horizon, known))
        future, offsets = _future(panel, tables[0], schema, horizon, missing, before)
        arrays = arrays._replace(future=future, future_offsets=offsets)
    if len(schema.past) or schema.step:
        arrays = arrays._replace(past=_past(panel, tables[1], schema, missing, before))
    return replace(panel, arrays=arrays, schema=schema)


def _columns(panel: Panel) -> tuple[Any, ...]:
    return panel.format.names if panel.format.kind == "long" else COLUMNS


def _future(
    panel: Panel,
    table: Table | None,
    schema: CovariateSchema,
    horizon: int,
    missing: str,
    before: Panel | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the future covariates of all series, and where those of each begin."""
    known = _n_known(panel, before)
    steps = Steps(
        panel.keys, _with_following(panel, horizon), panel.arrays.lengths, known, _unobserved(panel)
    )
    rows, _ = _known_rows(panel, before, "future_offsets", known)
    there = np.empty((0, schema.n_future)) if before is None else before.arrays.future[rows]
    F = len(schema.future)
    values = align("X", table, schema.future, steps, there[:, :F], missing)
    if schema.calendar is None:
        return values, steps.labels.offsets
    needed, _ = steps.needed
    codes, labels = pd.factorize(steps.labels.flat.take(needed))
    features = np.empty((len(values), len(schema.calendar.names)))
    features[needed] = schema.calendar.features(pd.Index(labels))[codes]
    features[ragged_rows(steps.labels.offsets[:-1], known)[0]] = there[:, F:]
    return np.concatenate([values, features], axis=1), steps.labels.offsets


def _followed(panel: Panel, table: Table, horizon: int, fitted: Panel) -> Labels:
    """Return the labels of each series, after which those of a table of future covariates follow."""
    if table.labels is None:
        return panel.labels
    series = None
    if table.keys is not None:
        series = panel.keys.get_indexer(table.keys).repeat(np.diff(table.offsets))
    return follow_rows(panel.labels, horizon, table.labels.flat, series, fitted.labels)


def _past(
    panel: Panel, table: Table | None, schema: CovariateSchema, missing: str, before: Panel | None
) -> np.ndarray:
    """Return the past covariates of all series."""
    known = _n_known(panel, before)
    steps = Steps(panel.keys, panel.labels, panel.arrays.lengths, known, _unobserved(panel))
    rows, _ = _known_rows(panel, before, "offsets", known)
    there = np.empty((0, len(schema.past))) if before is None else before.arrays.past[rows]
    values = align("X_past", table, schema.past, steps, there[:, : len(schema.past)], missing)
    if schema.step:
        times = steps_before(panel.labels.flat, schema.step, panel.labels.offsets)
        values = np.column_stack([values, times])
    return values


def _unobserved(panel: Panel) -> np.ndarray:
    return np.all(panel.arrays.missing, axis=1)


def _n_known(panel: Panel, before: Panel | None) -> np.ndarray:
    """Return of how many steps of each series the covariates are known."""
    if before is None:
        return np.zeros(panel.n_series, np.int64)
    places = panel.with_places(before.keys).arrays.places
    return np.where(places < 0, 0, before.arrays.lengths[places])


def _known_rows(
    panel: Panel, before: Panel | None, name: str, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of known covariates in `before`, series by series of the panel."""
    if before is None:
        return ragged_rows(np.zeros_like(known), known)
    places = np.maximum(panel.with_places(before.keys).arrays.places, 0)
    return ragged_rows(getattr(before.arrays, name)[places], known)


def _with_following(panel: Panel, horizon: int) -> Labels:
    """Return the labels of each series, and of the `horizon` steps after it."""
    labels = panel.labels
    if not horizon:
        return labels
    following = labels.following(horizon)
    offsets = labels.offsets + horizon * np.arange(len(labels.offsets))
    if len(labels) == 1:
        return Labels(offsets, labels.of(0).append(following.of(0)))
    whose = np.concatenate(
        [np.repeat(np.arange(len(labels)), panel.arrays.lengths), np.repeat(np.arange(len(labels)), horizon)]
    )
    flat = labels.flat.append(following.flat).take(np.argsort(whose, kind="stable"))
    return Labels(offsets, flat)


def _statics(
    panel: Panel, static: Any, schema: CovariateSchema, columns: tuple[Any, ...], fitted: Panel | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the static numbers (S, K) and codes (S, J) of the series."""
    if static is not None:
        return read_numbers(static, panel, columns, schema.numbers, schema.categories)
    if not len(schema.numbers) and not schema.categories:
        return np.empty((panel.n_series, 0)), np.empty((panel.n_series, 0), np.int64)
    places = np.full(panel.n_series, -1) if fitted is None else panel.with_places(fitted.keys).arrays.places
    if (places < 0).any():
        absent: list[Hashable] = panel.keys[places < 0].tolist()
        raise ValueError(
            f"The model was fitted with `static`; {len(absent)} of {panel.n_series} series are new and need "
            f"it: {list_some(absent)}. Pass static=."
        )
    assert fitted is not None
    return fitted.arrays.static[places], fitted.arrays.codes[places]
