"""The training loop: shuffled batches, schedules, early stopping, clipping, recovery, history."""

import math
import signal
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event, current_thread, main_thread
from time import perf_counter
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from tsrnn.deadline import check_deadline
from tsrnn.kernels.losses import LOSSES
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm, clip_value
from tsrnn.network import Network
from tsrnn.windows import Windows

SCHEDULES = ("constant", "cosine", "plateau")
_LONGEST_PERIOD = 100  # steps between evaluations, where an epoch is longer
_SHORTEST_PERIOD = 10
_EVALUATION_BATCH = 256
_PLATEAU_PATIENCE = 5  # evaluations without improvement before schedule="plateau" halves the rate
_MOST_RECOVERIES = 3


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


@dataclass
class Run:
    """One network in training: parameters, optimizer state and what has happened so far.

    Parameters
    ----------
    network : Network
    theta : ndarray of shape (n_parameters,)
        Where to start; trained in place.
    training : Training
    windows : Windows
    starts, validation_starts : ndarray
        Windows to train on and, if any, to validate on.
    rng : numpy.random.Generator
        Shuffles the windows and draws the dropout masks.
    n_threads : int, default 1
        Threads to spread large batches over; the result does not depend on it.
    """

    network: Network
    theta: np.ndarray
    training: Training
    windows: Windows
    starts: np.ndarray
    validation_starts: np.ndarray
    rng: np.random.Generator
    n_threads: int = 1
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
        self.evaluations_since_best = 0
        self.n_taken = 0

    @property
    def steps_per_epoch(self) -> int:
        """Batches it takes to visit every window once; the last may be smaller."""
        return -(-len(self.starts) // self.training.batch_size)

    @cached_property
    def n_steps(self) -> int:
        """Steps until `max_steps` or `max_epochs`, whichever ends first."""
        epochs = math.inf if self.training.max_epochs is None else self.training.max_epochs
        steps = math.inf if self.training.max_steps is None else self.training.max_steps
        return int(min(steps, epochs * self.steps_per_epoch))

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
        for step in range(1, self.n_steps + 1):
            check_deadline()
            if stop.is_set() or not self._step(step, next(batches), meter):
                return
            self.n_taken = step
            progress.update()
            if step % period == 0 or step == self.n_steps:
                self._evaluate(step, meter)
                meter = _Meter()
                if self.training.early_stopping and (
                    self.evaluations_since_best >= self.training.n_iter_no_change
                ):
                    return

    def _batches(self) -> Iterator[np.ndarray]:
        while True:
            order = self.rng.permutation(self.starts)
            for start in range(0, len(order), self.training.batch_size):
                yield order[start : start + self.training.batch_size]

    def _step(self, step: int, starts: np.ndarray, meter: "_Meter") -> bool:
        """Take one optimizer step; False when recovery has failed too often."""
        training, windows = self.training, self.windows
        x, target, _ = windows.batch(starts)
        loss = self.network.value_and_gradient(
            self.theta,
            x,
            target,
            training.loss,
            self.gradient,
            first=windows.first,
            rng=self.rng,
            workspace=self.workspace,
        )
        norm = clip_norm(self.gradient, math.inf if training.clip_norm is None else training.clip_norm)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return self._recover(step, loss)
        clipped = training.clip_norm is not None and norm > training.clip_norm
        if training.clip_value is not None:
            clipped |= clip_value(self.gradient, training.clip_value) > 0
        meter.add(loss, norm, clipped)
        self.good[:] = self.theta
        self.steps_since_restart += 1
        self.optimizer.step(
            self.theta, self.gradient, self.moments, self._learning_rate(step), self.steps_since_restart
        )
        return True

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
            self.best_score, self.evaluations_since_best = score, 0
            self.best[:] = self.theta
        elif self.training.schedule == "plateau" and self.evaluations_since_best % _PLATEAU_PATIENCE == 0:
            self.rate_factor /= 2

    def _validation_loss(self) -> float:
        """Mean loss over the validation windows; nan without any."""
        total, windows = 0.0, self.windows
        for start in range(0, len(self.validation_starts), _EVALUATION_BATCH):
            x, target, _ = windows.batch(self.validation_starts[start : start + _EVALUATION_BATCH])
            output, _ = self.network.forward(self.theta, x, first=windows.first, workspace=self.workspace)
            total += LOSSES[self.training.loss](output, target, np.empty_like(output)) * x.shape[1]
        return total / len(self.validation_starts) if len(self.validation_starts) else math.nan


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
    n_steps = sum(run.n_steps for run in runs)
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
    if stop.is_set():
        warnings.warn(
            f"Training was interrupted after {sum(run.n_taken for run in runs)} of {n_steps} steps; "
            "the best weights so far are kept.",
            RuntimeWarning,
            stacklevel=2,
        )
    return stop.is_set()


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
