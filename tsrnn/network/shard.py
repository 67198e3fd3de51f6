"""Forward and backward pass of a whole network for some windows of a batch."""

import numpy as np

from tsrnn.kernels.dense import dense, dense_backward, dense_gradients, rectify, rectify_backward
from tsrnn.kernels.lookup import lookup, lookup_backward
from tsrnn.kernels.packing.panels import from_panels, to_panels
from tsrnn.network.architecture import Architecture, Inputs, PackedWeights, Views
from tsrnn.network.layers.parallel_decoder import FutureInputs, ParallelDecoder
from tsrnn.network.layers.pooling import Pooling
from tsrnn.network.layers.recurrent import RecurrentLayer
from tsrnn.network.layers.sequential_decoder import SequentialDecoder


class Shard:
    """Buffers of a network for `n_windows` windows, and its layers in order, forward and backward.

    Parameters
    ----------
    network : Architecture
    packed : PackedWeights
    gradient : dict of ndarray, optional
        Gradient of the packed weights, which `backward` adds to; None if only `forward` is used.
    n_steps, n_windows : int
    first : int
        First step that the head is applied to.
    """

    def __init__(
        self,
        network: Architecture,
        packed: PackedWeights,
        gradient: Views | None,
        n_steps: int,
        n_windows: int,
        first: int,
    ) -> None:
        self.network, self._packed, self._gradient = network, packed, gradient
        self._T, self._B, self._embedding_tables = n_steps, n_windows, network.embedding_tables
        W_h = packed.forward["W_h_0"]
        self._P, self._width = W_h.shape[1] // W_h.shape[2], W_h.shape[2]
        self._P_up = self._P * len(network.suffixes)
        n_read = network.n_decoded or n_steps - first
        self._pooling = Pooling(network, self._P, n_steps, first)
        self._x = self._array(n_steps, -(-network.n_features // self._width))
        self._lowest = self._array(n_steps, self._P) if network.embedding else self._x
        self._no_steps = self._array(0, self._P)
        self._layers = [self._layer(layer) for layer in range(network.num_layers)]
        self._future_inputs = None
        if network.n_future and not network.has_sequential_decoder:
            self._future_inputs = FutureInputs(packed, gradient, network.n_future, n_windows)
        n_decoders = network.num_layers if network.n_decoded and not network.has_sequential_decoder else 0
        self._parallel_decoders = [self._parallel_decoder(layer) for layer in range(n_decoders)]
        self._sequential_decoder = None
        if network.has_sequential_decoder:
            encoder = [direction for (direction,) in self._layers]
            self._sequential_decoder = SequentialDecoder(network, packed, gradient, encoder)
        self._masks: list[np.ndarray] | None = None
        self._output = self._array(n_read, len(packed.forward["b_head"]))
        self.output = np.empty((n_read, n_windows, network.n_outputs), network.dtype)
        if gradient is not None:
            self._d_output = np.empty_like(self._output)
            self._d_top = self._array(n_read, self._P_up)
            trains_below = network.embedding or self._embedding_tables
            lowest = self._array(n_steps if trains_below else 0, self._lowest.shape[1])
            self._d_x = self._array(
                n_steps if network.embedding and self._embedding_tables else 0, self._x.shape[1]
            )
            self._d_below = [lowest, *(self._array(n_steps, self._P_up) for _ in self._layers[1:])]
            self._ones = np.ones((1, 1, n_windows, self._width), network.dtype)

    def _array(self, n_steps: int, n_panels: int) -> np.ndarray:
        return np.zeros((n_steps, n_panels, self._B, self._width), self.network.dtype)

    def _layer(self, layer: int) -> list[RecurrentLayer]:
        skip, suffixes = self.network.skip(layer), self.network.suffixes
        h = self._array(self._T + skip * len(suffixes), self._P_up)
        return [
            RecurrentLayer(
                self.network, self._packed, self._gradient, f"{layer}{suffix}", sign * skip, h, self._T
            )
            for suffix, sign in zip(suffixes, (1, -1), strict=False)
        ]

    def _parallel_decoder(self, layer: int) -> ParallelDecoder:
        m, (direction,) = self.network.n_decoded, self._layers[layer]
        if layer > 0 or self._future_inputs:
            return ParallelDecoder(direction, m)
        position = self._packed.forward["position"]
        d_position = position if self._gradient is None else self._gradient["position"]
        return ParallelDecoder(direction, m, position[None], d_position[None])

    def forward(self, inputs: Inputs, window: int) -> None:
        """Write `output` (steps, n_windows, n_outputs) of the windows of a batch from `window` on."""
        weights, (x, state, spans, masks, truth, future) = self._packed.forward, inputs
        spans = spans[window : window + self._B]
        self._embed(x, window)
        below = self._lowest
        self._masks = None if masks is None else [self._in_panels(mask, window) for mask in masks]
        self._inputs = []
        for layer, directions in enumerate(self._layers):
            for direction in directions:
                direction.set_initial_state(None if state is None else state[layer], spans, window)
                direction.forward(below)
            self._inputs.append(below)
            if layer < self.network.num_layers - 1 or not self.network.n_decoded:
                below = self._layer_output(layer, self._states(layer), below, slice(self._T))
        decoded = slice(-self.network.n_decoded, None)
        if self._sequential_decoder:
            rest = None if self._masks is None else [mask[decoded] for mask in self._masks]
            self._top = self._sequential_decoder.forward(
                self._x[-1], truth, future, rest, self._output, window
            )
        else:
            self._top = (
                self._decode(future) if self._parallel_decoders else self._pooling.forward(below, spans)
            )
            dense(self._top, weights["W_head"], weights["b_head"], self._output)
        from_panels(self._output, self.output, 0)

    def _embed(self, x: np.ndarray, window: int) -> None:
        """Compute the inputs of the lowest recurrent layer: embedding lookups and the dense embedding."""
        self._given, self._window = x, window
        weights = self._packed.forward
        if not self.network.n_symbols:
            to_panels(x, window, self._x)
        for name, column, start in self._embedding_tables:
            lookup(x, window, column, weights[name], start, self._x)
        if self.network.embedding:
            dense(self._x, weights["W_embed"], weights["b_embed"], self._lowest)
            rectify(self._lowest)

    def _embed_backward(self, d_lowest: np.ndarray) -> None:
        """Add to the gradients of embedding tables and dense embedding."""
        assert self._gradient is not None
        gradient = self._gradient
        if self.network.embedding:
            rectify_backward(self._lowest, d_lowest)
            dense_gradients(self._x, d_lowest, self._ones, gradient["W_embed"], gradient["b_embed"])
        d_x = d_lowest
        if len(self._d_x):
            d_x = self._d_x
            d_x[:] = 0
            dense_backward(d_lowest, self._packed.backward["W_embed_transposed"], d_x)
        for name, column, start in self._embedding_tables:
            lookup_backward(self._given, self._window, column, d_x, start, gradient[name])

    def _states(self, layer: int) -> np.ndarray:
        skip = self.network.skip(layer)
        return self._layers[layer][0].h[skip : skip + self._T]

    def _in_panels(self, mask: np.ndarray, window: int) -> np.ndarray:
        """Return a dropout mask (steps, windows, H of each direction) in panels."""
        H, P = self.network.hidden_size, self._P
        panels = self._array(len(mask), self._P_up)
        for side in range(len(self.network.suffixes)):
            part = self._array(len(mask), P)
            to_panels(np.ascontiguousarray(mask[:, :, side * H : (side + 1) * H]), window, part)
            panels[:, side * P : (side + 1) * P] = part
        return panels

    def _layer_output(self, layer: int, h: np.ndarray, below: np.ndarray, steps: slice) -> np.ndarray:
        """Return the output of a layer: its states, with residual connection and dropout."""
        if self.network.residual and layer > 0:
            h = h + below
        return h if self._masks is None else h * self._masks[layer][steps]

    def _decode(self, future: np.ndarray | None) -> np.ndarray:
        below = self._no_steps
        if self._future_inputs and future is not None:
            below = self._future_inputs.forward(future, self._window)
        self._decoder_inputs = []
        for layer, decoder in enumerate(self._parallel_decoders):
            decoder.forward(below)
            self._decoder_inputs.append(below)
            below = self._layer_output(layer, decoder.h, below, slice(-self.network.n_decoded, None))
        return below

    def write_final_state(self, state: list[np.ndarray], window: int) -> None:
        """Write the final states into those of the batch, (n_states, skip, windows, H) for each layer."""
        for (direction,), values in zip(self._layers, state, strict=True):
            direction.write_final_state(values, window)

    def backward(self, d_output: np.ndarray) -> None:
        """Add to the gradient of the weights, given that of the output."""
        assert self._gradient is not None
        to_panels(d_output, 0, self._d_output)
        for directions in self._layers:
            for direction in directions:
                direction.reset_gradient()
        d_up, first = self._no_steps, 0
        if self._sequential_decoder:
            self._sequential_decoder.backward(self._d_output)
        else:
            d_read = self._d_top
            d_read[:] = 0
            dense_backward(self._d_output, self._packed.backward["W_head_transposed"], d_read)
            if self._parallel_decoders:
                self._decode_backward(d_read)
            else:
                d_up, first = self._pooling.backward(d_read)
        gradient = self._gradient
        dense_gradients(self._top, self._d_output, self._ones, gradient["W_head"], gradient["b_head"])
        for layer in reversed(range(len(self._layers))):
            d_up, first = self._layer_backward(layer, d_up, first), 0
        self._embed_backward(d_up)

    def write_initial_gradient(self, d_state: list[np.ndarray], window: int) -> None:
        """Write the gradient of the initial states, after `backward`; arguments as in `write_final_state`."""
        for (direction,), values in zip(self._layers, d_state, strict=True):
            direction.write_initial_gradient(values, window)

    def _layer_backward(self, layer: int, d_up: np.ndarray, first: int) -> np.ndarray:
        """Return the gradient of the layer's input, given that of its output from step `first` on."""
        if self._masks is not None and len(d_up):
            d_up = d_up * self._masks[layer][first : first + len(d_up)]
        dx = self._d_below[layer]
        dx[:] = 0
        for direction in self._layers[layer]:
            direction.backward(self._inputs[layer], d_up, first, dx)
        if self.network.residual and layer > 0:
            dx[first : first + len(d_up)] += d_up
        return dx

    def _decode_backward(self, dh: np.ndarray) -> None:
        for layer in reversed(range(len(self._parallel_decoders))):
            if self._masks is not None:
                dh = dh * self._masks[layer][-self.network.n_decoded :]
            dx = self._d_decoder_inputs(layer, dh)
            if self.network.residual and layer > 0:
                dx += dh
            self._parallel_decoders[layer].backward(self._decoder_inputs[layer], dh, dx)
            dh = dx
        if self._future_inputs:
            self._future_inputs.backward()

    def _d_decoder_inputs(self, layer: int, dh: np.ndarray) -> np.ndarray:
        """Return the array for the gradient of a decoder layer's inputs; empty if none is needed."""
        if layer > 0:
            return np.zeros_like(dh)
        if not self._future_inputs:
            return self._no_steps
        self._future_inputs.dx[:] = 0
        return self._future_inputs.dx
