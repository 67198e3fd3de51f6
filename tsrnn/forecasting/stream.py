"""Streaming: a recurrent forecaster that takes in one value after another in constant time."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.kernels.packing.tile import lanes
from tsrnn.kernels.scans.stream import Scaling, Sizes, stream
from tsrnn.network import Network
from tsrnn.training.arrays import SeriesArrays
from tsrnn.training.preprocessor import Preprocessor
from tsrnn.validation import counted

_CHUNK = 64  # samples whose gates stay in the cache beside the weights
_PIECE = 4096  # values copied at a time: memory does not depend on how many a block has


class _Member(NamedTuple):
    """Packed weights of one network, and its states (slots, padded units)."""

    weights: np.ndarray
    h: np.ndarray
    c: np.ndarray


class Stream:
    """The state of a forecaster between one value of a series and the next.

    Made by ``RNNForecaster.stream()``. Each value is taken in once, at a cost that does not depend on how
    many came before, and answered with the forecast of the one that follows; the values are not kept. One
    stream serves one thread at a time.

    Training starts from the zero state and sees `lookback` values; a stream carries its state further. Its
    forecasts therefore differ a little from those of `predict`; if they are worse on values held back, train
    with a longer `lookback`.

    Parameters
    ----------
    network : Network
        One-way, with one input and one output.
    thetas : ndarray of shape (n_members, n_parameters)
        Weights of each member; the forecast is the members' median.
    preprocessor : Preprocessor
        How the data were prepared for training.

    Raises
    ------
    ValueError
        If the model was not trained to forecast one series from a state alone: several series or columns,
        strategies but "recursive", ``normalize="window"``, transforms but "log", ``missing="mask"``,
        ``static``.

    Examples
    --------
    >>> from tsrnn import RNNForecaster
    >>> y = np.sin(np.arange(300) / 3)
    >>> model = RNNForecaster(
    ...     "lstm", strategy="recursive", normalize="series", transform=None, max_steps=300, random_state=0
    ... ).fit(y)
    >>> stream = model.stream(warm=True)  # where the training series ends
    >>> float(round(stream.step(np.sin(100.0)), 1)), float(round(np.sin(301 / 3), 1))
    (-0.2, -0.2)
    >>> stream.reset()
    >>> forecasts = stream.run(y[-model.lookback_ :])  # one forecast after each value
    >>> np.allclose(forecasts[-1], model.predict(1), atol=1e-5)
    True
    """

    def __init__(self, network: Network, thetas: np.ndarray, preprocessor: Preprocessor) -> None:
        _check_streams(network, preprocessor)
        architecture, cell = network.architecture, network.architecture.cell
        width = lanes(np.empty(0, network.dtype))
        n_panels = -(-network.hidden_size // width)
        self._network = network
        self._skips = [architecture.skip(layer) for layer in range(network.num_layers)]
        residual = int(architecture.residual)
        self._sizes = Sizes(
            network.num_layers, n_panels, cell.n_diagonals, int(architecture.dilation), residual
        )
        self._covariates = {"X_past": preprocessor.past, "X": preprocessor.future}
        self._n_covariates = preprocessor.past.n_columns + preprocessor.future.n_columns
        channels = preprocessor.channels
        self._scaling = Scaling(
            int("log" in channels.plan.chains[0]),
            float(channels.level[0]),
            float(channels.divisor[0]),
            float(channels.scale[0]),
        )
        n_slots, n_units = sum(skip + 1 for skip in self._skips), n_panels * width
        self._members = [
            _Member(
                network.packed(theta),
                np.zeros((n_slots, n_units), network.dtype),
                np.zeros((n_slots, n_units if cell.n_states > 1 else 0), network.dtype),
            )
            for theta in thetas
        ]
        self._count = 0
        self._values = np.empty(_PIECE)
        self._alone = np.empty((_PIECE, 0), network.dtype)
        self._passing = np.empty((_CHUNK, max(n_units, 1 + self._n_covariates)), network.dtype)
        self._gates = np.empty((_CHUNK, cell.step.n_blocks * n_units), network.dtype)
        self._one = np.empty(1)
        self._largest = float(np.finfo(network.dtype).max) * self._scaling.divisor

    def step(self, value: float, X: Any = None, *, X_past: Any = None) -> float:
        """Take in the next value and return the forecast of the one after it.

        Parameters
        ----------
        value : float
        X : array-like of shape (F,), optional
            Future covariates, of the step that is forecast, in the order of the columns that the model
            was fitted with; needed if there were some.
        X_past : array-like of shape (P,), optional
            The other covariates, of the step of `value`.

        Returns
        -------
        float
            Of the same bits as from `run`.

        Raises
        ------
        TypeError, ValueError
            If the value is no finite number; the stream is left as it was. If the forecast is none because
            states grew without bound; the stream is reset.

        See Also
        --------
        run : Many values in one call, tens of times faster.
        """
        if not isinstance(value, Real) or isinstance(value, bool):
            raise TypeError(
                f"`value` must be one number; got {type(value).__name__}. Pass many values to run(block)."
            )
        number = float(value)
        self._check(number, number, number)
        covariates = self._read_covariates(1, X, X_past)
        self._one[0] = number
        forecasts = np.empty((len(self._members), 1))
        self._take_in(self._one, covariates, forecasts)
        forecast = float(forecasts[0, 0] if len(forecasts) == 1 else np.median(forecasts))
        if not math.isfinite(forecast):
            self._give_up()
        return forecast

    def run(self, block: Any, X: Any = None, *, X_past: Any = None) -> np.ndarray:
        """Take in a block of values and return the forecast that follows each.

        Parameters
        ----------
        block : array-like of shape (n,)
            Real numbers in time order, of any type; n may be 0.
        X : array-like of shape (n, F), optional
            Future covariates: row t is of the step after ``block[t]``.
        X_past : array-like of shape (n, P), optional
            The other covariates: row t is of the step of ``block[t]``.

        Returns
        -------
        ndarray of float64, shape (n,)
            Entry t is the forecast of the value after ``block[t]``, made from that and what came before: the
            same, to the bit, however a series is cut into blocks and steps.

        Raises
        ------
        TypeError, ValueError
            If the block is not one row of finite numbers; the stream is left as it was. If a forecast is
            none because states grew without bound; the stream is reset.
        """
        values = _as_row(block)
        if len(values) == 0:
            return np.empty(0)
        self._check(float(values.min()), float(values.max()), values)
        covariates = self._read_covariates(len(values), X, X_past)
        forecasts = np.empty(len(values))
        for first in range(0, len(values), _PIECE):
            piece = values[first : first + _PIECE]
            copied, here = self._values[: len(piece)], forecasts[first : first + len(piece)]
            copied[:] = piece
            beside = (
                covariates[first : first + len(piece)] if self._n_covariates else self._alone[: len(piece)]
            )
            if len(self._members) == 1:
                self._take_in(copied, beside, here[None])
            else:
                of_members = np.empty((len(self._members), len(piece)))
                self._take_in(copied, beside, of_members)
                np.median(of_members, axis=0, out=here)
            if not np.isfinite(here).all():
                self._give_up()
        return forecasts

    def reset(self) -> None:
        """Go back to the zero state, in which nothing has been taken in."""
        self._count = 0
        for member in self._members:
            member.h[:] = 0
            member.c[:] = 0

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What the next forecasts depend on, to be saved and set again: a copy, as plain arrays.

        ``state["layer_0"]`` has the shape (n_members, n_states, steps, hidden_size), with h before c and the
        steps, more than one in dilated layers, in the order of time. ``numpy.savez(file, **stream.state)``
        saves it, ``stream.state = numpy.load(file)`` goes on from there with the same bits.
        """
        return {
            name: np.array([[part[self._slots(layer)] for part in self._states(m)] for m in self._members])
            for layer, name in enumerate(self._names)
        }

    @state.setter
    def state(self, state: Mapping[str, np.ndarray]) -> None:
        if not isinstance(state, Mapping):
            raise TypeError(f"The state must be a mapping of names to arrays; got {type(state).__name__}.")
        needed = {name: array.shape for name, array in self.state.items()}
        found = {name: np.shape(array) for name, array in state.items()}
        if found != needed:
            raise ValueError(
                f"The state must have the arrays {needed}; got {found}. "
                "Take it from a stream of the same fitted model."
            )
        arrays = {name: np.asarray(array, self._network.dtype) for name, array in state.items()}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("The state must be finite; got NaN or infinite numbers. Take it from a stream.")
        self.reset()
        for layer, name in enumerate(self._names):
            for member, values in zip(self._members, arrays[name], strict=True):
                for part, of_part in zip(self._states(member), values, strict=True):
                    part[self._slots(layer)] = of_part

    @property
    def _names(self) -> list[str]:
        return [f"layer_{layer}" for layer in range(len(self._skips))]

    def _slots(self, layer: int) -> np.ndarray:
        """Return the slots of the states that a layer's next steps follow, in the order of time."""
        skip = self._skips[layer]
        first = sum(self._skips[:layer]) + layer
        return first + (self._count + 1 + np.arange(skip)) % (skip + 1)

    def _states(self, member: _Member) -> tuple[np.ndarray, ...]:
        both = member.h[:, : self._network.hidden_size], member.c[:, : self._network.hidden_size]
        return both[: self._network.architecture.cell.n_states]

    def _read_covariates(self, n: int, X: Any, X_past: Any) -> np.ndarray:
        """Return what the network reads beside n values, (n, F); the shape is of no matter without any."""
        if X is None and X_past is None and not self._n_covariates:
            return self._alone[:1]
        pairs = zip(self._covariates.items(), (X_past, X), strict=True)
        parts = [standard.apply(_as_table(name, of, n, len(standard.mean))) for (name, standard), of in pairs]
        return np.concatenate(parts, axis=1).astype(self._network.dtype)

    def _take_in(self, values: np.ndarray, covariates: np.ndarray, forecasts: np.ndarray) -> None:
        cell, count = self._network.architecture.cell.step, self._count
        for (weights, h, c), here in zip(self._members, forecasts, strict=True):
            room = self._passing, self._gates
            stream(cell, self._sizes, self._scaling, weights, h, c, *room, count, values, covariates, here)
        self._count += len(values)

    def _give_up(self) -> None:
        count = self._count
        self.reset()
        raise ValueError(
            f"The forecasts grew beyond all numbers within {counted(count, 'value')}: states must stay "
            f'bounded in a stream, those of cell="{self._network.cell_name}" did not. The stream has been '
            'reset; choose a cell with bounded states, such as "gru", or train with a longer lookback.'
        )

    def _check(self, low: float, high: float, values: Any) -> None:
        """Refuse values, given their extremes, that would spoil the state."""
        if self._scaling.log:
            fits = low > 0 and high < np.inf
        else:
            fits = low - self._scaling.level > -self._largest and high - self._scaling.level < self._largest
        if fits:
            return
        every = np.atleast_1d(np.asarray(values, np.float64))
        unusable = ~np.isfinite(every)
        if unusable.any():
            raise ValueError(
                f"A stream needs finite numbers; got {counted(unusable.sum(), 'missing or infinite value')}, "
                f"the first at position {unusable.argmax()}. Fill them first."
            )
        if self._scaling.log:
            position = (every <= 0).argmax()
            raise ValueError(
                f'transform="log" needs positive values; got {every[position]:g} at position {position}. '
                "Shift the series, or leave the logarithm out."
            )
        raise ValueError(
            f"Values from {low:g} to {high:g} are out of the range of {self._network.dtype}, in units of the "
            f'training series\' scale, {self._scaling.divisor:g}. Mend them, or fit with dtype="float64".'
        )


