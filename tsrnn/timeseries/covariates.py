"""The door for what is known beside the series: aligned with them, checked, and turned into plain arrays."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.timeseries.covariate_alignment import Source
from tsrnn.timeseries.covariate_tables import read_numbers, read_static, read_table, select
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.timeseries.future_index import steps_before, usual_step
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.series import list_some
from tsrnn.timeseries.time_features import Calendar, find_calendar
from tsrnn.training.history import History

_NONE = np.empty((0, 0))
_UNKNOWN = History(_NONE, _NONE, _NONE, _NONE)


@dataclass(frozen=True)
class Scheme:
    """Which covariates a model was fitted with, so that the same arrive when it forecasts.

    Attributes
    ----------
    ahead, past : pandas.Index
        Columns of `X` and `X_past`; empty without.
    numbers : pandas.Index
        Numeric columns of `static`.
    categories : dict of column to pandas.Index
        The other columns of `static`, with their categories, numbered in this order.
    calendar : Calendar or None
        What it knows ahead; its columns follow those of `X`.
    step : float or None
        The usual step of the index, if the steps before each label are an input: the last column of what is
        known up to the cutoff.
    columns : tuple
        Names of a long table's columns.
    static : dict of id to (ndarray, ndarray)
        What `static` says of the series that the model was fitted to.
    """

    ahead: pd.Index = field(default_factory=lambda: pd.Index([]))
    past: pd.Index = field(default_factory=lambda: pd.Index([]))
    numbers: pd.Index = field(default_factory=lambda: pd.Index([]))
    categories: dict[Hashable, pd.Index] = field(default_factory=dict)
    calendar: Calendar | None = None
    step: float | None = None
    columns: tuple[Any, ...] = COLUMNS
    static: dict[Hashable, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    @property
    def n_ahead(self) -> int:
        """Covariates known ahead, the calendar's included."""
        return len(self.ahead) + len(self.calendar.names if self.calendar else ())

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Number of categories in each column that has them."""
        return tuple(map(len, self.categories.values()))


def learn(
    panel: Panel,
    X: Any = None,
    X_past: Any = None,
    static: Any = None,
    *,
    calendar: str | None = None,
    time_step: bool = False,
    missing: str = "error",
) -> tuple[Scheme, list[History]]:
    """Return what goes with the series that a model is fitted to, and how to read the like again.

    Parameters
    ----------
    panel : Panel
        S series.
    X, X_past : DataFrame, Series, dict or array, optional
        Known ahead, and known up to the cutoff: in the form of the panel, or one table indexed by time for
        all series. Numbers or bools; a row for each step of each series, further ones are ignored. An array
        has exactly the rows of a single series.
    static : DataFrame indexed by id, optional
        One row a series; for a single series one row. Numeric columns are numbers, all others categories.
    calendar : {None, "auto"}, default None
        "auto": `tsrnn.timeseries.time_features.calendar_features` are known ahead, too, of those cycles that
        the longest series goes through at least twice.
    time_step : bool, default False
        Whether how long it is since the label before is known up to the cutoff, too: the logarithm of it in
        usual (median) steps; 0 for the first.
    missing : {"error", "interpolate", "mask"}, default "error"
        What NaN in `X` and `X_past` gets. "interpolate": in `X`, which is known ahead, the straight line
        between its neighbours; in `X_past` the last value known then, as no other was; at the start the first
        one. "mask": it stays.

    Returns
    -------
    scheme : Scheme
    histories : list of S History

    Raises
    ------
    TypeError, ValueError
        If rows, series or columns are absent or twice there, or values are no numbers.

    Examples
    --------
    >>> from tsrnn.timeseries.panel import read_panel
    >>> panel = read_panel(pd.Series([3.0, 4.0], pd.period_range("2024-01", periods=2, freq="M")))
    >>> X = pd.DataFrame({"price": [1, 2, 3]}, pd.period_range("2024-01", periods=3, freq="M"))
    >>> scheme, histories = learn(panel, X)
    >>> histories[0].future
    array([[1.],
           [2.]])
    >>> attach(panel, X, scheme=scheme, horizon=1, before=histories)[0].future
    array([[1.],
           [2.],
           [3.]])
    """
    if calendar not in (None, "auto"):
        raise ValueError(f'`calendar` must be None or "auto"; got {calendar!r}.')
    columns = panel.form.names if panel.form.kind == "long" else COLUMNS
    ahead, past = (read_table(what, value, panel, columns) for what, value in (("X", X), ("X_past", X_past)))
    if ahead is not None and past is not None and len(both := ahead.columns.intersection(past.columns)):
        raise ValueError(f"Column {both[0]!r} is in both `X` and `X_past`; it belongs in one of them.")
    numbers, categories = read_static(static, panel, columns)
    longest = max((one.index for one in panel.series), key=len)
    scheme = Scheme(
        pd.Index([]) if ahead is None else ahead.columns,
        pd.Index([]) if past is None else past.columns,
        numbers,
        categories,
        find_calendar(longest).within(longest) if calendar else None,
        usual_step([one.index for one in panel.series]) if time_step else None,
        columns,
    )
    histories = attach(panel, ahead, past, static, scheme=scheme, missing=missing)
    for one in histories:
        scheme.static[one.name] = one.static, one.codes
    return scheme, histories


def attach(
    panel: Panel,
    X: Any = None,
    X_past: Any = None,
    static: Any = None,
    *,
    scheme: Scheme,
    horizon: int = 0,
    missing: str = "error",
    before: Sequence[History] = (),
) -> list[History]:
    """Return histories with the covariates of a scheme, known `horizon` steps ahead.

    Parameters
    ----------
    panel, X, X_past, static, missing
        As for `learn`; columns in any order. A category that is not in the scheme has the number -1. Without
        `static`, series that the model was fitted to keep what it said of them.
    scheme : Scheme
    horizon : int, default 0
        Steps after each series for which `X` needs rows, too.
    before : sequence of History, optional
        Whose covariates are known: rows of `X` and `X_past` for their steps are not needed and are ignored.

    Returns
    -------
    list of History

    Raises
    ------
    TypeError, ValueError
        As by `learn`; or if the columns are not those of the scheme.
    """
    sources = [
        Source(what, select(what, read_table(what, value, panel, scheme.columns), columns), columns, missing)
        for what, value, columns in (("X", X, scheme.ahead), ("X_past", X_past, scheme.past))
    ]
    known = {one.name: one for one in before}
    ahead = panel.following(horizon) if horizon and scheme.n_ahead else [None] * len(panel.series)
    indexes = [
        one.index if after is None else one.index.append(after)
        for one, after in zip(panel.series, ahead, strict=True)
    ]
    calendar = _calendar(scheme.calendar, indexes)
    statics = _statics(panel, static, scheme, known)
    histories = []
    for i, (one, index) in enumerate(zip(panel.histories(), indexes, strict=True)):
        n, first = len(one.values), known.get(one.name, _UNKNOWN)
        start = len(first.values)
        future = sources[0].rows(one.name, index, n, first.future[:start, : len(scheme.ahead)])
        past = sources[1].rows(one.name, index[:n], n, first.past[:, : len(scheme.past)])
        if scheme.step:
            past = np.column_stack([past, steps_before(index[:n], scheme.step)])
        if scheme.calendar:
            future = np.concatenate([future, calendar[i]], axis=1)
        numbers, codes = statics[i]
        histories.append(one._replace(past=past, future=future, static=numbers, codes=codes))
    return histories


def _calendar(calendar: Calendar | None, indexes: list[pd.Index]) -> list[np.ndarray]:
    """Return the calendar's columns for each index, found once for each label."""
    if calendar is None:
        return []
    labels = indexes[0].append(indexes[1:]) if len(indexes) > 1 else indexes[0]
    union = labels.unique()
    features = calendar.features(union)[union.get_indexer(labels)]
    return np.split(features, np.cumsum([len(index) for index in indexes])[:-1])


def _statics(
    panel: Panel, static: Any, scheme: Scheme, known: Mapping[Hashable, History]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the static numbers (S,) and codes (K,) of each series."""
    if static is not None:
        return read_numbers(static, panel, scheme.columns, scheme.numbers, scheme.categories)
    if not len(scheme.numbers) and not scheme.categories:
        return [(np.empty(0), np.empty(0, np.int64))] * len(panel.series)
    remembered = scheme.static | {key: (one.static, one.codes) for key, one in known.items()}
    if absent := [key for key in panel.ids if key not in remembered]:
        raise ValueError(
            f"The model was fitted with `static`; {len(absent)} of {len(panel.ids)} series are new and need "
            f"it: {list_some(absent)}. Pass static=."
        )
    return [remembered[key] for key in panel.ids]


def uses(forecaster: Any, table: str) -> bool:
    """Whether a forecaster uses the covariates of this name, as its ``uses_covariates`` says."""
    used = getattr(forecaster, "uses_covariates", True)
    return used if isinstance(used, bool) else table in used
