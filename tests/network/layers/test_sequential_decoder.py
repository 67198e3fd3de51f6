"""Decoders that read their own output, or the truth: oracle, slopes, coins, threads, padding."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, OPTIONS, Coins, draw, make
from helpers.coverings import covering
from helpers.oracle import assert_close, slopes
from tsrnn.network import Network

DTYPES = ["float32", "float64"]


def told_to(network, options, B, share=0.5):
    """Inputs, and a target without a few values, that some steps of each window are told."""
    x, target, state = draw(network, options, T=4, B=B)
    target[1, 0, 1] = target[-1, -1, 0] = np.nan
    told = np.where(np.random.default_rng(3).random(target.shape[:2]) < share, 1, -1)
    return x, target, state, told


@covering(
    cell=CELLS, option=["seq2seq", "unrolling"], size=[(3, 1, 2), (17, 2, 3), (40, 3, 18)], dtype=DTYPES
)
def test_told_some_steps_the_loss_is_the_oracles(cell, option, size, dtype):
    hidden_size, num_layers, n_outputs = size
    sizes = {"hidden_size": hidden_size, "num_layers": num_layers, "n_outputs": n_outputs, "dtype": dtype}
    network, theta = make(cell, option, n_inputs=n_outputs + 1, **sizes)
    x, target, state, told = told_to(network, option, B=7)
    truth = np.where(told[:, :, None] > 0, target, np.nan)
    output, _ = oracle.network_forward(cell, network.views(theta), x, state, truth=truth, **OPTIONS[option])
    value = network.value_and_gradient(
        theta, x, target, "mae", np.empty_like(theta), state=state, rng=Coins(told), teacher_forcing=0.5
    )
    assert_close(np.asarray(value, dtype), np.nanmean(np.abs(output - target)), dtype)


@covering(cell=CELLS, num_layers=[1, 2, 3], share=[0.0, 1.0, 0.5])
def test_gradients_flow_through_what_is_fed_back_and_not_through_the_truth(cell, num_layers, share):
    network, theta = make(cell, "unrolling" if num_layers == 2 else "seq2seq", num_layers=num_layers)
    x, target, state, told = told_to(network, {"n_decoded": network.architecture.n_decoded}, 3, share)

    def value_at(theta, gradient=None, state=state, d_state=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        return network.value_and_gradient(
            theta,
            x,
            target,
            "mse",
            gradient,
            state=state,
            d_state=d_state,
            rng=Coins(told),
            teacher_forcing=0.5,
        )

    gradient, d_state = np.full_like(theta, np.nan), network.zero_state(3)
    value_at(theta, gradient, d_state=d_state)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()
    upper = state[-1].ravel()
    expected = slopes(lambda top: value_at(theta, state=[*state[:-1], top.reshape(state[-1].shape)]), upper)
    assert np.abs(d_state[-1].ravel() - expected).max() <= 1e-8 * np.abs(gradient).max()


def test_two_steps_by_hand():
    # A relu unit without weights of its own past: it doubles what it reads, the head adds 1.
    network = Network("rnn_relu", 1, 1, 1, 1, n_decoded=3, decoder="sequential", dtype="float64")
    theta = np.zeros(network.n_parameters)
    weights = network.views(theta)
    weights["W_ih_0_decoder"][:] = 2
    weights["W_head"][:] = weights["b_head"][:] = 1
    x, target = np.array([5.0, 3.0]).reshape(2, 1, 1), np.array([10.0, 0.0, 0.0]).reshape(3, 1, 1)
    output, _ = network.forward(theta, x)
    np.testing.assert_array_equal(output.ravel(), [7, 15, 31])  # 2 * 3 + 1, 2 * 7 + 1, 2 * 15 + 1
    gradient, told = np.empty_like(theta), np.array([[1], [-1], [-1]])
    value = network.value_and_gradient(
        theta, x, target, "mae", gradient, rng=Coins(told), teacher_forcing=0.5
    )
    assert value == pytest.approx((3 + 21 + 43) / 3, rel=1e-15)  # 7, then 2 * 10 + 1, then 2 * 21 + 1
    views = network.views(gradient)
    # The first is too low; the second counts for itself and, doubled, for the third.
    np.testing.assert_allclose(views["W_ih_0_decoder"], [[(-3 + 10 * (1 + 2) + 21) / 3]], rtol=1e-15)
    np.testing.assert_allclose(views["b_head"], [(-1 + (1 + 2) + 1) / 3], rtol=1e-15)


def trained(network, theta, share, seed, workspace=None):
    rng = np.random.default_rng(7)
    x = rng.standard_normal((60, 72, 2)).astype(network.dtype)
    target = rng.standard_normal((5, 72, 2)).astype(network.dtype)
    gradient = np.full_like(theta, np.nan)
    value = network.value_and_gradient(
        theta,
        x,
        target,
        "mse",
        gradient,
        rng=np.random.default_rng(seed),
        teacher_forcing=share,
        workspace=workspace,
    )
    return value, gradient.tobytes()


@pytest.mark.parametrize("cell", ["lstm_peephole", "gru", "jordan"])
def test_threads_never_change_a_bit(cell):
    options = {"n_decoded": 5, "decoder": "sequential", "dropout": 0.2}
    network = Network(cell, 2, 40, 2, 2, **options)
    theta = network.initialise(np.random.default_rng(0))
    results = {trained(network, theta, 0.5, 3, network.workspace(n)) for n in (1, 2, 4) for _ in range(2)}
    assert len(results) == 1


def test_what_is_told_follows_the_share_and_the_seed():
    network = Network("gru", 2, 8, 1, 2, n_decoded=5, decoder="sequential", dtype="float64")
    theta = network.initialise(np.random.default_rng(0))
    assert trained(network, theta, 0.5, 3) == trained(network, theta, 0.5, 3)
    assert len({trained(network, theta, share, 3) for share in (0.0, 0.3, 0.6, 1.0)}) == 4
    assert len({trained(network, theta, 0.5, seed) for seed in range(4)}) == 4
    for share in (0.0, 1.0):
        assert len({trained(network, theta, share, seed) for seed in range(4)}) == 1


def test_a_decoder_is_fed_numbers():
    network, theta = make("gru", "seq2seq")
    x, _, _ = draw(network, "seq2seq", T=4, B=2)
    classes = np.zeros((4, 2, 1))
    with pytest.raises(ValueError, match="cross_entropy"):
        network.value_and_gradient(theta, x, classes, "cross_entropy", np.empty_like(theta))


@pytest.mark.parametrize("option", ["n_decoded", "seq2seq"])
def test_steps_are_not_decoded_from_windows_of_unequal_length(option):
    network, theta = make("gru", option)
    x, _, _ = draw(network, option, T=4, B=2)
    with pytest.raises(ValueError, match="lengths"):
        network.forward(theta, x, lengths=np.array([4, 3]))


def test_a_decoder_continues_what_the_network_reads():
    with pytest.raises(ValueError, match="n_outputs=3 with n_inputs=2"):
        Network("gru", 2, 4, 1, 3, n_decoded=2, decoder="sequential")
