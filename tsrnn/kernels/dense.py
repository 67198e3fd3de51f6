"""Dense layers y = W x + b, applied to each of T steps and B windows; arrays in panels."""

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.products import multiply_add, nothing, product
from tsrnn.kernels.packing.tile import Panels
from tsrnn.kernels.packing.views import flat
from tsrnn.kernels.scans.scan import add_outer


@kernel
def dense(x, W, bias, y):
    """Write y (T, panels, B, lanes) = x W + bias, for W (panels of y, columns of x, lanes)."""
    B, width = x.shape[2:]
    rows = W.shape[1]
    for t in range(len(y)):
        left = Panels(flat(x[t]), 0, B * width)
        multiply_add(
            Panels(flat(y[t]), 0, B * width),
            B,
            y.shape[1],
            Panels(flat(bias), 0, width),
            np.int64(0),
            product(left, Panels(flat(W), 0, rows * width), rows),
            nothing(left),
        )


@kernel
def dense_backward(dy, W, dx):
    """Add dy W to dx, for W (panels of x, columns of y, lanes), the transpose of that in `dense`."""
    B, width = dy.shape[2:]
    rows = W.shape[1]
    for t in range(len(dy)):
        left, right = Panels(flat(dy[t]), 0, B * width), Panels(flat(W), 0, rows * width)
        C = Panels(flat(dx[t]), 0, B * width)
        multiply_add(C, B, dx.shape[1], C, width, product(left, right, rows), nothing(left))


@kernel
def dense_gradients(x, dy, ones, dW, dbias):
    """Add to the gradients of W and bias, given that of y."""
    zero = np.int64(0)
    add_outer(dW, x, zero, dy, zero, len(dW))
    add_outer(dbias.reshape((len(dbias), 1, dbias.shape[1])), ones, zero, dy, zero, len(dbias))


@kernel
def dense_steps(x, W, biases, y):
    """Write y = x W + biases[t], as `dense` but with a bias for each step: biases (T, panels, lanes)."""
    for t in range(len(y)):
        dense(x[t : t + 1], W, biases[t], y[t : t + 1])


@kernel
def dense_steps_gradients(x, dy, ones, dW, dbiases):
    """Add to the gradients of W and biases, given that of y."""
    for t in range(len(dy)):
        dense_gradients(x[t : t + 1], dy[t : t + 1], ones, dW, dbiases[t])


@kernel
def rectify(y):
    """Write y = max(0, y), in place."""
    values = flat(y)
    zero = type(values[0])(0)
    for j in range(values.size):
        values[j] = zero if values[j] < zero else values[j]


@kernel
def rectify_backward(y, dy):
    """Set dy to 0 where y is 0."""
    values, d = flat(y), flat(dy)
    zero = type(values[0])(0)
    for j in range(values.size):
        d[j] = d[j] if values[j] > zero else zero
