"""What the package answers stays what it was: forms exactly, numbers but for rounding."""

from pathlib import Path

import pytest

from frozen import CASES
from frozen.encoding import differences, encode, read, run

FROZEN = read(Path(__file__).parent / "fixtures" / "frozen.npz")


@pytest.mark.parametrize("name", CASES)
def test_the_answers_are_as_they_were(name):
    lines = differences(*encode(run(CASES[name])), *FROZEN[name])
    assert not lines, "\n".join(lines)


def test_every_case_is_frozen():
    assert set(FROZEN) == set(CASES)
