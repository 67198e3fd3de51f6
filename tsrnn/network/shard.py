"""Some windows of a batch on their way through all layers of a network."""

import numpy as np

from tsrnn.kernels.dense import dense, dense_backward, dense_gradients, rectify, rectify_backward
from tsrnn.kernels.panels import from_panels, to_panels
from tsrnn.network.architecture import Architecture, PackedWeights
from tsrnn.network.decoding import Decoding
from tsrnn.network.direction import Direction


class Shard:
    """The windows from `window` to `window + n_windows` of a batch, with all buffers they need.

    Parameters
    ----------
    network : Architecture
    packed : PackedWeights
    n_steps, window, n_windows : int
    first : int
        Step from which on the head is applied.
    training : bool
        Whether `backward` will be asked for.
    """

    def __init__(
        self,
        network: Architecture,
        packed: PackedWeights,
        n_steps: int,
        window: int,
        n_windows: int,
        first: int,
        *,
        training: bool,
    ) -> None:
        self.network, self.packed, self.window, self.first = network, packed, window, first
        self._T, self._B = n_steps, n_windows
        W_h = packed.forward["W_h_0"]
        self._P, self._width = W_h.shape[1] // W_h.shape[2], W_h.shape[2]
        self._P_up = self._P * len(network.suffixes)
        self._n_read = network.n_decoded or n_steps - first
        self._reads_both_ends = network.bidirectional and self._n_read == 1
        self._x = self._array(n_steps, -(-network.n_inputs // self._width))
        self._embedded = self._array(n_steps, self._P) if network.embedding else None
        self._layers = [self._layer(layer, training) for layer in range(network.num_layers)]
        self._decodings = [
            self._decoding(layer) for layer in range(network.num_layers * (network.n_decoded > 0))
        ]
        self._masks: list[np.ndarray] | None = None
        self._output = self._array(self._n_read, len(packed.forward["b_head"]))
        self._d_output = np.empty_like(self._output)
        if training:
            self._d_top = self._array(self._n_read, self._P_up)
            lowest = self._array(n_steps if network.embedding else 0, self._P)
            self._d_below = [lowest, *(self._array(n_steps, self._P_up) for _ in self._layers[1:])]
        self._ones = np.ones((1, 1, n_windows, self._width), network.dtype)

    def _array(self, n_steps: int, n_panels: int) -> np.ndarray:
        return np.zeros((n_steps, n_panels, self._B, self._width), self.network.dtype)

    def _layer(self, layer: int, training: bool) -> list[Direction]:
        skip, suffixes = self.network.skip(layer), self.network.suffixes
        h = self._array(self._T + skip * len(suffixes), self._P_up)
        return [
            Direction(
                self.network, self.packed, f"{layer}{suffix}", sign * skip, h, self._T, training=training
            )
            for suffix, sign in zip(suffixes, (1, -1), strict=False)
        ]

    def _decoding(self, layer: int) -> Decoding:
        m = self.network.n_decoded
        if layer > 0:
            return Decoding(self._layers[layer][0], m)
        position, d_position = self.packed.forward["position"], self.packed.gradient["position"]
        return Decoding(self._layers[0][0], m, position[None], d_position[None])

    def forward(
        self,
        x: np.ndarray,
        state: list[np.ndarray] | None,
        masks: list[np.ndarray] | None,
        output: np.ndarray,
    ) -> None:
        """Read this shard's windows of x (T, windows, n_inputs), write its part of output.

        masks, if any, hold what dropout lets through of each layer: (T, windows, features of all directions).
        """
        weights = self.packed.forward
        to_panels(x, self.window, self._x)
        below = self._x
        if self._embedded is not None:
            dense(below, weights["W_embed"], weights["b_embed"], self._embedded)
            rectify(self._embedded)
            below = self._embedded
        self._masks = None if masks is None else [self._in_panels(mask) for mask in masks]
        self._inputs = []
        for layer, directions in enumerate(self._layers):
            for direction in directions:
                direction.start(None if state is None else state[layer], self.window)
                direction.forward(below)
            self._inputs.append(below)
            below = self._upward(layer, self._states(layer), below, slice(None, self._T))
        self._top = self._decode() if self._decodings else self._read(below)
        dense(self._top, weights["W_head"], weights["b_head"], self._output)
        from_panels(self._output, output, self.window)

    def _states(self, layer: int) -> np.ndarray:
        skip = self.network.skip(layer)
        return self._layers[layer][0].h[skip : skip + self._T]

    def _in_panels(self, mask: np.ndarray) -> np.ndarray:
        """Lay out what each direction's H features let through."""
        H, P = self.network.hidden_size, self._P
        panels = self._array(len(mask), self._P_up)
        for side in range(len(self.network.suffixes)):
            part = self._array(len(mask), P)
            to_panels(np.ascontiguousarray(mask[:, :, side * H : (side + 1) * H]), self.window, part)
            panels[:, side * P : (side + 1) * P] = part
        return panels

    def _upward(self, layer: int, h: np.ndarray, below: np.ndarray | None, steps: slice) -> np.ndarray:
        """Return what goes up from a layer: its states, plus what came in, less what is dropped."""
        if self.network.residual and layer > 0 and below is not None:
            h = h + below
        return h if self._masks is None else h * self._masks[layer][steps]

    def _read(self, up: np.ndarray) -> np.ndarray:
        """Return what the head reads of the top layer's steps."""
        if not self._reads_both_ends:
            return up[self.first :]
        return np.concatenate([up[-1:, : self._P], up[:1, self._P :]], axis=1)

    def _decode(self) -> np.ndarray | None:
        below: np.ndarray | None = None
        self._decoding_inputs = []
        for layer, decoding in enumerate(self._decodings):
            decoding.forward(below)
            self._decoding_inputs.append(below)
            below = self._upward(layer, decoding.h, below, slice(self._T, None))
        return below

    def final(self, state: list[np.ndarray]) -> None:
        """Write this shard's windows of each layer's final state (n_states, skip, windows, H)."""
        for (layer,), values in zip(self._layers, state, strict=True):
            layer.final(values, self.window)

    def backward(self, d_output: np.ndarray) -> None:
        """Turn all buffers into gradients, given that of the output (steps, windows, n_outputs)."""
        to_panels(d_output, self.window, self._d_output)
        d_read = self._d_top
        d_read[:] = 0
        dense_backward(self._d_output, self.packed.backward["W_head_transposed"], d_read)
        for directions in self._layers:
            for direction in directions:
                direction.end()
        first = 0
        if self._decodings:
            self._decode_backward(d_read)
            d_up = d_read[:0]
        elif self._reads_both_ends:
            d_up = self._array(self._T, self._P_up)
            d_up[-1:, : self._P], d_up[:1, self._P :] = d_read[:, : self._P], d_read[:, self._P :]
        else:
            d_up, first = d_read, self.first
        for layer in reversed(range(len(self._layers))):
            d_up, first = self._layer_backward(layer, d_up, first), 0
        if self._embedded is not None:
            rectify_backward(self._embedded, d_up)
        self._d_embedded = d_up

    def _layer_backward(self, layer: int, d_up: np.ndarray, first: int) -> np.ndarray:
        """Return the gradient of the layer's input, given that of what it sends up from step `first` on."""
        if self._masks is not None and len(d_up):
            d_up = d_up * self._masks[layer][first : first + len(d_up)]
        dx = self._d_below[layer]
        dx[:] = 0
        for direction in self._layers[layer]:
            direction.backward(d_up, first, dx)
        if self.network.residual and layer > 0:
            dx[first : first + len(d_up)] += d_up
        return dx

    def _decode_backward(self, dh: np.ndarray) -> None:
        for layer in reversed(range(len(self._decodings))):
            if self._masks is not None:
                dh = dh * self._masks[layer][self._T :]
            dx = None if layer == 0 else np.zeros_like(dh)
            direct = dh.copy() if self.network.residual and layer > 0 else None
            self._decodings[layer].backward(dh, dx)
            if dx is not None:
                dh = dx if direct is None else dx + direct

    def add_gradients(self, part: int, n_parts: int) -> None:
        """Add to the gradients of weights: those of one part of every layer's gates, the rest with part 0."""
        for layer, directions in enumerate(self._layers):
            for direction in directions:
                N = direction.gates.shape[1]
                start, stop = N * part // n_parts, N * (part + 1) // n_parts
                direction.add_gradients(self._inputs[layer], start, stop)
                if self._decodings:
                    below = self._decoding_inputs[layer]
                    self._decodings[layer].add_gradients(below, self._ones, start, stop)
        if part > 0:
            return
        gradient = self.packed.gradient
        dense_gradients(self._top, self._d_output, self._ones, gradient["W_head"], gradient["b_head"])
        if self._embedded is not None:
            dense_gradients(self._x, self._d_embedded, self._ones, gradient["W_embed"], gradient["b_embed"])
