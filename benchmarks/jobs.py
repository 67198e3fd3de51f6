"""What is fitted: AirPassengers, and three years of an hourly sensor."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from tsrnn import RNNForecaster, datasets

RATE, LONGEST = 0.001, 1.0


@dataclass(frozen=True)
class Job:
    """A series, how it is cut into windows, and how a network is trained on them."""

    name: str
    y: pd.Series
    horizon: int
    lookback: int
    units: int
    batch: int
    steps: int
    cells: tuple[str, ...]
    bar: float  # how many times faster than PyTorch

    @property
    def train(self) -> pd.Series:
        """All but the last `horizon` values."""
        return self.y[: -self.horizon]

    @property
    def test(self) -> pd.Series:
        """The last `horizon` values."""
        return self.y[-self.horizon :]

    def __str__(self) -> str:
        return (
            f"{self.name}: {len(self.train)} values, look-back {self.lookback}, horizon {self.horizon}, "
            f"{self.units} units, {self.steps} steps of {self.batch} windows"
        )


def airpassengers(steps: int | None) -> Job:
    """Return the job of 132 months in, 12 out."""
    return Job(
        "AirPassengers",
        datasets.load("airpassengers"),
        12,
        36,
        32,
        32,
        steps or 500,
        ("rnn", "lstm", "gru"),
        3.0,
    )


def hourly_sensor(steps: int | None, folder: Path | None) -> Job:
    """Return the job of three years of hours in, one day out, in three epochs."""
    horizon, lookback, batch = 24, 168, 64
    y = hourly_series(3 * 365 * 24 + horizon) if folder is None else hourly_temperature(folder, horizon)
    n_windows = len(y) - 2 * horizon - lookback + 1
    steps = steps or 3 * ceil(n_windows / batch)
    return Job(f"hourly {y.name}", y, horizon, lookback, 64, batch, steps, ("lstm",), 2.0)


def hourly_series(n: int) -> pd.Series:
    """Return made-up hours with the cycles of year, week and day, and noise that lingers for a day."""
    rng = np.random.default_rng(0)
    hours = np.arange(n)
    cycles = sum(
        size * np.sin(2 * np.pi * (hours / period + rng.random()))
        for size, period in ((8, 8766), (2, 168), (5, 24), (2, 12))
    )
    noise = lfilter([1], [1, -0.95], rng.normal(scale=0.5, size=n))
    return pd.Series(60 + cycles + noise, pd.date_range("2022-01-01", periods=n, freq="h"), name="synthetic")


def hourly_temperature(folder: Path, horizon: int) -> pd.Series:
    """Return the last three years of the temperature in `folder`/ltsf/WTH.csv."""
    y = pd.read_csv(folder / "ltsf" / "WTH.csv", index_col="date")["DryBulbFarenheit"].astype(float)
    y = y[-3 * 365 * 24 - horizon :].rename("temperature")
    return y.set_axis(pd.DatetimeIndex(pd.to_datetime(y.index), freq="h"))


def forecaster(job: Job, cell: str, seed: int = 0, n_threads: int = 1) -> RNNForecaster:
    """Return tsrnn's forecaster for a job, not fitted."""
    return RNNForecaster(
        cell,
        job.horizon,
        job.lookback,
        hidden_size=job.units,
        batch_size=job.batch,
        max_steps=job.steps,
        max_epochs=None,
        loss="mae",
        optimizer="adam",
        learning_rate=RATE,
        schedule="cosine",
        clip_norm=LONGEST,
        n_jobs=n_threads,
        random_state=seed,
    )
