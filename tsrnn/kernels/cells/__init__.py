"""Recurrent cells by name, with the layout of their weights."""

from typing import Any, NamedTuple

from tsrnn.kernels.cells import gru, gru_reset_before, lstm, lstm_peephole, rnn
from tsrnn.kernels.scans.steps import register

register(rnn.RNN, rnn)
register(rnn.Dense, rnn)
register(lstm.LSTM, lstm)
register(lstm_peephole.LSTMPeephole, lstm_peephole)
register(gru.GRU, gru)
register(gru_reset_before.GRUResetBefore, gru_reset_before)


class Cell(NamedTuple):
    """One kind of recurrent cell.

    Attributes
    ----------
    step : NamedTuple
        Its type selects the equations. A step computes `n_blocks` blocks of H numbers: inputs enter blocks 0
        to `x_end`, states enter blocks `h_start` to `h_end` (ends excluded). If `h_end` < `x_end`, states
        enter blocks `h_end` to `x_end` only after `apply_reset` has written them to the last block.
    n_gates : int
        Blocks of H rows in W_ih (n_gates H, I) and W_hh (n_gates H, H).
    n_biases : int
        Blocks of H entries in the bias vector.
    x_gates, h_gates, biases : tuple of int
        For each block that inputs, states or biases enter, in order: the number of the gate in W_ih, W_hh or
        bias that holds its weights. Without `h_gates` there is no W_hh.
    n_states : int
        Vectors carried from step to step: h, and for the LSTM c.
    n_diagonals : int
        Rows of H elementwise weights: the LSTM's peepholes.
    forget_bias : int or None
        Block of the bias that is initialised to one: the forget gate's (Jozefowicz et al., 2015, section
        2.2).
    starts_at_identity : bool
        Whether W_hh is initialised to the identity (Le et al., 2015).
    feeds_output_back : bool
        Whether the next step reads an output of the layer instead of its state (Jordan, 1986).
    """

    step: Any
    n_gates: int
    n_biases: int
    x_gates: tuple[int, ...]
    h_gates: tuple[int, ...]
    biases: tuple[int, ...]
    n_states: int = 1
    n_diagonals: int = 0
    forget_bias: int | None = None
    starts_at_identity: bool = False
    feeds_output_back: bool = False


_LSTM = (0, 1, 2, 3)
CELLS = {
    "rnn": Cell(rnn.RNN(relu=0), 1, 1, (0,), (0,), (0,)),
    "rnn_relu": Cell(rnn.RNN(relu=1), 1, 1, (0,), (0,), (0,)),
    "irnn": Cell(rnn.RNN(relu=1), 1, 1, (0,), (0,), (0,), starts_at_identity=True),
    "jordan": Cell(rnn.RNN(relu=0), 1, 1, (0,), (0,), (0,), feeds_output_back=True),
    "lstm": Cell(lstm.LSTM(), 4, 4, _LSTM, _LSTM, _LSTM, n_states=2, forget_bias=1),
    "lstm_peephole": Cell(
        lstm_peephole.LSTMPeephole(), 4, 4, _LSTM, _LSTM, _LSTM, n_states=2, n_diagonals=3, forget_bias=1
    ),
    "gru": Cell(gru.GRU(), 3, 4, (2, 0, 1), (0, 1, 2), (2, 0, 1, 3)),
    "gru_reset_before": Cell(gru_reset_before.GRUResetBefore(), 3, 3, (0, 1, 2), (0, 1, 2), (0, 1, 2)),
    "dense": Cell(rnn.Dense(relu=1), 1, 1, (0,), (), (0,)),
}
RECURRENT = tuple(name for name, cell in CELLS.items() if cell.h_gates)
