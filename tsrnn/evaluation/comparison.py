"""Tests of a backtest's models: in pairs, all at once, and by their ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from tsrnn.evaluation.errors import mean_by
from tsrnn.metrics.significance import (
    MIN_ORIGINS,
    block_bootstrap,
    critical_difference,
    diebold_mariano,
    friedman,
    holm,
    model_confidence_set,
    signed_rank,
)
from tsrnn.timeseries.levels import interval_names
from tsrnn.validation import check_choice, check_percent

if TYPE_CHECKING:
    from tsrnn.evaluation.result import Backtest

__all__ = [
    "able_models",
    "compare_pairs",
    "find_confidence_set",
    "rank_models",
    "skill_intervals",
    "unit_losses",
]

Unit = Literal["origins", "series"]


def compare_pairs(
    backtest: Backtest, against: str | None, loss: str, correction: Literal["holm"] | None
) -> pd.DataFrame:
    """Hold all models against one, as `Backtest.significance` says."""
    check_choice("loss", loss, ("absolute", "squared"))
    check_choice("correction", correction, ("holm", None))
    against = backtest.opponent if against is None else against
    check_choice("against", against, backtest.models)
    rows = {}
    for name in backtest.models:
        if name != against:
            pair = unit_losses(backtest, [name, against], backtest.unit, squared=loss == "squared").T
            lags = {} if backtest.unit == "series" else {"lags": backtest.lags}
            rows[name] = (
                against,
                *(signed_rank if backtest.unit == "series" else diebold_mariano)(*pair, **lags),
            )
    columns = ["against", "difference", "statistic", "p_value", f"n_{backtest.unit}"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")
    if correction is not None:
        table.insert(4, "p_adjusted", holm(table["p_value"].to_numpy(dtype=float)))
    return table


def find_confidence_set(backtest: Backtest, level: float) -> pd.DataFrame:
    """Find the models that may be the best, as `Backtest.confidence_set` says."""
    level = check_percent("level", level)
    names = able_models(backtest)
    losses = unit_losses(backtest, names, backtest.unit)
    n_units = int(np.isfinite(losses).all(axis=1).sum())
    length = block_length(backtest, n_units)
    found = model_confidence_set(losses if length else losses[:0], block_length=length or 1)
    p_value = pd.Series(found.p_value, names, dtype=float).reindex(pd.Index(backtest.models, name="model"))
    included = (p_value >= 1 - level / 100).astype("boolean").mask(p_value.isna())
    order = pd.Series(found.order, names, dtype="Int64").reindex(p_value.index)
    table = pd.DataFrame(
        {
            "p_value": p_value,
            "included": included,
            "eliminated": order.mask(included.fillna(True)),
            f"n_{backtest.unit}": n_units,
        }
    )
    mase = [float(backtest.errors.mean(name, "MASE")) for name in table.index]
    return table.iloc[np.argsort(mase, kind="stable")].sort_values("p_value", ascending=False, kind="stable")


def rank_models(backtest: Backtest, level: float) -> pd.DataFrame:
    """Rank models, as `Backtest.ranks` says."""
    level = check_percent("level", level)
    names = able_models(backtest)
    unit: Unit = "series" if backtest.errors.n_series > 1 else "origins"
    result = friedman(unit_losses(backtest, names, unit))
    p_value, distance = float("nan"), float("nan")
    if len(names) > 1 and result.n_units >= MIN_ORIGINS and (unit == "series" or not backtest.lags):
        p_value, distance = result.p_value, critical_difference(len(names), result.n_units, level)
    ranks = pd.Series(result.mean_ranks, names, dtype=float).reindex(pd.Index(backtest.models, name="model"))
    table = pd.DataFrame(
        {"rank": ranks, "critical_difference": distance, "p_value": p_value, f"n_{unit}": result.n_units}
    )
    return table.sort_values("rank", kind="stable")


def skill_intervals(backtest: Backtest, baseline: str, level: float = 95) -> pd.DataFrame:
    """Return each model's skill against `baseline`, with intervals by the bootstrap.

    Origins or series, the unit of `Backtest.significance`, are drawn with replacement, both models' together
    and in the blocks of `Backtest.confidence_set`; the ends are percentiles over 2,000 samples.

    Returns
    -------
    DataFrame indexed by ``model``, the largest skill first
        ``skill`` (percent, as in `Backtest.scores`), ``lo-95``, ``hi-95`` (NaN below 10 units) and
        ``n_origins`` or ``n_series``.
    """
    check_choice("baseline", baseline, backtest.models)
    level = check_percent("level", level)
    low, high = interval_names([level])
    tail = (100 - level) / 2
    rows = {}
    for name in backtest.models:
        losses = unit_losses(backtest, [name, baseline], backtest.unit, scaled=True)
        losses = losses[np.isfinite(losses).all(axis=1)]
        length = block_length(backtest, len(losses)) if len(losses) >= MIN_ORIGINS else 0
        ends = np.full(2, np.nan)
        if length:
            own, other = block_bootstrap(losses, block_length=length).T
            with np.errstate(divide="ignore", invalid="ignore"):
                ends = np.percentile(100 * (1 - own / other), [tail, 100 - tail])
        rows[name] = (float(backtest.errors.skill(name, baseline)), *ends, len(losses))
    columns = ["skill", low, high, f"n_{backtest.unit}"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")
    return table.sort_values("skill", ascending=False, kind="stable")


def able_models(backtest: Backtest) -> list[str]:
    """Models that have forecast anything."""
    return [name for name in backtest.models if backtest.errors.made(name).any()]


def block_length(backtest: Backtest, n_units: int) -> int:
    """Return how many units depend on each other in a bootstrap; 0 where there are too few for that."""
    if backtest.unit == "series" or not backtest.lags:
        return 1
    return min(2 * backtest.lags + 1, n_units // 3) if n_units >= 3 * (backtest.lags + 1) else 0


def unit_losses(
    backtest: Backtest, models: list[str], unit: Unit, *, squared: bool = False, scaled: bool = False
) -> np.ndarray:
    """Return mean losses from the cuts that all of `models` have forecast, (n_units, n_models).

    Of several series they are scaled as MASE is; of one, if `scaled`.
    """
    errors = backtest.errors
    kind = ("MASE", "MSSE") if scaled or backtest.truths.n_series > 1 else ("MAE", "MSE")
    losses = np.column_stack([errors.cuts(name, kind[squared]) for name in models] or [np.empty((0, 0))])
    if not models:
        return losses
    losses[np.isnan(losses).any(axis=1)] = np.nan
    if unit == "series":
        return mean_by(losses, errors.series, errors.n_series)
    return mean_by(losses, errors.window, errors.n_windows)
