"""Footnotes: what a reader of the scores has to know, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsrnn.evaluation.comparison import able_models
from tsrnn.metrics.significance import MIN_ORIGINS
from tsrnn.timeseries.frequency import count_absent
from tsrnn.validation import counted

if TYPE_CHECKING:
    from tsrnn.evaluation.result import Backtest

__all__ = ["write_notes"]

MANY_ZEROS = 20  # percent
MOST_INDEXES = 100  # that are looked at for absent rows
HOLM = "corrected by Holm's method"


def write_notes(backtest: Backtest) -> list[str]:
    """Return the footnotes of a backtest's scores."""
    return [
        *_score_notes(backtest),
        *_interval_notes(backtest),
        *_rank_notes(backtest),
        *_test_notes(backtest),
        *_training_notes(backtest),
        *_series_notes(backtest),
        *_absence_notes(backtest),
        *_truth_notes(backtest),
        *_failure_notes(backtest),
    ]


def _score_notes(backtest: Backtest) -> list[str]:
    errors, season = backtest.errors, backtest.season_length
    scaled = "all before each cutoff" if backtest.train_size else "each training window"
    of = f" of {errors.n_series:,} series, each counting equally" if errors.n_series > 1 else ""
    notes = [
        f"Means over {counted(errors.n_windows, 'origin')}{of}; MASE is scaled by the seasonal naive method "
        f"(season_length={season}) in {scaled}.",
        "sMAPE is the mean of 200 |y - f| / (|y| + |f|), from 0 to 200.",
    ]
    if backtest.gap:
        notes.append(
            f"The first {counted(backtest.gap, 'step')} after each cutoff were forecast, but are not judged."
        )
    if season == 1:
        notes.append('There is no season: "vs SeasonalNaive" is relative to Naive.')
    if errors.without_scale.any() and not errors.without_scale.all():
        n, total = int(errors.without_scale.sum()), len(errors.without_scale)
        notes.append(f"{n:,} of {total:,} forecasts have no MASE: nothing had changed from season to season.")
    return [*notes, *_zero_notes(backtest), *_season_notes(backtest)]


def _zero_notes(backtest: Backtest) -> list[str]:
    zeros = 100 * float((backtest.forecasts["y"] == 0).mean())
    if zeros < MANY_ZEROS:
        return []
    return [
        f"{zeros:.0f} % of the truth is 0: MASE and sMAPE favour forecasts of the median, which may be 0, "
        'RMSE and significance(loss="squared") those of the mean.'
    ]


def _season_notes(backtest: Backtest) -> list[str]:
    name = "SeasonalNaive"
    if name not in backtest.models or abs(float(backtest.errors.relative(name)) - 1.0) < 1e-9:
        return []
    return [
        f'"vs SeasonalNaive" is relative to repeating the last {backtest.season_length:,} observations; the '
        "model of that name has seasons of its own."
    ]


def _interval_notes(backtest: Backtest) -> list[str]:
    if not backtest.level:
        return []
    names = [f"{name}-lo-{backtest.level[0]:g}" for name in backtest.models]
    silent = [
        name for name, low in zip(backtest.models, names, strict=True) if backtest.forecasts[low].isna().all()
    ]
    notes = [
        "coverage: percent of the truth inside the interval; MSIS: mean scaled interval score, which adds up "
        "width and misses."
    ]
    return [*notes, f"{', '.join(silent)} gave no intervals."] if silent else notes


def _rank_notes(backtest: Backtest) -> list[str]:
    able, errors = able_models(backtest), backtest.errors
    if len(able) < 2:
        return []
    unit = "series" if errors.n_series > 1 else "origin"
    total = errors.n_series if unit == "series" else errors.n_windows
    codes = errors.series if unit == "series" else errors.window
    common = len(np.unique(codes[errors.made(*able)]))
    if common == total:
        over = "each series" if unit == "series" else "each origin"
    else:
        over = f"the {common:,} of {total:,} {unit if unit == 'series' else 'origins'} that all forecast"
    return [f"rank: mean of the ranks by MASE on {over}, 1 the best."]


