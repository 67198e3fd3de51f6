"""What the baselines agree on: the season they see, the data they need, how they report an optimizer."""

import warnings
from typing import Any

import numpy as np

from tsrnn.timeseries.panel import Panel
from tsrnn.validation import counted


def seasonal_pattern(values: np.ndarray, season: int, model: str) -> np.ndarray:
    """Return the pattern (season,) of classical decomposition, as at the first observations.

    Its mean is 0 for ``model="add"``; for ``"mul"`` it is the factor around 1.
    """
    from statsmodels.tsa.seasonal import seasonal_decompose

    method = "multiplicative" if model == "mul" else "additive"
    return seasonal_decompose(values, model=method, period=season).seasonal[:season]


def tells_nothing(panel: Panel) -> bool:
    """Whether what was found says nothing of later fits: there are several series, or one is constant."""
    return not panel.is_one or bool(np.ptp(panel.arrays.values) == 0)


def require(values: np.ndarray, needed: int, who: str, cure: str = "Supply more data.") -> None:
    """Refuse a history that is too short."""
    if len(values) < needed:
        raise ValueError(
            f"`y` has {counted(len(values), 'observation')}; {who} needs at least {needed}. {cure}"
        )


def refuse_nonpositive(values: np.ndarray, who: str, cure: str) -> None:
    """Refuse values that have no logarithm."""
    bad = values <= 0
    if bad.any():
        first = int(np.argmax(bad))
        count = "1 value that is" if bad.sum() == 1 else f"{bad.sum()} values that are"
        raise ValueError(
            f"`y` has {count} not positive, the first {values[first]:g} at position {first}; "
            f"{who} needs positive values. {cure}"
        )


def warn_unless_converged(who: str, optimizer: dict[str, Any]) -> None:
    """Warn if an optimizer gave up, given what statsmodels keeps of it."""
    if not optimizer["converged"]:
        warnings.warn(
            f"{who} did not converge in {optimizer['iterations']} iterations; its forecast may be poor. "
            "Use a simpler model or supply more data.",
            RuntimeWarning,
            stacklevel=2,
        )


def straight_line(values: np.ndarray) -> tuple[float, float]:
    """Return value at the first point and slope of the least-squares line."""
    time = np.arange(len(values)) - (len(values) - 1) / 2
    mean = values.mean()
    slope = time @ (values - mean) / (time @ time)
    return float(mean + slope * time[0]), float(slope)
