"""The generator: what it learns, what it promises, what it refuses."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsrnn import RNNGenerator, TimeLimitError, time_limit
from tsrnn.audio import mulaw_decode, mulaw_encode

SMALL = {"hidden_size": 16, "embedding_size": 8, "max_steps": 200, "learning_rate": 0.01, "random_state": 0}
NAMES = ["anna", "bob", "eva", "hannah", "otto"] * 4
MELODIES = [["C4", "E4", "G4", "C5"], ["A3", "C4", "E4"]]


def fit(sequences, context=None, **settings):
    return RNNGenerator(**(SMALL | settings)).fit(sequences, context)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_period_is_learned(cell):
    model = fit("abcdefg" * 60, cell=cell)
    assert model.score("cdefgab" * 10) < 0.1  # of which the first symbol, which may be any, takes log(7) / 70
    assert model.sample(14, prime="ab", temperature=0) == "cdefgabcdefgab"
    assert np.log(7) / 70 < model.score("cdefgab" * 10)


def test_a_markov_chain_is_learned_to_its_entropy_rate():
    rng = np.random.default_rng(0)
    moves = np.array([[0.8, 0.2], [0.3, 0.7]])  # stays at (0.6, 0.4)
    chain = [0]
    for uniform in rng.random(20_000):
        chain.append(int(uniform > moves[chain[-1], 0]))
    rate = -np.sum(np.array([0.6, 0.4]) @ (moves * np.log(moves)))
    model = fit(chain[:16_000], bptt=32)
    assert model.score(chain[16_000:]) == pytest.approx(rate, rel=0.03)
    np.testing.assert_allclose(model.predict_proba([1, 0, 1, 1, 0]), moves[0], atol=0.05)
    np.testing.assert_allclose(model.predict_proba([0, 1, 0, 0, 1]), moves[1], atol=0.05)


def test_a_long_lag_is_learned_across_stretches_from_the_state_handed_on():
    # Each text's last letter is its first, eight steps before: twice what the gradient is followed back.
    texts = [letter + "......." + letter for letter in "xy"] * 20
    model = fit(texts, bptt=9, max_steps=300)
    assert model.score(texts) < 0.1 + np.log(2) / 10
    assert model.sample(9, prime="y", temperature=0) == ".......y"


def test_context_decides_which_melody_is_sung():
    model = fit(MELODIES * 10, context=["major", "minor"] * 10)
    for melody, label in zip(MELODIES, ["major", "minor"], strict=True):
        assert model.sample(10, context=label, random_state=0) == melody
        assert model.sample(10, melody[:2], context=label, random_state=0) == melody[2:]
    assert model.score(MELODIES, ["major", "minor"]) < 0.05
    assert model.score(MELODIES, ["minor", "major"]) > 1
    assert model.contexts_ == ["major", "minor"]


def test_vectors_are_contexts_too():
    vectors = np.array([[0.9, 0.1], [0.1, 1.1]] * 10)
    model = fit(MELODIES * 10, context=vectors)
    assert [model.sample(10, context=v, random_state=0) for v in vectors[:2]] == MELODIES
    assert model.contexts_ is None
    one = fit("abab" * 30, context=[0.5, 1.0], max_steps=3)
    assert len(one.sample(5, context=(0.5, 1.0))) == 5


def test_first_symbols_and_ends_have_the_frequencies_of_the_data():
    texts = ["a"] * 30 + ["b"] * 10 + ["ab"] * 20
    texts[0] = "aa"
    model = fit(texts, hidden_size=8, max_steps=400, batch_size=60)
    np.testing.assert_allclose(model.predict_proba(), [50 / 60, 10 / 60, 0], atol=0.02)
    np.testing.assert_allclose(model.predict_proba("a"), [1 / 50, 20 / 50, 29 / 50], atol=0.02)
    assert {model.sample(9, random_state=seed) for seed in range(60)} <= {"a", "b", "ab", "aa"}


def test_one_sequence_may_start_anywhere_and_does_not_end():
    model = fit("aab" * 100)
    assert not model.ends_
    np.testing.assert_allclose(model.predict_proba(), [2 / 3, 1 / 3], atol=0.1)
    assert len(model.sample(500, random_state=0)) == 500


def test_the_score_is_minus_the_mean_log_probability_of_stream_and_sample():
    model = fit(NAMES, max_steps=50, dtype="float64")
    total, n = 0.0, 0
    for name in ["anna", "bo"]:
        stream = model.stream()
        p = stream.probabilities
        for letter in name:
            total -= np.log(p[model.symbols_.index(letter)])
            p = stream.step(letter)
        total -= np.log(p[-1])
        n += len(name) + 1
        np.testing.assert_array_equal(model.predict_proba(name), p)
    assert model.score(["anna", "bo"]) == pytest.approx(total / n, rel=1e-12)
    assert model.score(["anna", "bo"], unit="bits") == pytest.approx(total / n / np.log(2))
    assert model.score(["anna", "bo"], unit="perplexity") == pytest.approx(np.exp(total / n))


def test_a_long_sequence_is_scored_from_its_first_symbol_to_its_last():
    text = "".join(np.random.default_rng(0).choice(list("abc"), 700))
    model = fit(text, max_steps=20, dtype="float64")
    stream = model.stream()
    p = [stream.probabilities, *map(stream.step, text)]
    log_p = [np.log(p[t]["abc".index(text[t])]) for t in range(700)]
    assert model.score(text) == pytest.approx(-np.mean(log_p), rel=1e-12)


@pytest.mark.parametrize(
    "sequence", [np.array([3, 1, 2] * 50), [None, "x", 2.5] * 50, np.array(["C4", "A3"] * 50)]
)
def test_samples_come_in_the_form_of_the_data(sequence):
    model = fit(sequence, max_steps=100)
    drawn = model.sample(6, prime=sequence[:3], temperature=0)
    assert type(drawn) is type(sequence)
    np.testing.assert_array_equal(drawn, sequence[3:9])
    assert getattr(drawn, "dtype", None) == getattr(sequence, "dtype", None)


def test_sound_is_learned_by_way_of_its_levels():
    wave = 0.8 * np.sin(np.arange(2000) * 2 * np.pi / 20)
    codes = mulaw_encode(wave, n_levels=32)
    model = fit(codes, max_steps=300)
    sung = mulaw_decode(model.sample(100, prime=codes[:40], temperature=0), n_levels=32)
    assert np.sqrt(np.mean((sung - wave[40:140]) ** 2)) < 0.1


def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads():
    text = "".join(np.random.default_rng(0).choice(list("abcdefgh"), 20_000))
    settings = {"hidden_size": 128, "batch_size": 64, "max_steps": 3, "dropout": 0.2, "num_layers": 2}
    one, two = (fit(text, n_jobs=n_jobs, **settings) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.theta_, two.theta_)
    assert one.score(text[:5000]) == two.score(text[:5000])
    assert one.sample(50, random_state=1) == two.sample(50, random_state=1)
    assert one.sample(50, random_state=1) != one.sample(50, random_state=2)
    other = fit(text, **settings | {"random_state": 1})
    assert np.any(one.theta_ != other.theta_)


def test_fit_starts_afresh_and_warm_start_goes_on():
    text = "abcab" * 50
    model = fit(text, max_steps=20)
    theta = model.theta_.copy()
    np.testing.assert_array_equal(model.fit(text).theta_, theta)
    model.set_params(warm_start=True).fit(text)
    assert np.any(model.theta_ != theta)
    assert model.score(text) < fit(text, max_steps=20).score(text)
    with pytest.raises(ValueError, match="'x' at position 0 is none of the 3 symbols"):
        model.fit("xabc")
    with pytest.raises(ValueError, match="only continue with the same network"):
        model.set_params(hidden_size=3).fit(text)
    texts = fit(NAMES, max_steps=2).set_params(warm_start=True)
    with pytest.raises(
        ValueError, match="Training on many sequences can only continue with the like; got one"
    ):
        texts.fit("anna")


@pytest.mark.parametrize("sequences", ["abcdefgh" * 100, ["abc", "abcd", "bcd", "a"] * 20])
def test_early_stopping_keeps_the_weights_that_are_best_on_what_is_held_back(sequences):
    rng = np.random.default_rng(0)
    if isinstance(sequences, str):
        sequences = "".join(rng.permutation(list(sequences)))
    model = fit(
        sequences,
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=3,
        learning_rate=0.05,
        schedule="constant",
        max_steps=2000,
    )
    history = model.history_
    assert history.step.iloc[-1] < 2000
    assert history.validation_loss.idxmin() == len(history) - 4
    held_back = sequences[-20:] if isinstance(sequences, list) else sequences[-200:]
    assert model.score(held_back) == pytest.approx(history.validation_loss.min(), rel=0.1)


def test_history_is_in_nats_per_symbol():
    model = fit("ab" * 100, max_steps=40, learning_rate=1e-6)
    assert model.history_.loss.iloc[-1] == pytest.approx(model.score("ab" * 100), rel=0.05)
    assert model.history_.validation_loss.isna().all()


def test_a_time_limit_is_kept_and_leaves_the_model_unfitted():
    model = RNNGenerator(**SMALL)
    with pytest.raises(TimeLimitError), time_limit(0):
        model.fit("ab" * 100)
    with pytest.raises(NotFittedError, match="Call fit"):
        model.sample(3)
    for call in (model.score, model.predict_proba):
        with pytest.raises(NotFittedError):
            call("ab")


@pytest.mark.parametrize("bptt", [1, 2, 30, 100])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True, "validation_fraction": 0.3}], ids=str)
def test_a_sequence_shorter_than_a_batch_is_learned_with_any_bptt(bptt, options):
    model = RNNGenerator(hidden_size=16, bptt=bptt, max_steps=400, random_state=0, **options)
    with time_limit(60):  # there was no end
        model.fit("abcdefghij" * 3)
    assert model.sample(12, prime="ab", temperature=0) == "cdefghijabcd"


def test_it_is_cloned_and_pickled_as_estimators_are():
    model = fit(NAMES, max_steps=20)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model))
    assert again.sample(20, random_state=0) == model.sample(20, random_state=0)
    assert "symbols" in model.summary()


def test_weights_are_exchanged_by_name():
    model = fit(MELODIES, context=["major", "minor"], max_steps=20)
    weights = model.get_weights("torch")
    assert weights["symbol.weight"].shape == (len(model.symbols_) + 1, 8)
    expected = model.sample(10, context="minor", random_state=0)
    other = fit(MELODIES, context=["major", "minor"], max_steps=1)
    other.theta_[other.network_.n_parameters :] = model.theta_[model.network_.n_parameters :]
    assert other.set_weights(weights, "torch").sample(10, context="minor", random_state=0) == expected
    np.testing.assert_array_equal(other.predict_proba(context="major"), model.predict_proba(context="major"))
    with pytest.raises(ValueError, match=r"missing: W_head"):
        other.set_weights({name: a for name, a in model.get_weights().items() if name != "W_head"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "transformer"}, "`cell` must be one of 'rnn'"),
        ({"hidden_size": 0}, "`hidden_size` must be a whole number of units, at least 1; got 0"),
        ({"embedding_size": 2.5}, "`embedding_size` must be a whole number of numbers"),
        ({"bptt": None}, "`bptt` must be a whole number of steps"),
        ({"dropout": 1.0}, r"`dropout` must be a number in \[0, 1\); got 1"),
        ({"clip_norm": 0}, r"`clip_norm` must be a number in \(0, inf\); got 0"),
        ({"max_epochs": None, "max_steps": None}, "both None: training would never end"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RNNGenerator(**settings).fit("abc")


def test_what_it_was_not_fitted_on_is_refused_by_name():
    model = fit(NAMES, max_steps=2)
    with pytest.raises(ValueError, match="'z' at position 1 is none of the 8 symbols"):
        model.sample(3, prime="azx")
    with pytest.raises(ValueError, match="'z' at position 0 is none"):
        model.score(["anna", "zoe"])
    with pytest.raises(ValueError, match="fitted without contexts"):
        model.sample(3, context="x")
    with pytest.raises(ValueError, match="`unit` must be one of 'nats', 'bits', 'perplexity'; got 'percent'"):
        model.score("anna", unit="percent")
    with pytest.raises(ValueError, match="one entry for each of the 20 sequences; got 2"):
        model.fit(NAMES, context=["a", "b"])
    sung = fit(MELODIES, context=["major", "minor"], max_steps=2)
    with pytest.raises(ValueError, match="'blue' is none of the 2 contexts"):
        sung.sample(3, context="blue")
    with pytest.raises(ValueError, match="fitted with contexts; pass one"):
        sung.sample(3)
    with pytest.raises(ValueError, match="at least one symbol"):
        model.fit("")


@pytest.mark.parametrize(
    "change",
    [
        {"cell": "lstm"},
        {"hidden_size": 5},
        {"num_layers": 2},
        {"embedding_size": 3},
        {"dropout": 0.5},
        {"bptt": 3},
        {"batch_size": 5},
        {"optimizer": "sgd"},
        {"optimizer": "rmsprop"},
        {"learning_rate": 0.001},
        {"schedule": "constant"},
        {"max_epochs": 1},
        {"max_steps": 2},
        {"early_stopping": True},
        {"clip_norm": 1e-3},
        {"clip_value": 1e-4},
        {"dtype": "float64"},
        {"random_state": 1},
    ],
    ids=str,
)
def test_every_parameter_changes_the_probabilities(change):
    quick = {"max_steps": 12, "random_state": 0}
    changed = fit(NAMES, **(quick | change)).predict_proba("an")
    assert np.isfinite(changed).all()
    assert not np.array_equal(changed, fit(NAMES, **quick).predict_proba("an"))


def test_what_is_held_back_is_not_learned():
    quick = {"max_steps": 12, "random_state": 0, "early_stopping": True}
    one, other = (fit(NAMES, validation_fraction=share, **quick) for share in (0.2, 0.5))
    assert not np.array_equal(one.theta_, other.theta_)


def test_patience_decides_when_training_stops():
    texts = ["".join(np.random.default_rng(k).choice(list("ab"), 20)) for k in range(20)]
    stopping = {"early_stopping": True, "validation_fraction": 0.3, "max_steps": 400, "learning_rate": 0.05}
    short, long = (fit(texts, n_iter_no_change=n, **stopping) for n in (1, 5))
    assert len(short.history_) < len(long.history_)
