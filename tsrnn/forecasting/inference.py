"""Inference: forecasts of trained networks from windows, over any horizon, on the scale of the data."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.kernels.losses import N_PARAMETERS
from tsrnn.network import Network
from tsrnn.training.preprocessor import Prepared
from tsrnn.training.windows import Batch, Context, WindowDataset, with_cumulative_changes

_BATCH = 1024
_MOST_VALUES = 200_000  # of paths that are simulated at a time


class OutputDecoder(NamedTuple):
    """Decodes outputs of a network into values: point forecasts, quantiles or draws.

    Attributes
    ----------
    loss : str
        If it is a distribution, outputs are its parameters, else values.
    u : ndarray of shape (B n, horizon, C), or None
        Probabilities of n paths for each of B windows: values are these quantiles. None: point forecasts.

    Examples
    --------
    >>> output = np.array([[[1.0, 2.0, 0.5, 0.5]]])  # means and scales of two steps
    >>> OutputDecoder("gaussian").values(OutputDecoder("gaussian").raw(output, 1), None)[0, :, 0]
    array([1., 2.])
    >>> decoder = OutputDecoder("gaussian", np.array([[[0.1], [0.9]]]))
    >>> decoder.values(decoder.raw(output, 1), None)[0, :, 0].round(2)
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


class TrainedNetworks(NamedTuple):
    """Networks after training.

    Attributes
    ----------
    network : Network
    thetas : ndarray of shape (n_members, n_parameters)
        The weights of each member; forecasts are the median over them.
    loss : str
        What they were trained on.
    """

    network: Network
    thetas: np.ndarray
    loss: str


def predict(trained: TrainedNetworks, prepared: Prepared, horizon: int) -> np.ndarray:
    """Forecast the `horizon` steps that follow each series, as (S, horizon, C).

    Past the horizon it was trained for, a network reads its own forecasts.

    Raises
    ------
    ValueError
        If a series is too short, or the forecasts grow beyond all numbers.
    """
    return _roll_out(trained, prepared, horizon)[:, 0]


def simulate(
    trained: TrainedNetworks, prepared: Prepared, horizon: int, n: int, draw: Callable[[int], np.ndarray]
) -> np.ndarray:
    """Return n paths of quantiles of what follows each series, (S, n, horizon, C).

    As `predict`, for a network whose loss is a distribution: ``draw(k)`` returns probabilities (k, n,
    horizon, C) for the next k series. Where forecasts are fed back, each path reads its own values. The
    median over the members is that of their quantiles.
    """
    return _roll_out(trained, prepared, horizon, n, draw)


def _roll_out(
    trained: TrainedNetworks,
    prepared: Prepared,
    horizon: int,
    n: int = 1,
    draw: Callable[[int], np.ndarray] | None = None,
) -> np.ndarray:
    starts, C = prepared.dataset.latest(), prepared.dataset.values.shape[1]
    size = max(1, _MOST_VALUES // (n * horizon * C)) if draw else _BATCH
    paths = np.empty((len(starts), n, horizon, C))
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(starts), size):
            series = np.arange(first, min(first + size, len(starts)))
            u = draw(len(series)) if draw else None
            paths[series] = _median(trained, prepared, starts[series], series, horizon, u)
    _check_finite(paths)
    return paths


def fitted_values(trained: TrainedNetworks, prepared: Prepared) -> np.ndarray:
    """Forecast each step of each series from those before it, (N, C); nan where a full window is missing."""
    dataset, L = prepared.dataset, prepared.dataset.shape.lookback
    lengths, C = dataset.lengths, dataset.values.shape[1]
    fitted = np.full((int(lengths.sum()), C), np.nan)
    begins = np.cumsum(lengths) - lengths
    counts = np.maximum(lengths - L - dataset.n_lost, 0)
    edges = np.concatenate([[0], np.cumsum(counts)])
    for first in range(0, int(edges[-1]), _BATCH):
        numbers = np.arange(first, min(first + _BATCH, int(edges[-1])))
        series = np.searchsorted(edges, numbers, side="right") - 1
        times = dataset.n_lost + numbers - edges[series]
        forecasts = _median(trained, prepared, dataset.rows[series] + times, series, 1)
        fitted[begins[series] + times + L] = forecasts[:, 0, 0]
    return fitted


def _check_finite(paths: np.ndarray) -> None:
    """Refuse paths (S, n, horizon, C) that are not finite; the first series tells at which step."""
    if np.isfinite(paths).all():
        return
    bad = ~np.isfinite(paths).all(axis=(1, 3))
    step = int(bad[int(bad.any(axis=1).argmax())].argmax()) + 1
    raise ValueError(
        f"The forecast grew beyond all numbers at step {step}: fed back, its errors did not "
        f"stay bounded. Ask for fewer than {step} steps, fit with a longer horizon, or use a "
        'cell whose states are bounded, such as "gru".'
    )


def _median(
    trained: TrainedNetworks,
    prepared: Prepared,
    starts: np.ndarray,
    series: np.ndarray,
    horizon: int,
    u: np.ndarray | None = None,
) -> np.ndarray:
    """Forecast what follows the windows of `series` at `starts`, (B,) each, as (B, n, horizon, C).

    One path of points, or n at probabilities u (B, n, horizon, C).
    """
    dataset, B, n = prepared.dataset, len(starts), 1 if u is None else u.shape[1]
    decoder = OutputDecoder(trained.loss, None if u is None else u.reshape(B * n, horizon, -1))
    times = starts - dataset.rows[series] + dataset.shape.lookback
    members = []
    for theta in trained.thetas:
        z = _forecast(trained.network, theta, dataset, starts, horizon, decoder)
        members.append(prepared.restore(z.reshape(B, n, horizon, -1), series, times))
    if len(members) == 1 and not (trained.loss == "negbin" and u is not None):
        return members[0]
    if trained.loss == "negbin" and u is not None:
        return np.floor(np.median(np.rint(members), axis=0))  # the median of an even number may lie between
    return np.median(members, axis=0)


