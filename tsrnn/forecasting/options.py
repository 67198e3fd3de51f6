"""The network that the parameters of a recurrent forecaster describe."""

from math import ceil
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.kernels.losses import N_PARAMETERS
from tsrnn.network import Network
from tsrnn.training.preprocessor import Preprocessor
from tsrnn.validation import check_fits, counted

_in_use: WeakValueDictionary[Any, Network] = WeakValueDictionary()
_LOW_RATE = 0.1  # of the first training's, which would undo what that has learnt
_DECODERS = {"seq2seq": "sequential", "parallel": "parallel"}


def resolve_options(options: SimpleNamespace) -> SimpleNamespace:
    """Return checked parameters with what follows from them.

    ``n_decoded`` is added, the patches that cover the horizon with "seq2seq" and "parallel", else 0. Counts
    are left as they are but for their mean.
    """
    resolved = SimpleNamespace(**vars(options))
    decodes = options.strategy in _DECODERS
    resolved.n_decoded = ceil(options.horizon / options.patch_size) if decodes else 0
    if options.loss == "negbin":
        resolved.transform = resolved.normalize = None
    return resolved


def few_steps(settled: SimpleNamespace, n_steps: int) -> SimpleNamespace:
    """Return settled options for a few more steps of training, at a tenth of the learning rate."""
    return SimpleNamespace(
        **vars(settled)
        | {
            "learning_rate": settled.learning_rate * _LOW_RATE,
            "schedule": "constant",
            "max_steps": n_steps,
            "max_epochs": None,
            "early_stopping": False,
            "teacher_forcing": 0.0,  # where training ends
        }
    )


def check_loss_continues(before: str, after: str) -> None:
    """Refuse to go on training with outputs that mean something else."""
    if before != after and (before in DISTRIBUTIONS or after in DISTRIBUTIONS):
        raise ValueError(
            f"Training can only continue with the same network: the outputs of one with loss={before!r} mean "
            f"something else than with {after!r}. Set warm_start=False."
        )


def _network(*sizes: Any, **options: Any) -> Network:
    """Return the equal network that is in use, or a new one: it holds no weights and takes time to build."""
    key = sizes, tuple(options.items())
    network = _in_use.get(key)
    if network is None:
        network = _in_use[key] = Network(*sizes, **options)
    return network


def _check_size(options: SimpleNamespace, lookback: int) -> None:
    """Refuse networks that would not fit into memory: their weights with those of training, and a batch."""
    units, layers = options.hidden_size, options.num_layers
    weights = 4 * units * (units * layers + options.horizon)  # of a cell with four gates
    batch = options.batch_size if options.batch_size != "auto" else 32
    steps = min(batch, 10_000) * lookback * (units * layers * 6 + 1)
    check_fits(
        f"Training of {counted(options.n_members, 'network')} with {counted(layers, 'layer')} of "
        f"{counted(units, 'unit')}, look-back {lookback:,} and horizon {options.horizon:,},",
        4.0 * (5 * weights * options.n_members + steps),
        "Lower num_layers, hidden_size, lookback, horizon or n_members.",
    )


def build_network(options: SimpleNamespace, preprocessor: Preprocessor) -> Network:
    """Return the network that checked options describe, for what a preprocessor feeds it."""
    width = preprocessor.width
    _check_size(options, preprocessor.shape.lookback)
    n_outputs = {"direct": options.horizon, "recursive": 1} | dict.fromkeys(_DECODERS, options.patch_size)
    n_outputs["direct"] = options.patch_size if preprocessor.shape.has_future else options.horizon
    return _network(
        options.cell,
        preprocessor.n_inputs,
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
        categories=preprocessor.categories,
        n_future=preprocessor.n_known if options.n_decoded else 0,
        dtype=options.dtype,
    )
