"""Stacked recurrent layers with a dense head, over one flat parameter vector."""

from collections.abc import Iterator
from math import prod, sqrt

import numpy as np

from tsrnn.kernels.cells import CELLS
from tsrnn.kernels.losses import LOSSES
from tsrnn.kernels.products import add_row_sums, affine, input_gradients


class Network:
    """A stack of recurrent layers under a dense linear head.

    The network holds no weights: every method takes them as the flat vector ``theta``, so that one object
    may serve many threads and ensemble members.

    Parameters
    ----------
    cell : {"rnn", "rnn_relu", "lstm", "gru"}
        Kind of recurrent layer.
    n_inputs : int
        Values entering at each step.
    hidden_size : int
        Units of each recurrent layer.
    num_layers : int
        Recurrent layers, each reading the states of the one below.
    n_outputs : int
        Values leaving the head at each step it is applied to.
    dropout : float, default 0.0
        Probability of zeroing a layer's output on its way up, to the next layer or the head, in training.
    dtype : {"float32", "float64"}, default "float32"
        Type of parameters and computation.

    Attributes
    ----------
    n_parameters : int
        Length of ``theta``.

    Examples
    --------
    >>> network = Network("lstm", n_inputs=1, hidden_size=8, num_layers=1, n_outputs=3)
    >>> network.n_parameters == 4 * (8 * 8 + 8 * 1 + 8) + 3 * (8 + 1)
    True
    >>> theta = network.initialise(np.random.default_rng(0))
    >>> output, state = network.forward(theta, np.zeros((5, 2, 1), "float32"), first=-1)
    >>> output.shape, state.shape  # one step of 2 windows and 3 outputs; 1 layer, h and c, 2 windows, 8 units
    ((1, 2, 3), (1, 2, 2, 8))
    """

    def __init__(
        self,
        cell: str,
        n_inputs: int,
        hidden_size: int,
        num_layers: int,
        n_outputs: int,
        *,
        dropout: float = 0.0,
        dtype: str = "float32",
    ) -> None:
        self.cell = CELLS[cell]
        self.cell_name = cell
        self.n_inputs = n_inputs
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.n_outputs = n_outputs
        self.dropout = dropout
        self.dtype = np.dtype(dtype)
        self._shapes = dict(self._named_shapes())
        self.n_parameters = sum(map(prod, self._shapes.values()))

    def _named_shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        H, cell = self.hidden_size, self.cell
        for layer in range(self.num_layers):
            yield f"W_ih_{layer}", (cell.n_gates * H, self.n_inputs if layer == 0 else H)
            yield f"W_hh_{layer}", (cell.n_gates * H, H)
            yield f"bias_{layer}", (cell.n_biases * H,)
        yield "W_head", (self.n_outputs, H)
        yield "b_head", (self.n_outputs,)

    def views(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Return the named parameters as views into `theta` (or into a gradient like it).

        Per layer l: ``W_ih_l`` (n_gates H, inputs), ``W_hh_l`` (n_gates H, H), ``bias_l`` (n_biases H,), with
        gates in PyTorch's order; then ``W_head`` (n_outputs, H) and ``b_head`` (n_outputs,).
        """
        views, start = {}, 0
        for name, shape in self._shapes.items():
            views[name] = theta[start : start + prod(shape)].reshape(shape)
            start += prod(shape)
        return views

    def initialise(self, rng: np.random.Generator) -> np.ndarray:
        """Draw fresh parameters.

        Input and head weights are uniform within sqrt(6 / (fan in + fan out)) of zero (Glorot & Bengio, 2010,
        eq. 16), each gate's recurrent block is orthogonal (Saxe et al., 2014), biases are zero, but one for
        the LSTM's forget gate (Jozefowicz et al., 2015).
        """
        theta = np.zeros(self.n_parameters, self.dtype)
        H = self.hidden_size
        for name, view in self.views(theta).items():
            if name.startswith("W_hh"):
                for block in view.reshape(-1, H, H):
                    block[:] = _orthogonal(H, rng)
            elif name.startswith("bias"):
                view.reshape(-1, H)[self.cell.forget_bias] = 1
            elif name.startswith("W"):
                fan_out = H if name.startswith("W_ih") else self.n_outputs
                limit = sqrt(6 / (view.shape[1] + fan_out))
                view[:] = rng.uniform(-limit, limit, view.shape)
        return theta

    def zero_state(self, n_windows: int) -> np.ndarray:
        """Return the state all windows start from: zeros (num_layers, n_states, n_windows, H)."""
        return np.zeros((self.num_layers, self.cell.n_states, n_windows, self.hidden_size), self.dtype)

    def forward(
        self, theta: np.ndarray, x: np.ndarray, state: np.ndarray | None = None, first: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network through time.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
        x : ndarray of shape (T, B, n_inputs)
            Inputs, time first.
        state : ndarray of shape (num_layers, n_states, B, H), optional
            Where to start from; default: zeros.
        first : int, default 0
            First step the head is applied to; -1 is the last step only.

        Returns
        -------
        output : ndarray of shape (steps from `first` on, B, n_outputs)
        state : ndarray of shape (num_layers, n_states, B, H)
            State after the last step.
        """
        weights = self.views(theta)
        state = self.zero_state(x.shape[1]) if state is None else state
        final = np.empty_like(state)
        for layer in range(self.num_layers):
            x, final[layer], _ = self.cell.forward(x, state[layer], *_layer(weights, layer))
        return affine(x[first:], weights["W_head"], weights["b_head"]), final

    def value_and_gradient(
        self,
        theta: np.ndarray,
        x: np.ndarray,
        target: np.ndarray,
        loss: str,
        gradient: np.ndarray,
        *,
        first: int = 0,
        rng: np.random.Generator | None = None,
        state: np.ndarray | None = None,
    ) -> float:
        """Return the mean loss and write its gradient, by backpropagation through time.

        Parameters
        ----------
        theta, x, first, state
            As in `forward`.
        target : ndarray of shape (steps from `first` on, B, n_outputs)
        loss : {"mse", "mae", "huber"}
        gradient : ndarray of shape (n_parameters,)
            Overwritten with d loss / d theta.
        rng : numpy.random.Generator, optional
            Draws the dropout masks; without it nothing is dropped.

        Returns
        -------
        float
        """
        weights, gradients = self.views(theta), self.views(gradient)
        state = self.zero_state(x.shape[1]) if state is None else state
        tape = []
        for layer in range(self.num_layers):
            h, _, saved = self.cell.forward(x, state[layer], *_layer(weights, layer))
            mask = self._dropout_mask(h.shape, rng)
            tape.append((x, h, saved, mask))
            x = h if mask is None else h * mask
        output = affine(x[first:], weights["W_head"], weights["b_head"])
        d_output = np.empty_like(output)
        value = LOSSES[loss](output, target, d_output)

        dh = np.zeros_like(x)
        dh[first:], gradients["W_head"][:] = input_gradients(x[first:], weights["W_head"], d_output)
        gradients["b_head"][:] = 0
        add_row_sums(d_output.reshape(-1, self.n_outputs), gradients["b_head"])
        d_final = np.zeros_like(state[0])
        for layer in reversed(range(self.num_layers)):
            x, h, saved, mask = tape.pop()
            if mask is not None:
                dh *= mask
            dh, _, *d_weights = self.cell.backward(
                x, state[layer], *_layer(weights, layer), h, saved, dh, d_final
            )
            for view, d_weight in zip(_layer(gradients, layer), d_weights, strict=True):
                view[:] = d_weight
        return value

    def _dropout_mask(self, shape: tuple[int, ...], rng: np.random.Generator | None) -> np.ndarray | None:
        if rng is None or self.dropout == 0:
            return None
        keep = 1 - self.dropout
        return (rng.random(shape, np.float32) < keep) * self.dtype.type(1 / keep)

    def summary(self) -> str:
        """Return a table of layers with their parameter counts.

        Examples
        --------
        >>> print(Network("rnn", 1, 4, 1, 2).summary())
        layer           shape        parameters
        rnn 0           1 -> 4               24
        head            4 -> 2               10
        total                                34
        """
        H = self.hidden_size
        rows = [("layer", "shape", "parameters")]
        for layer in range(self.num_layers):
            inputs = self.n_inputs if layer == 0 else H
            count = sum(prod(self._shapes[f"{name}_{layer}"]) for name in ("W_ih", "W_hh", "bias"))
            rows.append((f"{self.cell_name} {layer}", f"{inputs} -> {H}", str(count)))
        rows.append(("head", f"{H} -> {self.n_outputs}", str(self.n_outputs * (H + 1))))
        rows.append(("total", "", str(self.n_parameters)))
        return "\n".join(f"{name:<16}{shape:<12}{count:>11}" for name, shape, count in rows)


def _layer(weights: dict[str, np.ndarray], layer: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return weights[f"W_ih_{layer}"], weights[f"W_hh_{layer}"], weights[f"bias_{layer}"]


def _orthogonal(size: int, rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diag(r))
