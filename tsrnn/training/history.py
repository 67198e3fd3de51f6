"""What is known of one series: its values, and what goes with them."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np


class History(NamedTuple):
    """One series up to a cutoff, as plain arrays.

    Attributes
    ----------
    values : ndarray of shape (n, C)
        Of C channels; finite, gaps filled.
    missing : ndarray of bool, shape (n, C)
        True where nothing was observed.
    past : ndarray of shape (n, P)
        Covariates known up to the cutoff; nan where not observed.
    future : ndarray of shape (m, F), m >= n
        Covariates known ahead; the first n rows go with the values.
    static : ndarray of shape (S,)
        Numbers that tell this series from others.
    codes : ndarray of int64, shape (K,)
        Categories that do, as numbers from 0 on; -1 for one that was not there in training.
    name : hashable or None
        What errors call the series; None for the only one.

    Examples
    --------
    >>> History.of(np.arange(3.0)).values.shape
    (3, 1)
    """

    values: np.ndarray
    missing: np.ndarray
    past: np.ndarray
    future: np.ndarray
    static: np.ndarray = np.empty(0)
    codes: np.ndarray = np.empty(0, np.int64)
    name: Hashable | None = None

    @classmethod
    def of(cls, values: np.ndarray, name: Hashable | None = None) -> "History":
        """Return a history (n,) or (n, C) that is all there is."""
        channels = values.reshape(len(values), -1)
        nothing = np.empty((len(channels), 0))
        return cls(channels, np.zeros(channels.shape, bool), nothing, nothing, name=name)

    @property
    def n_ahead(self) -> int:
        """Steps after the cutoff whose covariates are known."""
        return len(self.future) - len(self.values)
