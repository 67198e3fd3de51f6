"""Gathering of windows into one time-major batch."""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def gather(values, starts, lookback, n_anchor, segments, anchors):
    """Copy the segment after each start, minus its anchor.

    The anchor is the mean of the last `n_anchor` of the segment's first `lookback` values: all that is known
    when a forecast is made; 0 without any.

    values (n,), starts (B,); writes segments (T, B) and anchors (B,).
    """
    T, B = segments.shape
    for b in range(B):
        known = starts[b] + lookback
        total = 0.0
        for position in range(known - n_anchor, known):
            total += np.float64(values[position])
        anchors[b] = total / max(n_anchor, 1)
    for t in range(T):
        for b in range(B):
            segments[t, b] = values[starts[b] + t] - anchors[b]
