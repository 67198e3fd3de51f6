"""Input of sequence estimators: arrays, lists and pandas objects, checked and concatenated to one array."""

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


class SequenceData(NamedTuple):
    """The sequences of an `X`, concatenated, and its form.

    Attributes
    ----------
    values : ndarray of float64 or float32, shape (rows, n_features)
        All sequences, one after the other, with a row for each step.
    lengths : ndarray of int64, shape (n,)
        Number of steps of each sequence.
    is_list : bool
        Whether `X` is a list of sequences, instead of one array.
    n_columns, n_steps : int, int or None
        Features in the sense of scikit-learn: the columns of a 2-D `X`, which are steps, else features.
        Number of steps of all sequences if `X` is 2-D, else None.
    names : ndarray of str, or None
        Columns of sequences that are DataFrames.
    """

    values: np.ndarray
    lengths: np.ndarray
    is_list: bool
    n_columns: int
    n_steps: int | None = None
    names: np.ndarray | None = None


def read_sequences(estimator: Any, X: Any, *, reset: bool) -> SequenceData:
    """Return the sequences of `X`, checked to be finite and to have the same number of features.

    With `reset`, ``n_features_in_``, ``feature_names_in_`` and ``n_steps_in_`` of the estimator are set;
    without it, `X` must agree with them.

    Raises
    ------
    TypeError, ValueError
    """
    X = _as_array_or_list(X)
    if isinstance(X, list):
        data = _read_list(X)
    elif X.ndim == 3:
        data = _read_3d(estimator, X)
    else:
        data = _read_2d(estimator, X, reset=reset)
    if reset:
        estimator.n_features_in_, estimator.n_steps_in_ = data.n_columns, data.n_steps
        if data.n_steps is None:
            _keep_names(estimator, data.names)
    else:
        _check_as_fitted(estimator, data)
    _check_finite(data)
    return data


def _as_array_or_list(X: Any) -> Any:
    if isinstance(X, pd.Series) or _is_list_in_an_array(X):
        X = list(X)
    if isinstance(X, list | tuple):
        nested = all(isinstance(item, list | tuple | float | int | np.number) for item in X)
        if not nested:
            return list(X)
        try:  # nested lists of equal length are an array, as everywhere in scikit-learn
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


def _read_2d(estimator: Any, X: Any, *, reset: bool) -> SequenceData:
    more: dict[str, Any] = {"dtype": _FLOATS, "order": "C", "ensure_all_finite": False}
    if reset or estimator.n_steps_in_ is not None:
        X = validate_data(estimator, X, reset=reset, **more)
    else:
        X = check_array(X, estimator=estimator, input_name="X", **more)
    n, n_steps = X.shape
    return SequenceData(X.reshape(-1, 1), np.full(n, n_steps), False, n_steps, n_steps)


def _read_3d(estimator: Any, X: Any) -> SequenceData:
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
    return SequenceData(X.reshape(-1, n_features), np.full(n, n_steps), False, n_features)


def _read_list(X: list[Any]) -> SequenceData:
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
    return SequenceData(values, np.array([len(part) for part in parts]), True, n_features, None, _names(X))


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
    """Return the columns of a list of DataFrames, checked to be the same in each."""
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


def _check_as_fitted(estimator: Any, data: SequenceData) -> None:
    name, n_features = type(estimator).__name__, data.values.shape[1]
    expected = estimator.n_features_in_ if estimator.n_steps_in_ is None else 1
    if n_features != expected:
        raise ValueError(
            f"`X` has {counted(n_features, 'feature')} at each step, but {name} was fitted to {expected}. "
            "Pass the same features, in the same order."
        )
    fitted = getattr(estimator, "feature_names_in_", None)
    if fitted is None or data.names is None or estimator.n_steps_in_ is not None:
        return
    if list(data.names) != list(fitted):
        raise ValueError(
            f"The sequences of `X` must have the columns that {name} was fitted to, {list(fitted)}; got "
            f"{list(data.names)}. Select and order them."
        )


def _check_finite(data: SequenceData) -> None:
    if np.isfinite(data.values).all():
        return
    row, feature = np.argwhere(~np.isfinite(data.values))[0]
    sample, step = position(data.lengths, row)
    what = "missing values (NaN)" if np.isnan(data.values[row, feature]) else "infinite values (inf)"
    which = f", feature {feature}" if data.values.shape[1] > 1 else ""
    raise ValueError(
        f"`X` has {what} in sample {sample} at step {step}{which}, counted from 0. Fill them, or leave the "
        "steps out."
    )


def position(lengths: np.ndarray, row: int) -> tuple[int, int]:
    """Return the number of the sequence, and of the step in it, of a row."""
    ends = np.cumsum(lengths)
    sample = int(np.searchsorted(ends, row, "right"))
    return sample, int(row - ends[sample] + lengths[sample])


def read_weight(sample_weight: Any, n: int) -> np.ndarray:
    """Return the weights of n samples, checked; ones for None."""
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
    """Raise ValueError if `y` and `X` have different numbers of samples."""
    if n_targets != n:
        raise ValueError(f"`y` has {counted(n_targets, 'sample')} and `X` {n:,}. Give each a target.")


def read_one_label_each(y: Any, n: int) -> np.ndarray:
    """Return the labels (n,) of n samples, checked."""
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
    """Return labels (rows,) of all steps, and where they are not missing (None or NaN)."""
    parts = [
        item if isinstance(item, np.ndarray) else np.array(list(item), dtype=object)
        for item in _targets_of(y, lengths)
    ]
    kinds = {
        "U" if part.dtype.kind == "U" else "number" if part.dtype.kind in "biuf" else "O" for part in parts
    }
    labels = np.concatenate(parts if len(kinds) == 1 else [part.astype(object) for part in parts])
    is_known = ~pd.isna(labels)
    return labels, is_known


def read_values(y: Any, lengths: np.ndarray) -> tuple[np.ndarray, int]:
    """Return targets (rows, n_targets) of all steps, nan where missing, and their number of axes."""
    parts = [np.asarray(item, np.float64) for item in _targets_of(y, lengths)]
    values = np.concatenate(parts)
    if np.isinf(values).any():
        sample, step = position(lengths, int(np.argwhere(np.isinf(values))[0, 0]))
        raise ValueError(f"`y` has infinite values (inf) in sample {sample} at step {step}, counted from 0.")
    if np.isnan(values).all():
        raise ValueError("`y` has no number at any step. Supply some.")
    return values.reshape(len(values), -1), values.ndim


def _targets_of(y: Any, lengths: np.ndarray) -> list[Any]:
    """Return the targets of each sequence, checked to be as many as its steps."""
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
