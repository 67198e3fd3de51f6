"""What is refused of sequences, targets and weights, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from helpers.sequences import ESTIMATORS, QUICK, draw, fitted, targets
from tsrnn import RNNClassifier, RNNRegressor, RNNTagger

GOOD = draw(6)
BAD_X = {
    "nan": ([*GOOD[:3], np.array([0.0, np.nan]), *GOOD[4:]], "missing values .NaN. in sample 3 at step 1"),
    "inf": ([*GOOD[:2], np.array([np.inf]), *GOOD[3:]], "infinite values .inf. in sample 2 at step 0"),
    "NA": ([*GOOD[:2], pd.Series([1, pd.NA], dtype=object), *GOOD[3:]], "sample 2 is none"),
    "None": ([*GOOD[:2], [1.0, None], *GOOD[3:]], "missing values .NaN. in sample 2 at step 1"),
    "empty": ([*GOOD[:4], np.empty(0), GOOD[5]], r"sample 4 has shape \(0,\)"),
    "no sequences": ([], "0"),
    "features": ([*GOOD[:5], np.zeros((4, 2))], "sample 0 has 1 and sample 5 has 2"),
    "columns": (
        [pd.DataFrame(np.zeros((2, 2)), columns=list("ab" if i < 5 else "ba")) for i in range(6)],
        "the same columns; sample 0 has",
    ),
    "strings": ([*GOOD[:5], np.array(["a", "b"])], "sample 5 holds <U1"),
    "words": ([*GOOD[:5], ["a", "b"]], "sample 5 holds <U1"),
    "a scalar": ([*GOOD[:5], 3.0], r"sample 5 has shape \(\)"),
    "one sequence": (GOOD[0], r"an array of shape \(\d,\). A single sequence x is X=\[x\]"),
    "a series": (pd.Series([1.0, 2, 3]), r"an array of shape \(3,\)"),
    "four axes": (np.zeros((6, 2, 2, 2)), r"an array of shape \(6, 2, 2, 2\)"),
    "no steps": (np.zeros((6, 0, 2)), "must have steps and features"),
    "complex": ([*GOOD[:5], np.array([1j])], "sample 5 holds complex128"),
}


@pytest.mark.parametrize(("X", "message"), BAD_X.values(), ids=BAD_X)
def test_sequences_that_are_none_are_refused(X, message):
    model = RNNRegressor(**QUICK).fit(GOOD, np.arange(6))
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, np.arange(6))
    assert not model.__sklearn_is_fitted__()
    assert [name for name in vars(model) if name.endswith("_")] == []


def test_predictions_want_the_features_that_were_fitted():
    model = fitted("regressor", draw(n_features=2))
    with pytest.raises(ValueError, match="has 3 features at each step, but RNNRegressor was fitted to 2"):
        model.predict(np.zeros((1, 5, 3)))
    with pytest.raises(ValueError, match="has 1 feature at each step, but RNNRegressor was fitted to 2"):
        model.predict([[1, 2, 3]])
    named = [pd.DataFrame(x, columns=["a", "b"]) for x in draw(n_features=2)]
    model = fitted("regressor", named)
    with pytest.raises(ValueError, match="the columns that RNNRegressor was fitted to"):
        model.predict([part[["b", "a"]] for part in named])


BAD_Y = {
    "too few": ("regressor", [1.0, 2.0], "`y` has 2 samples and `X` 6"),
    "none": ("classifier", None, "requires y to be passed"),
    "nan": ("regressor", [1, 2, np.nan, 4, 5, 6], "NaN"),
    "one class": ("classifier", ["a"] * 6, "At least 2 classes are needed; `y` has 1 class, .*'a'"),
    "fractions": ("classifier", np.linspace(0, 1, 6), "Unknown label type: continuous"),
    "mixed": ("classifier", np.array(["a", 1, "a", 1, "b", 2], dtype=object), "one type|Unknown label type"),
    "missing": (
        "classifier",
        np.array(["a", None, "a", "b", "b", "b"], dtype=object),
        "in place of 1 label, the first for sample 1",
    ),
    "three axes": ("regressor", np.zeros((6, 2, 2)), "dim|shape"),
    "per step": ("tagger", np.zeros(6), "sample 0 has"),
    "step short": ("tagger", [np.zeros(len(x) - (i == 4)) for i, x in enumerate(GOOD)], "sample 4 has"),
    "no label": ("tagger", [[None] * len(x) for x in GOOD], "label"),
    "all the same": ("tagger", [["a"] * len(x) for x in GOOD], "At least 2 classes"),
    "real labels": ("tagger", GOOD, "Unknown label type: continuous"),
}


@pytest.mark.parametrize(("kind", "y", "message"), BAD_Y.values(), ids=BAD_Y)
def test_targets_that_are_none_are_refused(kind, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ESTIMATORS[kind](**QUICK).fit(GOOD, y)


def test_numbers_of_steps_must_be_finite_and_some_known():
    y = [x.copy() for x in GOOD]
    y[3][1] = np.inf
    with pytest.raises(ValueError, match=r"infinite values \(inf\) in sample 3 at step 1"):
        RNNTagger(loss="mse", **QUICK).fit(GOOD, y)
    with pytest.raises(ValueError, match="no number at any step"):
        RNNTagger(loss="mse", **QUICK).fit(GOOD, [np.full(len(x), np.nan) for x in GOOD])


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 2], r"must have shape \(6,\), one for each sample; got \(2,\)"),
        ([1, 1, 1, 1, 1, -1], "not negative; got -1"),
        ([1, 1, 1, 1, 1, np.nan], "finite"),
        (np.zeros(6), "zero"),
    ],
)
def test_weights_that_are_none_are_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        RNNRegressor(**QUICK).fit(GOOD, np.arange(6), sample_weight=weight)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({"c": 1}, "names 'c', which is not among the classes"),
        ({"above": -1}, "not negative"),
        ("even", "must be None, \"balanced\" or a dict; got 'even'"),
    ],
)
def test_class_weights_that_are_none_are_refused(class_weight, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(**QUICK, class_weight=class_weight).fit(GOOD, ["above", "below"] * 3)


def test_classes_are_named_at_the_first_part():
    y = targets("classifier", GOOD)
    model = RNNClassifier(**QUICK)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(GOOD, y)
    model.partial_fit(GOOD, y, classes=["above", "below", "level"])
    with pytest.raises(ValueError, match="not the same as on the first call"):
        model.partial_fit(GOOD, y, classes=["above", "below"])
    with pytest.raises(ValueError, match="labels that are not among the classes"):
        model.partial_fit(GOOD, ["beyond", *y[1:]])
    assert model.partial_fit(GOOD[:1], ["level"]).predict_proba(GOOD).shape == (6, 3)
    with pytest.raises(ValueError, match="needs all of the data at once"):
        RNNClassifier(**QUICK, class_weight="balanced").partial_fit(GOOD, y, classes=["above", "below"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "max"}, "`pooling` must be one of 'last', 'mean'; got 'max'"),
        ({"normalize": "window"}, "`normalize` must be one of 'series', None"),
        ({"cell": "tcn"}, "`cell` must be one of"),
        ({"hidden_size": 0}, "`hidden_size` must be a whole number of units"),
        ({"dropout": 1}, "`dropout` must be a number in"),
        ({"max_steps": None, "max_epochs": None}, "training would never end"),
        ({"cell": "jordan", "bidirectional": True}, "feeds the network's output back"),
    ],
)
def test_parameters_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RNNRegressor(**(QUICK | settings)).fit(GOOD, np.arange(6))


def test_numbers_that_the_type_cannot_hold_are_an_error():
    X = [1e300 * x for x in GOOD]
    assert np.isfinite(RNNRegressor(**QUICK).fit(X, np.arange(6)).predict(X)).all()
    with pytest.raises(ValueError, match='too large for dtype="float32"'):
        RNNRegressor(**QUICK, normalize=None).fit(X, np.arange(6))
    with pytest.raises(ValueError, match='too large for dtype="float32"'):
        fitted("regressor", GOOD).predict(X)


def test_states_that_grow_beyond_all_numbers_are_an_error():
    X = draw(30)
    model = fitted("classifier", X, cell="irnn")
    model.network_.views(model.thetas_[0])["W_hh_0"][:] = 100 * np.eye(4)
    with pytest.raises(ValueError, match="grew beyond all numbers"):
        model.predict([np.ones(1000)])
