"""Recurrent layers written out from their equations, as the reference for the compiled kernels.

One sequence, one step at a time, in float64. Names and gate order are PyTorch's; the gradients
were derived by hand from the equations in each step's docstring. Nothing here imports the library.
"""

from itertools import product

import numpy as np

N_GATES = {"rnn": 1, "rnn_relu": 1, "lstm": 4, "lstm_peephole": 4, "gru": 3, "gru_reset_before": 3}
N_STATES = {"rnn": 1, "rnn_relu": 1, "lstm": 2, "lstm_peephole": 2, "gru": 1, "gru_reset_before": 1}
N_BIASES = {"rnn": 1, "rnn_relu": 1, "lstm": 4, "lstm_peephole": 4, "gru": 4, "gru_reset_before": 3}
WEIGHTS = dict.fromkeys(N_GATES, ("W_ih", "W_hh", "bias")) | {
    "lstm_peephole": ("W_ih", "W_hh", "bias", "W_peephole")
}
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def assert_close(actual, expected, dtype, what=""):
    """Equal to the dtype's tolerance, measured against the largest entry expected."""
    actual, expected = np.asarray(actual), np.asarray(expected, dtype=np.float64)
    assert actual.dtype == np.dtype(dtype), f"{what}: {actual.dtype} instead of {dtype}"
    assert actual.shape == expected.shape, f"{what}: {actual.shape} instead of {expected.shape}"
    error = np.max(np.abs(actual - expected), initial=0.0)
    allowed = TOLERANCE[str(np.dtype(dtype))] * np.max(np.abs(expected), initial=0.0)
    assert error <= allowed, f"{what}: off by {error:.3g}, allowed {allowed:.3g}"


def slopes(value_at, theta, step=1e-5):
    """Central differences over every entry of theta."""
    differences = np.empty_like(theta)
    for k in range(theta.size):
        moved = theta.copy()
        moved[k] = theta[k] + step
        above = value_at(moved)
        moved[k] = theta[k] - step
        differences[k] = (above - value_at(moved)) / (2 * step)
    return differences


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


def lstm_peephole_gates(x, state, W_ih, W_hh, bias, W_peephole):
    (h, c), (p_i, p_f, p_o) = state, W_peephole
    a_i, a_f, a_g, a_o = np.split(W_ih @ x + W_hh @ h + bias, 4)
    i, f, g = sigmoid(a_i + p_i * c), sigmoid(a_f + p_f * c), np.tanh(a_g)
    c_new = f * c + i * g
    return i, f, g, sigmoid(a_o + p_o * c_new), c_new


def lstm_peephole_step(x, state, *weights):
    """As the LSTM's, with p_i c in i, p_f c in f and p_o c' in o, inside the logistic function."""
    _, _, _, o, c_new = lstm_peephole_gates(x, state, *weights)
    return o * np.tanh(c_new), c_new


def lstm_peephole_step_backward(x, state, W_ih, W_hh, bias, W_peephole, dstate):
    """As the LSTM's; further dc' gains p_o da_o, and c gains p_i da_i + p_f da_f."""
    (h, c), (p_i, p_f, p_o), (dh_new, dc_new) = state, W_peephole, dstate
    i, f, g, o, c_new = lstm_peephole_gates(x, state, W_ih, W_hh, bias, W_peephole)
    da_o = dh_new * np.tanh(c_new) * o * (1.0 - o)
    dc_new = dc_new + dh_new * o * (1.0 - np.tanh(c_new) ** 2) + p_o * da_o
    da_i = dc_new * g * i * (1.0 - i)
    da_f = dc_new * c * f * (1.0 - f)
    da_g = dc_new * i * (1.0 - g**2)
    da = np.concatenate([da_i, da_f, da_g, da_o])
    dc = dc_new * f + p_i * da_i + p_f * da_f
    dW_peephole = np.stack([da_i * c, da_f * c, da_o * c_new])
    return W_ih.T @ da, (W_hh.T @ da, dc), np.outer(da, x), np.outer(da, h), da, dW_peephole


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


