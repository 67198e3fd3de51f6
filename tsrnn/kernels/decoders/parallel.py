"""Many single steps from one state (SegRNN's parallel decoding; Lin et al., 2023), for any cell.

The steps share the state h_0, c_0 (P, B, lanes), so that its product is taken once; inputs that all windows
share are multiplied once for all of them. M steps: x (M, panels, B, lanes), or empty if `shared`
(x_end P, M, lanes) holds the products of the common inputs; gates (M, N, B, lanes), h and c (M, P, B, lanes).
`common` (N, B, lanes) is what the steps' pre-activations share.
"""

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.views import flat, rows
from tsrnn.kernels.scans.scan import add_product, add_to, preactivate
from tsrnn.kernels.scans.steps import activate, differentiate, prepare, resume


@kernel
def decode(cell, weights, h_0, c_0, x, shared, common, gates, h, c):
    """Take M steps from one state."""
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
            prepare(cell, blocks, state)
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
    """Go back through `decode`, given dh (M, P, B, lanes), which is used up.

    gates, common and shared turn into their gradients; dh_0, dc_0, d_diagonal and dx are added to; dc and
    d_between (P, B, lanes) are room to work in.
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
            resume(cell, blocks, state, flat(d_between), dh_i)
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
