"""Pooling: the steps of the top layer that the head reads, or their mean."""

import numpy as np

from tsrnn.network.architecture import Architecture


class Pooling:
    """Selects the inputs of the head from the outputs of the top layer at T steps, and its gradient.

    A head applied to one step reads the last step of each window, in each direction (the window's first step
    for the reverse direction), or the mean over the steps of each window.

    Parameters
    ----------
    network : Architecture
    n_panels : int
        Panels of one direction.
    n_steps : int
    first : int
        First step that the head is applied to.
    """

    def __init__(self, network: Architecture, n_panels: int, n_steps: int, first: int) -> None:
        self._P, self._T, self._first = n_panels, n_steps, first
        self._reads_one = first == n_steps - 1
        self._is_mean = self._reads_one and network.pooling == "mean"
        self._is_bidirectional = network.bidirectional
        self._shares = np.empty((0, 0), network.dtype)

    def forward(self, up: np.ndarray, spans: np.ndarray) -> np.ndarray:
        """Return the inputs of the head (steps, panels, B, lanes), given outputs up (T, panels, B, lanes).

        spans (B, 2) or (0, 2) are the steps of the windows, as in `tsrnn.kernels.scans.scan`.
        """
        self._shape, self._spans = up.shape, spans
        if self._is_mean:
            begins, ends = self._edges()
            t = np.arange(self._T)[:, None]
            exists = (begins <= t) & (t < ends)
            self._shares = (exists / np.maximum(ends - begins, 1)).astype(up.dtype)
            return np.einsum("tpbj,tb->pbj", up, self._shares)[None]
        if not self._reads_one or not (self._is_bidirectional or len(spans)):
            return up[self._first :]
        read = np.empty((1, *up.shape[1:]), up.dtype)
        for t, side in self._last_steps():
            read[0, side] = up[t, side, np.arange(up.shape[2])].swapaxes(0, 1)
        return read

    def backward(self, d_read: np.ndarray) -> tuple[np.ndarray, int]:
        """Return the gradient of up from some step on, and that step, given the gradient of the inputs."""
        if self._is_mean:
            return d_read * self._shares[:, None, :, None], 0
        if not self._reads_one or not (self._is_bidirectional or len(self._spans)):
            return d_read, self._first
        d_up = np.zeros(self._shape, d_read.dtype)
        for t, side in self._last_steps():
            d_up[t, side, np.arange(d_up.shape[2])] = d_read[0, side].swapaxes(0, 1)
        return d_up, 0

    def _last_steps(self) -> list[tuple[np.ndarray, slice]]:
        """Return the last steps of the windows in each direction, and the panels of that direction."""
        begins, ends = self._edges()
        return [(ends - 1, slice(None, self._P)), (begins, slice(self._P, None))][
            : 1 + self._is_bidirectional
        ]

    def _edges(self) -> np.ndarray:
        """Return the first step of each window and the one after its last, (2, B)."""
        B = self._shape[2]
        return self._spans.T if len(self._spans) else np.repeat([[0], [self._T]], B, axis=1)
