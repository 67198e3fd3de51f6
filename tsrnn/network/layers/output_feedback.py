"""Networks whose output is fed back, as Jordan's (1986), for kernels that feed back states."""

import numpy as np

from tsrnn.kernels.decoders.output_feedback import compose, decompose
from tsrnn.network.layout import Shapes, named_views

_Layer = tuple[list[np.ndarray], list[np.ndarray]]  # given, and composed


class Feedback:
    """A network's parameters followed by what they come to in Elman's form, and the gradient of all of them.

    Parameters
    ----------
    shapes, composed : dict of tuple
        Names and shapes of the parameters, and of ``W_hh_l`` and ``bias_l`` composed for each layer l.
    n_parameters, n_all : int
        Numbers in the parameters, and with what is composed of them.
    dtype : numpy.dtype
    """

    def __init__(
        self,
        shapes: Shapes,
        composed: Shapes,
        n_parameters: int,
        n_all: int,
        dtype: np.dtype,
    ) -> None:
        self._n = n_parameters
        self._theta, self.gradient = np.zeros(n_all, dtype), np.zeros(n_all, dtype)
        self._layers: list[_Layer] = []
        self._d_layers: list[_Layer] = []
        for flat, layers in ((self._theta, self._layers), (self.gradient, self._d_layers)):
            given, made = named_views(flat[: self._n], shapes), named_views(flat[self._n :], composed)
            for layer in (name.removeprefix("W_hh_") for name in composed if name.startswith("W_hh_")):
                own = f"W_hy_{layer}", f"b_y_{layer}"
                W_hy, b_y = own if own[0] in shapes else ("W_head", "b_head")
                names = (f"W_yh_{layer}", W_hy, b_y, f"bias_{layer}")
                composed_here = [made[f"W_hh_{layer}"], made[f"bias_{layer}"]]
                layers.append(([given[name] for name in names], composed_here))

    def compose(self, theta: np.ndarray) -> np.ndarray:
        """Return theta followed by the recurrent weights and biases composed of it."""
        self._theta[: self._n] = theta
        for given, made in self._layers:
            compose(*given, *made)
        return self._theta

    def decompose(self, gradient: np.ndarray) -> None:
        """Write the gradient of theta, given `gradient` with that of all."""
        for (given, _), (d_given, d_made) in zip(self._layers, self._d_layers, strict=True):
            decompose(*given[:3], *d_made, *d_given)
        gradient[:] = self.gradient[: self._n]
        self.gradient[:] = 0  # nobody else writes those of the lower layers' readouts
