"""Seasonal ARIMA of given orders with optional covariates: estimation, log density and forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tsrnn.baselines.arima.boxcox import inverse, log_slopes, transformed
from tsrnn.baselines.arima.likelihood import arma_polynomials, later_log_likelihood, state_space
from tsrnn.baselines.autoreg import recurse
from tsrnn.baselines.blas import one_blas_thread
from tsrnn.baselines.requirements import require, seasonal_pattern
from tsrnn.deadline import check_deadline
from tsrnn.training.scales import level_and_scale, root_mean_square

__all__ = ["LONGEST_SEASON", "NO_SEASON", "Estimate", "Sarima", "differencing"]

NO_SEASON = (0, 0, 0, 0)
LONGEST_SEASON = 60  # steps; a longer season is subtracted as a fixed pattern


class Estimate(NamedTuple):
    """Result of `Sarima.estimate`.

    Attributes
    ----------
    params : dict of str to float
    log_likelihood : float
        Exact log likelihood of the differences; infinite if they are constant.
    n : int
        Number of differences.
    n_params : int
        Estimated parameters, the variance of the errors included.
    optimizer : dict of str to Any
        Status of the optimizer, from statsmodels.
    mean_square : float
        Mean square of the differences.
    """

    params: dict[str, float]
    log_likelihood: float
    n: int
    n_params: int
    optimizer: dict[str, Any]
    mean_square: float


class State(NamedTuple):
    """A transformed series without its seasonal pattern, the pattern, and the differences of series and X."""

    series: np.ndarray
    pattern: np.ndarray
    changes: np.ndarray
    X_changes: np.ndarray

    def varies(self, changes: np.ndarray) -> bool:
        """Return whether differences vary by more than rounding errors."""
        return bool(np.ptp(changes) > 1e-12 * np.abs(self.series).max())


_LARGEST = 1e140


@dataclass(frozen=True)
class Sarima:
    """Specification of a model, with its estimation and forecasts for any history.

    Covariates are rows of X (n, F), first those of the history, then those of future steps. Series and
    covariates are differenced alike, and the residual of the regression on the differences of X is the ARMA
    process.
    """

    order: tuple[int, ...]
    seasonal_order: tuple[int, ...] = NO_SEASON
    constant: bool = False
    boxcox: float | None = None
    subtracted_season: int = 1
    floor: float = 0.0  # of the Box-Cox transform

    def __str__(self) -> str:
        return f"ARIMA{self.order}" + (f"{self.seasonal_order}" if any(self.seasonal_order) else "")

    @one_blas_thread()
    def estimate(self, values: np.ndarray, X: np.ndarray, columns: Sequence[Any] = ()) -> Estimate:
        """Estimate the model by exact maximum likelihood of the differences."""
        state = self.prepare(values, X)
        shifted = self.constant or X.shape[1] > 0
        level, scale = level_and_scale(state.changes) if shifted else (0.0, 1.0)
        level, scale = level if self.constant else 0.0, scale or 1.0
        z, basis = (state.changes - level) / scale, _Basis.of(state.X_changes, self.constant)
        gamma = basis.columns.T @ z / len(z)
        model = state_space(z, self.order, self.seasonal_order, self.constant, basis.columns)
        found, optimizer = _starts(model.param_names, gamma, flat=True), {"converged": True}
        log_likelihood = np.inf
        if state.varies((z - basis.columns @ gamma) * scale):
            if len(found):
                found, optimizer = _maximise(model, _starts(model.param_names, gamma))
            log_likelihood = model.loglike(found) - len(z) * np.log(scale)
        params = self._in_units(model.param_names, found, basis, level, scale, columns)
        return Estimate(
            params,
            float(log_likelihood),
            len(z),
            len(found) + 1,
            optimizer,
            root_mean_square(state.changes) ** 2,
        )

    @one_blas_thread()
    def log_density(self, values: np.ndarray, params: dict[str, float], first: int, X: np.ndarray) -> float:
        """Return the log density of observations[first:] given observations[:first]; infinite if constant.

        It is in units of the observations, so that models with different transforms and differences can be
        compared, if differencing costs no more than `first` observations.
        """
        state, (slopes, arma) = self.prepare(values, X), self._split(params, X.shape[1])
        changes = state.changes - state.X_changes @ slopes
        ar, ma = arma_polynomials(arma[int(self.constant) :], self.order, self.seasonal_order)
        rest = changes - (arma[0] / ar.sum() if self.constant else 0.0)
        if not state.varies(rest):
            return np.inf
        later = later_log_likelihood(rest, ar, ma, first - self.lost)
        return later + log_slopes(values[first:], self.boxcox)

    @one_blas_thread()
    def forecast(
        self, values: np.ndarray, params: dict[str, float], horizon: int, X: np.ndarray
    ) -> np.ndarray:
        """Forecast `horizon` steps after a history, given X up to the last of these steps."""
        slopes, arma = self._split(params, X.shape[1])
        state = self.prepare(values, X[: len(values)])
        series, changes = state.series - X[: len(values)] @ slopes, state.changes - state.X_changes @ slopes
        if state.varies(changes):
            with np.errstate(all="ignore"):
                model = state_space(changes, self.order, self.seasonal_order, self.constant)
                changes = model.filter(arma, cov_type="none", low_memory=True).forecast(horizon)
        else:
            changes = np.repeat(changes[-1], horizon)
        future = recurse(series, -self._differencing()[1:], changes)
        future += np.resize(np.roll(state.pattern, -len(values)), horizon)
        if len(slopes):
            future += X[len(values) : len(values) + horizon] @ slopes
        return inverse(future, self.boxcox, self.floor if values.min() < self.floor else 0.0)

    def prepare(self, values: np.ndarray, X: np.ndarray) -> State:
        """Return the transformed, seasonally adjusted, differenced series; raise ValueError if too short."""
        season, orders = self.subtracted_season, self.order + self.seasonal_order[:3]
        needed = max(self.lost + sum(orders) - self.order[1] - self.seasonal_order[1] + 1, 2)
        needed += X.shape[1]
        needed = needed if season == 1 else max(needed, 2 * season)
        require(values, needed, str(self), "Lower the orders or supply more data.")
        values = transformed(values, self.boxcox, self.floor)
        if (largest := np.abs(values).max()) > _LARGEST:
            raise ValueError(
                f"`y` has values up to {largest:.3g}, whose squares are beyond all numbers. Divide them all."
            )
        pattern = np.zeros(1) if season == 1 else seasonal_pattern(values, season, "add")
        series = values - np.resize(pattern, len(values))
        weights = self._differencing()
        changes = np.convolve(series, weights, mode="valid")
        X_changes = [np.convolve(column, weights, mode="valid") for column in X.T]
        return State(series, pattern, changes, np.array(X_changes).reshape(-1, len(changes)).T)

    @property
    def lost(self) -> int:
        """Number of observations lost by differencing."""
        return self.order[1] + self.seasonal_order[1] * self.seasonal_order[3]

    def arma(self, params: dict[str, float]) -> np.ndarray:
        """Return ``ar, ma, ar.S, ma.S``, the last of the parameters."""
        (p, _, q), (P, _, Q, _) = self.order, self.seasonal_order
        return np.array(list(params.values()))[len(params) - (p + q + P + Q) :]

    def _split(self, params: dict[str, float], F: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the slopes of F covariates, and the other parameters, a constant first."""
        own, covariates = np.array(list(params.values())), slice(int(self.constant), int(self.constant) + F)
        return own[covariates], np.delete(own, covariates)

    def _differencing(self) -> np.ndarray:
        return differencing(self.order[1], *self.seasonal_order[1::2])

    def _in_units(
        self,
        names: Sequence[str],
        found: np.ndarray,
        basis: "_Basis",
        level: float,
        scale: float,
        columns: Sequence[Any],
    ) -> dict[str, float]:
        """Convert estimates for standardised differences and covariates to units of the data."""
        first, k = int(self.constant), basis.columns.shape[1]
        slopes = scale * basis.mixing @ found[first : first + k]
        arma = dict(zip(names[first + k :], found[first + k :].tolist(), strict=True))
        params = {f"X.{name}": slope for name, slope in zip(columns, slopes.tolist(), strict=True)} | arma
        if not self.constant:
            return params
        ar, _ = arma_polynomials(self.arma(params), self.order, self.seasonal_order)
        intercept = scale * found[0] + (level - basis.means @ slopes) * ar.sum()
        return {"intercept": float(intercept)} | params


