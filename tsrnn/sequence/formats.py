"""The door for sequences: arrays, lists and pandas objects in, rows laid end to end out."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils.validation import assert_all_finite, check_array, column_or_1d, validate_data

from tsrnn.validation import counted

_FLOATS = [np.float64, np.float32]
_FORMS = (
    "an array of shape (samples, steps) or (samples, steps, features), or a list of sequences, each of shape "
    "(steps,) or (steps, features)"
)


class Reading(NamedTuple):
    """What was read of an `X`.

    Attributes
    ----------
    values : ndarray of float64 or float32, shape (rows, n_features)
        All sequences, one after the other, a row for each step.
    lengths : ndarray of int64, shape (n,)
        Steps of each.
    is_list : bool
        Whether each sequence came as an object of its own.
    n_columns, n_steps : int, int or None
        What scikit-learn calls features: the columns of a 2-D `X`, which are steps, else features. Steps that
        all sequences must have because a 2-D `X` has as many columns; None: any.
    names : ndarray of str, or None
        Columns of the DataFrames that the sequences came in.
    """

    values: np.ndarray
    lengths: np.ndarray
    is_list: bool
    n_columns: int
    n_steps: int | None = None
    names: np.ndarray | None = None


def read_sequences(estimator: Any, X: Any, *, reset: bool) -> Reading:
    """Read sequences, finite and of one number of features.

    With `reset`, what is seen of them is kept on the estimator (``n_features_in_``, ``feature_names_in_``,
    ``n_steps_in_``); without, it must be what was kept.

    Raises
    ------
    TypeError, ValueError
    """
    X = _as_array_or_list(X)
    if isinstance(X, list):
        read = _read_list(X)
    elif X.ndim == 3:
        read = _read_3d(estimator, X)
    else:
        read = _read_2d(estimator, X, reset=reset)
    if reset:
        estimator.n_features_in_, estimator.n_steps_in_ = read.n_columns, read.n_steps
        if read.n_steps is None:
            _keep_names(estimator, read.names)
    else:
        _check_as_fitted(estimator, read)
    _check_finite(read)
    return read


def _as_array_or_list(X: Any) -> Any:
    if isinstance(X, pd.Series) or _is_list_in_an_array(X):
        X = list(X)
    if isinstance(X, list | tuple):
        nested = all(isinstance(item, list | tuple | float | int | np.number) for item in X)
        if not nested:
            return list(X)
        try:  # nested lists of one length are an array, as everywhere in scikit-learn
            X = np.asarray(X)
        except ValueError:
            return list(X)
    elif getattr(X, "ndim", None) is None:
        X = np.asarray(X)
    if X.ndim not in (2, 3):
        raise ValueError(
            f"`X` must be {_FORMS}; got an array of shape {X.shape}. A single sequence x is X=[x]. "
            "Reshape your data."
        )
    return X


def _is_list_in_an_array(X: Any) -> bool:
    return isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind == "O"


def _read_2d(estimator: Any, X: Any, *, reset: bool) -> Reading:
    more: dict[str, Any] = {"dtype": _FLOATS, "order": "C", "ensure_all_finite": False}
    if reset or estimator.n_steps_in_ is not None:
        X = validate_data(estimator, X, reset=reset, **more)
    else:
        X = check_array(X, estimator=estimator, input_name="X", **more)
    n, n_steps = X.shape
    return Reading(X.reshape(-1, 1), np.full(n, n_steps), False, n_steps, n_steps)


def _read_3d(estimator: Any, X: Any) -> Reading:
    X = check_array(
        X,
        estimator=estimator,
        input_name="X",
        dtype=_FLOATS,
        order="C",
        ensure_all_finite=False,
        allow_nd=True,
        ensure_min_features=0,
    )
    n, n_steps, n_features = X.shape
    if n_steps == 0 or n_features == 0:
        raise ValueError(f"`X` must have steps and features; got an array of shape {X.shape}.")
    return Reading(X.reshape(-1, n_features), np.full(n, n_steps), False, n_features)


def _read_list(X: list[Any]) -> Reading:
    if not X:
        raise ValueError(f"`X` has 0 sequences; a minimum of 1 is required: {_FORMS}.")
    parts = [_read_one(item, i) for i, item in enumerate(X)]
    n_features = parts[0].shape[1]
    for i, part in enumerate(parts):
        if part.shape[1] != n_features:
            raise ValueError(
                f"All sequences of `X` must have the same features; sample 0 has {n_features} and sample {i} "
                f"has {part.shape[1]}. Select the same, and transpose what is not (steps, features)."
            )
    values = np.concatenate(parts)
    if values.dtype not in _FLOATS:
        values = values.astype(np.float64)
    return Reading(values, np.array([len(part) for part in parts]), True, n_features, None, _names(X))


def _read_one(item: Any, i: int) -> np.ndarray:
    array = np.asarray(item)
    if array.dtype.kind not in "biuf":
        if array.dtype.kind != "O":
            raise TypeError(f"`X` must hold numbers; sample {i} holds {array.dtype}. Convert it.")
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"`X` must be {_FORMS}, of numbers; sample {i} is none: {error}. Convert it."
            ) from error
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(
            f"`X` must be {_FORMS}, with at least one step; sample {i} has shape {array.shape}. "
            "Leave out what is empty."
        )
    return array[:, None] if array.ndim == 1 else array


def _names(X: list[Any]) -> np.ndarray | None:
    """Return the columns of a list of DataFrames, which must be the same in each."""
    columns = [list(item.columns) if isinstance(item, pd.DataFrame) else None for item in X]
    for i, names in enumerate(columns):
        if names != columns[0]:
            raise ValueError(
                f"All sequences of `X` must have the same columns; sample 0 has {columns[0]} and sample {i} "
                f"{names}. Select and order them."
            )
    if columns[0] is None or not all(isinstance(name, str) for name in columns[0]):
        return None
    return np.array(columns[0], dtype=object)


def _keep_names(estimator: Any, names: np.ndarray | None) -> None:
    vars(estimator).pop("feature_names_in_", None)
    if names is not None:
        estimator.feature_names_in_ = names


def _check_as_fitted(estimator: Any, read: Reading) -> None:
    name, n_features = type(estimator).__name__, read.values.shape[1]
    expected = estimator.n_features_in_ if estimator.n_steps_in_ is None else 1
    if n_features != expected:
        raise ValueError(
            f"`X` has {counted(n_features, 'feature')} at each step, but {name} was fitted to {expected}. "
            "Pass the same features, in the same order."
        )
    known = getattr(estimator, "feature_names_in_", None)
    if known is None or read.names is None or estimator.n_steps_in_ is not None:
        return
    if list(read.names) != list(known):
        raise ValueError(
            f"The sequences of `X` must have the columns that {name} was fitted to, {list(known)}; got "
            f"{list(read.names)}. Select and order them."
        )


def _check_finite(read: Reading) -> None:
    if np.isfinite(read.values).all():
        return
    row, feature = np.argwhere(~np.isfinite(read.values))[0]
    sample, step = position(read.lengths, row)
    what = "missing values (NaN)" if np.isnan(read.values[row, feature]) else "infinite values (inf)"
    which = f", feature {feature}" if read.values.shape[1] > 1 else ""
    raise ValueError(
        f"`X` has {what} in sample {sample} at step {step}{which}, counted from 0. Fill them, or leave the "
        "steps out."
    )


def position(lengths: np.ndarray, row: int) -> tuple[int, int]:
    """Return the number of the sequence and the step in it that a row is."""
    ends = np.cumsum(lengths)
    sample = int(np.searchsorted(ends, row, "right"))
    return sample, int(row - ends[sample] + lengths[sample])


def read_weight(sample_weight: Any, n: int) -> np.ndarray:
    """Return weights of n samples, ones for None; refuse what cannot be weights."""
    if sample_weight is None:
        return np.ones(n)
    weight = np.array(sample_weight, np.float64)
    if weight.ndim == 0:
        weight = np.full(n, float(weight))
    if weight.shape != (n,):
        raise ValueError(f"`sample_weight` must have shape ({n},), one for each sample; got {weight.shape}.")
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError(
            f"`sample_weight` must be finite and not negative; got {weight.min():g} among others."
        )
    if not weight.any():
        raise ValueError("All entries of `sample_weight` are zero: nothing is left to learn from.")
    return weight


def check_same_number(n_targets: int, n: int) -> None:
    """Refuse targets of another number of samples."""
    if n_targets != n:
        raise ValueError(f"`y` has {counted(n_targets, 'sample')} and `X` {n:,}. Give each a target.")


def read_one_label_each(y: Any, n: int) -> np.ndarray:
    """Return the labels (n,) of n samples."""
    objects = np.asarray(y, dtype=object)
    missing = pd.isna(objects) if objects.ndim == 1 else np.zeros(1, bool)
    if missing.any():
        raise ValueError(
            f"`y` has NaN or None in place of {counted(missing.sum(), 'label')}, the first for sample "
            f"{missing.argmax()}. Leave such samples out."
        )
    labels = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    if labels.dtype.kind == "c":
        raise ValueError("Complex data not supported: labels are strings, bools or whole numbers.")
    check_same_number(len(labels), n)
    return labels


def read_labels(y: Any, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (rows,) of all steps, and which of them there are: not those that are None or NaN."""
    parts = [
        item if isinstance(item, np.ndarray) else np.array(list(item), dtype=object)
        for item in _targets_of(y, lengths)
    ]
    kinds = {
        "U" if part.dtype.kind == "U" else "number" if part.dtype.kind in "biuf" else "O" for part in parts
    }
    labels = np.concatenate(parts if len(kinds) == 1 else [part.astype(object) for part in parts])
    known = ~pd.isna(labels)
    return labels, known


