"""The verdict of a backtest: one sentence that says whether one model is better than another."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn.evaluation.comparison import compare_pairs
from tsrnn.evaluation.record import BacktestRecord
from tsrnn.metrics.significance import MIN_ORIGINS
from tsrnn.validation import counted

__all__ = ["write_verdict"]

ALPHA = 0.05


class _Comparison(NamedTuple):
    """A model and the one that it is tested against."""

    model: str
    other: str
    gain: float  # percent by which the model's error is below the other's: its skill; NaN if undefined
    loss: float  # percent by which the other's is below the model's
    measure: str
    statistic: float
    p: float
    shown_p: str
    over: str
    n_units: int

    @property
    def is_better(self) -> bool:
        return self.p < ALPHA and self.statistic < 0 < self.gain

    @property
    def is_worse(self) -> bool:
        return self.p < ALPHA and self.statistic > 0 > self.gain

    @property
    def contradicts(self) -> bool:
        return self.p < ALPHA and self.statistic * self.gain > 0


def write_verdict(record: BacktestRecord) -> str:
    """Say in one sentence whether a model beats the best baseline, and which models mostly failed."""
    folds = record.folds.groupby("model", sort=False)[["n_failed", "n_series"]].sum()
    mostly = folds[(2 * folds["n_failed"] > folds["n_series"]) & folds.index.isin(record.with_forecasts)]
    several, last = record.n_series > 1, " and stands last" * (len(folds) > 1)
    unit = "forecasts" if several else "origins"
    failures = [
        f" {name} failed at {n_failed:,} of {n_made:,} {unit}{last}."
        for name, n_failed, n_made in mostly.itertuples()
    ]
    return _judge(record) + "".join(failures)


def _judge(record: BacktestRecord) -> str:
    able = [name for name in record.ranking if name in record.with_forecasts]
    if not able:
        return "No model has forecast anything."
    if len(able) == 1:
        return _alone(record, able[0])
    other = record.opponent
    networks = [name for name in able if not record.is_baseline(name) and name != other]
    against_baseline = record.is_baseline(other) and bool(networks)
    tests = compare_pairs(record)
    comparisons = [
        _compare(record, name, other, tests.loc[name]) for name in networks or able if name != other
    ]
    if better := [comparison for comparison in comparisons if comparison.is_better]:
        best = max(better, key=lambda comparison: comparison.gain)
        by = f"{_percent(best.gain)} in {best.measure} {best.over}"
        return f"{best.model} beats {other} by {by} ({best.shown_p})."
    where = " on this series" if record.errors.n_series == 1 else ""
    return _undecided(record, comparisons[0]) or (
        _against_baseline(comparisons[0], where) if against_baseline else _among_equals(comparisons[0], where)
    )


def _undecided(record: BacktestRecord, comparison: _Comparison) -> str:
    """Return the sentence where there is no test, or its sign is another than that of the scores."""
    both = f"{comparison.model} and {comparison.other}"
    if not record.errors.has_forecast(comparison.model, comparison.other).any():
        return f"{both} have no forecast in common, so nothing can be said."
    if np.isnan(comparison.gain):
        return f"{both} cannot be compared: MASE is undefined where both have a forecast."
    if comparison.contradicts:
        return f"{_lead(comparison)}, but the test points the other way ({comparison.shown_p})."
    if not np.isnan(comparison.p):
        return ""
    if comparison.n_units >= MIN_ORIGINS:
        return f"{_lead(comparison)}, whose horizons all overlap, so there is no test."
    several = record.unit == "origins" and record.errors.n_series > 1
    needed = f"{MIN_ORIGINS} origins or {MIN_ORIGINS} series" if several else f"{MIN_ORIGINS}"
    return f"{_lead(comparison)}, too few for a test ({needed} are needed)."


def _against_baseline(comparison: _Comparison, where: str) -> str:
    p, scored = f"({comparison.shown_p})", f"in {comparison.measure} {comparison.over}"
    if comparison.gain > 0:
        lead = f"{comparison.model} is {_percent(comparison.gain)} ahead {scored}"
        return f"No model clearly beats {comparison.other}{where}: {lead}, which may be chance {p}."
    held = f"is {_percent(-comparison.gain)} behind {scored}"
    if comparison.gain == 0:
        held = f"has the same {comparison.measure} {comparison.over}"
    return f"No model beats {comparison.other}{where}: {comparison.model} {held} {p}."


def _among_equals(comparison: _Comparison, where: str) -> str:
    if comparison.is_worse:
        scored = f"{_percent(comparison.loss)} in {comparison.measure} {comparison.over}"
        return (
            f"{comparison.other} beats {comparison.model}, the next best, by {scored} ({comparison.shown_p})."
        )
    chance = ", which may be chance" if comparison.gain else ""
    return f"No model is clearly the best{where}: {_lead(comparison)}{chance} ({comparison.shown_p})."


def _lead(comparison: _Comparison) -> str:
    if comparison.gain == 0:
        return (
            f"{comparison.model} and {comparison.other} have the same {comparison.measure} {comparison.over}"
        )
    names = (
        (comparison.model, comparison.other) if comparison.gain > 0 else (comparison.other, comparison.model)
    )
    lead = _percent(comparison.gain if comparison.gain > 0 else comparison.loss)
    return f"{names[0]} is {lead} ahead of {names[1]} in {comparison.measure} {comparison.over}"


def _alone(record: BacktestRecord, name: str) -> str:
    if len(record.models) > 1:
        return f"Only {name} has forecast anything."
    errors = record.errors
    part, mase = float(errors.relative(name)), float(errors.mean(name, "MASE"))
    if not np.isfinite(part):
        return f"{name} has no other model to be held against."
    method = "the seasonal naive method's" if record.season_length > 1 else "the naive method's"
    percent = abs(100 * (1 - part))
    held = "the same as" if percent == 0 else f"{_percent(percent)} {'below' if part < 1 else 'above'}"
    return f"{name} has a MASE of {mase:.3g} over {_all_units(record)}, {held} {method}."


def _compare(record: BacktestRecord, name: str, other: str, test: pd.Series) -> _Comparison:
    errors = record.errors
    common = errors.has_forecast(name, other)
    means = {
        measure: tuple(float(errors.mean(each, metric, "model", common)) for each in (name, other))
        for metric, measure in (("MASE", "MASE"), ("MAE", "mean absolute error"))
    }
    single = record.n_series == 1
    measure = "MASE" if np.isfinite(means["MASE"]).all() or not single else "mean absolute error"
    own, their = means[measure]
    n_units = int(test[f"n_{record.unit}"])
    total = errors.n_series if record.unit == "series" else errors.n_origins
    over = f"over {_all_units(record)}"
    if n_units < total:
        over = f"over the {n_units:,} of {total:,} {record.unit} where both have a score"
    gain, loss = _below(own, their), _below(their, own)
    statistic, p = float(test["statistic"]), float(test["p_adjusted"])
    shown_p = _p(p) + (", unreliable as horizons overlap" if record.is_crowded else "")
    return _Comparison(name, other, gain, loss, measure, statistic, p, shown_p, over, n_units)


def _below(error: float, other: float) -> float:
    """Return by how many percent an error is below another."""
    if error == other and np.isfinite(error):
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(100.0 * (1.0 - np.float64(error) / np.float64(other)))


def _all_units(record: BacktestRecord) -> str:
    n_series, n_origins = record.errors.n_series, record.errors.n_origins
    if record.unit == "series":
        return f"{n_series:,} series"
    return counted(n_origins, "origin") + (f" of {n_series:,} series" if n_series > 1 else "")


def _percent(number: float) -> str:
    if number < 0.1:
        return "less than 0.1 %"
    if 99.5 <= number < 100:
        return f"{min(number, 99.9):.1f} %"
    return f"{number:.1f} %" if number < 0.95 else f"{number:.0f} %"


def _p(p_value: float) -> str:
    if p_value < 0.001:
        return "p < 0.001"
    return f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"
