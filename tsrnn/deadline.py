"""Time limits and interruptions that long loops check for themselves, in whatever thread they run."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from threading import Event, current_thread, main_thread
from time import monotonic
from typing import Any

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))
_stops: ContextVar[tuple[Event, ...]] = ContextVar("stops", default=())


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
    """Raise `TimeLimitError` if the enclosing `time_limit` has run out.

    Raise KeyboardInterrupt in a thread whose results are not wanted any more (`all_or_nothing`).
    """
    if monotonic() >= _deadline.get():
        raise TimeLimitError("the time limit has run out")
    if any(stop.is_set() for stop in _stops.get()):
        raise KeyboardInterrupt


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Mark the block as work of several parts that is lost if one of them does not come to its end.

    When an error or Ctrl-C leaves the block, those of its parts that still run in other threads (`carried`)
    stop at their next `check_deadline`. A training inside that Ctrl-C ends early is no result, see
    `is_part`.
    """
    stop = Event()
    token = _stops.set((*_stops.get(), stop))
    try:
        # Python drops the KeyboardInterrupt that falls into a destructor; the event stays.
        with _on_ctrl_c(_Handler(stop, raises=True)):
            yield
    except BaseException:
        stop.set()
        raise
    finally:
        _stops.reset(token)


def is_part() -> bool:
    """Whether this is inside of an `all_or_nothing` block."""
    return bool(_stops.get())


@contextmanager
def stop_on_ctrl_c(stop: Event) -> Iterator[Event]:
    """Make the first Ctrl-C in the block set an event, the second interrupt as usual.

    An exception inside of compiled code would turn into a SystemError.
    """
    with _on_ctrl_c(_Handler(stop, raises=False)):
        yield stop


@contextmanager
def without_interruption() -> Iterator[None]:
    """Let Ctrl-C wait until the block has come to its end, as an import has to.

    Modules of SciPy and NumPy that an import has left half loaded fail at each later one in the process.
    """
    handler = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or not callable(handler):
        yield
        return
    pressed: list[bool] = []
    signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if pressed:
            signal.raise_signal(signal.SIGINT)


class _Handler:
    """What is done at Ctrl-C: an event is set; the interruption is raised at once, or by the next one."""

    def __init__(self, stop: Event, *, raises: bool) -> None:
        self._stop, self._raises = stop, raises

    def __call__(self, number: int, frame: Any) -> None:
        self._stop.set()
        if self._raises:
            signal.default_int_handler(number, frame)
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _on_ctrl_c(handler: _Handler) -> Iterator[None]:
    """Install a handler, in the main thread and if the program has none of its own."""
    before = signal.getsignal(signal.SIGINT)
    is_usual = before is signal.default_int_handler or isinstance(before, _Handler)
    if current_thread() is not main_thread() or not is_usual:
        yield
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class carried:  # noqa: N801 - used like a function
    """A function that has the time limit and the interruptions of the block it is made in, in any thread.

    Threads start without. It can be sent to another process, which has a clock of its own: there it has the
    seconds that are left.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor() as pool, time_limit(0):
    ...     pool.submit(carried(check_deadline)).result()
    Traceback (most recent call last):
    tsrnn.deadline.TimeLimitError: the time limit has run out
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self._context = function, copy_context()

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        # Only one thread at a time can be in a context.
        return self._context.copy().run(self._function, *arguments)

    def __reduce__(self) -> Any:
        deadline = self._context.get(_deadline, float("inf"))
        return partial, (_run_within, deadline - monotonic(), self._function)


def _run_within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    with time_limit(seconds):
        return function(*arguments)
