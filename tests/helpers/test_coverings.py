from itertools import combinations, product

import pytest

from helpers.coverings import pairwise

PARAMETERS = {
    "two": {"a": "xy", "b": range(3)},
    "four": {"a": "xyz", "b": range(4), "c": [None, {}], "d": [[1], [2], [3]]},
    "equal values": {"a": [1, True], "b": [0.0, 0], "c": "pq"},
}


def pairs_of(row):
    return {(i, j, str(row[i]), str(row[j])) for i, j in combinations(range(len(row)), 2)}


@pytest.mark.parametrize("values", PARAMETERS.values(), ids=PARAMETERS)
def test_every_pair_is_there_in_fewer_rows(values):
    everything = list(product(*values.values()))
    rows = pairwise(**values)
    assert set().union(*map(pairs_of, rows)) == set().union(*map(pairs_of, everything))
    assert len(rows) == len({str(row) for row in rows})
    sizes = sorted(len(list(choices)) for choices in values.values())
    assert sizes[-1] * sizes[-2] <= len(rows) <= 1.5 * sizes[-1] * sizes[-2]


def test_pairs_that_only_impossible_rows_hold_are_left_out():
    def possible(a, b, c):
        return a != "x" or (b == 0 and c == 0)

    rows = pairwise(possible, a="xyz", b=range(3), c=range(3))
    assert all(possible(*row) for row in rows)
    expected = [row for row in product("xyz", range(3), range(3)) if possible(*row)]
    assert set().union(*map(pairs_of, rows)) == set().union(*map(pairs_of, expected))


def test_the_same_parameters_give_the_same_rows():
    assert pairwise(**PARAMETERS["four"]) == pairwise(**PARAMETERS["four"])
