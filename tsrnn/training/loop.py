"""Training loop: shuffled batches, learning-rate schedules, early stopping, clipping, recovery, history."""

import math
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Protocol, Self

import numpy as np
from joblib import effective_n_jobs

from tsrnn.deadline import carried, check_deadline, is_part, stop_on_ctrl_c
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm, clip_value
from tsrnn.network import Network, Objective, truncated_value_and_gradient
from tsrnn.training.windows import Batch, Starts

SCHEDULES = ("constant", "cosine", "plateau")
_LONGEST_PERIOD = 100  # most and least steps between evaluations, which otherwise follow each epoch
_SHORTEST_PERIOD = 10
_EVALUATION_BATCH = 256
_LENGTH_NOISE = 0.25  # added to log lengths in sorting, so that batches differ between epochs
_PLATEAU_PATIENCE = 5  # evaluations without improvement before schedule="plateau" halves the rate
_MOST_RECOVERIES = 3
_MOST_CLIPPED = 0.5  # share of clipped steps above which a warning is issued
_MIN_STEPS_TO_WARN = 200  # gradients are large in the first steps of any training


class Items(Protocol):
    """Numbers of items: an array, or an object that is indexed like one."""

    def __len__(self) -> int: ...

    def __getitem__(self, places: Any, /) -> np.ndarray: ...


class Dataset(Protocol):
    """Training data: numbered items, from which batches are gathered."""

    @property
    def first(self) -> int:
        """First step that has a target."""

    def batch(self, items: np.ndarray) -> Batch:
        """Return a batch of items, given their numbers."""


@dataclass(frozen=True)
class Training:
    """Settings of one training run, as documented in `RNNForecaster`."""

    loss: str
    optimizer: str
    learning_rate: float
    schedule: str
    batch_size: int
    max_epochs: int | None
    max_steps: int | None
    early_stopping: bool
    n_iter_no_change: int
    clip_norm: float | None
    clip_value: float | None
    bptt: int | None = None
    teacher_forcing: float = 0.0

    @classmethod
    def of(cls, options: SimpleNamespace, **changes: Any) -> Self:
        """Return the settings among an estimator's parameters, which may lack those that have defaults."""
        given = vars(options) | changes
        return cls(**{name: given[name] for name in cls.__dataclass_fields__.keys() & given.keys()})


