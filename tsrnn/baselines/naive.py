"""Naive, seasonal naive and drift forecasts, the benchmarks of every comparison."""

from typing import Any, Literal

import numpy as np

from tsrnn.baselines import parameters
from tsrnn.baselines.requirements import require
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Series
from tsrnn.timeseries.seasonality import find_season
from tsrnn.validation import with_parameters


@with_parameters(parameters.NAIVE)
class Naive(BaseForecaster):
    """Forecast the last observation, which is optimal for a random walk.

    Examples
    --------
    >>> Naive(horizon=2).fit([1, 3, 2]).predict().tolist()
    [2.0, 2.0]
    """

    is_baseline = True

    def __init__(
        self,
        horizon: int = 1,
        *,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        alias: str | None = None,
    ) -> None:
        self.horizon = horizon
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.alias = alias

    def _fit(self, series: Series) -> dict[str, Any]:
        return {}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        return np.repeat(values[-1], horizon)


@with_parameters(parameters.SEASONAL_NAIVE)
class SeasonalNaive(BaseForecaster):
    """Repeat the last season.

    Attributes
    ----------
    season_length_ : int
        The season in use; 1 if there is none.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history is shorter than one season.

    Examples
    --------
    >>> SeasonalNaive(season_length=3, horizon=4).fit([9, 1, 2, 3]).predict().tolist()
    [1.0, 2.0, 3.0, 1.0]
    """

    is_baseline = True
    season_length_: int

    def __init__(
        self,
        season_length: int | Literal["auto"] | None = "auto",
        horizon: int = 1,
        *,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.season_length = season_length
        self.horizon = horizon
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def _fit(self, series: Series) -> dict[str, Any]:
        season = find_season(series, self.season_length)
        self._last_season(series.values, season)
        return {"season_length_": season}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        return np.resize(self._last_season(values, self.season_length_), horizon)

    def _last_season(self, values: np.ndarray, season: int) -> np.ndarray:
        who = f"SeasonalNaive with season_length={season}"
        require(values, season, who, "Shorten season_length or supply more data.")
        return values[-season:]


@with_parameters(parameters.NAIVE)
class Drift(BaseForecaster):
    """Extrapolate the straight line through the first and the last observation.

    Raises
    ------
    ValueError
        From `fit` and `predict`, if the history has a single observation.

    Examples
    --------
    >>> Drift(horizon=2).fit([1, 9, 5]).predict().tolist()
    [7.0, 9.0]
    """

    is_baseline = True

    def __init__(
        self,
        horizon: int = 1,
        *,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        alias: str | None = None,
    ) -> None:
        self.horizon = horizon
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.alias = alias

    def _fit(self, series: Series) -> dict[str, Any]:
        require(series.values, 2, "Drift")
        return {}

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        require(values, 2, "Drift")
        slope = (values[-1] - values[0]) / (len(values) - 1)
        return values[-1] + slope * np.arange(1, horizon + 1)
