"""Quantiles and sample paths of networks whose loss is a distribution."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tsrnn.forecasting.inference import OutputDecoder, TrainedNetworks, by_step, simulate
from tsrnn.forecasting.intervals.copula import draw_steps, ranks
from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.training.arrays import ragged_rows
from tsrnn.training.preprocessor import Prepared
from tsrnn.training.starts import Starts

_N_PATHS = 500  # that quantiles are read off where they are not the network's own
_MOST_WINDOWS = 1000


class Simulator(NamedTuple):
    """A trained network that simulates.

    Attributes
    ----------
    trained : TrainedNetworks
    fitted : Prepared
        What it has been trained on: errors there tell how those of a horizon go together.
    """

    trained: TrainedNetworks
    fitted: Prepared

    def paths(self, prepared: Prepared, horizon: int, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n paths of the steps that follow each series, (S, n, horizon, C)."""
        rows, shape = self._rows(rng), (horizon, self._width)
        return simulate(self.trained, prepared, horizon, n, lambda k: draw_steps(rows, k, n, shape, rng))

    def quantiles(
        self, prepared: Prepared, horizon: int, p: Sequence[float], rng: np.random.Generator
    ) -> np.ndarray:
        """Return the quantiles p of the steps that follow each series, (S, len(p), horizon, C).

        Of steps that do not depend on forecasts before them they are the network's own; others are read off
        500 paths: those after the first with "recursive", those past the horizon it was trained for, and all
        where changes are summed up.
        """
        n_own = min(horizon, self._n_together)
        if prepared.channels.plan.n_lost:
            n_own = 0
        levels = np.broadcast_to(np.reshape(p, (-1, 1, 1)), (len(p), n_own, self._width))
        S = len(prepared.dataset.lengths)
        own = np.broadcast_to(levels, (S, *levels.shape))
        if n_own:
            own = simulate(
                self.trained, prepared, n_own, len(p), lambda k: np.broadcast_to(levels, (k, *levels.shape))
            )
        if n_own == horizon:
            return own
        paths = self.paths(prepared, horizon, _N_PATHS, rng)[:, :, n_own:]
        method: Any = "inverted_cdf" if self._counts else "linear"
        read_off = np.quantile(paths, np.array(p), axis=1, method=method).swapaxes(0, 1)
        return np.concatenate([own, read_off], axis=2)

    @property
    def _width(self) -> int:
        return self.fitted.dataset.values.shape[1]

    @property
    def _counts(self) -> bool:
        return self.trained.loss == "negbin"

    @property
    def _n_together(self) -> int:
        """Steps that the network forecasts at once."""
        shape = self.fitted.dataset.shape
        return 1 if shape.every_step else shape.horizon

    def _rows(self, rng: np.random.Generator) -> np.ndarray | None:
        """Return ranks of errors that go together, (N, h, C); None if there is but one at a time."""
        if self._n_together * self._width == 1:
            return None
        u = self.probabilities(rng)
        return ranks(np.where(np.isnan(u), rng.random(u.shape), u), rng)

    def probabilities(self, rng: np.random.Generator) -> np.ndarray:
        """Return how probable it was to stay below what came, (N, h, C), nan where that is not known.

        Of the latest 1,000 windows of the training series, spread evenly over them. Counts have several
        probabilities, between which one is drawn (Czado, Gneiting & Held, 2009, Biometrics 65).
        """
        (network, thetas, loss), distribution = self.trained, DISTRIBUTIONS[self.trained.loss]
        dataset, h, C = self.fitted.dataset, self._n_together, self._width
        dataset = dataset._replace(shape=dataset.shape._replace(horizon=h))
        batch = dataset.batch(_latest(dataset.split(0.0)[0]))
        size = np.ones((1, 1)) if batch.size is None else batch.size[:, None]
        edges = []
        for theta in thetas:
            first = -1 if dataset.shape.every_step else dataset.first
            output, _ = network.forward(theta, batch.x, first=first, begins=batch.begins, future=batch.known)
            raw = OutputDecoder(loss).raw(output, C)[:, :h]
            truth = by_step(batch.target[-len(output) :], 1, C)[:, :h, 0].astype(np.float64)
            jump = [truth - 1 / size[:, :, None], truth] if self._counts else [truth]
            edges.append([distribution.cdf(raw, edge, size) for edge in jump])
        low, *_, high = np.median(edges, axis=0).repeat(2, axis=0)
        return low + rng.random(low.shape) * (high - low)


def _latest(starts: Starts) -> np.ndarray:
    """Return the last starts in each series, no more than there is use for in all."""
    n_each = max(1, _MOST_WINDOWS // (len(starts.edges) - 1))
    counts = np.minimum(np.diff(starts.edges), n_each)
    numbers, _ = ragged_rows(starts.edges[1:] - counts, counts)
    return starts[numbers[:: -(-len(numbers) // _MOST_WINDOWS)]]
