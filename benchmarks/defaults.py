"""Which default settings forecast best: each variant's MAE as a ratio to SeasonalNaive's, rolling origins.

python benchmarks/defaults.py [--windows 5] [--seeds 1] [--only TEXT ...]

Every variant changes the present defaults of RNNForecaster in one way; the first row is the defaults.
The last column is the geometric mean over the series. Forecasts start where training data end.
"""

import argparse
import time

import numpy as np

from tsrnn import datasets
from tsrnn.forecaster import RNNForecaster
from tsrnn.frames import natural_season

SERIES = {
    "airpassengers": 12,
    "nottem": 12,
    "usaccdeaths": 12,
    "elnino": 12,
    "ukgas": 8,
    "co2": 26,
    "power": 24,
    "sunspots": 10,
    "nile": 10,
    "lynx": 10,
    "dax": 20,
    "eur_usd": 20,
}
VARIANTS = {
    "defaults": {},
    "cell=lstm": {"cell": "lstm"},
    "cell=rnn": {"cell": "rnn"},
    "strategy=recursive": {"strategy": "recursive"},
    "hidden_size=16": {"hidden_size": 16},
    "hidden_size=64": {"hidden_size": 64},
    "num_layers=2": {"num_layers": 2},
    "dropout=0.2": {"dropout": 0.2},
    "learning_rate=0.001": {"learning_rate": 0.001},
    "learning_rate=0.002": {"learning_rate": 0.002},
    "learning_rate=0.01": {"learning_rate": 0.01},
    "schedule=constant": {"schedule": "constant"},
    "batch_size=64": {"batch_size": 64},
    "max_steps=200": {"max_steps": 200},
    "max_steps=1000": {"max_steps": 1000},
    "max_epochs=30": {"max_epochs": 30},
    "early_stopping": {"early_stopping": True},
    "loss=mse": {"loss": "mse"},
    "loss=huber": {"loss": "huber"},
    "transform=None": {"transform": None},
    "transform=deseasonalize": {"transform": "deseasonalize"},
    "transform=log": {"transform": "log"},
    "normalize=series": {"normalize": "series"},
    "normalize=robust": {"normalize": "robust"},
    "n_members=3": {"n_members": 3},
}


def mean_absolute_errors(forecast, y, horizon, n_windows):
    """Mean over origins of the mean absolute error where the truth is known."""
    errors = []
    n_windows = min(n_windows, len(y) // (2 * horizon))  # train on half of the series at least
    for window in range(n_windows, 0, -1):
        end = len(y) - window * horizon
        truth = y.iloc[end : end + horizon]
        errors.append(np.nanmean(np.abs(forecast(y.iloc[:end]).to_numpy() - truth.to_numpy())))
    return np.mean(errors)


def seasonal_naive(y, horizon):
    season = natural_season(y.index)
    return y.ffill().iloc[-season:].iloc[np.arange(horizon) % season]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(VARIANTS))
    parser.add_argument("--series", nargs="*", default=list(SERIES))
    arguments = parser.parse_args()
    loaded = {name: datasets.load(name) for name in arguments.series}
    naive = {
        name: mean_absolute_errors(lambda h, n=name: seasonal_naive(h, SERIES[n]), y, SERIES[name], arguments.windows)
        for name, y in loaded.items()
    }
    print(f"{'':<24}" + "".join(f"{name[:9]:>10}" for name in loaded) + f"{'geo mean':>10}{'seconds':>9}")
    for variant in arguments.only:
        ratios, start = [], time.perf_counter()
        for name, y in loaded.items():
            scores = [
                mean_absolute_errors(
                    lambda h, n=name, s=seed: RNNForecaster(
                        **{"horizon": SERIES[n], "missing": "interpolate", "random_state": s} | VARIANTS[variant]
                    )
                    .fit(h)
                    .predict(),
                    y,
                    SERIES[name],
                    arguments.windows,
                )
                for seed in range(arguments.seeds)
            ]
            ratios.append(np.mean(scores) / naive[name])
        columns = "".join(f"{ratio:>10.3f}" for ratio in ratios)
        mean, seconds = np.exp(np.mean(np.log(ratios))), time.perf_counter() - start
        print(f"{variant:<24}{columns}{mean:>10.3f}{seconds:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
