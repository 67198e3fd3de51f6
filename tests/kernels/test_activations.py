import numpy as np
import pytest
from numba import njit

from tsrnn.kernels import activations

DTYPES = [np.float32, np.float64]
TANH_BOUND = {np.float32: 4e-7, np.float64: 1e-15}


@njit(error_model="numpy")
def each(function, x):
    y = np.empty_like(x)
    for k in range(x.size):
        y[k] = function(x[k])
    return y


tanh_kernel = njit(lambda x: activations.tanh(x))


def tanh(x):
    return each(tanh_kernel, x)


def sigmoid(x):
    return each(activations.sigmoid, x)


def grid(dtype):
    """Every magnitude from the smallest denormal to the largest number, and the curved part densely."""
    info = np.finfo(dtype)
    exponents = np.arange(np.log2(info.smallest_subnormal), info.maxexp - 0.01, 0.05)
    magnitudes = np.concatenate([np.exp2(exponents), np.linspace(0, 25, 200_001), [1e30]]).astype(dtype)
    return np.sort(np.concatenate([-magnitudes, magnitudes]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_keeps_its_relative_error_bound(dtype):
    x = grid(dtype)
    expected = np.tanh(x.astype(np.longdouble))
    assert np.all(np.abs(tanh(x) - expected) <= TANH_BOUND[dtype] * np.abs(expected))


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid_is_within_two_rounding_errors_of_one(dtype):
    x = grid(dtype)
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    assert np.max(np.abs(sigmoid(x) - expected)) <= 2 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "low"), [(tanh, -1), (sigmoid, 0)])
def test_values_never_leave_their_range_and_reach_its_ends(function, low, dtype):
    x = grid(dtype)
    y = function(x)
    assert y.dtype == dtype
    assert y.min() == low
    assert y.max() == 1
    extremes = function(np.array([-np.inf, -1e30, 1e30, np.inf], dtype=dtype))
    np.testing.assert_array_equal(extremes, [low, low, 1, 1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_is_odd_and_sigmoid_symmetric(dtype):
    x = grid(dtype)
    np.testing.assert_array_equal(tanh(-x), -tanh(x))
    np.testing.assert_allclose(sigmoid(-x), 1 - sigmoid(x), rtol=0, atol=np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_zero_and_the_smallest_numbers_pass_through_tanh(dtype):
    info = np.finfo(dtype)
    x = np.array([0.0, -0.0, info.smallest_subnormal, -info.smallest_subnormal, info.tiny], dtype=dtype)
    np.testing.assert_array_equal(tanh(x), x)
    np.testing.assert_array_equal(sigmoid(x), np.full(5, 0.5, dtype=dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [tanh, sigmoid])
def test_nan_stays_nan_among_numbers(function, dtype):
    x = np.zeros(33, dtype=dtype)
    x[[0, 7, 32]] = np.nan
    np.testing.assert_array_equal(np.isnan(function(x)), np.isnan(x))


def test_logarithms_give_fractions():
    x = np.log(np.array([2, 3, 1 / 2, 1], dtype=np.float64))
    np.testing.assert_allclose(tanh(x), [3 / 5, 4 / 5, -3 / 5, 0], rtol=1e-15)
    np.testing.assert_allclose(sigmoid(x), [2 / 3, 3 / 4, 1 / 3, 1 / 2], rtol=1e-15)
    np.testing.assert_allclose(tanh(x.astype(np.float32)), [3 / 5, 4 / 5, -3 / 5, 0], rtol=3e-7)
    np.testing.assert_allclose(sigmoid(x.astype(np.float32)), [2 / 3, 3 / 4, 1 / 3, 1 / 2], rtol=3e-7)
