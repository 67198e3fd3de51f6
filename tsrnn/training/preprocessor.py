"""Preprocessor: fitted to series, it turns any series into training windows, and forecasts back."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from tsrnn.training.arrays import SeriesArrays, join_columns, ragged_rows, split_columns
from tsrnn.training.auto import choose_lookback, choose_normalize, choose_transforms
from tsrnn.training.channels import Channels, ScaleRule, Seasons, fit_scales, scale_series
from tsrnn.training.scales import Standard, hold
from tsrnn.training.transforms import Plan, Transformed
from tsrnn.training.windows import Context, WindowDataset, WindowShape, with_cumulative_changes
from tsrnn.validation import check_fits

_CATEGORY_SIZE = 4  # numbers that a category comes to, at most


class Prepared(NamedTuple):
    """Series as the network reads them, and the way back to their scale.

    Attributes
    ----------
    dataset : WindowDataset
    transformed : Transformed
    channels : Channels
    """

    dataset: WindowDataset
    transformed: Transformed
    channels: Channels

    def restore(self, z: np.ndarray, series: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Return forecasts on the scale of the series.

        Parameters
        ----------
        z : ndarray of shape (B, n, h, C)
            Outputs of a network, n paths of h steps for each of B windows.
        series, times : ndarray of int64, shape (B,)
            The series of each window, and the position of the first forecast step there.
        """
        B, n, h, C = z.shape
        flat = z.transpose(0, 3, 1, 2).reshape(B * C * n, h).astype(np.float64)
        channel = (series[:, None] * C + np.arange(C)).reshape(-1).repeat(n)
        flat *= self.channels.scale[channel, None]
        flat += self.channels.level[channel, None]
        values = self.transformed.inverse(flat, channel, times.repeat(C * n))
        return values.reshape(B, C, n, h).transpose(0, 2, 3, 1)


