"""What came of a backtest, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.evaluation.comparison import able_models
from tsrnn.metrics.significance import MIN_ORIGINS
from tsrnn.validation import counted

if TYPE_CHECKING:
    from tsrnn.evaluation.result import Backtest

__all__ = ["write_verdict"]

ALPHA = 0.05


class _Duel(NamedTuple):
    """A model held against the one that all are held against."""

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
    def wins(self) -> bool:
        return self.p < ALPHA and self.statistic < 0 < self.gain

    @property
    def loses(self) -> bool:
        return self.p < ALPHA and self.statistic > 0 > self.gain

    @property
    def contradicts(self) -> bool:
        return self.p < ALPHA and self.statistic * self.gain > 0


def write_verdict(backtest: Backtest) -> str:
    """Say in one sentence whether a model beats the best baseline, as `Backtest.verdict` says."""
    able = [name for name in backtest.ranking if name in able_models(backtest)]
    if not able:
        return "No model has forecast anything."
    if len(able) == 1:
        return _alone(backtest, able[0])
    other = backtest.opponent
    is_baseline = {name: getattr(backtest.models[name], "is_baseline", False) for name in able}
    rivals = [name for name in able if not is_baseline[name] and name != other]
    against_baseline = is_baseline[other] and bool(rivals)
    tests = backtest.significance()
    duels = [_duel(backtest, name, other, tests.loc[name]) for name in rivals or able if name != other]
    if winners := [duel for duel in duels if duel.wins]:
        best = max(winners, key=lambda duel: duel.gain)
        by = f"{_percent(best.gain)} in {best.measure} {best.over}"
        return f"{best.model} beats {other} by {by} ({best.shown_p})."
    where = " on this series" if backtest.errors.n_series == 1 else ""
    return _undecided(backtest, duels[0]) or (
        _against_baseline(duels[0], where) if against_baseline else _among_equals(duels[0], where)
    )


def _undecided(backtest: Backtest, duel: _Duel) -> str:
    """Return the sentence where there is no test, or its sign is another than that of the scores."""
    both = f"{duel.model} and {duel.other}"
    if not backtest.errors.made(duel.model, duel.other).any():
        return f"{both} have no forecast in common, so nothing can be said."
    if np.isnan(duel.gain):
        return f"{both} cannot be compared: MASE is undefined where both have a forecast."
    if duel.contradicts:
        return f"{_lead(duel)}, but the test points the other way ({duel.shown_p})."
    if not np.isnan(duel.p):
        return ""
    if duel.n_units >= MIN_ORIGINS:
        return f"{_lead(duel)}, whose horizons all overlap, so there is no test."
    several = backtest.unit == "origins" and backtest.errors.n_series > 1
    needed = f"{MIN_ORIGINS} origins or {MIN_ORIGINS} series" if several else f"{MIN_ORIGINS}"
    return f"{_lead(duel)}, too few for a test ({needed} are needed)."


def _against_baseline(duel: _Duel, where: str) -> str:
    p, scored = f"({duel.shown_p})", f"in {duel.measure} {duel.over}"
    if duel.gain > 0:
        lead = f"{duel.model} is {_percent(duel.gain)} ahead {scored}"
        return f"No model clearly beats {duel.other}{where}: {lead}, which may be chance {p}."
    held = f"is {_percent(-duel.gain)} behind {scored}"
    if duel.gain == 0:
        held = f"has the same {duel.measure} {duel.over}"
    return f"No model beats {duel.other}{where}: {duel.model} {held} {p}."


def _among_equals(duel: _Duel, where: str) -> str:
    if duel.loses:
        scored = f"{_percent(duel.loss)} in {duel.measure} {duel.over}"
        return f"{duel.other} beats {duel.model}, the next best, by {scored} ({duel.shown_p})."
    chance = ", which may be chance" if duel.gain else ""
    return f"No model is clearly the best{where}: {_lead(duel)}{chance} ({duel.shown_p})."


def _lead(duel: _Duel) -> str:
    if duel.gain == 0:
        return f"{duel.model} and {duel.other} have the same {duel.measure} {duel.over}"
    names = (duel.model, duel.other) if duel.gain > 0 else (duel.other, duel.model)
    lead = _percent(duel.gain if duel.gain > 0 else duel.loss)
    return f"{names[0]} is {lead} ahead of {names[1]} in {duel.measure} {duel.over}"


def _alone(backtest: Backtest, name: str) -> str:
    if len(backtest.models) > 1:
        return f"Only {name} has forecast anything."
    errors = backtest.errors
    part, mase = float(errors.relative(name)), float(errors.mean(name, "MASE"))
    if not np.isfinite(part):
        return f"{name} has no other model to be held against."
    method = "the seasonal naive method's" if backtest.season_length > 1 else "the naive method's"
    percent = abs(100 * (1 - part))
    held = "the same as" if percent == 0 else f"{_percent(percent)} {'below' if part < 1 else 'above'}"
    return f"{name} has a MASE of {mase:.3g} over {_all_units(backtest)}, {held} {method}."


def _duel(backtest: Backtest, name: str, other: str, test: pd.Series) -> _Duel:
    errors = backtest.errors
    common = errors.made(name, other)
    pairs = {
        measure: tuple(float(errors.mean(each, metric, "model", common)) for each in (name, other))
        for metric, measure in (("MASE", "MASE"), ("MAE", "mean absolute error"))
    }
    single = backtest.truths.n_series == 1
    measure = "MASE" if np.isfinite(pairs["MASE"]).all() or not single else "mean absolute error"
    own, their = pairs[measure]
    n_units = int(test[f"n_{backtest.unit}"])
    total = errors.n_series if backtest.unit == "series" else errors.n_windows
    over = f"over {_all_units(backtest)}"
    if n_units < total:
        over = f"over the {n_units:,} of {total:,} {backtest.unit} where both have a score"
    gain, loss = _below(own, their), _below(their, own)
    statistic, p = float(test["statistic"]), float(test["p_adjusted"])
    shown_p = _p(p) + (", unreliable as horizons overlap" if backtest.is_crowded else "")
    return _Duel(name, other, gain, loss, measure, statistic, p, shown_p, over, n_units)


def _below(error: float, other: float) -> float:
    """Return by how many percent an error is below another."""
    if error == other and np.isfinite(error):
        return 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(100.0 * (1.0 - np.float64(error) / np.float64(other)))


def _all_units(backtest: Backtest) -> str:
    n_series, n_windows = backtest.errors.n_series, backtest.errors.n_windows
    if backtest.unit == "series":
        return f"{n_series:,} series"
    return counted(n_windows, "origin") + (f" of {n_series:,} series" if n_series > 1 else "")


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
