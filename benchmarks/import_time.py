"""How long `import tsrnn`, its forecaster and a first fit take beside the libraries that they need.

    python benchmarks/import_time.py [REPEATS]

Every program runs in a fresh interpreter, all by turns, so that a busy minute of the machine falls on all.
Seconds are medians; those of the processor say more on a busy machine. Modules are those that were not loaded
before, tsrnn's own in brackets. The bar is on the ratio to the libraries alone, for `import tsrnn` and for
`from tsrnn import RNNForecaster`: importing later what every forecast needs gains nothing. The fit finds its
kernels compiled; `start_up.py` measures the first fit of an installation.
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median

BAR = 1.15
FIT = """
from tsrnn import RNNForecaster
y = [float(i % 7) for i in range(60)]
RNNForecaster("lstm", hidden_size=8, lookback=8, max_steps=5, random_state=0).fit(y)
"""
PROGRAMS = {
    "import numba, numpy, pandas, sklearn.base": "import numba, numpy, pandas, sklearn.base",
    "import tsrnn": "import tsrnn",
    "from tsrnn import RNNForecaster": "from tsrnn import RNNForecaster",
    "from tsrnn import *": "from tsrnn import *",
    "from tsrnn import RNNForecaster; first fit": FIT,
}
BARRED = ("import tsrnn", "from tsrnn import RNNForecaster")
TIMED = """
import json, sys
from time import perf_counter, process_time
before, start, busy = set(sys.modules), perf_counter(), process_time()
{}
seconds, busy, new = perf_counter() - start, process_time() - busy, set(sys.modules) - before
print(json.dumps([seconds, busy, len(new), sum(name.partition(".")[0] == "tsrnn" for name in new)]))
"""


def measure(program: str) -> list[float]:
    """Return seconds, the processor's, modules that were loaded, and how many of them are tsrnn's."""
    # An installed package comes with its bytecode: without it, the compiler would be measured.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", TIMED.format(program)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout)


def cpu() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    libraries = [f"{name} {version(name)}" for name in ("numba", "numpy", "pandas", "scikit-learn")]
    python = f"Python {platform.python_version()}"
    return ", ".join([cpu(), f"{os.cpu_count()} cores", platform.system(), python, *libraries])


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for program in PROGRAMS.values():  # bytecode and machine code are there before anything counts
        measure(program)
    rounds = [[measure(program) for program in PROGRAMS.values()] for _ in range(repeats)]
    print(machine())
    print(f"medians of {repeats} rounds; bar {BAR} for: {'; '.join(BARRED)}")
    columns = list(zip(*rounds, strict=True))
    needed = [median(run[i] for run in columns[0]) for i in (0, 1)]
    print(f"{'':42}    seconds  ratio  processor's  ratio  modules")
    for name, runs in zip(PROGRAMS, columns, strict=True):
        seconds, busy = (median(run[i] for run in runs) for i in (0, 1))
        _, _, modules, own = runs[0]
        times = f"{seconds:8.3f} s {seconds / needed[0]:6.2f} {busy:10.3f} s {busy / needed[1]:6.2f}"
        print(f"{name:42} {times} {modules:8} ({own})")


if __name__ == "__main__":
    main()
