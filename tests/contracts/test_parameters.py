"""Every parameter of every estimator: its constraint, default and description are those of one table."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest

import tsrnn
from tsrnn.baselines import ARIMA, Naive
from tsrnn.baselines.parameters import Orders
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.sequence.base import BaseSequenceEstimator
from tsrnn.validation import REQUIRED, Choice, Either, Integer, Number, Several, with_parameters

ESTIMATORS = {
    name: kind
    for name in tsrnn.__all__
    if hasattr(kind := getattr(tsrnn, name), "fit") and inspect.isclass(kind)
}
every = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
each = pytest.mark.parametrize(
    ("estimator", "name"),
    [(kind, name) for kind in ESTIMATORS.values() for name in inspect.signature(kind).parameters],
    ids=lambda one: getattr(one, "__name__", one),
)
NEEDED = {
    "Combine": {"forecasters": [Naive()]},
    "RNNGenerator": {"max_epochs": 1},
}  # to try others one by one

# what constraints of a kind of their own accept, and what not
SPECIAL = {
    "str": (["", "my model"], [3, b"name"]),
    "float": ([0, -2.5, np.float32(0.5), np.int64(3)], [np.nan, True, "0.5", [0.5]]),
    "int": ([1, -1, np.int64(4)], [0, 1.5, "2"]),
    "int or bool": ([0, 1, 3, True, np.True_], [-1, 0.5, "yes"]),
    "int, numpy.random.Generator, numpy.random.RandomState": (
        [0, 7, np.uint32(7), np.random.default_rng(0), np.random.RandomState(0)],
        [-1, 0.5, "seed", np.random],
    ),
    "dict": ([{}, {"a": 2.0}], ["even", 3, [1.0]]),
    "forecaster": ([Naive(), ARIMA()], [3, Naive, "ETS"]),
    "list of forecasters": ([[Naive()], (Naive(), ARIMA())], [Naive(), "ETS"]),
}


def inside(constraint):
    """Values that are just about accepted."""
    if isinstance(constraint, Choice):
        return [*constraint.values, *(np.bool_(one) for one in constraint.values if isinstance(one, bool))]
    if isinstance(constraint, Integer):
        return [constraint.minimum, constraint.minimum + 1, np.int32(constraint.minimum), 10**6]
    if isinstance(constraint, Number):
        low, high = constraint.low, constraint.high
        limits = {"[": low, "]": high}
        return [
            np.nextafter(low, np.inf),
            np.nextafter(high, -np.inf),
            np.float32(min(low + 0.5, high - 0.25)),
            *(limits[bracket] for bracket in "[]" if bracket in constraint.interval),
        ]
    if isinstance(constraint, Several):
        return [[value] * n for value in inside(constraint.each) for n in (1, 2)]
    if isinstance(constraint, Orders):
        return [
            (0,) * (constraint.count - 1) + (2,),
            [0] * constraint.count,
            (np.int64(1), 2, 3, 12)[-constraint.count :],
        ]
    if isinstance(constraint, Either):
        return [value for one in constraint.alternatives for value in inside(one)]
    return SPECIAL[constraint.kind][0]


def outside(constraint):
    """Values that are just about refused, each with what the error is to ask for."""
    if isinstance(constraint, Choice):
        values = [f"{constraint.values[0]} ", 1, 0, object(), np.nan]
    elif isinstance(constraint, Integer):
        values = [
            constraint.minimum - 1,
            constraint.minimum + 0.5,
            float(constraint.minimum),
            True,
            "2",
            np.nan,
        ]
    elif isinstance(constraint, Number):
        low, high = constraint.low, constraint.high
        limits = {"(": low, ")": high}
        open_limits = [limits[bracket] for bracket in "()" if bracket in constraint.interval]
        values = [np.nextafter(low, -np.inf), *open_limits, np.nan, True, "0.5", [0.5]]
        values += [np.nextafter(high, np.inf)] if np.isfinite(high) else []
    elif isinstance(constraint, Several):
        return [([value], needed) for value, needed in outside(constraint.each) if np.ndim([value]) == 1]
    elif isinstance(constraint, Orders):
        count = constraint.count
        values = [(1,) * (count - 1), (1,) * (count + 1), (0,) * (count - 1) + (-1,), (1.0,) * count, 3, "no"]
    elif isinstance(constraint, Either):
        first, *others = constraint.alternatives
        return outside(first) + [pair for one in others if isinstance(one, Several) for pair in outside(one)]
    else:
        values = SPECIAL[constraint.kind][1]
    return [(value, constraint.needed) for value in values]


def fit(model):
    """Fit to something small that every estimator of its family takes."""
    if isinstance(model, BaseForecaster):
        return model.fit(np.arange(30.0))
    if isinstance(model, BaseSequenceEstimator):
        return model.fit([np.arange(3.0), np.arange(4.0)], ["a", "b"])
    return model.fit(["ab", "abc"])


@every
def test_each_parameter_has_a_row_with_the_default_of_the_signature(estimator):
    signature = inspect.signature(estimator).parameters
    for name, parameter in signature.items():
        default = REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
        row = estimator._parameters[name]
        assert type(row.default) is type(default)
        assert row.default == default
        assert default is REQUIRED or row.constraint.accepts(default)
    fixed = {name: row for name, row in estimator._parameters.items() if name not in signature}
    assert {name: getattr(estimator, name) for name in fixed} == {k: row.default for k, row in fixed.items()}


@every
def test_the_docstring_describes_each_parameter_as_the_table_does(estimator):
    doc = inspect.getdoc(estimator)
    sections = re.split(r"\n\n(?=[A-Z][A-Za-z ]+\n-{3,}\n)", doc)
    titles = [section.splitlines()[0] for section in sections[1:]]
    assert titles[0] == "Parameters"
    assert titles.count("Parameters") == 1
    assert titles[-1] == "Examples"
    entries = re.findall(r"^(\w+) : (.+?)(?:, default (.+))?\n((?:    .+\n?)+)", sections[1], re.MULTILINE)
    signature = inspect.signature(estimator).parameters
    assert [name for name, *_ in entries] == list(signature)
    for name, kind, default, text in entries:
        assert kind == estimator._parameters[name].constraint.kind
        if signature[name].default is not inspect.Parameter.empty:
            assert ast.literal_eval(default) == signature[name].default
        assert text.strip().endswith(".")
        assert max(map(len, text.splitlines())) <= 106  # and the indentation of a class


def types_of(hint):
    """The Python types of an annotation; a Literal counts as the type of its values."""
    if get_origin(hint) is Union or isinstance(hint, type(int | str)):
        return {one for part in get_args(hint) for one in types_of(part)}
    if get_origin(hint) is Literal:
        return set(map(type, get_args(hint)))
    return {None if hint is type(None) else hint}


def types_of_constraint(constraint):
    if isinstance(constraint, Either):
        return {one for part in constraint.alternatives for one in types_of_constraint(part)}
    if isinstance(constraint, Choice):
        return {None if value is None else type(value) for value in constraint.values}
    if isinstance(constraint, Several):
        return {Sequence[one] for one in types_of_constraint(constraint.each)}
    kinds = {"str": str, "int or bool": int, "list of forecasters": Sequence[Any]}
    return {kinds.get(constraint.kind) or {"i": int, "f": float, "t": tuple[int, ...]}[constraint.kind[0]]}


@each
def test_annotations_agree_with_constraints(estimator, name):
    hint = get_type_hints(estimator.__init__)[name]
    if hint is not Any:
        assert types_of(hint) == types_of_constraint(estimator._parameters[name].constraint)


@each
def test_values_just_inside_are_accepted(estimator, name):
    constraint = estimator._parameters[name].constraint
    for value in inside(constraint):
        model = estimator(**NEEDED.get(estimator.__name__, {}) | {name: value})
        checked = getattr(model._check_parameters(), name)
        assert not isinstance(checked, np.generic)
        assert checked is value or checked == value or checked == tuple(value)


@each
def test_values_just_outside_are_refused_in_one_sentence(estimator, name):
    row = estimator._parameters[name]
    assert outside(row.constraint)
    for value, needed in outside(row.constraint):
        arrived = value[0] if isinstance(value, list) and needed != row.constraint.needed else value
        model = estimator(**NEEDED.get(estimator.__name__, {}) | {name: value})
        with pytest.raises((ValueError, TypeError)) as error:
            fit(model)
        assert str(error.value).startswith(f"`{name}` must be {needed}; got {arrived!r}.")
        assert not model.__sklearn_is_fitted__()


BROKEN = {
    "end": ({"max_epochs": None, "max_steps": None}, "`max_epochs` and `max_steps` are both None"),
    "future": ({"strategy": "recursive", "bidirectional": True}, "would let the network see it"),
    "patches": ({"strategy": "recursive", "patch_size": 2}, "patch_size=2 would make it read 2"),
    "local": ({"scope": "local", "warm_start": True}, "goes on with one network"),
    "truncated": ({"bptt": 5, "bidirectional": True}, "^bptt=5 cuts the look-back"),
    "multiple": ({"lookback": 7, "patch_size": 3}, 'got 7. Set lookback=9 or "auto"'),
    "distribution": ({"strategy": "seq2seq", "loss": "gaussian"}, "with loss='gaussian' they are no values"),
    "counts": ({"loss": "negbin", "transform": "log"}, "transform='log' would turn into other numbers"),
}


@pytest.mark.parametrize(("settings", "message"), BROKEN.values(), ids=BROKEN)
def test_parameters_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        fit(tsrnn.RNNForecaster(**settings))


def test_all_rules_of_the_recurrent_forecaster_are_tried():
    table = tsrnn.RNNForecaster._parameters
    settings = {name: row.default for name, row in table.items()}
    broken = [
        {rule for rule in table.rules if rule.is_broken(_Options(settings | one))}
        for one, _ in BROKEN.values()
    ]
    assert all(len(rules) == 1 for rules in broken)
    assert set.union(*broken) == set(table.rules)
    assert not any(rule.is_broken(_Options(settings)) for rule in table.rules)


class _Options:
    def __init__(self, settings):
        vars(self).update(settings)


KINDS = {
    '{"adam", "sgd", "rmsprop"}': Choice("adam", "sgd", "rmsprop"),
    "bool": Choice(False, True),
    'bool or "auto"': Choice(True, False, "auto"),
    "float in [0, 1)": Number("[0, 1)"),
    'int, sequence of int, "auto" or None': Integer("steps")
    | Several(Integer("steps"), "int")
    | "auto"
    | None,
}


@pytest.mark.parametrize(("kind", "constraint"), KINDS.items(), ids=KINDS)
def test_constraints_are_described_as_docstrings_do(kind, constraint):
    assert constraint.kind == kind


def test_without_docstrings_the_package_imports():
    command = "import tsrnn; print(tsrnn.RNNForecaster.__doc__, tsrnn.Naive().fit([1, 2]).predict().tolist())"
    run = subprocess.run([sys.executable, "-OO", "-c", command], capture_output=True, text=True, check=True)
    assert run.stdout == "None [2.0]\n"


def test_a_section_is_indented_as_the_docstring_around_it():
    table = Naive._parameters

    def documented(doc):
        class Own:
            __doc__ = doc

            def __init__(self, horizon=1): ...

        return with_parameters(table)(Own).__doc__

    text = table["horizon"].text
    assert documented("Forecast.\n\n    Examples\n    --------\n    ") == (
        "Forecast.\n\n    Parameters\n    ----------\n    horizon : int, default 1\n"
        f"        {text}\n\n    Examples\n    --------\n    "
    )
    assert documented("Forecast.\n\nExamples\n--------\n") == (
        f"Forecast.\n\nParameters\n----------\nhorizon : int, default 1\n    {text}\n\nExamples\n--------\n"
    )
