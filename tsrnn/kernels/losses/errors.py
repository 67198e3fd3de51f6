"""Losses of point forecasts, and of predicted classes."""

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.losses.targets import observed_error, weight_of


@kernel
def mse(prediction, target, weight, size, total, first, gradient):
    """Mean squared error: (p - y)^2."""
    steps, B, O = prediction.shape  # noqa: E741
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b)
            scale = type(prediction[0, 0, 0])(2 * w / total)
            for o in range(O):
                error = observed_error(prediction[t, b, o], target[t, first + b, o])
                gradient[t, b, o] = scale * error
                loss += w * np.float64(error) * np.float64(error)
    return loss / total


@kernel
def mae(prediction, target, weight, size, total, first, gradient):
    """Mean absolute error: |p - y|, with slope 0 where they are equal."""
    steps, B, O = prediction.shape  # noqa: E741
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b)
            scale = type(prediction[0, 0, 0])(w / total)
            for o in range(O):
                error = observed_error(prediction[t, b, o], target[t, first + b, o])
                gradient[t, b, o] = scale * np.sign(error)
                loss += w * np.float64(abs(error))
    return loss / total


@kernel
def huber(prediction, target, weight, size, total, first, gradient):
    """Huber's loss (1964, Annals of Mathematical Statistics 35) with threshold 1.

    (p - y)^2 / 2 where |p - y| <= 1, else |p - y| - 1/2.
    """
    steps, B, O = prediction.shape  # noqa: E741
    one = type(prediction[0, 0, 0])(1)
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            w = weight_of(weight, t, first + b)
            scale = type(one)(w / total)
            for o in range(O):
                error = observed_error(prediction[t, b, o], target[t, first + b, o])
                inside = min(max(error, -one), one)
                gradient[t, b, o] = scale * inside
                loss += w * np.float64(inside) * (np.float64(error) - 0.5 * np.float64(inside))
    return loss / total


@kernel
def cross_entropy(prediction, target, weight, size, total, first, gradient):
    """Cross-entropy of a softmax: log(sum_k exp(p_k)) - p_y, for the class number y (steps, windows, 1).

    Its gradient is exp(p_k) / sum_j exp(p_j), less 1 where k = y (Bridle, 1990).
    """
    steps, B, C = prediction.shape
    loss = 0.0
    for t in range(steps):
        for b in range(B):
            label = target[t, first + b, 0]
            if label != label:
                gradient[t, b, :] = 0
                continue
            logits, d = prediction[t, b], gradient[t, b]
            w, y = weight_of(weight, t, first + b), int(label)
            largest = logits[0]
            for k in range(C):
                largest = max(largest, logits[k])
            size = type(largest)(0)
            for k in range(C):
                d[k] = np.exp(logits[k] - largest)
                size += d[k]
            scale = type(largest)(w / total / np.float64(size))
            for k in range(C):
                d[k] *= scale
            d[y] -= type(largest)(w / total)
            loss += w * (np.log(np.float64(size)) + np.float64(largest) - np.float64(logits[y]))
    return loss / total
