"""Encoding of symbol sequences (texts, lists, arrays) and contexts as numbers, and decoding."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tsrnn.validation import counted


class SymbolSequences(NamedTuple):
    """Sequences of symbols as passed by the user.

    Attributes
    ----------
    each : list of sequence
        Each a str, list or array of symbols.
    many : bool
        Whether several sequences were passed, each with an end.
    """

    each: list[Sequence[Hashable]]
    many: bool


def read_sequences(sequences: Any, known: "Vocabulary | None" = None) -> SymbolSequences:
    """Return the sequences in the input, which may be one sequence or many.

    A str, an array with one dimension and a list of symbols, which may be tuples, are one sequence. Lists of
    these and arrays with two dimensions are many. In a list of str, each str is a sequence if one of them is
    longer than a character, unless all are `known` symbols.

    Raises
    ------
    TypeError, ValueError
        For any other input, and for empty sequences.

    Examples
    --------
    >>> read_sequences("abc")
    SymbolSequences(each=['abc'], many=False)
    >>> read_sequences(["anna", "bob"])
    SymbolSequences(each=['anna', 'bob'], many=True)
    >>> read_sequences([["C4", "E4"], ["G4"]])
    SymbolSequences(each=[['C4', 'E4'], ['G4']], many=True)
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
    found = SymbolSequences(list(each) if many else [each], many)
    for i, one in enumerate(found.each):
        if len(one) == 0:
            which = f"number {i} of `sequences`" if many else "`sequences`"
            raise ValueError(f"A sequence needs at least one symbol; {which} has none. Leave it out.")
    if not found.each:
        raise ValueError("`sequences` holds no sequence; at least one is needed.")
    return found


def _holds_many(items: list[Any], known: "Vocabulary | None") -> bool:
    if known is not None and known.form is not str and all(map(known.contains, items)):
        return False
    inner = [isinstance(item, list) or (isinstance(item, np.ndarray) and item.ndim) for item in items]
    if any(inner):
        if not all(inner):
            raise TypeError("`sequences` mixes sequences with single symbols; pass either, not both.")
        return True
    return all(isinstance(item, str) for item in items) and any(len(item) != 1 for item in items)


class Vocabulary:
    """The distinct symbols of sequences, and their numbers.

    Parameters
    ----------
    sequences : list of sequence
        Their symbols are numbered in sorted order or, if they cannot be sorted, by first appearance.

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

    def contains(self, symbol: Any) -> bool:
        """Return whether a symbol is in the vocabulary."""
        try:
            return symbol in self._numbers
        except TypeError:
            return False

    def number(self, symbol: Any, position: int | None = None) -> int:
        """Return the number of a symbol; raise ValueError, with its position, if it is unknown."""
        if not self.contains(symbol):
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
        """Return the symbols of numbers, in the form of the first sequence (str, list or array)."""
        symbols = [self.symbols[number] for number in numbers]
        if self.form is str:
            return "".join(symbols)
        if self.dtype is None:
            return symbols
        decoded = np.empty(len(symbols), self.dtype)
        decoded[:] = symbols
        return decoded


def _plain(sequence: Sequence[Hashable]) -> Sequence[Hashable]:
    """Return symbols as Python objects, which are looked up faster than NumPy's."""
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
    """Encoding of contexts as vectors: one-hot vectors of labels, or the vectors passed.

    Parameters
    ----------
    contexts : list
        One for each sequence.

    Attributes
    ----------
    labels : list or None
        Distinct labels in the order of their first appearance; None for vectors.
    size : int
        Length of a vector.
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
            For unknown labels, vectors of another length, and numbers that are not finite.
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


class SymbolEncoding(NamedTuple):
    """Vocabulary and contexts of a fitted generator, and whether its sequences have ends."""

    vocabulary: Vocabulary
    contexts: Contexts | None
    ends: bool

    @classmethod
    def of(cls, found: SymbolSequences, contexts: list[Any] | None) -> "SymbolEncoding":
        """Return the encoding of training sequences and their contexts."""
        return cls(Vocabulary(found.each), None if contexts is None else Contexts(contexts), found.many)

    def encode(self, contexts: list[Any] | None, n: int, dtype: Any) -> np.ndarray:
        """Return the context vectors (n, C) of n sequences."""
        if (contexts is None) != (self.contexts is None):
            raise ValueError(
                "The model was fitted without contexts; leave `context` out."
                if self.contexts is None
                else "The model was fitted with contexts; pass one for each sequence as `context`."
            )
        if contexts is None or self.contexts is None:
            return np.empty((n, 0), dtype)
        return self.contexts.encode(contexts, dtype)


def read_contexts(context: Any, found: SymbolSequences) -> list[Any] | None:
    """Return one context for each sequence, or None without contexts."""
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
