"""Networks and combinations on the 3,003 series of the M3 competition: sMAPE beside published figures.

python benchmarks/accuracy/m3.py --data DIR [--seeds 3] [--jobs 2] [--validate]

DIR has m3/m3_<frequency>_{train,test}.csv.gz and m3/m3_published_forecasts.csv.gz. The first rows come
from the forecasts that the competition has published, and stand beside the sMAPE it has printed (Makridakis &
Hibon, 2000): for Naive2 the same up to the last digits of the average, for Theta, as archived, a
little more. "defaults" is RNNForecaster(horizon=h).fit(panel), as is. "networks" is the mean of networks of
several look-backs, on series with their season taken out and left in, some also without logarithms;
"combined" gives them 65 % of the weight, the rest to Theta and damped exponential smoothing. Settings were
chosen with --validate, which leaves the test part alone and holds out the last horizon of the training part.
"""

import argparse
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from competitions import M3, Group, average, stopwatch
from joblib import Parallel, delayed

from tsrnn import ETS, RNNForecaster, Theta

SHARED = {
    "cell": "lstm",
    "hidden_size": 48,
    "dropout": 0.2,
    "learning_rate": 0.01,
    "batch_size": 256,
    "max_epochs": None,
}
OUT, IN = {}, {"season_length": None}  # season taken out where there is one, or left in
PLAIN_OUT = {"transform": ("deseasonalize",), "season_length": 4}  # without logarithms
PLAIN_IN = {"transform": None, "season_length": None}
SETTINGS = {  # look-backs, steps of training, preparations
    "yearly": ((8, 10, 12), 150, (IN, PLAIN_IN)),
    "quarterly": ((7, 8, 9), 500, (OUT, IN, PLAIN_OUT, PLAIN_IN)),
    "monthly": ((24, 36, 48), 800, (OUT, IN)),
    "other": ((8, 16, 24), 500, (IN,)),
}
OF_NETWORKS = 0.65  # of the weight in the combination
PUBLISHED = {
    "Naive2, printed": (17.88, 9.95, 16.91, 6.30, 15.47),
    "Theta, printed": (16.90, 8.96, 13.85, 4.41, 13.01),
    "DeepAR": (17.24, 9.93, 15.74, 5.57, np.nan),
    "DOTM": (15.94, 9.28, 13.74, 4.58, 12.90),
    "ForecastPro": (17.14, 9.77, 13.86, 4.60, 13.19),
    "N-BEATS ensemble": (15.92, 8.80, 13.24, 4.21, 12.46),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--validate", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of clipped gradients, at a learning rate this high
    groups = {name: Group(arguments.data, name, holds_out=arguments.validate) for name in M3}
    print(f"{'':22}" + "".join(f"{name:>10}" for name in (*M3, "average")))
    if not arguments.validate:
        published = pd.read_csv(arguments.data / "m3/m3_published_forecasts.csv.gz").set_index("method")
        for method, label in {"NAIVE2": "Naive2, archived", "THETA": "Theta, archived"}.items():
            rows = published.loc[method].set_index("id")
            show(label, {n: g.smape(rows.loc[g.ids].to_numpy()[:, : g.horizon]) for n, g in groups.items()})
        for method, figures in PUBLISHED.items():
            print(f"{method:22}" + "".join(f"{figure:10.2f}" for figure in figures))
    with stopwatch("classics"):
        theta, damped = classics(groups, arguments.jobs)
    show("Theta", {name: g.smape(theta[name]) for name, g in groups.items()})
    show("damped ETS", {name: g.smape(damped[name]) for name, g in groups.items()})
    for seed in range(arguments.seeds):
        with stopwatch(f"seed {seed}: defaults"):
            forecasts = {
                name: g.forecast(RNNForecaster(horizon=g.horizon, random_state=seed, n_jobs=arguments.jobs))
                for name, g in groups.items()
            }
        show("defaults", {name: g.smape(forecasts[name]) for name, g in groups.items()})
        with stopwatch(f"seed {seed}: networks"):
            forecasts = {name: networks(g, seed, arguments.jobs) for name, g in groups.items()}
        show("networks", {name: g.smape(forecasts[name]) for name, g in groups.items()})
        w = OF_NETWORKS
        for name, f in forecasts.items():
            forecasts[name] = w * f + (1 - w) / 2 * (theta[name] + damped[name])
        show("combined", {name: g.smape(forecasts[name]) for name, g in groups.items()})


def classics(groups, n_jobs):
    """Return the forecasts of Theta, and those of damped exponential smoothing, by frequency."""
    tasks = [
        (name, model) for model in (ETS(), Theta()) for name in ("monthly", "quarterly", "yearly", "other")
    ]
    forecasts = Parallel(n_jobs)(delayed(groups[name].forecast)(model) for name, model in tasks)
    of = {(name, type(model)): f for (name, model), f in zip(tasks, forecasts, strict=True)}
    return ({name: of[name, kind] for name in groups} for kind in (Theta, ETS))


def networks(group, seed, n_jobs):
    """Return the mean forecast of a frequency's networks."""
    lookbacks, n_steps, preparations = SETTINGS[group.name]
    models = [
        RNNForecaster(
            horizon=group.horizon,
            lookback=lookback,
            max_steps=n_steps,
            random_state=seed,
            **SHARED,
            **preparation,
        )
        for lookback, preparation in product(lookbacks, preparations)
    ]
    run = Parallel(n_jobs, prefer="threads")
    return np.mean(run(delayed(group.forecast)(model) for model in models), axis=0)


def show(label, values):
    """Print a row of figures by frequency, and their average."""
    row = [*values.values(), average(values)]
    print(f"{label:22}" + "".join(f"{figure:10.3f}" for figure in row), flush=True)


if __name__ == "__main__":
    main()
