"""One BLAS thread for statsmodels, whose matrices are too small to be shared out."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from threading import Lock
from typing import Any

_lock = Lock()
_process_limit = ExitStack()
_users = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread inside the block, or inside the function it decorates.

    Some libraries keep one number of threads for the whole process: the first of several concurrent users
    lowers it and the last restores it. Others keep one for each caller, so every user lowers its own as well.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with one_blas_thread():
    ...     {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} <= {1}
    True
    """
    global _users
    limit = _limiter()
    with _lock:
        if _users == 0:
            _limit_process(limit)
        _users += 1
    try:
        with limit():
            yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _process_limit.close()


def _limit_process(limit: Callable[[], Any]) -> None:
    # threadpoolctl ignores whoever restores a limit that another living thread has set, and the last user
    # may not be the first: a thread of its own does both.
    with ExitStack() as stack:
        keeper = stack.enter_context(ThreadPoolExecutor(1))
        held = keeper.submit(limit).result()
        stack.callback(lambda: keeper.submit(held.restore_original_limits).result())
        _process_limit.push(stack.pop_all())


@cache
def _limiter() -> Callable[[], Any]:
    """Find the libraries of NumPy and of SciPy; those that are not loaded yet cannot be found."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return partial(ThreadpoolController().limit, limits=1, user_api="blas")
