"""Reading of series in any format into a panel, and of what continues it."""

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.timeseries.absent_rows import insert_absent_rows
from tsrnn.timeseries.checks import check_after, check_alike, check_columns, check_missing, list_some
from tsrnn.timeseries.formats import COLUMNS, Format, Parsed, as_keys, as_series, is_panel, parse
from tsrnn.timeseries.future_index import continue_index
from tsrnn.timeseries.gaps import fill_gaps
from tsrnn.timeseries.labels import Labels
from tsrnn.timeseries.panel import Panel
from tsrnn.training.arrays import SeriesArrays, ragged_rows


def read_panel(
    y: Any, *, missing: str = "error", columns: Sequence[Hashable] = COLUMNS, regular: bool = True
) -> Panel:
    """Check one or many series and copy them into columns; nothing is sorted but by series.

    Parameters
    ----------
    y : series, table of channels, long table, series or table with two levels, or dict
        Real numbers in time order, nullable and Arrow dtypes included, indexed by times, periods or numbers.
        A list or array gets a RangeIndex; the columns of an array are called 0 to C - 1. A long table has
        exactly the three `columns`; rows of one series need not be adjacent. The two levels of an index are
        series and time.
    missing : {"error", "interpolate", "mask"}, default "error"
        What NaN gets: an error, or the straight line between its observed neighbours, by order and not by
        distance in time. Before the first and after the last observed value, that value is held. "mask" reads
        as "interpolate" does; what is filled in then counts as unknown. What is missing before the first
        observation of a panel's series has not begun yet and is cut off; a series without any observation is
        refused under "error" and left out with a warning else.
    columns : (str, str, str), default ("unique_id", "ds", "y")
        Columns of a long table: what tells series apart, times, values.
    regular : bool, default True
        Whether steps that a regular index leaves out are missing values
        (`tsrnn.timeseries.absent_rows.insert_absent_rows`); else observations count.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError
        If `y` is no series, or its dtype or the kind of its index cannot be used.
    ValueError
        If `y` is empty, infinite somewhere, all missing, missing anywhere under ``missing="error"``, or if an
        index is not strictly increasing; the message names the series and the column.

    Warns
    -----
    UserWarning
        If series without any observation are left out.

    Examples
    --------
    >>> panel = read_panel({"a": [1.0, 2.0], "b": [3.0, 4.0, 5.0]})
    >>> panel.arrays.lengths
    array([2, 3])
    """
    check_missing(missing)
    if not isinstance(columns, list | tuple) or len(columns) != 3:
        raise ValueError(
            "`columns` must name three columns of a long table: what tells series apart, times, values; got "
            f'{columns!r}. Pass columns=("id", "time", "value").'
        )
    parsed = parse(y, columns)
    return _complete(insert_absent_rows(parsed, missing) if regular else parsed, missing)


def read_alike(y: Any, fitted: Panel, *, missing: str = "error") -> Panel:
    """Read other histories of the channels that a model was fitted to, in any format, new series among them.

    Raises
    ------
    TypeError, ValueError
        As by `read_panel`, or if the columns are others.
    """
    columns = fitted.format.names if fitted.format.kind == "long" else COLUMNS
    if is_panel(y, columns):
        panel = read_panel(y, missing=missing, columns=columns, regular=_is_regular(fitted))
    else:
        channels = _as_channels(y, fitted.columns)
        panel = read_panel(channels, missing=missing, regular=_is_regular(fitted))
    check_alike(panel.columns, fitted.columns, panel.is_single, fitted.is_single)
    panel.labels.borrow_step(fitted.labels)
    return panel.with_places(fitted.keys)


def _is_regular(fitted: Panel) -> bool:
    """Whether the model is not told how long it is from value to value."""
    return fitted.schema.step is None


def _as_channels(y: Any, columns: pd.Index | None) -> Any:
    """Return an array as the table it is, one of a single series as a series."""
    if columns is None:
        return y if isinstance(y, pd.DataFrame) else as_series(y)
    if isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] == len(columns):
        return pd.DataFrame(y, columns=columns)
    return y


