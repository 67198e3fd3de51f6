"""Honest comparison of forecasters from rolling origins."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.base import find_season
from tsrnn.baselines import ARIMA, ETS, AutoReg, Naive, SeasonalNaive, Theta
from tsrnn.forecaster import RNNForecaster
from tsrnn.frames import read_series
from tsrnn.judgement import Backtest
from tsrnn.parameters import check_choice, check_number, check_positive_integer
from tsrnn.rolling import Fold, Task, copy_forecaster, run_all, training_sizes
from tsrnn.timeline import natural_season

__all__ = ["Backtest", "backtest", "compare", "default_models"]

KEYS = ("unique_id", "ds", "cutoff", "y")
LONGEST_ARIMA_SEASON = 60


class _Plan(NamedTuple):
    series: pd.Series
    horizon: int
    step: int
    sizes: list[int]  # observations up to each cutoff
    season_length: int


def backtest(
    models: Any,
    y: Any,
    horizon: int,
    *,
    n_windows: int = 1,
    step: int | None = None,
    refit: bool = True,
    season_length: int | Literal["auto"] | None = "auto",
    max_history: int | Literal["auto"] | None = "auto",
    time_limit: float | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Backtest:
    """Forecast a series from several origins with several models and keep what came of it.

    At each origin a fresh copy of each model is fitted to everything up to the cutoff and forecasts the
    `horizon` points that follow; the last origin's truth ends with `y`. A model never sees a value after its
    cutoff. One that fails or is too slow gets a row in ``folds`` that says so, and NaN for its forecast; what
    it warns of is kept there too.

    Parameters
    ----------
    models : forecaster, list of forecasters, or dict of name to forecaster
        Anything with ``fit(y)`` and ``predict(horizon)``. They are copied, never changed; where a copy has
        the parameter ``horizon``, it is set to the backtest's.
    y : Series or array-like of shape (n,)
        The series. Truth that is NaN is skipped by the scores; each model's own ``missing`` says what it does
        about NaN in training.
    horizon : int
        Steps to forecast from each origin.
    n_windows : int, default=1
        Number of origins. A p-value needs at least 10.
    step : int, optional
        Observations between origins; by default `horizon`, with which the forecasts don't overlap.
    refit : bool, default=True
        False fits each model once, before the first origin, and calls ``predict(horizon, y=history)`` at the
        others.
    season_length : int, "auto" or None, default="auto"
        Season of MASE's scale and of the SeasonalNaive that scores are relative to; the models have their
        own. "auto" takes the index's natural season (12 for months, 24 for hours, ...) if the first training
        window shows it, or has less than three seasons to judge by. None or 1: no season.
    max_history : int, "auto" or None, default="auto"
        The most recent observations given to models that don't scale, which are those with a ``max_history``
        that is not None. "auto" is that number (2,000 for the classics), an int replaces it, None lifts it.
    time_limit : float, optional
        Seconds for one model at one origin, fit and forecast together. Cooperative: a model of this library
        stops when the time is up, another one is found out when it has finished.
    n_jobs : int, optional
        Threads over models and origins, or what `joblib.parallel_config` sets up; by default one after the
        other. The forecasts are the same for any number; seconds are not.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    Backtest
        ``forecasts``, ``folds``, ``scores()``, ``significance()``, ``plot()``, ``to_html(path)``.

    Raises
    ------
    TypeError, ValueError
        If a parameter or `y` cannot be used, names of models are not unique, or `y` is too short.

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
    """
    plan = _plan(y, horizon, n_windows, step, season_length)
    _check_options(refit, max_history, time_limit)
    named = {name: copy_forecaster(model, plan.horizon) for name, model in _named(models).items()}
    caps = _caps(named, max_history)
    fits = [[size] for size in plan.sizes] if refit else [plan.sizes]
    tasks = [
        Task(name, model, sizes, plan.horizon, caps.get(name), time_limit)
        for name, model in named.items()
        for sizes in fits
    ]
    folds = run_all(tasks, plan.series, n_jobs, verbose)
    return Backtest(
        forecasts=_forecast_frame(folds, plan, list(named)),
        folds=_fold_frame(folds, plan.series.index),
        models=named,
        histories={fold.model: fold.history for fold in folds if fold.history is not None},
        history=plan.series,
        horizon=plan.horizon,
        step=plan.step,
        season_length=plan.season_length,
        refit=refit,
        max_history=caps,
    )


def compare(
    y: Any,
    horizon: int,
    n_windows: int = 5,
    models: Any = None,
    *,
    step: int | None = None,
    refit: bool = True,
    season_length: int | Literal["auto"] | None = "auto",
    max_history: int | Literal["auto"] | None = "auto",
    time_limit: float | None = None,
    n_jobs: int | None = None,
    random_state: int | None = 0,
    verbose: int = 0,
) -> Backtest:
    """Compare recurrent networks with the classics on one series: `backtest` with a default set of models.

    Parameters
    ----------
    y : Series or array-like of shape (n,)
        The series.
    horizon : int
        Steps to forecast from each origin.
    n_windows : int, default=5
        Number of origins. A p-value needs at least 10.
    models : forecaster, list of forecasters, or dict of name to forecaster, optional
        By default `default_models`, which interpolate if `y` has missing values.
    random_state : int, optional
        Seed of the default recurrent models.
    step, refit, season_length, max_history, time_limit, n_jobs, verbose
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
        plan = _plan(y, horizon, n_windows, step, season_length)
        models = default_models(
            plan.horizon,
            plan.season_length,
            missing="interpolate" if plan.series.isna().any() else "error",
            n_observations=len(plan.series),
            random_state=random_state,
        )
    return backtest(
        models,
        y,
        horizon,
        n_windows=n_windows,
        step=step,
        refit=refit,
        season_length=season_length,
        max_history=max_history,
        time_limit=time_limit,
        n_jobs=n_jobs,
        verbose=verbose,
    )


