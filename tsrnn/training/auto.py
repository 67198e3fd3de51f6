"""Automatic choice of transforms, look-back, batch size, learning rate and epochs."""

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from tsrnn.training.arrays import ragged_rows
from tsrnn.training.scales import levels_and_scales
from tsrnn.training.transforms import TRANSFORMS, Plan
from tsrnn.validation import check_choice, counted

AUTOMATIC = ("batch_size", "learning_rate", "max_epochs")  # what `settle` decides
_SMALLEST_BATCH, _LARGEST_BATCH = 32, 256
_NEAR_ZERO = 0.01  # of the mean
_BATCHES = 40  # that an epoch has at least, where batches are not the smallest
_ASKED_SERIES, _ASKED_VALUES = 1_000, 200_000  # which tell how to normalize
_KEEPS_LEVEL = 0.6  # mean square of differences over variance; of an AR(1), 2 (1 - phi)
_UNIT_ROOT = 20  # that ratio times the length, which a random walk hardly ever exceeds, and twice that never
_LONGEST_CYCLE = 24  # that is looked for where no season is known
_BY_CHANCE = 3.5  # autocorrelation times the root of the length, which white noise hardly ever exceeds
_LEARNING_RATE = 0.001  # for the smallest batches
_MOST_EPOCHS, _FEWEST_EPOCHS = 50, 10


def settle(options: SimpleNamespace, n_windows: int) -> SimpleNamespace:
    """Return a forecaster's options with numbers for what is "auto" about training on so many windows.

    Batches are a 40th of the windows, a power of two from 32 to 256. The learning rate is 0.001 for 32 and
    grows with the square root of the batch, as the noise of the gradient falls (Krizhevsky, 2014). Epochs are
    50 for 32, and as many fewer as batches are larger, but at least 10: many windows are learnt in fewer.

    References
    ----------
    Krizhevsky (2014), "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997.

    Examples
    --------
    >>> options = SimpleNamespace(batch_size="auto", learning_rate="auto", max_epochs="auto")
    >>> settle(options, n_windows=300)
    namespace(batch_size=32, learning_rate=0.001, max_epochs=50)
    >>> settle(options, n_windows=5200)
    namespace(batch_size=128, learning_rate=0.002, max_epochs=12)
    """
    settled = SimpleNamespace(**vars(options))
    if settled.batch_size == "auto":
        power = 2 ** int(np.log2(max(n_windows / _BATCHES, 1)))
        settled.batch_size = min(max(power, _SMALLEST_BATCH), _LARGEST_BATCH)
    ratio = settled.batch_size / _SMALLEST_BATCH
    if settled.learning_rate == "auto":
        settled.learning_rate = _LEARNING_RATE * float(np.sqrt(ratio))
    if settled.max_epochs == "auto":
        settled.max_epochs = min(max(int(_MOST_EPOCHS / ratio), _FEWEST_EPOCHS), _MOST_EPOCHS)
    return settled


