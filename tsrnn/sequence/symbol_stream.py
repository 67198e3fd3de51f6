"""Step-by-step use of a fitted generator: probabilities of the next symbol, and sampling."""

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np

from tsrnn.deadline import check_deadline
from tsrnn.kernels.decoders.sampling import (
    GeneratorState,
    Model,
    Sampling,
    read_symbols,
    sample_symbols,
    softmax,
    write_logits,
)
from tsrnn.kernels.packing.tile import lanes
from tsrnn.kernels.scans.stream import Sizes
from tsrnn.network import Network
from tsrnn.network.workspace import State
from tsrnn.sequence.symbols import Vocabulary
from tsrnn.validation import check_fits, check_number, check_positive_integer, seed_sequence

_CHUNK = 4096  # symbols drawn between two checks of a time limit or Ctrl-C


class SymbolStream:
    """Incremental prediction and sampling of symbols with a fitted generator.

    Made by ``RNNGenerator.stream()``, at the start of a sequence. Each symbol is read once, at a cost that
    does not depend on how many came before. A stream must not be used by two threads at once.

    Parameters
    ----------
    network : Network
        Reads symbols, the last of which stands for the start of a sequence, and returns the logits of symbols
        and, if it has one more output, of the end.
    theta : ndarray of shape (n_parameters,)
    vocabulary : Vocabulary
    initial_state : list of ndarray
        Initial states (n_states, 1, 1, H) of each layer.

    Examples
    --------
    >>> from tsrnn import RNNGenerator
    >>> stream = RNNGenerator(max_steps=400, hidden_size=16, random_state=0).fit("abc" * 100).stream()
    >>> stream.step("a").round(1)  # of "a", "b" and "c"
    array([0., 1., 0.])
    >>> stream.sample(5, random_state=0)
    'bcabc'
    >>> stream.probabilities.round(1)
    array([1., 0., 0.])
    """

    def __init__(
        self, network: Network, theta: np.ndarray, vocabulary: Vocabulary, initial_state: State
    ) -> None:
        cell, n_inputs = network.architecture.cell, network.n_inputs
        width = lanes(np.empty(0, network.dtype))
        n_panels = -(-network.hidden_size // width)
        n_units, n_slots = n_panels * width, 2 * network.num_layers
        packed = network.packed(theta)
        views = network.packings[0].views(packed)
        table = views["W_symbol"]
        n_read = n_inputs if n_inputs <= width else table.shape[1]
        self._network, self._vocabulary, self._initial_state = network, vocabulary, initial_state
        self._sizes = Sizes(network.num_layers, n_panels, cell.n_diagonals, 1, 0)
        self._model = Model(packed, views["W_head"], views["b_head"], table, n_read)
        self._buffers = GeneratorState(
            np.zeros((n_slots, n_units), network.dtype),
            np.zeros((n_slots, n_units if cell.n_states > 1 else 0), network.dtype),
            np.zeros(views["b_head"].size, network.dtype),
            np.zeros((1, max(n_units, table.shape[1])), network.dtype),
            np.zeros((1, cell.step.n_blocks * n_units), network.dtype),
            np.zeros(network.n_outputs, network.dtype),
        )
        self._unchanged = Sampling(1.0, network.n_outputs, len(vocabulary.symbols))
        self._one = np.empty(1, np.int64)
        self.reset()

    @property
    def probabilities(self) -> np.ndarray:
        """Probabilities of the next symbol, given those before: (n_symbols,) or (n_symbols + 1,).

        In the order of ``symbols_``; if the model was fitted on many sequences, the last entry is the
        probability that the sequence ends here.
        """
        probabilities = np.empty(self._network.n_outputs)
        if not softmax(self._buffers.logits, self._unchanged, self._buffers.scratch, probabilities):
            self._raise_not_finite()
        return probabilities

    def step(self, symbol: Any) -> np.ndarray:
        """Read the next symbol and return the `probabilities` of the one after it.

        Raises
        ------
        ValueError
            If the model has not been fitted on such a symbol; the stream is left as it was. If states grew
            without bound; the stream is reset.
        """
        self._one[0] = self._vocabulary.number(symbol)
        self._read(self._one)
        return self.probabilities

    def run(self, sequence: Any) -> np.ndarray:
        """Read a sequence of symbols, which may be empty, and return the `probabilities` of the next one."""
        self._read(self._vocabulary.encode(sequence))
        return self.probabilities

    def sample(
        self, n: int, *, temperature: float = 1.0, top_k: int | None = None, random_state: Any = None
    ) -> Any:
        """Draw the next symbols, each given those before it.

        Parameters
        ----------
        n, temperature, top_k, random_state
            As in `RNNGenerator.sample`.

        Returns
        -------
        str, list or ndarray
            In the form of the sequences that the model was fitted on.
        """
        n = check_positive_integer("n", n, "symbols")
        check_fits(f"{n:.4g} symbols", 16.0 * n, "Ask for fewer.")
        sampling = self._sampling(temperature, top_k)
        rng = np.random.default_rng(seed_sequence(random_state))
        cell, drawn = self._network.architecture.cell.step, np.empty(n, np.int64)
        probabilities, done = np.empty(self._network.n_outputs), 0
        while done < n:
            check_deadline()
            here = drawn[done : done + _CHUNK]
            uniforms = rng.random(len(here))
            n_drawn = sample_symbols(
                cell,
                self._sizes,
                self._model,
                self._buffers,
                self._count,
                sampling,
                uniforms,
                probabilities,
                here,
            )
            if n_drawn < 0:
                self._raise_not_finite()
            self._count += n_drawn
            done += n_drawn
            if n_drawn < len(here):
                break
        return self._vocabulary.decode(drawn[:done])

    def reset(self) -> None:
        """Go back to the start of a sequence."""
        self._count = 0
        self._buffers.h[:] = 0
        self._buffers.c[:] = 0
        for layer, values in enumerate(self._initial_state):
            self._set(layer, values[:, 0, 0])
        self._one[0] = len(self._vocabulary.symbols)
        self._read(self._one)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The states of all layers, to be saved and set again: a copy, as plain arrays.

        ``state["layer_0"]`` has the shape (n_states, hidden_size), with h before c.
        ``numpy.savez(file, **stream.state)`` saves it; ``stream.state = numpy.load(file)`` restores it,
        and further probabilities are the same to the bit.
        """
        H, n_states = self._network.hidden_size, self._network.architecture.cell.n_states
        slots = [2 * layer + (self._count + 1) % 2 for layer in range(self._network.num_layers)]
        both = self._buffers.h[slots, :H], self._buffers.c[slots, :H]
        return {
            f"layer_{layer}": np.stack([part[layer] for part in both[:n_states]])
            for layer in range(self._network.num_layers)
        }

    @state.setter
    def state(self, state: Mapping[str, np.ndarray]) -> None:
        if not isinstance(state, Mapping):
            raise TypeError(f"The state must be a mapping of names to arrays; got {type(state).__name__}.")
        needed = {name: array.shape for name, array in self.state.items()}
        found = {name: np.shape(array) for name, array in state.items()}
        if found != needed:
            raise ValueError(
                f"The state must have the arrays {needed}; got {found}. "
                "Take it from a stream of the same fitted model."
            )
        arrays = [np.asarray(state[name], self._network.dtype) for name in needed]
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError("The state must be finite; got NaN or infinite numbers. Take it from a stream.")
        for layer, values in enumerate(arrays):
            self._set(layer, values)
        self._buffers.features[0, : self._network.hidden_size] = arrays[-1][0]
        write_logits(self._model, self._buffers)

    def _set(self, layer: int, values: np.ndarray) -> None:
        slot = 2 * layer + (self._count + 1) % 2
        for part, of_part in zip((self._buffers.h, self._buffers.c), values, strict=False):
            part[slot, : self._network.hidden_size] = of_part

    def _read(self, numbers: np.ndarray) -> None:
        cell = self._network.architecture.cell.step
        read_symbols(cell, self._sizes, self._model, self._buffers, self._count, numbers)
        self._count += len(numbers)

    def _sampling(self, temperature: float, top_k: int | None) -> Sampling:
        """Return the options of sampling; with temperature 0 the most probable symbol is taken."""
        temperature = check_number("temperature", temperature, 0, inf)
        if top_k is not None:
            top_k = check_positive_integer("top_k", top_k, "symbols")
        if temperature == 0:
            temperature, top_k = 1.0, 1
        n_outputs = self._network.n_outputs
        return Sampling(temperature, min(top_k or n_outputs, n_outputs), self._unchanged.end)

    def _raise_not_finite(self) -> None:
        self.reset()
        raise ValueError(
            f'The states grew beyond all numbers, as those of cell="{self._network.cell_name}" may. The '
            'stream has been reset; choose a cell with bounded states, such as "lstm".'
        )
