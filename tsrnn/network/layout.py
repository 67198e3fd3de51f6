"""Packing of parameters: positions in theta of the numbers in the panels that kernels read.

Layouts are arrays of positions, arranged like the numbers; -1 is padding.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.cells import Cell
from tsrnn.kernels.packing.tile import lanes

Shapes = dict[str, tuple[int, ...]]
SIDES = ("", "_reverse")
DECODER = "_decoder"


def named_views(flat: np.ndarray, shapes: Shapes) -> dict[str, np.ndarray]:
    """Return views into a vector that holds arrays of these names and shapes one after the other."""
    views, start = {}, 0
    for name, shape in shapes.items():
        views[name] = flat[start : start + prod(shape)].reshape(shape)
        start += prod(shape)
    return views


class Packing(NamedTuple):
    """Layout of packed arrays: the position in theta of each of their numbers, and their names and shapes."""

    positions: np.ndarray
    shapes: Shapes

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray]) -> "Packing":
        """Return the layout of named arrays of positions, one after the other."""
        flat = [array.ravel() for array in arrays.values()]
        index = np.concatenate(flat) if flat else np.empty(0)
        return cls(index.astype(np.int32), {name: array.shape for name, array in arrays.items()})

    def views(self, packed: np.ndarray) -> dict[str, np.ndarray]:
        """Return the named parts of a packed vector."""
        return named_views(packed, self.shapes)


class Arranger:
    """Arranges positions in panels of `width` lanes, for layers of H units."""

    def __init__(self, hidden_size: int, dtype: np.dtype) -> None:
        self.H = hidden_size
        self.width = lanes(np.empty(0, dtype))
        self.P = -(-hidden_size // self.width)

    def panels_of(self, n: int) -> int:
        """Return the number of panels that n columns need."""
        return -(-n // self.width)

    def pad(self, array: np.ndarray, axis: int, size: int) -> np.ndarray:
        """Pad an axis to `size`."""
        widths = [(0, 0)] * array.ndim
        widths[axis] = (0, size - array.shape[axis])
        return np.pad(array, widths, constant_values=-1)

    def units(self, rows: np.ndarray, blocks: tuple[int, ...]) -> np.ndarray:
        """Select blocks of H rows and pad each to whole panels: (blocks H, ...) to (blocks P lanes, ...)."""
        rows = rows.reshape(-1, self.H, *rows.shape[1:])[list(blocks)]
        return self.pad(rows, 1, self.P * self.width).reshape(-1, *rows.shape[2:])

    def features(self, columns: np.ndarray, *, from_layer: bool) -> np.ndarray:
        """Pad the last axis like x: outputs of a layer to whole panels, inputs only if wider than a panel."""
        *leading, K = columns.shape
        if from_layer:
            split = columns.reshape(*leading, -1, self.H)
            return self.pad(split, len(leading) + 1, self.P * self.width).reshape(*leading, -1)
        return columns if self.width >= K else self.pad(columns, len(leading), self.panels_of(K) * self.width)

    def forward(self, matrix: np.ndarray) -> np.ndarray:
        """Arrange a padded matrix (rows, K) in panels (rows / lanes, K, lanes), for forward passes."""
        return matrix.reshape(len(matrix) // self.width, self.width, matrix.shape[1]).transpose(0, 2, 1)

    def transposed(self, matrix: np.ndarray) -> np.ndarray:
        """Arrange a padded matrix (rows, K) in panels (K / lanes, rows, lanes), for backward passes."""
        matrix = self.pad(matrix, 1, self.panels_of(matrix.shape[1]) * self.width)
        return matrix.reshape(len(matrix), matrix.shape[1] // self.width, self.width).transpose(1, 0, 2)

    def vector(self, values: np.ndarray) -> np.ndarray:
        """Arrange padded values (n,) as (n / lanes, lanes)."""
        return values.reshape(-1, self.width)

    def outputs(self, rows: np.ndarray) -> np.ndarray:
        """Pad the rows of a dense layer to whole panels."""
        return self.pad(rows, 0, self.panels_of(len(rows)) * self.width)


def pack_recurrent_layer(
    arrange: Arranger, cell: Cell, views: dict[str, np.ndarray], suffix: str, *, from_layer: bool
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the layouts of a recurrent layer: the arrays of `scan.Weights`, and the transposed matrices."""
    P, width = arrange.P, arrange.width
    W_x = arrange.features(arrange.units(views[f"W_ih_{suffix}"], cell.x_gates), from_layer=from_layer)
    W_h = np.empty((0, P * width), np.int64)
    if cell.h_gates:
        W_h = arrange.features(arrange.units(views[f"W_hh_{suffix}"], cell.h_gates), from_layer=True)
    bias = arrange.vector(arrange.units(views[f"bias_{suffix}"], cell.biases))
    bias = arrange.pad(bias, 0, cell.step.n_blocks * P)
    diagonal = np.full((0, P, width), -1)
    if cell.n_diagonals:
        padded = arrange.pad(views[f"W_peephole_{suffix}"], 1, P * width)
        diagonal = padded.reshape(cell.n_diagonals, P, width)
    forward = {"W_x": arrange.forward(W_x), "W_h": arrange.forward(W_h), "bias": bias, "diagonal": diagonal}
    return forward, {"W_x_transposed": arrange.transposed(W_x), "W_h_transposed": arrange.transposed(W_h)}


def stack_layers(layers: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Stack the arrays of several layers; W_x of the lowest layer, of another shape, is kept as `lowest`."""
    stacked = {}
    for name, lowest in layers[0].items():
        upper = [layer[name] for layer in layers[1:]]
        if not name.startswith("W_x"):
            stacked[name] = np.stack([lowest, *upper])
        else:
            stacked[name.replace("W_x", "lowest")] = lowest
            stacked[name] = np.stack(upper) if upper else np.empty((0, 1, 1, 1), lowest.dtype)
    return stacked
