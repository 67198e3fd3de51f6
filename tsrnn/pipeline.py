"""From one raw history to training windows, and from a network's output back to forecasts."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from tsrnn.network import Network
from tsrnn.parameters import check_choice, counted
from tsrnn.scaling import TRANSFORMS, Preparation, level_and_scale, root_mean_square
from tsrnn.windows import Batch, Windows, split_starts

_SAMPLED_WINDOWS = 1000


class Cut(NamedTuple):
    """A prepared history: the way back to its scale, and the windows it is cut into."""

    preparation: Preparation
    windows: Windows

    def sample(self, n_windows: int) -> Batch:
        """Gather up to `n_windows` windows, evenly spread; the last target of each follows its look-back."""
        windows = self.windows._replace(horizon=1) if self.windows.every_step else self.windows
        n_lost, n = self.preparation.n_lost, len(windows.values)
        starts, _ = split_starts(n, n_lost, windows.lookback, windows.horizon, 0.0)
        if not len(starts):
            needed = n_lost + windows.lookback + windows.horizon
            raise ValueError(
                f"`y` has {counted(n, 'observation')}; lookback={windows.lookback} and what follows it need "
                f"at least {needed}. Supply more history."
            )
        return windows.batch(np.ascontiguousarray(starts[:: -(-len(starts) // n_windows)]))

    def latest(self) -> np.ndarray:
        """Return what the network reads of the last look-back, (T, patch_size)."""
        n, lookback = len(self.windows.values), self.windows.lookback
        if n - lookback < self.preparation.n_lost:
            raise ValueError(
                f"`y` has {counted(n, 'observation')}; lookback={lookback} needs at least "
                f"{lookback + self.preparation.n_lost}. Supply more history."
            )
        return self.windows.inputs(np.array([n - lookback]))[0][:, 0]


class Pipeline(NamedTuple):
    """How a history becomes windows; fitted once, applied to any history.

    Attributes
    ----------
    transforms : tuple of str
        Names for `Preparation`.
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
    level, scale : float
        Subtracted from the prepared history, and divided by; scale 0 stands for a constant series.
    """

    transforms: tuple[str, ...]
    season_length: int
    lookback: int
    horizon: int
    every_step: bool
    n_anchor: int
    patch_size: int
    n_decoded: int
    dtype: str
    level: float = 0.0
    scale: float = 1.0

    def scaled_to(self, values: np.ndarray, normalize: str | None) -> "Pipeline":
        """Return the pipeline with level and scale fitted to a history.

        With ``normalize="window"`` the scale is the root mean square of the windows' deviations from their
        anchors, over up to 1,000 windows spread evenly.
        """
        preparation, windows = self.cut(values)
        known = preparation.prepared[preparation.n_lost :]
        if normalize is None:
            return self
        level, scale = level_and_scale(known, robust=normalize == "robust")
        if normalize == "window" and scale > 0:
            starts, _ = split_starts(len(values), preparation.n_lost, self.lookback, self.horizon, 0.0)
            sample = np.ascontiguousarray(starts[:: -(-len(starts) // _SAMPLED_WINDOWS)])
            z = ((preparation.prepared - level) / scale).astype(self.dtype)
            unscaled = windows._replace(values=z)
            scale *= root_mean_square(unscaled.inputs(sample)[0].astype(np.float64))
        return self._replace(level=level, scale=scale)

    def cut(self, values: np.ndarray) -> Cut:
        """Prepare a history (n,) and lay windows over it."""
        preparation = Preparation(values, self.transforms, self.season_length)
        z = ((preparation.prepared - self.level) / (self.scale or 1.0)).astype(self.dtype)
        windows = Windows(
            z, self.lookback, self.horizon, self.n_anchor, self.every_step, self.patch_size, self.n_decoded
        )
        return Cut(preparation, windows)

    def forecast(
        self, network: Network, theta: np.ndarray, cut: Cut, starts: np.ndarray, horizon: int
    ) -> np.ndarray:
        """Forecast the `horizon` steps that follow the windows at `starts` (B,), as (B, horizon).

        Past the horizon it was trained for, the network reads its own forecasts.
        """
        roll = _roll_state if self.every_step else _roll_windows
        z = roll(network, theta, cut.windows, starts, horizon)
        future = z.astype(np.float64) * self.scale + self.level
        return cut.preparation.inverse(future, starts + self.lookback)


def _roll_windows(
    network: Network, theta: np.ndarray, windows: Windows, starts: np.ndarray, horizon: int
) -> np.ndarray:
    B, L = len(starts), windows.lookback
    known = windows.values[starts[:, None] + np.arange(L)]
    workspace = network.workspace()
    while known.shape[1] < L + horizon:
        latest = windows._replace(values=known[:, -L:].ravel())
        x, anchors = latest.inputs(np.arange(B) * L)
        output, _ = network.forward(theta, x, first=-1, workspace=workspace)
        future = output.transpose(1, 0, 2).reshape(B, -1)[:, : windows.horizon]
        known = np.concatenate([known, future + anchors[:, None]], axis=1)
    return known[:, L : L + horizon]


def _roll_state(
    network: Network, theta: np.ndarray, windows: Windows, starts: np.ndarray, horizon: int
) -> np.ndarray:
    x, anchors = windows.inputs(starts)
    steps: list[np.ndarray] = []
    state, workspace = None, network.workspace()
    for _ in range(horizon):
        x, state = network.forward(theta, x, state, first=-1, workspace=workspace)
        steps.append(x[0, :, 0] + anchors)
    return np.stack(steps, axis=1)


def fit_pipeline(values: np.ndarray, options: SimpleNamespace, season_length: int) -> Pipeline:
    """Return the pipeline that a forecaster's options ask for, fitted to a history (n,)."""
    n = len(values)
    transforms = choose_transforms(options.transform, values, season_length)
    n_lost = transforms.count("difference")
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
    anchor_season = 1 if "deseasonalize" in transforms else season_length
    return Pipeline(
        transforms=transforms,
        season_length=season_length,
        lookback=lookback,
        horizon=options.horizon,
        every_step=options.strategy == "recursive",
        n_anchor=min(anchor_season, lookback) if options.normalize == "window" else 0,
        patch_size=options.patch_size,
        n_decoded=options.n_decoded,
        dtype=options.dtype,
    ).scaled_to(values, options.normalize)


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
