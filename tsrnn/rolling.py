"""The rolling origin: where the cutoffs lie, and one model's fits and forecasts at them."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn import deadline
from tsrnn.recording import collect_warnings

__all__ = ["Fold", "Task", "copy_forecaster", "run", "run_all", "training_sizes"]


@dataclass
class Fold:
    """One model at one cutoff.

    Attributes
    ----------
    model : str
    size : int
        Observations up to and including the cutoff.
    forecast : ndarray of shape (horizon,)
        NaN where there is none.
    status : {"ok", "failed", "time limit"}
    message : str
        The error and the warnings, "; " between them.
    fit_seconds, predict_seconds : float
        NaN where nothing was fitted or forecast.
    n_train : int
        Observations the model was trained on.
    history : DataFrame or None
        The fitted model's ``history_``.
    """

    model: str
    size: int
    forecast: np.ndarray
    status: str = "ok"
    message: str = ""
    fit_seconds: float = np.nan
    predict_seconds: float = np.nan
    n_train: int = 0
    history: pd.DataFrame | None = None


class Task(NamedTuple):
    """One fit and its forecasts: the model is trained on the first of `sizes` and forecasts from each."""

    name: str
    forecaster: Any
    sizes: Sequence[int]
    horizon: int
    max_history: int | None = None
    seconds: float | None = None


def training_sizes(n: int, horizon: int, n_windows: int, step: int, shortest: int) -> list[int]:
    """Observations up to each cutoff, oldest cutoff first; the last truth ends with the series.

    Raises
    ------
    ValueError
        If the first training window would have fewer than `shortest` observations.

    Examples
    --------
    >>> training_sizes(100, horizon=12, n_windows=3, step=6, shortest=2)
    [76, 82, 88]
    """
    needed = shortest + horizon + (n_windows - 1) * step
    if n < needed:
        raise ValueError(
            f"`y` has {n} observations; n_windows={n_windows} with horizon={horizon} and step={step} needs "
            f"at least {needed}, {shortest} of them for the first training window. "
            "Lower n_windows, step or horizon, or supply more data."
        )
    last = n - horizon
    return list(range(last - (n_windows - 1) * step, last + 1, step))


def copy_forecaster(forecaster: Any, horizon: int) -> Any:
    """Return an unfitted copy with its parameter ``horizon``, if it has one, set to `horizon`."""
    try:
        copied = clone(forecaster, safe=False)
    except (TypeError, RuntimeError):  # follows scikit-learn's conventions only halfway
        copied = copy.deepcopy(forecaster)
    if hasattr(copied, "set_params") and "horizon" in copied.get_params():
        copied.set_params(horizon=horizon)
    return copied


def run(task: Task, y: pd.Series) -> list[Fold]:
    """Fit one model at its first cutoff and forecast from every one; what goes wrong is in the folds."""
    forecaster = copy_forecaster(task.forecaster, task.horizon)
    nothing = np.full(task.horizon, np.nan)
    size, *later = task.sizes
    history = _latest(y, size, task.max_history)
    fold = Fold(task.name, size, nothing, n_train=len(history))
    fitted = False
    with _recorded(fold, task.seconds):
        with _timed(fold, "fit_seconds"):
            forecaster.fit(history)
        if getattr(forecaster, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
            raise KeyboardInterrupt
        fitted = True
        fold.history = getattr(forecaster, "history_", None)
        _predict(fold, forecaster)
    if not fitted:
        return [fold, *(replace(fold, size=size, fit_seconds=np.nan) for size in later)]
    folds = [fold]
    for size in later:
        fold = Fold(task.name, size, nothing, n_train=len(history))
        with _recorded(fold, task.seconds):
            _predict(fold, forecaster, y=_latest(y, size, task.max_history))
        folds.append(fold)
    return folds


def run_all(tasks: Sequence[Task], y: pd.Series, n_jobs: int | None = None, verbose: int = 0) -> list[Fold]:
    """Run every task, each seeing nothing after its own last cutoff; the order is the tasks'."""
    from tqdm import tqdm  # not worth every user's import time

    parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    progress = tqdm(tasks, desc="backtest", unit="fit", disable=not verbose)
    done = parallel(joblib.delayed(run)(task, y.iloc[: task.sizes[-1]]) for task in progress)
    return [fold for folds in done for fold in folds]


def _latest(y: pd.Series, size: int, most: int | None) -> pd.Series:
    return y.iloc[max(0, size - most) if most else 0 : size].copy()


def _predict(fold: Fold, forecaster: Any, **latest: pd.Series) -> None:
    horizon = len(fold.forecast)
    with _timed(fold, "predict_seconds"):
        values = np.asarray(forecaster.predict(horizon, **latest), dtype=np.float64)
    if values.size != horizon:
        raise ValueError(f"predict({horizon}) must return {horizon} values; got shape {values.shape}.")
    if n_bad := int((~np.isfinite(values)).sum()):
        raise ValueError(f"{n_bad} of the {horizon} values forecast are not finite.")
    fold.forecast = values.reshape(horizon)


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
    fold.message = "; ".join(messages + list(dict.fromkeys(collected)))


@contextmanager
def _timed(fold: Fold, name: str) -> Iterator[None]:
    start = perf_counter()
    try:
        yield
        deadline.check_deadline()
    finally:
        setattr(fold, name, perf_counter() - start)
