"""The parameters of `RNNGenerator`: which are accepted."""

from math import inf
from types import SimpleNamespace
from typing import Any

from tsrnn.kernels.cells import CELLS
from tsrnn.kernels.optimizers import OPTIMIZERS
from tsrnn.parameters import check_choice, check_number, check_positive_integer
from tsrnn.training import SCHEDULES

_CHOICES = {
    "cell": tuple(CELLS),
    "optimizer": tuple(OPTIMIZERS),
    "schedule": SCHEDULES,
    "dtype": ("float32", "float64"),
}
_COUNTS = {
    "hidden_size": "units",
    "num_layers": "layers",
    "embedding_size": "numbers",
    "bptt": "steps",
    "batch_size": "sequences",
    "max_epochs": "epochs",
    "max_steps": "steps",
    "n_iter_no_change": "evaluations",
}
_POSITIVE = ("learning_rate", "clip_norm", "clip_value")
_SHARES = ("dropout", "validation_fraction")
_NONE_ALLOWED = ("max_epochs", "max_steps", "clip_norm", "clip_value")


def check_generator_options(parameters: dict[str, Any]) -> SimpleNamespace:
    """Return parameters by name, with counts as int and numbers as float: kernels compile for each type.

    Raises
    ------
    ValueError
        For one that is not accepted.
    """
    options = SimpleNamespace(**parameters)
    for name, known in _CHOICES.items():
        check_choice(name, parameters[name], known)
    for name in (*_COUNTS, *_POSITIVE, *_SHARES):
        if parameters[name] is not None or name not in _NONE_ALLOWED:
            setattr(options, name, _as_plain_number(name, parameters[name]))
    if options.max_epochs is None and options.max_steps is None:
        raise ValueError("`max_epochs` and `max_steps` are both None: training would never end. Set one.")
    return options


def _as_plain_number(name: str, value: Any) -> int | float:
    if name in _COUNTS:
        return check_positive_integer(name, value, _COUNTS[name])
    if name in _POSITIVE:
        return check_number(name, value, 0, inf, open_low=True)
    return check_number(name, value, 0, 1)
