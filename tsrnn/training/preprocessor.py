"""From raw histories to training windows."""

from collections.abc import Hashable, Sequence
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from tsrnn.training.auto import choose_lookback, choose_transforms
from tsrnn.training.cut import Cut, Prepared, lay_end_to_end
from tsrnn.training.history import History
from tsrnn.training.transforms import Preparation, Standard, hold, level_and_scale, root_mean_square
from tsrnn.training.windows import Company, Windows

_SAMPLED_WINDOWS = 1000
_CATEGORY_SIZE = 4  # numbers that a category comes to, at most
_SAMPLED_VALUES = 1_000_000


class Channel(NamedTuple):
    """How one channel of one series is prepared.

    Attributes
    ----------
    transforms : tuple of str
        Names for `Preparation`.
    level, scale : float
        Subtracted from the prepared history, and divided by; scale 0 stands for a constant series.
    seasons : tuple of int
        Steps in each season that is taken out.
    unit : float
        What the scale is as a share of the values.
    """

    transforms: tuple[str, ...] = ()
    level: float = 0.0
    scale: float = 1.0
    seasons: tuple[int, ...] = ()
    unit: float = 1.0

    def prepare(self, values: np.ndarray, name: Hashable | None) -> Preparation:
        """Apply the transforms to a history (n,) that errors call by its name."""
        try:
            return Preparation(values, self.transforms, self.seasons)
        except ValueError as error:
            if name is None:
                raise
            raise ValueError(f"{name!r} in `y`: {error}") from error

    def scaled(self, prepared: np.ndarray, dtype: str) -> np.ndarray:
        """Return what the network sees of a prepared history."""
        return ((prepared - self.level) / (self.scale or 1.0)).astype(dtype)

    def unscaled(self, z: np.ndarray) -> np.ndarray:
        """Return the prepared values of what the network says."""
        return z * self.scale + self.level


