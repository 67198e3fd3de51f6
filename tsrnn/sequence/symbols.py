"""Sequences of symbols: from text, lists and arrays to numbers, and back."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tsrnn.validation import counted


class Sequences(NamedTuple):
    """Sequences as they were given.

    Attributes
    ----------
    each : list of sequence
        A str, list or array of symbols each.
    many : bool
        Whether they were given as several, each with an end of its own.
    """

    each: list[Sequence[Hashable]]
    many: bool


def read_sequences(sequences: Any, known: "Vocabulary | None" = None) -> Sequences:
    """Tell one sequence from many.

    A str is one sequence, as are arrays with one dimension and lists of symbols, which may be tuples. Lists
    of these and arrays with two dimensions are many. In a list of str, each is a text if one of them is
    longer than a character, unless they are `known` symbols.

    Raises
    ------
    TypeError, ValueError
        For what is neither, or empty.

    Examples
    --------
    >>> read_sequences("abc")
    Sequences(each=['abc'], many=False)
    >>> read_sequences(["anna", "bob"])
    Sequences(each=['anna', 'bob'], many=True)
    >>> read_sequences([["C4", "E4"], ["G4"]])
    Sequences(each=[['C4', 'E4'], ['G4']], many=True)
    """
    is_array = isinstance(sequences, np.ndarray)
    shape = getattr(sequences, "shape", (0,) if isinstance(sequences, Sequence) else ())
    ndim = len(shape)
    if ndim == 0 or (ndim > 1 and not is_array):
        raise TypeError(
            f"`sequences` must be a str, a list or an array of symbols, or a list of these; "
            f"got {type(sequences).__name__}."
        )
    if ndim > 2:
        raise ValueError(
            "An array of sequences must have one dimension, or two with one sequence in each row; "
            f"got the shape {shape}."
        )
    each: Any = sequences if isinstance(sequences, str) or is_array else list(sequences)
    many = ndim == 2 or (isinstance(each, list) and _holds_many(each, known))
    found = Sequences(list(each) if many else [each], many)
    for i, one in enumerate(found.each):
        if len(one) == 0:
            which = f"number {i} of `sequences`" if many else "`sequences`"
            raise ValueError(f"A sequence needs at least one symbol; {which} has none. Leave it out.")
    if not found.each:
        raise ValueError("`sequences` holds no sequence; at least one is needed.")
    return found


def _holds_many(items: list[Any], known: "Vocabulary | None") -> bool:
    if known is not None and known.form is not str and all(map(known.knows, items)):
        return False
    inner = [isinstance(item, list) or (isinstance(item, np.ndarray) and item.ndim) for item in items]
    if any(inner):
        if not all(inner):
            raise TypeError("`sequences` mixes sequences with single symbols; pass either, not both.")
        return True
    return all(isinstance(item, str) for item in items) and any(len(item) != 1 for item in items)


class Vocabulary:
    """The symbols there are, numbered in order.

    Parameters
    ----------
    sequences : list of sequence
        Whose symbols to number: sorted or, where they cannot be, in the order of their first appearance.

    Examples
    --------
    >>> vocabulary = Vocabulary(["banana"])
    >>> vocabulary.symbols, vocabulary.encode("nab")
    (['a', 'b', 'n'], array([2, 0, 1]))
    >>> vocabulary.decode([1, 0, 2])
    'ban'
    """

    def __init__(self, sequences: list[Sequence[Hashable]]) -> None:
        self.form = type(sequences[0])
        self.dtype = sequences[0].dtype if isinstance(sequences[0], np.ndarray) else None
        found = dict.fromkeys(symbol for one in sequences for symbol in _plain(one))
        try:
            self.symbols: list[Any] = sorted(found)
        except TypeError:
            self.symbols = list(found)
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}

    def knows(self, symbol: Any) -> bool:
        """Return whether it is one of the symbols."""
        try:
            return symbol in self._numbers
        except TypeError:
            return False

    def number(self, symbol: Any, position: int | None = None) -> int:
        """Return a symbol's number; refuse an unknown one, and name its position."""
        if not self.knows(symbol):
            where = "" if position is None else f" at position {position}"
            raise ValueError(
                f"{symbol!r}{where} is none of the {counted(len(self.symbols), 'symbol')} that the model was "
                f"fitted on: {_listed(self.symbols)}. Replace it, or fit on data that have it."
            )
        return self._numbers[symbol]

    def encode(self, sequence: Sequence[Hashable]) -> np.ndarray:
        """Return the numbers of a sequence's symbols."""
        symbols = _plain(sequence)
        try:
            return np.fromiter(map(self._numbers.__getitem__, symbols), np.int64, len(symbols))
        except (KeyError, TypeError):
            return np.array([self.number(symbol, i) for i, symbol in enumerate(symbols)], np.int64)

    def decode(self, numbers: Iterable[int]) -> Any:
        """Return symbols in the form of the sequences that made the vocabulary."""
        symbols = [self.symbols[number] for number in numbers]
        if self.form is str:
            return "".join(symbols)
        if self.dtype is None:
            return symbols
        decoded = np.empty(len(symbols), self.dtype)
        decoded[:] = symbols
        return decoded


