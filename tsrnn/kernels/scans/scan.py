"""A recurrent layer over all steps, forward and backward, for any cell.

All arrays are in panels (see `tsrnn.kernels.packing.tile`). T steps, B windows, P panels of hidden units,
N = n_blocks P panels of gates:

x : (T, panels, B, lanes)
gates : (T, N, B, lanes)
h : (slots, panels of all directions, B, lanes)
c : (slots, P, B, lanes); P = 0 for cells without memory
spans : (B, 2), the first step of each window and the one after its last; steps outside are padding, where
    states are 0. Empty: all windows have all T steps

Step t reads slot t + abs(skip) - skip and writes slot t + abs(skip). With a negative skip the layer runs from
the last step to the first, in the last P panels of h. Slots that no step writes hold initial states.
"""

from typing import NamedTuple

import numpy as np

from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.products import add_transposed, multiply_add, nothing, product
from tsrnn.kernels.packing.tile import Panels, lanes
from tsrnn.kernels.packing.views import flat, rows
from tsrnn.kernels.scans.steps import activate, apply_reset, apply_reset_backward, differentiate

_CHUNK = 256  # rows that stay in the cache until all of their products are computed


class Weights(NamedTuple):
    """Weights of a layer, or their gradient.

    W_x, W_h : (N or fewer panels of gates, inputs or states, lanes); for backward passes the transposes,
        (panels of inputs or states, gates, lanes)
    bias : (N, lanes)
    diagonal : (n_diagonals, P B lanes), elementwise weights, repeated for each window
    """

    W_x: np.ndarray
    W_h: np.ndarray
    bias: np.ndarray
    diagonal: np.ndarray


@kernel
def direction_start(h, P, skip):
    """Return the first panel of h that belongs to a direction."""
    return h.shape[1] - P if skip < 0 else 0


@kernel
def add_to(total, part):
    """Add `part` to `total`, both (n,)."""
    for j in range(total.size):
        total[j] += part[j]


@kernel
def zero_padding(states, spans, t):
    """Set states (P, B, lanes) to 0 in windows for which step t is padding."""
    for b in range(len(spans)):
        if t < spans[b, 0] or t >= spans[b, 1]:
            states[:, b] = 0


@kernel
def preactivate(gates, weights, first, last, first_of_h, x, h):
    """Write gates = bias + x W_x + h W_h in panels `first` to `last`; x or h may be empty."""
    _, B, width = gates.shape
    x_rows, h_rows = weights.W_x.shape[1], weights.W_h.shape[1]
    multiply_add(
        Panels(flat(gates), first * B * width, B * width),
        B,
        last - first,
        Panels(flat(weights.bias), first * width, width),
        np.int64(0),
        product(
            Panels(x, 0, B * width),
            Panels(flat(weights.W_x), first * x_rows * width, x_rows * width),
            x_rows if x.size > 0 else 0,
        ),
        product(
            Panels(h, 0, B * width),
            Panels(flat(weights.W_h), (first - first_of_h) * h_rows * width, h_rows * width),
            h_rows if h.size > 0 else 0,
        ),
    )


@kernel
def add_product(C, A, first, K, W, first_row):
    """Add A W to C, for K columns of A (panels, B, lanes) from panel `first`, rows of W from `first_row`."""
    n_panels, B, width = C.shape
    whole = Panels(flat(C), 0, B * width)
    left = Panels(flat(A), first * B * width, B * width)
    right = Panels(flat(W), first_row * width, W.shape[1] * width)
    multiply_add(whole, B, n_panels, whole, width, product(left, right, K), nothing(whole))


@kernel
def step_forward(cell, weights, gates, x, h_before, h, c_before, c):
    """Run one step of all windows: write gates (N, B, lanes), h and c; states and x are flat."""
    N = len(gates)
    P = N // cell.n_blocks
    x_end, h_start, h_end = cell.x_end * P, cell.h_start * P, cell.h_end * P
    blocks = rows(gates, cell.n_blocks)
    none, zero = x[:0], np.int64(0)  # a literal 0 has a type of its own, and would compile a second time
    preactivate(gates, weights, zero, h_start, h_start, x, none)
    preactivate(gates, weights, h_start, min(x_end, h_end), h_start, x, h_before)
    if h_end > x_end:
        preactivate(gates, weights, x_end, h_end, h_start, none, h_before)
    if h_end < x_end:
        apply_reset(cell, blocks, h_before)
        preactivate(gates, weights, h_end, x_end, h_start, x, blocks[cell.n_blocks - 1])
    activate(cell, blocks, h_before, h, c_before, c, weights.diagonal)


@kernel
def forward(cell, weights, x, gates, h, c, skip, spans):
    """Run a layer over x: write gates, h and c. If gates or c have fewer slots, these are used in turn."""
    N, B, width = gates.shape[1:]
    P = N // cell.n_blocks
    n, side = P * B * width, direction_start(h, P, skip)
    start = side * B * width
    for step in range(len(x)):
        t = step if skip > 0 else len(x) - 1 - step
        now, before = t + abs(skip), t + abs(skip) - skip
        step_forward(
            cell,
            weights,
            gates[t % len(gates)],
            flat(x[t]),
            flat(h[before])[start : start + n],
            flat(h[now])[start : start + n],
            flat(c[before % len(c)]),
            flat(c[now % len(c)]),
        )
        if len(spans) > 0:
            zero_padding(h[now, side : side + P], spans, t)
            zero_padding(c[now % len(c)], spans, t)


