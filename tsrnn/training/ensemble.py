"""Ensembles of networks trained on the same data from different seeds: start, refit and history."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, Self

import numpy as np
from joblib import effective_n_jobs

from tsrnn.network import Network
from tsrnn.training.loop import Dataset, Items, Run, Training, train_all
from tsrnn.training.windows import WindowDataset


class OptimizerState(NamedTuple):
    """State of the optimizer and random generator after a run, from which another run can continue.

    Attributes
    ----------
    optimizer : str
    moments : ndarray of shape (n_moments, n_parameters)
    n_steps : int
        Number of optimizer steps that the moments are accumulated over.
    rng : numpy.random.Generator
    """

    optimizer: str
    moments: np.ndarray
    n_steps: int
    rng: np.random.Generator

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the state after a run."""
        return cls(run.training.optimizer, run.moments, run.steps_since_restart, run.rng)

    def restore(self, run: Run) -> None:
        """Continue the moments in a run with the same optimizer."""
        if run.training.optimizer == self.optimizer:
            run.moments[:], run.steps_since_restart = self.moments, self.n_steps


def start_runs(
    network: Network,
    dataset: Dataset,
    items: tuple[Items, Items],
    options: SimpleNamespace,
    rngs: Sequence[np.random.Generator],
    thetas: np.ndarray | None = None,
    lengths: np.ndarray | None = None,
) -> list[Run]:
    """Return a run for each generator, from random parameters or from `thetas` (n_members, n_parameters).

    `items` are those to train on and those to validate on; `options` has the fields of `Training` and
    ``n_jobs``; for `lengths` see `Run`.
    """
    training = Training.of(options)
    n_threads = max(1, effective_n_jobs(options.n_jobs) // len(rngs))
    runs = []
    for member, rng in enumerate(rngs):
        theta = network.initialise(rng) if thetas is None else thetas[member].copy()
        runs.append(Run(network, theta, training, dataset, *items, rng, n_threads, lengths))
    return runs


def check_continues(network: Network, n_members: int, thetas: np.ndarray) -> None:
    """Raise ValueError if `thetas` (n_members, n_parameters) are weights of other networks."""
    if n_members != len(thetas):
        raise ValueError(
            f"Training can only continue with the same networks: there are {len(thetas)}, "
            f"n_members={n_members} asks for others. Set warm_start=False."
        )
    if network.n_parameters != thetas.shape[1]:
        raise ValueError(
            f"Training can only continue with the same network: it has {thetas.shape[1]} "
            f"parameters, the new settings ask for {network.n_parameters}. Set warm_start=False."
        )


def refit(runs: Sequence[Run], items: Items, n_jobs: int | None, *, verbose: bool) -> tuple[list[Run], bool]:
    """Train again on all `items`, validation included, for as many epochs as were best in early stopping.

    Returns the new runs, and whether Ctrl-C ended them early. There are no new runs without validation items.
    """
    if not all(len(run.validation_items) and run.best_step for run in runs):
        return [], False
    refitted = [run.refit_run(items) for run in runs]
    return refitted, train_all(refitted, n_jobs, verbose=verbose)


def history(runs: Sequence[Run], refitted: Sequence[Run] = ()) -> list[dict[str, Any]]:
    """Return the rows of all histories, with the number of the ``member`` if there are several.

    If there is a second training, ``phase`` is "search" in rows of the first, "refit" in rows of the second.
    """
    if refitted:
        phases = {"search": runs, "refit": refitted}
        return [{"phase": phase, **row} for phase, those in phases.items() for row in history(those)]
    if len(runs) == 1:
        return runs[0].history
    return [{"member": member, **row} for member, run in enumerate(runs) for row in run.history]


class Outcome(NamedTuple):
    """What training leaves.

    Attributes
    ----------
    thetas : ndarray of shape (n_members, n_parameters)
    history : list of dict
        A row for each evaluation.
    interrupted : bool
        Whether Ctrl-C ended training early.
    """

    thetas: np.ndarray
    history: list[dict[str, Any]]
    interrupted: bool


def train(
    network: Network,
    dataset: WindowDataset,
    options: SimpleNamespace,
    seed: np.random.SeedSequence,
    thetas: np.ndarray | None = None,
    verbose: bool = False,
) -> Outcome:
    """Train the members of an ensemble on windows, from fresh parameters or from `thetas`.

    With early stopping, they are trained again on all windows for as long as it found best.
    """
    fraction = options.validation_fraction if options.early_stopping else 0.0
    rngs = [np.random.default_rng(one) for one in seed.spawn(options.n_members)]
    runs = search = start_runs(network, dataset, dataset.split(fraction), options, rngs, thetas)
    interrupted, again = train_all(runs, options.n_jobs, verbose=verbose), list[Run]()
    if options.early_stopping and not interrupted:
        again, interrupted = refit(runs, dataset.split(0.0)[0], options.n_jobs, verbose=verbose)
        runs = again or runs
    return Outcome(np.stack([run.theta for run in runs]), history(search, again), interrupted)


def check_same_width(n_channels: int, width: int, channels: str) -> None:
    """Refuse to go on with a network that reads another number of channels at a time."""
    if n_channels != width:
        raise ValueError(
            f"Training can only continue with the same network: it reads {width} channels at a "
            f"time, channels={channels!r} asks for {n_channels}. Set warm_start=False."
        )
