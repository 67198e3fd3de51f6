"""Forecasts of trained networks, rolled out from windows over any horizon, back on the scale of the data."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.kernels.losses import N_PARAMETERS
from tsrnn.network import Network
from tsrnn.training.cut import Cut
from tsrnn.training.history import History
from tsrnn.training.preprocessor import Pipeline
from tsrnn.training.windows import Batch, Company, Windows, measured

_BATCH = 1024
_MOST_VALUES = 200_000  # of paths that are simulated at a time


class Reading(NamedTuple):
    """How the outputs of a network become values.

    Attributes
    ----------
    loss : str
        If it is a distribution, outputs are its parameters, else values.
    u : ndarray of shape (B n, horizon, C), or None
        Probabilities of n paths for each of B windows: values are these quantiles. None: point forecasts.

    Examples
    --------
    >>> output = np.array([[[1.0, 2.0, 0.5, 0.5]]])  # means and scales of two steps
    >>> Reading("gaussian").values(Reading("gaussian").raw(output, 1), None)[0, :, 0]
    array([1., 2.])
    >>> reading = Reading("gaussian", np.array([[[0.1], [0.9]]]))
    >>> reading.values(reading.raw(output, 1), None)[0, :, 0].round(2)
    array([-0.25,  3.25])
    """

    loss: str
    u: np.ndarray | None = None

    def raw(self, output: np.ndarray, C: int) -> np.ndarray:
        """Return output (m, B, K w C) as K parameters of each step and channel, (B, m w, K, C)."""
        return by_step(output, N_PARAMETERS.get(self.loss, 1), C)

    def values(self, raw: np.ndarray, size: np.ndarray | None, first: int = 0) -> np.ndarray:
        """Return the values (B n, h, C) of the steps from `first` on, each window's paths together."""
        distribution = DISTRIBUTIONS.get(self.loss)
        if distribution is None:
            return raw[:, :, 0]
        sizes = np.ones((1, 1)) if size is None else size[:, None]
        if self.u is None:
            return distribution.point(raw, sizes)
        n = len(self.u) // len(raw)
        u = self.u[:, first : first + raw.shape[1]]
        sizes = sizes if size is None else sizes.repeat(n, axis=0)
        return distribution.inverse(raw[:, : u.shape[1]].repeat(n, axis=0), u, sizes)


def by_step(output: np.ndarray, K: int, C: int) -> np.ndarray:
    """Return output (m, B, K w C) as (B, m w, K, C)."""
    m, B, _ = output.shape
    return output.reshape(m, B, K, -1, C).transpose(1, 0, 3, 2, 4).reshape(B, -1, K, C)


def predict(
    pipeline: Pipeline, network: Network, thetas: np.ndarray, histories: Sequence[History], horizon: int
) -> list[np.ndarray]:
    """Forecast the `horizon` steps that follow each history, as (horizon, C).

    The median over the members, whose weights are `thetas` (n_members, n_parameters). Past the horizon it was
    trained for, a network reads its own forecasts. The pipeline's channels are those of the histories.

    Raises
    ------
    ValueError
        If a history is too short, or the forecasts grow beyond all numbers.
    """
    return [points[0] for points in _roll_out(pipeline, network, thetas, histories, horizon)]


def simulate(
    pipeline: Pipeline,
    network: Network,
    thetas: np.ndarray,
    histories: Sequence[History],
    horizon: int,
    n: int,
    draw: Callable[[], np.ndarray],
) -> list[np.ndarray]:
    """Return for each history the n paths (n, horizon, C) of quantiles at probabilities that are drawn.

    As `predict`, for a network whose loss is a distribution: `draw` returns probabilities (n, horizon, C) for
    one history after another, and where forecasts are fed back, each path's values are. The median over the
    members is that of their quantiles.
    """
    return _roll_out(pipeline, network, thetas, histories, horizon, n, draw)


