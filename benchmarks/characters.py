"""How well characters are learned in three minutes, beside PyTorch given the same time, and drawn.

    python benchmarks/characters.py --data DIR [--seconds 180] [--cells lstm gru] [--quick]

DIR/text/tinyshakespeare.txt is read; its last tenth is held back, and scored from its first character to its
last after training: nats per character. Both libraries train a network of the same sizes on the same
stretches of text, with the same dropout, clipping, optimizer and schedule, on two threads. How many of
tsrnn's steps fit into the time is measured first, by steps that don't count; PyTorch is given the time that
these took in the end, and its learning rate follows the clock. Its weights start as it draws them. Then
characters are drawn: microseconds each, medians, one thread.
"""

import argparse
import math
import warnings
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from contest import Bars, at_most_threads, by_turns, flushed, seconds_of, torch
from import_time import machine

from tsrnn import RNNGenerator
from tsrnn.network import Network
from tsrnn.sequence.symbol_stream import SymbolStream
from tsrnn.sequence.symbols import Vocabulary
from tsrnn.training.truncated_bptt import Corpus

NATS_BAR, SECONDS_BAR, DRAW_BAR = 1.75, 180, 20.0
RATE, LONGEST, DROPOUT = 0.004, 1.0, 0.3
UNITS, EMBEDDING, BATCH, BPTT = 384, 64, 64, 64
THREADS = 2
MARGIN = 0.93  # of the time is planned for, as a machine's speed varies
TRIAL = 12  # seconds of steps to measure how long one takes


class Text(NamedTuple):
    """Characters to train on and to be scored on."""

    train: str
    held_back: str

    @classmethod
    def load(cls, folder: Path) -> "Text":
        """Read and split the text."""
        text = (folder / "text" / "tinyshakespeare.txt").read_text()
        n = len(text) * 9 // 10
        return cls(text[:n], text[n:])


def generator(cell: str, steps: int) -> RNNGenerator:
    return RNNGenerator(
        cell,
        hidden_size=UNITS,
        embedding_size=EMBEDDING,
        dropout=DROPOUT,
        bptt=BPTT,
        batch_size=BATCH,
        learning_rate=RATE,
        clip_norm=LONGEST,
        max_steps=steps,
        n_jobs=THREADS,
        random_state=0,
    )


class InTorch:
    """The same network and training written out in PyTorch."""

    def __init__(self, cell: str, text: Text) -> None:
        vocabulary = Vocabulary([text.train])
        V = len(vocabulary.symbols)
        torch.manual_seed(0)
        self._embedding = torch.nn.Embedding(V + 1, EMBEDDING)
        self._recurrent = getattr(torch.nn, cell.upper())(EMBEDDING, UNITS)
        self._head = torch.nn.Linear(UNITS, V)
        self._train, self._held_back = (
            Corpus([vocabulary.encode(part)], np.empty((1, 0), np.float32), V, False, bptt, BATCH)
            for part, bptt in ((text.train, BPTT), (text.held_back, 256))
        )

    def _logits(self, x: np.ndarray, state: object, dropout: float) -> tuple["torch.Tensor", object]:
        states, state = self._recurrent(self._embedding(torch.from_numpy(x[:, :, 0]).long()), state)
        return self._head(torch.nn.functional.dropout(states, dropout)), state

    def _loss(self, logits: "torch.Tensor", target: np.ndarray) -> "torch.Tensor":
        numbers = torch.from_numpy(np.nan_to_num(target, nan=-1)).long().flatten()
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), numbers, ignore_index=-1)

    def train(self, seconds: float) -> int:
        """Train until time is up, and return the steps it took."""
        parts = self._embedding, self._recurrent, self._head
        parameters = [parameter for part in parts for parameter in part.parameters()]
        optimizer = torch.optim.Adam(parameters, RATE, fused=True)
        rng, step, state, start = np.random.default_rng(0), 0, None, perf_counter()
        while True:
            for x, target, contexts in self._train.epoch(rng):
                gone = (perf_counter() - start) / seconds
                if gone >= 1:
                    return step
                optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * gone))
                logits, state = self._logits(x, state if contexts is None else None, DROPOUT)
                state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
                loss = self._loss(logits, target)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, LONGEST)
                optimizer.step()
                step += 1

    def nats(self) -> float:
        """Return the cross-entropy of what was held back."""
        total, count, state = 0.0, 0, None
        with torch.inference_mode():
            for x, target, _ in self._held_back.in_order():
                logits, state = self._logits(x, state, 0.0)
                n = int((~np.isnan(target)).sum())
                total, count = total + n * self._loss(logits, target).item(), count + n
        return total / count


