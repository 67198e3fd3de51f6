"""Training windows, never materialised: a window is where it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from tsrnn.kernels.gather import gather_covariates, gather_windows, mask_missing

_NOTHING = np.empty((1, 0))
_MANY = 50  # from so many windows for each one drawn on, NumPy draws without a list of all
_NONE = np.empty((0, 0))
_USUAL_CHANGES = 4  # changes that a series' own weigh beside those in a window, in the window's scale
_WEIGHT = 0.8  # power of its scale that a window weighs in the loss
_MIRRORED = 0.2  # share of windows learnt from upside down


class Batch(NamedTuple):
    """What a network is trained on at once.

    Attributes
    ----------
    x : ndarray of shape (T, B, n_inputs)
    target : ndarray
        Of the shape of the network's output, nan where there is none.
    anchors : ndarray of shape (B, C) or (0,)
        What was subtracted from each channel of each window; empty: nothing.
    weight : ndarray of shape (steps, B), or None
        Of the targets in the mean loss; None: 1 for each.
    lengths : ndarray of int64, shape (B,), or None
        Steps of each window; None: all have T.
    scale : float, default 1.0
        What the mean loss is multiplied by: what the batch weighs beside others.
    begins : ndarray of int64, shape (B,), or None
        First step of each window; None: all begin with step 0.
    known : ndarray of shape (n_decoded, B, n_known), or None
        What is known ahead of each decoded step.
    size : ndarray of shape (B,), or None
        What the values of each window were divided by; None: 1.
    spread : ndarray of shape (B, C), or None
        What each channel of each window was divided by beyond that; None: nothing.
    """

    x: np.ndarray
    target: np.ndarray
    anchors: np.ndarray = np.empty(0)
    weight: np.ndarray | None = None
    lengths: np.ndarray | None = None
    scale: float = 1.0
    begins: np.ndarray | None = None
    known: np.ndarray | None = None
    size: np.ndarray | None = None
    spread: np.ndarray | None = None

    def restore(self, z: np.ndarray) -> np.ndarray:
        """Return what a network says of each window, or of n paths of each, (B n, h, C), as values."""
        n = len(z) // len(self.anchors)
        spread = 1.0 if self.spread is None else self.spread.repeat(n, axis=0)[:, None]
        return z * spread + self.anchors.repeat(n, axis=0)[:, None]


class Company(NamedTuple):
    """What goes with the values of S series laid end to end, row by row or series by series.

    Attributes
    ----------
    gaps : ndarray of bool, shape (n, C)
        Where nothing was observed: no target. Empty: nowhere.
    ages : ndarray of shape (n, A)
        Inputs that go with a value, and are 0 where it is not known.
    past : ndarray of shape (n, P)
        Inputs known until a forecast is made; from there on the last ones are held.
    ahead : ndarray of shape (n, F)
        Inputs known ahead.
    rows : ndarray of int64, shape (S,)
        Where each series begins, in ascending order.
    firsts : ndarray of int64, shape (S,)
        The row of its first value; those before it pad.
    static : ndarray of shape (S, D)
        Inputs of each series, then its categories.
    sizes : ndarray of shape (S,)
        What each series was divided by, if the loss has to know; empty: it has not.
    usual : ndarray of shape (S, C)
        Mean absolute change of each series, if each window is divided by its own: that of its known values,
        drawn towards the series'. Empty: it is not.
    moves : ndarray of shape (n + 1, C)
        Running sum of absolute changes, if so.
    units : ndarray of shape (S, C)
        What a unit of each series is as a share of its values, if so: a window weighs its scale as such a
        share, to the power 0.8: between errors in units of each window and errors in percent. Without
        covariates, a fifth of the windows is learnt from upside down: what grew in training need not go on
        growing, unless the window itself shows it.
    level, factor : float
        Subtracted from the values, and what they are multiplied with, as they are read.
    """

    gaps: np.ndarray = np.empty((0, 0), bool)
    ages: np.ndarray = _NOTHING
    past: np.ndarray = _NOTHING
    ahead: np.ndarray = _NOTHING
    rows: np.ndarray = np.zeros(1, np.int64)
    firsts: np.ndarray = np.zeros(1, np.int64)
    static: np.ndarray = _NOTHING
    sizes: np.ndarray = np.empty(0)
    usual: np.ndarray = _NONE
    moves: np.ndarray = _NONE
    units: np.ndarray = _NONE
    level: float = 0.0
    factor: float = 1.0

    def series(self, starts: np.ndarray) -> np.ndarray:
        """Return the numbers of the series that windows belong to."""
        return np.searchsorted(self.rows, starts, side="right") - 1


class Windows(NamedTuple):
    """How to cut prepared channels into pairs of input and target.

    At each step a network reads a patch of the values, then what goes with them: ages, covariates of the past
    and those known ahead, a flag for steps without values, and what is constant.

    Attributes
    ----------
    values : ndarray of shape (n, C)
        The prepared values of C channels that are read and forecast together, those of a time side by side.
    lookback, horizon : int
        Steps known and steps to forecast in each window.
    n_anchor : int
        How many of the last known values are averaged into the level subtracted from a window's channel; 0
        leaves it.
    every_step : bool
        Whether each step's target is the value that follows it (many-to-many), or the last step's target is
        the whole horizon (many-to-one).
    patch_size : int, default 1
        Values of each channel that enter the network at a step; the look-back is a multiple of it.
    n_decoded : int, default 0
        If positive, the target is that many patches, nan where they reach past the horizon.
    goes_on : bool, default False
        Whether the network goes on over the horizon, reading what is known ahead of each patch in place of
        values, and its target is that patch.
    company : Company, optional
        What goes with the values.

    Examples
    --------
    >>> windows = Windows(np.arange(6.0)[:, None], lookback=3, horizon=2, n_anchor=1, every_step=False)
    >>> x, target, anchors, *_ = windows.batch(np.array([0, 1]))
    >>> x[:, 0, 0], target[0, 0], anchors[:, 0]
    (array([-2., -1.,  0.]), array([1., 2.]), array([2., 3.]))
    >>> windows = Windows(np.arange(8.0)[:, None], 4, 3, 0, every_step=False, patch_size=2, n_decoded=2)
    >>> x, target, *_ = windows.batch(np.array([1]))
    >>> x[:, 0], target[:, 0]
    (array([[1., 2.], [3., 4.]]), array([[ 5.,  6.], [ 7., nan]]))
    >>> two = np.stack([np.arange(6.0), 10 * np.arange(6.0)], axis=1)
    >>> Windows(two, 3, 1, n_anchor=0, every_step=False).batch(np.array([1])).x[:, 0]
    array([[ 1., 10.], [ 2., 20.], [ 3., 30.]])
    >>> company = Company(ahead=np.arange(50.0, 56)[:, None])
    >>> windows = Windows(np.arange(6.0)[:, None], 2, 2, 0, False, goes_on=True, company=company)
    >>> windows.inputs(np.array([1])).x[:, 0]
    array([[ 1., 51.,  0.], [ 2., 52.,  0.], [ 0., 53.,  1.], [ 0., 54.,  1.]])
    """

    values: np.ndarray
    lookback: int
    horizon: int
    n_anchor: int
    every_step: bool
    patch_size: int = 1
    n_decoded: int = 0
    goes_on: bool = False
    company: Company = Company()

    @property
    def first(self) -> int:
        """First step that has a target: before the anchor is known, it would give the answer away."""
        if self.goes_on:
            return self.lookback // self.patch_size
        if not self.every_step:
            return -1
        return self.lookback - 1 if self.n_anchor else 0

    def batch(self, starts: np.ndarray) -> Batch:
        """Gather the windows starting at `starts` (B,)."""
        L, H, w = self.lookback, self.horizon, self.patch_size
        if self.every_step:
            return self._cut(starts, L + H - 1, self.first + 1, (L + H - 1 - self.first, 1))
        n_patches = -(-H // w) if self.goes_on else self.n_decoded
        return self._cut(starts, L, L, (n_patches, w) if n_patches else (1, H))

    def inputs(self, starts: np.ndarray) -> Batch:
        """Gather only what is known, without targets; rows after the look-back need not exist."""
        return self._cut(starts, self.lookback, 0, (0, 1))

    def _cut(self, starts: np.ndarray, shown: int, first_target: int, target_size: tuple[int, int]) -> Batch:
        """Gather inputs with so many positions of values, and so many rows and steps of targets."""
        w, B, dtype, company = self.patch_size, len(starts), self.values.dtype, self.company
        C, L, last = self.values.shape[1], self.lookback, self.lookback + self.horizon
        n_ahead = -(-self.horizon // w) if self.goes_on else 0
        static = company.static[company.series(starts)] if company.static.size else np.empty((B, 0))
        n_inputs = w * (C + self._n_covariates) + self.goes_on + static.shape[1]
        x = np.empty((shown // w + n_ahead, B, n_inputs), dtype)
        target = np.empty((target_size[0], B, target_size[1] * C), dtype)
        anchors = np.empty((C, B), dtype)
        scaling = np.array([company.level, company.factor], dtype)
        gather_windows(
            self.values,
            scaling,
            starts,
            L,
            shown,
            last,
            self.n_anchor,
            first_target,
            w * C,
            x,
            target,
            anchors,
        )
        if company.gaps.size and len(target):
            mask_missing(company.gaps, starts, first_target, target)
        self._add_company(starts, shown, static, x)
        known, begins = self._known(starts), self._begins(starts)
        size = company.sizes[company.series(starts)] if len(company.sizes) else None
        spread = weight = None
        if company.usual.size:
            spread, weight = self._measure(starts)
            signed = spread * self._signs(starts) if len(target) and not self._n_given else spread
            x[:, :, : w * C] /= np.tile(signed, w)
            target /= np.tile(signed, target_size[1])
            weight = np.repeat(weight[None], len(target), axis=0)
        return Batch(x, target, anchors.T, weight, begins=begins, known=known, size=size, spread=spread)

    def _signs(self, starts: np.ndarray) -> np.ndarray:
        """Return -1 for windows learnt from upside down (B, 1): as if drawn at random, but the same ones."""
        drawn = (starts * 2654435761 % 2**32) / 2**32  # multiplicative hashing (Knuth, 1998)
        return np.where(drawn < _MIRRORED, -1, 1).astype(self.values.dtype)[:, None]

    def _measure(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the scale of each channel of each window (B, C), and what each window weighs (B,)."""
        company, own, dtype = self.company, self.company.series(starts), self.values.dtype
        first, last = np.maximum(starts, company.firsts[own]), starts + self.lookback
        changes = company.moves[last] - company.moves[np.minimum(first + 1, last)]
        n = (last - first - 1)[:, None]
        spread = (changes + _USUAL_CHANGES * company.usual[own]) / (n + _USUAL_CHANGES)
        weight = np.mean(spread * company.units[own], axis=1) ** _WEIGHT
        return spread.astype(dtype), np.maximum(weight, 1e-6).astype(dtype)

    @property
    def _n_covariates(self) -> int:
        return self.company.ages.shape[1] + self._n_given

    @property
    def _n_given(self) -> int:
        return self.company.past.shape[1] + self.company.ahead.shape[1]

    def _add_company(self, starts: np.ndarray, shown: int, static: np.ndarray, x: np.ndarray) -> None:
        """Write the columns of x that follow the values."""
        w, L, last, company = self.patch_size, self.lookback, self.lookback + self.horizon, self.company
        column, next_one = w * self.values.shape[1], int(self.every_step)
        for table, first, end, holds in (
            (company.ages, 0, shown, 0),
            (company.past, 0, L, 1),
            (company.ahead, next_one, last, 0),
        ):
            if table.shape[1]:
                gather_covariates(table, starts, first, end, column, w, holds, x)
                column += w * table.shape[1]
        if self.goes_on:
            x[:, :, column] = np.arange(len(x))[:, None] >= L // w
            column += 1
        x[:, :, column:] = static

    def _known(self, starts: np.ndarray) -> np.ndarray | None:
        """Return what a decoder knows ahead (n_decoded, B, w F)."""
        ahead, L = self.company.ahead, self.lookback
        if not self.n_decoded or not ahead.shape[1]:
            return None
        known = np.empty((self.n_decoded, len(starts), self.patch_size * ahead.shape[1]), self.values.dtype)
        gather_covariates(ahead, starts, L, L + self.horizon, 0, self.patch_size, 0, known)
        return known

    def _begins(self, starts: np.ndarray) -> np.ndarray | None:
        """Return the first step of each window that holds a value, None if all begin at once."""
        padding = self.company.firsts[self.company.series(starts)] - starts
        return np.maximum(padding, 0) // self.patch_size if padding.max(initial=0) > 0 else None


