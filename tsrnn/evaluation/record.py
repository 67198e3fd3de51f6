"""The record of a backtest: what was forecast and observed, and the numbers that follow from it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from tsrnn.evaluation.errors import Errors
from tsrnn.evaluation.observed_series import ObservedSeries
from tsrnn.metrics.significance import MIN_ORIGINS

__all__ = ["BacktestRecord", "Unit"]

Unit = Literal["origins", "series"]


@dataclass(eq=False, repr=False)
class BacktestRecord:
    """Forecasts of several models from several origins, and the series they are compared with.

    The attributes are those of `tsrnn.evaluation.result.Backtest`.
    """

    forecasts: pd.DataFrame
    folds: pd.DataFrame
    models: dict[str, Any]
    histories: dict[str, pd.DataFrame]
    truths: ObservedSeries
    horizon: int
    step: int
    season_length: int
    refit: bool | int
    max_history: dict[str, int]
    level: tuple[float, ...] = ()
    covariates: dict[str, list[str]] = field(default_factory=dict)
    gap: int = 0
    train_size: int | None = None
    settled: tuple[str, ...] = ()

    @property
    def history(self) -> pd.Series | dict[Any, pd.Series]:
        """The whole series; a dict of them, if there are several."""
        if self.truths.form == "series":
            return self.truths.series[0]
        return dict(zip(self.truths.ids, self.truths.series, strict=True))

    @property
    def n_series(self) -> int:
        """Number of series, those that take part in no origin included."""
        return self.truths.n_series

    def observed(self, series: Any) -> pd.Series:
        """Return one of the series, by its id."""
        return self.truths.series[self.truths.ids.get_loc(series)]

    @cached_property
    def errors(self) -> Errors:
        """Errors of all forecasts, as arrays."""
        return Errors(
            self.forecasts,
            self.truths,
            horizon=self.horizon,
            step=self.step,
            season_length=self.season_length,
            gap=self.gap,
        )

    @property
    def unit(self) -> Unit:
        """What `Backtest.significance` takes as independent: the origins, or the series.

        Series that are forecast at the same moments may err together, so that origins count, if there are
        enough.
        """
        n_series, n_origins = self.errors.n_series, self.errors.n_origins
        if self.errors.is_simultaneous and n_origins >= MIN_ORIGINS * (self.lags + 1):
            return "origins"
        return "series" if n_series >= MIN_ORIGINS and n_series > n_origins else "origins"

    @property
    def lags(self) -> int:
        """Up to how many origins apart what is forecast, gap and horizon, overlaps."""
        return -(-(self.gap + self.horizon) // self.step) - 1

    @property
    def steps(self) -> pd.RangeIndex:
        """The steps that are evaluated, counted from the cutoff."""
        return pd.RangeIndex(self.gap + 1, self.gap + self.horizon + 1, name="step")

    @property
    def is_crowded(self) -> bool:
        """Whether so many of the origins overlap that p-values come out too small."""
        return self.unit == "origins" and self.errors.n_origins < MIN_ORIGINS * (self.lags + 1)

    @cached_property
    def mase(self) -> pd.Series:
        """The mean MASE of each model, those that failed least first, and among equals the lowest."""
        means = {name: float(self.errors.mean(name, "MASE")) for name in self.models}
        failed = self.folds.groupby("model", sort=False)["n_failed"].sum()
        table = pd.DataFrame({"failed": failed, "MASE": pd.Series(means, dtype=float)}, index=list(means))
        return table.rename_axis("model").sort_values(["failed", "MASE"], kind="stable")["MASE"].rename(None)

    @property
    def ranking(self) -> list[str]:
        """The models, those that failed least first, and among equals the lowest MASE."""
        return self.mase.index.tolist()

    @cached_property
    def with_forecasts(self) -> list[str]:
        """The models that have forecast anything."""
        return [name for name in self.models if self.errors.has_forecast(name).any()]

    @cached_property
    def opponent(self) -> str:
        """The model that others are tested against: the best baseline, or the best model without one."""
        able = [name for name in self.ranking if name in self.with_forecasts]
        return ([name for name in able if self.is_baseline(name)] or self.ranking)[0]

    def is_baseline(self, model: str) -> bool:
        """Return whether a model is a baseline, not a recurrent network."""
        return bool(getattr(self.models[model], "is_baseline", False))

    @property
    def name(self) -> str:
        """What the title calls the series."""
        return str(self.truths.ids[0]) if self.truths.form == "series" else f"{self.n_series:,} series"
