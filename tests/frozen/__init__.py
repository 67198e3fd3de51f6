"""Cases whose results must not change: what the package answers, asked by its public names only.

`CASES` maps names to functions without arguments; each returns a dict of arrays and pandas objects. What they
gave is kept in ``tests/fixtures/frozen.npz``, written by ``tests/fixtures/make_frozen.py``.
"""

from frozen import classics, inputs, judging, networks, sequences
from frozen.telling import CASES

__all__ = ["CASES", "classics", "inputs", "judging", "networks", "sequences"]
