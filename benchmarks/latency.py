"""How long one forecast takes: a fitted model of one series of 5,000 hours, called again and again.

    python benchmarks/latency.py [--profile]

Medians of 300 calls: `predict()`, `forecast()`, ``predict(y=last 500 hours)``, `update` by one hour, and the
network alone, all with a gated recurrent unit of 32 units, look-back of two days, horizon of one. With
--profile, where the time of each goes.
"""

import argparse
import cProfile
import pstats
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).with_name("accuracy")))
from contest import Bars

from tsrnn import RNNForecaster

BARS = {"predict()": 0.5, "predict(y=500 hours)": 1.0, "forecast()": 1.0, "update(hour)": 1.0}  # milliseconds


def hours(n: int) -> pd.Series:
    """Return an hourly series with a daily season."""
    noise = np.random.default_rng(0).normal(size=n)
    index = pd.date_range("2020-01-01", periods=n, freq="h")
    return pd.Series(100 + 10 * np.sin(2 * np.pi * np.arange(n) / 24) + noise, index, name="load")


def median_milliseconds(call: Callable[[], Any], n: int = 300) -> float:
    """Return the median time of a call."""
    call()
    times = []
    for _ in range(n):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return 1000 * float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    series = hours(6000)
    model = RNNForecaster("gru", horizon=24, max_steps=50, random_state=0).fit(series[:5000])
    updated = deepcopy(model)
    network, theta, new = model.network_, model.thetas_[0], series[5000:5500]
    x = np.zeros((model.lookback_, 1, 1), np.float32)
    calls: dict[str, Callable[[], Any]] = {
        "predict()": model.predict,
        "forecast()": model.forecast,
        "predict(y=500 hours)": lambda: model.predict(y=new),
        "update(hour)": lambda: updated.update(series[len(updated.panel_.labels.of(0)) :][:1]),
        "the network alone": lambda: network.forward(theta, x, first=-1),
    }
    bars = Bars()
    for name, call in calls.items():
        milliseconds = median_milliseconds(call)
        print(f"{name:<24}{milliseconds:>8.3f} ms", flush=True)
        if name in BARS:
            bars.at_most(f"{name}, ms", milliseconds, BARS[name])
        if arguments.profile:
            profile = cProfile.Profile()
            profile.runcall(lambda call=call: [call() for _ in range(200)])
            pstats.Stats(profile).sort_stats("cumtime").print_stats(25)
    print(f"\n{bars}")


if __name__ == "__main__":
    main()
