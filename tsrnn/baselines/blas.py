"""Limit of BLAS to one thread, which is faster for the small matrices of statsmodels."""

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
    """Limit BLAS to one thread inside the block or decorated function.

    Some BLAS libraries have one number of threads for the whole process: the first of several concurrent
    blocks lowers it and the last restores it. Others have one for each calling thread, which every block
    lowers as well.

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
    # threadpoolctl does not restore a limit that another living thread has set, and the first and the last
    # block may run on different threads: a separate thread sets and restores it.
    with ExitStack() as stack:
        keeper = stack.enter_context(ThreadPoolExecutor(1))
        held = keeper.submit(limit).result()
        stack.callback(lambda: keeper.submit(held.restore_original_limits).result())
        _process_limit.push(stack.pop_all())


@cache
def _limiter() -> Callable[[], Any]:
    """Return the limiter of the BLAS libraries of NumPy and SciPy, which must be loaded to be found."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return partial(ThreadpoolController().limit, limits=1, user_api="blas")
