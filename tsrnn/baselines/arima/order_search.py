"""The search for the orders of an ARIMA: which ones to try, and what is known of those tried."""

from collections.abc import Callable, Iterator
from itertools import product
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.baselines.arima.sarima import Estimate, Sarima
from tsrnn.deadline import TimeLimitError, check_deadline, time_limit

__all__ = ["CRITERIA", "Bounds", "Candidate", "Family", "Search", "least_roots", "penalty"]

_LEAST_ROOTS = 1.01, 1.05  # of polynomials, and of those of the seasonal lag
_SMALLEST_VARIANCE = 1e-20  # of errors, relative to the mean square of the differences
CRITERIA = ("aicc", "aic", "bic")


class Candidate(NamedTuple):
    """What differs between the models of a search."""

    p: int
    q: int
    P: int
    Q: int
    constant: bool


class Bounds(NamedTuple):
    """Which candidates there are.

    Attributes
    ----------
    p, q, P, Q : int
        The highest orders.
    total : int
        The highest sum of orders where all are tried.
    constants : tuple of bool
        Whether models with and without a constant are tried.
    season : int
        Steps in a season: where lags reach it, there is no seasonal part of their kind.
    """

    p: int
    q: int
    P: int
    Q: int
    total: int
    constants: tuple[bool, ...]
    season: int = 1

    def hold(self, one: Candidate) -> bool:
        """Whether a candidate is within them."""
        within = all(0 <= k <= most for k, most in zip(one[:4], self[:4], strict=True))
        overlap = (one.P and one.p >= self.season) or (one.Q and one.q >= self.season)
        return within and not overlap and one.constant in self.constants

    def starts(self) -> list[Candidate]:
        """Return where a stepwise search begins (Hyndman & Khandakar, 2008, section 3.2, step 1)."""
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
        """Yield what a stepwise search tries around the best so far (the same, step 2)."""
        steps = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))
        around = [one._replace(P=one.P + i, Q=one.Q + j) for i, j in steps]
        around += [one._replace(p=one.p + i, q=one.q + j) for i, j in steps]
        yield from filter(self.hold, [*around, one._replace(constant=not one.constant)])

    def all(self) -> list[Candidate]:
        """Return all candidates whose orders sum up to no more than `total`."""
        orders = sorted(product(*(range(most + 1) for most in self[:4])), key=sum)
        every = [Candidate(p, q, P, Q, constant) for p, q, P, Q in orders for constant in self.constants]
        return [one for one in every if sum(one[:4]) <= self.total and self.hold(one)]


class Family(NamedTuple):
    """The candidates of one transform and one number of differences.

    Attributes
    ----------
    model : callable
        Returns the `Sarima` of a candidate.
    bounds : Bounds
    """

    model: Callable[[Candidate], Sarima]
    bounds: Bounds


class Search:
    """Fits candidates, each once, and remembers the best.

    Parameters
    ----------
    estimate : callable
        Returns the `Estimate` of a `Sarima`.
    criterion : {"aicc", "aic", "bic"}
    max_seconds : float or None
        When to stop; the first model that can be used is always fitted.
    simplest : Sarima
        What is taken where none can be used.

    Attributes
    ----------
    model : Sarima
        The best so far.
    least : float
        Its criterion.
    is_cut_short : bool
        Whether time was up first.
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
        """Search until nothing is better, or time is up."""
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
        """Fit a candidate unless it was, and return whether it is the best so far."""
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
        """Return what was found, its criterion and what is to be said of it."""
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
    """The search's own time is up."""


def information_criterion(found: Estimate, criterion: str) -> float:
    """Return Akaike's criterion, the same corrected for few observations, or the Bayesian one.

    Infinite for "aicc" where there are too few observations for the correction.

    Examples
    --------
    >>> information_criterion(Estimate({}, -10.0, 20, 3, {}, 1.0), "aic")
    26.0
    """
    n, k = found.n, found.n_params
    # What rounding leaves of a perfect fit says nothing: the model of fewest parameters wins.
    most = -0.5 * n * (np.log(2 * np.pi * _SMALLEST_VARIANCE * max(found.mean_square, 1e-280)) + 1.0)
    deviance = -2.0 * min(found.log_likelihood, most)
    return deviance + penalty(n, k, criterion)


def penalty(n: int, k: int, criterion: str) -> float:
    """Return what a criterion adds for k parameters, given n observations.

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
    """Return the least moduli of roots of the polynomials and of the seasonal ones; infinity if none.

    Those of the seasonal part are polynomials of the seasonal lag. Taken as ones of a single step, whose
    roots are m-th roots, they would seem the closer to the circle the longer the season.

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
