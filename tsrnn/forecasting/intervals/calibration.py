"""Calibration of intervals: errors of a copy of the forecaster on the last part of the series."""

from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import clone

from tsrnn.forecasting.intervals.channels import ENOUGH_ORIGINS, Channel, Errors, channel_of
from tsrnn.forecasting.intervals.copula import draw, draw_each, ranks
from tsrnn.forecasting.intervals.limits import warn_of_rare
from tsrnn.timeseries.panel import Panel
from tsrnn.training.arrays import ragged_rows
from tsrnn.training.scales import hold
from tsrnn.validation import counted

_MOST_ORIGINS = 50  # of long horizons
_MOST_ERRORS = 1000  # of short ones
_DIGITS = 1e-6  # of float32, in which a network forecasts what never changes
_GOLDEN = (5**0.5 - 1) / 2  # its multiples never repeat


class Calibration(NamedTuple):
    """How large a forecaster's errors are, by series and channel.

    Attributes
    ----------
    channels : list of C Channel
    errors : Errors
        In units of each series' scale where there are several.

    Examples
    --------
    >>> from tsrnn.baselines import Naive
    >>> y = np.random.default_rng(0).normal(size=400).cumsum()
    >>> model = Naive().fit(y)
    >>> calibration = Calibration.fit(model, model.panel_, horizon=4)
    >>> calibration.margins(model.panel_, [0.1, 0.9], horizon=4)[0, :, 0].T.round(1)
    array([[-1.3, -1.6, -1.9, -2. ],
           [ 1.3,  1.6,  1.9,  2. ]])
    """

    channels: list[Channel]
    errors: Errors

    @classmethod
    def fit(cls, forecaster: Any, panel: Panel, horizon: int, kind: str = "split") -> Self:
        """Calibrate on the end of the series that a forecaster was fitted to: see `errors_at_the_end`.

        Parameters
        ----------
        forecaster : BaseForecaster
            Not changed; its copy's ``horizon`` is set to `horizon`.
        panel : Panel
            What it was fitted to. Where a value is missing, its error is unknown.
        horizon : int
            Steps ahead of which errors are measured.
        kind : {"split", "adaptive"}, default "split"
            As for `tsrnn.forecasting.intervals.conformal.conform`.

        Raises
        ------
        ValueError
            If the series are too short to be forecast from a part of them.
        """
        return cls.from_errors(errors_at_the_end(forecaster, panel, horizon), kind)

    @classmethod
    def from_errors(cls, errors: Errors, kind: str = "split") -> Self:
        """Return the calibration that known errors give.

        A series with 20 origins or more speaks for itself. One with fewer takes the shape of its intervals
        from all series, in units of their scales, and their width from its own errors and, weighing as three
        more origins, all. One of scale 0 is never compared with others.

        Raises
        ------
        ValueError
            If no error is known. Of a channel of which none is, quantiles are nan.
        """
        if np.isnan(errors.values).all():
            raise ValueError(
                "No error of a forecast is known to learn intervals from: `y` is too short, or its end is "
                "missing. Supply more data, or forecast without `level` and `quantiles`."
            )
        channels = [
            channel_of(errors, errors.values[:, :, c], errors.scales[:, c], kind)
            for c in range(errors.values.shape[2])
        ]
        units = np.where(errors.scales > 0, errors.scales, 1.0)
        units = units if len(units) > 1 else np.ones_like(units)
        return cls(channels, errors._replace(values=errors.values / units[errors.whose][:, None]))

    def margins(self, panel: Panel, p: Any, horizon: int) -> np.ndarray:
        """Return what to add to forecasts for their quantiles `p`, each in (0, 1): (S, horizon, C, len(p)).

        Beyond the steps it was fitted to, errors go on growing with the power of the step that suited them.
        Series of a panel that were not there get the intervals of one like the others, in units of their
        scale.

        Warns
        -----
        UserWarning
            If there are too few origins to tell what is as rare as `p`.
        """
        if coverage := max((abs(2 * one - 1) for one in p), default=0.0):
            warn_of_rare(panel, self._n_origins(panel), coverage)
        u = np.broadcast_to(np.reshape(p, (1, -1, 1)), (panel.n_series, len(p), horizon))
        return self._at(panel, np.repeat(u[..., None], len(self.channels), axis=3)).transpose(0, 2, 3, 1)

    def draw(self, panel: Panel, n: int, horizon: int, rng: np.random.Generator) -> np.ndarray:
        """Draw what to add to forecasts for n paths: (S, horizon, C, n).

        They are as large as `margins` says, and go together over steps and channels as the errors of one
        origin do (`tsrnn.forecasting.intervals.copula`). Past the steps that errors are known for, each path
        stays at its quantile.
        """
        u = self._draw_probabilities(panel.arrays.places, n, rng)[:, :, :horizon]
        beyond = u[:, :, -1:].repeat(horizon - u.shape[2], axis=2)
        return self._at(panel, np.concatenate([u, beyond], axis=2)).transpose(0, 2, 3, 1)

    def _at(self, panel: Panel, u: np.ndarray) -> np.ndarray:
        """Return what to add at probabilities u (S, n, h, C)."""
        places, scales = panel.arrays.places, self._scales_of_new(panel)
        found = [channel.at(u[..., c], places, scales[:, c]) for c, channel in enumerate(self.channels)]
        return np.stack(found, axis=-1)

    def _n_origins(self, panel: Panel) -> np.ndarray:
        """Return how many origins the intervals of each channel rest on, (S, C)."""
        places, scales = panel.arrays.places, self._scales_of_new(panel)
        found = [channel.count_origins(places, scales[:, c]) for c, channel in enumerate(self.channels)]
        return np.stack(found, axis=1)

    def _scales_of_new(self, panel: Panel) -> np.ndarray:
        """Return the scales (S, C) of a panel if some of its series are new, else ones."""
        places = panel.arrays.places
        if not (places < 0).any():
            return np.ones((len(places), len(self.channels)))
        if len(self.errors.scales) == 1:
            raise ValueError(
                f"There are no intervals for the series {panel.ids[int(places.argmin())]!r}; they were "
                "calibrated on a single one. Fit to it, too, or pass what goes on with that one as y[key]."
            )
        return scales_of(panel)

    def _draw_probabilities(self, places: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw probabilities (S, n, H, C): the ranks of whole rows of errors, its own or those of all."""
        values, offsets, scales = self.errors
        if len(scales) == 1:
            return draw(ranks(_complete_rows(values), rng), n, rng)[None]
        whole = ~np.isnan(values).any(axis=(1, 2))
        n_whole = np.where(places < 0, 0, self.errors.count_by_series(whole)[places])
        u = np.empty((len(places), n, *values.shape[1:]))
        for N in np.unique(n_whole[n_whole >= ENOUGH_ORIGINS]).tolist():
            own = np.flatnonzero(n_whole == N)
            rows, _ = ragged_rows(offsets[places[own]], np.diff(offsets)[places[own]])
            rows = rows[whole[rows]].reshape(len(own), N)
            u[own] = _draw_each(values[rows], n, rng)
        rest = np.flatnonzero(n_whole < ENOUGH_ORIGINS)
        if len(rest):
            u[rest] = draw_each(ranks(_complete_rows(values), rng), len(rest), n, rng)
        return np.maximum(u, np.finfo(np.float64).tiny)


def _draw_each(errors: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n rows of ranks of the errors (G, N, H, C) of each of G series, as probabilities."""
    G, N = errors.shape[:2]
    order = np.lexsort((rng.random(errors.shape), errors), axis=1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(N).reshape(1, -1, 1, 1), axis=1)
    rows = np.tile(np.arange(N), (G, 1))
    drawn = np.concatenate([rng.permuted(rows, axis=1) for _ in range(-(-n // N))], axis=1)[:, :n]
    chosen = np.take_along_axis(places, drawn[:, :, None, None], axis=1)
    return (chosen + rng.random(chosen.shape)) / N


def errors_at_the_end(forecaster: Any, panel: Panel, horizon: int) -> Errors:
    """Return the errors of a forecaster on the end of the series.

    A copy of it is fitted to what comes before the first of the `origins` of each series, and forecasts from
    all without being fitted again.

    Raises
    ------
    ValueError
        If the series are too short to be forecast from a part of them.
    """
    arrays = panel.arrays
    sizes, offsets = _origins_of_all(panel, horizon)
    n_origins = np.diff(offsets)
    heads = arrays.lengths.copy()
    heads[n_origins > 0] = sizes[offsets[:-1][n_origins > 0]]
    head = panel.until(np.arange(panel.n_series), heads)
    copied = _fit_copy(forecaster, head, panel, horizon)
    whose = np.repeat(np.arange(panel.n_series), n_origins)
    scales = scales_of(head)
    if not (scales > 0).all():
        scales = np.where(scales > 0, scales, scales_of(panel))
    if not len(whose):
        return Errors(np.empty((0, horizon, arrays.n_channels)), offsets, scales)
    forecasts = copied.predict_from(panel, whose, sizes, horizon)
    truth = _truth(panel, whose, sizes, horizon)
    errors = truth - forecasts
    rounding = (scales[whose] == 0)[:, None] & (np.abs(errors) <= _DIGITS * np.abs(truth))
    return Errors(np.where(rounding, 0.0, errors), offsets, scales)


def _truth(panel: Panel, series: np.ndarray, sizes: np.ndarray, horizon: int) -> np.ndarray:
    """Return what was observed after the first `sizes` steps of series, (B, horizon, C); else nan."""
    arrays = panel.arrays
    steps = sizes[:, None] + np.arange(horizon)
    rows = arrays.offsets[series][:, None] + np.minimum(steps, arrays.lengths[series][:, None] - 1)
    unknown = (steps >= arrays.lengths[series][:, None])[..., None] | arrays.missing[rows]
    return np.where(unknown, np.nan, arrays.values[rows])


def _origins_of_all(panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `origins` of each series from which future covariates are known, and where each begin."""
    arrays = panel.arrays
    known = np.diff(arrays.future_offsets) if arrays.future.shape[1] else arrays.lengths + horizon
    kinds, whose = np.unique(np.stack([arrays.lengths, known]), axis=1, return_inverse=True)
    of_kind = []
    for n, n_known in kinds.T.tolist():
        sizes = origins(n, horizon)
        of_kind.append(sizes[sizes + horizon <= n_known])
    counts = np.array([len(sizes) for sizes in of_kind])
    rows, offsets = ragged_rows((np.cumsum(counts) - counts)[whose], counts[whose])
    return np.concatenate(of_kind).astype(np.int64)[rows], offsets


def origins(n: int, horizon: int) -> np.ndarray:
    """Return the lengths of the histories to forecast from, of a series of length n; none if that is 1.

    They lie over the last quarter, or `horizon` steps if that is more, but no more than half of the series:
    all of it, or at most 50 of them, or as many as give 1,000 errors, at times that are not the same in each
    day. From the last ones, errors are known for fewer steps.

    Examples
    --------
    >>> origins(20, 3)
    array([15, 16, 17, 18, 19])
    >>> origins(20000, 24)[[0, 1, 2, -1]]
    array([15000, 15161, 15223, 19999])
    """
    held = min(max(round(n / 4), horizon), n // 2)
    most = max(_MOST_ORIGINS, _MOST_ERRORS // horizon)
    if held <= most:
        return np.arange(n - held, n)
    places = np.arange(most) + np.arange(most) * _GOLDEN % 1.0
    places[-1] = most
    return n - held + (places * (held - 1) / most).astype(int)


def scales_of(panel: Panel) -> np.ndarray:
    """Return the scale of each channel (S, C): its mean absolute change, over a season if the index has one.

    Where none is seen over a season, it is that from each value to the next that is known. 0 where nothing
    changes, nan where less than two values tell.
    """
    arrays = panel.arrays
    sets, number = panel.labels.seasons
    season = np.array([(*each, 1)[0] for each in sets])[number]
    lag = np.where(arrays.lengths > season, season, 1)
    values = panel.observed_values
    n_changes = np.maximum(arrays.lengths - lag, 0)
    rows, _ = ragged_rows(arrays.offsets[:-1] + lag, n_changes)
    changes = np.abs(values[rows] - values[rows - lag.repeat(n_changes)])
    whose = np.repeat(np.arange(panel.n_series), n_changes)
    scales = np.empty((panel.n_series, arrays.n_channels))
    for c in range(arrays.n_channels):
        scales[:, c] = _means(changes[:, c], whose, panel.n_series)
        odd = ~(scales[:, c] > 0)
        if odd.any():
            rows, _ = ragged_rows(arrays.offsets[:-1][odd], arrays.lengths[odd])
            rows = rows[~np.isnan(values[rows, c])]
            of = np.searchsorted(arrays.offsets, rows, side="right") - 1
            same = of[1:] == of[:-1]
            steps = np.abs(np.diff(values[rows, c]))[same]
            scales[odd, c] = _means(steps, of[1:][same], panel.n_series)[odd]
    return scales


def _means(changes: np.ndarray, whose: np.ndarray, n: int) -> np.ndarray:
    """Return the mean of what is known of the changes of each of n series; nan where nothing is."""
    seen = ~np.isnan(changes)
    total = np.bincount(whose, np.where(seen, changes, 0.0), n)
    count = np.bincount(whose, seen, n)
    return np.divide(total, count, out=np.full(n, np.nan), where=count > 0)


def _fit_copy(forecaster: Any, head: Panel, panel: Panel, horizon: int) -> Any:
    copied = clone(forecaster).set_params(horizon=horizon)
    try:
        copied.fit_panel(head)
    except ValueError as error:
        first, whole = int(head.arrays.lengths[0]), int(panel.arrays.lengths[0])
        part = f" to the first {first} of {counted(whole, 'observation')}" if panel.is_single else ""
        raise ValueError(
            f"Intervals are learnt from forecasts of the end of `y` by a copy fitted{part}, which failed: "
            f"{error} Or forecast without `level` and `quantiles`."
        ) from error
    if getattr(copied, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
        raise KeyboardInterrupt
    return copied


def _complete_rows(errors: np.ndarray) -> np.ndarray:
    """Return the rows (H, C) of errors without gaps, or all if those are few: the last error is held then."""
    gaps = np.isnan(errors)
    whole = ~gaps.any(axis=(1, 2))
    if whole.sum() >= ENOUGH_ORIGINS:
        return errors[whole]
    n, H, C = errors.shape
    sizes = np.nansum(np.abs(errors), axis=0) / np.maximum((~gaps).sum(axis=0), 1)
    held, _ = hold((errors / np.where(sizes > 0, sizes, 1.0)).swapaxes(0, 1).reshape(H, n * C))
    return held.reshape(H, n, C).swapaxes(0, 1)[~gaps.all(axis=(1, 2))]