def open_stream(
    network: Network,
    thetas: np.ndarray,
    preprocessor: Preprocessor,
    history: SeriesArrays | None = None,
    X: Any = None,
) -> Stream:
    """Return a stream that has taken in a history, if there is one; X (F,) is of the step after it."""
    opened = Stream(network, thetas, preprocessor)
    if history is None and X is not None:
        raise ValueError("`X` is of the step after the training series, which warm=True takes in: set that.")
    if history is not None:
        n, F = len(history.values), history.future.shape[1]
        if F and X is None:
            raise ValueError(
                f"The model knows {counted(F, 'covariate')} ahead, those of the calendar included, which a "
                "stream is told step by step: pass X=, those of the step after the training series."
            )
        ahead = np.concatenate([history.future[1:n], _as_table("X", X, 1, F)]) if F else X
        opened.run(history.values.ravel(), ahead, X_past=history.past if history.past.shape[1] else None)
    return opened


def _as_row(block: Any) -> np.ndarray:
    values = np.asarray(block)
    if values.dtype == object and all(isinstance(v, Real) and not isinstance(v, bool) for v in values.flat):
        values = values.astype(np.float64)
    if values.size == 0 and values.ndim == 1:
        return np.empty(0)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"`block` must hold real numbers; got {values.dtype}. Convert it first.")
    if values.ndim != 1:
        raise ValueError(
            f"`block` must have one dimension, time; got the shape {values.shape}. "
            "Pass one column, or a single number to step(value)."
        )
    return values


