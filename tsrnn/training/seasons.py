"""Seasons of many series: the test for them, and patterns that follow them.

Series have one channel and lie end to end: series s is ``values[offsets[s] : offsets[s + 1]]``.
"""

import numpy as np

from tsrnn.kernels.series.seasons import take_out_seasons, test_seasons
from tsrnn.network.threads import share_out

_RATES = np.array([0.0, 0.1, 0.2, 0.4, 0.8])  # of smoothing; 0 is the average of all seasons so far
_SHARES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])  # of the pattern of past seasons that is subtracted
_FEWEST_VALUES = 50  # after the second season, from which the share is chosen


def seasonal_test(values: np.ndarray, season_length: int) -> bool:
    """Say whether the data show a season of this length.

    Either the first differences do, whose autocorrelation at lag m must be above 1.645 / sqrt(n), the upper
    95 % bound for white noise; or the values do, by the test of the M-competitions: their autocorrelation r
    must be above 1.645 sqrt((1 + 2 (r_1^2 + ... + r_(m-1)^2)) / n) (Makridakis, Spiliotis & Assimakopoulos,
    2020). Each must also be above the one at half the season, as a slow drift's is not. Needs three full
    seasons.

    Parameters
    ----------
    values : ndarray of shape (n,)
    season_length : int
        Lag m to test.

    Returns
    -------
    bool

    References
    ----------
    Makridakis, Spiliotis & Assimakopoulos (2020), "The M4 Competition: 100,000 time series and 61 forecasting
    methods", International Journal of Forecasting 36.

    Examples
    --------
    >>> t = np.arange(48)
    >>> seasonal_test(t + np.tile([5.0, 0, 0, 0], 12), 4), seasonal_test(t**1.5, 4)
    (True, False)
    """
    offsets = np.array([0, len(values)])
    return bool(show_season(np.asarray(values, np.float64), offsets, np.zeros(1, np.int64), season_length)[0])


def show_season(
    values: np.ndarray, offsets: np.ndarray, which: np.ndarray, season_length: int, n_threads: int = 1
) -> np.ndarray:
    """Return which of some series pass the `seasonal_test` for a season of this length, (k,)."""
    found = np.zeros(len(which), bool)
    if season_length < 2:
        return found
    lengths = np.diff(offsets)[which]

    def work(first: int, last: int) -> None:
        scratch = np.empty((2, int(lengths[first:last].max())))
        test_seasons(values, offsets, which, first, last, season_length, *scratch, found)

    share_out(work, lengths, n_threads)
    return found


def subtract_seasons(
    values: np.ndarray, offsets: np.ndarray, which: np.ndarray, m: int, n_threads: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Subtract a seasonal pattern of m steps from some series, as ``transform="deseasonalize"`` does.

    Returns
    -------
    ndarray of shape (N,)
        All series, those without the pattern.
    ndarray of int64, shape (S,)
        Where the patterns of each series begin; -1 of those that are not in `which`.
    ndarray
        For each season of these series the pattern of those before it, and one more for what comes next.
    """
    sizes = (-(-np.diff(offsets)[which] // m) + 1) * m
    ends = np.cumsum(sizes)
    pattern, rest = np.empty(ends[-1] if len(ends) else 0), values.copy()
    begins = ends - sizes

    def work(first: int, last: int) -> None:
        scratch = np.empty(int(np.diff(offsets)[which[first:last]].max()))
        tables = np.empty((len(_RATES), m)), np.empty((len(_RATES), len(_SHARES)))
        take_out_seasons(
            values, offsets, which, first, last, m, _RATES, _SHARES, _FEWEST_VALUES, scratch, *tables,
            begins, pattern, rest,
        )  # fmt: skip

    share_out(work, np.diff(offsets)[which], n_threads)
    at = np.full(len(offsets) - 1, -1, np.int64)
    at[which] = begins
    return rest, at, pattern
