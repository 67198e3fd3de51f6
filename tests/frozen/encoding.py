"""What a case returns as a form, in JSON, and plain numbers; and how two of them differ."""

import json
import warnings
from hashlib import sha256
from numbers import Number

import numpy as np
import pandas as pd

TOLERANCE = 1e-6  # of the largest entry of each array or column; 1e-5 where processors lack FMA
_SHOWN = 12  # labels of an index that a form spells out; of longer ones a digest
_KEPT_OUT = ("seconds", "fit_seconds", "predict_seconds")  # never twice the same


def run(case):
    """Return what a case gives, and the warnings that it has met, as text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = dict(case())
    found["warnings"] = sorted({f"{one.category.__name__}: {one.message}" for one in caught})
    return found


def encode(found):
    """Return a form for each name of a case, and all of its numbers as one array.

    A form holds everything that has to be the same; in place of numbers it has how many there are.
    """
    numbers = [np.empty(0)]
    forms = {name: _describe(value, numbers) for name, value in found.items()}
    return forms, np.concatenate(numbers)


def differences(forms, numbers, frozen_forms, frozen_numbers):
    """Return a line for all that is not as it was: forms exactly, numbers within `TOLERANCE`."""
    names = list(dict.fromkeys([*frozen_forms, *forms]))
    lines = [
        f"{name}: {frozen_forms.get(name, 'nothing')}\n  is now {forms.get(name, 'nothing')}"
        for name in names
        if forms.get(name) != frozen_forms.get(name)
    ]
    if lines:
        return lines
    start = 0
    for name in names:
        for path, n in _sizes(forms[name], name):
            was, now = frozen_numbers[start : start + n], numbers[start : start + n]
            lines += [] if (miss := _miss(was, now)) is None else [f"{path}: {miss}"]
            start += n
    return lines


def _miss(was, now):
    """Return how numbers differ, None if they do not."""
    finite = np.isfinite(was)
    if not np.array_equal(was[~finite], now[~finite], equal_nan=True) or not np.isfinite(now[finite]).all():
        return "NaN and infinite numbers are in other places"
    if not finite.any():
        return None
    largest = np.abs(was[finite]).max()
    error = np.abs(now[finite] - was[finite]).max()
    if error <= TOLERANCE * largest:
        return None
    share = error / largest if largest else np.inf
    return f"off by up to {error:.3g}, {share:.3g} of the largest entry, {largest:.6g}"


def _sizes(form, path):
    """Yield the place and the size of each block of numbers in a form, in their order."""
    if not isinstance(form, dict):
        return
    for key, value in form.items():
        if key == "numbers":
            yield path, value
        elif isinstance(value, dict):
            yield from _sizes(value, f"{path}.{key}")


def _describe(value, numbers):
    if isinstance(value, pd.DataFrame):
        columns = [i for i, name in enumerate(value.columns) if name not in _KEPT_OUT]
        return {
            "frame": _index(value.index),
            "columns": _index(value.columns),
            "by column": {str(i): _values(value.iloc[:, i], numbers) for i in columns},
            "attrs": _describe(dict(value.attrs), numbers),
        }
    if isinstance(value, pd.Series):
        return {
            "series": _index(value.index),
            "name": repr(value.name),
            "values": _values(value, numbers),
            "attrs": _describe(dict(value.attrs), numbers),
        }
    if isinstance(value, pd.Index):
        return _index(value)
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), **_values(value, numbers)}
    if isinstance(value, dict):
        return {"dict": {repr(key): _describe(one, numbers) for key, one in value.items()}}
    if isinstance(value, list | tuple):
        parts = {str(i): _describe(one, numbers) for i, one in enumerate(value)}
        return {type(value).__name__: parts}
    if isinstance(value, Number) and not isinstance(value, bool | int):
        return {"scalar": type(value).__name__, **_values(np.asarray(value), numbers)}
    return {type(value).__name__: str(value)}


def _values(values, numbers):
    """Describe the entries of an array or column: numbers apart, anything else as text."""
    dtype = str(values.dtype)
    if pd.api.types.is_numeric_dtype(values.dtype):
        plain = pd.to_numeric(pd.Series(np.ravel(values))).to_numpy(np.float64, na_value=np.nan)
        numbers.append(plain)
        return {"dtype": dtype, "numbers": len(plain)}
    return {"dtype": dtype, "labels": _labels(np.ravel(np.asarray(values, object)))}


def _index(index):
    named = {"kind": type(index).__name__, "names": [repr(name) for name in index.names], "n": len(index)}
    if isinstance(index, pd.MultiIndex):
        levels = [index.get_level_values(i) for i in range(index.nlevels)]
        return named | {"levels": {str(i): _index(level) for i, level in enumerate(levels)}}
    freq = getattr(index, "freq", None)
    return named | {
        "dtype": str(index.dtype),
        "freq": None if freq is None else freq.freqstr,
        "labels": _labels(index),
    }


def _labels(labels):
    texts = [_text(label) for label in labels]
    if len(texts) <= _SHOWN:
        return texts
    digest = sha256("\n".join(texts).encode()).hexdigest()[:16]
    return [texts[0], texts[1], "...", texts[-1], digest]


def _text(label):
    if isinstance(label, pd.Timestamp):
        return label.isoformat()
    return repr(label.item() if isinstance(label, np.generic) else label)


def read(path):
    """Return the form and the numbers of each case in a file that ``make_frozen.py`` has written."""
    with np.load(path) as file:
        forms, numbers = json.loads(file["forms"].tobytes()), file["numbers"]
    found, start = {}, 0
    for name, (form, n) in forms.items():
        found[name] = form, numbers[start : start + n]
        start += n
    return found
