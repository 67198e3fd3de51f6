"""Sound files as series, and series as sound files."""

import importlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.audio.wav import DamagedFileError, OtherFormatError, compose_wav, read_wav
from tsrnn.deadline import without_interruption
from tsrnn.validation import check_positive_integer

SUFFIXES = (".wav", ".rf64", ".flac", ".ogg", ".opus", ".aif", ".aiff", ".au", ".w64", ".mp3")


def read(path: str | PathLike[str], channel: int | str | None = None) -> pd.Series | pd.DataFrame:
    """Read a sound file as a series over seconds, a stereo file as one column for each channel.

    Parameters
    ----------
    path : path-like
        A WAV file, also of more than 4 GB (RF64), with integers of 8, 16, 24, 32 or 64 bits or floats. What
        else the package soundfile reads, such as FLAC, is read where that is installed.
    channel : int or "mean", optional
        One channel, counted from 0, or the mean of all. By default all of them. In the mean, what is of
        opposite sign in two channels is silence.

    Returns
    -------
    Series, or DataFrame with the columns 0, 1, ... of several channels
        float64 values; integers are divided by their full scale, so that they lie in [-1, 1). The index is
        the time in seconds from the first sample, the name of a Series is the file's name without its ending,
        and ``attrs["sample_rate"]`` is the number of samples per second.

    Raises
    ------
    OSError
        If there is no such file, or it can't be opened.
    TypeError, ValueError
        If the file is damaged, no sound or has no samples; if there is no such channel.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import audio
    >>> path = getfixture("tmp_path") / "steps.wav"
    >>> audio.write(path, np.array([[0.0, 0.0], [0.5, -0.5], [-1.0, 1.0]]), sample_rate=4)
    >>> audio.read(path)
    channel    0    1
    seconds
    0.00     0.0  0.0
    0.25     0.5 -0.5
    0.50    -1.0  1.0
    >>> audio.read(path, channel=1).tolist()
    [0.0, -0.5, 1.0]
    """
    path = Path(path)
    sample_rate, samples = _read_samples(path)
    if samples.size == 0:
        raise ValueError(f"{str(path)!r} has no samples; at least one is needed. Record or export it again.")
    seconds = pd.Index(np.arange(len(samples)) / sample_rate, name="seconds")
    values = _choose(samples, channel, path)
    if values.ndim == 1:
        sound: pd.Series | pd.DataFrame = pd.Series(values, seconds, name=path.stem)
    else:
        sound = pd.DataFrame(values, seconds, pd.RangeIndex(values.shape[1], name="channel"))
    sound.attrs["sample_rate"] = sample_rate
    return sound


def write(path: str | PathLike[str], y: Any, sample_rate: int | None = None) -> None:
    """Write a series as a WAV file of 32-bit floats, the columns of a table as its channels.

    Parameters
    ----------
    path : path-like
        An existing file is replaced.
    y : Series, DataFrame or array-like of shape (n,) or (n, C)
        Values without gaps. Those outside of [-1, 1] are kept, but players cut them off.
    sample_rate : int, optional
        Samples per second. By default ``y.attrs["sample_rate"]``, or by the index of `y` in seconds.

    Raises
    ------
    OSError
        If the file can't be written.
    TypeError, ValueError
        If `y` is no sound, has missing or infinite values, or its sample rate is unknown or not whole.

    Examples
    --------
    >>> from tsrnn import audio, datasets
    >>> y, path = datasets.load("tabla"), getfixture("tmp_path") / "tabla.wav"
    >>> audio.write(path, y)
    >>> bool((abs(audio.read(path) - y) < 1e-7).all())
    True
    """
    samples = _as_samples(y)
    rate = _find_rate(y) if sample_rate is None else sample_rate
    rate = check_positive_integer("sample_rate", rate, "samples per second")
    Path(path).write_bytes(compose_wav(samples, rate))


def _as_samples(y: Any) -> np.ndarray:
    """Return the values of a series as floats of 32 bits, or say why they are no sound."""
    samples = np.asarray(y)
    if samples.dtype.kind not in "iuf" or samples.ndim not in (1, 2) or 0 in samples.shape:
        raise TypeError(
            f"`y` must hold samples, as numbers of shape (n,) or (n, channels); got {samples.dtype} of shape "
            f"{samples.shape}. Pass a Series, a DataFrame or an array."
        )
    with np.errstate(over="ignore"):
        samples = samples.astype("<f4").reshape(len(samples), -1)
    finite = np.isfinite(samples).all(axis=1)
    if not finite.all():
        first = int(finite.argmin())
        raise ValueError(
            f"Sound has a number for each sample; got {samples[first].tolist()} at position {first}. "
            "Fill what is missing, for example with y.interpolate()."
        )
    return samples


def _find_rate(y: Any) -> Any:
    """Return the samples per second of a series, from its metadata or its index."""
    rate = getattr(y, "attrs", {}).get("sample_rate")
    index = getattr(y, "index", None)
    if rate is None and isinstance(index, pd.TimedeltaIndex):
        index = index.total_seconds()
    if rate is None and isinstance(index, pd.Index) and index.dtype.kind == "f" and len(index) > 1:
        steps = np.diff(index)
        rate = 1 / steps.mean() if steps.min() > 0.999 * steps.mean() > 0 else None
        rate = round(rate) if rate and abs(rate - round(rate)) < 1e-6 * rate else rate
    if rate is None:
        raise ValueError(
            "The sample rate of `y` is not known: it has no index of equal steps in seconds, nor "
            "attrs['sample_rate']. Pass sample_rate=."
        )
    return rate


def _read_samples(path: Path) -> tuple[int, np.ndarray]:
    """Return the samples per second and the samples (n, C) of a file."""
    try:
        with open(path, "rb") as file:
            return read_wav(file)
    except DamagedFileError as damage:
        raise ValueError(f"{str(path)!r} is damaged: {damage}. Record or export it again.") from None
    except OtherFormatError as reason:
        return _read_otherwise(path, str(reason))


def _read_otherwise(path: Path, reason: str) -> tuple[int, np.ndarray]:
    """Read a file with the package soundfile, or say that it is needed."""
    try:
        with without_interruption():
            soundfile = importlib.import_module("soundfile")
    except (ImportError, OSError):  # the latter where the library behind it is missing
        raise ValueError(
            f"{str(path)!r} cannot be read, because {reason}. An uncompressed WAV file is needed; for FLAC "
            "and others install soundfile: pip install soundfile. Or convert it with sox or ffmpeg."
        ) from None
    try:
        samples, sample_rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(
            f"{str(path)!r} cannot be read, because {reason}, and soundfile cannot read it: {error} "
            "Convert it with sox or ffmpeg."
        ) from error
    return int(sample_rate), np.asarray(samples)


def _choose(samples: np.ndarray, channel: int | str | None, path: Path) -> np.ndarray:
    """Return one channel, the mean of all, or several as they are."""
    n_channels = samples.shape[1]
    if channel is None:
        return samples if n_channels > 1 else samples[:, 0]
    if isinstance(channel, str) and channel == "mean":
        return samples.mean(axis=1)
    if isinstance(channel, bool) or channel not in range(n_channels):
        raise ValueError(
            f'`channel` must be "mean" or one of the {n_channels} channels of {str(path)!r}, counted from 0; '
            f"got {channel!r}."
        )
    return samples[:, int(channel)]
