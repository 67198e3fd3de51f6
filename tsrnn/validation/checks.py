"""Checks of single arguments, each with one sentence: what is needed, what arrived."""

import os
from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np

from tsrnn.validation.constraints import Choice, Condition, Integer, Number, is_whole

N_JOBS = Condition("int", "a whole number of threads, not 0", lambda n: is_whole(n) and n != 0) | None
SEED = (
    Condition(
        "int, numpy.random.Generator, numpy.random.RandomState",
        "a whole number, at least 0, a numpy.random.Generator or RandomState, or None",
        lambda seed: (
            (is_whole(seed) and seed >= 0) or isinstance(seed, np.random.Generator | np.random.RandomState)
        ),
    )
    | None
)


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, "1 window" or "2 windows"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def check_fits(what: str, n_bytes: float, cure: str) -> None:
    """Refuse what would take more memory than the machine has.

    Raises
    ------
    ValueError
        With the size, and `cure`, the way out.
    """
    if n_bytes > (total := _total_memory()):
        raise ValueError(
            f"{what} would take {n_bytes / 2**30:,.0f} GB of memory; there are {total / 2**30:,.0f}. {cure}"
        )


@cache
def _total_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on this system
        return 2**37


def check_positive_integer(name: str, value: Any, unit: str, minimum: int = 1) -> int:
    """Return `value` as an int, or say why it is none."""
    return Integer(unit, minimum).check(name, value)


def check_number(
    name: str, value: Any, low: float, high: float, *, open_low: bool = False, closed_high: bool = False
) -> float:
    """Return a number between two as a float; refuse others, and the limits unless they are closed."""
    interval = f"{'(' if open_low else '['}{low}, {high}{']' if closed_high else ')'}"
    return Number(interval).check(name, value)


def check_percent(name: str, value: Any) -> float:
    """Return a number of percent between 0 and 100 as a float; refuse what looks like a fraction."""
    percent = check_number(name, value, 0, 100, open_low=True)
    if percent < 1:
        raise ValueError(
            f"`{name}` is in percent, such as 80; got {percent:g}. Pass {100 * percent:g} for that fraction."
        )
    return percent


def check_choice(name: str, value: Any, known: Collection[Any]) -> None:
    """Refuse a value that is not among the known ones, and list those."""
    Choice(*known).check(name, value)


def seed_sequence(random_state: Any) -> np.random.SeedSequence:
    """Return what a seed comes to: None, an int, or a generator to draw one from; refuse anything else."""
    random_state = SEED.check("random_state", random_state)
    if isinstance(random_state, np.random.Generator | np.random.RandomState):
        draw = (
            random_state.integers if isinstance(random_state, np.random.Generator) else random_state.randint
        )
        random_state = int(draw(2**31))
    return np.random.SeedSequence(random_state)
