"""Training by truncated backpropagation through time: sequences are split, states are kept between parts."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import numpy as np

from tsrnn.deadline import check_deadline
from tsrnn.network import Network
from tsrnn.network.workspace import Objective, State, Workspace
from tsrnn.training.loop import Dataset, Run, Training

_ROUND = 8  # steps; buffers are reused for segments of the same length
_SHORTEST_ROW = 8  # steps; a row starts without a past, so that shorter ones teach little
_MOST_LEFT_OUT = 0.1  # share of the symbols that an epoch may skip


class Segment(NamedTuple):
    """A batch of segments: consecutive steps of several sequences.

    Attributes
    ----------
    x, target : ndarray of shape (T, B, 1)
        Numbers of symbols; the target is the symbol after x, nan after the end of a sequence.
    contexts : ndarray of shape (B, C), or None
        Contexts of sequences that start with this segment; None: they continue from the segment before.
    """

    x: np.ndarray
    target: np.ndarray
    contexts: np.ndarray | None


class Corpus(NamedTuple):
    """Sequences of numbered symbols, for training or scoring.

    Attributes
    ----------
    codes : list of ndarray of int, shape (n_b,)
    contexts : ndarray of shape (n, C)
        One row for each sequence; C may be 0.
    boundary : int
        Number of the symbol that is put before every sequence and, if `ends`, after it.
    ends : bool
        Whether the end of sequences is predicted, too. If not, there is one sequence to train on, which is
        split into rows.
    bptt, batch_size : int
        Steps of a segment, and the number of sequences or rows in a batch.

    Examples
    --------
    >>> corpus = Corpus([np.array([0, 1, 0])], np.empty((1, 0)), 2, ends=True, bptt=2, batch_size=1)
    >>> for segment in corpus.in_order():
    ...     print(segment.x[:, 0, 0], segment.target[:, 0, 0], segment.contexts is None)
    [2. 0.] [0. 1.] False
    [1. 0.] [0. 2.] True
    """

    codes: list[np.ndarray]
    contexts: np.ndarray
    boundary: int
    ends: bool
    bptt: int
    batch_size: int

    @property
    def n_segments(self) -> int:
        """Number of segments in an epoch."""
        if not self.ends:
            return -(-self._rows[1] // self.bptt)
        lengths = sorted(len(one) + 1 for one in self.codes)
        longest = (lengths[min(last, len(lengths)) - 1] for last in self._lasts)
        return sum(-(-length // self.bptt) for length in longest)

    def epoch(self, rng: np.random.Generator) -> Iterator[Segment]:
        """Yield the segments of an epoch: every sequence or row once, in random order."""
        if self.ends:
            batches = self._batches(rng.permutation(len(self.codes)))
            for i in rng.permutation(len(batches)):
                yield from self._sequences(batches[i])
            return
        n_rows, length = self._rows
        first = rng.integers(len(self.codes[0]) - n_rows * length + 1)
        rows = self.codes[0][first : first + n_rows * length].reshape(n_rows, length)
        yield from self._segments(list(rows), np.repeat(self.contexts, n_rows, axis=0))

    def in_order(self) -> Iterator[Segment]:
        """Yield the segments of all sequences, from the shortest to the longest."""
        for batch in self._batches(np.arange(len(self.codes))):
            yield from self._sequences(batch)

    @property
    def _rows(self) -> tuple[int, int]:
        """Number and length of the rows that the one sequence is split into.

        An epoch skips a few symbols at random, so that rows and segments start elsewhere in each epoch.
        """
        n = len(self.codes[0])
        n_rows = self.n_rows(n)
        left_out = min(self.bptt, int(_MOST_LEFT_OUT * n)) if n_rows > 1 else 0
        return n_rows, (n - left_out) // n_rows

    def n_rows(self, n: int) -> int:
        """Return the number of rows that one sequence of n symbols is split into."""
        return max(1, min(self.batch_size, n // max(self.bptt, _SHORTEST_ROW)))

    @property
    def _lasts(self) -> range:
        return range(self.batch_size, len(self.codes) + self.batch_size, self.batch_size)

    def _batches(self, order: np.ndarray) -> list[np.ndarray]:
        """Return batches of sequences of similar length, with little padding."""
        lengths = np.array([len(one) for one in self.codes])
        order = order[np.argsort(lengths[order], kind="stable")]
        return [order[last - self.batch_size : last] for last in self._lasts]

    def _sequences(self, which: np.ndarray) -> Iterator[Segment]:
        return self._segments([self.codes[i] for i in which], self.contexts[which])

    def _segments(self, rows: list[np.ndarray], contexts: np.ndarray) -> Iterator[Segment]:
        n_steps = max(map(len, rows)) + self.ends
        symbols = np.full((n_steps + _ROUND, len(rows), 1), np.nan, contexts.dtype)
        symbols[0] = self.boundary
        for b, row in enumerate(rows):
            symbols[1 : len(row) + 1, b, 0] = row
            if self.ends:
                symbols[len(row) + 1, b] = self.boundary
        for low in range(0, n_steps, self.bptt):
            high = low + min(self.bptt, -(-(n_steps - low) // _ROUND) * _ROUND)
            x = np.nan_to_num(symbols[low:high])
            yield Segment(x, symbols[low + 1 : high + 1], contexts if low == 0 else None)


def validation_split(
    corpus: Corpus, fraction: float, rng: np.random.Generator
) -> tuple[Corpus, Corpus | None]:
    """Return training and validation data: the end of a single sequence, or some of many drawn at random.

    The validation part is None if either part would be empty.
    """
    whole = corpus.codes if corpus.ends else corpus.codes[0]
    n = round(fraction * len(whole))
    if not 0 < n < len(whole):
        return corpus, None
    if corpus.ends:
        validation, training = (
            corpus._replace(codes=[corpus.codes[i] for i in part], contexts=corpus.contexts[part])
            for part in np.split(rng.permutation(len(whole)), [n])
        )
        return training, validation
    rows = np.array_split(corpus.codes[0][-n:], corpus.n_rows(n))
    contexts = np.repeat(corpus.contexts, len(rows), axis=0)
    return corpus._replace(codes=[corpus.codes[0][:-n]]), corpus._replace(codes=rows, contexts=contexts)


class InitialState:
    """Initial states computed from contexts, by a dense layer for h (and c) of each recurrent layer.

    Parameters
    ----------
    network : Network
    size : int
        Size C of a context; with 0, states are zero and there are no weights.

    Examples
    --------
    >>> initial = InitialState(Network("lstm", 1, 8, 1, 1), size=2)
    >>> initial.n_parameters, initial.states(np.zeros(48), np.ones((3, 2)))[0].shape
    (48, (2, 1, 3, 8))
    """

    def __init__(self, network: Network, size: int) -> None:
        self._network = network
        self._shape = sum(np.size(part) for part in network.zero_state(1)), size
        self.n_parameters = self._shape[0] * (size + 1) if size else 0

    def states(self, weights: np.ndarray, contexts: np.ndarray) -> State:
        """Return the initial states (n_states, 1, B, H) of each layer, W contexts + b."""
        states = self._network.zero_state(len(contexts))
        if self.n_parameters:
            n = self._shape[0]
            # Not with BLAS, whose sums depend on its number of threads.
            rows = np.einsum("bc,sc->bs", contexts, weights[n:].reshape(self._shape)) + weights[:n]
            parts = np.split(rows, len(states), axis=1)
            for state, part in zip(states, parts, strict=True):
                state[:, 0] = part.reshape(len(contexts), len(state), -1).swapaxes(0, 1)
        return states

    def backward(self, d_states: State, contexts: np.ndarray, gradient: np.ndarray) -> None:
        """Write the gradient of the weights, given that of the states."""
        n, B = self._shape[0], len(contexts)
        rows = np.concatenate([d[:, 0].swapaxes(0, 1).reshape(B, -1) for d in d_states], axis=1)
        gradient[:n] = rows.sum(axis=0)
        gradient[n:] = np.einsum("bs,bc->sc", rows, contexts).ravel()


class TruncatedRun(Run):
    """Training of a network on a corpus; theta holds its parameters, then those of the initial state."""

    def __init__(
        self,
        network: Network,
        initial_state: InitialState,
        theta: np.ndarray,
        training: Training,
        corpus: Corpus,
        validation: Corpus | None,
        rng: np.random.Generator,
        n_threads: int,
    ) -> None:
        self.corpus, self._validation, self._initial_state = corpus, validation, initial_state
        self._state: State = []
        no_items = np.empty(0)
        dataset = cast(Dataset, corpus)  # used by overridden methods only
        super().__init__(network, theta, training, dataset, no_items, no_items, rng, n_threads)

    @property
    def steps_per_epoch(self) -> int:
        """Number of segments in an epoch."""
        return self.corpus.n_segments

    def _batches(self) -> Iterator[Segment]:
        while True:
            yield from self.corpus.epoch(self.rng)

    def _value_and_gradient(self, step: int, segment: Any) -> float:
        network, n = self.network, self.network.n_parameters
        B, is_first = segment.x.shape[1], segment.contexts is not None
        if is_first:
            self._state = self._initial_state.states(self.theta[n:], segment.contexts)
        trains_initial_state = is_first and self._initial_state.n_parameters > 0
        final, d_state = network.zero_state(B), network.zero_state(B) if trains_initial_state else None
        loss = network.value_and_gradient(
            self.theta[:n],
            segment.x,
            segment.target,
            self.training.loss,
            self.gradient[:n],
            rng=self.rng,
            state=self._state,
            final=final,
            d_state=d_state,
            workspace=self.workspace,
        )
        self.gradient[n:] = 0
        if d_state is not None:
            self._initial_state.backward(d_state, segment.contexts, self.gradient[n:])
        self._state = final if math.isfinite(loss) else network.zero_state(B)
        return loss

    def _validation_loss(self) -> float:
        if self._validation is None:
            return math.nan
        return mean_loss(self.network, self._initial_state, self.theta, self._validation, self.workspace)


def mean_loss(
    network: Network, initial_state: InitialState, theta: np.ndarray, corpus: Corpus, workspace: Workspace
) -> float:
    """Return the cross-entropy of whole sequences in nats per symbol, including ends."""
    n, total, count = network.n_parameters, 0.0, 0.0
    state: State = []
    for x, target, contexts in corpus.in_order():
        check_deadline()
        if contexts is not None:
            state = initial_state.states(theta[n:], contexts)
        logits, state = network.forward(theta[:n], x, state, workspace=workspace)
        objective = Objective.of("cross_entropy", target)
        total += objective.sum(logits)
        count += objective.total
    return total / count
