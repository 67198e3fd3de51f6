"""A network in service: each day a day of new values, and four ways to take them in.

    python benchmarks/updating.py --data DIR [--days 40]

Hourly series: oil temperature and load of a transformer (ett/ETTh1.csv below DIR), taxi rides in New York
(energy/taxi_new_york_passengers.csv), power of a household (sensors/household_power_hourly.csv.gz), and a
made-up one whose daily peak moves by six hours when service begins. A gated recurrent unit is fitted to what
comes before the last days, with a horizon of 24, and forecasts each of them before it is told of it: by
`update(day)`, which leaves the weights; `update(day, steps=20)`; 1,000 steps more from the present weights at
the full rate (``warm_start=True``); or another `fit` from the start. Printed are the mean absolute errors,
those of `update(day)` being 1, and the mean seconds that a day takes.
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from tsrnn import RNNForecaster

DAY, YEAR = 24, 365 * 24


def load(folder: Path) -> Iterator[tuple[str, pd.Series]]:
    """Yield hourly series with their names, at most a year of each."""
    transformer = pd.read_csv(folder / "ett" / "ETTh1.csv", parse_dates=[0], index_col=0)
    yield "oil temperature", transformer["OT"][:YEAR]
    yield "transformer load", transformer["HUFL"][:YEAR]
    taxi = pd.read_csv(folder / "energy" / "taxi_new_york_passengers.csv", parse_dates=[0], index_col=0)
    yield "taxi rides", taxi.squeeze("columns").resample("h").sum()[: YEAR // 2]
    power = pd.read_csv(folder / "sensors" / "household_power_hourly.csv.gz", parse_dates=[0], index_col=0)
    yield "household power", power["Global_active_power"].asfreq("h").interpolate()[:YEAR]


def shifted(n: int, n_after: int) -> pd.Series:
    """Return n made-up hours whose daily peak comes six hours later in the last of them."""
    hour = np.arange(n) - 6 * (np.arange(n) >= n - n_after)
    values = 20 + 5 * np.exp(np.cos(2 * np.pi * (hour - 8) / DAY)) + np.random.default_rng(0).normal(size=n)
    return pd.Series(values, pd.date_range("2024-01-01", periods=n, freq="h"))


def train_on(model: RNNForecaster, known: pd.Series) -> None:
    """Train 1,000 more steps at the full rate."""
    model.set_params(warm_start=True).fit(known)


WAYS: dict[str, Callable[[RNNForecaster, pd.Series, pd.Series], object]] = {
    "update(day)": lambda model, known, day: model.update(day),
    "update(day, steps=20)": lambda model, known, day: model.update(day, steps=20),
    "1,000 steps more": lambda model, known, day: train_on(model, known),
    "fit": lambda model, known, day: model.fit(known),
}


def serve(model: RNNForecaster, y: pd.Series, n: int, take_in: Callable) -> tuple[float, float]:
    """Return the mean absolute error over the days after the first n hours, and the seconds of each."""
    model, errors, seconds = deepcopy(model), [], []
    for end in range(n, len(y) - DAY + 1, DAY):
        day = y.iloc[end : end + DAY]
        errors.append(np.abs(model.predict().to_numpy() - day.to_numpy()).mean())
        start = perf_counter()
        take_in(model, y.iloc[: end + DAY], day)
        seconds.append(perf_counter() - start)
    return float(np.mean(errors)), float(np.mean(seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--days", type=int, default=40)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", RuntimeWarning)  # of clipped gradients
    n_after = DAY * arguments.days
    print(f"{'':<18}" + "".join(f"{way:>24}" for way in WAYS))
    for name, y in [*load(arguments.data), ("peak that moves", shifted(200 * DAY, n_after))]:
        n = len(y) - n_after
        model = RNNForecaster("gru", horizon=DAY, random_state=0).fit(y.iloc[:n])
        found = [serve(model, y, n, take_in) for take_in in WAYS.values()]
        cells = [f"{error / found[0][0]:.2f} {f'({seconds:.3f} s)':>12}" for error, seconds in found]
        print(f"{name:<18}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
