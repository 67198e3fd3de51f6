"""Cache of finished fits in a directory, from which an interrupted backtest continues."""

import json
import os
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd

from tsrnn.evaluation.backtesting.fingerprint import fingerprint
from tsrnn.evaluation.backtesting.fold_table import Fold

__all__ = ["Cache", "Key"]

FORMAT = "tsrnn backtest 2"
PACKAGES = ("tsrnn", "numba", "numpy", "pandas", "scikit-learn", "scipy", "statsmodels")
SIZE_OF_CHECKSUM = len(fingerprint())
REMEMBERED = ("message", "fit_seconds", "predict_seconds", "n_train", "settled")

Key = str


class Cache:
    """A directory with a file for each fit and its forecasts: arrays and JSON, nothing executable.

    A file's name is the fingerprint of all that its content depends on, so the directory may serve any number
    of backtests. It ends with a checksum, as the comment of the archive: files that were changed, damaged or
    renamed count as absent.

    Parameters
    ----------
    path : str or PathLike
        The directory; made if there is none.

    Attributes
    ----------
    n_lost : int
        Fits that could not be written.
    problem : OSError or None
        Why the last of them could not.

    Raises
    ------
    OSError
        If the directory can't be made.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        if self.path.is_file():
            raise NotADirectoryError(f"`cache` must be a directory; {str(path)!r} is a file. Name another.")
        self.path.mkdir(parents=True, exist_ok=True)
        self._versions = [version(name) for name in PACKAGES]
        self.n_lost = 0
        self.problem: OSError | None = None

    def key(self, *things: Any) -> Key:
        """Return the name of what depends on things, and on the versions of what computes with them."""
        return fingerprint(FORMAT, self._versions, *things)

    def load(self, key: Key, blanks: Sequence[Fold]) -> list[Fold] | None:
        """Return folds that were saved, as records of the origins in `blanks`; None if there are none."""
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        if content[-SIZE_OF_CHECKSUM:] != _checksum(key, content[:-SIZE_OF_CHECKSUM]):
            return None
        with np.load(BytesIO(content), allow_pickle=False) as file:
            arrays = dict(file)
        about = json.loads(str(arrays["about"]))
        return [
            _restore(blank, each, arrays, f"{i}.")
            for i, (blank, each) in enumerate(zip(blanks, about, strict=True))
        ]

    def save(self, key: Key, folds: Sequence[Fold]) -> None:
        """Keep folds, all at once or not at all, if nothing failed and all can be kept.

        What a full disk refuses is counted in `n_lost`: the folds themselves are not lost.
        """
        if any(fold.status != "ok" for fold in folds):
            return
        if not all(_is_plain(fold.history) for fold in folds):
            return
        arrays: dict[str, np.ndarray] = {}
        about: list[dict[str, Any]] = []
        for i, fold in enumerate(folds):
            history = pd.DataFrame() if fold.history is None else fold.history
            columns = None if fold.history is None else list(history)
            about.append({name: getattr(fold, name) for name in REMEMBERED} | {"history": columns})
            arrays[f"{i}.values"] = fold.values
            for c, (_, column) in enumerate(history.items()):
                arrays[f"{i}.history.{c}"] = column.to_numpy(dtype=None if _is_number(column) else str)
        arrays["about"] = np.array(json.dumps(about))
        try:
            self._write(self._file(key), _archive(key, arrays))
        except OSError as error:
            self.n_lost, self.problem = self.n_lost + 1, error

    def _file(self, key: Key) -> Path:
        return self.path / f"{key}.npz"

    def _write(self, file: Path, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path, prefix="unfinished-", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _archive(key: Key, arrays: dict[str, np.ndarray]) -> bytes:
    stream = BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    with ZipFile(stream, "a") as archive:
        archive.comment = bytes(SIZE_OF_CHECKSUM)
    content = stream.getvalue()[:-SIZE_OF_CHECKSUM]
    return content + _checksum(key, content)


def _checksum(key: Key, content: bytes) -> bytes:
    return fingerprint(key, content).encode()


def _restore(blank: Fold, about: dict[str, Any], arrays: dict[str, np.ndarray], place: str) -> Fold:
    values = arrays[f"{place}values"]
    history = None
    if about["history"] is not None:
        columns = {name: arrays[f"{place}history.{c}"] for c, name in enumerate(about["history"])}
        history = pd.DataFrame(columns)
    return Fold(
        blank.model,
        blank.window,
        blank.series,
        values,
        history=history,
        **{name: about[name] for name in REMEMBERED},
    )


def _is_plain(history: Any) -> bool:
    """Whether a training curve is a table of numbers and text by row that can be kept, or absent."""
    if history is None:
        return True
    return (
        isinstance(history, pd.DataFrame)
        and history.index.equals(pd.RangeIndex(len(history)))
        and all(isinstance(name, str) for name in history)
        and all(
            _is_number(column) or all(isinstance(e, str) for e in column) for _, column in history.items()
        )
    )


def _is_number(column: pd.Series) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf"
