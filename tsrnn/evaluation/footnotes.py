"""Footnotes of a score table: sentences on how the scores were computed, and what limits them."""

import numpy as np

from tsrnn.evaluation.comparison import compare_pairs
from tsrnn.evaluation.measures import INTERVAL_MEASURES
from tsrnn.evaluation.record import BacktestRecord
from tsrnn.metrics.significance import MIN_ORIGINS
from tsrnn.validation import counted

__all__ = ["write_notes"]

MANY_ZEROS = 20  # percent
HOLM = "corrected by Holm's method"


def write_notes(record: BacktestRecord) -> list[str]:
    """Return the footnotes of a backtest's scores."""
    return [
        *_score_notes(record),
        *_interval_notes(record),
        *_rank_notes(record),
        *_test_notes(record),
        *_training_notes(record),
        *_series_notes(record),
        *_missing_notes(record),
        *_failure_notes(record),
    ]


def _score_notes(record: BacktestRecord) -> list[str]:
    errors, season = record.errors, record.season_length
    scaled = "all before each cutoff" if record.train_size else "each training window"
    of = f" of {errors.n_series:,} series, each counting equally" if errors.n_series > 1 else ""
    notes = [
        f"Means over {counted(errors.n_origins, 'origin')}{of}; MASE is scaled by the seasonal naive method "
        f"(season_length={season}) in {scaled}.",
        "sMAPE is the mean of 200 |y - f| / (|y| + |f|), from 0 to 200.",
    ]
    if record.gap:
        notes.append(
            f"The first {counted(record.gap, 'step')} after each cutoff were forecast, but not evaluated."
        )
    if season == 1:
        notes.append('There is no season: "vs SeasonalNaive" is relative to Naive.')
    if errors.without_scale.any() and not errors.without_scale.all():
        n, total = int(errors.without_scale.sum()), len(errors.without_scale)
        notes.append(f"{n:,} of {total:,} forecasts have no MASE: nothing had changed from season to season.")
    return [*notes, *_zero_notes(record), *_season_notes(record)]


def _zero_notes(record: BacktestRecord) -> list[str]:
    zeros = 100 * float((record.forecasts["y"] == 0).mean())
    if zeros < MANY_ZEROS:
        return []
    return [
        f"{zeros:.0f} % of the observed values are 0: MASE and sMAPE favour forecasts of the median, which "
        'may be 0, RMSE and significance(loss="squared") those of the mean.'
    ]


def _season_notes(record: BacktestRecord) -> list[str]:
    name = "SeasonalNaive"
    if name not in record.models or abs(float(record.errors.relative(name)) - 1.0) < 1e-9:
        return []
    return [
        f'"vs SeasonalNaive" is relative to repeating the last {record.season_length:,} observations; the '
        "model of that name has seasons of its own."
    ]


def _interval_notes(record: BacktestRecord) -> list[str]:
    if not record.level:
        return []
    names = [f"{name}-lo-{record.level[0]:g}" for name in record.models]
    without = [
        name for name, low in zip(record.models, names, strict=True) if record.forecasts[low].isna().all()
    ]
    notes = ["; ".join(f"{name}: {measure.explanation}" for name, measure in INTERVAL_MEASURES.items()) + "."]
    return [*notes, f"{', '.join(without)} gave no intervals."] if without else notes


def _rank_notes(record: BacktestRecord) -> list[str]:
    able, errors = record.with_forecasts, record.errors
    if len(able) < 2:
        return []
    unit = "series" if errors.n_series > 1 else "origin"
    total = errors.n_series if unit == "series" else errors.n_origins
    codes = errors.series if unit == "series" else errors.origin
    common = len(np.unique(codes[errors.has_forecast(*able)]))
    if common == total:
        over = "each series" if unit == "series" else "each origin"
    else:
        over = f"the {common:,} of {total:,} {unit if unit == 'series' else 'origins'} that all forecast"
    return [f"rank: mean of the ranks by MASE on {over}, 1 the best."]


