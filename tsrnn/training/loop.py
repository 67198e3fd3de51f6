"""The training loop: shuffled batches, schedules, early stopping, clipping, recovery, history."""

import math
import signal
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Event, current_thread, main_thread
from time import perf_counter
from types import SimpleNamespace
from typing import Any, Protocol, Self

import numpy as np
from joblib import effective_n_jobs

from tsrnn.deadline import check_deadline
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm, clip_value
from tsrnn.network import Network, Objective, truncated_value_and_gradient
from tsrnn.training.windows import Batch, Starts

SCHEDULES = ("constant", "cosine", "plateau")
_LONGEST_PERIOD = 100  # steps between evaluations, where an epoch is longer
_SHORTEST_PERIOD = 10
_EVALUATION_BATCH = 256
_LIKE_LENGTH = 0.25  # logarithm of how much longer a sequence may be that is mixed with others
_PLATEAU_PATIENCE = 5  # evaluations without improvement before schedule="plateau" halves the rate
_MOST_RECOVERIES = 3
_MOST_CLIPPED = 0.5  # share of steps from which on clipping, not the learning rate, sets the pace
_TELLING_STEPS = 200  # the first steps' gradients are long in any training


class Items(Protocol):
    """Numbers of items, an array or what can be indexed like one."""

    def __len__(self) -> int: ...

    def __getitem__(self, places: Any, /) -> np.ndarray: ...


class Source(Protocol):
    """What a network is trained on: numbered items, put together to batches."""

    @property
    def first(self) -> int:
        """First step that has a target."""

    def batch(self, items: np.ndarray) -> Batch:
        """Gather items."""


@dataclass(frozen=True)
class Training:
    """Settings of one training run; the parameters of `RNNForecaster` explain them."""

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
        """Return what an estimator's parameters say of training; it may lack those that have defaults."""
        given = vars(options) | changes
        return cls(**{name: given[name] for name in cls.__dataclass_fields__.keys() & given.keys()})


