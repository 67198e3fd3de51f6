"""Errors of many forecasts at once: arrays over series and origins, and their means."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from tsrnn.evaluation.backtesting.origins import ObservedSeries
from tsrnn.metrics.observed import ratio
from tsrnn.metrics.point import seasonal_scale, symmetric_errors
from tsrnn.metrics.probabilistic import covered, interval_scores
from tsrnn.metrics.significance import rank_losses
from tsrnn.timeseries.levels import interval_names
from tsrnn.timeseries.reading import read_panel

__all__ = ["By", "Errors", "mean_by", "mean_of"]

By = Literal["model", "series", "origin", "horizon"]
SEASONAL_NAIVE = "seasonal naive method"  # no model's name: it has no column


class Errors:
    """What forecasts missed by; a cut is a series at an origin, and the frame has `horizon` rows for each.

    Parameters
    ----------
    forecasts : DataFrame
        As in `Backtest.forecasts`.
    truths : ObservedSeries
    horizon, step, season_length : int
    level : sequence of float
    gap : int
        Steps between the cutoff and the first that is judged.

    Attributes
    ----------
    ids : Index
        The series that take part in an origin.
    series, window : ndarray of shape (n_cuts,)
        Place of the series in `ids`, and number of the origin, the oldest 0.
    sizes : ndarray of shape (n_cuts,)
        Observations up to the cutoff.
    scale : ndarray of shape (n_cuts,)
        Mean absolute seasonal change in training. NaN where there is none, though others change.
    """

    def __init__(
        self,
        forecasts: pd.DataFrame,
        truths: ObservedSeries,
        *,
        horizon: int,
        step: int,
        season_length: int,
        level: Sequence[float],
        gap: int = 0,
    ) -> None:
        self._forecasts, self._truths = forecasts, truths
        self._horizon, self._gap, self._season, self._level = horizon, gap, season_length, level
        firsts = forecasts.iloc[::horizon]
        self._numbers = truths.ids.get_indexer(firsts["unique_id"])
        part, self.series = np.unique(self._numbers, return_inverse=True)
        self.ids = truths.ids[part]
        self.sizes = self._positions(pd.Index(firsts["cutoff"])) + 1
        back = (truths.lengths[self._numbers] - gap - horizon - self.sizes) // step
        self.window = back.max() - back
        self._truth = self._rows("y")
        self.scale = np.array([seasonal_scale(train, season_length) for train in self._trains()])
        self.without_scale = self.scale == 0
        if not self.without_scale.all():
            self.scale[self.without_scale] = np.nan
        self._naive = np.array([self._repeat_season(train) for train in self._trains()])
        self._known_cuts: dict[tuple[str, str], np.ndarray] = {}

    @property
    def n_series(self) -> int:
        """Series that take part in an origin."""
        return len(self.ids)

    @property
    def n_windows(self) -> int:
        """Origins."""
        return int(self.window.max()) + 1

    def made(self, *models: str) -> np.ndarray:
        """Where models have a forecast, all of them, for each cut."""
        return np.all([~np.isnan(self._rows(model)).any(axis=1) for model in models], axis=0)

    def points(self, model: str, metric: str) -> np.ndarray:
        """Return the error of each point, (n_cuts, horizon); NaN where truth or forecast is missing.

        `metric` is "MAE", "MASE", "sMAPE", "MSE", "MSSE", or "coverage-80" and "MSIS-80" for the level 80.
        """
        kind, _, percent = metric.partition("-")
        if kind in ("coverage", "MSIS"):
            low, high = (self._rows(f"{model}-{name}") for name in interval_names([float(percent)]))
            if kind == "coverage":
                return covered(self._truth, low, high)
            return ratio(interval_scores(self._truth, low, high, float(percent)), self.scale[:, None])
        forecast = self._naive if model == SEASONAL_NAIVE else self._rows(model)
        if kind == "sMAPE":
            return symmetric_errors(self._truth, forecast)
        error = np.abs(self._truth - forecast)
        if kind in ("MASE", "MSSE"):
            error = ratio(error, self.scale[:, None])
        return error**2 if kind in ("MSE", "MSSE") else error

    def cuts(self, model: str, metric: str) -> np.ndarray:
        """Return the mean error of each cut, (n_cuts,); "RMSE" is the root of the mean square."""
        if (model, metric) not in self._known_cuts:
            points = self.points(model, "MSE" if metric == "RMSE" else metric)
            cuts = mean_of(points, axis=1)
            self._known_cuts[model, metric] = np.sqrt(cuts) if metric == "RMSE" else cuts
        return self._known_cuts[model, metric]

    def mean(self, model: str, metric: str, by: By = "model", where: np.ndarray | None = None) -> np.ndarray:
        """Average a metric over origins within each series and then over series, each counting equally.

        Parameters
        ----------
        model, metric : str
            As in `points`; also "RMSE", the root of the mean square of a cut, or by horizon of a series.
        by : {"model", "series", "origin", "horizon"}
            What is kept apart.
        where : ndarray of bool, shape (n_cuts,), optional
            Cuts that count; by default all.

        Returns
        -------
        ndarray of shape (), (n_series,), (n_windows,) or (horizon,)
        """
        if by == "horizon":
            return self._mean_by_step(model, metric, where)
        cuts = self.cuts(model, metric)
        if where is not None:
            cuts = np.where(where, cuts, np.nan)
        if by == "origin":
            return mean_by(cuts, self.window, self.n_windows)
        series = mean_by(cuts, self.series, self.n_series)
        return series if by == "series" else mean_of(series, axis=0)

    def relative(self, model: str, by: By = "model") -> np.ndarray:
        """Return a model's mean MASE over that of SeasonalNaive from the same cuts."""
        reference = self.mean(SEASONAL_NAIVE, "MASE", by, self.made(model))
        with np.errstate(divide="ignore", invalid="ignore"):  # a series that repeats exactly
            return self.mean(model, "MASE", by) / reference

    def skill(self, model: str, baseline: str, by: By = "model") -> np.ndarray:
        """Return by how many percent a model's mean MASE is below another's from the cuts both forecast."""
        common = self.made(model, baseline)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = self.mean(model, "MASE", by, common) / self.mean(baseline, "MASE", by, common)
        return 100.0 * (1.0 - part)

    def ranks(self, models: Sequence[str], by: By = "model") -> dict[str, np.ndarray]:
        """Return mean ranks by MASE, 1 the best, from the cuts that all have forecast.

        Models are ranked on each series (by its mean over origins), or at each origin of a single one; by
        series or by origin, at each cut; by horizon, at each of its steps. One without any forecast has no
        rank.
        """
        able = [model for model in models if self.made(model).any()]
        shape = {"model": (), "series": self.n_series, "origin": self.n_windows, "horizon": self._horizon}
        ranks = {model: np.full(shape[by], np.nan) for model in models}
        if not able:
            return ranks
        common = self.made(*able)
        metric = "MAE" if self.n_series == 1 else "MASE"  # the same ranks, without a scale that may be 0
        if by in ("series", "origin"):
            losses = [np.where(common, self.cuts(model, metric), np.nan) for model in able]
            codes, n = (self.series, self.n_series) if by == "series" else (self.window, self.n_windows)
            return ranks | {
                model: mean_by(own, codes, n) for model, own in zip(able, rank_losses(losses), strict=True)
            }
        losses = [self._of_units(model, metric, by, common) for model in able]
        return ranks | {
            model: mean_of(own, axis=0) for model, own in zip(able, rank_losses(losses), strict=True)
        }

    def _of_units(self, model: str, metric: str, by: By, where: np.ndarray) -> np.ndarray:
        """Errors of each series, or at each origin of a single one, and by horizon of each step."""
        points = self.points(model, metric) if by == "horizon" else self.cuts(model, metric)
        points = np.where(where.reshape(-1, *(1,) * (points.ndim - 1)), points, np.nan)
        return points if self.n_series == 1 else mean_by(points, self.series, self.n_series)

    def _mean_by_step(self, model: str, metric: str, where: np.ndarray | None) -> np.ndarray:
        points = self.points(model, "MSE" if metric == "RMSE" else metric)
        if where is not None:
            points = np.where(where[:, None], points, np.nan)
        steps = mean_by(points, self.series, self.n_series)
        return mean_of(np.sqrt(steps) if metric == "RMSE" else steps, axis=0)

    def _rows(self, column: str) -> np.ndarray:
        return self._forecasts[column].to_numpy(dtype=float).reshape(-1, self._horizon)

    def _trains(self) -> list[np.ndarray]:
        starts = self._truths.starts[self._numbers]
        return [self._truths.values[a : a + size] for a, size in zip(starts, self.sizes, strict=True)]

    def _positions(self, cutoffs: pd.Index) -> np.ndarray:
        """Where each cutoff stands in its series."""
        positions = np.empty(len(cutoffs), dtype=int)
        changes = np.flatnonzero(np.diff(self.series)) + 1
        for rows in np.split(np.arange(len(cutoffs)), changes):
            index = self._truths.series[self._numbers[rows[0]]].index
            positions[rows] = index.get_indexer(cutoffs[rows])
        return positions

    def _repeat_season(self, train: np.ndarray) -> np.ndarray:
        """Return SeasonalNaive's forecast; gaps in training are interpolated."""
        if np.isnan(train[-self._season :]).any():
            if np.isnan(train).all():
                return np.full(self._horizon, np.nan)
            train = read_panel(train, missing="interpolate").arrays.values[:, 0]
        return np.resize(train[-self._season :], self._gap + self._horizon)[self._gap :]


def mean_of(values: np.ndarray, axis: int) -> np.ndarray:
    """Average what is not NaN; NaN where nothing is.

    Examples
    --------
    >>> mean_of(np.array([[1.0, np.nan], [3.0, np.nan]]), axis=0)
    array([ 2., nan])
    """
    seen = ~np.isnan(values)
    return _divide(np.where(seen, values, 0.0).sum(axis), seen.sum(axis))


def mean_by(values: np.ndarray, codes: np.ndarray, n: int) -> np.ndarray:
    """Average the rows of each code from 0 to n - 1 as `mean_of` does.

    Examples
    --------
    >>> mean_by(np.array([1.0, 5.0, np.nan, 3.0]), np.array([0, 0, 1, 2]), 3)
    array([ 3., nan,  3.])
    """
    seen = ~np.isnan(values)
    totals, counts = np.zeros((n, *values.shape[1:])), np.zeros((n, *values.shape[1:]))
    np.add.at(totals, codes, np.where(seen, values, 0.0))
    np.add.at(counts, codes, seen)
    return _divide(totals, counts)


def _divide(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    nothing = np.full(np.shape(totals), np.nan)
    return np.divide(totals, counts, out=nothing, where=np.asarray(counts) > 0)
