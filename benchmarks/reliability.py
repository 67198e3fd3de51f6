"""What the library does when it is mistreated: a table of crashes, hangs, internal errors and silent NaN.

    python benchmarks/reliability.py [--quick] [--walks N] [--files N] [--interrupts N] [--soak SECONDS]

Four kinds of trials, each from a seed of its own, in child processes that may die or hang:

- walks: a random estimator, random calls, hostile values (`hostile.py`);
- files: shipped CSV and WAV files with changed bytes and lines, read by `tsrnn forecast`, and changed entries
  in the cache of a backtest, which may change nothing;
- interrupts: Ctrl-C at a random time of fits, backtests, forecasts and commands. It has to end them within
  seconds, and leave no thread at work and no model that is half fitted;
- soak: fits, forecasts and backtests for an hour, without growth of memory, threads or open files.

A trial may answer, or refuse with a sentence. All else is counted, and listed with the seed;
``--replay walks 17`` runs one trial again. The exit status is 1 if there is anything to list. Linux only.
"""

import argparse
import contextlib
import gzip
import io
import json
import os
import random
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hostile import Finding, Walk

import tsrnn
from tsrnn.cli import main as command_line

DATA = Path(__file__).parents[1] / "data"
PATIENCE = 120  # seconds without a sign of life before a child counts as hung
LATE, BUSY = 5.0, 0.5  # seconds after Ctrl-C; share of a core still used afterwards
MOST_MEMORY = 6 << 30  # bytes of address space of a child
LONGEST_ERROR = 300  # characters
GROWTH = 20_000  # kilobytes in a soak after it has warmed up
QUICK = {"walks": 200, "files": 200, "interrupts": 20, "soak": 20}
LONG = {"walks": 10_000, "files": 10_000, "interrupts": 500, "soak": 3600}


def walk(seed: int, *, extremes: bool = True) -> list[Finding]:
    return Walk(seed, extremes=extremes).run().findings


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Return a file's content with a few changes: of bits, bytes, lines, or of the end."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        place = rng.randrange(len(changed) + 1)
        span = changed[place : place + rng.choice([1, 4, 40, 400])]
        insert = rng.choice([*INSERTS, span * 2])
        if rng.random() < 0.3 and place < len(changed):
            changed[place] ^= 1 << rng.randrange(8)
        else:
            changed[place : place + (len(span) if rng.random() < 0.5 else 0)] = insert
    if rng.random() < 0.2:
        del changed[rng.randrange(len(changed) + 1) :]
    if rng.random() < 0.1:
        lines = bytes(changed).splitlines(keepends=True)
        rng.shuffle(lines)
        changed = bytearray(b"".join(lines))
    return bytes(changed)


INSERTS = [b"", b"\0", b"\xff\xfe", b"\n", b",", b";", b'"', b"nan", b"-", b"\x1b[31m", b"1e999"]
SOURCES = {
    "nile.csv": ["--time", "date"],
    "airpassengers.csv": ["--time", "date"],
    "eustockmarkets.csv": ["--time", "date", "--value", "dax"],
    "weather.csv.gz": ["--time", "time", "--value", "temperature"],
    "ecb_rates.csv.gz": ["--time", "date", "--value", "eur_usd"],
    "tabla.wav": [],
}


def mutated_source(name: str, rng: random.Random) -> bytes:
    """Return the changed beginning of a shipped file, which is changed before or after it is compressed."""
    size = rng.choice([200, 2_000, 20_000, 200_000])
    if not name.endswith(".gz"):
        return mutate(DATA.joinpath(name).read_bytes()[:size], rng)
    content = gzip.decompress(DATA.joinpath(name).read_bytes())[:size]
    if rng.random() < 0.5:
        return gzip.compress(mutate(content, rng))
    return mutate(gzip.compress(content), rng)


