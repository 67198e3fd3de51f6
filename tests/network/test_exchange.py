"""Weights to and from PyTorch and Keras, against what their own layers computed."""

import re
from pathlib import Path

import numpy as np
import pytest

from helpers.architectures import OPTIONS, make, networks
from helpers.oracle import assert_close
from tsrnn.network import Network
from tsrnn.network.exchange import export_weights, import_weights

FIXTURES = Path(__file__).parents[1] / "fixtures"


def frozen(layout):
    """Arrays of every network that the other library has computed, by its name and theirs."""
    networks = {}
    with np.load(FIXTURES / {"torch": "weights.npz", "keras": "keras.npz"}[layout]) as arrays:
        for name, array in arrays.items():
            network, part = name.split("/")
            networks.setdefault(network, {})[part] = array
    return networks


FOREIGN = [(layout, name, parts) for layout in ("torch", "keras") for name, parts in frozen(layout).items()]
NAMES = [f"{layout}-{name}" for layout, name, _ in FOREIGN]


def build(name, dtype):
    cell = name.removesuffix("_bidirectional")
    return Network(cell, 2, 3, 2, 2, bidirectional=cell != name, dtype=dtype)


@pytest.mark.parametrize(("layout", "name", "parts"), FOREIGN, ids=NAMES)
def test_imported_weights_compute_what_they_computed_there(layout, name, parts):
    dtype = parts["y"].dtype
    network = build(name, dtype)
    weights = {part: array for part, array in parts.items() if part not in ("x", "y")}
    theta = import_weights(network, weights, layout)
    x, y = parts["x"], parts["y"]
    if layout == "keras":
        x, y = x.swapaxes(0, 1), y.swapaxes(0, 1)
    output, _ = network.forward(theta, np.ascontiguousarray(x, dtype))
    assert_close(output, y, dtype)


@pytest.mark.parametrize(("layout", "name", "parts"), FOREIGN, ids=NAMES)
def test_exported_weights_are_theirs(layout, name, parts):
    dtype = parts["y"].dtype
    network = build(name, dtype)
    weights = {part: array for part, array in parts.items() if part not in ("x", "y")}
    exported = export_weights(network, import_weights(network, weights, layout), layout)
    assert list(exported) == list(weights)
    for part, array in exported.items():
        expected = weights[part]
        if layout == "torch" and part.startswith("bias"):  # theirs, added up; of the GRU's n, as they are
            first, second = (weights[re.sub("ih|hh", side, part)] for side in ("ih", "hh"))
            expected = first + second if "ih" in part else np.zeros_like(first)
            if name.startswith("gru"):
                expected[6:] = weights[part][6:]
        if layout == "keras" and name.startswith("gru") and part.startswith("bias_") and array.ndim == 2:
            first, second = weights[part]
            expected = np.stack([first + second, np.zeros_like(first)])
            expected[:, 6:] = weights[part][:, 6:]
        assert_close(array, expected, dtype, part)


def exportable(cell, option, layout):
    """Whether the other library has a layer for the cell, and the layers are simply stacked."""
    unknown = ("lstm_peephole", "jordan") + ("gru_reset_before",) * (layout == "torch")
    stacked = OPTIONS[option].get("residual") or OPTIONS[option].get("dilation", 1) > 1
    return layout == "tsrnn" or not (cell in unknown or stacked)


@networks(possible=lambda **network: not exportable(**network), layout=["torch", "keras"])
def test_layers_that_others_do_not_have_are_refused(cell, option, layout):
    network, theta = make(cell, option, dtype="float32")
    with pytest.raises(ValueError, match=f'layout="{layout}".*Use layout="tsrnn"'):
        export_weights(network, theta, layout)


@networks(possible=exportable, layout=["tsrnn", "torch", "keras"])
def test_there_and_back_changes_no_bit(cell, option, layout):
    network, theta = make(cell, option, dtype="float32")
    exported = export_weights(network, theta, layout)
    assert not any(np.shares_memory(array, theta) for array in exported.values())
    back = import_weights(network, exported, layout)
    assert back.dtype == theta.dtype
    np.testing.assert_array_equal(back, theta)


@pytest.mark.parametrize(("layout", "name"), [("torch", "symbol.weight"), ("keras", "embeddings_symbol")])
def test_vectors_of_symbols_lie_in_rows_everywhere(layout, name):
    network = Network("gru", 2, 3, 1, 4, n_symbols=5)
    theta = network.initialise(np.random.default_rng(0))
    exported = export_weights(network, theta, layout)
    np.testing.assert_array_equal(exported[name], network.views(theta)["W_symbol"])
    np.testing.assert_array_equal(import_weights(network, exported, layout), theta)


@pytest.mark.parametrize("layout", ["torch", "keras"])
def test_a_decoder_is_another_module_of_the_same_kind(layout):
    network, theta = make("gru", "seq2seq")
    exported = export_weights(network, theta, layout)
    alone, of_decoder = Network("gru", 2, 3, 3, 2, dtype="float64"), {}
    views = network.views(theta)
    own = np.empty(alone.n_parameters)
    for name, view in alone.views(own).items():
        view[:] = views.get(f"{name}_decoder", views.get(name))
    for name, array in export_weights(alone, own, layout).items():
        of_decoder[name] = exported.pop(f"{name}_decoder", None)
        if of_decoder[name] is not None:
            np.testing.assert_array_equal(of_decoder[name], array)
    assert sum(array is None for array in of_decoder.values()) == 2  # the head is the network's
    assert not any("decoder" in name for name in exported)


def test_the_names_are_the_views_of_the_network():
    network, theta = make("lstm_peephole", "embedding")
    for name, array in export_weights(network, theta).items():
        np.testing.assert_array_equal(array, network.views(theta)[name])


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"head.bias": None}, ValueError, "missing: head.bias; unknown: none"),
        ({"weight_ih_l1": np.zeros((6, 2))}, ValueError, "missing: none; unknown: weight_ih_l1"),
        ({"bias_ih_l0": np.zeros(3)}, ValueError, r"bias_ih_l0 of shape \(6,\).*got \(3,\)"),
        ({"weight_hh_l0": np.full((6, 2), np.nan)}, ValueError, "weight_hh_l0 has NaN"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, error, said):
    network = Network("gru", 1, 2, 1, 3)
    weights = export_weights(network, network.initialise(np.random.default_rng(0)), "torch") | change
    weights = {name: array for name, array in weights.items() if array is not None}
    with pytest.raises(error, match=said):
        import_weights(network, weights, "torch")


def test_a_list_of_arrays_is_no_mapping():
    network = Network("gru", 1, 2, 1, 3)
    with pytest.raises(TypeError, match="mapping of names to arrays; got list"):
        import_weights(network, [np.zeros(3)], "keras")


def test_an_unknown_layout_is_named():
    network = Network("gru", 1, 2, 1, 3)
    with pytest.raises(ValueError, match="'tsrnn', 'torch', 'keras'; got 'jax'"):
        export_weights(network, np.zeros(network.n_parameters), "jax")
