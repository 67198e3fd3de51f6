"""A transformer's loads and oil temperature, 96 to 720 hours ahead: published errors beside ours.

    python benchmarks/accuracy/etth1.py --data DIR [--horizons 96 ...] [--seeds 3] [--torch PYTHON] [--select]

DIR holds ett/ETTh1.csv. Networks see the training rows alone; settings were chosen by the validation part,
which --select prints for the grid they come from. With --torch, training steps of the same network take
turns with PyTorch in the interpreter PYTHON, both on --threads threads.

Published: Lin et al. (2023) for SegRNN, PatchTST and DLinear, all with a look-back of 720; Zeng et al. (2023)
for the repeated last value, whose loader leaves out the last origins: this script's own figure does not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from ltsf import Data, Errors, by_windows, etth1, linear, mean, one_by_one, peak_megabytes, repeated
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
PENALTY = 1e4
RACE_HORIZON, RACE_STEPS, RACE_ROUNDS = 96, 20, 7

FIXED: dict[str, Any] = {
    "strategy": "parallel",
    "lookback": 720,
    "patch_size": 24,
    "transform": None,
    "season_length": None,
    "learning_rate": 0.001,
    "batch_size": 256,
    "max_epochs": None,
}
GRID = {"hidden_size": [128, 256], "dropout": [0.5], "loss": ["mae", "mse"], "max_steps": [300, 600]}
CHOSEN = {"hidden_size": 128, "dropout": 0.5, "loss": "mse", "max_steps": 600}


def forecaster(horizon: int, settings: dict[str, Any], seed: int = 0, n_threads: int = 1) -> RNNForecaster:
    return RNNForecaster("gru", horizon, **FIXED | settings, n_jobs=n_threads, random_state=seed)


def select(data: Data, horizons: list[int], n_threads: int) -> None:
    """Print the errors over the validation part for every setting of the grid."""
    for settings in ParameterGrid(GRID):
        errors = [fit(data, h, settings, 0, n_threads, validation=True)[0] for h in horizons]
        row(", ".join(f"{name}={value}" for name, value in settings.items()), errors)


def fit(
    data: Data, horizon: int, settings: dict[str, Any], seed: int, n_threads: int, *, validation: bool = False
) -> tuple[Errors, float]:
    """Return the errors of one network and the seconds it took to train."""
    model = forecaster(horizon, settings, seed, n_threads)
    seconds = seconds_of(lambda: model.fit(data.train_frame))
    return data.errors(by_windows(model, data), horizon, validation=validation), seconds


def default(data: Data, horizon: int) -> tuple[Errors, float]:
    """Return the same of a forecaster that is told the horizon only."""
    model = RNNForecaster(horizon=horizon, random_state=0)
    seconds = seconds_of(lambda: model.fit(data.train_frame))
    return data.errors(one_by_one(model, data, horizon), horizon), seconds


def row(name: str, errors: list[Errors], seconds: list[float] | None = None) -> None:
    cells = [*errors, mean(errors)]
    timed = "" if seconds is None else f"{sum(seconds):>9.0f}"
    print(f"{name:<28}" + "".join(f"{error!s:>16}" for error in cells) + timed, flush=True)


def table(data: Data, horizons: list[int], n_seeds: int, n_threads: int, bars: Bars) -> None:
    print(f"{'MSE / MAE':<28}" + "".join(f"{h:>16}" for h in [*horizons, "mean"]) + f"{'fit, s':>9}")
    for name, figures in PUBLISHED.items():
        at = [2 * HORIZONS.index(h) for h in horizons]
        row(f"{name}, published", [Errors(*figures[i : i + 2]) for i in at])
    row("last value", [data.errors(repeated(data, h), h) for h in horizons])
    row("ridge regression", [data.errors(linear(data, h, 720, PENALTY), h) for h in horizons])
    before = peak_megabytes()
    fits = [[fit(data, h, CHOSEN, seed, n_threads) for h in horizons] for seed in range(n_seeds)]
    for seed, results in enumerate(fits):
        row(f"tsrnn, seed {seed}", *map(list, zip(*results, strict=True)))
    by_horizon = [mean([errors for errors, _ in results]) for results in zip(*fits, strict=True)]
    row("tsrnn, mean", by_horizon)
    print(f"peak memory {peak_megabytes():.0f} MB, {before:.0f} before the first fit")
    bars.at_most("mean over the horizons, MSE", mean(by_horizon).mse, MSE_BAR)
    bars.at_most("mean over the horizons, MAE", mean(by_horizon).mae, MAE_BAR)
    row("tsrnn, defaults", *map(list, zip(*(default(data, h) for h in horizons), strict=True)))


@contextmanager
def torch_steps(python: str, data: Data, n_threads: int) -> Iterator[Any]:
    """Give a function that trains the same network in PyTorch and returns the seconds it took."""
    settings = FIXED | CHOSEN | {"horizon": RACE_HORIZON, "n_threads": n_threads}
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


def race(python: str, data: Data, n_threads: int, bars: Bars) -> None:
    """Print the milliseconds of a training step here and in PyTorch, by turns."""
    model = forecaster(RACE_HORIZON, CHOSEN | {"max_steps": RACE_STEPS}, 0, n_threads)
    ours, theirs = [], []
    with torch_steps(python, data, n_threads) as torch_train, at_most_threads(n_threads):
        for turn in range(RACE_ROUNDS + 1):
            start = perf_counter()
            model.fit(data.train_frame)
            seconds = perf_counter() - start, torch_train(RACE_STEPS)
            if turn > 0:  # the first compiles and warms up
                ours.append(seconds[0])
                theirs.append(seconds[1])
    each = [1000 * median(times) / RACE_STEPS for times in (ours, theirs)]
    print(
        f"\ntraining step at horizon {RACE_HORIZON}, {n_threads} threads, median of {RACE_ROUNDS}: ", end=""
    )
    print(f"tsrnn {each[0]:.1f} ms, PyTorch {each[1]:.1f} ms")
    bars.at_least("training step, PyTorch / tsrnn", each[1] / each[0], RACE_BAR)


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
        race(arguments.torch, data, arguments.threads, bars)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
