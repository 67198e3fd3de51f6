"""Base class of sequence estimators: input checks, scaling, training and running of the network."""

from types import SimpleNamespace
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsrnn.forecasting.inspection import WeightsMixin
from tsrnn.network import Network
from tsrnn.sequence.dataset import Examples, Scaling, Sequences, validation_split
from tsrnn.sequence.formats import SequenceData, read_sequences, read_weight
from tsrnn.training.ensemble import OptimizerState, check_continues, history, start_runs
from tsrnn.training.loop import Run, train_all
from tsrnn.validation import ParametersMixin, seed_sequence

_NOTED = ("n_features_in_", "n_steps_in_", "feature_names_in_")


class Targets(NamedTuple):
    """Targets of a fit, encoded by `BaseSequenceEstimator._encode`.

    Attributes
    ----------
    values : ndarray of float64
        (n, n_targets), or (rows, n_targets) with one row for each step; nan where missing.
    weight : ndarray of shape (n,) or (rows,)
    n_outputs : int
        Number of outputs of the network.
    loss : str
    fitted : dict
        Fitted attributes that the targets determine.
    classes : ndarray of shape (n,), or None
        Numbers of the samples' classes, for a stratified split.
    """

    values: np.ndarray
    weight: np.ndarray
    n_outputs: int
    loss: str
    fitted: dict[str, Any]
    classes: np.ndarray | None = None