@dataclass
class Run:
    """Training of one network: its parameters, the state of the optimizer, and the history so far.

    Parameters
    ----------
    network : Network
    theta : ndarray of shape (n_parameters,)
        Initial parameters; trained in place.
    training : Training
    dataset : Dataset
        Such as `tsrnn.training.windows.WindowDataset`, whose items are the starts of windows.
    items, validation_items : Items
        Items to train on and, if any, to validate on.
    rng : numpy.random.Generator
        Shuffles the items and draws the dropout masks.
    n_threads : int, default 1
        Threads to spread large batches over; the result does not depend on it.
    lengths : ndarray, optional
        Number of steps of each item of the dataset; batches are then made of items of similar length.
    end : int, optional
        Last step, if before `n_steps`; schedules of the learning rate extend over `n_steps`.
    """

    network: Network
    theta: np.ndarray
    training: Training
    dataset: Dataset
    items: Items
    validation_items: Items
    rng: np.random.Generator
    n_threads: int = 1
    lengths: np.ndarray | None = None
    end: int | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace = self.network.workspace(self.n_threads)
        self.gradient = np.empty_like(self.theta)
        self.good = self.theta.copy()
        self.best = self.theta.copy()
        self.best_score = math.inf
        self.optimizer = OPTIMIZERS[self.training.optimizer]
        self.moments = np.zeros((self.optimizer.n_moments, len(self.theta)), self.theta.dtype)
        self.steps_since_restart = 0
        self.rate_factor = 1.0
        self.recoveries = 0
        self.evaluations_since_best = self.best_step = 0
        self.initial, self.initial_rng = self.theta.copy(), deepcopy(self.rng)
        self.n_taken = self.n_clipped = 0

    @property
    def steps_per_epoch(self) -> int:
        """Batches in which every item is used once; the last may be smaller."""
        return -(-len(self.items) // self.training.batch_size)

    @cached_property
    def n_steps(self) -> int:
        """Steps until `max_steps` or `max_epochs`, whichever is reached first."""
        epochs = math.inf if self.training.max_epochs is None else self.training.max_epochs
        steps = math.inf if self.training.max_steps is None else self.training.max_steps
        return int(min(steps, epochs * self.steps_per_epoch))

    @property
    def last_step(self) -> int:
        """Last step, unless training is stopped earlier."""
        return self.n_steps if self.end is None else min(self.end, self.n_steps)

    def refit_run(self, items: Items) -> "Run":
        """Return a run from the same initial parameters on other items, for the best number of epochs.

        It has the same seed and the same schedule of the learning rate by epochs, and no validation.
        """
        longer = len(items) / len(self.items)
        n_steps = math.ceil(longer * self.n_steps)
        return replace(
            self,
            theta=self.initial.copy(),
            training=replace(self.training, max_epochs=None, max_steps=n_steps, early_stopping=False),
            items=items,
            validation_items=np.empty(0, np.int64),
            rng=deepcopy(self.initial_rng),
            end=round(longer * self.best_step),
            history=[],
        )

    def train(self, stop: Event, progress: Any) -> None:
        """Train up to `last_step`, early stopping, the event `stop` or repeated losses that are not finite.

        With early stopping, the weights of the best evaluation are kept.

        Raises
        ------
        TimeLimitError
            If an enclosing `time_limit` runs out.
        """
        self._loop(stop, progress)
        if self.training.early_stopping and self.best_score < math.inf:
            self.theta[:] = self.best
        elif not np.isfinite(self.theta).all():
            self.theta[:] = self.good

    def _loop(self, stop: Event, progress: Any) -> None:
        period = min(max(self.steps_per_epoch, _SHORTEST_PERIOD), _LONGEST_PERIOD)
        batches = self._batches()
        means_so_far = _RunningMeans()
        for step in range(1, self.last_step + 1):
            check_deadline()
            if stop.is_set() or not self._step(step, next(batches), means_so_far):
                return
            self.n_taken = step
            progress.update()
            if step % period == 0 or step == self.last_step:
                self._evaluate(step, means_so_far)
                means_so_far = _RunningMeans()
                if self.training.early_stopping and (
                    self.evaluations_since_best >= self.training.n_iter_no_change
                ):
                    return

    def _batches(self) -> Iterator[Any]:
        size = self.training.batch_size
        starts = np.arange(0, len(self.items), size)
        while True:
            if self.lengths is None:
                order = self.items[self._order()]
            else:
                noise, items = self.rng.uniform(0, _LENGTH_NOISE, len(self.items)), self.items[:]
                order = items[np.argsort(np.log(self.lengths[items]) + noise)]
                starts = self.rng.permutation(starts)
            for start in starts:
                yield self.dataset.batch(order[start : start + size])

    def _order(self) -> np.ndarray:
        """Draw the order of the items in an epoch."""
        if isinstance(self.items, Starts):
            return self.items.draw(self.rng, self.n_steps * self.training.batch_size)
        return self.rng.permutation(len(self.items))

    def _step(self, step: int, batch: Any, means_so_far: "_RunningMeans") -> bool:
        """Take one optimizer step; return False if the loss was not finite too often."""
        training = self.training
        loss = self._value_and_gradient(step, batch)
        norm = clip_norm(self.gradient, math.inf if training.clip_norm is None else training.clip_norm)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return self._recover(step, loss)
        clipped = training.clip_norm is not None and norm > training.clip_norm
        if training.clip_value is not None:
            clipped |= clip_value(self.gradient, training.clip_value) > 0
        self.n_clipped += clipped
        means_so_far.add(loss, norm, clipped)
        self.good[:] = self.theta
        self.steps_since_restart += 1
        self.optimizer.step(
            self.theta, self.gradient, self.moments, self._learning_rate(step), self.steps_since_restart
        )
        return True

    def _value_and_gradient(self, step: int, batch: Batch) -> float:
        """Return the mean loss of a batch and write its gradient."""
        x, target, loss, bptt = batch.x, batch.target, self.training.loss, self.training.bptt
        more: dict[str, Any] = {"weight": batch.weight, "size": batch.size}
        more |= {"begins": batch.begins, "future": batch.known}
        more |= {"rng": self.rng, "workspace": self.workspace}
        more["teacher_forcing"] = self.training.teacher_forcing * (1 - (step - 1) / self.n_steps)
        if bptt is not None:
            return truncated_value_and_gradient(
                self.network, self.theta, x, target, loss, self.gradient, bptt=bptt, **more
            )
        value = self.network.value_and_gradient(
            self.theta, x, target, loss, self.gradient, lengths=batch.lengths, **more
        )
        if batch.scale != 1.0:
            self.gradient *= batch.scale
        return value * batch.scale

    def _learning_rate(self, step: int) -> float:
        rate = self.training.learning_rate * self.rate_factor
        if self.training.schedule == "cosine":
            rate *= 0.5 * (1 + math.cos(math.pi * (step - 1) / self.n_steps))
        return rate

    def _recover(self, step: int, loss: float) -> bool:
        self.theta[:] = self.good
        self.moments[:] = 0
        self.steps_since_restart = 0
        self.rate_factor /= 2
        self.recoveries += 1
        if self.recoveries <= _MOST_RECOVERIES:
            return True
        warnings.warn(
            f"Training stopped at step {step}: the loss or its gradient was not finite "
            f"{self.recoveries} times (last loss: {loss:g}), with the learning rate halved each time. "
            "The last good parameters are kept. Lower learning_rate or clip_norm, or change normalize.",
            RuntimeWarning,
            stacklevel=2,
        )
        return False

    def _evaluate(self, step: int, means_so_far: "_RunningMeans") -> None:
        validation_loss = self._validation_loss()
        row = {
            "step": step,
            **means_so_far.means(),
            "validation_loss": validation_loss,
            "learning_rate": self._learning_rate(step),
            "seconds": perf_counter()
            - means_so_far.started
            + (self.history[-1]["seconds"] if self.history else 0),
        }
        self.history.append(row)
        score = row["loss"] if math.isnan(validation_loss) else validation_loss
        self.evaluations_since_best += 1
        if score < self.best_score:
            self.best_score, self.best_step, self.evaluations_since_best = score, step, 0
            self.best[:] = self.theta
        elif self.training.schedule == "plateau" and self.evaluations_since_best % _PLATEAU_PATIENCE == 0:
            self.rate_factor /= 2

    def _validation_loss(self) -> float:
        """Return the mean loss over the validation items, nan without any."""
        total, count = 0.0, 0.0
        for start in range(0, len(self.validation_items), _EVALUATION_BATCH):
            check_deadline()
            batch = self.dataset.batch(self.validation_items[start : start + _EVALUATION_BATCH])
            output, _ = self.network.forward(
                self.theta,
                batch.x,
                first=self.dataset.first,
                lengths=batch.lengths,
                begins=batch.begins,
                future=batch.known,
                workspace=self.workspace,
            )
            objective = Objective.of(self.training.loss, batch.target, batch.weight, batch.size)
            total += objective.sum(output)
            count += objective.total
        return total / count if count else math.nan


class _RunningMeans:
    """Means of loss, gradient norm and clipped steps since the last evaluation."""

    def __init__(self) -> None:
        self.started = perf_counter()
        self._steps: list[tuple[float, float, bool]] = []

    def add(self, loss: float, norm: float, clipped: bool) -> None:
        self._steps.append((loss, norm, clipped))

    def means(self) -> dict[str, float]:
        means = np.mean(self._steps, axis=0) if self._steps else np.full(3, math.nan)
        return dict(zip(("loss", "gradient_norm", "clipped"), map(float, means), strict=True))


def train_all(runs: Sequence[Run], n_jobs: int | None, *, verbose: bool) -> bool:
    """Train independent runs on `n_jobs` threads; results do not depend on their number.

    Ctrl-C ends all runs with the best weights so far, issues a warning, and makes the return value True; a
    second Ctrl-C interrupts as usual, as does the first where the runs are one part of several.
    """
    from tqdm import tqdm  # slow to import

    n_threads = min(effective_n_jobs(n_jobs), len(runs))
    n_steps = sum(run.last_step for run in runs)
    with stop_on_ctrl_c(Event()) as stop, tqdm(total=n_steps, unit="step", disable=not verbose) as progress:
        if n_threads == 1:
            for run in runs:
                run.train(stop, progress)
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                futures = [pool.submit(carried(run.train), stop, progress) for run in runs]
                try:
                    while wait(futures, timeout=0.1).not_done:  # wake up for signals on every platform
                        pass
                    for future in futures:
                        future.result()
                except BaseException:  # nobody wants the others
                    stop.set()
                    raise
    if stop.is_set() and is_part():
        raise KeyboardInterrupt
    _warn_if_mostly_clipped(runs)
    if stop.is_set():
        warnings.warn(
            f"Training was interrupted after {sum(run.n_taken for run in runs)} of {n_steps} steps; "
            "the best weights so far are kept.",
            RuntimeWarning,
            stacklevel=2,
        )
    return stop.is_set()


def _warn_if_mostly_clipped(runs: Sequence[Run]) -> None:
    n_taken, n_clipped = (sum(getattr(run, name) for run in runs) for name in ("n_taken", "n_clipped"))
    if n_taken < _MIN_STEPS_TO_WARN or n_clipped <= _MOST_CLIPPED * n_taken:
        return
    training = runs[0].training
    limits = {name: getattr(training, name) for name in ("clip_norm", "clip_value")}
    named = " and ".join(f"{name}={limit:g}" for name, limit in limits.items() if limit is not None)
    warnings.warn(
        f"The gradient was clipped in {n_clipped} of {n_taken} steps by {named}, which then sets the pace of "
        "training, not learning_rate. If the loss is still falling at the end, raise the limit or train "
        "longer; if it jumps, lower learning_rate.",
        RuntimeWarning,
        stacklevel=2,
    )
