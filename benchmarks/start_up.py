"""How long a new process takes to import tsrnn, fit a small LSTM and forecast, from its start to its end.

    python benchmarks/start_up.py [REPEATS]

First with nothing compiled, then with the machine code that the first process left. PyTorch, if it is there,
does nothing but its import, by turns with the rest, so that a busy minute of the machine falls on all.
Seconds are medians of REPEATS (3) rounds; the bars are 12 s with nothing compiled and 2.5 s later.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from import_time import machine

JOB = """
from tsrnn import RNNForecaster, datasets
y = datasets.load("airpassengers")
RNNForecaster("lstm", horizon=12, hidden_size=16, max_steps=50, random_state=0).fit(y).predict()
"""
PROGRAMS = {
    "nothing compiled (bar 12 s)": JOB,
    "compiled before (bar 2.5 s)": JOB,
    "tsrnn.warmup(), nothing compiled": "import tsrnn; tsrnn.warmup()",
}


def seconds(program: str, cache: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache})
    return perf_counter() - start


def measure() -> Iterator[float]:
    """Yield the seconds of each program, and of PyTorch's import."""
    cold, warm, ahead = PROGRAMS.values()
    with TemporaryDirectory() as cache, TemporaryDirectory() as other:
        yield seconds(cold, cache)
        yield seconds(warm, cache)
        yield seconds(ahead, other)
        if find_spec("torch"):
            yield seconds("import torch", other)


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    # Bytecode is compiled and the disk's cache warm before anything counts.
    seconds("from tsrnn import *", os.devnull)
    rounds = [list(measure()) for _ in range(repeats)]
    print(machine())
    names = [*PROGRAMS, "import torch, nothing else"]
    for name, column in zip(names, zip(*rounds, strict=True), strict=False):
        print(f"{name:34} {median(column):6.2f} s")


if __name__ == "__main__":
    main()
