"""Mean losses and their gradients.

Each takes prediction, target and gradient of one shape, writes d loss / d prediction into gradient and
returns the mean loss, summed in double precision.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def mse(prediction, target, gradient):
    """Mean squared error: (p - y)^2."""
    p, y, dp = prediction.reshape(-1), target.reshape(-1), gradient.reshape(-1)
    scale = type(p[0])(2 / p.size)
    total = 0.0
    for j in range(p.size):
        error = p[j] - y[j]
        dp[j] = scale * error
        total += np.float64(error) * np.float64(error)
    return total / p.size


@kernel
def mae(prediction, target, gradient):
    """Mean absolute error: |p - y|, with slope 0 where they are equal."""
    p, y, dp = prediction.reshape(-1), target.reshape(-1), gradient.reshape(-1)
    scale = type(p[0])(1 / p.size)
    total = 0.0
    for j in range(p.size):
        error = p[j] - y[j]
        dp[j] = scale * np.sign(error)
        total += np.float64(abs(error))
    return total / p.size


@kernel
def huber(prediction, target, gradient):
    """Huber's loss (1964, Annals of Mathematical Statistics 35) with threshold 1.

    (p - y)^2 / 2 where |p - y| <= 1, else |p - y| - 1/2.
    """
    p, y, dp = prediction.reshape(-1), target.reshape(-1), gradient.reshape(-1)
    one = type(p[0])(1)
    scale = type(p[0])(1 / p.size)
    total = 0.0
    for j in range(p.size):
        error = p[j] - y[j]
        inside = min(max(error, -one), one)
        dp[j] = scale * inside
        total += np.float64(inside) * (np.float64(error) - 0.5 * np.float64(inside))
    return total / p.size


LOSSES = {"mse": mse, "mae": mae, "huber": huber}
