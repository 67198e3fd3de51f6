"""Networks on hourly and weekly series of the M4 competition: sMAPE, MASE and OWA beside published figures.

python benchmarks/accuracy/m4.py --data DIR [hourly] [weekly] [--seeds 3] [--jobs 2] [--validate]

DIR has m4/{Hourly,Weekly}-{train,test}.csv.gz and m4/published_scores_by_frequency.csv. Naive2 computed here
must show the figures published for it. "defaults" is RNNForecaster(horizon=h).fit(panel), as it is;
"networks" is the mean of networks of several look-backs and seasons. Settings were chosen with --validate,
which leaves the test part alone and holds out the last horizon of the training part.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from competitions import M4, Group, stopwatch

from tsrnn import RNNForecaster, Theta

SHARED = {
    "hourly": {"cell": "lstm", "hidden_size": 128, "learning_rate": 0.003, "lookback": 336, "patch_size": 24},
    "weekly": {"cell": "lstm", "hidden_size": 48, "learning_rate": 0.01, "dropout": 0.2},
}
STEPS = {"hourly": 800, "weekly": 500}
SETTINGS = {
    "hourly": ({}, {"season_length": 168}),
    "weekly": (
        {"lookback": 26},
        {"lookback": 65},
        {"lookback": 104, "patch_size": 13},
        {"lookback": 104, "patch_size": 13, "season_length": None},
    ),
}
PUBLISHED = {  # OWA of those that are not in the file
    "hourly": {"ES-RNN": (9.328, 0.893, 0.440), "best official": (np.nan, np.nan, 0.410)},
    "weekly": {"ES-RNN": (7.817, 2.356, 0.851), "best official": (np.nan, np.nan, 0.739)},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", default=M4, metavar="hourly | weekly")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--validate", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of clipped gradients, at a learning rate this high
    for name in arguments.groups:
        group = Group(arguments.data, name, holds_out=arguments.validate)
        compare(group, arguments)


def compare(group, arguments):
    """Print the table of one frequency."""
    reference = group.naive2()

    def show(label, forecasts):
        figures = (group.smape(forecasts), group.mase(forecasts), group.owa(forecasts, reference))
        row(label, figures)

    print(f"{group.name:22}{'sMAPE':>9}{'MASE':>9}{'OWA':>9}")
    if not arguments.validate:
        published = pd.read_csv(arguments.data / "m4/published_scores_by_frequency.csv", header=[0, 1])
        published = published.set_index(published.columns[0])
        for method in ("Naive2", "Theta", "RNN"):
            row(f"{method}, published", published_row(published, method, group.name))
        for method, figures in PUBLISHED[group.name].items():
            row(f"{method}, published", figures)
    show("Naive2", reference)
    with stopwatch("Theta"):
        show("Theta", group.forecast(Theta()))
    for seed in range(arguments.seeds):
        run = {"horizon": group.horizon, "random_state": seed, "n_jobs": arguments.jobs}
        with stopwatch(f"seed {seed}: defaults"):
            show("defaults", group.forecast(RNNForecaster(**run)))
        with stopwatch(f"seed {seed}: networks"):
            show("networks", networks(group, run))


def networks(group, run):
    """Return the mean forecast of a frequency's networks."""
    fixed = run | SHARED[group.name] | {"batch_size": 256, "max_epochs": None, "max_steps": STEPS[group.name]}
    return np.mean([group.forecast(RNNForecaster(**fixed | own)) for own in SETTINGS[group.name]], axis=0)


def published_row(published, method, name):
    """Return sMAPE, MASE and OWA of a method; the file's three blocks have the same columns."""
    places = [place for place, (_, column) in enumerate(published.columns) if column == name.capitalize()]
    return published.loc[method].iloc[places].astype(float)


def row(label, figures):
    """Print a row."""
    print(f"{label:22}" + "".join(f"{figure:9.3f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
