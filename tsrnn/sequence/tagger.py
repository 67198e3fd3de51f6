"""Recurrent tagger, which predicts a label or a number for each step of a sequence."""

from types import SimpleNamespace
from typing import Any, Self

import numpy as np

from tsrnn.sequence.base import BaseSequenceEstimator, Targets
from tsrnn.sequence.dataset import Scaling
from tsrnn.sequence.formats import SequenceData, read_labels, read_values, read_weight
from tsrnn.sequence.labels import (
    class_factors,
    class_numbers,
    find_classes,
    given_classes,
    log_probabilities,
    refuse_balanced,
)
from tsrnn.sequence.parameters import TAGGER
from tsrnn.validation import with_parameters


@with_parameters(TAGGER)
class RNNTagger(BaseSequenceEstimator):
    """Predict a label, or a number, for each step of sequences with a recurrent neural network.

    A stack of recurrent layers reads each sequence, by default in both directions, so that the prediction of
    a step may depend on all others, and a dense head maps the state at each step to a number for each class,
    or to the predicted numbers. Sequences may differ in length; padding has no effect.

    `y` has the form of `X`: an array of shape (samples, steps), or a list with a target for each step of each
    sequence. Steps whose target is None or NaN are ignored. There may be several numbers at each step,
    (samples, steps, outputs).

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted, if steps have labels.
    history_ : pandas.DataFrame
        One row for each evaluation of the last fit: ``step``, ``loss``, ``gradient_norm`` and ``clipped``
        (share of steps) as means since the last one, ``validation_loss``, ``learning_rate``, ``seconds``; and
        ``member`` if many.
    n_parameters_ : int
        Trained numbers in each network.
    n_features_in_ : int
        Columns of a 2-D `X`, which are steps of a single feature; else features at each step.
    n_steps_in_ : int or None
        Columns of a 2-D `X`, which a later 2-D `X` must have, too; None for sequences in any other form.
    feature_names_in_ : ndarray of str
        Columns of `X`, or of each sequence, where these are DataFrames.
    interrupted_ : bool
        Whether Ctrl-C ended training early.

    See Also
    --------
    RNNClassifier, RNNRegressor : One target for each sequence.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import RNNTagger
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.standard_normal(rng.integers(10, 30)) for _ in range(200)]
    >>> y = [np.where(x == x.max(), "peak", "other") for x in X]
    >>> model = RNNTagger(class_weight="balanced", random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    """

    _every_step = True
    classes_: np.ndarray
    target_scaling_: Scaling
    target_ndim_: int

    def __init__(
        self,
        cell: str = "gru",
        *,
        hidden_size: int = 32,
        num_layers: int = 1,
        bidirectional: bool = True,
        residual: bool = False,
        dilation: int = 1,
        dropout: float = 0.0,
        normalize: str | None = "series",
        loss: str = "cross_entropy",
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        schedule: str = "cosine",
        batch_size: int = 32,
        max_epochs: int | None = 200,
        max_steps: int | None = 2000,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        class_weight: Any = None,
        n_members: int = 1,
        n_jobs: int | None = None,
        dtype: str = "float32",
        random_state: Any = None,
        verbose: int = 0,
        warm_start: bool = False,
    ) -> None:
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.residual = residual
        self.dilation = dilation
        self.dropout = dropout
        self.normalize = normalize
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.max_steps = max_steps
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.class_weight = class_weight
        self.n_members = n_members
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    def predict(self, X: Any) -> Any:
        """Predict the most probable label, or the numbers, of each step.

        Parameters
        ----------
        X : as for `fit`

        Returns
        -------
        ndarray of shape (samples, steps) or (samples, steps, outputs), or list of ndarray
            A list of one array for each sequence if `X` is a list.
        """
        self = self._snapshot()
        data, values = self._predict_rows(X)
        if "classes_" in vars(self):
            return _in_form(self.classes_[values.argmax(axis=1)], data)
        return _in_form(values if self.target_ndim_ == 2 else values[:, 0], data)

    def predict_proba(self, X: Any) -> Any:
        """Predict the probability of each label at each step, in the order of `classes_`.

        Returns
        -------
        ndarray of shape (samples, steps, classes), or list of ndarray of shape (steps, classes)
        """
        self = self._snapshot()
        data, values = self._predict_rows(X)
        if "classes_" not in vars(self):
            raise AttributeError("A tagger fitted to numbers has no probabilities. Call predict.")
        return _in_form(np.exp(values), data)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of labelled steps whose label is right, or R² over the steps that have numbers."""
        from sklearn.metrics import r2_score  # slow to import

        self = self._snapshot()
        data, values = self._predict_rows(X)
        weight = np.repeat(read_weight(sample_weight, len(data.lengths)), data.lengths)
        if "classes_" in vars(self):
            labels, known = read_labels(y, data.lengths)
            right = self.classes_[values.argmax(axis=1)][known] == labels[known]
            return float(np.average(right, weights=weight[known]))
        target = read_values(y, data.lengths)[0]
        shares = []
        for truth, predicted in zip(target.T, values.T, strict=True):
            known = ~np.isnan(truth)
            shares.append(r2_score(truth[known], predicted[known], sample_weight=weight[known]))
        return float(np.mean(shares))

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch with a constant learning rate, continuing earlier training.

        The first call sets the scaling. If a call fails, the tagger is unchanged.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array-like, optional
            All labels that will ever come; needed at the first call, if there are labels.

        Returns
        -------
        self
        """
        if self._has_labels:
            refuse_balanced(self.class_weight)
            classes = given_classes(classes, self)
        return self._fit_partially(X, y, sample_weight, classes)

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags: neither classifier nor regressor, as `y` has a target for each step.

        For the same reason scikit-learn's common checks cannot run: their `y` has one target for each sample.
        """
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags

    @property
    def _has_labels(self) -> bool:
        return self.loss == "cross_entropy"

    def _predict_rows(self, X: Any) -> tuple[SequenceData, np.ndarray]:
        """Return the checked data, and log probabilities or predicted numbers for each of its rows."""
        data, outputs = self._run_network(X)
        if "classes_" in vars(self):
            return data, log_probabilities(outputs)
        return data, self.target_scaling_.undo(np.median(outputs, axis=0))

    def _encode(self, y: Any, data: SequenceData, weight: np.ndarray, options: SimpleNamespace) -> Targets:
        weight = np.repeat(weight, data.lengths)
        if self._has_labels:
            return self._encode_labels(*read_labels(y, data.lengths), weight, options)
        values, ndim = read_values(y, data.lengths)
        scaling = self.target_scaling_ if options.resume else Scaling.fit(values, weight)
        fitted = {"target_scaling_": scaling, "target_ndim_": ndim}
        return Targets(scaling.apply(values, "float64"), weight, values.shape[1], options.loss, fitted)

    def _encode_labels(
        self, labels: np.ndarray, known: np.ndarray, weight: np.ndarray, options: SimpleNamespace
    ) -> Targets:
        known = known & (weight > 0)
        classes = find_classes(labels[known]) if options.classes is None else options.classes
        numbers = class_numbers(labels[known], classes)
        factors = class_factors(self.class_weight, numbers, weight[known], classes)
        values, weights = np.full((len(labels), 1), np.nan), np.zeros(len(labels))
        values[known, 0] = numbers
        weights[known] = weight[known] * factors[numbers]
        return Targets(values, weights, len(classes), options.loss, {"classes_": classes})


def _in_form(rows: np.ndarray, data: SequenceData) -> Any:
    """Return values of rows in the form of `X`: a list of arrays, or one array."""
    if data.is_list:
        return np.split(rows, np.cumsum(data.lengths)[:-1])
    return rows.reshape(len(data.lengths), -1, *rows.shape[1:])
