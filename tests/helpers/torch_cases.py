"""The options of the networks whose numbers PyTorch gave, by the names in `fixtures/architectures.npz`."""

CASES = {
    "bidirectional": {"n_layers": 2, "bidirectional": True},
    "residual": {"n_layers": 3, "residual": True},
    "dilation": {"n_layers": 3, "dilation": 2},
    "n_decoded": {"n_layers": 2, "embedding": True, "n_decoded": 4},
    "plain": {"n_layers": 2},
    "decoder": {"n_layers": 2, "n_decoded": 5, "decoder": "sequential"},
}
