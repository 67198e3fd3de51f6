from pathlib import Path

import numpy as np
import pytest

from helpers.oracle import assert_close
from tsrnn.kernels.losses import LOSSES, total_weight

TORCH = np.load(Path(__file__).parents[2] / "fixtures" / "losses.npz")
BY_HAND = {  # of errors -3, -1/2, 0 and 1: the mean, and four times each slope
    "mse": ((9 + 0.25 + 0 + 1) / 4, [-6, -1, 0, 2]),
    "mae": ((3 + 0.5 + 0 + 1) / 4, [-1, -1, 0, 1]),
    "huber": ((2.5 + 0.125 + 0 + 0.5) / 4, [-1, -0.5, 0, 1]),
}


def run(name, prediction, target, gradient, weight=None, size=None):
    """The mean loss of a whole batch; the gradient is written."""
    weight = np.empty((0, 0), target.dtype) if weight is None else weight
    size = np.empty(0, target.dtype) if size is None else size
    return LOSSES[name](prediction, target, weight, size, total_weight(target, weight), 0, gradient)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BY_HAND)
def test_losses_by_hand(name, dtype):
    target = np.array([1, 2, 3, 4], dtype=dtype).reshape(2, 1, 2)
    prediction = target + np.array([-3, -0.5, 0, 1], dtype=dtype).reshape(2, 1, 2)
    gradient = np.full_like(prediction, np.nan)
    value, slopes = BY_HAND[name]
    assert run(name, prediction, target, gradient) == value
    np.testing.assert_array_equal(4 * gradient.ravel(), slopes)


@pytest.mark.parametrize("name", BY_HAND)
def test_where_there_is_no_target_nothing_is_lost(name):
    target = np.array([1, np.nan, 2, 3, np.nan, 4], np.float32).reshape(3, 1, 2)
    prediction = np.array([-2, 1e3, 1.5, 3, np.nan, 5], np.float32).reshape(3, 1, 2)
    gradient = np.full_like(prediction, np.nan)
    value, slopes = BY_HAND[name]
    assert run(name, prediction, target, gradient) == value
    np.testing.assert_array_equal(4 * gradient.ravel(), [slopes[0], 0, *slopes[1:3], 0, slopes[3]])
    assert np.isnan(run(name, prediction, np.full_like(target, np.nan), gradient))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BY_HAND)
def test_losses_equal_torch(name, dtype):
    prediction, target = TORCH["prediction"].astype(dtype), TORCH["target"].astype(dtype)
    before = prediction.copy(), target.copy()
    gradient = np.empty_like(prediction)
    value = run(name, prediction, target, gradient)
    assert_close(np.asarray(value, dtype=dtype), TORCH[f"{name}/{dtype}/value"], dtype, "value")
    assert_close(gradient, TORCH[f"{name}/{dtype}/gradient"], dtype, "gradient")
    np.testing.assert_array_equal((prediction, target), before)


@pytest.mark.parametrize("name", BY_HAND)
def test_gradients_are_the_slopes_of_the_value(name):
    rng = np.random.default_rng(2)
    prediction, target = 2 * rng.standard_normal((2, 3, 5, 2))
    gradient, scratch = np.empty_like(prediction), np.empty_like(prediction)
    run(name, prediction, target, gradient)
    step = 1e-6
    for k in np.ndindex(prediction.shape):
        at = prediction[k]
        prediction[k] = at + step
        above = run(name, prediction, target, scratch)
        prediction[k] = at - step
        below = run(name, prediction, target, scratch)
        prediction[k] = at
        assert gradient[k] == pytest.approx((above - below) / (2 * step), abs=1e-8)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_long_float32_mean_keeps_its_digits(name):
    prediction = np.full((1000, 100, 1), 0.1, dtype=np.float32)
    gradient = np.empty_like(prediction)
    value = run(name, prediction, np.zeros_like(prediction), gradient)
    error = float(np.float32(0.1))
    expected = {"mse": error**2, "mae": error, "huber": error**2 / 2}
    assert value == pytest.approx(expected[name], rel=1e-7)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", BY_HAND)