def broken_file(seed: int, sources: Collection[str] = tuple(SOURCES)) -> list[Finding]:
    """Forecast what a changed file holds at the command line, which may answer or say one line."""
    rng = random.Random(seed)
    if rng.random() < 0.05:
        return broken_entry(rng)
    name = rng.choice(list(sources))
    content = mutated_source(name, rng)
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder) / name, Path(folder) / "forecast.csv"
        path.write_bytes(content)
        command = ["forecast", str(path), "--horizon", "2", "--model", "naive", "--output", str(output)]
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            status = command_line([*command, *SOURCES[name]])
        forecast = pd.read_csv(output) if status == 0 else None
    call, errors = f"{name} {SOURCES[name]}", said.getvalue()
    if status == 0:
        assert forecast is not None
        finite = len(forecast) == 2 and np.isfinite(forecast["mean"].astype(float)).all()
        return [] if finite else [Finding("silent NaN", call, forecast.to_csv()[:200])]
    *_, error = errors.splitlines() or [""]
    if status != 2 or re.match(r"tsrnn: error: [A-Z]\w+: ", error):
        return [Finding("internal error", call, f"{status}: {error[:200]}")]
    is_sentence = error.startswith("tsrnn: error: ") and len(error) <= LONGEST_ERROR and error.isprintable()
    return [] if is_sentence else [Finding("no sentence", call, repr(error[:400]))]


def broken_entry(rng: random.Random) -> list[Finding]:
    """Change an entry in the cache of a backtest, which must be computed again."""
    with tempfile.TemporaryDirectory() as folder:
        results = []
        for _ in range(2):
            result = tsrnn.backtest([tsrnn.Naive(), tsrnn.Drift()], sine(30), 2, n_windows=3, cache=folder)
            results.append(result.forecasts)
            for file in Path(folder).iterdir():
                file.write_bytes(mutate(file.read_bytes(), rng))
    same = results[0].equals(results[1])
    return [] if same else [Finding("changed result", "entry of a cache", results[1].to_csv()[:200])]


def sine(n: int) -> pd.Series:
    return pd.Series(10 + np.sin(np.arange(n) / 2) + np.random.default_rng(0).normal(0, 0.1, n))


def network(**options: Any) -> tsrnn.RNNForecaster:
    sizes = {"horizon": 2, "lookback": 12, "hidden_size": 8, "random_state": 0}
    sizes |= {"max_epochs": None, "max_steps": 10**9}
    return tsrnn.RNNForecaster(**sizes | options)


def long_work(rng: random.Random) -> tuple[str, Any, Callable[[], Any]]:
    """Return what takes long: a name, the estimator that is fitted, if one is, and a function."""
    y, n_jobs = sine(200), rng.choice([None, 2])
    panel = {i: sine(80) for i in range(30)}
    two = [network(alias=name) for name in "ab"]
    fits = {
        "network": (network(), y),
        "early stopping": (network(early_stopping=True, n_iter_no_change=10**6), y),
        "members": (network(n_members=3, n_jobs=n_jobs), y),
        "local": (network(scope="local", n_jobs=n_jobs), panel),
        "combine": (tsrnn.Combine(two, n_jobs=n_jobs), y),
        "stl": (tsrnn.STL(network(), season_length=12), y),
        "generator": (tsrnn.RNNGenerator(max_steps=10**9, bptt=rng.choice([1, 8, 64])), "abcdefgh" * 10),
    }
    quick = tsrnn.RNNForecaster(horizon=2, lookback=12, max_steps=5, loss="gaussian", random_state=0).fit(y)
    calls = {
        "backtest": lambda: tsrnn.backtest([*two, tsrnn.ETS()], y, 2, n_windows=9, n_jobs=n_jobs),
        "forecasts": lambda: [quick.predict(level=80) for _ in range(10**6)],
        "classics": lambda: [model.fit(y) for _ in range(10**4) for model in (tsrnn.ETS(), tsrnn.Theta())],
        "search": lambda: [tsrnn.AutoARIMA(12).fit(y) for _ in range(10**3)],
    }
    name = rng.choice([*fits, *calls])
    if name in calls:
        return name, None, calls[name]
    model, data = fits[name]
    return f"{name}, n_jobs={n_jobs}", model, lambda: model.fit(data)


