"""How often 80 and 95 % intervals cover: household power by the hour, M4 hourly, M3 monthly.

python benchmarks/coverage.py --data DIR [--sets NAME ...] [--models NAME ...] [--n 40]

n cases are drawn with a fixed seed. Of household power each is a fit of its own, to 2,000 hours before a
random cutoff. The series of M4 hourly are one panel, and so are those of M3 monthly: one network is fitted to
all. "80 % hold" is the share of the truth, all steps alike, that lies inside the intervals of 80 %; see also
`tsrnn.metrics.msis`. Read from DIR: sensors/household_power_hourly.csv.gz, m4/Hourly-*.csv.gz,
m3/m3_monthly_*.csv.gz.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from tsrnn import ETS, Combine, RNNForecaster, SeasonalNaive
from tsrnn.forecasting.intervals.calibration import Calibration, errors_at_the_end
from tsrnn.forecasting.intervals.conformal import KINDS
from tsrnn.metrics import coverage, msis

LEVELS = (80, 95)
TRAINED, SEED = 2000, 0
MODELS = {
    "GRU": lambda horizon: RNNForecaster("gru", horizon, random_state=0),
    "ETS": lambda horizon: ETS(horizon=horizon),
    "SeasonalNaive": lambda horizon: SeasonalNaive(horizon=horizon),
    "GRU + ETS": lambda horizon: Combine([MODELS["GRU"](horizon), MODELS["ETS"](horizon)], horizon=horizon),
}


def power(folder, n):
    """Return n pieces of one series, each with what follows it."""
    table = pd.read_csv(folder / "sensors/household_power_hourly.csv.gz", index_col=0, parse_dates=True)
    y, horizon = table["Global_active_power"].asfreq("h").interpolate(), 24
    starts = np.random.default_rng(SEED).integers(0, len(y) - TRAINED - horizon, n)
    pieces = {f"{start}": y.iloc[start:][: TRAINED + horizon] for start in starts}
    return {name: (y.iloc[:TRAINED], y.iloc[TRAINED:]) for name, y in pieces.items()}


def competition(path, n, frequency):
    """Return n series of a competition, each with what follows it."""
    train, test = (pd.read_csv(str(path).format(part), index_col=0) for part in ("train", "test"))
    cases = {}
    for row in np.random.default_rng(SEED).choice(len(train), min(n, len(train)), replace=False):
        known, truth = (table.iloc[row].dropna().to_numpy(np.float64) for table in (train, test))
        index = pd.date_range("2000", periods=len(known) + len(truth), freq=frequency)
        y = pd.Series(np.concatenate([known, truth]), index)
        cases[str(train.index[row])] = y.iloc[: len(known)], y.iloc[len(known) :]
    return cases


SETS = {  # cases, whether they are one panel, steps in a season
    "power": (power, False, 24),
    "M4 hourly": (lambda folder, n: competition(folder / "m4/Hourly-{}.csv.gz", n, "h"), True, 24),
    "M3 monthly": (lambda folder, n: competition(folder / "m3/m3_monthly_{}.csv.gz", n, "MS"), True, 12),
}


def forecasts(model, cases, horizon):
    """Fit one model to all cases; return for each kind and case the mean and the ends of intervals."""
    model = model(horizon).fit({name: train for name, (train, _) in cases.items()})
    mean = model.predict()
    panel = model.panel_
    errors = errors_at_the_end(model, panel, horizon)
    p = [0.5 + side * level / 200 for level in LEVELS for side in (-1, 1)]
    for kind in KINDS:
        margins = Calibration.from_errors(errors, kind).margins(panel, p, horizon)[:, :, 0]
        for s, name in enumerate(cases):
            yield kind, name, mean[name].to_numpy() + margins[s].T


def measure(model, cases, together, season):
    """Return, by kind and level, coverage and MSIS, means over all cases."""
    found = {(kind, level): [] for kind in KINDS for level in LEVELS}
    horizon = len(next(iter(cases.values()))[1])
    for part in [cases] if together else [{name: case} for name, case in cases.items()]:
        for kind, name, ends in forecasts(model, part, horizon):
            train, truth = part[name]
            for level, low, high in zip(LEVELS, ends[::2], ends[1::2], strict=True):
                scores = coverage(truth, low, high), msis(truth, low, high, level, train, season)
                found[kind, level].append(scores)
    return {key: np.mean(scores, axis=0) for key, scores in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--models", nargs="+", default=["GRU"], choices=MODELS)
    parser.add_argument("--n", type=int, default=40, help="cases of each set")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of optimizers, and of levels that few errors cannot tell
    columns = "".join(f"{f'{level} % hold':>12}" for level in LEVELS)
    columns += "".join(f"{f'MSIS {level}':>10}" for level in LEVELS)
    print(f"{'set':<12}{'model':<14}{'intervals':<10}{columns}   seconds")
    for name in arguments.sets:
        read, together, season = SETS[name]
        cases = read(arguments.data, arguments.n)
        for model in arguments.models:
            start = time.perf_counter()
            found = measure(MODELS[model], cases, together, season)
            seconds = time.perf_counter() - start
            for kind in KINDS:
                held = "".join(f"{found[kind, level][0]:>10.1f} %" for level in LEVELS)
                scores = "".join(f"{found[kind, level][1]:>10.2f}" for level in LEVELS)
                print(f"{name:<12}{model:<14}{kind:<10}{held}{scores}{seconds:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
