"""The matrix products in panels against NumPy, and the interpreted tile against the compiled one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.oracle import TOLERANCE
from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing import tile
from tsrnn.kernels.packing.products import add_transposed, multiply_add, nothing, product
from tsrnn.kernels.packing.tile import Panels, lanes

DTYPES = ["float32", "float64"]


def in_panels(matrix):
    """Lay out (rows, columns), columns padded to whole panels with numbers that must not matter."""
    width = lanes(matrix)
    padded = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % width)), constant_values=77)
    return np.ascontiguousarray(padded.reshape(len(matrix), -1, width).transpose(1, 0, 2))


def in_rows(panels, n_columns):
    return panels.transpose(1, 0, 2).reshape(panels.shape[1], -1)[:, :n_columns]


@kernel
def whole(panels):
    return Panels(panels.reshape(-1), 0, panels.shape[1] * panels.shape[2])


@kernel
def affine(C, bias, A, W, K, A2, W2, K2):
    first, second = product(whole(A), whole(W), K), product(whole(A2), whole(W2), K2)
    multiply_add(whole(C), C.shape[1], C.shape[0], whole(bias), np.int64(0), first, second)


@kernel
def added(C, A, W, K):
    first = product(whole(A), whole(W), K)
    multiply_add(whole(C), C.shape[1], C.shape[0], whole(C), lanes(C), first, nothing(whole(A)))


@kernel
def outer(C, A, B):
    steps, _, rows, width = A.shape
    left, right = Panels(A.reshape(-1), 0, rows * width), Panels(B.reshape(-1), 0, rows * width)
    add_transposed(whole(C), C.shape[1], C.shape[0], left, right, steps, rows, A[0].size, B[0].size)


def assert_close(actual, expected, dtype):
    allowed = TOLERANCE[dtype] * np.abs(expected).max(initial=1)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=allowed)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=60)
@given(rows=st.integers(1, 21), columns=st.integers(1, 100), K=st.integers(1, 5), panels=st.integers(1, 3))
def test_products_equal_numpy(dtype, rows, columns, K, panels):
    rng = np.random.default_rng(rows * columns)
    width = lanes(np.empty(0, dtype))
    sizes = [(rows, K), (K, columns), (rows, panels * width), (panels * width, columns), (1, columns)]
    A, W, A2, W2, bias = (rng.standard_normal(size).astype(dtype) for size in sizes)
    C = in_panels(np.full((rows, columns), np.nan, dtype))
    laid_out = [in_panels(matrix) for matrix in (A, W, A2, W2)]
    K2 = panels * width
    affine(C, in_panels(bias), laid_out[0], laid_out[1], K, laid_out[2], laid_out[3], K2)
    expected = bias.astype(float) + A.astype(float) @ W + A2.astype(float) @ W2
    assert_close(in_rows(C, columns), expected, dtype)
    added(C, laid_out[2], laid_out[3], K2)
    assert_close(in_rows(C, columns), expected + A2.astype(float) @ W2, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=60)
@given(steps=st.integers(1, 4), rows=st.integers(1, 9), K=st.integers(1, 40), columns=st.integers(1, 100))
def test_transposed_products_equal_numpy(dtype, steps, rows, K, columns):
    rng = np.random.default_rng(rows * columns)
    A = rng.standard_normal((steps, rows, K)).astype(dtype)
    B = rng.standard_normal((steps, rows, columns)).astype(dtype)
    start = rng.standard_normal((K, columns)).astype(dtype)
    C = in_panels(start)
    outer(C, np.stack([in_panels(matrix) for matrix in A]), np.stack([in_panels(matrix) for matrix in B]))
    expected = start + np.einsum("trk,trc->kc", A.astype(float), B.astype(float))
    assert_close(in_rows(C, columns), expected, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_has_the_same_bits_in_any_company(dtype):
    rng = np.random.default_rng(0)
    K = 2 * lanes(np.empty(0, dtype))
    A, W = rng.standard_normal((19, K)).astype(dtype), rng.standard_normal((K, 70)).astype(dtype)
    bias, zero = in_panels(np.ones((1, 70), dtype)), in_panels(np.zeros((19, K), dtype))
    together = in_panels(np.empty((19, 70), dtype))
    affine(together, bias, in_panels(A), in_panels(W), K, zero, in_panels(W), 0)
    for row in range(19):
        alone = in_panels(np.empty((1, 70), dtype))
        affine(alone, bias, in_panels(A[row : row + 1]), in_panels(W), K, zero, in_panels(W), 0)
        np.testing.assert_array_equal(in_rows(alone, 70)[0], in_rows(together, 70)[row])


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_interpreted_tiles_equal_compiled_ones(dtype, transposed):
    rng = np.random.default_rng(0)
    width = lanes(np.empty(0, dtype))
    A, B, D = (rng.standard_normal(12 * width * width).astype(dtype) for _ in range(3))
    compiled = tile._compiled(3, 2, transposed)

    @kernel
    def run(C, D, A, B):
        first = tile.Product(Panels(A, 1, 3 * width), Panels(B, 2, 2 * width), 2, 3, 5, 7)
        second = tile.Product(Panels(B, 3, width), Panels(A, 4, width), 1, 2, 0, 0)
        compiled(2, 1, Panels(C, 5, 6 * width), Panels(D, 6, width), 3, first, second)

    interpreted = tile._interpreted(3, 2, transposed)
    actual, expected = np.zeros_like(D), np.zeros_like(D)
    run(actual, D, A, B)
    first = tile.Product(Panels(A, 1, 3 * width), Panels(B, 2, 2 * width), 2, 3, 5, 7)
    second = tile.Product(Panels(B, 3, width), Panels(A, 4, width), 1, 2, 0, 0)
    interpreted(2, 1, Panels(expected, 5, 6 * width), Panels(D, 6, width), 3, first, second)
    assert np.count_nonzero(expected) == 6 * width
    assert_close(actual, expected, dtype)
