"""Datasets of sequences of unequal length, stored end to end without padding, and their scaling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from tsrnn.training.windows import Batch

_BLOCK = 2**16  # rows brought to double precision at a time
_PREDICTION_STEPS = 2**16  # of all sequences in a batch together
_PREDICTION_BATCH = 1024


class Scaling(NamedTuple):
    """Standardisation of columns: (values - level) / scale.

    Examples
    --------
    >>> scaling = Scaling.fit(np.array([[1.0, 5.0], [3.0, 5.0]]), np.ones(2))
    >>> scaling.apply(np.array([[2.0, 6.0]]), "float64")
    array([[0., 1.]])
    """

    level: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, weight: np.ndarray) -> Self:
        """Return weighted means and standard deviations of values (rows, columns); scale 1 for constant ones.

        Values that are nan, and rows of weight 0, are ignored.
        """
        counts = weight[:, None] > 0
        largest = np.fmax.reduce(np.abs(values), axis=0, where=counts, initial=0.0)
        unit = np.where(largest > 0, largest, 1.0).astype(np.float64)
        level = _weighted_mean(values, weight, lambda rows: rows / unit)
        scale = np.sqrt(_weighted_mean(values, weight, lambda rows: (rows / unit - level) ** 2))
        # A scale below the rounding errors of the level counts as constant.
        scale = np.where(scale > 1e-12 * np.abs(level), scale * unit, 1.0)
        return cls(level * unit, scale)

    @classmethod
    def none(cls, n_columns: int) -> Self:
        """Return the scaling that leaves values unchanged."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def apply(self, values: np.ndarray, dtype: str) -> np.ndarray:
        """Return scaled values as a new array; raise ValueError if they are too large for its type."""
        scaled = np.empty(values.shape, dtype)
        for start in range(0, len(values), _BLOCK):
            rows = slice(start, start + _BLOCK)
            exact = (values[rows] - self.level) / self.scale
            largest = np.abs(exact).max()
            if largest > np.finfo(dtype).max:
                raise ValueError(
                    f"Numbers up to {largest:g}, as the network would see them, are too large for "
                    f'dtype="{dtype}". Rescale the data; what is new, to what was fitted to.'
                )
            scaled[rows] = exact
        return scaled

    def undo(self, values: np.ndarray) -> np.ndarray:
        """Return values on the original scale, in double precision."""
        return values * self.scale + self.level


