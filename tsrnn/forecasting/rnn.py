"""The recurrent forecaster."""

from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs

from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.channel_modes import (
    find_channel_seasons,
    join_channels,
    network_series,
    renumbered,
    transforms_by_name,
)
from tsrnn.forecasting.fitted import fitted_state
from tsrnn.forecasting.fitting import fit_networks
from tsrnn.forecasting.inference import TrainedNetworks, fitted_values, predict
from tsrnn.forecasting.inspection import InspectionMixin
from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.forecasting.intervals.sample_paths import Simulator
from tsrnn.forecasting.options import resolve_options
from tsrnn.forecasting.parameters import RNN_FORECASTER
from tsrnn.forecasting.per_series import find_model, for_each
from tsrnn.forecasting.stream import Stream, open_stream
from tsrnn.network import Network
from tsrnn.timeseries.checks import check_alike
from tsrnn.timeseries.covariates import read_further_covariates
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.reading import read_further
from tsrnn.timeseries.wall_clock import by_the_clock
from tsrnn.training.arrays import join_columns
from tsrnn.training.preprocessor import Prepared, Preprocessor
from tsrnn.training.windows import Batch
from tsrnn.validation import check_positive_integer, with_parameters

_MOST_VALUES = 4_000_000  # of histories that are prepared at a time