def _plain(sequence: Sequence[Hashable]) -> Sequence[Hashable]:
    """Return symbols as Python's own objects, which equal NumPy's but are found faster."""
    symbols = sequence.tolist() if isinstance(sequence, np.ndarray) else sequence
    if isinstance(symbols, str) or (isinstance(sequence, np.ndarray) and sequence.dtype.kind in "iub"):
        return symbols
    for position, symbol in enumerate(symbols):
        if not isinstance(symbol, Hashable) or symbol != symbol:
            raise TypeError(
                f"Symbols must be hashable and equal to themselves; got {symbol!r} at position {position}."
            )
    return symbols


def _listed(symbols: list[Any], most: int = 10) -> str:
    shown = ", ".join(map(repr, symbols[:most]))
    return shown if len(symbols) <= most else f"{shown}, ..."


class Contexts:
    """What starts a sequence, as vectors: labels, each a unit vector, or vectors as they are.

    Parameters
    ----------
    contexts : list
        One for each sequence.

    Attributes
    ----------
    labels : list or None
        In the order of their first appearance; None for vectors.
    size : int
        Numbers in a vector.
    """

    def __init__(self, contexts: list[Any]) -> None:
        self.labels: list[Any] | None = None
        if all(np.ndim(one) == 0 for one in contexts):
            self.labels = list(dict.fromkeys(contexts))
            self.size = len(self.labels)
        else:
            self.size = len(contexts[0]) if np.ndim(contexts[0]) == 1 else 0

    def encode(self, contexts: list[Any], dtype: Any) -> np.ndarray:
        """Return one vector for each context, (n, size).

        Raises
        ------
        ValueError
            For labels unknown, vectors of another length, and numbers that are not finite.
        """
        vectors = np.zeros((len(contexts), self.size), dtype)
        for i, one in enumerate(contexts):
            if self.labels is not None:
                if np.ndim(one) or one not in self.labels:
                    raise ValueError(
                        f"{one!r} is none of the {counted(len(self.labels), 'context')} that the model was "
                        f"fitted with: {_listed(self.labels)}."
                    )
                vectors[i, self.labels.index(one)] = 1
                continue
            vector = np.asarray(one)
            if vector.shape != (self.size,) or vector.dtype.kind not in "iuf" or self.size == 0:
                raise ValueError(
                    f"Every context must be a vector of {self.size or 'the same number of'} real numbers; "
                    f"got {one!r} as number {i}."
                )
            vectors[i] = vector
        if not np.isfinite(vectors).all():
            raise ValueError("A context must be finite; got NaN or infinite numbers. Fill them first.")
        return vectors


class Learned(NamedTuple):
    """What a model knows of its data."""

    vocabulary: Vocabulary
    contexts: Contexts | None
    ends: bool

    @classmethod
    def of(cls, found: Sequences, contexts: list[Any] | None) -> "Learned":
        """Take in the sequences to learn, and what they start from."""
        return cls(Vocabulary(found.each), None if contexts is None else Contexts(contexts), found.many)

    def encode(self, contexts: list[Any] | None, n: int, dtype: Any) -> np.ndarray:
        """Return the vectors (n, C) that sequences start from."""
        if (contexts is None) != (self.contexts is None):
            raise ValueError(
                "The model was fitted without contexts; leave `context` out."
                if self.contexts is None
                else "The model was fitted with contexts; pass one for each sequence as `context`."
            )
        if contexts is None or self.contexts is None:
            return np.empty((n, 0), dtype)
        return self.contexts.encode(contexts, dtype)


def read_contexts(context: Any, found: Sequences) -> list[Any] | None:
    """Return one context for each sequence, None without any."""
    if context is None:
        return None
    if not found.many:
        return [context]
    contexts = list(context) if isinstance(context, Iterable) and not isinstance(context, str) else [context]
    if len(contexts) != len(found.each):
        raise ValueError(
            f"`context` must have one entry for each of the {counted(len(found.each), 'sequence')}; "
            f"got {len(contexts)}."
        )
    return contexts
