"""Workspace of a network: packed weights and buffers, reused from batch to batch, and its threads."""

from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from tsrnn.kernels.losses import LOSSES, total_weight
from tsrnn.network.architecture import Architecture, Inputs, PackedGradient, PackedWeights
from tsrnn.network.layers.output_feedback import OutputFeedback
from tsrnn.network.layout import Packing
from tsrnn.network.shard import Shard
from tsrnn.network.threads import run_all

_SPLIT_WORK = 3e8  # floating-point operations of a training step above which it is split over threads
_MOST_GROUPS = 4
_ROUND = 8  # windows, the largest number of rows of a tile
_FEWEST = 16  # windows of a group or shard; with fewer, steps are too small to be efficient
_CACHE = 1_000_000  # bytes of a shard's buffers that fit the cache of one processor core
_KEPT_SIZES = 3

State = list[np.ndarray]
G = TypeVar("G", bound="_Group")


class Objective(NamedTuple):
    """Loss, targets and weights of a batch; see `tsrnn.kernels.losses`."""

    loss: str
    target: np.ndarray
    weight: np.ndarray
    size: np.ndarray

    @classmethod
    def of(
        cls, loss: str, target: np.ndarray, weight: np.ndarray | None = None, size: np.ndarray | None = None
    ) -> Self:
        """Return the objective; without weights or sizes all are 1."""
        weights = np.empty((0, 0), target.dtype) if weight is None else weight
        sizes = np.empty(0, target.dtype) if size is None else np.ascontiguousarray(size, target.dtype)
        return cls(loss, target, weights, sizes)

    @property
    def total(self) -> float:
        """Sum of the weights of all targets that are not nan."""
        return total_weight(self.target, self.weight)

    def part(self, output: np.ndarray, total: float, first: int, d_output: np.ndarray) -> float:
        """Return the part of the mean loss from windows `first` on, and write its gradient to d_output."""
        return LOSSES[self.loss](output, self.target, self.weight, self.size, total, first, d_output)

    def sum(self, output: np.ndarray) -> float:
        """Return the weighted sum of the losses of a whole batch's outputs."""
        return self.part(output, 1.0, 0, np.empty_like(output))


