"""Random initialisation of parameters."""

from math import sqrt

import numpy as np

from tsrnn.network.architecture import Architecture, Views


def initialise(network: Architecture, parameters: Views, rng: np.random.Generator) -> None:
    """Write initial parameters into arrays of zeros; see `Network.initialise`."""
    H, cell = network.hidden_size, network.cell
    for name, view in parameters.items():
        if name.startswith("W_hh"):
            blocks = view.reshape(-1, H, H)
            blocks[:] = np.eye(H) if cell.starts_at_identity else _orthogonal(len(blocks), H, rng)
        elif name.startswith("bias") and cell.forget_bias is not None:
            view.reshape(-1, H)[cell.forget_bias] = 1
        elif name in ("position", "W_symbol"):
            view[:] = rng.standard_normal(view.shape)
        elif name.startswith("W_category"):
            view[:] = rng.standard_normal(view.shape) / sqrt(view.shape[1])
        elif name.startswith("W_") and not name.startswith("W_peephole"):
            fan_out = H if name.startswith("W_ih") else len(view)
            limit = sqrt(6 / (view.shape[1] + fan_out))
            view[:] = rng.uniform(-limit, limit, view.shape)


def _orthogonal(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.standard_normal((n, size, size)))
    return q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]
