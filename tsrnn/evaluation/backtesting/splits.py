"""Splits of a backtest: where each series is cut, and at which origins models are fitted."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tsrnn.evaluation.averages import mean_of
from tsrnn.evaluation.observed_series import ObservedSeries, read_observed
from tsrnn.evaluation.seasonal_naive import seasonal_scales
from tsrnn.timeseries.reading import read_panel
from tsrnn.timeseries.seasonality import find_season
from tsrnn.validation import check_positive_integer

__all__ = ["Splits", "cut_sizes", "make_splits"]


class Splits(NamedTuple):
    """Where many series are cut, and what is fitted and evaluated there.

    Attributes
    ----------
    observed : ObservedSeries
    horizon, gap : int
        Steps evaluated at each origin, and those after the cutoff, before them, that are not.
    step : int
        Observations between origins.
    sizes : ndarray of shape (n_windows, n_series)
        Observations up to each cutoff, oldest origin first; 0 where a series takes no part.
    season_length : int
        1 where there is none.
    refit_every : int
        A model is fitted at the first of as many origins, and forecasts from all.
    train_size : int or None
        The most recent observations that are given to models; None for all.
    """

    observed: ObservedSeries
    horizon: int
    gap: int
    step: int
    sizes: np.ndarray
    season_length: int
    refit_every: int
    train_size: int | None

    def fits(self, sizes: np.ndarray) -> list[list[int]]:
        """Return the origins of each fit, for some of the series, whose `sizes` have a column each."""
        taking_part = np.flatnonzero(sizes.any(axis=1)).tolist()
        firsts = range(0, len(sizes), self.refit_every)
        groups = [[w for w in taking_part if a <= w < a + self.refit_every] for a in firsts]
        return [group for group in groups if group]


def make_splits(
    y: Any,
    horizon: Any,
    *,
    n_windows: Any,
    step: Any,
    gap: Any,
    refit: Any,
    train_size: Any,
    season_length: Any,
    columns: Sequence[str],
) -> Splits:
    """Check the arguments of `backtest` and work out the folds.

    Raises
    ------
    TypeError, ValueError
        If a parameter or `y` cannot be used, or `y` is too short.
    """
    observed = read_observed(y, columns)
    horizon = check_positive_integer("horizon", horizon, "steps")
    gap = check_positive_integer("gap", gap, "steps", 0)
    n_windows = check_positive_integer("n_windows", n_windows, "origins")
    step = horizon if step is None else check_positive_integer("step", step, "observations")
    if train_size is not None:
        train_size = check_positive_integer("train_size", train_size, "observations, or None", 2)
    most = int(observed.lengths.max())
    if horizon > most or n_windows > most:
        raise ValueError(
            f"The longest series in `y` has {most:,} observations; horizon={horizon:,} and "
            f"n_windows={n_windows:,} need more. Lower them, or supply more data."
        )
    refit_every = _origins_between_fits(refit, n_windows)
    shortest = 2
    if season_length != "auto":
        season_length = 1 if season_length is None else season_length
        unit = 'observations, or "auto" or None'
        season_length = check_positive_integer("season_length", season_length, unit)
        shortest = season_length + 1
    sizes = cut_sizes(observed.lengths, horizon, n_windows, step, shortest, refit_every, gap)
    if season_length == "auto":
        season_length = _visible_season(observed, sizes)
        sizes = cut_sizes(observed.lengths, horizon, n_windows, step, season_length + 1, refit_every, gap)
    return Splits(observed, horizon, gap, step, sizes, season_length, refit_every, train_size)


def cut_sizes(
    lengths: np.ndarray,
    horizon: int,
    n_windows: int,
    step: int,
    shortest: int,
    refit_every: int = 1,
    gap: int = 0,
) -> np.ndarray:
    """Observations of each series up to each cutoff, oldest origin first; the last truth ends each series.

    A series with fewer than `shortest` observations before a cutoff takes no part in that origin: 0. Of
    `refit_every` origins that share a fit, it takes part in none unless in the first.

    Returns
    -------
    ndarray of shape (n_windows, n_series)

    Raises
    ------
    ValueError
        If no series takes part in the first origin.

    Examples
    --------
    >>> cut_sizes(np.array([100, 30]), horizon=12, n_windows=3, step=6, shortest=10)
    array([[76,  0],
           [82, 12],
           [88, 18]])
    """
    last = lengths - horizon - gap
    sizes = last - step * np.arange(n_windows - 1, -1, -1)[:, None]
    sizes[sizes < shortest] = 0
    if not sizes[0].any():
        needed = shortest + gap + horizon + (n_windows - 1) * step
        longest = "`y`" if len(lengths) == 1 else f"The longest of {len(lengths)} series in `y`"
        given = f"horizon={horizon}, gap={gap} and" if gap else f"horizon={horizon} and"
        raise ValueError(
            f"{longest} has {lengths.max()} observations; n_windows={n_windows} with {given} "
            f"step={step} needs at least {needed}, {shortest} of them for the first training window. "
            f"Lower n_windows, step{', gap' if gap else ''} or horizon, or supply more data."
        )
    for first in range(0, n_windows, refit_every):
        sizes[first : first + refit_every, sizes[first] == 0] = 0
    return sizes


def _origins_between_fits(refit: Any, n_windows: int) -> int:
    if isinstance(refit, bool):
        return 1 if refit else n_windows
    return check_positive_integer("refit", refit, "origins, or True for each or False for the first only")


def _visible_season(observed: ObservedSeries, sizes: np.ndarray) -> int:
    """Return the best of most series' natural seasons; 1 if none is short enough, or a single shows none."""
    sets, number = observed.panel.labels.seasons
    natural = sets[Counter(number.tolist()).most_common(1)[0][0]]
    season = (*natural, 1)[0]
    if season >= sizes[0].max():
        return 1
    train = observed.one(0).iloc[: sizes[0, 0]]
    is_shown = observed.n_series > 1 or season < len(train) < 3 * season
    if not is_shown and not train.isna().all():
        is_shown = find_season(read_panel(train, missing="interpolate").series(), "auto") > 1
    return _best_season(observed, sizes[0], natural) if is_shown and season > 1 else 1


def _best_season(observed: ObservedSeries, sizes: np.ndarray, seasons: tuple[int, ...]) -> int:
    """Return the season after which the series repeat best in the first training windows."""
    long_enough = [m for m in seasons if m == seasons[0] or 2 * m < sizes.max()]
    if len(long_enough) == 1:
        return long_enough[0]
    scales = np.array([seasonal_scales(observed.values, observed.starts, sizes, m) for m in long_enough])
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(scales[:1] > 0, scales / scales[:1], np.nan)  # to the first
    means = mean_of(relative, axis=1)
    return long_enough[int(np.argmin(np.where(np.isnan(means), np.inf, means)))]