def test_a_prediction_that_is_not_finite_gives_a_loss_that_is_not_finite(name, bad):
    prediction, target = np.zeros((2, 3, 2, 1), dtype=np.float32)
    prediction[1, 1] = bad
    assert not np.isfinite(run(name, prediction, target, np.empty_like(prediction)))


CLASSES = np.load(Path(__file__).parents[2] / "fixtures" / "classes.npz")


def labels_of_torch(dtype):
    labels = np.where(CLASSES["labels"] < 0, np.nan, CLASSES["labels"]).astype(dtype)
    return labels[:, :, None], CLASSES["weight"][CLASSES["labels"]].astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cross_entropy_equals_torch(dtype):
    logits = CLASSES["logits"].astype(dtype)
    target, weight = labels_of_torch(dtype)
    gradient = np.full_like(logits, np.nan)
    value = run("cross_entropy", logits, target, gradient, weight)
    assert_close(np.asarray(value, dtype), CLASSES[f"{dtype}/value"], dtype, "value")
    assert_close(gradient, CLASSES[f"{dtype}/gradient"], dtype, "gradient")


def test_cross_entropy_by_hand():
    # Probabilities 1/2, 1/4, 1/4: the first is right, then the last, which counts three times.
    logits = np.log(np.array([[[2.0, 1, 1], [2, 1, 1]]])) + np.array([7.0, -300])[:, None]
    gradient = np.full_like(logits, np.nan)
    value = run("cross_entropy", logits, np.array([[[0.0], [2.0]]]), gradient, np.array([[1.0, 3.0]]))
    assert value == pytest.approx((np.log(2) + 3 * np.log(4)) / 4, rel=1e-13)
    expected = [[[-1 / 2, 1 / 4, 1 / 4], [3 / 2, 3 / 4, -9 / 4]]]
    np.testing.assert_allclose(4 * gradient, expected, rtol=1e-12)


def test_logits_as_large_as_numbers_get_lose_nothing():
    logits = np.array([[[3e38, 0, -3e38], [3e38, 0, -3e38]]], np.float32)
    gradient = np.full_like(logits, np.nan)
    value = run("cross_entropy", logits, np.array([[[0.0], [1.0]]], np.float32), gradient)
    assert value == pytest.approx(1.5e38, rel=1e-6)
    np.testing.assert_array_equal(gradient, [[[0, 0, 0], [0.5, -0.5, 0]]])


@pytest.mark.parametrize("name", BY_HAND)
def test_a_weight_counts_as_so_many_targets(name):
    rng = np.random.default_rng(6)
    prediction, target = rng.standard_normal((2, 2, 3, 2))
    weight = np.array([[1.0, 2, 0], [3, 1, 1]])
    rows = [(t, b) for t, b in np.ndindex(2, 3) for _ in range(int(weight[t, b]))]
    repeated = [np.array([array[row] for row in rows])[None] for array in (prediction, target)]
    gradient, of_repeated = np.full_like(prediction, np.nan), np.empty((1, len(rows), 2))
    value = run(name, prediction, target, gradient, weight)
    assert value == pytest.approx(run(name, *repeated, of_repeated), rel=1e-13)
    expected = np.zeros_like(prediction)
    for row, part in zip(rows, of_repeated[0], strict=True):
        expected[row] += part
    np.testing.assert_allclose(gradient, expected, rtol=1e-13)


@pytest.mark.parametrize("name", [*BY_HAND, "cross_entropy"])
def test_windows_of_a_part_find_their_own_targets(name):
    rng = np.random.default_rng(7)
    prediction = rng.standard_normal((2, 5, 3))
    target = rng.integers(0, 3, (2, 5, 1)) if name == "cross_entropy" else rng.standard_normal((2, 5, 3))
    target, weight = target.astype(float), rng.uniform(0, 2, (2, 5))
    gradient = np.empty_like(prediction)
    value = run(name, prediction, target, gradient, weight)
    total, parts = total_weight(target, weight), 0.0
    for first, last in ((0, 2), (2, 5)):
        part = np.empty((2, last - first, 3))
        own = np.ascontiguousarray(prediction[:, first:last])
        parts += LOSSES[name](own, target, weight, np.empty(0), total, first, part)
        np.testing.assert_array_equal(part, gradient[:, first:last])
    assert value == pytest.approx(parts, rel=1e-13)