class Preprocessor(NamedTuple):
    """How series become windows; fitted once, applied to any series.

    Attributes
    ----------
    shape : WindowShape
    channels : Channels
        Of the series it was fitted to.
    seasons : tuple of int
        Steps in each season that any of these has, in ascending order.
    width : int
        Channels that the network reads at a time.
    dtype : str
        Type of the network's numbers.
    normalize, transform
        As of `RNNForecaster`, for series that come later.
    is_panel : bool
        Whether there are many series: those too short for a window are padded, not refused.
    scales_windows : bool
        Whether each window has a scale of its own; see `Context`.
    masks : bool
        Whether the network reads gaps, which are then not used as targets.
    loss : str
        What the network is trained on.
    past, future, static : Standard
        How covariates are scaled.
    embeds_series : bool
        Whether a series' number among those of training is its last category.
    categories : tuple of (int, int)
        How many there are of each kind, and the numbers each comes to.
    """

    shape: WindowShape
    channels: Channels
    seasons: tuple[int, ...]
    width: int
    dtype: str
    normalize: str | None = None
    transform: str | Sequence[str] | None = None
    is_panel: bool = False
    scales_windows: bool = False
    masks: bool = False
    loss: str = "mae"
    past: Standard = Standard()
    future: Standard = Standard()
    static: Standard = Standard()
    embeds_series: bool = False
    categories: tuple[tuple[int, int], ...] = ()

    @property
    def counts(self) -> bool:
        """Whether values are divided only, by their mean, and the loss needs to know by what."""
        return self.loss == "negbin"

    @property
    def season_length(self) -> int | tuple[int, ...]:
        """Steps in the season, 1 for none, or in each of several."""
        return self.seasons if len(self.seasons) > 1 else (*self.seasons, 1)[0]

    @property
    def n_inputs(self) -> int:
        """Numbers that the network reads at a step, categories aside."""
        n_each = self.width * (1 + self.masks) + self.past.n_columns + self.future.n_columns
        return self.shape.patch_size * n_each + self.shape.has_future + self.static.n_columns

    @property
    def n_known(self) -> int:
        """Future covariates of each patch."""
        return self.shape.patch_size * self.future.n_columns

    def prepare(self, arrays: SeriesArrays, seasons: Seasons, n_threads: int = 1) -> Prepared:
        """Prepare series: those it was fitted to as they were then, others by their own history.

        Parameters
        ----------
        arrays : SeriesArrays
            Of `width` channels.
        seasons : Seasons
            Of new series; those of others do not count.
        n_threads : int, default 1
            The result does not depend on it.
        """
        n_fitted = len(self.channels.level) // self.width
        if n_fitted:
            arrays = arrays._replace(places=np.where(arrays.places < n_fitted, arrays.places, -1))
        flat, offsets = split_columns(arrays.values, arrays.offsets)
        channels, new = self._plan_channels(arrays, flat, offsets, seasons)
        names = _ChannelNames(arrays.names, self.width)
        transformed = Transformed(flat, offsets, channels.plan, names, n_threads)
        if len(new) and not self.counts:
            rule = ScaleRule(self.shape, self.normalize, self.dtype, self.is_panel, self.scales_windows)
            channels = fit_scales(channels, transformed, flat, offsets, new, rule, n_threads)
        return Prepared(self._dataset(arrays, channels, transformed), transformed, channels)

    def _plan_channels(
        self, arrays: SeriesArrays, flat: np.ndarray, offsets: np.ndarray, seasons: Seasons
    ) -> tuple[Channels, np.ndarray]:
        """Return how channels are prepared, and which are new, without level and scale yet."""
        plan, level, scale, unit = self.channels
        if not len(level):
            return self._plan_new(arrays, plan), np.arange(len(offsets) - 1)
        places = np.repeat(arrays.places, self.width) * self.width
        places += np.tile(np.arange(self.width), arrays.n_series)
        is_new = np.repeat(arrays.places < 0, self.width)
        if len(places) == len(level) and (places == np.arange(len(places))).all():
            return self.channels, np.empty(0, np.int64)
        if not is_new.any():
            fitted = (part[places] for part in (level, scale, unit))
            return Channels(plan.take(places), *fitted), np.empty(0, np.int64)
        own = choose_transforms(
            self.transform, flat, offsets, seasons.sets, seasons.number, is_panel=self.is_panel
        )
        fresh = self._plan_new(arrays, own)
        joined = Plan(
            plan.chains + fresh.plan.chains,
            np.where(is_new, fresh.plan.chain + len(plan.chains), plan.chain[places]),
            plan.season_sets + fresh.plan.season_sets,
            np.where(is_new, fresh.plan.seasons + len(plan.season_sets), plan.seasons[places]),
            np.where(is_new, fresh.plan.floors, plan.floors[places]),
        )
        parts = zip((level, scale, unit), fresh[1:], strict=True)
        return (
            Channels(joined, *(np.where(is_new, own, fitted[places]) for fitted, own in parts)),
            np.flatnonzero(is_new),
        )

    def _plan_new(self, arrays: SeriesArrays, plan: Plan) -> Channels:
        """Return how new series are prepared, as far as level and scale do not tell."""
        K = arrays.n_series * self.width
        if self.counts:  # the loss knows one size for all channels
            totals = np.add.reduceat(arrays.values.sum(axis=1), arrays.offsets[:-1])
            means = totals / (arrays.lengths * self.width)
            means = np.where(means == 0, 1.0, means)
            return Channels(Plan.alike(K, ()), np.zeros(K), means.repeat(self.width), np.ones(K))
        if any("deseasonalize" in chain for chain in plan.chains):
            plan = plan._replace(season_sets=tuple(each or self.seasons for each in plan.season_sets))
        return Channels(plan, np.zeros(K), np.ones(K), np.ones(K))

    def _dataset(self, arrays: SeriesArrays, channels: Channels, transformed: Transformed) -> WindowDataset:
        context = Context(sizes=channels.scale[:: self.width] if self.counts else np.empty(0))
        if arrays.values.dtype == self.dtype == "float32" and not any(channels.plan.chains):
            z = arrays.values
            context = context._replace(level=float(channels.level[0]), factor=1 / float(channels.divisor[0]))
        else:
            offsets = _repeat_offsets(arrays.offsets, self.width)
            z = scale_series(transformed.prepared, offsets, channels.level, channels.divisor, self.dtype)
            z = join_columns(z, arrays.offsets, self.width)
        gaps, ages = np.empty((len(z), 0), bool), np.empty((len(z), 0), self.dtype)
        if self.masks:
            gaps = arrays.missing
            held = hold(np.where(gaps, np.nan, z), arrays.offsets)
            z, ages = (table.astype(self.dtype) for table in held)
        parts = [self.static.apply(arrays.static), arrays.codes]
        parts += [arrays.places[:, None]] if self.embeds_series else []
        context = context._replace(
            gaps=gaps,
            ages=ages,
            past=self.past.apply(arrays.past, arrays.offsets).astype(self.dtype),
            future=self.future.apply(arrays.future, arrays.future_offsets).astype(self.dtype),
            static=np.concatenate(parts, axis=1).astype(self.dtype),
        )
        if self.scales_windows:
            mean_change = _usual_change(z, arrays.offsets, channels.plan.n_lost)
            context = context._replace(
                mean_change=mean_change, relative_scale=channels.unit.reshape(-1, self.width)
            )
        return self._lay_out(z, context, arrays)

    def _lay_out(self, values: np.ndarray, context: Context, arrays: SeriesArrays) -> WindowDataset:
        """Make room for padding before short series, and for future covariates after all."""
        L, H, n_lost, lengths = (
            self.shape.lookback,
            self.shape.horizon,
            self.channels.plan.n_lost,
            arrays.lengths,
        )
        short = (lengths - n_lost < L + H) & self.is_panel
        n_after = 0
        if self.future.n_columns:  # windows read whole horizons, whatever is asked for
            n_ahead = int((np.diff(arrays.future_offsets) - lengths).max())
            n_after = -(-max(n_ahead, H) // H) * H
        fronts, tails = np.where(short, L, 0), np.where(short, max(n_after, H), n_after)
        sizes = fronts + lengths + tails
        numbers = 24.0 * sizes.sum(dtype=np.float64) * (values.shape[1] + arrays.past.shape[1] + 1)
        what = f"{len(sizes):,} series, padded for a look-back of {L:,} and a horizon of {H:,},"
        check_fits(what, numbers, "Shorten lookback or horizon.")
        begins = np.cumsum(sizes) - sizes
        rows = begins + fronts
        any_gaps = short.any() or context.gaps.any()
        gaps = context.gaps if context.gaps.shape[1] or not any_gaps else np.zeros_like(arrays.missing)

        def lay(table: np.ndarray, offsets: np.ndarray, rest: float = 0.0) -> np.ndarray:
            if not table.shape[1] or (len(sizes) == 1 and len(table) == sizes[0]):
                return np.ascontiguousarray(table)
            n = np.minimum(np.diff(offsets), sizes - fronts)
            if len(table) == n.sum() == sizes.sum():
                return np.ascontiguousarray(table)
            laid = np.full((sizes.sum(), table.shape[1]), rest, table.dtype)
            laid[ragged_rows(rows, n)[0]] = table[ragged_rows(offsets[:-1], n)[0]]
            return laid

        context = context._replace(
            gaps=lay(gaps, arrays.offsets, True) if any_gaps else np.empty((0, 0), bool),
            ages=lay(context.ages, arrays.offsets),
            past=lay(context.past, arrays.offsets),
            future=lay(context.future, arrays.future_offsets),
            begins=begins,
            firsts=rows + np.where(short, n_lost, 0),
        )
        return with_cumulative_changes(
            WindowDataset(
                lay(values, arrays.offsets), self.shape, context, rows, lengths, n_lost, self.is_panel
            )
        )


class _ChannelNames(Sequence):
    """What errors call the channels of each series: as the series."""

    def __init__(self, names: Sequence, width: int) -> None:
        self._names, self._width = names, width

    def __len__(self) -> int:
        return len(self._names) * self._width

    def __getitem__(self, i):
        return self._names[i // self._width]


def _repeat_offsets(offsets: np.ndarray, C: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.diff(offsets).repeat(C))])


