"""From a raw history of one or more channels to training windows."""

from collections.abc import Hashable, Sequence
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from tsrnn.parameters import check_choice, counted
from tsrnn.scaling import TRANSFORMS, Preparation, level_and_scale, root_mean_square
from tsrnn.windows import Batch, Windows, split_starts

_SAMPLED_WINDOWS = 1000


class Channel(NamedTuple):
    """How one channel is prepared.

    Attributes
    ----------
    transforms : tuple of str
        Names for `Preparation`.
    level, scale : float
        Subtracted from the prepared history, and divided by; scale 0 stands for a constant series.
    name : hashable or None
        Column that errors name; None for a series.
    """

    transforms: tuple[str, ...] = ()
    level: float = 0.0
    scale: float = 1.0
    name: Hashable | None = None

    def prepare(self, values: np.ndarray, season_length: int) -> Preparation:
        """Apply the transforms to a history (n,)."""
        try:
            return Preparation(values, self.transforms, season_length)
        except ValueError as error:
            if self.name is None:
                raise
            raise ValueError(f"Column {self.name!r} of `y`: {error}") from error

    def scaled(self, prepared: np.ndarray, dtype: str) -> np.ndarray:
        """Return what the network sees of a prepared history."""
        return ((prepared - self.level) / (self.scale or 1.0)).astype(dtype)


