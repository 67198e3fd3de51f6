"""Which values parameters accept, and the sentences that refuse others."""

from tsrnn.validation.checks import (
    N_JOBS,
    SEED,
    check_choice,
    check_fits,
    check_number,
    check_percent,
    check_positive_integer,
    counted,
    seed_sequence,
)
from tsrnn.validation.constraints import (
    Choice,
    Condition,
    Constraint,
    Either,
    Integer,
    Number,
    Several,
    is_number,
    is_whole,
)
from tsrnn.validation.parameters import (
    REQUIRED,
    Parameter,
    Parameters,
    ParametersMixin,
    Rule,
    with_parameters,
)

__all__ = [
    "N_JOBS",
    "REQUIRED",
    "SEED",
    "Choice",
    "Condition",
    "Constraint",
    "Either",
    "Integer",
    "Number",
    "Parameter",
    "Parameters",
    "ParametersMixin",
    "Rule",
    "Several",
    "check_choice",
    "check_fits",
    "check_number",
    "check_percent",
    "check_positive_integer",
    "counted",
    "is_number",
    "is_whole",
    "seed_sequence",
    "with_parameters",
]
