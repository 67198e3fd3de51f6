"""Transforms of a series with exact inverses, and the test that decides about seasons."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import numpy as np

_SEASONAL_RATES = (0.0, 0.1, 0.2, 0.4, 0.8)  # 0 is the average of all seasons so far
_FIRST_SEASONS = 2  # averaged to start from
_SEASONAL_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the pattern that past seasons show, for what comes
_TELLING = 50  # values that tell its share


class Transform(Protocol):
    """One step of preparation, fitted on the history it was made from.

    ``n_lost`` leading values of ``forward`` carry no information. ``inverse(future, starts)`` takes forecasts
    (B, h) of the steps from positions ``starts`` (B,) on, each made from the history before its start.
    """

    n_lost: int
    forward: np.ndarray

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Undo the transform."""
        ...


class Log:
    """Natural logarithm, for series of positive values that grow or vary in proportion."""

    n_lost = 0

    def __init__(self, values: np.ndarray, seasons: Sequence[int]) -> None:
        if values.min() <= 0:
            position = int(np.argmax(values <= 0))
            raise ValueError(
                f'transform="log" needs positive values; got {values[position]:g} at position {position}. '
                "Shift the series, or leave the logarithm out."
            )
        self.forward = np.log(values)

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Exponentiate, never past the largest finite number."""
        return np.exp(np.minimum(future, np.log(np.finfo(np.float64).max)))


class Difference:
    """First difference, for series whose level wanders; the inverse sums up from the last level."""

    n_lost = 1

    def __init__(self, values: np.ndarray, seasons: Sequence[int]) -> None:
        self._levels = values
        self.forward = np.diff(values, prepend=values[:1])

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Add the running sum of the forecast changes to the level before each start."""
        return self._levels[starts - 1, None] + np.cumsum(future, axis=1)


class Deseasonalize:
    """Subtract seasonal patterns that may change slowly, as in exponential smoothing (Winters, 1960).

    The trend is a centred moving average over one season, carried on in a straight line at both ends. What it
    leaves is smoothed from season to season at each position in the season; a value is compared with the
    pattern of the seasons before its own. The rate is the one that would have forecast past seasons best, and
    so is the share of the pattern to subtract, where the third season and later ones have 50 values to tell:
    a pattern that is mostly noise is drawn towards none (Miller & Williams, 2003). Of several seasons, the
    shortest is taken out first, and the next from what that leaves (Bandara, Hyndman & Bergmeir, 2021).

    References
    ----------
    Miller & Williams (2003), "Shrinkage estimators of time series seasonal factors and their effect on
    forecasting accuracy", International Journal of Forecasting 19; Bandara, Hyndman & Bergmeir (2021), "MSTL:
    a seasonal-trend decomposition algorithm for time series with multiple seasonal patterns".
    """

    n_lost = 0

    def __init__(self, values: np.ndarray, seasons: Sequence[int]) -> None:
        m, n = max(seasons, default=1), len(values)
        if m < 2 or n < 2 * m:
            raise ValueError(
                f'transform="deseasonalize" needs season_length of at least 2 and two full seasons; got '
                f"season_length={m} and {n} observations. Supply a longer history, or fit without it."
            )
        self.forward, self.patterns = values, dict[int, np.ndarray]()
        for m in sorted(seasons):
            padded = np.full(-(-n // m) * m, np.nan)
            padded[:n] = self.forward - _trend(self.forward, m)
            self.patterns[m] = _smooth_seasons(
                padded.reshape(-1, m), shrinks=n - _FIRST_SEASONS * m >= max(m, _TELLING)
            ).ravel()
            self.forward = self.forward - self.patterns[m][:n]

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Add the patterns back: for each position in a season, the latest known at the start."""
        steps = np.arange(future.shape[1])
        for m, pattern in self.patterns.items():
            future = future + pattern[starts[:, None] + steps % m]
        return future


TRANSFORMS: dict[str, type] = {"log": Log, "difference": Difference, "deseasonalize": Deseasonalize}


class Preparation:
    """A chain of transforms applied to one history, then the undoing of it.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The history.
    names : sequence of {"log", "difference", "deseasonalize"}
        Transforms in the order they are applied.
    seasons : sequence of int
        Steps in each season there is.

    Attributes
    ----------
    prepared : ndarray of shape (n,)
        The transformed history; its first ``n_lost`` entries carry no information.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 4.0, 8.0])
    >>> chain = Preparation(y, ["log", "difference"], seasons=())
    >>> chain.prepared[1:].round(3)
    array([0.693, 0.693, 0.693])
    >>> chain.inverse(np.full((1, 2), np.log(2)), np.array([4])).round(3)
    array([[16., 32.]])
    """

    def __init__(self, values: np.ndarray, names: Sequence[str], seasons: Sequence[int]) -> None:
        self.prepared = values
        self._chain: list[Transform] = []
        for name in names:
            transform = TRANSFORMS[name](self.prepared, seasons)
            self.prepared = transform.forward
            self._chain.append(transform)
        self.n_lost = sum(transform.n_lost for transform in self._chain)

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Bring forecasts (B, h), starting at positions ``starts`` (B,), back to the scale of the data."""
        for transform in reversed(self._chain):
            future = transform.inverse(future, starts)
        return future


