"""Estimators of sequences learn what they should, and what cannot be learned one way is learned both ways."""

import numpy as np
import pytest

from tsrnn import RNNClassifier, RNNRegressor, RNNTagger


def two_pulses(n, rng):
    """Noise with a pulse up and a pulse down, and which came first."""
    X, y = [], []
    for _ in range(n):
        x = 0.1 * rng.standard_normal(rng.integers(20, 50))
        first, second = np.sort(rng.choice(len(x), 2, replace=False))
        up_first = rng.random() < 0.5
        x[[first, second]] += (2, -2) if up_first else (-2, 2)
        X.append(x)
        y.append("up" if up_first else "down")
    return X, y


@pytest.mark.parametrize("settings", [{"cell": "gru"}, {"cell": "lstm"}, {"cell": "gru", "pooling": "mean"}])
def test_which_of_two_pulses_came_first(settings):
    X, y = two_pulses(300, np.random.default_rng(0))
    model = RNNClassifier(**settings, max_epochs=40, random_state=0).fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.95


def test_how_long_a_sequence_is():
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 40, 300)
    X = [rng.standard_normal(n) for n in lengths]
    model = RNNClassifier(max_epochs=40, random_state=0).fit(X[:200], lengths[:200] > 20)
    assert model.score(X[200:], lengths[200:] > 20) > 0.95
    model = RNNRegressor(clip_norm=5, max_epochs=40, random_state=0).fit(X[:200], lengths[:200])
    assert model.score(X[200:], lengths[200:]) > 0.98


def test_a_label_that_depends_on_the_next_step_needs_both_directions():
    rng = np.random.default_rng(0)
    X = [rng.standard_normal(rng.integers(10, 30)) for _ in range(200)]
    y = [np.append(x[1:], 0) > 0 for x in X]
    both, one = (
        RNNTagger(bidirectional=way, max_epochs=40, random_state=0).fit(X[:150], y[:150])
        for way in (True, False)
    )
    assert both.score(X[150:], y[150:]) > 0.95
    assert one.score(X[150:], y[150:]) < 0.65


def test_a_running_mean_is_told_at_each_step():
    rng = np.random.default_rng(0)
    X = [rng.standard_normal(rng.integers(5, 30)) for _ in range(200)]
    y = [np.cumsum(x) / np.arange(1, len(x) + 1) for x in X]
    model = RNNTagger(loss="mse", bidirectional=False, max_epochs=40, random_state=0).fit(X[:150], y[:150])
    assert model.score(X[150:], y[150:]) > 0.95


def test_a_rare_class_is_found_when_classes_are_balanced():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 10))
    rare = rng.random(600) < 0.05
    X[rare, 5] += 1.5
    plain, balanced = (
        RNNClassifier(class_weight=weight, max_epochs=20, random_state=0).fit(X[:400], rare[:400])
        for weight in (None, "balanced")
    )
    recall = [model.predict(X[400:])[rare[400:]].mean() for model in (plain, balanced)]
    assert recall[1] > recall[0]