class BaseSequenceEstimator(ParametersMixin, WeightsMixin, BaseEstimator):
    """Base class of sequence estimators; subclasses implement `_encode`, which encodes targets."""

    _every_step = False

    random_state: Any
    verbose: int
    warm_start: bool
    n_jobs: int | None
    network_: Network
    thetas_: np.ndarray
    scaling_: Scaling
    optimizer_states_: list[OptimizerState]

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on sequences, from new weights unless `warm_start`.

        Parameters
        ----------
        X : array-like of shape (samples, steps) or (samples, steps, features), or list of sequences
            A sequence in a list is an array, list or Series of shape (steps,), or an array or DataFrame of
            shape (steps, features); lengths may differ. Nested lists of equal length are treated as an array.
        y : array-like
            Targets, of the shape documented in the class.
        sample_weight : array-like of shape (samples,), optional
            Weight of each sequence in the loss; with 0 it has no effect at all.

        Returns
        -------
        self
            If fitting fails, the estimator is left unfitted.

        Raises
        ------
        TypeError, ValueError
            If the data or a parameter cannot be used.
        """
        work = self._snapshot()  # scikit-learn notes on it what comes in
        try:
            options = work._options(resume=self.warm_start and self.__sklearn_is_fitted__())
            fitted = work._train(X, y, sample_weight, options)
            noted = {name: value for name, value in vars(work).items() if name in _NOTED}
            self._remember(noted | fitted)
        except BaseException:
            self._remember({})
            raise
        return self

    def _fit_partially(self, X: Any, y: Any, sample_weight: Any, classes: np.ndarray | None = None) -> Self:
        """Train for one epoch, continuing from the present weights and optimizer state."""
        work = self._snapshot()
        resume = work.__sklearn_is_fitted__()
        options = work._options(resume=resume)
        options.max_epochs, options.max_steps, options.early_stopping = 1, None, False
        options.schedule, options.continues, options.classes = "constant", resume, classes
        fitted = work._train(X, y, sample_weight, options)
        self._remember({name: value for name, value in vars(work).items() if name.endswith("_")} | fitted)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return "network_" in vars(self)

    def _options(self, *, resume: bool) -> SimpleNamespace:
        """Return the parameters, checked, and options of a continued training.

        ``resume``: start from the present weights and scaling. ``continues``: also from the state of the
        optimizer and random generator. ``classes``: None if they are taken from the data.
        """
        checked = self._check_parameters()
        options = SimpleNamespace(**{"patch_size": 1, "pooling": "last"} | vars(checked))
        options.resume, options.continues = resume, False
        options.classes = getattr(self, "classes_", None) if resume else None
        return options

    def _train(self, X: Any, y: Any, sample_weight: Any, options: SimpleNamespace) -> dict[str, Any]:
        """Return the attributes of the fitted estimator."""
        if y is None:
            name = type(self).__name__
            raise ValueError(f"{name} requires y to be passed, but the target y is None. Pass targets.")
        data = read_sequences(self, X, reset=not options.resume)
        weight = read_weight(sample_weight, len(data.lengths))
        targets = self._encode(y, data, weight, options)
        options.loss = targets.loss
        if options.resume:
            scaling = self.scaling_
        elif options.normalize is None:
            scaling = Scaling.none(data.values.shape[1])
        else:
            scaling = Scaling.fit(data.values, np.repeat(weight, data.lengths))
        network = _build_network(options, data.values.shape[1], targets.n_outputs)
        examples = _examples(data, targets, scaling, options, self._every_step)
        del data  # keep only one copy of the data in training
        runs = self._runs(network, examples, targets, options)
        interrupted = train_all(runs, options.n_jobs, verbose=self.verbose > 0)
        return targets.fitted | {
            "network_": network,
            "thetas_": np.stack([run.theta for run in runs]),
            "scaling_": scaling,
            "optimizer_states_": [OptimizerState.of(run) for run in runs],
            "history_": pd.DataFrame(history(runs)),
            "interrupted_": interrupted,
            "n_parameters_": network.n_parameters,
        }

    def _runs(
        self, network: Network, examples: Examples, targets: Targets, options: SimpleNamespace
    ) -> list[Run]:
        *seeds, split_seed = seed_sequence(options.random_state).spawn(options.n_members + 1)
        items = np.flatnonzero(examples.totals)
        parts = (items, items[:0])
        if options.early_stopping:
            classes = None if targets.classes is None else targets.classes[items]
            training, validation = validation_split(
                items, options.validation_fraction, np.random.default_rng(split_seed), classes
            )
            order = np.argsort(examples.sequences.lengths[validation], kind="stable")
            parts = training, validation[order]
        rngs = [np.random.default_rng(seed) for seed in seeds]
        lengths = examples.sequences.lengths if np.ptp(examples.sequences.lengths) else None
        if not options.resume:
            return start_runs(network, examples, parts, options, rngs, lengths=lengths)
        check_continues(network, options.n_members, self.thetas_)
        if options.continues:
            rngs = [state.rng for state in self.optimizer_states_]
        runs = start_runs(network, examples, parts, options, rngs, self.thetas_, lengths)
        if options.continues:
            for run, state in zip(runs, self.optimizer_states_, strict=True):
                state.restore(run)
        return runs

    def _encode(self, y: Any, data: SequenceData, weight: np.ndarray, options: SimpleNamespace) -> Targets:
        raise NotImplementedError

    def _run_network(self, X: Any) -> tuple[SequenceData, np.ndarray]:
        """Return the checked data, and outputs (members, sequences or rows, n_outputs) of the networks."""
        check_is_fitted(self)
        data = read_sequences(self, X, reset=False)
        sequences = Sequences(self.scaling_.apply(data.values, str(self.network_.dtype)), data.lengths)
        sequences = sequences.in_patches(self.network_.n_inputs // data.values.shape[1])
        n = len(data.values) if self._every_step else len(data.lengths)
        outputs = np.empty((len(self.thetas_), n, self.network_.n_outputs))
        workspace = self.network_.workspace(effective_n_jobs(self.n_jobs))
        for items in sequences.batches():
            x, lengths, rows = sequences.gather(items)
            where, exists = items[None], np.ones((1, len(items)), bool)
            if self._every_step:
                where, exists = rows, np.arange(len(rows))[:, None] < sequences.lengths[items]
            first = 0 if self._every_step else -1
            for theta, output in zip(self.thetas_, outputs, strict=True):
                batch, _ = self.network_.forward(theta, x, first=first, lengths=lengths, workspace=workspace)
                output[where[exists]] = batch[exists]
        if not np.isfinite(outputs).all():
            raise ValueError(
                f"The states of cell={self.network_.cell_name!r} grew beyond all numbers. Give sequences "
                'like those of the fit, or fit with a cell whose states are bounded, such as "gru".'
            )
        return data, outputs


def _examples(
    data: SequenceData, targets: Targets, scaling: Scaling, options: SimpleNamespace, every_step: bool
) -> Examples:
    sequences = Sequences(scaling.apply(data.values, options.dtype), data.lengths)
    return Examples(
        sequences.in_patches(options.patch_size),
        targets.values.astype(options.dtype),
        targets.weight.astype(options.dtype),
        every_step,
    )


def _build_network(options: SimpleNamespace, n_features: int, n_outputs: int) -> Network:
    return Network(
        options.cell,
        n_features * options.patch_size,
        options.hidden_size,
        options.num_layers,
        n_outputs,
        dropout=options.dropout,
        bidirectional=options.bidirectional,
        residual=options.residual,
        dilation=options.dilation,
        embedding=options.patch_size > 1,
        pooling=options.pooling,
        dtype=options.dtype,
    )
