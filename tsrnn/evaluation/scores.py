"""Tables of scores: by model, series, origin or step ahead."""

import numpy as np
import pandas as pd

from tsrnn.evaluation.comparison import compare_pairs
from tsrnn.evaluation.errors import By
from tsrnn.evaluation.measures import INTERVAL_MEASURES, MEASURES
from tsrnn.evaluation.record import BacktestRecord
from tsrnn.validation import check_choice

__all__ = ["score_table"]


def score_table(record: BacktestRecord, by: By = "model", baseline: str | None = None) -> pd.DataFrame:
    """Return the scores of all models, as `Backtest.scores` says."""
    check_choice("by", by, ("model", "series", "origin", "horizon"))
    if baseline is not None:
        check_choice("baseline", baseline, record.models)
    order = record.mase.index
    labels = _labels(record, by)
    ranks = record.errors.ranks(list(record.models), by)
    tables = {
        name: pd.DataFrame(
            {
                metric: np.atleast_1d(ranks[name] if metric == "rank" else _mean(record, name, metric, by))
                for metric in _columns(record, baseline)
            },
            labels,
        ).rename(columns={f"skill {baseline}": "skill"})
        for name in order
    }
    if by != "model":
        return pd.concat(tables, names=["model", str(labels.name)])
    table = pd.concat(tables.values()).set_axis(pd.Index(order, name="model"))
    folds = record.folds.groupby("model", sort=False)
    tests = compare_pairs(record)
    return table.assign(
        fit_seconds=folds["fit_seconds"].mean(),
        predict_seconds=folds["predict_seconds"].mean(),
        p_value=tests["p_value"],
        p_adjusted=tests["p_adjusted"],
        failed=folds["n_failed"].sum(),
        history=folds["n_train"].max(),
    )


def _columns(record: BacktestRecord, baseline: str | None) -> list[str]:
    intervals = [f"{kind}-{percent:g}" for percent in record.level for kind in INTERVAL_MEASURES]
    skill = [] if baseline is None else [f"skill {baseline}"]
    return [*MEASURES, "vs SeasonalNaive", *skill, "rank", *intervals]


def _mean(record: BacktestRecord, model: str, metric: str, by: By) -> np.ndarray:
    if metric == "vs SeasonalNaive":
        return record.errors.relative(model, by)
    if metric.startswith("skill "):
        return record.errors.skill(model, metric.removeprefix("skill "), by)
    return record.errors.mean(model, metric, by)


def _labels(record: BacktestRecord, by: By) -> pd.Index:
    if by == "series":
        return pd.Index(record.errors.ids.tolist(), tupleize_cols=False, name="unique_id")
    if by == "origin":
        return _origin_labels(record)
    return pd.RangeIndex(1, 2) if by == "model" else record.steps


def _origin_labels(record: BacktestRecord) -> pd.Index:
    firsts = record.forecasts["cutoff"].iloc[:: record.horizon]
    labels = pd.Index(firsts.groupby(record.errors.origin).first(), name="cutoff")
    common = labels.take(record.errors.origin).equals(pd.Index(firsts))
    return labels if common else pd.RangeIndex(1, len(labels) + 1, name="cutoff")
