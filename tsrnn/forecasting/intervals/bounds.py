"""Bounds of quantiles and sample paths: how large they may be, and how many."""

from types import SimpleNamespace
from typing import Literal, NamedTuple

import numpy as np

from tsrnn.forecasting.intervals.limits import warn_of_no_spread
from tsrnn.timeseries.panel import Panel
from tsrnn.validation import check_fits, counted


class Limits(NamedTuple):
    """The least and the largest value that can come.

    Attributes
    ----------
    lower : float, "auto" or None
    upper : float or None
    """

    lower: float | str | None
    upper: float | None

    def check(self) -> None:
        """Refuse limits between which there is nothing."""
        lower, upper = self._numbers
        if lower >= upper:
            raise ValueError(
                f"`lower` must be less than `upper`; got lower={self.lower} and upper={self.upper}. Exchange "
                "them, or set one to None."
            )

    def clip(self, forecasts: np.ndarray) -> np.ndarray:
        """Return point forecasts between limits that were given as numbers."""
        lower, upper = self._numbers
        return np.clip(forecasts, lower, upper) if lower > -np.inf or upper < np.inf else forecasts

    def keep(self, found: np.ndarray, panel: Panel, fitted: Panel) -> np.ndarray:
        """Return quantiles or paths (S, h, C, k) between the limits.

        Warns
        -----
        UserWarning
            If nothing is known of the spread of some series: they are nan, or all the same.
        """
        warn_of_no_spread(found, panel)
        lower, upper = self._numbers
        least = panel.lowest(fitted)[:, None, :, None] if self.lower == "auto" else lower
        return np.minimum(np.maximum(found, least), upper)

    @property
    def _numbers(self) -> tuple[float, float]:
        lower = -np.inf if self.lower is None or isinstance(self.lower, str) else self.lower
        return lower, np.inf if self.upper is None else self.upper


class LimitsMixin:
    """A forecaster with the parameters ``lower`` and ``upper``."""

    lower: float | Literal["auto"] | None = "auto"
    upper: float | None = None

    @property
    def _limits(self) -> Limits:
        return Limits(self.lower, self.upper)

    def _check_parameters(self) -> SimpleNamespace:
        options: SimpleNamespace = super()._check_parameters()  # type: ignore[misc]
        self._limits.check()
        return options


def check_horizon_fits(panel: Panel, horizon: int, n: int) -> None:
    """Refuse a horizon of which `n` numbers a step, paths or quantiles, would not fit into memory."""
    numbers = panel.n_series * panel.arrays.n_channels * horizon * n
    each = f"{counted(n, 'number')} for each of {horizon:.4g} steps"
    check_fits(f"The forecast, {each}", 24.0 * numbers, "Ask for a shorter horizon or fewer paths.")
