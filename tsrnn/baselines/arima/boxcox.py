"""Box-Cox power transform, its inverse and its log derivative."""

import numpy as np

from tsrnn.baselines.requirements import refuse_nonpositive

__all__ = ["find_floor", "inverse", "log_slopes", "resolve_boxcox", "transformed"]

_LARGEST = np.finfo(np.float64).max


def resolve_boxcox(boxcox: float | None) -> float | None:
    """Return lambda, None for the identity, which 1 is but for a shift."""
    return None if boxcox is None or boxcox == 1 else float(boxcox)


def find_floor(values: np.ndarray, boxcox: float | str | None, power: float | None) -> float:
    """Return half the least of positive values if their transform was not asked for, and 0 else."""
    return float(values.min()) / 2 if boxcox == "auto" and power is not None else 0.0


def transformed(values: np.ndarray, power: float | None, floor: float = 0.0) -> np.ndarray:
    """Return y^lambda / lambda, or log(y) for lambda = 0; values must be positive.

    Unlike in Box and Cox, 1 / lambda is not subtracted. Changing the units of the series then only multiplies
    the result, and small values keep their digits; models with a constant or differences are the same.

    Parameters
    ----------
    values : ndarray of shape (n,)
    power : float or None
        lambda; None returns the values themselves.
    floor : float, default 0
        Above 0, values that are not positive have a transform, too: sign(y) |y|^lambda / lambda; the
        logarithm goes on in a straight line below the floor.

    References
    ----------
    Box & Cox (1964), "An analysis of transformations", Journal of the Royal Statistical Society B 26(2),
    211-252, equation 1; Bickel & Doksum (1981), "An analysis of transformations revisited", Journal of the
    American Statistical Association 76(374), 296-311, for negative values.

    Examples
    --------
    >>> y = np.array([1.0, 4.0, 9.0])
    >>> transformed(y, 0.5), transformed(y, -1)
    (array([2., 4., 6.]), array([-1.        , -0.25      , -0.11111111]))
    """
    if power is None:
        return values
    if floor > 0 and values.min() < floor:
        if power:
            return np.sign(values) * np.abs(values) ** power / power
        return np.log(np.maximum(values, floor)) + np.minimum(values / floor - 1.0, 0.0)
    refuse_nonpositive(values, "a Box-Cox transform", "Shift the series, or pass boxcox=None and fit again.")
    logarithms = np.log(values)
    return np.exp(power * logarithms) / power if power else logarithms


def inverse(future: np.ndarray, power: float | None, floor: float = 0.0) -> np.ndarray:
    """Return the inverse of `transformed` at values (h,), or at the nearest values in its range.

    Examples
    --------
    >>> inverse(np.array([2.0, 6.0, -1.0]), 0.5), inverse(np.array([1e9]), 0) < np.inf
    (array([1., 9., 0.]), array([ True]))
    """
    if power is None:
        return future
    if floor > 0 and power:
        return np.sign(future) * np.abs(power * future) ** (1.0 / power)
    if floor > 0:
        below = np.minimum(future - np.log(floor), 0.0)
        return inverse(np.maximum(future, np.log(floor)), 0.0) + floor * below
    if power:
        with np.errstate(divide="ignore"):
            future = np.log(np.maximum(power * future, 0.0)) / power
    return np.exp(np.minimum(future, np.log(_LARGEST)))


def log_slopes(values: np.ndarray, power: float | None) -> float:
    """Return the log Jacobian of the transform: the sum of log(y^(lambda - 1)) over values (n,).

    The log density of transformed values plus this sum is that of the values (Box & Cox, 1964, equation 6).

    Examples
    --------
    >>> y = np.exp([1.0, 2.0])
    >>> [round(log_slopes(y, power), 6) for power in (None, 0, 0.5)]
    [0.0, -3.0, -1.5]
    """
    return 0.0 if power is None else float((power - 1.0) * np.log(values).sum())
