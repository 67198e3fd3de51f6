"""Weights and errors of targets, some of which may be missing (nan)."""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def weight_of(weight, t, b):
    """Return the weight of a target; 1 if `weight` is empty."""
    return np.float64(weight[t, b]) if weight.size > 0 else 1.0


@kernel
def total_weight(target, weight):
    """Return the sum of the weights of all targets that are not nan."""
    total = 0.0
    for t in range(target.shape[0]):
        for b in range(target.shape[1]):
            for o in range(target.shape[2]):
                if target[t, b, o] == target[t, b, o]:
                    total += weight_of(weight, t, b)
    return total


@kernel
def observed_error(prediction, target):
    """Return prediction - target, or 0 if the target is nan."""
    return prediction - target if target == target else type(prediction)(0)
