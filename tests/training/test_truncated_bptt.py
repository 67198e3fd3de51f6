"""Sequences cut into segments: what is visited, what is handed on, and the gradient of the start."""

import numpy as np
import pytest

from helpers import oracle
from helpers.architectures import CELLS, make
from tsrnn.training.loop import Training
from tsrnn.training.truncated_bptt import Corpus, InitialState, TruncatedRun, mean_loss, validation_split

LENGTHS = (5, 1, 17, 9, 30, 2, 11)


def corpus_of(lengths, *, ends, bptt=8, batch_size=3, context_size=0, V=4, dtype="float64"):
    rng = np.random.default_rng(0)
    codes = [rng.integers(V, size=n) for n in lengths]
    contexts = rng.standard_normal((len(codes), context_size)).astype(dtype)
    return Corpus(codes, contexts, V, ends, bptt, batch_size)


def walked(segments):
    """The inputs and targets of each row, and the contexts, put together again."""
    rows = []
    for x, target, contexts in segments:
        if contexts is not None:
            first = len(rows)
            rows += [([], [], context) for context in contexts]
        for b in range(x.shape[1]):
            there = ~np.isnan(target[:, b, 0])
            rows[first + b][0].extend(x[there, b, 0].astype(int))
            rows[first + b][1].extend(target[there, b, 0].astype(int))
    return rows


@pytest.mark.parametrize("batch_size", [1, 3, 7, 20])
@pytest.mark.parametrize("bptt", [1, 8, 13, 100])
def test_an_epoch_visits_every_sequence_once_from_its_start_to_its_end(bptt, batch_size):
    corpus = corpus_of(LENGTHS, ends=True, bptt=bptt, batch_size=batch_size, context_size=2)
    expected = {(4, *codes, 4): context for codes, context in zip(corpus.codes, corpus.contexts, strict=True)}
    for segments in (corpus.in_order(), corpus.epoch(np.random.default_rng(1))):
        segments = list(segments)
        assert len(segments) == corpus.n_segments
        assert max(len(segment.x) for segment in segments) <= bptt
        rows = walked(segments)
        assert len(rows) == len(expected)
        for x, target, context in rows:
            assert x[1:] == target[:-1]
            np.testing.assert_array_equal(expected[(*x, target[-1])], context)


def test_epochs_come_in_different_orders():
    corpus = corpus_of(LENGTHS, ends=True)
    rng = np.random.default_rng(0)
    first, second = (walked(corpus.epoch(rng)) for _ in range(2))
    assert [x for x, _, _ in first] != [x for x, _, _ in second]


@pytest.mark.parametrize(("n", "n_rows"), [(1, 1), (7, 1), (15, 1), (16, 2), (100, 3)])
def test_one_sequence_is_cut_into_rows_that_follow_each_other(n, n_rows):
    codes = np.arange(n)
    corpus = Corpus([codes], np.ones((1, 2)), n, ends=False, bptt=8, batch_size=3)
    starts = set()
    for seed in range(20):
        segments = list(corpus.epoch(np.random.default_rng(seed)))
        assert len(segments) == corpus.n_segments
        rows = walked(segments)
        assert len(rows) == n_rows
        for x, target, context in rows:
            assert (x[0], x[1:]) == (n, target[:-1])
            np.testing.assert_array_equal(context, [1, 1])
        visited = [symbol for _, target, _ in rows for symbol in target]
        assert visited == list(range(visited[0], visited[0] + len(visited)))
        assert len(visited) >= 0.9 * n - n_rows if n_rows > 1 else len(visited) == n
        starts.add(visited[0])
    assert len(starts) > 1 or n < 100  # the same places are not always the first of a row


def test_sequences_measured_keep_their_whole_length_and_their_own_end():
    one = corpus_of([40], ends=False)
    ((x, target, _),) = walked(one.in_order())
    assert target == list(one.codes[0])
    assert x == [4, *target[:-1]]


def test_some_of_many_or_the_end_of_one_are_held_back():
    many = corpus_of(LENGTHS, ends=True, context_size=1)
    rng, seen = np.random.default_rng(0), set()
    for _ in range(50):
        training, validation = validation_split(many, 0.3, rng)
        assert len(validation.codes) == 2
        both = list(
            zip([*training.codes, *validation.codes], [*training.contexts, *validation.contexts], strict=True)
        )
        for codes, context in zip(many.codes, many.contexts, strict=True):
            assert sum(codes is other and np.array_equal(context, its) for other, its in both) == 1
        seen |= {len(codes) for codes in validation.codes}
    assert seen == set(LENGTHS)
    one = corpus_of([100], ends=False)
    training, validation = validation_split(one, 0.3, rng)
    np.testing.assert_array_equal(training.codes[0], one.codes[0][:70])
    np.testing.assert_array_equal(np.concatenate(validation.codes), one.codes[0][70:])
    assert len(validation.codes) == len(validation.contexts) == 3
    for fraction in (0, 0.01):
        assert validation_split(many, fraction, rng) == (many, None)


def make_run(cell, corpus, num_layers=2, batch=None, bptt=None, seed=0, **options):
    V = corpus.boundary
    more = {"n_symbols": V + 1, "num_layers": num_layers} | options
    network, theta = make(cell, {}, n_inputs=2, n_outputs=V + corpus.ends, **more)
    start = InitialState(network, corpus.contexts.shape[1])
    rng = np.random.default_rng(seed)
    theta = np.concatenate([theta, 0.5 * rng.standard_normal(start.n_parameters)]).astype(network.dtype)
    settings = {"schedule": "constant", "max_epochs": None, "max_steps": 5, "early_stopping": False}
    training = Training(
        "cross_entropy",
        "sgd",
        0.1,
        batch_size=corpus.batch_size,
        n_iter_no_change=1,
        clip_norm=None,
        clip_value=None,
        bptt=corpus.bptt,
        **settings,
    )
    return TruncatedRun(network, start, theta, training, corpus, None, rng, 1)


