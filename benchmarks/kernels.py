"""How fast a network trains and runs, beside PyTorch on the same threads and the machine's largest product.

    python benchmarks/kernels.py [--cells CELL ...] [--threads 1 2] [--shapes B,T,I,H,LAYERS ...] [--quick]

Contenders take turns in one process, in blocks of repeated calls; figures are medians over the blocks. A
training step is forward, loss, backward, clipping and Adam, in PyTorch with the faster of its two
implementations of Adam; inference is the forward pass. GFLOP/s count the matrix products alone, and their
share is of the fastest product of two 2048 x 2048 matrices. Gradients that vanish over long windows become
denormal numbers, which slow PyTorch down unless it is told to flush them: "flushed" is PyTorch told so. Its
threads go on spinning for a while after their turn: what a second thread is worth shows without PyTorch.
"""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import date
from statistics import geometric_mean
from subprocess import Popen, run

from contest import Bars, at_most_threads, by_turns, flushed, torch
from import_time import machine
from steps import InTorch, Ours, Shape

SHAPES = [
    Shape(32, 24, 1, 16, 1),
    Shape(32, 24, 1, 32, 1),
    Shape(64, 48, 1, 64, 1),
    Shape(64, 48, 1, 64, 2),
    Shape(128, 96, 7, 128, 1),
    Shape(256, 15, 48, 512, 1),
    Shape(1, 100, 1, 32, 1),
    Shape(32, 500, 1, 32, 1),
]
QUICK_SHAPES = [SHAPES[0], SHAPES[2], SHAPES[7]]
BARS = {  # geometric mean over the shapes, every shape
    "lstm": {"training": (2.0, 1.2), "inference": (1.3, 0.9)},
    "gru": {"training": (4.0, 2.0), "inference": (2.0, 1.0)},
    "rnn": {"training": (4.0, 2.0), "inference": (2.0, 1.0)},
}
PLAIN = {"lstm_peephole": "lstm", "gru_reset_before": "gru", "irnn": "rnn", "jordan": "rnn"}
VARIANT_BAR, LONG_BAR = 1.3, 1.3
SMALL_STEP, SMALL_BAR, LARGE_BAR = 0.005, 0.95, 1.6  # seconds; one thread / two threads
PRODUCT = """
from time import perf_counter
import numpy as np
from threadpoolctl import threadpool_limits

a = np.ones((2048, 2048), np.float32)
times = []
with threadpool_limits({n_threads}):
    for _ in range(15):
        start = perf_counter()
        np.dot(a, a)
        times.append(perf_counter() - start)
print(min(times))
"""
SHORT, LONG = Shape(32, 24, 1, 32, 1), Shape(32, 1000, 1, 32, 1)
VANISHING = 100  # steps from which denormal numbers can matter


