"""A decoder that reads its own output, on some windows of a batch."""

import numpy as np

from tsrnn.kernels.decoders.sequential import Stack, unroll, unroll_backward, unroll_gradients
from tsrnn.kernels.packing.panels import gather_in, spread, to_panels
from tsrnn.network.architecture import Architecture, PackedWeights, Views
from tsrnn.network.layers.recurrent import Direction


class Unrolling:
    """As many layers as the encoder has, which go on from its last states with weights of their own.

    Parameters
    ----------
    network : Architecture
    packed : PackedWeights
    gradient : dict of ndarray, optional
        Where to add to the gradient of the packed weights; without it only `forward` will run.
    encoder : list of Direction
        The layers to follow.
    """

    def __init__(
        self,
        network: Architecture,
        packed: PackedWeights,
        gradient: Views | None,
        encoder: list[Direction],
    ) -> None:
        self._network, self._encoder = network, encoder
        self._step, self._residual = network.cell.step, int(network.residual)
        L, M, P = network.num_layers, network.n_decoded, encoder[0].P
        n_slots, n_kept = (2, 1) if gradient is None else (M + 1, M)
        P_c, P_out = encoder[0].c.shape[1], len(packed.forward["b_head"])
        self._diagonal = packed.forward["diagonal_decoder"]
        B, width = encoder[0].h.shape[2:]
        tiled = np.empty((*self._diagonal.shape[:2], P * B * width), network.dtype)
        self._weights = _stack(packed.forward, "", tiled)
        self._head = packed.forward["W_head"], packed.forward["b_head"]
        n_read = network.n_outputs + network.n_known
        P_in = -(-n_read // width)
        self._rows = np.empty((M, B, n_read), network.dtype)
        self._last, self._told, self._inputs = self._array(P_out), self._array(M, P_in), self._array(M, P_in)
        self._gates = self._array(L, n_kept, encoder[0].gates.shape[1])
        self._h, self._c = self._array(L, n_slots, P), self._array(L, n_slots if P_c else 1, P_c)
        self._up, self._no_masks = self._array(L, n_kept, P), self._array(0, 0, P)
        if gradient is not None:
            arrays = packed.backward | {"bias_decoder": packed.forward["bias_decoder"]}
            self._transposes, self._head_transposed = (
                _stack(arrays, "_transposed", tiled),
                arrays["W_head_transposed"],
            )
            self._gradient = _stack(gradient, "", np.empty_like(tiled))
            self._d_diagonal = gradient["diagonal_decoder"]
            self._dx, self._dh, self._dc = self._array(P_out), self._array(L, P), self._array(L, P_c)
            self._d_up, self._d_between = self._array(P), self._array(P)

    def _array(self, *size: int) -> np.ndarray:
        return np.zeros((*size, *self._encoder[0].h.shape[2:]), self._network.dtype)

    def forward(
        self,
        last: np.ndarray,
        truth: np.ndarray | None,
        known: np.ndarray | None,
        masks: list[np.ndarray] | None,
        output: np.ndarray,
        window: int,
    ) -> np.ndarray:
        """Write the output, and return what the head read of each step.

        Parameters
        ----------
        last : ndarray of shape (panels, B, lanes)
            What to read first; numbers after the first O are without effect.
        truth : ndarray of shape (M, windows, O), optional
            What to read in place of the outputs, nan where they are read; of all windows, from `window` on.
        known : ndarray of shape (M, windows, n_known), optional
            What to read besides; of all windows, from `window` on.
        masks : list of ndarray of shape (M, P, B, lanes), optional
            What dropout lets through of each layer.
        output : ndarray of shape (M, panels, B, lanes)
        window : int
        """
        for weights, tiled in zip(self._diagonal, self._weights.diagonal, strict=True):
            spread(weights, tiled)
        for layer, direction in enumerate(self._encoder):
            h, c = direction.last
            self._h[layer, 0], self._c[layer, 0] = h, c
        self._last[:] = last[: len(self._last)]
        self._tell(truth, known, window)
        self._masks = self._no_masks if masks is None else np.stack(masks)
        unroll(
            self._step,
            self._weights,
            *self._head,
            self._residual,
            self._masks,
            self._told,
            self._last,
            self._inputs,
            self._gates,
            self._h,
            self._c,
            self._up,
            output,
        )
        return self._up[-1]

    def _tell(self, truth: np.ndarray | None, known: np.ndarray | None, window: int) -> None:
        if truth is None and known is None:
            self._told[:] = np.nan
            return
        rows, n_outputs = self._rows, self._network.n_outputs
        windows = slice(window, window + rows.shape[1])
        rows[:] = np.nan
        if truth is not None:
            rows[1:, :, :n_outputs] = truth[:-1, windows]
        if known is not None:
            rows[:, :, n_outputs:] = known[:, windows]
        to_panels(rows, 0, self._told)

    def backward(self, d_output: np.ndarray) -> None:
        """Add to the gradients of weights and of the encoder's last states, given that of the output.

        To that of the output comes what flows back through the steps that read it.
        """
        self._dh[:] = 0
        self._dc[:] = 0
        self._gradient.diagonal[:] = 0
        unroll_backward(
            self._step,
            self._transposes,
            self._head_transposed,
            self._residual,
            self._masks,
            self._told,
            self._gates,
            self._h,
            self._c,
            d_output,
            self._dx,
            self._dh,
            self._dc,
            self._d_up,
            self._d_between,
            self._gradient.diagonal,
        )
        ones = self._encoder[0].ones
        unroll_gradients(self._step, self._gradient, self._gates, self._inputs, self._h, self._up, ones)
        for tiled, total in zip(self._gradient.diagonal, self._d_diagonal, strict=True):
            gather_in(tiled, total)
        for direction, dh, dc in zip(self._encoder, self._dh, self._dc, strict=True):
            direction.dh[0] += dh
            direction.dc[0] += dc


def _stack(arrays: Views, ending: str, diagonal: np.ndarray) -> Stack:
    lowest, W_x, W_h = (arrays[f"{name}{ending}_decoder"] for name in ("lowest", "W_x", "W_h"))
    return Stack(lowest, W_x, W_h, arrays["bias_decoder"], diagonal)
