"""A recurrent layer in one direction: its buffers, and its forward and backward pass."""

import numpy as np

from tsrnn.kernels.packing.panels import add_over_windows, from_panels, repeat_for_windows, to_panels
from tsrnn.kernels.scans import scan
from tsrnn.kernels.scans.scan import Weights
from tsrnn.network.architecture import Architecture, PackedWeights, Views


class RecurrentLayer:
    """One direction of a recurrent layer, for some windows of a batch.

    Parameters
    ----------
    network : Architecture
    packed : PackedWeights
    gradient : dict of ndarray, optional
        Gradient of the packed weights, which `backward` adds to; None if only `forward` is used.
    name : str
        Layer and direction, as at the end of the names of its parameters.
    skip : int
        How many slots back the recurrence reaches; negative: from the last step to the first.
    h : ndarray of shape (slots, panels, B, lanes)
        States of the layer, initial ones included.
    n_steps : int
    """

    def __init__(
        self,
        network: Architecture,
        packed: PackedWeights,
        gradient: Views | None,
        name: str,
        skip: int,
        h: np.ndarray,
        n_steps: int,
    ) -> None:
        training = gradient is not None
        self.step, self.skip, self.h = network.cell.step, skip, h
        B, width = h.shape[2:]
        bias = packed.forward[f"bias_{name}"]
        self.P = len(bias) // self.step.n_blocks
        P_c = self.P if network.cell.n_states > 1 else 0
        n_slots = (len(h) if training else abs(skip) + 1) if P_c else 1
        self.c = np.empty((n_slots, P_c, B, width), network.dtype)
        self.gates = np.empty((n_steps if training else 1, len(bias), B, width), network.dtype)
        self._diagonal = packed.forward[f"diagonal_{name}"]
        tiled = np.empty((len(self._diagonal), self.P * B * width), network.dtype)
        self.weights = Weights(packed.forward[f"W_x_{name}"], packed.forward[f"W_h_{name}"], bias, tiled)
        if gradient is not None:
            empty = np.empty((0, 1, width), network.dtype)
            W_x = packed.backward.get(f"W_x_transposed_{name}", empty)
            self.transposes = Weights(W_x, packed.backward[f"W_h_transposed_{name}"], bias, tiled)
            W_x, W_h, bias = (gradient[f"{part}_{name}"] for part in ("W_x", "W_h", "bias"))
            self.gradient = Weights(W_x, W_h, bias, np.empty_like(tiled))
            self._d_diagonal = gradient[f"diagonal_{name}"]
            self.dh = np.empty((abs(skip), self.P, B, width), network.dtype)
            self.dc = np.empty((abs(skip), P_c, B, width), network.dtype)
            self.d_between = np.empty((self.P, B, width), network.dtype)
            self.ones = np.ones((1, 1, B, width), network.dtype)

    def set_initial_state(self, state: np.ndarray | None, spans: np.ndarray, first: int) -> None:
        """Set the steps of the windows, spans (B, 2) or (0, 2) as in `scan`, and their initial states.

        These are zeros or, for windows that begin at step 0, those in `state` (n_states, skip, windows, H),
        from window `first` on.
        """
        self._spans = spans
        repeat_for_windows(self._diagonal, self.weights.diagonal)
        slots = slice(None, self.skip) if self.skip > 0 else slice(self.skip, None)
        if state is None:
            self.h[slots] = 0
            self.c[slots if len(self.c) == len(self.h) else slice(None)] = 0
            return
        for slot, values in zip((self.h, self.c), state, strict=False):
            to_panels(values, first, slot[slots])
            slot[slots, :, self._late] = 0

    @property
    def _late(self) -> np.ndarray:
        """Numbers of the windows that begin after step 0."""
        return np.flatnonzero(self._spans[:, 0] > 0)

    def forward(self, x: np.ndarray) -> None:
        """Compute the states for inputs x (T, panels, B, lanes)."""
        scan.forward(self.step, self.weights, x, self.gates, self.h, self.c, self.skip, self._spans)

    @property
    def final_state(self) -> tuple[np.ndarray, np.ndarray]:
        """States h and c after the last step, in panels."""
        return self.h[-1], self.c[(len(self.h) - 1) % len(self.c)]

    def write_final_state(self, state: np.ndarray, first: int) -> None:
        """Write the final states into `state` (n_states, skip, windows, H), from window `first` on."""
        from_panels(self.h[len(self.h) - self.skip :], state[0], first)
        if len(state) > 1:
            slots = np.arange(len(self.h) - self.skip, len(self.h)) % len(self.c)
            from_panels(self.c[slots], state[1], first)

    def write_initial_gradient(self, d_state: np.ndarray, first: int) -> None:
        """Write the gradient of the initial states, after `backward`, like `write_final_state`."""
        for d_panels, values in zip((self.dh, self.dc), d_state, strict=False):
            from_panels(d_panels, values, first)
            values[:, first + self._late] = 0

    def reset_gradient(self) -> None:
        """Set the gradient of the final states to zero; a decoder adds to it before `backward`."""
        self.dh[:] = 0
        self.dc[:] = 0
        self.gradient.diagonal[:] = 0

    def backward(self, x: np.ndarray, above: np.ndarray, first: int, dx: np.ndarray) -> None:
        """Add to the gradients of weights and x, given that of h from step `first` on; overwrite gates."""
        scan.backward(
            self.step,
            self.transposes,
            self.gradient,
            x,
            self.gates,
            self.h,
            self.c,
            above,
            first,
            self.dh,
            self.dc,
            self.d_between,
            dx,
            self.ones,
            self.skip,
            self._spans,
        )
        add_over_windows(self.gradient.diagonal, self._d_diagonal)
