"""Batches cut into groups and shards, on one thread or many, in buffers that are used again."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from helpers.architectures import CELLS
from helpers.oracle import assert_close
from tsrnn.network import Network, workspace
from tsrnn.network.threads import run_all

LARGE = {"T": 60, "B": 72}  # cut into four groups, one of them odd


def draw(network, T, B, seed=0):
    rng = np.random.default_rng(seed)
    theta = network.initialise(rng)
    shapes = (T, B, network.n_inputs), (T, B, network.n_outputs)
    return theta, *(rng.standard_normal(shape).astype(network.dtype) for shape in shapes)


def value_and_gradient(network, theta, x, target, buffers=None, seed=3):
    gradient = np.full_like(theta, np.nan)
    rng = np.random.default_rng(seed)
    value = network.value_and_gradient(theta, x, target, "mse", gradient, rng=rng, workspace=buffers)
    return value, gradient


@pytest.mark.parametrize("cell", CELLS)
def test_threads_never_change_a_bit(cell):
    network = Network(cell, 2, 40, 2, 3, dropout=0.2)
    theta, x, target = draw(network, **LARGE)
    outputs, values, gradients = [], [], []
    for n_threads in (1, 2, 4):
        buffers = network.workspace(n_threads)
        for _ in range(2):
            output, state = network.forward(theta, x, workspace=buffers)
            value, gradient = value_and_gradient(network, theta, x, target, buffers)
            outputs.append(np.concatenate([output.ravel(), *(part.ravel() for part in state)]))
            values.append(value)
            gradients.append(gradient)
    assert len(set(values)) == 1
    assert len({output.tobytes() for output in outputs}) == 1
    assert len({gradient.tobytes() for gradient in gradients}) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_in_pieces_equals_the_whole(monkeypatch, dtype):
    network = Network("lstm_peephole", 2, 40, 2, 3, dropout=0.2, dtype=dtype)
    theta, x, target = draw(network, **LARGE)
    pieces = value_and_gradient(network, theta, x, target)
    output, state = network.forward(theta, x)
    monkeypatch.setattr(workspace, "_SPLIT_WORK", np.inf)
    monkeypatch.setattr(workspace, "_CACHE", 10**12)
    value, gradient = value_and_gradient(network, theta, x, target)
    assert pieces[0] == pytest.approx(value, rel=1e-6 if dtype == "float32" else 1e-12)
    assert_close(pieces[1], gradient, dtype)
    whole_output, whole_state = network.forward(theta, x)
    np.testing.assert_array_equal(output, whole_output)
    for part, whole in zip(state, whole_state, strict=True):
        np.testing.assert_array_equal(part, whole)


def test_large_batches_are_cut_and_small_ones_are_not(monkeypatch):
    sizes = []
    genuine = workspace.Shard.__init__

    def noting(self, network, packed, gradient, n_steps, n_windows, first):
        sizes.append(n_windows)
        genuine(self, network, packed, gradient, n_steps, n_windows, first)

    monkeypatch.setattr(workspace.Shard, "__init__", noting)
    network = Network("lstm", 2, 40, 2, 3)
    network.forward(*draw(network, T=5, B=9)[:2])
    assert sizes == [9]
    sizes.clear()
    network.forward(*draw(network, **LARGE)[:2])
    assert len(sizes) == 4
    assert sum(sizes) == LARGE["B"]


def test_old_buffers_give_the_bits_of_new_ones():
    network = Network("gru_reset_before", 2, 5, 2, 1, residual=True, dilation=2)
    buffers = network.workspace()
    for T, B in ((4, 3), (9, 2), (4, 3), (2, 8), (1, 1), (9, 2)):
        theta, x, target = draw(network, T, B, seed=T)
        old, new = (value_and_gradient(network, theta, x, target, b) for b in (buffers, None))
        assert old[0] == new[0]
        np.testing.assert_array_equal(old[1], new[1])
        state = [np.ones_like(part) for part in network.zero_state(B)]
        for start in (state, None):
            output, _ = network.forward(theta, x, start, workspace=buffers)
            np.testing.assert_array_equal(output, network.forward(theta, x, start)[0])


def test_workspaces_serve_a_thread_each():
    network = Network("lstm", 1, 20, 1, 1)
    jobs = [draw(network, 7, 5, seed) for seed in range(8)]
    expected = [value_and_gradient(network, *job) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: value_and_gradient(network, *job, network.workspace()), jobs))
    for (value, gradient), (other_value, other_gradient) in zip(expected, together, strict=True):
        assert value == other_value
        np.testing.assert_array_equal(gradient, other_gradient)


@pytest.mark.parametrize(("cell", "saved"), [("lstm", 6), ("gru", 5), ("rnn", 2)])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_a_step_needs_little_more_than_its_activations(cell, saved, num_layers):
    network = Network(cell, 1, 64, num_layers, 1)
    rng = np.random.default_rng(0)
    theta = network.initialise(rng)
    x, target = rng.standard_normal((48, 64, 1), np.float32), rng.standard_normal((1, 64, 1), np.float32)
    gradient = np.empty_like(theta)
    network.value_and_gradient(theta, x, target, "mse", gradient)  # machine code takes memory too
    tracemalloc.start()
    network.value_and_gradient(theta, x, target, "mse", gradient)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    activations = 48 * 64 * 64 * num_layers * saved * theta.itemsize
    assert peak < 1.5 * activations + 12 * theta.nbytes


def test_tasks_return_in_order_and_raise_what_they_raise():
    assert run_all([lambda i=i: i for i in range(7)], n_threads=3) == list(range(7))
    with pytest.raises(ZeroDivisionError):
        run_all([lambda: 1, lambda: 1 // 0, lambda: 2], n_threads=2)
    with pytest.raises(ZeroDivisionError):
        run_all([lambda: 1 // 0, lambda: 1], n_threads=2)
