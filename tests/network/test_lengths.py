"""Sequences of unequal length, means over time, symbols, and states with their gradients."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, ONE_WAY, OPTIONS, UNDECODED, draw, make, networks
from helpers.coverings import covering
from helpers.oracle import assert_close, slopes

DTYPES = ["float32", "float64"]
POOLINGS = ["last", "mean"]
LENGTHS = np.array([5, 1, 7, 4, 7, 2, 3])
LABELS = np.array([[[0.0], [2.0], [1.0], [np.nan], [1.0], [0.0], [2.0]]])


def padded(network, option, seed=1):
    """Inputs with nonsense after each sequence's end."""
    x, target, _ = draw(network, option, LENGTHS.max(), len(LENGTHS), seed)
    x[np.arange(LENGTHS.max())[:, None] >= LENGTHS] = 1e3
    return x, target


def expected_output(network, theta, option, x, pooling):
    """What the head says of each sequence on its own; its mean is the head of the mean, which is linear."""
    cell, options, outputs = network.cell_name, OPTIONS[option], []
    for b, length in enumerate(LENGTHS):
        start = oracle.zero_state(
            cell, 1, network.hidden_size, network.num_layers, options.get("dilation", 1)
        )
        one_step = "bidirectional" in options and pooling == "last"
        alone, _ = oracle.network_forward(
            cell, network.views(theta), x[:length, b : b + 1], start, one_step=one_step, **options
        )
        outputs.append(alone.mean(axis=0) if pooling == "mean" else alone[-1])
    return np.stack(outputs, axis=1)


@networks(UNDECODED, pooling=POOLINGS, dtype=DTYPES, hidden_size=[3, 17])
def test_each_sequence_is_read_as_if_alone(cell, option, pooling, dtype, hidden_size):
    network, theta = make(cell, option, hidden_size=hidden_size, pooling=pooling, dtype=dtype)
    x, _ = padded(network, option)
    output, final = network.forward(theta, x, first=-1, lengths=LENGTHS)
    assert_close(output, expected_output(network, theta, option, x, pooling), dtype, "output")
    assert final == []


@networks(UNDECODED)
def test_every_step_of_a_sequence_is_as_if_alone(cell, option):
    network, theta = make(cell, option)
    x, _ = padded(network, option)
    output, _ = network.forward(theta, x, lengths=LENGTHS)
    for b, length in enumerate(LENGTHS):
        alone, _ = network.forward(theta, x[:length, b : b + 1].copy())
        assert_close(output[:length, b], alone[:, 0], "float64", f"sequence {b}")


@networks(UNDECODED, pooling=POOLINGS)
def test_padding_changes_neither_loss_nor_gradient(cell, option, pooling):
    network, theta = make(cell, option, n_outputs=3, pooling=pooling)
    x, _ = padded(network, option)
    weight = np.array([[1.0, 0.5, 2.0, 3.0, 0.0, 1.0, 1.5]])
    gradient, other = np.full_like(theta, np.nan), np.full_like(theta, np.nan)
    value = network.value_and_gradient(
        theta, x, LABELS, "cross_entropy", gradient, lengths=LENGTHS, weight=weight
    )
    counted = np.where(np.isnan(LABELS[0, :, 0]), 0, weight[0])
    alone, total = np.zeros_like(theta), 0.0
    for b, length in enumerate(LENGTHS):
        label = LABELS[:, b : b + 1]
        if not np.isnan(label).any():
            total += counted[b] * network.value_and_gradient(
                theta, x[:length, b : b + 1].copy(), label, "cross_entropy", other
            )
            alone += counted[b] * other
    assert value == pytest.approx(total / counted.sum(), rel=1e-12)
    assert_close(gradient, alone / counted.sum(), "float64", "gradient")