class Keys(threading.Thread):
    """A user who presses Ctrl-C after so many seconds, and again each second until there is an effect."""

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self.seconds, self.pressed, self.has_ended = seconds, 0.0, threading.Event()

    def run(self) -> None:
        """Wait and press."""
        time.sleep(self.seconds)
        self.pressed = time.monotonic()
        while not self.has_ended.is_set():
            os.kill(os.getpid(), signal.SIGINT)
            self.has_ended.wait(1)

    def stop(self) -> float:
        """Return for how long there was none."""
        ended = time.monotonic()
        while self.is_alive():
            self.has_ended.set()
            with contextlib.suppress(KeyboardInterrupt):
                self.join()
        return ended - self.pressed


def interrupt(seed: int) -> list[Finding]:
    """Press Ctrl-C at a random time of something long."""
    rng = random.Random(seed)
    if rng.random() < 0.1:
        return interrupt_command(rng.uniform(0.1, 3))
    name, model, work = long_work(rng)
    keys = Keys(rng.uniform(0, 1))
    findings = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keys.start()
            work()
            if not getattr(model, "interrupted_", False):
                findings.append(Finding("ignored", name, "went on to its end"))
    except KeyboardInterrupt:
        pass
    except Exception as error:
        findings.append(Finding("internal error", name, repr(error)[:200]))
    late = keys.stop()
    before = time.process_time()
    time.sleep(0.3)
    busy = (time.process_time() - before) / 0.3
    if late > LATE or busy > BUSY:
        findings.append(Finding("hang", name, f"ended {late:.1f} s later, {busy:.0%} of a core still busy"))
    if model is not None and model.__sklearn_is_fitted__():
        model.sample(3) if isinstance(model, tsrnn.RNNGenerator) else model.predict()
    elif model is not None and [left for left in vars(model) if left.endswith("_")]:
        findings.append(Finding("half a model", name, str(list(vars(model)))))
    return findings


