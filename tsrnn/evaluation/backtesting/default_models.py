"""The models of a backtest: those given, by name, or the default ones."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tsrnn.baselines import ETS, AutoARIMA, AutoReg, Naive, SeasonalNaive, Theta
from tsrnn.baselines.arima.sarima import LONGEST_SEASON
from tsrnn.evaluation.backtesting.splits import Splits
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.timeseries.frequency import natural_season

__all__ = ["MOST_SERIES_OF_ARIMA", "Usual", "default_models", "name_models"]

KEYS = ("unique_id", "ds", "cutoff", "y")
MOST_SERIES_OF_ARIMA = 100


def default_models(
    horizon: int,
    season_length: int = 1,
    *,
    missing: str = "error",
    n_observations: int = 0,
    n_series: int = 1,
    own_season: bool = False,
    random_state: int | None = 0,
) -> dict[str, Any]:
    """Return the models that `compare` compares: three recurrent networks and the classics.

    All are given the same season, unless `own_season`. RNN, LSTM and GRU with default settings; Naive;
    SeasonalNaive if there is a season; AutoARIMA; ETS; Theta. AutoReg, linear prediction by least squares,
    joins them where AutoARIMA sees too little: at seasons of more than 60 steps, and in series of more than
    the 2,000 observations that AutoARIMA, ETS and Theta are given by default, such as audio. Of more than 100
    series there is no AutoARIMA: it is fitted to each and takes longer than all the other classics together.

    Parameters
    ----------
    horizon : int
        Steps to forecast.
    season_length : int, default=1
        Observations per season; 1 for none.
    missing : {"error", "interpolate"}, default="error"
        What NaN in the series gets.
    n_observations : int, default=0
        Length of the series, or of the longest.
    n_series : int, default=1
        Number of series.
    own_season : bool, default=False
        Whether models that can judge for each series if it shows its index's season do; `season_length` is
        given to the others.
    random_state : int, optional
        Seed of the recurrent models.

    Returns
    -------
    dict of str to forecaster

    Examples
    --------
    >>> list(default_models(horizon=12, season_length=12))
    ['RNN', 'LSTM', 'GRU', 'Naive', 'SeasonalNaive', 'AutoARIMA', 'ETS', 'Theta']
    """
    shared: dict[str, Any] = {"horizon": horizon, "missing": missing}
    seasonal = shared | {"season_length": season_length if season_length > 1 else None}
    with_season = shared | {"season_length": "auto"} if own_season else seasonal
    recurrent = [
        RNNForecaster(cell, random_state=random_state, **with_season) for cell in ("rnn", "lstm", "gru")
    ]
    needs_more = season_length > LONGEST_SEASON or n_observations > (AutoARIMA.max_history or np.inf)
    models = [
        *recurrent,
        Naive(**shared),
        *([SeasonalNaive(**seasonal)] if season_length > 1 else []),
        *([AutoARIMA(**with_season)] if n_series <= MOST_SERIES_OF_ARIMA else []),
        ETS(**with_season),
        Theta(**with_season),
        *([AutoReg(**shared)] if needs_more else []),
    ]
    return {model.label: model for model in models}


class Usual(NamedTuple):
    """The default models of a backtest that is not planned yet."""

    random_state: int | None

    def of(self, splits: Splits, *, own_season: bool) -> dict[str, Any]:
        """Return them for a plan; with `own_season` they judge for each of several series if it has one."""
        observed = splits.observed
        natural = natural_season(observed.panel.labels.of(0))
        return default_models(
            splits.horizon,
            splits.season_length,
            missing="interpolate" if np.isnan(observed.values).any() else "error",
            n_observations=observed.lengths.max(),
            n_series=observed.n_series,
            own_season=own_season and (observed.n_series > 1 or splits.season_length not in (1, natural)),
            random_state=self.random_state,
        )


def name_models(models: Any) -> dict[str, Any]:
    """Return one forecaster, a list or a dict of them by name.

    Raises
    ------
    TypeError, ValueError
        If one is no forecaster, or names are not unique.
    """
    if isinstance(models, Mapping):
        named = list(models.items())
    else:
        listed = list(models) if isinstance(models, list | tuple) else [models]
        named = [(getattr(model, "label", type(model).__name__), model) for model in listed]
    if not named:
        raise ValueError("`models` is empty; at least one forecaster is needed.")
    names = [name for name, _ in named]
    for name, model in named:
        _check_model(name, model)
        if names.count(name) > 1:
            raise ValueError(
                f"`models` has {names.count(name)} forecasters called {name!r}; names must be unique. "
                "Give each its own alias, or pass a dict of name to forecaster."
            )
    return dict(named)


def _check_model(name: Any, model: Any) -> None:
    if isinstance(model, type):
        raise TypeError(
            f"`models` has the class {model.__name__}; a forecaster is needed: {model.__name__}(...)."
        )
    if not callable(getattr(model, "fit", None)) or not callable(getattr(model, "predict", None)):
        raise TypeError(
            f"`models` must hold forecasters, with fit and predict, such as ARIMA(); got {model!r}."
        )
    if not isinstance(name, str) or name in KEYS:
        raise ValueError(
            f"A model's name must be a string other than {', '.join(KEYS)}; got {name!r}. "
            "Choose another alias."
        )
