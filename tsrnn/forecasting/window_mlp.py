"""Time-delay neural network: dense layers over the look-back, without recurrence."""

from collections.abc import Sequence
from typing import Any, Literal

from tsrnn.forecasting.parameters import WINDOW_MLP
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.validation import with_parameters

__all__ = ["WindowMLP"]


@with_parameters(WINDOW_MLP)
class WindowMLP(RNNForecaster):
    """Forecast with dense layers that read the whole look-back at once: a time-delay neural network.

    The oldest neural rival of recurrent networks, and the control for what recurrence adds: everything else,
    from transforms to training, is that of `RNNForecaster` with ``strategy="direct"``. Layers of
    `hidden_size` units with max(0, .) lead from the `lookback` values of a window to the `horizon` forecasts.

    Attributes
    ----------
    history_, n_parameters_, lookback_, season_length_, transform_, normalize_, cutoff_, fitted_values_,
    residuals_
        As of `RNNForecaster`.

    Notes
    -----
    It forecasts from `y` alone; `RNNForecaster` uses covariates, too.

    References
    ----------
    Lang, Waibel & Hinton (1990), "A time-delay neural network architecture for isolated word recognition",
    Neural Networks 3(1); Zhang, Patuwo & Hu (1998), "Forecasting with artificial neural networks: the state
    of the art", International Journal of Forecasting 14(1), section 3.

    Examples
    --------
    >>> from tsrnn import datasets
    >>> y = datasets.load("airpassengers")
    >>> model = WindowMLP(horizon=12, max_steps=200, random_state=0).fit(y)
    >>> model.predict(3).round(-2).tolist()
    [500.0, 400.0, 500.0]
    >>> model.n_parameters_ == 32 * (36 + 1) + 12 * (32 + 1)  # from 36 months to 32 units, and on to 12
    True
    """

    is_baseline = True
    uses_covariates = False
    cell = "dense"
    strategy = "direct"
    bidirectional = False
    residual = False
    dilation = 1
    patch_size = 1
    teacher_forcing = 0.5
    calendar = None
    time_step = False
    embed_series = 0
    clip_value = None
    bptt = None

    def __init__(
        self,
        horizon: int = 1,
        lookback: int | Literal["auto"] = "auto",
        *,
        hidden_size: int = 32,
        num_layers: int = 1,
        dropout: float = 0.0,
        scope: str = "global",
        channels: str = "shared",
        season_length: int | Sequence[int] | Literal["auto"] | None = "auto",
        transform: str | Sequence[str] | None = "auto",
        normalize: str | None = "auto",
        missing: str = "error",
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
        self.horizon = horizon
        self.lookback = lookback
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.scope = scope
        self.channels = channels
        self.season_length = season_length
        self.transform = transform
        self.normalize = normalize
        self.missing = missing
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
        """Name in tables and legends: ``alias``, or the class's."""
        return self.alias or type(self).__name__
