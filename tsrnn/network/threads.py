"""Independent tasks of compiled code run on several threads."""

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
    """Run tasks on up to `n_threads` threads, one of them the caller's, and return their results in order.

    Examples
    --------
    >>> run_all([lambda: 1, lambda: 2], n_threads=2)
    [1, 2]
    """
    n_threads = min(n_threads, len(tasks))
    if n_threads <= 1:
        return [task() for task in tasks]
    # A forked child inherits the pool but not its threads, so each process has one of its own.
    pool = _pool(os.getpid())
    waiting = iter(enumerate(tasks))
    results: dict[int, T] = {}

    def work() -> None:
        for i, task in waiting:
            results[i] = task()

    others = [pool.submit(work) for _ in range(n_threads - 1)]
    try:
        work()
    finally:
        wait(others)
    for other in others:
        other.result()
    return [results[i] for i in range(len(tasks))]
