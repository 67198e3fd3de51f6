"""Statistical comparison of a backtest's models: in pairs, all at once, and by their ranks."""

from typing import Literal

import numpy as np
import pandas as pd

from tsrnn.evaluation.averages import mean_by
from tsrnn.evaluation.record import BacktestRecord, Unit
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

__all__ = ["compare_pairs", "find_confidence_set", "rank_models", "skill_intervals"]


def compare_pairs(
    record: BacktestRecord,
    against: str | None = None,
    loss: str = "absolute",
    correction: Literal["holm"] | None = "holm",
) -> pd.DataFrame:
    """Test all models against one, as `Backtest.significance` says."""
    check_choice("loss", loss, ("absolute", "squared"))
    check_choice("correction", correction, ("holm", None))
    against = record.opponent if against is None else against
    check_choice("against", against, record.models)
    rows = {}
    for name in record.models:
        if name != against:
            pair = unit_losses(record, [name, against], record.unit, squared=loss == "squared").T
            lags = {} if record.unit == "series" else {"lags": record.lags}
            rows[name] = (
                against,
                *(signed_rank if record.unit == "series" else diebold_mariano)(*pair, **lags),
            )
    columns = ["against", "difference", "statistic", "p_value", f"n_{record.unit}"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")
    if correction is not None:
        table.insert(4, "p_adjusted", holm(table["p_value"].to_numpy(dtype=float)))
    return table


def find_confidence_set(record: BacktestRecord, level: float = 90) -> pd.DataFrame:
    """Find the models that may be the best, as `Backtest.confidence_set` says."""
    level = check_percent("level", level)
    names = record.with_forecasts
    losses = unit_losses(record, names, record.unit)
    n_units = int(np.isfinite(losses).all(axis=1).sum())
    length = block_length(record, n_units)
    found = model_confidence_set(losses if length else losses[:0], block_length=length or 1)
    p_value = pd.Series(found.p_value, names, dtype=float).reindex(pd.Index(record.models, name="model"))
    included = (p_value >= 1 - level / 100).astype("boolean").mask(p_value.isna())
    order = pd.Series(found.order, names, dtype="Int64").reindex(p_value.index)
    table = pd.DataFrame(
        {
            "p_value": p_value,
            "included": included,
            "eliminated": order.mask(included.fillna(True)),
            f"n_{record.unit}": n_units,
        }
    )
    return table.loc[record.mase.index].sort_values("p_value", ascending=False, kind="stable")


def rank_models(record: BacktestRecord, level: float = 95) -> pd.DataFrame:
    """Rank models, as `Backtest.ranks` says."""
    level = check_percent("level", level)
    names = record.with_forecasts
    unit: Unit = "series" if record.errors.n_series > 1 else "origins"
    result = friedman(unit_losses(record, names, unit))
    p_value, distance = float("nan"), float("nan")
    if len(names) > 1 and result.n_units >= MIN_ORIGINS and (unit == "series" or not record.lags):
        p_value, distance = result.p_value, critical_difference(len(names), result.n_units, level)
    ranks = pd.Series(result.mean_ranks, names, dtype=float).reindex(pd.Index(record.models, name="model"))
    table = pd.DataFrame(
        {"rank": ranks, "critical_difference": distance, "p_value": p_value, f"n_{unit}": result.n_units}
    )
    return table.sort_values("rank", kind="stable")


def skill_intervals(record: BacktestRecord, baseline: str, level: float = 95) -> pd.DataFrame:
    """Return each model's skill against `baseline`, with intervals by the bootstrap.

    Origins or series, the unit of `Backtest.significance`, are drawn with replacement, both models' together
    and in the blocks of `Backtest.confidence_set`; the ends are percentiles over 2,000 samples.

    Returns
    -------
    DataFrame indexed by ``model``, the largest skill first
        ``skill`` (percent, as in `Backtest.scores`), ``lo-95``, ``hi-95`` (NaN below 10 units) and
        ``n_origins`` or ``n_series``.
    """
    check_choice("baseline", baseline, record.models)
    level = check_percent("level", level)
    low, high = interval_names([level])
    tail = (100 - level) / 2
    losses = {name: unit_losses(record, [name, baseline], record.unit, scaled=True) for name in record.models}
    means = _bootstrap_means(record, losses)
    rows = {}
    for name in record.models:
        ends = np.full(2, np.nan)
        if name in means:
            own, other = means[name].T
            with np.errstate(divide="ignore", invalid="ignore"):
                ends = np.percentile(100 * (1 - own / other), [tail, 100 - tail])
        n_units = int(np.isfinite(losses[name]).all(axis=1).sum())
        rows[name] = (float(record.errors.skill(name, baseline)), *ends, n_units)
    columns = ["skill", low, high, f"n_{record.unit}"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")
    return table.sort_values("skill", ascending=False, kind="stable")


def _bootstrap_means(record: BacktestRecord, losses: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return bootstrap means of losses (n_units, k), drawn once for all that have the same units.

    Without those that have too few units.
    """
    sharing: dict[bytes, list[str]] = {}
    for name, table in losses.items():
        sharing.setdefault(np.isfinite(table).all(axis=1).tobytes(), []).append(name)
    means: dict[str, np.ndarray] = {}
    for units, names in sharing.items():
        taken = np.frombuffer(units, dtype=bool)
        n_units = int(taken.sum())
        length = block_length(record, n_units) if n_units >= MIN_ORIGINS else 0
        if length:
            # equal columns must have equal means, to the last bit
            table = np.column_stack([losses[name][taken] for name in names])
            columns, places = np.unique(table, axis=1, return_inverse=True)
            drawn = block_bootstrap(columns, block_length=length)[:, places.ravel()]
            means |= dict(zip(names, np.split(drawn, len(names), axis=1), strict=True))
    return means


def block_length(record: BacktestRecord, n_units: int) -> int:
    """Return how many units depend on each other in a bootstrap; 0 where there are too few for that."""
    if record.unit == "series" or not record.lags:
        return 1
    return min(2 * record.lags + 1, n_units // 3) if n_units >= 3 * (record.lags + 1) else 0


def unit_losses(
    record: BacktestRecord, models: list[str], unit: Unit, *, squared: bool = False, scaled: bool = False
) -> np.ndarray:
    """Return mean losses of each series or origin, (n_units, n_models), from what all models have forecast.

    Of several series they are scaled as MASE is; of one, if `scaled`.
    """
    errors = record.errors
    kind = ("MASE", "MSSE") if scaled or record.n_series > 1 else ("MAE", "MSE")
    losses = np.column_stack([errors.by_pair(name, kind[squared]) for name in models] or [np.empty((0, 0))])
    if not models:
        return losses
    losses[np.isnan(losses).any(axis=1)] = np.nan
    if unit == "series":
        return mean_by(losses, errors.series, errors.n_series)
    return mean_by(losses, errors.origin, errors.n_origins)
