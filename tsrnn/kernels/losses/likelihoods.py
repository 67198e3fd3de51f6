"""Negative log-likelihoods of distributions, in double precision, and their gradients.

Scales and degrees of freedom are positive: softplus of an output of the network.
"""

import math

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.losses.targets import weight_of
from tsrnn.kernels.special import (
    digamma_step,
    lgamma_step,
    log_softplus,
    log_softplus_slope,
    softplus,
    softplus_slope,
)

SMALLEST_SCALE = 1e-3  # keeps the likelihood of a series that is fitted exactly finite
SMALLEST_DISPERSION = 1e-8
LEAST_FREEDOM = 2.0
_LOG_ROOT_2_PI = 0.5 * math.log(2 * math.pi)


@kernel
def gaussian(prediction, target, weight, size, total, first, gradient):
    """Loss of the normal distribution: log(s) + z^2 / 2 + log(2 pi) / 2 with z = (y - m) / s.

    Parameters m and b, with s = softplus(b) + 1/1000.
    """
    steps, B, _ = prediction.shape
    O = target.shape[2]  # noqa: E741
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b)
            scale = w / total
            for o in range(O):
                raw, d, y = prediction[t, b, o:], gradient[t, b, o:], target[t, first + b, o]
                if y != y:
                    d[::O] = 0
                    continue
                s = softplus(np.float64(raw[O])) + SMALLEST_SCALE
                z = (np.float64(y) - np.float64(raw[0])) / s
                d[0] = -scale * z / s
                d[O] = scale * (1 - z * z) / s * softplus_slope(np.float64(raw[O]))
                loss += w * (np.log(s) + 0.5 * z * z + _LOG_ROOT_2_PI)
    return loss / total


@kernel
def student_t(prediction, target, weight, size, total, first, gradient):
    """Loss of Student's t distribution, v degrees of freedom, location m and scale s; z = (y - m) / s.

    log(s) + (v + 1)/2 log(1 + z^2/v) + log(v pi)/2 - lgamma((v + 1)/2) + lgamma(v/2). Parameters m, b and c,
    with s = softplus(b) + 1/1000 and v = 2 + softplus(c).
    """
    steps, B, _ = prediction.shape
    O = target.shape[2]  # noqa: E741
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b)
            scale = w / total
            for o in range(O):
                raw, d, y = prediction[t, b, o:], gradient[t, b, o:], target[t, first + b, o]
                if y != y:
                    d[::O] = 0
                    continue
                s = softplus(np.float64(raw[O])) + SMALLEST_SCALE
                v = softplus(np.float64(raw[2 * O])) + LEAST_FREEDOM
                z = (np.float64(y) - np.float64(raw[0])) / s
                far, pull = np.log1p(z * z / v), (v + 1) / (v / z + z) if z != 0 else 0.0
                d_v = far + 1 / v - digamma_step(v / 2, 0.5) - pull * z / v
                d[0] = -scale * pull / s
                d[O] = scale * (1 - pull * z) / s * softplus_slope(np.float64(raw[O]))
                d[2 * O] = 0.5 * scale * d_v * softplus_slope(np.float64(raw[2 * O]))
                rest = 0.5 * np.log(v * np.pi) - lgamma_step(v / 2, 0.5)
                loss += w * (np.log(s) + 0.5 * (v + 1) * far + rest)
    return loss / total


@kernel
def negbin(prediction, target, weight, size, total, first, gradient):
    """Loss of the negative binomial distribution of n = y size, with mean m and variance m + a m^2.

    lgamma(n + 1) - lgamma(n + 1/a) + lgamma(1/a) + log(1 + a m)/a + n (log(1 + a m) - log(a m)). Parameters u
    and v, with m = size softplus(u) and a = softplus(v) / sqrt(size), as Salinas et al. (2020, DeepAR,
    International Journal of Forecasting 36, section 3.3). The least a is 1e-8, nearly a Poisson distribution.
    """
    steps, B, _ = prediction.shape
    O = target.shape[2]  # noqa: E741
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b)
            scale, nu = w / total, np.float64(size[first + b]) if size.size > 0 else 1.0
            for o in range(O):
                raw, d, y = prediction[t, b, o:], gradient[t, b, o:], target[t, first + b, o]
                if y != y:
                    d[::O] = 0
                    continue
                n, m = np.float64(y) * nu, nu * softplus(np.float64(raw[0]))
                given = softplus(np.float64(raw[O])) / np.sqrt(nu)
                a = max(given, SMALLEST_DISPERSION)
                r, excess = 1 / a, np.log1p(a * m)
                d[0] = scale * (n - m) / (1 + a * m) * -log_softplus_slope(raw[0])
                d_a = r * (digamma_step(r, n) - excess) + (m - n) / (1 + a * m)
                d[O] = scale * d_a * log_softplus_slope(raw[O]) if given == a else 0.0
                odds = np.log(a * nu) + log_softplus(raw[0]) - excess
                loss += w * (math.lgamma(n + 1) - lgamma_step(r, n) + r * excess - n * odds)
    return loss / total
