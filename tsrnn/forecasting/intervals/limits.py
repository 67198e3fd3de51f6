"""Warnings of intervals that too little is known of."""

import sys
import warnings
from pathlib import Path

import numpy as np

from tsrnn.timeseries.checks import list_some
from tsrnn.timeseries.panel import Panel
from tsrnn.training.arrays import ragged_rows

_NAMED = 50
_PACKAGE = str(Path(__file__).parents[2])


def warn_of_rare(panel: Panel, n_origins: np.ndarray, coverage: float) -> None:
    """Warn if intervals are to cover more than n origins (S, C) can tell, which is n / (n + 1)."""
    rare = (n_origins > 0) & (coverage > n_origins / (n_origins + 1) + 1e-9)
    if not rare.any():
        return
    fewest = n_origins[rare].min()
    there = f"there {'is' if fewest == 1 else 'are'} {fewest:,.0f}"
    where = "" if panel.is_one else f" of {_names(panel, rare)}"
    needed = f"{np.ceil(coverage / (1 - coverage) - 1e-9):,.0f}" if coverage < 1 else "infinitely many"
    _warn(
        f"Intervals of {100 * coverage:g} % need {needed} forecasts from earlier origins to learn from; "
        f"{there}{where}, which tell up to {100 * fewest / (fewest + 1):.3g} %. Beyond that they reach as "
        "far as the largest error did. Supply more data, or ask for a lower level."
    )


def warn_of_no_spread(found: np.ndarray, panel: Panel) -> None:
    """Warn of channels whose quantiles or paths (S, h, C, k) are nan, or all the same after a flat end."""
    unknown = np.isnan(found).any(axis=(1, 3))
    if unknown.any():
        _warn(
            f"{_count(panel, unknown)}; too little of them is known to tell how they vary, and their "
            "intervals are NaN. Supply more data, or leave them out."
        )
    if found.shape[3] < 2:
        return
    flat = (found.max(axis=3) == found.min(axis=3)).all(axis=1)
    if flat.any() and (flat := flat & _ends_flat(panel)).any():
        _warn(
            f"{_count(panel, flat)}; they have not changed over their last quarter, and their intervals have "
            "no width. Supply data in which they change, or leave them out."
        )


def _ends_flat(panel: Panel) -> np.ndarray:
    """Return which channels (S, C) are constant over their last quarter."""
    arrays = panel.arrays
    sizes = -(-arrays.lengths // 4)
    rows, offsets = ragged_rows(arrays.offsets[1:] - sizes, sizes)
    ends = arrays.values[rows]
    low, high = (of.reduceat(ends, offsets[:-1], axis=0) for of in (np.minimum, np.maximum))
    return low == high


def _count(panel: Panel, which: np.ndarray) -> str:
    """Say how many channels, (S, C) of bool, have no intervals, and the first of them."""
    if panel.is_one:
        return "`y` has no intervals"
    kind = "series" if panel.columns is None else "channels"
    return f"{which.sum():,} of {which.size:,} {kind} have no intervals: {_names(panel, which)}"


def _names(panel: Panel, which: np.ndarray) -> str:
    """Name the first of those channels, (S, C) of bool."""
    return list_some([panel.channel_names[number] for number in np.flatnonzero(which)[:_NAMED].tolist()])


def _warn(text: str) -> None:
    """Warn at the line outside of the package that asked for a forecast."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, stacklevel=level)
