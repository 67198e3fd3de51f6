"""Seasonal ARIMA with automatic selection of orders, transform and constant."""

import warnings
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsrnn.baselines import parameters
from tsrnn.baselines.arima.arima import ARIMA, RegressionForecaster, find_constants, fitted
from tsrnn.baselines.arima.boxcox import find_floor, resolve_boxcox
from tsrnn.baselines.arima.order_search import Bounds, Candidate, Family, Search, penalty
from tsrnn.baselines.arima.sarima import LONGEST_SEASON, NO_SEASON, Estimate, Sarima, differencing
from tsrnn.baselines.arima.unit_roots import n_differences, n_seasonal_differences
from tsrnn.baselines.blas import one_blas_thread
from tsrnn.baselines.requirements import require, tells_nothing, warn_unless_converged
from tsrnn.timeseries.panel import Series
from tsrnn.timeseries.seasonality import find_season
from tsrnn.validation import counted, with_parameters

__all__ = ["AutoARIMA"]

_SIMPLEST = Candidate(0, 0, 0, 0, False)
_FEW = 5  # differences, too few to estimate a drift, or to test whether the level is 0


@with_parameters(parameters.AUTO_ARIMA)
class AutoARIMA(RegressionForecaster):
    """Seasonal ARIMA whose orders minimise an information criterion, with or without covariates.

    The number of first differences is chosen by a test, the transform by the likelihood of one model for
    each. A stepwise search over the other orders starts from the best of five simple models and moves to a
    better neighbour, orders one up or down, as long as there is one. With a season, models with and without
    seasonal differences are searched, and the likelihood decides between the best of both. All models are
    estimated by exact maximum likelihood.

    Attributes
    ----------
    params_, order_, seasonal_order_, season_length_, constant_, boxcox_
        As in `ARIMA`.
    search_ : pandas.DataFrame
        A row for each model tried: ``order``, ``seasonal_order``, ``constant``, the `criterion` by its name
        (infinite where the model is rejected), ``seconds``, ``status``: "ok", "too short" for so many
        parameters, or "root near unit circle": a modulus below 1.01, or 1.05 in a seasonal polynomial. Models
        with the selected D come first.
    criterion_ : float
        The criterion of the selected model.

    Raises
    ------
    ValueError
        From `fit`, if there are less than three observations, or too few for the differences asked for; from
        `fit` and `predict`, if a transform is modelled and a value is not positive.

    Warns
    -----
    RuntimeWarning
        If the search is ended by `max_seconds`, or if the optimizer does not converge on the selected model.

    Notes
    -----
    Criteria of models with different transforms or differences are compared on the same observations, in the
    same units: the log density of the observations that all models explain, given the ones before, with the
    Jacobian of the transform. `criterion_` and `search_` hold the usual criteria, of the transformed
    differences.

    A search takes about 1.3 s for 300 months and 4 s for 2,000 hours (``benchmarks/comparing.py``).
    `backtest` passes on only the most recent 2,000 observations, ``max_history``, unless told otherwise.

    References
    ----------
    Hyndman & Khandakar (2008), "Automatic time series forecasting: the forecast package for R", Journal of
    Statistical Software 27(3), section 3; without its approximation by conditional sums of squares, since the
    exact likelihood, compiled, takes no longer. Box & Cox (1964), "An analysis of transformations", Journal
    of the Royal Statistical Society B 26(2), 211-252, equation 6; Dawid (1984), "Statistical theory: the
    prequential approach", Journal of the Royal Statistical Society A 147(2), 278-292.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> model = AutoARIMA(horizon=3).fit(datasets.load("airpassengers"))
    >>> model.boxcox_, model.order_, model.seasonal_order_, model.constant_
    (0.5, (2, 0, 0), (0, 1, 1, 12), True)
    >>> model.predict().round().tolist()
    [447.0, 424.0, 466.0]
    """

    is_baseline = True
    max_history = 2000
    params_: dict[str, float]
    order_: tuple[int, ...]
    seasonal_order_: tuple[int, ...]
    season_length_: int
    constant_: bool
    boxcox_: float | None
    search_: pd.DataFrame
    criterion_: float
    _model_: Sarima

    def __init__(
        self,
        season_length: int | Literal["auto"] | None = "auto",
        horizon: int = 1,
        *,
        d: int | Literal["auto"] = "auto",
        D: int | Literal["auto"] = "auto",
        max_p: int = 5,
        max_q: int = 5,
        max_P: int = 2,
        max_Q: int = 2,
        max_order: int = 5,
        constant: bool | Literal["auto"] = "auto",
        criterion: str = "aicc",
        unit_root: str = "kpss",
        seasonal_root: str = "likelihood",
        stepwise: bool = True,
        boxcox: float | Literal["auto"] | None = "auto",
        max_seconds: float | None = None,
        missing: str = "error",
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.season_length = season_length
        self.horizon = horizon
        self.d = d
        self.D = D
        self.max_p = max_p
        self.max_q = max_q
        self.max_P = max_P
        self.max_Q = max_Q
        self.max_order = max_order
        self.constant = constant
        self.criterion = criterion
        self.unit_root = unit_root
        self.seasonal_root = seasonal_root
        self.stepwise = stepwise
        self.boxcox = boxcox
        self.max_seconds = max_seconds
        self.missing = missing
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    def settled(self) -> Any:
        """Return an unfitted `ARIMA` with the selected orders, name, transform and constant.

        After a fit to several series, or to a constant one, it is an unfitted copy, which searches again.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.

        Examples
        --------
        >>> AutoARIMA().fit([1.0, 3, 2, 4, 3, 5, 4, 6, 5, 7]).settled().order
        (1, 1, 0)
        """
        if tells_nothing(self._panel()):
            return clone(self)
        seasonal = self.seasonal_order_
        return ARIMA(
            self.order_,
            seasonal if any(seasonal) else (0, 0, 0, self._model_.subtracted_season),
            self.horizon,
            constant=self.constant_,
            boxcox=self.boxcox_,
            missing=self.missing,
            alias=self.label,
        )

    @one_blas_thread()
    def _fit_to(self, series: Series, X: np.ndarray, columns: list[Any]) -> dict[str, Any]:
        values = series.values
        require(values, 3, "AutoARIMA")
        season = find_season(series, self.season_length)
        roots = self._roots(len(values), season)
        searches = [self._search(values, X, columns, season, D, len(roots)) for D in roots]
        first = max(search.model.lost for search in searches)
        search = min(searches, key=lambda one: self._criterion_from(first, one.model, one.found, values, X))
        warn_unless_converged("AutoARIMA", search.found.optimizer)
        tables = pd.concat([search.table(), *(one.table() for one in searches if one is not search)])
        if any(one.is_cut_short for one in searches):
            warnings.warn(
                f"AutoARIMA stopped after {self.max_seconds:g} s and {counted(len(tables), 'model')}; the "
                f"best so far is {search.model}. Raise max_seconds to search on.",
                RuntimeWarning,
                stacklevel=2,
            )
        tried = {"search_": tables.reset_index(drop=True), "criterion_": search.least}
        return fitted(search.model, season, search.found.params) | tried

    def _search(
        self, values: np.ndarray, X: np.ndarray, columns: list[Any], season: int, D: int | str, shares: int
    ) -> Search:
        """Search the models with one number of seasonal differences, in its share of `max_seconds`."""
        families = [self._family(values, X, season, power, D) for power in self._powers(values)]
        family = self._choose(families, values, X) if len(families) > 1 else families[0]
        seconds = None if self.max_seconds is None else self.max_seconds / shares
        simplest = family.model(_SIMPLEST._replace(constant=family.bounds.constants[0]))
        search = Search(lambda one: one.estimate(values, X, columns), self.criterion, seconds, simplest)
        search.run(family, self.stepwise)
        return search

    def _continue(self, values: np.ndarray, X: np.ndarray, horizon: int) -> np.ndarray:
        return self._model_.forecast(values, self.params_, horizon, X)

    def _choose(self, families: list[Family], values: np.ndarray, X: np.ndarray) -> Family:
        """Return the family whose first model has the least criterion."""
        first = max(family.model(_SIMPLEST).lost for family in families)

        def criterion(family: Family) -> float:
            model = family.model(family.bounds.starts()[0])
            try:
                found = model.estimate(values, X)
            except ValueError:
                return np.inf
            return self._criterion_from(first, model, found, values, X)

        return min(families, key=criterion)

    def _criterion_from(
        self, first: int, model: Sarima, found: Estimate, values: np.ndarray, X: np.ndarray
    ) -> float:
        """Return the criterion for the observations from `first` on, given those before.

        Densities are in units of the observations, and of the same observations whatever the differencing, so
        that criteria can be compared.
        """
        added = penalty(len(values) - first, found.n_params, self.criterion)
        return added - 2.0 * model.log_density(values, found.params, first, X) if added < np.inf else added

    def _powers(self, values: np.ndarray) -> tuple[float | None, ...]:
        if self.boxcox == "auto":
            return (None, 0.5) if values.min() > 0 else (None,)
        return (resolve_boxcox(self.boxcox),)

    def _roots(self, n: int, season: int) -> tuple[int | str, ...]:
        """Return numbers of seasonal differences to search, or the name of the test that finds one."""
        if season == 1 or season > LONGEST_SEASON:
            return (0,)
        if self.D != "auto":
            return (int(self.D),)
        if self.seasonal_root != "likelihood":
            return (self.seasonal_root,)
        lost = 0 if self.d == "auto" else self.d
        return (0, 1) if n > 2 * season + lost else (0,)

    def _family(
        self, values: np.ndarray, X: np.ndarray, season: int, power: float | None, root: int | str
    ) -> Family:
        """Return the candidates for a transform and a number of seasonal differences, or a test for it."""
        m, subtracted = (season, 1) if season <= LONGEST_SEASON else (1, season)
        floor = find_floor(values, self.boxcox, power)
        make = partial(Sarima, boxcox=power, subtracted_season=subtracted, floor=floor)
        series = make((0, 0, 0)).prepare(values, X).series
        regressors = np.column_stack([np.ones(len(series)), X])
        rest = series - regressors @ np.linalg.lstsq(regressors, series, rcond=None)[0] if X.size else series
        D = root if isinstance(root, int) else n_seasonal_differences(rest, m, root)
        changes = np.convolve(rest, differencing(0, D, m), mode="valid")
        d = n_differences(changes, self.unit_root) if self.d == "auto" else self.d
        n = len(values) - d - D * m
        constants = find_constants(self.constant, d + D)
        if n <= _FEW and len(constants) > 1:
            constants = (d + D == 0,)

        def model(of: Candidate) -> Sarima:
            seasonal = (of.P, D, of.Q, m) if of.P or of.Q or D else NO_SEASON
            return make((of.p, d, of.q), seasonal, of.constant)

        return Family(model, self._bounds(n, m, constants))

    def _bounds(self, n: int, m: int, constants: tuple[bool, ...]) -> Bounds:
        most, seasons = n // 3, n // 3 // m if m > 1 else 0
        return Bounds(
            min(self.max_p, most),
            min(self.max_q, most),
            min(self.max_P, seasons),
            min(self.max_Q, seasons),
            self.max_order,
            constants,
            m,
        )
