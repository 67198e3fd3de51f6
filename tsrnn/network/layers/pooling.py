"""What the head reads of the top layer."""

import numpy as np

from tsrnn.network.architecture import Architecture


class Reading:
    """From what the top layer sends up at T steps to what the head reads of it, and back.

    A head that reads one step reads the last of each window, in each direction: that of the reverse direction
    is the window's first. Or it reads the mean over the steps of each window.

    Parameters
    ----------
    network : Architecture
    n_panels : int
        Panels of one direction.
    n_steps : int
    first : int
        Step from which on the head is applied.
    """

    def __init__(self, network: Architecture, n_panels: int, n_steps: int, first: int) -> None:
        self._P, self._T, self._first = n_panels, n_steps, first
        self._reads_one = first == n_steps - 1
        self._takes_mean = self._reads_one and network.pooling == "mean"
        self._both_ways = network.bidirectional
        self._shares = np.empty((0, 0), network.dtype)

    def forward(self, up: np.ndarray, spans: np.ndarray) -> np.ndarray:
        """Return what the head reads (steps, panels, B, lanes) of up (T, panels, B, lanes).

        spans (B, 2) or (0, 2) are the windows' steps, as in `tsrnn.kernels.scans.scan`.
        """
        self._shape, self._spans = up.shape, spans
        if self._takes_mean:
            begins, ends = self._edges()
            t = np.arange(self._T)[:, None]
            exists = (begins <= t) & (t < ends)
            self._shares = (exists / np.maximum(ends - begins, 1)).astype(up.dtype)
            return np.einsum("tpbj,tb->pbj", up, self._shares)[None]
        if not self._reads_one or not (self._both_ways or len(spans)):
            return up[self._first :]
        read = np.empty((1, *up.shape[1:]), up.dtype)
        for t, side in self._ends():
            read[0, side] = up[t, side, np.arange(up.shape[2])].swapaxes(0, 1)
        return read

    def backward(self, d_read: np.ndarray) -> tuple[np.ndarray, int]:
        """Return the gradient of up from a step on, and which that is, given that of what was read."""
        if self._takes_mean:
            return d_read * self._shares[:, None, :, None], 0
        if not self._reads_one or not (self._both_ways or len(self._spans)):
            return d_read, self._first
        d_up = np.zeros(self._shape, d_read.dtype)
        for t, side in self._ends():
            d_up[t, side, np.arange(d_up.shape[2])] = d_read[0, side].swapaxes(0, 1)
        return d_up, 0

    def _ends(self) -> list[tuple[np.ndarray, slice]]:
        """Return each direction's last steps and panels."""
        begins, ends = self._edges()
        return [(ends - 1, slice(None, self._P)), (begins, slice(self._P, None))][: 1 + self._both_ways]

    def _edges(self) -> np.ndarray:
        """Return each window's first step and the one after its last, (2, B)."""
        B = self._shape[2]
        return self._spans.T if len(self._spans) else np.repeat([[0], [self._T]], B, axis=1)
