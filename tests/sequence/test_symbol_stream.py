"""Streams of symbols and what is drawn from them: by the equations, and by the laws of chance."""

import io

import numpy as np
import pytest
from scipy.stats import chisquare

from helpers import oracle
from helpers.architectures import CELLS, make
from tsrnn import RNNGenerator
from tsrnn.sequence.symbol_stream import SymbolStream
from tsrnn.sequence.symbols import Vocabulary

V = 5
VOCABULARY = Vocabulary(["abcde"])


def open_stream(cell="lstm", hidden_size=3, num_layers=2, n_inputs=2, dtype="float64", ends=True, start=None):
    sizes = {"n_inputs": n_inputs, "hidden_size": hidden_size, "num_layers": num_layers, "dtype": dtype}
    network, theta = make(cell, {}, n_outputs=V + ends, n_symbols=V + 1, **sizes)
    return SymbolStream(network, theta, VOCABULARY, start or network.zero_state(1)), theta


def softmax(logits):
    shares = np.exp(np.float64(logits) - np.max(logits))
    return shares / shares.sum()


def written_out(stream, theta, text):
    """The distribution after the start and after each symbol, from the equations."""
    network = stream._network
    views = network.views(theta)
    slots = [[tuple(slot) for slot in layer[:, :, 0].swapaxes(0, 1)] for layer in stream._initial_state]
    rows = [views["W_symbol"][k] for k in (V, *VOCABULARY.encode(text))]
    logits, _ = oracle.sequence_forward(network.cell_name, views, rows, slots)
    return np.array([softmax(z) for z in logits])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_stream_s_probabilities_follow_from_the_equations(cell, dtype):
    text = "abacadaeeedc"
    for hidden_size, n_inputs in (
        (3, 2),
        (19, 3),
        (3, 40),
    ):  # states and symbols of one panel, and of several
        rng = np.random.default_rng(0)
        network = open_stream(cell, hidden_size, 2, n_inputs, dtype)[0]._network
        start = [rng.standard_normal(zeros.shape).astype(dtype) for zeros in network.zero_state(1)]
        stream, theta = open_stream(cell, hidden_size, 2, n_inputs, dtype, start=start)
        expected = written_out(stream, theta, text)
        answered = [stream.probabilities, *map(stream.step, text)]
        np.testing.assert_allclose(answered, expected, atol=1e-4 if dtype == "float32" else 1e-12)
        stream.reset()
        np.testing.assert_array_equal(stream.run(text), answered[-1])


def test_symbols_drawn_have_the_frequencies_of_their_probabilities():
    stream, _ = open_stream(ends=False)
    stream.run("ab")
    state, probabilities = stream.state, stream.probabilities
    counts = np.zeros(V)
    rng = np.random.default_rng(0)
    for _ in range(3000):
        stream.state = state
        counts["abcde".index(stream.sample(1, random_state=rng))] += 1
    assert probabilities.min() > 0.01
    assert chisquare(counts, 3000 * probabilities).pvalue > 0.01


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
@pytest.mark.parametrize("top_k", [None, 1, 2, 4, 100])
def test_drawing_is_what_it_says_for_every_temperature_and_top_k(temperature, top_k):
    n = 60
    stream, theta = open_stream()
    settings = {"temperature": temperature, "top_k": top_k}
    drawn = stream.sample(n, **settings, random_state=3)
    uniforms = np.random.default_rng(np.random.SeedSequence(3)).random(n)
    expected = ""
    for uniform in uniforms:
        scores = np.log(written_out(stream, theta, expected)[-1]) / temperature
        kept = np.argsort(-scores, kind="stable")[:top_k]
        shares = np.zeros(V + 1)
        shares[kept] = softmax(scores[kept])
        number = int(np.searchsorted(np.cumsum(shares), uniform, side="right"))
        if number == V:
            break
        expected += "abcde"[number]
    assert drawn == expected
    assert drawn


def test_temperature_0_takes_the_likeliest_and_of_equal_ones_the_first():
    stream, theta = open_stream(ends=False)
    greedy = stream.sample(20, temperature=0)
    for position in range(20):
        assert greedy[position] == "abcde"[written_out(stream, theta, greedy[:position])[-1].argmax()]
    stream.reset()
    assert stream.sample(20, temperature=1e-3, random_state=5) == greedy
    network = stream._network
    equal = SymbolStream(network, np.zeros(network.n_parameters), VOCABULARY, network.zero_state(1))
    assert equal.sample(4, temperature=0) == "aaaa"
    assert set(equal.sample(200, top_k=3, random_state=0)) == set("abc")


