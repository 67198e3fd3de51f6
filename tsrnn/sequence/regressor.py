"""Recurrent regressor of whole sequences."""

from types import SimpleNamespace
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from tsrnn.sequence.base import BaseSequenceEstimator, Targets
from tsrnn.sequence.dataset import Scaling
from tsrnn.sequence.formats import SequenceData, check_same_number
from tsrnn.sequence.parameters import REGRESSOR
from tsrnn.validation import with_parameters


@with_parameters(REGRESSOR)
class RNNRegressor(RegressorMixin, BaseSequenceEstimator):
    """Predict numbers from whole sequences with a recurrent neural network.

    A stack of recurrent layers reads each sequence, and a dense head maps its last state, or the mean of all
    states, to one number or several. Sequences may differ in length; padding has no effect. Targets are
    standardised internally. A scikit-learn estimator: it works in pipelines, searches and cross-validation.

    Attributes
    ----------
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
    RNNClassifier : Labels of whole sequences.
    RNNTagger : Labels or numbers at each step.

    Examples
    --------
    >>> import numpy as np
    >>> from tsrnn import RNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.standard_normal(rng.integers(5, 20)) for _ in range(200)]
    >>> y = [x.max() for x in X]
    >>> model = RNNRegressor(random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.8
    True
    """

    target_scaling_: Scaling
    target_ndim_: int

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
        loss: str = "mse",
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
        self.n_members = n_members
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    def predict(self, X: Any) -> np.ndarray:
        """Predict a number, or a row of them, for each sequence.

        Parameters
        ----------
        X : as for `fit`

        Returns
        -------
        ndarray of float64, of shape (samples,) or (samples, outputs), as `y` was
        """
        self = self._snapshot()
        _, outputs = self._run_network(X)
        values = self.target_scaling_.undo(np.median(outputs, axis=0))
        return values if self.target_ndim_ == 2 else values[:, 0]

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch with a constant learning rate, continuing earlier training.

        The first call sets the scaling. If a call fails, the regressor is unchanged.

        Parameters
        ----------
        X, y, sample_weight : as for `fit`

        Returns
        -------
        self
        """
        return self._fit_partially(X, y, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _encode(self, y: Any, data: SequenceData, weight: np.ndarray, options: SimpleNamespace) -> Targets:
        values = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y", estimator=self)
        if values.ndim not in (1, 2):
            raise ValueError(f"`y` must have shape (samples,) or (samples, outputs); got {values.shape}.")
        check_same_number(len(values), len(data.lengths))
        columns = values.reshape(len(values), -1)
        scaling = self.target_scaling_ if options.resume else Scaling.fit(columns, weight)
        return Targets(
            scaling.apply(columns, "float64"),
            weight,
            columns.shape[1],
            options.loss,
            {"target_scaling_": scaling, "target_ndim_": values.ndim},
        )
