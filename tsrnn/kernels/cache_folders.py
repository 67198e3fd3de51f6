"""Folders for compiled code. What can be written there is executed, so others must not be able to."""

import os
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha1
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from numba import config
from numba.misc.appdirs import AppDirs

_SETTINGS: Any = config  # Numba's environment variables
_SHARED, _PRIVATE = 0o755, 0o700  # what root compiles for a container image is read by any user


class Folders(NamedTuple):
    """Where the code that is compiled from the sources in one folder is kept.

    Attributes
    ----------
    target : Path or None
        Folder for new code, None if there is none.
    readable : tuple of Path
        Folders that code is looked for in.
    """

    target: Path | None
    readable: tuple[Path, ...]


def find_folders(sources: Path) -> Folders:
    """Return the folders for what is compiled from the sources in a folder.

    New code goes to ``NUMBA_CACHE_DIR`` if that is set, else beside the sources, else to the user's cache
    folder, whichever can be written to. Folders that others can write to are passed over with a warning.
    """
    return _find(sources, _SETTINGS.CACHE_DIR or "")


def is_trusted(status: os.stat_result) -> bool:
    """Whether only this user, root and those who can change the sources can change a file or folder."""
    if sys.platform == "win32":  # has neither owners nor modes like these
        return True
    sources = Path(__file__).parent.stat()
    if status.st_uid not in (os.geteuid(), 0, sources.st_uid) or status.st_mode & stat.S_IWOTH:
        return False
    same_group = status.st_gid == sources.st_gid and bool(sources.st_mode & stat.S_IWGRP)
    return same_group or not status.st_mode & stat.S_IWGRP


class _WarningOnce:
    """The warning that a file or folder is not used, given once in a process."""

    def __init__(self) -> None:
        self._lock, self._is_given = Lock(), False

    def __call__(self, path: Path, target: Path | None) -> None:
        with self._lock:
            if self._is_given:
                return
            self._is_given = True
        way = "is compiled in each process" if target is None else f"is kept in {str(target)!r}"
        warnings.warn(
            f"Compiled code in {str(path)!r} is not used, because other users could have put it there; code "
            f"{way}. Let only yourself write there (chown, chmod go-w), or set NUMBA_CACHE_DIR to another "
            "folder.",
            RuntimeWarning,
            stacklevel=2,
        )


warn_untrusted = _WarningOnce()


@cache
def _find(sources: Path, given: str) -> Folders:
    target = refused = None
    candidates = list(_candidates(sources, given))
    for folder, mode in candidates:
        if mode == _PRIVATE:
            _close_to_others(folder)
        if _is_open(folder, mode):
            refused = refused or folder
        elif target := _made(folder, mode):
            break
    if refused:
        warn_untrusted(refused, target)
    first, mode = candidates[0]  # may have been filled when it could be written to
    readable = [target] if _is_open(first, mode) else [target, first]
    return Folders(target, tuple(dict.fromkeys(filter(None, readable))))


def _candidates(sources: Path, given: str) -> Iterator[tuple[Path, int]]:
    """Yield folders and their modes, the preferred first."""
    name = f"{sources.name}_{sha1(str(sources).encode()).hexdigest()}"
    if given:
        yield Path(given) / name, _SHARED
        if sys.platform != "win32":
            yield Path(given) / f"tsrnn-{os.geteuid()}" / name, _PRIVATE
    yield sources / "__pycache__", _SHARED
    if own := _user_folder():
        yield own / "tsrnn" / name, _PRIVATE


def _is_open(folder: Path, mode: int) -> bool:
    """Whether there is such a folder and others can write to it, or to the one that it is in."""
    try:
        parent = folder.parent.stat().st_mode
        is_sticky = bool(parent & stat.S_ISVTX)  # as /tmp, where nobody can remove what is another's
        if mode == _SHARED and sys.platform != "win32" and parent & stat.S_IWOTH and not is_sticky:
            return True
        return not is_trusted(folder.stat())
    except OSError:  # there is none yet, or it is out of reach
        return False


def _close_to_others(folder: Path) -> None:
    """Take from others the right to write to one of this user's own folders, if they have it."""
    with suppress(OSError):  # there is none yet, or it is another's
        if not is_trusted(folder.stat()):
            folder.chmod(_PRIVATE)


def _made(folder: Path, mode: int) -> Path | None:
    """Return a folder, made if need be, if it can be written to and others cannot."""
    try:
        folder.mkdir(mode, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        return folder if is_trusted(folder.stat()) else None
    except OSError:
        return None


def _user_folder() -> Path | None:
    """Return the folder of the user's caches; None for a user without a home, and never one in the root."""
    home, given = Path(os.path.expanduser("~")), Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        folder = given
    elif home.is_absolute() and home != Path(home.anchor):
        folder = home / ".cache" if sys.platform == "linux" else Path(AppDirs(appauthor=False).user_cache_dir)
    else:
        return None
    there = next(part for part in (folder, *folder.parents) if os.path.isdir(part))
    return None if there == Path(there.anchor) else folder
