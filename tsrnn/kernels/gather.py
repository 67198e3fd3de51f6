"""Gathering of windows into time-major batches.

A window begins at row ``starts[b]`` of the series laid end to end; its positions count rows from there. Each
step of a batch holds one patch: one or several consecutive positions.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def gather_windows(
    values, scaling, starts, lookback, x_end, target_end, n_anchor, first_target, width, x, target, anchors
):
    """Write inputs and targets of windows: (value - anchor) * factor.

    The anchor of a channel is the mean of the last `n_anchor` values of the look-back, so that no target
    enters it; with n_anchor = 0 it is the level.

    values : (n, C)
    scaling : (2,), level and factor
    starts : (B,)
    x : (T, B, columns), the first `width` columns written: positions 0 to `x_end`, then 0
    target : (m, B, o C), written: positions `first_target` to `target_end`, then nan
    anchors : (C, B), written: (anchor - level) * factor
    """
    C = len(anchors)
    level, factor = scaling[0], scaling[1]
    for c in range(C):
        for b in range(len(starts)):
            cutoff = starts[b] + lookback
            total = 0.0
            for row in range(cutoff - n_anchor, cutoff):
                total += np.float64(values[row, c])
            anchors[c, b] = total / n_anchor if n_anchor > 0 else level
    gather_values(values, factor, anchors, starts, np.int64(0), x_end, width, level - level, x)
    gather_values(
        values, factor, anchors, starts, first_target, target_end, target.shape[2], level + np.nan, target
    )
    for c in range(C):
        for b in range(len(starts)):
            anchors[c, b] = (anchors[c, b] - level) * factor


@kernel
def gather_values(values, factor, anchors, starts, first, last, width, fill, steps):
    """Write (value - anchor) * factor at positions `first` to `last`, and `fill` after them.

    values : (n, C)
    anchors : (C, B)
    starts : (B,)
    steps : (T, B, columns), the first `width` columns written
    """
    C = len(anchors)
    for t in range(len(steps)):
        for j in range(width):
            position, c = first + (t * width + j) // C, j % C
            if position >= last:
                steps[t, :, j] = fill
                continue
            for b in range(len(starts)):
                steps[t, b, j] = (values[starts[b] + position, c] - anchors[c, b]) * factor


@kernel
def gather_covariates(table, starts, first, last, column, patch_size, repeats_last, steps):
    """Write the covariates at positions from `first` on, `patch_size` positions in each step.

    Positions from `last` on have no covariates: they get those of position `last` - 1 if `repeats_last`, else
    0.

    table : (n, F)
    starts : (B,)
    steps : (T, B, columns), `patch_size` F columns from `column` on written
    """
    F = table.shape[1]
    for t in range(len(steps)):
        for j in range(patch_size):
            position = first + t * patch_size + j
            for b in range(len(starts)):
                row, k = starts[b] + min(position, last - 1), column + j * F
                for f in range(F):
                    exists = position < last or repeats_last > 0
                    steps[t, b, k + f] = table[row, f] if exists else type(steps[0, 0, 0])(0)


@kernel
def mask_missing(missing, starts, first, target):
    """Write nan where the value of a target is missing.

    missing : (n, C), bool
    starts : (B,)
    target : (m, B, o C), positions from `first` on; nan written
    """
    C = missing.shape[1]
    for t in range(len(target)):
        for j in range(target.shape[2]):
            row, c = first + (t * target.shape[2] + j) // C, j % C
            for b in range(len(starts)):
                if starts[b] + row < len(missing) and missing[starts[b] + row, c]:
                    target[t, b, j] = np.nan
