"""Windows that begin late, with padding before their first steps."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import ONE_WAY, OPTIONS, draw, make, networks
from helpers.oracle import assert_close, slopes
from tsrnn.network import truncated_value_and_gradient

DTYPES = ["float32", "float64"]
T = 7
BEGINS = np.array([2, 0, 6, 3, 0, 5, 1])
LENGTHS = np.array([7, 5, 7, 4, 1, 6, 3])
B = len(BEGINS)


def possible(option, pooling, lengths, **_):
    """Whether the sequences can be pooled like this and be as long as that: decoded ones can't."""
    return "n_decoded" not in OPTIONS[option] or (pooling == "last" and lengths is None)


spans = networks(possible=possible, pooling=["last", "mean"], lengths=[None, LENGTHS])


def late(network, option, lengths=None, seed=1):
    """Inputs with nonsense outside of each window, and a target for each step there is."""
    x, target, state = draw(network, option, T, B, seed)
    t = np.arange(T)[:, None]
    missing = (t < BEGINS) | (t >= (T if lengths is None else lengths))
    x[missing] = 1e3
    if "n_decoded" not in OPTIONS[option]:
        target[missing] = np.nan
    return x, target, state


def windows(x, target, lengths=None):
    """Yield each window cut to the steps there are."""
    for b, begin in enumerate(BEGINS):
        steps = slice(begin, T if lengths is None else lengths[b])
        target_steps = steps if len(target) == T else slice(None)
        yield b, x[steps, b : b + 1].copy(), target[target_steps, b : b + 1].copy()


@networks(dtype=DTYPES, hidden_size=[3, 17])
def test_each_window_is_the_oracles_that_begins_there(cell, option, dtype, hidden_size):
    network, theta = make(cell, option, hidden_size=hidden_size, dtype=dtype)
    x, target, _ = late(network, option)
    output, final = network.forward(theta, x, first=-1, begins=BEGINS)
    options = OPTIONS[option]
    start = oracle.zero_state(cell, 1, hidden_size, network.num_layers, options.get("dilation", 1))
    for b, x_b, _ in windows(x, target):
        expected, ends = oracle.network_forward(
            cell, network.views(theta), x_b, start, one_step="bidirectional" in options, **options
        )
        expected = expected if "n_decoded" in options else expected[-1:]
        assert_close(output[:, b : b + 1], expected, dtype, f"window {b}")
        for part, end in zip(final, ends, strict=False):
            assert_close(part[:, :, b : b + 1], end, dtype, f"state of window {b}")


@spans
def test_padding_before_a_window_changes_neither_loss_nor_gradient(cell, option, pooling, lengths):
    network, theta = make(cell, option, pooling=pooling)
    x, target, _ = late(network, option, lengths)
    if pooling == "mean":
        target = np.ascontiguousarray(np.nan_to_num(target[:1]))
    gradient, part, expected = np.full_like(theta, np.nan), np.empty_like(theta), np.zeros_like(theta)
    value = network.value_and_gradient(theta, x, target, "mse", gradient, lengths=lengths, begins=BEGINS)
    counts = np.isfinite(target).sum(axis=(0, 2)) / np.isfinite(target).sum()
    total = 0.0
    for b, x_b, target_b in windows(x, target, lengths):
        total += counts[b] * network.value_and_gradient(theta, x_b, target_b, "mse", part)
        expected += counts[b] * part
    assert value == pytest.approx(total, rel=1e-12)
    assert_close(gradient, expected, "float64", "gradient")


@spans
def test_gradients_of_windows_that_begin_late_are_slopes(cell, option, pooling, lengths):
    network, theta = make(cell, option, num_layers=2, pooling=pooling, dropout=0.3)
    x, target, state = late(network, option, lengths)
    target = target if "n_decoded" in OPTIONS[option] else np.ascontiguousarray(np.nan_to_num(target[:1]))

    def value_at(theta, gradient=None):
        gradient = np.empty_like(theta) if gradient is None else gradient
        rng = np.random.default_rng(5)
        return network.value_and_gradient(
            theta,
            x,
            target,
            "mse",
            gradient,
            rng=rng,
            teacher_forcing=0.3,
            state=state,
            lengths=lengths,
            begins=BEGINS,
        )

    gradient = np.full_like(theta, np.nan)
    value_at(theta, gradient)
    expected = slopes(value_at, theta)
    assert np.abs(gradient - expected).max() <= 1e-8 * np.abs(expected).max()


