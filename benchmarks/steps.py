"""One training step and one forward pass of a network: tsrnn's, and the same written in PyTorch.

Both start from the same weights and see the same windows; the loss is the mean squared error of one value
after the last step, gradients are clipped by norm, Adam takes the step.
"""

from typing import NamedTuple

import numpy as np
from contest import torch

from tsrnn.kernels.cells import CELLS
from tsrnn.kernels.jit import kernel
from tsrnn.kernels.optimizers import OPTIMIZERS, clip_norm
from tsrnn.kernels.packing.panels import unpack
from tsrnn.kernels.scans.steps import activate, differentiate
from tsrnn.network import Network

RATE, LONGEST = 0.001, 1.0


class Shape(NamedTuple):
    """Windows, steps, inputs, units, layers."""

    B: int
    T: int
    I: int  # noqa: E741
    H: int
    layers: int

    def __str__(self) -> str:
        return ",".join(map(str, self))

    def gigaflops(self, cell: str, training: bool) -> float:
        """Return the multiplications and additions of the matrix products alone, in 10^9.

        Training adds the gradients of the weights, of the states, and of the inputs where a layer is below.
        """
        per_row = 0
        for layer in range(self.layers):
            inputs = self.H if layer else self.I
            per_row += (inputs + self.H) * (2 if training else 1)
            per_row += (self.H + inputs * (layer > 0)) * training
        recurrent = self.B * self.T * CELLS[cell].n_gates * self.H * per_row
        return 2e-9 * (recurrent + self.B * self.H * (3 if training else 1))


@kernel
def elementwise(cell, gates, states, diagonal, d_diagonal, n_steps):
    """Take the parts of steps, forward and backward, that are no products."""
    for _ in range(n_steps):
        activate(cell, gates, states[0], states[1], states[2], states[3], diagonal)
        differentiate(
            cell,
            gates,
            states[0],
            states[1],
            states[2],
            states[3],
            states[4],
            states[5],
            diagonal,
            d_diagonal,
        )


class Ours:
    """A tsrnn network, its data and its optimizer's state."""

    def __init__(self, cell: str, shape: Shape, n_threads: int) -> None:
        rng = np.random.default_rng(0)
        self.network = Network(cell, shape.I, shape.H, shape.layers, 1)
        self.workspace = self.network.workspace(n_threads)
        self.theta = self.network.initialise(rng)
        self.gradient = np.empty_like(self.theta)
        self.optimizer = OPTIMIZERS["adam"]
        self.moments = np.zeros((self.optimizer.n_moments, len(self.theta)), self.theta.dtype)
        self.n_steps = 0
        self.x = rng.standard_normal((shape.T, shape.B, shape.I), np.float32)
        self._room = rng.standard_normal((8, shape.B * shape.H), np.float32)
        self.target = rng.standard_normal((1, shape.B, 1), np.float32)

    def train(self) -> float:
        """Take a training step."""
        loss = self.network.value_and_gradient(
            self.theta, self.x, self.target, "mse", self.gradient, workspace=self.workspace
        )
        self.optimize()
        return loss

    def optimize(self) -> None:
        """Take the part of a training step that follows the gradient."""
        clip_norm(self.gradient, LONGEST)
        self.n_steps += 1
        self.optimizer.step(self.theta, self.gradient, self.moments, RATE, self.n_steps)

    def pack(self) -> None:
        """Bring weights into panels, and a gradient out of them."""
        self.workspace.load(self.theta, training=True)
        positions = self.network.packings[0].positions
        unpack(np.zeros(len(positions), self.theta.dtype), positions, self.gradient)

    def elementwise(self) -> None:
        """Do what no product does, in the shards of a training step."""
        step, n_steps = self.network.architecture.cell.step, len(self.x) * self.network.num_layers
        for windows in self.shards:
            n = windows * self.network.hidden_size
            gates, states = self._room[: step.n_blocks, :n].copy(), self._room[:6, :n].copy()
            diagonal = self._room[:3, :n].copy()
            elementwise(step, gates, states, diagonal, diagonal.copy(), n_steps)

    @property
    def shards(self) -> list[int]:
        """Windows of each shard that a training step is cut into."""
        groups = next(iter(self.workspace._training_groups.values()))
        return [stop - start for group in groups for _, start, stop in group._shards]

    def infer(self) -> np.ndarray:
        """Return the output after the last step."""
        return self.network.forward(self.theta, self.x, first=-1, workspace=self.workspace)[0]


class InTorch:
    """The same network, data and start in PyTorch."""

    def __init__(self, ours: Ours, *, fused: bool = True) -> None:
        network = ours.network
        kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[network.cell_name]
        self.recurrent = kind(network.n_inputs, network.hidden_size, network.num_layers)
        self.head = torch.nn.Linear(network.hidden_size, 1)
        self.parameters = [*self.recurrent.parameters(), *self.head.parameters()]
        self.x, self.target = torch.from_numpy(ours.x), torch.from_numpy(ours.target[0])
        self._copy_weights(network.views(ours.theta), network.num_layers)
        self.optimizer = torch.optim.Adam(self.parameters, RATE, fused=fused)
        np.testing.assert_allclose(self.infer().numpy(), ours.infer()[0], atol=1e-4)

    def _copy_weights(self, views: dict[str, np.ndarray], num_layers: int) -> None:
        state = {"weight": views["W_head"], "bias": views["b_head"]}
        self.head.load_state_dict({name: torch.from_numpy(view.copy()) for name, view in state.items()})
        state = {}
        for layer in range(num_layers):
            gates = len(views[f"W_hh_{layer}"])
            bias = views[f"bias_{layer}"]
            second = np.zeros(gates, bias.dtype)
            second[len(second) - (len(bias) - gates) :] = bias[gates:]  # the GRU has one gate with two
            state[f"weight_ih_l{layer}"] = views[f"W_ih_{layer}"]
            state[f"weight_hh_l{layer}"] = views[f"W_hh_{layer}"]
            state[f"bias_ih_l{layer}"] = bias[:gates]
            state[f"bias_hh_l{layer}"] = second
        self.recurrent.load_state_dict({name: torch.from_numpy(view.copy()) for name, view in state.items()})

    def train(self) -> "torch.Tensor":
        """Take a training step."""
        output, _ = self.recurrent(self.x)
        loss = torch.nn.functional.mse_loss(self.head(output[-1]), self.target)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, LONGEST)
        self.optimizer.step()
        return loss

    def infer(self) -> "torch.Tensor":
        """Return the output after the last step."""
        with torch.inference_mode():
            output, _ = self.recurrent(self.x)
            return self.head(output[-1])
