"""Forecasts of trained networks, rolled out from windows over any horizon, back on the scale of the data."""

import numpy as np

from tsrnn.network import Network
from tsrnn.parameters import counted
from tsrnn.pipeline import Cut, Pipeline
from tsrnn.windows import Windows

_BATCH = 1024


def predict(
    pipeline: Pipeline, network: Network, thetas: np.ndarray, values: np.ndarray, horizon: int
) -> np.ndarray:
    """Forecast the `horizon` steps that follow a history (n, C), as (horizon, C).

    The median over the members, whose weights are `thetas` (n_members, n_parameters). Past the horizon it was
    trained for, a network reads its own forecasts.

    Raises
    ------
    ValueError
        If the history is too short, or the forecasts grow beyond all numbers.
    """
    cut = pipeline.cut(values)
    start = len(values) - pipeline.lookback
    if start < cut.n_lost:
        raise ValueError(
            f"`y` has {counted(len(values), 'observation')}; lookback={pipeline.lookback} needs at least "
            f"{pipeline.lookback + cut.n_lost} to forecast from. Supply more history."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        forecast = _median(pipeline, network, thetas, cut, np.array([start]), horizon)[0]
    bad = np.flatnonzero(~np.isfinite(forecast).all(axis=1))
    if len(bad):
        raise ValueError(
            f"The forecast grew beyond all numbers at step {bad[0] + 1}: fed back, its errors did not "
            f"stay bounded. Ask for fewer than {bad[0] + 1} steps, fit with a longer horizon, or use a "
            'cell whose states are bounded, such as "gru".'
        )
    return forecast


def fitted_values(pipeline: Pipeline, network: Network, thetas: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Forecast each step of a history (n, C) from those before it; nan where a full window is missing."""
    cut = pipeline.cut(values)
    fitted = np.full(values.shape, np.nan)
    last = len(values) - pipeline.lookback
    for first in range(cut.n_lost, last, _BATCH):
        times = np.arange(first, min(first + _BATCH, last))
        fitted[times + pipeline.lookback] = _median(pipeline, network, thetas, cut, times, 1)[:, 0]
    return fitted


def _median(
    pipeline: Pipeline, network: Network, thetas: np.ndarray, cut: Cut, times: np.ndarray, horizon: int
) -> np.ndarray:
    members = [_forecast(pipeline, network, theta, cut, times, horizon) for theta in thetas]
    return np.median(members, axis=0)


def _forecast(
    pipeline: Pipeline, network: Network, theta: np.ndarray, cut: Cut, times: np.ndarray, horizon: int
) -> np.ndarray:
    """Forecast what follows the windows from `times` (B,) on, as (B, horizon, C)."""
    roll = _roll_state if pipeline.every_step else _roll_windows
    z = roll(network, theta, cut.windows, cut.starts(times), horizon).astype(np.float64)
    B = len(times)
    by_channel = z.reshape(-1, B, horizon, pipeline.width).transpose(0, 3, 1, 2).reshape(-1, B, horizon)
    futures = [
        preparation.inverse(future * channel.scale + channel.level, times + pipeline.lookback)
        for channel, preparation, future in zip(pipeline.channels, cut.preparations, by_channel, strict=True)
    ]
    return np.stack(futures, axis=-1)


def _roll_windows(
    network: Network, theta: np.ndarray, windows: Windows, starts: np.ndarray, horizon: int
) -> np.ndarray:
    """Forecast window by window: (B, horizon, C)."""
    B, L, C = len(starts), windows.lookback, windows.values.shape[1]
    known = windows.values[starts[:, None] + np.arange(L)]
    workspace = network.workspace()
    while known.shape[1] < L + horizon:
        latest = windows._replace(values=known[:, -L:].reshape(-1, C))
        x, anchors = latest.inputs(np.arange(B) * L)
        output, _ = network.forward(theta, x, first=-1, workspace=workspace)
        future = output.transpose(1, 0, 2).reshape(B, -1, C)[:, : windows.horizon]
        known = np.concatenate([known, future + anchors[:, None]], axis=1)
    return known[:, L : L + horizon]


def _roll_state(
    network: Network, theta: np.ndarray, windows: Windows, starts: np.ndarray, horizon: int
) -> np.ndarray:
    """Forecast step by step: (B, horizon, C)."""
    x, anchors = windows.inputs(starts)
    steps: list[np.ndarray] = []
    state, workspace = None, network.workspace()
    for _ in range(horizon):
        x, state = network.forward(theta, x, state, first=-1, workspace=workspace)
        steps.append(x[0] + anchors)
    return np.stack(steps, axis=1)
