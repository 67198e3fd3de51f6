"""Honest comparison of forecasters from rolling origins."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.folds import fold_frame, forecast_frame
from tsrnn.forms import COLUMNS
from tsrnn.frames import read_series
from tsrnn.judgement import Backtest
from tsrnn.lineup import default_models, name_models
from tsrnn.origins import Origins, Truths, cut_sizes, read_truths
from tsrnn.parameters import check_choice, check_number, check_positive_integer
from tsrnn.rolling import Task, copy_forecaster, run_all, takes, takes_all
from tsrnn.seasons import find_season
from tsrnn.timeline import natural_season

__all__ = ["Backtest", "backtest", "compare", "default_models"]

JUDGES = 100  # series whose labels tell the season of a panel


class _Plan(NamedTuple):
    truths: Truths
    horizon: int
    step: int
    sizes: np.ndarray  # observations up to each cutoff, (n_windows, n_series)
    season_length: int


def backtest(
    models: Any,
    y: Any,
    horizon: int,
    X: Any = None,
    *,
    X_past: Any = None,
    static: pd.DataFrame | None = None,
    level: float | Sequence[float] | None = None,
    columns: Sequence[str] = COLUMNS,
    n_windows: int = 1,
    step: int | None = None,
    refit: bool = True,
    season_length: int | Literal["auto"] | None = "auto",
    max_history: int | Literal["auto"] | None = "auto",
    time_limit: float | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Backtest:
    """Forecast one or many series from several origins with several models and keep what came of it.

    At each origin a fresh copy of each model is fitted to everything up to the cutoff and forecasts the
    `horizon` points that follow; the last origin's truth ends with `y`. A model never sees a value after its
    cutoff. One that fails or is too slow gets a row in ``folds`` that says so, and NaN for its forecast; what
    it warns of is kept there too.

    Each series of a panel is cut from its own end. One too short for an origin, with less than a season and
    one observation before it, takes part in those it is long enough for. A model of all series (its ``scope``
    is "global", as of `RNNForecaster`) is given the panel, or table of channels, in the form it came in; of
    any other, each series gets its own copy, which learns its intervals from that series alone, too.

    Parameters
    ----------
    models : forecaster, list of forecasters, or dict of name to forecaster
        Anything with ``fit(y)`` and ``predict(horizon)``. They are copied, never changed; where a copy has
        the parameter ``horizon``, it is set to the backtest's. ``X``, ``X_past``, ``static`` and ``level``
        go to those whose methods have an argument of that name, covariates to none that has
        ``uses_covariates = False``.
    y : Series or array-like of shape (n,), DataFrame, or dict of Series
        One series; a DataFrame of channels, each column judged as a series; or a panel: a long DataFrame with
        the three `columns`, a Series with a two-level index (series, time), or a dict of Series. Truth that
        is NaN is skipped by the scores; each model's ``missing`` says what it does about NaN in training.
    horizon : int
        Steps to forecast from each origin.
    X : DataFrame or dict of DataFrames, optional
        Covariates known ahead: of the form of `y`, or one table indexed by time for all series. A model is
        fitted with the rows up to the cutoff and forecasts with those of the horizon.
    X_past : DataFrame or dict of DataFrames, optional
        Covariates known up to the cutoff only, in the same forms.
    static : DataFrame, optional
        Indexed by the series: what tells them apart. For models of all series.
    level : float or sequence of float, optional
        Percents of the intervals to ask for and to judge, such as 80 or ``[80, 95]``.
    columns : sequence of three str, default=("unique_id", "ds", "y")
        Columns of a long table that name the series, the time and the value.
    n_windows : int, default=1
        Number of origins. A p-value needs at least 10, or as many series.
    step : int, optional
        Observations between origins; by default `horizon`, with which the forecasts don't overlap.
    refit : bool, default=True
        False fits each model once, before the first origin, and calls ``predict(horizon, y=history)`` at the
        others.
    season_length : int, "auto" or None, default="auto"
        Season of MASE's scale and of the SeasonalNaive that scores are relative to; the models have their
        own. "auto" takes the index's natural season (12 for months, 24 for hours, ...) if the first training
        window shows it, or has less than three seasons to judge by; of several series, in any case, as the
        forecasting competitions do, unless none is long enough. None or 1: no season.
    max_history : int, "auto" or None, default="auto"
        The most recent observations given to models that don't scale, which are those with a ``max_history``
        that is not None. "auto" is that number (2,000 for the classics), an int replaces it, None lifts it.
    time_limit : float, optional
        Seconds for one fit and its forecasts: of one model at one origin, or of its copy for one series.
        Cooperative: a model of this library stops when the time is up, another one is found out when it has
        finished.
    n_jobs : int, optional
        Threads over models, origins and series, or what `joblib.parallel_config` sets up; by default one
        after the other. The forecasts are the same for any number; seconds are not.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    Backtest
        ``forecasts``, ``folds``, ``scores()``, ``significance()``, ``plot()``, ``to_html(path)``.

    Raises
    ------
    TypeError, ValueError
        If a parameter or `y` cannot be used, names of models are not unique, or `y` is too short: all of its
        series, if it has several.

    Warns
    -----
    RuntimeWarning
        If no model has forecast anything.

    References
    ----------
    Tashman (2000), "Out-of-sample tests of forecasting accuracy: an analysis and review", International
    Journal of Forecasting 16(4).

    Examples
    --------
    >>> from tsrnn.baselines import Drift, Naive
    >>> result = backtest([Naive(), Drift()], [3, 5, 6, 8, 11, 12, 14], horizon=2, n_windows=2)
    >>> result.scores()["MASE"].round(2).to_dict()
    {'Drift': 0.67, 'Naive': 1.67}

    Two series:

    >>> panel = {"north": pd.Series([3.0, 5, 6, 8, 11, 12, 14]), "south": pd.Series([9.0, 7, 8, 6, 5])}
    >>> result = backtest([Naive(), Drift()], panel, horizon=2)
    >>> result.scores(by="series")["MASE"].round(2).to_dict()
    {('Drift', 'north'): 0.5, ('Drift', 'south'): 1.17, ('Naive', 'north'): 1.0, ('Naive', 'south'): 1.67}
    """
    levels = _levels(level)
    plan = _plan(y, horizon, n_windows, step, season_length, columns, refit)
    _check_options(max_history, time_limit)
    named = {name: copy_forecaster(model, plan.horizon) for name, model in name_models(models).items()}
    caps = _caps(named, max_history)
    origins = Origins.cut(plan.truths, plan.sizes, plan.horizon, X=X, X_past=X_past, static=static)
    folds = run_all(_tasks(named, origins, refit, levels, caps, time_limit), n_jobs, verbose)
    result = Backtest(
        forecasts=forecast_frame(folds, origins, list(named), levels),
        folds=fold_frame(folds, origins, list(named)),
        models=named,
        histories={fold.model: fold.history for fold in folds if fold.history is not None},
        truths=plan.truths,
        horizon=plan.horizon,
        step=plan.step,
        season_length=plan.season_length,
        refit=refit,
        max_history=caps,
        level=levels,
        covariates=_given(named, {"X": X, "X_past": X_past, "static": static}, plan.truths.form),
    )
    if (result.folds["n_failed"] == result.folds["n_series"]).all():
        message = f"No model has forecast anything, see .folds; the first: {result.folds['message'].iloc[0]}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
    return result


def compare(
    y: Any,
    horizon: int,
    n_windows: int = 5,
    models: Any = None,
    *,
    X: Any = None,
    X_past: Any = None,
    static: pd.DataFrame | None = None,
    level: float | Sequence[float] | None = None,
    columns: Sequence[str] = COLUMNS,
    step: int | None = None,
    refit: bool = True,
    season_length: int | Literal["auto"] | None = "auto",
    max_history: int | Literal["auto"] | None = "auto",
    time_limit: float | None = None,
    n_jobs: int | None = None,
    random_state: int | None = 0,
    verbose: int = 0,
) -> Backtest:
    """Compare recurrent networks with the classics on one or many series: `backtest` with usual models.

    Parameters
    ----------
    y : Series or array-like of shape (n,), DataFrame, or dict of Series
        One series, a table of channels, or a panel.
    horizon : int
        Steps to forecast from each origin.
    n_windows : int, default=5
        Number of origins. A p-value needs at least 10.
    models : forecaster, list of forecasters, or dict of name to forecaster, optional
        By default `default_models`, which interpolate if `y` has missing values; without ARIMA for more than
        100 series. Where `season_length` is "auto", they judge by themselves which of several series have a
        season.
    random_state : int, optional
        Seed of the default recurrent models.
    X, X_past, static, level, columns, step, refit, season_length, max_history, time_limit, n_jobs, verbose
        As in `backtest`.

    Returns
    -------
    Backtest

    Raises
    ------
    TypeError, ValueError
        As `backtest`.

    Examples
    --------
    >>> from tsrnn.baselines import Naive, Theta
    >>> y = [3.0, 5, 6, 8, 11, 12, 14, 15, 17, 20]
    >>> result = compare(y, horizon=2, n_windows=2, models=[Naive(), Theta()])
    >>> result.scores()[["vs SeasonalNaive", "failed"]].loc["Naive"].tolist()
    [1.0, 0.0]
    """
    if models is None:
        plan = _plan(y, horizon, n_windows, step, season_length, columns, refit)
        models = default_models(
            plan.horizon,
            plan.season_length,
            missing="interpolate" if np.isnan(plan.truths.values).any() else "error",
            n_observations=plan.truths.lengths.max(),
            n_series=plan.truths.n_series,
            own_season=plan.truths.n_series > 1 and season_length == "auto",
            random_state=random_state,
        )
    return backtest(
        models,
        y,
        horizon,
        X,
        X_past=X_past,
        static=static,
        level=level,
        columns=columns,
        n_windows=n_windows,
        step=step,
        refit=refit,
        season_length=season_length,
        max_history=max_history,
        time_limit=time_limit,
        n_jobs=n_jobs,
        verbose=verbose,
    )


def _levels(level: Any) -> tuple[float, ...]:
    if level is None:
        return ()
    listed = [level] if np.ndim(level) == 0 else list(level)
    for percent in listed:
        check_number("level", percent, 0, 100, open_low=True)
    return tuple(dict.fromkeys(listed))


def _check_options(max_history: Any, time_limit: Any) -> None:
    if max_history is not None and max_history != "auto":
        check_positive_integer("max_history", max_history, 'observations, or "auto" or None', 2)
    if time_limit is not None:
        check_number("time_limit", time_limit, 0, np.inf, open_low=True)


def _plan(
    y: Any, horizon: Any, n_windows: Any, step: Any, season_length: Any, columns: Sequence[str], refit: Any
) -> _Plan:
    truths = read_truths(y, columns)
    horizon = check_positive_integer("horizon", horizon, "steps")
    n_windows = check_positive_integer("n_windows", n_windows, "origins")
    step = horizon if step is None else check_positive_integer("step", step, "observations")
    check_choice("refit", refit, (True, False))
    shortest = 2
    if season_length != "auto":
        season_length = 1 if season_length is None else season_length
        unit = 'observations, or "auto" or None'
        season_length = check_positive_integer("season_length", season_length, unit)
        shortest = season_length + 1
    sizes = cut_sizes(truths.lengths, horizon, n_windows, step, shortest, refit)
    if season_length == "auto":
        season_length = _visible_season(truths, sizes)
        sizes = cut_sizes(truths.lengths, horizon, n_windows, step, season_length + 1, refit)
    return _Plan(truths, horizon, step, sizes, season_length)


def _visible_season(truths: Truths, sizes: np.ndarray) -> int:
    """Return most series' natural season if one is long enough, and a single one shows it; else 1."""
    if truths.n_series > 1:
        judges = np.linspace(0, truths.n_series - 1, min(truths.n_series, JUDGES)).astype(int)
        season = Counter(natural_season(truths.series[i].index) for i in judges).most_common(1)[0][0]
        return season if season < sizes[0].max() else 1
    train = truths.series[0].iloc[: sizes[0, 0]]
    season = natural_season(train.index)
    if season < len(train) < 3 * season:
        return season
    return 1 if train.isna().all() else find_season(read_series(train, missing="interpolate"), "auto")


