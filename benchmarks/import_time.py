"""How long `import tsrnn` takes beside the libraries that it cannot do without.

    python benchmarks/import_time.py [REPEATS]

Every import happens in a fresh interpreter, the two statements by turns, so that a busy minute of the machine
falls on both. The bar is a ratio of medians of at most 1.3.
"""

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median

BAR = 1.3
STATEMENTS = ("import numba, pandas, sklearn.base", "import tsrnn")
TIMED = "from time import perf_counter as now; start = now(); {}; print(now() - start)"


def seconds(statement: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(statement)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


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
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for statement in STATEMENTS:  # bytecode is compiled and the disk's cache warm before anything counts
        seconds(statement)
    rounds = [[seconds(statement) for statement in STATEMENTS] for _ in range(repeats)]
    needed, whole = (median(column) for column in zip(*rounds, strict=True))
    print(machine())
    print(f"{STATEMENTS[0]:40} {needed:6.3f} s")
    print(f"{STATEMENTS[1]:40} {whole:6.3f} s")
    print(f"ratio of medians of {repeats} rounds: {whole / needed:.2f} (bar {BAR})")


if __name__ == "__main__":
    main()