def _weighted_mean(
    values: np.ndarray, weight: np.ndarray, change: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    total, count = np.zeros((2, values.shape[1]))
    for start in range(0, len(values), _BLOCK):
        rows, w = values[start : start + _BLOCK], weight[start : start + _BLOCK, None]
        known = (w > 0) & ~np.isnan(rows)  # rows of weight 0 may hold anything
        total += np.sum(w * change(rows), axis=0, where=known)
        count += np.sum(w * known, axis=0)
    return total / np.where(count > 0, count, 1.0)


@dataclass(frozen=True)
class Sequences:
    """Sequences laid end to end.

    Attributes
    ----------
    values : ndarray of shape (rows, n_inputs)
        Inputs of the network, one sequence after the other.
    lengths : ndarray of int64, shape (n,)
        Number of rows of each sequence.

    Examples
    --------
    >>> sequences = Sequences(np.arange(5.0)[:, None], np.array([3, 2]))
    >>> x, lengths, _ = sequences.gather(np.array([0, 1]))
    >>> x[:, :, 0], lengths  # steps after the end are padding
    (array([[0., 3.], [1., 4.], [2., 4.]]), array([3, 2]))
    """

    values: np.ndarray
    lengths: np.ndarray

    @cached_property
    def starts(self) -> np.ndarray:
        """First row of each sequence."""
        return np.cumsum(self.lengths) - self.lengths

    def gather(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Return inputs (T, B, n_inputs), lengths or None if all have T, and their row numbers (T, B)."""
        starts, lengths = self.starts[items], self.lengths[items]
        T = lengths.max()
        rows = starts + np.minimum(np.arange(T)[:, None], lengths - 1)
        return self.values[rows], None if lengths.min() == T else lengths, rows

    def batches(self) -> Iterator[np.ndarray]:
        """Yield all items in batches of similar length for prediction, the longest first."""
        order, start = np.argsort(-self.lengths, kind="stable"), 0
        while start < len(order):
            n = np.clip(_PREDICTION_STEPS // self.lengths[order[start]], 1, _PREDICTION_BATCH)
            yield order[start : start + n]
            start += n

    def in_patches(self, patch_size: int) -> "Sequences":
        """Return sequences with several rows joined to one; incomplete last patches are filled with zeros.

        Examples
        --------
        >>> Sequences(np.arange(1.0, 6)[:, None], np.array([3, 2])).in_patches(2)
        Sequences(values=array([[1., 2.], [3., 0.], [4., 5.]]), lengths=array([2, 1]))
        """
        if patch_size == 1:
            return self
        n_patches = -(-self.lengths // patch_size)
        missing = n_patches * patch_size - self.lengths
        values = np.zeros((n_patches.sum() * patch_size, self.values.shape[1]), self.values.dtype)
        before = np.cumsum(missing) - missing
        values[np.arange(len(self.values)) + np.repeat(before, self.lengths)] = self.values
        return Sequences(values.reshape(n_patches.sum(), -1), n_patches)


@dataclass(frozen=True)
class Examples:
    """Sequences with targets: a `tsrnn.training.loop.Dataset` whose items are numbers of sequences.

    Attributes
    ----------
    sequences : Sequences
    target : ndarray
        (n, n_targets) for sequences, or (rows, n_targets) for their rows; nan where missing.
    weight : ndarray of shape (n,) or (rows,)
        Weight of each target in the mean loss.
    every_step : bool
        Whether each row has a target, instead of each sequence.
    """

    sequences: Sequences
    target: np.ndarray
    weight: np.ndarray
    every_step: bool

    @property
    def first(self) -> int:
        """First step that has a target."""
        return 0 if self.every_step else -1

    @cached_property
    def totals(self) -> np.ndarray:
        """Total weight of the targets of each sequence (n,)."""
        per_target = self.weight * (self.target == self.target).sum(axis=1)
        return np.add.reduceat(per_target, self.sequences.starts) if self.every_step else per_target

    @cached_property
    def _is_even(self) -> bool:
        return bool((self.weight == 1).all())

    @cached_property
    def _mean_total(self) -> float:
        return self.totals.sum() / np.count_nonzero(self.totals)

    def batch(self, items: np.ndarray) -> Batch:
        """Return a batch of sequences, padded to the longest of them.

        The loss of a batch is a mean over its own total weight. ``Batch.scale`` is the ratio of that weight
        to the mean one, so that a batch of little weight contributes little.
        """
        x, lengths, rows = self.sequences.gather(items)
        where = rows if self.every_step else items[None]
        target, weight = self.target[where], None if self._is_even else self.weight[where]
        if self.every_step and lengths is not None:
            target[np.arange(len(rows))[:, None] >= lengths] = np.nan
        scale = float(self.totals[items].mean() / self._mean_total)
        return Batch(x, target, weight=weight, lengths=lengths, scale=scale)


def validation_split(
    items: np.ndarray, fraction: float, rng: np.random.Generator, classes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return training items, and validation items drawn at random.

    With `classes`, a number for each item, the split is stratified, with at least one training item of each
    class.

    Examples
    --------
    >>> validation_split(np.arange(10), 0.2, np.random.default_rng(0), np.repeat([0, 1], 5))
    (array([1, 2, 3, 4, 5, 6, 7, 8]), array([0, 9]))
    """
    order = rng.permutation(len(items))
    kept = np.arange(len(items)) == 0
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
        kept = np.diff(classes[order], prepend=-1) != 0
    free = order[~kept]
    n = min(round(fraction * len(items)), len(free))
    held = np.zeros(len(items), bool)
    held[free[((np.arange(n) + 0.5) * len(free) / max(n, 1)).astype(int)]] = True
    return items[~held], items[held]
