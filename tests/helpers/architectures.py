"""Every cell with every option, for the tests that go through all of them."""

import numpy as np

from helpers import oracle
from helpers.coverings import covering
from tsrnn.network import Network

CELLS = ["rnn", "rnn_relu", "irnn", "jordan", "lstm", "lstm_peephole", "gru", "gru_reset_before"]
OPTIONS = {
    "plain": {},
    "bidirectional": {"bidirectional": True},
    "residual": {"residual": True},
    "dilation": {"dilation": 2},
    "embedding": {"embedding": True},
    "n_decoded": {"n_decoded": 3},
    "seq2seq": {"n_decoded": 4, "decoder": "sequential"},
    "forwards": {"residual": True, "dilation": 3, "embedding": True},
    "both_ways": {"bidirectional": True, "residual": True, "dilation": 2, "embedding": True},
    "decoding": {"residual": True, "embedding": True, "n_decoded": 2},
    "unrolling": {"residual": True, "embedding": True, "n_decoded": 3, "decoder": "sequential"},
}


def go_together(cell, bidirectional=False, n_decoded=0, dilation=1, **_):
    """Whether the options go together."""
    return not (bidirectional and (cell == "jordan" or n_decoded)) and not (n_decoded and dilation > 1)


ONE_WAY = [name for name, options in OPTIONS.items() if "bidirectional" not in options]
UNDECODED = [name for name, options in OPTIONS.items() if "n_decoded" not in options]


def networks(options=OPTIONS, possible=lambda **_: True, **values):
    """Run a test with every cell and option that go together, in every pair with every further value."""

    def together(cell, option, **others):
        return go_together(cell, **OPTIONS[option]) and possible(cell=cell, option=option, **others)

    return covering(together, cell=CELLS, option=options, **values)


class Coins:
    """A generator whose numbers are below one half where `told` is positive, and above it elsewhere."""

    def __init__(self, told):
        self._told = told

    def random(self, shape, dtype):
        assert shape == self._told.shape
        return np.where(self._told > 0, 0.1, 0.9).astype(dtype)


def make(cell, options, n_inputs=2, hidden_size=3, num_layers=3, n_outputs=2, seed=0, **more):
    """A network and parameters without a zero among them, small enough not to amplify rounding."""
    if isinstance(options, str):
        options = OPTIONS[options]
    more = {"dtype": "float64"} | more
    network = Network(cell, n_inputs, hidden_size, num_layers, n_outputs, **options, **more)
    rng = np.random.default_rng(seed)
    theta = np.empty(network.n_parameters, network.dtype)
    for view in network.views(theta).values():
        view[:] = 0.8 * view.shape[-1] ** (-0.5 * (view.ndim - 1)) * rng.standard_normal(view.shape)
    return network, theta


def draw(network, options, T, B, seed=1):
    """Inputs, a target for every step, and a state to start from, where one can be given."""
    if isinstance(options, str):
        options = OPTIONS[options]
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((T, B, network.n_inputs)).astype(network.dtype)
    target = rng.standard_normal((options.get("n_decoded") or T, B, network.n_outputs)).astype(network.dtype)
    if options.get("bidirectional"):
        return x, target, None
    shapes = oracle.zero_state(
        network.cell_name, B, network.hidden_size, network.num_layers, options.get("dilation", 1)
    )
    return x, target, [rng.standard_normal(zeros.shape).astype(network.dtype) for zeros in shapes]
