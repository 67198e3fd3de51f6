"""Errors of all forecasts of a backtest as arrays, and their means by model, series, origin or step."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from tsrnn.evaluation.averages import mean_by, mean_of
from tsrnn.evaluation.measures import INTERVAL_MEASURES, LOSSES, MEASURES
from tsrnn.evaluation.observed_series import ObservedSeries
from tsrnn.evaluation.seasonal_naive import repeat_seasons, seasonal_scales
from tsrnn.metrics.significance import rank_losses
from tsrnn.timeseries.levels import interval_names

__all__ = ["By", "Errors"]

By = Literal["model", "series", "origin", "horizon"]
SEASONAL_NAIVE = "seasonal naive method"  # no model's name: it has no column


class Errors:
    """Errors of all forecasts of a backtest, of each pair of a series and an origin that it takes part in.

    Parameters
    ----------
    forecasts : DataFrame
        As in `Backtest.forecasts`: `horizon` rows for each pair.
    observed : ObservedSeries
    horizon, step, season_length : int
    gap : int
        Steps between the cutoff and the first that is evaluated.

    Attributes
    ----------
    ids : Index
        The series that take part in an origin.
    series, origin : ndarray of shape (n_pairs,)
        Place of the series in `ids`, and number of the origin, the oldest 0.
    sizes : ndarray of shape (n_pairs,)
        Observations up to the cutoff.
    scale : ndarray of shape (n_pairs,)
        Mean absolute seasonal change up to the cutoff. NaN where there is none, though others change.
    without_scale : ndarray of bool, shape (n_pairs,)
        Where nothing had changed from season to season.
    """

    def __init__(
        self,
        forecasts: pd.DataFrame,
        observed: ObservedSeries,
        *,
        horizon: int,
        step: int,
        season_length: int,
        gap: int = 0,
    ) -> None:
        self._forecasts, self._values = forecasts, observed.values
        self._horizon, self._gap, self._season = horizon, gap, season_length
        firsts = forecasts.iloc[::horizon]
        numbers = observed.ids.get_indexer(firsts["unique_id"])
        part, self.series = np.unique(numbers, return_inverse=True)
        self.ids = observed.ids[part]
        self._starts, lengths = observed.starts[numbers], observed.lengths[numbers]
        cutoffs = pd.Index(firsts["cutoff"])
        self.sizes = _find_labels(observed.times, cutoffs, self._starts, lengths) - self._starts + 1
        back = (lengths - gap - horizon - self.sizes) // step
        self.origin = back.max() - back
        codes, _ = pd.factorize(cutoffs)
        moments = np.unique(np.column_stack([self.origin, codes]), axis=0)
        is_time = isinstance(cutoffs, pd.DatetimeIndex | pd.PeriodIndex)
        self.is_simultaneous = is_time and len(moments) == len(np.unique(self.origin))
        self.scale = seasonal_scales(self._values, self._starts, self.sizes, season_length)
        self.without_scale = self.scale == 0
        if not self.without_scale.all():
            self.scale[self.without_scale] = np.nan
        self._pair_means: dict[tuple[str, str], np.ndarray] = {}

    @property
    def n_series(self) -> int:
        """Series that take part in an origin."""
        return len(self.ids)

    @property
    def n_origins(self) -> int:
        """Origins."""
        return int(self.origin.max()) + 1

    def has_forecast(self, *models: str) -> np.ndarray:
        """Return for each pair whether all of the models have a forecast, (n_pairs,)."""
        return np.all([~np.isnan(self._column(model)).any(axis=1) for model in models], axis=0)

    def points(self, model: str, metric: str) -> np.ndarray:
        """Return the error of each point, (n_pairs, horizon); NaN where value or forecast is missing.

        `metric` is a name in `MEASURES` or `LOSSES`, or one in `INTERVAL_MEASURES` with a level, such as
        "coverage-80". Of a root the mean of what is returned has to be taken first.
        """
        name, _, level = metric.partition("-")
        observed, scale = self._column("y"), self.scale[:, None]
        if name in INTERVAL_MEASURES:
            low, high = (self._column(f"{model}-{end}") for end in interval_names([float(level)]))
            return INTERVAL_MEASURES[name].errors(observed, low, high, float(level), scale)
        forecast = self._seasonal_naive if model == SEASONAL_NAIVE else self._column(model)
        return (MEASURES | LOSSES)[metric].errors(observed, forecast, scale)

    def by_pair(self, model: str, metric: str) -> np.ndarray:
        """Return the mean error of each pair of a series and an origin, (n_pairs,)."""
        if (model, metric) not in self._pair_means:
            means = mean_of(self.points(model, metric), axis=1)
            self._pair_means[model, metric] = np.sqrt(means) if _is_root(metric) else means
        return self._pair_means[model, metric]

    def mean(self, model: str, metric: str, by: By = "model", where: np.ndarray | None = None) -> np.ndarray:
        """Average a metric over origins within each series and then over series, each counting equally.

        Parameters
        ----------
        model, metric : str
            As in `points`. The root of a mean is taken of each pair, or by horizon of each series.
        by : {"model", "series", "origin", "horizon"}
            What is kept apart.
        where : ndarray of bool, shape (n_pairs,), optional
            Pairs that count; by default all.

        Returns
        -------
        ndarray of shape (), (n_series,), (n_origins,) or (horizon,)
        """
        if by == "horizon":
            return self._mean_by_step(model, metric, where)
        pairs = self.by_pair(model, metric)
        if where is not None:
            pairs = np.where(where, pairs, np.nan)
        if by == "origin":
            return mean_by(pairs, self.origin, self.n_origins)
        series = mean_by(pairs, self.series, self.n_series)
        return series if by == "series" else mean_of(series, axis=0)

    def relative(self, model: str, by: By = "model") -> np.ndarray:
        """Return a model's mean MASE over that of the seasonal naive method from the same pairs."""
        reference = self.mean(SEASONAL_NAIVE, "MASE", by, self.has_forecast(model))
        with np.errstate(divide="ignore", invalid="ignore"):  # a series that repeats exactly
            return self.mean(model, "MASE", by) / reference

    def skill(self, model: str, baseline: str, by: By = "model") -> np.ndarray:
        """Return by how many percent a model's mean MASE is below another's, from what both forecast."""
        common = self.has_forecast(model, baseline)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = self.mean(model, "MASE", by, common) / self.mean(baseline, "MASE", by, common)
        return 100.0 * (1.0 - part)

    def ranks(self, models: Sequence[str], by: By = "model") -> dict[str, np.ndarray]:
        """Return mean ranks by MASE, 1 the best, from the pairs that all models have forecast.

        Models are ranked on each series (by its mean over origins), or at each origin of a single one; by
        series or by origin, at each pair; by horizon, at each of its steps. One without any forecast has no
        rank.
        """
        able = [model for model in models if self.has_forecast(model).any()]
        shape = {"model": (), "series": self.n_series, "origin": self.n_origins, "horizon": self._horizon}
        ranks = {model: np.full(shape[by], np.nan) for model in models}
        if not able:
            return ranks
        common = self.has_forecast(*able)
        metric = "MAE" if self.n_series == 1 else "MASE"  # the same ranks, without a scale that may be 0
        if by in ("series", "origin"):
            losses = [np.where(common, self.by_pair(model, metric), np.nan) for model in able]
            codes, n = (self.series, self.n_series) if by == "series" else (self.origin, self.n_origins)
            return ranks | {
                model: mean_by(own, codes, n) for model, own in zip(able, rank_losses(losses), strict=True)
            }
        losses = [self._of_units(model, metric, by, common) for model in able]
        return ranks | {
            model: mean_of(own, axis=0) for model, own in zip(able, rank_losses(losses), strict=True)
        }

    def _of_units(self, model: str, metric: str, by: By, where: np.ndarray) -> np.ndarray:
        """Return errors of each series, or at each origin of a single one, and by horizon of each step."""
        points = self.points(model, metric) if by == "horizon" else self.by_pair(model, metric)
        points = np.where(where.reshape(-1, *(1,) * (points.ndim - 1)), points, np.nan)
        return points if self.n_series == 1 else mean_by(points, self.series, self.n_series)

    def _mean_by_step(self, model: str, metric: str, where: np.ndarray | None) -> np.ndarray:
        points = self.points(model, metric)
        if where is not None:
            points = np.where(where[:, None], points, np.nan)
        steps = mean_by(points, self.series, self.n_series)
        return mean_of(np.sqrt(steps) if _is_root(metric) else steps, axis=0)

    def _column(self, name: str) -> np.ndarray:
        return self._forecasts[name].to_numpy(dtype=float).reshape(-1, self._horizon)

    @cached_property
    def _seasonal_naive(self) -> np.ndarray:
        steps = np.arange(self._gap + 1, self._gap + self._horizon + 1)
        return repeat_seasons(self._values, self._starts, self.sizes, self._season, steps)


def _is_root(metric: str) -> bool:
    return metric in MEASURES and MEASURES[metric].is_root


def _find_labels(times: pd.Index, labels: pd.Index, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the row of each label in `times`, by bisection of the rows from its start on."""
    low, high = starts.copy(), starts + lengths - 1
    for _ in range(int(lengths.max()).bit_length()):
        middle = (low + high) // 2
        is_before = np.asarray(times.take(middle) < labels)
        low, high = np.where(is_before, middle + 1, low), np.where(is_before, high, middle)
        low = np.minimum(low, high)
    return low
