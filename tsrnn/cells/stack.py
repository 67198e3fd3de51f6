"""A whole network, run layer by layer and step by step with the NumPy cells."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from tsrnn.cells.output import Gradients
from tsrnn.cells.stepping import step


class Network(Protocol):
    """The attributes of `tsrnn.network.Network` that are used here."""

    num_layers: int
    n_inputs: int
    architecture: Any

    @property
    def cell_name(self) -> str:
        """Name of the cell."""

    def views(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Return the parameters by name, as views."""


_LAYER = ("W_ih", "W_hh", "W_yh", "bias", "W_peephole")


def layer_weights(network: Network, theta: np.ndarray, layer: int = 0, *, reverse: bool = False) -> Gradients:
    """Return the weights of one layer, and of the head if it reads this layer, from a flat vector.

    Parameters
    ----------
    network : Network
    theta : ndarray of shape (n_parameters,)
        Parameters, or a gradient like them.
    layer : int, default 0
        Counted from the input; -1 is the top layer.
    reverse : bool, default False
        For a bidirectional layer: the direction from the last step to the first.

    Returns
    -------
    dict of str to ndarray
        Views into `theta`, by names without the number of the layer. A lower layer of the cell "jordan" has
        output weights of its own, which are its W_head and b_head.

    Examples
    --------
    >>> from tsrnn.network import Network
    >>> network = Network("gru", 1, 3, 2, 1)
    >>> theta = network.initialise(np.random.default_rng(0))
    >>> {name: array.shape for name, array in layer_weights(network, theta, 1).items()}
    {'W_ih': (9, 3), 'W_hh': (9, 3), 'bias': (12,), 'W_head': (1, 3), 'b_head': (1,)}
    """
    views = network.views(theta)
    layer = range(network.num_layers)[layer]
    suffix = f"_{layer}" + "_reverse" * reverse
    weights = {name: views[name + suffix] for name in _LAYER if name + suffix in views}
    if layer == network.num_layers - 1 and not network.architecture.bidirectional:
        weights |= {"W_head": views["W_head"], "b_head": views["b_head"]}
    elif "W_yh" in weights:
        weights |= {"W_head": views[f"W_hy{suffix}"], "b_head": views[f"b_y{suffix}"]}
    return weights


def run_network(network: Network, theta: np.ndarray, x: np.ndarray) -> dict[str, list[Any]]:
    """Run all layers from the zero state, and return the gates of every step.

    Parameters
    ----------
    network : Network
    theta : ndarray of shape (n_parameters,)
    x : ndarray of shape (T, n_inputs) or (T, B, n_inputs)
        Inputs of the network, time first, the numbers of categories last.

    Returns
    -------
    dict of str to list
        For each layer, "0", "1", ..., and direction, "0_reverse", ..., the `Cache.gates` of each step in the
        order of time.

    Examples
    --------
    >>> from tsrnn.network import Network
    >>> network = Network("lstm", 1, 3, 1, 1, dtype="float64")
    >>> theta = network.initialise(np.random.default_rng(0))
    >>> taken = run_network(network, theta, np.array([[0.5], [-1.0]]))
    >>> taken["0"][1].f.shape  # the forget gate at the second step
    (3,)
    """
    architecture = network.architecture
    views = network.views(theta)
    rows = np.asarray(x)
    if architecture.n_symbols:
        rows = views["W_symbol"][rows[..., 0].astype(int)]
    if architecture.categories:
        rows = np.concatenate([rows[..., : network.n_inputs], *_categories(network, views, rows)], axis=-1)
    if architecture.embedding:
        rows = np.maximum(0, rows @ views["W_embed"].T + views["b_embed"])
    taken = {}
    for layer in range(network.num_layers):
        skip, ups = architecture.skip(layer), []
        for suffix in architecture.suffixes:
            weights = layer_weights(network, theta, layer, reverse=bool(suffix))
            order = -1 if suffix else 1
            gates = _run_layer(network.cell_name, weights, rows[::order], skip)[::order]
            taken[f"{layer}{suffix}"] = gates
            ups.append(np.stack([of_step.h for of_step in gates]))
        up = np.concatenate(ups, axis=-1)
        rows = up + rows if architecture.residual and layer > 0 else up
    return taken


def _categories(network: Network, views: Gradients, x: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the embedding vectors of the categories in x."""
    for name, column, _ in network.architecture.embedding_tables:
        codes = x[..., column].astype(int)
        yield np.where(codes[..., None] < 0, 0, views[name][codes])


def _run_layer(cell: str, weights: Gradients, rows: np.ndarray, skip: int) -> list[Any]:
    """Return the gates of every step; the recurrence reaches `skip` steps back."""
    states: list[Any] = [None] * skip
    gates = []
    for t, row in enumerate(rows):
        state, _, cache = step(cell, weights, row, states[t], output=None)
        states.append(state)
        gates.append(cache.gates)
    return gates
