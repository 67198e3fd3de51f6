"""Recurrent layers written out from their equations, as the reference for the compiled kernels.

One sequence, one step at a time, in float64. Names and gate order are PyTorch's; the gradients
were derived by hand from the equations in each step's docstring. Nothing here imports the library.
"""

import numpy as np

N_GATES = {"rnn": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}
N_STATES = {"rnn": 1, "rnn_relu": 1, "lstm": 2, "gru": 1}
N_BIASES = {"rnn": 1, "rnn_relu": 1, "lstm": 4, "gru": 4}
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def assert_close(actual, expected, dtype, what=""):
    """Equal to the dtype's tolerance, measured against the largest entry expected."""
    actual, expected = np.asarray(actual), np.asarray(expected, dtype=np.float64)
    assert actual.dtype == np.dtype(dtype), f"{what}: {actual.dtype} instead of {dtype}"
    assert actual.shape == expected.shape, f"{what}: {actual.shape} instead of {expected.shape}"
    error = np.max(np.abs(actual - expected), initial=0.0)
    allowed = TOLERANCE[str(np.dtype(dtype))] * np.max(np.abs(expected), initial=0.0)
    assert error <= allowed, f"{what}: off by {error:.3g}, allowed {allowed:.3g}"


def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


def rnn_step(x, state, W_ih, W_hh, bias):
    """h' = tanh(W_ih x + W_hh h + b)."""
    (h,) = state
    return (np.tanh(W_ih @ x + W_hh @ h + bias),)


def rnn_step_backward(x, state, W_ih, W_hh, bias, dstate):
    """da = dh' (1 - h'^2)."""
    (h,), (dh_new,) = state, dstate
    h_new = np.tanh(W_ih @ x + W_hh @ h + bias)
    da = dh_new * (1.0 - h_new**2)
    return W_ih.T @ da, (W_hh.T @ da,), np.outer(da, x), np.outer(da, h), da


def rnn_relu_step(x, state, W_ih, W_hh, bias):
    """h' = max(0, W_ih x + W_hh h + b)."""
    (h,) = state
    return (np.maximum(0.0, W_ih @ x + W_hh @ h + bias),)


def rnn_relu_step_backward(x, state, W_ih, W_hh, bias, dstate):
    """da = dh' where the unit is active, else 0."""
    (h,), (dh_new,) = state, dstate
    da = np.where(W_ih @ x + W_hh @ h + bias > 0.0, dh_new, 0.0)
    return W_ih.T @ da, (W_hh.T @ da,), np.outer(da, x), np.outer(da, h), da


def lstm_gates(x, h, W_ih, W_hh, bias):
    a_i, a_f, a_g, a_o = np.split(W_ih @ x + W_hh @ h + bias, 4)
    return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)


def lstm_step(x, state, W_ih, W_hh, bias):
    """c' = f c + i g; h' = o tanh(c')."""
    h, c = state
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, bias)
    c_new = f * c + i * g
    return o * np.tanh(c_new), c_new


def lstm_step_backward(x, state, W_ih, W_hh, bias, dstate):
    """dc' gains dh' o (1 - tanh(c')^2); then i, f, g, o and c take their share."""
    (h, c), (dh_new, dc_new) = state, dstate
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, bias)
    tanh_c = np.tanh(f * c + i * g)
    dc_new = dc_new + dh_new * o * (1.0 - tanh_c**2)
    da_i = dc_new * g * i * (1.0 - i)
    da_f = dc_new * c * f * (1.0 - f)
    da_g = dc_new * i * (1.0 - g**2)
    da_o = dh_new * tanh_c * o * (1.0 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o])
    return W_ih.T @ da, (W_hh.T @ da, dc_new * f), np.outer(da, x), np.outer(da, h), da


def gru_gates(x, h, W_ih, W_hh, bias):
    W_ir, W_iz, W_in = np.split(W_ih, 3)
    W_hr, W_hz, W_hn = np.split(W_hh, 3)
    b_r, b_z, b_n, b_hn = np.split(bias, 4)
    r = sigmoid(W_ir @ x + W_hr @ h + b_r)
    z = sigmoid(W_iz @ x + W_hz @ h + b_z)
    q = W_hn @ h + b_hn
    return r, z, np.tanh(W_in @ x + b_n + r * q), q


