"""Output layer, sigmoid, softmax and cross-entropy."""

from collections.abc import Mapping

import numpy as np

Weights = Mapping[str, np.ndarray]
Gradients = dict[str, np.ndarray]


def sigmoid(a: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-a)), written with tanh so that no a overflows.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, np.log(3)]))
    array([0.  , 0.5 , 0.75])
    """
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(a)))


def softmax(a: np.ndarray) -> np.ndarray:
    """Return exp(a_k) / sum_j exp(a_j) along the last axis; only differences between the a matter.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0 + np.log(3)])).round(12)
    array([0.25, 0.75])
    """
    e = np.exp(a - np.max(a, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(p: np.ndarray, k: int | np.ndarray) -> tuple[float, np.ndarray]:
    """Return the loss -log p_k of the true class k, a mean over the batch, and its gradient in p.

    The gradient is -1 / p_k at k and 0 elsewhere; in the inputs of `softmax` it is p - (1 at k).

    Parameters
    ----------
    p : ndarray of shape (C,) or (B, C)
        Probabilities of the classes.
    k : int, or ndarray of int of shape (B,)
        The true classes, from 0.

    Examples
    --------
    >>> loss, dp = cross_entropy(np.array([0.25, 0.5, 0.25]), 1)
    >>> float(loss / np.log(2)), dp
    (1.0, array([ 0., -2.,  0.]))
    """
    is_true = np.arange(p.shape[-1]) == np.expand_dims(k, -1)
    p_k = p[is_true]
    d = np.zeros_like(p)
    d[is_true] = -1 / p_k / len(p_k)
    return float(np.mean(-np.log(p_k))), d


def read(weights: Weights, h: np.ndarray, output: str | None) -> np.ndarray:
    """Return y = W_head h + b_head ("linear"), softmax of it ("softmax"), or h itself (None)."""
    if output is None:
        return h
    y = h @ weights["W_head"].T + weights["b_head"]
    return softmax(y) if output == "softmax" else y


def read_backward(
    weights: Weights, h: np.ndarray, y: np.ndarray, dy: np.ndarray, output: str | None
) -> tuple[np.ndarray, Gradients]:
    """Return the gradients of h and of the head, given that of the output y.

    softmax: da = y (dy - y . dy), as d y_j / d a_k = y_j ((1 if j is k) - y_k);
    then dh = W_head' da, dW_head = da h', db_head = da.
    """
    if output is None:
        return dy, {}
    da = y * (dy - np.sum(y * dy, axis=-1, keepdims=True)) if output == "softmax" else dy
    return da @ weights["W_head"], {"W_head": outer(da, h), "b_head": total(da)}


def outer(da: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return da x', summed over the batch if there is one: the gradient of W in a = W x."""
    return np.atleast_2d(da).T @ np.atleast_2d(x)


def total(da: np.ndarray) -> np.ndarray:
    """Return da, summed over the batch if there is one: the gradient of b in a = W x + b."""
    return np.atleast_2d(da).sum(axis=0)
