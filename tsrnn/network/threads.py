"""Independent pieces of compiled work on several threads."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

T = TypeVar("T")


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="tsrnn")


def run_all(tasks: Sequence[Callable[[], T]], n_threads: int) -> list[T]:
    """Return what the tasks return, at most `n_threads` of them at a time, one thread being the caller's.

    Examples
    --------
    >>> run_all([lambda: 1, lambda: 2], n_threads=2)
    [1, 2]
    """
    n_threads = min(n_threads, len(tasks))
    if n_threads <= 1:
        return _run(tasks)
    # A forked child inherits the pool but not its threads, so each process has one of its own.
    pool = _pool(os.getpid())
    shares = [tasks[i::n_threads] for i in range(n_threads)]
    others = [pool.submit(_run, share) for share in shares[1:]]
    try:
        parts = [_run(shares[0])]
    finally:
        wait(others)
    parts += [other.result() for other in others]
    return [parts[i % n_threads][i // n_threads] for i in range(len(tasks))]


def _run(tasks: Sequence[Callable[[], T]]) -> list[T]:
    return [task() for task in tasks]
