"""How the tests run one layer of the library: the only place that knows the kernels' own interface."""

import numpy as np

from tsrnn.kernels.cells import CELLS
from tsrnn.kernels.packing.panels import from_panels, to_panels
from tsrnn.network import Network
from tsrnn.network.architecture import PackedGradient
from tsrnn.network.layers.recurrent import RecurrentLayer

KINDS = ["rnn", "rnn_relu", "lstm", "lstm_peephole", "gru", "gru_reset_before"]


def layer_sizes(kind):
    """Return the numbers of gates, states and biases."""
    return CELLS[kind].n_gates, CELLS[kind].n_states, CELLS[kind].n_biases


def in_panels(rows, width):
    """Lay out rows (T, B, columns) as the kernels read them."""
    panels = np.empty((len(rows), -(-rows.shape[2] // width), rows.shape[1], width), rows.dtype)
    to_panels(rows, 0, panels)
    return panels


def in_rows(panels, n_columns):
    """Bring panels back to rows."""
    rows = np.empty((len(panels), panels.shape[2], n_columns), panels.dtype)
    from_panels(panels, rows, 0)
    return rows


def run_layer(kind, x, state, W_ih, W_hh, bias, dh, dfinal, peephole=None):
    """Return h (T, B, H), the final state (S, B, H) and the gradient of every input, by name."""
    (T, B, I), H = x.shape, W_hh.shape[1]  # noqa: E741
    # One decoded step, which is not taken: only then does the first layer's input have a gradient.
    network = Network(kind, I, H, 1, 1, n_decoded=1, dtype=x.dtype)
    theta, gradient = np.zeros(network.n_parameters, x.dtype), np.zeros(network.n_parameters, x.dtype)
    given = {"W_ih_0": W_ih, "W_hh_0": W_hh, "bias_0": bias, "W_peephole_0": peephole}
    for name, view in network.views(theta).items():
        view[:] = given.get(name, 0)
    packed = network.workspace().packed
    packed.load(theta, training=True)
    packed_gradient = PackedGradient(network.packings[0], x.dtype)
    packed_gradient.flat[:] = 0
    width = packed.forward["W_h_0"].shape[2]
    h = np.empty((T + 1, -(-H // width), B, width), x.dtype)
    layer = RecurrentLayer(network.architecture, packed, packed_gradient.views, "0", 1, h, T)
    layer.set_initial_state(state[:, None], np.empty((0, 2), np.int64), 0)
    x_panels = in_panels(x, width)
    layer.forward(x_panels)
    final = np.empty((len(state), 1, B, H), x.dtype)
    layer.write_final_state(final, 0)
    layer.reset_gradient()
    for flowing, values in zip((layer.dh, layer.dc), dfinal, strict=False):
        to_panels(values[None], 0, flowing)
    dx = np.zeros_like(x_panels)
    layer.backward(x_panels, in_panels(dh, width), 0, dx)
    dstate = np.stack([in_rows(flowing, H)[0] for flowing in (layer.dh, layer.dc)[: len(state)]])
    packed_gradient.write(gradient)
    names = {"W_ih_0": "dW_ih", "W_hh_0": "dW_hh", "bias_0": "dbias", "W_peephole_0": "dW_peephole"}
    parts = {names[name]: view for name, view in network.views(gradient).items() if name in names}
    return {"h": in_rows(h[1:], H), "final": final[:, 0], "dx": in_rows(dx, I), "dstate": dstate, **parts}


def stack_state(stacked):
    """Return the network's state for arrays (S, B, H) stacked over the layers."""
    return [np.ascontiguousarray(state[:, None]) for state in stacked]


def unstack_state(state, stacked):
    """Return the network's state as an array of the shape of `stacked`."""
    return np.reshape(state, stacked.shape)
