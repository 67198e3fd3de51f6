"""Architecture of a network: sizes, shapes of its parameters, and their layout for the kernels."""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.cells import Cell
from tsrnn.kernels.packing.panels import pack, unpack
from tsrnn.network.layout import DECODER, SIDES, Arranger, Packing, pack_recurrent_layer, stack_layers

Views = dict[str, np.ndarray]


class Inputs(NamedTuple):
    """Inputs of a network for one batch.

    Attributes
    ----------
    x : ndarray of shape (T, B, n_inputs)
    state : list of ndarray, or None
        Initial states; None: zeros.
    spans : ndarray of int64, shape (B, 2) or (0, 2)
        First step of each window, and the one after its last; empty if all have all T.
    masks : list of ndarray, or None
        Dropout masks of the layers' outputs, decoded steps last; for the top layer of a network with a
        decoder, only decoded steps, because no others are read.
    truth : ndarray of shape (n_decoded, B, n_outputs), or None
        Targets that a sequential decoder reads instead of its outputs (teacher forcing), nan where it reads
        its outputs.
    future : ndarray of shape (n_decoded, B, n_future), or None
        Future covariates of the decoded steps.
    """

    x: np.ndarray
    state: list[np.ndarray] | None
    spans: np.ndarray
    masks: list[np.ndarray] | None = None
    truth: np.ndarray | None = None
    future: np.ndarray | None = None