@dataclass
class Run:
    """One network in training: parameters, optimizer state and what has happened so far.

    Parameters
    ----------
    network : Network
    theta : ndarray of shape (n_parameters,)
        Where to start; trained in place.
    training : Training
    source : Source
        Such as `tsrnn.training.windows.Windows`, whose items are starts.
    items, validation_items : Items
        What to train on and, if any, to validate on.
    rng : numpy.random.Generator
        Shuffles the items and draws the dropout masks.
    n_threads : int, default 1
        Threads to spread large batches over; the result does not depend on it.
    lengths : ndarray, optional
        Steps of each item there is: batches are then put together from items of like length.
    end : int, optional
        Step to end with, where that is before `n_steps`, over which the learning rate falls.
    """

    network: Network
    theta: np.ndarray
    training: Training
    source: Source
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
        """Batches it takes to visit every item once; the last may be smaller."""
        return -(-len(self.items) // self.training.batch_size)

    @cached_property
    def n_steps(self) -> int:
        """Steps until `max_steps` or `max_epochs`, whichever ends first."""
        epochs = math.inf if self.training.max_epochs is None else self.training.max_epochs
        steps = math.inf if self.training.max_steps is None else self.training.max_steps
        return int(min(steps, epochs * self.steps_per_epoch))

    @property
    def last_step(self) -> int:
        """Step that training ends with, unless something ends it earlier."""
        return self.n_steps if self.end is None else min(self.end, self.n_steps)

    def again(self, items: Items) -> "Run":
        """Return a run from the same start that visits each of `items` as often as led to this one's best.

        It draws from the same seed, validates on nothing, and its learning rate falls as it did here, epoch
        for epoch.
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
        """Train to the end, or until early stopping, `stop` or a hopeless loss ends it.

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
        meter = _Meter()
        for step in range(1, self.last_step + 1):
            check_deadline()
            if stop.is_set() or not self._step(step, next(batches), meter):
                return
            self.n_taken = step
            progress.update()
            if step % period == 0 or step == self.last_step:
                self._evaluate(step, meter)
                meter = _Meter()
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
                noise, items = self.rng.uniform(0, _LIKE_LENGTH, len(self.items)), self.items[:]
                order = items[np.argsort(np.log(self.lengths[items]) + noise)]
                starts = self.rng.permutation(starts)
            for start in starts:
                yield self.source.batch(order[start : start + size])

    def _order(self) -> np.ndarray:
        """Draw an epoch's items."""
        if isinstance(self.items, Starts):
            return self.items.draw(self.rng, self.n_steps * self.training.batch_size)
        return self.rng.permutation(len(self.items))

    def _step(self, step: int, batch: Any, meter: "_Meter") -> bool:
        """Take one optimizer step; False when recovery has failed too often."""
        training = self.training
        loss = self._value_and_gradient(step, batch)
        norm = clip_norm(self.gradient, math.inf if training.clip_norm is None else training.clip_norm)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return self._recover(step, loss)
        clipped = training.clip_norm is not None and norm > training.clip_norm
        if training.clip_value is not None:
            clipped |= clip_value(self.gradient, training.clip_value) > 0
        self.n_clipped += clipped
        meter.add(loss, norm, clipped)
        self.good[:] = self.theta
        self.steps_since_restart += 1
        self.optimizer.step(
            self.theta, self.gradient, self.moments, self._learning_rate(step), self.steps_since_restart
        )
        return True

    def _value_and_gradient(self, step: int, batch: Batch) -> float:
        """Return the mean loss and write its gradient."""
        x, target, loss, bptt = batch.x, batch.target, self.training.loss, self.training.bptt
        more: dict[str, Any] = {"weight": batch.weight, "size": batch.size}
        more |= {"begins": batch.begins, "known": batch.known}
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

    def _evaluate(self, step: int, meter: "_Meter") -> None:
        validation_loss = self._validation_loss()
        row = {
            "step": step,
            **meter.means(),
            "validation_loss": validation_loss,
            "learning_rate": self._learning_rate(step),
            "seconds": perf_counter() - meter.started + (self.history[-1]["seconds"] if self.history else 0),
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
        """Mean loss over what to validate on; nan without any."""
        total, count = 0.0, 0.0
        for start in range(0, len(self.validation_items), _EVALUATION_BATCH):
            batch = self.source.batch(self.validation_items[start : start + _EVALUATION_BATCH])
            output, _ = self.network.forward(
                self.theta,
                batch.x,
                first=self.source.first,
                lengths=batch.lengths,
                begins=batch.begins,
                known=batch.known,
                workspace=self.workspace,
            )
            objective = Objective.of(self.training.loss, batch.target, batch.weight, batch.size)
            total += objective.sum(output)
            count += objective.total
        return total / count if count else math.nan


class _Meter:
    """Means over the steps since the last evaluation."""

    def __init__(self) -> None:
        self.started = perf_counter()
        self._steps: list[tuple[float, float, bool]] = []

    def add(self, loss: float, norm: float, clipped: bool) -> None:
        self._steps.append((loss, norm, clipped))

    def means(self) -> dict[str, float]:
        means = np.mean(self._steps, axis=0) if self._steps else np.full(3, math.nan)
        return dict(zip(("loss", "gradient_norm", "clipped"), map(float, means), strict=True))


def train_all(runs: Sequence[Run], n_jobs: int | None, *, verbose: bool) -> bool:
    """Train independent runs, several at once with `n_jobs` threads; the result does not depend on how many.

    Ctrl-C ends all of them, keeps what they have learned, warns, and makes the return value True; a second
    one interrupts as usual.
    """
    from tqdm import tqdm  # not worth every user's import time

    n_threads = min(effective_n_jobs(n_jobs), len(runs))
    n_steps = sum(run.last_step for run in runs)
    with _ctrl_c_sets(Event()) as stop, tqdm(total=n_steps, unit="step", disable=not verbose) as progress:
        if n_threads == 1:
            for run in runs:
                run.train(stop, progress)
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                # A thread starts with an empty context and would not see the enclosing time limit.
                futures = [pool.submit(copy_context().run, run.train, stop, progress) for run in runs]
                while wait(futures, timeout=0.1).not_done:  # wake up for signals on every platform
                    pass
                for future in futures:
                    future.result()
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
    if n_taken < _TELLING_STEPS or n_clipped <= _MOST_CLIPPED * n_taken:
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


@contextmanager
def _ctrl_c_sets(stop: Event) -> Iterator[Event]:
    """Let Ctrl-C set an event: an exception in the middle of compiled code would surface as a SystemError."""
    in_main_thread = current_thread() is main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield stop
        return

    def end_training(number: int, frame: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, end_training)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
