"""How long a fit takes: 500 steps on 132 months of AirPassengers, beside the same job in PyTorch.

    python benchmarks/fit.py [REPEATS]

Look-back 36, horizon 12, 32 units, batches of 32, one thread; machine code is compiled and loaded before
anything counts. Every repetition has a seed of its own; seconds and MAPE are medians over them. The bar is
1.5 s for each cell. PyTorch, if it is there, fits by turns with tsrnn, so that a busy minute of the machine
falls on both. It is handed tsrnn's fitted preparation and keeps no history, which is in its favour; its
weights start as PyTorch draws them.
"""

import math
import sys
from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter

import numpy as np
from import_time import machine
from threadpoolctl import threadpool_limits

from tsrnn import RNNForecaster, datasets
from tsrnn.metrics import mape
from tsrnn.windows import split_starts

try:
    import torch
    from torch.nn.functional import l1_loss
    from torch.nn.utils import clip_grad_norm_
except ImportError:
    torch = None

BAR = 1.5
CELLS = ("rnn", "lstm", "gru")
HORIZON, LOOKBACK, UNITS, BATCH, STEPS, RATE, LONGEST = 12, 36, 32, 32, 500, 0.001, 1.0
SERIES = datasets.load("airpassengers")
TRAIN, TEST = SERIES[:-HORIZON], SERIES[-HORIZON:]


def forecaster(cell: str, seed: int = 0) -> RNNForecaster:
    return RNNForecaster(
        cell,
        HORIZON,
        LOOKBACK,
        hidden_size=UNITS,
        batch_size=BATCH,
        max_steps=STEPS,
        max_epochs=None,
        loss="mae",
        optimizer="adam",
        learning_rate=RATE,
        schedule="cosine",
        clip_norm=LONGEST,
        random_state=seed,
    )


def fit_tsrnn(cell: str) -> Callable[[int], Callable[[], np.ndarray]]:
    """Return what is timed: from a seed to a fitted model, given as the function that forecasts."""
    return lambda seed: forecaster(cell, seed).fit(TRAIN).predict


def fit_torch(cell: str) -> Callable[[int], Callable[[], np.ndarray]]:
    """Return the same in PyTorch: the preparation is tsrnn's, the training loop plain."""
    values = TRAIN.to_numpy(np.float64)
    pipeline = forecaster(cell).set_params(max_steps=1).fit(TRAIN).pipeline_

    def fit(seed: int) -> Callable[[], np.ndarray]:
        torch.manual_seed(seed)
        recurrent = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](1, UNITS)
        head = torch.nn.Linear(UNITS, HORIZON)
        preparation, windows = pipeline.cut(values)
        starts, _ = split_starts(len(values), preparation.n_lost, LOOKBACK, HORIZON, 0.0)
        x, target, _ = windows.batch(starts)
        train_torch(recurrent, head, torch.from_numpy(x), torch.from_numpy(target[0]))

        def predict() -> np.ndarray:
            x, anchors = windows.inputs(np.array([len(values) - LOOKBACK]))
            with torch.inference_mode():
                z = head(recurrent(torch.from_numpy(x))[0][-1]).numpy() + anchors[:, None]
            return preparation.inverse(z * pipeline.scale + pipeline.level, np.array([len(values)]))[0]

        return predict

    return fit


def train_torch(
    recurrent: "torch.nn.RNNBase", head: "torch.nn.Linear", x: "torch.Tensor", target: "torch.Tensor"
) -> None:
    parameters = [*recurrent.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, RATE, fused=True)
    step = 0
    while step < STEPS:
        for batch in torch.randperm(len(target)).split(BATCH)[: STEPS - step]:
            optimizer.param_groups[0]["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * step / STEPS))
            output, _ = recurrent(x[:, batch])
            loss = l1_loss(head(output[-1]), target[batch])
            optimizer.zero_grad()
            loss.backward()
            clip_grad_norm_(parameters, LONGEST)
            optimizer.step()
            step += 1


def measure(fits: list[Callable], repeats: int) -> list[tuple[float, float]]:
    """Return median seconds and median MAPE of each contender, after one fit that does not count."""
    rounds = []
    for seed in range(-1, repeats):
        rounds.append([])
        for fit in fits:
            start = perf_counter()
            predict = fit(max(seed, 0))
            rounds[-1].append((perf_counter() - start, mape(TEST, predict())))
    return [tuple(map(median, zip(*results, strict=True))) for results in zip(*rounds[1:], strict=True)]


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(machine())
    print(f"PyTorch {torch.__version__}" if torch else "PyTorch is not installed: its columns are left out.")
    print(f"{date.today()}, one thread, median of {repeats} warm fits; the bar is {BAR} s")
    contenders = {"tsrnn": fit_tsrnn} | ({"torch": fit_torch} if torch else {})
    header = "".join(f"{f'{name} s':>10}{'MAPE %':>8}" for name in contenders)
    print(f"{'cell':4}{header}" + f"{'tsrnn / torch':>15}" * bool(torch))
    if torch:
        torch.set_num_threads(1)
    with threadpool_limits(1):
        for cell in CELLS:
            medians = measure([contender(cell) for contender in contenders.values()], repeats)
            row = "".join(f"{seconds:10.3f}{error:8.2f}" for seconds, error in medians)
            ratio = f"{medians[0][0] / medians[-1][0]:15.2f}" if torch else ""
            print(f"{cell:4}{row}{ratio}", flush=True)


if __name__ == "__main__":
    main()
