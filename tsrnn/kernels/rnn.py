"""The simple recurrent layer (Elman, 1990, Cognitive Science 14) through time.

h_t = f(W_ih x_t + W_hh h_(t-1) + bias), with f the hyperbolic tangent or max(0, .)

Shapes: x (T, B, I), state (1, B, H), W_ih (H, I), W_hh (H, H), bias (H,), h (T, B, H).
"""

import numpy as np

from tsrnn.kernels.activations import flush, tanh
from tsrnn.kernels.jit import kernel
from tsrnn.kernels.products import add_row_sums, affine, input_gradients, multiply_add, recurrent_gradient


@kernel
def _forward(x, state, W_ih, W_hh, bias, relu):
    T, B, _ = x.shape
    H = W_hh.shape[0]
    W = W_hh.T.copy()
    zero = type(bias[0])(0)
    h = affine(x, W_ih, bias)
    for t in range(T):
        multiply_add(state[0] if t == 0 else h[t - 1], W, h[t])
        flat = h[t].reshape(B * H)
        if relu:
            for j in range(B * H):
                flat[j] = zero if flat[j] < zero else flat[j]
        else:
            for j in range(B * H):
                flat[j] = tanh(flat[j])
    return h, h[T - 1 :].copy(), h


@kernel
def _backward(x, state, W_ih, W_hh, bias, h, dh, dfinal, relu):
    T, B, _ = x.shape
    H = W_hh.shape[0]
    one, zero = type(bias[0])(1), type(bias[0])(0)
    da = np.empty((T, B, H), h.dtype)
    dstate = dfinal.copy()
    carried = dstate.reshape(B * H)
    for t in range(T - 1, -1, -1):
        h_t, dh_t, da_t = h[t].reshape(B * H), dh[t].reshape(B * H), da[t].reshape(B * H)
        for j in range(B * H):
            slope = (one if h_t[j] > zero else zero) if relu else one - h_t[j] * h_t[j]
            da_t[j] = flush((carried[j] + dh_t[j]) * slope)
            carried[j] = zero
        multiply_add(da[t], W_hh, dstate[0])
    dbias = np.zeros_like(bias)
    add_row_sums(da.reshape(T * B, H), dbias)
    dx, dW_ih = input_gradients(x, W_ih, da)
    return dx, dstate, dW_ih, recurrent_gradient(state[0], h, da), dbias


@kernel
def forward_tanh(x, state, W_ih, W_hh, bias):
    """Return h (T, B, H), the final state (1, B, H), and what `backward_tanh` needs."""
    return _forward(x, state, W_ih, W_hh, bias, False)


@kernel
def backward_tanh(x, state, W_ih, W_hh, bias, h, saved, dh, dfinal):
    """Return the gradients of x, state, W_ih, W_hh and bias, given those of h and of the final state."""
    return _backward(x, state, W_ih, W_hh, bias, h, dh, dfinal, False)


@kernel
def forward_relu(x, state, W_ih, W_hh, bias):
    """Return h (T, B, H), the final state (1, B, H), and what `backward_relu` needs."""
    return _forward(x, state, W_ih, W_hh, bias, True)


@kernel
def backward_relu(x, state, W_ih, W_hh, bias, h, saved, dh, dfinal):
    """Return the gradients of x, state, W_ih, W_hh and bias, given those of h and of the final state."""
    return _backward(x, state, W_ih, W_hh, bias, h, dh, dfinal, True)
