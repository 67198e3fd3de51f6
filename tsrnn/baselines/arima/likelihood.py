"""SARIMAX model of statsmodels with a compiled likelihood."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from tsrnn.deadline import without_interruption
from tsrnn.kernels.arma import arma_likelihood

__all__ = ["arma_polynomials", "later_log_likelihood", "state_space"]

_HOPELESS = -1e12  # log likelihood where rounding errors make the model non-stationary


def state_space(
    changes: np.ndarray,
    order: Sequence[int],
    seasonal_order: Sequence[int],
    constant: bool,
    columns: np.ndarray | None = None,
) -> Any:
    """Return a statsmodels model of differences (n,): a regression on columns (n, k) with ARMA errors.

    Its log likelihood equals that of statsmodels' Kalman filter, and is computed about fifty times faster.
    """
    (p, _, q), (P, _, Q, m) = order, seasonal_order
    return _compiled_model()(
        changes,
        exog=columns if columns is not None and columns.shape[1] else None,
        order=(p, 0, q),
        seasonal_order=(P, 0, Q, m) if P or Q else (0, 0, 0, 0),
        trend="c" if constant else "n",
        concentrate_scale=True,
    )


def arma_polynomials(
    params: np.ndarray, order: Sequence[int], seasonal_order: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return phi(L) Phi(L^m) and theta(L) Theta(L^m), lag 0 first, of ``ar, ma, ar.S, ma.S``."""
    (p, _, q), (P, _, _, m) = order, seasonal_order
    ar, ma = params[:p], params[p : p + q]
    seasonal_ar, seasonal_ma = params[p + q : p + q + P], params[p + q + P :]
    return _product(-ar, -seasonal_ar, m), _product(ma, seasonal_ma, m)


def _product(short: np.ndarray, seasonal: np.ndarray, m: int) -> np.ndarray:
    """Return the coefficients of (1 + a_1 L + ...) (1 + A_1 L^m + ...)."""
    product = np.zeros(len(short) + m * len(seasonal) + 1)
    product[0], product[1 : len(short) + 1] = 1.0, short
    base = product[: len(short) + 1].copy()
    for times, coefficient in enumerate(seasonal, start=1):
        product[times * m : times * m + len(base)] += coefficient * base
    return product


@cache
def _compiled_model() -> Any:
    with without_interruption():
        from statsmodels.tsa.statespace.sarimax import SARIMAX

    class CompiledSarimax(SARIMAX):
        def loglike(
            self, params: np.ndarray, flags: dict[str, Any] | None = None, *, transformed: bool = True
        ) -> float:
            if not (transformed if flags is None else flags["transformed"]):
                params = self.transform_params(params)
            n_trend, n_exog = self._k_trend, self._k_exog
            arma = np.asarray(params[n_trend + n_exog :], dtype=np.float64)
            ar, ma = arma_polynomials(arma, (self.k_ar_params, 0, self.k_ma_params), self.seasonal_order)
            rest = self.endog[:, 0]
            if n_trend:
                rest = rest - params[0] / ar.sum()
            if n_exog:
                rest = rest - self.exog @ params[n_trend : n_trend + n_exog]
            return _log_likelihood(rest, ar, ma)

    return CompiledSarimax


def later_log_likelihood(y: np.ndarray, ar: np.ndarray, ma: np.ndarray, first: int) -> float:
    """Return the log density of y[first:] given y[:first], at the error variance estimated from all of y."""
    (squares, logarithms), n = _errors(y, ar, ma), len(y) - first
    if not 0.0 < squares < np.inf:
        return _HOPELESS
    variance = squares / len(y)
    earlier_squares, earlier_logarithms = _errors(y[:first], ar, ma)
    squares, logarithms = squares - earlier_squares, logarithms - earlier_logarithms
    return float(-0.5 * (n * np.log(2 * np.pi * variance) + squares / variance + logarithms))


def _log_likelihood(y: np.ndarray, ar: np.ndarray, ma: np.ndarray) -> float:
    """Return the log likelihood, maximised over the error variance."""
    return later_log_likelihood(y, ar, ma, 0)


def _errors(y: np.ndarray, ar: np.ndarray, ma: np.ndarray) -> tuple[float, float]:
    """Return the two terms of `arma_likelihood` for an ARMA process with these polynomials."""
    n_ar, r = len(ar) - 1, max(len(ar) - 1, len(ma))
    phi, theta = np.zeros(r), np.zeros(r)
    phi[:n_ar], theta[: len(ma)] = -ar[1:], ma
    found = np.empty(2)
    work = np.empty((n_ar, n_ar)), np.empty(2 * r), np.empty((5, r))
    arma_likelihood(np.array(y), phi, theta, n_ar, *work, found)
    squares, logarithms = found.tolist()
    return squares, logarithms
