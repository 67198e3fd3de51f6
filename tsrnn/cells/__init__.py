"""Recurrent cells step by step in plain NumPy, for reading and teaching.

A cell is two functions: a step forward, and a step backward, which computes gradients. `step` and
`step_backward` look them up by the name of the cell and add the output layer. All take one sequence, x of
shape (I,), or a batch, (B, I), and weights by name, as `layer_weights` returns them for a network:

===========  ===================  ===================================================================
W_ih         (gates H, I)         input weights; LSTM gates in the order i, f, g, o, GRU's r, z, n
W_hh         (gates H, H)         recurrent weights, except for "dense"
bias         (gates H,)           one bias for each gate; "gru" has a fourth block, b_hn
W_peephole   (3, H)               "lstm_peephole" only: weights of c in the gates i, f, o
W_yh         (H, O)               "jordan" only, instead of W_hh: weights of the output before
W_head       (O, H)               the output is W_head h + b_head, or softmax of it
b_head       (O,)
===========  ===================  ===================================================================

In the equations W' is W transposed, d is the gradient of the loss (da: d loss / d a), products of vectors are
elementwise; h is the state of this step, h_before that of the step before.

Examples
--------
Forward through a sequence, and backpropagation through time (Werbos, 1990):

>>> import numpy as np
>>> from tsrnn import cells
>>> from tsrnn.network import Network
>>> rng = np.random.default_rng(0)
>>> network = Network("lstm", n_inputs=1, hidden_size=4, num_layers=1, n_outputs=1, dtype="float64")
>>> theta = network.initialise(rng)
>>> weights = cells.layer_weights(network, theta)
>>> x, target = rng.standard_normal((2, 6, 1))  # six steps
>>> state, taken = None, []
>>> for x_t in x:
...     state, y, cache = cells.step("lstm", weights, x_t, state)
...     taken.append(cache)
>>> gradient, d_state = dict.fromkeys(weights, 0.0), None
>>> for cache, y_t in zip(reversed(taken), target[::-1]):
...     dy = 2 * (cache.output - y_t) / 6
...     dx, d_state, d_weights = cells.step_backward("lstm", weights, cache, dy, d_state)
...     gradient = {name: gradient[name] + d_weights[name] for name in gradient}

The compiled kernels compute the same gradient:

>>> expected = np.empty_like(theta)
>>> loss = network.value_and_gradient(theta, x[:, None], target[:, None], "mse", expected)
>>> all(np.allclose(gradient[name], d) for name, d in cells.layer_weights(network, expected).items())
True
"""

from tsrnn.cells.gru import (
    gru_reset_before_step,
    gru_reset_before_step_backward,
    gru_step,
    gru_step_backward,
)
from tsrnn.cells.lstm import (
    lstm_peephole_step,
    lstm_peephole_step_backward,
    lstm_step,
    lstm_step_backward,
)
from tsrnn.cells.output import cross_entropy, sigmoid, softmax
from tsrnn.cells.rnn import (
    dense_step,
    dense_step_backward,
    jordan_step,
    jordan_step_backward,
    rnn_relu_step,
    rnn_relu_step_backward,
    rnn_step,
    rnn_step_backward,
)
from tsrnn.cells.stack import layer_weights, run_network
from tsrnn.cells.stepping import CELLS, Cache, Gradient, Step, step, step_backward, zero_state

__all__ = [
    "CELLS",
    "Cache",
    "Gradient",
    "Step",
    "cross_entropy",
    "dense_step",
    "dense_step_backward",
    "gru_reset_before_step",
    "gru_reset_before_step_backward",
    "gru_step",
    "gru_step_backward",
    "jordan_step",
    "jordan_step_backward",
    "layer_weights",
    "lstm_peephole_step",
    "lstm_peephole_step_backward",
    "lstm_step",
    "lstm_step_backward",
    "rnn_relu_step",
    "rnn_relu_step_backward",
    "rnn_step",
    "rnn_step_backward",
    "run_network",
    "sigmoid",
    "softmax",
    "step",
    "step_backward",
    "zero_state",
]
