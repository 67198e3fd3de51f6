"""What the outputs of a network mean whose loss is a distribution.

Outputs are `raw` (..., K, O): K parameters for each of O values, any real numbers. `size` is what the values
were divided by, a number or an array that broadcasts against the leading axes; only counts ask for it. All
results are on the scale the network sees.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.kernels.losses import N_PARAMETERS
from tsrnn.kernels.losses.likelihoods import LEAST_FREEDOM, SMALLEST_DISPERSION, SMALLEST_SCALE
from tsrnn.kernels.losses.quantiles import DEVIATES, GAPS

__all__ = ["DISTRIBUTIONS", "Distribution"]

_DIGITS = 1e-6  # counts that came through single precision are whole numbers but for so much
_LEAST_SLOPE = 1e-12  # or a quantile function that has collapsed could not be inverted


class Distribution(ABC):
    """A predictive distribution, given by a network's outputs.

    Attributes
    ----------
    loss : str
        Its name among the losses.

    Examples
    --------
    >>> raw = np.array([[1.0], [0.5]])  # mean, and what softplus makes a scale, of one value
    >>> normal = DISTRIBUTIONS["gaussian"]
    >>> normal.quantile(raw, [0.1, 0.5, 0.9]).round(3)
    array([[-0.25],
           [ 1.  ],
           [ 2.25]])
    >>> normal.cdf(raw, np.array([2.25])).round(3)
    array([0.9])
    """

    loss: ClassVar[str]

    @property
    def n_parameters(self) -> int:
        """Outputs for each value."""
        return N_PARAMETERS[self.loss]

    @abstractmethod
    def point(self, raw: np.ndarray, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the forecast (..., O) that has the least loss as a point."""

    def quantile(self, raw: np.ndarray, p: ArrayLike, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the quantiles (..., len(p), O) that the value stays below with probabilities p."""
        return self._quantile(raw, np.asarray(p, np.float64).reshape(-1, 1), size)

    def inverse(self, raw: np.ndarray, u: np.ndarray, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the quantile (..., O) of each value, given its own probability u (..., O)."""
        return self._quantile(raw, _rows(u), size)[..., 0, :]

    @abstractmethod
    def _quantile(self, raw: np.ndarray, p: np.ndarray, size: ArrayLike) -> np.ndarray:
        """Return quantiles (..., n, O) at p, which broadcasts to that shape."""

    @abstractmethod
    def cdf(self, raw: np.ndarray, y: ArrayLike, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the probabilities (..., O) of values up to y (..., O)."""

    @abstractmethod
    def sample(self, raw: np.ndarray, rng: np.random.Generator, size: ArrayLike = 1.0) -> np.ndarray:
        """Draw a value (..., O) from each."""


class Quantiles(Distribution):
    """Thirteen quantiles around the median.

    Between two of them, and beyond the outermost, the quantile is linear in that of the standard normal
    distribution: each segment is of a normal distribution of its own scale, the tails go on with the
    outermost.
    """

    loss = "quantile"

    def point(self, raw: np.ndarray, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the median."""
        return _parameter(raw, 0)

    def _quantile(self, raw: np.ndarray, p: np.ndarray, size: ArrayLike) -> np.ndarray:
        from scipy.special import ndtri  # not worth every user's import time

        return self._at(raw, np.broadcast_to(ndtri(p), (*raw.shape[:-2], p.shape[-2], raw.shape[-1])))

    def cdf(self, raw: np.ndarray, y: ArrayLike, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the probabilities."""
        from scipy.special import ndtr

        knots, slopes = self._line(raw)
        values = np.expand_dims(np.asarray(y, np.float64), -2)
        segment = np.clip((knots <= values).sum(axis=-2, keepdims=True) - 1, 0, len(_KNOTS) - 2)
        start, slope = (np.take_along_axis(line, segment, axis=-2) for line in (knots, slopes))
        return ndtr(_KNOTS[segment] + (values - start) / slope)[..., 0, :]

    def sample(self, raw: np.ndarray, rng: np.random.Generator, size: ArrayLike = 1.0) -> np.ndarray:
        """Draw values."""
        deviates = rng.standard_normal((*raw.shape[:-2], 1, raw.shape[-1]))
        return self._at(raw, deviates)[..., 0, :]

    def _at(self, raw: np.ndarray, deviates: np.ndarray) -> np.ndarray:
        """Return the values where the standard normal distribution has `deviates` (..., n, O)."""
        knots, slopes = self._line(raw)
        segment = np.clip(np.searchsorted(_KNOTS, deviates, side="right") - 1, 0, len(_KNOTS) - 2)
        start, slope = (np.take_along_axis(line, segment, axis=-2) for line in (knots, slopes))
        return start + slope * (deviates - _KNOTS[segment])

    def _line(self, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the quantiles (..., 13, O) and the scales (..., 12, O) between them, both from below."""
        scales = np.maximum(_softplus(raw[..., 1:, :]), _LEAST_SLOPE)
        half = len(GAPS)
        above, below = scales[..., :half, :], scales[..., half:, :]
        gaps, median = GAPS[:, None], np.asarray(raw[..., :1, :], np.float64)
        upper = median + np.cumsum(gaps * above, axis=-2)
        lower = median - np.cumsum(gaps * below, axis=-2)
        knots = np.concatenate([lower[..., ::-1, :], median, upper], axis=-2)
        return knots, np.concatenate([below[..., ::-1, :], above], axis=-2)


class Gaussian(Distribution):
    """The normal distribution."""

    loss = "gaussian"

    def point(self, raw: np.ndarray, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the mean."""
        return _parameter(raw, 0)

    def _quantile(self, raw: np.ndarray, p: np.ndarray, size: ArrayLike) -> np.ndarray:
        from scipy.special import ndtri

        return _rows(self.point(raw)) + _rows(_scale(raw)) * ndtri(p)

    def cdf(self, raw: np.ndarray, y: ArrayLike, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the probabilities."""
        from scipy.special import ndtr

        return ndtr((y - self.point(raw)) / _scale(raw))

    def sample(self, raw: np.ndarray, rng: np.random.Generator, size: ArrayLike = 1.0) -> np.ndarray:
        """Draw values."""
        return rng.normal(self.point(raw), _scale(raw))


class StudentT(Distribution):
    """Student's distribution with location, scale and more than two degrees of freedom."""

    loss = "student_t"

    def point(self, raw: np.ndarray, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the mean, which is the location."""
        return _parameter(raw, 0)

    def _quantile(self, raw: np.ndarray, p: np.ndarray, size: ArrayLike) -> np.ndarray:
        from scipy.special import stdtrit

        deviates = stdtrit(_rows(self._freedom(raw)), p)
        return _rows(self.point(raw)) + _rows(_scale(raw)) * deviates

    def cdf(self, raw: np.ndarray, y: ArrayLike, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the probabilities."""
        from scipy.special import stdtr

        return stdtr(self._freedom(raw), (y - self.point(raw)) / _scale(raw))

    def sample(self, raw: np.ndarray, rng: np.random.Generator, size: ArrayLike = 1.0) -> np.ndarray:
        """Draw values."""
        return self.point(raw) + _scale(raw) * rng.standard_t(self._freedom(raw))

    def _freedom(self, raw: np.ndarray) -> np.ndarray:
        return LEAST_FREEDOM + _softplus(raw[..., 2, :])


class NegativeBinomial(Distribution):
    """Negative binomial counts, divided by their series' size.

    Notes
    -----
    `cdf` is the probability of counts up to and including y, and `quantile` its generalised inverse: the
    least count whose `cdf` is not below p, so that ``quantile(cdf(y))`` is y of every count. Probability
    integral transforms of counts need both ends of the jump, ``cdf(y - 1 / size)`` and ``cdf(y)`` (Czado,
    Gneiting & Held, 2009, "Predictive model assessment for count data", Biometrics 65).
    """

    loss = "negbin"

    def point(self, raw: np.ndarray, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the mean."""
        return _softplus(raw[..., 0, :])

    def _quantile(self, raw: np.ndarray, p: np.ndarray, size: ArrayLike) -> np.ndarray:
        from scipy.stats import nbinom

        r, share = (_rows(parameter) for parameter in self._parameters(raw, size))
        levels = np.broadcast_to(p, np.broadcast_shapes(r.shape, p.shape))
        counts = np.maximum(nbinom.ppf(levels, r, share), 0)
        less = np.maximum(counts - 1, 0)
        enough = nbinom.cdf(less, r, share) >= levels * (1 - 1e-12)  # but for rounding
        return np.where(enough, less, counts) / _rows(_sizes(size))

    def cdf(self, raw: np.ndarray, y: ArrayLike, size: ArrayLike = 1.0) -> np.ndarray:
        """Return the probabilities."""
        from scipy.stats import nbinom

        counts = np.asarray(y, np.float64) * _sizes(size)
        whole = np.rint(counts)
        is_whole = np.abs(counts - whole) <= _DIGITS * np.maximum(np.abs(whole), 1)
        return nbinom.cdf(np.where(is_whole, whole, np.floor(counts)), *self._parameters(raw, size))

    def sample(self, raw: np.ndarray, rng: np.random.Generator, size: ArrayLike = 1.0) -> np.ndarray:
        """Draw values."""
        r, share = self._parameters(raw, size)
        return rng.poisson(rng.standard_gamma(r) * (1 - share) / share) / _sizes(size)

    def _parameters(self, raw: np.ndarray, size: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return 1 / dispersion and 1 / (1 + dispersion mean), scipy's n and p."""
        sizes = _sizes(size)
        dispersion = np.maximum(_softplus(raw[..., 1, :]) / np.sqrt(sizes), SMALLEST_DISPERSION)
        return 1 / dispersion, 1 / (1 + dispersion * sizes * self.point(raw))


_KNOTS = np.concatenate([-DEVIATES[::-1], [0.0], DEVIATES])
DISTRIBUTIONS: dict[str, Distribution] = {
    distribution.loss: distribution
    for distribution in (Quantiles(), Gaussian(), StudentT(), NegativeBinomial())
}


def _parameter(raw: np.ndarray, k: int) -> np.ndarray:
    return np.asarray(raw[..., k, :], np.float64)


def _scale(raw: np.ndarray) -> np.ndarray:
    return SMALLEST_SCALE + _softplus(raw[..., 1, :])


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0.0, x, dtype=np.float64)


def _sizes(size: ArrayLike) -> np.ndarray:
    """One for all values of a window."""
    return np.asarray(size, np.float64)[..., None]


def _rows(values: np.ndarray) -> np.ndarray:
    """Make room for probabilities."""
    return values[..., None, :]
