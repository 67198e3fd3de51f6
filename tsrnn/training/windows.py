"""Windows of prepared series, gathered in batches: to train on, and the last of each to forecast from."""

from typing import NamedTuple

import numpy as np

from tsrnn.kernels.gather import gather_covariates, gather_windows, mask_missing
from tsrnn.training.starts import Runs, Starts, padded_starts, split_starts
from tsrnn.validation import counted

_NOTHING = np.empty((1, 0))
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
        Future covariates of each decoded step.
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


class Context(NamedTuple):
    """Covariates, gaps and scales of S series laid end to end, row by row or series by series.

    Attributes
    ----------
    gaps : ndarray of bool, shape (n, C)
        Where nothing was observed: no target. Empty: nowhere.
    ages : ndarray of shape (n, A)
        Inputs that go with a value, and are 0 where it is not known.
    past : ndarray of shape (n, P)
        Past covariates; from the cutoff on the last ones are held.
    future : ndarray of shape (n, F)
        Future covariates.
    begins : ndarray of int64, shape (S,)
        Row where each series begins, padding included; ascending.
    firsts : ndarray of int64, shape (S,)
        Row of each series' first value; those before it are padding.
    static : ndarray of shape (S, D)
        Inputs of each series, then its categories.
    sizes : ndarray of shape (S,)
        What each series was divided by, if the loss needs it; else empty.
    mean_change : ndarray of shape (S, C)
        Mean absolute change of each series, if each window is divided by its own: that of its known values,
        drawn towards the series'. Empty: windows have no scale of their own.
    cumulative_changes : ndarray of shape (n + 1, C)
        Running sum of absolute changes, if so.
    relative_scale : ndarray of shape (S, C)
        Scale of each series as a share of its values, if so. A window weighs its scale as such a share, to
        the power 0.8: between errors in units of each window and errors in percent. Without covariates, 20 %
        of the training windows are multiplied by -1, so that the network does not learn that series always
        grow.
    level, factor : float
        Subtracted from the values, and what they are multiplied with, as they are read.
    """

    gaps: np.ndarray = np.empty((0, 0), bool)
    ages: np.ndarray = _NOTHING
    past: np.ndarray = _NOTHING
    future: np.ndarray = _NOTHING
    begins: np.ndarray = np.zeros(1, np.int64)
    firsts: np.ndarray = np.zeros(1, np.int64)
    static: np.ndarray = _NOTHING
    sizes: np.ndarray = np.empty(0)
    mean_change: np.ndarray = _NONE
    cumulative_changes: np.ndarray = _NONE
    relative_scale: np.ndarray = _NONE
    level: float = 0.0
    factor: float = 1.0

    def series(self, starts: np.ndarray) -> np.ndarray:
        """Return the numbers of the series that windows belong to."""
        if len(self.begins) == 1:
            return np.zeros(len(starts), np.int64)
        return np.searchsorted(self.begins, starts, side="right") - 1


class WindowShape(NamedTuple):
    """What a window looks like.

    Attributes
    ----------
    lookback, horizon : int
        Steps known and steps to forecast in each window.
    n_anchor : int, default 0
        How many of the last known values are averaged into the level subtracted from a window's channel; 0
        leaves it.
    every_step : bool, default False
        Whether each step's target is the value that follows it (many-to-many), or the last step's target is
        the whole horizon (many-to-one).
    patch_size : int, default 1
        Values of each channel that enter the network at a step; the look-back is a multiple of it.
    n_decoded : int, default 0
        If positive, the target is that many patches, nan where they reach past the horizon.
    has_future : bool, default False
        Whether the network also reads the steps of the horizon, future covariates of each patch in place of
        values, and its target is that patch.
    """

    lookback: int
    horizon: int
    n_anchor: int = 0
    every_step: bool = False
    patch_size: int = 1
    n_decoded: int = 0
    has_future: bool = False

    @property
    def first(self) -> int:
        """First step with a target. Earlier steps have none, because the anchor contains their targets."""
        if self.has_future:
            return self.lookback // self.patch_size
        if not self.every_step:
            return -1
        return self.lookback - 1 if self.n_anchor else 0


