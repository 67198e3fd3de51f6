"""Sequential decoder: recurrent layers that read their own output, step by step."""

import numpy as np

from tsrnn.kernels.decoders.sequential import Stack, decode, decode_backward, decode_gradients
from tsrnn.kernels.packing.panels import add_over_windows, repeat_for_windows, to_panels
from tsrnn.network.architecture import Architecture, PackedWeights, Views
from tsrnn.network.layers.recurrent import RecurrentLayer


class SequentialDecoder:
    """A second stack of layers that starts from the final states of the encoder, with weights of its own.

    Parameters
    ----------
    network : Architecture
    packed : PackedWeights
    gradient : dict of ndarray, optional
        Gradient of the packed weights, which `backward` adds to; None if only `forward` is used.
    encoder : list of RecurrentLayer
        The layers whose final states the decoder starts from.
    """

    def __init__(
        self,
        network: Architecture,
        packed: PackedWeights,
        gradient: Views | None,
        encoder: list[RecurrentLayer],
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
        n_read = network.n_outputs + network.n_future
        P_in = -(-n_read // width)
        self._rows = np.empty((M, B, n_read), network.dtype)
        self._last, self._given, self._inputs = self._array(P_out), self._array(M, P_in), self._array(M, P_in)
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
        future: np.ndarray | None,
        masks: list[np.ndarray] | None,
        output: np.ndarray,
        window: int,
    ) -> np.ndarray:
        """Write the output, and return the outputs of the top layer, which the head reads.

        Parameters
        ----------
        last : ndarray of shape (panels, B, lanes)
            The last inputs, of which the first step reads the first O.
        truth : ndarray of shape (M, windows, O), optional
            Targets to read instead of outputs (teacher forcing), nan where the outputs are read; of all
            windows of the batch.
        future : ndarray of shape (M, windows, n_future), optional
            Future covariates of each step; of all windows of the batch.
        masks : list of ndarray of shape (M, P, B, lanes), optional
            Dropout masks of each layer.
        output : ndarray of shape (M, panels, B, lanes)
        window : int
            First window of the batch to use.
        """
        for weights, tiled in zip(self._diagonal, self._weights.diagonal, strict=True):
            repeat_for_windows(weights, tiled)
        for layer, direction in enumerate(self._encoder):
            h, c = direction.final_state
            self._h[layer, 0], self._c[layer, 0] = h, c
        self._last[:] = last[: len(self._last)]
        self._write_given(truth, future, window)
        self._masks = self._no_masks if masks is None else np.stack(masks)
        decode(
            self._step,
            self._weights,
            *self._head,
            self._residual,
            self._masks,
            self._given,
            self._last,
            self._inputs,
            self._gates,
            self._h,
            self._c,
            self._up,
            output,
        )
        return self._up[-1]

    def _write_given(self, truth: np.ndarray | None, future: np.ndarray | None, window: int) -> None:
        if truth is None and future is None:
            self._given[:] = np.nan
            return
        rows, n_outputs = self._rows, self._network.n_outputs
        windows = slice(window, window + rows.shape[1])
        rows[:] = np.nan
        if truth is not None:
            rows[1:, :, :n_outputs] = truth[:-1, windows]
        if future is not None:
            rows[:, :, n_outputs:] = future[:, windows]
        to_panels(rows, 0, self._given)

    def backward(self, d_output: np.ndarray) -> None:
        """Add to the gradients of weights and of the encoder's final states, given that of the output.

        The gradients through steps that read an output are added to d_output.
        """
        self._dh[:] = 0
        self._dc[:] = 0
        self._gradient.diagonal[:] = 0
        decode_backward(
            self._step,
            self._transposes,
            self._head_transposed,
            self._residual,
            self._masks,
            self._given,
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
        decode_gradients(self._step, self._gradient, self._gates, self._inputs, self._h, self._up, ones)
        for tiled, total in zip(self._gradient.diagonal, self._d_diagonal, strict=True):
            add_over_windows(tiled, total)
        for direction, dh, dc in zip(self._encoder, self._dh, self._dc, strict=True):
            direction.dh[0] += dh
            direction.dc[0] += dc


def _stack(arrays: Views, ending: str, diagonal: np.ndarray) -> Stack:
    lowest, W_x, W_h = (arrays[f"{name}{ending}_decoder"] for name in ("lowest", "W_x", "W_h"))
    return Stack(lowest, W_x, W_h, arrays["bias_decoder"], diagonal)
