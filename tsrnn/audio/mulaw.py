"""Mu-law encoding of waveforms as symbols, and decoding."""

from typing import Any

import numpy as np

from tsrnn.validation import check_positive_integer


def mulaw_encode(x: Any, n_levels: int = 256) -> np.ndarray:
    """Quantise a waveform to symbols, with finer levels near zero.

    With mu = n_levels - 1, a sample becomes y = sign(x) log(1 + mu |x|) / log(1 + mu), and y, from -1 to 1,
    the nearest of `n_levels` evenly spaced levels, numbered from 0.

    Parameters
    ----------
    x : array-like of shape (...)
        Samples in [-1, 1]; divide integers of 16 bits by 32768 first.
    n_levels : int, default 256
        At least 2.

    Returns
    -------
    ndarray of int64, shape (...)
        Numbers from 0 to n_levels - 1.

    Raises
    ------
    ValueError
        For samples outside of [-1, 1] and NaN.

    Notes
    -----
    Decoding returns x within (|x| + 1 / mu) ((1 + mu)**(1 / mu) - 1): 2.2 % of the sample and less than
    0.0001 for 256 levels.

    References
    ----------
    ITU-T Recommendation G.711 (1988), whose table approximates this curve by straight pieces.

    Examples
    --------
    >>> mulaw_encode([-1.0, -0.1, 0.0, 0.1, 1.0])
    array([  0,  52, 128, 203, 255])
    >>> mulaw_decode(mulaw_encode([-1.0, -0.1, 0.0, 0.1, 1.0]))[[0, 1, 3, 4]].round(4)
    array([-1.    , -0.1007,  0.1007,  1.    ])
    """
    mu = check_positive_integer("n_levels", n_levels, "levels", minimum=2) - 1
    values = np.asarray(x, np.float64)
    bad = np.flatnonzero(~(np.abs(values) <= 1))
    if len(bad):
        raise ValueError(
            f"Mu-law encoding needs samples from -1 to 1; got {values.flat[bad[0]]:g} at position {bad[0]}. "
            "Divide by the largest sample the format allows, such as 32768, or by the largest there is; "
            "fill NaN."
        )
    y = np.sign(values) * np.log1p(mu * np.abs(values)) / np.log1p(mu)
    return np.floor((y + 1) / 2 * mu + 0.5).astype(np.int64)


def mulaw_decode(codes: Any, n_levels: int = 256) -> np.ndarray:
    """Return the waveform of symbols: the inverse of `mulaw_encode`.

    Parameters
    ----------
    codes : array-like of int, shape (...)
        Numbers from 0 to n_levels - 1.
    n_levels : int, default 256
        As in `mulaw_encode`.

    Returns
    -------
    ndarray of float64, shape (...)
        Samples x = sign(y) ((1 + mu)**|y| - 1) / mu in [-1, 1], for y = 2 code / mu - 1.

    Raises
    ------
    TypeError, ValueError
        For anything but whole numbers from 0 to n_levels - 1.

    Examples
    --------
    >>> mulaw_decode([0, 1, 2], n_levels=3)
    array([-1.,  0.,  1.])
    """
    mu = check_positive_integer("n_levels", n_levels, "levels", minimum=2) - 1
    values = np.asarray(codes)
    if values.size and values.dtype.kind not in "iu":
        raise TypeError(
            f"Mu-law codes are whole numbers; got {values.dtype}. Encode with mulaw_encode first."
        )
    bad = np.flatnonzero((values < 0) | (values > mu))
    if len(bad):
        raise ValueError(
            f"Mu-law codes of {n_levels} levels are numbers from 0 to {mu}; got {values.flat[bad[0]]} at "
            f"position {bad[0]}. Decode with the n_levels of the encoding."
        )
    y = 2 * values.astype(np.float64) / mu - 1
    return np.sign(y) * (np.power(1.0 + mu, np.abs(y)) - 1) / mu
