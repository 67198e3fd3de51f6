"""Margins of intervals of one channel of many series: from its own errors, or from those of all."""

from typing import NamedTuple

import numpy as np

from tsrnn.forecasting.intervals.conformal import Conformal, conform, conform_together
from tsrnn.training.arrays import ragged_rows

ENOUGH_ORIGINS = 20  # for a series to speak for itself, with 95 % intervals


class Errors(NamedTuple):
    """Errors of forecasts from earlier origins.

    Attributes
    ----------
    values : ndarray of shape (n, H, C)
        Truth minus forecast, by origin, step and channel, those of a series one after the other; nan where
        the truth is not known.
    offsets : ndarray of int64, shape (S + 1,)
        The origins of series s are rows ``offsets[s]`` to ``offsets[s + 1] - 1``.
    scales : ndarray of shape (S, C)
        `scales_of` what the forecasts were made from.
    """

    values: np.ndarray
    offsets: np.ndarray
    scales: np.ndarray

    @property
    def whose(self) -> np.ndarray:
        """The series of each origin, (n,)."""
        return np.repeat(np.arange(len(self.scales)), np.diff(self.offsets))

    def count_by_series(self, known: np.ndarray) -> np.ndarray:
        """Return for each series how many of the origins are `known`, (n,) of bool."""
        return np.bincount(self.whose, known, len(self.scales)).astype(np.int64)


class Channel(NamedTuple):
    """What is known of the errors of one channel: each series has its own margins, or those of all."""

    alone: list[tuple[np.ndarray, Conformal]]  # series with the same number of origins, and theirs
    together: Conformal | None
    unit: np.ndarray  # (S,) what the margins of `together` are multiplied by

    def at(self, u: np.ndarray, places: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Return margins at probabilities u (S, n, h) of series at `places`, -1 for new ones."""
        unit = self._units(places, scales)
        found = np.full(u.shape, np.nan)
        for series, conformal in self.alone:
            own, which = _where(series, places)
            margins = conformal.take(which).at(u[own])
            if self.together is not None:
                rare = ~conformal.take(which).told(np.abs(2 * u[own] - 1)) & (unit[own] > 0)[:, None, None]
                margins[rare] = _further(margins, self._of_all(u[own], unit[own], rare), rare)
            found[own] = margins
        rest = np.flatnonzero(~self._apart(places))
        if len(rest) and self.together is not None:
            everywhere = np.ones(u[rest].shape, bool)
            found[rest] = self._of_all(u[rest], unit[rest], everywhere).reshape(u[rest].shape)
        return found

    def count_origins(self, places: np.ndarray, scales: np.ndarray) -> np.ndarray:
        """Return how many origins the intervals of series at `places` rest on, (S,); 0 if there are none."""
        comparable = self._units(places, scales) > 0
        of_all = 0.0 if self.together is None else self.together.n_origins
        n = np.where(comparable, of_all, 0.0)
        for series, conformal in self.alone:
            own, which = _where(series, places)
            n[own] = np.maximum(n[own], conformal.n_origins[which])
        return n

    def _units(self, places: np.ndarray, scales: np.ndarray) -> np.ndarray:
        return np.where(places < 0, scales, self.unit[places])

    def _apart(self, places: np.ndarray) -> np.ndarray:
        """Return which series at `places` have margins of their own."""
        apart = np.zeros(len(places), bool)
        for series, _ in self.alone:
            apart[_where(series, places)[0]] = True
        return apart

    def _of_all(self, u: np.ndarray, unit: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Return the margins that all series together give at u[where], for u (S, n, h)."""
        assert self.together is not None
        asked = u[where]
        series, _, step = np.nonzero(where)
        scores = self.together.score(np.abs(2 * asked - 1)[None])[0]
        return unit[series] * np.sign(asked - 0.5) * scores * self.together.steps(u.shape[2])[0][step]


def _where(series: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of those `places` that are among series, and where there."""
    which = np.searchsorted(series, places).clip(max=len(series) - 1)
    own = np.flatnonzero(series[which] == places)
    return own, which[own]


def _further(margins: np.ndarray, others: np.ndarray, where: np.ndarray) -> np.ndarray:
    own = margins[where]
    return np.where(np.abs(others) > np.abs(own), others, own)


def channel_of(errors: Errors, values: np.ndarray, units: np.ndarray, kind: str) -> Channel:
    """Return what is known of one channel of each series, given its errors (n, H) and scales (S,)."""
    S = len(units)
    n_known = errors.count_by_series((~np.isnan(values)).any(axis=1))
    unit = np.ones(S)
    if not n_known.any():
        return Channel([], None, unit)
    together, comparable = None, units > 0
    if S > 1 and n_known[comparable].any():
        rows, offsets = ragged_rows(errors.offsets[:-1][comparable], np.diff(errors.offsets)[comparable])
        relative = values[rows] / units[errors.whose[rows]][:, None]
        together, sizes = conform_together(relative, offsets, kind)
        unit = units.copy()
        unit[comparable] *= sizes
    erred = errors.count_by_series((np.abs(values) > 0).any(axis=1)) > 0
    apart = ((n_known >= ENOUGH_ORIGINS) & erred) | ((n_known > 0) & ~comparable)
    if together is None:
        apart = n_known > 0
    counts, alone = np.diff(errors.offsets), []
    for n in np.unique(counts[apart]).tolist():
        series = np.flatnonzero(apart & (counts == n))
        rows = errors.offsets[series][:, None] + np.arange(n)
        alone.append((series, conform(values[rows], kind)))
    return Channel(alone, together, unit)
