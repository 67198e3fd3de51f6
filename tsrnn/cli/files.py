"""Series named on the command line: a CSV file, a sound file, or a shipped dataset."""

import lzma
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

import tsrnn.audio as audio
import tsrnn.datasets as datasets
from tsrnn.audio.files import SUFFIXES

__all__ = ["read_input"]


def read_input(
    source: str,
    time: str | None = None,
    value: str | None = None,
    series: str | None = None,
    channel: str | None = None,
) -> pd.Series | pd.DataFrame:
    """Read one series, or the many of a long table.

    Parameters
    ----------
    source : str
        Path of a CSV file (``.csv``, or compressed: ``.csv.gz``), path of a sound file, such as ``.wav``, or
        the name of a shipped dataset. A file is preferred to a dataset of the same name.
    time : str, optional
        Column of a CSV file with the times: dates, years (four digits) or numbers. By default rows are
        counted.
    value : str, optional
        Column of a CSV file or of a dataset that is a table; not needed where there is only one.

    series : str, optional
        Column of a CSV file that tells series apart.
    channel : str, optional
        Number of a channel of a sound file, from 0, or "mean" of all; not needed where there is only one.

    Returns
    -------
    Series, or DataFrame with the columns `series`, `time` (``row`` without one) and `value`
        In the file's order; NaN where a cell is empty.

    Raises
    ------
    FileNotFoundError
        If there is neither a file nor a dataset of that name.
    ValueError
        If a column is missing or ambiguous, a cell can't be read, or the dataset is no series; the message
        says which.
    """
    path = Path(source)
    if series is not None and (not path.exists() or path.suffix.lower() in SUFFIXES):
        raise ValueError(f"--id names a column of a CSV file; {source!r} is none.")
    if not path.exists():
        if source in datasets.names() + datasets.sequence_names():
            return _from_dataset(source, value)
        raise FileNotFoundError(
            f"There is no file {source!r}, nor a dataset of that name. "
            "Give a CSV or WAV file, or a name from: tsrnn datasets"
        )
    if path.suffix.lower() in SUFFIXES:
        return _from_sound(path, channel)
    if channel is not None:
        raise ValueError(f"--channel is for sound files; {source!r} is none.")
    return _from_csv(path, time, value, series)


def _from_sound(path: Path, channel: str | None) -> pd.Series:
    sound = audio.read(path)
    table = sound.to_frame(0) if isinstance(sound, pd.Series) else sound
    names = [*map(str, table.columns), "mean"]
    if channel is None and len(table.columns) > 1:
        raise ValueError(
            f"{path.name} has {len(table.columns)} channels; choose one: --channel 0 is the first, --channel "
            "mean is the mean of all."
        )
    if channel not in (None, *names):
        raise ValueError(f"{path.name} has no channel {channel!r}; choose one of {', '.join(names)}.")
    series = table.mean(axis=1) if channel == "mean" else table[int(channel or 0)]
    series = series.rename(path.stem)
    series.attrs["sample_rate"] = sound.attrs["sample_rate"]
    return series


def _from_dataset(name: str, value: str | None) -> pd.Series:
    data = datasets.load(name)
    if isinstance(data, pd.Series):
        return data
    column = _choose(name, list(data.columns), value)
    series = data[column] if data.index.freq is not None else data[column].dropna()
    series.attrs["units"] = data.attrs["units"][column]
    return series


def _from_csv(
    path: Path, time: str | None, value: str | None, series: str | None
) -> pd.Series | pd.DataFrame:
    frame = _read_cells(path)
    columns = list(frame.columns)
    for option, name in {"time": time, "id": series}.items():
        if name is not None and name not in columns:
            listed = ", ".join(columns)
            raise ValueError(f"{path.name} has no column {name!r} for --{option}. Its columns: {listed}.")
    column = _choose(path.name, [name for name in columns if name not in (time, series)], value)
    values = _numbers(frame[column], path.name)
    times = None if time is None else _times(frame[time], path.name)
    if series is None:
        return pd.Series(values, index=times, name=column)
    _check(frame[series].notna(), frame[series], path.name, "the name of a series, which every row needs")
    rows = frame.groupby(series).cumcount() if times is None else times
    return pd.DataFrame({series: frame[series], time or "row": rows, column: values})


def _read_cells(path: Path) -> pd.DataFrame:
    """Every cell as text, NaN where empty, so that errors can quote it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            frame = pd.read_csv(path, dtype=str, encoding="utf-8-sig", index_col=False, skipinitialspace=True)
        except (ValueError, pd.errors.ParserWarning) as error:
            raise ValueError(f"{path.name} can't be read as a CSV file: {error}") from error
        except (EOFError, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path.name} is damaged or incomplete: {error}. Fetch it again.") from error
    if frame.empty:
        raise ValueError(f"{path.name} has no rows under its header; at least one is needed.")
    return frame


def _choose(source: str, columns: list[str], value: str | None) -> str:
    if value in columns:
        return value
    if value is None and len(columns) == 1:
        return columns[0]
    listed = ", ".join(columns) or "none"
    if value is None:
        raise ValueError(f"{source} needs --value to choose a column. There are: {listed}.")
    raise ValueError(f"{source} has no column {value!r} for --value. There are: {listed}.")


def _numbers(cells: pd.Series, source: str) -> np.ndarray:
    numbers = pd.to_numeric(cells, errors="coerce")
    _check(numbers.notna() | cells.isna(), cells, source, "a number")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _times(cells: pd.Series, source: str) -> pd.Index:
    _check(~cells.isna(), cells, source, "a time, which every row needs")
    numbers = pd.to_numeric(cells, errors="coerce")
    if numbers.notna().all() and not cells.str.fullmatch(r"\d{4}|\d{8}").all():
        return pd.Index(numbers, name=cells.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas thinking aloud about the format
        try:
            times = pd.to_datetime(cells, errors="coerce")
        except ValueError:  # offsets that change with the clocks
            times = pd.to_datetime(cells, errors="coerce", utc=True)
        if cells.str.match(r"\d{1,2}\D\d{1,2}\D\d{4}").all():
            times = _settle_order(cells, times, source)
    _check(times.notna(), cells, source, "a date of the first one's form, such as 2026-12-31")
    return pd.DatetimeIndex(times, name=cells.name)


def _settle_order(cells: pd.Series, month_first: pd.Series, source: str) -> pd.Series:
    """Choose between month first and day first by what the column allows; refuse to guess."""
    day_first = pd.to_datetime(cells, errors="coerce", dayfirst=True)
    if day_first.isna().any() or day_first.equals(month_first):
        return month_first
    if month_first.isna().any():
        return day_first
    raise ValueError(
        f"{source}: the dates in column {cells.name!r} may be read month first or day first, {cells[0]!r} to "
        f"{cells.iloc[-1]!r}. Write them as 2026-12-31."
    )


def _check(readable: pd.Series, cells: pd.Series, source: str, needed: str) -> None:
    if not readable.all():
        row = int(readable.argmin())
        text = "" if pd.isna(cells[row]) else cells[row]
        raise ValueError(f"{source}, data row {row + 1}: {text!r} in column {cells.name!r} is not {needed}.")