def gru_step(x, state, W_ih, W_hh, bias):
    """h' = (1 - z) n + z h, where n = tanh(W_in x + b_n + r q) and q = W_hn h + b_hn."""
    (h,) = state
    _, z, n, _ = gru_gates(x, h, W_ih, W_hh, bias)
    return ((1.0 - z) * n + z * h,)


def gru_step_backward(x, state, W_ih, W_hh, bias, dstate):
    """dn = dh' (1 - z), dz = dh' (h - n); q sees r da_n and r sees q da_n."""
    (h,), (dh_new,) = state, dstate
    r, z, n, q = gru_gates(x, h, W_ih, W_hh, bias)
    da_n = dh_new * (1.0 - z) * (1.0 - n**2)
    da_z = dh_new * (h - n) * z * (1.0 - z)
    da_r = da_n * q * r * (1.0 - r)
    dq = da_n * r
    from_x = np.concatenate([da_r, da_z, da_n])
    from_h = np.concatenate([da_r, da_z, dq])
    dh = W_hh.T @ from_h + dh_new * z
    return W_ih.T @ from_x, (dh,), np.outer(from_x, x), np.outer(from_h, h), np.concatenate([from_x, dq])


STEP = {"rnn": rnn_step, "rnn_relu": rnn_relu_step, "lstm": lstm_step, "gru": gru_step}
STEP_BACKWARD = {
    "rnn": rnn_step_backward,
    "rnn_relu": rnn_relu_step_backward,
    "lstm": lstm_step_backward,
    "gru": gru_step_backward,
}


def forward(cell, x, state, W_ih, W_hh, bias):
    """Return h (T, B, H) and the final state (S, B, H)."""
    x, state, W_ih, W_hh, bias = (np.asarray(a, dtype=np.float64) for a in (x, state, W_ih, W_hh, bias))
    T, B, _ = x.shape
    h, final = np.empty((T, B, W_hh.shape[1])), np.empty(state.shape)
    for b in range(B):
        now = tuple(state[:, b])
        for t in range(T):
            now = STEP[cell](x[t, b], now, W_ih, W_hh, bias)
            h[t, b] = now[0]
        final[:, b] = now
    return h, final


def backward(cell, x, state, W_ih, W_hh, bias, dh, dfinal):
    """Return dx, dstate, dW_ih, dW_hh, dbias: each step's share, summed from the last step to the first."""
    x, state, W_ih, W_hh, bias = (np.asarray(a, dtype=np.float64) for a in (x, state, W_ih, W_hh, bias))
    T, B, _ = x.shape
    dx, dstate = np.empty(x.shape), np.empty(state.shape)
    dW_ih, dW_hh, dbias = np.zeros(W_ih.shape), np.zeros(W_hh.shape), np.zeros(bias.shape)
    for b in range(B):
        before = [tuple(state[:, b])]
        for t in range(T - 1):
            before.append(STEP[cell](x[t, b], before[-1], W_ih, W_hh, bias))
        flowing = tuple(np.array(dfinal[:, b], dtype=np.float64))
        for t in reversed(range(T)):
            flowing = (flowing[0] + dh[t, b], *flowing[1:])
            step = STEP_BACKWARD[cell](x[t, b], before[t], W_ih, W_hh, bias, flowing)
            dx[t, b], flowing = step[0], step[1]
            dW_ih, dW_hh, dbias = dW_ih + step[2], dW_hh + step[3], dbias + step[4]
        dstate[:, b] = flowing
    return dx, dstate, dW_ih, dW_hh, dbias


def network_forward(cell, views, x, state):
    """Return the output (T, B, O) of stacked layers under a dense head, and the final states (L, S, B, H)."""
    h, finals = x, []
    for layer in range(len(state)):
        weights = (views[f"{name}_{layer}"] for name in ("W_ih", "W_hh", "bias"))
        h, final = forward(cell, h, state[layer], *weights)
        finals.append(final)
    W_head, b_head = np.float64(views["W_head"]), np.float64(views["b_head"])
    return h @ W_head.T + b_head, np.stack(finals)
