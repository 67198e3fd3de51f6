"""AutoARIMA beside those of statsforecast and pmdarima: accuracy and seconds, series by series.

python benchmarks/auto_arima.py --data DIR [--n N] [--libraries tsrnn statsforecast pmdarima]

Every k-th monthly series of the M3, N in all, from DIR/m3, each forecast as far as the competition asked; and
shipped series, whose last seasons are forecast. All run in one process, taking turns at each series, on one
thread with OMP_NUM_THREADS=1. Seconds leave out the first series of the M3, on which code is compiled. Ratios
are to the first library.
"""

import argparse
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from tsrnn import AutoARIMA, datasets
from tsrnn.metrics import smape

CLASSICS = {  # steps in a season, steps to forecast
    "airpassengers": (12, 24),
    "nottem": (12, 24),
    "usaccdeaths": (12, 12),
    "elnino": (12, 24),
    "ukgas": (4, 8),
    "nile": (1, 10),
}


def run_tsrnn(y, season, horizon):
    return AutoARIMA(season).fit(y).predict(horizon).to_numpy()


def run_statsforecast(y, season, horizon):
    from statsforecast.models import AutoARIMA as Rival

    return Rival(season_length=season).forecast(y, horizon)["mean"]


def run_pmdarima(y, season, horizon):
    from pmdarima import auto_arima

    found = auto_arima(y, m=season, seasonal=season > 1, suppress_warnings=True, error_action="ignore")
    return np.asarray(found.predict(horizon))


LIBRARIES = {"tsrnn": run_tsrnn, "statsforecast": run_statsforecast, "pmdarima": run_pmdarima}


def monthly(folder, n):
    """Yield every k-th monthly series of the M3: name, what is known, what follows, season."""
    train, test = (
        pd.read_csv(folder / f"m3/m3_monthly_{part}.csv.gz", index_col=0) for part in ("train", "test")
    )
    for row in np.linspace(0, len(train) - 1, min(n, len(train))).astype(int):
        known, truth = (table.iloc[row].dropna().to_numpy(np.float64) for table in (train, test))
        yield str(train.index[row]), known, truth, 12


def classics():
    """Yield the shipped series in the same form."""
    for name, (season, horizon) in CLASSICS.items():
        values = datasets.load(name).to_numpy(np.float64)
        yield name, values[:-horizon], values[-horizon:], season


def measure(cases, libraries):
    """Return errors and seconds as tables, a row each series, a column each library."""
    errors, seconds = {}, {}
    for name, known, truth, season in cases:
        for library in libraries:
            start = time.perf_counter()
            forecast = LIBRARIES[library](known.copy(), season, len(truth))
            seconds.setdefault(library, {})[name] = time.perf_counter() - start
            errors.setdefault(library, {})[name] = smape(truth, forecast)
    return pd.DataFrame(errors), pd.DataFrame(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--n", type=int, default=100, help="series of the M3")
    installed = [name for name in LIBRARIES if find_spec(name)]
    parser.add_argument("--libraries", nargs="+", default=installed, choices=LIBRARIES)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for title, cases in ("M3 monthly", monthly(arguments.data, arguments.n)), ("classics", classics()):
        errors, seconds = measure(cases, arguments.libraries)
        if title == "classics":
            print(errors.round(3).to_string(), seconds.round(2).to_string(), sep="\n")
        else:
            seconds = seconds.iloc[1:]
        table = pd.DataFrame({"sMAPE": errors.mean(), "median s": seconds.median(), "total s": seconds.sum()})
        table["sMAPE ratio"] = table["sMAPE"] / table["sMAPE"].iloc[0]
        table["time ratio"] = table["total s"] / table["total s"].iloc[0]
        print(f"{title}, {len(errors)} series\n{table.round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()