class Benchmark:
    """What to measure, how patiently, and what came of it."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.cells: list[str] = arguments.cells
        self.threads: list[int] = arguments.threads
        self.shapes: list[Shape] = arguments.shapes or (QUICK_SHAPES if arguments.quick else SHAPES)
        self.patience = {"rounds": 3, "seconds": 0.01} if arguments.quick else {"rounds": 15, "seconds": 0.05}
        self.bars = Bars()
        self.times: dict[tuple[str, str, int, Shape], float] = {}

    def ceilings(self) -> None:
        """Measure the largest product on each number of threads."""
        self.ceiling: dict[int, float] = {}
        for n_threads in sorted({1, *self.threads}):
            rates = largest_products(n_threads)
            self.ceiling[n_threads] = max(rates.values())
            listing = ", ".join(f"{rate:.0f} ({name})" for name, rate in rates.items())
            print(f"largest sgemm, {threads(n_threads)}: GFLOP/s {listing}")

    def beside_torch(self, cell: str, mode: str, n_threads: int) -> None:
        """Measure all shapes."""
        print(f"\n{cell}, {mode}, {threads(n_threads)}")
        print(f"{'B,T,I,H,layers':<17}{'tsrnn ms':>10}{'GFLOP/s':>9}{'of sgemm':>9}", end="")
        print(f"{'torch ms':>10}{'ratio':>7}" * bool(torch), end="")
        print(f"{'flushed':>10}{'ratio':>7}" * bool(torch and mode == "training"))
        ratios = []
        for shape in self.shapes:
            with at_most_threads(n_threads):
                times = by_turns(contenders(cell, mode, n_threads, shape), **self.patience)
            self.times[cell, mode, n_threads, shape] = times["tsrnn"]
            rate = shape.gigaflops(cell, mode == "training") / times["tsrnn"]
            print(f"{shape!s:<17}{1e3 * times['tsrnn']:>10.3f}{rate:>9.1f}", end="")
            print(f"{rate / self.ceiling[n_threads]:>9.0%}", end="")
            for rival in list(times)[1:]:
                print(f"{1e3 * times[rival]:>10.3f}{times[rival] / times['tsrnn']:>7.2f}", end="")
            print(flush=True)
            if torch:
                ratios.append(times["torch"] / times["tsrnn"])
        if torch:
            print(f"geometric mean of the ratios {geometric_mean(ratios):.2f}, smallest {min(ratios):.2f}")
            self.bars.ratios(
                f"{cell}, {mode}, {threads(n_threads)}, torch / tsrnn", ratios, *BARS[cell][mode]
            )

    def profile(self, cell: str) -> None:
        """Print where the time of a training step on one thread goes.

        "products" is what they would take at the speed of the largest; "elementwise", "packing" (of weights
        into panels and of a gradient out of them) and "clip, Adam" are timed alone; "Python" is a step of one
        unit, window and time step, whose arithmetic is nothing. "The rest" is what products lose against the
        largest, and moving numbers around.
        """
        print(f"\n{cell}, training, 1 thread: shares of a step's time")
        names = ("products", "elementwise", "packing", "clip, Adam", "Python", "the rest")
        print(f"{'B,T,I,H,layers':<17}{'ms':>10}" + "".join(f"{name:>13}" for name in names))
        for shape in self.shapes:
            ours = Ours(cell, shape, 1)
            tiny = Ours(cell, Shape(1, 1, 1, 1, shape.layers), 1)
            ours.train()
            calls = {
                "step": ours.train,
                "elementwise": ours.elementwise,
                "packing": ours.pack,
                "optimizer": ours.optimize,
                "Python": tiny.train,
            }
            with at_most_threads(1):
                times = by_turns(calls, **self.patience)
            products = shape.gigaflops(cell, True) / self.ceiling[1]
            step = times.pop("step")
            shares = [part / step for part in (products, *times.values())]
            row = "".join(f"{share:>13.0%}" for share in [*shares, 1 - sum(shares)])
            print(f"{shape!s:<17}{1e3 * step:>10.3f}{row}", flush=True)

    def second_thread(self) -> None:
        """Divide the times above on one thread by those on two."""
        print("\nOne thread / two threads")
        large, small = [], []
        for (cell, mode, n_threads, shape), one in self.times.items():
            if n_threads == 1:
                speed_up = one / self.times[cell, mode, 2, shape]
                print(f"{cell:<5}{mode:<10}{shape!s:<17}{1e3 * one:>10.3f} ms{speed_up:>7.2f}")
                (large if one > SMALL_STEP else small).append(speed_up)
        for kind, speed_ups, bar in (("above", large, LARGE_BAR), ("below", small, SMALL_BAR)):
            what = f"one thread / two threads, smallest of those {kind} {1e3 * SMALL_STEP:.0f} ms"
            if speed_ups:
                self.bars.at_least(what, min(speed_ups), bar)

    def variant(self, cell: str) -> None:
        """Compare a training step with that of the cell it is a variant of."""
        plain = PLAIN[cell]
        print(f"\n{cell} / {plain}, training, one thread")
        slowest = 0.0
        for shape in self.shapes:
            pair = {name: Ours(name, shape, 1).train for name in (cell, plain)}
            with at_most_threads(1):
                times = by_turns(pair, **self.patience)
            print(f"{shape!s:<17}{1e3 * times[cell]:>10.3f}{1e3 * times[plain]:>10.3f}", end="")
            print(f"{times[cell] / times[plain]:>7.2f}", flush=True)
            slowest = max(slowest, times[cell] / times[plain])
        self.bars.at_most(f"{cell} / {plain}, training, largest", slowest, VARIANT_BAR)

    def long_window(self, cell: str) -> None:
        """Compare the time of one step of one window at T=1000 with that at T=24."""
        pairs = {shape: contenders(cell, "training", 1, shape) for shape in (SHORT, LONG)}
        calls = {(name, shape): call for shape in pairs for name, call in pairs[shape].items()}
        with at_most_threads(1):
            times = by_turns(calls, **self.patience)
        print(f"\n{cell}, nanoseconds per window and step, training, one thread")
        for name in pairs[SHORT]:
            short, long = (1e9 * times[name, shape] / (shape.B * shape.T) for shape in (SHORT, LONG))
            print(f"{name:<8} T={SHORT.T}: {short:.0f}, T={LONG.T}: {long:.0f}, ratio {long / short:.2f}")
            if name == "tsrnn":
                self.bars.at_most(f"{cell}, per step, T={LONG.T} / T={SHORT.T}", long / short, LONG_BAR)

    def busy_neighbour(self, cell: str) -> None:
        """Measure a step alone and beside a process that keeps one core busy."""
        print(f"\n{cell}, training, {SHAPES[3]}, ms alone and beside a busy process")
        for n_threads in self.threads:
            steps = contenders(cell, "training", n_threads, SHAPES[3])
            with at_most_threads(n_threads):
                alone = by_turns(steps, **self.patience)
                with Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
                    beside = by_turns(steps, **self.patience)
                    neighbour.kill()
            for name in steps:
                print(f"{name:<8}{threads(n_threads)}: {1e3 * alone[name]:.2f}, {1e3 * beside[name]:.2f}")


def largest_products(n_threads: int) -> dict[str, float]:
    """Return the GFLOP/s of NumPy's product by the BLAS kernels it picks, and by those for AVX-512.

    OpenBLAS falls back to AVX2 on processors it does not know; where a choice cannot run, its process dies.
    """
    rates = {}
    for name, choice in (("default", {}), ("AVX-512", {"OPENBLAS_CORETYPE": "SkylakeX"})):
        command = [sys.executable, "-c", PRODUCT.format(n_threads=n_threads)]
        done = run(command, env=os.environ | choice, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            rates[name] = 2e-9 * 2048**3 / float(done.stdout)
    return rates


def contenders(cell: str, mode: str, n_threads: int, shape: Shape) -> dict[str, Callable]:
    method = {"training": "train", "inference": "infer"}[mode]
    ours = Ours(cell, shape, n_threads)
    calls = {"tsrnn": getattr(ours, method)}
    if torch:
        fused = mode == "inference" or fused_is_faster(ours)
        calls["torch"] = getattr(InTorch(ours, fused=fused), method)
        if mode == "training" and shape.T >= VANISHING:
            calls["flushed"] = flushed(getattr(InTorch(ours, fused=fused), method))
    return calls


def fused_is_faster(ours: Ours) -> bool:
    times = by_turns({fused: InTorch(ours, fused=fused).train for fused in (True, False)}, 3, 0.01)
    return times[True] < times[False]


def threads(n_threads: int) -> str:
    return f"{n_threads} thread{'s' * (n_threads > 1)}"


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", default=[*BARS, *PLAIN], choices=[*BARS, *PLAIN])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--shapes", nargs="+", type=read_shape, metavar="B,T,I,H,LAYERS")
    parser.add_argument("--quick", action="store_true", help="few repetitions of few shapes")
    return parser.parse_args()


def read_shape(text: str) -> Shape:
    return Shape(*map(int, text.split(",")))


def main() -> None:
    benchmark = Benchmark(read_arguments())
    print(machine())
    print(f"PyTorch {torch.__version__}" if torch else "PyTorch is not installed: its columns are left out.")
    print(f"{date.today()}, medians of {benchmark.patience['rounds']} blocks")
    benchmark.ceilings()
    plain = [cell for cell in benchmark.cells if cell in BARS]
    for cell in plain:
        for mode in BARS[cell]:
            for n_threads in benchmark.threads:
                benchmark.beside_torch(cell, mode, n_threads)
    if {1, 2} <= set(benchmark.threads):
        benchmark.second_thread()
    for cell in plain:
        benchmark.profile(cell)
        benchmark.long_window(cell)
        benchmark.busy_neighbour(cell)
    for cell in benchmark.cells:
        if cell in PLAIN:
            benchmark.variant(cell)
    print(f"\n{benchmark.bars}")


if __name__ == "__main__":
    main()