@with_parameters(RNN_FORECASTER)
class RNNForecaster(InspectionMixin, BaseForecaster):
    """Forecast a series, or several channels, with a recurrent neural network.

    A series is prepared (logarithm, season, level and scale), cut into windows of `lookback` known and
    `horizon` future values, and a stack of recurrent layers under a dense head is trained on them by
    backpropagation through time. Forecasts come back on the scale and index of the data.

    Attributes
    ----------
    history_ : pandas.DataFrame
        One row for each evaluation: ``step``, ``loss``, ``gradient_norm`` and ``clipped`` (share of steps) as
        means since the last one, ``validation_loss``, ``learning_rate``, ``seconds``; and ``member`` if many.
    n_parameters_ : int
        Trained numbers in each network.
    lookback_, season_length_, transform_, normalize_, batch_size_, learning_rate_, max_epochs_
        What "auto" came to; ``season_length_`` a tuple of several, ``transform_`` by column or series if
        there are several.
    cutoff_
        Index label of the last observation.
    fitted_values_, residuals_ : pandas.Series or pandas.DataFrame
        One-step-ahead forecasts of the training series and what they missed, computed when asked for.
    interrupted_ : bool
        Whether Ctrl-C ended training early.

    Examples
    --------
    >>> from tsrnn import RNNForecaster, datasets
    >>> y = datasets.load("airpassengers")
    >>> model = RNNForecaster("gru", horizon=12, max_steps=100, random_state=0).fit(y)
    >>> model.predict(3).round(-2)
    date
    1961-01-01    500.0
    1961-02-01    400.0
    1961-03-01    500.0
    Freq: MS, Name: airpassengers, dtype: float64
    >>> model.lookback_, model.transform_, model.n_parameters_
    (36, ('log', 'deseasonalize'), 3692)
    >>> model = RNNForecaster(horizon=12, loss="quantile", max_steps=100, random_state=0).fit(y)
    >>> bounds = model.predict(level=80)
    >>> bounds.columns.tolist(), bool((bounds["hi-80"] - bounds["lo-80"]).between(20, 200).all())
    (['mean', 'lo-80', 'hi-80'], True)
    >>> stocks = datasets.load("eustockmarkets")[["dax", "ftse"]].dropna()
    >>> model = RNNForecaster("gru", horizon=2, channels="joint", max_steps=100, random_state=0).fit(stocks)
    >>> model.predict().round(-3)
                   dax    ftse
    date
    1998-08-17  5000.0  5000.0
    1998-08-18  5000.0  5000.0
    """

    uses_covariates = True
    lookback_: int
    preprocessor_: Preprocessor
    network_: Network
    thetas_: np.ndarray
    seed_: np.random.SeedSequence
    _prepared_: Prepared
    _keys_: pd.Index

    def __init__(
        self,
        cell: str = "gru",
        horizon: int = 1,
        lookback: int | Literal["auto"] = "auto",
        *,
        strategy: str = "direct",
        scope: str = "global",
        channels: str = "shared",
        hidden_size: int = 32,
        num_layers: int = 1,
        bidirectional: bool = False,
        residual: bool = False,
        dilation: int = 1,
        patch_size: int = 1,
        dropout: float = 0.0,
        teacher_forcing: float = 0.5,
        season_length: int | Sequence[int] | Literal["auto"] | None = "auto",
        transform: str | Sequence[str] | None = "auto",
        normalize: str | None = "auto",
        missing: str = "error",
        calendar: str | None = None,
        time_step: bool = False,
        embed_series: int = 0,
        loss: str = "mae",
        optimizer: str = "adam",
        learning_rate: float | Literal["auto"] = "auto",
        schedule: str = "cosine",
        batch_size: int | Literal["auto"] = "auto",
        sampling: str = "windows",
        max_epochs: int | Literal["auto"] | None = "auto",
        max_steps: int | None = 1000,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        bptt: int | None = None,
        n_members: int = 1,
        n_jobs: int | None = None,
        dtype: str = "float32",
        random_state: Any = None,
        verbose: int = 0,
        warm_start: bool = False,
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        fallback: str | None = "naive",
        alias: str | None = None,
    ) -> None:
        self.cell = cell
        self.horizon = horizon
        self.lookback = lookback
        self.strategy = strategy
        self.scope = scope
        self.channels = channels
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.residual = residual
        self.dilation = dilation
        self.patch_size = patch_size
        self.dropout = dropout
        self.teacher_forcing = teacher_forcing
        self.season_length = season_length
        self.transform = transform
        self.normalize = normalize
        self.missing = missing
        self.calendar = calendar
        self.time_step = time_step
        self.embed_series = embed_series
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.sampling = sampling
        self.max_epochs = max_epochs
        self.max_steps = max_steps
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.bptt = bptt
        self.n_members = n_members
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start
        self.lower = lower
        self.upper = upper
        self.fallback = fallback
        self.alias = alias

    @property
    def label(self) -> str:
        """Name in tables and legends: ``alias``, or the cell's."""
        return self.alias or str(self.cell).upper()

    def update(
        self, y: Any, X: Any = None, *, X_past: Any = None, static: Any = None, steps: int = 0
    ) -> Self:
        """Take in new observations, which forecasts then start from; train on them only if asked to.

        Lookback, transforms, level and scale stay those of the first `fit`; without training, intervals too.

        Parameters
        ----------
        y : pandas.Series, pandas.DataFrame, dict or array-like
            New observations, of the same channels, in the form of those that `fit` has seen; their index must
            start after `cutoff_`. Arrays and lists continue it. A panel may have new series.
        X, X_past, static : pandas.DataFrame or dict, optional
            Covariates of the new steps, if the model was fitted with some.
        steps : int, default 0
            Steps of training on the whole series, from the present weights and at a tenth of `learning_rate`.
            0 leaves the weights as they are, in about a millisecond.

        Returns
        -------
        self

        Examples
        --------
        >>> import numpy as np
        >>> y = np.sin(np.arange(300) / 3)
        >>> model = RNNForecaster(horizon=3, max_steps=200, random_state=0).fit(y[:200])
        >>> bool((model.predict(y=y) == model.update(y[200:]).predict()).all())
        True
        """
        n_steps = check_positive_integer("steps", steps, "steps", minimum=0)
        self._remember(self._snapshot()._continued(y, X, X_past, static, n_steps))
        return self

    def _continued(self, y: Any, X: Any, X_past: Any, static: Any, n_steps: int) -> dict[str, Any]:
        """Return the fitted attributes after new observations and `n_steps` of training."""
        fitted, _ = self._panel(), self._fitted_network()
        panel = read_further(y, fitted, missing=self.missing)
        options: dict[str, Any] = {"schema": fitted.schema, "missing": self.missing, "before": fitted}
        panel = renumbered(read_further_covariates(panel, X, X_past, static, **options))
        if n_steps:
            return fitted_state(self._train(panel, continued=True, n_steps=n_steps), panel)
        prepared = self._prepared(panel)
        attributes = {name: value for name, value in vars(self).items() if name.endswith("_")}
        attributes |= {"panel_": panel, "_prepared_": prepared}
        if panel.n_series > fitted.n_series:
            attributes |= {"transform_": transforms_by_name(prepared, panel), "calibrations_": {}}
        return attributes

    def stream(self, X: Any = None, *, warm: bool = False) -> Stream:
        """Return a stream, which takes in one value after another in constant time.

        It starts from the zero state or, `warm`, where the training series ends; future covariates, `X`
        (F,), are then those of the step after it.
        """
        self = self._snapshot()
        panel, network = self._panel(), self._fitted_network()
        history = panel.single(0).arrays if warm else None
        return open_stream(network, self.thetas_, self.preprocessor_, history, X)

    @property
    def fitted_values_(self) -> Any:
        """One-step-ahead forecasts of the training series; nan where a full window is not yet known."""
        self = self._snapshot()
        panel = self._panel()
        return panel.wrap_history(self._fitted_values(panel), self.label)

    @property
    def residuals_(self) -> Any:
        """Observed minus `fitted_values_`, nan in gaps; of a long table, in the column of the model."""
        self = self._snapshot()
        panel = self._panel()
        return panel.wrap_history(panel.observed_values - self._fitted_values(panel), self.label)

    def _fitted_values(self, panel: Panel) -> np.ndarray:
        """Return one-step-ahead forecasts of each step of each series, (N, C)."""
        if "models_" in vars(self):
            flat = [find_model(self, key)._fitted_values(one) for key, one in panel.alone()]
            return join_columns(np.concatenate(flat)[:, 0], panel.arrays.offsets, panel.arrays.n_channels)
        if "failure_" in vars(self):
            return np.full(panel.arrays.values.shape, np.nan)
        found, arrays = fitted_values(self._trained, self._prepared(panel)), panel.on_clock.arrays
        if self.channels != "joint":
            found = join_columns(found[:, 0], arrays.offsets, arrays.n_channels)
        return found if panel.clock is None else found[panel.clock.slots]

    def _time_covariates(self) -> dict[str, Any]:
        return {"calendar": self.calendar, "time_step": self.time_step}

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        if self.scope == "local" and not panel.is_one:
            self._options()
            return super()._fit_panel(panel)
        continued = self.warm_start and self.__sklearn_is_fitted__()
        if continued:
            check_alike(panel.columns, self.panel_.columns)
        return self._train(panel, continued=continued)

    def _train(self, panel: Panel, *, continued: bool, n_steps: int | None = None) -> dict[str, Any]:
        before = (self._keys_, self.preprocessor_, self.thetas_) if continued else None
        return fit_networks(panel, self._options(), before, n_steps)

    def _options(self) -> SimpleNamespace:
        return resolve_options(self._check_parameters())

    def _prepared(self, panel: Panel) -> Prepared:
        """Return series as the network reads them; those that `fit` has seen are prepared already."""
        panel = panel.on_clock
        if panel is self.panel_.on_clock:
            return self._prepared_
        n_threads = effective_n_jobs(self.n_jobs)
        arrays = network_series(panel, self._keys_, self.channels, self.loss)
        seasons = find_channel_seasons(arrays, panel, self.season_length, n_threads, is_fitted=True)
        return self.preprocessor_.prepare(arrays, seasons, n_threads)

    @property
    def _trained(self) -> TrainedNetworks:
        return TrainedNetworks(self.network_, self.thetas_, self.preprocessor_.loss)

    def predict_from(
        self,
        panel: Panel,
        series: np.ndarray,
        sizes: np.ndarray,
        horizon: int,
        p: Sequence[float] | None = None,
    ) -> np.ndarray:
        """Forecast from B cutoffs at once; quantiles of a distribution one by one."""
        if "network_" not in vars(self) or (p is not None and self.loss in DISTRIBUTIONS):
            return super().predict_from(panel, series, sizes, horizon, p)
        edges = np.flatnonzero(np.diff(np.cumsum(sizes) // _MOST_VALUES)) + 1
        blocks = [slice(a, b) for a, b in pairwise([0, *edges.tolist(), len(sizes)])]
        parts = (panel.until(series[block], sizes[block], horizon) for block in blocks)
        return np.concatenate([self._predict_in_bounds(part, horizon, p) for part in parts])

    @by_the_clock
    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        if "network_" not in vars(self):
            return super()._predict_panel(panel, horizon)
        forecasts = predict(self._trained, self._prepared(panel), horizon)
        return join_channels(forecasts[:, None], panel.n_series)[..., 0]

    @by_the_clock
    def _predict_quantiles(
        self, panel: Panel, horizon: int, p: Sequence[float], conformal: str = "split"
    ) -> np.ndarray:
        if self.loss not in DISTRIBUTIONS or "failure_" in vars(self):
            return super()._predict_quantiles(panel, horizon, p, conformal)
        if "models_" in vars(self):
            return for_each(self, panel, lambda model, one: model._predict_quantiles(one, horizon, p))
        mean = self._predict_panel(panel, horizon)[..., None]
        if not p:
            return mean
        rng = np.random.default_rng(self.seed_)
        bands = self._simulator().quantiles(self._prepared(panel), horizon, p, rng)
        return np.concatenate([mean, join_channels(bands, panel.n_series)], axis=3)

    @by_the_clock
    def _draw_paths(self, panel: Panel, horizon: int, n: int, rng: np.random.Generator) -> np.ndarray:
        if self.loss not in DISTRIBUTIONS or "failure_" in vars(self):
            return super()._draw_paths(panel, horizon, n, rng)
        if "models_" in vars(self):
            return for_each(self, panel, lambda model, one: model._draw_paths(one, horizon, n, rng))
        paths = self._simulator().paths(self._prepared(panel), horizon, n, rng)
        return join_channels(paths, panel.n_series)

    def _simulator(self) -> Simulator:
        return Simulator(self._trained, self._prepared_)

    def _sample(self, history: tuple[Any, ...], n_windows: int) -> tuple[Batch, int]:
        dataset = self._prepared(self._panel(*history)).dataset
        batch = dataset.sample(n_windows)
        return batch, len(batch.target) if dataset.shape.has_future else 0

    def _latest(self, history: tuple[Any, ...]) -> tuple[np.ndarray, pd.Index]:
        panel = self._panel(*history).on_clock
        dataset = self._prepared(panel).dataset
        if panel.n_series > 1:
            raise ValueError(
                f"`y` is a panel of {panel.n_series} series, and gates are those of one look-back. "
                "Pass one series: gates(y[key])."
            )
        if len(dataset.lengths) > 1:
            raise ValueError(
                f"The network is shared by {len(dataset.lengths)} series and reads one at a time; one "
                'look-back is needed. Fit one column, or channels="joint".'
            )
        labels = panel.labels.of(0)[-self.lookback_ :]
        index = labels[:: -dataset.shape.patch_size][::-1]  # a short series has none for the first steps
        padding = dataset.shape.lookback // dataset.shape.patch_size - len(index)
        return dataset.inputs(dataset.latest()).x[padding:, 0], index
