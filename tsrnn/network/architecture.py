"""What a network is made of, and its weights as the kernels read them."""

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
    dtype: np.dtype

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Directions of each layer, as in the names of the parameters."""
        return SIDES[: 1 + self.bidirectional]

    def skip(self, layer: int) -> int:
        """Return the steps from a state back to the one it follows."""
        return self.dilation**layer


def pack_index(network: Architecture, views: Views) -> tuple[Packing, Packing]:
    """Arrange positions in theta as the kernels read weights, and the transposes that only backward reads."""
    arrange = Arranger(network.hidden_size, network.dtype)
    forward: Views = {}
    backward: Views = {}
    for layer in range(network.num_layers):
        from_layer = layer > 0 or network.embedding
        for suffix in network.suffixes:
            one, two = recurrent(arrange, network.cell, views, f"{layer}{suffix}", from_layer=from_layer)
            if not from_layer and not network.n_decoded:
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
