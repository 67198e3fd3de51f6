"""Bounds of quantiles and sample paths: how large they may be, and how many."""

import numpy as np

from tsrnn.forecasting.intervals.limits import warn_of_no_spread
from tsrnn.timeseries.panel import Panel
from tsrnn.validation import check_fits, counted


def keep_in_bounds(found: np.ndarray, panel: Panel, fitted: Panel) -> np.ndarray:
    """Return quantiles or paths (S, h, C, k), not negative for series that never were.

    Warns
    -----
    UserWarning
        If nothing is known of the spread of some series: they are nan, or all the same.
    """
    warn_of_no_spread(found, panel)
    return np.maximum(found, panel.lowest(fitted)[:, None, :, None])


def check_horizon_fits(panel: Panel, horizon: int, n: int) -> None:
    """Refuse a horizon of which `n` numbers a step, paths or quantiles, would not fit into memory."""
    numbers = panel.n_series * panel.arrays.n_channels * horizon * n
    each = f"{counted(n, 'number')} for each of {horizon:.4g} steps"
    check_fits(f"The forecast, {each}", 24.0 * numbers, "Ask for a shorter horizon or fewer paths.")
