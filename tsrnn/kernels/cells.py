"""The table of recurrent cells: sizes and compiled scans through time."""

from collections.abc import Callable
from typing import NamedTuple

from tsrnn.kernels import gru, lstm, rnn


class Cell(NamedTuple):
    """One kind of recurrent layer.

    Attributes
    ----------
    n_gates : int
        Blocks of H rows in W_ih (n_gates H, I) and W_hh (n_gates H, H).
    n_biases : int
        Blocks of H entries in the bias vector.
    n_states : int
        Vectors carried from step to step: h, and for the LSTM c.
    forward, backward : callable
        ``h, final, saved = forward(x, state, W_ih, W_hh, bias)`` and
        ``dx, dstate, dW_ih, dW_hh, dbias = backward(x, state, W_ih, W_hh, bias, h, saved, dh, dfinal)``
        for C-contiguous x (T, B, I) and state (n_states, B, H), all of one floating dtype.
    forget_bias : slice
        Which block of the bias starts at one, keeping memories alive early in training
        (Jozefowicz et al., 2015, section 2.2); empty where there is no forget gate.
    """

    n_gates: int
    n_biases: int
    n_states: int
    forward: Callable
    backward: Callable
    forget_bias: slice = slice(0, 0)


CELLS = {
    "rnn": Cell(1, 1, 1, rnn.forward_tanh, rnn.backward_tanh),
    "rnn_relu": Cell(1, 1, 1, rnn.forward_relu, rnn.backward_relu),
    "lstm": Cell(4, 4, 2, lstm.forward, lstm.backward, forget_bias=slice(1, 2)),
    "gru": Cell(3, 4, 1, gru.forward, gru.backward),
}
