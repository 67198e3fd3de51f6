"""Seasonal-trend decomposition by Loess in front of any forecaster."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import clone

from tsrnn.baselines.ets import ETS
from tsrnn.baselines.requirements import require
from tsrnn.deadline import check_deadline
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.seasonality import find_seasons
from tsrnn.validation import check_choice


class STL(BaseForecaster):
    """Take the season out by Loess, forecast the rest with any forecaster, and repeat the last season.

    The decomposition is statsmodels' STL, and MSTL where there are several seasons. It lets the season change
    slowly, unlike the average pattern of classical decomposition. What follows each history, a new one too,
    is forecast from that history's own decomposition.

    Parameters
    ----------
    forecaster : forecaster, optional
        For the seasonally adjusted series; recurrent or classical, or another derived from
        `tsrnn.forecasting.base.BaseForecaster`. It is copied, never changed; the copy's ``season_length`` is
        None if it has that parameter, and ``horizon`` and ``missing`` are those given here. `get_params` and
        `set_params` reach its parameters as ``forecaster__trend``. Default: `ETS`.
    season_length : int, sequence of int, "auto" or None, default="auto"
        Steps in a season, or in each of several, such as the day's and the week's (24, 168). "auto" takes
        what the index suggests if the series shows it; otherwise, as with None, nothing is taken out.
    robust : bool, default=False
        Give observations that fit badly less weight, so that outliers don't enter the season.
    horizon : int, default=1
        Steps that `predict` forecasts unless told otherwise.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    alias : str, optional
        Name in tables and legends; default: "STL+" and the forecaster's.

    Attributes
    ----------
    forecaster_ : forecaster
        The fitted copy.
    season_length_ : int, tuple of int, or dict
        The season in use, 1 if there is none, or each of several; by column or series if there are many.

    Raises
    ------
    TypeError
        From `fit`, if `forecaster` is something else.
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
        alias: str | None = None,
    ) -> None:
        self.forecaster = forecaster
        self.season_length = season_length
        self.robust = robust
        self.horizon = horizon
        self.missing = missing
        self.alias = alias

    @property
    def label(self) -> str:
        """Name in tables and legends: ``alias``, or "STL+" and the forecaster's."""
        return self.alias or f"STL+{getattr(self._inner, 'label', type(self._inner).__name__)}"

    @property
    def is_baseline(self) -> bool:  # type: ignore[override]
        """Whether the forecaster is one."""
        return getattr(self._inner, "is_baseline", False)

    @property
    def max_history(self) -> int | None:  # type: ignore[override]
        """What the forecaster is given at most in a backtest."""
        return getattr(self._inner, "max_history", None)

    @property
    def uses_covariates(self) -> Any:  # type: ignore[override]
        """What the forecaster uses."""
        return getattr(self._inner, "uses_covariates", False)

    @property
    def scope(self) -> str:
        """Whether the forecaster learns from all series together: "global" or "local"."""
        return getattr(self._inner, "scope", "local")

    @property
    def _inner(self) -> Any:
        return ETS() if self.forecaster is None else self.forecaster

    def _derived(self) -> dict[str, Any]:
        return self._copy()._derived()

    def settled(self) -> Self:
        """Return an unfitted copy whose season, and what its forecaster searched, are those of the fit.

        Of several series each has its own, and so has again whoever fits the copy.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        one = self._known().is_one
        found = self.forecaster_
        inner = found.settled() if callable(getattr(found, "settled", None)) else clone(found)
        season = self.season_length_ if one else self.season_length
        return clone(self).set_params(forecaster=inner, season_length=None if season == 1 else season)

    def _fit_all(self, known: Known) -> dict[str, Any]:
        check_choice("robust", self.robust, (True, False))
        inner = self._copy()
        seasons = {name: find_seasons(one.panel.series[0], self.season_length) for name, one in known.alone()}
        adjusted, _ = self._adjust(known, seasons, 0)
        inner.fit_known(adjusted)
        if getattr(inner, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
            raise KeyboardInterrupt
        lengths = {name: m if len(m) > 1 else (*m, 1)[0] for name, m in seasons.items()}
        return {
            "forecaster_": inner,
            "season_length_": next(iter(lengths.values())) if known.is_one else lengths,
            "_seasons_": seasons,
        }

    def _predict_all(self, known: Known, horizon: int) -> list[np.ndarray]:
        seasons = {
            name: self._seasons_[name]
            if name in self._seasons_
            else find_seasons(one.panel.series[0], self.season_length)
            for name, one in known.alone()
        }
        adjusted, following = self._adjust(known, seasons, horizon)
        forecasts = self.forecaster_._predict_all(adjusted, horizon)
        return [rest + season for rest, season in zip(forecasts, following, strict=True)]

    def _copy(self) -> Any:
        inner = self._inner
        if not isinstance(inner, BaseForecaster):
            raise TypeError(
                f"`forecaster` must be a forecaster, recurrent or classical; got {inner!r}. "
                "Derive your own from tsrnn.forecasting.base.BaseForecaster."
            )
        copied = clone(inner)
        wanted = {"season_length": None, "horizon": self.horizon, "missing": self.missing}
        names = copied.get_params(deep=False)
        return copied.set_params(**{name: value for name, value in wanted.items() if name in names})

    def _adjust(
        self, known: Known, seasons: dict[Any, tuple[int, ...]], horizon: int
    ) -> tuple[Known, list[np.ndarray]]:
        """Return what is left without the seasons, and what these are in the `horizon` steps after it."""
        names, C = iter([one.name for one in known.channels()]), known.histories[0].values.shape[1]
        series, histories, following = [], [], []
        for observed, history in zip(known.panel.series, known.histories, strict=True):
            rest, ahead = np.array(history.values, dtype=np.float64), np.zeros((horizon, C))
            for c in range(C):
                for m, season in self._decompose(history.values[:, c], seasons[next(names)]):
                    rest[:, c] -= season
                    ahead[:, c] += np.resize(season[-m:], horizon)
            series.append(observed._replace(values=rest.reshape(observed.values.shape)))
            histories.append(history._replace(values=rest))
            following.append(ahead)
        return known._replace(panel=replace(known.panel, series=series), histories=histories), following

    def _decompose(self, values: np.ndarray, seasons: tuple[int, ...]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the steps in each season, and the season at each observation."""
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