def read_further(y: Any, first: Panel, *, missing: str = "error") -> Panel:
    """Read what follows the series of a panel, and return both as one; lists and arrays continue the index.

    Series of which nothing comes stay as they are, and new ones may come.

    Raises
    ------
    TypeError, ValueError
        As by `read_alike`, or if what comes of a series does not start after its end.
    """
    check_missing(missing)
    columns = first.format.names if first.format.kind == "long" else COLUMNS
    if first.is_single and is_panel(y, columns):
        raise TypeError(
            "`y` is a panel; the model was fitted to a single series. Pass what follows as one, too: y[key]."
        )
    if first.is_single:
        y = _with_following_labels(y, first, 0)
    elif isinstance(y, dict):
        places = {key: s for s, key in enumerate(first.ids)}
        y = {
            key: _with_following_labels(part, first, places[key]) if key in places else part
            for key, part in y.items()
        }
    if first.is_single:
        check_alike(y.columns if isinstance(y, pd.DataFrame) else None, first.columns)
        if isinstance(y, pd.DataFrame):
            check_columns(y.columns)
    further = parse(y, columns)
    if further.format.kind == "single" and not first.is_single:
        raise TypeError(
            f"`y` is a single series; the model was fitted to {first.n_series}. "
            "Pass what follows as a panel, too."
        )
    check_alike(further.columns, first.columns, further.format.kind == "single", first.is_single)
    joined = _join(first, further._replace(labels=_in_zone_of(further.labels, first.labels)))
    if _is_regular(first):
        joined = insert_absent_rows(joined, missing)
    return _complete(joined, missing).with_places(first.keys)


def _with_following_labels(part: Any, first: Panel, s: int) -> Any:
    """Return a list or array with the labels after a series."""
    if isinstance(part, pd.Series | pd.DataFrame):
        return part
    try:
        array = np.asarray(part)
    except ValueError:  # members of different lengths, which a series keeps as objects
        array = as_series(part).to_numpy()
    if array.ndim == 0:
        return as_series(part)  # says what is needed
    index = continue_index(first.labels.of(s), len(array))
    if first.columns is None or array.ndim != 2:
        return as_series(array).set_axis(index)
    return pd.DataFrame(array, index, first.columns if array.shape[1] == len(first.columns) else None)


def _complete(parsed: Parsed, missing: str) -> Panel:
    """Cut off steps before the first observation, fill gaps and leave out series without any."""
    if parsed.values.dtype == np.float32:
        return _assemble(parsed, np.broadcast_to(np.False_, parsed.values.shape))
    gaps = np.isnan(parsed.values)
    if gaps.any() and parsed.format.kind != "single":
        parsed, gaps = _begin_with_observations(parsed, gaps, missing)
        if missing == "mask" and parsed.columns is not None:
            _zero_unknown_channels(parsed, gaps)
    fill_gaps(parsed.values, parsed.labels, missing, parsed.keys, parsed.columns)
    return _assemble(parsed, gaps)


def _assemble(parsed: Parsed, gaps: np.ndarray) -> Panel:
    arrays = SeriesArrays.of(parsed.values, gaps, parsed.labels.offsets, parsed.keys)
    return Panel(arrays, parsed.labels, parsed.keys, parsed.columns, parsed.format)


def _begin_with_observations(parsed: Parsed, gaps: np.ndarray, missing: str) -> tuple[Parsed, np.ndarray]:
    """Cut off what is missing before the first observation of each series, and series without one."""
    offsets, seen = parsed.labels.offsets, np.any(~gaps, axis=1)
    n = np.diff(offsets)
    rows = np.where(seen, np.arange(len(seen)), len(seen))
    firsts = np.minimum.reduceat(rows, offsets[:-1])
    there = np.less(firsts, offsets[1:])
    if not there.all():
        _report_empty(parsed.keys[~there].tolist(), len(firsts), missing)
    if (firsts == offsets[:-1]).all():
        return parsed, gaps
    kept = np.flatnonzero(there)
    rows, cut = ragged_rows(firsts[kept], (offsets[:-1] + n - firsts)[kept])
    if parsed.labels.has_parts:
        skipped = (firsts - offsets[:-1]).tolist()
        labels = Labels(cut, parts=[parsed.labels.of(s)[skipped[s] :] for s in kept.tolist()])
    else:
        labels = parsed.labels.rows(rows, cut)
    form = parsed.format
    if form.kind == "dict":
        form = Format("dict", *(tuple(part[s] for s in kept) for part in form[1:]))
    return Parsed(parsed.values[rows], labels, parsed.keys[kept], parsed.columns, form), gaps[rows]


def _report_empty(keys: list[Hashable], total: int, missing: str) -> None:
    what = f"`y` has no observed value in {len(keys)} of {total} series: {list_some(keys)}"
    if len(keys) == total:
        raise ValueError(f"{what}. Supply data.")
    if missing == "error":
        raise ValueError(f'{what}. Leave them out, or pass missing="interpolate" or "mask", which do.')
    warnings.warn(f"{what}. They are left out.", stacklevel=6)


