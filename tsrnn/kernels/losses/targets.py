"""What there is to predict, and what it counts."""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def weight_of(weight, t, b):
    """Return a target's weight."""
    return np.float64(weight[t, b]) if weight.size > 0 else 1.0


@kernel
def total_weight(target, weight):
    """Return the sum of the weights of all targets there are."""
    total = 0.0
    for t in range(target.shape[0]):
        for b in range(target.shape[1]):
            for o in range(target.shape[2]):
                if target[t, b, o] == target[t, b, o]:
                    total += weight_of(weight, t, b)
    return total


@kernel
def miss(prediction, target):
    """Return prediction - target, 0 where there is no target."""
    return prediction - target if target == target else type(prediction)(0)
