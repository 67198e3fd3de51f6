"""The recurrent forecaster."""

from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs

from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.inference import Trained, fitted_values, predict
from tsrnn.forecasting.inspection import InspectionMixin
from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.forecasting.intervals.sample_paths import Simulator
from tsrnn.forecasting.options import build_network, check_loss_continues, check_options
from tsrnn.forecasting.per_series import find_model, for_each
from tsrnn.forecasting.stream import Stream, open_stream
from tsrnn.kernels.cells import RECURRENT
from tsrnn.network import Network
from tsrnn.timeseries.checks import check_alike
from tsrnn.timeseries.counts import check_counts
from tsrnn.timeseries.covariates import attach
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.reading import read_further
from tsrnn.timeseries.seasonality import find_all_seasons
from tsrnn.training.arrays import SeriesArrays, join_columns, ragged_rows, split_columns
from tsrnn.training.auto import AUTOMATIC, settle
from tsrnn.training.channels import Seasons
from tsrnn.training.ensemble import check_continues, check_same_width, train
from tsrnn.training.preprocessor import Prepared, Preprocessor, fit_preprocessor
from tsrnn.training.windows import Batch
from tsrnn.validation import check_choice, seed_sequence

_MOST_VALUES = 4_000_000  # of histories that are prepared at a time


