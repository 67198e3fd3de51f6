"""Fit of one model at an origin, its forecasts from there and from later origins, and its failures."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from inspect import Parameter, signature
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from tsrnn.deadline import TimeLimitError, check_deadline, time_limit
from tsrnn.evaluation.backtesting.batch_forecasts import forecast_together, forecasts_together
from tsrnn.evaluation.backtesting.fold_table import Fold
from tsrnn.evaluation.backtesting.forecast_reader import read_forecast
from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.evaluation.backtesting.warning_capture import collect_warnings
from tsrnn.timeseries.covariate_schema import uses

__all__ = ["Outcome", "Task", "copy_forecaster", "run", "takes", "takes_all"]

ANYTHING = "**"


class Task(NamedTuple):
    """One fit and its forecasts: the model is trained at the first of `windows` and forecasts from each.

    A plain tuple, which a cluster sends to whoever runs it; what it shared out among machines would be lost
    with one of them.

    Attributes
    ----------
    name : str
    forecaster : forecaster
        Not changed.
    origins : Origins
    windows : sequence of int
    level : sequence of float
    most : int or None
        The most recent observations that it is given.
    seconds : float or None
        Limit of the time for the fit and the forecasts from its origin, and from each later one.
    settles : bool
        Whether `forecaster` searches for something that is wanted for later fits.
    searching : forecaster or None
        What `forecaster`, if it is what became of such a fit, was before.
    """

    name: str
    forecaster: Any
    origins: Origins
    windows: Sequence[int]
    level: Sequence[float] = ()
    most: int | None = None
    seconds: float | None = None
    settles: bool = False
    searching: Any = None

    def blanks(self) -> list[Fold]:
        """Return the records of the origins before anything was forecast from them."""
        sizes = self.origins.sizes[self.windows[0]]
        n_train = int((sizes if self.most is None else np.minimum(sizes, self.most)).sum())
        blanks = []
        for window in self.windows:
            part = self.origins.taking_part(window)
            nothing = np.full((len(part), self.origins.horizon, 1 + 2 * len(self.level)), np.nan)
            series = self.origins.numbers[part]
            blanks.append(
                Fold(self.name, window, series, nothing, n_train=n_train, settled=self.searching is not None)
            )
        return blanks


class Outcome(NamedTuple):
    """What came of a task.

    Attributes
    ----------
    folds : list of Fold
        One for each of its origins.
    settled : forecaster or None
        Unfitted, with what it searched for fixed to what it found, if that is wanted and was found.
    """

    folds: list[Fold]
    settled: Any = None


def copy_forecaster(forecaster: Any, horizon: int) -> Any:
    """Return an unfitted copy with its parameter ``horizon``, if it has one, set to `horizon`."""
    copied = _copy(forecaster)
    if hasattr(copied, "set_params") and "horizon" in copied.get_params():
        copied.set_params(horizon=horizon)
    return copied


def _copy(forecaster: Any) -> Any:
    try:
        return clone(forecaster, safe=False)
    except (TypeError, RuntimeError):  # follows scikit-learn's conventions only halfway
        return copy.deepcopy(forecaster)


def takes(forecaster: Any, table: str) -> bool:
    """Whether a forecaster is given covariates of this name: those it has an argument for, and uses."""
    return uses(forecaster, table) and _has(forecaster.fit, table)


def takes_all(forecaster: Any, form: str) -> bool:
    """Whether a forecaster is one model of all series; of any other, each series gets a copy."""
    return form == "series" or getattr(forecaster, "scope", None) == "global"


def run(task: Task) -> Outcome:
    """Fit one model at its first origin and forecast from every one; what goes wrong is in the folds.

    Where what an earlier search has found does not fit any more, such as factors once there is a zero, the
    model searches again.
    """
    outcome = _run_once(task)
    if task.searching is not None and outcome.folds[0].status == "failed":
        return _run_once(task._replace(forecaster=task.searching, searching=None))
    return outcome


def _run_once(task: Task) -> Outcome:
    origins = task.origins
    forecaster = _copy(task.forecaster)
    fold, *later = task.blanks()
    fitted, settled = False, None
    with _recorded(fold, task.seconds):
        y = origins.training_series(fold.window, task.most)
        known = _read_by(forecaster, "fit", origins.training_covariates(fold.window, task.most))
        if origins.observed.form == "long" and _has(forecaster.fit, "columns"):
            known["columns"] = origins.observed.columns
        with _timed(fold, "fit_seconds"):
            forecaster.fit(y, **known)
        if getattr(forecaster, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
            raise KeyboardInterrupt
        fitted = True
        fold.history = getattr(forecaster, "history_", None)
        _predict(fold, forecaster, task, origins.future_covariates(fold.window))
        settled = forecaster.settled() if task.settles else None
    if fitted:
        return Outcome([fold, *_forecast_on(forecaster, task, later)], settled)
    return Outcome([fold, *(replace(each, status=fold.status, message=fold.message) for each in later)])


def _forecast_on(forecaster: Any, task: Task, folds: list[Fold]) -> list[Fold]:
    """Forecast from later origins, at once where that gives the same."""
    if len(folds) > 1 and task.most is None and forecasts_together(forecaster):
        together = _forecast_at_once(forecaster, task, folds)
        if together is not None:
            return together
    for fold in folds:
        with _recorded(fold, task.seconds):
            known = task.origins.covariates(fold.window, task.most)
            _predict(fold, forecaster, task, known, y=task.origins.training_series(fold.window, task.most))
    return folds


def _forecast_at_once(forecaster: Any, task: Task, folds: list[Fold]) -> list[Fold] | None:
    """Forecast, each origin taking its share of the time; None if something has to be said of some origin."""
    origins, last, values = task.origins, replace(folds[-1]), None
    with _recorded(last, None if task.seconds is None else task.seconds * len(folds)):
        y = origins.training_series(last.window)
        known = _read_by(forecaster, "predict", origins.covariates(last.window))
        windows = [fold.window for fold in folds]
        with _timed(last, "predict_seconds"):
            values = forecast_together(forecaster, y, known, origins, windows, task.level)
    if values is None or last.message or not all(np.isfinite(each[:, :, 0]).all() for each in values):
        return None
    share = last.predict_seconds / len(folds)
    return [
        replace(fold, values=each, predict_seconds=share) for fold, each in zip(folds, values, strict=True)
    ]


@lru_cache(maxsize=256)
def _arguments(function: Callable[..., Any]) -> frozenset[str]:
    parameters = signature(function).parameters.values()
    return frozenset(ANYTHING if p.kind is Parameter.VAR_KEYWORD else p.name for p in parameters)


def _has(method: Callable[..., Any], argument: str) -> bool:
    names = _arguments(getattr(method, "__func__", method))
    return argument in names or ANYTHING in names


def _read_by(forecaster: Any, method: str, tables: dict[str, Any]) -> dict[str, Any]:
    """Return the covariates that a forecaster's method is given."""
    return {
        name: table
        for name, table in tables.items()
        if takes(forecaster, name) and _has(getattr(forecaster, method), name)
    }


