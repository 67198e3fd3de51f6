"""What pictures need to know of the results they show."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol

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


class BacktestLike(Protocol):
    """What came of models at rolling origins, as `tsrnn.Backtest`."""

    @property
    def forecasts(self) -> pd.DataFrame:
        """A row for each series, origin and step."""

    @property
    def models(self) -> Mapping[str, Any]:
        """The forecasters by name."""

    @property
    def truths(self) -> Any:
        """The series."""

    @property
    def horizon(self) -> int:
        """Steps judged at each origin."""

    @property
    def season_length(self) -> int:
        """Observations in a season, 1 for none."""

    @property
    def level(self) -> Sequence[float]:
        """Percents of the intervals."""

    @property
    def errors(self) -> Any:
        """Errors as arrays over series, origins and steps."""

    @property
    def opponent(self) -> str:
        """The model that the others are tested against."""

    @property
    def steps(self) -> pd.RangeIndex:
        """The steps that are judged, counted from the cutoff."""

    def scores(self, by: Any = "model", baseline: str | None = None) -> pd.DataFrame:
        """Return the scores of the models."""
