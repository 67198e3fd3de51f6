"""Warnings collected task by task, in any thread."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

__all__ = ["collect_warnings"]

# What Python itself hides by default: they speak to a library's developers, not about a fit.
NOT_FOR_USERS = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)

_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


class _Diversion:
    """The process's warnings, routed to the collector of the task that gives them.

    `warnings.catch_warnings` swaps global state and restores what it found, so overlapping blocks in threads
    can leave the wrong state behind for good. Here the first task in swaps once, the last one out restores.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._depth = 0

    def __enter__(self) -> None:
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._found = warnings.catch_warnings()
                self._found.__enter__()
                self._show = warnings.showwarning
                warnings.showwarning = self._route
                warnings.simplefilter("always")
                for category in NOT_FOR_USERS:
                    warnings.simplefilter("ignore", category)

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._found.__exit__(None, None, None)

    def _route(self, message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        collected = _collected.get()
        if collected is None:
            self._show(message, category, *place, **more)
        else:
            collected.append(f"{category.__name__}: {' '.join(str(message).split())}")


_diversion = _Diversion()


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Collect the warnings given inside the block instead of showing them or raising them as errors.

    Safe in threads: each block collects only what its own thread gives, and the warnings module's state is
    put back when the last block ends. A warning can be missed while code in another thread swaps that state.

    Yields
    ------
    list of str
        Filled while the block runs, e.g. ``"ConvergenceWarning: Maximum Likelihood failed to converge."``.

    Examples
    --------
    >>> with collect_warnings() as collected:
    ...     warnings.warn("the season is longer than the series", stacklevel=1)
    >>> collected
    ['UserWarning: the season is longer than the series']
    """
    collected: list[str] = []
    token = _collected.set(collected)
    try:
        with _diversion:
            yield collected
    finally:
        _collected.reset(token)
