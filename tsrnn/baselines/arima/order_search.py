"""Search over the orders of an ARIMA model, stepwise or exhaustive, by an information criterion."""

from collections.abc import Callable, Iterator
from itertools import product
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.baselines.arima.sarima import Estimate, Sarima
from tsrnn.deadline import TimeLimitError, check_deadline, time_limit

__all__ = ["Bounds", "Candidate", "Family", "Search", "least_roots", "penalty"]

_LEAST_ROOTS = 1.01, 1.05  # least moduli of roots, of ordinary and of seasonal polynomials
_SMALLEST_VARIANCE = 1e-20  # of errors, relative to the mean square of the differences


class Candidate(NamedTuple):
    """Orders and constant of a model in a search."""

    p: int
    q: int
    P: int
    Q: int
    constant: bool


class Bounds(NamedTuple):
    """Limits on the candidates of a search.

    Attributes
    ----------
    p, q, P, Q : int
        The highest orders.
    total : int
        The highest sum of orders in an exhaustive search.
    constants : tuple of bool
        Values of `Candidate.constant` to try.
    season : int
        Steps in a season. If p >= season, P must be 0; likewise for q and Q.
    """

    p: int
    q: int
    P: int
    Q: int
    total: int
    constants: tuple[bool, ...]
    season: int = 1

    def hold(self, one: Candidate) -> bool:
        """Return whether a candidate is within the limits."""
        within = all(0 <= k <= most for k, most in zip(one[:4], self[:4], strict=True))
        overlap = (one.P and one.p >= self.season) or (one.Q and one.q >= self.season)
        return within and not overlap and one.constant in self.constants

    def starts(self) -> list[Candidate]:
        """Return the first candidates of a stepwise search (Hyndman & Khandakar, 2008, sec. 3.2, step 1)."""
        constant, P, Q = self.constants[-1], min(1, self.P), min(1, self.Q)
        starts = [
            Candidate(min(2, self.p), min(2, self.q), P, Q, constant),
            Candidate(0, 0, 0, 0, constant),
            Candidate(min(1, self.p), 0, P, 0, constant),
            Candidate(0, min(1, self.q), 0, Q, constant),
            Candidate(0, 0, 0, 0, self.constants[0]),
        ]
        return [one for one in dict.fromkeys(starts) if self.hold(one)]

    def neighbours(self, one: Candidate) -> Iterator[Candidate]:
        """Yield the candidates that a stepwise search tries around the best so far (step 2)."""
        steps = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))
        around = [one._replace(P=one.P + i, Q=one.Q + j) for i, j in steps]
        around += [one._replace(p=one.p + i, q=one.q + j) for i, j in steps]
        yield from filter(self.hold, [*around, one._replace(constant=not one.constant)])

    def all(self) -> list[Candidate]:
        """Return all candidates with a sum of orders up to `total`."""
        orders = sorted(product(*(range(most + 1) for most in self[:4])), key=sum)
        every = [Candidate(p, q, P, Q, constant) for p, q, P, Q in orders for constant in self.constants]
        return [one for one in every if sum(one[:4]) <= self.total and self.hold(one)]


class Family(NamedTuple):
    """Candidates with the same transform and numbers of differences.

    Attributes
    ----------
    model : callable
        Returns the `Sarima` of a candidate.
    bounds : Bounds
    """

    model: Callable[[Candidate], Sarima]
    bounds: Bounds


