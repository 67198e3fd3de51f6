"""The parameters of `RNNForecaster`: which are accepted, alone and together, and the network they make."""

from math import ceil, inf
from types import SimpleNamespace
from typing import Any

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.kernels.cells import RECURRENT
from tsrnn.kernels.losses import N_PARAMETERS
from tsrnn.kernels.optimizers import OPTIMIZERS
from tsrnn.network import Network
from tsrnn.training.auto import AUTOMATIC
from tsrnn.training.loop import SCHEDULES
from tsrnn.training.preprocessor import Pipeline
from tsrnn.validation import check_choice, check_number, check_positive_integer

SHARED_CHOICES = {
    "cell": RECURRENT,
    "bidirectional": (False, True),
    "residual": (False, True),
    "optimizer": tuple(OPTIMIZERS),
    "schedule": SCHEDULES,
    "dtype": ("float32", "float64"),
}
CHOICES = SHARED_CHOICES | {
    "strategy": ("direct", "recursive", "seq2seq", "parallel"),
    "scope": ("global", "local"),
    "channels": ("joint", "shared"),
    "calendar": (None, "auto"),
    "time_step": (False, True),
    "sampling": ("windows", "series"),
    "normalize": ("window", "series", "robust", None),
    "loss": ("mae", "mse", "huber", *DISTRIBUTIONS),
}
_COUNTS = {
    "horizon": "steps",
    "hidden_size": "units",
    "num_layers": "layers",
    "embedding_size": "numbers",
    "dilation": "steps",
    "patch_size": "values",
    "batch_size": "samples",
    "n_iter_no_change": "evaluations",
    "n_members": "networks",
}
_LIMITS = {"max_epochs": "epochs", "max_steps": "steps", "bptt": "steps"}
_POSITIVE = ("learning_rate", "clip_norm", "clip_value")
_SHARES = ("dropout", "validation_fraction")
_DECODERS = {"seq2seq": "sequential", "parallel": "parallel"}
_NONE_ALLOWED = (*_LIMITS, "clip_norm", "clip_value")


def check_options(parameters: dict[str, Any], cells: tuple[str, ...] = RECURRENT) -> SimpleNamespace:
    """Return parameters by name, with counts as int and numbers as float: kernels compile for each type.

    What is not given, but follows: ``n_decoded``, the patches that cover the horizon with "seq2seq" and
    "parallel", else 0.

    Raises
    ------
    ValueError
        For one that is not accepted, or not together with another.
    """
    automatic = {name: "auto" for name in AUTOMATIC if str(parameters[name]) == "auto"}
    options = check_each(parameters | dict.fromkeys(automatic, 1), CHOICES | {"cell": cells})
    vars(options).update(automatic)
    options.embed_series = check_positive_integer("embed_series", options.embed_series, "numbers", 0)
    if options.lookback != "auto":
        options.lookback = check_positive_integer("lookback", options.lookback, 'steps, or "auto"')
    _check_together(options)
    _check_loss(options)
    decodes = options.strategy in _DECODERS
    options.n_decoded = ceil(options.horizon / options.patch_size) if decodes else 0
    return options


def check_each(parameters: dict[str, Any], choices: dict[str, tuple[Any, ...]]) -> SimpleNamespace:
    """Return parameters of any trained estimator, each checked by itself, as `check_options` does."""
    options = SimpleNamespace(**parameters)
    for name, known in choices.items():
        if name in parameters:
            check_choice(name, parameters[name], known)
    for name in (*_COUNTS, *_LIMITS, *_POSITIVE, *_SHARES, "teacher_forcing"):
        if name in parameters and not (parameters[name] is None and name in _NONE_ALLOWED):
            setattr(options, name, _as_plain_number(name, parameters[name]))
    if options.max_epochs is None and options.max_steps is None:
        raise ValueError("`max_epochs` and `max_steps` are both None: training would never end. Set one.")
    return options