class Pipeline(NamedTuple):
    """How histories become windows; fitted once, applied to any history.

    Attributes
    ----------
    channels : tuple of Channel
        Of all series, `width` for each.
    seasons : tuple of int
        Steps in each season that any series has, in ascending order.
    lookback, horizon : int
        Steps in a window's input, and steps it is trained to forecast.
    every_step : bool
        Many-to-many (True) or many-to-one windows.
    n_anchor, patch_size, n_decoded : int
        See `Windows`.
    dtype : str
        Type of the network's numbers.
    normalize, transform
        As `RNNForecaster` was told, for series that come later.
    names : tuple
        What the series are called; None stands for the only one.
    width : int
        Channels that the network reads at a time.
    goes_on : bool
        See `Windows`.
    pads : bool
        Whether series too short for a window are padded.
    rescales : bool
        Whether each window has a scale of its own; see `Company`.
    masks : bool
        Whether gaps are told to the network, and are no targets.
    loss : str
        What the network is trained on.
    past, ahead, static : Standard
        How covariates are scaled.
    embeds : bool
        Whether a series' place among `names` is its last category.
    categories : tuple of (int, int)
        How many there are of each kind, and the numbers each comes to.
    """

    channels: tuple[Channel, ...]
    seasons: tuple[int, ...]
    lookback: int
    horizon: int
    every_step: bool
    n_anchor: int
    patch_size: int
    n_decoded: int
    dtype: str
    normalize: str | None = None
    transform: str | Sequence[str] | None = None
    names: tuple[Hashable | None, ...] = (None,)
    width: int = 1
    goes_on: bool = False
    pads: bool = False
    rescales: bool = False
    masks: bool = False
    loss: str = "mae"
    past: Standard = Standard()
    ahead: Standard = Standard()
    static: Standard = Standard()
    embeds: bool = False
    categories: tuple[tuple[int, int], ...] = ()

    @property
    def counts(self) -> bool:
        """Whether values are divided only, by their mean, and the loss has to know by what."""
        return self.loss == "negbin"

    @property
    def season_length(self) -> int | tuple[int, ...]:
        """Steps in the season, 1 for none, or in each of several."""
        return self.seasons if len(self.seasons) > 1 else (*self.seasons, 1)[0]

    @property
    def n_inputs(self) -> int:
        """Numbers that the network reads at a step, categories aside."""
        n_each = self.width * (1 + self.masks) + self.past.n_columns + self.ahead.n_columns
        return self.patch_size * n_each + self.goes_on + self.static.n_columns

    @property
    def n_known(self) -> int:
        """Numbers known ahead of each patch."""
        return self.patch_size * self.ahead.n_columns

    def of(self, histories: Sequence[History], seasons: Sequence[tuple[int, ...]]) -> "Pipeline":
        """Return the pipeline for other series: those it does not know are prepared by their own history.

        `seasons` has the steps in the seasons of each of their channels.
        """
        places = {name: place for place, name in enumerate(self.names)}
        C = self.width
        channels: list[Channel] = []
        for series, history in enumerate(histories):
            place = places.get(history.name)
            if place is None:
                channels += self._fresh(history, seasons[series * C : (series + 1) * C])
            else:
                channels += self.channels[place * C : (place + 1) * C]
        return self._replace(channels=tuple(channels))

    def _fresh(self, history: History, seasons: Sequence[tuple[int, ...]]) -> list[Channel]:
        if self.counts:  # the loss knows one size for all channels
            return [Channel(scale=float(history.values.mean()) or 1.0)] * self.width
        fresh = []
        for column, own in zip(_columns(history.values), seasons, strict=True):
            names = choose_transforms(self.transform, column, own, is_one_of_many=self.pads)
            taken_out = own or self.seasons if "deseasonalize" in names else ()
            channel = Channel(names, seasons=taken_out)
            fresh.append(self._fit_scale(channel, column, history.name))
        return fresh

    def _fit_scale(self, channel: Channel, values: np.ndarray, name: Hashable | None) -> Channel:
        """Fit level and scale.

        With ``normalize="window"`` a scale is the root mean square of the windows' deviations from their
        anchors, over up to 1,000 windows spread evenly.
        """
        if self.normalize is None:
            return channel
        preparation = channel.prepare(values, name)
        known = preparation.prepared[preparation.n_lost :]
        known = known[:: -(-len(known) // _SAMPLED_VALUES)]
        level, scale = level_and_scale(known, robust=self.normalize == "robust")
        channel = channel._replace(level=level, scale=scale)
        if self.normalize == "window" and scale > 0:
            alone = self._replace(
                channels=(channel,), width=1, goes_on=False, masks=False, every_step=False, n_decoded=0
            )
            alone = alone._replace(rescales=False)
            alone = alone._replace(past=Standard(), ahead=Standard(), static=Standard(), embeds=False)
            cut = alone.cut([History.of(values, name)])
            whole, _ = cut.split(0.0)
            batch = cut.windows.inputs(whole.spread(_SAMPLED_WINDOWS) if len(whole) else cut.latest())
            x = batch.x if batch.begins is None else batch.x[np.arange(len(batch.x))[:, None] >= batch.begins]
            size = root_mean_square(x.astype(np.float64))
            channel = channel._replace(scale=scale * (size or 1.0))  # 0: flat windows, not a flat series
        size = 1.0 if "log" in channel.transforms else float(np.abs(values).mean())
        return channel._replace(unit=channel.scale / (size or 1.0))

    def cut(self, histories: Sequence[History], n_after: int = 0) -> Cut:
        """Prepare series, one for each `width` channels, and lay windows over them.

        `n_after` rows follow each, for what is known ahead of a forecast. Large arrays of the network's own
        type, a memory map, are not copied, but scaled as they are read.
        """
        C, series, places = self.width, [], {name: place for place, name in enumerate(self.names)}
        company = Company(sizes=np.ones(1) if self.counts else np.empty(0))
        for number, history in enumerate(histories):
            channels = self.channels[number * C : (number + 1) * C]
            preparations = [
                channel.prepare(column, history.name)
                for channel, column in zip(channels, _columns(history.values), strict=True)
            ]
            place = places.get(history.name, -1)
            series.append(self._prepared(history, channels, preparations, place))
        (channel, *others) = self.channels
        if not others and series[0].values is histories[0].values:
            company = company._replace(level=channel.level, factor=1 / (channel.scale or 1.0))
        return self._lay(series, company, n_after)

    def _prepared(
        self, history: History, channels: Sequence[Channel], preparations: list[Preparation], place: int
    ) -> Prepared:
        dtype, n = self.dtype, len(history.values)
        gaps, ages = np.empty((n, 0), bool), np.empty((n, 0), dtype)
        static = self.static.apply(history.static[None])[0]
        pairs = zip(channels, preparations, strict=True)
        if history.values.dtype == dtype == "float32" and not channels[0].transforms:
            z = history.values
        else:
            z = np.stack([channel.scaled(one.prepared, dtype) for channel, one in pairs], axis=1)
        if self.masks:
            gaps = history.missing
            z, ages = (table.astype(dtype) for table in hold(np.where(gaps, np.nan, z)))
        return Prepared(
            preparations,
            z,
            gaps,
            ages,
            self.past.apply(history.past).astype(dtype),
            self.ahead.apply(history.future).astype(dtype),
            np.concatenate([static, history.codes, [place] * self.embeds]).astype(dtype),
            channels[0].scale or 1.0,
            np.array([channel.unit for channel in channels]),
        )

    def _lay(self, series: list[Prepared], company: Company, n_after: int) -> Cut:
        shape = Windows(
            series[0].values,
            self.lookback,
            self.horizon,
            self.n_anchor,
            self.every_step,
            self.patch_size,
            self.n_decoded,
            self.goes_on,
            company,
        )
        return lay_end_to_end(series, shape, n_after, pads=self.pads, rescales=self.rescales)


def _columns(values: np.ndarray) -> np.ndarray:
    """Return channels (C, n), each contiguous, of values (n, C)."""
    return np.ascontiguousarray(values.T)


def fit_pipeline(
    histories: Sequence[History],
    options: SimpleNamespace,
    seasons: Sequence[tuple[int, ...]],
    n_categories: Sequence[int] = (),
    *,
    pads: bool = False,
) -> Pipeline:
    """Return the pipeline that a forecaster's options ask for, fitted to series.

    Parameters
    ----------
    histories : sequence of History
        All with as many channels as the network reads at a time.
    options : SimpleNamespace
        Checked parameters of `RNNForecaster`.
    seasons : sequence of tuple of int
        For each channel of each series, the steps in each season it has. Channels that have none are those of
        all, if `transform` takes them out.
    n_categories : sequence of int, optional
        How many categories there are of each kind.
    pads : bool, default False
        Whether these are a panel: series too short for a window are padded, not refused, and windows have
        scales of their own.
    """
    every, width = tuple(sorted({m for own in seasons for m in own})), histories[0].values.shape[1]
    columns = [column for history in histories for column in _columns(history.values)]
    transforms = [
        choose_transforms(options.transform, column, own, is_one_of_many=pads)
        for column, own in zip(columns, seasons, strict=True)
    ]
    n_observed = int(np.median([len(history.values) for history in histories]))
    deseasonalized = any("deseasonalize" in names for names in transforms)
    ends = (1, *every)  # of the seasons that are left in the longest has to be seen
    season_length = ends[:2][-1] if deseasonalized else ends[-1]
    lookback = choose_lookback(
        n_observed, transforms[0].count("difference"), options, season_length, pads=pads
    )
    anchor_season = 1 if deseasonalized else season_length
    ahead = Standard.of([history.future[: len(history.values)] for history in histories])
    pipeline = Pipeline(
        channels=(),
        seasons=every,
        lookback=lookback,
        horizon=options.horizon,
        every_step=options.strategy == "recursive",
        n_anchor=min(anchor_season, lookback) if options.normalize == "window" else 0,
        patch_size=lookback if options.cell == "dense" else options.patch_size,
        n_decoded=options.n_decoded,
        dtype=options.dtype,
        normalize=options.normalize,
        transform=options.transform,
        width=width,
        goes_on=options.strategy == "direct" and ahead.n_columns > 0,
        pads=pads,
        rescales=pads and options.normalize == "window" and options.loss != "negbin",
        masks=options.missing == "mask",
        loss=options.loss,
        past=Standard.of([history.past for history in histories]),
        ahead=ahead,
        static=Standard.of([history.static[None] for history in histories]),
        embeds=options.embed_series > 0,
    )
    names = tuple(history.name for history in histories)
    categories = [(n, min(n, _CATEGORY_SIZE)) for n in n_categories]
    if pipeline.embeds:
        categories.append((len(names), options.embed_series))
    pipeline = pipeline._replace(categories=tuple(categories))
    return pipeline._replace(names=()).of(histories, seasons)._replace(names=names)
