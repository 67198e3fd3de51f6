"""Sequences of unequal length, laid end to end without padding, and batches gathered from them."""

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
    """What is subtracted from each column, and what it is divided by.

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
        """Return weighted means and standard deviations of values (rows, columns); 1 for a constant one.

        What is nan, or of no weight, counts for nothing.
        """
        known = weight[:, None] > 0
        largest = np.fmax.reduce(np.abs(values), axis=0, where=known, initial=0.0)
        unit = np.where(largest > 0, largest, 1.0).astype(np.float64)
        level = _weighted_mean(values, weight, lambda rows: rows / unit)
        scale = np.sqrt(_weighted_mean(values, weight, lambda rows: (rows / unit - level) ** 2))
        # What is below the rounding noise of the level means nothing.
        scale = np.where(scale > 1e-12 * np.abs(level), scale * unit, 1.0)
        return cls(level * unit, scale)

    @classmethod
    def none(cls, n_columns: int) -> Self:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def apply(self, values: np.ndarray, dtype: str) -> np.ndarray:
        """Return scaled values as a new array; refuse those that are too large for its type."""
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
        """Bring values back, in double precision."""
        return values * self.scale + self.level


def _weighted_mean(
    values: np.ndarray, weight: np.ndarray, change: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    total, count = np.zeros((2, values.shape[1]))
    for start in range(0, len(values), _BLOCK):
        rows, w = values[start : start + _BLOCK], weight[start : start + _BLOCK, None]
        known = (w > 0) & ~np.isnan(rows)  # what counts for nothing may be of any size
        total += np.sum(w * change(rows), axis=0, where=known)
        count += np.sum(w * known, axis=0)
    return total / np.where(count > 0, count, 1.0)


@dataclass(frozen=True)
class Sequences:
    """Sequences laid end to end.

    Attributes
    ----------
    values : ndarray of shape (rows, n_inputs)
        What the network reads at a step, one sequence after the other.
    lengths : ndarray of int64, shape (n,)
        Rows of each.

    Examples
    --------
    >>> sequences = Sequences(np.arange(5.0)[:, None], np.array([3, 2]))
    >>> x, lengths, _ = sequences.gather(np.array([0, 1]))
    >>> x[:, :, 0], lengths  # what follows the end is padding
    (array([[0., 3.], [1., 4.], [2., 4.]]), array([3, 2]))
    """

    values: np.ndarray
    lengths: np.ndarray

    @cached_property
    def starts(self) -> np.ndarray:
        """First row of each."""
        return np.cumsum(self.lengths) - self.lengths

    def gather(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Return inputs (T, B, n_inputs), lengths or None if all have T, and the rows (T, B) they are."""
        starts, lengths = self.starts[items], self.lengths[items]
        T = lengths.max()
        rows = starts + np.minimum(np.arange(T)[:, None], lengths - 1)
        return self.values[rows], None if lengths.min() == T else lengths, rows

    def batches(self) -> Iterator[np.ndarray]:
        """Yield all items in batches for prediction, the longest first, each with others of its length."""
        order, start = np.argsort(-self.lengths, kind="stable"), 0
        while start < len(order):
            n = np.clip(_PREDICTION_STEPS // self.lengths[order[start]], 1, _PREDICTION_BATCH)
            yield order[start : start + n]
            start += n

    def in_patches(self, patch_size: int) -> "Sequences":
        """Return sequences that are read several rows at once, the last ones filled up with zeros.

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
    """Sequences with their targets: a `tsrnn.training.loop.Source` whose items are the numbers of sequences.

    Attributes
    ----------
    sequences : Sequences
    target : ndarray
        (n, n_targets) for sequences, or (rows, n_targets) for their rows; nan where there is none.
    weight : ndarray of shape (n,) or (rows,)
        Of each target in the mean loss.
    every_step : bool
        Whether each row has a target.
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
        """Weight of all targets of each sequence (n,); one without any cannot be learned from."""
        per_target = self.weight * (self.target == self.target).sum(axis=1)
        return np.add.reduceat(per_target, self.sequences.starts) if self.every_step else per_target

    @cached_property
    def _is_even(self) -> bool:
        return bool((self.weight == 1).all())

    @cached_property
    def _usual(self) -> float:
        return self.totals.sum() / np.count_nonzero(self.totals)

    def batch(self, items: np.ndarray) -> Batch:
        """Gather sequences, padded to the longest of them.

        The scale makes up for the mean being taken over the batch's own weight: a batch of little weight
        counts little.
        """
        x, lengths, rows = self.sequences.gather(items)
        where = rows if self.every_step else items[None]
        target, weight = self.target[where], None if self._is_even else self.weight[where]
        if self.every_step and lengths is not None:
            target[np.arange(len(rows))[:, None] >= lengths] = np.nan
        scale = float(self.totals[items].mean() / self._usual)
        return Batch(x, target, weight=weight, lengths=lengths, scale=scale)


def split_off(
    items: np.ndarray, fraction: float, rng: np.random.Generator, classes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return items to train and, drawn at random, to validate on.

    With `classes`, a number for each item, each has its share in both parts, and at least one item to train
    on.

    Examples
    --------
    >>> split_off(np.arange(10), 0.2, np.random.default_rng(0), np.repeat([0, 1], 5))
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
