"""Recurrent classifier of whole sequences."""

from types import SimpleNamespace
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin

from tsrnn.sequence.base import BaseSequenceEstimator, Targets
from tsrnn.sequence.formats import SequenceData, read_one_label_each
from tsrnn.sequence.labels import (
    class_factors,
    class_numbers,
    find_classes,
    given_classes,
    log_probabilities,
    refuse_balanced,
)
from tsrnn.sequence.parameters import CLASSIFIER
from tsrnn.validation import with_parameters


@with_parameters(CLASSIFIER)
class RNNClassifier(ClassifierMixin, BaseSequenceEstimator):
    """Predict labels of whole sequences with a recurrent neural network.

    A stack of recurrent layers reads each sequence, a dense head maps its last state, or the mean of all
    states, to a number for each class, and the softmax of these numbers is trained to be the probabilities.
    Sequences may differ in length; padding has no effect. A scikit-learn estimator: it works in pipelines,
    searches and cross-validation.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted.
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
    RNNRegressor : Numbers for whole sequences.
    RNNTagger : Labels or numbers at each step.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.standard_normal(rng.integers(10, 30)).cumsum() for _ in range(200)]
    >>> y = ["up" if x[-1] > x[0] else "down" for x in X]
    >>> model = RNNClassifier(random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    >>> model.classes_, model.predict_proba(X[150:]).shape
    (array(['down', 'up'], dtype='<U4'), (50, 2))
    """

    classes_: np.ndarray

    def __init__(
        self,
        cell: str = "gru",
        *,
        hidden_size: int = 32,
        num_layers: int = 1,
        bidirectional: bool = False,
        residual: bool = False,
        dilation: int = 1,
        patch_size: int = 1,
        pooling: str = "last",
        dropout: float = 0.0,
        normalize: str | None = "series",
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
        self.patch_size = patch_size
        self.pooling = pooling
        self.dropout = dropout
        self.normalize = normalize
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

    def predict(self, X: Any) -> np.ndarray:
        """Predict the most probable label of each sequence.

        Parameters
        ----------
        X : as for `fit`

        Returns
        -------
        ndarray of shape (samples,)
        """
        self = self._snapshot()
        numbers = self.predict_log_proba(X).argmax(axis=1)
        return self.classes_[numbers]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the probability of each class, in the order of `classes_`: (samples, classes)."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict the logarithm of the probability of each class: (samples, classes)."""
        self = self._snapshot()
        _, outputs = self._run_network(X)
        return log_probabilities(outputs)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch with a constant learning rate, continuing earlier training.

        The first call sets the scaling. If a call fails, the classifier is unchanged.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`
        classes : array-like, optional
            All labels that will ever come; needed at the first call.

        Returns
        -------
        self
        """
        refuse_balanced(self.class_weight)
        return self._fit_partially(X, y, sample_weight, given_classes(classes, self))

    def _encode(self, y: Any, data: SequenceData, weight: np.ndarray, options: SimpleNamespace) -> Targets:
        labels = read_one_label_each(y, len(data.lengths))
        known, numbers = weight > 0, np.zeros(len(labels), np.int64)
        classes = find_classes(labels[known]) if options.classes is None else options.classes
        numbers[known] = class_numbers(labels[known], classes)
        factors = class_factors(self.class_weight, numbers, weight, classes)
        return Targets(
            numbers[:, None],
            weight * factors[numbers],
            len(classes),
            "cross_entropy",
            {"classes_": classes},
            numbers,
        )
