"""Which covariates a model was fitted with."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tsrnn.timeseries.time_features import Calendar

_NO_COLUMNS = pd.Index([])


def _none() -> pd.Index:
    return _NO_COLUMNS


@dataclass(frozen=True)
class CovariateSchema:
    """Which covariates a model was fitted with, so that the same arrive when it forecasts.

    Attributes
    ----------
    future, past : pandas.Index
        Columns of `X` and `X_past`; empty without.
    numbers : pandas.Index
        Numeric columns of `static`.
    categories : dict of column to pandas.Index
        The other columns of `static`, with their categories, numbered in this order.
    calendar : Calendar or None
        Future covariates that the index gives; their columns follow those of `X`.
    step : float or None
        The usual step of the index, if the steps before each label are a past covariate: the last column.
    """

    future: pd.Index = field(default_factory=_none)
    past: pd.Index = field(default_factory=_none)
    numbers: pd.Index = field(default_factory=_none)
    categories: dict[Hashable, pd.Index] = field(default_factory=dict)
    calendar: Calendar | None = None
    step: float | None = None

    @property
    def n_future(self) -> int:
        """Future covariates, the calendar's included."""
        return len(self.future) + len(self.calendar.names if self.calendar else ())

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Number of categories in each column that has them."""
        return tuple(map(len, self.categories.values()))


def uses(forecaster: Any, table: str) -> bool:
    """Whether a forecaster uses the covariates of this name, as its ``uses_covariates`` says."""
    used = getattr(forecaster, "uses_covariates", True)
    return used if isinstance(used, bool) else table in used


def check_used(forecaster: Any, covariates: Mapping[str, Any]) -> None:
    """Refuse covariates, None if not given, that a forecaster does not use."""
    given = [name for name, value in covariates.items() if value is not None]
    if refused := [name for name in given if not uses(forecaster, name)]:
        source = "`y` and `X`" if uses(forecaster, "X") else "`y` alone"
        raise TypeError(
            f"{type(forecaster).__name__} forecasts from {source}; got {refused[0]}. Leave it out, or use "
            "RNNForecaster."
        )
