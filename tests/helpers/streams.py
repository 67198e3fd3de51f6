"""Streams of networks with drawn weights, and values for them."""

import numpy as np

from helpers.architectures import make
from tsrnn.forecasting.stream import Stream
from tsrnn.training.channels import Channels
from tsrnn.training.preprocessor import Preprocessor
from tsrnn.training.transforms import Plan
from tsrnn.training.windows import WindowShape

OPTIONS = {
    "plain": {"num_layers": 1},
    "stack": {"num_layers": 3},
    "residual": {"num_layers": 3, "residual": True},
    "dilation": {"num_layers": 3, "dilation": 2},
    "both": {"num_layers": 3, "residual": True, "dilation": 3},
}
AS_IT_IS = Preprocessor(
    WindowShape(8, 1, every_step=True),
    Channels(Plan.alike(1, ()), np.zeros(1), np.ones(1), np.ones(1)),
    seasons=(),
    width=1,
    dtype="float64",
)
ONE_STEP = ("lstm", "gru_reset_before", "jordan")


def open_stream(cell, option="both", hidden_size=3, dtype="float32", n_members=1, preprocessor=AS_IT_IS):
    options = OPTIONS[option] | {"n_inputs": 1, "n_outputs": 1, "hidden_size": hidden_size, "dtype": dtype}
    made = [make(cell, {}, seed=member, **options) for member in range(n_members)]
    return Stream(made[0][0], np.stack([theta for _, theta in made]), preprocessor)


def wave(n, seed=0):
    return np.sin(np.arange(n) / 5) + 0.3 * np.random.default_rng(seed).standard_normal(n)
