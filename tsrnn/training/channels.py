"""Preparation of channels: transforms, seasons, levels and scales, an entry for each."""

from typing import NamedTuple

import numpy as np

from tsrnn.kernels.series.scales import window_deviation
from tsrnn.network.threads import share_out
from tsrnn.training.arrays import ragged_rows
from tsrnn.training.scales import levels_and_scales
from tsrnn.training.starts import padded_starts, split_starts
from tsrnn.training.transforms import Plan, Transformed
from tsrnn.training.windows import WindowShape

_SAMPLED_WINDOWS = 1000


class Seasons(NamedTuple):
    """The seasons of each channel of each series.

    Attributes
    ----------
    sets : tuple of tuple of int
        Different sets of season lengths, each ascending.
    number : ndarray of int64, shape (K,)
        Number of the set of each channel of each series, those of a series one after the other.
    """

    sets: tuple[tuple[int, ...], ...]
    number: np.ndarray

    @property
    def lengths(self) -> tuple[int, ...]:
        """Steps in each season that any series has, ascending."""
        there = set(np.unique(self.number).tolist())
        return tuple(sorted({m for k, each in enumerate(self.sets) if k in there for m in each}))

    def take(self, channels: np.ndarray) -> "Seasons":
        """Return those of some channels."""
        return self._replace(number=self.number[channels])


class Channels(NamedTuple):
    """How each of K channels, those of a series one after the other, is prepared.

    Attributes
    ----------
    plan : Plan
        Transforms.
    level, scale : ndarray of shape (K,)
        Subtracted from the transformed series, and divided by; scale 0 stands for a constant series.
    unit : ndarray of shape (K,)
        What the scale is as a share of the values.
    """

    plan: Plan
    level: np.ndarray
    scale: np.ndarray
    unit: np.ndarray

    @property
    def divisor(self) -> np.ndarray:
        """What transformed values are divided by: the scale, 1 for a constant series."""
        return np.where(self.scale == 0, 1.0, self.scale)


class ScaleRule(NamedTuple):
    """How levels and scales follow from series.

    Attributes
    ----------
    shape : WindowShape
    normalize : {"window", "series", "robust", None}
    dtype : str
    is_panel : bool
        Whether series too short for a window are padded.
    scales_windows : bool
        Whether each window has a scale of its own.
    """

    shape: WindowShape
    normalize: str | None
    dtype: str
    is_panel: bool
    scales_windows: bool


def fit_scales(
    channels: Channels,
    transformed: Transformed,
    flat: np.ndarray,
    offsets: np.ndarray,
    new: np.ndarray,
    rule: ScaleRule,
    n_threads: int,
) -> Channels:
    """Fit level, scale and unit of new series.

    With ``normalize="window"`` a scale is the root mean square of the windows' deviations from their
    anchors, over up to 1,000 windows spread evenly.
    """
    plan, level, scale, unit = channels
    if rule.normalize is None:
        return channels
    known, known_offsets = transformed.prepared, offsets
    if len(new) < len(level):
        rows, known_offsets = ragged_rows(offsets[new], np.diff(offsets)[new])
        known = known[rows]
    robust = rule.normalize == "robust"
    levels, scales = levels_and_scales(
        known, known_offsets, skipped=plan.n_lost, robust=robust, n_threads=n_threads
    )
    if rule.normalize == "window":
        scales = scales * _window_sizes(known, known_offsets, levels, scales, plan, rule, n_threads)
    level, scale, unit = level.copy(), scale.copy(), unit.copy()
    level[new], scale[new] = levels, scales
    if rule.scales_windows:
        sizes = np.add.reduceat(np.abs(flat), offsets[:-1])[new] / np.diff(offsets)[new]
        sizes = np.where(plan.has("log")[new] | (sizes == 0), 1.0, sizes)
        unit[new] = scales / sizes
    return Channels(plan, level, scale, unit)


def _window_sizes(
    values: np.ndarray,
    offsets: np.ndarray,
    levels: np.ndarray,
    scales: np.ndarray,
    plan: Plan,
    rule: ScaleRule,
    n_threads: int,
) -> np.ndarray:
    """Return the deviations of windows from their anchors in units of each series' scale, at least 1."""
    L, H, n_anchor, _, patch_size, _, _ = rule.shape
    n_lost, lengths = plan.n_lost, np.diff(offsets)
    (firsts, counts), _ = split_starts(lengths, n_lost, L, H, 0.0)
    if rule.is_panel and (short := counts == 0).any():
        padded = padded_starts(lengths, n_lost, L, H)
        firsts, counts = np.where(short, padded.firsts, firsts), np.where(short, padded.counts, counts)
    divisors, factors = np.where(scales == 0, 1.0, scales), np.ones(len(levels))
    if values.dtype == rule.dtype == "float32" and not any(plan.chains):
        z, factors = values, (1 / divisors)
    else:
        z = scale_series(values, offsets, levels, divisors, rule.dtype)
    sizes = np.empty(len(levels))

    def work(first: int, last: int) -> None:
        window_deviation(
            z, offsets, factors.astype(z.dtype), first, last, firsts, counts, _SAMPLED_WINDOWS,
            L, n_anchor, patch_size, sizes,
        )  # fmt: skip

    share_out(work, lengths, n_threads)
    return np.where((sizes == 0) | (scales == 0), 1.0, sizes)  # 0: flat windows, not a flat series


def scale_series(
    values: np.ndarray, offsets: np.ndarray, level: np.ndarray, divisor: np.ndarray, dtype: str
) -> np.ndarray:
    """Return series end to end minus their levels, divided by their scales."""
    lengths = np.diff(offsets)
    z = values - level.repeat(lengths)
    z /= divisor.repeat(lengths)
    return z.astype(dtype)
