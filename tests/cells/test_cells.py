"""The cells in plain NumPy: against the equations of the oracle, the kernels, slopes and by hand."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, UNDECODED, draw, make, networks
from helpers.layers import KINDS
from helpers.oracle import assert_close, slopes
from helpers.stepwise import backward, forward
from tsrnn import cells
from tsrnn.kernels.cells import CELLS as COMPILED


def some_weights(cell, rng, I=2, H=3, O=4):  # noqa: E741
    kind = {"irnn": "rnn_relu", "jordan": "rnn"}.get(cell, cell)
    shapes = {"W_ih": (oracle.N_GATES[kind] * H, I), "bias": (oracle.N_BIASES[kind] * H,)}
    shapes |= {"W_yh": (H, O)} if cell == "jordan" else {"W_hh": (oracle.N_GATES[kind] * H, H)}
    shapes |= {"W_peephole": (3, H)} if cell == "lstm_peephole" else {}
    shapes |= {"W_head": (O, H), "b_head": (O,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def test_the_cells_are_those_of_the_library():
    assert {name: cell.n_states for name, cell in cells.CELLS.items()} == {
        name: cell.n_states for name, cell in COMPILED.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_one_sequence_equals_the_oracle(kind):
    rng = np.random.default_rng(0)
    weights, x = some_weights(kind, rng), rng.standard_normal(2)
    state, d_state = (tuple(rng.standard_normal((oracle.N_STATES[kind], 3))) for _ in "sd")
    arrays = [weights[name] for name in oracle.WEIGHTS[kind]]
    after, h, cache = cells.step(kind, weights, x, state, output=None)
    for part, expected in zip(after, oracle.STEP[kind](x, state, *arrays), strict=True):
        assert_close(part, expected, "float64")
    np.testing.assert_array_equal(h, after[0])
    dx, d_before, d_weights = cells.step_backward(kind, weights, cache, np.zeros(3), d_state)
    expected = oracle.STEP_BACKWARD[kind](x, state, *arrays, d_state)
    assert_close(dx, expected[0], "float64", "dx")
    assert_close(np.stack(d_before), np.stack(expected[1]), "float64", "dstate")
    for name, d in zip(oracle.WEIGHTS[kind], expected[2:], strict=True):
        assert_close(d_weights[name], d, "float64", f"d{name}")


@pytest.mark.parametrize("cell", CELLS)
def test_backpropagation_by_hand_equals_the_kernels(cell):
    network, theta = make(cell, "plain", num_layers=1)
    x, target, state = draw(network, "plain", T=7, B=3)
    weights = cells.layer_weights(network, theta)
    assert sum(array.size for array in weights.values()) == network.n_parameters
    y, final, caches = forward(cell, weights, x, tuple(state[0][:, 0]), "linear")
    output, last = network.forward(theta, x, state)
    assert_close(y, output, "float64", "output")
    assert_close(np.stack(final), last[0][:, 0], "float64", "final state")
    gradient = np.empty_like(theta)
    network.value_and_gradient(theta, x, target, "mse", gradient, state=state)
    _, _, d_weights = backward(cell, weights, caches, 2 * (y - target) / y.size)
    for name, d in cells.layer_weights(network, gradient).items():
        assert_close(d_weights[name], d, "float64", f"d{name}")


@pytest.mark.parametrize("output", ["linear", "softmax"])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_slopes(cell, output):
    """Of a loss on every step's output, to x, the starting state and each weight; of one sequence."""
    rng = np.random.default_rng(1)
    weights = some_weights(cell, rng)
    n_states = cells.CELLS[cell].n_states
    parts = {"x": rng.standard_normal((5, 2)), "state": rng.standard_normal((n_states, 3))} | weights
    classes, target = rng.integers(4, size=5), rng.standard_normal((5, 4))

    def run(theta):
        given = oracle.split(theta, {name: part.shape for name, part in parts.items()})
        y, _, caches = forward(cell, given, given["x"], tuple(given["state"]), output)
        if output == "softmax":
            losses, dy = zip(*map(cells.cross_entropy, y, classes), strict=True)
            return sum(losses), dy, given, caches
        return np.sum((y - target) ** 2), 2 * (y - target), given, caches

    theta = np.concatenate([part.ravel() for part in parts.values()])
    _, dy, given, caches = run(theta)
    dx, d_state, d_weights = backward(cell, {name: given[name] for name in weights}, caches, dy)
    gradient = np.concatenate([d.ravel() for d in (dx, np.stack(d_state), *d_weights.values())])
    np.testing.assert_allclose(gradient, slopes(lambda theta: run(theta)[0], theta), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_is_its_sequences_side_by_side(cell):
    rng = np.random.default_rng(2)
    weights, x = some_weights(cell, rng), rng.standard_normal((4, 3, 2))
    classes = rng.integers(4, size=(4, 3))
    y, _, caches = forward(cell, weights, x, None, "softmax")
    dy = [cells.cross_entropy(p, k)[1] for p, k in zip(y, classes, strict=True)]
    dx, _, d_weights = backward(cell, weights, caches, dy)
    apart = dict.fromkeys(weights, 0)
    for b in range(3):
        y_b, _, caches = forward(cell, weights, x[:, b], None, "softmax")
        assert_close(y[:, b], y_b, "float64")
        dy = [cells.cross_entropy(p, k)[1] / 3 for p, k in zip(y_b, classes[:, b], strict=True)]
        dx_b, _, d = backward(cell, weights, caches, dy)
        assert_close(dx[:, b], dx_b, "float64")
        apart = {name: apart[name] + d[name] for name in apart}
    for name, d in apart.items():
        assert_close(d_weights[name], d, "float64", name)


def test_softmax_under_cross_entropy_leaves_the_probabilities_minus_what_came():
    weights = {"W_ih": np.ones((1, 1)), "W_hh": np.zeros((1, 1)), "bias": np.zeros(1)}
    weights |= {"W_head": np.log([[1.0], [2.0], [5.0]]), "b_head": np.zeros(3)}
    _, p, cache = cells.step("rnn_relu", weights, np.array([1.0]), output="softmax")
    np.testing.assert_allclose(p, [1 / 8, 1 / 4, 5 / 8], rtol=1e-14)
    loss, dp = cells.cross_entropy(p, 1)
    assert loss == pytest.approx(np.log(4), rel=1e-14)
    d = cells.step_backward("rnn_relu", weights, cache, dp).weights
    np.testing.assert_allclose(d["b_head"], [1 / 8, -3 / 4, 5 / 8], rtol=1e-14)


def test_from_the_zero_state_jordan_sees_the_bias_of_the_readout():
    weights = {"W_ih": np.zeros((1, 1)), "W_yh": np.ones((1, 1)), "bias": np.zeros(1)}
    weights |= {"W_head": np.full((1, 1), 2.0), "b_head": np.array([0.5])}
    state, y, cache = cells.step("jordan", weights, np.zeros(1))
    assert (cache.gates.y_before, state[0], y) == (0.5, np.tanh(0.5), 2 * np.tanh(0.5) + 0.5)
    _, p, again = cells.step(
        "jordan", weights | {"W_head": np.full((1, 1), -3.0)}, np.zeros(1), state, "softmax"
    )
    assert (p, again.gates.y_before) == (1, -3 * state[0] + 0.5)


@networks(UNDECODED)
def test_a_network_run_step_by_step_ends_in_its_final_states(cell, option):
    network, theta = make(cell, option)
    x, _, _ = draw(network, option, T=9, B=2)
    taken = cells.run_network(network, theta, x)
    sides = network.architecture.suffixes
    assert list(taken) == [f"{layer}{side}" for layer in range(3) for side in sides]
    output, final = network.forward(theta, x)
    for layer, state in enumerate(final):
        for name, part in zip("hc", state, strict=False):
            last = [getattr(gates, name) for gates in taken[str(layer)][-len(part) :]]
            assert_close(np.stack(last), part, "float64", f"{name} of layer {layer}")
    top = np.concatenate([[gates.h for gates in taken[f"2{side}"]] for side in sides], axis=-1)
    if not network.architecture.residual:
        views = network.views(theta)
        assert_close(top @ views["W_head"].T + views["b_head"], output, "float64", "output")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cell": "elman"}, "`cell` must be one of 'rnn', 'rnn_relu', 'irnn'.*got 'elman'"),
        ({"output": "logits"}, "`output` must be one of 'linear', 'softmax', None; got 'logits'"),
    ],
)
def test_what_does_not_exist_is_named(change, said):
    weights = some_weights("rnn", np.random.default_rng(0))
    with pytest.raises(ValueError, match=said):
        cells.step(**{"cell": "rnn", "weights": weights, "x": np.zeros(2)} | change)