def measured(windows: Windows) -> Windows:
    """Return windows whose running sum of changes is that of their values, if each has its own scale."""
    company = windows.company
    if not company.usual.size:
        return windows
    changes = np.abs(np.diff(windows.values.astype(np.float64), axis=0, prepend=windows.values[:1]))
    moves = np.concatenate([np.zeros_like(changes[:1]), np.cumsum(changes, axis=0)])
    return windows._replace(company=company._replace(moves=moves))


@dataclass(frozen=True)
class Starts:
    """The starts of windows, some in a row in each of several series, without a list of them.

    Attributes
    ----------
    firsts : ndarray of int64, shape (S,)
    edges : ndarray of int64, shape (S + 1,)
        How many windows there are in the series before each, and in all.
    by_series : bool, default False
        Whether training is to draw series with equal chances, not windows.

    Examples
    --------
    >>> starts = Starts.of([range(2), range(10, 13)])
    >>> len(starts), starts[np.arange(5)]
    (5, array([ 0,  1, 10, 11, 12]))
    """

    firsts: np.ndarray
    edges: np.ndarray
    by_series: bool = False

    @classmethod
    def of(cls, ranges: Sequence[range], *, by_series: bool = False) -> Self:
        """Return the starts in several ranges."""
        edges = np.cumsum([0, *map(len, ranges)])
        return cls(np.array([r.start for r in ranges], np.int64), edges.astype(np.int64), by_series)

    def draw(self, rng: np.random.Generator, most: int) -> np.ndarray:
        """Draw the numbers of an epoch's starts: all of them, in any order, or of very many `most`.

        `by_series`, as many are drawn, each from any of the series, however long that is.
        """
        n, sizes = len(self), np.diff(self.edges)
        if not self.by_series:
            return rng.choice(n, most, replace=False) if n > _MANY * most else rng.permutation(n)
        chosen = rng.choice(np.flatnonzero(sizes), min(n, most))
        return self.edges[chosen] + (rng.random(len(chosen)) * sizes[chosen]).astype(np.int64)

    def __len__(self) -> int:
        return int(self.edges[-1])

    def __getitem__(self, numbers: Any) -> np.ndarray:
        if isinstance(numbers, slice):
            numbers = np.arange(len(self))[numbers]
        series = np.searchsorted(self.edges, numbers, side="right") - 1
        return self.firsts[series] + numbers - self.edges[series]

    def spread(self, most: int) -> np.ndarray:
        """Return no more than `most` of the starts, evenly spread."""
        return self[np.arange(0, len(self), -(-len(self) // most))]


def split_starts(
    n: int, n_lost: int, lookback: int, horizon: int, validation_fraction: float
) -> tuple[range, range]:
    """Return the starts of training and of validation windows of a series of `n` values.

    Validation targets lie in the last `validation_fraction` of the series, training targets before it; the
    validation part is empty where it would leave less than half of the windows to train on.

    Examples
    --------
    >>> split_starts(10, 0, lookback=3, horizon=1, validation_fraction=0.2)
    (range(0, 5), range(5, 7))
    """
    starts = range(n_lost, max(n - lookback - horizon + 1, n_lost))
    cut = n - max(round(validation_fraction * n), horizon)
    training = range(n_lost, max(min(starts.stop, cut - lookback - horizon + 1), n_lost))
    if validation_fraction == 0 or 2 * len(training) < len(starts):
        return starts, range(0)
    return training, range(max(cut - lookback, n_lost), starts.stop)


def padded_starts(n: int, n_lost: int, lookback: int, horizon: int) -> range:
    """Return the starts of windows of a series too short for a whole one: before its first value.

    Each has to read at least half of what the horizon leaves, and one value in any case.

    Examples
    --------
    >>> padded_starts(6, 0, lookback=9, horizon=2)
    range(-7, -4)
    """
    most = max(n - n_lost - horizon, 1)
    return range(n_lost + (most + 1) // 2 - lookback, n_lost + most - lookback + 1)
