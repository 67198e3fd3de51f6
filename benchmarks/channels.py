"""One network of all channels, one shared by them, or one each: error relative to SeasonalNaive.

python benchmarks/channels.py [--series NAME ...] [--variants TEXT ...] [--seeds 2] [--data DIR]

Each network is trained on what comes before the last origins, and forecasts from the last 1,000 rows before
each of them without being trained again; figures are means over columns and seeds. The last columns are the
geometric mean over the tables and the seconds for all. Two more tables are read from a folder of yours:
DIR/ltsf/exchange_rate.csv (Lai et al., 2018) and DIR/ett/ETTh1.csv (Zhou et al., 2021).
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tsrnn import RNNForecaster, SeasonalNaive, datasets

ORIGINS = {  # horizon, number of origins
    "eustockmarkets": (20, 20),
    "ecb_rates": (20, 50),
    "household_power": (24, 100),
    "exchange_rate": (20, 50),
    "ETTh1": (24, 100),
}
LATEST = 1000  # rows to forecast from
FILES = {"exchange_rate": "ltsf/exchange_rate.csv", "ETTh1": "ett/ETTh1.csv"}
VARIANTS = {
    "one each": None,
    "joint": {"channels": "joint"},
    "shared": {"channels": "shared"},
    "joint, 64 units": {"channels": "joint", "hidden_size": 64},
    "shared, 64 units": {"channels": "shared", "hidden_size": 64},
    "joint, 3000 steps": {"channels": "joint", "max_steps": 3000},
    "shared, 3000 steps": {"channels": "shared", "max_steps": 3000},
}


def load(name, folder):
    if name not in FILES:
        return datasets.load(name)
    table = pd.read_csv(folder / FILES[name])
    if "date" in table:
        table = table.set_index(pd.DatetimeIndex(table.pop("date"), freq="infer"))
    return table


def errors(model, train, y, horizon, n_origins):
    """Mean absolute error of each column, over `n_origins` that end with the table."""
    model.fit(train)
    misses = []
    for size in range(len(y) - n_origins * horizon, len(y), horizon):
        forecast = np.asarray(model.predict(horizon, y=y[size - LATEST : size]))
        misses.append(np.abs(forecast - np.asarray(y)[size : size + horizon]))
    return np.nanmean(np.concatenate(misses), axis=0)


def relative_error(y, horizon, n_origins, settings, seed):
    train, shared = y[: len(y) - n_origins * horizon], {"missing": "interpolate"}

    def of(make, table=y, before=train):
        return errors(make(**shared), before, table, horizon, n_origins)

    def net(**more):
        return RNNForecaster("gru", horizon, random_state=seed, **more, **(settings or {}))

    naive = np.array([of(SeasonalNaive, y[name], train[name]) for name in y])
    nets = of(net) if settings is not None else np.array([of(net, y[name], train[name]) for name in y])
    return np.mean(nets / naive)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", nargs="+", choices=ORIGINS, metavar="NAME")
    parser.add_argument("--variants", nargs="+", default=["one each", "joint", "shared"], choices=VARIANTS)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--data", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    names = arguments.series or [name for name in ORIGINS if name not in FILES or arguments.data]
    tables = {name: load(name, arguments.data) for name in names}
    print(" " * 20 + "".join(f"{name:>16}" for name in names) + "  geo mean  seconds")
    for variant in arguments.variants:
        start = time.perf_counter()
        ratios = [
            np.mean(
                [
                    relative_error(tables[name], *ORIGINS[name], VARIANTS[variant], seed)
                    for seed in range(arguments.seeds)
                ]
            )
            for name in names
        ]
        mean, seconds = np.exp(np.mean(np.log(ratios))), time.perf_counter() - start
        row = "".join(f"{ratio:>16.3f}" for ratio in ratios)
        print(f"{variant:<20}{row}{mean:>10.3f}{seconds:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
