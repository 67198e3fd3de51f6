"""Independent tasks of compiled code run on several threads."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
_VALUES_A_THREAD = 200_000  # fewer are not worth another thread


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


def share_out(work: Callable[[int, int], Any], lengths: np.ndarray, n_threads: int) -> None:
    """Call ``work(first, last)`` for runs of series with about as many values each, on several threads.

    Parameters
    ----------
    work : callable
        Writes only what belongs to series `first` to before `last`.
    lengths : ndarray of shape (S,)
        Values of each series.
    n_threads : int
        At most so many at a time.
    """
    n = len(lengths)
    n_parts = min(n_threads, n, 1 + int(lengths.sum()) // _VALUES_A_THREAD)
    if n_parts <= 1:
        if n:
            work(0, n)
        return
    passed = np.cumsum(lengths)
    shares = passed[-1] * np.arange(1, n_parts) / n_parts
    edges = [0, *np.searchsorted(passed, shares).tolist(), n]
    run_all([partial(work, first, last) for first, last in pairwise(edges) if last > first], n_parts)