class Architecture(NamedTuple):
    """Sizes and options of a network, as documented in `Network`."""

    cell: Cell
    n_inputs: int
    hidden_size: int
    num_layers: int
    n_outputs: int
    dropout: float
    bidirectional: bool
    residual: bool
    dilation: int
    embedding: bool
    n_decoded: int
    decoder: str
    n_symbols: int
    pooling: str
    n_future: int
    categories: tuple[tuple[int, int], ...]
    dtype: np.dtype

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of parameter names for the directions of a layer: "" and, if bidirectional, "_reverse"."""
        return SIDES[: 1 + self.bidirectional]

    @property
    def has_sequential_decoder(self) -> bool:
        """Whether further layers decode step by step, reading their own output."""
        return self.n_decoded > 0 and self.decoder == "sequential"

    @property
    def n_features(self) -> int:
        """Inputs at each step, including the embedding vectors of categories."""
        return self.n_inputs + sum(d for _, d in self.categories)

    @property
    def embedding_tables(self) -> list[tuple[str, int, int]]:
        """Embedding tables: name, column of x with the numbers, and first column of their vectors."""
        if self.n_symbols:
            return [("W_symbol", 0, 0)]
        n, starts = self.n_inputs, accumulate((d for _, d in self.categories), initial=self.n_inputs)
        return [(f"W_category_{k}", n + k, start) for k, start in enumerate(list(starts)[:-1])]

    def skip(self, layer: int) -> int:
        """Return how many steps back the recurrence of a layer reaches."""
        return self.dilation**layer

    def named_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield names and shapes of the parameters, in the order of theta."""
        H, O = self.hidden_size, self.n_outputs  # noqa: E741
        features = H * len(self.suffixes)
        if self.n_symbols:
            yield "W_symbol", (self.n_symbols, self.n_inputs)
        for k, (n, d) in enumerate(self.categories):
            yield f"W_category_{k}", (n, d)
        if self.embedding:
            yield "W_embed", (H, self.n_features)
            yield "b_embed", (H,)
        for layer in range(self.num_layers):
            for suffix in self.suffixes:
                yield from self._layer_shapes(layer, suffix, self.layer_inputs(layer))
        if self.has_sequential_decoder:
            for layer in range(self.num_layers):
                yield from self._layer_shapes(layer, DECODER, H if layer > 0 else O + self.n_future)
        elif self.n_decoded:
            yield "position", (self.n_decoded, self.layer_inputs(0))
            if self.n_future:
                yield "W_known", (self.layer_inputs(0), self.n_future)
        yield "W_head", (O, features)
        yield "b_head", (O,)

    def _layer_shapes(self, layer: int, suffix: str, n_inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        H, O, cell, name = self.hidden_size, self.n_outputs, self.cell, f"{layer}{suffix}"  # noqa: E741
        yield f"W_ih_{name}", (cell.n_gates * H, n_inputs)
        if cell.feeds_output_back:
            yield f"W_yh_{name}", (H, O)
        elif cell.h_gates:
            yield f"W_hh_{name}", (cell.n_gates * H, H)
        yield f"bias_{name}", (cell.n_biases * H,)
        if cell.n_diagonals:
            yield f"W_peephole_{name}", (cell.n_diagonals, H)
        if cell.feeds_output_back and layer < self.num_layers - 1:
            yield f"W_hy_{name}", (O, H)
            yield f"b_y_{name}", (O,)

    def layer_inputs(self, layer: int) -> int:
        """Return the number of inputs of a layer at each step."""
        if layer > 0:
            return self.hidden_size * len(self.suffixes)
        return self.hidden_size if self.embedding else self.n_features

    def composed_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield names and shapes of recurrent weights and biases composed for output feedback."""
        H = self.hidden_size
        for suffix in ("", DECODER)[: 1 + self.has_sequential_decoder]:
            for layer in range(self.num_layers * self.cell.feeds_output_back):
                yield f"W_hh_{layer}{suffix}", (H, H)
                yield f"bias_{layer}{suffix}", (H,)


def pack_index(network: Architecture, views: Views) -> tuple[Packing, Packing]:
    """Return the layouts of the packed weights, and of the transposes that only backward passes read."""
    arrange = Arranger(network.hidden_size, network.dtype)
    forward: Views = {}
    backward: Views = {}
    for layer in range(network.num_layers):
        from_layer = layer > 0 or network.embedding
        for suffix in network.suffixes:
            one, two = pack_recurrent_layer(
                arrange, network.cell, views, f"{layer}{suffix}", from_layer=from_layer
            )
            decodes_in_parallel = network.n_decoded and not network.has_sequential_decoder
            if not from_layer and not decodes_in_parallel and not network.embedding_tables:
                del two["W_x_transposed"]  # no gradient of the inputs is needed
            forward |= {f"{name}_{layer}{suffix}": array for name, array in one.items()}
            backward |= {f"{name}_{layer}{suffix}": array for name, array in two.items()}
    head = arrange.features(arrange.outputs(views["W_head"]), from_layer=True)
    forward |= {
        "W_head": arrange.forward(head),
        "b_head": arrange.vector(arrange.outputs(views["b_head"])),
    }
    backward["W_head_transposed"] = arrange.transposed(head)
    if network.embedding:
        embed = arrange.features(arrange.units(views["W_embed"], (0,)), from_layer=False)
        forward |= {
            "W_embed": arrange.forward(embed),
            "b_embed": arrange.vector(arrange.units(views["b_embed"], (0,))),
        }
        if network.categories:
            backward["W_embed_transposed"] = arrange.transposed(embed)
    forward |= {name: views[name] for name, *_ in network.embedding_tables}
    if network.n_symbols:  # sampling reads whole machine vectors
        whole = arrange.panels_of(network.n_inputs) * arrange.width
        forward["W_symbol"] = arrange.pad(views["W_symbol"], 1, whole)
    if network.has_sequential_decoder:
        layers = [
            pack_recurrent_layer(arrange, network.cell, views, f"{layer}{DECODER}", from_layer=layer > 0)
            for layer in range(network.num_layers)
        ]
        one, two = (stack_layers(list(part)) for part in zip(*layers, strict=True))
        forward |= {f"{name}{DECODER}": array for name, array in one.items()}
        backward |= {f"{name}{DECODER}": array for name, array in two.items()}
    elif network.n_future:
        W_known = arrange.features(arrange.outputs(views["W_known"]), from_layer=False)
        biases = arrange.outputs(views["position"].T).T
        forward |= {
            "W_known": arrange.forward(W_known),
            "position": biases.reshape(network.n_decoded, -1, arrange.width),
        }
    elif network.n_decoded:
        position = arrange.features(views["position"], from_layer=network.embedding)
        forward["position"] = arrange.transposed(position)
    return Packing.of(forward), Packing.of(backward)


class PackedWeights:
    """Weights in panels, and the transposes that backward passes read."""

    def __init__(self, packings: tuple[Packing, Packing], dtype: np.dtype) -> None:
        self._packings = packings
        self._packed = [np.empty(len(packing.positions), dtype) for packing in packings]
        self.forward, self.backward = (
            packing.views(packed) for packing, packed in zip(packings, self._packed, strict=True)
        )

    def load(self, theta: np.ndarray, *, training: bool) -> None:
        """Pack theta; in training the transposes too."""
        for packing, packed in list(zip(self._packings, self._packed, strict=True))[: 1 + training]:
            pack(theta, packing.positions, packed)


class PackedGradient:
    """Gradient of the packed weights."""

    def __init__(self, packing: Packing, dtype: np.dtype) -> None:
        self._packing = packing
        self.flat = np.empty(len(packing.positions), dtype)
        self.views = packing.views(self.flat)

    def write(self, gradient: np.ndarray) -> None:
        """Write the gradient in the order of theta."""
        unpack(self.flat, self._packing.positions, gradient)


def check_compatible(network: Architecture, cell: str) -> None:
    """Raise ValueError for options that cannot be combined."""
    if network.n_decoded:
        _check_decodes(network)
    elif network.n_future:
        raise ValueError(
            f"Only decoded steps read future covariates of their own; got n_future={network.n_future} with "
            "n_decoded=0. Set n_future=0, or append them to the other inputs."
        )
    if network.bidirectional and network.cell.feeds_output_back:
        raise ValueError(
            f'cell="{cell}" feeds the network\'s output back, which a bidirectional network has only '
            "once both directions are through. Set bidirectional=False or choose another cell."
        )
    if network.n_symbols and network.categories:
        raise ValueError(
            "Symbols are the only inputs of a network; categories need numbers as inputs, too. "
            f"Got n_symbols={network.n_symbols} with categories={network.categories}: set one of them."
        )
    if network.n_symbols and (network.embedding or network.n_decoded):
        raise ValueError(
            "Symbols enter one at a step, as vectors of their own; patches and decoded steps are of numbers. "
            "Set n_symbols=0, or embedding=False and n_decoded=0."
        )


def _check_decodes(network: Architecture) -> None:
    if network.bidirectional:
        raise ValueError(
            "Decoded steps follow the last state; a bidirectional network has none to follow. "
            "Set bidirectional=False."
        )
    if network.pooling == "mean":
        raise ValueError('Decoded steps follow the last state, not the mean of all. Set pooling="last".')
    if network.dilation > 1:
        raise ValueError(
            f"Decoded steps follow one state; with dilation={network.dilation} several are open. "
            "Set dilation=1."
        )
    if network.has_sequential_decoder and network.n_outputs > network.n_inputs:
        raise ValueError(
            "A sequential decoder starts from the last inputs, which must include all that it forecasts; got "
            f"n_outputs={network.n_outputs} with n_inputs={network.n_inputs}. Feed in all that is forecast."
        )
