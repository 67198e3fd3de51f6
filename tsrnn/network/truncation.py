"""Truncated backpropagation through time: gradients followed back a limited number of steps."""

from itertools import pairwise
from typing import Any

import numpy as np

from tsrnn.kernels.losses import total_weight
from tsrnn.network.network import Network


def truncated_value_and_gradient(
    network: Network,
    theta: np.ndarray,
    x: np.ndarray,
    target: np.ndarray,
    loss: str,
    gradient: np.ndarray,
    *,
    bptt: int,
    weight: np.ndarray | None = None,
    begins: np.ndarray | None = None,
    future: np.ndarray | None = None,
    **more: Any,
) -> float:
    """Return the mean loss and write its gradient, truncated to at most `bptt` steps.

    The steps are split into segments of `bptt`, the last of which ends with the batch (Williams & Peng, 1990,
    BPTT(h; h)). A segment starts from the final states of the one before, through which no gradient flows
    back. With no more than `bptt` steps this is `Network.value_and_gradient`, which documents the parameters.
    """
    if bptt >= len(x):
        return network.value_and_gradient(
            theta, x, target, loss, gradient, weight=weight, begins=begins, future=future, **more
        )
    if weight is None:
        weight = np.empty((0, 0), theta.dtype)
    decodes, total = network.architecture.n_decoded > 0, total_weight(target, weight)
    first = len(x) - (1 if decodes else len(target))
    state, part, value = network.zero_state(x.shape[1]), np.empty_like(gradient), 0.0
    gradient[:] = 0
    for low, high in pairwise([0, *range(len(x) % bptt or bptt, len(x) + 1, bptt)]):
        here = slice(None) if decodes else slice(max(low - first, 0), max(high - first, 0))
        here_total = total_weight(target[here], weight[here]) if high > first else 0.0
        begins_here = None if begins is None else np.clip(begins - low, 0, high - low)
        if not here_total > 0:
            workspace = more.get("workspace")
            _, state = network.forward(
                theta, x[low:high], state, first=-1, begins=begins_here, future=future, workspace=workspace
            )
            continue
        final = network.zero_state(x.shape[1])
        share = here_total / total
        value += share * network.value_and_gradient(
            theta,
            x[low:high],
            target[here],
            loss,
            part,
            state=state,
            weight=weight[here],
            begins=begins_here,
            future=future,
            final=final,
            **more,
        )
        gradient += share * part
        state = final
    return value
