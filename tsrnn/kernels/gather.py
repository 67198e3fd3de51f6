"""Gathering of windows into time-major batches."""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def gather(values, starts, lookback, horizon, n_anchor, first_target, x, target, anchors):
    """Cut a window of `lookback` known and `horizon` future values at each start, minus its anchor.

    The anchor is the mean of the last `n_anchor` known values: all that is known when a forecast is made; 0
    without any.

    values (n,), starts (B,); writes x (T, B, w), the window from its first value on, target (m, B, o), the
    window from value `first_target` on, and anchors (B,).
    """
    for b in range(len(starts)):
        known = starts[b] + lookback
        total = 0.0
        for position in range(known - n_anchor, known):
            total += np.float64(values[position])
        anchors[b] = total / max(n_anchor, 1)
    lay_out(values, starts, np.int64(0), lookback + horizon, anchors, x)
    lay_out(values, starts, first_target, lookback + horizon, anchors, target)


@kernel
def lay_out(values, starts, first, last, anchors, steps):
    """Write positions `first` to `last` of the windows into steps (T, B, w), w at a time, and then nan."""
    T, B, width = steps.shape
    for t in range(T):
        for j in range(width):
            position = first + t * width + j
            if position >= last:
                steps[t, :, j] = np.nan
                continue
            for b in range(B):
                steps[t, b, j] = values[starts[b] + position] - anchors[b]
