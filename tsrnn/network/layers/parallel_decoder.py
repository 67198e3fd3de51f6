"""Parallel decoder: single steps that all start from the final state of a layer."""

import numpy as np

from tsrnn.kernels.decoders.parallel import decode, decode_backward
from tsrnn.kernels.dense import dense, dense_backward, dense_steps, dense_steps_gradients
from tsrnn.kernels.packing.panels import to_panels
from tsrnn.kernels.scans.scan import add_outer
from tsrnn.network.architecture import PackedWeights, Views
from tsrnn.network.layers.recurrent import RecurrentLayer


class FutureInputs:
    """Inputs of a parallel decoder with future covariates: position vectors + W_known future.

    Parameters
    ----------
    packed : PackedWeights
    gradient : dict of ndarray, optional
        Gradient of the packed weights, which `backward` adds to; None if only `forward` is used.
    n_future, n_windows : int
    """

    def __init__(self, packed: PackedWeights, gradient: Views | None, n_future: int, n_windows: int) -> None:
        self._W, self._position = packed.forward["W_known"], packed.forward["position"]
        (M, n_panels, width), dtype = self._position.shape, self._position.dtype
        self._future = np.empty((M, -(-n_future // width), n_windows, width), dtype)
        self._x = np.empty((M, n_panels, n_windows, width), dtype)
        if gradient is not None:
            self._d_W, self._d_position = gradient["W_known"], gradient["position"]
            self.dx = np.empty_like(self._x)
            self._ones = np.ones((1, 1, n_windows, width), dtype)

    def forward(self, future: np.ndarray, window: int) -> np.ndarray:
        """Return inputs (M, panels, B, lanes), given future (M, windows, n_future), from `window` on."""
        to_panels(future, window, self._future)
        dense_steps(self._future, self._W, self._position, self._x)
        return self._x

    def backward(self) -> None:
        """Add to the gradients of W_known and the position vectors, given `dx`."""
        dense_steps_gradients(self._future, self.dx, self._ones, self._d_W, self._d_position)


class ParallelDecoder:
    """`n_steps` single steps of a layer that all start from its final state.

    Parameters
    ----------
    layer : RecurrentLayer
        The layer whose final states and weights are used.
    n_steps : int
    position : ndarray of shape (1, panels, n_steps, lanes), optional
        Inputs that are the same for all windows, with `d_position` of the same shape for their gradient.
        Without them `forward` takes inputs of each window.
    """

    def __init__(
        self,
        layer: RecurrentLayer,
        n_steps: int,
        position: np.ndarray | None = None,
        d_position: np.ndarray | None = None,
    ) -> None:
        self._layer, self._position, self._d_position = layer, position, d_position
        _, N, B, width = layer.gates.shape
        dtype = layer.gates.dtype
        self._common = np.empty((N, B, width), dtype)
        self._gates = np.empty((n_steps, N, B, width), dtype)
        self.h = np.empty((n_steps, layer.P, B, width), dtype)
        self._c = np.empty((n_steps, layer.c.shape[1], B, width), dtype)
        self._dc = np.empty(layer.c.shape[1:], dtype)
        n_input_panels = layer.step.x_end * layer.P
        self._shared = np.zeros((1, n_input_panels, n_steps, width), dtype)
        self._no_bias = np.zeros((n_input_panels, width), dtype)

    def forward(self, x: np.ndarray) -> None:
        """Compute the steps, with inputs x (n_steps, panels, B, lanes), empty if there are positions."""
        layer = self._layer
        if self._position is not None:
            dense(self._position, layer.weights.W_x, self._no_bias, self._shared)
        decode(
            layer.step,
            layer.weights,
            *layer.final_state,
            x,
            self._shared[0],
            self._common,
            self._gates,
            self.h,
            self._c,
        )

    def backward(self, x: np.ndarray, dh: np.ndarray, dx: np.ndarray) -> None:
        """Add to the gradients of weights, final state and x, given that of h, which is overwritten."""
        layer = self._layer
        decode_backward(
            layer.step,
            layer.transposes,
            *layer.final_state,
            self._common,
            self._gates,
            self.h,
            self._c,
            dh,
            layer.dh[0],
            layer.dc[0],
            layer.gradient.diagonal,
            layer.d_between,
            self._dc,
            dx,
            self._shared[0],
        )
        self._add_gradients(x)

    def _add_gradients(self, x: np.ndarray) -> None:
        layer, gradient = self._layer, self._layer.gradient
        step, P = layer.step, layer.P
        x_end, h_start, h_end = step.x_end * P, step.h_start * P, step.h_end * P
        common = self._common[None]
        bias = gradient.bias.reshape(-1, 1, gradient.bias.shape[-1])
        add_outer(bias, layer.ones, 0, common, 0, len(bias))
        add_outer(gradient.W_h[: h_end - h_start], layer.final_state[0][None], 0, common, h_start, h_end)
        if h_end < x_end:
            through = self._gates.shape[1] - P
            add_outer(gradient.W_h[h_end - h_start :], self._gates, through, self._gates, h_end, x_end)
        if self._position is None:
            add_outer(gradient.W_x, x, 0, self._gates, 0, x_end)
        else:
            add_outer(gradient.W_x, self._position, 0, self._shared, 0, x_end)
            dense_backward(self._shared, layer.transposes.W_x, self._d_position)
