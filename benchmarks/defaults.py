"""Which default settings forecast best: error relative to SeasonalNaive over rolling origins.

python benchmarks/defaults.py [--variants TEXT ...] [--series NAME ...] [--seeds 1]

Each variant changes the defaults of RNNForecaster in one way; the first row is the defaults themselves.
The last columns are the geometric mean over the series and the seconds for all fits. Variants of long windows
run when they are named: --series power --variants "lookback=168" "lookback=168 in patches".
"""

import argparse
import time

import numpy as np

from tsrnn import RNNForecaster, backtest, datasets

ORIGINS = {  # horizon, number of origins, steps between them
    "airpassengers": (12, 6, 12),
    "nottem": (12, 8, 12),
    "usaccdeaths": (12, 6, 4),
    "elnino": (12, 12, 12),
    "ukgas": (4, 8, 4),
    "co2": (26, 5, 26),
    "power": (24, 10, 24),
    "sunspots": (10, 5, 10),
    "nile": (6, 5, 6),
    "lynx": (8, 5, 8),
    "dax": (20, 10, 20),
    "eur_usd": (20, 10, 20),
}
VARIANTS = {
    "defaults": {},
    "cell=lstm": {"cell": "lstm"},
    "cell=rnn": {"cell": "rnn"},
    "strategy=recursive": {"strategy": "recursive"},
    "strategy=seq2seq": {"strategy": "seq2seq"},
    "strategy=parallel": {"strategy": "parallel"},
    "patch_size=6": {"patch_size": 6},
    "bidirectional": {"bidirectional": True},
    "hidden_size=16": {"hidden_size": 16},
    "hidden_size=64": {"hidden_size": 64},
    "num_layers=2": {"num_layers": 2},
    "dropout=0.2": {"dropout": 0.2},
    "learning_rate=0.0005": {"learning_rate": 0.0005},
    "learning_rate=0.002": {"learning_rate": 0.002},
    "learning_rate=0.005": {"learning_rate": 0.005},
    "schedule=constant": {"schedule": "constant"},
    "batch_size=64": {"batch_size": 64},
    "max_epochs=30": {"max_epochs": 30},
    "max_epochs=100": {"max_epochs": 100},
    "max_steps=500": {"max_steps": 500},
    "max_steps=2000": {"max_steps": 2000},
    "early_stopping": {"early_stopping": True},
    "loss=mse": {"loss": "mse"},
    "loss=huber": {"loss": "huber"},
    "transform=None": {"transform": None},
    "transform=log": {"transform": "log"},
    "transform=deseasonalize": {"transform": "deseasonalize"},
    "normalize=series": {"normalize": "series"},
    "normalize=robust": {"normalize": "robust"},
    "n_members=5": {"n_members": 5},
}
LONG_VARIANTS = {  # for long series alone
    "lookback=168": {"lookback": 168},
    "parallel, lookback=168": {"strategy": "parallel", "lookback": 168},
    "lookback=168 in patches": {"lookback": 168, "patch_size": 12},
    "parallel, in patches": {"strategy": "parallel", "lookback": 168, "patch_size": 12},
}


def relative_error(name, settings):
    """Mean absolute scaled error over all origins, as a ratio to SeasonalNaive's."""
    horizon, n_windows, step = ORIGINS[name]
    model = RNNForecaster(missing="interpolate", alias="net", **settings)
    scores = backtest(model, datasets.load(name), horizon, n_windows=n_windows, step=step).scores()
    return scores.loc["net", "vs SeasonalNaive"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--variants", nargs="+", default=list(VARIANTS), choices=[*VARIANTS, *LONG_VARIANTS], metavar="TEXT"
    )
    parser.add_argument("--series", nargs="+", default=list(ORIGINS), choices=ORIGINS, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    print(" " * 24 + "".join(f"{name[:9]:>10}" for name in arguments.series) + "  geo mean  seconds")
    for variant in arguments.variants:
        start = time.perf_counter()
        ratios = [
            np.mean(
                [
                    relative_error(name, (VARIANTS | LONG_VARIANTS)[variant] | {"random_state": seed})
                    for seed in range(arguments.seeds)
                ]
            )
            for name in arguments.series
        ]
        mean, seconds = np.exp(np.mean(np.log(ratios))), time.perf_counter() - start
        print(
            f"{variant:<24}{''.join(f'{r:>10.3f}' for r in ratios)}{mean:>10.3f}{seconds:>9.1f}", flush=True
        )


if __name__ == "__main__":
    main()
