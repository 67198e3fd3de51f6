"""Constraints on single values: what is accepted, how a docstring and an error describe it."""

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np


class Constraint:
    """Values that a parameter accepts.

    Subclasses implement `accepts`, and `plain` where values arrive in several types. ``a | b`` accepts what
    either does; b may also be a single value such as "auto" or None.

    Parameters
    ----------
    kind : str
        Type as docstrings give it, such as ``int``.
    needed : str
        What the error asks for: "`name` must be <needed>; got <value>."
    cure : str, default ""
        Another sentence of the error, the way out.
    error : type, default ValueError
        Type of the error.

    Examples
    --------
    >>> (Integer("steps") | None).check("horizon", 3)
    3
    >>> Number("[0, 1)").check("dropout", 1)
    Traceback (most recent call last):
    ValueError: `dropout` must be a number in [0, 1); got 1.
    >>> (Integer("steps") | Several(Integer("steps", 2), "int") | "auto" | None).kind
    'int, sequence of int, "auto" or None'
    """

    def __init__(
        self, kind: str, needed: str, *, cure: str = "", error: type[Exception] = ValueError
    ) -> None:
        self.kind = kind
        self.needed = needed
        self.cure = cure
        self.error = error

    def __or__(self, other: Any) -> "Either":
        return Either(self, other)

    def accepts(self, value: Any) -> bool:
        """Return whether a value is accepted."""
        raise NotImplementedError

    def concerns(self, value: Any) -> bool:
        """Return whether a value is of the kind described here, right or wrong."""
        return self.accepts(value)

    def plain(self, value: Any) -> Any:
        """Return an accepted value as Python's own type: kernels compile for each type."""
        return value

    def check(self, name: str, value: Any) -> Any:
        """Return the plain value, or raise the error that says what is needed and what arrived."""
        if not self.accepts(value):
            cure = f" {self.cure}" if self.cure else ""
            raise self.error(f"`{name}` must be {self.needed}; got {value!r}.{cure}")
        return self.plain(value)


class Choice(Constraint):
    """One of several values: texts, None, True or False."""

    def __init__(self, *values: Any) -> None:
        self.values = values
        super().__init__(_kind_of_choice(values), f"one of {', '.join(map(repr, values))}")

    def accepts(self, value: Any) -> bool:
        """Return whether a value is one of them; 1 is not True."""
        if isinstance(value, str | np.bool_):
            return value in self.values
        return any(value is choice for choice in self.values)

    def plain(self, value: Any) -> Any:
        """Return the choice that a value equals."""
        return self.values[self.values.index(value)]


class Integer(Constraint):
    """A whole number, no less than a minimum. True and False are none."""

    def __init__(self, unit: str, minimum: int = 1) -> None:
        self.minimum = minimum
        super().__init__("int", f"a whole number of {unit}, at least {minimum}")

    def accepts(self, value: Any) -> bool:
        """Return whether a value is a whole number that is large enough."""
        return is_whole(value) and value >= self.minimum

    def plain(self, value: Any) -> int:
        """Return it as an int."""
        return int(value)


class Number(Constraint):
    """A real number in an interval, written as in mathematics: "[0, 1)" has 0 and not 1."""

    def __init__(self, interval: str, needed: str = "") -> None:
        self.interval = interval
        self.low, self.high = map(float, interval[1:-1].split(","))
        super().__init__(f"float in {interval}", needed or f"a number in {interval}")

    def accepts(self, value: Any) -> bool:
        """Return whether a value is a number in the interval."""
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
        return (
            self.low < number < self.high
            or (number == self.low and self.interval[0] == "[")
            or (number == self.high and self.interval[-1] == "]")
        )

    def plain(self, value: Any) -> float:
        """Return it as a float."""
        return float(value)


class Condition(Constraint):
    """Values that a function accepts, for a constraint that is used once."""

    def __init__(self, kind: str, needed: str, accepts: Callable[[Any], bool], **how: Any) -> None:
        self._accepts = accepts
        super().__init__(kind, needed, **how)

    def accepts(self, value: Any) -> bool:
        """Return whether the function accepts a value."""
        return self._accepts(value)

    def plain(self, value: Any) -> Any:
        """Return it as Python's own type if it is one of NumPy's numbers."""
        return value.item() if isinstance(value, np.generic) else value


class Several(Constraint):
    """A list, tuple or one-dimensional array of values that each meet the same constraint."""

    def __init__(self, each: Constraint, noun: str) -> None:
        self.each = each
        super().__init__(f"sequence of {noun}", f"a sequence, each {each.needed}")

    def accepts(self, value: Any) -> bool:
        """Return whether all members are accepted."""
        return self.concerns(value) and all(map(self.each.accepts, value))

    def concerns(self, value: Any) -> bool:
        """Return whether a value has members."""
        return not isinstance(value, str) and np.ndim(value) == 1

    def plain(self, value: Any) -> tuple[Any, ...]:
        """Return the members as a tuple."""
        return tuple(map(self.each.plain, value))

    def check(self, name: str, value: Any) -> Any:
        """Return the members as a tuple, or raise the error about the first that is refused."""
        if not self.concerns(value):
            return super().check(name, value)
        return tuple(self.each.check(name, member) for member in value)


class Either(Constraint):
    """What one of several constraints accepts; the first one's error speaks for all."""

    def __init__(self, *alternatives: Any) -> None:
        self.alternatives = [one if isinstance(one, Constraint) else Choice(one) for one in alternatives]
        kinds = [one.kind for one in self.alternatives]
        super().__init__(_listed(kinds), self.alternatives[0].needed)

    def __or__(self, other: Any) -> "Either":
        return Either(*self.alternatives, other)

    def accepts(self, value: Any) -> bool:
        """Return whether one of them accepts a value."""
        return any(one.accepts(value) for one in self.alternatives)

    def check(self, name: str, value: Any) -> Any:
        """Return the plain value, or raise the error of the constraint that the value is about."""
        concerned = (one for one in self.alternatives if one.concerns(value))
        return next(concerned, self.alternatives[0]).check(name, value)


def is_number(value: Any) -> bool:
    """Return whether a value is a real number; nan, True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)


def is_whole(value: Any) -> bool:
    """Return whether a value is a whole number, and not True or False."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def quoted(value: Any) -> str:
    """Return a value as docstrings write it, texts in double quotes."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _kind_of_choice(values: Sequence[Any]) -> str:
    others = [quoted(value) for value in values if not isinstance(value, bool)]
    if len(others) < len(values):
        return _listed(["bool", *others])
    return others[0] if len(others) == 1 else f"{{{', '.join(others)}}}"


def _listed(kinds: Sequence[str]) -> str:
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}" if len(kinds) > 1 else kinds[0]
