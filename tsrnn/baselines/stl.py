"""Forecasting of seasonally adjusted series: STL decomposition combined with any forecaster."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import clone

from tsrnn.baselines import parameters
from tsrnn.baselines.ets import ETS
from tsrnn.baselines.requirements import require
from tsrnn.deadline import check_deadline, without_interruption
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.seasonality import find_seasons
from tsrnn.timeseries.wall_clock import by_the_clock
from tsrnn.validation import with_parameters


@with_parameters(parameters.STL)
class STL(BaseForecaster):
    """Seasonally adjust by Loess (STL), forecast with any forecaster, and add the last season again.

    The decomposition is statsmodels' STL, or MSTL for several seasons. The season may change slowly, unlike
    the average pattern of classical decomposition. Forecasts from new history use the decomposition of that
    history.

    Attributes
    ----------
    forecaster_ : forecaster
        The fitted copy.
    season_length_ : int, tuple of int, or dict
        The season used, 1 if there is none, or several; by column or series if there are many.

    Raises
    ------
    TypeError
        From `fit`, if `forecaster` is not a forecaster.
    ValueError
        From `fit` and `predict`, if the history is shorter than two seasons, or as the forecaster raises it.

    References
    ----------
    Cleveland, Cleveland, McRae & Terpenning (1990), "STL: a seasonal-trend decomposition procedure based on
    Loess", Journal of Official Statistics 6(1); Bandara, Hyndman & Bergmeir (2021), arXiv:2107.13462, for
    several seasons; Hyndman & Athanasopoulos (2021), "Forecasting: Principles and Practice", section 5.7.

    Examples
    --------
    >>> from tsrnn.baselines import Drift
    >>> y = [0.0, 5, 2, 3, 8, 5, 6, 11, 8, 9, 14, 11]  # a season of three on a straight line
    >>> STL(Drift(), season_length=3, horizon=4).fit(y).predict().round(6).tolist()
    [12.0, 17.0, 14.0, 15.0]
    """

    forecaster_: Any
    season_length_: int | tuple[int, ...] | dict[Any, Any]
    _seasons_: dict[Any, tuple[int, ...]]

    def __init__(
        self,
        forecaster: Any = None,
        season_length: int | Sequence[int] | Literal["auto"] | None = "auto",
        robust: bool = False,
        horizon: int = 1,
        *,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        alias: str | None = None,
    ) -> None:
        self.forecaster = forecaster
        self.season_length = season_length
        self.robust = robust
        self.horizon = horizon
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.alias = alias

    @property
    def label(self) -> str:
        """Name in tables and legends: ``alias``, or "STL+" and the forecaster's."""
        return self.alias or f"STL+{getattr(self._inner, 'label', type(self._inner).__name__)}"

    @property
    def is_baseline(self) -> bool:  # type: ignore[override]
        """Whether the forecaster is a baseline."""
        return getattr(self._inner, "is_baseline", False)

    @property
    def max_history(self) -> int | None:  # type: ignore[override]
        """Largest number of observations that the forecaster gets in a backtest."""
        return getattr(self._inner, "max_history", None)

    @property
    def uses_covariates(self) -> Any:  # type: ignore[override]
        """Covariates that the forecaster uses."""
        return getattr(self._inner, "uses_covariates", False)

    @property
    def scope(self) -> str:
        """Whether the forecaster is fitted to all series together ("global") or to each ("local")."""
        return getattr(self._inner, "scope", "local")

    @property
    def _inner(self) -> Any:
        return ETS() if self.forecaster is None else self.forecaster

    def _time_covariates(self) -> dict[str, Any]:
        return self._copy()._time_covariates()

    def settled(self) -> Self:
        """Return an unfitted copy with the season, and the forecaster's choices, selected in `fit`.

        After a fit to several series, the season stays as it is, and is selected again for each series.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        one = self._panel().is_one
        found = self.forecaster_
        inner = found.settled() if callable(getattr(found, "settled", None)) else clone(found)
        season = self.season_length_ if one else self.season_length
        return clone(self).set_params(forecaster=inner, season_length=None if season == 1 else season)

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        inner, panel = self._copy(), panel.on_clock
        seasons = {name: find_seasons(one.series(), self.season_length) for name, one in panel.alone()}
        adjusted, _ = self._adjust(panel, seasons, 0)
        inner.fit_panel(adjusted)
        if getattr(inner, "interrupted_", False):  # Ctrl-C ended its training
            raise KeyboardInterrupt
        lengths = {name: m if len(m) > 1 else (*m, 1)[0] for name, m in seasons.items()}
        return {
            "forecaster_": inner,
            "season_length_": next(iter(lengths.values())) if panel.is_one else lengths,
            "_seasons_": seasons,
            "failures_": getattr(inner, "failures_", {}),
        }

    @by_the_clock
    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        seasons = {
            name: self._seasons_[name]
            if name in self._seasons_
            else find_seasons(one.series(), self.season_length)
            for name, one in panel.alone()
        }
        adjusted, following = self._adjust(panel, seasons, horizon)
        return self.forecaster_._predict_panel(adjusted, horizon) + following

    def _copy(self) -> Any:
        copied = clone(self._inner)
        wanted = {"season_length": None, "horizon": self.horizon, "missing": self.missing}
        names = copied.get_params(deep=False)
        return copied.set_params(**{name: value for name, value in wanted.items() if name in names})

    def _adjust(
        self, panel: Panel, seasons: dict[Any, tuple[int, ...]], horizon: int
    ) -> tuple[Panel, np.ndarray]:
        """Return the seasonally adjusted series, and the seasons of the `horizon` steps after them."""
        arrays, names = panel.arrays, iter(panel.channel_names)
        rest = np.array(arrays.values, dtype=np.float64)
        ahead = np.zeros((panel.n_series, horizon, arrays.n_channels))
        for s, (start, stop) in enumerate(pairwise(arrays.offsets.tolist())):
            for c in range(arrays.n_channels):
                for m, season in self._decompose(arrays.values[start:stop, c], seasons[next(names)]):
                    rest[start:stop, c] -= season
                    ahead[s, :, c] += np.resize(season[-m:], horizon)
        return panel.with_values(rest), ahead

    def _decompose(self, values: np.ndarray, seasons: tuple[int, ...]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield for each season its length and its value at each observation."""
        with without_interruption():
            from statsmodels.tsa import seasonal

        if not seasons:
            return
        check_deadline()
        who = f"STL with season_length={seasons[0] if len(seasons) == 1 else seasons}"
        require(values, 2 * max(seasons), who)
        unit = np.abs(values).max() or 1.0
        if len(seasons) == 1:
            found = seasonal.STL(values / unit, period=seasons[0], robust=self.robust).fit().seasonal[:, None]
        else:
            options = {"robust": self.robust}
            found = seasonal.MSTL(values / unit, periods=seasons, stl_kwargs=options).fit().seasonal
        yield from zip(seasons, unit * found.T, strict=True)
