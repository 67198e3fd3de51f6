"""Export and import of weights by name, in the layouts of tsrnn, PyTorch and Keras.

The equations are the same; the number of biases, the order of the gates and the orientation of matrices
differ. Every conversion is exact, except that two biases that are always added become their sum.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tsrnn.network import Network
from tsrnn.validation import check_choice

Arrays = dict[str, np.ndarray]

LAYOUTS = ("tsrnn", "torch", "keras")
_TORCH = ("rnn", "rnn_relu", "irnn", "lstm", "gru")
_CELLS = {"torch": _TORCH, "keras": (*_TORCH, "gru_reset_before")}
_MODULES = {"torch": "torch.nn", "keras": "keras.layers"}


def export_weights(network: Network, theta: np.ndarray, layout: str = "tsrnn") -> Arrays:
    """Return a network's weights by name, as copies.

    Parameters
    ----------
    network : Network
    theta : ndarray of shape (n_parameters,)
    layout : {"tsrnn", "torch", "keras"}, default "tsrnn"
        For layer l = 0, 1, ..., and again with ``_reverse`` at the end if the network is bidirectional:

        "tsrnn": ``W_ih_l`` (gates H, inputs), ``W_hh_l`` (gates H, H), ``bias_l``, ... as `Network.views`
        names them, with the LSTM's gates in the order i, f, g, o and the GRU's r, z, n.

        "torch": ``weight_ih_ll`` (so "weight_ih_l0"), ``weight_hh_ll``, ``bias_ih_ll``, ``bias_hh_ll``: the
        ``state_dict()`` of torch.nn.RNN, LSTM and GRU; the second bias is zero except for GRU's b_hn. Dense
        layers as torch.nn.Linear: ``head.weight`` (outputs, H) and ``head.bias``.

        "keras": ``kernel_l`` (inputs, gates H), ``recurrent_kernel_l`` (H, gates H), ``bias_l``, in the order
        of ``get_weights()`` of keras.layers.SimpleRNN, LSTM and GRU, also inside Bidirectional, with Keras'
        order of gates (i, f, c, o and z, r, h). "gru" is GRU(reset_after=True), whose bias is (2, 3 H);
        "gru_reset_before" is GRU(reset_after=False). Dense layers: ``kernel_head`` (H, outputs) and
        ``bias_head``.

        The layers of a sequential decoder end in ``_decoder``; they are another module of the same kind.
        Embedding vectors of symbols are ``symbol.weight`` for torch.nn.Embedding, ``embeddings_symbol`` for
        keras.layers.Embedding.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ValueError
        If the other library has no such cell ("jordan", "lstm_peephole"; "gru_reset_before" in PyTorch), or
        no such stack of layers (residual, dilated).

    Examples
    --------
    >>> network = Network("gru", n_inputs=1, hidden_size=2, num_layers=1, n_outputs=3)
    >>> theta = network.initialise(np.random.default_rng(0))
    >>> {name: array.shape for name, array in export_weights(network, theta, "torch").items()}
    {'weight_ih_l0': (6, 1), 'weight_hh_l0': (6, 2), 'bias_ih_l0': (6,), 'bias_hh_l0': (6,),
     'head.weight': (3, 2), 'head.bias': (3,)}
    >>> {name: array.shape for name, array in export_weights(network, theta, "keras").items()}
    {'kernel_0': (1, 6), 'recurrent_kernel_0': (2, 6), 'bias_0': (2, 6),
     'kernel_head': (2, 3), 'bias_head': (3,)}
    """
    _check_layout(network, layout)
    views = {name: view.copy() for name, view in network.views(theta).items()}
    if layout == "tsrnn":
        return views
    write = _torch_layer if layout == "torch" else _keras_layer
    weights: Arrays = {}
    for suffix in _layers(network):
        W_ih, W_hh, bias = (views.pop(f"{name}_{suffix}") for name in ("W_ih", "W_hh", "bias"))
        weights |= write(network.cell_name, suffix, W_ih, W_hh, bias)
    for name, array in views.items():
        weights[_dense_name(name, layout)] = _dense(name, array, layout)
    return {name: np.ascontiguousarray(array) for name, array in weights.items()}


def import_weights(network: Network, weights: Mapping[str, Any], layout: str = "tsrnn") -> np.ndarray:
    """Return the flat parameter vector of a network, given its weights by name.

    Parameters
    ----------
    network : Network
    weights : mapping of str to array-like
        All names that `export_weights` returns for the layout, with their shapes; PyTorch tensors are
        accepted. Two biases that are always added are replaced by their sum.
    layout : {"tsrnn", "torch", "keras"}, default "tsrnn"

    Returns
    -------
    ndarray of shape (n_parameters,)

    Raises
    ------
    TypeError, ValueError
        If `weights` is no mapping, if a name is missing or unknown, or an array has another shape than needed
        or numbers that are not finite; and for the reasons of `export_weights`.

    Examples
    --------
    >>> network = Network("lstm", n_inputs=1, hidden_size=2, num_layers=1, n_outputs=3)
    >>> theta = network.initialise(np.random.default_rng(0))
    >>> again = import_weights(network, export_weights(network, theta, "keras"), "keras")
    >>> np.array_equal(again, theta)
    True
    """
    theta = np.zeros(network.n_parameters, network.dtype)
    needed = export_weights(network, theta, layout)
    shapes = {name: array.shape for name, array in needed.items()}
    arrays = _checked(weights, shapes, network.dtype)
    views = network.views(theta)
    read = {"torch": _from_torch_layer, "keras": _from_keras_layer}
    for suffix in _layers(network) if layout in read else ():
        for name, array in read[layout](network.cell_name, suffix, arrays).items():
            views.pop(f"{name}_{suffix}")[:] = array
    for name, view in views.items():
        view[:] = _dense(name, arrays[_dense_name(name, layout)], layout)
    return theta


def _layers(network: Network) -> Iterator[str]:
    architecture = network.architecture
    stacks = [architecture.suffixes, *([("_decoder",)] if architecture.has_sequential_decoder else [])]
    for suffixes in stacks:
        for layer in range(network.num_layers):
            yield from (f"{layer}{suffix}" for suffix in suffixes)


def _torch_layer(cell: str, suffix: str, W_ih: np.ndarray, W_hh: np.ndarray, bias: np.ndarray) -> Arrays:
    n = len(W_ih)
    second = np.zeros(n, bias.dtype)
    if cell == "gru":
        second[-len(bias) // 4 :] = bias[n:]
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {f"{name}_l{suffix}": a for name, a in zip(names, (W_ih, W_hh, bias[:n], second), strict=True)}


def _from_torch_layer(cell: str, suffix: str, arrays: Arrays) -> Arrays:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    W_ih, W_hh, first, second = (arrays[f"{name}_l{suffix}"] for name in names)
    return {"W_ih": W_ih, "W_hh": W_hh, "bias": _one_bias(cell, first, second)}


def _one_bias(cell: str, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Add two biases, except those of the GRU's candidate, where the reset gate acts on the second."""
    if cell != "gru":
        return first + second
    n = 2 * len(first) // 3
    return np.concatenate([first[:n] + second[:n], first[n:], second[n:]])


