"""The parts of forecasts and backtests that plots use, as Protocols."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd


class ForecastLike(Protocol):
    """A forecast and the history it continues, as `tsrnn.Forecast`."""

    @property
    def mean(self) -> Any:
        """Point forecast, in the form of the history."""

    @property
    def history(self) -> Any:
        """The observations it was made from."""

    @property
    def label(self) -> str:
        """Name of the model."""

    @property
    def table(self) -> Any:
        """The mean with levels and quantiles beside it; None without."""

    @property
    def is_panel(self) -> bool:
        """Whether several series were forecast."""

    @property
    def ids(self) -> list[Hashable]:
        """The series of a panel or the channels of a table; [None] for a single series."""

    def __getitem__(self, key: Hashable, /) -> ForecastLike:
        """Return the forecast of one series or channel."""


class ErrorsLike(Protocol):
    """Errors of all forecasts of a backtest, as arrays."""

    @property
    def ids(self) -> pd.Index:
        """The series that take part in an origin."""

    @property
    def series(self) -> np.ndarray:
        """Place in `ids` of the series of each pair of a series and an origin."""

    @property
    def n_series(self) -> int:
        """Series that take part in an origin."""

    def mean(self, model: str, metric: str, by: Any = "model", where: np.ndarray | None = None) -> np.ndarray:
        """Return a metric's mean, or means by series, origin or horizon."""


class BacktestLike(Protocol):
    """Forecasts of several models from several origins, as `tsrnn.Backtest`."""

    @property
    def forecasts(self) -> pd.DataFrame:
        """A row for each series, origin and step."""

    @property
    def models(self) -> Mapping[str, Any]:
        """The forecasters by name."""

    @property
    def horizon(self) -> int:
        """Steps that are evaluated at each origin."""

    @property
    def season_length(self) -> int:
        """Observations in a season, 1 for none."""

    @property
    def level(self) -> Sequence[float]:
        """Percents of the intervals."""

    @property
    def steps(self) -> pd.RangeIndex:
        """The steps that are evaluated, counted from the cutoff."""

    @property
    def n_series(self) -> int:
        """Number of series, those that take part in no origin included."""

    @property
    def errors(self) -> ErrorsLike:
        """Errors as arrays over series, origins and steps."""

    @property
    def mase(self) -> pd.Series:
        """The mean MASE of each model, the lowest first."""

    @property
    def opponent(self) -> str:
        """The model that the others are tested against."""

    def observed(self, series: Any) -> pd.Series:
        """Return one of the series, by its id."""
