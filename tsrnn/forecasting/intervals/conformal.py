"""Conformal prediction: how far forecasts miss, as learnt from the errors at earlier origins.

The score of an error is its size relative to the mean size of errors as many steps ahead. Scores of all
steps are ranked together, and the (n + 1) / n of n origins that makes up for having seen no more of them is
that of split conformal prediction (Vovk et al., 2005; Lei et al., 2018, section 2.2): for one step ahead,
intervals cover exactly as often as they promise, or up to 1 / (n + 1) more, if origins are exchangeable.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

KINDS = ("split", "adaptive")
_HALF_LIFE = 0.2  # share of the origins after which an error weighs half as much, for "adaptive"
_PRIOR_ORIGINS = 10  # what the power law weighs beside the mean size of the errors so many steps ahead
_PRIOR_SERIES = 3  # origins that the size of all series' errors weighs beside that of one series'


class Conformal(NamedTuple):
    """What errors at earlier origins say of those to come, for each of G series.

    Attributes
    ----------
    sizes : ndarray of shape (G, H)
        Mean absolute error by step.
    growth : ndarray of shape (G,)
        Power of the step that sizes grow with beyond H.
    scores : ndarray of shape (G, N)
        Absolute errors over their step's size, ascending; infinite where they are fewer.
    shares : ndarray of shape (G, N)
        Weight of each score and those before it; 1 from the last one on.
    n_origins : ndarray of shape (G,)
        Origins the scores come from; fewer than there were, where they weigh unequally.
    """

    sizes: np.ndarray
    growth: np.ndarray
    scores: np.ndarray
    shares: np.ndarray
    n_origins: np.ndarray

    def score(self, coverage: np.ndarray) -> np.ndarray:
        """Return the scores that shares `coverage` (G, ...), each in [0, 1), of errors do not exceed.

        That cannot be told of shares above n / (n + 1) of n origins: the largest score stands for them.
        """
        G, N = self.shares.shape
        rows = np.arange(G).reshape(-1, *[1] * (coverage.ndim - 1))
        share = np.minimum(coverage * (1 + 1 / self.n_origins[rows]), 1.0)
        # Shares are at most 1, so rows that are 2 apart can be searched as one sorted list.
        places = np.searchsorted(
            (self.shares + 2.0 * np.arange(G)[:, None]).ravel(), share - 1e-9 + 2.0 * rows
        )
        largest = (np.isfinite(self.scores).sum(axis=1) - 1).reshape(rows.shape)
        return self.scores[rows, np.minimum(places - N * rows, largest)]

    def told(self, coverage: np.ndarray) -> np.ndarray:
        """Return whether n origins are enough for intervals that cover so much, (G, ...)."""
        n = self.n_origins.reshape(-1, *[1] * (coverage.ndim - 1))
        return coverage <= n / (n + 1) + 1e-9

    def steps(self, horizon: int) -> np.ndarray:
        """Return the mean absolute error by step, (G, horizon)."""
        H = self.sizes.shape[1]
        beyond = self.sizes[:, -1:] * (np.arange(H + 1, horizon + 1) / H) ** self.growth[:, None]
        return np.concatenate([self.sizes[:, :horizon], beyond], axis=1)

    def margins(self, p: Sequence[float], horizon: int) -> np.ndarray:
        """Return what to add to the forecasts for their quantiles `p`, each in (0, 1): (G, len(p), horizon).

        They do not fall with p, are 0 at 0.5, and those of p and 1 - p are opposite: signed errors, which
        would tell the sides apart, covered less and were wider on real series, whose bias in a few dozen
        origins is that of a passing trend.
        """
        u = np.reshape(np.asarray(p, np.float64), (1, -1, 1))
        return self.at(np.broadcast_to(u, (len(self.sizes), u.size, horizon)))

    def at(self, u: np.ndarray) -> np.ndarray:
        """Return what to add for the quantiles at `u` (G, n, horizon), one for each step."""
        return np.sign(u - 0.5) * self.score(np.abs(2 * u - 1)) * self.steps(u.shape[2])[:, None]

    def take(self, series: np.ndarray) -> "Conformal":
        """Return those of some series."""
        return self._replace(
            sizes=self.sizes[series],
            growth=self.growth[series],
            scores=self.scores[series],
            shares=self.shares[series],
            n_origins=self.n_origins[series],
        )


def conform(errors: np.ndarray, kind: str = "split") -> Conformal:
    """Return what errors at origins in the order of time say, of each series by itself.

    Parameters
    ----------
    errors : ndarray of shape (n, H), or (G, n, H) for G series
        Truth minus forecast, by origin and step; nan where it is not known. At least one of each series must
        be known.
    kind : {"split", "adaptive"}, default "split"
        "split": all origins count alike. "adaptive": an origin counts half as much as one that is a fifth of
        all origins later (Barber et al., 2023, section 4), for series whose errors change: on simulated ones
        this covered better than moving the level with every miss (Gibbs & Candès, 2021), for which a few
        dozen origins are too few.

    References
    ----------
    Vovk, Gammerman & Shafer (2005), "Algorithmic Learning in a Random World"; Lei, G'Sell, Rinaldo,
    Tibshirani & Wasserman (2018), "Distribution-free predictive inference for regression", Journal of the
    American Statistical Association 113; Stankevičiūtė, Alaa & van der Schaar (2021), "Conformal time-series
    forecasting", NeurIPS; Barber, Candès, Ramdas & Tibshirani (2023), "Conformal prediction beyond
    exchangeability", Annals of Statistics 51.

    Examples
    --------
    >>> conform(np.array([[1.0], [-2.0], [3.0], [-4.0]])).margins([0.2, 0.5, 0.8], horizon=1)
    array([[[-3.],
            [ 0.],
            [ 3.]]])
    """
    errors = errors.reshape(-1, *errors.shape[-2:])
    return _conform(errors, _weights(errors.shape[1], kind))


def conform_together(
    errors: np.ndarray, offsets: np.ndarray, kind: str = "split"
) -> tuple[Conformal, np.ndarray]:
    """Return what the errors of several series say together, and the size (S,) of each one's beside it.

    Parameters
    ----------
    errors : ndarray of shape (n, H)
        Of all series, end to end, in units of their own scales.
    offsets : ndarray of int64, shape (S + 1,)
        The errors of series s are rows ``offsets[s]`` to ``offsets[s + 1] - 1``; there may be none.
    kind : {"split", "adaptive"}, default "split"
        As for `conform`.

    Returns
    -------
    Conformal
        Of a series that is like the others; of series s, its offsets times the size of s.
    ndarray of shape (S,)
        Mean score of each series, drawn towards 1, which it is where nothing is known.
    """
    n_origins = np.diff(offsets)
    weights, S = np.empty(len(errors)), len(n_origins)
    whose = np.repeat(np.arange(S), n_origins)
    for n in np.unique(n_origins).tolist():
        own = n_origins[whose] == n
        weights[own] = np.tile(_weights(n, kind), int((n_origins == n).sum()))
    steps = _conform(errors[None], weights).steps(errors.shape[1])[0]
    scores, known = _scores(errors, steps), ~np.isnan(errors)
    by_origin = weights * np.where(known, scores, 0.0).mean(axis=1)
    n = np.bincount(whose, weights * known.mean(axis=1), S)
    sizes = (np.bincount(whose, by_origin, S) + _PRIOR_SERIES) / (n + _PRIOR_SERIES)
    return _conform(errors[None] / sizes[whose][:, None], weights), sizes


def _weights(n: int, kind: str) -> np.ndarray:
    return np.ones(n) if kind == "split" else 0.5 ** (np.arange(n)[::-1] / (_HALF_LIFE * n))


def _conform(errors: np.ndarray, weights: np.ndarray) -> Conformal:
    """Do it for errors (G, n, H) at origins that weigh as given, (n,)."""
    relative = np.abs(errors)
    known = ~np.isnan(relative)
    W = weights[:, None] * known
    steps, growth = _sizes(np.where(known, relative, 0.0), W)
    G, w = len(errors), weights * known.any(axis=2)
    scores = np.where(known, _scores(relative, steps[:, None]), np.inf).reshape(G, -1)
    order = np.argsort(scores, axis=1, kind="stable")
    shares = np.cumsum(np.take_along_axis(W.reshape(G, -1), order, axis=1), axis=1)
    return Conformal(
        steps,
        growth,
        np.take_along_axis(scores, order, axis=1),
        shares / shares[:, -1:],
        w.sum(axis=1) ** 2 / (w**2).sum(axis=1),
    )


def _scores(errors: np.ndarray, steps: np.ndarray) -> np.ndarray:
    steps = np.broadcast_to(steps, errors.shape)
    return np.divide(np.abs(errors), steps, out=np.where(np.isnan(errors), np.nan, 0.0), where=steps > 0)


def _sizes(sizes: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean sizes by step, smoothed, (G, H), and the powers they grow with, (G,).

    Given sizes of errors and weights, (G, n, H) each. The smoother is a power of the step, fitted to the
    means' logarithms, each octave counting alike; it stands in for what was not seen.
    """
    total = W.sum(axis=1)
    sums = (W * sizes).sum(axis=1)
    means = np.divide(sums, total, out=np.zeros(total.shape), where=total > 0)
    step = np.arange(1.0, total.shape[1] + 1)
    use = means > 0
    x, y = np.log(step), np.log(np.where(use, means, 1.0))
    w = np.where(use, total / step, 0.0)
    whole = np.where(use.any(axis=1), w.sum(axis=1), 1.0)
    around = x - ((w @ x) / whole)[:, None]
    spread = (w * around**2).sum(axis=1)
    slope = (w * around * y).sum(axis=1)
    growth = np.clip(np.divide(slope, spread, out=np.zeros(len(slope)), where=spread > 0), 0, 1)
    law = step ** growth[:, None]
    scale = (W * law[:, None]).sum(axis=(1, 2))
    law *= np.divide(sums.sum(axis=1), scale, out=np.zeros(len(scale)), where=scale > 0)[:, None]
    n = np.divide(total**2, (W**2).sum(axis=1), out=np.zeros(total.shape), where=total > 0)
    return np.where(
        use.any(axis=1)[:, None], (n * means + _PRIOR_ORIGINS * law) / (n + _PRIOR_ORIGINS), means
    ), growth
