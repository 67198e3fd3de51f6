"""The networks learn what they should, and a plain RNN does not learn what it should not."""

import numpy as np
import pytest

from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm
from tsrnn.network import Network


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_sine_is_continued(cell, strategy):
    t = np.arange(400)
    y = np.sin(2 * np.pi * t / 25)
    model = RNNForecaster(
        cell,
        25,
        50,
        strategy=strategy,
        normalize="series",
        hidden_size=16,
        learning_rate=0.01,
        clip_norm=10.0,
        max_steps=600,
        random_state=0,
    )
    forecast = model.fit(y[:375]).predict()
    assert np.abs(forecast - y[375:]).max() < 0.1


def test_an_autoregression_is_forecast_almost_as_well_as_it_can_be():
    rng = np.random.default_rng(0)
    y = np.zeros(3000)
    for t in range(1, len(y)):
        y[t] = 0.8 * y[t - 1] + rng.standard_normal()
    model = RNNForecaster("gru", 1, 8, loss="mse", normalize="series", hidden_size=8, random_state=0)
    model.fit(y[:2500])
    errors = [y[t] - model.predict(1, y=y[t - 50 : t]).iloc[0] for t in range(2500, 3000)]
    bayes = np.mean((y[2500:] - 0.8 * y[2499:-1]) ** 2)
    assert np.mean(np.square(errors)) < 1.05 * bayes


def error_share(cell, steps, length=25):
    """Train to repeat, at the end, the one sign flagged among distractors; return the share of wrong ones."""
    rng = np.random.default_rng(0)
    network = Network(cell, 2, 24, 1, 1)
    theta = network.initialise(rng)
    gradient = np.empty_like(theta)
    optimizer = OPTIMIZERS["adam"]
    moments = np.zeros((optimizer.n_moments, len(theta)), theta.dtype)

    def batch(size):
        x = np.zeros((length, size, 2), np.float32)
        x[:, :, 0] = rng.choice([-1, 1], (length, size))
        flagged = rng.integers(0, length // 2, size)
        x[flagged, np.arange(size), 1] = 1
        return x, x[flagged, np.arange(size), :1][None].copy()

    for t in range(1, steps + 1):
        x, target = batch(32)
        network.value_and_gradient(theta, x, target, "mse", gradient)
        clip_norm(gradient, 1.0)
        optimizer.step(theta, gradient, moments, 0.01, t)
    x, target = batch(1000)
    output, _ = network.forward(theta, x, first=-1)
    return np.mean(np.sign(output) != target)


def test_gated_cells_remember_what_was_flagged_and_a_plain_one_does_not():
    assert error_share("lstm", 800) < 0.02
    assert error_share("gru", 800) < 0.02
    assert error_share("rnn", 800) > 0.2