def written_out(run, theta, codes, context):
    """Cross-entropies of a sequence from its equations: context, states, vectors of symbols, softmax."""
    network, corpus = run.network, run.corpus
    n, V = network.n_parameters, corpus.boundary
    H, n_layers = network.hidden_size, network.num_layers
    views = network.views(theta[:n])
    state = oracle.zero_state(network.cell_name, 1, H, n_layers)
    if len(context):
        n_states = len(state[0])
        b, W = theta[n : n + n_layers * n_states * H], theta[n + n_layers * n_states * H :]
        flat = W.reshape(-1, len(context)) @ context + b
        state = [part.reshape(n_states, 1, 1, H) for part in np.split(flat, n_layers)]
    symbols = [V, *codes] + [V] * corpus.ends
    slots = [[tuple(slot) for slot in layer[:, :, 0].swapaxes(0, 1)] for layer in state]
    rows = [views["W_symbol"][symbol] for symbol in symbols[:-1]]
    logits, _ = oracle.sequence_forward(network.cell_name, views, rows, slots)
    log_p = np.array([z - np.log(np.sum(np.exp(z))) for z in logits])
    return -log_p[np.arange(len(log_p)), symbols[1:]]


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_loss_is_the_cross_entropy_written_out(cell, ends):
    corpus = corpus_of(LENGTHS, ends=ends, context_size=2, bptt=4)
    run = make_run(cell, corpus)
    each = [written_out(run, run.theta, *pair) for pair in zip(corpus.codes, corpus.contexts, strict=True)]
    loss = mean_loss(run.network, run._initial_state, run.theta, corpus, run.workspace)
    assert loss == pytest.approx(np.mean(np.concatenate(each)), rel=1e-12)


@pytest.mark.parametrize("context_size", [0, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru", "jordan"])
def test_the_gradient_reaches_context_and_symbols(cell, context_size):
    corpus = corpus_of((4, 6, 3), ends=True, context_size=context_size)
    run = make_run(cell, corpus)
    (segment,) = corpus.in_order()

    def value_at(theta):
        pairs = zip(corpus.codes, corpus.contexts, strict=True)
        return np.mean(np.concatenate([written_out(run, theta, *pair) for pair in pairs]))

    loss = run._value_and_gradient(1, segment)
    assert loss == pytest.approx(value_at(run.theta), rel=1e-12)
    np.testing.assert_allclose(run.gradient, oracle.slopes(value_at, run.theta), atol=2e-9)
    assert np.all(run.gradient[run.network.n_parameters :] != 0)


def test_stretches_hand_on_the_state_but_no_gradient():
    whole, cut = (corpus_of([12], ends=False, bptt=bptt, context_size=2, batch_size=1) for bptt in (12, 4))
    run = make_run("lstm", cut)
    expected = written_out(run, run.theta, cut.codes[0], cut.contexts[0])
    segments = list(cut.epoch(run.rng))
    assert len(segments) == 3
    for number, segment in enumerate(segments):
        part = slice(4 * number, 4 * number + 4)
        assert run._value_and_gradient(1, segment) == pytest.approx(np.mean(expected[part]), rel=1e-12)
        reached = run.gradient[run.network.n_parameters :]
        assert np.all(reached != 0) if number == 0 else np.all(reached == 0)
    # Handed on as numbers, the states of the second segment have a gradient of their own alone.
    run._value_and_gradient(1, segments[0])
    state = [part.copy() for part in run._state]
    run._value_and_gradient(1, segments[1])
    n = run.network.n_parameters
    alone = np.empty(n)
    run.network.value_and_gradient(
        run.theta[:n], segments[1].x, segments[1].target, "cross_entropy", alone, state=state
    )
    np.testing.assert_array_equal(run.gradient[:n], alone)
    # A segment as long as the sequence follows the gradient all the way.
    full = make_run("lstm", whole)
    (segment,) = whole.epoch(full.rng)
    full._value_and_gradient(1, segment)

    def value_at(theta):
        return np.mean(written_out(full, theta, whole.codes[0], whole.contexts[0]))

    np.testing.assert_allclose(full.gradient, oracle.slopes(value_at, full.theta), atol=2e-9)


def test_padding_changes_nothing():
    corpus = corpus_of(LENGTHS, ends=True, bptt=100, context_size=2)
    run = make_run("gru", corpus._replace(batch_size=7))
    (together,) = run.corpus.in_order()
    loss = run._value_and_gradient(1, together)
    total, gradient = 0.0, np.zeros_like(run.gradient)
    for codes, context in zip(corpus.codes, corpus.contexts, strict=True):
        alone = corpus._replace(codes=[codes], contexts=context[None])
        (segment,) = alone.in_order()
        share = (len(codes) + 1) / sum(n + 1 for n in LENGTHS)
        total += share * run._value_and_gradient(1, segment)
        gradient += share * run.gradient
    assert loss == pytest.approx(total, rel=1e-12)
    run._value_and_gradient(1, together)
    oracle.assert_close(run.gradient, gradient, "float64")


def test_a_state_that_broke_is_not_handed_on():
    run = make_run("rnn_relu", corpus_of([40], ends=False))
    first, second, *_ = run.corpus.epoch(run.rng)
    good = run.theta.copy()
    run.theta[:] = 1e200
    with np.errstate(all="ignore"):
        assert not np.isfinite(run._value_and_gradient(1, first))
    run.theta[:] = good
    assert np.isfinite(run._value_and_gradient(1, second))
