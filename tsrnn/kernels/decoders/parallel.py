"""Parallel decoding: M single steps from the same state (SegRNN; Lin et al., 2023), for any cell.

Products with the state are computed once for all steps, and products with inputs that are the same in all
windows once for all windows. Letters and panels as in `tsrnn.kernels.scans.scan`:

h_0, c_0 : (P, B, lanes), the state that all steps follow
x : (M, panels, B, lanes), inputs of each window; empty if all windows have the same
shared : (x_end P, M, lanes), products of W_x with the inputs that all windows have in common, if x is empty
common : (N, B, lanes), bias and products with the state: the part of the pre-activations common to all steps
gates : (M, N, B, lanes)
h, c : (M, P, B, lanes), the states after each step
"""

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.views import flat, rows
from tsrnn.kernels.scans.scan import add_product, add_to, preactivate
from tsrnn.kernels.scans.steps import activate, apply_reset, apply_reset_backward, differentiate


@kernel
def decode(cell, weights, h_0, c_0, x, shared, common, gates, h, c):
    """Write common, gates, h and c."""
    M, N, B, width = gates.shape
    P = N // cell.n_blocks
    x_end, h_start, h_end = cell.x_end * P, cell.h_start * P, cell.h_end * P
    state, c_before = flat(h_0), flat(c_0)
    none, zero = state[:0], np.int64(0)
    preactivate(common, weights, zero, h_start, h_start, none, none)
    preactivate(common, weights, h_start, h_end, h_start, none, state)
    preactivate(common, weights, h_end, N, h_start, none, none)
    for i in range(M):
        here, shared_part = flat(gates[i]), flat(common)
        for j in range(here.size):
            here[j] = shared_part[j]
        blocks = rows(gates[i], cell.n_blocks)
        if len(x) > 0:
            add_product(gates[i, :x_end], x[i], zero, weights.W_x.shape[1], weights.W_x, zero)
        else:
            for p in range(x_end):
                for b in range(B):
                    for j in range(width):
                        gates[i, p, b, j] += shared[p, i, j]
        if h_end < x_end:
            apply_reset(cell, blocks, state)
            through = weights.W_h[h_end - h_start :]
            add_product(gates[i, h_end:x_end], gates[i], N - P, P * width, through, zero)
        activate(
            cell,
            blocks,
            state,
            flat(h[i]),
            c_before,
            flat(c[i % len(c)]),
            weights.diagonal,
        )


@kernel
def decode_backward(
    cell, weights, h_0, c_0, common, gates, h, c, dh, dh_0, dc_0, d_diagonal, d_between, dc, dx, shared
):
    """Compute the gradients of `decode`.

    weights : transposed, as in `tsrnn.kernels.scans.scan`
    dh : (M, P, B, lanes), gradient of h; overwritten
    gates, common, shared : overwritten with their gradients
    dh_0, dc_0, d_diagonal, dx : added to; dx may be empty, as x
    d_between, dc : (P, B, lanes), scratch
    """
    M, N, B, width = gates.shape
    P = N // cell.n_blocks
    x_end, h_start, h_end = cell.x_end * P, cell.h_start * P, cell.h_end * P
    state, c_before = flat(h_0), flat(c_0)
    zero = np.int64(0)
    common[:] = 0
    shared[:] = 0
    for i in range(M):
        blocks = rows(gates[i], cell.n_blocks)
        dh_i = flat(dh[i])
        dc[:] = 0
        differentiate(
            cell,
            blocks,
            state,
            flat(h[i]),
            c_before,
            flat(c[i % len(c)]),
            dh_i,
            flat(dc),
            weights.diagonal,
            d_diagonal,
        )
        if h_end < x_end:
            d_between[:] = 0
            first_row = (h_end - h_start) * width
            add_product(d_between, gates[i], h_end, (x_end - h_end) * width, weights.W_h, first_row)
            apply_reset_backward(cell, blocks, state, flat(d_between), dh_i)
        add_to(flat(common), flat(gates[i]))
        add_to(flat(dh_0), dh_i)
        add_to(flat(dc_0), flat(dc))
        if len(dx) > 0:
            add_product(dx[i], gates[i], zero, x_end * width, weights.W_x, zero)
        else:
            for p in range(x_end):
                for b in range(B):
                    for j in range(width):
                        shared[p, i, j] += gates[i, p, b, j]
    add_product(dh_0, common, h_start, (h_end - h_start) * width, weights.W_h, zero)
