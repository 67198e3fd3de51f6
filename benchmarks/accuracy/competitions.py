"""Series, measures and published figures of the M3 and M4 competitions, for the scripts beside this one.

sMAPE is the mean of 200 |y - f| / (|y| + |f|), in percent; MASE divides by the mean seasonal change of each
training series; OWA is the mean of both, each over all series, relative to Naive2.
"""

import resource
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

GROUPS = {  # horizon, season of Naive2 and of MASE, index
    "yearly": (6, 1, "YE"),
    "quarterly": (8, 4, "QE"),
    "monthly": (18, 12, "ME"),
    "other": (8, 1, None),
    "hourly": (48, 24, "h"),
    "weekly": (13, 1, "W"),
}
M3, M4 = ("yearly", "quarterly", "monthly", "other"), ("hourly", "weekly")
N_M3 = {"yearly": 645, "quarterly": 756, "monthly": 1428, "other": 174}


class Group:
    """The series of one frequency: ``panel`` to fit to, ``train`` and ``truth`` as arrays.

    With ``holds_out`` the test part is left alone, and the truth is the last horizon of each training series.
    """

    def __init__(self, folder, name, *, holds_out=False):
        self.name, (self.horizon, self.season, frequency) = name, GROUPS[name]
        stem = "m3/m3_{}_{}.csv.gz" if name in M3 else "m4/{}-{}.csv.gz"
        part = name if name in M3 else name.capitalize()
        rows, truth = (
            pd.read_csv(Path(folder) / stem.format(part, which), index_col=0) for which in ("train", "test")
        )
        self.ids, h = rows.index, self.horizon
        self.train = [row[~np.isnan(row)] for row in rows.to_numpy(float)]
        self.truth = truth.loc[rows.index].to_numpy(float)
        if holds_out:
            self.truth = np.array([values[-h:] for values in self.train])
            self.train = [values[:-h] for values in self.train]
        self.panel = {key: _labelled(y, frequency) for key, y in zip(self.ids, self.train, strict=True)}

    def smape(self, forecasts):
        """Return the sMAPE of forecasts (n, horizon)."""
        y, f = self.truth, forecasts
        return float(np.mean(200 * np.abs(y - f) / (np.abs(y) + np.abs(f))))

    def mase(self, forecasts):
        """Return the MASE of forecasts (n, horizon)."""
        m = self.season
        scales = [np.mean(np.abs(values[m:] - values[:-m])) for values in self.train]
        return float(np.mean(np.abs(self.truth - forecasts).mean(axis=1) / scales))

    def owa(self, forecasts, reference):
        """Return the mean of both, relative to those of other forecasts."""
        ratios = (measure(forecasts) / measure(reference) for measure in (self.smape, self.mase))
        return sum(ratios) / 2

    def forecast(self, model):
        """Fit a forecaster to all series, and return its forecasts (n, horizon) in their order."""
        forecasts = model.fit(self.panel).predict(self.horizon)
        return np.array([forecasts[key] for key in self.ids])

    def naive2(self):
        """Forecast as the competitions' benchmark: the last value, season taken out where a test shows it."""
        return np.array([_naive2(values, self.season, self.horizon) for values in self.train])


def average(values):
    """Return the M3's mean over all forecasts of figures by group."""
    weights = {name: N_M3[name] * GROUPS[name][0] for name in M3}
    return sum(weights[name] * values[name] for name in M3) / sum(weights.values())


@contextmanager
def stopwatch(what):
    """Print how long something took, and the most memory used so far."""
    begun = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {wall:.0f} s, {cpu:.0f} s of processor, at most {peak:.0f} MB so far", flush=True)


def _labelled(values, frequency):
    if frequency is None:
        return pd.Series(values)
    if frequency == "h":
        return pd.Series(values, pd.date_range("2015-01-01", periods=len(values), freq="h"))
    periods = {"YE": "Y", "QE": "Q", "ME": "M", "W": "W"}
    return pd.Series(values, pd.period_range("1700-01", periods=len(values), freq=periods[frequency]))


def _naive2(values, m, horizon):
    factors = np.ones(m)
    if m > 1 and len(values) >= 3 * m and _shows_season(values, m):
        factors = _factors(values, m)
    pattern = np.resize(factors, len(values) + horizon)
    return values[-1] / pattern[len(values) - 1] * pattern[len(values) :]


def _shows_season(values, m):
    n, around = len(values), values - values.mean()
    r = np.array([around[lag:] @ around[:-lag] for lag in range(1, m + 1)]) / (around @ around)
    return abs(r[-1]) > 1.645 * np.sqrt((1 + 2 * np.sum(r[:-1] ** 2)) / n)


def _factors(values, m):
    """Return seasonal factors by classical multiplicative decomposition."""
    weights = np.concatenate([[0.5], np.ones(m - 1), [0.5]]) / m if m % 2 == 0 else np.ones(m) / m
    trend, margin = np.convolve(values, weights, mode="valid"), m // 2
    ratios = np.full(len(values), np.nan)
    ratios[margin : margin + len(trend)] = values[margin : margin + len(trend)] / trend
    means = np.array([np.nanmean(ratios[i::m]) for i in range(m)])
    return means / means.mean()
