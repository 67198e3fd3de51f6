"""Intervals for any forecaster: a copy of it forecasts what it has not seen, and its misses are kept."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import clone

from tsrnn.forecasting.intervals.conformal import Conformal, conform, conform_together, mean_change
from tsrnn.forecasting.intervals.copula import draw, ranks
from tsrnn.timeseries.future_index import natural_season
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.series import Observed
from tsrnn.training.history import History
from tsrnn.training.transforms import hold
from tsrnn.validation import counted

_MOST_ORIGINS = 50
_ENOUGH_ORIGINS = 20  # for a series to speak for itself, with 95 % intervals


class Calibration(NamedTuple):
    """How far a forecaster's forecasts miss, by series and channel.

    Attributes
    ----------
    of_series : dict of hashable to list of (Conformal, float)
        For each series, and each of its channels: what is known of the errors, and the unit they are in.
    of_others : list of Conformal
        For each channel of a series that was not there, in units of its scale; empty if there was only one.
    errors : dict of hashable to ndarray of shape (n, H, C)
        Of each series, in units of its scale where there are several.

    Examples
    --------
    >>> from tsrnn.baselines import Naive
    >>> y = np.random.default_rng(0).normal(size=400).cumsum()
    >>> calibration = Calibration.fit(Naive(), Naive().fit(y).known_, horizon=4)
    >>> calibration.offsets([0.1, 0.9], horizon=4)[:, :, 0].round(1)
    array([[-1.2, -1.6, -1.8, -2.1],
           [ 1.2,  1.6,  1.8,  2.1]])
    """

    of_series: dict[Hashable, list[tuple[Conformal, float]]]
    of_others: list[Conformal]
    errors: dict[Hashable, np.ndarray]

    @classmethod
    def fit(cls, forecaster: Any, known: Known, horizon: int, kind: str = "split") -> Self:
        """Calibrate on the end of the series that a forecaster was fitted to: see `misses`.

        Parameters
        ----------
        forecaster : BaseForecaster
            Not changed; its copy's ``horizon`` is set to `horizon`.
        known : Known
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
        errors, scales = misses(forecaster, known, horizon)
        return cls.of(errors, scales, kind)

    @classmethod
    def of(
        cls, errors: Mapping[Hashable, np.ndarray], scales: Mapping[Hashable, np.ndarray], kind: str = "split"
    ) -> Self:
        """Return what errors (n, H, C) of series with scales (C,) say, by name; nan is an error not known.

        A series with 20 origins or more speaks for itself. One with fewer takes the shape of its intervals
        from all series, in units of their scales, and their width from its own errors and, weighing as three
        more origins, all. One of scale 0 is never compared with others.

        Raises
        ------
        ValueError
            If no error is known. Of a channel of which none is, quantiles are nan.
        """
        if all(np.isnan(these).all() for these in errors.values()):
            raise ValueError(
                "No error of a forecast is known to learn intervals from: `y` is too short, or its end is "
                "missing. Supply more data, or forecast without `level` and `quantiles`."
            )
        by_channel = [
            _of_channel({name: these[:, :, c] for name, these in errors.items()}, units, kind)
            for c, units in enumerate(_transposed(scales))
        ]
        of_series = {name: [channel[name] for channel, _ in by_channel] for name in errors}
        of_others = [others for _, others in by_channel if others is not None]
        several = len(errors) > 1
        units = {name: np.where(scale > 0, scale, 1.0) if several else 1.0 for name, scale in scales.items()}
        return cls(of_series, of_others, {name: these / units[name] for name, these in errors.items()})

    def offsets(
        self,
        p: Sequence[float],
        horizon: int,
        name: Hashable | None = None,
        scales: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return what to add to forecasts for their quantiles `p`, each in (0, 1): (len(p), horizon, C).

        Beyond the steps it was fitted to, errors go on growing with the power of the step that suited them.

        Parameters
        ----------
        p : sequence of float
        horizon : int
        name : hashable, optional
            Series; None for the only one.
        scales : ndarray of shape (C,), optional
            Of a series that was not there (`scales_of`); it then gets the intervals of one like the others.

        Raises
        ------
        ValueError
            If a series was not there, and it has no scale or is not one of many.
        """
        found = self._find(name, scales)
        return np.stack([unit * conformal.offsets(p, horizon) for conformal, unit in found], axis=-1)

    def draw(
        self,
        n: int,
        horizon: int,
        rng: np.random.Generator,
        name: Hashable | None = None,
        scales: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw what to add to forecasts for n paths: (n, horizon, C).

        They are as large as `offsets` says, and go together over steps and channels as the errors of one
        origin do (`tsrnn.forecasting.intervals.copula`). Past the steps that errors are known for, each path
        stays at its quantile.
        """
        found = self._find(name, scales)
        u = draw(ranks(self._rows(name), rng), n, rng)[:, :horizon]
        u = np.concatenate([u, u[:, -1:].repeat(horizon - u.shape[1], axis=1)], axis=1)
        return np.stack(
            [unit * conformal.at(u[:, :, c]) for c, (conformal, unit) in enumerate(found)], axis=-1
        )

    def _find(self, name: Hashable | None, scales: np.ndarray | None) -> list[tuple[Conformal, float]]:
        if name in self.of_series:
            return self.of_series[name]
        if scales is not None and self.of_others:
            return list(zip(self.of_others, map(float, scales), strict=True))
        raise ValueError(
            f"There are no intervals for the series {name!r}; they were calibrated on "
            f"{', '.join(map(repr, list(self.of_series)[:6]))}. Fit to it, too."
        )

    def _rows(self, name: Hashable | None) -> np.ndarray:
        """Return the errors (N, H, C) of origins that are like those of a series: its own if they suffice."""
        if name in self.errors and (len(self.errors) == 1 or _n_whole(self.errors[name]) >= _ENOUGH_ORIGINS):
            return _whole(self.errors[name])
        return _whole(np.concatenate(list(self.errors.values())))


def misses(
    forecaster: Any, known: Known, horizon: int
) -> tuple[dict[Hashable, np.ndarray], dict[Hashable, np.ndarray]]:
    """Return the errors of a forecaster on the end of the series, and the series' scales, by name.

    A copy of it is fitted to what comes before the first of the `origins`, and forecasts from each one on
    without being fitted again.

    Returns
    -------
    dict of hashable to ndarray of shape (n, horizon, C)
        Truth minus forecast, by origin, step and channel; nan where the truth is not known. The name of a
        single series is None.
    dict of hashable to ndarray of shape (C,)
        `scales_of` what the copy was fitted to.

    Raises
    ------
    ValueError
        If the series are too short to be forecast from a part of them.
    """
    sizes = [_origins_of(history, horizon) for history in known.histories]
    heads = [
        int(of[0]) if len(of) else len(history.values)
        for of, history in zip(sizes, known.histories, strict=True)
    ]
    head = known.until(range(len(heads)), heads)
    copied = _fit_copy(forecaster, head, known, horizon)
    origins_of_all = [(place, size) for place, of in enumerate(sizes) for size in of.tolist()]
    forecasts = copied.predict_from(known, origins_of_all, horizon) if origins_of_all else []
    errors, first = {}, 0
    for name, history, of in zip(known.panel.ids, known.histories, sizes, strict=True):
        truth = np.where(history.missing, np.nan, history.values)
        errors[name] = _errors(truth, of, forecasts[first : first + len(of)], horizon)
        first += len(of)
    return errors, dict(zip(known.panel.ids, map(scales_of, head.panel.series), strict=True))


def _origins_of(history: History, horizon: int) -> np.ndarray:
    """Return the `origins` of a history from which covariates are known ahead, if there are some."""
    sizes = origins(len(history.values), horizon)
    return sizes[sizes + horizon <= len(history.future)] if history.future.shape[1] else sizes


def origins(n: int, horizon: int, most: int = _MOST_ORIGINS) -> np.ndarray:
    """Return the lengths of the histories to forecast from, of a series of length n; none if that is 1.

    They lie evenly over the last quarter, or `horizon` steps if that is more, but no more than half of the
    series, nor than `most` horizons; from the last ones, errors are known for fewer steps.

    Examples
    --------
    >>> origins(20, 3)
    array([15, 16, 17, 18, 19])
    >>> origins(20000, 24)[[0, 1, 2, -1]]
    array([18800, 18824, 18849, 19999])
    """
    held = min(max(round(n / 4), horizon), n // 2, most * horizon)
    return np.linspace(n - held, n - 1, min(held, most)).round().astype(int)


def scales_of(one: Observed) -> np.ndarray:
    """Return the scale of each channel (C,): its mean absolute change, over a season if the index has one.

    0 where nothing changes, nan where less than two values tell.
    """
    season = natural_season(one.index)
    seen = np.where(one.missing, np.nan, one.values).reshape(len(one.values), -1)
    return np.array([mean_change(channel, season) for channel in seen.T])


def _fit_copy(forecaster: Any, head: Known, known: Known, horizon: int) -> Any:
    copied = clone(forecaster).set_params(horizon=horizon)
    try:
        copied.fit_known(head)
    except ValueError as error:
        first, whole = len(head.histories[0].values), len(known.histories[0].values)
        part = f" to the first {first} of {counted(whole, 'observation')}" if known.panel.is_single else ""
        raise ValueError(
            f"Intervals are learnt from forecasts of the end of `y` by a copy fitted{part}, which failed: "
            f"{error} Or forecast without `level` and `quantiles`."
        ) from error
    if getattr(copied, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
        raise KeyboardInterrupt
    return copied


def _errors(
    values: np.ndarray, sizes: np.ndarray, forecasts: Sequence[np.ndarray], horizon: int
) -> np.ndarray:
    """Return truth minus forecast (n, horizon, C), nan after the end of the series."""
    errors = np.full((len(sizes), horizon, values.shape[1]), np.nan)
    for row, size, forecast in zip(errors, sizes, forecasts, strict=True):
        truth = values[size : size + horizon]
        row[: len(truth)] = truth - forecast[: len(truth)]
    return errors


def _n_whole(errors: np.ndarray) -> int:
    return int((~np.isnan(errors)).all(axis=(1, 2)).sum())


def _whole(errors: np.ndarray) -> np.ndarray:
    """Return the rows (H, C) of errors without gaps, or all if those are few: the last error is held then."""
    gaps = np.isnan(errors)
    if _n_whole(errors) >= _ENOUGH_ORIGINS:
        return errors[~gaps.any(axis=(1, 2))]
    n, H, C = errors.shape
    sizes = np.nansum(np.abs(errors), axis=0) / np.maximum((~gaps).sum(axis=0), 1)
    held, _ = hold((errors / np.where(sizes > 0, sizes, 1.0)).swapaxes(0, 1).reshape(H, n * C))
    return held.reshape(H, n, C).swapaxes(0, 1)[~gaps.all(axis=(1, 2))]


def _transposed(scales: Mapping[Hashable, np.ndarray]) -> list[dict[Hashable, float]]:
    """Return the scales of each channel by series."""
    return [dict(zip(scales, column, strict=True)) for column in np.array(list(scales.values())).T.tolist()]


def _of_channel(
    errors: Mapping[Hashable, np.ndarray], units: Mapping[Hashable, float], kind: str
) -> tuple[dict[Hashable, tuple[Conformal, float]], Conformal | None]:
    """Return what is known of each series (n, H), and of others if there are several."""
    n_known = {name: int((~np.isnan(these)).any(axis=1).sum()) for name, these in errors.items()}
    if not any(n_known.values()):
        H = next(iter(errors.values())).shape[1]
        unknown = Conformal(np.full(H, np.nan), 0.0, np.zeros(1), np.ones(1), 1.0)
        return dict.fromkeys(errors, (unknown, 1.0)), unknown if len(errors) > 1 else None
    comparable = [name for name in errors if units[name] > 0]
    together, relative = None, dict.fromkeys(errors, 1.0)
    if len(errors) > 1 and any(n_known[name] for name in comparable):
        together, sizes = conform_together([errors[name] / units[name] for name in comparable], kind)
        relative |= dict(zip(comparable, sizes.tolist(), strict=True))
    known = {}
    for name, these in errors.items():
        alone = n_known[name] >= _ENOUGH_ORIGINS or (n_known[name] and not units[name] > 0)
        if alone or together is None:
            known[name] = conform(these, kind), 1.0
        else:
            known[name] = together, units[name] * relative[name]
    return known, together
