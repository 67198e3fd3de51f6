"""Few combinations of many parameters: each value of one parameter meets each value of every other."""

from itertools import combinations, product

import pytest


def _anything(**_):
    return True


def pairwise(possible=_anything, /, **values):
    """Return combinations that together hold every pair of values of two parameters that is possible.

    Greedily, the combination with the most pairs that are lacking comes next, the first one among equals;
    so the same parameters always give the same combinations.
    """
    values = {name: list(choices) for name, choices in values.items()}
    left = []
    for chosen in product(*(range(len(choices)) for choices in values.values())):
        row = tuple(choices[i] for choices, i in zip(values.values(), chosen, strict=True))
        if possible(**dict(zip(values, row, strict=True))):
            left.append((row, frozenset(combinations(enumerate(chosen), 2))))
    lacking, rows = frozenset().union(*(pairs for _, pairs in left)), []
    while lacking:
        row, pairs = max(left, key=lambda candidate: len(candidate[1] & lacking))
        rows.append(row)
        lacking -= pairs
    return rows


def covering(possible=_anything, /, **values):
    """Run a test with combinations of parameters that hold every possible pair of their values.

    Parameters
    ----------
    possible : callable, optional
        Takes one value of each parameter by its name and says whether they go together. Default: they do.
    **values : iterable
        The values of each parameter.
    """
    return pytest.mark.parametrize(tuple(values), pairwise(possible, **values))
