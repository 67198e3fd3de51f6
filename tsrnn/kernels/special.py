"""Softplus, and differences of the log-gamma and digamma functions, without overflow or cancellation.

The latter are in double precision and return f(x + d) - f(x): for large x, subtracting two function values
would lose most digits.
"""

import math

import numpy as np

from tsrnn.kernels.jit import kernel

_LARGE = 10.0  # Stirling's series is exact to double precision for larger arguments
_FAR = -37.0  # for lower arguments log(1 + exp(x)) is exp(x) in double precision


@kernel
def softplus(x):
    """Return log(1 + exp(x))."""
    return max(x, type(x)(0)) + np.log1p(np.exp(-abs(x)))


@kernel
def softplus_slope(x):
    """Return the derivative of softplus, 1 / (1 + exp(-x)), to full relative precision."""
    small = np.exp(-abs(x))
    return (type(x)(1) if x >= 0 else small) / (type(x)(1) + small)


@kernel
def log_softplus(x):
    """Return log(softplus(x)) in double precision."""
    return np.float64(x) if x < _FAR else np.log(softplus(np.float64(x)))


@kernel
def log_softplus_slope(x):
    """Return the derivative of log(softplus(x)) in double precision."""
    return 1.0 if x < _FAR else softplus_slope(np.float64(x)) / softplus(np.float64(x))


@kernel
def _stirling(x):
    """Return lgamma(x) - ((x - 1/2) log(x) - x + log(2 pi) / 2), x >= 10 (Abramowitz & Stegun, 6.1.40)."""
    u = 1 / (x * x)
    return (
        1 / 12
        + u * (-1 / 360 + u * (1 / 1260 + u * (-1 / 1680 + u * (1 / 1188 + u * (-691 / 360360 + u / 156)))))
    ) / x


@kernel
def _digamma_rest(x):
    """Return digamma(x) - (log(x) - 1 / (2 x)), x >= 10 (Abramowitz & Stegun, 6.3.18)."""
    u = 1 / (x * x)
    return -u * (
        1 / 12 + u * (-1 / 120 + u * (1 / 252 + u * (-1 / 240 + u * (1 / 132 + u * (-691 / 32760 + u / 12)))))
    )


@kernel
def digamma(x):
    """Return the derivative of lgamma, x > 0."""
    shift = 0.0
    while x < _LARGE:
        shift += 1 / x
        x += 1.0
    return np.log(x) - 0.5 / x + _digamma_rest(x) - shift


@kernel
def lgamma_step(x, d):
    """Return lgamma(x + d) - lgamma(x), x > 0, d >= 0."""
    if x < _LARGE:
        return math.lgamma(x + d) - math.lgamma(x)
    main = (x + d - 0.5) * np.log1p(d / x) + d * np.log(x) - d
    return main + _stirling(x + d) - _stirling(x)


@kernel
def digamma_step(x, d):
    """Return digamma(x + d) - digamma(x), x > 0, d >= 0."""
    if x < _LARGE:
        return digamma(x + d) - digamma(x)
    return np.log1p(d / x) + d / (2 * x * (x + d)) + _digamma_rest(x + d) - _digamma_rest(x)
