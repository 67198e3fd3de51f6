"""What a network is made of, and its weights as the kernels read them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.cells import Cell
from tsrnn.kernels.panels import pack, unpack
from tsrnn.network.layout import SIDES, Arranger, Packing, recurrent

Views = dict[str, np.ndarray]


class Architecture(NamedTuple):
    """What a stack is made of; the parameters of `Network` explain the fields."""

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
    n_symbols: int
    pooling: str
    dtype: np.dtype

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Directions of each layer, as in the names of the parameters."""
        return SIDES[: 1 + self.bidirectional]

    def skip(self, layer: int) -> int:
        """Return the steps from a state back to the one it follows."""
        return self.dilation**layer

    def named_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the parameters in order."""
        H, O, cell = self.hidden_size, self.n_outputs, self.cell  # noqa: E741
        features = H * len(self.suffixes)
        if self.n_symbols:
            yield "W_symbol", (self.n_symbols, self.n_inputs)
        if self.embedding:
            yield "W_embed", (H, self.n_inputs)
            yield "b_embed", (H,)
        for layer in range(self.num_layers):
            for suffix in self.suffixes:
                name = f"{layer}{suffix}"
                yield f"W_ih_{name}", (cell.n_gates * H, self.layer_inputs(layer))
                if cell.feeds_output_back:
                    yield f"W_yh_{name}", (H, O)
                else:
                    yield f"W_hh_{name}", (cell.n_gates * H, H)
                yield f"bias_{name}", (cell.n_biases * H,)
                if cell.n_diagonals:
                    yield f"W_peephole_{name}", (cell.n_diagonals, H)
                if cell.feeds_output_back and layer < self.num_layers - 1:
                    yield f"W_hy_{name}", (O, H)
                    yield f"b_y_{name}", (O,)
        if self.n_decoded:
            yield "position", (self.n_decoded, self.layer_inputs(0))
        yield "W_head", (O, features)
        yield "b_head", (O,)

    def layer_inputs(self, layer: int) -> int:
        """Return how many numbers enter a layer at a step."""
        if layer > 0:
            return self.hidden_size * len(self.suffixes)
        return self.hidden_size if self.embedding else self.n_inputs

    def composed_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield what is composed of the parameters where outputs are fed back."""
        H = self.hidden_size
        for layer in range(self.num_layers * self.cell.feeds_output_back):
            yield f"W_hh_{layer}", (H, H)
            yield f"bias_{layer}", (H,)


def pack_index(network: Architecture, views: Views) -> tuple[Packing, Packing]:
    """Arrange positions in theta as the kernels read weights, and the transposes that only backward reads."""
    arrange = Arranger(network.hidden_size, network.dtype)
    forward: Views = {}
    backward: Views = {}
    for layer in range(network.num_layers):
        from_layer = layer > 0 or network.embedding
        for suffix in network.suffixes:
            one, two = recurrent(arrange, network.cell, views, f"{layer}{suffix}", from_layer=from_layer)
            if not from_layer and not network.n_decoded and not network.n_symbols:
                del two["W_x_transposed"]  # nothing trainable lies below
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
    if network.n_symbols:
        table = views["W_symbol"]
        forward["W_symbol"] = arrange.pad(table, 1, arrange.panels_of(network.n_inputs) * arrange.width)
    if network.n_decoded:
        position = arrange.features(views["position"], from_layer=network.embedding)
        forward["position"] = arrange.transposed(position)
    return Packing.of(forward), Packing.of(backward)


class PackedWeights:
    """Weights in panels, and the transposes that backward reads."""

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
    """The gradient of packed weights."""

    def __init__(self, packing: Packing, dtype: np.dtype) -> None:
        self._packing = packing
        self.flat = np.empty(len(packing.positions), dtype)
        self.views = packing.views(self.flat)

    def write(self, gradient: np.ndarray) -> None:
        """Write the gradient in the order of theta."""
        unpack(self.flat, self._packing.positions, gradient)


def check_together(network: Architecture, cell: str) -> None:
    """Refuse options that do not go together."""
    if network.bidirectional and network.cell.feeds_output_back:
        raise ValueError(
            f'cell="{cell}" feeds the network\'s output back, which a bidirectional network has only '
            "once both directions are through. Set bidirectional=False or choose another cell."
        )
    if network.n_decoded and network.bidirectional:
        raise ValueError(
            "Steps decoded in parallel follow the last state; a bidirectional network has none to follow. "
            "Set bidirectional=False."
        )
    if network.n_symbols and (network.embedding or network.n_decoded):
        raise ValueError(
            "Symbols enter one at a step, as vectors of their own; patches and steps decoded in parallel are "
            "of numbers. Set n_symbols=0, or embedding=False and n_decoded=0."
        )
    if network.pooling == "mean" and network.n_decoded:
        raise ValueError(
            'Steps decoded in parallel follow the last state, not the mean of all. Set pooling="last".'
        )
    if network.n_decoded and network.dilation > 1:
        raise ValueError(
            f"Steps decoded in parallel follow one state; with dilation={network.dilation} several are open. "
            "Set dilation=1."
        )
