"""Training windows of a series, never materialised: a window is where it starts."""

from typing import NamedTuple

import numpy as np

from tsrnn.kernels.gather import gather


class Batch(NamedTuple):
    """Windows side by side: inputs x (T, B, 1), targets as the network's output, anchors (B,)."""

    x: np.ndarray
    target: np.ndarray
    anchors: np.ndarray


class Windows(NamedTuple):
    """How to cut a prepared series into pairs of input and target.

    Attributes
    ----------
    values : ndarray of shape (n,)
        The prepared series.
    lookback, horizon : int
        Steps known and steps to forecast in each window.
    n_anchor : int
        How many of the last known values are averaged into the level subtracted from a window; 0 leaves it.
    every_step : bool
        Whether each step's target is the value that follows it (many-to-many), or the last step's target is
        the whole horizon (many-to-one).

    Examples
    --------
    >>> windows = Windows(np.arange(6.0), lookback=3, horizon=2, n_anchor=1, every_step=False)
    >>> x, target, anchors = windows.batch(np.array([0, 1]))
    >>> x[:, 0, 0], target[0, 0], anchors
    (array([-2., -1.,  0.]), array([1., 2.]), array([2., 3.]))
    """

    values: np.ndarray
    lookback: int
    horizon: int
    n_anchor: int
    every_step: bool

    @property
    def first(self) -> int:
        """First step that has a target: before the anchor is known, it would give the answer away."""
        if not self.every_step:
            return -1
        return self.lookback - 1 if self.n_anchor else 0

    def batch(self, starts: np.ndarray) -> Batch:
        """Gather the windows starting at `starts` (B,)."""
        segments, anchors = self._segments(starts, self.lookback + self.horizon)
        if self.every_step:
            return Batch(segments[:-1, :, None], segments[self.first + 1 :, :, None], anchors)
        target = np.ascontiguousarray(segments[self.lookback :].T)
        return Batch(segments[: self.lookback, :, None], target[None], anchors)

    def inputs(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gather only what is known: inputs (lookback, B, 1) and anchors (B,)."""
        segments, anchors = self._segments(starts, self.lookback)
        return segments[:, :, None], anchors

    def _segments(self, starts: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        segments = np.empty((length, len(starts)), self.values.dtype)
        anchors = np.empty(len(starts), self.values.dtype)
        gather(self.values, starts, self.lookback, self.n_anchor, segments, anchors)
        return segments, anchors


def split_starts(
    n: int, n_lost: int, lookback: int, horizon: int, validation_fraction: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the starts of training and of validation windows.

    Validation targets lie in the last `validation_fraction` of the series, training targets before it; the
    validation part is empty where it would leave less than half of the windows to train on.

    Examples
    --------
    >>> split_starts(10, 0, lookback=3, horizon=1, validation_fraction=0.2)
    (array([0, 1, 2, 3, 4]), array([5, 6]))
    """
    starts = np.arange(n_lost, n - lookback - horizon + 1)
    cut = n - max(round(validation_fraction * n), horizon)
    training = starts[starts + lookback + horizon <= cut]
    if validation_fraction == 0 or 2 * len(training) < len(starts):
        return starts, starts[:0]
    return training, starts[starts + lookback >= cut]
