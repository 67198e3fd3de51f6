"""The door for many series: read a panel in whichever form it comes, and give that form back."""

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.timeseries import series as frames
from tsrnn.timeseries.formats import COLUMNS, Form, Parsed, is_panel, parse
from tsrnn.timeseries.future_index import continue_all, continue_index
from tsrnn.timeseries.series import Observed, check_missing
from tsrnn.training.history import History


@dataclass(frozen=True)
class Panel:
    """One or many series past the door.

    Attributes
    ----------
    keys : pandas.Index
        What tells the series apart, in order of first appearance; None for a single one.
    series : list of Observed
        One each, all with the same columns.
    form : Form
        What came in and goes out.

    Examples
    --------
    >>> y = pd.DataFrame({"unique_id": ["a", "a", "b"], "ds": [0, 1, 1], "y": [3.0, 4.0, 5.0]})
    >>> panel = read_panel(y)
    >>> panel.ids
    ['a', 'b']
    >>> panel.wrap([[5.0], [6.0]], "Naive")
      unique_id  ds  Naive
    0         a   2    5.0
    1         b   2    6.0
    """

    keys: pd.Index
    series: list[Observed]
    form: Form

    @property
    def ids(self) -> list[Hashable]:
        """The keys as a list; [None] for a single series."""
        return self.keys.tolist()

    @property
    def is_single(self) -> bool:
        """Whether a series or table came, not a panel."""
        return self.form.kind == "single"

    @property
    def columns(self) -> pd.Index | None:
        """Labels of the channels; None if the values of a series are plain numbers."""
        return self.series[0].columns

    def histories(self) -> list[History]:
        """Return the values as plain arrays (n, C), the channels of a table together."""
        return [
            History.of(one.channels, key)._replace(missing=one.missing.reshape(one.channels.shape))
            for key, one in zip(self.ids, self.series, strict=True)
        ]

    def wrap(
        self,
        values: Sequence[np.ndarray],
        label: str,
        names: Sequence[Hashable] | None = None,
        indexes: Sequence[pd.Index] | None = None,
    ) -> Any:
        """Return what was found for each series in the form that came.

        Parameters
        ----------
        values : sequence of array-like of shape (h,), (h, C), or (h, C, k) with `names`
            One for each series, in their order.
        label : str
            Name of the model, which long tables have as the name of the column.
        names : sequence of k str, optional
            What the last axis holds, such as ``["mean", "lo-80", "hi-80"]``.
        indexes : sequence of pandas.Index, optional
            Labels of each series' rows; by default those that follow its history.

        Returns
        -------
        pandas.Series, pandas.DataFrame or dict
            With `names`: as columns of a series, as second level of a table's columns. In a long table the
            column ``mean`` is called `label`, any other ``<label>-<name>``.
        """
        arrays = [np.asarray(part, dtype=np.float64) for part in values]
        if indexes is None:
            indexes = self.following(len(arrays[0]))
        if self.form.kind in ("single", "dict"):
            parts = [_label(*part, names) for part in zip(self.series, arrays, indexes, strict=True)]
            return parts[0] if self.is_single else dict(zip(self.ids, parts, strict=True))
        keys = self.keys.repeat([len(index) for index in indexes])
        times = indexes[0].append(list(indexes[1:]))
        table = np.concatenate([array.reshape(len(array), -1) for array in arrays])
        if self.form.kind == "long":
            key, time, _ = self.form.names
            columns = [label if name == "mean" else f"{label}-{name}" for name in names or ["mean"]]
            return pd.concat(
                [pd.DataFrame({key: keys, time: times}), pd.DataFrame(table, columns=columns)], axis=1
            )
        name = self.form.names[2] if self.columns is None else None
        whole = Observed(table, times, name, np.empty(0), {}, self.columns)
        levels = pd.MultiIndex.from_arrays([keys, times], names=self.form.names[:2])
        return _label(whole, table.reshape(len(table), *arrays[0].shape[1:]), levels, names)

    def wrap_paths(self, values: Sequence[np.ndarray], label: str) -> Any:
        """Return paths (h, C, n) of what follows each series in the form that came.

        As `wrap` with the paths' numbers as names; in a long table they are the column ``path``, and each
        path has rows of its own.
        """
        h, _, n = values[0].shape
        if self.form.kind != "long":
            return self.wrap(values, label, range(n))
        key, time, _ = self.form.names
        indexes = self.following(h)
        times = [index.take(np.tile(np.arange(h), n)) for index in indexes]
        table = {
            key: self.keys.repeat(h * n),
            time: times[0].append(times[1:]),
            "path": np.tile(np.arange(n).repeat(h), len(values)),
            label: np.concatenate([part[:, 0].T.ravel() for part in values]),
        }
        return pd.DataFrame(table)

    def observed(self) -> Any:
        """Return the histories in the form that came, NaN where nothing was observed."""
        if self.form.kind in ("long", "levels"):
            label = self.form.names[2] if self.form.kind == "long" else ""
            return self.wrap(
                [one.raw for one in self.series], label, None, [one.index for one in self.series]
            )
        parts = []
        for one in self.series:
            part = one.wrap(one.raw, one.index)
            part.attrs = dict(one.attrs)
            parts.append(part)
        return parts[0] if self.is_single else dict(zip(self.ids, parts, strict=True))

    def one(self, i: int) -> "Panel":
        """Return the panel of the series at position `i` alone, named as it is told from others."""
        return Panel(pd.Index([None]), [self.series[i]._replace(name=self.ids[i])], Form("single"))

    def following(self, horizon: int) -> list[pd.Index]:
        """Return the labels of the `horizon` steps after each series, found once for those that agree."""
        if self.is_single:
            return [continue_index(self.series[0].index, horizon)]
        return continue_all([one.index for one in self.series], horizon)

    def read_alike(self, y: Any, *, missing: str = "error") -> "Panel":
        """Read other histories of the same channels, in any form; new series may be among them.

        Raises
        ------
        TypeError, ValueError
            As by `read_panel`, or if the columns are others.
        """
        columns = self.form.names if self.form.kind == "long" else COLUMNS
        if not is_panel(y, columns):
            single = frames.read_alike(y, self.series[0], missing=missing)
            return Panel(pd.Index([None]), [single], Form("single"))
        panel = read_panel(y, missing=missing, columns=columns)
        frames.check_alike(panel.columns, self.columns)
        return panel

    def read_further(self, y: Any, *, missing: str = "error") -> "Panel":
        """Read what follows the histories, and return both as one; lists and arrays continue the index.

        Series of which nothing comes stay as they are, and new ones may come.

        Raises
        ------
        TypeError, ValueError
            As by `read_alike`, or if what comes of a series does not start after its end.
        """
        if self.is_single:
            return replace(self, series=[frames.read_further(y, self.series[0], missing=missing)])
        check_missing(missing)
        known = dict(zip(self.ids, self.series, strict=True))
        if isinstance(y, dict):
            y = {key: _follow(part, known.get(key)) for key, part in y.items()}
        further = parse(y, self.form.names if self.form.kind == "long" else COLUMNS)
        if further.form.kind == "single":
            raise TypeError(
                f"`y` is a single series; the model was fitted to {len(known)}. "
                "Pass what follows as a panel, too."
            )
        frames.check_alike(further.series[0].columns, self.columns)
        for key, part in zip(further.keys, further.series, strict=True):
            known[key] = _join(known[key], part, key) if key in known else part
        keys = self.keys.append(further.keys[~further.keys.isin(self.keys)])
        return _complete(Parsed(keys, list(known.values()), self.form), missing)


