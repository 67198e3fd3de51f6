"""Seasonal tests and seasonal patterns of many series laid end to end.

Series s holds ``values[offsets[s] : offsets[s + 1]]``. A kernel works on the series that `which` lists, from
position `first` of that list to before `last`, so that threads can share the list.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def centre(values, start, stop, scratch):
    """Write the values minus their mean, divided by the largest such deviation; return their sum of squares.

    values (N,), scratch (at least stop - start,): written. A constant series gives 0.
    """
    n = stop - start
    total = 0.0
    largest = 0.0
    for t in range(start, stop):
        total += values[t]
        largest = max(largest, abs(values[t]))
    mean = total / n
    deviation = 0.0
    for t in range(n):
        scratch[t] = values[start + t] - mean
        deviation = max(deviation, abs(scratch[t]))
    if deviation <= 1e-12 * largest:
        return 0.0
    squares = 0.0
    for t in range(n):
        scratch[t] /= deviation
        squares += scratch[t] * scratch[t]
    return squares


@kernel
def lagged_product(centred, n, lag):
    """Return the sum of products of centred (n,) with itself, `lag` steps later.

    In eight partial sums, which a processor adds at once.
    """
    partial_0, partial_1, partial_2, partial_3 = 0.0, 0.0, 0.0, 0.0
    partial_4, partial_5, partial_6, partial_7 = 0.0, 0.0, 0.0, 0.0
    m = (n - lag) // 8 * 8
    for t in range(0, m, 8):
        partial_0 += centred[t] * centred[t + lag]
        partial_1 += centred[t + 1] * centred[t + 1 + lag]
        partial_2 += centred[t + 2] * centred[t + 2 + lag]
        partial_3 += centred[t + 3] * centred[t + 3 + lag]
        partial_4 += centred[t + 4] * centred[t + 4 + lag]
        partial_5 += centred[t + 5] * centred[t + 5 + lag]
        partial_6 += centred[t + 6] * centred[t + 6 + lag]
        partial_7 += centred[t + 7] * centred[t + 7 + lag]
    rest = 0.0
    for t in range(m, n - lag):
        rest += centred[t] * centred[t + lag]
    even = (partial_0 + partial_4) + (partial_2 + partial_6)
    odd = (partial_1 + partial_5) + (partial_3 + partial_7)
    return even + odd + rest


@kernel
def changes_repeat(values, start, stop, m, changes, scratch):
    """Whether the first differences of a series repeat after m steps: the first part of the test."""
    n = stop - start - 1
    for t in range(n):
        changes[t] = values[start + t + 1] - values[start + t]
    squares = centre(changes, 0, n, scratch)
    if squares == 0.0:
        return False
    half = lagged_product(scratch, n, m // 2) / squares
    whole = lagged_product(scratch, n, m) / squares
    return whole > max(1.645 / np.sqrt(n), half)


@kernel
def values_repeat(values, start, stop, m, scratch):
    """Whether the values of a series repeat after m steps: the second part of the test."""
    n = stop - start
    squares = centre(values, start, stop, scratch)
    if squares == 0.0:
        return False
    total, half, whole = 0.0, 0.0, 0.0
    for lag in range(1, m + 1):
        r = lagged_product(scratch, n, lag) / squares
        if lag == m // 2:
            half = r
        if lag < m:
            total += r * r
        else:
            whole = r
    return whole > max(1.645 * np.sqrt((1.0 + 2.0 * total) / n), half)


@kernel
def test_seasons(values, offsets, which, first, last, m, changes, scratch, found):
    """Write whether series show a season of m steps (`tsrnn.training.seasons.seasonal_test`).

    values (N,), offsets (S + 1,), which (k,), changes and scratch (at least the longest series,), found (k,)
    written from position `first` to before `last`.
    """
    for i in range(first, last):
        start, stop = offsets[which[i]], offsets[which[i] + 1]
        found[i] = False
        if m < 2 or stop - start < 3 * m:
            continue
        low, high = values[start], values[start]
        for t in range(start, stop):
            low, high = min(low, values[t]), max(high, values[t])
        if high - low > 1e-12 * max(abs(low), abs(high)):
            found[i] = changes_repeat(values, start, stop, m, changes, scratch) or values_repeat(
                values, start, stop, m, scratch
            )


@kernel
def subtract_trend(values, start, stop, m, out):
    """Write a series minus its centred moving average over m steps, carried on as a line at both ends.

    values (N,), out (at least stop - start,): written.
    """
    n = stop - start
    margin = m // 2
    n_middle = n - 2 * margin
    inner = 0.0
    for i in range(n_middle):
        if i % m == 0:
            inner = 0.0  # summed afresh now and then, so that rounding errors stay small
            for j in range(m % 2 == 0, m):
                inner += values[start + i + j]
        else:
            inner += values[start + i + m - 1] - values[start + i - (m % 2 == 1)]
        ends = 0.0 if m % 2 else 0.5 * (values[start + i] + values[start + i + m])
        out[margin + i] = (inner + ends) / m
    reach = min(m, n_middle - 1)
    first, last = out[margin], out[margin + n_middle - 1]
    slope_before = (out[margin + reach] - first) / max(reach, 1)
    slope_after = (last - out[margin + n_middle - 1 - reach]) / max(reach, 1)
    for k in range(1, margin + 1):
        out[margin - k] = first - slope_before * k
        out[margin + n_middle - 1 + k] = last + slope_after * k
    for t in range(n):
        out[t] = values[start + t] - out[t]


@kernel
def season_error(detrended, n, m, rates, shares, first_share, skipped, patterns, errors):
    """Write the absolute errors of seasonal patterns as forecasts of the next season, (rates, shares).

    detrended (n,), rates (R,), shares (K,) of which those from `first_share` on are tried, patterns (R, m):
    scratch, errors (R, K): written; the first `skipped` seasons do not count.
    """
    n_rows = (n + m - 1) // m
    errors[:] = 0.0
    for r in range(len(rates)):
        for j in range(m):
            patterns[r, j] = (detrended[j] + detrended[m + j]) / 2
        for row in range(n_rows):
            width = min(m, n - row * m)
            mean = 0.0
            for j in range(m):
                mean += patterns[r, j]
            mean /= m
            if row >= skipped:
                for k in range(first_share, len(shares)):
                    total = 0.0
                    for j in range(width):
                        total += abs(detrended[row * m + j] - shares[k] * (patterns[r, j] - mean))
                    errors[r, k] += total
            weight = max(rates[r], 1.0 / (row + 3))
            for j in range(width):
                patterns[r, j] += weight * (detrended[row * m + j] - patterns[r, j])


@kernel
def write_patterns(detrended, n, m, rate, share, patterns, begin, out):
    """Write for each season the pattern of those before it, and one more for the season to come.

    detrended (n,), patterns (R, m): scratch; out: (ceil(n / m) + 1) m entries from `begin` on are written.
    """
    n_rows = (n + m - 1) // m
    for j in range(m):
        patterns[0, j] = (detrended[j] + detrended[m + j]) / 2
    for row in range(n_rows + 1):
        mean = 0.0
        for j in range(m):
            mean += patterns[0, j]
        mean /= m
        for j in range(m):
            out[begin + row * m + j] = share * (patterns[0, j] - mean)
        if row < n_rows:
            weight = max(rate, 1.0 / (row + 3))
            for j in range(min(m, n - row * m)):
                patterns[0, j] += weight * (detrended[row * m + j] - patterns[0, j])


@kernel
def take_out_seasons(
    values, offsets, which, first, last, m, rates, shares, least, scratch, patterns, errors, begins, out, rest
):
    """Subtract seasonal patterns of m steps (`tsrnn.training.transforms`).

    values (N,), offsets (S + 1,), which (k,), rates (R,), shares (K,) from small to large, scratch (at least
    the longest series,), patterns (R, m), errors (R, K); writes the patterns of series ``which[i]`` into out
    from ``begins[i]`` on, and the series without them into rest (N,). A share below 1 is looked for where at
    least max(m, `least`) values after the second season can tell.
    """
    for i in range(first, last):
        start, stop = offsets[which[i]], offsets[which[i] + 1]
        n = stop - start
        subtract_trend(values, start, stop, m, scratch)
        shrinks = n - 2 * m >= max(m, least)
        first_share = 0 if shrinks else len(shares) - 1
        skipped = 2 if shrinks else 0
        season_error(scratch, n, m, rates, shares, first_share, skipped, patterns, errors)
        rate, share = 0, first_share
        for r in range(len(rates)):
            for k in range(first_share, len(shares)):
                if errors[r, k] < errors[rate, share]:
                    rate, share = r, k
        write_patterns(scratch, n, m, rates[rate], shares[share], patterns, begins[i], out)
        for t in range(n):
            rest[start + t] = values[start + t] - out[begins[i] + t]