def _forecast(
    network: Network,
    theta: np.ndarray,
    windows: WindowDataset,
    starts: np.ndarray,
    horizon: int,
    decoder: OutputDecoder,
) -> np.ndarray:
    """Forecast what follows the windows at `starts` (B,), as the network sees it: (B n, horizon, C)."""
    if windows.shape.every_step:
        return _roll_state(network, theta, windows, starts, horizon, decoder)
    if horizon > windows.shape.horizon:
        n = 1 if decoder.u is None else len(decoder.u) // len(starts)
        return _roll_windows(network, theta, windows, starts.repeat(n), horizon, decoder)
    return _read(network, theta, windows, windows.inputs(starts), decoder)[:, :horizon]


def _read(
    network: Network,
    theta: np.ndarray,
    windows: WindowDataset,
    batch: Batch,
    decoder: OutputDecoder,
    first: int = 0,
) -> np.ndarray:
    """Return what a network says of the horizon, whose first step is step `first`: (B n, horizon, C)."""
    output, _ = network.forward(theta, batch.x, first=windows.first, begins=batch.begins, future=batch.known)
    return batch.restore(decoder.values(decoder.raw(output, windows.values.shape[1]), batch.size, first))


def _roll_windows(
    network: Network,
    theta: np.ndarray,
    windows: WindowDataset,
    starts: np.ndarray,
    horizon: int,
    decoder: OutputDecoder,
) -> np.ndarray:
    """Forecast window by window, each path a window of its own: (B, horizon, C)."""
    B, L, H = len(starts), windows.shape.lookback, windows.shape.horizon
    n_rows = L + -(-horizon // H) * H
    copies = _copied(windows, starts, n_rows)
    values = copies.values.reshape(B, n_rows, -1)
    for step in range(0, horizon, H):
        batch = with_cumulative_changes(copies).inputs(np.arange(B) * n_rows + step)
        z = _read(network, theta, windows, batch, decoder, step)[:, :H]
        values[:, L + step : L + step + z.shape[1]] = z
    return values[:, L : L + horizon]


def _copied(windows: WindowDataset, starts: np.ndarray, n_rows: int) -> WindowDataset:
    """Return windows from `starts` (B,) on, each in `n_rows` of its own, unknown after the look-back."""
    context, L, B = windows.context, windows.shape.lookback, len(starts)
    steps = np.arange(n_rows)
    rows = np.minimum(starts[:, None] + steps, len(windows.values) - 1)
    held = starts[:, None] + np.minimum(steps, L - 1)
    known = (steps < L)[:, None]
    own = context.series(starts)
    begins = np.arange(B) * n_rows

    def copy(
        table: np.ndarray, rows: np.ndarray, known: Any = True, level: float = 0.0, factor: float = 1.0
    ) -> np.ndarray:
        if not table.shape[1]:
            return table
        scaled = ((table[rows] - level) * factor).astype(table.dtype)
        return np.where(known, scaled, table.dtype.type(0)).reshape(B * n_rows, -1)

    return windows._replace(
        values=copy(windows.values, rows, known, context.level, context.factor),
        context=Context(
            ages=copy(context.ages, rows, known),
            past=copy(context.past, held),
            future=copy(context.future, rows),
            begins=begins,
            firsts=begins + np.maximum(context.firsts[own] - starts, 0),
            static=context.static[own],
            sizes=context.sizes[own] if len(context.sizes) else context.sizes,
            mean_change=context.mean_change[own] if context.mean_change.size else context.mean_change,
            relative_scale=context.relative_scale[own]
            if context.mean_change.size
            else context.relative_scale,
        ),
    )


def _roll_state(
    network: Network,
    theta: np.ndarray,
    windows: WindowDataset,
    starts: np.ndarray,
    horizon: int,
    decoder: OutputDecoder,
) -> np.ndarray:
    """Forecast step by step: (B n, horizon, C). The paths part after the look-back."""
    batch, context, C = windows.inputs(starts), windows.context, windows.values.shape[1]
    x, size, steps = batch.x, batch.size, list[np.ndarray]()
    ages = slice(C, C + context.ages.shape[1])
    ahead = slice(
        ages.stop + context.past.shape[1], ages.stop + context.past.shape[1] + context.future.shape[1]
    )
    state, begins, workspace = None, batch.begins, network.workspace()
    for step in range(horizon):
        output, state = network.forward(theta, x, state, first=-1, begins=begins, workspace=workspace)
        z = decoder.values(decoder.raw(output, C), size, step)[:, 0]
        x, begins, n = x[-1:], None, len(z) // len(starts)
        if n > 1:
            starts, x = starts.repeat(n), x.repeat(n, axis=1)
            size = None if size is None else size.repeat(n)
            state = [part.repeat(n, axis=-2) for part in state]
        steps.append(batch.restore(z[:, None])[:, 0])
        if step + 1 < horizon:
            x = x.copy()
            x[0, :, :C], x[0, :, ages] = z, 0
            if context.future.shape[1]:
                x[0, :, ahead] = context.future[starts + windows.shape.lookback + step + 1]
    return np.stack(steps, axis=1)
