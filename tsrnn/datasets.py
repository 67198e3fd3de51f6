"""Real series that travel with the package, and a reader of WAV files."""

import struct
import tomllib
import warnings
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_INSTALLED = Path(__file__).parent / "data"
_DATA = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "data"


def names() -> list[str]:
    """List the names that `load` knows.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> len(datasets.names()), datasets.names()[:3]
    (27, ['airpassengers', 'cac', 'co2'])
    """
    return sorted(_entries())


def load(name: str) -> pd.Series | pd.DataFrame:
    """Load one of the shipped datasets.

    Calendar data have a DatetimeIndex, months, quarters and years stamped at their first day; where they are
    regular it has a frequency, and missing observations are NaN. Exchange days are irregular: a Series has
    no row for a holiday, a table has NaN for an exchange that was closed while another was open. Sampled
    signals are indexed by the time in seconds.

    Parameters
    ----------
    name : str
        One of `names()`. ``"eustockmarkets"``, ``"ecb_rates"`` and ``"household_power"`` are tables;
        ``"dax"``, ``"eur_usd"``, ``"power"`` and the like are one column of them.

    Returns
    -------
    Series or DataFrame
        A fresh copy of float64 values; a Series is called `name`. Its ``attrs`` hold ``title``, ``source``,
        ``licence``, ``units`` (a dict by column for a table) and, for signals, ``sample_rate`` in hertz.

    Raises
    ------
    ValueError
        If there is no dataset of that name.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> y = datasets.load("co2")
    >>> y.head(3)
    date
    1958-03-29    316.1
    1958-04-05    317.3
    1958-04-12    317.6
    Freq: W-SAT, Name: co2, dtype: float64
    >>> len(y), len(y.dropna()), y.attrs["units"]
    (2284, 2225, 'ppmv')
    """
    if name not in _entries():
        raise ValueError(f"There is no dataset {name!r}. Choose one of {', '.join(names())}.")
    entry, column = _entries()[name]
    data = _read(_DATA / entry["file"], entry)
    if column is not None:
        data = data[column] if "freq" in entry else data[column].dropna()
    if isinstance(data, pd.Series):
        data = data.rename(name)
    units = entry["units"] if column is None else entry["units"][column]
    about = {key: entry[key] for key in ("title", "source", "licence")}
    data.attrs |= about | {"units": dict(units) if isinstance(units, dict) else units}
    return data


def read_wav(path: str | PathLike[str]) -> pd.Series:
    """Read a WAV file as a series over seconds.

    Parameters
    ----------
    path : path-like
        A PCM file of 8, 16, 24 or 32 bits or a float file. The mean of its channels is taken.

    Returns
    -------
    Series
        float64 values; integers are divided by their full scale, so that they lie in [-1, 1). The index is
        the time in seconds from the first sample, the name is the file's name without its ending, and
        ``attrs["sample_rate"]`` is the number of samples per second.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a WAV file, is compressed, or has no samples.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.io import wavfile
    >>> from tsrnn.datasets import read_wav
    >>> samples = np.array([[0, 0], [16384, 0], [-32768, -32768]], dtype=np.int16)
    >>> folder = getfixture("tmp_path")
    >>> wavfile.write(folder / "steps.wav", 4, samples)
    >>> read_wav(folder / "steps.wav")
    seconds
    0.00    0.00
    0.25    0.25
    0.50   -1.00
    Name: steps, dtype: float64
    """
    from scipy.io import wavfile  # loads slowly, and only sound needs it

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Chunk .non-data. not understood", wavfile.WavFileWarning)
            sample_rate, samples = wavfile.read(path)
    except (ValueError, struct.error) as error:
        raise ValueError(
            f"{str(path)!r} cannot be read; an uncompressed WAV file, integer or float, is needed: {error} "
            "Convert it, for example with sox or ffmpeg."
        ) from error
    if samples.size == 0:
        raise ValueError(f"{str(path)!r} has no samples; at least one is needed. Record or export it again.")
    values = samples.astype(np.float64)
    if samples.dtype == np.uint8:
        values = (values - 128) / 128
    elif samples.dtype.kind == "i":
        values /= 2.0 ** (8 * samples.dtype.itemsize - 1)
    return _over_seconds(values.reshape(len(values), -1).mean(axis=1), sample_rate).rename(Path(path).stem)


@cache
def _entries() -> dict[str, tuple[dict[str, Any], str | None]]:
    """Map each name to the catalog's entry of its file and to its column, None if it is the whole file."""
    entries: dict[str, tuple[dict[str, Any], str | None]] = {}
    for name, entry in tomllib.loads((_DATA / "catalog.toml").read_text("utf-8")).items():
        entries[name] = entry, None
        entries |= {series: (entry, column) for series, column in entry.get("series", {}).items()}
    return entries


def _read(path: Path, entry: dict[str, Any]) -> pd.Series | pd.DataFrame:
    """Read a file of the catalog; one column gives a Series."""
    if path.suffix == ".wav":
        return read_wav(path)
    if "sample_rate" in entry:
        values = pd.read_csv(path, dtype=np.float64).to_numpy()
        return _over_seconds(values[:, 0], entry["sample_rate"])
    frame = pd.read_csv(path, index_col=0, parse_dates=[0], date_format="ISO8601").astype(np.float64)
    frame.index = pd.DatetimeIndex(frame.index, freq=entry.get("freq"))
    return frame.squeeze("columns")


def _over_seconds(values: np.ndarray, sample_rate: int) -> pd.Series:
    """Index samples by the time in seconds since the first."""
    seconds = pd.Index(np.arange(len(values)) / sample_rate, name="seconds")
    series = pd.Series(values, seconds)
    series.attrs["sample_rate"] = sample_rate
    return series
