"""Tables of scores: by model, series, origin or step ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tsrnn.evaluation.errors import By
from tsrnn.validation import check_choice

if TYPE_CHECKING:
    from tsrnn.evaluation.result import Backtest

__all__ = ["mean_scores", "score_table"]

METRICS = ("MASE", "sMAPE", "RMSE")


def score_table(backtest: Backtest, by: By = "model", baseline: str | None = None) -> pd.DataFrame:
    """Return the scores of a backtest, as `Backtest.scores` says."""
    check_choice("by", by, ("model", "series", "origin", "horizon"))
    if baseline is not None:
        check_choice("baseline", baseline, backtest.models)
    order = mean_scores(backtest, "MASE").sort_values(kind="stable").index
    labels = _labels(backtest, by)
    ranks = backtest.errors.ranks(list(backtest.models), by)
    tables = {
        name: pd.DataFrame(
            {
                metric: np.atleast_1d(ranks[name] if metric == "rank" else _mean(backtest, name, metric, by))
                for metric in _columns(backtest, baseline)
            },
            labels,
        ).rename(columns={f"skill {baseline}": "skill"})
        for name in order
    }
    if by != "model":
        return pd.concat(tables, names=["model", str(labels.name)])
    table = pd.concat(tables.values()).set_axis(pd.Index(order, name="model"))
    folds = backtest.folds.groupby("model", sort=False)
    tests = backtest.significance()
    return table.assign(
        fit_seconds=folds["fit_seconds"].mean(),
        predict_seconds=folds["predict_seconds"].mean(),
        p_value=tests["p_value"],
        p_adjusted=tests["p_adjusted"],
        failed=folds["n_failed"].sum(),
        history=folds["n_train"].max(),
    )


def mean_scores(backtest: Backtest, metric: str) -> pd.Series:
    """Return one score of each model."""
    return pd.Series({name: float(backtest.errors.mean(name, metric)) for name in backtest.models})


def _columns(backtest: Backtest, baseline: str | None) -> list[str]:
    intervals = [f"{kind}-{percent:g}" for percent in backtest.level for kind in ("coverage", "MSIS")]
    skill = [] if baseline is None else [f"skill {baseline}"]
    return [*METRICS, "vs SeasonalNaive", *skill, "rank", *intervals]


def _mean(backtest: Backtest, model: str, metric: str, by: By) -> np.ndarray:
    if metric == "vs SeasonalNaive":
        return backtest.errors.relative(model, by)
    if metric.startswith("skill "):
        return backtest.errors.skill(model, metric.removeprefix("skill "), by)
    return backtest.errors.mean(model, metric, by)


def _labels(backtest: Backtest, by: By) -> pd.Index:
    if by == "series":
        return backtest.errors.ids.rename("unique_id")
    if by == "origin":
        return _origin_labels(backtest)
    return pd.RangeIndex(1, 2) if by == "model" else backtest.steps


def _origin_labels(backtest: Backtest) -> pd.Index:
    firsts = backtest.forecasts["cutoff"].iloc[:: backtest.horizon]
    labels = pd.Index(firsts.groupby(backtest.errors.window).first(), name="cutoff")
    common = labels.take(backtest.errors.window).equals(pd.Index(firsts))
    return labels if common else pd.RangeIndex(1, len(labels) + 1, name="cutoff")
