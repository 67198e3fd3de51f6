"""Decoders that read the future covariates of their steps: oracle, slopes, coins, threads."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, Coins, draw, make
from helpers.coverings import covering
from helpers.oracle import assert_close, slopes
from tsrnn.network import Network, truncated_value_and_gradient

DTYPES = ["float32", "float64"]
OPTIONS = {
    "parallel": {"n_decoded": 3},
    "sequential": {"n_decoded": 4, "decoder": "sequential"},
    "decoding": {"n_decoded": 2, "residual": True, "embedding": True},
    "unrolling": {"n_decoded": 3, "decoder": "sequential", "residual": True, "embedding": True},
}
SIZES = [(3, 1, 2, 1), (17, 2, 3, 20), (40, 3, 18, 5), (16, 2, 16, 16)]  # units, layers, outputs, n_future


def told(network, options, B):
    """Inputs, targets, a state, the future covariates of the steps, and which steps read targets."""
    x, target, state = draw(network, options, T=5, B=B)
    rng = np.random.default_rng(7)
    future = rng.standard_normal((*target.shape[:2], network.architecture.n_future)).astype(network.dtype)
    target[1, 0, 1] = np.nan
    return x, target, state, future, np.where(rng.random(target.shape[:2]) < 0.5, 1, -1)


@covering(cell=CELLS, option=OPTIONS, size=SIZES, dtype=DTYPES)
def test_steps_read_what_is_known_of_them(cell, option, size, dtype):
    hidden_size, num_layers, n_outputs, n_future = size
    options = OPTIONS[option] | {"n_future": n_future}
    sizes = {"hidden_size": hidden_size, "num_layers": num_layers, "n_outputs": n_outputs, "dtype": dtype}
    network, theta = make(cell, options, n_inputs=n_outputs + 1, **sizes)
    shapes = oracle.parameter_shapes(cell, n_outputs + 1, hidden_size, num_layers, n_outputs, **options)
    assert {name: view.shape for name, view in network.views(theta).items()} == shapes
    x, target, state, future, coins = told(network, options, B=7)
    views = network.views(theta)
    expected, _ = oracle.network_forward(cell, views, x, state, future=future, **options)
    output, _ = network.forward(theta, x, state, future=future)
    assert_close(output, expected, dtype, "output")
    truth = np.where(coins[:, :, None] > 0, target, np.nan)
    expected, _ = oracle.network_forward(cell, views, x, state, truth=truth, future=future, **options)
    value = network.value_and_gradient(
        theta,
        x,
        target,
        "mae",
        np.empty_like(theta),
        state=state,
        future=future,
        rng=Coins(coins) if "decoder" in options else None,
        teacher_forcing=0.5,
    )
    assert_close(np.asarray(value, dtype), np.nanmean(np.abs(expected - target)), dtype, "loss")


@covering(cell=CELLS, option=OPTIONS, num_layers=[1, 3], n_future=[1, 2], dropout=[0.0, 0.3])
def test_gradients_of_steps_that_know_something_are_slopes(cell, option, num_layers, n_future, dropout):
    options = OPTIONS[option] | {"n_future": n_future}
    network, theta = make(cell, options, num_layers=num_layers, dropout=dropout)
    x, target, state, future, _ = told(network, options, B=3)

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        more = {"state": state, "future": future, "begins": np.array([0, 3, 1])}
        rng = np.random.default_rng(5)
        return network.value_and_gradient(
            theta, x, target, "mse", gradient, rng=rng, teacher_forcing=0.5, **more
        )

    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@covering(cell=["lstm_peephole", "gru_reset_before", "jordan"], option=OPTIONS, hidden_size=[16, 17, 40])
def test_gradients_of_wider_networks_are_slopes_in_any_direction(cell, option, hidden_size):
    options = OPTIONS[option] | {"n_future": 19}
    network, theta = make(cell, options, hidden_size=hidden_size, num_layers=2, n_inputs=20, n_outputs=18)
    x, target, state, future, _ = told(network, options, B=9)

    def value_at(theta, gradient):
        return network.value_and_gradient(theta, x, target, "mse", gradient, state=state, future=future)

    gradient, spare, step = np.empty_like(theta), np.empty_like(theta), 1e-4
    value_at(theta, gradient)
    rng = np.random.default_rng(2)
    for _ in range(5):
        direction = rng.standard_normal(theta.size) / np.sqrt(theta.size)
        above, below = value_at(theta + step * direction, spare), value_at(theta - step * direction, spare)
        slope = (above - below) / (2 * step)
        assert gradient @ direction == pytest.approx(slope, abs=1e-8 * np.linalg.norm(gradient))


@pytest.mark.parametrize("option", ["decoding", "unrolling"])
def test_shards_and_threads_share_what_is_known(option):
    options = OPTIONS[option] | {"n_future": 2}
    network, theta = make("gru", options, hidden_size=40, num_layers=2, dtype="float32")
    rng, n = np.random.default_rng(3), 150
    x, steps = rng.standard_normal((60, n, 2)).astype(np.float32), network.architecture.n_decoded
    target, future = (rng.standard_normal((steps, n, 2)).astype(np.float32) for _ in range(2))
    gradients, part, expected = [], np.empty_like(theta), np.zeros(theta.size)
    for n_threads in (1, 2):
        gradients.append(np.empty_like(theta))
        workspace = network.workspace(n_threads)
        more = {"future": future, "workspace": workspace}
        network.value_and_gradient(theta, x, target, "mse", gradients[-1], **more)
    np.testing.assert_array_equal(*gradients)
    for some in np.array_split(np.arange(n), 15):
        *pieces, future_here = (np.ascontiguousarray(array[:, some]) for array in (x, target, future))
        network.value_and_gradient(theta, *pieces, "mse", part, future=future_here)
        expected += len(some) / n * part
    assert_close(gradients[0], expected, "float32", "gradient")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_cut_gradient_knows_the_steps_too(option):
    network, theta = make("gru", OPTIONS[option] | {"n_future": 2})
    x, target, _, future, _ = told(network, OPTIONS[option], B=3)
    gradient = np.empty_like(theta)
    value = network.value_and_gradient(theta, x, target, "mse", gradient, future=future)
    cut = truncated_value_and_gradient(network, theta, x, target, "mse", gradient, bptt=2, future=future)
    assert cut == pytest.approx(value, rel=1e-12)


def test_what_is_known_is_asked_for():
    network, theta = make("gru", {"n_decoded": 3, "n_future": 2})
    x, _, _ = draw(network, {}, T=4, B=5)
    with pytest.raises(ValueError, match=r"n_future=2, `future` must be of shape \(3, 5, 2\); got None"):
        network.forward(theta, x)
    with pytest.raises(ValueError, match=r"got \(3, 4, 2\)"):
        network.forward(theta, x, future=np.zeros((3, 4, 2)))
    network, theta = make("gru", {"n_decoded": 3})
    with pytest.raises(ValueError, match=r"n_future=0, .* None; got \(3, 5, 2\)"):
        network.forward(theta, x, future=np.zeros((3, 5, 2)))
    with pytest.raises(ValueError, match="n_future=2 with n_decoded=0"):
        Network("gru", 1, 4, 1, 1, n_future=2)


def test_a_summary_counts_what_leads_in_what_is_known():
    network, _ = make("gru", {"n_decoded": 3, "n_future": 5})
    assert "known           5 -> 2               10" in network.summary()
    network, _ = make("gru", {"n_decoded": 3, "n_future": 5, "decoder": "sequential"})
    assert "decoder 0       7 -> 3" in network.summary()
    for line in network.summary().splitlines()[-1:]:
        assert int(line.split()[-1]) == network.n_parameters
