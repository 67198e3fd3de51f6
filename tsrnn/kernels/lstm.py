"""Long short-term memory (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000) through time.

i, f, o = sigmoid(W_ih x_t + W_hh h_(t-1) + bias),  g = tanh(likewise), each with its own rows, in the
order i, f, g, o

c_t = f c_(t-1) + i g

h_t = o tanh(c_t)

Shapes: x (T, B, I), state (2, B, H) holding h and c, W_ih (4H, I), W_hh (4H, H), bias (4H,), h (T, B, H).
"""

import numpy as np

from tsrnn.kernels.activations import flush, sigmoid, tanh
from tsrnn.kernels.jit import kernel
from tsrnn.kernels.products import add_row_sums, affine, input_gradients, multiply_add, recurrent_gradient


@kernel
def forward(x, state, W_ih, W_hh, bias):
    """Return h (T, B, H), the final state (2, B, H), and the gates and c for `backward`."""
    T, B, _ = x.shape
    H = W_hh.shape[1]
    W = W_hh.T.copy()
    gates = affine(x, W_ih, bias)
    h, c = np.empty((T, B, H), x.dtype), np.empty((T, B, H), x.dtype)
    for t in range(T):
        multiply_add(state[0] if t == 0 else h[t - 1], W, gates[t])
        c_prev = state[1] if t == 0 else c[t - 1]
        for b in range(B):
            i, f, g, o = (
                gates[t, b, :H],
                gates[t, b, H : 2 * H],
                gates[t, b, 2 * H : 3 * H],
                gates[t, b, 3 * H :],
            )
            i_f = gates[t, b, : 2 * H]
            for j in range(2 * H):
                i_f[j] = sigmoid(i_f[j])
            for j in range(H):
                g[j] = tanh(g[j])
            for j in range(H):
                o[j] = sigmoid(o[j])
            c_t, h_t, c_p = c[t, b], h[t, b], c_prev[b]
            for j in range(H):
                c_t[j] = f[j] * c_p[j] + i[j] * g[j]
            for j in range(H):
                h_t[j] = o[j] * tanh(c_t[j])
    final = np.empty_like(state)
    final[0], final[1] = h[T - 1], c[T - 1]
    return h, final, (gates, c)


@kernel
def backward(x, state, W_ih, W_hh, bias, h, saved, dh, dfinal):
    """Return the gradients of x, state, W_ih, W_hh and bias, given those of h and of the final state."""
    gates, c = saved
    T, B, H = h.shape
    one = type(bias[0])(1)
    da = np.empty_like(gates)
    dstate = dfinal.copy()
    dh_carried, dc_carried = dstate[0], dstate[1]
    for t in range(T - 1, -1, -1):
        c_prev = state[1] if t == 0 else c[t - 1]
        for b in range(B):
            i, f, g, o = (
                gates[t, b, :H],
                gates[t, b, H : 2 * H],
                gates[t, b, 2 * H : 3 * H],
                gates[t, b, 3 * H :],
            )
            di, df, dg, do = da[t, b, :H], da[t, b, H : 2 * H], da[t, b, 2 * H : 3 * H], da[t, b, 3 * H :]
            for j in range(H):
                tanh_c = tanh(c[t, b, j])
                dh_t = dh_carried[b, j] + dh[t, b, j]
                dc_t = dc_carried[b, j] + dh_t * o[j] * (one - tanh_c * tanh_c)
                di[j] = flush(dc_t * g[j] * i[j] * (one - i[j]))
                df[j] = flush(dc_t * c_prev[b, j] * f[j] * (one - f[j]))
                dg[j] = flush(dc_t * i[j] * (one - g[j] * g[j]))
                do[j] = flush(dh_t * tanh_c * o[j] * (one - o[j]))
                dc_carried[b, j] = flush(dc_t * f[j])
        dh_carried[:] = 0
        multiply_add(da[t], W_hh, dh_carried)
    dbias = np.zeros_like(bias)
    add_row_sums(da.reshape(T * B, 4 * H), dbias)
    dx, dW_ih = input_gradients(x, W_ih, da)
    return dx, dstate, dW_ih, recurrent_gradient(state[0], h, da), dbias
