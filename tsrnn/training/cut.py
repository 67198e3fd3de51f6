"""Series laid end to end for windows to be cut from."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tsrnn.training.transforms import Preparation
from tsrnn.training.windows import Batch, Starts, Windows, measured, padded_starts, split_starts
from tsrnn.validation import counted


class Prepared(NamedTuple):
    """One series as the network will see it.

    Attributes
    ----------
    preparations : list of Preparation
        One for each of C channels.
    values : ndarray of shape (n, C)
    gaps : ndarray of bool, shape (n, C)
        Where nothing was observed.
    ages, past : ndarray of shape (n, A) and (n, P)
    ahead : ndarray of shape (m, F), m >= n
    static : ndarray of shape (D,)
    size : float
        What the values were divided by.
    units : ndarray of shape (C,)
        What a scaled unit of each channel is as a share of its values.
    """

    preparations: list[Preparation]
    values: np.ndarray
    gaps: np.ndarray
    ages: np.ndarray
    past: np.ndarray
    ahead: np.ndarray
    static: np.ndarray
    size: float
    units: np.ndarray

    @property
    def n_lost(self) -> int:
        """Leading steps without information."""
        return self.preparations[0].n_lost


class Cut(NamedTuple):
    """Prepared series: the way back to their scale, and the windows they are cut into.

    Attributes
    ----------
    series : list of Prepared
    windows : Windows
        Over the values of all series, one after the other.
    rows : ndarray of int64, shape (S,)
        The row of each series' first value.
    pads : bool
        Whether windows may start before that.
    by_series : bool, default False
        Whether training is to draw series with equal chances, not windows.
    """

    series: list[Prepared]
    windows: Windows
    rows: np.ndarray
    pads: bool
    by_series: bool = False

    @property
    def sizes(self) -> np.ndarray:
        """Steps of each series."""
        return np.array([len(one.values) for one in self.series])

    def split(self, validation_fraction: float) -> tuple[Starts, Starts]:
        """Return the starts of training and of validation windows; see `split_starts`."""
        L, H = self.windows.lookback, self.windows.horizon
        parts: tuple[list[range], list[range]] = ([], [])
        for row, one in zip(self.rows.tolist(), self.series, strict=True):
            n, n_lost = len(one.values), one.n_lost
            pair = split_starts(n, n_lost, L, H, validation_fraction)
            if self.pads and not len(pair[0]):
                pair = padded_starts(n, n_lost, L, H), range(0)
            for part, times in zip(parts, pair, strict=True):
                part.append(range(row + times.start, row + times.stop))
        return Starts.of(parts[0], by_series=self.by_series), Starts.of(parts[1])

    def sample(self, n_windows: int) -> Batch:
        """Gather up to `n_windows` windows, evenly spread; the last target of each follows its look-back."""
        windows = self.windows._replace(horizon=1) if self.windows.every_step else self.windows
        starts, _ = self._replace(windows=windows).split(0.0)
        if not len(starts):
            n, needed = len(self.series[0].values), self.series[0].n_lost + windows.lookback + windows.horizon
            raise ValueError(
                f"`y` has {counted(n, 'observation')}; lookback={windows.lookback} and what follows it "
                f"need at least {needed}. Supply more history."
            )
        return windows.batch(starts.spread(n_windows))

    def latest(self) -> np.ndarray:
        """Return the starts of the last look-back of each series."""
        lookback = self.windows.lookback
        for one in self.series:
            if not self.pads and len(one.values) - lookback < one.n_lost:
                raise ValueError(
                    f"`y` has {counted(len(one.values), 'observation')}; lookback={lookback} needs at least "
                    f"{lookback + one.n_lost} to forecast from. Supply more history."
                )
        return self.rows + self.sizes - lookback


def lay_end_to_end(
    series: list[Prepared], shape: Windows, n_after: int, *, pads: bool, rescales: bool = False
) -> Cut:
    """Return the windows of prepared series.

    Parameters
    ----------
    series : list of Prepared
    shape : Windows
        What windows look like; its values are of no matter, its company has level and factor.
    n_after : int
        Rows after each series' values for what is known ahead.
    pads : bool
        Whether to make room for windows of series that are too short for one.
    rescales : bool, default False
        Whether each window has a scale of its own.
    """
    L, H = shape.lookback, shape.horizon
    short = [pads and len(one.values) - one.n_lost < L + H for one in series]
    fronts = [L if is_short else 0 for is_short in short]
    tails = [max(n_after, H) if is_short else n_after for is_short in short]
    lengths = np.array([f + len(one.values) + t for f, one, t in zip(fronts, series, tails, strict=True)])
    begins = np.concatenate([[0], np.cumsum(lengths)])[:-1].astype(np.int64)
    rows = begins + fronts

    def lay(name: str, rest: float = 0.0) -> np.ndarray:
        return _lay([getattr(one, name) for one in series], fronts, lengths, rest)

    any_gaps = any(short) or any(one.gaps.any() for one in series)
    company = shape.company._replace(
        gaps=lay("gaps", True) if any_gaps else np.empty((0, 0), bool),
        ages=lay("ages"),
        past=lay("past"),
        ahead=lay("ahead"),
        rows=begins,
        firsts=rows + [one.n_lost if is_short else 0 for one, is_short in zip(series, short, strict=True)],
        static=np.stack([one.static for one in series]),
        sizes=np.array([one.size for one in series]) if len(shape.company.sizes) else shape.company.sizes,
    )
    if rescales:
        usual = [_usual(one.values[one.n_lost :]) for one in series]
        company = company._replace(usual=np.stack(usual), units=np.stack([one.units for one in series]))
    return Cut(series, measured(shape._replace(values=lay("values"), company=company)), rows, pads)


def _usual(values: np.ndarray) -> np.ndarray:
    """Return the mean absolute change of each channel of values (n, C), (C,); 1 where nothing changes."""
    changes = np.abs(np.diff(values, axis=0)).mean(axis=0, dtype=np.float64) if len(values) > 1 else 0.0
    return np.where(changes > 0, changes, 1.0) * np.ones(values.shape[1])


def _lay(tables: Sequence[np.ndarray], fronts: Sequence[int], lengths: np.ndarray, rest: float) -> np.ndarray:
    """Lay tables (n, k) end to end, each cut or filled up with `rest` to its length, after its front."""
    if len(tables) == 1 and len(tables[0]) == lengths[0]:
        return np.ascontiguousarray(tables[0])
    if not tables[0].shape[1]:
        return tables[0]
    laid, row = np.full((lengths.sum(), tables[0].shape[1]), rest, tables[0].dtype), 0
    for table, front, length in zip(tables, fronts, lengths.tolist(), strict=True):
        n = min(len(table), length - front)
        laid[row + front : row + front + n] = table[:n]
        row += length
    return laid
