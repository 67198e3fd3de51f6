"""What a network needs to run again and again without allocating: packed weights, and shards of batches."""

from functools import partial
from itertools import pairwise

import numpy as np

from tsrnn.network.architecture import Architecture, PackedWeights
from tsrnn.network.layout import Packing
from tsrnn.network.shard import Shard
from tsrnn.network.threads import run_all

_SPLIT_WORK = 3e8  # floating-point operations of a training step from which on it is cut into shards
_FEWEST_WINDOWS = 16
_MOST_SHARDS = 4
_KEPT_SIZES = 3


class Workspace:
    """Buffers for the batches of one network; used by one caller at a time.

    A batch is cut into shards of windows by its size alone, never by the number of threads: every
    number comes from the same operations in the same order on one thread or many.

    Parameters
    ----------
    network : Architecture
    packings : tuple of Packing
        As returned by `pack_index`.
    n_threads : int, default 1
        Threads to run shards on.
    """

    def __init__(self, network: Architecture, packings: tuple[Packing, Packing], n_threads: int = 1) -> None:
        self._network, self._n_threads = network, n_threads
        self.packed = PackedWeights(packings, network.dtype)
        self._n_weights = len(packings[0].positions)
        self._shards: dict[tuple[int, int, int, bool], list[Shard]] = {}

    def forward(
        self,
        x: np.ndarray,
        state: list[np.ndarray] | None,
        masks: list[np.ndarray] | None,
        output: np.ndarray,
        *,
        training: bool,
    ) -> list[Shard]:
        """Run all shards over x, write the output, and return the shards."""
        T, B, _ = x.shape
        first = T - len(output)
        shards = self._shards_for(T, B, first, training=training)
        self._run([partial(shard.forward, x, state, masks, output) for shard in shards])
        return shards

    def backward(self, shards: list[Shard], d_output: np.ndarray) -> None:
        """Go back through shards that have gone forward, and add up the packed gradient."""
        self._run([partial(shard.backward, d_output) for shard in shards])
        n_parts = self._n_threads if len(shards) > 1 else 1
        self._run([partial(_add_gradients, shards, part, n_parts) for part in range(n_parts)])

    def _run(self, tasks: list) -> None:
        run_all(tasks, self._n_threads)

    def _shards_for(self, T: int, B: int, first: int, *, training: bool) -> list[Shard]:
        size = (T, B, first, training)
        if size not in self._shards:
            while len(self._shards) >= _KEPT_SIZES:
                del self._shards[next(iter(self._shards))]
            n = 1
            if 6.0 * T * B * self._n_weights > _SPLIT_WORK:
                n = max(1, min(_MOST_SHARDS, B // _FEWEST_WINDOWS))
            edges = [B * k // n // 8 * 8 for k in range(n)] + [B]
            self._shards[size] = [
                Shard(self._network, self.packed, T, low, high - low, first, training=training)
                for low, high in pairwise(edges)
                if high > low
            ]
        return self._shards[size]


def _add_gradients(shards: list[Shard], part: int, n_parts: int) -> None:
    for shard in shards:
        shard.add_gradients(part, n_parts)
