"""Sequences with published results: what is read, what is known of it, and which part is the test."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import stft

LONGEST_LIFE = 125  # cycles; a healthy engine's remaining life cannot be told
SHORTEST_RUN, BETWEEN_ENDS = 31, 10  # cycles
SENSORS = [f"s{k}" for k in (2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21)]  # the others hardly move


@dataclass(frozen=True)
class Part:
    """Sequences (steps, features), their targets, and whom or what each comes from if several do alike."""

    X: list[np.ndarray]
    y: np.ndarray
    groups: np.ndarray | None = None

    def take(self, items: np.ndarray) -> "Part":
        """Return some of the sequences."""
        return Part([self.X[i] for i in items], self.y[items])

    def mirrored(self) -> "Part":
        """Return the sequences and, once more, the same backwards."""
        return Part(self.X + [x[::-1] for x in self.X], np.r_[self.y, self.y])

    def last(self, n_steps: int | None) -> "Part":
        """Return the last steps of each sequence."""
        return Part([x[-n_steps:] for x in self.X], self.y, self.groups) if n_steps else self


def archive(folder: Path, name: str) -> tuple[Part, Part]:
    """Return a set of the UCR and UEA archives, as the archives part it."""
    arrays = np.load(folder / "tsc" / f"{name}.npz")

    def part(which: str) -> Part:
        lengths = arrays[f"len_{which}"]
        X = [x[:n] for x, n in zip(arrays[f"X_{which}"], lengths, strict=True)]
        return Part(X, arrays[f"y_{which}"])

    return part("train"), part("test")


def digits(folder: Path) -> tuple[Part, Part]:
    """Return log power in 32 bands every 16 ms; the first five of each speaker's recordings are the test."""
    arrays = np.load(folder / "audio" / "fsdd.npz")
    clips = np.split(arrays["X"] / 2.0**15, np.cumsum(arrays["length"])[:-1])
    whole = Part([log_bands(clip) for clip in clips], arrays["digit"])
    is_test = arrays["index"] < 5
    return whole.take(np.flatnonzero(~is_test)), whole.take(np.flatnonzero(is_test))


def log_bands(clip: np.ndarray) -> np.ndarray:
    """Return the logarithm of the power (steps, 32) of a clip with 8,000 samples a second."""
    _, _, spectrum = stft(clip, 8000, nperseg=256, noverlap=128, boundary=None)
    power = np.abs(spectrum[1:].T) ** 2
    return np.log(power.reshape(len(power), 32, 4).sum(axis=2) + 1e-10)


def turbofan(folder: Path) -> tuple[Part, Part]:
    """Return runs of engines and the cycles left at their ends.

    To learn from, each engine's run to failure is cut off at every tenth cycle; targets are at most
    `LONGEST_LIFE` there, but not in the test part.
    """
    engines = runs(folder / "cmapss" / "train_FD001.csv.gz")
    X, y, groups = [], [], []
    for number, engine in enumerate(engines):
        for end in range(SHORTEST_RUN, len(engine) + 1, BETWEEN_ENDS):
            X.append(engine[:end])
            y.append(min(LONGEST_LIFE, len(engine) - end))
            groups.append(number)
    left = pd.read_csv(folder / "cmapss" / "RUL_FD001.csv")["rul"].to_numpy(float)
    train = Part(X, np.array(y, float), np.array(groups))
    return train, Part(runs(folder / "cmapss" / "test_FD001.csv.gz"), left)


def runs(path: Path) -> list[np.ndarray]:
    return [run[SENSORS].to_numpy() for _, run in pd.read_csv(path).groupby("unit")]