def _roll_out(
    pipeline: Pipeline,
    network: Network,
    thetas: np.ndarray,
    histories: Sequence[History],
    horizon: int,
    n: int = 1,
    draw: Callable[[], np.ndarray] | None = None,
) -> list[np.ndarray]:
    cut = pipeline.cut(histories, n_after=horizon if pipeline.ahead.n_columns else 0)
    starts, outcomes = cut.latest(), list[np.ndarray]()
    size = max(1, _MOST_VALUES // (n * horizon * pipeline.width)) if draw else _BATCH
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(starts), size):
            places = np.arange(first, min(first + size, len(starts)))
            u = np.stack([draw() for _ in places]) if draw else None
            outcomes += list(_median(pipeline, network, thetas, cut, starts[places], places, horizon, u))
    for paths in outcomes:
        _check_finite(paths.swapaxes(0, 1).reshape(horizon, -1))
    return outcomes


def fitted_values(
    pipeline: Pipeline, network: Network, thetas: np.ndarray, histories: Sequence[History]
) -> list[np.ndarray]:
    """Forecast each step of each history from those before it, (n, C); nan where a full window is missing."""
    cut, L = pipeline.cut(histories), pipeline.lookback
    fitted = [np.full(history.values.shape, np.nan) for history in histories]
    for place, (one, row) in enumerate(zip(cut.series, cut.rows, strict=True)):
        last = len(one.values) - L
        for first in range(one.n_lost, last, _BATCH):
            times = np.arange(first, min(first + _BATCH, last))
            places = np.full(len(times), place)
            forecasts = _median(pipeline, network, thetas, cut, row + times, places, 1)
            fitted[place][times + L] = forecasts[:, 0, 0]
    return fitted


def _check_finite(forecast: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(forecast).all(axis=1))
    if len(bad):
        raise ValueError(
            f"The forecast grew beyond all numbers at step {bad[0] + 1}: fed back, its errors did not "
            f"stay bounded. Ask for fewer than {bad[0] + 1} steps, fit with a longer horizon, or use a "
            'cell whose states are bounded, such as "gru".'
        )


def _median(
    pipeline: Pipeline,
    network: Network,
    thetas: np.ndarray,
    cut: Cut,
    starts: np.ndarray,
    places: np.ndarray,
    horizon: int,
    u: np.ndarray | None = None,
) -> np.ndarray:
    """Forecast what follows the windows at `starts` (B,), of the series at `places`, as (B, n, horizon, C).

    One path of points, or n at probabilities u (B, n, horizon, C).
    """
    B, n = len(starts), 1 if u is None else u.shape[1]
    reading = Reading(pipeline.loss, None if u is None else u.reshape(B * n, horizon, -1))
    times = starts - cut.rows[places] + pipeline.lookback
    members = []
    for theta in thetas:
        z = _forecast(pipeline, network, theta, cut.windows, starts, horizon, reading)
        members.append(_restore(pipeline, cut, z.reshape(B, n, horizon, -1), places, times))
    if pipeline.counts and u is not None:
        return np.floor(np.median(np.rint(members), axis=0))  # the median of an even number may lie between
    return np.median(members, axis=0)


def _forecast(
    pipeline: Pipeline,
    network: Network,
    theta: np.ndarray,
    windows: Windows,
    starts: np.ndarray,
    horizon: int,
    reading: Reading,
) -> np.ndarray:
    """Forecast what follows the windows at `starts` (B,), as the network sees it: (B n, horizon, C)."""
    if pipeline.every_step:
        return _roll_state(network, theta, windows, starts, horizon, reading)
    if horizon > pipeline.horizon:
        n = 1 if reading.u is None else len(reading.u) // len(starts)
        return _roll_windows(network, theta, windows, starts.repeat(n), horizon, reading)
    return _read(network, theta, windows, windows.inputs(starts), reading)[:, :horizon]


