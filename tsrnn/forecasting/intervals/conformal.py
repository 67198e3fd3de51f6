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
    """What errors at earlier origins say of those to come.

    Attributes
    ----------
    sizes : ndarray of shape (H,)
        Mean absolute error by step.
    growth : float
        Power of the step that sizes grow with beyond H.
    scores : ndarray of shape (N,)
        Absolute errors over their step's size, ascending.
    shares : ndarray of shape (N,)
        Weight of each score and those before it; the last is 1.
    n_origins : float
        Origins the scores come from; fewer than there were, where they weigh unequally.
    """

    sizes: np.ndarray
    growth: float
    scores: np.ndarray
    shares: np.ndarray
    n_origins: float

    def score(self, coverage: np.ndarray) -> np.ndarray:
        """Return the scores that shares `coverage`, each in [0, 1), of errors do not exceed.

        Where that is more than was ever seen, the largest score is continued as if scores were those of a
        normal distribution.
        """
        n = self.n_origins
        share = coverage * (n + 1) / n
        scores = self.scores[np.searchsorted(self.shares, share - 1e-9).clip(max=len(self.scores) - 1)]
        beyond = share > 1 + 1e-9
        if beyond.any():
            from scipy.special import ndtri  # not worth every user's import time

            seen = ndtri((1 + n / (n + 1)) / 2)
            scores[beyond] = self.scores[-1] * (ndtri((1 + coverage[beyond]) / 2) / seen)
        return scores

    def steps(self, horizon: int) -> np.ndarray:
        """Return the mean absolute error by step, (horizon,)."""
        H = len(self.sizes)
        beyond = self.sizes[-1] * (np.arange(H + 1, horizon + 1) / H) ** self.growth
        return np.concatenate([self.sizes[:horizon], beyond])

    def offsets(self, p: Sequence[float], horizon: int) -> np.ndarray:
        """Return what to add to the forecasts for their quantiles `p`, each in (0, 1): (len(p), horizon).

        They do not fall with p, are 0 at 0.5, and those of p and 1 - p are opposite: signed errors, which
        would tell the sides apart, covered less and were wider on real series, whose bias in a few dozen
        origins is that of a passing trend.
        """
        return self.at(np.repeat(np.reshape(p, (-1, 1)), horizon, axis=1))

    def at(self, u: np.ndarray) -> np.ndarray:
        """Return what to add for the quantiles at `u` (n, horizon), one for each step."""
        return np.sign(u - 0.5) * self.score(np.abs(2 * u - 1)) * self.steps(u.shape[1])


def conform(errors: np.ndarray, kind: str = "split") -> Conformal:
    """Return what errors (n, H) at origins in the order of time say; nan is an error not known.

    Parameters
    ----------
    errors : ndarray of shape (n, H)
        Truth minus forecast, by origin and step. At least one must be known.
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
    >>> conform(np.array([[1.0], [-2.0], [3.0], [-4.0]])).offsets([0.2, 0.5, 0.8], horizon=1)
    array([[-3.], [ 0.], [ 3.]])
    """
    return _conform(errors, _weights(len(errors), kind), np.ones(len(errors)))


def conform_together(errors: Sequence[np.ndarray], kind: str = "split") -> tuple[Conformal, np.ndarray]:
    """Return what the errors of several series say together, and the size (S,) of each one's beside it.

    Parameters
    ----------
    errors : sequence of ndarray of shape (n, H)
        Of each series, in units of its own scale; n may differ, and be 0.
    kind : {"split", "adaptive"}, default "split"
        As for `conform`.

    Returns
    -------
    Conformal
        Of a series that is like the others; of series s, its offsets times the size of s.
    ndarray of shape (S,)
        Mean score of each series, drawn towards 1, which it is where nothing is known.
    """
    weights = np.concatenate([_weights(len(one), kind) for one in errors])
    whose = np.repeat(np.arange(len(errors)), [len(one) for one in errors])
    stacked = np.concatenate(errors)
    steps = _conform(stacked, weights, np.ones(len(stacked))).steps(stacked.shape[1])
    scores, known = _scores(stacked, steps), ~np.isnan(stacked)
    by_origin = weights * np.where(known, scores, 0.0).mean(axis=1)
    n = np.bincount(whose, weights * known.mean(axis=1), len(errors))
    sizes = (np.bincount(whose, by_origin, len(errors)) + _PRIOR_SERIES) / (n + _PRIOR_SERIES)
    return _conform(stacked, weights, sizes[whose]), sizes


def mean_change(values: np.ndarray, season_length: int = 1) -> float:
    """Return the mean absolute change of a series (n,) over a season: its scale; nan if there is none.

    Examples
    --------
    >>> mean_change(np.array([1.0, 3.0, np.nan, 4.0, 7.0]))
    2.5
    """
    lag = season_length if len(values) > season_length else 1
    changes = np.abs(values[lag:] - values[:-lag])
    seen = ~np.isnan(changes)
    return float(changes[seen].mean()) if seen.any() else float("nan")


def _weights(n: int, kind: str) -> np.ndarray:
    return np.ones(n) if kind == "split" else 0.5 ** (np.arange(n)[::-1] / (_HALF_LIFE * n))


def _conform(errors: np.ndarray, weights: np.ndarray, sizes: np.ndarray) -> Conformal:
    """Do it for errors (n, H) at origins that weigh and are sized as told, (n,) each."""
    relative = np.abs(errors) / sizes[:, None]
    known = ~np.isnan(relative)
    W = weights[:, None] * known
    steps, growth = _sizes(np.where(known, relative, 0.0), W)
    scores, order_weights = _scores(relative, steps)[known], W[known]
    order = np.argsort(scores, kind="stable")
    shares = np.cumsum(order_weights[order])
    return Conformal(
        steps, growth, scores[order], shares / shares[-1], float(weights.sum() ** 2 / (weights**2).sum())
    )


def _scores(errors: np.ndarray, steps: np.ndarray) -> np.ndarray:
    return np.divide(np.abs(errors), steps, out=np.where(np.isnan(errors), np.nan, 0.0), where=steps > 0)


def _sizes(sizes: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, float]:
    """Return mean sizes by step, smoothed, and the power they grow with, given those of errors and weights.

    The smoother is a power of the step, fitted to the means' logarithms, each octave counting alike; it
    stands in for what was not seen.
    """
    total = W.sum(axis=0)
    means = np.divide((W * sizes).sum(axis=0), total, out=np.zeros(len(total)), where=total > 0)
    step = np.arange(1.0, len(total) + 1)
    use = means > 0
    if not use.any():
        return means, 0.0
    x, y, w = np.log(step[use]), np.log(means[use]), total[use] / step[use]
    x_mean = w @ x / w.sum()
    spread = w @ (x - x_mean) ** 2
    growth = float(np.clip(w @ ((x - x_mean) * y) / spread, 0, 1)) if spread > 0 else 0.0
    law = step**growth
    law *= (W * sizes).sum() / (W * law).sum()
    n = np.divide(total**2, (W**2).sum(axis=0), out=np.zeros(len(total)), where=total > 0)
    return (n * means + _PRIOR_ORIGINS * law) / (n + _PRIOR_ORIGINS), growth
