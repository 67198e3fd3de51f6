"""Fitted attributes that belong to one fit, whatever interrupts it and whoever fits meanwhile."""

import sys

import numpy as np
import pandas as pd
import pytest

from tsrnn import Naive, RNNClassifier, RNNForecaster, RNNGenerator, RNNRegressor, RNNTagger
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.sequence import base as sequence_base

SMALL = {"hidden_size": 2, "max_steps": 3, "random_state": 0}
A, B = pd.Series(np.sin(np.arange(30.0))), pd.Series(np.arange(40.0) % 5)
X = np.sin(np.arange(60.0)).reshape(12, 5)


def attributes(model):
    return {name for name in vars(model) if name.endswith("_")}


class Interruption:
    """Raise KeyboardInterrupt before the n-th line of the two modules that assign what is fitted."""

    def __init__(self, n):
        self.left = n

    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.endswith(("forecasting/base.py", "fitted.py", "sequence/base.py")):
            return None
        return self.local

    def local(self, frame, event, argument):
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.local


@pytest.mark.parametrize("before", [False, True], ids=["new", "fitted"])
@pytest.mark.parametrize(
    ("model", "data"),
    [(Naive(), (A,)), (RNNRegressor(**SMALL), (X, X[:, 0]))],
    ids=["forecaster", "regressor"],
)
def test_fit_is_all_or_nothing_wherever_it_is_interrupted(model, data, before):
    whole = attributes(model.fit(*data))
    tracer, interrupted = sys.gettrace(), 0
    for n in range(1, 1000):
        model._remember({})
        if before:
            model.fit(*data)
        interruption = Interruption(n)
        sys.settrace(interruption)
        try:
            model.fit(*data)
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            sys.settrace(tracer)
        assert attributes(model) in (set(), whole)
        if interruption.left > 0:
            break
    assert attributes(model) == whole
    assert interrupted == n - 1 > 5


def refit_at(monkeypatch, owner, name, refit):
    """Make the first call of a method fit the model again, as another thread may, before it returns."""
    original = getattr(owner, name)

    def call(*arguments, **options):
        found = original(*arguments, **options)
        monkeypatch.setattr(owner, name, original)
        refit()
        return found

    monkeypatch.setattr(owner, name, call)


ANSWERS = {
    "predict": lambda model: model.predict(),
    "level": lambda model: model.predict(level=80),
    "forecast": lambda model: model.forecast().mean,
    "paths": lambda model: model.sample_paths(3, random_state=0),
    "fitted values": lambda model: model.fitted_values_,
    "residuals": lambda model: model.residuals_,
    "gates": lambda model: model.gates(),
    "gradient flow": lambda model: model.gradient_flow(),
    "stream": lambda model: model.stream(warm=True).run(A[:3]),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_forecaster_that_another_thread_refits_answers_from_the_old_model(answer, monkeypatch):
    options = SMALL | {"lookback": 4, "horizon": 2}
    if answer == "stream":
        options |= {"horizon": 1, "strategy": "recursive", "normalize": "series", "transform": None}
    model = RNNForecaster(**options).fit(A)
    ask = ANSWERS[answer]
    expected = ask(model)
    del model.calibrations_
    model.calibrations_ = {}
    refit_at(
        monkeypatch, BaseForecaster, "_panel", lambda: model.set_params(lookback=6, hidden_size=3).fit(B)
    )
    np.testing.assert_array_equal(ask(model), expected)
    assert model.cutoff_ == B.index[-1]


SEQUENCES = {
    "regressor": (RNNRegressor, X[:, 0], X[:, :2] * 9, lambda model: model.predict(X)),
    "classifier": (RNNClassifier, np.arange(12) % 2, np.arange(12) % 3 + 5, lambda model: model.predict(X)),
    "tagger": (RNNTagger, X > 0, X > 0.5, lambda model: model.predict(X)),
}


@pytest.mark.parametrize("kind", SEQUENCES)
def test_sequence_estimator_that_another_thread_refits_answers_from_the_old_model(kind, monkeypatch):
    cls, y, other, ask = SEQUENCES[kind]
    model = cls(**SMALL).fit(X, y)
    expected = ask(model)
    refit_at(monkeypatch, sequence_base, "read_sequences", lambda: model.fit(X + 1, other))
    np.testing.assert_array_equal(ask(model), expected)


def test_generator_that_another_thread_refits_answers_from_the_old_model(monkeypatch):
    model = RNNGenerator(**SMALL).fit("abcabc")
    expected = model.score("abc")
    refit_at(monkeypatch, RNNGenerator, "_fitted_encoding", lambda: model.fit("xyzuvwxyz"))
    assert model.score("abc") == expected
    assert model.symbols_ == sorted("uvwxyz")


def test_a_refit_that_fails_halfway_shows_nothing_of_itself(monkeypatch):
    model = RNNRegressor(**SMALL).fit(X, X[:, 0])
    seen = []
    refit_at(monkeypatch, sequence_base, "read_sequences", lambda: seen.append(model.n_features_in_))
    model.fit(np.ones((4, 7)), np.arange(4.0))
    assert (seen, model.n_features_in_) == ([5], 7)