def _caps(models: Mapping[str, Any], max_history: int | Literal["auto"] | None) -> dict[str, int]:
    own = {name: getattr(model, "max_history", None) for name, model in models.items()}
    limited = {name: limit for name, limit in own.items() if limit is not None}
    if max_history == "auto":
        return limited
    return {} if max_history is None else dict.fromkeys(limited, max_history)


def _tasks(
    models: Mapping[str, Any],
    origins: Origins,
    refit: bool,
    level: tuple[float, ...],
    caps: Mapping[str, int],
    seconds: float | None,
) -> list[Task]:
    """One task for each fit: of a model of all series, or of a copy for one of them."""
    taking_part = np.flatnonzero(origins.sizes.any(axis=0))
    form = origins.truths.form
    singles = []
    if not all(takes_all(model, form) for model in models.values()):
        singles = [origins.single(int(i)) for i in taking_part]
    tasks = []
    for name, model in models.items():
        for part in [origins] if takes_all(model, form) else singles:
            windows = np.flatnonzero(part.sizes.any(axis=1)).tolist()
            fits = [[window] for window in windows] if refit else [windows]
            tasks += [Task(name, model, part, fit, level, caps.get(name), seconds) for fit in fits]
    return tasks


def _given(models: Mapping[str, Any], tables: Mapping[str, Any], form: str) -> dict[str, list[str]]:
    """Return the models that were given each of the tables there are."""
    return {
        table: [
            name
            for name, model in models.items()
            if takes(model, table) and (table != "static" or (takes_all(model, form) and form != "series"))
        ]
        for table, value in tables.items()
        if value is not None
    }
