"""Levels and scales of many series laid end to end.

Series s holds ``values[offsets[s] : offsets[s + 1]]``. A kernel works on series `first` to before `last`, so
that threads can share them.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def mean_and_deviation(values, offsets, first, last, skipped, most, levels, scales):
    """Write the mean and the standard deviation of each series, 0 for a constant one.

    values (N,), offsets (S + 1,), levels and scales (S,): written. The first `skipped` values do not count;
    of more than `most` others every second, third, ... does.
    """
    for s in range(first, last):
        start, stop = offsets[s] + skipped, offsets[s + 1]
        step = max((stop - start + most - 1) // most, 1)
        n, total = 0, 0.0
        for t in range(start, stop, step):
            total += np.float64(values[t])
            n += 1
        level = total / n
        largest = 0.0
        for t in range(start, stop, step):
            largest = max(largest, abs(np.float64(values[t]) - level))
        squares = 0.0
        if largest > 0.0:
            for t in range(start, stop, step):
                share = (np.float64(values[t]) - level) / largest
                squares += share * share
        scale = largest * np.sqrt(squares / n)
        levels[s] = level
        scales[s] = scale if scale > 1e-12 * abs(level) else 0.0


@kernel
def window_deviation(
    values, offsets, factors, first, last, starts, counts, most, lookback, n_anchor, patch_size, sizes
):
    """Write the root mean square of windows' deviations from their anchors, over up to `most` windows each.

    values (N,) float32 or float64, offsets (S + 1,), factors (S,) that deviations are multiplied by; windows
    of series s start at position ``starts[s]``, below 0 where they are padded with 0, and at the
    ``counts[s] - 1`` after it; sizes (S,): written. Patches that hold padding alone do not count.
    """
    zero = type(values[0])(0)
    for s in range(first, last):
        step = max((counts[s] + most - 1) // most, 1)
        largest = 0.0
        sizes[s] = 0.0
        for again in range(2):
            n, squares = 0, 0.0
            for start in range(starts[s], starts[s] + counts[s], step):
                total = 0.0
                for t in range(start + lookback - n_anchor, start + lookback):
                    total += np.float64(values[offsets[s] + t]) if t >= 0 else 0.0
                anchor = type(values[0])(total / n_anchor) if n_anchor > 0 else zero
                begin = max(-start, 0) // patch_size * patch_size
                for t in range(start + begin, start + lookback):
                    value = values[offsets[s] + t] if t >= 0 else zero
                    deviation = abs(np.float64((value - anchor) * factors[s]))
                    if again == 0:
                        largest = max(largest, deviation)
                    else:
                        squares += (deviation / largest) * (deviation / largest)
                    n += 1
            if largest == 0.0:
                break
            sizes[s] = largest * np.sqrt(squares / n)
