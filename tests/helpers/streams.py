"""Streams of networks with drawn weights, and values for them."""

import numpy as np

from helpers.architectures import make
from tsrnn.forecasting.stream import Stream
from tsrnn.training.preprocessor import Channel, Pipeline

OPTIONS = {
    "plain": {"num_layers": 1},
    "stack": {"num_layers": 3},
    "residual": {"num_layers": 3, "residual": True},
    "dilation": {"num_layers": 3, "dilation": 2},
    "both": {"num_layers": 3, "residual": True, "dilation": 3},
}
AS_IT_IS = Pipeline(
    (Channel(),), 1, 8, 1, every_step=True, n_anchor=0, patch_size=1, n_decoded=0, dtype="float64"
)
ONE_STEP = ("lstm", "gru_reset_before", "jordan")


def open_stream(cell, option="both", hidden_size=3, dtype="float32", n_members=1, pipeline=AS_IT_IS):
    options = OPTIONS[option] | {"n_inputs": 1, "n_outputs": 1, "hidden_size": hidden_size, "dtype": dtype}
    made = [make(cell, {}, seed=member, **options) for member in range(n_members)]
    return Stream(made[0][0], np.stack([theta for _, theta in made]), pipeline)


def wave(n, seed=0):
    return np.sin(np.arange(n) / 5) + 0.3 * np.random.default_rng(seed).standard_normal(n)
