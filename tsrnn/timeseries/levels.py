"""Names and probabilities of the levels and quantiles of a forecast."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsrnn.validation import check_number, check_percent


def read_levels(level: Any, quantiles: Any) -> tuple[list[str] | None, list[float]]:
    """Return the names of what a forecast has, None for the mean alone, and the quantiles behind them."""
    if level is None and quantiles is None:
        return None, []
    names, probabilities = ["mean"], []
    for percent in np.atleast_1d([] if level is None else level).tolist():
        check_percent("level", percent)
        names += interval_names([percent])
        probabilities += [(100 - percent) / 200, (100 + percent) / 200]
    for p in np.atleast_1d([] if quantiles is None else quantiles).tolist():
        probabilities.append(check_number("quantiles", p, 0, 1, open_low=True))
        names.append(f"q-{p:g}")
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        asked = "quantiles" if twice.startswith("q-") else "level"
        raise ValueError(
            f"`{asked}` has {twice[twice.index('-') + 1 :]} more than once, and each gives columns of its "
            "name. Leave one out."
        )
    return names, probabilities


def interval_names(level: Sequence[float]) -> list[str]:
    """Return the names of the columns of intervals.

    Examples
    --------
    >>> interval_names([80, 97.5])
    ['lo-80', 'hi-80', 'lo-97.5', 'hi-97.5']
    """
    return [f"{end}-{percent:g}" for percent in level for end in ("lo", "hi")]