def default_models(
    horizon: int,
    season_length: int = 1,
    *,
    missing: str = "error",
    n_observations: int = 0,
    random_state: int | None = 0,
) -> dict[str, Any]:
    """Return the models that `compare` compares: three recurrent networks and the classics.

    All are told the same season. RNN, LSTM and GRU with default settings; Naive; SeasonalNaive if there is a
    season; ARIMA(1, 1, 1), with (0, 1, 1) at a season of up to 60 steps, beyond which it takes too long; ETS;
    Theta. AutoReg, linear prediction by least squares, joins them where ARIMA sees too little: at longer
    seasons, and in series of more than the 2,000 observations that ARIMA, ETS and Theta are given by default,
    such as audio.

    Parameters
    ----------
    horizon : int
        Steps to forecast.
    season_length : int, default=1
        Observations per season; 1 for none.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    n_observations : int, default=0
        Length of the series.
    random_state : int, optional
        Seed of the recurrent models.

    Returns
    -------
    dict of str to forecaster

    Examples
    --------
    >>> list(default_models(horizon=12, season_length=12))
    ['RNN', 'LSTM', 'GRU', 'Naive', 'SeasonalNaive', 'ARIMA', 'ETS', 'Theta']
    """
    shared: dict[str, Any] = {"horizon": horizon, "missing": missing}
    seasonal = shared | {"season_length": season_length if season_length > 1 else None}
    recurrent = [
        RNNForecaster(cell, random_state=random_state, **seasonal) for cell in ("rnn", "lstm", "gru")
    ]
    arima_sees_season = 1 < season_length <= LONGEST_ARIMA_SEASON
    needs_more = season_length > LONGEST_ARIMA_SEASON or n_observations > (ARIMA.max_history or np.inf)
    models = [
        *recurrent,
        Naive(**shared),
        *([SeasonalNaive(**seasonal)] if season_length > 1 else []),
        ARIMA(seasonal_order=(0, 1, 1, season_length) if arima_sees_season else (0, 0, 0, 0), **shared),
        ETS(**seasonal),
        Theta(**seasonal),
        *([AutoReg(**shared)] if needs_more else []),
    ]
    return {model.label: model for model in models}


