"""The recurrent forecaster."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.hindsight import by_name
from tsrnn.forecasting.inspection import InspectionMixin
from tsrnn.forecasting.options import build_network, check_loss_continues, resolve_options
from tsrnn.forecasting.parameters import RNN_FORECASTER
from tsrnn.forecasting.predictive import PredictiveMixin
from tsrnn.forecasting.stream import Stream, open_stream
from tsrnn.network import Network
from tsrnn.timeseries.covariates import attach
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.series import check_alike
from tsrnn.training.auto import AUTOMATIC, settle
from tsrnn.training.cut import Cut
from tsrnn.training.ensemble import check_continues, history, refit, start_runs
from tsrnn.training.loop import Run, train_all
from tsrnn.training.preprocessor import fit_pipeline
from tsrnn.validation import seed_sequence, with_parameters


@with_parameters(RNN_FORECASTER)
class RNNForecaster(PredictiveMixin, InspectionMixin, BaseForecaster):
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
    lookback_, season_length_, transform_, batch_size_, learning_rate_, max_epochs_
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
        normalize: str | None = "window",
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
        self.alias = alias

    @property
    def label(self) -> str:
        """Name in tables and legends: ``alias``, or the cell's."""
        return self.alias or str(self.cell).upper()

    def update(self, y: Any, X: Any = None, *, X_past: Any = None, static: Any = None) -> Self:
        """Continue training from the present weights on the series extended by `y`.

        Lookback, transforms, level and scale stay those of the first `fit`.

        Parameters
        ----------
        y : pandas.Series, pandas.DataFrame, dict or array-like
            New observations, of the same channels, in the form of those that `fit` has seen; their index must
            start after `cutoff_`. Arrays and lists continue it. A panel may have new series.
        X, X_past, static : pandas.DataFrame or dict, optional
            Covariates of the new steps, if the model was fitted with some.

        Returns
        -------
        self
        """
        before, _ = self._known(), self._fitted_network()
        panel = before.panel.read_further(y, missing=self.missing)
        histories = attach(
            panel, X, X_past, static, scheme=before.scheme, missing=self.missing, before=before.histories
        )
        known = before._replace(panel=panel, histories=histories)
        self._remember(self._train(known, continued=True), known)
        return self

    def stream(self, X: Any = None, *, warm: bool = False) -> Stream:
        """Return a stream, which takes in one value after another in constant time.

        It starts from the zero state or, `warm`, where the training series ends; covariates known ahead, `X`
        (F,), are then those of the step after it.
        """
        (history, *_), network = self._known().histories, self._fitted_network()
        return open_stream(network, self.thetas_, self.pipeline_, history if warm else None, X)

    def _fit_all(self, known: Known) -> dict[str, Any]:
        if self.scope == "local" and not known.is_one:
            self._options()
            return super()._fit_all(known)
        continued = self.warm_start and self.__sklearn_is_fitted__()
        if continued:
            check_alike(known.panel.columns, self.known_.panel.columns)
        return self._train(known, continued=continued)

    def _train(self, known: Known, *, continued: bool) -> dict[str, Any]:
        options = self._options()
        units, pads = self._units(known), not known.panel.is_single
        seasons = self._seasons(known, units, self.pipeline_.names if continued else ())
        if continued:
            check_loss_continues(self.pipeline_.loss, options.loss)
            pipeline = self.pipeline_._replace(loss=options.loss)
        else:
            pipeline = fit_pipeline(units, options, seasons, known.scheme.n_categories, pads=pads)
        if continued and units[0].values.shape[1] != pipeline.width:
            raise ValueError(
                f"Training can only continue with the same network: it reads {pipeline.width} channels at a "
                f"time, channels={options.channels!r} asks for {units[0].values.shape[1]}. "
                "Set warm_start=False."
            )
        network = build_network(options, pipeline)
        if continued:
            check_continues(network, options.n_members, self.thetas_)
        cut = pipeline.of(units, seasons).cut(units)._replace(by_series=options.sampling == "series")
        seed = seed_sequence(options.random_state)
        options = settle(options, len(cut.split(0.0)[0]))
        runs = search = self._runs(options, network, cut, seed, self.thetas_ if continued else None)
        interrupted = train_all(runs, options.n_jobs, verbose=self.verbose > 0)
        again = list[Run]()
        if options.early_stopping and not interrupted:
            again, interrupted = refit(runs, cut.split(0.0)[0], options.n_jobs, verbose=self.verbose > 0)
            runs = again or runs
        return {
            "pipeline_": pipeline,
            "network_": network,
            "thetas_": np.stack([run.theta for run in runs]),
            "history_": pd.DataFrame(history(search, again)),
            "seed_": seed,
            "interrupted_": interrupted,
            "n_parameters_": network.n_parameters,
            "lookback_": pipeline.lookback,
            "season_length_": pipeline.season_length,
            **{f"{name}_": getattr(options, name) for name in AUTOMATIC},
            "transform_": by_name(units, known, [channel.transforms for channel in pipeline.channels]),
        }

    def _options(self) -> SimpleNamespace:
        return resolve_options(self._check_parameters())

    def _runs(
        self, options: SimpleNamespace, network: Network, cut: Cut, seed: Any, thetas: Any
    ) -> list[Run]:
        fraction = options.validation_fraction if options.early_stopping else 0.0
        rngs = [np.random.default_rng(one) for one in seed.spawn(options.n_members)]
        return start_runs(network, cut.windows, cut.split(fraction), options, rngs, thetas)
