"""Gathering of windows into time-major batches.

A window begins at row ``starts[b]`` of the series laid end to end; its positions count rows from there. A
batch shows several of them, one patch, at a step.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def gather(values, scaling, starts, lookback, shown, last, n_anchor, first_target, width, x, target, anchors):
    """Cut windows with `lookback` known steps: values minus anchors, times a factor.

    A channel's anchor is the mean of its last `n_anchor` known values: all that is known when a forecast is
    made; the level without any.

    values (n, C), scaling (level, factor), starts (B,); writes the first `width` columns of x (T, B, .), the
    window from its first position on and 0 from position `shown` on, target (m, B, o C), the window from
    position `first_target` on and nan from position `last` on, and anchors (C, B), scaled like the rest.
    """
    C = len(anchors)
    level, factor = scaling[0], scaling[1]
    for c in range(C):
        for b in range(len(starts)):
            known = starts[b] + lookback
            total = 0.0
            for row in range(known - n_anchor, known):
                total += np.float64(values[row, c])
            anchors[c, b] = total / n_anchor if n_anchor > 0 else level
    lay_values(values, factor, anchors, starts, np.int64(0), shown, width, level - level, x)
    lay_values(values, factor, anchors, starts, first_target, last, target.shape[2], level + np.nan, target)
    for c in range(C):
        for b in range(len(starts)):
            anchors[c, b] = (anchors[c, b] - level) * factor


@kernel
def lay_values(values, factor, anchors, starts, first, last, width, rest, steps):
    """Write positions from `first` on into the first `width` columns of steps, and then `rest`."""
    C = len(anchors)
    for t in range(len(steps)):
        for j in range(width):
            position, c = first + (t * width + j) // C, j % C
            if position >= last:
                steps[t, :, j] = rest
                continue
            for b in range(len(starts)):
                steps[t, b, j] = (values[starts[b] + position, c] - anchors[c, b]) * factor


@kernel
def lay_covariates(table, starts, first, last, column, patch_size, holds, steps):
    """Write covariates (n, F), `patch_size` positions from `first` on at a step, from a column on.

    What lies from position `last` on is not known: it is that of the position before, or 0 unless it `holds`.
    """
    F = table.shape[1]
    for t in range(len(steps)):
        for j in range(patch_size):
            position = first + t * patch_size + j
            for b in range(len(starts)):
                row, k = starts[b] + min(position, last - 1), column + j * F
                for f in range(F):
                    known = position < last or holds > 0
                    steps[t, b, k + f] = table[row, f] if known else type(steps[0, 0, 0])(0)


@kernel
def drop_gaps(gaps, starts, first, target):
    """Write nan into target (m, B, o C), positions from `first` on, where gaps (n, C) says so."""
    C = gaps.shape[1]
    for t in range(len(target)):
        for j in range(target.shape[2]):
            row, c = first + (t * target.shape[2] + j) // C, j % C
            for b in range(len(starts)):
                if starts[b] + row < len(gaps) and gaps[starts[b] + row, c]:
                    target[t, b, j] = np.nan