def _as_table(name: str, table: Any, n: int, k: int) -> np.ndarray:
    """Return covariates of n steps as (n, k); a single row or column may come as a vector."""
    if table is None and k == 0:
        return np.empty((n, 0))
    if table is None or k == 0:
        was, so = ("with", "pass") if k else ("without", "leave out")
        raise ValueError(f"The model was fitted {was} `{name}`: {so} {name}=.")
    values = np.asarray(table, np.float64)
    if values.shape != (n, k) and not (values.ndim < 2 and values.size == n * k and 1 in (n, k)):
        raise ValueError(
            f"`{name}` must have a row for each value and a column for each covariate, ({n}, {k}); "
            f"got the shape {values.shape}."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"`{name}` holds missing or infinite numbers; a stream needs all. Fill them first.")
    return values.reshape(n, k)


def _check_streams(network: Network, preprocessor: Preprocessor) -> None:
    architecture = network.architecture
    n_series = len(preprocessor.channels.level)
    if n_series > 1:
        raise ValueError(
            f"A stream takes in one series; this model was fitted to {n_series} series or columns. "
            "Fit one of them."
        )
    if preprocessor.masks or preprocessor.static.n_columns or preprocessor.categories:
        raise ValueError(
            "A stream takes in values and covariates that change with time; this model reads gaps, too, or "
            'what tells series apart. Fit without missing="mask", `static` and embed_series.'
        )
    if preprocessor.loss in DISTRIBUTIONS:
        raise ValueError(
            f"A stream gives values; with loss={preprocessor.loss!r} this model gives distributions. "
            'Fit with loss="mae", "mse" or "huber".'
        )
    if not preprocessor.shape.every_step:
        raise ValueError(
            "A stream gives a forecast after every value, which this model was not trained to do. "
            'Fit with strategy="recursive", normalize="series" and transform=None.'
        )
    if preprocessor.shape.n_anchor:
        raise ValueError(
            'normalize="window" measures values from the end of their window, and a stream has no windows. '
            'Fit with normalize="series" and transform=None.'
        )
    transforms = preprocessor.channels.plan.chains[0]
    if set(transforms) - {"log"}:
        raise ValueError(
            f"transform={transforms} needs the values of the past, which a stream does not keep. "
            'Fit with transform=None or "log".'
        )
    several = (network.n_inputs, network.n_outputs) != (preprocessor.n_inputs, 1)
    if architecture.bidirectional or architecture.embedding or architecture.n_decoded or several:
        raise ValueError(
            "A stream needs a one-way network with one value in and one out at each step; this one has more, "
            "or reads backward. Fit one series, without patches, and in one direction."
        )
