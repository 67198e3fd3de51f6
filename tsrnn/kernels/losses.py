"""Mean losses and their gradients.

Each takes prediction, target and gradient of one shape, writes d loss / d prediction into gradient and
returns the mean loss, summed in double precision. Where the target is nan there is none: such predictions
count for nothing and get no gradient.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def count_targets(target):
    """Return how many targets there are."""
    n = 0
    for j in range(target.size):
        n += target[j] == target[j]
    return n


@kernel
def miss(prediction, target):
    """Return prediction - target, 0 where there is no target."""
    return prediction - target if target == target else type(prediction)(0)


@kernel
def mse(prediction, target, gradient):
    """Mean squared error: (p - y)^2."""
    p, y, dp = prediction.reshape(-1), target.reshape(-1), gradient.reshape(-1)
    n = count_targets(y)
    scale = type(p[0])(2 / n)
    total = 0.0
    for j in range(p.size):
        error = miss(p[j], y[j])
        dp[j] = scale * error
        total += np.float64(error) * np.float64(error)
    return total / n


@kernel
def mae(prediction, target, gradient):
    """Mean absolute error: |p - y|, with slope 0 where they are equal."""
    p, y, dp = prediction.reshape(-1), target.reshape(-1), gradient.reshape(-1)
    n = count_targets(y)
    scale = type(p[0])(1 / n)
    total = 0.0
    for j in range(p.size):
        error = miss(p[j], y[j])
        dp[j] = scale * np.sign(error)
        total += np.float64(abs(error))
    return total / n


@kernel
def huber(prediction, target, gradient):
    """Huber's loss (1964, Annals of Mathematical Statistics 35) with threshold 1.

    (p - y)^2 / 2 where |p - y| <= 1, else |p - y| - 1/2.
    """
    p, y, dp = prediction.reshape(-1), target.reshape(-1), gradient.reshape(-1)
    n = count_targets(y)
    one = type(p[0])(1)
    scale = type(p[0])(1 / n)
    total = 0.0
    for j in range(p.size):
        error = miss(p[j], y[j])
        inside = min(max(error, -one), one)
        dp[j] = scale * inside
        total += np.float64(inside) * (np.float64(error) - 0.5 * np.float64(inside))
    return total / n


LOSSES = {"mse": mse, "mae": mae, "huber": huber}