def level_and_scale(values: np.ndarray, *, robust: bool = False) -> tuple[float, float]:
    """Return what to subtract from a series and what to divide it by.

    Mean and standard deviation; or median and interquartile range / 1.349, which for normal data is the
    standard deviation too. The scale of a constant series is 0.

    Examples
    --------
    >>> level_and_scale(np.array([1.0, 3.0]))
    (2.0, 1.0)
    """
    if robust:
        low, level, high = np.percentile(values, [25, 50, 75])
        scale = (high - low) / 1.349
    else:
        level = values.mean()
        scale = root_mean_square(values - level)
    # What is below the rounding noise of the level means nothing.
    return float(level), float(scale) if scale > 1e-12 * abs(level) else 0.0


def root_mean_square(values: np.ndarray) -> float:
    """Return the root of the mean square, without overflow or underflow on the way."""
    largest = np.abs(values).max()
    return float(largest * np.sqrt(np.mean((values / largest) ** 2))) if largest > 0 else 0.0


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
    m = season_length
    if m < 2 or len(values) < 3 * m or np.ptp(values) <= 1e-12 * np.abs(values).max():
        return False
    changes = autocorrelations(np.diff(values), [m // 2, m])
    if changes[1] > max(1.645 / np.sqrt(len(values) - 1), changes[0]):
        return True
    r = autocorrelations(values, range(1, m + 1))
    bound = 1.645 * np.sqrt((1 + 2 * np.sum(r[:-1] ** 2)) / len(values))
    return bool(r[-1] > max(bound, r[m // 2 - 1]))


def autocorrelations(values: np.ndarray, lags: Sequence[int]) -> np.ndarray:
    """Return the autocorrelation of values (n,) at each lag; 0 for a constant.

    Examples
    --------
    >>> autocorrelations(np.array([1.0, -1, 1, -1]), [1, 2])
    array([-0.75,  0.5 ])
    """
    around = values - values.mean()
    largest = np.abs(around).max()
    if largest <= 1e-12 * np.abs(values).max():
        return np.zeros(len(lags))
    around /= largest
    return np.array([around[lag:] @ around[:-lag] for lag in lags]) / (around @ around)


def _trend(values: np.ndarray, m: int) -> np.ndarray:
    weights = np.ones(m) if m % 2 else np.concatenate([[0.5], np.ones(m - 1), [0.5]])
    middle = np.convolve(values, weights / m, mode="valid")
    margin = len(weights) // 2
    reach = min(m, len(middle) - 1)
    steps = np.arange(1, margin + 1)
    before = middle[0] - (middle[reach] - middle[0]) / max(reach, 1) * steps[::-1]
    after = middle[-1] + (middle[-1] - middle[-1 - reach]) / max(reach, 1) * steps
    return np.concatenate([before, middle, after])


def _smooth_seasons(seasons: np.ndarray, *, shrinks: bool) -> np.ndarray:
    """Return for each season (row) the pattern of those before it, and one row more for what comes next."""
    n, m = seasons.shape
    weights = np.maximum(_SEASONAL_RATES, 1 / (np.arange(n)[:, None] + 1 + _FIRST_SEASONS))[:, :, None]
    patterns = np.empty((n + 1, weights.shape[1], m))
    patterns[0] = np.nanmean(seasons[:_FIRST_SEASONS], axis=0)
    surprise = np.empty_like(patterns[0])
    unknown = np.isnan(seasons[-1])  # only the last one may be incomplete
    for row, season in enumerate(seasons):
        np.subtract(season, patterns[row], out=surprise)
        if row == n - 1:
            surprise[:, unknown] = 0
        np.multiply(weights[row], surprise, out=surprise)
        np.add(patterns[row], surprise, out=patterns[row + 1])
    patterns -= patterns.mean(axis=2, keepdims=True)
    shares = _SEASONAL_SHARES if shrinks else (1.0,)
    judged = slice(_FIRST_SEASONS if shrinks else 0, n)
    errors = []
    for share in shares:
        misses = np.abs(seasons[judged, None] - share * patterns[judged])
        misses[-1][:, unknown] = 0
        errors.append(misses.sum(axis=(0, 2)))
    rate, share = divmod(int(np.argmin(np.transpose(errors))), len(shares))
    return shares[share] * patterns[:, rate]


class Standard(NamedTuple):
    """How covariates are brought to zero mean and unit variance, over all series together.

    Attributes
    ----------
    mean, size : ndarray of shape (k,)
    gaps : ndarray of bool, shape (k,)
        Columns that had gaps: they come with their age.

    Examples
    --------
    >>> standard = Standard.of([np.array([[1.0], [np.nan], [3.0]])])
    >>> standard.apply(np.array([[5.0], [np.nan], [np.nan]])).round(2)
    array([[3.  , 0.  ],
           [3.  , 0.69],
           [3.  , 1.1 ]])
    """

    mean: np.ndarray = np.empty(0)
    size: np.ndarray = np.empty(0)
    gaps: np.ndarray = np.empty(0, bool)

    @classmethod
    def of(cls, tables: Sequence[np.ndarray]) -> Self:
        """Fit to the covariates (n, k) of all series."""
        k = tables[0].shape[1]
        if k == 0:
            return cls()
        rows = np.concatenate(tables)
        gaps = np.isnan(rows)
        n_seen = np.maximum((~gaps).sum(axis=0), 1)
        mean = np.nansum(rows, axis=0) / n_seen
        size = np.sqrt(np.nansum((rows - mean) ** 2, axis=0) / n_seen)
        return cls(mean, np.where(size > 1e-12 * np.abs(mean), size, 1.0), gaps.any(axis=0))

    @property
    def n_columns(self) -> int:
        """Inputs they come to."""
        return len(self.mean) + int(self.gaps.sum())

    def apply(self, table: np.ndarray) -> np.ndarray:
        """Return covariates (n, k) as a network reads them (n, n_columns)."""
        held, ages = hold((table - self.mean) / self.size)
        return np.concatenate([held, ages[:, self.gaps]], axis=1)


def hold(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Carry the last value of each column over gaps, and say how old it is.

    Parameters
    ----------
    table : ndarray of shape (n, k)
        nan where nothing was observed.

    Returns
    -------
    held : ndarray of shape (n, k)
        0 before the first value.
    age : ndarray of shape (n, k)
        log(1 + steps since the last value).

    Examples
    --------
    >>> held, age = hold(np.array([[np.nan], [2.0], [np.nan]]))
    >>> held.ravel(), np.expm1(age).round().ravel()
    (array([0., 2., 2.]), array([1., 0., 1.]))
    """
    gaps = np.isnan(table)
    if not gaps.any():
        return table, np.zeros_like(table)
    rows = np.arange(len(table))[:, None]
    last = np.maximum.accumulate(np.where(gaps, -1, rows), axis=0)
    held = np.where(last < 0, 0.0, np.take_along_axis(table, np.maximum(last, 0), axis=0))
    return held, np.log1p(rows - last)