class WindowDataset(NamedTuple):
    """Prepared series, cut into pairs of input and target when they are needed.

    At each step a network reads a patch of the values, then what goes with them: ages, past and
    future covariates, a flag for steps without values, and what is constant.

    Attributes
    ----------
    values : ndarray of shape (n, C)
        The prepared values of C channels that are read and forecast together, those of a time side by side.
    shape : WindowShape
    context : Context, optional
        What goes with the values.
    rows : ndarray of int64, shape (S,)
        Row of the first value of each series.
    lengths : ndarray of int64, shape (S,)
        Steps of each series.
    n_lost : int, default 0
        Leading steps of each series without information.
    is_padded : bool, default False
        Whether windows may start before a series does.
    by_series : bool, default False
        Whether training draws series with equal chances, not windows.

    Examples
    --------
    >>> windows = WindowDataset(np.arange(6.0)[:, None], WindowShape(lookback=3, horizon=2, n_anchor=1))
    >>> x, target, anchors, *_ = windows.batch(np.array([0, 1]))
    >>> x[:, 0, 0], target[0, 0], anchors[:, 0]
    (array([-2., -1.,  0.]), array([1., 2.]), array([2., 3.]))
    >>> shape = WindowShape(4, 3, patch_size=2, n_decoded=2)
    >>> x, target, *_ = WindowDataset(np.arange(8.0)[:, None], shape).batch(np.array([1]))
    >>> x[:, 0], target[:, 0]
    (array([[1., 2.], [3., 4.]]), array([[ 5.,  6.], [ 7., nan]]))
    >>> two = np.stack([np.arange(6.0), 10 * np.arange(6.0)], axis=1)
    >>> WindowDataset(two, WindowShape(3, 1)).batch(np.array([1])).x[:, 0]
    array([[ 1., 10.], [ 2., 20.], [ 3., 30.]])
    >>> context = Context(future=np.arange(50.0, 56)[:, None])
    >>> windows = WindowDataset(np.arange(6.0)[:, None], WindowShape(2, 2, has_future=True), context)
    >>> windows.inputs(np.array([1])).x[:, 0]
    array([[ 1., 51.,  0.], [ 2., 52.,  0.], [ 0., 53.,  1.], [ 0., 54.,  1.]])
    """

    values: np.ndarray
    shape: WindowShape
    context: Context = Context()
    rows: np.ndarray = np.zeros(1, np.int64)
    lengths: np.ndarray = np.zeros(1, np.int64)
    n_lost: int = 0
    is_padded: bool = False
    by_series: bool = False

    @property
    def first(self) -> int:
        """First step that has a target."""
        return self.shape.first

    def batch(self, starts: np.ndarray) -> Batch:
        """Gather the windows starting at `starts` (B,)."""
        L, H, w = self.shape.lookback, self.shape.horizon, self.shape.patch_size
        if self.shape.every_step:
            return self._cut(starts, L + H - 1, self.first + 1, (L + H - 1 - self.first, 1))
        n_patches = -(-H // w) if self.shape.has_future else self.shape.n_decoded
        return self._cut(starts, L, L, (n_patches, w) if n_patches else (1, H))

    def inputs(self, starts: np.ndarray) -> Batch:
        """Gather only what is known, without targets; rows after the look-back need not exist."""
        return self._cut(starts, self.shape.lookback, 0, (0, 1))

    def _cut(self, starts: np.ndarray, shown: int, first_target: int, target_size: tuple[int, int]) -> Batch:
        """Gather inputs with so many positions of values, and so many rows and steps of targets."""
        shape, B, dtype, context = self.shape, len(starts), self.values.dtype, self.context
        w, C, L, last = shape.patch_size, self.values.shape[1], shape.lookback, shape.lookback + shape.horizon
        n_ahead = -(-shape.horizon // w) if shape.has_future else 0
        static = context.static[context.series(starts)] if context.static.size else np.empty((B, 0))
        n_inputs = w * (C + self._n_covariates) + shape.has_future + static.shape[1]
        x = np.empty((shown // w + n_ahead, B, n_inputs), dtype)
        target = np.empty((target_size[0], B, target_size[1] * C), dtype)
        anchors = np.empty((C, B), dtype)
        scaling = np.array([context.level, context.factor], dtype)
        gather_windows(
            self.values,
            scaling,
            starts,
            L,
            shown,
            last,
            shape.n_anchor,
            first_target,
            w * C,
            x,
            target,
            anchors,
        )
        if context.gaps.size and len(target):
            mask_missing(context.gaps, starts, first_target, target)
        self._add_context(starts, shown, static, x)
        known, begins = self._known(starts), self._begins(starts)
        size = context.sizes[context.series(starts)] if len(context.sizes) else None
        spread = weight = None
        if context.mean_change.size:
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
        context, own, dtype = self.context, self.context.series(starts), self.values.dtype
        first, last = np.maximum(starts, context.firsts[own]), starts + self.shape.lookback
        changes = context.cumulative_changes[last] - context.cumulative_changes[np.minimum(first + 1, last)]
        n = (last - first - 1)[:, None]
        spread = (changes + _USUAL_CHANGES * context.mean_change[own]) / (n + _USUAL_CHANGES)
        weight = np.mean(spread * context.relative_scale[own], axis=1) ** _WEIGHT
        return spread.astype(dtype), np.maximum(weight, 1e-6).astype(dtype)

    @property
    def _n_covariates(self) -> int:
        return self.context.ages.shape[1] + self._n_given

    @property
    def _n_given(self) -> int:
        return self.context.past.shape[1] + self.context.future.shape[1]

    def _add_context(self, starts: np.ndarray, shown: int, static: np.ndarray, x: np.ndarray) -> None:
        """Write the columns of x that follow the values."""
        (L, H, _, every_step, w, _, has_future), context = self.shape, self.context
        column, next_one, last = w * self.values.shape[1], int(every_step), L + H
        for table, first, end, holds in (
            (context.ages, 0, shown, 0),
            (context.past, 0, L, 1),
            (context.future, next_one, last, 0),
        ):
            if table.shape[1]:
                gather_covariates(table, starts, first, end, column, w, holds, x)
                column += w * table.shape[1]
        if has_future:
            x[:, :, column] = np.arange(len(x))[:, None] >= L // w
            column += 1
        x[:, :, column:] = static

    def _known(self, starts: np.ndarray) -> np.ndarray | None:
        """Return what a decoder knows ahead (n_decoded, B, w F)."""
        future, shape = self.context.future, self.shape
        if not shape.n_decoded or not future.shape[1]:
            return None
        L, w = shape.lookback, shape.patch_size
        known = np.empty((shape.n_decoded, len(starts), w * future.shape[1]), self.values.dtype)
        gather_covariates(future, starts, L, L + shape.horizon, 0, w, 0, known)
        return known

    def _begins(self, starts: np.ndarray) -> np.ndarray | None:
        """Return the first step of each window that holds a value, None if all begin at once."""
        padding = self.context.firsts[self.context.series(starts)] - starts
        return np.maximum(padding, 0) // self.shape.patch_size if padding.max(initial=0) > 0 else None

    def split(self, validation_fraction: float) -> tuple[Starts, Starts]:
        """Return the starts of training and of validation windows, those of short series padded.

        Validation targets lie in the last `validation_fraction` of a series, training targets before it; the
        validation part is empty where it would leave less than half of the windows to train on.
        """
        training, validation = split_starts(
            self.lengths, self.n_lost, self.shape.lookback, self.shape.horizon, validation_fraction
        )
        if self.is_padded and (short := training.counts == 0).any():
            padded = padded_starts(self.lengths, self.n_lost, self.shape.lookback, self.shape.horizon)
            training = Runs(*(np.where(short, *pair) for pair in zip(padded, training, strict=True)))
            validation = validation._replace(counts=np.where(short, 0, validation.counts))
        return (
            Starts.of(training, self.rows, by_series=self.by_series),
            Starts.of(validation, self.rows),
        )

    def sample(self, n_windows: int) -> Batch:
        """Gather up to `n_windows` windows, evenly spread; the last target of each follows its look-back."""
        shape = self.shape._replace(horizon=1) if self.shape.every_step else self.shape
        starts, _ = self._replace(shape=shape).split(0.0)
        if not len(starts):
            needed = self.n_lost + shape.lookback + shape.horizon
            raise ValueError(
                f"`y` has {counted(int(self.lengths[0]), 'observation')}; lookback={shape.lookback} and what "
                f"follows it need at least {needed}. Supply more history."
            )
        return self._replace(shape=shape).batch(starts.spread(n_windows))

    def latest(self) -> np.ndarray:
        """Return the starts of the last look-back of each series."""
        lookback = self.shape.lookback
        short = self.lengths < lookback + self.n_lost
        if not self.is_padded and short.any():
            n = int(self.lengths[short.argmax()])
            raise ValueError(
                f"`y` has {counted(n, 'observation')}; lookback={lookback} needs at least "
                f"{lookback + self.n_lost} to forecast from. Supply more history."
            )
        return self.rows + self.lengths - lookback


def with_cumulative_changes(windows: WindowDataset) -> WindowDataset:
    """Return windows with the running sum of changes, from which the scale of each window is found."""
    context = windows.context
    if not context.mean_change.size:
        return windows
    changes = np.zeros((len(windows.values) + 1, windows.values.shape[1]))
    np.subtract(windows.values[1:], windows.values[:-1], out=changes[2:], dtype=np.float64)
    np.cumsum(np.abs(changes, out=changes), axis=0, out=changes)
    return windows._replace(context=context._replace(cumulative_changes=changes))
