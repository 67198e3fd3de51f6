from pathlib import Path

import numpy as np
import pytest
from oracle import assert_close

from tsrnn.kernels.losses import LOSSES, total_weight

TORCH = np.load(Path(__file__).parent / "fixtures" / "losses.npz")
BY_HAND = {  # of errors -3, -1/2, 0 and 1: the mean, and four times each slope
    "mse": ((9 + 0.25 + 0 + 1) / 4, [-6, -1, 0, 2]),
    "mae": ((3 + 0.5 + 0 + 1) / 4, [-1, -1, 0, 1]),
    "huber": ((2.5 + 0.125 + 0 + 0.5) / 4, [-1, -0.5, 0, 1]),
}


def run(name, prediction, target, gradient, weight=None):
    """The mean loss of a whole batch; the gradient is written."""
    weight = np.ones(target.shape[:2], target.dtype) if weight is None else weight
    return LOSSES[name](prediction, target, weight, total_weight(target, weight), 0, gradient)


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
