"""Decorator that compiles kernels with Numba, and a disk cache of their machine code.

Numba's own cache has five gaps. It checks only the source file of the kernel itself, so that a change in a
helper from another file, or of a compile flag, leaves old machine code running. It numbers its files through
an index that processes overwrite for one another, so that one can load what another compiled for other types
or another processor. It does not read folders that it cannot write to, such as one filled when a container
image was built. It fails on a damaged file, or runs what is in it. And it runs what other users have put
there. Here every specialisation is one file, whose name is a hash of all that its machine code depends on and
whose content begins with a checksum, in a folder that others cannot write to.
"""

import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import cache, cached_property, wraps
from hashlib import sha256
from inspect import getfile
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any
from uuid import uuid4

import llvmlite
import numba
from numba import config, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, NullCache
from numba.core.serialize import dumps

from tsrnn.kernels.cache_folders import find_folders, is_trusted, warn_untrusted

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
        dispatcher._compile_for_args = _without_interruption(dispatcher._compile_for_args)
    return dispatcher


def _without_interruption(compiling: Callable) -> Callable:
    """Return a function that Ctrl-C interrupts at its end only: LLVM calls back, and drops exceptions."""

    @wraps(compiling)
    def call(*args: Any, **kwargs: Any) -> Any:
        handler = signal.getsignal(signal.SIGINT)
        if current_thread() is not main_thread() or not callable(handler):
            return compiling(*args, **kwargs)
        pressed = []
        signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
        try:
            return compiling(*args, **kwargs)
        finally:
            signal.signal(signal.SIGINT, handler)
            if pressed:
                signal.raise_signal(signal.SIGINT)

    return call


def cache_folder() -> Path | None:
    """Return the folder that newly compiled code is written to, None if no folder is writable."""
    return find_folders(Path(__file__).parent).target


@cache
def _source_stamp() -> str:
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    if not sources:
        raise RuntimeError("Without the sources, machine code cannot be matched to a version.")
    return sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


class _Files:
    """Cache with one file for each specialisation, read from several folders and written to one.

    `key` holds types, processor with its features, and a hash of the bytecode.
    """

    def __init__(self, source: Path, prefix: str) -> None:
        self._target, self._readable = find_folders(source.parent)
        self._prefix = prefix

    def load(self, key: Any) -> Any:
        name = self._name(key)
        for folder in self._readable:
            content = self._read(folder / name)
            if content is not None:
                return pickle.loads(content)
        return None

    def save(self, key: Any, data: Any) -> None:
        if self._target is None:
            return
        _forget_other_versions(self._target)
        path, content = self._target / self._name(key), dumps(data)
        unfinished = path.with_name(f"{path.name}.{uuid4().hex}")
        try:
            with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644), "wb") as stream:
                stream.write(_checksum(path, content) + content)
            os.replace(str(unfinished), str(path))
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def _name(self, key: Any) -> str:
        versions = numba.__version__, llvmlite.__version__
        rest = repr((*versions, _SETTINGS.OPT, _SETTINGS.BOUNDSCHECK, key))
        return f"{self._prefix}.tsrnn-{_source_stamp()}-{sha256(rest.encode()).hexdigest()[:24]}.nbc"

    def _read(self, path: Path) -> bytes | None:
        """Return what was saved in a file; None if there is none, or it can't be relied upon."""
        try:
            with path.open("rb") as stream:
                if not is_trusted(os.fstat(stream.fileno())):
                    warn_untrusted(path, self._target)
                    return None
                checksum, content = stream.read(sha256().digest_size), stream.read()
        except OSError:
            return None
        return content if checksum == _checksum(path, content) else None


def _checksum(path: Path, content: bytes) -> bytes:
    return sha256(path.name.encode() + content).digest()  # one file in the place of another is damage, too


@cache  # once in a process is enough
def _forget_other_versions(folder: Path) -> None:
    for path in folder.glob("*.tsrnn-*.nbc*"):
        if f".tsrnn-{_source_stamp()}-" not in path.name:
            with suppress(OSError):  # gone already, or in use by a process on Windows
                path.unlink()


class _Locator:
    """What Numba asks of the source file of a kernel."""

    def __init__(self, function: Callable, path: str) -> None:
        self._py_file, self._line = path, function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function: Callable, path: str) -> Any:
        return cls(function, path)

    def ensure_cache_path(self) -> None:
        """Do nothing: it is there."""

    def get_cache_path(self) -> str:
        return str(Path(self._py_file).parent)

    def get_source_stamp(self) -> str:
        return _source_stamp()

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Impl(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012


class _Cache(FunctionCache):
    _impl_class = _Impl

    def __init__(self, function: Callable) -> None:
        super().__init__(function)
        self._cache_file = _Files(Path(getfile(function)), self._impl.filename_base)

    def load_overload(self, sig, target_context):
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # undamaged, but made by something else: compile it
            return None

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