def _test_notes(backtest: Backtest) -> list[str]:
    n_windows, n_series = backtest.errors.n_windows, backtest.errors.n_series
    if len(backtest.models) == 1:
        return []
    n_tests = int(backtest.significance()["p_value"].count())
    corrected = f"; {HOLM} for {n_tests} tests" if n_tests > 1 else ""
    if backtest.unit == "series":
        test = f"Wilcoxon's signed-rank test of the series' mean scaled absolute errors {_role(backtest)}"
        return [f"p_adjusted: {test}, which takes the {n_series:,} series to be independent{corrected}."]
    if n_windows < MIN_ORIGINS:
        made = counted(n_windows, "origin") + (f" of {n_series} series" if n_series > 1 else "")
        enough = f" {MIN_ORIGINS}" + (f", or {MIN_ORIGINS} series" if n_series > 1 else "")
        return [f"No p-value: {made}; the Diebold-Mariano test needs at least{enough}."]
    if n_windows <= backtest.lags:
        return ["No p-value: all horizons overlap each other; use more origins or a longer step."]
    scaled = "mean scaled absolute error" if n_series > 1 else "mean absolute error"
    notes = [f"p_adjusted: Diebold-Mariano test of equal {scaled} {_role(backtest)}{corrected}."]
    if backtest.is_crowded:
        notes.append(
            "Horizons overlap and origins are few, which makes p-values too small: "
            f"use {MIN_ORIGINS * (backtest.lags + 1)} origins, or a longer step."
        )
    return notes


def _role(backtest: Backtest) -> str:
    if getattr(backtest.models[backtest.opponent], "is_baseline", False):
        return f"against {backtest.opponent}, the best baseline"
    some = any(getattr(model, "is_baseline", False) for model in backtest.models.values())
    why = "no baseline has a forecast" if some else "there is no baseline"
    return f"against {backtest.opponent}, the best model, as {why}"


def _training_notes(backtest: Backtest) -> list[str]:
    notes = []
    if not backtest.refit:
        notes.append("Each model was fitted once, before the first origin.")
    elif backtest.refit > 1:
        notes.append(f"Each model was fitted anew at one in {backtest.refit:,} origins.")
    if backtest.settled:
        models = ", ".join(backtest.settled)
        notes.append(f"Orders and components were searched once, at the first origin: {models}.")
    longest = backtest.errors.sizes.max()
    if backtest.train_size is not None and longest > backtest.train_size:
        notes.append(f"All models were given the most recent {backtest.train_size:,} observations only.")
    for cap in sorted(set(backtest.max_history.values())):
        if longest > cap:
            capped = [name for name, limit in backtest.max_history.items() if limit == cap]
            notes.append(f"{', '.join(capped)}: given the most recent {cap:,} observations only.")
    for table, given in backtest.covariates.items():
        others = [name for name in backtest.models if name not in given]
        if others:
            notes.append(f"{', '.join(others)}: forecast without `{table}`.")
    return notes


def _series_notes(backtest: Backtest) -> list[str]:
    errors, n_series = backtest.errors, backtest.truths.n_series
    part, origins = np.unique(errors.series, return_counts=True)
    notes = []
    if short := int((origins < errors.n_windows).sum()):
        notes.append(
            f"{short:,} of {n_series:,} series are too short for every origin, and are judged at later ones."
        )
    if absent := n_series - len(part):
        notes.append(f"{absent:,} of {n_series:,} series are too short for any origin, and are left out.")
    return notes


def _absence_notes(backtest: Backtest) -> list[str]:
    absent = sum(count_absent(one.index) for one in backtest.truths.series[:MOST_INDEXES])
    if not absent:
        return []
    rows = "1 row is" if absent == 1 else f"{absent:,} rows are"
    return [f"{rows} absent from the index of `y`, and seasons count rows: y.asfreq() makes gaps visible."]


def _truth_notes(backtest: Backtest) -> list[str]:
    truth = backtest.forecasts["y"]
    if not truth.isna().any():
        return []
    return [f"{truth.isna().sum()} of {len(truth)} points of truth were never observed and are skipped."]


def _failure_notes(backtest: Backtest) -> list[str]:
    folds, several = backtest.folds, backtest.truths.n_series > 1
    failed = folds["n_failed"] > 0
    notes = []
    for name, rows in folds[failed].groupby("model", sort=False):
        origins = f"{len(rows)} of {counted(backtest.errors.n_windows, 'origin')}"
        if several:
            n_made = int(folds.loc[folds["model"] == name, "n_series"].sum())
            origins = f"{rows['n_failed'].sum():,} of {n_made:,} forecasts"
        notes.append(f"{name} failed at {origins}: {rows['message'].iloc[0]}")
    warned = folds.loc[~failed & (folds["message"] != ""), "model"].unique()
    return [*notes, f"Warnings from {', '.join(warned)}: see .folds."] if len(warned) else notes
