"""Bounds of quantiles and sample paths: how large they may be, and how many."""

import warnings

import numpy as np

from tsrnn.timeseries.checks import list_some
from tsrnn.timeseries.panel import Panel
from tsrnn.validation import check_fits, counted


def keep_in_bounds(found: np.ndarray, panel: Panel, fitted: Panel) -> np.ndarray:
    """Return quantiles or paths (S, h, C, k), not negative for series that never were.

    Warns
    -----
    UserWarning
        If nothing is known of the spread of some of many series: they are nan, or all the same.
    """
    if panel.n_series > 1 and found.shape[3] > 1:
        _warn_of_no_spread(found, panel)
    return np.maximum(found, panel.lowest(fitted)[:, None, :, None])


def _warn_of_no_spread(found: np.ndarray, panel: Panel) -> None:
    unknown = np.isnan(found).any(axis=(1, 2, 3))
    flat = ((found.max(axis=3) == found.min(axis=3)).all(axis=1)).any(axis=1)
    for which, why in (
        (
            unknown,
            "too little of them is known to tell how they vary, and their intervals are NaN",
        ),
        (flat & ~unknown, "they have never changed, and their intervals have no width"),
    ):
        if which.any():
            names = panel.keys[which].tolist()
            warnings.warn(
                f"{len(names):,} of {panel.n_series:,} series have no intervals: {list_some(names)}; {why}.",
                stacklevel=6,
            )


def check_horizon_fits(panel: Panel, horizon: int, n: int) -> None:
    """Refuse a horizon of which `n` numbers a step, paths or quantiles, would not fit into memory."""
    numbers = panel.n_series * panel.arrays.n_channels * horizon * n
    each = f"{counted(n, 'number')} for each of {horizon:.4g} steps"
    check_fits(f"The forecast, {each}", 24.0 * numbers, "Ask for a shorter horizon or fewer paths.")
