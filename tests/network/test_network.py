from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import oracle
from helpers.coverings import covering
from helpers.layers import KINDS, stack_state, unstack_state
from helpers.oracle import assert_close, slopes
from tsrnn.network import Network

DTYPES = ["float32", "float64"]
TORCH = np.load(Path(__file__).parents[1] / "fixtures" / "network.npz")


def make(kind, n_inputs=2, hidden_size=3, num_layers=2, n_outputs=2, seed=0, **options):
    """A network and parameters without a zero among them."""
    network = Network(kind, n_inputs, hidden_size, num_layers, n_outputs, **{"dtype": "float64"} | options)
    theta = 0.6 * np.random.default_rng(seed).standard_normal(network.n_parameters)
    return network, theta.astype(network.dtype)


def draw(network, T, B, seed=1):
    """Inputs, targets of every step, and an initial state, stacked over the layers."""
    rng = np.random.default_rng(seed)
    states = (network.num_layers, oracle.N_STATES[network.cell_name], B, network.hidden_size)
    shapes = (T, B, network.n_inputs), (T, B, network.n_outputs), states
    return tuple(rng.standard_normal(shape).astype(network.dtype) for shape in shapes)


@pytest.mark.parametrize("start", [0, 1], ids=["zero_state", "given_state"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_two_layers_equal_torch(kind, dtype, start):
    network = Network(kind, 2, 5, 2, 2, dtype=dtype)
    theta = np.empty(network.n_parameters, dtype)
    for name, view in network.views(theta).items():
        view[:] = TORCH[f"{kind}/{name}"]
    x, target, state = (TORCH[f"{kind}/{name}"].astype(dtype) for name in ("x", "target", "state"))
    expected_final = TORCH[f"{kind}/final"][start]
    state = stack_state(state) if start else None
    output, final = network.forward(theta, x, state)
    assert_close(output, TORCH[f"{kind}/output"][start], dtype, "output")
    assert_close(unstack_state(final, expected_final), expected_final, dtype, "final state")
    for case, first in enumerate((0, -1)):
        gradient = np.full_like(theta, np.nan)
        value = network.value_and_gradient(theta, x, target[first:], "mse", gradient, state=state)
        expected = TORCH[f"{kind}/loss"][start, case]
        assert_close(np.asarray(value, dtype), expected, dtype, "loss")
        for name, view in network.views(gradient).items():
            assert_close(view, TORCH[f"{kind}/d{name}"][start, case], dtype, f"d{name} from {first}")


sizes = st.integers(1, 7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(T=sizes, B=sizes, I=sizes, H=sizes, L=st.integers(1, 3), O=sizes, data=st.data())
def test_any_size_equals_the_oracle(kind, dtype, T, B, I, H, L, O, data):  # noqa: E741
    network, theta = make(kind, I, H, L, O, dtype=dtype)
    x, _, state = draw(network, T, B)
    first = data.draw(st.integers(-T, T - 1))
    output, final = network.forward(theta, x, stack_state(state), first)
    expected_output, expected_final = oracle.network_forward(kind, network.views(theta), x, state[:, :, None])
    assert_close(output, expected_output[first:], dtype, "output")
    assert_close(unstack_state(final, state), np.reshape(expected_final, state.shape), dtype, "final state")


@covering(kind=KINDS, loss=["mse", "mae", "huber"], num_layers=[1, 2], first=[0, -1], dropout=[0.0, 0.4])
def test_gradient_is_the_slope_of_the_loss(kind, loss, num_layers, first, dropout):
    network, theta = make(kind, num_layers=num_layers, dropout=dropout)
    x, target, state = draw(network, T=4, B=3)

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        rng = np.random.default_rng(5) if dropout else None
        options = {"rng": rng, "state": stack_state(state)}
        return network.value_and_gradient(theta, x, target[first:], loss, gradient, **options)

    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_reads_the_steps_it_is_told_to(kind):
    network, theta = make(kind)
    x, target, stacked = draw(network, T=6, B=3)
    state = stack_state(stacked)
    whole, final = network.forward(theta, x, state)
    for first in (1, 4, -1):
        output, final_too = network.forward(theta, x, state, first)
        np.testing.assert_array_equal(output, whole[first:])
        np.testing.assert_array_equal(unstack_state(final_too, stacked), unstack_state(final, stacked))
        value = network.value_and_gradient(theta, x, target[first:], "mse", np.empty_like(theta), state=state)
        assert value == pytest.approx(np.mean((whole[first:] - target[first:]) ** 2), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_two_pieces_equal_the_whole(kind):
    network, theta = make(kind)
    x, _, stacked = draw(network, T=7, B=3)
    state = stack_state(stacked)
    whole, final = network.forward(theta, x, state)
    early, middle = network.forward(theta, x[:4], state)
    late, end = network.forward(theta, x[4:], middle)
    np.testing.assert_array_equal(np.concatenate([early, late]), whole)
    np.testing.assert_array_equal(unstack_state(end, stacked), unstack_state(final, stacked))


@pytest.mark.parametrize("kind", KINDS)
def test_the_future_and_the_neighbours_never_matter(kind):
    network, theta = make(kind, dtype="float32")
    x, _, stacked = draw(network, T=6, B=5)
    state = stack_state(stacked)
    output, _ = network.forward(theta, x, state)
    changed = x.copy()
    changed[4:], changed[:, 3] = 7, 7
    output_changed, _ = network.forward(theta, changed, state)
    same = np.all(output_changed == output, axis=2)
    expected = np.zeros((6, 5), dtype=bool)
    expected[:4] = True
    expected[:, 3] = False
    np.testing.assert_array_equal(same, expected)
    alone, _ = network.forward(theta, x[:, 2:3].copy(), stack_state(stacked[:, :, 2:3].copy()))
    np.testing.assert_array_equal(alone, output[:, 2:3])


@pytest.mark.parametrize("kind", KINDS)
def test_training_leaves_its_inputs_alone(kind):
    network, theta = make(kind, dropout=0.5)
    arrays = (theta, *draw(network, T=5, B=3))
    before = [array.copy() for array in arrays]
    _, x, target, stacked = arrays
    state = stack_state(stacked)
    gradient, rng = np.empty_like(theta), np.random.default_rng(0)
    network.value_and_gradient(theta, x, target, "mse", gradient, rng=rng, state=state)
    network.forward(theta, x, state)
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_dropout_zeroes_its_share_and_scales_up_the_rest():
    # One unit, one step, ReLU: h = 2, and the head passes it on; the loss is the output squared.
    network = Network("rnn_relu", 1, 1, 1, 1, dropout=0.2, dtype="float64")
    theta = np.array([2.0, 0.0, 0.0, 1.0, 0.0])
    ones, zeros = np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    rng = np.random.default_rng(0)
    gradient = np.empty(5)
    values = [network.value_and_gradient(theta, ones, zeros, "mse", gradient, rng=rng) for _ in range(2000)]
    kept = np.array(values) > 0
    np.testing.assert_allclose(np.array(values)[kept], (2 / 0.8) ** 2, rtol=1e-14)
    assert kept.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("layer", [0, 1])
def test_dropout_acts_above_every_layer_on_each_unit_by_itself(layer):
    # Units of both layers carry 1 upwards and the head adds them up, so the loss counts the survivors.
    H, B = 8, 400
    network = Network("rnn_relu", 1, H, 2, 1, dropout=0.5, dtype="float64")
    theta = np.zeros(network.n_parameters)
    weights = network.views(theta)
    weights["W_ih_0"][:] = 1
    weights["W_ih_1"][:] = np.eye(H) if layer == 0 else 0
    weights["bias_1"][:] = layer
    weights["W_head"][:] = 1
    x, target = np.ones((1, B, 1)), np.zeros((1, B, 1))
    value = network.value_and_gradient(
        theta, x, target, "mae", np.empty_like(theta), rng=np.random.default_rng(0)
    )
    assert value == pytest.approx(H, rel=0.05)
    squares = network.value_and_gradient(
        theta, x, target, "mse", np.empty_like(theta), rng=np.random.default_rng(0)
    )
    # A unit is 0 or 2 with even odds after one mask (variance 1), 0 or 4 one time in four after two (3).
    variance = {0: 3, 1: 1}[layer]
    assert squares == pytest.approx(H**2 + H * variance, rel=0.1)


def test_dropout_follows_its_generator_and_ends_with_training():
    network, theta = make("gru", dropout=0.5)
    x, target, _ = draw(network, T=5, B=4)

    def value(seed):
        rng = None if seed is None else np.random.default_rng(seed)
        return network.value_and_gradient(theta, x, target, "mse", np.empty_like(theta), rng=rng)

    assert value(3) == value(3)
    assert len({value(seed) for seed in (None, 0, 1, 2)}) == 4
    output, _ = network.forward(theta, x)
    assert value(None) == pytest.approx(np.mean((output - target) ** 2), rel=1e-12)


def layer_size(kind, H, I):  # noqa: E741
    return {
        "rnn": H * H + I * H + H,
        "rnn_relu": H * H + I * H + H,
        "lstm": 4 * (H * H + I * H + H),
        "lstm_peephole": 4 * (H * H + I * H + H) + 3 * H,
        "gru": 3 * (H * H + I * H + H) + H,
        "gru_reset_before": 3 * (H * H + I * H + H),
    }[kind]


@pytest.mark.parametrize(("H", "I", "L", "O"), [(1, 1, 1, 1), (5, 3, 1, 2), (32, 7, 2, 12), (6, 4, 3, 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_parameters_are_counted_by_the_closed_formulas(kind, H, I, L, O):  # noqa: E741
    network = Network(kind, I, H, L, O)
    layers = [layer_size(kind, H, I)] + [layer_size(kind, H, H)] * (L - 1)
    head = O * H + O
    assert network.n_parameters == sum(layers) + head
    rows = [line.split() for line in network.summary().splitlines()]
    assert [int(row[-1]) for row in rows[1:]] == [*layers, head, sum(layers) + head]


@pytest.mark.parametrize("kind", KINDS)
def test_views_name_every_parameter_once(kind):
    network, _ = make(kind, num_layers=3)
    theta = np.zeros(network.n_parameters)
    views = network.views(theta)
    names = [f"{name}_{layer}" for layer in range(3) for name in oracle.WEIGHTS[kind]]
    assert set(views) == {*names, "W_head", "b_head"}
    for view in views.values():
        view += 1
    np.testing.assert_array_equal(theta, 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_are_orthogonal_glorot_and_remember(kind, dtype):
    H, I, O = 24, 5, 3  # noqa: E741
    network = Network(kind, I, H, 2, O, dtype=dtype)
    theta = network.initialise(np.random.default_rng(0))
    assert theta.dtype == dtype
    views = network.views(theta)
    for layer, fan_in in ((0, I), (1, H)):
        for block in views[f"W_hh_{layer}"].astype(np.float64).reshape(-1, H, H):
            np.testing.assert_allclose(block.T @ block, np.eye(H), atol=1e-6 if dtype == "float32" else 1e-13)
        assert_glorot(views[f"W_ih_{layer}"], fan_in, H)
        bias = np.zeros((oracle.N_BIASES[kind], H))
        if kind.startswith("lstm"):
            bias[1] = 1
        np.testing.assert_array_equal(views[f"bias_{layer}"], bias.ravel())
    assert_glorot(views["W_head"], H, O)
    np.testing.assert_array_equal(views["b_head"], 0)


def assert_glorot(W, fan_in, fan_out):
    """Uniform up to the bound, which a few dozen draws come close to."""
    limit = np.sqrt(6 / (fan_in + fan_out))
    assert 0.9 * limit < np.abs(W).max() <= limit * (1 + 1e-6)
    assert np.std(W) == pytest.approx(limit / np.sqrt(3), rel=0.2)
    assert abs(np.mean(W)) < limit / 4


@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_follow_the_seed_bit_for_bit(kind):
    network = Network(kind, 2, 8, 2, 1)
    first, again, other = (network.initialise(np.random.default_rng(seed)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first != other) > 0.7
    blocks = network.views(first)["W_hh_0"].reshape(-1, 8, 8)
    assert len({block.tobytes() for block in blocks}) == len(blocks)
    assert not np.array_equal(blocks, network.views(first)["W_hh_1"].reshape(-1, 8, 8))


@pytest.mark.parametrize("n_windows", [1, 4])
def test_the_state_starts_at_zero(n_windows):
    network, theta = make("lstm")
    x, _, _ = draw(network, T=3, B=n_windows)
    zeros = np.zeros((2, 2, n_windows, 3))
    expected, final = network.forward(theta, x, stack_state(zeros))
    output, final_too = network.forward(theta, x)
    np.testing.assert_array_equal(output, expected)
    np.testing.assert_array_equal(unstack_state(final_too, zeros), unstack_state(final, zeros))
