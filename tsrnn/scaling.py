"""Transforms of a series with exact inverses, and the test that decides about seasons."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


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

    def __init__(self, values: np.ndarray, season_length: int) -> None:
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

    def __init__(self, values: np.ndarray, season_length: int) -> None:
        self._levels = values
        self.forward = np.diff(values, prepend=values[:1])

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Add the running sum of the forecast changes to the level before each start."""
        return self._levels[starts - 1, None] + np.cumsum(future, axis=1)


class Deseasonalize:
    """Subtract the average seasonal pattern of classical decomposition, estimated on the whole history.

    The trend is a centred moving average over one season; the pattern is the mean of what it leaves, by
    position in the season, and sums to zero (Makridakis, Wheelwright & Hyndman, 1998, section 3/4).
    """

    n_lost = 0

    def __init__(self, values: np.ndarray, season_length: int) -> None:
        m = season_length
        if m < 2 or len(values) < 2 * m:
            raise ValueError(
                f'transform="deseasonalize" needs season_length of at least 2 and two full seasons; got '
                f"season_length={m} and {len(values)} observations. Set season_length, or leave it out."
            )
        self.pattern = _seasonal_pattern(values, m)
        self.forward = values - self.pattern[np.arange(len(values)) % m]

    def inverse(self, future: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Add the pattern back at the positions that follow each start."""
        positions = starts[:, None] + np.arange(future.shape[1])
        return future + self.pattern[positions % len(self.pattern)]


TRANSFORMS: dict[str, type] = {"log": Log, "difference": Difference, "deseasonalize": Deseasonalize}


class Preparation:
    """A chain of transforms applied to one history, then the undoing of it.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The history.
    names : sequence of {"log", "difference", "deseasonalize"}
        Transforms in the order they are applied.
    season_length : int
        Steps in a season; 1 for none.

    Attributes
    ----------
    prepared : ndarray of shape (n,)
        The transformed history; its first ``n_lost`` entries carry no information.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 4.0, 8.0])
    >>> chain = Preparation(y, ["log", "difference"], season_length=1)
    >>> chain.prepared[1:].round(3)
    array([0.693, 0.693, 0.693])
    >>> chain.inverse(np.full((1, 2), np.log(2)), np.array([4])).round(3)
    array([[16., 32.]])
    """

    def __init__(self, values: np.ndarray, names: Sequence[str], season_length: int) -> None:
        self.prepared = values
        self._chain: list[Transform] = []
        for name in names:
            transform = TRANSFORMS[name](self.prepared, season_length)
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

    The autocorrelation of the first differences at lag m must be above its upper 95 % bound under no season,
    1.645 sqrt((1 + 2 sum of squared autocorrelations at lags below m) / n) after Bartlett (1946), and above
    the one at half the season, as a slow drift's is not. Needs three full seasons.

    Parameters
    ----------
    values : ndarray of shape (n,)
    season_length : int
        Lag m to test.

    Returns
    -------
    bool

    Examples
    --------
    >>> t = np.arange(48)
    >>> seasonal_test(t + np.tile([5.0, 0, 0, 0], 12), 4), seasonal_test(t**1.5, 4)
    (True, False)
    """
    m = season_length
    if m < 2 or len(values) < 3 * m:
        return False
    changes = np.diff(values)
    changes = changes - changes.mean()
    largest = np.abs(changes).max()
    if largest <= 1e-12 * np.abs(values).max():
        return False
    changes /= largest
    correlation = np.array([changes[lag:] @ changes[:-lag] for lag in range(1, m + 1)]) / (changes @ changes)
    noise = np.sqrt((1 + 2 * np.sum(correlation[:-1] ** 2)) / len(changes))
    return bool(correlation[-1] > max(1.645 * noise, correlation[m // 2 - 1]))


def _seasonal_pattern(values: np.ndarray, m: int) -> np.ndarray:
    weights = np.ones(m) if m % 2 else np.concatenate([[0.5], np.ones(m - 1), [0.5]])
    margin = len(weights) // 2
    detrended = values[margin : len(values) - margin] - np.convolve(values, weights / m, mode="valid")
    phase = np.arange(margin, margin + len(detrended)) % m
    pattern = np.bincount(phase, detrended, minlength=m) / np.bincount(phase, minlength=m)
    return pattern - pattern.mean()