class Cut(NamedTuple):
    """A prepared history: the way back to its scale, and the windows it is cut into.

    Attributes
    ----------
    preparations : list of Preparation
        One for each channel.
    windows : Windows
        Over values of shape (n, C) if a window holds all channels; over (C n, 1), one channel after the
        other, if it holds one.
    """

    preparations: list[Preparation]
    windows: Windows

    @property
    def n(self) -> int:
        """Steps of the history."""
        return len(self.preparations[0].prepared)

    @property
    def n_lost(self) -> int:
        """Leading steps without information, of any channel."""
        return self.preparations[0].n_lost

    def starts(self, times: np.ndarray) -> np.ndarray:
        """Return where the windows from `times` (B,) on start: (B,), or (C B,) if each holds one channel."""
        return (np.arange(0, len(self.windows.values), self.n)[:, None] + times).ravel()

    def split(self, validation_fraction: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the starts of training and of validation windows; see `split_starts`."""
        lookback, horizon = self.windows.lookback, self.windows.horizon
        times = split_starts(self.n, self.n_lost, lookback, horizon, validation_fraction)
        return self.starts(times[0]), self.starts(times[1])

    def sample(self, n_windows: int) -> Batch:
        """Gather up to `n_windows` windows, evenly spread; the last target of each follows its look-back."""
        windows = self.windows._replace(horizon=1) if self.windows.every_step else self.windows
        times, _ = split_starts(self.n, self.n_lost, windows.lookback, windows.horizon, 0.0)
        if not len(times):
            needed = self.n_lost + windows.lookback + windows.horizon
            raise ValueError(
                f"`y` has {counted(self.n, 'observation')}; lookback={windows.lookback} and what follows it "
                f"need at least {needed}. Supply more history."
            )
        starts = self.starts(times)
        return windows.batch(np.ascontiguousarray(starts[:: -(-len(starts) // n_windows)]))

    def latest(self) -> np.ndarray:
        """Return what the network reads of the last look-back, (T, n_inputs)."""
        lookback = self.windows.lookback
        if self.n - lookback < self.n_lost:
            raise ValueError(
                f"`y` has {counted(self.n, 'observation')}; lookback={lookback} needs at least "
                f"{lookback + self.n_lost}. Supply more history."
            )
        starts = self.starts(np.array([self.n - lookback]))
        if len(starts) > 1:
            raise ValueError(
                f"The network is shared by {len(starts)} columns and reads one at a time; one look-back "
                'is needed. Fit one column, or channels="joint".'
            )
        return self.windows.inputs(starts)[0][:, 0]


class Pipeline(NamedTuple):
    """How a history becomes windows; fitted once, applied to any history.

    Attributes
    ----------
    channels : tuple of Channel
    joint : bool
        Whether a window holds all channels, or one.
    season_length : int
        Steps in a season; 1 for none.
    lookback, horizon : int
        Steps in a window's input, and steps it is trained to forecast.
    every_step : bool
        Many-to-many (True) or many-to-one windows.
    n_anchor, patch_size, n_decoded : int
        See `Windows`.
    dtype : str
        Type of the network's numbers.
    """

    channels: tuple[Channel, ...]
    joint: bool
    season_length: int
    lookback: int
    horizon: int
    every_step: bool
    n_anchor: int
    patch_size: int
    n_decoded: int
    dtype: str

    @property
    def width(self) -> int:
        """Channels that the network reads at a time."""
        return len(self.channels) if self.joint else 1

    def scaled_to(self, values: np.ndarray, normalize: str | None) -> "Pipeline":
        """Return the pipeline with levels and scales fitted to a history (n, C).

        With ``normalize="window"`` a scale is the root mean square of the windows' deviations from their
        anchors, over up to 1,000 windows spread evenly.
        """
        if normalize is None:
            return self
        scaled = [
            self._fit_scale(channel, column, normalize)
            for channel, column in zip(self.channels, _columns(values), strict=True)
        ]
        return self._replace(channels=tuple(scaled))

    def _fit_scale(self, channel: Channel, values: np.ndarray, normalize: str) -> Channel:
        preparation = channel.prepare(values, self.season_length)
        known = preparation.prepared[preparation.n_lost :]
        level, scale = level_and_scale(known, robust=normalize == "robust")
        channel = channel._replace(level=level, scale=scale)
        if normalize == "window" and scale > 0:
            starts, _ = split_starts(len(values), preparation.n_lost, self.lookback, self.horizon, 0.0)
            sample = np.ascontiguousarray(starts[:: -(-len(starts) // _SAMPLED_WINDOWS)])
            windows = self._windows(channel.scaled(preparation.prepared, self.dtype)[:, None])
            size = root_mean_square(windows.inputs(sample)[0].astype(np.float64))
            channel = channel._replace(scale=scale * (size or 1.0))  # 0: flat windows, not a flat series
        return channel

    def cut(self, values: np.ndarray) -> Cut:
        """Prepare a history (n, C) and lay windows over it."""
        pairs = list(zip(self.channels, _columns(values), strict=True))
        preparations = [channel.prepare(column, self.season_length) for channel, column in pairs]
        z = np.stack(
            [c.scaled(p.prepared, self.dtype) for c, p in zip(self.channels, preparations, strict=True)]
        )
        return Cut(preparations, self._windows(np.ascontiguousarray(z.T) if self.joint else z.reshape(-1, 1)))

    def _windows(self, values: np.ndarray) -> Windows:
        return Windows(
            values,
            self.lookback,
            self.horizon,
            self.n_anchor,
            self.every_step,
            self.patch_size,
            self.n_decoded,
        )


def _columns(values: np.ndarray) -> np.ndarray:
    """Return channels (C, n), each contiguous, of values (n, C)."""
    return np.ascontiguousarray(values.T)


def fit_pipeline(
    values: np.ndarray,
    options: SimpleNamespace,
    season_lengths: Sequence[int],
    names: Sequence[Hashable] | None = None,
) -> Pipeline:
    """Return the pipeline that a forecaster's options ask for, fitted to a history (n, C).

    Parameters
    ----------
    values : ndarray of shape (n, C)
    options : SimpleNamespace
        Checked parameters of `RNNForecaster`.
    season_lengths : sequence of int
        For each channel, the steps in its season, 1 for none. The longest is that of all;
        ``transform="auto"`` takes it out of the channels that have one.
    names : sequence of hashable, optional
        The channels' columns.
    """
    season_length = max(season_lengths)
    names = [None] * len(season_lengths) if names is None else names
    channels = tuple(
        Channel(choose_transforms(options.transform, column, season), name=name)
        for column, season, name in zip(_columns(values), season_lengths, names, strict=True)
    )
    lookback = _choose_lookback(
        len(values), channels[0].transforms.count("difference"), options, season_length
    )
    deseasonalized = any("deseasonalize" in channel.transforms for channel in channels)
    anchor_season = 1 if deseasonalized else season_length
    return Pipeline(
        channels=channels,
        joint=options.channels == "joint",
        season_length=season_length,
        lookback=lookback,
        horizon=options.horizon,
        every_step=options.strategy == "recursive",
        n_anchor=min(anchor_season, lookback) if options.normalize == "window" else 0,
        patch_size=options.patch_size,
        n_decoded=options.n_decoded,
        dtype=options.dtype,
    ).scaled_to(values, options.normalize)


def _choose_lookback(n: int, n_lost: int, options: SimpleNamespace, season_length: int) -> int:
    lookback = options.lookback
    if lookback == "auto":
        known = n - n_lost
        longest = max(1, min(known // 2, known - options.horizon - 1))
        wanted = automatic_lookback(season_length, options.horizon)
        lookback = _whole_patches(wanted, longest, options.patch_size)
    needed = lookback + options.horizon + n_lost + 1
    if n < needed:
        chosen = options.lookback != "auto"
        too_long = "lookback" if chosen else "horizon" if options.patch_size == 1 else "horizon or patch_size"
        raise ValueError(
            f"`y` has {counted(n, 'observation')}; lookback={lookback} with horizon={options.horizon} "
            f"needs at least {needed}. Shorten {too_long} or supply more data."
        )
    skip = options.dilation ** (options.num_layers - 1)
    if 1 < skip >= lookback // options.patch_size:
        raise ValueError(
            f"The top layer must look back fewer steps than there are, {lookback // options.patch_size}; "
            f"with dilation={options.dilation} and num_layers={options.num_layers} it looks back {skip:,}. "
            "Lower one of them, or lengthen lookback."
        )
    return lookback


def _whole_patches(lookback: int, longest: int, patch_size: int) -> int:
    """Round up to whole patches, or down to them if that were too long; at least one."""
    rounded = -(-lookback // patch_size) * patch_size
    return min(rounded, max(longest // patch_size, 1) * patch_size)


def choose_transforms(
    transform: str | Sequence[str] | None, values: np.ndarray, season_length: int
) -> tuple[str, ...]:
    """Return the names of the transforms to apply.

    "auto" takes logarithms of a positive series whose level changes by more than a quarter between the
    quarters of its history, and takes out the season if there is one and two full seasons show it.

    Examples
    --------
    >>> choose_transforms("auto", np.geomspace(1, 10, 48), season_length=12)
    ('log', 'deseasonalize')
    >>> choose_transforms("auto", np.ones(48), season_length=1)
    ()
    """
    if transform == "auto":
        return ("log",) * _grows(values) + ("deseasonalize",) * (1 < season_length <= len(values) // 2)
    if transform is None:
        return ()
    names = (transform,) if isinstance(transform, str) else tuple(transform)
    for name in names:
        check_choice("transform", name, ("auto", None, *TRANSFORMS))
    return names


def automatic_lookback(season_length: int, horizon: int) -> int:
    """Return the look-back of ``lookback="auto"``.

    Two seasons, three where that is no more than 36 steps, and no less than the horizon; without a season,
    twice the horizon up to 256; at least 12.

    Examples
    --------
    >>> automatic_lookback(12, 18), automatic_lookback(24, 24), automatic_lookback(1, 20)
    (36, 48, 40)
    """
    m = season_length
    return max(2 * m, min(3 * m, 36), horizon, 12) if m > 1 else max(min(2 * horizon, 256), 12)


def _grows(values: np.ndarray) -> bool:
    if values.min() <= 0:
        return False
    levels = [np.median(quarter) for quarter in np.array_split(values, 4) if len(quarter)]
    return bool(max(levels) > 1.25 * min(levels))
