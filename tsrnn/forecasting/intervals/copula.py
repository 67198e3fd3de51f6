"""Random probabilities that depend on each other as errors did that were made before.

A forecast's quantiles say what may come at each step, not what goes with what. That is taken from the ranks
of earlier errors: whole rows of them, one for each origin, are drawn, and each rank becomes a quantile (the
Schaake shuffle; Clark, Gangopadhyay, Hay, Rajagopalan & Wilby, 2004, Journal of Hydrometeorology 5; Schefzik,
Thorarinsdottir & Gneiting, 2013, "Uncertainty quantification in complex simulation models using ensemble
copula coupling", Statistical Science 28). Ranks are an empirical copula: at each step all are equally likely.
"""

import numpy as np


def ranks(errors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the rank of each error among those of its step, ties in random order.

    Parameters
    ----------
    errors : ndarray of shape (N, h, C)
        By origin, step and channel.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int64, shape (N, h, C)
        From 0 on.

    Examples
    --------
    >>> ranks(np.array([[0.3, 5.0], [-1.0, 2.0], [0.1, 3.0]])[:, :, None], np.random.default_rng(0))[:, :, 0]
    array([[2, 2],
           [0, 0],
           [1, 1]])
    """
    order = np.lexsort((rng.random(errors.shape), errors), axis=0)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(len(errors)).reshape(-1, 1, 1), axis=0)
    return places


def draw(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n rows of ranks (N, h, C) as probabilities in (0, 1), (n, h, C).

    All rows are drawn before any is drawn again. A rank stands for an N-th of all probabilities, and a place
    within it is drawn: without any dependence, this is Latin hypercube sampling.

    Examples
    --------
    >>> rows = np.array([2, 0, 1]).reshape(3, 1, 1)
    >>> u = draw(rows, 3, np.random.default_rng(0))
    >>> np.sort((3 * u.ravel()).astype(int))
    array([0, 1, 2])
    """
    N = len(rows)
    drawn = np.concatenate([rng.permutation(N) for _ in range(-(-n // N))])[:n]
    return _as_probabilities(rows[drawn], N, rng)


def draw_each(rows: np.ndarray, k: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n rows of ranks (N, h, C) for each of k series, (k, n, h, C).

    As `draw` for one series; those of several go through the same random order from places of their own.
    """
    if k == 1:
        return draw(rows, n, rng)[None]
    N = len(rows)
    places = (rng.integers(N, size=(k, 1)) + np.arange(n)) % N
    return _as_probabilities(rows[rng.permutation(N)[places]], N, rng)


def _as_probabilities(ranks: np.ndarray, N: int, rng: np.random.Generator) -> np.ndarray:
    return np.maximum((ranks + rng.random(ranks.shape)) / N, np.finfo(np.float64).tiny)


def draw_steps(
    rows: np.ndarray | None, k: int, n: int, shape: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Draw probabilities of so many steps and channels, (k, n, *shape), some steps at a time.

    Parameters
    ----------
    rows : ndarray of int64, shape (N, h, C), or None
        Ranks that go together at h steps in a row; what comes after them does not depend on them. None:
        nothing depends on anything.
    k, n : int
        Series, and paths of each.
    shape : (int, int)
        Steps and channels C.
    rng : numpy.random.Generator
    """
    horizon, C = shape
    if rows is None:
        steps = [draw_each(ranks(rng.random((n, 1, C)), rng), k, n, rng) for _ in range(horizon)]
        return np.concatenate(steps, axis=2)
    blocks = [draw_each(rows, k, n, rng) for _ in range(-(-horizon // rows.shape[1]))]
    return np.concatenate(blocks, axis=2)[:, :, :horizon]