def read_panel(y: Any, *, missing: str = "error", columns: Sequence[Hashable] = COLUMNS) -> Panel:
    """Check one or many series and copy them into arrays; nothing is sorted but by series.

    Parameters
    ----------
    y : series, table of channels, long table, series or table with two levels, or dict
        A long table has exactly the three `columns`; rows of one series need not be adjacent. The two levels
        of an index are series and time. The values of a dict, or a panel of one, are what
        `tsrnn.timeseries.series.read_channels` takes.
    missing : {"error", "interpolate", "mask"}, default "error"
        As for `tsrnn.timeseries.series.read_series`. What is missing before the first observation of a
        panel's series has not begun yet and is cut off; a series without any observation is refused under
        "error" and left out with a warning else.
    columns : (str, str, str), default ("unique_id", "ds", "y")
        Columns of a long table: what tells series apart, times, values.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError, ValueError
        As by `tsrnn.timeseries.series.read_channels`, naming the series.

    Warns
    -----
    UserWarning
        If series without any observation are left out.

    Examples
    --------
    >>> panel = read_panel({"a": [1.0, 2.0], "b": [3.0, 4.0, 5.0]})
    >>> [len(one.values) for one in panel.series]
    [2, 3]
    """
    check_missing(missing)
    if not isinstance(columns, list | tuple) or len(columns) != 3:
        raise ValueError(
            "`columns` must name three columns of a long table: what tells series apart, times, values; got "
            f'{columns!r}. Pass columns=("id", "time", "value").'
        )
    return _complete(parse(y, columns), missing)