def _series(y: Any) -> pd.Series:
    """Return the series as float64, NaN where nothing was observed."""
    observed = read_series(y, missing="interpolate")
    values = np.where(observed.missing, np.nan, observed.values)
    series = pd.Series(values, index=observed.index, name=observed.name)
    series.attrs.update(getattr(y, "attrs", {}))
    return series


def _named(models: Any) -> dict[str, Any]:
    if isinstance(models, Mapping):
        named = list(models.items())
    else:
        listed = list(models) if isinstance(models, list | tuple) else [models]
        named = [(getattr(model, "label", type(model).__name__), model) for model in listed]
    if not named:
        raise ValueError("`models` is empty; at least one forecaster is needed.")
    names = [name for name, _ in named]
    for name, model in named:
        _check_model(name, model)
        if names.count(name) > 1:
            raise ValueError(
                f"`models` has {names.count(name)} forecasters called {name!r}; names must be unique. "
                "Give each its own alias, or pass a dict of name to forecaster."
            )
    return dict(named)


def _check_model(name: Any, model: Any) -> None:
    if isinstance(model, type):
        raise TypeError(
            f"`models` has the class {model.__name__}; a forecaster is needed: {model.__name__}(...)."
        )
    if not callable(getattr(model, "fit", None)) or not callable(getattr(model, "predict", None)):
        raise TypeError(f"`models` must hold forecasters, with fit and predict; got {model!r}.")
    if not isinstance(name, str) or name in KEYS:
        raise ValueError(
            f"A model's name must be a string other than {', '.join(KEYS)}; got {name!r}. "
            "Choose another alias."
        )


def _check_options(refit: Any, max_history: Any, time_limit: Any) -> None:
    check_choice("refit", refit, (True, False))
    if max_history is not None and max_history != "auto":
        check_positive_integer("max_history", max_history, 'observations, or "auto" or None', 2)
    if time_limit is not None:
        check_number("time_limit", time_limit, 0, np.inf, open_low=True)


def _plan(y: Any, horizon: Any, n_windows: Any, step: Any, season_length: Any) -> _Plan:
    series = _series(y)
    horizon = check_positive_integer("horizon", horizon, "steps")
    n_windows = check_positive_integer("n_windows", n_windows, "origins")
    step = horizon if step is None else check_positive_integer("step", step, "observations")
    shortest = 2
    if season_length != "auto":
        season_length = 1 if season_length is None else season_length
        unit = 'observations, or "auto" or None'
        season_length = check_positive_integer("season_length", season_length, unit)
        shortest = season_length + 1
    sizes = training_sizes(len(series), horizon, n_windows, step, shortest)
    if season_length == "auto":
        season_length = _visible_season(series.iloc[: sizes[0]])
    return _Plan(series, horizon, step, sizes, season_length)


def _visible_season(train: pd.Series) -> int:
    """Return the index's natural season if the series shows it, or is too short to refute it; else 1."""
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


def _forecast_frame(folds: list[Fold], plan: _Plan, names: list[str]) -> pd.DataFrame:
    series, sizes, horizon = plan.series, np.array(plan.sizes), plan.horizon
    rows = (sizes[:, None] + np.arange(horizon)).ravel()
    columns = {
        "unique_id": "y" if series.name is None else str(series.name),
        "ds": series.index[rows],
        "cutoff": series.index[np.repeat(sizes - 1, horizon)],
        "y": series.to_numpy()[rows],
    }
    forecasts = {
        name: np.concatenate([fold.forecast for fold in folds if fold.model == name]) for name in names
    }
    return pd.DataFrame(columns | forecasts)


def _fold_frame(folds: list[Fold], index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": [fold.model for fold in folds],
            "cutoff": index[[fold.size - 1 for fold in folds]],
            "status": [fold.status for fold in folds],
            "message": [fold.message for fold in folds],
            "fit_seconds": [fold.fit_seconds for fold in folds],
            "predict_seconds": [fold.predict_seconds for fold in folds],
            "n_train": [fold.n_train for fold in folds],
        }
    )
