"""The fits of a backtest: which there are, and how they are run in parallel."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import joblib
import numpy as np

from tsrnn.deadline import all_or_nothing, carried
from tsrnn.evaluation.backtesting.cache import Cache, Key
from tsrnn.evaluation.backtesting.fingerprint import fingerprint
from tsrnn.evaluation.backtesting.fold_table import Fold
from tsrnn.evaluation.backtesting.origins import Origins
from tsrnn.evaluation.backtesting.runner import Outcome, Task, run, takes, takes_all
from tsrnn.evaluation.backtesting.splits import Splits
from tsrnn.validation import counted

__all__ = ["Job", "list_jobs", "run_all"]


class Job(NamedTuple):
    """A task and, if it is fitted with what another one has settled, that one's place among all."""

    task: Task
    after: int | None = None


def list_jobs(
    models: Mapping[str, Any],
    origins: Origins,
    splits: Splits,
    level: tuple[float, ...],
    limits: Mapping[str, int | None],
    seconds: float | None,
    *,
    reselect: bool,
) -> list[Job]:
    """Return a job for each fit: of a model of all series, or of a copy for one of them.

    `limits` has the most observations that each model is given.
    """
    form = origins.observed.form
    singles = []
    if not all(takes_all(model, form) for model in models.values()):
        singles = [origins.single(int(i)) for i in np.flatnonzero(origins.sizes.any(axis=0))]
    jobs: list[Job] = []
    for name, model in models.items():
        for part in [origins] if takes_all(model, form) else singles:
            first, *others = splits.fits(part.sizes)
            settles = bool(others) and not reselect and callable(getattr(model, "settled", None))
            task = Task(name, model, part, first, level, limits[name], seconds, settles)
            leader = len(jobs) if settles else None
            later = [task._replace(windows=windows, settles=False) for windows in others]
            jobs += [Job(task), *(Job(each, leader) for each in later)]
    return jobs


def run_all(
    jobs: list[Job], n_jobs: int | None = None, verbose: int = 0, cache: Cache | None = None
) -> list[Fold]:
    """Return the folds of every job, in the jobs' order.

    Jobs that need what others settle are run when those are done, all of them side by side. With a `cache`,
    each is looked for there, and kept there as soon as it is done.
    """
    from tqdm import tqdm  # not worth every user's import time

    schedule = _Schedule(jobs, cache)
    bar = tqdm(total=len(jobs), desc="backtest", unit="fit", disable=not verbose)
    with all_or_nothing(), bar as progress:
        for open_jobs in (schedule.leading, schedule.following):
            places = open_jobs()
            progress.update(len(schedule.outcomes) - progress.n)
            for place, outcome in _run_side_by_side(((i, schedule.tasks[i]) for i in places), n_jobs):
                schedule.keep(place, outcome)
                progress.update()
    if cache is not None and cache.n_lost:
        fits = f"{cache.n_lost:,} of {counted(len(jobs), 'fit')}"
        warnings.warn(
            f"{fits} could not be kept in `cache`, {str(cache.path)!r}: {cache.problem}. The results are "
            "complete, but another call has to fit these again. Free some space there, or name another "
            "directory.",
            RuntimeWarning,
            stacklevel=3,
        )
    return [fold for place in range(len(jobs)) for fold in schedule.outcomes[place].folds]


