"""Encoding of class labels as numbers, weights of classes, and mean probabilities of ensembles."""

from typing import Any

import numpy as np


def find_classes(labels: np.ndarray) -> np.ndarray:
    """Return the distinct labels, sorted; at least two are required.

    Examples
    --------
    >>> find_classes(np.array(["no", "yes", "no"], dtype=object))
    array(['no', 'yes'], dtype=object)
    """
    from sklearn.utils.multiclass import type_of_target  # slow to import

    if labels.dtype.kind == "O":
        native = np.array(list(labels))
        labels = native if native.dtype.kind in "biuf" and native.ndim == 1 else labels
    try:
        kind = type_of_target(labels, input_name="y", raise_unknown=True)
        classes = np.unique(labels)
    except TypeError as error:
        raise TypeError(f"Labels must be of one type that can be sorted; {error}. Convert them.") from error
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind}. Labels are strings, bools or whole numbers; for other numbers "
            'take RNNRegressor, or at each step RNNTagger(loss="mse").'
        )
    if len(classes) < 2:
        got = f"1 class, {classes[0]!r}" if len(classes) else "no label at all"
        raise ValueError(f"At least 2 classes are needed; `y` has {got}. Supply samples of another.")
    return classes


def class_numbers(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the number of each label's class."""
    try:
        numbers = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
        unknown = classes[numbers] != labels
    except TypeError:
        unknown = np.ones(len(labels), bool)
    if unknown.any():
        raise ValueError(
            f"`y` has labels that are not among the classes {list(classes)}, such as "
            f"{labels[np.argmax(unknown)]!r}. Name all classes at the start, or fit afresh."
        )
    return numbers


def class_factors(
    class_weight: Any, numbers: np.ndarray, weight: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """Return the factor of each class for the weights of its samples.

    Examples
    --------
    >>> class_factors("balanced", np.array([0, 0, 0, 1]), np.ones(4), np.array(["a", "b"]))
    array([0.66666667, 2.        ])
    """
    factors = np.ones(len(classes))
    if class_weight is None:
        return factors
    if class_weight == "balanced":
        present = np.bincount(numbers, weight, len(classes))
        return weight.sum() / (np.count_nonzero(present) * np.where(present > 0, present, np.inf))
    known = list(classes)
    for label, factor in class_weight.items():
        if label not in known:
            raise ValueError(
                f"`class_weight` names {label!r}, which is not among the classes {known}. Leave it out."
            )
        if not 0 <= factor < np.inf:
            raise ValueError(f"`class_weight` must be finite and not negative; got {factor!r} for {label!r}.")
        factors[known.index(label)] = factor
    return factors


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean probability of each class over members, the first axis.

    Examples
    --------
    >>> np.exp(log_probabilities(np.log([[[0.2, 0.8]], [[0.4, 0.6]]]))).round(3)
    array([[0.3, 0.7]])
    """
    largest = logits.max(axis=-1, keepdims=True)
    sizes = np.exp(logits - largest).sum(axis=-1, keepdims=True)
    return np.logaddexp.reduce(logits - largest - np.log(sizes), axis=0) - np.log(len(logits))


def refuse_balanced(class_weight: Any) -> None:
    """Raise ValueError for class_weight="balanced", which partial_fit cannot compute."""
    if isinstance(class_weight, str):
        raise ValueError(
            f'class_weight="{class_weight}" needs all of the data at once, which partial_fit has not. Pass a '
            "dict of weights, or sample_weight."
        )


def given_classes(classes: Any, estimator: Any) -> np.ndarray:
    """Return the classes of ``partial_fit``: those passed at the first call."""
    if not estimator.__sklearn_is_fitted__():
        if classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all that will ever come. "
                "Pass classes=np.unique(y) if this `y` has them all."
            )
        return find_classes(np.asarray(classes))
    known = estimator.classes_
    if classes is not None and not np.array_equal(np.unique(classes), known):
        raise ValueError(
            f"`classes` is not the same as on the first call: {list(known)} then, {list(np.unique(classes))} "
            "now. Leave it out."
        )
    return known