def _zero_unknown_channels(parsed: Parsed, gaps: np.ndarray) -> None:
    """Set a channel that is unknown in a series but observed in others to zero there."""
    n_gaps = np.add.reduceat(gaps, parsed.labels.offsets[:-1], axis=0, dtype=np.int64)
    lengths = np.diff(parsed.labels.offsets)
    unknown = (n_gaps == lengths[:, None]) & (n_gaps < lengths[:, None]).any(axis=0)
    parsed.values[np.repeat(unknown, lengths, axis=0)] = 0.0


def _in_zone_of(labels: Labels, first: Labels) -> Labels:
    """Return labels that continue others, in the time zone of these.

    Raises
    ------
    TypeError
        If they are of another kind.
    """
    if labels.flat.dtype == first.flat.dtype or labels.flat.dtype == object or first.flat.dtype == object:
        return labels
    times = pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex
    ours, theirs = (type(one.flat) if isinstance(one.flat, times) else pd.Index for one in (labels, first))
    zones = [getattr(one.flat, "tz", None) for one in (labels, first)]
    if ours is not theirs or (zones[0] is None) != (zones[1] is None):
        raise TypeError(
            f"The index of `y` has dtype {labels.flat.dtype}, that of the training series "
            f"{first.flat.dtype}; what follows needs labels of the same kind. Convert it, such as by "
            "y.tz_localize(...) or y.to_timestamp(), or pass a list, which continues the index."
        )
    if zones[0] is None or zones[0] == zones[1]:
        return labels
    if not labels.has_parts:
        return Labels(labels.offsets, labels.flat.tz_convert(zones[1]))
    parts = [labels.of(s).tz_convert(zones[1]) for s in range(len(labels))]
    return Labels(labels.offsets, parts=parts)


def _join(first: Panel, further: Parsed) -> Parsed:
    """Return two panels, the second of which goes on where series of the first end, as one."""
    keys = first.keys
    if first.is_single:
        codes = np.zeros(1, np.int64)
    else:
        fresh = further.keys[~further.keys.isin(keys)]
        names, keys = [*keys, *fresh], keys.append(fresh)
        keys = keys if keys.tolist() == names else as_keys(names)  # floats cannot tell large integers apart
        codes = keys.get_indexer(further.keys)
    n_known, labels = first.n_series, further.labels
    for s, code in enumerate(codes.tolist() if labels.has_parts else ()):
        if code < n_known:
            where = "" if first.is_single else f" of series {further.keys[s]!r}"
            check_after(labels.of(s), first.labels.of(code), where)
    if not labels.has_parts:
        _check_all_after(first, further, codes)
    whose = np.concatenate(
        [np.repeat(np.arange(n_known), first.arrays.lengths), np.repeat(codes, np.diff(labels.offsets))]
    )
    order = np.argsort(whose, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(whose, minlength=len(keys)))]).astype(np.int64)
    values = np.concatenate([first.observed_values, further.values])[order]
    form = first.format
    if first.format.kind in ("single", "dict"):
        place = {code: s for s, code in enumerate(codes.tolist())}
        parts: list[Any] = [first.labels.of(code) if code < n_known else None for code in range(len(keys))]
        for code, s in place.items():
            own = labels.of(s)
            parts[code] = own if parts[code] is None else parts[code].append(own)
        fresh = [s for s, code in enumerate(codes.tolist()) if code >= n_known]
        extend = [
            (*mine, *(theirs[s] for s in fresh)) if further.format.kind == "dict" else mine
            for mine, theirs in zip(form[1:], further.format[1:], strict=True)
        ]
        if further.format.kind not in ("single", "dict"):
            extend = [(*form.names, *further.keys[fresh]), (*form.attrs, *further.format.attrs * len(fresh))]
        joined = Labels(offsets, parts=parts)
        form = Format(form.kind, *extend)
    else:
        joined = Labels(offsets, first.labels.flat.append(labels.flat).take(order))
    return Parsed(values, joined, keys, first.columns, form)


def _check_all_after(first: Panel, further: Parsed, codes: np.ndarray) -> None:
    """Refuse labels of a series that do not start after the end of what is known of it."""
    known = np.flatnonzero(codes < first.n_series)
    if not len(known):
        return
    begins = further.labels.flat.take(further.labels.offsets[:-1][known])
    ends = first.labels.last().take(codes[known])
    wrong = ~np.asarray(begins > ends, dtype=bool)
    if wrong.any():
        s = int(known[wrong.argmax()])
        check_after(further.labels.of(s), first.labels.of(int(codes[s])), f" of series {further.keys[s]!r}")
