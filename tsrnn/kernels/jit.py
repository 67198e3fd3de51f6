"""Decorator that compiles kernels with Numba, and a disk cache of their machine code.

Numba's own cache has three gaps. It checks only the source file of the kernel itself, so that a change in a
helper from another file, or of a compile flag, leaves old machine code running. It numbers its files through
an index that processes overwrite for one another, so that one can load what another compiled for other types
or another processor. And it does not read folders that it cannot write to, such as one filled when a
container image was built. Here every specialisation is one file, whose name is a hash of all that its machine
code depends on.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache, cached_property
from hashlib import sha256
from inspect import getfile
from pathlib import Path
from typing import Any

import numba
from numba import config, njit
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    InTreeCacheLocator,
    NullCache,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)

# Never "nnan" or "ninf": they make np.isnan return False. The Python error model would put a branch
# behind each division, and one branch is enough to stop vectorisation. Kernels never allocate, so that
# they need no runtime (nrt) to count references, which takes as long as a small step.
_FLAGS: dict[str, Any] = {
    "nogil": True,
    "_nrt": False,
    "error_model": "numpy",
    "fastmath": {"contract", "nsz"},
}
_SETTINGS: Any = config  # Numba's environment variables


def kernel(function: Callable) -> Callable:
    """Compile `function` at its first call, to run without the GIL, and cache the machine code on disk."""
    dispatcher = njit(**_FLAGS)(function)
    if dispatcher is not function:  # NUMBA_DISABLE_JIT
        with suppress(RuntimeError, OSError):  # no source files to hash: compile in every process
            _source_stamp()  # now, as the sources may be another version's by the time of the first call
            dispatcher._cache = _CacheOnFirstUse(function)
    return dispatcher


def cache_folder() -> Path | None:
    """Return the folder that newly compiled code is written to, None if no folder is writable."""
    try:
        locator = _Cache(cache_folder)._impl.locator
        locator.ensure_cache_path()
    except (RuntimeError, OSError):
        return None
    return Path(locator.get_cache_path())


@cache
def _source_stamp() -> str:
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    if not sources:
        raise RuntimeError("Without the sources, machine code cannot be matched to a version.")
    return sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


class _Files(IndexDataCacheFile):
    """Cache with one file for each specialisation, read from several folders and written to the first.

    `key` holds types, processor with its features, and a hash of the bytecode.
    """

    def __init__(self, folders: list[str], filename_base: str) -> None:
        super().__init__(folders[0], filename_base, _source_stamp())
        self._folders = folders
        self._prefix = filename_base

    def _name(self, key: Any) -> str:
        rest = repr((numba.__version__, _SETTINGS.OPT, _SETTINGS.BOUNDSCHECK, key))
        return f"{self._prefix}.tsrnn-{self._source_stamp}-{sha256(rest.encode()).hexdigest()[:24]}.nbc"

    def load(self, key: Any) -> Any:
        for folder in self._folders:
            with suppress(OSError):
                return self._load_data(os.path.join(folder, self._name(key)))
        return None

    def save(self, key: Any, data: Any) -> None:
        _forget_other_versions(self._cache_path)
        self._save_data(self._name(key), data)


@cache  # once in a process is enough
def _forget_other_versions(folder: str) -> None:
    for path in Path(folder).glob("*.tsrnn-*.nbc"):
        if f".tsrnn-{_source_stamp()}-" not in path.name:
            with suppress(OSError):  # gone already, or in use by a process on Windows
                path.unlink()


class _ReadableFolder(InTreeCacheLocator):
    """The folder beside the sources, for reading, if no folder is writable."""

    @classmethod
    def from_function(cls, py_func, py_file):
        return cls(py_func, py_file) if os.path.exists(py_file) else None


class _HomeFolder(UserWideCacheLocator):
    @classmethod
    def from_function(cls, py_func, py_file):
        has_home = os.path.isabs(os.path.expanduser("~"))  # Numba would make a folder of the name "~"
        return super().from_function(py_func, py_file) if has_home else None


class _Impl(CompileResultCacheImpl):
    _locator_classes = [UserProvidedCacheLocator, InTreeCacheLocator, _HomeFolder, _ReadableFolder]  # noqa: RUF012


class _Cache(FunctionCache):
    _impl_class = _Impl

    def __init__(self, function: Callable) -> None:
        super().__init__(function)
        filled_ahead = UserProvidedCacheLocator if _SETTINGS.CACHE_DIR else InTreeCacheLocator
        locators = self._impl.locator, filled_ahead(function, getfile(function))
        folders = dict.fromkeys(locator.get_cache_path() for locator in locators)
        self._cache_file = _Files(list(folders), self._impl.filename_base)

    def save_overload(self, sig, data):
        with suppress(OSError):  # a full or read-only disk costs time, not the result
            super().save_overload(sig, data)


class _CacheOnFirstUse:
    """The cache of a kernel, which tries out folders on disk at the first call, not at the import."""

    def __init__(self, function: Callable) -> None:
        self._function = function

    @cached_property
    def _cache(self) -> Any:
        try:
            return _Cache(self._function)
        except (RuntimeError, OSError):  # sources out of sight: compile in every process
            return NullCache()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)