def _restore(
    pipeline: Pipeline, cut: Cut, z: np.ndarray, places: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Return z (B, n, horizon, C), from `times` (B,) on of the series at `places`, on their scale."""
    z = z.astype(np.float64)
    n, horizon = z.shape[1:3]
    for place in np.unique(places):
        own = places == place
        for c, preparation in enumerate(cut.series[place].preparations):
            channel = pipeline.channels[place * pipeline.width + c]
            prepared = channel.unscaled(z[own, :, :, c]).reshape(-1, horizon)
            z[own, :, :, c] = preparation.inverse(prepared, times[own].repeat(n)).reshape(-1, n, horizon)
    return z


def _read(
    network: Network, theta: np.ndarray, windows: Windows, batch: Batch, reading: Reading, first: int = 0
) -> np.ndarray:
    """Return what a network says of the horizon, whose first step is step `first`: (B n, horizon, C)."""
    output, _ = network.forward(theta, batch.x, first=windows.first, begins=batch.begins, future=batch.known)
    return batch.restore(reading.values(reading.raw(output, windows.values.shape[1]), batch.size, first))


def _roll_windows(
    network: Network,
    theta: np.ndarray,
    windows: Windows,
    starts: np.ndarray,
    horizon: int,
    reading: Reading,
) -> np.ndarray:
    """Forecast window by window, each path a window of its own: (B, horizon, C)."""
    B, L, H = len(starts), windows.lookback, windows.horizon
    n_rows = L + -(-horizon // H) * H
    copies = _copied(windows, starts, n_rows)
    values = copies.values.reshape(B, n_rows, -1)
    for step in range(0, horizon, H):
        batch = measured(copies).inputs(np.arange(B) * n_rows + step)
        z = _read(network, theta, windows, batch, reading, step)[:, :H]
        values[:, L + step : L + step + z.shape[1]] = z
    return values[:, L : L + horizon]


def _copied(windows: Windows, starts: np.ndarray, n_rows: int) -> Windows:
    """Return windows from `starts` (B,) on, each in `n_rows` of its own, unknown after the look-back."""
    company, L, B = windows.company, windows.lookback, len(starts)
    steps = np.arange(n_rows)
    rows = np.minimum(starts[:, None] + steps, len(windows.values) - 1)
    held = starts[:, None] + np.minimum(steps, L - 1)
    known = (steps < L)[:, None]
    own = company.series(starts)
    begins = np.arange(B) * n_rows

    def copy(
        table: np.ndarray, rows: np.ndarray, known: Any = True, level: float = 0.0, factor: float = 1.0
    ) -> np.ndarray:
        if not table.shape[1]:
            return table
        scaled = ((table[rows] - level) * factor).astype(table.dtype)
        return np.where(known, scaled, table.dtype.type(0)).reshape(B * n_rows, -1)

    return windows._replace(
        values=copy(windows.values, rows, known, company.level, company.factor),
        company=Company(
            ages=copy(company.ages, rows, known),
            past=copy(company.past, held),
            ahead=copy(company.ahead, rows),
            rows=begins,
            firsts=begins + np.maximum(company.firsts[own] - starts, 0),
            static=company.static[own],
            sizes=company.sizes[own] if len(company.sizes) else company.sizes,
            usual=company.usual[own] if company.usual.size else company.usual,
            units=company.units[own] if company.usual.size else company.units,
        ),
    )


def _roll_state(
    network: Network,
    theta: np.ndarray,
    windows: Windows,
    starts: np.ndarray,
    horizon: int,
    reading: Reading,
) -> np.ndarray:
    """Forecast step by step: (B n, horizon, C). The paths part after the look-back."""
    batch, company, C = windows.inputs(starts), windows.company, windows.values.shape[1]
    x, size, steps = batch.x, batch.size, list[np.ndarray]()
    ages = slice(C, C + company.ages.shape[1])
    ahead = slice(
        ages.stop + company.past.shape[1], ages.stop + company.past.shape[1] + company.ahead.shape[1]
    )
    state, begins, workspace = None, batch.begins, network.workspace()
    for step in range(horizon):
        output, state = network.forward(theta, x, state, first=-1, begins=begins, workspace=workspace)
        z = reading.values(reading.raw(output, C), size, step)[:, 0]
        x, begins, n = x[-1:], None, len(z) // len(starts)
        if n > 1:
            starts, x = starts.repeat(n), x.repeat(n, axis=1)
            size = None if size is None else size.repeat(n)
            state = [part.repeat(n, axis=-2) for part in state]
        steps.append(batch.restore(z[:, None])[:, 0])
        if step + 1 < horizon:
            x = x.copy()
            x[0, :, :C], x[0, :, ages] = z, 0
            if company.ahead.shape[1]:
                x[0, :, ahead] = company.ahead[starts + windows.lookback + step + 1]
    return np.stack(steps, axis=1)
