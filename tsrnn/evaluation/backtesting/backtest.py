"""Backtests of forecasters from rolling origins: `backtest` and `compare`."""

import warnings
from collections.abc import Mapping, Sequence
from inspect import Parameter, signature
from os import PathLike
from typing import Any, Literal

import numpy as np
import pandas as pd

from tsrnn.evaluation.backtesting.cache import Cache
from tsrnn.evaluation.backtesting.default_models import Usual, default_models, name_models
from tsrnn.evaluation.backtesting.fold_table import fold_frame, forecast_frame
from tsrnn.evaluation.backtesting.jobs import list_jobs, run_all
from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.evaluation.backtesting.runner import copy_forecaster, takes, takes_all
from tsrnn.evaluation.backtesting.splits import make_splits
from tsrnn.evaluation.result import Backtest
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.validation import N_JOBS, check_choice, check_number, check_percent, check_positive_integer

__all__ = ["Backtest", "backtest", "compare", "default_models"]


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
    gap: int = 0,
    refit: bool | int = True,
    reselect: bool = False,
    train_size: int | None = None,
    max_history: int | Literal["auto"] | None = "auto",
    season_length: int | Literal["auto"] | None = "auto",
    time_limit: float | None = None,
    cache: str | PathLike[str] | None = None,
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
        ``uses_covariates = False``, and of a tuple there only those named.
    y : Series or array-like of shape (n,), DataFrame, or dict of Series
        One series; a DataFrame of channels, each column a series; or a panel: a long DataFrame with
        the three `columns`, a Series with a two-level index (series, time), or a dict of Series. Truth that
        is NaN is skipped by the scores; each model's ``missing`` says what it does about NaN in training.
    horizon : int
        Steps to forecast from each origin.
    X : DataFrame or dict of DataFrames, optional
        Future covariates: of the form of `y`, or one table indexed by time for all series. A model is
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
    gap : int, default=0
        Steps after each cutoff that are forecast but not evaluated, such as the days until data arrive or
        decisions take effect. Models are asked for ``gap + horizon`` steps; step ``gap + 1`` is the first
        evaluated, and steps are counted from the cutoff everywhere.
    refit : bool or int, default=True
        True fits each model at each origin; k at every k-th, from the oldest on; False once, at the oldest.
        From the origins between, ``predict(horizon, y=history)`` is called; recurrent models do it for all at
        once where that gives the same.
    reselect : bool, default=False
        Whether models that search, for orders or components, do so in each fit. Otherwise those that have a
        method ``settled()`` search in their first one: it returns an unfitted forecaster that is told what
        was found, and a copy of that is fitted at the later origins.
    train_size : int, optional
        The most recent observations of a series that models are given, a window that slides; by default all,
        a window that grows. Where there are fewer yet, all. Of this and `max_history` the smaller counts.
        MASE is scaled by all observations before a cutoff, so that scores of different `train_size` can be
        compared.
    max_history : int, "auto" or None, default="auto"
        The most recent observations given to models that don't scale, which are those with a ``max_history``
        that is not None. "auto" is that number (2,000 for the classics), an int replaces it, None lifts it.
    season_length : int, "auto" or None, default="auto"
        Season of MASE's scale and of the SeasonalNaive that scores are relative to; the models have their
        own. "auto" takes the index's natural season (12 for months; of 24 and 168 for hours the one after
        which the first training window repeats better) if the first training window shows it, or has less
        than three seasons to judge by; of several series, in any case, as the forecasting competitions do,
        unless none is long enough. None or 1: no season.
    time_limit : float, optional
        Seconds for one fit and its forecasts: of one model at one origin, or of its copy for one series.
        Cooperative: a model of this library stops when the time is up, another one is found out when it has
        finished.
    cache : str or path, optional
        Directory in which each fit and its forecasts are kept as soon as they are done: after Ctrl-C or a
        crash, the same call goes on where it stopped, and one with more origins or models computes only
        these. It holds arrays and JSON, nothing executable. Forecasts are found again by all that they depend
        on: parameters, data, and the versions of the libraries; a model without a ``random_state`` gets back
        those it has made. What failed or took too long is tried again. The files may be deleted at any time.
    n_jobs : int, optional
        Threads over models, origins and series, or what `joblib.parallel_config` sets up, such as processes
        or a cluster; by default one after the other. The forecasts are the same for any number; seconds are
        not.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    Backtest
        ``verdict``, ``forecasts``, ``folds``, ``scores()``, ``significance()``, ``confidence_set()``,
        ``ranks()``, ``plot()``, ``to_html(path)``.

    Raises
    ------
    TypeError, ValueError
        If a parameter or `y` cannot be used, names of models are not unique, or `y` is too short: all of its
        series, if it has several.

    Warns
    -----
    RuntimeWarning
        If no model has forecast anything; if `cache` could not take everything in, as on a full disk.

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
    _refuse_models(y)
    levels, n_jobs = _levels(level), N_JOBS.check("n_jobs", n_jobs)
    splits = make_splits(
        y,
        horizon,
        n_windows=n_windows,
        step=step,
        gap=gap,
        refit=refit,
        train_size=train_size,
        season_length=season_length,
        columns=columns,
    )
    _check_options(reselect, max_history, time_limit)
    if isinstance(models, Usual):
        models = models.of(splits, own_season=season_length == "auto")
    asked = splits.gap + splits.horizon
    named = {name: copy_forecaster(model, asked) for name, model in name_models(models).items()}
    limits = _limits(named, max_history, splits.train_size)
    origins = Origins.read(
        splits.observed, splits.sizes, splits.horizon, splits.gap, X=X, X_past=X_past, static=static
    )
    jobs = list_jobs(named, origins, splits, levels, limits, time_limit, reselect=reselect)
    folds = run_all(jobs, n_jobs, verbose, None if cache is None else Cache(cache))
    result = Backtest(
        forecasts=forecast_frame(folds, origins, list(named), levels),
        folds=fold_frame(folds, origins, list(named)),
        models=named,
        histories={fold.model: fold.history for fold in folds if fold.history is not None},
        truths=splits.observed,
        horizon=splits.horizon,
        step=splits.step,
        season_length=splits.season_length,
        refit=refit,
        max_history={name: limit for name, limit in limits.items() if limit not in (None, splits.train_size)},
        level=levels,
        covariates=_given(named, {"X": X, "X_past": X_past, "static": static}, splits.observed.form),
        gap=splits.gap,
        train_size=splits.train_size,
        settled=tuple(dict.fromkeys(fold.model for fold in folds if fold.settled)),
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
    random_state: int | None = 0,
    **options: Any,
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
        By default `default_models`, which interpolate if `y` has missing values; without AutoARIMA for more
        than 100 series. Where `season_length` is "auto", they judge by themselves which of several series
        have a season.
    random_state : int, optional
        Seed of the default recurrent models.
    **options
        All others of `backtest`: ``X``, ``X_past``, ``static``, ``level``, ``columns``, ``step``, ``gap``,
        ``refit``, ``reselect``, ``train_size``, ``max_history``, ``season_length``, ``time_limit``,
        ``cache``, ``n_jobs``, ``verbose``.

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
    models = Usual(random_state) if models is None else models
    return backtest(models, y, horizon, n_windows=n_windows, **options)


def _compare_signature() -> Any:
    """Return `compare`'s signature with the options that it hands on, for `help` and editors."""
    own = signature(compare)
    named = [p for p in own.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    handed_on = [
        p.replace(kind=Parameter.KEYWORD_ONLY)
        for p in signature(backtest).parameters.values()
        if p.name not in own.parameters
    ]
    return own.replace(parameters=[*named, *handed_on])


compare.__signature__ = _compare_signature()  # type: ignore[attr-defined]


def _refuse_models(y: Any) -> None:
    held = list(y.values()) if isinstance(y, Mapping) else y if isinstance(y, list | tuple) else [y]
    if held and callable(getattr(held[0], "predict", None)):
        raise TypeError(
            f"`y` must be one series or several; got forecasters, such as {held[0]!r}. "
            "Pass backtest(models, y, horizon), or compare(y, horizon, models=models)."
        )


def _levels(level: Any) -> tuple[float, ...]:
    if level is None:
        return ()
    listed = [level] if np.ndim(level) == 0 else list(level)
    for percent in listed:
        check_percent("level", percent)
    first: dict[str, float] = {}
    for percent in listed:
        first.setdefault(f"{percent:g}", percent)
    return tuple(first.values())


def _check_options(reselect: Any, max_history: Any, time_limit: Any) -> None:
    check_choice("reselect", reselect, (True, False))
    if max_history is not None and max_history != "auto":
        check_positive_integer("max_history", max_history, 'observations, or "auto" or None', 2)
    if time_limit is not None:
        check_number("time_limit", time_limit, 0, np.inf, open_low=True)


def _limits(
    models: Mapping[str, Any], max_history: int | Literal["auto"] | None, train_size: int | None
) -> dict[str, int | None]:
    """Return the most observations that each model is given; None for all."""
    limits: dict[str, int | None] = {}
    for name, model in models.items():
        own = getattr(model, "max_history", None)
        if own is not None and max_history != "auto":
            own = max_history
        known = [limit for limit in (own, train_size) if limit is not None]
        limits[name] = min(known, default=None)
    return limits


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
