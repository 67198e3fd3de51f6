"""Base class of all forecasters: fit, predict, forecast and sample_paths."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from tsrnn.forecasting.fitted import FittedMixin, fitted_state
from tsrnn.forecasting.forecast import Forecast
from tsrnn.forecasting.intervals.bounds import LimitsMixin, check_horizon_fits
from tsrnn.forecasting.intervals.calibration import Calibration
from tsrnn.forecasting.intervals.conformal import KINDS
from tsrnn.forecasting.parameters import FORECASTER
from tsrnn.forecasting.per_series import find_failures, fit_each, for_each, warn_of_failures
from tsrnn.timeseries.covariate_schema import check_used
from tsrnn.timeseries.covariates import read_covariates, read_further_covariates
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.timeseries.levels import read_levels
from tsrnn.timeseries.panel import Panel, Series
from tsrnn.timeseries.reading import read_alike, read_panel
from tsrnn.timeseries.seasonality import find_season
from tsrnn.timeseries.wall_clock import by_the_clock
from tsrnn.validation import ParametersMixin, check_choice, check_positive_integer, seed_sequence


class BaseForecaster(FittedMixin, LimitsMixin, ParametersMixin, BaseEstimator):
    """Base class of all forecasters: pandas in and out, around methods on one series or a panel in columns.

    Subclasses set the parameters ``horizon``, ``missing`` and ``alias`` in ``__init__`` and implement
    ``_fit(series) -> dict`` of fitted attributes and ``_predict(values, horizon) -> array`` for one series.
    Of several series, each gets a copy of its own. Models of many series override `_fit_panel` and
    `_predict_panel` instead.
    """

    is_baseline = False
    max_history: int | None = None
    uses_covariates: bool | tuple[str, ...] = False
    _parameters = FORECASTER

    horizon: int
    missing: str
    alias: str | None
    panel_: Panel
    calibrations_: dict[tuple[int, str], Calibration]
    models_: dict[Any, Any]
    season_length_: Any

    def fit(
        self,
        y: Any,
        X: Any = None,
        *,
        X_past: Any = None,
        static: Any = None,
        columns: Sequence[Any] = COLUMNS,
    ) -> Self:
        """Fit to one or many series, forgetting any earlier fit.

        Parameters
        ----------
        y : pandas.Series, pandas.DataFrame, dict, or array-like of shape (n,)
            Observations in time order. One series: a Series; arrays and lists get a RangeIndex. Many, of
            any lengths: a long DataFrame with the three `columns`, a Series with a two-level index (series,
            time) or a dict of Series. `RNNForecaster` also takes channels: a DataFrame with one column each,
            an array of shape (n, C), or a DataFrame with a two-level index.
        X, X_past : pandas.DataFrame or dict, optional
            Future covariates, such as prices, and past covariates, known up to the cutoff only, such as
            measured weather, for models that use them. In the form of `y`, with columns of their own, or one
            table by time for all series. Aligned by their index.
        static : pandas.DataFrame, optional
            What tells series apart, one row each. Text, categories and booleans are categories.
        columns : (str, str, str), default ("unique_id", "ds", "y")
            Columns of a long table: what tells series apart, times, values.

        Returns
        -------
        self
            If fitting fails, the forecaster is left unfitted.

        Raises
        ------
        TypeError, ValueError
            If `y`, a covariate or a parameter cannot be used; the message names the way out.
        """
        try:
            self._check_parameters()
            panel = self._read(y, X, X_past, static, columns)
            fitted = fitted_state(self._fit_panel(panel), panel)
            warn_of_failures(fitted.get("failures_", {}), len(panel.channel_names))
            self._remember(fitted)
        except BaseException:
            self._remember({})
            raise
        return self

    def predict(
        self,
        horizon: int | None = None,
        X: Any = None,
        *,
        X_past: Any = None,
        static: Any = None,
        y: Any = None,
        level: Any = None,
        quantiles: Any = None,
        conformal: str = "split",
    ) -> Any:
        """Forecast the steps that follow the training series, or `y`.

        Parameters
        ----------
        horizon : int, optional
            Number of future steps; default: the constructor's ``horizon``.
        X : pandas.DataFrame or dict, optional
            Future covariates, if the model was fitted with some: the rows of all future steps; with `y`,
            those of its steps, too.
        X_past, static : pandas.DataFrame or dict, optional
            The other covariates the model was fitted with, of `y`.
        y : pandas.Series or array-like of shape (n,), optional
            New history to forecast from, without training; default: the one given to `fit`. A DataFrame or
            an array of shape (n, C) for a model that was fitted to C columns; a panel, with series that were
            not there in training if need be, for one that was fitted to a panel. Where a season is taken out,
            it is estimated afresh from this history, which must hold two at least.
        level : float or list of float, optional
            Percent of what may come that intervals are to cover, such as ``[80, 95]``.
        quantiles : float or list of float, optional
            Probabilities that what comes stays below, such as ``[0.1, 0.9]``.
        conformal : {"split", "adaptive"}, default "split"
            How intervals that no loss gives learn from earlier misses: all count alike, or late ones more,
            for series whose errors change (`tsrnn.forecasting.intervals.conformal.conform`).

        Returns
        -------
        pandas.Series of length `horizon`, pandas.DataFrame or dict
            In the form of the history. The index continues the history's index; name or columns as the
            history's. Of a long table: its first two columns, and one called `alias`. With `level` and
            `quantiles` DataFrames: ``mean``, ``lo-80``, ``hi-80``, ``q-0.1``, ..., as a second level of the
            columns where the history has columns; in a long table ``<alias>``, ``<alias>-lo-80``, ...

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `y`, a covariate, `horizon`, `level` or `quantiles` cannot be used.

        Notes
        -----
        Intervals of a network whose loss is a distribution are that distribution's; where it reads its own
        forecasts (with ``strategy="recursive"``, or beyond its horizon), and where changes are summed up,
        they are those of 500 simulated paths, always the same. Of several members, each quantile is their
        median. Of all other models they are conformal: a copy, fitted to what comes before the last quarter
        of the series, shows there how far forecasts miss (`tsrnn.forecasting.intervals.calibration`). That
        takes as long as another `fit`, once. Levels that need more errors than there are come with a warning.
        Bounds of a series that was never negative are not negative, unless ``lower`` says otherwise.
        """
        self = self._snapshot()
        panel, values, names = self._forecast(horizon, X, X_past, static, y, level, quantiles, conformal)
        return panel.wrap(values, self.label, names)

    def forecast(self, horizon: int | None = None, X: Any = None, **of: Any) -> Forecast:
        """Forecast as `predict` does, with the same arguments.

        Returns
        -------
        Forecast
            Which shows itself in a notebook.
        """
        options: dict[str, Any] = dict.fromkeys(("X_past", "static", "y", "level", "quantiles"))
        options |= {"conformal": "split"} | of
        self = self._snapshot()
        panel, values, names = self._forecast(horizon, X, **options)
        return Forecast.of(panel, values, self.label, names)

    def sample_paths(
        self,
        n: int,
        horizon: int | None = None,
        X: Any = None,
        *,
        X_past: Any = None,
        static: Any = None,
        y: Any = None,
        random_state: Any = None,
    ) -> Any:
        """Draw paths that the steps after the training series, or `y`, may take.

        At each step the paths spread as the quantiles of `predict` say, and each goes on from step to step as
        errors do. That answers what quantiles cannot: how large a sum, a maximum or a rise may be.

        Parameters
        ----------
        n : int
            Number of paths.
        horizon, X, X_past, static, y
            As for `predict`.
        random_state : int, numpy.random.Generator, numpy.random.RandomState or None, default None
            Seed. The same int gives the same bits; None gives others each time.

        Returns
        -------
        pandas.DataFrame or dict
            In the form of the history, its index as of `predict`: a column for each path, 0 to n - 1, as a
            second level of the columns where the history has columns. Of a long table: its first two columns,
            ``path`` and one called `alias`, one path below the other.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As by `predict`; if `n` is no positive whole number.

        Notes
        -----
        A network whose loss is a distribution draws from it. What is drawn is fed back where forecasts are,
        with ``strategy="recursive"`` at each step, and what is forecast at once goes together as in the last
        windows of the training series. Of all other models, errors go together as those that a copy made on
        the last quarter, and are as large as their intervals (`tsrnn.forecasting.intervals.calibration`).
        Either way whole rows of ranks are drawn (Clark et al., 2004; Schefzik et al., 2013;
        `tsrnn.forecasting.intervals.copula`). Of several series, each is drawn for itself.

        Examples
        --------
        >>> from tsrnn import Drift, datasets
        >>> model = Drift(horizon=10).fit(datasets.load("nile"))
        >>> paths = model.sample_paths(1000, random_state=0)
        >>> paths.shape, float(paths.max().quantile(0.9).round(-2))  # of the largest flow in ten years
        ((10, 1000), 1200.0)
        """
        self = self._snapshot()
        n_paths = check_positive_integer("n", n, "paths")
        steps = self._asked_horizon(horizon)
        panel = self._panel(y, X, X_past, static, steps)
        check_horizon_fits(panel, steps, n_paths)
        paths = self._draw_paths(panel, steps, n_paths, np.random.default_rng(seed_sequence(random_state)))
        return panel.wrap_paths(self._limits.keep(paths, panel, self.panel_), self.label)

    def _forecast(
        self,
        horizon: Any,
        X: Any,
        X_past: Any,
        static: Any,
        y: Any,
        level: Any,
        quantiles: Any,
        conformal: str,
    ) -> tuple[Panel, np.ndarray, list[str] | None]:
        """Return what was forecast from, the forecasts, and the names of their last axis."""
        steps = self._asked_horizon(horizon)
        names, probabilities = read_levels(level, quantiles)
        check_choice("conformal", conformal, KINDS)
        panel = self._panel(y, X, X_past, static, steps)
        check_horizon_fits(panel, steps, 1 + len(probabilities))
        p = None if names is None else probabilities
        return panel, self._predict_in_bounds(panel, steps, p, conformal), names

    @property
    def label(self) -> str:
        """Name in tables and legends: ``alias``, or the model's own."""
        return self.alias or type(self).__name__

    def _asked_horizon(self, horizon: Any) -> int:
        steps = self._trained_horizon if horizon is None else horizon
        return check_positive_integer("horizon", steps, "steps")

    @property
    def _trained_horizon(self) -> int:
        return check_positive_integer("horizon", self.horizon, "steps")

    @property
    def cutoff_(self) -> Any:
        """Index label of the last observation `fit` has seen; of a panel, a Series of them."""
        panel = self._snapshot()._panel()
        if panel.is_single:
            return panel.labels.of(0)[-1]
        return pd.Series(panel.labels.last().tolist(), index=panel.keys)

    def __sklearn_is_fitted__(self) -> bool:
        return "panel_" in vars(self)

    def _read(self, y: Any, X: Any, X_past: Any, static: Any, columns: Sequence[Any]) -> Panel:
        """Read what `fit` is given."""
        time = self._time_covariates()
        panel = read_panel(y, missing=self.missing, columns=columns, regular=not time.get("time_step"))
        check_used(self, {"X": X, "X_past": X_past, "static": static})
        return read_covariates(panel, X, X_past, static, missing=self.missing, **time)

    def _time_covariates(self) -> dict[str, Any]:
        """Return which covariates the index gives: arguments of `read_covariates`."""
        return {}

    def _panel(
        self, y: Any = None, X: Any = None, X_past: Any = None, static: Any = None, n_ahead: int = 0
    ) -> Panel:
        """Return what to forecast from: what `fit` has seen, or `y`."""
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet. Call fit(y) first.")
        given = [name for name, of in (("X_past", X_past), ("static", static)) if of is not None]
        if y is None and given:
            raise ValueError(
                f"`{given[0]}` belongs to a new history, `y`, to forecast from; that of the training series "
                f"is known. Leave {given[0]} out, or pass y, too."
            )
        fitted = self.panel_
        panel, before = fitted, fitted if y is None else None
        if y is None and not fitted.schema.n_future and X is None:
            return fitted
        if y is not None:
            panel = read_alike(y, fitted, missing=self.missing)
        options: dict[str, Any] = {"schema": fitted.schema, "horizon": n_ahead, "missing": self.missing}
        return read_further_covariates(panel, X, X_past, static, before=before, fitted=fitted, **options)

    def fit_panel(self, panel: Panel) -> Self:
        """Fit to what has been read already."""
        self._check_parameters()
        self._remember(fitted_state(self._fit_panel(panel), panel))
        return self

    def predict_from(
        self,
        panel: Panel,
        series: np.ndarray,
        sizes: np.ndarray,
        horizon: int,
        p: Sequence[float] | None = None,
    ) -> np.ndarray:
        """Forecast from B cutoffs: after the first `sizes` steps of `series`, (B,) each; as (B, horizon, C).

        With `p` also the quantiles, as (B, horizon, C, 1 + len(p)).
        """
        cuts = (panel.until(series[b : b + 1], sizes[b : b + 1], horizon) for b in range(len(series)))
        return np.concatenate([self._predict_in_bounds(cut, horizon, p) for cut in cuts])

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        """Fit to one series, or a copy to each channel of each of several."""
        if panel.is_one:
            return self._fit(panel.on_clock.series())
        models = fit_each(self, panel)
        return {"models_": models, "failures_": find_failures(models)}

    def fall_back(self, panel: Panel, error: Exception) -> Self:
        """Repeat the last season of a series, as there is no model of it because of an error."""
        state = {"failure_": error, "season_length_": find_season(panel.on_clock.series(), "auto")}
        self._remember(fitted_state(state, panel))
        return self

    @by_the_clock
    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        """Forecast each series, as (S, horizon, C)."""
        if not panel.is_one:
            return for_each(self, panel, lambda model, one: model._predict_panel(one, horizon))
        if "models_" in vars(self):
            raise ValueError(
                f"`y` is a single series; each of the {len(self.models_)} has a model of its own. "
                "Say which: predict(y={key: y})."
            )
        values = panel.series().values
        if "failure_" in vars(self):
            return np.resize(values[-self.season_length_ :], (1, horizon, 1))
        return self._predict(values, horizon).reshape(1, horizon, 1)

    def _predict_in_bounds(
        self, panel: Panel, horizon: int, p: Sequence[float] | None, conformal: str = "split"
    ) -> np.ndarray:
        """Forecast each series, (S, horizon, C); with quantiles p, (S, horizon, C, 1 + len(p))."""
        if p is None:
            return self._limits.clip(self._predict_panel(panel, horizon))
        found = self._predict_quantiles(panel, horizon, p, conformal)
        found[..., 0] = self._limits.clip(found[..., 0])
        found[..., 1:] = self._limits.keep(found[..., 1:], panel, self.panel_)
        return found

    def _predict_quantiles(
        self, panel: Panel, horizon: int, p: Sequence[float], conformal: str = "split"
    ) -> np.ndarray:
        """Forecast each series and its quantiles p, as (S, horizon, C, 1 + len(p))."""
        mean = self._predict_panel(panel, horizon)
        margins = self._calibration(horizon, conformal).margins(panel, p, horizon)
        return np.concatenate([mean[..., None], mean[..., None] + margins], axis=3)

    def _draw_paths(self, panel: Panel, horizon: int, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw paths of what follows each series, as (S, horizon, C, n)."""
        mean = self._predict_panel(panel, horizon)
        return mean[..., None] + self._calibration(horizon).draw(panel, n, horizon, rng)

    def _calibration(self, horizon: int, conformal: str = "split") -> Calibration:
        """Return how large forecast errors are, found out when first asked for."""
        key = min(horizon, self._trained_horizon), conformal
        if key not in self.calibrations_:
            self.calibrations_[key] = Calibration.fit(self, self.panel_, *key)
        return self.calibrations_[key]

    def _fit(self, series: Series) -> dict[str, Any]:
        raise NotImplementedError

    def _predict(self, values: np.ndarray, horizon: int) -> np.ndarray:
        raise NotImplementedError
