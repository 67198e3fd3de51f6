"""Much data: ten thousand series in one network, a network for each of thousands, a file larger than memory.

    python benchmarks/scale.py [--parts global local map] [--tmp DIR] [--jobs 2] [--quick]

Each part is fitted in a process of its own, after a fit of a few steps that compiles; its memory is the
largest resident set, before the timed fit with the data in place, and after it. "global": 10,000 series of
200 values. "local": 3,003 short series, each with an LSTM of 16 units and 200 steps of batch 32. "map": a
memory map of 1e8 values in a temporary file below DIR. All series are made up.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).with_name("accuracy")))
from contest import Bars
from ltsf import peak_megabytes

from tsrnn import RNNForecaster

WARM_STEPS = 10
LOCAL_BAR, MAP_BAR = 120.0, 1000.0  # seconds, MB


def series(n_series: int, shortest: int, longest: int) -> pd.DataFrame:
    """Return a long table of monthly series that drift and have a season."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(shortest, longest, n_series, endpoint=True)
    firsts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    months = np.arange(sizes.sum()) - firsts
    walk = np.cumsum(rng.normal(size=len(months)))
    season = 5 * np.sin(2 * np.pi * months / 12)
    names = np.char.add("s", np.arange(n_series).astype(str))
    dates = pd.date_range("1990-01-01", periods=longest, freq="MS")
    return pd.DataFrame(
        {
            "unique_id": np.repeat(names, sizes),
            "ds": dates[months],
            "y": 100 + walk - walk[firsts] + season,
        }
    )


def global_part(arguments: argparse.Namespace) -> tuple[RNNForecaster, Any, Any]:
    n = 100 if arguments.quick else 10_000
    model = RNNForecaster("lstm", 12, n_jobs=arguments.jobs, random_state=0)
    return model, series(n, 200, 200), series(20, 200, 200)


def local_part(arguments: argparse.Namespace) -> tuple[RNNForecaster, Any, Any]:
    n = 30 if arguments.quick else 3003
    model = RNNForecaster(
        "lstm", 6, scope="local", hidden_size=16, max_steps=200, n_jobs=arguments.jobs, random_state=0
    )
    return model, series(n, 30, 130), series(5, 100, 100)


def map_part(arguments: argparse.Namespace) -> tuple[RNNForecaster, Any, Any]:
    n = 2 * 10**7 if arguments.quick else 10**8
    path = Path(arguments.folder) / "values.float32"
    wave = np.sin(2 * np.pi * np.arange(10**6) / 50)
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for _ in range(n // len(wave)):
            (wave + rng.normal(scale=0.1, size=len(wave))).astype(np.float32).tofile(file)
    model = RNNForecaster("gru", 8, 100, transform=None, season_length=None, max_steps=200, random_state=0)
    return model, np.memmap(path, np.float32, "r"), wave[:1000]


PARTS = {"global": global_part, "local": local_part, "map": map_part}


def measure(arguments: argparse.Namespace) -> None:
    """Fit the one part and print its seconds, and the most memory before and after."""
    model, y, little = PARTS[arguments.parts[0]](arguments)
    steps = model.max_steps
    model.set_params(max_steps=WARM_STEPS).fit(little)
    before, start = peak_megabytes(), perf_counter()
    model.set_params(max_steps=steps).fit(y)
    seconds = perf_counter() - start
    print(seconds, before, peak_megabytes())


def report(part: str, arguments: argparse.Namespace, bars: Bars) -> None:
    """Measure a part in a process of its own and print what came out."""
    with tempfile.TemporaryDirectory(dir=arguments.tmp) as folder:
        command = [sys.executable, __file__, "--parts", part, "--jobs", str(arguments.jobs)]
        command += ["--folder", folder, *["--quick"] * arguments.quick]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, before, peak = map(float, done.stdout.split())
    print(f"{part:<8}{seconds:>9.1f}{before:>13.0f}{peak:>11.0f}", flush=True)
    if part == "local":
        bars.at_most("a network for each of 3,003 series, seconds", seconds, LOCAL_BAR)
    if part == "map":
        bars.at_most("1e8 values, MB", peak, MAP_BAR)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--tmp", type=Path, metavar="DIR", help="where the file of 400 MB is made")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the data")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    if arguments.folder:
        measure(arguments)
        return
    bars = Bars()
    print(f"{'':<8}{'fit, s':>9}{'MB before':>13}{'MB at most':>11}")
    for part in arguments.parts:
        report(part, arguments, bars)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
