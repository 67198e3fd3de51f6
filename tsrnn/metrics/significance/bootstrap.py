"""Circular block bootstrap of mean losses."""

import numpy as np

from tsrnn.deadline import check_deadline

__all__ = ["N_BOOTSTRAP", "block_bootstrap"]

N_BOOTSTRAP = 2000
CHUNK = 4_000_000  # numbers drawn at once


def block_bootstrap(
    losses: np.ndarray, *, block_length: int = 1, n_bootstrap: int = N_BOOTSTRAP, random_state: int = 0
) -> np.ndarray:
    """Return bootstrap samples of the mean losses, with the same units drawn for all forecasters.

    Blocks of neighbouring units start anywhere with equal probability and continue with the first unit after
    the last (circular block bootstrap), so that each unit is drawn equally often on average.

    Parameters
    ----------
    losses : ndarray of shape (n, k)
        Losses of k forecasters at n units: origins in order of time, or series.
    block_length : int, default=1
        Units in a block; 1 if they are independent.
    n_bootstrap : int, default=2000
        Number of samples.
    random_state : int, default=0
        Seed.

    Returns
    -------
    ndarray of shape (n_bootstrap, k)

    References
    ----------
    Politis & Romano (1992), "A circular block-resampling procedure for stationary data", in LePage & Billard,
    "Exploring the limits of bootstrap".

    Examples
    --------
    >>> means = block_bootstrap(np.array([[1.0, 2.0], [3.0, 4.0]]), n_bootstrap=1000)
    >>> sorted(set(means[:, 0].tolist()))
    [1.0, 2.0, 3.0]
    """
    n, k = losses.shape
    rng = np.random.default_rng(random_state)
    means = np.empty((n_bootstrap, k))
    n_blocks = -(-n // block_length)
    rows = max(1, CHUNK // n)
    for first in range(0, n_bootstrap, rows):
        check_deadline()
        size = min(rows, n_bootstrap - first)
        drawn = rng.integers(n, size=(size, n_blocks, 1))
        if block_length > 1:
            drawn = (drawn + np.arange(block_length)) % n
        cells = drawn.reshape(size, -1)[:, :n] + np.arange(size)[:, None] * n
        counts = np.bincount(cells.ravel(), minlength=size * n).reshape(size, n)
        means[first : first + size] = counts @ losses / n
    return means
