"""Hashes of data and parameters that are the same in any process, as keys of the cache."""

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import singledispatch
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["fingerprint"]

Feed = Callable[[bytes], None]


def fingerprint(*things: Any) -> str:
    """Return what tells data and parameters from others, as 32 hexadecimal digits.

    Parameters
    ----------
    *things : None, bool, number, str, bytes, list, tuple, dict, ndarray, Series, DataFrame, Index, forecaster
        And whatever is made of them. Forecasters are those with ``get_params``: they count by their class
        and parameters; of a class that is not of this library, its source and the version of its package
        count, too.

    Raises
    ------
    TypeError
        If one can't be described, such as a function.

    Examples
    --------
    >>> fingerprint([1, 2.0]) == fingerprint([1, 2.0]), fingerprint([1, 2.0]) == fingerprint([1, 2])
    (True, False)
    """
    digest = blake2b(digest_size=16)
    _describe(list(things), digest.update)
    return digest.hexdigest()


@singledispatch
def _describe(thing: Any, feed: Feed) -> None:
    if isinstance(thing, type) or not callable(getattr(thing, "get_params", None)):
        raise TypeError(f"a {type(thing).__name__}, {thing!r}")
    kind = type(thing)
    _describe([f"{kind.__module__}.{kind.__qualname__}", _source(kind), _version(kind)], feed)
    _describe(thing.get_params(deep=False), feed)


@_describe.register
def _(thing: str, feed: Feed) -> None:
    _sized("s", thing.encode(), feed)


@_describe.register
def _(thing: bytes, feed: Feed) -> None:
    _sized("b", thing, feed)


@_describe.register(type(None))
@_describe.register(bool)
@_describe.register(int)
@_describe.register(float)
@_describe.register(np.generic)
def _(thing: Any, feed: Feed) -> None:
    kind = thing.dtype.str if isinstance(thing, np.generic) else type(thing).__name__
    value = thing.item() if isinstance(thing, np.generic) else thing
    _sized("v", f"{kind} {value!r}".encode(), feed)


@_describe.register(list)
@_describe.register(tuple)
def _(thing: Any, feed: Feed) -> None:
    _sized("l", f"{type(thing).__name__} {len(thing)}".encode(), feed)
    for part in thing:
        _describe(part, feed)


@_describe.register(dict)
def _(thing: Mapping[Any, Any], feed: Feed) -> None:
    _sized("d", str(len(thing)).encode(), feed)
    for pair in thing.items():
        _describe(pair, feed)


@_describe.register
def _(thing: np.ndarray, feed: Feed) -> None:
    if thing.dtype == object:
        _describe([thing.shape, *thing.ravel().tolist()], feed)
        return
    _sized("a", f"{thing.dtype.str} {thing.shape}".encode(), feed)
    feed(np.ascontiguousarray(thing).tobytes())


@_describe.register
def _(thing: pd.Index, feed: Feed) -> None:
    _describe([str(thing.dtype), str(getattr(thing, "freqstr", None)), list(thing.names)], feed)
    if isinstance(thing, pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex):
        _describe(thing.asi8, feed)
    elif isinstance(thing, pd.MultiIndex):
        _describe([thing.get_level_values(i) for i in range(thing.nlevels)], feed)
    elif thing.dtype.kind in "biuf":
        _describe(thing.to_numpy(), feed)
    else:
        _describe([str(label) for label in thing], feed)


@_describe.register
def _(thing: pd.Series, feed: Feed) -> None:
    _describe(["Series", str(thing.name), thing.index], feed)
    _describe_column(thing, feed)


@_describe.register
def _(thing: pd.DataFrame, feed: Feed) -> None:
    _describe(["DataFrame", thing.index, thing.columns], feed)
    for i in range(thing.shape[1]):
        _describe_column(thing.iloc[:, i], feed)


@_describe.register(np.random.RandomState)
@_describe.register(np.random.Generator)
def _(thing: Any, feed: Feed) -> None:
    state = thing.bit_generator.state if isinstance(thing, np.random.Generator) else thing.get_state()
    _describe([type(thing).__name__, state], feed)


def _describe_column(column: pd.Series, feed: Feed) -> None:
    """Describe values: numbers by their bits, all others by what they read."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        _describe(column.to_numpy(), feed)
    else:
        _describe([str(column.dtype), *map(str, column)], feed)


def _sized(kind: str, content: bytes, feed: Feed) -> None:
    """Feed content so that no two sequences of contents read the same."""
    feed(f"{kind}{len(content)}:".encode() + content)


def _version(kind: type) -> str:
    """Return the version of the package that a class is from, "" if it has none."""
    return str(getattr(sys.modules.get(kind.__module__.partition(".")[0]), "__version__", ""))


def _source(kind: type) -> str:
    """Return the source of a class of somebody else's, where there is one to read."""
    if kind.__module__.startswith("tsrnn."):
        return ""
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return ""