@networks(ONE_WAY)
def test_only_windows_that_begin_at_once_start_from_the_state_given(cell, option):
    network, theta = make(cell, option)
    x, target, state = late(network, option)
    zeros = [np.where(BEGINS[:, None] > 0, 0, part) for part in state]
    gradients, values, d_states, finals = [], [], [], []
    for start in (state, zeros):
        gradient, d_state, final = np.empty_like(theta), network.zero_state(B), network.zero_state(B)
        more = {"state": start, "begins": BEGINS, "d_state": d_state, "final": final}
        values.append(network.value_and_gradient(theta, x, target, "mse", gradient, **more))
        gradients.append(gradient)
        d_states.append(d_state)
        finals.append(final)
    assert values[0] == values[1]
    np.testing.assert_array_equal(*gradients)
    for part, others, final, final_too in zip(*d_states, *finals, strict=True):
        np.testing.assert_array_equal(part, others)
        np.testing.assert_array_equal(final, final_too)
        assert not part[:, :, BEGINS > 0].any()
        assert cell in ("rnn_relu", "irnn") or part[:, :, BEGINS == 0].any()  # relus can be off


@pytest.mark.parametrize(("cell", "option"), [("gru", "both_ways"), ("lstm", "unrolling"), ("lstm", "plain")])
def test_windows_that_all_begin_at_once_are_as_without(cell, option):
    network, theta = make(cell, option, dtype="float32")
    x, target, _ = draw(network, option, T, B)
    gradients = np.empty_like(theta), np.empty_like(theta)
    for gradient, begins in zip(gradients, (None, np.zeros(B, np.int64)), strict=True):
        network.value_and_gradient(theta, x, target, "mse", gradient, begins=begins)
    np.testing.assert_array_equal(*gradients)


@pytest.mark.parametrize("bptt", [1, 2, 3, 7])
@pytest.mark.parametrize("option", ["plain", "dilation", "n_decoded", "seq2seq"])
def test_stretches_of_windows_that_begin_late_are_theirs(option, bptt):
    begins = np.array([2, 5, 3, 6, 4, 2, 2])  # no window has the first steps
    network, theta = make("lstm", option)
    x, target, _ = draw(network, option, T, B)
    decodes = "n_decoded" in OPTIONS[option]
    x[np.arange(T)[:, None] < begins] = 1e3
    if not decodes:
        target[np.arange(T)[:, None] < begins] = np.nan
    gradient, part, expected = np.empty_like(theta), np.empty_like(theta), np.zeros_like(theta)
    value = truncated_value_and_gradient(network, theta, x, target, "mse", gradient, bptt=bptt, begins=begins)
    counts = np.isfinite(target).sum(axis=(0, 2)) / np.isfinite(target).sum()
    total = 0.0
    for b, begin in enumerate(begins):
        pieces = x[begin:, b : b + 1].copy(), target[0 if decodes else begin :, b : b + 1].copy()
        value_b = truncated_value_and_gradient(network, theta, *pieces, "mse", part, bptt=bptt)
        total += counts[b] * value_b
        expected += counts[b] * part
    assert value == pytest.approx(total, rel=1e-12)
    assert_close(gradient, expected, "float64", "gradient")


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("option", ["both_ways", "unrolling"])
def test_shards_and_threads_share_windows_that_begin_late(option, n_threads):
    network, theta = make("gru", option, hidden_size=40, num_layers=2, dtype="float32")
    rng, n = np.random.default_rng(3), 150
    x = rng.standard_normal((60, n, 2)).astype(np.float32)
    steps = network.architecture.n_decoded or 1
    target = rng.standard_normal((steps, n, 2)).astype(np.float32)
    begins = rng.integers(0, 60, n)
    workspace = network.workspace(n_threads)
    gradient, part, expected = np.empty_like(theta), np.empty_like(theta), np.zeros(theta.size)
    network.value_and_gradient(theta, x, target, "mse", gradient, begins=begins, workspace=workspace)
    for some in np.array_split(np.arange(n), 15):
        pieces = (np.ascontiguousarray(array[:, some]) for array in (x, target))
        network.value_and_gradient(theta, *pieces, "mse", part, begins=begins[some])
        expected += len(some) / n * part
    assert_close(gradient, expected, "float32", "gradient")
