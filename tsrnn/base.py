"""The contract that every forecaster, recurrent or classical, keeps."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from tsrnn.forecast import Forecast
from tsrnn.frames import Observed, read_alike, read_series
from tsrnn.parameters import check_positive_integer
from tsrnn.scaling import seasonal_test
from tsrnn.timeline import continue_index, natural_season


def find_season(observed: Observed, season_length: Any) -> int:
    """Return the steps in a season, 1 for none; "auto" follows the index only where the data agree."""
    if season_length is None:
        return 1
    if season_length != "auto":
        return check_positive_integer("season_length", season_length, 'steps, "auto" or None')
    season = natural_season(observed.index)
    return season if seasonal_test(observed.values, season) else 1


class BaseForecaster(BaseEstimator):
    """Base class of all forecasters: the door to pandas around `_fit` and `_predict` on plain arrays.

    Subclasses set the parameters ``horizon``, ``missing`` and ``alias`` in ``__init__`` and implement
    ``_fit(observed) -> dict`` of fitted attributes and ``_predict(values, horizon) -> array``. One that takes
    several channels sets ``_read = staticmethod(read_channels)`` and maps values (n, C) to (horizon, C), too.
    """

    _read: Callable[..., Observed] = staticmethod(read_series)
    is_baseline = False
    max_history: int | None = None

    horizon: int
    missing: str
    alias: str | None
    observed_: Observed

    def fit(self, y: Any) -> Self:
        """Fit to one series, forgetting any earlier fit.

        Parameters
        ----------
        y : pandas.Series, or array-like of shape (n,)
            Observations in time order. Arrays and lists get a RangeIndex. `RNNForecaster` also takes a
            DataFrame with one column a channel, or an array of shape (n, C).

        Returns
        -------
        self
            If fitting fails, the forecaster is left unfitted.

        Raises
        ------
        TypeError, ValueError
            If `y` or a parameter cannot be used; the message names the way out.
        """
        try:
            observed = self._read(y, missing=self.missing)
            check_positive_integer("horizon", self.horizon, "steps")
            fitted = self._fit(observed)
        finally:
            for name in [name for name in vars(self) if name.endswith("_")]:
                delattr(self, name)
        self._remember(fitted, observed)
        return self

    def predict(self, horizon: int | None = None, *, y: Any = None) -> pd.Series | pd.DataFrame:
        """Forecast the steps that follow the training series, or `y`.

        Parameters
        ----------
        horizon : int, optional
            Number of future steps; default: the constructor's ``horizon``.
        y : pandas.Series or array-like of shape (n,), optional
            New history to forecast from, without training; default: the one given to `fit`. A DataFrame or
            an array of shape (n, C) for a model that was fitted to C columns. Where a season is taken out, it
            is estimated afresh from this history, which must hold two at least.

        Returns
        -------
        pandas.Series of length `horizon`, or pandas.DataFrame if the history is one
            The index continues the history's index; name or columns as the history's.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `y` or `horizon` cannot be used.
        """
        observed = self._history(y)
        steps = check_positive_integer("horizon", self.horizon if horizon is None else horizon, "steps")
        mean = self._predict(observed.values, steps)
        return observed.wrap(mean, continue_index(observed.index, steps))

    def forecast(self, horizon: int | None = None, *, y: Any = None) -> Forecast:
        """Forecast as `predict` does, returning a `Forecast` that shows itself in a notebook."""
        observed = self._history(y)
        history = observed.wrap(observed.values, observed.index)
        history.attrs = observed.attrs
        return Forecast(self.predict(horizon, y=y), history, self.label)

    @property
    def label(self) -> str:
        """Name in tables and legends: ``alias``, or the model's own."""
        return self.alias or type(self).__name__

    @property
    def cutoff_(self) -> Any:
        """Index label of the last observation `fit` has seen."""
        return self._history(None).index[-1]

    def __sklearn_is_fitted__(self) -> bool:
        return "observed_" in vars(self)

    def _remember(self, fitted: dict[str, Any], observed: Observed) -> None:
        for name, value in {**fitted, "observed_": observed}.items():
            setattr(self, name, value)

    def _history(self, y: Any) -> Observed:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet. Call fit(y) first.")
        return self.observed_ if y is None else read_alike(y, self.observed_, missing=self.missing)

    def _fit(self, observed: Observed) -> dict[str, Any]:
        raise NotImplementedError

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        raise NotImplementedError