class Search:
    """Search for the candidate with the least criterion, each fitted once.

    Parameters
    ----------
    estimate : callable
        Returns the `Estimate` of a `Sarima`.
    criterion : {"aicc", "aic", "bic"}
    max_seconds : float or None
        Time limit; the first usable model is always fitted.
    simplest : Sarima
        The model that is returned if no candidate can be used.

    Attributes
    ----------
    model : Sarima
        The best model so far.
    least : float
        Its criterion.
    is_cut_short : bool
        Whether the time limit ended the search.
    """

    def __init__(
        self,
        estimate: Callable[[Sarima], Estimate],
        criterion: str,
        max_seconds: float | None,
        simplest: Sarima,
    ) -> None:
        self._estimate, self._criterion = estimate, criterion
        self._limit: Any = max_seconds
        self._start = monotonic()
        self._rows: dict[Candidate, dict[str, Any]] = {}
        self._best: Candidate | None = None
        self.model = simplest
        self._found: Estimate | None = None
        self.least = np.inf
        self.is_cut_short = False

    def run(self, family: Family, stepwise: bool) -> None:
        """Search until no candidate is better, or until the time limit."""
        self._model, bounds = family
        try:
            for one in bounds.starts() if stepwise else bounds.all():
                self._try(one)
            moved = stepwise
            while moved and self._best is not None:
                moved = any(self._try(one) for one in bounds.neighbours(self._best))
        except OutOfTimeError:
            self.is_cut_short = True

    @property
    def found(self) -> Estimate:
        """The estimate of the best model."""
        if self._found is None:
            self._found = self._estimate(self.model)
        return self._found

    def table(self) -> pd.DataFrame:
        """Return one row for each candidate, in the order in which they were tried."""
        return pd.DataFrame(list(self._rows.values()))

    def _try(self, one: Candidate) -> bool:
        """Fit a candidate, unless fitted before, and return whether it is the best so far."""
        if one in self._rows:
            return False
        model, begin = self._model(one), monotonic()
        found, criterion, status = self._fit(model, begin)
        self._rows[one] = {
            "order": model.order,
            "seasonal_order": model.seasonal_order,
            "constant": one.constant,
            self._criterion: criterion,
            "seconds": monotonic() - begin,
            "status": status,
        }
        better = criterion < self.least
        if better:
            self._best, self.model, self._found, self.least = one, model, found, criterion
        return better

    def _fit(self, model: Sarima, now: float) -> tuple[Estimate | None, float, str]:
        """Return the estimate of a model, its criterion and its status."""
        unlimited = self._limit is None or self._found is None
        try:
            with time_limit(None if unlimited else self._start + self._limit - now):
                check_deadline()
                found = self._estimate(model)
        except TimeLimitError:
            if unlimited:
                raise
            check_deadline()  # that of the limit around the search
            raise OutOfTimeError from None
        except ValueError:
            return None, np.inf, "too short"
        roots = least_roots(model, found.params)
        if any(root < least for root, least in zip(roots, _LEAST_ROOTS, strict=True)):
            return found, np.inf, "root near unit circle"
        criterion = information_criterion(found, self._criterion)
        return found, criterion, "ok" if criterion < np.inf else "too short"


class OutOfTimeError(Exception):
    """The time limit of the search itself is reached."""


def information_criterion(found: Estimate, criterion: str) -> float:
    """Return Akaike's criterion (AIC), AIC corrected for few observations (AICc), or the Bayesian one (BIC).

    Infinite for "aicc" where there are too few observations for the correction.

    Examples
    --------
    >>> information_criterion(Estimate({}, -10.0, 20, 3, {}, 1.0), "aic")
    26.0
    """
    n, k = found.n, found.n_params
    # Residuals of a perfect fit are rounding errors: the model of fewest parameters wins.
    most = -0.5 * n * (np.log(2 * np.pi * _SMALLEST_VARIANCE * max(found.mean_square, 1e-280)) + 1.0)
    deviance = -2.0 * min(found.log_likelihood, most)
    return deviance + penalty(n, k, criterion)


def penalty(n: int, k: int, criterion: str) -> float:
    """Return the penalty term of a criterion for k parameters and n observations.

    Examples
    --------
    >>> penalty(20, 3, "aic"), penalty(20, 3, "aicc"), penalty(4, 3, "aicc")
    (6.0, 7.5, inf)
    """
    if criterion == "bic":
        return float(k * np.log(n))
    correction = 0.0 if criterion == "aic" else 2.0 * k * (k + 1)
    left = 1 if criterion == "aic" else n - k - 1
    return 2.0 * k + correction / left if left > 0 else np.inf


def least_roots(model: Sarima, params: dict[str, float]) -> tuple[float, float]:
    """Return the least modulus of the roots of ordinary and of seasonal polynomials; infinity if none.

    Seasonal polynomials are taken in powers of the seasonal lag L^m. In powers of L their roots, m-th roots,
    would be closer to the unit circle for longer seasons.

    Examples
    --------
    >>> model = Sarima((1, 0, 1), (1, 0, 0, 12))
    >>> least_roots(model, {"ar.L1": 0.5, "ma.L1": -0.8, "ar.S.L12": 0.625})
    (1.25, 1.6)
    """
    (p, _, q), (P, *_) = model.order, model.seasonal_order
    least = [np.inf] * 4
    for k, coefficients in enumerate(np.split(model.arma(params), np.cumsum([p, q, P]))):
        polynomial = np.concatenate([[1.0], -coefficients if k in (0, 2) else coefficients])
        roots = np.roots(np.trim_zeros(polynomial, "b")[::-1])
        least[k] = float(np.abs(roots).min(initial=np.inf))
    return min(least[:2]), min(least[2:])
