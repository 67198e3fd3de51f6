"""How long `compare` takes: three networks and the classics, five origins, two threads.

python benchmarks/comparing.py [--jobs N]

On 300 months (a trend, a season and noise) and on 20,000 hours of a household's power. What is compiled at
first use is compiled before the clock starts. Then one fit each of the classics that search, and of ARIMA.
Ends with an error if a comparison takes longer than promised.
"""

import argparse
import sys
from time import perf_counter

import numpy as np
import pandas as pd

from tsrnn import ARIMA, ETS, AutoARIMA, compare, datasets

PROMISED = {"300 months": 30, "20,000 hours": 180}  # seconds


def months():
    """Return 300 months of a series that trends, wanders and has a season."""
    rng, t = np.random.default_rng(0), np.arange(300)
    values = 100 + 0.3 * t + 10 * np.sin(2 * np.pi * t / 12) + rng.normal(size=300).cumsum()
    index = pd.date_range("2000-01-01", periods=300, freq="MS")
    return pd.Series(values + 2 * rng.normal(size=300), index, name="months")


def hours():
    """Return the last 20,000 hours of a household's power."""
    return datasets.load("household_power")["global_active_power"].interpolate().iloc[-20000:]


def time_fit(model, y):
    """Return how long a fit takes, in words; the first doesn't count."""
    model.fit(y)
    start = perf_counter()
    model.fit(y)
    return f"{model.label} {perf_counter() - start:.2f} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    jobs = parser.parse_args().jobs
    compare(months().iloc[:80], 12, n_windows=1, n_jobs=jobs)
    late = []
    for (name, most), y, horizon in zip(PROMISED.items(), (months(), hours()), (12, 24), strict=True):
        start = perf_counter()
        result = compare(y, horizon, n_jobs=jobs)
        seconds = perf_counter() - start
        late += [name] * (seconds > most)
        each = (result.folds.groupby("model")[["fit_seconds", "predict_seconds"]].sum()).sum(axis=1)
        listed = ", ".join(f"{model} {each[model]:.1f}" for model in result.models)
        print(f"{name}: {seconds:.1f} s, at most {most} promised; {listed}")
        print(f"  {result.verdict}", flush=True)
    for name, y in {"300 months": months(), "2,000 hours": hours().iloc[-2000:]}.items():
        print(f"one fit, {name}: {', '.join(time_fit(model, y) for model in (ARIMA(), AutoARIMA(), ETS()))}")
    if late:
        sys.exit(f"Too slow: {', '.join(late)}")


if __name__ == "__main__":
    main()
