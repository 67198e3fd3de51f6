"""Optimizer steps and gradient clipping over the flat parameter vector, in place.

theta : (P,), updated
gradient : (P,)
moments : (n_moments, P), updated; zeros before the first step
t : number of the step, from 1

Hyper-parameters other than the learning rate are the usual ones.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def adam(theta, gradient, moments, learning_rate, t):
    """Adam (Kingma & Ba, 2015, algorithm 1) with beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8."""
    real = type(theta[0])
    keep_1, keep_2, epsilon = real(0.9), real(0.999), real(1e-8)
    take_1, take_2 = real(1 - 0.9), real(1 - 0.999)
    rate = real(learning_rate / (1 - 0.9**t))
    unbias = real(1 / np.sqrt(1 - 0.999**t))
    m, v = moments[0], moments[1]
    for j in range(theta.size):
        m[j] = keep_1 * m[j] + take_1 * gradient[j]
        v[j] = keep_2 * v[j] + take_2 * gradient[j] * gradient[j]
        theta[j] -= rate * m[j] / (np.sqrt(v[j]) * unbias + epsilon)


@kernel
def sgd(theta, gradient, moments, learning_rate, t):
    """Stochastic gradient descent with momentum 0.9 (Sutskever et al., 2013)."""
    real = type(theta[0])
    keep, rate = real(0.9), real(learning_rate)
    velocity = moments[0]
    for j in range(theta.size):
        velocity[j] = keep * velocity[j] + gradient[j]
        theta[j] -= rate * velocity[j]


@kernel
def rmsprop(theta, gradient, moments, learning_rate, t):
    """RMSProp (Tieleman & Hinton, 2012, lecture 6.5) with decay 0.99 and epsilon = 1e-8."""
    real = type(theta[0])
    keep, take, epsilon, rate = real(0.99), real(1 - 0.99), real(1e-8), real(learning_rate)
    v = moments[0]
    for j in range(theta.size):
        v[j] = keep * v[j] + take * gradient[j] * gradient[j]
        theta[j] -= rate * gradient[j] / (np.sqrt(v[j]) + epsilon)


class Optimizer(NamedTuple):
    """A compiled optimizer step, and the number of its moment vectors."""

    step: Callable
    n_moments: int


OPTIMIZERS = {"adam": Optimizer(adam, 2), "sgd": Optimizer(sgd, 1), "rmsprop": Optimizer(rmsprop, 1)}


@kernel
def clip_norm(gradient, limit):
    """Scale the gradient down to Euclidean norm `limit` if it is longer (Pascanu et al., 2013, algorithm 1).

    Returns the norm before clipping.
    """
    total = 0.0
    for j in range(gradient.size):
        total += np.float64(gradient[j]) * np.float64(gradient[j])
    norm = np.sqrt(total)
    if norm > limit:
        factor = type(gradient[0])(limit / norm)
        for j in range(gradient.size):
            gradient[j] *= factor
    return norm


@kernel
def clip_value(gradient, limit):
    """Clip every entry to [-limit, limit]; return how many were outside."""
    bound = type(gradient[0])(limit)
    outside = 0
    for j in range(gradient.size):
        outside += abs(gradient[j]) > bound
        gradient[j] = min(max(gradient[j], -bound), bound)
    return outside
