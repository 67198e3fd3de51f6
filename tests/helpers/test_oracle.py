"""The oracle itself, against PyTorch: what the library is measured by has to be right on its own."""

from pathlib import Path

import numpy as np
import pytest

from helpers import oracle
from helpers.oracle import assert_close
from helpers.torch_cases import CASES

FIXTURES = Path(__file__).parents[1] / "fixtures"
LAYERS, ARCHITECTURES = np.load(FIXTURES / "cells.npz"), np.load(FIXTURES / "architectures.npz")


@pytest.mark.parametrize("kind", oracle.STEP)
def test_layers_equal_torch(kind):
    names = ["x", "state", *oracle.WEIGHTS[kind], "dh", "dfinal"]
    inputs = {name.replace("W_peephole", "peephole"): LAYERS[f"{kind}/{name}"] for name in names}
    for start in (0, 1):
        flows = [(1, 0), (np.arange(6).reshape(6, 1, 1) == 5, 0), (0, 1)]
        for flow, (into_h, into_final) in enumerate(flows):
            flowing = {"dh": inputs["dh"] * into_h, "dfinal": inputs["dfinal"] * into_final}
            results = oracle.run_layer(kind, **inputs | flowing | {"state": inputs["state"] * start})
            for name in ("h", "final"):
                assert_close(results.pop(name), LAYERS[f"{kind}/{name}"][start], "float64", name)
            for name, value in results.items():
                assert_close(value, LAYERS[f"{kind}/{name}"][start, flow], "float64", name)


@pytest.mark.parametrize("case", sorted({name.split("/")[0] for name in ARCHITECTURES.files}))
def test_networks_equal_torch(case):
    option, cell = case.split()
    options = CASES[option].copy()
    n_layers = options.pop("n_layers")
    torch = {
        name.split("/")[1]: ARCHITECTURES[name] for name in ARCHITECTURES.files if name.startswith(case + "/")
    }
    views = oracle.split(torch["theta"], oracle.parameter_shapes(cell, 2, 4, n_layers, 2, **options))
    nothing = oracle.zero_state(cell, 3, 4, n_layers, options.get("dilation", 1))
    state = [torch.get(f"state_{layer}", nothing[layer]) for layer in range(n_layers)]
    truth = None
    if "told" in torch:
        truth = np.where(torch["told"][:, :, None] > 0, torch["target"], np.nan)
        untold, _ = oracle.network_forward(cell, views, torch["x"], state, **options)
        assert_close(untold, torch["untold"], "float64", "output")
    output, finals = oracle.network_forward(cell, views, torch["x"], state, truth=truth, **options)
    assert_close(output, torch["output"], "float64", "output")
    for layer, final in enumerate(finals):
        if f"final_{layer}" in torch:
            assert_close(final, torch[f"final_{layer}"], "float64", f"final {layer}")