def gru_reset_before_gates(x, h, W_ih, W_hh, bias):
    a_r, a_z, a_n = np.split(W_ih @ x + bias, 3)
    W_hr, W_hz, W_hn = np.split(W_hh, 3)
    r, z = sigmoid(a_r + W_hr @ h), sigmoid(a_z + W_hz @ h)
    return r, z, np.tanh(a_n + W_hn @ (r * h))


def gru_reset_before_step(x, state, W_ih, W_hh, bias):
    """h' = (1 - z) n + z h, where n = tanh(W_in x + b_n + W_hn (r h))."""
    (h,) = state
    _, z, n = gru_reset_before_gates(x, h, W_ih, W_hh, bias)
    return ((1.0 - z) * n + z * h,)


def gru_reset_before_step_backward(x, state, W_ih, W_hh, bias, dstate):
    """dn = dh' (1 - z), dz = dh' (h - n); m = r h sees W_hn' da_n, of which r sees h dm and h sees r dm."""
    (h,), (dh_new,) = state, dstate
    r, z, n = gru_reset_before_gates(x, h, W_ih, W_hh, bias)
    W_hr, W_hz, W_hn = np.split(W_hh, 3)
    da_n = dh_new * (1.0 - z) * (1.0 - n**2)
    da_z = dh_new * (h - n) * z * (1.0 - z)
    dm = W_hn.T @ da_n
    da_r = dm * h * r * (1.0 - r)
    da = np.concatenate([da_r, da_z, da_n])
    dh = W_hr.T @ da_r + W_hz.T @ da_z + dm * r + dh_new * z
    dW_hh = np.concatenate([np.outer(da_r, h), np.outer(da_z, h), np.outer(da_n, r * h)])
    return W_ih.T @ da, (dh,), np.outer(da, x), dW_hh, da


STEP = {
    "rnn": rnn_step,
    "rnn_relu": rnn_relu_step,
    "lstm": lstm_step,
    "lstm_peephole": lstm_peephole_step,
    "gru": gru_step,
    "gru_reset_before": gru_reset_before_step,
}
STEP_BACKWARD = {
    "rnn": rnn_step_backward,
    "rnn_relu": rnn_relu_step_backward,
    "lstm": lstm_step_backward,
    "lstm_peephole": lstm_peephole_step_backward,
    "gru": gru_step_backward,
    "gru_reset_before": gru_reset_before_step_backward,
}


def run_layer(kind, x, state, W_ih, W_hh, bias, dh, dfinal, peephole=None):
    """Return h (T, B, H), the final state (S, B, H) and the gradient of every input, by name.

    A weight's gradient is each step's share, summed from the last step to the first.
    """
    names = ["d" + name for name in WEIGHTS[kind]]
    weights = [np.float64(w) for w in (W_ih, W_hh, bias, peephole) if w is not None]
    x, state, dh, dfinal = (np.float64(a) for a in (x, state, dh, dfinal))
    T, B, _ = x.shape
    h, final, dx, dstate = (np.empty(a.shape) for a in (dh, state, x, state))
    d_weights = [np.zeros(w.shape) for w in weights]
    for b in range(B):
        states = scan(lambda x, state: STEP[kind](x, state, *weights), x[:, b], [tuple(state[:, b])])
        h[:, b], final[:, b] = [after[0] for after in states[1:]], states[-1]
        flowing = tuple(dfinal[:, b])
        for t in reversed(range(T)):
            flowing = (flowing[0] + dh[t, b], *flowing[1:])
            dx[t, b], flowing, *shares = STEP_BACKWARD[kind](x[t, b], states[t], *weights, flowing)
            d_weights = [total + share for total, share in zip(d_weights, shares, strict=True)]
        dstate[:, b] = flowing
    gradients = dict(zip(names, d_weights, strict=True))
    return {"h": h, "final": final, "dx": dx, "dstate": dstate} | gradients


