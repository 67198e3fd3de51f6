"""Training windows, never materialised: a window is where it starts."""

from typing import NamedTuple

import numpy as np

from tsrnn.kernels.gather import gather


class Batch(NamedTuple):
    """What a network is trained on at once.

    Attributes
    ----------
    x : ndarray of shape (T, B, n_inputs)
    target : ndarray
        Of the shape of the network's output, nan where there is none.
    anchors : ndarray of shape (B, C) or (0,)
        What was subtracted from each channel of each window; empty: nothing.
    weight : ndarray of shape (steps, B), or None
        Of the targets in the mean loss; None: 1 for each.
    lengths : ndarray of int64, shape (B,), or None
        Steps of each window; None: all have T.
    scale : float, default 1.0
        What the mean loss is multiplied by: what the batch weighs beside others.
    begins : ndarray of int64, shape (B,), or None
        First step of each window, before which it has none; None: 0 for all.
    known : ndarray of shape (n_decoded, B, n_known), or None
        What is known of the steps to forecast.
    size : ndarray of shape (B,), or None
        What the series of each window was divided by; None: 1 for all.
    """

    x: np.ndarray
    target: np.ndarray
    anchors: np.ndarray = np.empty(0)
    weight: np.ndarray | None = None
    lengths: np.ndarray | None = None
    scale: float = 1.0
    begins: np.ndarray | None = None
    known: np.ndarray | None = None
    size: np.ndarray | None = None


class Windows(NamedTuple):
    """How to cut prepared channels into pairs of input and target.

    Attributes
    ----------
    values : ndarray of shape (n, C)
        The prepared values of C channels that are read and forecast together, those of a time side by side.
    lookback, horizon : int
        Steps known and steps to forecast in each window.
    n_anchor : int
        How many of the last known values are averaged into the level subtracted from a window's channel; 0
        leaves it.
    every_step : bool
        Whether each step's target is the value that follows it (many-to-many), or the last step's target is
        the whole horizon (many-to-one).
    patch_size : int, default 1
        Values of each channel that enter the network at a step; the look-back is a multiple of it.
    n_decoded : int, default 0
        If positive, the target is that many patches, nan where they reach past the horizon.

    Examples
    --------
    >>> windows = Windows(np.arange(6.0)[:, None], lookback=3, horizon=2, n_anchor=1, every_step=False)
    >>> x, target, anchors, *_ = windows.batch(np.array([0, 1]))
    >>> x[:, 0, 0], target[0, 0], anchors[:, 0]
    (array([-2., -1.,  0.]), array([1., 2.]), array([2., 3.]))
    >>> windows = Windows(np.arange(8.0)[:, None], 4, 3, 0, every_step=False, patch_size=2, n_decoded=2)
    >>> x, target, *_ = windows.batch(np.array([1]))
    >>> x[:, 0], target[:, 0]
    (array([[1., 2.], [3., 4.]]), array([[ 5.,  6.], [ 7., nan]]))
    >>> two = np.stack([np.arange(6.0), 10 * np.arange(6.0)], axis=1)
    >>> Windows(two, 3, 1, n_anchor=0, every_step=False).batch(np.array([1])).x[:, 0]
    array([[ 1., 10.], [ 2., 20.], [ 3., 30.]])
    """

    values: np.ndarray
    lookback: int
    horizon: int
    n_anchor: int
    every_step: bool
    patch_size: int = 1
    n_decoded: int = 0

    @property
    def first(self) -> int:
        """First step that has a target: before the anchor is known, it would give the answer away."""
        if not self.every_step:
            return -1
        return self.lookback - 1 if self.n_anchor else 0

    def batch(self, starts: np.ndarray) -> Batch:
        """Gather the windows starting at `starts` (B,)."""
        L, H = self.lookback, self.horizon
        if self.every_step:
            return self._cut(starts, (L + H - 1, 1), self.first + 1, (L + H - 1 - self.first, 1))
        target = (self.n_decoded, self.patch_size) if self.n_decoded else (1, H)
        return self._cut(starts, (L // self.patch_size, self.patch_size), L, target)

    def inputs(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gather only what is known: inputs (lookback / patch_size, B, patch_size * C), anchors (B, C)."""
        known = (self.lookback // self.patch_size, self.patch_size)
        batch = self._cut(starts, known, 0, (0, 1))
        return batch.x, batch.anchors

    def _cut(
        self, starts: np.ndarray, x_size: tuple[int, int], first_target: int, target_size: tuple[int, int]
    ) -> Batch:
        """Gather inputs and targets of so many rows and steps in a row."""
        B, C, dtype = len(starts), self.values.shape[1], self.values.dtype
        x = np.empty((x_size[0], B, x_size[1] * C), dtype)
        target = np.empty((target_size[0], B, target_size[1] * C), dtype)
        anchors = np.empty((C, B), dtype)
        values, begin = self.values.ravel(), starts if C == 1 else starts * C
        gather(values, begin, self.lookback, self.horizon, self.n_anchor, first_target, x, target, anchors)
        return Batch(x, target, anchors.T)


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
