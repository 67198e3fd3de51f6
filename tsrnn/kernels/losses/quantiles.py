"""Pinball loss of quantiles that never cross."""

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.losses.targets import weight_of
from tsrnn.kernels.special import softplus, softplus_slope

UPPER = np.array([0.6, 0.7, 0.8, 0.9, 0.95, 0.975])  # the lower ones are 1 - UPPER
# Of the standard normal distribution at UPPER.
DEVIATES = np.array(
    [
        0.2533471031357997,
        0.5244005127080407,
        0.8416212335729143,
        1.2815515655446004,
        1.6448536269514722,
        1.959963984540054,
    ]
)
GAPS = np.diff(DEVIATES, prepend=0.0)
N_QUANTILES = 2 * len(UPPER) + 1


@kernel
def pinball(error, p):
    """Return the loss, p e if e >= 0 else (p - 1) e, and its derivative in q, for e = y - q; 0 at e = 0."""
    if error > 0:
        return p * error, -p
    return (p - 1) * error, (1 - p if error < 0 else 0.0)


@kernel
def _side(sign, y, raw, first, d, O):  # noqa: E741
    """Return the loss of the quantiles above (sign 1) or below (-1) the median, and its slope in the median.

    raw, d : parameters of one target, and their gradient, O apart; parameters `first`, `first` + 1, ... are
        those of the quantiles, from the median outwards. Their gradient is written.
    """
    q, loss, slope = raw[0], 0.0, 0.0
    for j in range(len(UPPER)):
        k = (first + j) * O
        q += type(q)(sign * GAPS[j]) * softplus(raw[k])
        p = UPPER[j] if sign > 0 else 1 - UPPER[j]
        value, d_q = pinball(np.float64(y) - np.float64(q), p)
        loss += value
        d[k] = d_q
    for j in range(len(UPPER) - 1, -1, -1):  # a parameter moves all quantiles further out
        k = (first + j) * O
        slope += np.float64(d[k])
        d[k] = type(q)(sign * GAPS[j] * slope) * softplus_slope(raw[k])
    return loss, slope


@kernel
def quantile(prediction, target, weight, size, total, first, gradient):
    """Mean pinball loss (Koenker & Bassett, 1978, Econometrica 46) of 13 quantiles.

    Parameter 0 is the median, 1 to 6 give the quantiles .6, .7, .8, .9, .95, .975, and 7 to 12 give .4, .3,
    .2, .1, .05, .025. The distance of neighbouring quantiles is g softplus(parameter), with their distance g
    in the standard normal distribution. They never cross, and equal parameters give the quantiles of a normal
    distribution with the scale softplus(parameter).
    """
    steps, B, _ = prediction.shape
    O = target.shape[2]  # noqa: E741
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b) / N_QUANTILES
            scale = type(prediction[0, 0, 0])(w / total)
            for o in range(O):
                raw, d, y = prediction[t, b, o:], gradient[t, b, o:], target[t, first + b, o]
                if y != y:
                    d[::O] = 0
                    continue
                value, slope = pinball(np.float64(y) - np.float64(raw[0]), 0.5)
                above, d_above = _side(1, y, raw, 1, d, O)
                below, d_below = _side(-1, y, raw, 1 + len(UPPER), d, O)
                d[0] = slope + d_above + d_below
                for k in range(N_QUANTILES):
                    d[k * O] *= scale
                loss += w * (value + above + below)
    return loss / total