class RNNForecaster(InspectionMixin, BaseForecaster):
    """Forecast a series, or several channels, with a recurrent neural network.

    A series is prepared (logarithm, season, level and scale), cut into windows of `lookback` known and
    `horizon` future values, and a stack of recurrent layers under a dense head is trained on them by
    backpropagation through time. Forecasts come back on the scale and index of the data.

    Parameters
    ----------
    cell : str, default "gru"
        Mathematics of one step. "gru": gated recurrent unit, with the reset gate after the recurrent product
        as in PyTorch; "gru_reset_before": before it (Cho et al., 2014). "lstm": long short-term memory with a
        forget gate (Hochreiter & Schmidhuber, 1997; Gers et al., 2000); "lstm_peephole": whose gates see the
        memory (Gers & Schmidhuber, 2000). "rnn", "rnn_relu": simple recurrence with tanh (Elman, 1990) or
        max(0, .); "irnn": the latter, started at the identity (Le et al., 2015). "jordan": tanh, fed the
        layer's output instead of its state (Jordan, 1986).
    horizon : int, default 1
        Future steps the network is trained to forecast. `predict` may ask for more.
    lookback : int or "auto", default "auto"
        Past steps a forecast is made from. "auto": two or three seasons, or twice the horizon
        (`tsrnn.training.auto.automatic_lookback`), but no more than half of a single series.
    strategy : {"direct", "recursive", "seq2seq", "parallel"}, default "direct"
        "direct": the last state gives all `horizon` values at once. "recursive": every step is trained to
        give the next value, and forecasts are fed back one by one. "seq2seq": a decoder, layers like those
        that read the look-back but with weights of their own, goes on from the last states and is fed its
        forecasts (Cho et al., 2014; Sutskever et al., 2014). "parallel": the last state is followed by
        one step for each patch of the horizon, told which by a vector of its own (Lin et al., 2023).
    scope : {"global", "local"}, default "global"
        For many series. "global": one network for all, trained on the windows of each. "local": a network for
        each, in `models_`.
    channels : {"shared", "joint"}, default "shared"
        For a DataFrame with one column a channel. "shared": one network of one channel, trained on the
        windows of all, forecasts each from its own past. "joint": one network reads all channels at each step
        and forecasts all. Either way each has transforms, level and scale of its own.
    hidden_size : int, default 32
        Units in each recurrent layer.
    num_layers : int, default 1
        Recurrent layers, each reading the one below; 1 to 7 are tested.
    bidirectional : bool, default False
        Read the look-back in both directions, with twice the weights (Schuster & Paliwal, 1997); for
        "direct".
    residual : bool, default False
        Add a layer's input to its output, from the second layer on (He et al., 2016).
    dilation : int, default 1
        Layer l = 0, 1, ... recurs over ``dilation**l`` steps (Chang et al., 2017), so the first layer never
        skips any; 1 for "seq2seq" and "parallel".
    patch_size : int, default 1
        Values of the look-back, of each channel, that the network reads at a step, through a dense layer with
        max(0, .) if several, and with "seq2seq" and "parallel" forecasts at one (Lin et al., 2023).
        `lookback` must be a multiple, "auto" is rounded up to one. 1 for "recursive".
    dropout : float in [0, 1), default 0.0
        Probability of zeroing a layer's outputs, to the next layer and to the head, while training.
    teacher_forcing : float in [0, 1], default 0.5
        For "seq2seq": probability that a step of the horizon reads the true value before it while training,
        not the one forecast, at the first optimizer step; from there it falls linearly to 0 (scheduled
        sampling; Bengio et al., 2015).
    season_length : int, sequence of int, "auto" or None, default "auto"
        Steps in a season, or in each of several, such as the day's and the week's (24, 168). "auto": what the
        index suggests (12 for months, 24 and 168 for hours, ...) if the data show it
        (`tsrnn.training.transforms.seasonal_test`), at least one of several channels. None: no season.
    transform : "auto", None, or any of "log", "difference", "deseasonalize" in order, default "auto"
        Exactly invertible preparation. "auto", decided for each channel: "log" for a positive series that
        grows, and for every positive series of a panel; then "deseasonalize" if there is a season.
    normalize : {"window", "series", "robust", None}, default "window"
        What the network sees. "window": deviations from the last value of each window (from the mean of its
        last season, if a season is left in), in units of their size over the series; in a panel of the mean
        change within the window (`tsrnn.training.windows.Context` says how such windows weigh). "series":
        deviations from the mean in standard deviations; "robust": from the median in interquartile ranges /
        1.349.
    missing : {"error", "interpolate", "mask"}, default "error"
        What to do about NaN: refuse them; fill them linearly between neighbours inside the series given; or
        let the network know: it reads the last value and how old it is, and gaps are no targets.
    calendar : {None, "auto"}, default None
        "auto": hour, weekday and time of the year of each step are covariates known ahead, as smooth numbers
        (`tsrnn.timeseries.time_features`).
    time_step : bool, default False
        For irregular sampling: the network reads the time since the last value. Forecasts are of usual steps.
    embed_series : int, default 0
        Numbers, learned, that tell the network which of many series it reads; 0: none.
    loss : str, default "mae"
        Of points: "mae", mean absolute error (forecasts the median); "mse", mean squared error (the mean);
        "huber", Huber's with threshold 1. Of distributions, from which `predict` reads `level` and
        `quantiles` at once, and `sample_paths` draws: "quantile", 13 quantiles that never cross, for all
        shapes; "gaussian", normal; "student_t", with heavier tails; "negbin", negative binomial, for counts,
        which are divided by their series' mean whatever `normalize` says, and not transformed. Point
        forecasts are the median of "quantile", else the mean; of what was transformed by "log", the mean
        of logarithms comes back as a median. Not with "seq2seq".
    optimizer : {"adam", "sgd", "rmsprop"}, default "adam"
        Adam, stochastic gradient descent with momentum 0.9, or RMSProp.
    learning_rate : float or "auto", default "auto"
        "auto": 0.001 for batches of 32, growing with their square root.
    schedule : {"cosine", "constant", "plateau"}, default "cosine"
        Learning rate over training: down to 0 along half a cosine; constant; or halved after 5 evaluations
        without improvement.
    batch_size : int or "auto", default "auto"
        Windows in each optimizer step. "auto": 32, and up to 256 where there are many
        (`tsrnn.training.auto.settle`).
    sampling : {"windows", "series"}, default "windows"
        An epoch visits every window once, or draws as many, from each of several series with equal chances,
        so that long ones do not drown short ones.
    max_epochs, max_steps : int, None or (max_epochs) "auto", default "auto" and 1000
        Training ends after so many visits of every window, or so many optimizer steps, whichever is first.
        "auto": 50 visits, fewer with larger batches, but at least 10.
    early_stopping : bool, default False
        Hold back the end of the series, stop when the loss there no longer falls and keep the best weights.
        False trains on every window.
    validation_fraction : float in [0, 1), default 0.1
        Share of the series held back by `early_stopping`. With 0, or where less than half of the windows
        would be left, the training loss decides.
    n_iter_no_change : int, default 10
        Evaluations without improvement after which `early_stopping` stops. An evaluation closes every epoch,
        but at least 10 and at most 100 steps.
    clip_norm : float or None, default 1.0
        Longest gradient; longer ones are scaled down (Pascanu et al., 2013).
    clip_value : float or None, default None
        Largest entry of the gradient in size, after `clip_norm`.
    bptt : int or None, default None
        Steps the gradient is followed back through time (truncated backpropagation, Williams & Peng, 1990);
        states are still handed on over the whole look-back. None, or as many as the network reads: all.
    n_members : int, default 1
        Networks with seeds of their own; the forecast is their median.
    n_jobs : int or None, default None
        Threads for members, and for parts of large batches where there are fewer members, as in joblib; the
        result does not depend on it.
    dtype : {"float32", "float64"}, default "float32"
        Type of the network's numbers.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None, default None
        Seed. The same int gives the same bits; None gives another network each time.
    verbose : int, default 0
        1 shows a progress bar.
    warm_start : bool, default False
        Let `fit` continue from the weights of the last one, with its preparation, instead of starting afresh.
    alias : str, optional
        Name in tables and legends; default: the cell's.

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

    _gaps = ("error", "interpolate", "mask")
    _cells = RECURRENT
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
        fitted, _ = self._panel(), self._fitted_network()
        panel = attach(
            read_further(y, fitted, missing=self.missing),
            X,
            X_past,
            static,
            schema=fitted.schema,
            missing=self.missing,
            before=fitted,
        )
        self._remember(self._train(panel, continued=True), _renumbered(panel))
        return self

    def stream(self, X: Any = None, *, warm: bool = False) -> Stream:
        """Return a stream, which takes in one value after another in constant time.

        It starts from the zero state or, `warm`, where the training series ends; covariates known ahead, `X`
        (F,), are then those of the step after it.
        """
        panel, network = self._panel(), self._fitted_network()
        history = panel.single(0).arrays if warm else None
        return open_stream(network, self.thetas_, self.preprocessor_, history, X)

    @property
    def fitted_values_(self) -> Any:
        """One-step-ahead forecasts of the training series; nan where a full window is not yet known."""
        panel = self._panel()
        return panel.wrap_history(self._fitted_values(panel), self.label)

    @property
    def residuals_(self) -> Any:
        """Observed minus `fitted_values_`, nan in gaps; of a long table, in the column of the model."""
        panel = self._panel()
        return panel.wrap_history(panel.observed_values - self._fitted_values(panel), self.label)

    def _fitted_values(self, panel: Panel) -> np.ndarray:
        """Return one-step-ahead forecasts of each step of each series, (N, C)."""
        if "models_" in vars(self):
            flat = [find_model(self, key)._fitted_values(one) for key, one in panel.alone()]
            return join_columns(np.concatenate(flat)[:, 0], panel.arrays.offsets, panel.arrays.n_channels)
        found = fitted_values(self._trained, self._prepared(panel))
        if self.channels == "joint":
            return found
        return join_columns(found[:, 0], panel.arrays.offsets, panel.arrays.n_channels)

    def _time_covariates(self) -> dict[str, Any]:
        check_choice("calendar", self.calendar, (None, "auto"))
        check_choice("time_step", self.time_step, (False, True))
        return {"calendar": self.calendar, "time_step": self.time_step}

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        if self.scope == "local" and not panel.is_one:
            self._options()
            return super()._fit_panel(panel)
        continued = self.warm_start and self.__sklearn_is_fitted__()
        if continued:
            check_alike(panel.columns, self.panel_.columns)
        return self._train(panel, continued=continued)

    def _train(self, panel: Panel, *, continued: bool) -> dict[str, Any]:
        options = self._options()
        units = self._units(panel, self._keys_ if continued else panel.keys)
        n_threads = effective_n_jobs(options.n_jobs)
        seasons = self._seasons(units, panel, n_threads, fitted=continued)
        if continued:
            check_loss_continues(self.preprocessor_.loss, options.loss)
            preprocessor = self.preprocessor_._replace(loss=options.loss)
            check_same_width(units.n_channels, preprocessor.width, options.channels)
            prepared = preprocessor.prepare(units, seasons, n_threads)
        else:
            preprocessor, prepared = fit_preprocessor(
                units,
                options,
                seasons,
                panel.schema.n_categories,
                is_panel=not panel.is_single,
                n_threads=n_threads,
            )
        network = build_network(options, preprocessor)
        if continued:
            check_continues(network, options.n_members, self.thetas_)
        dataset = prepared.dataset._replace(by_series=options.sampling == "series")
        seed = seed_sequence(options.random_state)
        options = settle(options, len(dataset.split(0.0)[0]))
        done = train(network, dataset, options, seed, self.thetas_ if continued else None, self.verbose > 0)
        return {
            "preprocessor_": preprocessor,
            "network_": network,
            "thetas_": done.thetas,
            "history_": pd.DataFrame(done.history),
            "seed_": seed,
            "interrupted_": done.interrupted,
            "n_parameters_": network.n_parameters,
            "lookback_": preprocessor.shape.lookback,
            "season_length_": preprocessor.season_length,
            **{f"{name}_": getattr(options, name) for name in AUTOMATIC},
            "transform_": self._transforms_by_name(panel, preprocessor),
            "_prepared_": prepared,
            "_keys_": self._keys_ if continued else panel.keys,
        }

    def _options(self) -> SimpleNamespace:
        names = signature(RNNForecaster).parameters  # of a subclass some are fixed
        return check_options({name: getattr(self, name) for name in names}, self._cells)

    def _transforms_by_name(self, panel: Panel, preprocessor: Preprocessor) -> Any:
        """Return the transforms of the only series, or by what series and columns are called."""
        plan = preprocessor.channels.plan
        chains = [plan.chains[k] for k in plan.chain.tolist()]
        if panel.is_one:
            return chains[0]
        if panel.is_single and panel.columns is not None:
            return dict(zip(panel.columns, chains, strict=True))
        if preprocessor.width == 1:
            return dict(zip(panel.channel_names, chains, strict=False))
        C = preprocessor.width
        return {key: chains[C * s : C * (s + 1)] for s, key in enumerate(panel.ids)}

    def _units(self, panel: Panel, keys: pd.Index) -> SeriesArrays:
        """Return what the network reads one at a time: series, or with "shared" each of their channels.

        They are numbered as the series of `keys`, to which the preprocessor was fitted.
        """
        if self.loss == "negbin":
            check_counts(panel)
        panel = panel.with_places(keys)
        if self.channels == "joint":
            return panel.arrays
        return panel.arrays.split_channels(panel.channel_names)

    def _seasons(self, units: SeriesArrays, panel: Panel, n_threads: int, *, fitted: bool) -> Seasons:
        """Return the seasons of each channel, of series that the preprocessor knows none."""
        flat, offsets = split_columns(units.values, units.offsets)
        K = len(offsets) - 1
        new = np.repeat(units.places < 0, units.n_channels) if fitted else np.ones(K, bool)
        if new.all():
            return find_all_seasons(flat, offsets, panel.labels, self.season_length, n_threads)
        if not new.any():
            return Seasons(((),), np.zeros(K, np.int64))
        which = np.flatnonzero(new)
        rows, own = ragged_rows(offsets[which], np.diff(offsets)[which])
        series = which // panel.arrays.n_channels
        labels = panel.labels.until(series, panel.arrays.lengths[series])
        found = find_all_seasons(flat[rows], own, labels, self.season_length, n_threads)
        number = np.zeros(K, np.int64)
        number[which] = found.number
        return found._replace(number=number)

    def _prepared(self, panel: Panel) -> Prepared:
        """Return series as the network reads them; those that `fit` has seen are prepared already."""
        if panel is self.panel_:
            return self._prepared_
        n_threads = effective_n_jobs(self.n_jobs)
        units = self._units(panel, self._keys_)
        return self.preprocessor_.prepare(
            units, self._seasons(units, panel, n_threads, fitted=True), n_threads
        )

    @property
    def _trained(self) -> Trained:
        return Trained(self.network_, self.thetas_, self.preprocessor_.loss)

    def predict_from(
        self,
        panel: Panel,
        series: np.ndarray,
        sizes: np.ndarray,
        horizon: int,
        p: Sequence[float] | None = None,
    ) -> np.ndarray:
        """Forecast from B cutoffs at once; quantiles of a distribution one by one."""
        if "models_" in vars(self) or (p is not None and self.loss in DISTRIBUTIONS):
            return super().predict_from(panel, series, sizes, horizon, p)
        edges = np.flatnonzero(np.diff(np.cumsum(sizes) // _MOST_VALUES)) + 1
        blocks = [slice(a, b) for a, b in pairwise([0, *edges.tolist(), len(sizes)])]
        parts = (panel.until(series[block], sizes[block], horizon) for block in blocks)
        if p is None:
            return np.concatenate([self._predict_panel(part, horizon) for part in parts])
        return np.concatenate([self._predict_quantiles(part, horizon, p) for part in parts])

    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        if "models_" in vars(self):
            return super()._predict_panel(panel, horizon)
        forecasts = predict(self._trained, self._prepared(panel), horizon)
        return _by_series(forecasts[:, None], panel.n_series)[..., 0]

    def _predict_quantiles(
        self, panel: Panel, horizon: int, p: Sequence[float], conformal: str = "split"
    ) -> np.ndarray:
        if self.loss not in DISTRIBUTIONS:
            return super()._predict_quantiles(panel, horizon, p, conformal)
        if "models_" in vars(self):
            return for_each(self, panel, lambda model, one: model._predict_quantiles(one, horizon, p))
        mean = self._predict_panel(panel, horizon)[..., None]
        if not p:
            return mean
        rng = np.random.default_rng(self.seed_)
        bands = self._simulator().quantiles(self._prepared(panel), horizon, p, rng)
        return np.concatenate([mean, _by_series(bands, panel.n_series)], axis=3)

    def _draw_paths(self, panel: Panel, horizon: int, n: int, rng: np.random.Generator) -> np.ndarray:
        if self.loss not in DISTRIBUTIONS:
            return super()._draw_paths(panel, horizon, n, rng)
        if "models_" in vars(self):
            return for_each(self, panel, lambda model, one: model._draw_paths(one, horizon, n, rng))
        paths = self._simulator().paths(self._prepared(panel), horizon, n, rng)
        return _by_series(paths, panel.n_series)

    def _simulator(self) -> Simulator:
        return Simulator(self._trained, self._prepared_)

    def _sample(self, y: Any, n_windows: int) -> Batch:
        return self._prepared(self._panel(y)).dataset.sample(n_windows)

    def _latest(self, y: Any) -> tuple[np.ndarray, pd.Index]:
        panel = self._panel(y)
        dataset = self._prepared(panel).dataset
        if len(dataset.lengths) > 1:
            raise ValueError(
                f"The network is shared by {len(dataset.lengths)} series and reads one at a time; one "
                'look-back is needed. Fit one column, or channels="joint".'
            )
        patch, labels = dataset.shape.patch_size, panel.labels.of(0)[-self.lookback_ :]
        return dataset.inputs(dataset.latest()).x[:, 0], labels[patch - 1 :: patch]


def _by_series(values: np.ndarray, n_series: int) -> np.ndarray:
    """Return values (U, n, h, width) of what the network reads as those of each series, (S, h, C, n)."""
    U, n, h, width = values.shape
    parts = values.reshape(n_series, U // n_series, n, h, width)
    return parts.transpose(0, 3, 1, 4, 2).reshape(n_series, h, -1, n)


def _renumbered(panel: Panel) -> Panel:
    """Return a panel whose series are those that a model is fitted to."""
    return replace(panel, arrays=panel.arrays._replace(places=np.arange(panel.n_series)))