def _as_plain_number(name: str, value: Any) -> int | float:
    if name in _POSITIVE:
        return check_number(name, value, 0, inf, open_low=True)
    if name in _SHARES:
        return check_number(name, value, 0, 1)
    if name == "teacher_forcing":
        return check_number(name, value, 0, 1, closed_high=True)
    return check_positive_integer(name, value, (_COUNTS | _LIMITS)[name])


def _check_together(options: SimpleNamespace) -> None:
    if options.strategy == "recursive" and options.bidirectional:
        raise ValueError(
            'strategy="recursive" forecasts each value of a window from those before it; bidirectional=True '
            'would let the network see it. Set bidirectional=False or strategy="direct".'
        )
    if options.strategy == "recursive" and options.patch_size > 1:
        raise ValueError(
            'strategy="recursive" reads and forecasts one value at a step; '
            f"patch_size={options.patch_size} would make it read {options.patch_size} that it has yet to "
            'forecast. Set patch_size=1, or strategy="direct", "seq2seq" or "parallel".'
        )
    if options.scope == "local" and options.warm_start:
        raise ValueError(
            'warm_start=True goes on with one network; with scope="local" each series has its own. '
            "Set warm_start=False, or go on with one of them: models_[key].update(y)."
        )
    if options.bptt is not None and options.bidirectional:
        raise ValueError(
            f"bptt={options.bptt} cuts the look-back where states are handed on, which those of the reverse "
            "direction are not. Set bptt=None or bidirectional=False."
        )
    if options.lookback != "auto" and options.lookback % options.patch_size:
        longer = ceil(options.lookback / options.patch_size) * options.patch_size
        raise ValueError(
            f"`lookback` must be a multiple of patch_size={options.patch_size}, because the network reads "
            f'whole patches; got {options.lookback}. Set lookback={longer} or "auto".'
        )


def _check_loss(options: SimpleNamespace) -> None:
    """Refuse what a distribution does not go with, and leave counts as they are but for their mean."""
    if options.strategy == "seq2seq" and options.loss in DISTRIBUTIONS:
        raise ValueError(
            f'strategy="seq2seq" feeds its forecasts back in training; with loss={options.loss!r} they are '
            'no values but a distribution. Use strategy="parallel", "direct" or "recursive", or '
            'loss="mae", "mse" or "huber".'
        )
    if options.loss == "negbin":
        if options.transform not in ("auto", None, [], ()):
            raise ValueError(
                f'loss="negbin" is for counts, which transform={options.transform!r} would turn into other '
                'numbers. Leave transform="auto" or None, or use loss="quantile".'
            )
        options.transform = options.normalize = None


def check_loss_continues(before: str, after: str) -> None:
    """Refuse to go on training with outputs that mean something else."""
    if before != after and (before in DISTRIBUTIONS or after in DISTRIBUTIONS):
        raise ValueError(
            f"Training can only continue with the same network: the outputs of one with loss={before!r} mean "
            f"something else than with {after!r}. Set warm_start=False."
        )


def build_network(options: SimpleNamespace, pipeline: Pipeline) -> Network:
    """Return the network that checked options describe, for what a pipeline feeds it."""
    width = pipeline.width
    n_outputs = {"direct": options.horizon, "recursive": 1} | dict.fromkeys(_DECODERS, options.patch_size)
    n_outputs["direct"] = options.patch_size if pipeline.goes_on else options.horizon
    return Network(
        options.cell,
        pipeline.n_inputs,
        options.hidden_size,
        options.num_layers,
        n_outputs[options.strategy] * width * N_PARAMETERS.get(options.loss, 1),
        dropout=options.dropout,
        bidirectional=options.bidirectional,
        residual=options.residual,
        dilation=options.dilation,
        embedding=options.patch_size > 1,
        n_decoded=options.n_decoded,
        decoder=_DECODERS.get(options.strategy, "parallel"),
        categories=pipeline.categories,
        n_future=pipeline.n_known if options.n_decoded else 0,
        dtype=options.dtype,
    )
