"""Model confidence set: the forecasters that include the most accurate one with a given confidence."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tsrnn.metrics.significance.bootstrap import N_BOOTSTRAP, block_bootstrap
from tsrnn.metrics.significance.pairs import MIN_ORIGINS
from tsrnn.validation import check_positive_integer

__all__ = ["ConfidenceSet", "model_confidence_set"]


class ConfidenceSet(NamedTuple):
    """Result of the model confidence set procedure.

    Attributes
    ----------
    p_value : ndarray of shape (k,)
        A forecaster belongs to the set of level 1 - a if its p-value is at least a. 1 for the last one left;
        NaN with fewer than 10 units.
    order : ndarray of int64, shape (k,)
        Step at which each was eliminated, from 1; k for the last one left, and 0 if nothing was tested.
    n_units : int
        Origins or series compared.
    """

    p_value: np.ndarray
    order: np.ndarray
    n_units: int


def model_confidence_set(
    losses: ArrayLike, *, block_length: int = 1, n_bootstrap: int = N_BOOTSTRAP, random_state: int = 0
) -> ConfidenceSet:
    r"""Return p-values for the set of forecasters that contains the best one with a given confidence.

    The mean loss of each remaining forecaster is compared with the mean of all remaining ones,

    .. math::

        t_i = \frac{\bar L_i - \bar L_\cdot}{\sqrt{\widehat{\mathrm{Var}}(\bar L_i - \bar L_\cdot)}}, \qquad
        T_{\max} = \max_i t_i,

    with the variance over bootstrap samples. These samples, centred at :math:`\bar L_i - \bar L_\cdot`, also
    give the distribution of :math:`T_{\max}` under equal accuracy. The forecaster with the largest
    :math:`t_i` is eliminated. Its p-value is the share of samples that reach :math:`T_{\max}`, or the largest
    p-value so far if that is larger. This is repeated until one forecaster is left.

    Parameters
    ----------
    losses : array-like of shape (n, k)
        Losses of k forecasters at n units: origins in order of time, or independent series. Units with a
        loss that is not finite are skipped.
    block_length : int, default=1
        Length of bootstrap blocks: more than 1 if neighbouring losses depend on each other, as those of
        overlapping horizons do.
    n_bootstrap : int, default=2000
        Bootstrap samples.
    random_state : int, default=0
        Seed of the bootstrap.

    Returns
    -------
    ConfidenceSet
        p_value, order, n_units.

    Raises
    ------
    ValueError
        If `losses` isn't of shape (n, k), or `block_length` or `n_bootstrap` is below 1.

    References
    ----------
    Hansen, Lunde & Nason (2011), "The model confidence set", Econometrica 79(2), sections 2.1 and 3.1.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> good, level, bad = rng.normal([1.0, 1.0, 2.0], 0.5, size=(40, 3)).T
    >>> result = model_confidence_set(np.column_stack([good, level, bad]))
    >>> (result.p_value >= 0.1).tolist(), result.order.tolist()
    ([True, True, False], [3, 2, 1])
    """
    values = np.asarray(losses, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(
            f"`losses` must have shape (n, k), a row for each origin or series and a column for each "
            f"forecaster; got {values.shape}."
        )
    check_positive_integer("block_length", block_length, "units")
    check_positive_integer("n_bootstrap", n_bootstrap, "samples")
    values = values[np.isfinite(values).all(axis=1)]
    n, k = values.shape
    if n < MIN_ORIGINS:
        return ConfidenceSet(np.full(k, np.nan), np.zeros(k, dtype=np.int64), n)
    means = values.mean(axis=0)
    samples = block_bootstrap(
        values, block_length=min(block_length, n), n_bootstrap=n_bootstrap, random_state=random_state
    )
    p_value, order = np.ones(k), np.full(k, k, dtype=np.int64)
    left, largest = list(range(k)), 0.0
    for turn in range(1, k):
        worst, p = _worst(means[left], samples[:, left])
        largest = max(largest, p)
        out = left.pop(worst)
        p_value[out], order[out] = largest, turn
    return ConfidenceSet(p_value, order, n)


def _worst(means: np.ndarray, samples: np.ndarray) -> tuple[int, float]:
    """Return the forecaster with the largest statistic, and its p-value."""
    difference = means - means.mean()
    chance = samples - samples.mean(axis=1, keepdims=True) - difference
    spread = np.sqrt(np.square(chance).mean(axis=0))
    tiny = 1e-12 * np.abs(means).max()  # equal but for rounding
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(np.abs(difference) > tiny, difference / np.where(spread > tiny, spread, 0.0), 0.0)
        reached = np.where(spread > tiny, chance / spread, 0.0).max(axis=1)
    worst = int(np.argmax(t))
    return worst, float((reached >= t[worst]).mean())
