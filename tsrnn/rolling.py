"""The rolling origin: one model's fits and forecasts at each cutoff, and what went wrong."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from inspect import Parameter, signature
from time import perf_counter
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import clone

from tsrnn import deadline
from tsrnn.answers import read_forecast
from tsrnn.base import uses
from tsrnn.folds import Fold
from tsrnn.origins import Origins
from tsrnn.recording import collect_warnings

__all__ = ["Task", "copy_forecaster", "run", "run_all", "takes", "takes_all"]

ANYTHING = "**"


class Task(NamedTuple):
    """One fit and its forecasts: the model is trained at the first of `windows` and forecasts from each."""

    name: str
    forecaster: Any
    origins: Origins
    windows: Sequence[int]
    level: Sequence[float] = ()
    max_history: int | None = None
    seconds: float | None = None

    def fold(self, window: int, n_train: int) -> Fold:
        """Return the record of an origin that nothing was forecast from yet."""
        part = self.origins.taking_part(window)
        nothing = np.full((len(part), self.origins.horizon, 1 + 2 * len(self.level)), np.nan)
        return Fold(self.name, window, self.origins.numbers[part], nothing, n_train=n_train)


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


def run(task: Task) -> list[Fold]:
    """Fit one model at its first origin and forecast from every one; what goes wrong is in the folds."""
    origins, most = task.origins, task.max_history
    forecaster = _copy(task.forecaster)
    window, *later = task.windows
    sizes = origins.sizes[window]
    fold = task.fold(window, int((sizes if most is None else np.minimum(sizes, most)).sum()))
    fitted = False
    with _recorded(fold, task.seconds):
        y, known = origins.seen(window, most), _read_by(forecaster, "fit", origins.known(window))
        if origins.truths.form == "long" and _has(forecaster.fit, "columns"):
            known["columns"] = origins.truths.columns
        with _timed(fold, "fit_seconds"):
            forecaster.fit(y, **known)
        if getattr(forecaster, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
            raise KeyboardInterrupt
        fitted = True
        fold.history = getattr(forecaster, "history_", None)
        _predict(fold, forecaster, task, origins.ahead(window))
    if not fitted:
        folds = [task.fold(window, fold.n_train) for window in later]
        return [fold, *(replace(each, status=fold.status, message=fold.message) for each in folds)]
    folds = [fold]
    for window in later:
        folds.append(fold := task.fold(window, fold.n_train))
        with _recorded(fold, task.seconds):
            known = origins.ahead(window, whole=True)
            _predict(fold, forecaster, task, known, y=origins.seen(window, most))
    return folds


def run_all(tasks: Sequence[Task], n_jobs: int | None = None, verbose: int = 0) -> list[Fold]:
    """Run every task; the order is the tasks'."""
    from tqdm import tqdm  # not worth every user's import time

    parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    progress = tqdm(tasks, desc="backtest", unit="fit", disable=not verbose)
    return [fold for folds in parallel(joblib.delayed(run)(task) for task in progress) for fold in folds]


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
    horizon = task.origins.horizon
    with _timed(fold, "predict_seconds"):
        answer = forecaster.predict(horizon, **arguments, **history)
    values = read_forecast(answer, task.origins, fold.window, task.level)
    means = values[:, :, 0]
    bad = ~np.isfinite(means).all(axis=1)
    if n_bad := int(bad.sum()):
        if n_bad == 1 == len(bad):
            n_values = int((~np.isfinite(means)).sum())
            raise ValueError(f"{n_values} of the {horizon} values forecast are not finite.")
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
            with deadline.time_limit(seconds):
                yield
        except deadline.TimeLimitError:
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
        deadline.check_deadline()
    finally:
        setattr(fold, name, perf_counter() - start)
