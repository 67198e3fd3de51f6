"""Estimators of sequences: what lengths, weights, seeds and labels may do."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers import oracle
from helpers.sequences import ESTIMATORS, QUICK, draw, fitted, probabilities, targets
from tsrnn import RNNClassifier, RNNRegressor, RNNTagger

KINDS = ["regressor", "classifier", "tagger"]
WHOLE = ["regressor", "classifier"]


def oracle_logits(model, x):
    """Outputs for one sequence (steps, features), from the equations, in double precision."""
    network = model.network_
    z = (x - model.scaling_.level) / model.scaling_.scale
    views = network.views(model.thetas_[0])
    options = {"bidirectional": model.bidirectional, "one_step": not isinstance(model, RNNTagger)}
    state = oracle.zero_state(network.cell_name, 1, network.hidden_size, network.num_layers)
    output, _ = oracle.network_forward(network.cell_name, views, z[:, None], state, **options)
    return output[:, 0]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_probabilities_are_those_of_the_equations(cell, bidirectional):
    X = draw(n_features=2)
    settings = {"cell": cell, "bidirectional": bidirectional, "num_layers": 2, "dtype": "float64"}
    model = fitted("classifier", X, **settings)
    logits = np.array([oracle_logits(model, x)[-1] for x in X])
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-10)
    np.testing.assert_array_equal(model.predict(X), np.array(["above", "below"])[expected.argmax(axis=1)])


def test_probabilities_of_each_step_are_those_of_the_equations():
    X = draw()
    model = fitted("tagger", X, dtype="float64")
    for x, actual in zip(X, model.predict_proba(X), strict=True):
        logits = oracle_logits(model, x[:, None])
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(actual, expected, rtol=1e-10)


@pytest.mark.parametrize("settings", [{}, {"bidirectional": True}, {"dilation": 3, "num_layers": 3}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_says_the_same_alone_and_among_longer_ones(kind, settings):
    X = draw(40)
    model = fitted(kind, X, **settings)
    together = probabilities(model, X)
    for x, expected in zip(X, together, strict=True):
        np.testing.assert_array_equal(probabilities(model, [x])[0], expected)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = probabilities(model, [X[i] for i in order])
    for i, actual in zip(order, shuffled, strict=True):
        np.testing.assert_array_equal(actual, together[i])


@pytest.mark.parametrize(("patch_size", "pooling"), [(1, "mean"), (3, "last"), (3, "mean")])
def test_reading_in_patches_or_on_average_ignores_the_neighbours_too(patch_size, pooling):
    X = draw(20, n_features=2)
    model = fitted("regressor", X, patch_size=patch_size, pooling=pooling)
    expected = model.predict(X)
    np.testing.assert_array_equal([model.predict([x])[0] for x in X], expected)
    if patch_size > 1:  # the last patch is filled up with what is zero after scaling
        filled = [np.vstack([x, np.tile(model.scaling_.level, (-len(x) % 3, 1))]) for x in X]
        np.testing.assert_allclose(model.predict(filled), expected, rtol=1e-6)
    assert model.network_.n_inputs == 2 * patch_size


@pytest.mark.parametrize("kind", KINDS)
def test_all_forms_of_the_same_sequences_are_the_same(kind):
    array = np.array(draw(10, n_features=2, shortest=5, longest=5))
    forms = [
        array,
        array.tolist(),
        list(array),
        [x.tolist() for x in array],
        [pd.DataFrame(x, columns=["a", "b"]) for x in array],
        pd.Series(list(array), index=range(5, 15)),
    ]
    as_objects = np.empty(len(array), dtype=object)
    as_objects[:] = list(array)
    expected = np.array(probabilities(fitted(kind, array), array))
    for form in [*forms, as_objects]:
        model = ESTIMATORS[kind](**QUICK).fit(form, targets(kind, array))
        np.testing.assert_array_equal(np.array(probabilities(model, form)), expected)
        np.testing.assert_array_equal(np.array(probabilities(model, array)), expected)


def test_columns_of_a_table_are_steps():
    X = draw(10, shortest=4, longest=4)
    table = pd.DataFrame(X, columns=list("abcd"))
    model = RNNRegressor(**QUICK).fit(table, targets("regressor", X))
    assert (model.n_features_in_, model.n_steps_in_, list(model.feature_names_in_)) == (4, 4, list("abcd"))
    np.testing.assert_array_equal(model.predict(table), model.predict([*X]))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table[list("dcba")])
    assert len(model.predict([np.zeros(7)])) == 1  # of another length, named as a sequence of its own


def test_a_tagger_answers_in_the_form_that_it_was_asked_in():
    X = draw(shortest=4, longest=4)
    model = fitted("tagger", X)
    assert model.predict(np.array(X)).shape == (12, 4)
    assert model.predict_proba(np.array(X)).shape == (12, 4, 2)
    assert [len(tags) for tags in model.predict(X)] == [4] * 12


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_threads_changes_no_bit(kind):
    X = draw(40)
    settings = {"n_members": 3, "dropout": 0.2}
    one, two = (fitted(kind, X, n_jobs=n_jobs, **settings) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.thetas_, two.thetas_)
    for left, right in zip(probabilities(one, X), probabilities(two, X), strict=True):
        np.testing.assert_array_equal(left, right)
    other = fitted(kind, X, random_state=1, **settings)
    assert not np.array_equal(one.thetas_, other.thetas_)


def test_members_agree_on_median_and_mean():
    X = draw()
    regressor = fitted("regressor", X, n_members=3)
    classifier = fitted("classifier", X, n_members=3)
    thetas = {model: model.thetas_ for model in (regressor, classifier)}
    singles = {}
    for model, members in thetas.items():
        each = []
        for theta in members:
            model.thetas_ = theta[None]
            each.append(probabilities(model, X))
        model.thetas_, singles[model] = members, each
    np.testing.assert_allclose(regressor.predict(X), np.median(singles[regressor], axis=0))
    np.testing.assert_allclose(classifier.predict_proba(X), np.mean(singles[classifier], axis=0))
    assert set(regressor.history_["member"]) == {0, 1, 2}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_no_weight_has_no_effect(kind):
    X = draw(20)
    y = targets(kind, X)
    spoiled, weight = [*X], np.ones(20)
    spoiled[3], weight[3] = 1e30 * np.ones(5), 0
    if kind == "tagger":
        y[3] = np.full(5, "above")
    model = ESTIMATORS[kind](**QUICK).fit(spoiled, y, sample_weight=weight)
    kept = [i for i in range(20) if i != 3]
    left_out = ESTIMATORS[kind](**QUICK).fit([X[i] for i in kept], [y[i] for i in kept])
    np.testing.assert_allclose(model.thetas_, left_out.thetas_, rtol=1e-5, atol=1e-6)
    if kind == "tagger":
        y[3] = np.full(5, None)
        unlabelled = RNNTagger(**QUICK, normalize=None).fit([*X[:3], np.ones(5), *X[4:]], y)
        without = RNNTagger(**QUICK, normalize=None).fit([X[i] for i in kept], [y[i] for i in kept])
        np.testing.assert_allclose(unlabelled.thetas_, without.thetas_, rtol=1e-5, atol=1e-6)


def whole_batch(kind, **settings):
    return ESTIMATORS[kind](**(QUICK | {"batch_size": 100, "dtype": "float64"} | settings))


def test_the_weight_of_a_class_is_so_many_samples():
    X = draw(20)
    y = targets("classifier", X)
    repeated = np.repeat(np.arange(20), np.where(y == "above", 3, 1))
    many = whole_batch("classifier").fit([X[i] for i in repeated], y[repeated])
    weight = np.where(y == "above", 3.0, 1.0)
    by_sample = whole_batch("classifier").fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(by_sample.thetas_, many.thetas_, rtol=1e-9, atol=1e-12)
    by_class = whole_batch("classifier", class_weight={"above": 3}, normalize=None).fit(X, y)
    unscaled = whole_batch("classifier", normalize=None).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(by_class.thetas_, unscaled.thetas_, rtol=1e-9, atol=1e-12)
    balance = dict(zip(*np.unique(y, return_counts=True), strict=True))
    balanced = whole_batch("classifier", class_weight="balanced").fit(X, y)
    named = whole_batch("classifier", class_weight={label: 10 / n for label, n in balance.items()}).fit(X, y)
    np.testing.assert_allclose(balanced.thetas_, named.thetas_, rtol=1e-9, atol=1e-12)


def test_a_rare_class_of_great_weight_keeps_it_in_small_batches():
    X = [
        np.zeros(2) for _ in range(1000)
    ]  # nothing to tell them by: the right answer is their share of weight
    y = np.arange(1000) % 50 == 0
    model = RNNClassifier(
        class_weight="balanced", hidden_size=4, batch_size=8, random_state=0, clip_norm=None
    )
    share = model.fit(X, y).predict_proba(X[:1])[0, 1]
    assert share == pytest.approx(0.5, abs=0.05)


def test_a_step_without_a_label_counts_for_nothing():
    X = draw(20)
    y = [np.array(labels, dtype=object) for labels in targets("tagger", X)]
    for labels in y:
        labels[1] = None
    model = RNNTagger(**QUICK, class_weight="balanced").fit(X, y)
    assert list(model.classes_) == ["above", "below"]
    right = [tags == labels for tags, labels in zip(model.predict(X), y, strict=True)]
    assert model.score(X, y) == pytest.approx(np.mean(np.concatenate([np.delete(r, 1) for r in right])))
    for labels in y:
        labels[1] = np.nan
    same = RNNTagger(**QUICK, class_weight="balanced").fit(X, y)
    np.testing.assert_array_equal(same.thetas_, model.thetas_)


def test_numbers_of_each_step_may_be_several_and_missing():
    X = draw(20)
    y = [np.column_stack([x, 1000 + 10 * x]) for x in X]
    y[2][1, 0] = np.nan
    model = RNNTagger(loss="mse", hidden_size=8, random_state=0).fit(X, y)
    assert model.predict(X)[0].shape == y[0].shape
    assert model.score(X, y) > 0.95
    with pytest.raises(AttributeError, match="has no probabilities"):
        model.predict_proba(X)
    model.set_params(loss="cross_entropy").fit(X, targets("tagger", X)).set_params(loss="mse")
    assert set(np.concatenate(model.predict(X))) == {"above", "below"}  # as it was fitted
    single = RNNTagger(loss="mse", hidden_size=8, random_state=0).fit(X, [part[:, 1] for part in y])
    assert single.predict(X)[0].shape == X[0].shape


def test_targets_of_a_regressor_may_be_several_on_any_scale():
    X = draw(60)
    y = np.array([[np.sum(x), 1e6 + 1e3 * len(x)] for x in X])
    model = RNNRegressor(hidden_size=16, random_state=0).fit(X, y)
    assert model.predict(X).shape == (60, 2)
    assert model.score(X, y) > 0.95
    np.testing.assert_allclose(model.predict(X)[:, 1].mean(), 1e6, rtol=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_training_in_parts_goes_on(kind):
    X = draw(40)
    y = targets(kind, X)
    classes = {} if kind == "regressor" else {"classes": ["above", "below"]}
    model = ESTIMATORS[kind](**(QUICK | {"hidden_size": 8}))
    losses = []
    for _ in range(30):
        model.partial_fit(X, y, **classes)
        losses.append(model.history_["loss"].iloc[-1])
    assert losses[-1] < losses[0] / 2
    before = model.thetas_.copy()
    with pytest.raises(ValueError, match="missing values"):
        model.partial_fit([np.array([np.nan])], y[:1])
    np.testing.assert_array_equal(model.thetas_, before)


def test_parts_take_the_steps_that_one_long_fit_takes():
    X = draw(30)
    y = targets("regressor", X)
    settings = QUICK | {"schedule": "constant", "batch_size": 30, "dtype": "float64"}
    model = RNNRegressor(**settings)
    for _ in range(6):
        model.partial_fit(X, y)
    whole = RNNRegressor(**settings).fit(X, y)  # 6 steps of one batch
    np.testing.assert_allclose(model.thetas_, whole.thetas_, rtol=1e-9, atol=1e-12)


def test_warm_start_goes_on_from_the_weights():
    X = draw(30)
    model = fitted("classifier", X, warm_start=True, max_steps=100, max_epochs=None)
    first = model.history_["loss"].iloc[-1]
    assert model.fit(X, targets("classifier", X)).history_["loss"].iloc[0] < 1.2 * first
    model.set_params(hidden_size=5)
    with pytest.raises(ValueError, match="can only continue with the same network"):
        model.fit(X, targets("classifier", X))


def test_early_stopping_holds_back_some_of_each_class():
    X = draw(60)
    y = np.repeat(["a", "b", "c"], [40, 15, 5])
    settings = {"early_stopping": True, "validation_fraction": 0.2, "max_epochs": None, "max_steps": 2000}
    model = RNNClassifier(**(QUICK | settings)).fit(X, y)
    assert model.history_["validation_loss"].notna().all()
    assert model.history_["step"].iloc[-1] < 2000
    assert list(model.classes_) == ["a", "b", "c"]


@pytest.mark.parametrize("labels", [[True, False], [3, 7], ["x", "y"], [1.0, 2.0], ["a", "b", "c"]])
def test_labels_of_any_type_come_back_as_they_were(labels):
    X = draw()
    y = [labels[i % len(labels)] for i in range(12)]
    classifier = RNNClassifier(**QUICK).fit(X, y)
    assert set(classifier.predict(X)) <= set(labels)
    assert classifier.classes_.dtype == np.asarray(y).dtype
    tagger = RNNTagger(**QUICK).fit(X, [[label] * len(x) for x, label in zip(X, y, strict=True)])
    assert set(np.concatenate(tagger.predict(X))) <= set(labels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_says_the_same(kind):
    X = draw()
    model = fitted(kind, X, n_members=2)
    copy = pickle.loads(pickle.dumps(model))
    for left, right in zip(probabilities(model, X), probabilities(copy, X), strict=True):
        np.testing.assert_array_equal(left, right)
    assert copy.summary() == model.summary()
    other = fitted(kind, X, random_state=1)
    other.set_weights(model.get_weights("torch", member=1), "torch")
    np.testing.assert_array_equal(other.thetas_[0], model.thetas_[1])
    with pytest.raises(NotFittedError):
        clone(model).predict(X)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_sequences_are_searched_and_cross_validated(kind):
    X = draw(24)
    y = targets(kind, X)
    search = GridSearchCV(ESTIMATORS[kind](**QUICK), {"hidden_size": [2, 3]}, cv=3, error_score="raise")
    assert search.fit(X, y).best_params_["hidden_size"] in (2, 3)
    scores = cross_val_score(ESTIMATORS[kind](**QUICK), X, y, cv=3, n_jobs=2, error_score="raise")
    np.testing.assert_array_equal(scores, cross_val_score(ESTIMATORS[kind](**QUICK), X, y, cv=3))


def test_a_pipeline_scales_the_columns_of_a_table():
    X = np.array(draw(20, shortest=6, longest=6)) * np.arange(1, 7)
    y = X[:, 3]
    pipeline = make_pipeline(StandardScaler(), RNNRegressor(hidden_size=16, random_state=0)).fit(X, y)
    assert pipeline.score(X, y) > 0.9


def test_nothing_is_printed_or_warned_of(capsys):
    X = draw()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted("classifier", X)
    assert capsys.readouterr() == ("", "")


CHANGES = [
    *({"cell": cell} for cell in ("rnn", "rnn_relu", "irnn", "lstm", "lstm_peephole", "gru_reset_before")),
    {"hidden_size": 5},
    {"num_layers": 2},
    {"bidirectional": "other"},
    {"dropout": 0.5},
    {"normalize": None},
    {"optimizer": "sgd"},
    {"optimizer": "rmsprop"},
    {"learning_rate": 0.003},
    {"schedule": "constant"},
    {"batch_size": 5},
    {"max_epochs": 1},
    {"max_steps": 2},
    {"early_stopping": True},
    {"clip_norm": 1e-3},
    {"clip_value": 1e-4},
    {"n_members": 2},
    {"dtype": "float64"},
    {"random_state": 1},
]
SOME = [("classifier", {"class_weight": "balanced"}), ("tagger", {"class_weight": "balanced"})]
SOME += [(kind, {"pooling": "mean"}) for kind in WHOLE] + [(kind, {"patch_size": 2}) for kind in WHOLE]
SOME += [("regressor", {"loss": loss}) for loss in ("mae", "huber")]


@pytest.mark.parametrize(("kind", "change"), [(kind, change) for kind in KINDS for change in CHANGES] + SOME)
def test_every_parameter_changes_what_is_said(kind, change):
    X = [x + 0.5 for x in draw(30)]
    plain = fitted(kind, X)
    if "bidirectional" in change:
        change = {"bidirectional": not plain.bidirectional}
    said, before = (
        np.concatenate([np.ravel(p) for p in probabilities(m, X)]) for m in (fitted(kind, X, **change), plain)
    )
    assert np.isfinite(said).all()
    assert not np.array_equal(said, before)


@pytest.mark.parametrize("change", [{"residual": True}, {"dilation": 2}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_what_joins_layers_changes_what_a_stack_says(kind, change):
    X, stack = draw(30), {"num_layers": 2}
    said, before = (fitted(kind, X, **stack, **more).thetas_ for more in (change, {}))
    assert not np.array_equal(said, before)


@pytest.mark.parametrize("change", [{"validation_fraction": 0.4}, {"n_iter_no_change": 1}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_when_to_stop_changes_the_weights(kind, change):
    X, stopping = (
        draw(30),
        {"early_stopping": True, "max_steps": 200, "max_epochs": None, "learning_rate": 0.1},
    )
    one, other = (fitted(kind, X, **stopping, **more) for more in (change, {}))
    assert len(one.history_) != len(other.history_) or not np.array_equal(one.thetas_, other.thetas_)