class _Schedule:
    """What is to be done and what is done."""

    def __init__(self, jobs: list[Job], cache: Cache | None) -> None:
        self.tasks = [job.task for job in jobs]
        self.outcomes: dict[int, Outcome] = {}
        self._jobs, self._cache = jobs, cache
        self._keys: dict[int, Key] = {}
        self._data: dict[tuple[Any, ...], Key] = {}
        models = {task.name: task.forecaster for task in self.tasks} if cache else {}
        self._models = {name: _describe(name, model) for name, model in models.items()}

    def leading(self) -> list[int]:
        """Return the places of jobs that wait for none and are not known; those waited for come first."""
        followers: dict[int, list[int]] = {}
        for place, job in enumerate(self._jobs):
            if job.after is not None:
                followers.setdefault(job.after, []).append(place)
        places = [place for place, job in enumerate(self._jobs) if job.after is None]
        for place in places:
            waiting = followers.get(place, ())
            if self._recall(place, None) and not all(self._recall(i, place) for i in waiting):
                del self.outcomes[place]  # what it settles is not kept, and is wanted
        return sorted((i for i in places if i not in self.outcomes), key=lambda i: not self.tasks[i].settles)

    def following(self) -> list[int]:
        """Return the places of all other jobs that are not known; they get what was settled."""
        places = []
        for place, (task, after) in enumerate(self._jobs):
            if after is None or place in self.outcomes:
                continue
            settled = self.outcomes[after].settled
            if settled is not None and not _are_alike(settled, task.forecaster):
                self.tasks[place] = task._replace(forecaster=settled, searching=task.forecaster)
            if not self._recall(place, after if settled is not None else None):
                places.append(place)
        return places

    def keep(self, place: int, outcome: Outcome) -> None:
        """Take in what came of a job."""
        self.outcomes[place] = outcome
        if self._cache is not None:
            self._cache.save(self._keys[place], outcome.folds)

    def _recall(self, place: int, leader: int | None) -> bool:
        """Whether a job is known from before; its outcome is then among those that are done."""
        if self._cache is None:
            return False
        task = self._jobs[place].task
        about = [self._models[task.name], task.level, self._data_key(task)]
        self._keys[place] = self._cache.key(about, None if leader is None else self._keys[leader])
        folds = self._cache.load(self._keys[place], task.blanks())
        if folds is not None:
            self.outcomes[place] = Outcome(folds)
        return folds is not None

    def _data_key(self, task: Task) -> Key:
        """Return what tells what a task sees from what others do."""
        origins, most = task.origins, task.most
        tables = tuple(name for name in ("X", "X_past", "static") if takes(task.forecaster, name))
        about = id(origins), tuple(task.windows), most, tables
        if about not in self._data:
            first, last = task.windows[0], task.windows[-1]
            passed = (origins.sizes[task.windows] - origins.sizes[first])[:, origins.taking_part(first)]
            reach = None if most is None else most + int(passed.max())
            known = origins.covariates(last, reach)
            self._data[about] = self._cache.key(  # type: ignore[union-attr]
                [origins.horizon, origins.gap, most, passed, origins.observed.form, origins.observed.columns],
                origins.training_series(last, reach),
                [known.get(name) for name in tables],
            )
        return self._data[about]


def _are_alike(settled: Any, searching: Any) -> bool:
    """Whether nothing was settled: the model searches again, as after a constant series."""
    try:
        return fingerprint(settled) == fingerprint(searching)
    except TypeError:  # parameters that can't be described
        return False


def _describe(name: str, model: Any) -> Key:
    try:
        return fingerprint(model)
    except TypeError as error:
        raise TypeError(
            f"`cache` needs models that their parameters, from get_params, tell from others; {name!r} has "
            f"{error}. Derive it from sklearn's BaseEstimator with parameters that are numbers, text, "
            "arrays or other such models, or pass cache=None."
        ) from error


def _run_side_by_side(tasks: Iterable[tuple[int, Task]], n_jobs: int | None) -> Iterator[tuple[int, Outcome]]:
    """Yield what came of tasks, as they are done, with their places."""
    try:
        parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator_unordered")
    except ValueError:  # a backend that gives everything back at the end
        parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads")
    run_one = joblib.delayed(carried(_run_at))  # here: joblib asks for tasks from threads of its own
    yield from parallel(run_one(place, task) for place, task in tasks)


def _run_at(place: int, task: Task) -> tuple[int, Outcome]:
    with joblib.parallel_config(backend="threading"):  # a forecaster's own threads are none of a cluster's
        return place, run(task)
