"""Diagnostics of vanishing and exploding gradients: gradient norms over time, and spectral radii."""

import numpy as np

from tsrnn.network import Network

_GATES = {"lstm": "ifgo", "lstm_peephole": "ifgo", "gru": "rzn", "gru_reset_before": "rzn"}


def gradient_flow(
    network: Network,
    theta: np.ndarray,
    x: np.ndarray,
    target: np.ndarray,
    loss: str,
    size: np.ndarray | None = None,
    future: np.ndarray | None = None,
    n_ahead: int = 0,
) -> dict[str, np.ndarray]:
    """Return gradient norms, by step, of the loss of a forecast with respect to earlier states.

    Parameters
    ----------
    network : Network
        Not bidirectional, with a head that reads the last step, or a decoder that starts from it.
    theta : ndarray of shape (n_parameters,)
    x : ndarray of shape (T, B, n_inputs)
    target : ndarray of shape (1 or n_ahead or n_decoded, B, n_outputs)
    loss, size, future
        As for `Network.value_and_gradient`.
    n_ahead : int, default 0
        How many of the last steps of `x` belong to the horizon. Each has a target, and states are counted
        back from the one before them.

    Returns
    -------
    dict of str to ndarray of shape (T - n_ahead,)
        "h_l" for the states of each layer l and, for LSTMs, "c_l" for its memories. Entry k - 1 is the norm
        of d loss / d state for the state k steps before the last one, as root mean square over the windows.
        For a dilated layer it is the norm over all states that later steps read.

    Raises
    ------
    ValueError
        For networks whose loss does not depend on the last state alone: bidirectional ones, pooling="mean".

    Notes
    -----
    The product of Jacobians whose vanishing and exploding Bengio et al. (1994) and Pascanu et al. (2013,
    arXiv:1211.5063, section 2) describe, applied to the loss's own gradient.

    Examples
    --------
    A unit that halves its state, one step after the other:

    >>> network = Network("rnn_relu", 1, 1, 1, 1, dtype="float64")
    >>> theta = np.array([1.0, 0.5, 0.0, 1.0, 0.0])  # W_ih, W_hh, bias, W_head, b_head
    >>> gradient_flow(network, theta, np.ones((4, 1, 1)), np.zeros((1, 1, 1)), "mae")
    {'h_0': array([0.5   , 0.25  , 0.125 , 0.0625])}
    """
    architecture = network.architecture
    if architecture.bidirectional or architecture.pooling == "mean":
        raise ValueError(
            "The gradient is followed from the last state to earlier ones; this network reads its steps in "
            'both directions, or the mean of all. Fit with bidirectional=False and pooling="last".'
        )
    T, B = len(x) - n_ahead, x.shape[1]
    workspace = network.workspace()
    states = [network.zero_state(B)]
    for t in range(T - 1):
        step = network.forward(theta, x[t : t + 1], states[t], first=-1, future=future, workspace=workspace)
        states.append(step[1])
    gradient, d_state = np.empty_like(theta), network.zero_state(B)
    names = [f"{part}_{layer}" for layer in range(network.num_layers) for part in "hc"[: len(d_state[0])]]
    flow = {name: np.empty(T) for name in names}
    for t, state in enumerate(states):
        network.value_and_gradient(
            theta,
            x[t:],
            target,
            loss,
            gradient,
            size=size,
            state=state,
            future=future,
            d_state=d_state,
            workspace=workspace,
        )
        norms = [np.linalg.norm(part.astype(np.float64)) for layer in d_state for part in layer]
        for name, norm in zip(names, norms, strict=True):
            flow[name][T - 1 - t] = np.sqrt(B) * norm  # the loss is a mean over B windows
    return flow


def spectral_radii(network: Network, theta: np.ndarray) -> dict[str, float]:
    """Return the largest absolute eigenvalue of each recurrent matrix.

    For a simple cell "h_l" for W_hh of layer l (W_yh W_head for "jordan"): the gradient of a linear cell
    vanishes if it is below 1 and explodes if it is above; the slope of tanh, at most 1, shrinks it further
    (Pascanu et al., 2013, arXiv:1211.5063, section 2.1). For a gated cell one number for each gate's block,
    "i_l", "f_l", "g_l", "o_l" or "r_l", "z_l", "n_l"; it tells less, because most of the gradient does not
    pass through these matrices. Names end in ``_reverse`` for the other direction of a bidirectional network.
    Empty for cells without recurrence.

    Examples
    --------
    >>> network = Network("irnn", 1, 4, 1, 1)
    >>> spectral_radii(network, network.initialise(np.random.default_rng(0)))
    {'h_0': 1.0}
    """
    views, radii = network.views(theta), dict[str, float]()
    for layer in range(network.num_layers if network.architecture.cell.h_gates else 0):
        for suffix in network.architecture.suffixes:
            name = f"{layer}{suffix}"
            if f"W_yh_{name}" in views:
                readout = views.get(f"W_hy_{name}", views["W_head"])
                W = views[f"W_yh_{name}"] @ readout
            else:
                W = views[f"W_hh_{name}"]
            gates = _GATES.get(network.cell_name, "h")
            for gate, block in zip(gates, np.split(W.astype(np.float64), len(gates)), strict=True):
                radii[f"{gate}_{name}"] = float(np.abs(np.linalg.eigvals(block)).max())
    return radii
