"""Sequential decoder: recurrent layers that read the output of the step before (Sutskever et al., 2014).

M steps, L layers, O outputs; other letters and panels as in `tsrnn.kernels.scans.scan`:

last : (panels of O, B, lanes), what the first step reads as the output before it
given : (M, panels, B, lanes); in the first O columns what is read instead of the output before (teacher
    forcing), nan where the output is read; in further columns the future covariates of the step
inputs : as given; what each step reads
gates : (L, M, N, B, lanes)
h, c : (L, M + 1, P, B, lanes), initial states first; c with P = 0 for cells without memory
masks : (L, M, P, B, lanes), dropout masks; empty without dropout
up : (L, M, P, B, lanes), output of each layer, multiplied by its mask
output : (M, panels of O, B, lanes)

In inference gates and up have one step, and h and c two, which are overwritten in turn.
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
    """`Weights` of all layers, stacked; W_x of the lowest layer, of another shape, is in `lowest`."""

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
def write_input(before, given, x):
    """Write the input x of a step: `given`, or the output `before` where `given` is nan."""
    for j in range(before.size):
        x[j] = before[j] if np.isnan(given[j]) else given[j]
    for j in range(before.size, x.size):
        x[j] = given[j]


@kernel
def write_input_backward(dx, given, d_output):
    """Add the gradient of a step's input to that of the output before it, where `given` is nan."""
    for j in range(dx.size):
        if np.isnan(given[j]):
            d_output[j] += dx[j]


@kernel
def multiply(values, factors):
    """Multiply flat arrays of one size, in place."""
    for j in range(values.size):
        values[j] *= factors[j]


@kernel
def decode(cell, weights, W_head, b_head, residual, masks, given, last, inputs, gates, h, c, up, output):
    """Write inputs, gates, h, c, up and output."""
    for t in range(len(output)):
        write_input(flat(output[t - 1]) if t > 0 else flat(last), flat(given[t]), flat(inputs[t]))
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
def decode_backward(
    cell,
    weights,
    W_head,
    residual,
    masks,
    given,
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
    """Compute the gradients of `decode`.

    weights, W_head : transposed, as in `tsrnn.kernels.scans.scan`
    gates : overwritten with the gradients of the pre-activations
    d_output : gradient of output; the gradients through steps that read an output are added
    dh, dc : (L, P, B, lanes), zeros; overwritten with the gradients of the initial states
    d_diagonal : added to
    dx (panels of O, B, lanes), d_up and d_between (P, B, lanes) : scratch
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
            write_input_backward(flat(dx), flat(given[t]), flat(d_output[t - 1]))


@kernel
def decode_gradients(cell, gradient, gates, inputs, h, up, ones):
    """Add to the gradients of the layers' weights, given those of the pre-activations in gates."""
    for layer in range(len(gates)):
        below = inputs if layer == 0 else up[layer - 1]
        before = h[layer][: gates.shape[1]]
        weight_gradients(cell, layer_of(gradient, layer), gates[layer], below, before, np.int64(1), ones)
