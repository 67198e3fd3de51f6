"""What holds for networks of every cell and option, whatever the numbers are."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, ONE_WAY, OPTIONS, UNDECODED, draw, make, networks
from tsrnn.network import Network

DTYPES = ["float32", "float64"]
STEPWISE = [option for option in ONE_WAY if option in UNDECODED]
BOTH_WAYS = [option for option in OPTIONS if option not in ONE_WAY]


@networks(STEPWISE)
def test_the_future_never_changes_the_past(cell, option):
    network, theta = make(cell, option, hidden_size=6)
    x, _, state = draw(network, option, T=9, B=3)
    output, _ = network.forward(theta, x, state)
    for t in range(9):
        changed = x.copy()
        changed[t] += 1
        output_changed, _ = network.forward(theta, changed, state)
        np.testing.assert_array_equal(output_changed[:t], output[:t])
        assert np.any(output_changed[t] != output[t])
        assert np.any(output_changed[-1] != output[-1])


@networks(BOTH_WAYS)
def test_both_ways_every_step_sees_every_input(cell, option):
    network, theta = make(cell, option, hidden_size=6)
    x, _, _ = draw(network, option, T=7, B=3)
    output, _ = network.forward(theta, x)
    for t in (0, 3, 6):
        changed = x.copy()
        changed[t] += 1
        output_changed, _ = network.forward(theta, changed)
        assert np.all(np.any(output_changed != output, axis=(1, 2)))


@networks(STEPWISE, dtype=DTYPES)
def test_pieces_equal_the_whole(cell, option, dtype):
    network, theta = make(cell, option, dtype=dtype)
    x, _, state = draw(network, option, T=13, B=3)
    whole, final = network.forward(theta, x, state)
    outputs = []
    for piece in np.split(x, [2, 3, 8]):  # shorter and longer than the dilation of the upper layers
        output, state = network.forward(theta, piece, state)
        outputs.append(output)
    np.testing.assert_array_equal(np.concatenate(outputs), whole)
    for end, expected in zip(state, final, strict=True):
        np.testing.assert_array_equal(end, expected)


@pytest.mark.parametrize("option", ["n_decoded", "decoding", "seq2seq", "unrolling"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "jordan"])
def test_decoding_starts_where_the_pieces_end(cell, option):
    network, theta = make(cell, option)
    x, _, state = draw(network, option, T=8, B=3)
    whole, _ = network.forward(theta, x, state)
    _, middle = network.forward(theta, x[:5], state)
    output, _ = network.forward(theta, x[5:], middle)
    np.testing.assert_array_equal(output, whole)


@networks(dtype=DTYPES)
def test_a_window_gets_the_same_bits_in_any_company(cell, option, dtype):
    network, theta = make(cell, option, hidden_size=5, dtype=dtype)
    x, _, state = draw(network, option, T=7, B=11)
    output, final = network.forward(theta, x, state)
    for rows in ([4], [10, 0, 3], np.random.default_rng(1).permutation(11)):
        of_rows = None if state is None else [np.ascontiguousarray(part[:, :, rows]) for part in state]
        output_of_rows, final_of_rows = network.forward(theta, np.ascontiguousarray(x[:, rows]), of_rows)
        np.testing.assert_array_equal(output_of_rows, output[:, rows])
        if state is not None:
            for part, of_all in zip(final_of_rows, final, strict=True):
                np.testing.assert_array_equal(part, of_all[:, :, rows])


@networks()
def test_training_sees_the_outputs_of_forward(cell, option):
    network, theta = make(cell, option)
    x, target, state = draw(network, option, T=6, B=3)
    for first in (0,) if "n_decoded" in OPTIONS[option] else (0, 2, -1):
        output, _ = network.forward(theta, x, state, first)
        value = network.value_and_gradient(theta, x, target[first:], "mse", np.empty_like(theta), state=state)
        assert value == pytest.approx(np.mean((output - target[first:]) ** 2), rel=1e-12)


@networks(dropout=[0.0, 0.5])
def test_inputs_are_never_modified_nor_shared(cell, option, dropout):
    network, theta = make(cell, option, dropout=dropout)
    x, target, state = draw(network, option, T=3, B=2)
    arrays = [theta, x, target, *(state or [])]
    before = [array.copy() for array in arrays]
    network.value_and_gradient(
        theta, x, target, "mse", np.empty_like(theta), rng=np.random.default_rng(0), state=state
    )
    output, final = network.forward(theta, x, state)
    output[:] = np.nan
    for part in final:
        part[:] = np.nan
    for now, then in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(now, then)


@networks(ONE_WAY, dtype=DTYPES)
def test_the_state_starts_at_zero(cell, option, dtype):
    network, theta = make(cell, option, dtype=dtype)
    x, _, _ = draw(network, option, T=5, B=2)
    zeros = oracle.zero_state(cell, 2, 3, 3, OPTIONS[option].get("dilation", 1))
    expected, final = network.forward(theta, x, [part.astype(dtype) for part in zeros])
    output, final_too = network.forward(theta, x)
    np.testing.assert_array_equal(output, expected)
    for part, part_too in zip(final, final_too, strict=True):
        assert part.dtype == dtype
        np.testing.assert_array_equal(part, part_too)


@pytest.mark.parametrize("cell", CELLS)
def test_a_window_shorter_than_the_dilation_hands_the_rest_of_its_state_on(cell):
    network, theta = make(cell, "dilation")
    x, _, state = draw(network, "dilation", T=3, B=2)
    _, final = network.forward(theta, x, state)
    np.testing.assert_array_equal(final[2][:, :1], state[2][:, 3:])
    assert np.all(np.any(final[2][:, 1:] != state[2][:, :3], axis=(2, 3)))


@networks(dtype=DTYPES)
def test_not_a_number_in_an_input_shows_in_its_window_alone(cell, option, dtype):
    network, theta = make(cell, option, dtype=dtype)
    x, target, state = draw(network, option, T=5, B=3)
    x[2, 1, 0] = np.nan
    output, _ = network.forward(theta, x, state)
    assert np.isnan(output[-1, 1]).all()
    assert np.isfinite(output[:, [0, 2]]).all()
    value = network.value_and_gradient(theta, x, target, "mse", np.empty_like(theta), state=state)
    assert np.isnan(value)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "jordan"])
def test_decoded_steps_know_nothing_of_one_another(cell):
    network, theta = make(cell, "n_decoded")
    x, _, state = draw(network, "n_decoded", T=4, B=2)
    output, final = network.forward(theta, x, state)
    network.views(theta)["position"][1] += 1
    changed, final_too = network.forward(theta, x, state)
    np.testing.assert_array_equal(changed[[0, 2]], output[[0, 2]])
    assert np.all(changed[1] != output[1])
    for part, part_too in zip(final, final_too, strict=True):
        np.testing.assert_array_equal(part, part_too)


def drop(network, theta):
    """The losses of many dropout masks on an input of one and a target of zero: squares of the output."""
    ones, zeros = np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    rng, gradient = np.random.default_rng(0), np.empty_like(theta)
    return [network.value_and_gradient(theta, ones, zeros, "mse", gradient, rng=rng) for _ in range(200)]


def test_dropout_acts_after_the_residual_addition():
    # Both layers give h = 1; 0 or 2 goes up from the first, and twice 1 or 3, or nothing, from the second.
    network = Network("rnn_relu", 1, 1, 2, 1, dropout=0.5, residual=True, dtype="float64")
    theta = np.zeros(network.n_parameters)
    weights = network.views(theta)
    weights["bias_0"][:] = weights["bias_1"][:] = weights["W_head"][:] = 1
    assert set(drop(network, theta)) == {0, 2**2, 6**2}


def test_dropout_acts_on_decoded_steps_and_never_on_the_state():
    # The input step leaves h = 1 whatever is dropped of it; position and state add up to 3.
    network = Network("rnn_relu", 1, 1, 1, 1, dropout=0.5, n_decoded=1, dtype="float64")
    theta = np.zeros(network.n_parameters)
    weights = network.views(theta)
    weights["W_ih_0"][:] = weights["W_hh_0"][:] = weights["W_head"][:] = 1
    weights["position"][:] = 2
    assert set(drop(network, theta)) == {0, 6**2}


@pytest.mark.parametrize("decoder", ["parallel", "sequential"])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_dropout_is_drawn_only_for_what_is_read(decoder, num_layers):
    # Nothing reads what the top layer says of the input steps, only the state it leaves.
    T, B, H, M = 7, 3, 4, 2
    network = Network("gru", 1, H, num_layers, 1, dropout=0.5, n_decoded=M, decoder=decoder)
    theta, rng = network.initialise(np.random.default_rng(0)), np.random.default_rng(1)
    x, target = np.ones((T, B, 1), "float32"), np.ones((M, B, 1), "float32")
    network.value_and_gradient(theta, x, target, "mse", np.empty_like(theta), rng=rng)
    alike = np.random.default_rng(1)
    alike.random(((num_layers - 1) * (T + M) + M) * B * H, np.float32)
    assert rng.random() == alike.random()


def test_irnn_is_the_relu_network_started_at_the_identity():
    options = {"n_inputs": 2, "hidden_size": 6, "num_layers": 2, "n_outputs": 1, "bidirectional": True}
    identity, relu = Network("irnn", **options), Network("rnn_relu", **options)
    theta = identity.initialise(np.random.default_rng(0))
    for name, view in identity.views(theta).items():
        if name.startswith("W_hh"):
            np.testing.assert_array_equal(view, np.eye(6))
        elif name.startswith("b"):
            np.testing.assert_array_equal(view, 0)
        else:
            assert view.all()
    x = np.random.default_rng(1).standard_normal((5, 3, 2)).astype("float32")
    np.testing.assert_array_equal(identity.forward(theta, x)[0], relu.forward(theta, x)[0])


@networks()
def test_initial_parameters_follow_the_seed_and_let_the_input_through(cell, option):
    network, _ = make(cell, option, hidden_size=8)
    first, again, other = (network.initialise(np.random.default_rng(seed)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    views, others = network.views(first), network.views(other)
    drawn = [name for name in views if name.startswith(("W_ih", "W_embed", "W_yh", "W_hy", "W_head"))]
    assert all(np.all(views[name] != others[name]) for name in drawn)
    assert len({views[name].ravel()[:2].tobytes() for name in drawn}) == len(drawn)
    for name, view in views.items():
        if name.startswith("W_hh"):
            for block in view.reshape(-1, 8, 8):
                np.testing.assert_allclose(block.T @ block, np.eye(8), atol=1e-13, err_msg=name)
    x, _, _ = draw(network, option, T=6, B=3)
    output, _ = network.forward(first, x)
    assert np.abs(np.diff(output[-1], axis=0)).min() > 1e-6


@networks()
def test_the_summary_counts_every_parameter(cell, option):
    network, _ = make(cell, option)
    counts = [int(line.split()[-1]) for line in network.summary().splitlines()[1:]]
    assert sum(counts[:-1]) == counts[-1] == network.n_parameters


@pytest.mark.parametrize(
    ("cell", "options", "word"),
    [
        ("jordan", {"bidirectional": True}, "jordan"),
        ("lstm", {"bidirectional": True, "n_decoded": 2}, "bidirectional"),
        ("lstm", {"dilation": 2, "n_decoded": 2}, "dilation"),
        ("lstm", {"bidirectional": True, "n_decoded": 2, "decoder": "sequential"}, "bidirectional"),
        ("lstm", {"dilation": 2, "n_decoded": 2, "decoder": "sequential"}, "dilation"),
        ("lstm", {"pooling": "mean", "n_decoded": 2, "decoder": "sequential"}, "pooling"),
        ("lstm", {"n_symbols": 3, "n_decoded": 2, "decoder": "sequential"}, "n_symbols"),
    ],
)
def test_options_that_contradict_each_other_are_refused(cell, options, word):
    with pytest.raises(ValueError, match=word):
        Network(cell, 1, 4, 2, 1, **options)


def test_a_state_is_refused_where_it_would_run_both_ways():
    network, theta = make("gru", "bidirectional")
    x, target, _ = draw(network, "bidirectional", T=4, B=2)
    state = oracle.zero_state("gru", 2, 3, 3)
    with pytest.raises(ValueError, match="bidirectional"):
        network.forward(theta, x, state)
    with pytest.raises(ValueError, match="bidirectional"):
        network.value_and_gradient(theta, x, target, "mse", np.empty_like(theta), state=state)
