"""Sequences laid end to end: batches, weights, scaling, splits."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.sequences import draw
from helpers.training import settings
from tsrnn.network import Network
from tsrnn.sequence.dataset import Examples, Scaling, Sequences, validation_split
from tsrnn.training.loop import Run, train_all

LENGTHS = np.array([3, 7, 1, 7, 4])


def sequences(dtype="float64"):
    rows = np.random.default_rng(0).standard_normal((LENGTHS.sum(), 2)).astype(dtype)
    return Sequences(rows, LENGTHS)


def examples(*, every_step, weighted=False, dtype="float64"):
    rng = np.random.default_rng(1)
    laid = sequences(dtype)
    n = len(laid.values) if every_step else len(LENGTHS)
    weight = rng.random(n) if weighted else np.ones(n)
    return Examples(laid, rng.standard_normal((n, 3)).astype(dtype), weight.astype(dtype), every_step)


@pytest.mark.parametrize("every_step", [False, True])
def test_a_batch_holds_each_sequence_and_its_targets(every_step):
    source = examples(every_step=every_step, weighted=True)
    items = np.array([4, 2, 1])
    batch = source.batch(items)
    assert batch.x.shape == (7, 3, 2)
    np.testing.assert_array_equal(batch.lengths, LENGTHS[items])
    starts = np.concatenate([[0], np.cumsum(LENGTHS)])
    for b, item in enumerate(items):
        rows = slice(starts[item], starts[item + 1])
        np.testing.assert_array_equal(batch.x[: LENGTHS[item], b], source.sequences.values[rows])
        which, end = (rows, LENGTHS[item]) if every_step else (slice(item, item + 1), 1)
        np.testing.assert_array_equal(batch.target[:end, b], source.target[which])
        np.testing.assert_array_equal(batch.weight[:end, b], source.weight[which])
        assert np.isnan(batch.target[end:, b]).all()
    assert np.isfinite(batch.x).all()


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_and_gradients_of_batches_make_up_those_of_all(every_step, weighted):
    source = examples(every_step=every_step, weighted=weighted)
    network = Network("gru", 2, 3, 1, 3, bidirectional=True, dtype="float64")
    theta = network.initialise(np.random.default_rng(0))

    def value_and_gradient(items):
        batch, gradient = source.batch(np.array(items)), np.empty_like(theta)
        value = network.value_and_gradient(
            theta, batch.x, batch.target, "mse", gradient, lengths=batch.lengths, weight=batch.weight
        )
        return batch.scale * value, batch.scale * gradient

    whole, gradient = value_and_gradient([0, 1, 2, 3, 4])
    parts = [value_and_gradient([item]) for item in range(5)]  # alone: no padding
    assert np.mean([value for value, _ in parts]) == pytest.approx(whole, rel=1e-12)
    np.testing.assert_allclose(np.mean([part for _, part in parts], axis=0), gradient, rtol=1e-12, atol=1e-15)


def test_an_epoch_visits_every_sequence_once_in_batches_of_like_length():
    X = draw(200, shortest=5, longest=100)
    laid = Sequences(np.concatenate(X)[:, None], np.array([len(x) for x in X]))
    source = Examples(laid, np.zeros((200, 1)), np.ones(200), every_step=False)
    network = Network("rnn", 1, 2, 1, 1, dtype="float64")
    run = Run(
        network,
        network.initialise(np.random.default_rng(0)),
        settings(batch_size=16),
        source,
        np.arange(200),
        np.arange(0),
        np.random.default_rng(0),
        lengths=laid.lengths,
    )
    run.dataset = SimpleNamespace(batch=lambda items: items)
    batches = run._batches()
    epochs = [[next(batches) for _ in range(run.steps_per_epoch)] for _ in range(2)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(np.concatenate(epoch)), np.arange(200))
        padded = sum(len(batch) * laid.lengths[batch].max() for batch in epoch)
        assert padded < 1.3 * laid.lengths.sum()
        assert sorted(len(batch) for batch in epoch) == [8] + [16] * 12
    assert not np.array_equal(np.concatenate(epochs[0]), np.concatenate(epochs[1]))
    run.dataset = source
    train_all([run], None, verbose=False)
    assert run.n_taken == run.n_steps


def test_prediction_takes_every_sequence_once_and_long_ones_in_small_batches():
    lengths = np.array([100_000, 3, 50_000, 40_000, 2, 3])
    batches = list(Sequences(np.empty((lengths.sum(), 1)), lengths).batches())
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(6))
    assert [list(batch) for batch in batches] == [[0], [2], [3], [1, 5, 4]]


def test_scaling_is_that_of_repeated_rows():
    rng = np.random.default_rng(0)
    values, weight = rng.standard_normal((50, 3)) * [1, 1e-3, 0] + [5, 0, 7], rng.integers(0, 4, 50)
    repeated = np.repeat(values, weight, axis=0)
    level, scale = Scaling.fit(values, weight)
    np.testing.assert_allclose(level, repeated.mean(axis=0))
    np.testing.assert_allclose(scale, [*repeated.std(axis=0)[:2], 1])
    values[weight > 1] = np.nan  # missing targets
    level, scale = Scaling.fit(values, weight)
    np.testing.assert_allclose(level, values[weight == 1].mean(axis=0))
    np.testing.assert_allclose(scale[:2], values[weight == 1].std(axis=0)[:2])


@pytest.mark.parametrize("size", [1e-300, 1e-30, 1e30, 1e300])
def test_scaling_neither_over_nor_underflows(size):
    values = size * np.array([[1.0], [2.0], [4.0]])
    scaled = Scaling.fit(values, np.ones(3)).apply(values, "float32")
    np.testing.assert_allclose(scaled[:, 0], (np.array([1, 2, 4]) - 7 / 3) / np.std([1, 2, 4]), rtol=1e-5)


def test_a_split_is_random_and_fair_to_each_class():
    classes = np.repeat([0, 1, 2, 3], [50, 30, 19, 1])
    training, held = validation_split(np.arange(100), 0.2, np.random.default_rng(0), classes)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, held])), np.arange(100))
    counts = np.bincount(classes[held], minlength=4)
    assert len(held) == 20
    np.testing.assert_allclose(counts, [10, 6, 4, 0], atol=1)
    assert 99 in training  # the only one of its class
    _, other = validation_split(np.arange(100), 0.2, np.random.default_rng(1), classes)
    assert not np.array_equal(held, other)
