"""How long a fit takes, beside the same job in PyTorch and in whichever libraries of its kind are installed.

    python benchmarks/fit.py [--jobs airpassengers hourly] [--threads 1] [--data DIR] [--quick]

Machine code is compiled and loaded by a short fit before anything counts. Contenders take turns, every round
has a seed of its own; seconds and MAPE are medians over the rounds. PyTorch runs at its defaults and, as
"flushed", with denormal numbers flushed to zero. The hourly series is made up unless DIR holds ltsf/WTH.csv.

What Python adds to a training step is the time of one step of a network with one unit that reads one value,
whose arithmetic is nothing: the difference between a long fit and a short one, divided by the steps between.
"""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

from contest import Bars, at_most_threads, by_turns
from import_time import machine
from jobs import Job, airpassengers, forecaster, hourly_sensor
from rivals import Fit, rivals

from tsrnn.metrics import mape

SECONDS_BAR, OVERHEAD_BAR = 1.5, 40.0  # seconds for AirPassengers, microseconds for a step
LIBRARIES = ("torch", "neuralforecast", "darts")
JOBS = ("airpassengers", "hourly")
WARM_STEPS = 20


def contenders(n_threads: int) -> dict[str, Callable[[Job, str], Fit]]:
    def fit_tsrnn(job: Job, cell: str) -> Fit:
        return lambda seed: forecaster(job, cell, seed, n_threads).fit(job.train).predict

    return {"tsrnn": fit_tsrnn} | rivals()


def measure(job: Job, cell: str, n_threads: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Return median seconds and median MAPE of each contender."""
    fits = {}
    for name, contender in contenders(n_threads).items():
        contender(replace(job, steps=WARM_STEPS), cell)(0)()
        fits[name] = contender(job, cell)
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in fits}
    for seed in range(rounds):
        for name, fit in fits.items():
            start = perf_counter()
            predict = fit(seed)
            seconds = perf_counter() - start
            results[name].append((seconds, mape(job.test, predict())))
    return {name: tuple(map(median, zip(*rows, strict=True))) for name, rows in results.items()}


def report(job: Job, n_threads: int, rounds: int, bars: Bars) -> None:
    threads = f"{n_threads} thread{'s' * (n_threads > 1)}"
    print(f"\n{job}\n{threads}, median of {rounds} fits")
    print(f"{'cell':<6}{'':<16}{'seconds':>9}{'MAPE %':>9}{'/ tsrnn':>9}")
    for cell in job.cells:
        with at_most_threads(n_threads):
            results = measure(job, cell, n_threads, rounds)
        ours = results["tsrnn"][0]
        what = f"{job.name}, {cell}, {threads}"
        for name, (seconds, error) in results.items():
            print(f"{cell:<6}{name:<16}{seconds:>9.3f}{error:>9.2f}{seconds / ours:>9.2f}", flush=True)
            if name.startswith("torch"):
                bars.at_least(f"{what}, {name} / tsrnn", seconds / ours, job.bar)
        if job.name == "AirPassengers":
            bars.at_most(f"{what}, seconds", ours, SECONDS_BAR)


def overhead(rounds: int) -> float:
    """Return the microseconds of a training step without arithmetic."""
    job = replace(airpassengers(None), horizon=1, lookback=1, units=1, batch=1)
    few, many = 500, 2500

    def fit(steps: int) -> Callable[[], object]:
        return lambda: forecaster(replace(job, steps=steps), "lstm").fit(job.train)

    with at_most_threads(1):
        times = by_turns({steps: fit(steps) for steps in (few, many)}, rounds, 0)
    return 1e6 * (times[many] - times[few]) / (many - few)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=JOBS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1], metavar="N")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where ltsf/WTH.csv is")
    parser.add_argument("--quick", action="store_true", help="one fit of a few steps each")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    steps = 2 * WARM_STEPS if arguments.quick else None
    bars = Bars()
    versions = [f"{library} {version(library)}" for library in LIBRARIES if find_spec(library)]
    print(", ".join([machine(), *versions]))
    print(date.today())
    for n_threads in arguments.threads:
        if "airpassengers" in arguments.jobs:
            report(airpassengers(steps), n_threads, 1 if arguments.quick else 5, bars)
        if "hourly" in arguments.jobs:
            report(hourly_sensor(steps, arguments.data), n_threads, 1 if arguments.quick else 3, bars)
    microseconds = overhead(3 if arguments.quick else 15)
    print(f"\nPython, for each training step: {microseconds:.1f} microseconds")
    bars.at_most("Python, microseconds for each training step", microseconds, OVERHEAD_BAR)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
