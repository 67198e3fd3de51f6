"""Contenders take turns, so that a busy minute of the machine falls on all of them alike."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import geometric_mean, median
from time import perf_counter

from threadpoolctl import threadpool_limits

try:
    import torch
except ImportError:
    torch = None

Call = Callable[[], object]


def seconds_of(call: Call) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def by_turns(contenders: Mapping[str, Call], rounds: int, seconds: float) -> dict[str, float]:
    """Return each contender's median seconds a call over `rounds` blocks of about `seconds`.

    A block repeats one contender, as its users do; the next block is another's, and every other round goes
    backwards. Two calls that compile and warm up don't count.
    """
    blocks: dict[str, Call] = {}
    for name, call in contenders.items():
        for _ in range(2):
            call()
        blocks[name] = _block(call, max(1, round(seconds / seconds_of(call))))
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name in list(blocks)[:: -1 if turn % 2 else 1]:
            times[name].append(blocks[name]())
    return {name: median(column) for name, column in times.items()}


def _block(call: Call, n_calls: int) -> Callable[[], float]:
    def repeat() -> float:
        start = perf_counter()
        for _ in range(n_calls):
            call()
        return (perf_counter() - start) / n_calls

    return repeat


def flushed(call: Call) -> Call:
    """Return the PyTorch call with denormals flushed to zero, in its thread and while it runs."""

    def run() -> object:
        torch.set_flush_denormal(True)
        try:
            return call()
        finally:
            torch.set_flush_denormal(False)

    return run


@contextmanager
def at_most_threads(n_threads: int) -> Iterator[None]:
    """Limit BLAS, OpenMP and PyTorch to so many threads."""
    with threadpool_limits(n_threads):
        if torch:
            torch.set_num_threads(n_threads)
        yield


class Bars:
    """Collects what was promised beside what was measured, for a list at the end."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def at_least(self, what: str, measured: float, bar: float) -> None:
        """Note a figure that must not be smaller than its bar."""
        self._add(measured >= bar, f"{what}: {measured:.2f}, at least {bar}")

    def at_most(self, what: str, measured: float, bar: float) -> None:
        """Note a figure that must not be larger than its bar."""
        self._add(measured <= bar, f"{what}: {measured:.2f}, at most {bar}")

    def ratios(self, what: str, ratios: list[float], mean_bar: float, each_bar: float) -> None:
        """Note ratios whose geometric mean has a bar, and each of them another."""
        self.at_least(f"{what}, geometric mean", geometric_mean(ratios), mean_bar)
        self.at_least(f"{what}, smallest", min(ratios), each_bar)

    def _add(self, passed: bool, line: str) -> None:
        self.lines.append(f"{'pass' if passed else 'FAIL'}  {line}")

    def __str__(self) -> str:
        return "\n".join(self.lines)
