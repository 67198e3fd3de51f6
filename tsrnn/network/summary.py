"""Table of the layers of a network."""

from math import prod

from tsrnn.network.architecture import Architecture
from tsrnn.network.layout import DECODER, Shapes

_Row = tuple[str, str, str]


def summary(network: Architecture, cell: str, shapes: Shapes) -> str:
    """Return a table of layers with their numbers of parameters, given the shapes of all parameters."""
    rows = [("layer", "shape", "parameters")]
    if network.n_symbols:
        rows.append(_of_table("symbols", shapes["W_symbol"]))
    rows += [_of_table(f"category {k}", shape) for k, shape in enumerate(network.categories)]
    if network.embedding:
        rows.append(_of_dense("embedding", shapes["W_embed"]))
    for layer in range(network.num_layers):
        endings = tuple(f"_{layer}{suffix}" for suffix in network.suffixes)
        up = network.hidden_size * len(network.suffixes)
        rows.append(_of_layer(f"{cell} {layer}", network.layer_inputs(layer), up, shapes, endings))
    for layer in range(network.num_layers if network.has_sequential_decoder else 0):
        n_inputs = shapes[f"W_ih_{layer}{DECODER}"][1]
        ending = (f"_{layer}{DECODER}",)
        rows.append(_of_layer(f"decoder {layer}", n_inputs, network.hidden_size, shapes, ending))
    if "position" in shapes:
        rows.append(("positions", f"{network.n_decoded}", str(prod(shapes["position"]))))
    if "W_known" in shapes:
        rows.append(_of_table("known", shapes["W_known"][::-1]))
    rows.append(_of_dense("head", shapes["W_head"]))
    rows.append(("total", "", str(sum(map(prod, shapes.values())))))
    return "\n".join(f"{name:<16}{shape:<12}{count:>11}" for name, shape, count in rows)


def _of_table(label: str, shape: tuple[int, ...]) -> _Row:
    return label, f"{shape[0]} -> {shape[1]}", str(prod(shape))


def _of_dense(label: str, shape: tuple[int, ...]) -> _Row:
    n_outputs, n_inputs = shape
    return label, f"{n_inputs} -> {n_outputs}", str(n_outputs * (n_inputs + 1))


def _of_layer(label: str, n_inputs: int, n_up: int, shapes: Shapes, endings: tuple[str, ...]) -> _Row:
    own = [shape for name, shape in shapes.items() if name.endswith(endings) and "category" not in name]
    return label, f"{n_inputs} -> {n_up}", str(sum(map(prod, own)))
