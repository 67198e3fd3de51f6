"""Matrix products that add into their result, in an order fixed by the shapes alone.

Inner loops run over contiguous rows of B and C, four products to a pass, so that LLVM vectorises them.
"""

import numpy as np

from tsrnn.kernels.jit import kernel


@kernel
def multiply_add(A, B, C):
    """C += A B for A (M, K), B (K, N), C (M, N)."""
    M, K = A.shape
    N = B.shape[1]
    whole = K - K % 4
    for m in range(M):
        row = C[m]
        for k in range(0, whole, 4):
            a0, a1, a2, a3 = A[m, k], A[m, k + 1], A[m, k + 2], A[m, k + 3]
            b0, b1, b2, b3 = B[k], B[k + 1], B[k + 2], B[k + 3]
            for n in range(N):
                row[n] += a0 * b0[n] + a1 * b1[n] + a2 * b2[n] + a3 * b3[n]
        for k in range(whole, K):
            a0 = A[m, k]
            b0 = B[k]
            for n in range(N):
                row[n] += a0 * b0[n]


@kernel
def transposed_multiply_add(A, B, C):
    """C += A' B for A (M, K), B (M, N), C (K, N)."""
    M, K = A.shape
    N = B.shape[1]
    whole = M - M % 4
    for m in range(0, whole, 4):
        b0, b1, b2, b3 = B[m], B[m + 1], B[m + 2], B[m + 3]
        for k in range(K):
            a0, a1, a2, a3 = A[m, k], A[m + 1, k], A[m + 2, k], A[m + 3, k]
            row = C[k]
            for n in range(N):
                row[n] += a0 * b0[n] + a1 * b1[n] + a2 * b2[n] + a3 * b3[n]
    for m in range(whole, M):
        b0 = B[m]
        for k in range(K):
            a0 = A[m, k]
            row = C[k]
            for n in range(N):
                row[n] += a0 * b0[n]


@kernel
def add_row_sums(A, c):
    """C += the sum of the rows of A, for A (M, N), c (N,)."""
    for m in range(A.shape[0]):
        row = A[m]
        for n in range(c.size):
            c[n] += row[n]


@kernel
def affine(x, W, bias):
    """Return x W' + bias for x (T, B, I), W (N, I) and the first N entries of bias, as (T, B, N)."""
    T, B, K = x.shape
    N = W.shape[0]
    y = np.empty((T, B, N), x.dtype)
    y[:] = bias[:N]
    multiply_add(x.reshape(T * B, K), W.T.copy(), y.reshape(T * B, N))
    return y


@kernel
def input_gradients(x, W_ih, da):
    """Return the gradients of x and W_ih, given da (T, B, N): the gradient of x W_ih' + bias."""
    T, B, K = x.shape
    N = W_ih.shape[0]
    rows = da.reshape(T * B, N)
    dx = np.zeros_like(x)
    multiply_add(rows, W_ih, dx.reshape(T * B, K))
    dW_ih = np.zeros((K, N), x.dtype)
    transposed_multiply_add(x.reshape(T * B, K), rows, dW_ih)
    return dx, dW_ih.T.copy()


@kernel
def recurrent_gradient(h0, h, da):
    """Return the gradient of W_hh, given da (T, B, N): the gradient of h_(t-1) W_hh'; h_(-1) is h0 (B, H)."""
    T, B, N = da.shape
    H = h0.shape[1]
    dW_hh = np.zeros((N, H), h.dtype)
    transposed_multiply_add(da[0], h0, dW_hh)
    transposed_multiply_add(da[1:].reshape((T - 1) * B, N), h[: T - 1].reshape((T - 1) * B, H), dW_hh)
    return dW_hh