def _keras_layer(cell: str, suffix: str, W_ih: np.ndarray, W_hh: np.ndarray, bias: np.ndarray) -> Arrays:
    if cell == "gru":
        first, second = list(_torch_layer(cell, suffix, W_ih, W_hh, bias).values())[2:]
        bias = np.stack([_swapped(cell, first), _swapped(cell, second)])
    else:
        bias = _swapped(cell, bias)
    arrays = (_swapped(cell, W_ih).T, _swapped(cell, W_hh).T, bias)
    names = ("kernel", "recurrent_kernel", "bias")
    return {f"{name}_{suffix}": array for name, array in zip(names, arrays, strict=True)}


def _from_keras_layer(cell: str, suffix: str, arrays: Arrays) -> Arrays:
    kernel, recurrent, bias = (arrays[f"{name}_{suffix}"] for name in ("kernel", "recurrent_kernel", "bias"))
    pair = [_swapped(cell, row) for row in np.atleast_2d(bias)]
    bias = _one_bias(cell, *pair) if cell == "gru" else pair[0]
    return {"W_ih": _swapped(cell, kernel.T), "W_hh": _swapped(cell, recurrent.T), "bias": bias}


def _swapped(cell: str, rows: np.ndarray) -> np.ndarray:
    """Exchange the first two of the GRU's three blocks: r, z, n in PyTorch, z, r, h in Keras."""
    if cell not in ("gru", "gru_reset_before"):
        return rows
    r, z, n = np.split(rows, 3)
    return np.concatenate([z, r, n])


def _dense_name(name: str, layout: str) -> str:
    kind, _, layer = name.partition("_")
    if layout == "tsrnn" or kind not in ("W", "b"):
        return name
    if layout == "torch":
        return f"{layer}.{'weight' if kind == 'W' else 'bias'}"
    if name == "W_symbol":
        return "embeddings_symbol"
    return f"{'kernel' if kind == 'W' else 'bias'}_{layer}"


def _dense(name: str, array: np.ndarray, layout: str) -> np.ndarray:
    """Transpose a dense layer's matrix to or from the layout, where it is the other way round."""
    is_transposed = layout == "keras" and name.startswith("W_") and name != "W_symbol"
    return array.T if is_transposed else array


def _check_layout(network: Network, layout: str) -> None:
    check_choice("layout", layout, LAYOUTS)
    if layout == "tsrnn":
        return
    known, architecture = _CELLS[layout], network.architecture
    if network.cell_name not in known:
        raise ValueError(
            f'layout="{layout}" knows the cells {", ".join(known)}; {_MODULES[layout]} has no recurrent '
            f'layer that does what cell="{network.cell_name}" does. Use layout="tsrnn".'
        )
    if network.num_layers > 1 and (architecture.residual or architecture.dilation > 1):
        raise ValueError(
            f'layout="{layout}" knows plain stacks; {_MODULES[layout]} has neither residual=True nor '
            'dilation, and would compute something else with these weights. Use layout="tsrnn".'
        )


def _checked(weights: Mapping[str, Any], shapes: dict[str, tuple[int, ...]], dtype: np.dtype) -> Arrays:
    if not isinstance(weights, Mapping):
        raise TypeError(f"`weights` must be a mapping of names to arrays; got {type(weights).__name__}.")
    missing, unknown = shapes.keys() - weights.keys(), weights.keys() - shapes.keys()
    if missing or unknown:
        raise ValueError(
            f"`weights` must have exactly the names {', '.join(shapes)}; "
            f"missing: {_listed(missing)}; unknown: {_listed(unknown)}. "
            "To set some of them, merge them into what get_weights() returns."
        )
    arrays = {name: np.asarray(weights[name], dtype) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(
                f"`weights` must have {name} of shape {shape} for this network; got {arrays[name].shape}. "
                "Build both networks with the same sizes, and check the layout."
            )
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"`weights` must be finite; {name} has NaN or infinite numbers. Train it again.")
    return arrays


def _listed(names: Any) -> str:
    return ", ".join(sorted(map(str, names))) or "none"