def test_what_was_drawn_has_been_taken_in():
    stream, theta = open_stream(ends=False)
    drawn = stream.sample(25, random_state=1)
    np.testing.assert_allclose(stream.probabilities, written_out(stream, theta, drawn)[-1], atol=1e-12)
    other, _ = open_stream(ends=False)
    np.testing.assert_array_equal(other.run(drawn), stream.probabilities)


def test_an_end_that_is_drawn_ends_the_sequence():
    stream, theta = open_stream()
    lengths = []
    for seed in range(300):
        stream.reset()
        lengths.append(len(stream.sample(1000, random_state=seed)))
    p = written_out(stream, theta, "")[0][-1]
    assert lengths.count(0) == pytest.approx(300 * p, abs=4 * np.sqrt(300 * p * (1 - p)))
    assert max(lengths) < 1000


def test_a_saved_state_goes_on_with_the_same_bits():
    stream, _ = open_stream("gru", 19, dtype="float32", ends=False)
    other, _ = open_stream("gru", 19, dtype="float32", ends=False)
    for text in ("abc", "abcd"):  # states lie elsewhere after an odd and an even number
        stream.reset()
        stream.run(text)
        file = io.BytesIO()
        np.savez(file, **stream.state)
        expected = stream.sample(50, random_state=0)
        other.reset()
        other.run("eee")
        file.seek(0)
        with np.load(file) as state:
            other.state = state
        assert other.sample(50, random_state=0) == expected
        np.testing.assert_array_equal(other.probabilities, stream.probabilities)


def test_the_state_is_that_of_the_network():
    stream, theta = open_stream("lstm")
    stream.run("abcda")
    network = stream._network
    x = np.array([V, *VOCABULARY.encode("abcda")], np.float64).reshape(-1, 1, 1)
    _, final = network.forward(theta, x)
    for layer in range(2):
        oracle.assert_close(stream.state[f"layer_{layer}"], final[layer][:, 0, 0], "float64")


def test_states_that_fit_no_stream_are_refused():
    stream, _ = open_stream()
    state = stream.state
    with pytest.raises(TypeError, match="must be a mapping of names to arrays; got list"):
        stream.state = []
    with pytest.raises(ValueError, match=r"must have the arrays .* Take it from a stream of the same"):
        stream.state = {"layer_0": state["layer_0"]}
    with pytest.raises(ValueError, match="must be finite"):
        stream.state = state | {"layer_0": state["layer_0"] * np.nan}


def test_states_that_grow_without_bound_are_an_error_and_the_stream_starts_afresh():
    stream, theta = open_stream("rnn_relu", dtype="float32", ends=False, num_layers=1)
    network = stream._network
    views = network.views(theta)
    views["W_hh_0"][:] = 5 * np.eye(3)
    views["bias_0"][:] = 1
    stream, fresh = (SymbolStream(network, theta, VOCABULARY, network.zero_state(1)) for _ in range(2))
    with pytest.raises(ValueError, match='those of cell="rnn_relu" may'):
        stream.sample(1000, random_state=0)
    np.testing.assert_array_equal(stream.probabilities, fresh.probabilities)
    with pytest.raises(ValueError, match="beyond all numbers"):
        stream.run("a" * 1000)
    np.testing.assert_array_equal(stream.probabilities, fresh.probabilities)


def test_what_cannot_be_drawn_or_taken_in_is_refused_and_changes_nothing():
    stream, _ = open_stream()
    before = stream.run("ab")
    for error, wrong in (
        ("`n` must be a whole number of symbols, at least 1; got 0", {"n": 0}),
        (r"`temperature` must be a number in \[0, inf\); got -1", {"n": 1, "temperature": -1}),
        ("`top_k` must be a whole number of symbols, at least 1; got 0", {"n": 1, "top_k": 0}),
    ):
        with pytest.raises(ValueError, match=error):
            stream.sample(**wrong)
    with pytest.raises(ValueError, match="'x' is none of the 5 symbols"):
        stream.step("x")
    with pytest.raises(ValueError, match="'x' at position 1 is none"):
        stream.run("ax")
    np.testing.assert_array_equal(stream.probabilities, before)
    np.testing.assert_array_equal(stream.run(""), before)


def test_long_samples_are_made_in_pieces_of_one_sequence_of_chance():
    model = RNNGenerator(hidden_size=2, embedding_size=2, max_steps=1, random_state=0).fit("ab" * 40)
    whole = model.sample(5000, random_state=0)
    assert model.sample(100, random_state=0) == whole[:100]
    assert len(whole) == 5000
