"""Forecasts of trained networks, rolled out from windows over any horizon, back on the scale of the data."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsrnn.cut import Cut
from tsrnn.history import History
from tsrnn.network import Network
from tsrnn.pipeline import Pipeline
from tsrnn.windows import Batch, Company, Windows

_BATCH = 1024


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
    cut = pipeline.cut(histories, n_after=horizon if pipeline.ahead.n_columns else 0)
    starts, forecasts = cut.latest(), list[np.ndarray]()
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(starts), _BATCH):
            places = np.arange(first, min(first + _BATCH, len(starts)))
            forecasts += list(_median(pipeline, network, thetas, cut, starts[places], places, horizon))
    for forecast in forecasts:
        _check_finite(forecast)
    return forecasts


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
            fitted[place][times + L] = forecasts[:, 0]
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
) -> np.ndarray:
    members = [_forecast(pipeline, network, theta, cut, starts, places, horizon) for theta in thetas]
    return np.median(members, axis=0)


def _forecast(
    pipeline: Pipeline,
    network: Network,
    theta: np.ndarray,
    cut: Cut,
    starts: np.ndarray,
    places: np.ndarray,
    horizon: int,
) -> np.ndarray:
    """Forecast what follows the windows at `starts` (B,), of the series at `places`, as (B, horizon, C)."""
    if pipeline.every_step:
        z = _roll_state(network, theta, cut.windows, starts, horizon)
    elif horizon > pipeline.horizon:
        z = _roll_windows(network, theta, cut.windows, starts, horizon)
    else:
        z = _read(network, theta, cut.windows, cut.windows.inputs(starts))[:, :horizon]
    z = z.astype(np.float64)
    times = starts - cut.rows[places] + pipeline.lookback
    for place in np.unique(places):
        own = places == place
        for c, preparation in enumerate(cut.series[place].preparations):
            channel = pipeline.channels[place * pipeline.width + c]
            z[own, :, c] = preparation.inverse(channel.unscaled(z[own, :, c]), times[own])
    return z


def _read(network: Network, theta: np.ndarray, windows: Windows, batch: Batch) -> np.ndarray:
    """Return what a network says of the horizon, (B, horizon, C)."""
    output, _ = network.forward(theta, batch.x, first=windows.first, begins=batch.begins, known=batch.known)
    return _by_step(output, windows.values.shape[1]) + batch.anchors[:, None]


def _by_step(output: np.ndarray, C: int) -> np.ndarray:
    """Return output (m, B, w C) as (B, m w, C)."""
    m, B, _ = output.shape
    return output.reshape(m, B, -1, C).transpose(1, 0, 2, 3).reshape(B, -1, C)


def _roll_windows(
    network: Network, theta: np.ndarray, windows: Windows, starts: np.ndarray, horizon: int
) -> np.ndarray:
    """Forecast window by window: (B, horizon, C)."""
    B, L, H = len(starts), windows.lookback, windows.horizon
    n_rows = L + -(-horizon // H) * H
    copies = _copied(windows, starts, n_rows)
    values = copies.values.reshape(B, n_rows, -1)
    for step in range(0, horizon, H):
        batch = copies.inputs(np.arange(B) * n_rows + step)
        values[:, L + step : L + step + H] = _read(network, theta, windows, batch)[:, :H]
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
        ),
    )


def _roll_state(
    network: Network, theta: np.ndarray, windows: Windows, starts: np.ndarray, horizon: int
) -> np.ndarray:
    """Forecast step by step: (B, horizon, C)."""
    batch, company, C = windows.inputs(starts), windows.company, windows.values.shape[1]
    x, steps = batch.x, list[np.ndarray]()
    ages = slice(C, C + company.ages.shape[1])
    ahead = slice(
        ages.stop + company.past.shape[1], ages.stop + company.past.shape[1] + company.ahead.shape[1]
    )
    state, begins, workspace = None, batch.begins, network.workspace()
    for step in range(horizon):
        output, state = network.forward(theta, x, state, first=-1, begins=begins, workspace=workspace)
        steps.append(output[0] + batch.anchors)
        begins = None
        if step + 1 < horizon:
            x = x[-1:].copy()
            x[0, :, :C], x[0, :, ages] = output[0], 0
            if company.ahead.shape[1]:
                x[0, :, ahead] = company.ahead[starts + windows.lookback + step + 1]
    return np.stack(steps, axis=1)
