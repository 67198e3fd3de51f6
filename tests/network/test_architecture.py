"""Networks with every cell and option: by hand, against PyTorch, the oracle and central differences."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers import oracle
from helpers.architectures import CELLS, OPTIONS, Coins, draw, go_together, make, networks
from helpers.oracle import assert_close, slopes
from helpers.torch_cases import CASES
from tsrnn.network import Network

DTYPES = ["float32", "float64"]
TORCH = np.load(Path(__file__).parents[1] / "fixtures" / "architectures.npz")


def test_jordan_by_hand():
    # y = 2 h - 1/2 is the output and fed back with weight 1/2: y_0 = -1/10 from h_0 = 1/5, and x is such
    # that 2 x_1 + y_0/2 + 1 = log 2, 2 x_2 + y_1/2 + 1 = log 3: h = 3/5, then 4/5, y = 7/10, then 11/10.
    x_1, x_2 = (log(2) - 0.95) / 2, (log(3) - 1.35) / 2
    network = Network("jordan", 1, 1, 1, 1, dtype="float64")
    theta, gradient = np.array([2, 1 / 2, 1, 2, -1 / 2]), np.empty(5)  # W_ih, W_yh, bias, W_head, b_head
    x, state = np.array([x_1, x_2]).reshape(2, 1, 1), [np.full((1, 1, 1, 1), 0.2)]
    output, (final,) = network.forward(theta, x, state)
    np.testing.assert_allclose(output.ravel(), [7 / 10, 11 / 10], rtol=2e-14)
    np.testing.assert_allclose(final.ravel(), [4 / 5], rtol=2e-14)
    # The loss is (y_2 - 1/10)^2: dy_2 = 2, dh_2 = 4, da_2 = 4 9/25, dy_1 = 18/25, dh_1 = 36/25,
    # da_1 = 36/25 16/25, dy_0 = 288/625: the head is used three times, at h = 1/5, 3/5 and 4/5.
    target = np.full((1, 1, 1), 0.1)
    value = network.value_and_gradient(theta, x, target, "mse", gradient, state=state)
    da_1, da_2, dy_0, dy_1, dy_2 = 576 / 625, 36 / 25, 288 / 625, 18 / 25, 2
    expected = [
        da_1 * x_1 + da_2 * x_2,
        da_1 * -1 / 10 + da_2 * 7 / 10,
        da_1 + da_2,
        dy_0 * 1 / 5 + dy_1 * 3 / 5 + dy_2 * 4 / 5,
        dy_0 + dy_1 + dy_2,
    ]
    assert value == pytest.approx(1, rel=2e-14)
    np.testing.assert_allclose(gradient, expected, rtol=2e-14)


@networks(num_layers=[1, 3])
def test_parameters_have_their_names_and_places(cell, option, num_layers):
    network, _ = make(cell, option, n_inputs=3, hidden_size=5, num_layers=num_layers, n_outputs=2)
    shapes = oracle.parameter_shapes(cell, 3, 5, num_layers, 2, **OPTIONS[option])
    theta = np.arange(network.n_parameters, dtype=np.float64)
    views, expected = network.views(theta), oracle.split(theta, shapes)
    assert list(views) == list(shapes)
    for name, view in views.items():
        np.testing.assert_array_equal(view, expected[name], err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", sorted({name.split("/")[0] for name in TORCH.files}))
def test_options_equal_torch(case, dtype):
    option, cell = case.split()
    options = CASES[option].copy()
    num_layers = options.pop("n_layers")
    network = Network(cell, 2, 4, num_layers, 2, **options, dtype=dtype)
    theta, x, target = (TORCH[f"{case}/{name}"].astype(dtype) for name in ("theta", "x", "target"))
    state = None
    if f"{case}/state_0" in TORCH:
        state = [TORCH[f"{case}/state_{layer}"].astype(dtype) for layer in range(num_layers)]
    output, final = network.forward(theta, x, state)
    told = {}
    if option == "decoder":
        assert_close(output, TORCH[f"{case}/untold"], dtype, "output")
        told = {"rng": Coins(TORCH[f"{case}/told"]), "teacher_forcing": 0.5}
    else:
        assert_close(output, TORCH[f"{case}/output"], dtype, "output")
    if state is not None:
        for layer, part in enumerate(final):
            assert_close(part, TORCH[f"{case}/final_{layer}"], dtype, f"final state {layer}")
    gradient = np.full_like(theta, np.nan)
    value = network.value_and_gradient(theta, x, target, "mse", gradient, state=state, **told)
    assert_close(np.asarray(value, dtype), TORCH[f"{case}/loss"], dtype, "loss")
    expected = network.views(TORCH[f"{case}/gradient"])
    for name, view in network.views(gradient).items():
        assert_close(view, expected[name], dtype, f"d{name}")


def flat(arrays):
    return np.concatenate([array.ravel() for array in arrays])


residual_and_embedding = {"residual": st.booleans(), "embedding": st.booleans()}
one_way = st.fixed_dictionaries({"dilation": st.integers(1, 3), **residual_and_embedding})
both_ways = st.fixed_dictionaries(
    {"bidirectional": st.just(True), "dilation": st.integers(1, 3), **residual_and_embedding}
)
unrolling = st.fixed_dictionaries(
    {"n_decoded": st.integers(1, 4), "decoder": st.just("sequential"), **residual_and_embedding}
)
decoding = st.fixed_dictionaries({"n_decoded": st.integers(1, 4), **residual_and_embedding})
sizes = {
    "T": st.integers(1, 12),
    "B": st.integers(1, 9),
    "I": st.integers(1, 5),
    "H": st.sampled_from([1, 3, 16, 17, 40]),
    "L": st.sampled_from([1, 2, 3, 4, 7]),
    "O": st.integers(1, 4),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(options=one_way | both_ways | decoding | unrolling, **sizes, data=st.data())
def test_any_size_and_options_equal_the_oracle(cell, dtype, options, T, B, I, H, L, O, data):  # noqa: E741
    assume(go_together(cell, **options))
    O = min(O, I) if "decoder" in options else O  # noqa: E741
    network, theta = make(cell, options, I, H, L, O, dtype=dtype)
    x, _, state = draw(network, options, T, B)
    first = 0 if "n_decoded" in options else data.draw(st.integers(-T, T - 1))
    if state is not None and not data.draw(st.booleans()):
        state = None
    output, final = network.forward(theta, x, state, first)
    start = oracle.zero_state(cell, B, H, L, options.get("dilation", 1)) if state is None else state
    one_step = "bidirectional" in options and len(range(T)[first:]) == 1
    expected, expected_final = oracle.network_forward(
        cell, network.views(theta), x, start, one_step=one_step, **options
    )
    expected = expected if one_step else expected[first:]
    assert_close(flat([output]), expected.ravel(), dtype, "output")
    assert output.shape == expected.shape
    if "bidirectional" not in options:
        assert [part.shape for part in final] == [part.shape for part in expected_final]
        assert_close(flat(final), flat(expected_final), dtype, "final state")


def value_function(network, option, T, B, loss="mse", first=0):
    """The loss as a function of theta, which also writes its gradient where one is given."""
    x, target, state = draw(network, option, T, B)

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        rng = np.random.default_rng(5) if network.dropout else None
        return network.value_and_gradient(theta, x, target[first:], loss, gradient, rng=rng, state=state)

    return value_at


SETTINGS = {"every_step": (6, 0.0, 0), "short_with_dropout": (3, 0.4, 0), "last_step": (7, 0.0, -1)}


@networks(setting=SETTINGS)
def test_gradient_is_the_slope_of_the_loss(cell, option, setting):
    T, dropout, first = SETTINGS[setting]
    first = 0 if "n_decoded" in OPTIONS[option] else first
    network, theta = make(cell, option, dropout=dropout)
    value_at = value_function(network, option, T, B=3, loss="huber" if dropout else "mse", first=first)
    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@networks(hidden_size=[16, 17, 40])
def test_gradients_of_wider_networks_are_slopes_in_any_direction(cell, option, hidden_size):
    network, theta = make(cell, option, hidden_size=hidden_size, num_layers=2)
    value_at = value_function(network, option, T=7, B=9)
    gradient, step = np.full_like(theta, np.nan), 1e-4
    value_at(theta, gradient)
    rng = np.random.default_rng(2)
    for _ in range(5):
        direction = rng.standard_normal(theta.size) / np.sqrt(theta.size)
        slope = (value_at(theta + step * direction) - value_at(theta - step * direction)) / (2 * step)
        assert gradient @ direction == pytest.approx(slope, abs=1e-8 * np.linalg.norm(gradient))


@networks(size=[(1, 9), (3, 1), (17, 6), (40, 9)])
def test_gradients_in_float32_equal_those_in_float64(cell, option, size):
    hidden_size, B = size
    single, theta = make(cell, option, hidden_size=hidden_size, dtype="float32")
    double, _ = make(cell, option, hidden_size=hidden_size)
    x, target, state = draw(single, option, T=9, B=B)
    gradient, expected = np.full_like(theta, np.nan), np.empty(theta.size)
    value = single.value_and_gradient(theta, x, target, "mse", gradient, state=state)
    in_double = [np.float64(array) for array in (theta, x, target)]
    state = None if state is None else [np.float64(part) for part in state]
    expected_value = double.value_and_gradient(*in_double, "mse", expected, state=state)
    assert value == pytest.approx(expected_value, rel=2e-5)
    assert_close(gradient, expected, "float32", "gradient")