def _complete(parsed: Parsed, missing: str) -> Panel:
    """Cut what has not begun, fill gaps and leave out what was never observed."""
    if parsed.form.kind == "single":
        return Panel(parsed.keys, [frames.fill(parsed.series[0], missing)], parsed.form)
    seen = [~one.missing.reshape(len(one.index), -1) for one in parsed.series]
    observed = np.any([steps.any(axis=0) for steps in seen], axis=0)
    series: list[Observed] = []
    empty: list[int] = []
    for i, (key, one) in enumerate(zip(parsed.keys, parsed.series, strict=True)):
        if not seen[i].any():
            empty.append(i)
            continue
        first = int(seen[i].any(axis=1).argmax())
        if first:
            parts = one.values[first:], one.index[first:], one.missing[first:]
            one = one._replace(values=parts[0], index=parts[1], missing=parts[2])
        series.append(_fill(one, missing, key, observed))
    if empty:
        _report_empty([parsed.keys[i] for i in empty], len(parsed.keys), missing)
    return Panel(parsed.keys.delete(empty) if empty else parsed.keys, series, parsed.form)


def _report_empty(keys: list[Hashable], total: int, missing: str) -> None:
    what = f"`y` has no observed value in {len(keys)} of {total} series: {frames.list_some(keys)}"
    if len(keys) == total:
        raise ValueError(f"{what}. Supply data.")
    if missing == "error":
        raise ValueError(f'{what}. Leave them out, or pass missing="interpolate" or "mask", which do.')
    warnings.warn(f"{what}. They are left out.", stacklevel=5)


def _fill(one: Observed, missing: str, key: Hashable, observed: np.ndarray) -> Observed:
    """Fill a series' gaps; a channel unknown in this series but `observed` in others is zero under "mask"."""
    if missing == "mask" and one.columns is not None:
        one.values[:, one.missing.all(axis=0) & observed] = 0.0
    return frames.fill(one, missing, f" in series {key!r}")


def _label(
    observed: Observed, values: np.ndarray, index: pd.Index, names: Sequence[Hashable] | None
) -> pd.Series | pd.DataFrame:
    """Return values (h, C), or (h, C, k) with k names, as what `observed` was."""
    if names is None:
        return observed.wrap(values, index)
    if observed.columns is None:
        return pd.DataFrame(values.reshape(len(values), -1), index, pd.Index(names))
    levels = [observed.columns.repeat(len(names)), list(names) * len(observed.columns)]
    columns = pd.MultiIndex.from_arrays(levels, names=[observed.columns.name, None])
    return pd.DataFrame(values.reshape(len(values), -1), index, columns)


def _follow(part: Any, first: Observed | None) -> Any:
    """Return a list or array with the labels after its series' history."""
    if first is None or isinstance(part, pd.Series | pd.DataFrame):
        return part
    return frames.follow(np.asarray(part), first)


def _join(first: Observed, further: Observed, key: Hashable) -> Observed:
    frames.check_after(further.index, first.index, f" of series {key!r}")
    values, missing = (
        np.concatenate([first.raw, further.values]),
        np.concatenate([first.missing, further.missing]),
    )
    return first._replace(values=values, index=first.index.append(further.index), missing=missing)