@networks(UNDECODED, pooling=POOLINGS)
def test_gradients_of_padded_sequences_are_slopes(cell, option, pooling):
    network, theta = make(cell, option, num_layers=2, n_outputs=3, pooling=pooling, dropout=0.3)
    x, _ = padded(network, option)

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        rng = np.random.default_rng(5)
        return network.value_and_gradient(
            theta, x, LABELS, "cross_entropy", gradient, lengths=LENGTHS, rng=rng
        )

    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_shards_and_threads_share_unequal_sequences(n_threads, pooling):
    network, theta = make(
        "gru", "bidirectional", hidden_size=40, num_layers=2, n_outputs=3, pooling=pooling, dtype="float32"
    )
    rng = np.random.default_rng(3)
    x = rng.standard_normal((60, 150, 2)).astype(np.float32)
    lengths, labels = rng.integers(1, 61, 150), rng.integers(0, 3, (1, 150, 1)).astype(np.float32)
    workspace = network.workspace(n_threads)
    gradient, expected = np.empty_like(theta), np.zeros(theta.size)
    value = network.value_and_gradient(
        theta, x, labels, "cross_entropy", gradient, lengths=lengths, workspace=workspace
    )
    values, part = [], np.empty_like(theta)
    for some in np.array_split(np.arange(150), 15):
        share = len(some) / 150
        pieces = (np.ascontiguousarray(array[:, some]) for array in (x, labels))
        values.append(
            share * network.value_and_gradient(theta, *pieces, "cross_entropy", part, lengths=lengths[some])
        )
        expected += share * part
    assert value == pytest.approx(sum(values), rel=1e-6)
    assert_close(gradient, expected, "float32", "gradient")


@covering(cell=CELLS, n_inputs=[1, 5, 17, 40], dtype=DTYPES)
def test_symbols_are_the_vectors_they_stand_for(cell, n_inputs, dtype):
    network, theta = make(cell, "plain", n_inputs=n_inputs, n_symbols=6, dtype=dtype)
    symbols = np.random.default_rng(4).integers(0, 6, (5, 3, 1))
    views = network.views(theta)
    table = views.pop("W_symbol")
    start = oracle.zero_state(cell, 3, 3, 3)
    expected, _ = oracle.network_forward(cell, views, table[symbols[:, :, 0]], start)
    output, _ = network.forward(theta, symbols.astype(dtype))
    assert_close(output, expected, dtype, "output")


@covering(cell=["rnn", "lstm", "gru"], option=["plain", "both_ways", "forwards"], n_inputs=[2, 17])
def test_gradients_of_symbols_are_slopes(cell, option, n_inputs):
    options = OPTIONS[option] | {"embedding": False}
    network, theta = make(cell, options, n_inputs=n_inputs, num_layers=2, n_symbols=4, n_outputs=4)
    symbols = np.random.default_rng(4).integers(0, 4, (6, 3, 1)).astype(np.float64)
    labels = np.roll(symbols, -1, axis=0)

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        return network.value_and_gradient(theta, symbols, labels, "cross_entropy", gradient)

    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@networks(ONE_WAY, dtype=DTYPES)
def test_training_hands_over_the_states_that_forward_ends_in(cell, option, dtype):
    network, theta = make(cell, option, dtype=dtype)
    x, target, state = draw(network, option, T=6, B=9)
    _, expected = network.forward(theta, x, state)
    final = network.zero_state(9)
    network.value_and_gradient(theta, x, target, "mse", np.empty_like(theta), state=state, final=final)
    for part, other in zip(final, expected, strict=True):
        assert_close(part, other, dtype, "final state")


@networks(ONE_WAY)
def test_the_gradient_of_the_starting_state_is_its_slope(cell, option):
    network, theta = make(cell, option)
    x, target, state = draw(network, option, T=5, B=2)
    d_state, gradient = network.zero_state(2), np.empty_like(theta)

    def value_at(layer, values, d_state=None):
        given = [values.reshape(part.shape) if k == layer else part for k, part in enumerate(state)]
        return network.value_and_gradient(theta, x, target, "mse", gradient, state=given, d_state=d_state)

    value = value_at(0, state[0], d_state)
    for layer, part in enumerate(d_state):
        expected = slopes(lambda values, layer=layer: value_at(layer, values), state[layer].ravel())
        rounding = 1e-15 / 1e-5 * max(value, 1)  # of differences of the loss
        assert np.abs(part.ravel() - expected).max() <= 1e-8 * np.abs(expected).max() + rounding


REFUSED = {
    "symbols in patches": ({"n_symbols": 3, "embedding": True}, "Symbols enter one at a step"),
    "symbols decoded": ({"n_symbols": 3, "n_decoded": 2}, "Symbols enter one at a step"),
    "mean of the decoded": ({"pooling": "mean", "n_decoded": 2}, "not the mean of all"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make("gru", options)


def test_a_summary_counts_the_symbols():
    network, _ = make("gru", "plain", n_inputs=2, n_symbols=6)
    assert "symbols         6 -> 2               12" in network.summary()
