"""Datasets shipped with the package: series and labelled sequences."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import tsrnn.audio as audio

_INSTALLED = Path(__file__).parent / "data"
_DATA = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parents[1] / "data"


def names() -> list[str]:
    """Return the names of the datasets for `load`.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> len(datasets.names()), datasets.names()[:3]
    (28, ['airpassengers', 'cac', 'co2'])
    """
    return sorted(_entries())


def sequence_names() -> list[str]:
    """Return the names of the datasets for `load_sequences`.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> datasets.sequence_names()
    ['japanese_vowels', 'spoken_digits', 'words']
    """
    return sorted(name for name, entry in _catalog().items() if "label" in entry)


def load(name: str) -> pd.Series | pd.DataFrame:
    """Load one of the shipped datasets.

    Calendar data have a DatetimeIndex, with months, quarters and years stamped at their first day; if they
    are regular it has a frequency, and missing observations are NaN. Trading days are irregular: a Series has
    no row for a holiday, a table has NaN for an exchange that was closed while another was open. Sampled
    signals are indexed by the time in seconds.

    Parameters
    ----------
    name : str
        One of `names()`. ``"eustockmarkets"``, ``"ecb_rates"``, ``"household_power"`` and ``"weather"`` are
        tables; ``"dax"``, ``"eur_usd"``, ``"power"`` and the like are one column of them.

    Returns
    -------
    Series or DataFrame
        A new copy of float64 values; a Series has the name `name`. Its ``attrs`` hold ``title``, ``source``,
        ``licence``, ``units`` (a dict by column for a table) and, for signals, ``sample_rate`` in hertz.

    Raises
    ------
    ValueError
        If there is no dataset of that name, or it is one of `sequence_names()`.

    See Also
    --------
    load_sequences : Sets of labelled sequences, for classification and generation.

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
    if name in sequence_names():
        raise ValueError(
            f"{name!r} is a set of labelled sequences, not a series. Use load_sequences({name!r})."
        )
    if name not in _entries():
        raise ValueError(f"There is no dataset {name!r}. Choose one of {', '.join(names())}.")
    entry, column = _entries()[name]
    data = _read(_DATA / entry["file"], entry)
    if column is not None:
        data = data[column] if "freq" in entry else data[column].dropna()
    if isinstance(data, pd.Series):
        data = data.rename(name)
    units = entry["units"] if column is None else entry["units"][column]
    data.attrs |= _about(entry) | {"units": dict(units) if isinstance(units, dict) else units}
    return data


def load_sequences(name: str, split: str | None = None) -> tuple[list[Any], pd.Series]:
    """Load one of the shipped datasets of labelled sequences.

    Parameters
    ----------
    name : str
        One of `sequence_names()`. ``"japanese_vowels"``: 640 utterances, 12 cepstral coefficients at each
        step; the label is one of nine speakers. ``"spoken_digits"``: 1,000 recordings, 13 cepstral
        coefficients at each step; the label is the digit. ``"words"``: 12,288 words; the label is one of six
        languages.
    split : {"train", "test"}, optional
        Only this part, if the source divides the dataset: ``"japanese_vowels"``. By default all.

    Returns
    -------
    X : list
        A new float64 array of shape (steps, features) for each sequence; for ``"words"`` a str.
    y : Series
        The labels, numbers or str, named by what they are. Its ``attrs`` hold ``title``, ``source`` and
        ``licence``, and the ``units`` of `X`.

    Raises
    ------
    ValueError
        If there is no set of that name or no part of that name in it.

    See Also
    --------
    load : Series and tables. Its ``"weather"`` has a label for every step: whether there is precipitation.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> X, y = datasets.load_sequences("japanese_vowels", split="train")
    >>> len(X), X[0].shape, X[1].shape, y.name, y.nunique()
    (270, (20, 12), (26, 12), 'speaker', 9)
    >>> words, language = datasets.load_sequences("words")
    >>> words[:2], language[:2].tolist(), language.attrs["licence"]
    (['abdikace', 'abeceda'], ['Czech', 'Czech'], 'MIT')
    """
    if name in names():
        raise ValueError(
            f"{name!r} is a series or a table, not a set of labelled sequences. Use load({name!r})."
        )
    if name not in sequence_names():
        known = ", ".join(sequence_names())
        raise ValueError(f"There is no set of sequences {name!r}. Choose one of {known}.")
    entry = _catalog()[name]
    frame = pd.read_csv(_DATA / entry["file"], keep_default_na=False)
    if split is not None:
        frame = _part(frame, name, split)
    if "sequence" in frame:
        starts = np.flatnonzero(frame["sequence"].diff() != 0)
        features = frame.drop(columns=["sequence", "split", entry["label"]], errors="ignore")
        X = [steps.copy() for steps in np.split(features.to_numpy(np.float64), starts[1:])]
        y = frame[entry["label"]].iloc[starts].reset_index(drop=True)
    else:
        X, y = frame["word"].tolist(), frame[entry["label"]]
    y.attrs |= _about(entry) | {"units": entry["units"]}
    return X, y


@cache
def _catalog() -> dict[str, dict[str, Any]]:
    """Return the catalog of files; entries of labelled sequences name the column of the label."""
    return tomllib.loads((_DATA / "catalog.toml").read_text("utf-8"))


@cache
def _entries() -> dict[str, tuple[dict[str, Any], str | None]]:
    """Return for each series the catalog entry of its file and its column, None for the whole file."""
    entries: dict[str, tuple[dict[str, Any], str | None]] = {}
    for name, entry in _catalog().items():
        if "label" in entry:
            continue
        entries[name] = entry, None
        entries |= {series: (entry, column) for series, column in entry.get("series", {}).items()}
    return entries


def _about(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("title", "source", "licence")}


def _part(frame: pd.DataFrame, name: str, split: str) -> pd.DataFrame:
    """Return the sequences of one part of a dataset."""
    if "split" not in frame:
        raise ValueError(
            f"`split` must be None for {name!r}, which its source does not divide; got {split!r}. "
            "Divide it yourself, for example with sklearn.model_selection.train_test_split."
        )
    parts = list(frame["split"].unique())
    if split not in parts:
        raise ValueError(f"`split` must be None or one of {parts}; got {split!r}.")
    return frame[frame["split"] == split]


def _read(path: Path, entry: dict[str, Any]) -> pd.Series | pd.DataFrame:
    """Read a file of the catalog; a file with one column is returned as a Series."""
    if path.suffix == ".wav":
        return audio.read(path)
    if "sample_rate" in entry:
        values = pd.read_csv(path, dtype=np.float64).to_numpy()
        return _over_seconds(values[:, 0], entry["sample_rate"])
    frame = pd.read_csv(path, index_col=0, parse_dates=[0], date_format="ISO8601").astype(np.float64)
    frame.index = pd.DatetimeIndex(frame.index, freq=entry.get("freq"))
    return frame.squeeze("columns")


def _over_seconds(values: np.ndarray, sample_rate: int) -> pd.Series:
    """Return samples as a Series over the time in seconds since the first."""
    seconds = pd.Index(np.arange(len(values)) / sample_rate, name="seconds")
    series = pd.Series(values, seconds)
    series.attrs["sample_rate"] = sample_rate
    return series
