"""Eight exchange rates, 96 days ahead: no worse than the last value, which is hard to beat.

    python benchmarks/accuracy/exchange.py --data DIR [--seeds 3] [--select]

DIR holds ltsf/exchange_rate.csv. Networks see the training rows alone. The bar is for the defaults, chosen by
nothing; settings chosen by the validation part, where they beat the last value (--select), are shown beside.

Published: Zeng et al. (2023) for the repeated last value (their loader leaves out the last origins; this
script's own figure does not), NLinear and DLinear; a look-back of 336.
"""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from ltsf import Data, Errors, exchange_rate, forecasts, mean, peak_megabytes, repeated
from sklearn.model_selection import ParameterGrid

from tsrnn import RNNForecaster

sys.path.append(str(Path(__file__).parents[1]))
from contest import Bars, seconds_of

HORIZON, RATIO_BAR = 96, 1.02
PUBLISHED = {"last value": (0.081, 0.196), "NLinear": (0.081, 0.203), "DLinear": (0.089, 0.208)}
FIXED: dict[str, Any] = {
    "transform": None,
    "season_length": None,
    "batch_size": 128,
    "max_epochs": None,
    "n_members": 3,
}
GRID = {"hidden_size": [16], "lookback": [96, 336], "loss": ["mae", "mse"], "max_steps": [100, 200, 400]}
CHOSEN = {"hidden_size": 16, "lookback": 336, "loss": "mse", "max_steps": 400}


def fit(data: Data, settings: dict[str, Any], seed: int, *, validation: bool = False) -> tuple[Errors, float]:
    """Return the errors of one fit and the seconds it took."""
    model = RNNForecaster("gru", HORIZON, **FIXED | settings, random_state=seed)
    seconds = seconds_of(lambda: model.fit(data.train_frame))
    forecast = forecasts(model, data, HORIZON, model.lookback_)
    return data.errors(forecast, HORIZON, validation=validation), seconds


def default(data: Data, seed: int) -> tuple[Errors, float]:
    """Return the same of a forecaster that is told the horizon only."""
    model = RNNForecaster(horizon=HORIZON, random_state=seed)
    seconds = seconds_of(lambda: model.fit(data.train_frame))
    return data.errors(forecasts(model, data, HORIZON), HORIZON), seconds


def row(name: str, errors: Errors, seconds: float | None = None) -> None:
    timed = "" if seconds is None else f"{seconds:>9.1f}"
    print(f"{name:<60}{errors.mse:>9.4f}{errors.mae:>9.4f}{timed}", flush=True)


def select(data: Data) -> None:
    """Print the errors over the validation part for every setting of the grid."""
    row("last value", data.errors(repeated(data, HORIZON), HORIZON, validation=True))
    for settings in ParameterGrid(GRID):
        name = ", ".join(f"{name}={value}" for name, value in settings.items())
        row(name, *fit(data, settings, 0, validation=True))


def table(data: Data, n_seeds: int, bars: Bars) -> None:
    for name, figures in PUBLISHED.items():
        row(f"{name}, published", Errors(*figures))
    naive = data.errors(repeated(data, HORIZON), HORIZON)
    row("last value", naive)
    before = peak_megabytes()
    kinds = {
        "tsrnn, chosen by validation": lambda seed: fit(data, CHOSEN, seed),
        "tsrnn, defaults": lambda seed: default(data, seed),
    }
    for name, kind in kinds.items():
        results = [kind(seed) for seed in range(n_seeds)]
        for seed, result in enumerate(results):
            row(f"{name}, seed {seed}", *result)
        errors = mean([errors for errors, _ in results])
        row(f"{name}, mean", errors, float(np.mean([seconds for _, seconds in results])))
    for measure in Errors._fields:  # of the defaults
        ratio = getattr(errors, measure) / getattr(naive, measure)
        bars.at_most(f"{name}, {measure.upper()} / last value's", ratio, RATIO_BAR)
    print(f"peak memory {peak_megabytes():.0f} MB, {before:.0f} before the first fit")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--select", action="store_true", help="the validation errors behind the settings")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    data, bars = exchange_rate(arguments.data), Bars()
    if arguments.select:
        select(data)
        return
    print(f"{'':<60}{'MSE':>9}{'MAE':>9}{'fit, s':>9}")
    table(data, arguments.seeds, bars)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
