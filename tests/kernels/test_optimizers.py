from pathlib import Path

import numpy as np
import pytest

from helpers.oracle import assert_close
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm, clip_value

TORCH = np.load(Path(__file__).parents[1] / "fixtures" / "optimizers.npz")
DTYPES = ["float32", "float64"]


def start(name, theta):
    return theta.copy(), np.zeros((OPTIMIZERS[name].n_moments, theta.size), theta.dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_five_steps_equal_torch(name, dtype):
    theta, moments = start(name, TORCH["theta"].astype(dtype))
    gradients = TORCH["gradients"].astype(dtype)
    before = gradients.copy()
    for t, gradient in enumerate(gradients, start=1):
        OPTIMIZERS[name].step(theta, gradient, moments, float(TORCH["learning_rate"]), t)
        assert_close(theta, TORCH[f"{name}/{dtype}/theta"][t - 1], dtype, f"step {t}")
    np.testing.assert_array_equal(gradients, before)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Adam's first two steps under one gradient are its sign times the learning rate.
        ("adam", [1 - 0.1 - 0.1, -2 + 0.1 + 0.1]),
        # Momentum: 0.1 (g + 1.9 g).
        ("sgd", [1 - 0.1 * 2.9 * 4, -2 + 0.1 * 2.9 * 1]),
        # v is 0.01 g^2, then 0.0199 g^2.
        ("rmsprop", [1 - 0.1 * (10 + 0.0199**-0.5), -2 + 0.1 * (10 + 0.0199**-0.5)]),
    ],
)
def test_two_steps_by_hand(name, expected, dtype):
    theta, moments = start(name, np.array([1, -2], dtype=dtype))
    gradient = np.array([4, -1], dtype=dtype)
    for t in (1, 2):
        OPTIMIZERS[name].step(theta, gradient, moments, 0.1, t)
    np.testing.assert_allclose(theta, expected, rtol=2e-6)  # the hand numbers leave out epsilon


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_gradient_a_fresh_optimizer_stays_where_it_is(name):
    theta, moments = start(name, TORCH["theta"])
    for t in (1, 2, 3):
        OPTIMIZERS[name].step(theta, np.zeros_like(theta), moments, 0.1, t)
    np.testing.assert_array_equal(theta, TORCH["theta"])
    OPTIMIZERS[name].step(theta, np.ones_like(theta), moments, 0.1, 4)
    assert np.all(theta < TORCH["theta"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_bad_entry_spoils_only_itself_and_shows(name):
    theta, moments = start(name, TORCH["theta"])
    good, good_moments = start(name, TORCH["theta"])
    gradient = np.ones_like(theta)
    OPTIMIZERS[name].step(good, gradient, good_moments, 0.1, 1)
    gradient[3] = np.nan
    OPTIMIZERS[name].step(theta, gradient, moments, 0.1, 1)
    assert np.isnan(theta[3])
    np.testing.assert_array_equal(np.delete(theta, 3), np.delete(good, 3))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_bowl_is_descended_to_its_bottom(name, dtype):
    bottom = np.array([0.5, -0.25, 1.0], dtype=dtype)
    theta, moments = start(name, np.zeros(3, dtype=dtype))
    for t in range(1, 1001):
        rate = 0.05 * 0.99**t
        OPTIMIZERS[name].step(theta, theta - bottom, moments, rate, t)
    np.testing.assert_allclose(theta, bottom, atol=1e-3)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", [0, 1], ids=["too_long", "short_enough"])
def test_clipping_by_norm_equals_torch(case, dtype):
    limit = float(TORCH["clip/limits"][case])
    gradient = TORCH["gradients"][0].astype(dtype)
    norm = clip_norm(gradient, limit)
    expected_norm = float(TORCH[f"clip/{dtype}/norm"])
    assert_close(np.asarray(norm, dtype=dtype), expected_norm, dtype, "norm")
    expected = TORCH[f"clip/{dtype}/gradient"][case].astype(np.float64)
    if case == 0:  # PyTorch divides by the norm plus 1e-6
        expected *= (expected_norm + 1e-6) / expected_norm
    assert_close(gradient, expected, dtype, "gradient")


def test_clipping_by_norm_by_hand():
    gradient = np.array([3.0, -4.0])
    assert clip_norm(gradient, 1.0) == 5
    np.testing.assert_allclose(gradient, [0.6, -0.8], rtol=1e-15)
    assert clip_norm(gradient, 1.0 + 1e-12) == pytest.approx(1, rel=1e-15)
    zero = np.zeros(3)
    assert clip_norm(zero, 1.0) == 0
    np.testing.assert_array_equal(zero, 0)


def test_the_norm_of_large_float32_entries_does_not_overflow():
    gradient = np.array([3e30, 4e30], dtype=np.float32)
    assert clip_norm(gradient, 1.0) == pytest.approx(5e30, rel=1e-6)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_clipping_by_value_cuts_and_counts(dtype):
    gradient = np.array([-3, -0.5, -0.25, 0, 0.5, 0.75, np.inf, -np.inf], dtype=dtype)
    assert clip_value(gradient, 0.5) == 4
    np.testing.assert_array_equal(gradient, [-0.5, -0.5, -0.25, 0, 0.5, 0.5, 0.5, -0.5])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clipping_by_norm_reports_what_is_not_finite(bad):
    gradient = np.array([1, bad, 2], dtype=np.float32)
    assert not np.isfinite(clip_norm(gradient, 1.0))
    assert not np.isfinite(gradient[1])


def test_clipping_by_value_leaves_nan_to_be_seen():
    gradient = np.array([1.0, np.nan, 0.25, 3.0])
    clip_value(gradient, 0.5)
    np.testing.assert_array_equal(gradient, [0.5, np.nan, 0.25, 0.5])
