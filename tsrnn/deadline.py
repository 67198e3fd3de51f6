"""Time limits that long loops check for themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class TimeLimitError(TimeoutError):
    """Raised by `check_deadline` once the enclosing `time_limit` has run out."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Bound the work inside the block; it ends at the next `check_deadline` after `seconds`.

    Parameters
    ----------
    seconds : float or None
        Wall-clock seconds; None sets no limit of its own. A limit inside another one cannot extend it.

    Examples
    --------
    >>> with time_limit(0):
    ...     check_deadline()
    Traceback (most recent call last):
    tsrnn.deadline.TimeLimitError: the time limit has run out
    """
    limit = float("inf") if seconds is None else monotonic() + seconds
    token = _deadline.set(min(limit, _deadline.get()))
    try:
        yield
    finally:
        _deadline.reset(token)


def check_deadline() -> None:
    """Raise `TimeLimitError` if the enclosing `time_limit` has run out."""
    if monotonic() >= _deadline.get():
        raise TimeLimitError("the time limit has run out")
