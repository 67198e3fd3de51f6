"""Categories beside numbers: vectors that are learned, in steps and in patches."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, OPTIONS, draw, make, networks
from helpers.oracle import assert_close, slopes
from tsrnn.cells import run_network
from tsrnn.network import Network

DTYPES = ["float32", "float64"]
CATEGORIES = ((4, 3), (3, 1), (2, 16))
BEGINS = np.array([0, 3, 1])


def coded(network, option, B, T=5):
    """Inputs with the numbers of categories behind them, targets, and a state."""
    x, target, state = draw(network, option, T, B)
    rng = np.random.default_rng(6)
    codes = [rng.integers(-1, n, (T, B)) for n, _ in network.architecture.categories]
    return np.concatenate([x, np.stack(codes, axis=2).astype(network.dtype)], axis=2), target, state


def spelled_out(network, theta, x):
    """The parameters without tables, and inputs in which vectors stand where numbers stood."""
    views, n = network.views(theta), network.n_inputs
    parts = [x[:, :, :n]]
    for k, (_, d) in enumerate(network.architecture.categories):
        table, codes = views.pop(f"W_category_{k}"), x[:, :, n + k].astype(int)
        parts.append(np.zeros((*codes.shape, d)))
        parts[-1][codes >= 0] = table[codes[codes >= 0]]
    return views, np.concatenate(parts, axis=2)


@networks(n_inputs=[2, 15], n_categories=[1, 3], dtype=DTYPES)
def test_categories_are_the_vectors_they_stand_for(cell, option, n_inputs, n_categories, dtype):
    categories = CATEGORIES[:n_categories]
    network, theta = make(cell, option, n_inputs=n_inputs, categories=categories, dtype=dtype)
    x, _, state = coded(network, option, B=9)
    views, entering = spelled_out(network, theta, x)
    start = oracle.zero_state(cell, 9, 3, 3, OPTIONS[option].get("dilation", 1)) if state is None else state
    expected, _ = oracle.network_forward(cell, views, entering, start, **OPTIONS[option])
    output, _ = network.forward(theta, x, state)
    assert_close(output, expected, dtype, "output")


@networks(n_inputs=[2, 15])
def test_gradients_of_categories_are_slopes(cell, option, n_inputs):
    network, theta = make(cell, option, n_inputs=n_inputs, num_layers=2, categories=((3, 2), (2, 1)))
    x, target, state = coded(network, option, B=3)
    x[np.arange(5)[:, None] < BEGINS] = 1e3
    if "n_decoded" not in OPTIONS[option]:
        target[np.arange(5)[:, None] < BEGINS] = np.nan

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        return network.value_and_gradient(theta, x, target, "mse", gradient, state=state, begins=BEGINS)

    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@pytest.mark.parametrize("option", ["plain", "both_ways", "decoding", "unrolling"])
def test_only_steps_that_exist_teach_a_category(option):
    network, theta = make("lstm", option, categories=((5, 2),))
    x, target, _ = coded(network, option, B=3)
    target = target if "n_decoded" in OPTIONS[option] else target[:1].copy()
    exists = np.arange(5)[:, None] >= BEGINS
    x[:, :, -1] = np.where(exists, np.minimum(x[:, :, -1], 3), 4)  # which no step that exists has
    gradient = np.empty_like(theta)
    network.value_and_gradient(theta, x, target, "mse", gradient, begins=BEGINS)
    table = network.views(gradient)["W_category_0"]
    assert not table[4].any()
    seen = np.unique(x[exists][:, -1].astype(int))
    assert table[seen[seen >= 0]].all()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_shards_and_threads_share_categories(n_threads):
    network, theta = make("gru", "embedding", hidden_size=40, categories=CATEGORIES, dtype="float32")
    x, target, _ = coded(network, "embedding", B=150, T=60)
    gradient, part, expected = np.empty_like(theta), np.empty_like(theta), np.zeros(theta.size)
    network.value_and_gradient(theta, x, target, "mse", gradient, workspace=network.workspace(n_threads))
    for some in np.array_split(np.arange(150), 15):
        pieces = (np.ascontiguousarray(array[:, some]) for array in (x, target))
        network.value_and_gradient(theta, *pieces, "mse", part)
        expected += len(some) / 150 * part
    assert_close(gradient, expected, "float32", "gradient")


@pytest.mark.parametrize("cell", CELLS)
def test_the_steps_taken_apart_read_categories(cell):
    network, theta = make(cell, "embedding", num_layers=1, categories=CATEGORIES)
    x, _, _ = coded(network, "embedding", B=3)
    gates = run_network(network, theta, x)["0"]
    output, _ = network.forward(theta, x)
    views = network.views(theta)
    expected = np.stack([one.h for one in gates]) @ views["W_head"].T + views["b_head"]
    assert_close(output, expected, "float64", "output")


def test_vectors_of_categories_start_out_of_length_one():
    network = Network("gru", 1, 4, 1, 1, categories=((500, 3), (400, 9)))
    views = network.views(network.initialise(np.random.default_rng(0)))
    for k in (0, 1):
        lengths = (views[f"W_category_{k}"] ** 2).sum(axis=1)
        assert lengths.mean() == pytest.approx(1, abs=0.1)
        assert lengths.std() > 0.2


def test_a_summary_counts_the_categories():
    network, _ = make("gru", "plain", n_inputs=2, categories=((7, 3), (2, 1)))
    lines = network.summary().splitlines()
    assert lines[1:4] == [
        "category 0      7 -> 3               21",
        "category 1      2 -> 1                2",
        "gru 0           6 -> 3               93",
    ]
    assert int(lines[-1].split()[-1]) == network.n_parameters


def test_categories_do_not_go_with_symbols_and_stand_behind_numbers():
    with pytest.raises(ValueError, match=r"n_symbols=3 with categories=\(\(2, 1\),\)"):
        make("gru", "plain", n_symbols=3, categories=((2, 1),))
    network, theta = make("gru", "plain", categories=((2, 1), (3, 2)))
    with pytest.raises(ValueError, match="`x` has 2 columns; n_inputs=2 values and the numbers of 2"):
        network.forward(theta, np.zeros((4, 3, 2)))
