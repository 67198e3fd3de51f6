"""A stack of layers that reads its own output: the decoder of encoder and decoder (Sutskever et al., 2014).

M steps, L layers, O outputs; other letters and layouts as in `scan`. inputs (M, panels, B, lanes) are what
steps read: in their first columns what came before, the output of the step before or, for the first step,
last (panels of O, B, lanes). told, like inputs, holds what is read in place of that, nan where that is read,
and in further columns what is known of the step. gates (L, M, N, B, lanes); h (L, M + 1, P, B, lanes) and c
(L, M + 1, P or 0, B, lanes), starting states first; up (L, M, P, B, lanes) is what a layer sends up,
multiplied by masks (likewise) unless these are empty. Where gates, h, c and up have room for fewer steps,
later ones overwrite earlier ones.
"""

from typing import NamedTuple

import numpy as np

from tsrnn.kernels.dense import dense
from tsrnn.kernels.jit import kernel
from tsrnn.kernels.packing.views import flat
from tsrnn.kernels.scans.scan import (
    Weights,
    add_product,
    add_to,
    step_backward,
    step_forward,
    weight_gradients,
)


class Stack(NamedTuple):
    """`Weights` of all layers side by side: lowest for the inputs of the lowest layer, W_x of those above."""

    lowest: np.ndarray
    W_x: np.ndarray
    W_h: np.ndarray
    bias: np.ndarray
    diagonal: np.ndarray


@kernel
def layer_of(stack, layer):
    """Return the weights of one layer."""
    W_x = stack.lowest if layer == 0 else stack.W_x[layer - 1]
    return Weights(W_x, stack.W_h[layer], stack.bias[layer], stack.diagonal[layer])


@kernel
def feed(before, told, x):
    """Write what a step reads: what it is told, or else what came before."""
    for j in range(before.size):
        x[j] = before[j] if np.isnan(told[j]) else told[j]
    for j in range(before.size, x.size):
        x[j] = told[j]


@kernel
def feed_backward(dx, told, d_output):
    """Add the gradient of what a step read to that of the output before it, where this was read."""
    for j in range(dx.size):
        if np.isnan(told[j]):
            d_output[j] += dx[j]


@kernel
def multiply(values, factors):
    """Multiply flat arrays of one size, in place."""
    for j in range(values.size):
        values[j] *= factors[j]


@kernel
def unroll(cell, weights, W_head, b_head, residual, masks, told, last, inputs, gates, h, c, up, output):
    """Write inputs, all states and output (M, panels of O, B, lanes)."""
    for t in range(len(output)):
        feed(flat(output[t - 1]) if t > 0 else flat(last), flat(told[t]), flat(inputs[t]))
        below = flat(inputs[t])
        for layer in range(len(gates)):
            h_now = flat(h[layer, (t + 1) % h.shape[1]])
            step_forward(
                cell,
                layer_of(weights, layer),
                gates[layer, t % gates.shape[1]],
                below,
                flat(h[layer, t % h.shape[1]]),
                h_now,
                flat(c[layer, t % c.shape[1]]),
                flat(c[layer, (t + 1) % c.shape[1]]),
            )
            here = flat(up[layer, t % up.shape[1]])
            for j in range(here.size):
                here[j] = h_now[j]
            if residual and layer > 0:
                add_to(here, below)
            if masks.size > 0:
                multiply(here, flat(masks[layer, t]))
            below = here
        top = t % up.shape[1]
        dense(up[len(up) - 1][top : top + 1], W_head, b_head, output[t : t + 1])


@kernel
def unroll_backward(
    cell,
    weights,
    W_head,
    residual,
    masks,
    told,
    gates,
    h,
    c,
    d_output,
    dx,
    dh,
    dc,
    d_up,
    d_between,
    d_diagonal,
):
    """Go back through `unroll`, with transposed weights: gates turn into gradients of pre-activations.

    d_output is added what comes back from the steps that read an output. dh and dc (L, P, B, lanes) start as
    zeros and are left with the gradients of the starting states; d_diagonal is added to; dx (panels of O, B,
    lanes), d_up and d_between (P, B, lanes) are room to work in.
    """
    n_below, zero = cell.x_end * d_up.shape[0] * d_up.shape[2], np.int64(0)
    for t in range(len(d_output) - 1, -1, -1):
        d_up[:] = 0
        add_product(d_up, d_output[t], zero, W_head.shape[1], W_head, zero)
        for layer in range(len(gates) - 1, -1, -1):
            if masks.size > 0:
                multiply(flat(d_up), flat(masks[layer, t]))
            add_to(flat(dh[layer]), flat(d_up))
            here = gates[layer, t]
            step_backward(
                cell,
                layer_of(weights, layer),
                here,
                flat(h[layer, t]),
                flat(h[layer, t + 1]),
                flat(c[layer, t % c.shape[1]]),
                flat(c[layer, (t + 1) % c.shape[1]]),
                dh[layer],
                flat(dc[layer]),
                d_diagonal[layer],
                d_between,
            )
            if layer > 0:
                if not residual:
                    d_up[:] = 0
                add_product(d_up, here, zero, n_below, weights.W_x[layer - 1], zero)
        if t > 0:
            dx[:] = 0
            add_product(dx, gates[0, t], zero, n_below, weights.lowest, zero)
            feed_backward(flat(dx), flat(told[t]), flat(d_output[t - 1]))


@kernel
def unroll_gradients(cell, gradient, gates, inputs, h, up, ones):
    """Add to the gradients of the layers' weights, given those of the gates."""
    for layer in range(len(gates)):
        below = inputs if layer == 0 else up[layer - 1]
        before = h[layer][: gates.shape[1]]
        weight_gradients(cell, layer_of(gradient, layer), gates[layer], below, before, np.int64(1), ones)
