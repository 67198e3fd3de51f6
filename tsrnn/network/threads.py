"""Independent pieces of compiled work on several threads."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="tsrnn")


def run_all(tasks: Sequence[Callable[[], None]], n_threads: int) -> None:
    """Run all tasks, at most `n_threads` at a time, one thread being the caller's.

    Examples
    --------
    >>> seen = []
    >>> run_all([lambda: seen.append(1), lambda: seen.append(2)], n_threads=1)
    >>> seen
    [1, 2]
    """
    n_threads = min(n_threads, len(tasks))
    if n_threads <= 1:
        for task in tasks:
            task()
        return
    # A forked child inherits the pool but not its threads, so each process has one of its own.
    pool = _pool(os.getpid())
    shares = [tasks[i::n_threads] for i in range(n_threads)]
    others = [pool.submit(_run, share) for share in shares[1:]]
    try:
        _run(shares[0])
    finally:
        for other in others:
            other.exception()
    for other in others:
        other.result()


def _run(tasks: Sequence[Callable[[], None]]) -> None:
    for task in tasks:
        task()