@kernel
def step_backward(cell, weights, gates, h_before, h, c_before, c, dh, dc, d_diagonal, d_between):
    """Overwrite gates with gradients of pre-activations, and dh and dc with those of the states before."""
    N, width = len(gates), gates.shape[2]
    P = N // cell.n_blocks
    x_end, h_start, h_end = cell.x_end * P, cell.h_start * P, cell.h_end * P
    blocks = rows(gates, cell.n_blocks)
    differentiate(cell, blocks, h_before, h, c_before, c, flat(dh), dc, weights.diagonal, d_diagonal)
    if h_end < x_end:
        d_between[:] = 0
        add_product(d_between, gates, h_end, (x_end - h_end) * width, weights.W_h, (h_end - h_start) * width)
        apply_reset_backward(cell, blocks, h_before, flat(d_between), flat(dh))
    add_product(dh, gates, h_start, (h_end - h_start) * width, weights.W_h, np.int64(0))


@kernel
def add_outer(dW, A, first_panel, d, first, last):
    """Add the sum over time of A' d to dW, the gradient of a weight matrix.

    dW : (last - first, rows, lanes), added to
    A : (T or 1, panels, B, lanes), from panel `first_panel` on as many columns as dW has rows
    d : (T, panels, B, lanes), panels `first` to `last`
    """
    n_rows, width = dW.shape[1:]
    T, _, B, _ = d.shape
    add_transposed(
        Panels(flat(dW), 0, n_rows * width),
        n_rows,
        last - first,
        Panels(flat(A), first_panel * B * width, B * width),
        Panels(flat(d), first * B * width, B * width),
        T,
        B,
        A[0].size if len(A) > 1 else np.int64(0),
        d[0].size,
    )


@kernel
def weight_gradients(cell, gradient, gates, x, h_before, skip, ones):
    """Add to the gradients of W_x, W_h and bias, given those of the pre-activations in gates."""
    N, width = gates.shape[1], lanes(gates)
    P = N // cell.n_blocks
    x_end, h_start, h_end = cell.x_end * P, cell.h_start * P, cell.h_end * P
    side, zero = direction_start(h_before, P, skip), np.int64(0)
    add_outer(gradient.bias.reshape((N, 1, width)), ones, zero, gates, zero, N)
    add_outer(gradient.W_x, x, zero, gates, zero, x_end)
    add_outer(gradient.W_h[: h_end - h_start], h_before, side, gates, h_start, h_end)
    if h_end < x_end:
        add_outer(gradient.W_h[h_end - h_start :], gates, N - P, gates, h_end, x_end)


@kernel
def backward(cell, weights, gradient, x, gates, h, c, above, first, dh, dc, d_between, dx, ones, skip, spans):
    """Compute the gradients of `forward`.

    weights : transposed
    gradient : `Weights`, added to
    gates : overwritten with the gradients of the pre-activations
    above : (steps, panels of all directions, B, lanes), d loss / d h at steps from `first` on
    dh, dc : (abs(skip), P, B, lanes), gradients of the final states; overwritten with those of the initial
        states
    dx : as x, added to; or empty
    d_between : (P, B, lanes), scratch for cells with a reset gate before the product
    ones : (1, 1, B, lanes)
    """
    T, N, B, width = gates.shape
    P = N // cell.n_blocks
    n, zero = P * B * width, np.int64(0)
    start = direction_start(h, P, skip) * B * width
    chunk = max(1, _CHUNK // B)
    for done in range(0, T, chunk):
        for step in range(done, min(done + chunk, T)):
            t = T - 1 - step if skip > 0 else step
            now, before = t + abs(skip), t + abs(skip) - skip
            dh_t, dc_t = dh[t % abs(skip)], dc[t % abs(skip)]
            if first <= t < first + len(above):
                add_to(flat(dh_t), flat(above[t - first])[start : start + n])
            if len(spans) > 0:
                zero_padding(dh_t, spans, t)
                zero_padding(dc_t, spans, t)
            step_backward(
                cell,
                weights,
                gates[t],
                flat(h[before])[start : start + n],
                flat(h[now])[start : start + n],
                flat(c[before % len(c)]),
                flat(c[now % len(c)]),
                dh_t,
                flat(dc_t),
                gradient.diagonal,
                d_between,
            )
            if len(dx) > 0:
                add_product(dx[t], gates[t], zero, cell.x_end * P * width, weights.W_x, zero)
        ready = min(chunk, T - done)
        low = T - done - ready if skip > 0 else done
        high, shift = low + ready, abs(skip) - skip
        h_before = h[low + shift : high + shift]
        weight_gradients(cell, gradient, gates[low:high], x[low:high], h_before, skip, ones)