def scan(step, rows, past):
    """Return `past` and the state after each step: the t-th state of this list is the one step t sees."""
    states = list(past)
    for t, row in enumerate(rows):
        states.append(step(row, states[t]))
    return states


def parameter_shapes(
    cell,
    n_inputs,
    H,
    n_layers,
    n_outputs,
    *,
    bidirectional=False,
    embedding=False,
    n_decoded=0,
    decoder="parallel",
    n_future=0,
    **_,
):
    """Return the shape of every parameter of a network by name, in the order of the flat vector."""
    kind = {"irnn": "rnn_relu", "jordan": "rnn"}.get(cell, cell)
    entering = H if embedding else n_inputs
    shapes = {"W_embed": (H, n_inputs), "b_embed": (H,)} if embedding else {}
    stacks = [(("", "_reverse") if bidirectional else ("",), entering)]
    if decoder == "sequential":
        stacks.append((("_decoder",), n_outputs + n_future))
    for (directions, lowest), layer in product(stacks, range(n_layers)):
        below = lowest if layer == 0 else H * (1 + bidirectional)
        own = {
            "W_ih": (N_GATES[kind] * H, below),
            "W_hh": (N_GATES[kind] * H, H),
            "bias": (N_BIASES[kind] * H,),
        }
        if cell == "lstm_peephole":
            own["W_peephole"] = (3, H)
        if cell == "jordan":
            own = {"W_ih": (H, below), "W_yh": (H, n_outputs), "bias": (H,)}
            own |= {"W_hy": (n_outputs, H), "b_y": (n_outputs,)} if layer < n_layers - 1 else {}
        for direction in directions:
            shapes |= {f"{name}_{layer}{direction}": shape for name, shape in own.items()}
    if n_decoded and decoder == "parallel":
        shapes["position"] = (n_decoded, entering)
        shapes |= {"W_known": (entering, n_future)} if n_future else {}
    return shapes | {"W_head": (n_outputs, H * (1 + bidirectional)), "b_head": (n_outputs,)}


def split(theta, shapes):
    """Return the parts of a flat vector by name."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    parts = np.split(theta, ends[:-1])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def step_of_layer(cell, weights, layer, n_layers, direction=""):
    """Return the layer's ``step(x, state) -> state``, which holds the weights it needs."""
    if cell == "jordan":
        name = f"{layer}{direction}"
        W_ih, W_yh, bias = (weights[f"{part}_{name}"] for part in ("W_ih", "W_yh", "bias"))
        readout = ("W_head", "b_head") if layer == n_layers - 1 else (f"W_hy_{name}", f"b_y_{name}")
        W_hy, b_y = (weights[name] for name in readout)
        return lambda x, state: (np.tanh(W_ih @ x + W_yh @ (W_hy @ state[0] + b_y) + bias),)
    kind = "rnn_relu" if cell == "irnn" else cell
    own = [weights[f"{name}_{layer}{direction}"] for name in WEIGHTS[kind]]
    return lambda x, state: STEP[kind](x, state, *own)