def _usual_change(values: np.ndarray, offsets: np.ndarray, n_lost: int) -> np.ndarray:
    """Return the mean absolute change of each channel of each series, (S, C); 1 where nothing changes."""
    changes = np.zeros(values.shape)
    np.abs(np.subtract(values[1:], values[:-1]), out=changes[1:])
    rows, _ = ragged_rows(offsets[:-1], np.minimum(np.diff(offsets), n_lost + 1))
    changes[rows] = 0.0
    n = np.maximum(np.diff(offsets) - n_lost - 1, 1)[:, None]
    means = np.add.reduceat(changes, offsets[:-1], axis=0) / n
    return np.where(means > 0, means, 1.0)


def fit_preprocessor(
    arrays: SeriesArrays,
    options: SimpleNamespace,
    seasons: Seasons,
    n_categories: Sequence[int] = (),
    *,
    is_panel: bool = False,
    n_threads: int = 1,
) -> tuple[Preprocessor, Prepared]:
    """Return the preprocessor that a forecaster's options ask for, fitted to series, and these prepared.

    Parameters
    ----------
    arrays : SeriesArrays
        With as many channels as the network reads at a time.
    options : SimpleNamespace
        Checked parameters of `RNNForecaster`.
    seasons : Seasons
        Of each channel of each series. Channels that have none get those of all, if `transform` takes them
        out.
    n_categories : sequence of int, optional
        How many categories there are of each kind.
    is_panel : bool, default False
        Whether there are many series: those too short for a window are padded, not refused, and windows have
        scales of their own.
    n_threads : int, default 1
    """
    flat, offsets = split_columns(arrays.values, arrays.offsets)
    plan = choose_transforms(
        options.transform, flat, offsets, seasons.sets, seasons.number, is_panel=is_panel
    )
    normalize = choose_normalize(options.normalize, flat, offsets, seasons.sets, seasons.number)
    deseasonalized = plan.has("deseasonalize").any()
    every = seasons.lengths
    ends = (1, *every)  # the longest season that is left in has to be seen, or else the shortest
    season_length = ends[:2][-1] if deseasonalized else ends[-1]
    n_observed = int(np.median(arrays.lengths))
    lookback = choose_lookback(n_observed, plan.n_lost, options, season_length, pads=is_panel)
    anchor_season = 1 if deseasonalized else season_length
    future = Standard.of(arrays.with_values())
    nothing = np.empty(0)
    preprocessor = Preprocessor(
        shape=WindowShape(
            lookback,
            options.horizon,
            n_anchor=min(anchor_season, lookback) if normalize == "window" else 0,
            every_step=options.strategy == "recursive",
            patch_size=lookback if options.cell == "dense" else options.patch_size,
            n_decoded=options.n_decoded,
            has_future=options.strategy == "direct" and future.n_columns > 0,
        ),
        channels=Channels(plan, nothing, nothing, nothing),
        seasons=every,
        width=arrays.n_channels,
        dtype=options.dtype,
        normalize=normalize,
        transform=options.transform,
        is_panel=is_panel,
        scales_windows=is_panel and normalize == "window" and options.loss != "negbin",
        masks=options.missing == "mask",
        loss=options.loss,
        past=Standard.of(arrays.past),
        future=future,
        static=Standard.of(arrays.static),
        embeds_series=options.embed_series > 0,
        categories=_category_sizes(n_categories, arrays.n_series, options.embed_series),
    )
    prepared = preprocessor.prepare(arrays, seasons, n_threads=n_threads)
    return preprocessor._replace(channels=prepared.channels), prepared


def _category_sizes(
    n_categories: Sequence[int], n_series: int, embed_series: int
) -> tuple[tuple[int, int], ...]:
    sizes = [(n, min(n, _CATEGORY_SIZE)) for n in n_categories]
    return (*sizes, (n_series, embed_series)) if embed_series else tuple(sizes)