def choose_transforms(
    transform: str | Sequence[str] | None,
    values: np.ndarray,
    offsets: np.ndarray,
    season_sets: tuple[tuple[int, ...], ...],
    seasons: np.ndarray,
    *,
    is_panel: bool = False,
) -> Plan:
    """Return the transforms to apply to each of many series of one channel, end to end.

    "auto" takes logarithms of a series, nowhere near zero, whose level changes by more than a quarter between
    the quarters of its history, in a panel of every positive one, so that all show changes in proportion; and
    it takes out the seasons if there are some and two full ones show them. Below half of the lowest value so
    far, such a logarithm goes on in a straight line, for zeros and negative values that come later.

    Parameters
    ----------
    transform : str, sequence of str or None
        As of `RNNForecaster`.
    values : ndarray of shape (N,)
    offsets : ndarray of int64, shape (S + 1,)
    season_sets : tuple of tuple of int
        Different sets of season lengths.
    seasons : ndarray of int64, shape (S,)
        Number of each series' set: the seasons it has.
    is_panel : bool, default False

    Examples
    --------
    >>> offsets, none = np.array([0, 48]), np.zeros(1, int)
    >>> choose_transforms("auto", np.geomspace(1, 10, 48), offsets, ((12,),), none).chains
    (('log', 'deseasonalize'),)
    >>> choose_transforms("auto", np.ones(48), offsets, ((),), none).chains
    ((),)
    """
    S = len(offsets) - 1
    if transform == "auto" and values.dtype != np.float32:  # float32 is large, and not to be copied
        longest = np.array([max(each, default=1) for each in season_sets])[seasons]
        shows = (longest > 1) & (longest <= np.diff(offsets) // 2)
        lowest = np.minimum.reduceat(values, offsets[:-1])
        log = lowest > 0 if is_panel else _grows(values, offsets)
        kinds, chain = np.unique(log + 2 * shows, return_inverse=True)
        chains = tuple(("log",) * (k % 2) + ("deseasonalize",) * (k // 2) for k in kinds.tolist())
        return Plan(chains, chain, season_sets, seasons, np.where(log, lowest / 2, 0.0))
    names: tuple[str, ...] = ()
    if transform is not None and transform != "auto":
        names = (transform,) if isinstance(transform, str) else tuple(transform)
    for name in names:
        check_choice("transform", name, ("auto", None, *TRANSFORMS))
    return Plan((names,), np.zeros(S, np.int64), season_sets, seasons, np.zeros(S))


def choose_normalize(
    normalize: str | None,
    values: np.ndarray,
    offsets: np.ndarray,
    season_sets: tuple[tuple[int, ...], ...],
    seasons: np.ndarray,
) -> str | None:
    """Return how many series of one channel, end to end, are normalized, all alike.

    "auto" measures windows from their end, "window", unless most series keep to a constant level, from which
    "series" measures. A series does if the mean square of its differences is at least 0.6 of its variance (2
    in white noise, next to 0 in a long random walk: the ratio of von Neumann), and more than a random walk as
    short would show by chance (Dickey & Fuller); and if it has no season, and none shows in its
    autocorrelations. Of more than a thousand series, evenly spaced ones are asked, and the last values of
    each.

    Parameters
    ----------
    normalize : str or None
        As of `RNNForecaster`.
    values, offsets, season_sets, seasons
        As of `choose_transforms`.

    References
    ----------
    von Neumann (1941), "Distribution of the ratio of the mean square successive difference to the variance",
    Annals of Mathematical Statistics 12(4); Dickey & Fuller (1979), "Distribution of the estimators for
    autoregressive time series with a unit root", Journal of the American Statistical Association 74(366).

    Examples
    --------
    >>> noise, offsets, none = np.random.default_rng(0).normal(size=200), np.array([0, 200]), np.zeros(1, int)
    >>> choose_normalize("auto", noise, offsets, ((),), none)
    'series'
    >>> choose_normalize("auto", noise.cumsum(), offsets, ((),), none)
    'window'
    """
    if normalize != "auto":
        return normalize
    asked = np.unique(np.linspace(0, len(offsets) - 2, _ASKED_SERIES).astype(np.int64))
    lengths = np.minimum(np.diff(offsets)[asked], _ASKED_VALUES // len(asked))
    rows, known = ragged_rows(offsets[1:][asked] - lengths, lengths)
    level, scale = levels_and_scales(part := values[rows].astype(np.float64), known)
    size = np.where(scale > 0, scale, 1.0)
    part = (part - level.repeat(lengths)) / size.repeat(lengths)
    changes = np.diff(part, prepend=0.0)
    changes[known[:-1]] = 0.0
    ratios = np.add.reduceat(changes**2, known[:-1]) / np.maximum(lengths - 1, 1)
    has_season = np.array([max(each, default=1) > 1 for each in season_sets])[seasons[asked]]
    by_chance = _UNIT_ROOT * (1 + 1 / np.sqrt(len(asked))) / lengths
    keeps_level = ~has_season & ~_repeats(part, known) & (ratios >= np.maximum(_KEEPS_LEVEL, by_chance))
    tells = (scale > 0) & (lengths > 2)
    return "series" if tells.any() and keeps_level[tells].mean() > 0.5 else "window"


def _repeats(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return which standardized series resemble themselves more some steps later than one step later."""
    n = np.diff(offsets)
    steps = np.arange(len(values)) - offsets[:-1].repeat(n)

    def autocorrelations(lag: int) -> np.ndarray:
        products = np.zeros(len(values))
        products[lag:] = values[lag:] * values[: len(values) - lag]
        return np.add.reduceat(np.where(steps >= lag, products, 0.0), offsets[:-1]) / n

    bound = np.maximum(np.abs(autocorrelations(1)), _BY_CHANCE / np.sqrt(n))
    later = range(2, min(_LONGEST_CYCLE, int(n.max()) - 1) + 1)
    return np.any([autocorrelations(lag) > bound for lag in later] or [n < 0], axis=0)


def choose_lookback(n: int, n_lost: int, options: SimpleNamespace, season_length: int, *, pads: bool) -> int:
    """Return the look-back for series of `n` steps, of which transforms lose the first `n_lost`.

    Raises
    ------
    ValueError
        If there is no window in a series that is not padded, or a dilated layer would look back further.
    """
    lookback = options.lookback
    if lookback == "auto":
        known = n - n_lost
        longest = max(1, min(known if pads else known // 2, known - options.horizon - 1))
        wanted = automatic_lookback(season_length, options.horizon)
        lookback = _whole_patches(wanted, longest, options.patch_size)
    needed = lookback + options.horizon + n_lost + 1
    if n < needed and not pads:
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


def _whole_patches(lookback: int, longest: int, patch_size: int) -> int:
    """Round up to whole patches, or down to them if that were too long; at least one."""
    rounded = -(-lookback // patch_size) * patch_size
    return min(rounded, max(longest // patch_size, 1) * patch_size)


def _grows(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return which series change their level, from quarter to quarter, and stay away from zero."""
    n = np.diff(offsets)
    means = np.add.reduceat(values, offsets[:-1]) / n
    safe = np.minimum.reduceat(values, offsets[:-1]) > _NEAR_ZERO * means  # else zeros may well come
    quarter = np.arange(4)[:, None]
    levels = _medians(values, (offsets[:-1] + quarter * (n // 4) + np.minimum(quarter, n % 4)).T.ravel())
    levels = levels.reshape(-1, 4)
    return safe & (np.nanmax(levels, axis=1) > 1.25 * np.nanmin(levels, axis=1))


def _medians(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the median from each start to the next, nan where there is nothing between them."""
    n = np.diff(starts, append=len(values))
    ordered = values[np.lexsort((values, np.repeat(np.arange(len(n)), n)))]
    middle = np.minimum(starts + n // 2, len(values) - 1)
    below = np.minimum(starts + (n - 1) // 2, len(values) - 1)
    return np.where(n > 0, (ordered[below] + ordered[middle]) / 2, np.nan)