def sequence_forward(
    cell,
    weights,
    rows,
    state,
    bidirectional=False,
    residual=False,
    embedding=False,
    n_decoded=0,
    one_step=False,
    decoder="parallel",
    truth=None,
    future=None,
):
    """Return the outputs (steps, O) for one sequence, and each layer's list of final states.

    Of both directions, the last step is the one each took last.
    """
    n_layers, finals, last = len(state), [], rows[-1]
    if embedding:
        rows = [np.maximum(0.0, weights["W_embed"] @ row + weights["b_embed"]) for row in rows]
    steps = [step_of_layer(cell, weights, layer, n_layers) for layer in range(n_layers)]
    for layer, past in enumerate(state):
        states = scan(steps[layer], rows, past)
        up = [after[0] for after in states[len(past) :]]
        finals.append(states[len(rows) :])
        if bidirectional:
            step = step_of_layer(cell, weights, layer, n_layers, "_reverse")
            nothing = [tuple(np.zeros_like(part) for part in slot) for slot in past]
            down = [after[0] for after in scan(step, rows[::-1], nothing)[len(past) :]]
            up = [np.concatenate(pair) for pair in zip(up, down[::-1], strict=True)]
        if residual and layer > 0:
            up = [h + below for h, below in zip(up, rows, strict=True)]
        rows = up
    if bidirectional and one_step:
        middle = len(rows[0]) // 2
        rows = [np.concatenate([rows[-1][:middle], rows[0][middle:]])]
    if decoder == "sequential":
        steps = [step_of_layer(cell, weights, layer, n_layers, "_decoder") for layer in range(n_layers)]
        return decode(steps, weights, last, finals, residual, truth, future), finals
    if n_decoded:
        entering = weights["position"]
        if "W_known" in weights:
            entering = entering + future @ weights["W_known"].T
        rows = [single_step(steps, row, finals, residual) for row in entering]
    return [weights["W_head"] @ row + weights["b_head"] for row in rows], finals


def zero_state(cell, B, H, n_layers, dilation=1):
    n_states = N_STATES.get(cell, 1)
    return [np.zeros((n_states, dilation**layer, B, H)) for layer in range(n_layers)]


def single_step(steps, row, finals, residual):
    """Return what leaves the top layer when `row` enters the stack in its final states."""
    for layer, (step, (final,)) in enumerate(zip(steps, finals, strict=True)):
        h = step(row, final)[0]
        row = h + row if residual and layer > 0 else h
    return row


def decode(steps, weights, last, finals, residual, truth, future):
    """Return the outputs of layers that go on from the final states.

    They are fed what came out, or the truth, and the future covariates of each step.
    """
    W, b = weights["W_head"], weights["b_head"]
    states, outputs, x = [final for (final,) in finals], [], last[: len(b)]
    for told, of_step in zip(truth, future, strict=True):
        x = np.concatenate([x, of_step])
        for layer, step in enumerate(steps):
            states[layer] = step(x, states[layer])
            x = states[layer][0] + x if residual and layer > 0 else states[layer][0]
        outputs.append(W @ x + b)
        x = np.where(np.isnan(told), outputs[-1], told)
    return outputs


def network_forward(
    cell,
    views,
    x,
    state,
    *,
    bidirectional=False,
    residual=False,
    embedding=False,
    n_decoded=0,
    one_step=False,
    decoder="parallel",
    truth=None,
    future=None,
    **_,
):
    """Return the output (steps, B, O) and a list with the final states (S, slots, B, H) of each layer.

    `state` is such a list too; a layer of dilation d and number l has d**l slots, one for each of the
    first steps, which have no step so far back to look at. The dilation shows in them alone. What a decoder
    reads in place of its outputs is `truth` (n_decoded, B, O), nan where it reads them, and what it knows of
    its steps `future` (n_decoded, B, F).
    """
    weights = {name: np.float64(view) for name, view in views.items()}
    outputs, finals = [], [np.empty(layer.shape) for layer in state]
    for b in range(x.shape[1]):
        slots = [[tuple(slot) for slot in np.float64(layer[:, :, b]).swapaxes(0, 1)] for layer in state]
        rows = list(np.float64(x[:, b]))
        told = np.full((n_decoded, 1), np.nan) if truth is None else truth[:, b]
        of_steps = np.empty((n_decoded, 0)) if future is None else np.float64(future[:, b])
        options = bidirectional, residual, embedding, n_decoded, one_step, decoder
        output, ends = sequence_forward(cell, weights, rows, slots, *options, told, of_steps)
        outputs.append(output)
        for final, end in zip(finals, ends, strict=True):
            final[:, :, b] = np.swapaxes(end, 0, 1)
    return np.stack(outputs, axis=1), finals
