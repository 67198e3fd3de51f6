"""Tables of an estimator's parameters: constraints, defaults and descriptions, each written once."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from inspect import CO_VARKEYWORDS
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from tsrnn.validation.constraints import Constraint, quoted

REQUIRED = object()  # the default of a parameter that has none
_INDENT = " " * 8  # of descriptions in the docstring of a class
_Class = TypeVar("_Class", bound=type)


class Parameter(NamedTuple):
    """A row of a table of parameters.

    Attributes
    ----------
    constraint : Constraint
    default : Any
        As in the signature; `REQUIRED` if there is none.
    text : str
        Description, one paragraph; of its lines only the breaks count, not the indentation.
    applies : str
        What the parameter has an effect with, such as ``strategy="seq2seq"``; "" for anything.
    """

    constraint: Constraint
    default: Any
    text: str
    applies: str = ""

    def describe(self, name: str) -> str:
        """Return the parameter's entry in a docstring."""
        default = "" if self.default is REQUIRED else f", default {quoted(self.default)}"
        lines = [f"    {name} : {self.constraint.kind}{default}"]
        lines += [_INDENT + line.strip() for line in self.text.strip().splitlines()]
        if self.applies:
            lines.append(f"{_INDENT}Only with {self.applies}.")
        return "\n".join(lines)


class Rule(NamedTuple):
    """A constraint between parameters: when it is broken, and the sentence that says so.

    Both are functions of an object whose attributes are the checked parameters.
    """

    is_broken: Callable[[Any], bool]
    sentence: Callable[[Any], str]


class Parameters(dict[str, Parameter]):
    """The parameters of an estimator by name, and the rules between them.

    Examples
    --------
    >>> from tsrnn.validation import Integer
    >>> table = Parameters({"horizon": Parameter(Integer("steps"), 1, "Future steps.")})
    >>> table.check({"horizon": 3})
    namespace(horizon=3)
    """

    def __init__(self, rows: Mapping[str, Parameter], rules: Iterable[Rule] = ()) -> None:
        super().__init__(rows)
        self.rules = tuple(rules)

    def check(self, values: Mapping[str, Any]) -> SimpleNamespace:
        """Return values by name in plain types, or raise the error of the first that is refused."""
        checked = {name: self[name].constraint.check(name, value) for name, value in values.items()}
        options = SimpleNamespace(**checked)
        for rule in self.rules:
            if rule.is_broken(options):
                raise ValueError(rule.sentence(options))
        return options


class ParametersMixin:
    """An estimator whose parameters, attributes of the same names, have a table."""

    _parameters: ClassVar[Parameters]

    def __new__(cls, *_: Any, **options: Any) -> Self:
        """Refuse names that are no parameters, and say which is like them."""
        names = _names(cls)
        for name in options:
            if name not in names and not cls.__init__.__code__.co_flags & CO_VARKEYWORDS:
                like = [one for one in names if len(name) > 2 and (name in one or one in name)]
                like += get_close_matches(name, names, 2)
                raise TypeError(
                    f"{cls.__name__}() got an unexpected keyword argument {name!r}. "
                    + (f"Did you mean {like[0]!r}?" if like else f"There are {', '.join(names)}.")
                )
        return super().__new__(cls)

    def _check_parameters(self) -> SimpleNamespace:
        """Return the parameters in plain types, or raise the error of the first that is refused."""
        return self._parameters.check({name: getattr(self, name) for name in self._parameters})


def with_parameters(parameters: Parameters) -> Callable[[_Class], _Class]:
    """Return a decorator that gives a class its table, and the docstring a section Parameters from it.

    The section lists the parameters of ``__init__`` in their order, before the docstring's first section.
    """

    def decorate(cls: _Class) -> _Class:
        cls._parameters = parameters  # type: ignore[attr-defined]
        if cls.__doc__:  # python -OO has none
            cls.__doc__ = _insert_section(cls.__doc__, _names(cls), parameters)
        return cls

    return decorate


def _names(cls: Any) -> tuple[str, ...]:
    code = cls.__init__.__code__
    return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]


def _insert_section(doc: str, names: Iterable[str], parameters: Parameters) -> str:
    heading = doc.rfind("\n", 0, doc.rfind("\n", 0, doc.index("-----"))) + 1
    section = "\n".join(
        ["    Parameters", "    ----------", *(parameters[name].describe(name) for name in names)]
    )
    if doc[heading] != " ":  # since Python 3.13, docstrings are stored without their indentation
        section = section[4:].replace("\n    ", "\n")
    return f"{doc[:heading]}{section}\n\n{doc[heading:]}"