def interrupt_command(seconds: float) -> list[Finding]:
    """Press Ctrl-C so many seconds after the start of a command: status 130, and not a word."""
    command = "from tsrnn.cli import main; import sys; sys.exit(main())"
    arguments = ["compare", "airpassengers", "--horizon", "6", "--windows", "20", "--jobs", "2"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", command, *arguments], **pipes) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        said = process.communicate()
    late = time.monotonic() - start
    if late > LATE:
        return [Finding("hang", "command", f"ended {late:.1f} s later")]
    if process.returncode != 130 or said != ("", ""):
        return [Finding("internal error", "command", f"{process.returncode} {said[1][-200:]}")]
    return []


def soak(seconds: float, beat: Callable[[int], None] = lambda _: None) -> list[Finding]:
    """Work for so long; report growth since the first quarter."""
    start, rounds, first = time.monotonic(), 0, None
    y, panel = sine(120), {i: sine(40) for i in range(5)}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while time.monotonic() - start < seconds or first is None:
            model = network(max_steps=30, n_members=2, n_jobs=2).fit(y)
            model.predict(level=80), model.sample_paths(20), model.update(y[:3].to_numpy())
            models = [network(max_steps=5), tsrnn.Theta()]
            tsrnn.backtest(models, panel, 2, n_windows=2, n_jobs=2, cache=folder)
            for file in Path(folder).iterdir():
                file.unlink()
            tsrnn.RNNGenerator(hidden_size=8, max_steps=20).fit("abcd" * 30).sample(20)
            rounds += 1
            beat(rounds)
            if first is None and (time.monotonic() - start > seconds / 4 and rounds >= 3):
                first = footprint()
    grown = {name: now - first[name] for name, now in footprint().items()}
    allowed = {"kilobytes": GROWTH, "threads": 0, "files": 0}
    over = {name: by for name, by in grown.items() if by > allowed[name]}
    return [Finding("growth", f"{rounds} rounds", str(over))] if over else []


def footprint() -> dict[str, int]:
    """Return memory, threads and open files of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "kilobytes": pages * resource.getpagesize() // 1024,
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
    }


TRIALS: dict[str, Callable[[int], list[Finding]]] = {
    "walks": walk,
    "files": broken_file,
    "interrupts": interrupt,
}


def child(kind: str, first: int, last: int) -> None:
    """Run trials and print a line for each: as JSON its number and what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def tell(i: int, findings: list[Finding]) -> None:
        print(json.dumps([i, findings]), file=out, flush=True)

    if kind == "soak":
        tell(0, soak(last, lambda i: tell(i, [])))
        return
    for i in range(first, last):
        try:
            found = TRIALS[kind](i)
        except (Exception, KeyboardInterrupt):
            found = [Finding("internal error", f"{kind} {i}", traceback.format_exc()[-600:])]
        tell(i, found)


def outcomes(kind: str, first: int, last: int) -> Iterator[tuple[int, list[Finding]]]:
    """Yield what came of trials, in child processes; the trial in which one dies or hangs is a finding."""
    while first < last:
        command = [sys.executable, __file__, "--child", kind, str(first), str(last)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            out = process.stdout
            while select.select([out], [], [], PATIENCE)[0] and (line := out.readline()):
                first, found = json.loads(line)
                yield first, [Finding(*one) for one in found]
                first += 1
            hung = process.poll() is None and not select.select([process.stdout], [], [], 0)[0]
            process.kill() if hung else process.wait()
        if kind == "soak" and process.returncode == 0:
            return
        if first < last:
            kind_of_end = "hang" if hung else "crash"
            yield first, [Finding(kind_of_end, f"{kind} {first}", f"status {process.returncode}")]
            first += 1
        if kind == "soak":
            return


def report(kind: str, n: int, seed: int) -> list[str]:
    """Run the trials of one kind; return a row of the table, and print what was found."""
    start, counts, done = time.monotonic(), Counter[str](), 0
    first, last = (seed, seed + n) if kind != "soak" else (0, n)
    for i, findings in outcomes(kind, first, last):
        done += 1
        for finding in findings:
            counts[finding.kind] += 1
            print(f"{kind} {i}: {finding.kind}: {finding.detail}\n    {finding.call[:600]}", flush=True)
    found = ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "nothing"
    return [kind, f"{done:,}", found, f"{time.monotonic() - start:,.0f} s"]


def main() -> int:
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    for kind, n in LONG.items():
        parser.add_argument(f"--{kind}", type=int, metavar="N", help=f"default {n:,}")
    parser.add_argument("--quick", action="store_true", help=f"smaller defaults: {QUICK}")
    parser.add_argument("--seed", type=int, default=0, help="of the first trial")
    parser.add_argument("--replay", nargs=2, metavar=("KIND", "SEED"), help="one trial, in this process")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child[0], *map(int, arguments.child[1:]))
        return 0
    if arguments.replay:
        kind, seed = arguments.replay
        found = TRIALS[kind](int(seed))
        print(*found, sep="\n")
        return bool(found)
    defaults = QUICK if arguments.quick else LONG
    numbers = {kind: getattr(arguments, kind) for kind in LONG}
    numbers = {kind: defaults[kind] if n is None else n for kind, n in numbers.items()}
    rows = [report(kind, n, arguments.seed) for kind, n in numbers.items() if n]
    print(f"\ntsrnn {tsrnn.__version__}, Python {sys.version.split()[0]}, seed {arguments.seed}\n")
    print("| trials | number | found | time |", "|---|---|---|---|", sep="\n")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return any(row[2] != "nothing" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
