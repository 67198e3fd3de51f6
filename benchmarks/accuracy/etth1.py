"""A transformer's loads and oil temperature, 96 to 720 hours ahead: published errors beside ours.

    python benchmarks/accuracy/etth1.py --data DIR [--horizons 96 ...] [--seeds 3] [--torch PYTHON] [--select]

DIR holds ett/ETTh1.csv. Networks see the training rows alone. Settings were chosen by MSE plus MAE over the
validation part, steps for each horizon, the others for all; --select prints what they were chosen from. With
--torch, training steps of the same network take turns with PyTorch in the interpreter PYTHON, both on
--threads threads.

Published: Lin et al. (2023) for SegRNN, PatchTST and DLinear, all with a look-back of 720; Zeng et al. (2023)
for the repeated last value, whose loader leaves out the last origins: this script's own figure does not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from ltsf import Data, Errors, Forecast, etth1, forecasts, halfway, linear, mean, peak_megabytes, repeated
from sklearn.model_selection import ParameterGrid

from tsrnn import RNNForecaster

sys.path.append(str(Path(__file__).parents[1]))
from contest import Bars, at_most_threads, seconds_of

HORIZONS = (96, 192, 336, 720)
PUBLISHED = {
    "SegRNN": (0.351, 0.392, 0.392, 0.414, 0.423, 0.433, 0.466, 0.472),
    "PatchTST": (0.375, 0.404, 0.418, 0.430, 0.462, 0.460, 0.495, 0.497),
    "DLinear": (0.381, 0.407, 0.419, 0.430, 0.454, 0.456, 0.499, 0.512),
    "last value": (1.295, 0.713, 1.325, 0.733, 1.323, 0.744, 1.339, 0.756),
}
MSE_BAR, MAE_BAR, RACE_BAR = 0.425, 0.440, 2.0
PENALTY, LOADER, DAYS = 1e4, 32, 90  # of the ridge; origins in a batch of Zeng et al.; see `default`
RACE_HORIZONS, RACE_STEPS, RACE_ROUNDS = (96, 720), 20, 7

FIXED: dict[str, Any] = {
    "strategy": "parallel",
    "lookback": 720,
    "transform": None,
    "season_length": None,
    "dropout": 0.5,
    "learning_rate": 0.001,
    "batch_size": 256,
    "max_epochs": None,
}
GRID = {
    "patch_size": [24, 48],
    "hidden_size": [128],
    "loss": ["mae", "mse", "huber"],
    "max_steps": [300, 600],
}
CHOSEN: dict[str, Any] = {"patch_size": 24, "hidden_size": 128, "loss": "huber"}
STEPS = {96: 600, 192: 600, 336: 300, 720: 300}


def forecaster(horizon: int, settings: dict[str, Any], seed: int = 0, n_threads: int = 1) -> RNNForecaster:
    return RNNForecaster("gru", horizon, **FIXED | settings, n_jobs=n_threads, random_state=seed)


def select(data: Data, horizons: list[int], n_threads: int) -> None:
    """Print the errors over the validation part for every setting of the grid."""
    for settings in ParameterGrid(GRID):
        fits = [fit(data, h, settings, 0, n_threads) for h in horizons]
        errors = [
            data.errors(forecast, h, validation=True) for h, (forecast, _) in zip(horizons, fits, strict=True)
        ]
        name = ", ".join(f"{name}={value}" for name, value in settings.items())
        row(name, errors, [seconds for _, seconds in fits])


def fit(
    data: Data, horizon: int, settings: dict[str, Any], seed: int, n_threads: int
) -> tuple[Forecast, float]:
    """Return the forecasts of one fit and the seconds it took."""
    model = forecaster(horizon, settings, seed, n_threads)
    seconds = seconds_of(lambda: model.fit(data.train_frame))
    return forecasts(model, data, horizon, model.lookback_), seconds


def default(data: Data, horizon: int) -> tuple[Errors, float]:
    """Return the errors of a forecaster that is told the horizon only, and the seconds it took to fit.

    It takes the daily pattern out of what it forecasts from: the last 90 days.
    """
    model = RNNForecaster(horizon=horizon, random_state=0)
    seconds = seconds_of(lambda: model.fit(data.train_frame))
    return data.errors(forecasts(model, data, horizon, DAYS * 24), horizon), seconds


def row(name: str, errors: list[Errors], seconds: list[float] | None = None) -> None:
    cells = [*errors, mean(errors)]
    timed = "" if seconds is None else f"{sum(seconds):>9.0f}"
    print(f"{name:<30}" + "".join(f"{error!s:>16}" for error in cells) + timed, flush=True)


def published(data: Data, horizons: list[int], bars: Bars) -> None:
    """Print published errors, and show that those of the repeated last value come out here as well."""
    figures: dict[str, list[Errors]] = {
        name: [Errors(*row[2 * HORIZONS.index(h) :][:2]) for h in horizons] for name, row in PUBLISHED.items()
    }
    for name, errors in figures.items():
        row(f"{name}, published", errors)
    alike = [data.errors(repeated(data, h), h, batch_size=LOADER) for h in horizons]
    row("last value, in whole batches", alike)
    row("last value", [data.errors(repeated(data, h), h) for h in horizons])
    off = 1000 * np.abs(np.subtract(alike, figures["last value"])).max()
    bars.at_most("protocol, last digits that the last value's errors are off", off, 0.5)


def table(data: Data, horizons: list[int], n_seeds: int, n_threads: int, bars: Bars) -> None:
    print(f"{'MSE / MAE':<30}" + "".join(f"{h:>16}" for h in [*horizons, "mean"]) + f"{'fit, s':>9}")
    published(data, horizons, bars)
    before, by_seed = peak_megabytes(), []
    for seed in range(n_seeds):
        fits = [fit(data, h, CHOSEN | {"max_steps": STEPS[h]}, seed, n_threads) for h in horizons]
        by_seed.append([data.errors(forecast, h) for h, (forecast, _) in zip(horizons, fits, strict=True)])
        row(f"tsrnn, seed {seed}", by_seed[-1], [seconds for _, seconds in fits])
    by_horizon = [mean(list(errors)) for errors in zip(*by_seed, strict=True)]
    row("tsrnn, mean", by_horizon)
    print(f"peak memory {peak_megabytes():.0f} MB, {before:.0f} before the first fit")
    bars.at_most("mean over the horizons, MSE", mean(by_horizon).mse, MSE_BAR)
    bars.at_most("mean over the horizons, MAE", mean(by_horizon).mae, MAE_BAR)
    row("tsrnn, defaults", *map(list, zip(*(default(data, h) for h in horizons), strict=True)))
    ridges = [linear(data, h, FIXED["lookback"], PENALTY) for h in horizons]
    row("ridge regression", [data.errors(ridge, h) for h, ridge in zip(horizons, ridges, strict=True)])
    both = [halfway(ridge, forecast) for ridge, (forecast, _) in zip(ridges, fits, strict=True)]
    name = f"ridge and seed {n_seeds - 1}, averaged"
    row(name, [data.errors(forecast, h) for h, forecast in zip(horizons, both, strict=True)])


@contextmanager
def torch_steps(
    python: str, data: Data, settings: dict[str, Any], n_threads: int
) -> Iterator[Callable[[int], float]]:
    """Give a function that trains the same network in PyTorch and returns the seconds it took."""
    settings = FIXED | settings | {"n_threads": n_threads}
    with tempfile.TemporaryDirectory() as folder:
        values, sizes = Path(folder) / "values.npy", Path(folder) / "settings.json"
        np.save(values, data.train_frame.to_numpy())
        sizes.write_text(json.dumps(settings), encoding="utf-8")
        script = Path(__file__).with_name("torch_segrnn.py")
        with subprocess.Popen(
            [python, script, values, sizes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def take(n_steps: int) -> float:
                print(n_steps, file=process.stdin, flush=True)
                return float(process.stdout.readline())

            yield take
            process.stdin.close()


def race(python: str, data: Data, horizon: int, n_threads: int, bars: Bars) -> None:
    """Print the milliseconds of a training step here and in PyTorch, by turns."""
    settings = CHOSEN | {"max_steps": RACE_STEPS}
    model = forecaster(horizon, settings, 0, n_threads)
    ours, theirs = [], []
    with (
        torch_steps(python, data, settings | {"horizon": horizon}, n_threads) as torch_train,
        at_most_threads(n_threads),
    ):
        for turn in range(RACE_ROUNDS + 1):
            seconds = seconds_of(lambda: model.fit(data.train_frame)), torch_train(RACE_STEPS)
            if turn > 0:  # the first compiles and warms up
                ours.append(seconds[0])
                theirs.append(seconds[1])
    each = [1000 * median(times) / RACE_STEPS for times in (ours, theirs)]
    what = f"training step at horizon {horizon}, {n_threads} threads"
    print(f"{what}, median of {RACE_ROUNDS}: tsrnn {each[0]:.1f} ms, PyTorch {each[1]:.1f} ms")
    bars.at_least(f"{what}, PyTorch / tsrnn", each[1] / each[0], RACE_BAR)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--horizons", nargs="+", type=int, choices=HORIZONS, default=HORIZONS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--torch", metavar="PYTHON", help="an interpreter that has PyTorch")
    parser.add_argument("--select", action="store_true", help="the validation errors behind the settings")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    data, bars = etth1(arguments.data), Bars()
    if arguments.select:
        select(data, arguments.horizons, arguments.threads)
        return
    table(data, arguments.horizons, arguments.seeds, arguments.threads, bars)
    if arguments.torch:
        print()
        for horizon in RACE_HORIZONS:
            race(arguments.torch, data, horizon, arguments.threads, bars)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