def _test_notes(record: BacktestRecord) -> list[str]:
    n_origins, n_series = record.errors.n_origins, record.errors.n_series
    if len(record.models) == 1:
        return []
    n_tests = int(compare_pairs(record)["p_value"].count())
    corrected = f"; {HOLM} for {n_tests} tests" if n_tests > 1 else ""
    if record.unit == "series":
        test = f"Wilcoxon's signed-rank test of the series' mean scaled absolute errors {_role(record)}"
        return [f"p_adjusted: {test}, which takes the {n_series:,} series to be independent{corrected}."]
    if n_origins < MIN_ORIGINS:
        made = counted(n_origins, "origin") + (f" of {n_series} series" if n_series > 1 else "")
        enough = f" {MIN_ORIGINS}" + (f", or {MIN_ORIGINS} series" if n_series > 1 else "")
        return [f"No p-value: {made}; the Diebold-Mariano test needs at least{enough}."]
    if n_origins <= record.lags:
        return ["No p-value: all horizons overlap each other; use more origins or a longer step."]
    scaled = "mean scaled absolute error" if n_series > 1 else "mean absolute error"
    notes = [f"p_adjusted: Diebold-Mariano test of equal {scaled} {_role(record)}{corrected}."]
    if record.is_crowded:
        notes.append(
            "Horizons overlap and origins are few, which makes p-values too small: "
            f"use {MIN_ORIGINS * (record.lags + 1)} origins, or a longer step."
        )
    return notes


def _role(record: BacktestRecord) -> str:
    if record.is_baseline(record.opponent):
        return f"against {record.opponent}, the best baseline"
    some = any(record.is_baseline(name) for name in record.models)
    why = "no baseline has a forecast" if some else "there is no baseline"
    return f"against {record.opponent}, the best model, as {why}"


def _training_notes(record: BacktestRecord) -> list[str]:
    notes = []
    if not record.refit:
        notes.append("Each model was fitted once, before the first origin.")
    elif record.refit > 1:
        notes.append(f"Each model was fitted anew at one in {record.refit:,} origins.")
    if record.settled:
        models = ", ".join(record.settled)
        notes.append(f"Orders and components were searched once, at the first origin: {models}.")
    longest = record.errors.sizes.max()
    if record.train_size is not None and longest > record.train_size:
        notes.append(f"All models were given the most recent {record.train_size:,} observations only.")
    for cap in sorted(set(record.max_history.values())):
        if longest > cap:
            capped = [name for name, limit in record.max_history.items() if limit == cap]
            notes.append(f"{', '.join(capped)}: given the most recent {cap:,} observations only.")
    for table, given in record.covariates.items():
        others = [name for name in record.models if name not in given]
        if others:
            notes.append(f"{', '.join(others)}: forecast without `{table}`.")
    return notes


def _series_notes(record: BacktestRecord) -> list[str]:
    errors, n_series = record.errors, record.n_series
    part, origins = np.unique(errors.series, return_counts=True)
    notes = []
    if short := int((origins < errors.n_origins).sum()):
        notes.append(
            f"{short:,} of {n_series:,} series are too short for every origin, and are evaluated at later "
            "ones."
        )
    if absent := n_series - len(part):
        notes.append(f"{absent:,} of {n_series:,} series are too short for any origin, and are left out.")
    return notes


def _missing_notes(record: BacktestRecord) -> list[str]:
    missing = record.forecasts["y"].isna()
    if not missing.any():
        return []
    return [f"{missing.sum()} of {len(missing)} values to forecast were never observed and are skipped."]


def _failure_notes(record: BacktestRecord) -> list[str]:
    folds, several = record.folds, record.n_series > 1
    failed = folds["n_failed"] > 0
    notes = []
    for name, rows in folds[failed].groupby("model", sort=False):
        origins = f"{len(rows)} of {counted(record.errors.n_origins, 'origin')}"
        if several:
            n_made = int(folds.loc[folds["model"] == name, "n_series"].sum())
            origins = f"{rows['n_failed'].sum():,} of {n_made:,} forecasts"
        notes.append(f"{name} failed at {origins}: {rows['message'].iloc[0]}")
    warned = folds.loc[~failed & (folds["message"] != ""), "model"].unique()
    return [*notes, f"Warnings from {', '.join(warned)}: see .folds."] if len(warned) else notes
