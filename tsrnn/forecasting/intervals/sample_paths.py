"""What may come, by networks whose loss is a distribution: its quantiles, and paths through it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tsrnn.forecasting.inference import Reading, by_step, simulate
from tsrnn.forecasting.intervals.copula import draw_steps, ranks
from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.network import Network
from tsrnn.training.history import History
from tsrnn.training.preprocessor import Pipeline
from tsrnn.training.windows import Starts

_N_PATHS = 500  # that quantiles are read off where they are not the network's own
_MOST_WINDOWS = 1000


class Simulation(NamedTuple):
    """A trained network that simulates.

    Attributes
    ----------
    pipeline : Pipeline
        Its channels are those of the histories that it has been trained on.
    network : Network
    thetas : ndarray of shape (n_members, n_parameters)
    histories : sequence of History
        What it has been trained on: errors there tell how those of a horizon go together.
    """

    pipeline: Pipeline
    network: Network
    thetas: np.ndarray
    histories: Sequence[History]

    def paths(
        self,
        pipeline: Pipeline,
        histories: Sequence[History],
        horizon: int,
        n: int,
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        """Draw n paths of the steps that follow each history, (n, horizon, C).

        `pipeline` has the channels of these histories.
        """
        rows, shape = self._rows(rng), (horizon, pipeline.width)
        forecaster = pipeline, self.network, self.thetas, histories
        return simulate(*forecaster, horizon, n, lambda: draw_steps(rows, n, shape, rng))

    def quantiles(
        self,
        pipeline: Pipeline,
        histories: Sequence[History],
        horizon: int,
        p: Sequence[float],
        rng: np.random.Generator,
    ) -> list[np.ndarray]:
        """Return the quantiles p of the steps that follow each history, (len(p), horizon, C).

        Of steps that do not depend on forecasts before them they are the network's own; others are read off
        500 paths: those after the first with "recursive", those past the horizon it was trained for, and all
        where changes are summed up.
        """
        n_own = min(horizon, self._n_together)
        if any("difference" in channel.transforms for channel in pipeline.channels):
            n_own = 0
        levels = np.broadcast_to(np.reshape(p, (-1, 1, 1)), (len(p), n_own, pipeline.width))
        forecaster = pipeline, self.network, self.thetas, histories
        own = simulate(*forecaster, n_own, len(p), lambda: levels) if n_own else [levels] * len(histories)
        if n_own == horizon:
            return own
        paths = self.paths(pipeline, histories, horizon, _N_PATHS, rng)
        read_off = [_quantiles(of[:, n_own:], p, counts=pipeline.counts) for of in paths]
        return [np.concatenate(pair, axis=1) for pair in zip(own, read_off, strict=True)]

    @property
    def _n_together(self) -> int:
        """Steps that the network forecasts at once."""
        return 1 if self.pipeline.every_step else self.pipeline.horizon

    def _rows(self, rng: np.random.Generator) -> np.ndarray | None:
        """Return ranks of errors that go together, (N, h, C); None if there is but one at a time."""
        if self._n_together * self.pipeline.width == 1:
            return None
        u = self.probabilities(rng)
        return ranks(np.where(np.isnan(u), rng.random(u.shape), u), rng)

    def probabilities(self, rng: np.random.Generator) -> np.ndarray:
        """Return how probable it was to stay below what came, (N, h, C), nan where that is not known.

        Of the latest 1,000 windows of the histories, spread evenly over them. Counts have several
        probabilities, between which one is drawn (Czado, Gneiting & Held, 2009, Biometrics 65).
        """
        pipeline, network, distribution = self.pipeline, self.network, DISTRIBUTIONS[self.pipeline.loss]
        cut, h, C = pipeline.cut(self.histories), self._n_together, self.pipeline.width
        cut = cut._replace(windows=cut.windows._replace(horizon=h))
        windows = cut.windows
        batch = windows.batch(_latest(cut.split(0.0)[0]))
        size = np.ones((1, 1)) if batch.size is None else batch.size[:, None]
        edges = []
        for theta in self.thetas:
            first = -1 if pipeline.every_step else windows.first
            output, _ = network.forward(theta, batch.x, first=first, begins=batch.begins, future=batch.known)
            raw = Reading(pipeline.loss).raw(output, C)[:, :h]
            truth = by_step(batch.target[-len(output) :], 1, C)[:, :h, 0].astype(np.float64)
            jump = [truth - 1 / size[:, :, None], truth] if pipeline.counts else [truth]
            edges.append([distribution.cdf(raw, edge, size) for edge in jump])
        low, *_, high = np.median(edges, axis=0).repeat(2, axis=0)
        return low + rng.random(low.shape) * (high - low)


def _quantiles(paths: np.ndarray, p: Sequence[float], *, counts: bool) -> np.ndarray:
    return np.quantile(paths, np.array(p), axis=0, method="inverted_cdf" if counts else "linear")


def _latest(starts: Starts) -> np.ndarray:
    """Return the last starts in each series, no more than there is use for in all."""
    n_each = max(1, _MOST_WINDOWS // (len(starts.edges) - 1))
    firsts = np.maximum(starts.edges[1:] - n_each, starts.edges[:-1])
    numbers = np.concatenate([np.arange(*pair) for pair in zip(firsts, starts.edges[1:], strict=True)])
    return starts[numbers[:: -(-len(numbers) // _MOST_WINDOWS)]]