def steps_within(cell: str, text: str, seconds: float) -> int:
    """Return how many steps of ours fit, from what some take once all is compiled."""
    few = seconds_of(lambda: generator(cell, 10).fit(text))
    few = seconds_of(lambda: generator(cell, 10).fit(text))
    n = max(20, round(10 * min(TRIAL, seconds / 4) / few))
    return max(1, round(MARGIN * seconds * n / seconds_of(lambda: generator(cell, n).fit(text))))


def contest(cell: str, text: Text, seconds: float, bars: Bars) -> None:
    model = generator(cell, steps_within(cell, text.train, seconds))
    took = seconds_of(lambda: model.fit(text.train))
    nats = model.score(text.held_back)
    print(f"{cell}, tsrnn: {model.max_steps} steps in {took:.1f} s, {nats:.4f} nats", flush=True)
    bars.at_most(f"{cell}, seconds", took, SECONDS_BAR)
    bars.at_most(f"{cell}, nats", nats, NATS_BAR)
    if torch:
        rival = InTorch(cell, text)
        flushed(lambda: rival.train(1))()
        rival = InTorch(cell, text)
        steps = []
        flushed(lambda: steps.append(rival.train(took)))()
        theirs = rival.nats()
        print(f"{cell}, PyTorch: {steps[0]} steps in {took:.1f} s, {theirs:.4f} nats", flush=True)
        bars.at_most(f"{cell}, nats less PyTorch's", nats - theirs, 0.0)


def draw_in_torch(cell: str, units: int, V: int, n: int):
    """Return a function that draws n symbols, one step of PyTorch's cell after another."""
    embedding, head = torch.nn.Embedding(V + 1, EMBEDDING), torch.nn.Linear(units, V)
    step = getattr(torch.nn, f"{cell.upper()}Cell")(EMBEDDING, units)

    def draw() -> None:
        with torch.inference_mode():
            state, symbol = None, torch.tensor([V])
            for _ in range(n):
                state = step(embedding(symbol), state)
                h = state[0] if isinstance(state, tuple) else state
                symbol = torch.multinomial(torch.softmax(head(h)[0], 0), 1)

    return draw


def drawing(cell: str, bars: Bars, rounds: int) -> None:
    n = 1000
    for units, V in ((128, 65), (256, 65), (256, 256)):
        network = Network(cell, EMBEDDING, units, 1, V, n_symbols=V + 1)
        theta = network.initialise(np.random.default_rng(0))
        stream = SymbolStream(network, theta, Vocabulary([range(V)]), network.zero_state(1))
        contenders = {"tsrnn": lambda stream=stream: stream.sample(n)}
        if torch:
            contenders["PyTorch"] = draw_in_torch(cell, units, V, n)
        times = by_turns(contenders, rounds, 0.2)
        figures = ", ".join(f"{name} {1e6 * seconds / n:.1f} us" for name, seconds in times.items())
        print(f"{cell}, {units} units, one of {V} symbols drawn: {figures}", flush=True)
        bars.at_most(f"{cell}, {units} units, {V} symbols, us", 1e6 * times["tsrnn"] / n, DRAW_BAR)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=SECONDS_BAR)
    parser.add_argument("--cells", nargs="+", default=["lstm"], choices=["lstm", "gru"])
    parser.add_argument("--quick", action="store_true", help="a few seconds of training, to try the script")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", RuntimeWarning)  # of gradients clipped, in the first steps alone
    print(machine(), date.today())
    text, bars = Text.load(arguments.data), Bars()
    for cell in arguments.cells:
        with at_most_threads(THREADS):
            contest(cell, text, 8 if arguments.quick else arguments.seconds, bars)
        with at_most_threads(1):
            drawing(cell, bars, 3 if arguments.quick else 9)
    if not arguments.quick:
        print(f"\n{bars}")


if __name__ == "__main__":
    main()
