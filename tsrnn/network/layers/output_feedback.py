"""Output feedback (Jordan, 1986), composed into recurrent weights for kernels that feed back states."""

import numpy as np

from tsrnn.kernels.decoders.output_feedback import compose, decompose
from tsrnn.network.layout import Shapes, named_views

_Layer = tuple[list[np.ndarray], list[np.ndarray]]  # parameters, and arrays composed of them


class OutputFeedback:
    """Parameters with output feedback, the recurrent weights composed of them, and gradients of both.

    Parameters
    ----------
    shapes, composed : dict of tuple
        Names and shapes of the parameters, and of ``W_hh_l`` and ``bias_l`` composed for each layer l.
    n_parameters, n_all : int
        Size of theta, without and with the composed weights and biases.
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
            parameters = named_views(flat[: self._n], shapes)
            composed_views = named_views(flat[self._n :], composed)
            for layer in (name.removeprefix("W_hh_") for name in composed if name.startswith("W_hh_")):
                own = f"W_hy_{layer}", f"b_y_{layer}"
                W_hy, b_y = own if own[0] in shapes else ("W_head", "b_head")
                names = (f"W_yh_{layer}", W_hy, b_y, f"bias_{layer}")
                composed_here = [composed_views[f"W_hh_{layer}"], composed_views[f"bias_{layer}"]]
                layers.append(([parameters[name] for name in names], composed_here))

    def compose(self, theta: np.ndarray) -> np.ndarray:
        """Return theta, followed by the recurrent weights and biases composed of it."""
        self._theta[: self._n] = theta
        for parameters, composed_views in self._layers:
            compose(*parameters, *composed_views)
        return self._theta

    def decompose(self, gradient: np.ndarray) -> None:
        """Write the gradient of theta, given that of theta and composed weights in `self.gradient`."""
        for (parameters, _), (d_parameters, d_composed) in zip(self._layers, self._d_layers, strict=True):
            decompose(*parameters[:3], *d_composed, *d_parameters)
        gradient[:] = self.gradient[: self._n]
        self.gradient[:] = 0  # the kernels do not write those of the lower layers' readouts