class _Basis(NamedTuple):
    """Orthogonal columns (n, k) of mean square 1 that span the columns of X minus their `means` (F,).

    ``columns = (X - means) @ mixing``; if columns of X are linearly dependent, k is less than F.
    """

    columns: np.ndarray
    mixing: np.ndarray
    means: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray, centred: bool) -> "_Basis":
        n, F = X.shape
        means = X.mean(axis=0) if centred else np.zeros(F)
        if F == 0:
            return cls(X, np.empty((0, 0)), means)
        rest = X - means
        scales = np.sqrt(np.mean(rest**2, axis=0))
        scales[scales <= 1e-12 * np.abs(X).max(axis=0)] = np.inf
        left, sizes, right = np.linalg.svd(rest / scales, full_matrices=False)
        k = int(np.sum(sizes > 1e-8 * sizes[0])) if sizes[0] > 0 else 0
        mixing = np.sqrt(n) * (right[:k].T / sizes[:k]) / scales[:, None]
        return cls(np.sqrt(n) * left[:, :k], mixing, means)


def differencing(d: int, D: int, m: int) -> np.ndarray:
    """Return the coefficients of (1 - L)^d (1 - L^m)^D, lag 0 first.

    Examples
    --------
    >>> differencing(1, 1, 2)
    array([ 1., -1., -1.,  1.])
    """
    weights = np.ones(1)
    for lag, times in ((1, d), (m, D)):
        for _ in range(times):
            weights = np.convolve(weights, np.concatenate([[1.0], np.zeros(lag - 1), [-1.0]]))
    return weights


def _maximise(model: Any, starts: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    check_deadline()
    with np.errstate(all="ignore"):
        result = model.fit(
            start_params=starts,
            maxiter=200,
            disp=0,
            cov_type="none",
            low_memory=True,
            warn_convergence=False,
            callback=lambda _: check_deadline(),
        )
    return np.asarray(result.params), result.mle_retvals


def _starts(names: Sequence[str], gamma: np.ndarray, flat: bool = False) -> np.ndarray:
    """Return start values for the optimizer, inside the stationary and invertible region for any orders.

    `flat`: those of white noise around the regression.
    """
    kinds = [name.rpartition(".")[0] for name in names]
    first = {"": 0.0, "ar": 0.1, "ar.S": 0.1, "ma": -0.4, "ma.S": -0.4}
    starts = np.array([first[kind] * 0.5 ** kinds[:place].count(kind) for place, kind in enumerate(kinds)])
    starts = np.zeros(len(names)) if flat else starts
    constant = int("intercept" in names)
    starts[constant : constant + len(gamma)] = gamma
    return starts
