"""Gathering of windows into time-major batches."""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def gather(values, starts, lookback, horizon, n_anchor, first_target, x, target, anchors):
    """Cut a window of `lookback` known and `horizon` future steps at each start, minus its anchors.

    A channel's anchor is the mean of its last `n_anchor` known values: all that is known when a forecast is
    made; 0 without any.

    values (n C,), the C channels of a step side by side, starts (B,), where in them each window begins;
    writes x (T, B, w C), the window from its first step on, w steps at a time, target (m, B, o C), the window
    from step `first_target` on, and anchors (C, B).
    """
    C = len(anchors)
    for c in range(C):
        for b in range(len(starts)):
            known = starts[b] + c + lookback * C
            total = 0.0
            for position in range(known - n_anchor * C, known, C):
                total += np.float64(values[position])
            anchors[c, b] = total / max(n_anchor, 1)
    lay_out(values, starts, np.int64(0), lookback + horizon, anchors, x)
    lay_out(values, starts, first_target, lookback + horizon, anchors, target)


@kernel
def lay_out(values, starts, first, last, anchors, steps):
    """Write steps `first` to `last` of the windows into (T, B, w C), w of them at a time, and then nan."""
    T, B, width = steps.shape
    C = len(anchors)
    for t in range(T):
        for j in range(width):
            position, c = first * C + t * width + j, j % C
            if position >= last * C:
                steps[t, :, j] = np.nan
                continue
            for b in range(B):
                steps[t, b, j] = values[starts[b] + position] - anchors[c, b]
