"""Much data: a million series in one network, a network for each of thousands, a file larger than memory.

    python benchmarks/scale.py [--parts table global local threads map] [--series N ...] [--tmp DIR]
        [--jobs 2] [--quick]

"table": long tables of ids, months and values, 60 points a series, with 1,000, 10,000 and 100,000 series
unless --series names other numbers: seconds of a fit of 100 steps, of `predict()` and of
``predict(y=table)``, and how many times the table's own memory they add.

Each other part is fitted in a process of its own, after a fit of a few steps that compiles; its memory is the
largest resident set, before the timed fit with the data in place, and after it. Beside it stand the size of
the values and that of all windows, had they been written out. "global": 10,000 series of 200 values. "local":
3,003 short series, each with an LSTM of 16 units and 200 steps of batch 32, in processes of joblib, whose
processor time and memory are not counted. "threads": the same in threads. "map": a memory map of 1e8
values in a temporary file below DIR. All series are made up.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
from joblib import parallel_config

sys.path.append(str(Path(__file__).with_name("accuracy")))
from contest import Bars
from ltsf import peak_megabytes

from tsrnn import RNNForecaster

WARM_STEPS = 10
GLOBAL_BAR, LOCAL_BAR, MAP_BAR = 1000.0, 60.0, 1000.0  # MB, seconds, MB
TABLE_BARS = {  # seconds of fit, predict() and predict(y=table)
    1_000: (0.4, 0.03, 0.05),
    10_000: (1.2, 0.2, 0.3),
    100_000: (8.0, 2.0, 3.0),
    1_000_000: (80.0, 20.0, 30.0),
}
MEMORY_BAR = 5.0  # times the table's own


def series(n_series: int, shortest: int, longest: int) -> dict[str, pd.Series]:
    """Return monthly series that drift and have a season."""
    rng = np.random.default_rng(0)
    dates = pd.date_range("1990-01-01", periods=longest, freq="MS")
    season = 100 + 5 * np.sin(2 * np.pi * np.arange(longest) / 12)
    sizes = rng.integers(shortest, longest, n_series, endpoint=True)
    return {
        f"s{i}": pd.Series(season[:n] + np.cumsum(rng.normal(size=n)), dates[:n])
        for i, n in enumerate(sizes.tolist())
    }


def global_part(arguments: argparse.Namespace) -> tuple[RNNForecaster, Any, Any]:
    n = 100 if arguments.quick else 10_000
    model = RNNForecaster("lstm", 12, n_jobs=arguments.jobs, random_state=0)
    return model, series(n, 200, 200), series(20, 200, 200)


def local_part(arguments: argparse.Namespace) -> tuple[RNNForecaster, Any, Any]:
    n = 30 if arguments.quick else 3003
    model = RNNForecaster(
        "lstm",
        6,
        scope="local",
        hidden_size=16,
        batch_size=32,
        max_epochs=None,
        max_steps=200,
        n_jobs=arguments.jobs,
        random_state=0,
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


PARTS = {"global": global_part, "local": local_part, "threads": local_part, "map": map_part}


def long_table(n_series: int, length: int = 60) -> pd.DataFrame:
    """Return a long table of monthly series that drift and have a season."""
    rng = np.random.default_rng(0)
    season = 100 + 5 * np.sin(2 * np.pi * np.arange(length) / 12)
    months = pd.date_range("2015-01-01", periods=length, freq="MS")
    return pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{i:07d}" for i in range(n_series)], length),
            "ds": np.tile(months.to_numpy(), n_series),
            "y": (season + rng.normal(size=(n_series, length)).cumsum(axis=1)).ravel(),
        }
    )


def measure_table(n_series: int, n_jobs: int) -> None:
    """Print the seconds of a fit and two predictions of a long table, its megabytes and those they add."""
    model = RNNForecaster("gru", 12, max_steps=100, n_jobs=n_jobs, random_state=0)
    little = long_table(50)
    model.fit(little).predict(y=little)
    table = long_table(n_series)
    before, times = peak_megabytes(), [perf_counter()]
    for step in (lambda: model.fit(table), model.predict, lambda: model.predict(y=table)):
        step()
        times.append(perf_counter())
    print(*np.diff(times), table.memory_usage(deep=True).sum() / 2**20, peak_megabytes() - before)


def report_tables(arguments: argparse.Namespace, bars: Bars) -> None:
    """Measure tables of each size in a process of their own."""
    columns = ("fit, s", "predict, s", "predict(y), s", "table, MB", "added, times")
    print(f"{'series':>9}" + "".join(f"{column:>15}" for column in columns))
    for n in [1000] if arguments.quick else arguments.series:
        command = [sys.executable, __file__, "--measure-table", str(n), "--jobs", str(arguments.jobs)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        fit, points, new, size, added = map(float, done.stdout.split())
        print(f"{n:>9,}{fit:>15.2f}{points:>15.3f}{new:>15.3f}{size:>15.0f}{added / size:>15.2f}", flush=True)
        for what, seconds, bar in zip(
            ("fit", "predict()", "predict(y=table)"), (fit, points, new), TABLE_BARS.get(n, ()), strict=False
        ):
            bars.at_most(f"{n:,} series, seconds of {what}", seconds, bar)
        if n >= 100_000:
            bars.at_most(f"{n:,} series, memory added over the table's", added / size, MEMORY_BAR)


def measure(arguments: argparse.Namespace) -> None:
    """Fit the one part and print its seconds, and the most memory before and after."""
    model, y, little = PARTS[arguments.parts[0]](arguments)
    steps = model.max_steps
    model.set_params(max_steps=WARM_STEPS).fit(little)
    before, start, used = peak_megabytes(), perf_counter(), process_time()
    with parallel_config("loky") if arguments.parts[0] == "local" else nullcontext():
        model.set_params(max_steps=steps).fit(y)
    print(perf_counter() - start, process_time() - used, *sizes(model, y), before, peak_megabytes())


def sizes(model: RNNForecaster, y: Any) -> tuple[float, float]:
    """Return the megabytes of the values, and those of all windows in float32."""
    arrays = [one.to_numpy() for one in y.values()] if isinstance(y, dict) else [y]
    lengths, size = np.array([len(one) for one in arrays]), sum(one.nbytes for one in arrays)
    fitted = next(iter(model.models_.values())) if hasattr(model, "models_") else model
    window = fitted.lookback_ + model.horizon
    return size / 2**20, 4 * window * float(np.maximum(lengths - window + 1, 1).sum()) / 2**20


def report(part: str, arguments: argparse.Namespace, bars: Bars) -> None:
    """Measure a part in a process of its own and print what came out."""
    with tempfile.TemporaryDirectory(dir=arguments.tmp) as folder:
        command = [sys.executable, __file__, "--parts", part, "--jobs", str(arguments.jobs)]
        command += ["--folder", folder, *["--quick"] * arguments.quick]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds, used, *memory = map(float, done.stdout.split())
    print(f"{part:<8}{seconds:>9.1f}{used:>9.1f}" + "".join(f"{size:>14.0f}" for size in memory), flush=True)
    if part == "global":
        bars.at_most("10,000 series, MB", memory[3], GLOBAL_BAR)
    if part == "local":
        bars.at_most("a network for each of 3,003 series, seconds", seconds, LOCAL_BAR)
    if part == "map":
        bars.at_most("1e8 values, MB", memory[3], MAP_BAR)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=["table", *PARTS], default=["table", *PARTS])
    parser.add_argument("--series", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--tmp", type=Path, metavar="DIR", help="where the file of 400 MB is made")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the data")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--measure-table", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    if arguments.folder:
        measure(arguments)
        return
    if arguments.measure_table:
        measure_table(arguments.measure_table, arguments.jobs)
        return
    bars = Bars()
    if "table" in arguments.parts:
        report_tables(arguments, bars)
    if parts := [part for part in arguments.parts if part != "table"]:
        columns = "".join(f"{name:>14}" for name in ("values, MB", "windows, MB", "MB before", "MB at most"))
        print(f"{'':<8}{'fit, s':>9}{'CPU, s':>9}{columns}")
        for part in parts:
            report(part, arguments, bars)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
