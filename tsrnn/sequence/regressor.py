"""Recurrent regressor of whole sequences."""

from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from tsrnn.sequence.base import BaseSequenceEstimator, Targets
from tsrnn.sequence.dataset import Scaling
from tsrnn.sequence.formats import SequenceData, check_same_number


class RNNRegressor(RegressorMixin, BaseSequenceEstimator):
    """Predict numbers from whole sequences with a recurrent neural network.

    A stack of recurrent layers reads each sequence, and a dense head maps its last state, or the mean of all
    states, to one number or several. Sequences may differ in length; padding has no effect. Targets are
    standardised internally. A scikit-learn estimator: it works in pipelines, searches and cross-validation.

    Parameters
    ----------
    cell : str, default "gru"
        Mathematics of one step, as for `tsrnn.RNNForecaster`: "gru", "gru_reset_before", "lstm",
        "lstm_peephole", "rnn", "rnn_relu", "irnn" or "jordan".
    hidden_size : int, default 32
        Units in each recurrent layer, in each direction.
    num_layers : int, default 1
        Recurrent layers, each reading the one below.
    bidirectional : bool, default False
        Read the sequences in both directions, with twice the weights (Schuster & Paliwal, 1997).
    residual : bool, default False
        Add a layer's input to its output, from the second layer on (He et al., 2016).
    dilation : int, default 1
        Layer l = 0, 1, ... recurs over ``dilation**l`` steps (Chang et al., 2017).
    patch_size : int, default 1
        Steps that the network reads at once, through a dense layer with max(0, .) if several. Where a
        sequence ends inside a patch, zeros fill it up, after `normalize`.
    pooling : {"last", "mean"}, default "last"
        What is read of the top layer: its last state in each direction, or the mean over all steps.
    dropout : float in [0, 1), default 0.0
        Probability of zeroing a layer's outputs, to the next layer and to the head, while training.
    normalize : {"series", None}, default "series"
        What the network sees of each feature: deviations from its mean in standard deviations, both over all
        steps of the training sequences; or the numbers as they are.
    loss : {"mse", "mae", "huber"}, default "mse"
        Mean squared error (predicts the mean), mean absolute error (the median), Huber's with threshold 1, of
        targets in standard deviations.
    optimizer : {"adam", "sgd", "rmsprop"}, default "adam"
        Adam, stochastic gradient descent with momentum 0.9, or RMSProp.
    learning_rate : float, default 0.01
    schedule : {"cosine", "constant", "plateau"}, default "cosine"
        Learning rate over training: down to 0 along half a cosine; constant; or halved after 5 evaluations
        without improvement.
    batch_size : int, default 32
        Sequences in each optimizer step.
    max_epochs, max_steps : int or None, default 200 and 2000
        Training ends after so many visits of every sequence, or so many optimizer steps, whichever is first.
    early_stopping : bool, default False
        Hold back sequences drawn at random, stop when the loss on them no longer falls and keep the best
        weights. False trains on every sequence.
    validation_fraction : float in [0, 1), default 0.1
        Share of the sequences held back by `early_stopping`; with 0 the training loss decides.
    n_iter_no_change : int, default 10
        Evaluations without improvement after which `early_stopping` stops. An evaluation closes every epoch,
        but at least 10 and at most 100 steps.
    clip_norm : float or None, default 1.0
        Longest gradient; longer ones are scaled down (Pascanu et al., 2013).
    clip_value : float or None, default None
        Largest entry of the gradient in size, after `clip_norm`.
    n_members : int, default 1
        Networks with seeds of their own; the prediction is their median.
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
        Let `fit` continue from the weights of the last one, with its scaling, instead of starting afresh.

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

    _choices: ClassVar = {
        "loss": ("mse", "mae", "huber"),
        "pooling": ("last", "mean"),
        "normalize": ("series", None),
    }
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
