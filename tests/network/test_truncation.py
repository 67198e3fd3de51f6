"""Backpropagation through time cut off after some steps."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import OPTIONS, draw, make
from helpers.oracle import assert_close
from tsrnn import RNNForecaster
from tsrnn.network import truncated_value_and_gradient

CARRYING = ["plain", "residual", "dilation", "embedding", "n_decoded", "forwards", "seq2seq"]


def both(network, option, bptt, *, first=0, loss="mse"):
    x, target, _ = draw(network, option, T=7, B=3)
    theta = make(network.cell_name, option)[1]
    target = target if "n_decoded" in OPTIONS[option] else target[first:]
    weight = np.random.default_rng(0).uniform(0.5, 2, target.shape[:2])
    whole, cut = np.full_like(theta, np.nan), np.full_like(theta, np.nan)
    value = network.value_and_gradient(theta, x, target, loss, whole, weight=weight)
    value_cut = truncated_value_and_gradient(network, theta, x, target, loss, cut, bptt=bptt, weight=weight)
    assert value_cut == pytest.approx(value, rel=1e-12)  # the states are those of the whole
    return whole, cut


@pytest.mark.parametrize("option", CARRYING)
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru_reset_before", "jordan"])
def test_a_cut_beyond_the_batch_changes_nothing(cell, option):
    network, _ = make(cell, option)
    np.testing.assert_array_equal(*both(network, option, bptt=7))
    np.testing.assert_array_equal(*both(network, option, bptt=100))


@pytest.mark.parametrize("bptt", [1, 2, 3, 6])
@pytest.mark.parametrize("first", [0, -1, -3])
def test_a_cut_keeps_the_loss_and_drops_what_lies_further_back(bptt, first):
    network, _ = make("gru", "plain")
    whole, cut = both(network, "plain", bptt, first=first)
    views, expected = network.views(cut), network.views(whole)
    for name in ("W_head", "b_head"):
        assert_close(views[name], expected[name], "float64", name)
    assert np.abs(views["W_ih_0"] - expected["W_ih_0"]).max() > 1e-4 * np.abs(expected["W_ih_0"]).max()


@pytest.mark.parametrize("bptt", [1, 2, 3])
def test_the_gradient_is_that_of_stretches_that_end_with_the_sequence(bptt):
    rng = np.random.default_rng(1)
    network, theta = make("lstm", "plain", num_layers=1)
    views = network.views(theta)
    weights = [views[f"{name}_0"] for name in ("W_ih", "W_hh", "bias")]
    x, target, _ = draw(network, "plain", T=7, B=1)
    start = np.zeros((2, 1, 3))
    h = oracle.run_layer("lstm", x, start, *weights, np.zeros((7, 1, 3)), start)["h"]
    dy = 2 * (h @ views["W_head"].T + views["b_head"] - target) / target.size
    expected, state, low = np.zeros_like(weights[1]), start, 0
    for high in range(7 % bptt or bptt, 8, bptt):
        part = oracle.run_layer("lstm", x[low:high], state, *weights, dy[low:high] @ views["W_head"], start)
        expected, state, low = expected + part["dW_hh"], part["final"], high
    gradient = np.empty_like(theta)
    truncated_value_and_gradient(network, theta, x, target, "mse", gradient, bptt=bptt, rng=rng)
    assert_close(network.views(gradient)["W_hh_0"], expected, "float64", "dW_hh")


@pytest.mark.parametrize("bptt", [1, 2, 3])
@pytest.mark.parametrize("option", ["n_decoded", "seq2seq"])
def test_a_cut_shorter_than_what_is_decoded_keeps_all_of_its_gradient(option, bptt):
    network, _ = make("gru", option)
    whole, cut = both(network, option, bptt)
    views, expected = network.views(cut), network.views(whole)
    for name in views:
        if name.endswith(("position", "decoder", "head")):
            assert_close(views[name], expected[name], "float64", name)
    assert np.abs(views["W_ih_0"] - expected["W_ih_0"]).max() > 1e-4 * np.abs(expected["W_ih_0"]).max()


@pytest.mark.parametrize("strategy", ["direct", "recursive", "parallel", "seq2seq"])
def test_forecasters_train_through_fewer_steps(strategy):
    y = np.sin(np.arange(80) / 3)
    settings = {"strategy": strategy, "horizon": 3, "lookback": 12, "max_steps": 5, "random_state": 0}
    models = {bptt: RNNForecaster(**settings, bptt=bptt).fit(y) for bptt in (None, 100, 12, 4)}
    for same in (100, 14 if strategy == "recursive" else 12):
        other = models.get(same) or RNNForecaster(**settings, bptt=same).fit(y)
        np.testing.assert_array_equal(other.thetas_, models[None].thetas_)
    assert np.isfinite(models[4].thetas_).all()
    assert not np.array_equal(models[4].thetas_, models[None].thetas_)


def test_a_reverse_direction_cannot_be_cut():
    with pytest.raises(ValueError, match="Set bptt=None or bidirectional=False"):
        RNNForecaster(bptt=3, bidirectional=True).fit(np.arange(40.0))