def read_values(y: Any, lengths: np.ndarray) -> tuple[np.ndarray, int]:
    """Return numbers (rows, n_targets) of all steps, nan where there is none, and the axes of a sequence."""
    parts = [np.asarray(item, np.float64) for item in _targets_of(y, lengths)]
    values = np.concatenate(parts)
    if np.isinf(values).any():
        sample, step = position(lengths, int(np.argwhere(np.isinf(values))[0, 0]))
        raise ValueError(f"`y` has infinite values (inf) in sample {sample} at step {step}, counted from 0.")
    if np.isnan(values).all():
        raise ValueError("`y` has no number at any step. Supply some.")
    return values.reshape(len(values), -1), values.ndim


def _targets_of(y: Any, lengths: np.ndarray) -> list[Any]:
    """Return the targets of each sequence, as many as it has steps."""
    parts = list(y.to_numpy() if isinstance(y, pd.DataFrame) else y)
    check_same_number(len(parts), len(lengths))
    for i, (part, n_steps) in enumerate(zip(parts, lengths, strict=True)):
        if np.ndim(part) == 0 or len(part) != n_steps:
            found = f"only {part!r}" if np.ndim(part) == 0 else counted(len(part), "target")
            raise ValueError(
                f"`y` must have a target for each step of `X`; sample {i} has {counted(n_steps, 'step')} and "
                f"{found}. Put None or NaN where there is none."
            )
    return parts