def _predict(fold: Fold, forecaster: Any, task: Task, known: dict[str, Any], **history: Any) -> None:
    arguments = _read_by(forecaster, "predict", known)
    if task.level and _has(forecaster.predict, "level"):
        arguments["level"] = task.level
    with _timed(fold, "predict_seconds"):
        forecast = forecaster.predict(task.origins.n_ahead, **arguments, **history)
    values = read_forecast(forecast, task.origins, fold.window, task.level)
    means = values[:, :, 0]
    bad = ~np.isfinite(means).all(axis=1)
    if n_bad := int(bad.sum()):
        if n_bad == 1 == len(bad):
            n_values = int((~np.isfinite(means)).sum())
            raise ValueError(f"{n_values} of the {task.origins.horizon} values forecast are not finite.")
        fold.message = (
            f"ValueError: the forecasts of {n_bad} of {len(bad)} series are incomplete or not finite"
        )
        fold.status = "failed"
        values[bad] = np.nan
    fold.values = values


@contextmanager
def _recorded(fold: Fold, seconds: float | None) -> Iterator[None]:
    """Turn errors, warnings and a passed time limit inside the block into the fold's status and message."""
    messages = []
    with collect_warnings() as collected:
        try:
            with time_limit(seconds):
                yield
        except TimeLimitError:
            check_deadline()  # a limit around the whole backtest ends it
            fold.status = "time limit"
            limit = "" if seconds is None else f" of {seconds:g} s"
            messages = [f"exceeded the time limit{limit}"]
        except Exception as error:
            fold.status = "failed"
            messages = [f"{type(error).__name__}: {error}"]
    fold.message = "; ".join([*filter(None, [fold.message]), *messages, *dict.fromkeys(collected)])


@contextmanager
def _timed(fold: Fold, name: str) -> Iterator[None]:
    start = perf_counter()
    try:
        yield
        check_deadline()
    finally:
        setattr(fold, name, perf_counter() - start)
