"""Dense layers in panels: y = W x + b at each of T steps and B windows."""

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.products import multiply_add, nothing, product
from tsrnn.kernels.scan import add_outer
from tsrnn.kernels.tile import Panels


@kernel
def dense(x, W, bias, y):
    """Write y (T, panels, B, lanes) = x W + bias, for W (panels of y, columns of x, lanes)."""
    B, width = x.shape[2:]
    rows = W.shape[1]
    for t in range(len(y)):
        left = Panels(x[t].reshape(-1), 0, B * width)
        multiply_add(
            Panels(y[t].reshape(-1), 0, B * width),
            B,
            y.shape[1],
            Panels(bias.reshape(-1), 0, width),
            np.int64(0),
            product(left, Panels(W.reshape(-1), 0, rows * width), rows),
            nothing(left),
        )


@kernel
def dense_backward(dy, W, dx):
    """Add dy W to dx, for W (panels of x, columns of y, lanes), the transpose of that in `dense`."""
    B, width = dy.shape[2:]
    rows = W.shape[1]
    for t in range(len(dy)):
        left, right = Panels(dy[t].reshape(-1), 0, B * width), Panels(W.reshape(-1), 0, rows * width)
        C = Panels(dx[t].reshape(-1), 0, B * width)
        multiply_add(C, B, dx.shape[1], C, width, product(left, right, rows), nothing(left))


@kernel
def dense_gradients(x, dy, ones, dW, dbias):
    """Add to the gradients of W and bias, given that of y."""
    zero = np.int64(0)
    add_outer(dW, x, zero, dy, zero, len(dW))
    add_outer(dbias.reshape((len(dbias), 1, dbias.shape[1])), ones, zero, dy, zero, len(dbias))


@kernel
def rectify(y):
    """Y = max(0, y)."""
    flat = y.reshape(-1)
    zero = type(flat[0])(0)
    for j in range(flat.size):
        flat[j] = zero if flat[j] < zero else flat[j]


@kernel
def rectify_backward(y, dy):
    """Set dy to 0 where y is."""
    flat, d = y.reshape(-1), dy.reshape(-1)
    zero = type(flat[0])(0)
    for j in range(flat.size):
        d[j] = d[j] if flat[j] > zero else zero