class Workspace:
    """Buffers for the batches of one network; used by one caller at a time.

    A batch is split into groups of windows, each with its own gradient, and a group into shards that use the
    same buffers one after the other. The split depends on the sizes only, not on the number of threads, so
    that results do not depend on the number of threads either.

    Parameters
    ----------
    network : Architecture
    packings : tuple of Packing
        As returned by `tsrnn.network.architecture.pack_index`.
    n_threads : int, default 1
        Threads to spread groups over.
    feedback : OutputFeedback, optional
        For networks with output feedback.
    """

    def __init__(
        self,
        network: Architecture,
        packings: tuple[Packing, Packing],
        n_threads: int = 1,
        feedback: OutputFeedback | None = None,
    ) -> None:
        self._network, self._packings, self._n_threads = network, packings, n_threads
        self._feedback = feedback
        self.packed = PackedWeights(packings, network.dtype)
        self._groups: dict[tuple[int, int, int], list[_Group]] = {}
        self._training_groups: dict[tuple[int, int, int], list[_TrainingGroup]] = {}

    def load(self, theta: np.ndarray, *, training: bool) -> None:
        """Pack theta for the kernels; in training the transposed matrices, too."""
        self.packed.load(self._feedback.compose(theta) if self._feedback else theta, training=training)

    def forward(self, theta: np.ndarray, inputs: Inputs, output: np.ndarray, final: State) -> None:
        """Write the output and, unless `final` is empty, the final states."""
        self.load(theta, training=False)
        groups = self._groups_for(self._groups, _Group, inputs.x, len(inputs.x) - len(output))
        run_all([partial(group.forward, inputs, output, final) for group in groups], self._n_threads)

    def value_and_gradient(
        self,
        theta: np.ndarray,
        inputs: Inputs,
        objective: Objective,
        gradient: np.ndarray,
        final: State,
        d_state: State,
    ) -> float:
        """Return the mean loss and write its gradient in the order of theta.

        Write the final states and the gradient of the initial states, too, unless these lists are empty.
        """
        self.load(theta, training=True)
        first = len(inputs.x) - len(objective.target)
        groups = self._groups_for(self._training_groups, _TrainingGroup, inputs.x, first)
        total = objective.total
        tasks = [
            partial(group.value_and_gradient, inputs, objective, total, final, d_state) for group in groups
        ]
        value = sum(run_all(tasks, self._n_threads))
        whole, *others = (group.gradient for group in groups)
        for other in others:
            whole.flat += other.flat
        if self._feedback:
            whole.write(self._feedback.gradient)
            self._feedback.decompose(gradient)
        else:
            whole.write(gradient)
        return value

    def _groups_for(
        self, cached: dict[tuple[int, int, int], list[G]], kind: type[G], x: np.ndarray, first: int
    ) -> list[G]:
        T, B, _ = x.shape
        if (T, B, first) not in cached:
            while len(cached) >= _KEPT_SIZES:
                del cached[next(iter(cached))]
            work = 6.0 * T * B * len(self._packings[0].positions)
            n = max(1, min(_MOST_GROUPS, B // _FEWEST)) if work > _SPLIT_WORK else 1
            cached[T, B, first] = [
                kind(self._network, self.packed, self._packings[0], range(low, high), T, first)
                for low, high in pairwise(_split_edges(0, B, n))
            ]
        return cached[T, B, first]


class _Group:
    """Consecutive windows of a batch, run on one thread."""

    gradient: PackedGradient | None = None

    def __init__(
        self,
        network: Architecture,
        packed: PackedWeights,
        packing: Packing,
        windows: range,
        n_steps: int,
        first: int,
    ) -> None:
        n_shards = _shards(network, len(packing.positions), n_steps, len(windows))
        by_size: dict[int, Shard] = {}
        self._shards: list[tuple[Shard, int, int]] = []
        for start, stop in pairwise(_split_edges(windows.start, windows.stop, n_shards)):
            n = stop - start
            if n not in by_size:
                views = None if self.gradient is None else self.gradient.views
                by_size[n] = Shard(network, packed, views, n_steps, n, first)
            self._shards.append((by_size[n], start, stop))

    def forward(self, inputs: Inputs, output: np.ndarray, final: State) -> None:
        """Write the group's part of output and final states."""
        for shard, start, stop in self._shards:
            shard.forward(inputs, start)
            output[:, start:stop] = shard.output
            if final:
                shard.write_final_state(final, start)


class _TrainingGroup(_Group):
    """Consecutive windows of a batch, with the gradient of their part of the loss."""

    gradient: PackedGradient

    def __init__(self, network: Architecture, packed: PackedWeights, packing: Packing, *size: Any) -> None:
        self.gradient = PackedGradient(packing, network.dtype)
        super().__init__(network, packed, packing, *size)

    def value_and_gradient(
        self, inputs: Inputs, objective: Objective, total: float, final: State, d_state: State
    ) -> float:
        """Return the group's part of the mean loss, and write its gradient to `self.gradient`."""
        self.gradient.flat[:] = 0
        value = 0.0
        for shard, start, _ in self._shards:
            shard.forward(inputs, start)
            d_output = np.empty_like(shard.output)
            value += objective.part(shard.output, total, start, d_output)
            if final:
                shard.write_final_state(final, start)
            shard.backward(d_output)
            if d_state:
                shard.write_initial_gradient(d_state, start)
        return value


def _shards(network: Architecture, n_weights: int, n_steps: int, n_windows: int) -> int:
    """Return the number of shards of a group, so that buffers or else weights stay in the cache."""
    saved = network.cell.step.n_blocks + network.cell.n_states
    per_window = (
        (n_steps + network.n_decoded)
        * network.hidden_size
        * len(network.suffixes)
        * network.num_layers
        * saved
        * network.dtype.itemsize
    )
    fewest = _FEWEST if n_weights * network.dtype.itemsize < _CACHE else 4 * _FEWEST
    return max(1, n_windows // max(fewest, _CACHE // per_window // _ROUND * _ROUND))


def _split_edges(low: int, high: int, n: int) -> list[int]:
    """Return the edges of n parts of windows, of whole tiles except for the last part.

    Examples
    --------
    >>> _split_edges(0, 50, 2)
    [0, 24, 50]
    """
    return [low + (high - low) * k // n // _ROUND * _ROUND for k in range(n)] + [high]
