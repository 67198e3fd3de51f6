"""The one decorator of all compiled code, and a disk cache that notices every edit.

Numba's cache checks only the file that holds the kernel being loaded. A helper edited in another file,
or another compile flag, would leave the old machine code running, so every kernel is stamped with all
kernel sources instead.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from numba import njit

# Never "nnan" or "ninf": they make np.isnan return False. The Python error model would put a branch
# behind each division, and one branch is enough to stop vectorisation.
_FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}


@cache
def _source_stamp() -> str:
    sources = sorted(path for path in files(__package__).iterdir() if path.name.endswith(".py"))
    return sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def kernel(function: Callable) -> Callable:
    """Compile `function` on first use, holding no lock on the interpreter; cache the machine code on disk."""
    dispatcher = njit(**_FLAGS)(function)
    if dispatcher is function:  # NUMBA_DISABLE_JIT
        return function
    try:
        dispatcher.enable_caching()
        dispatcher._cache._cache_file._source_stamp = _source_stamp()
    except (RuntimeError, OSError):  # no writable folder for the cache: compile in every process
        return njit(**_FLAGS)(function)
    return dispatcher
