"""Common checks and helpers of the baselines: history length, seasonal pattern, convergence warnings."""

import warnings
from typing import Any

import numpy as np

from tsrnn.deadline import without_interruption
from tsrnn.timeseries.panel import Panel
from tsrnn.validation import counted


def seasonal_pattern(values: np.ndarray, season: int, model: str) -> np.ndarray:
    """Return the seasonal pattern (season,) of classical decomposition, from the first observation on.

    Its mean is 0 for ``model="add"``, and 1 for ``"mul"``, where it multiplies the level.
    """
    with without_interruption():
        from statsmodels.tsa.seasonal import seasonal_decompose

    method = "multiplicative" if model == "mul" else "additive"
    return seasonal_decompose(values, model=method, period=season).seasonal[:season]


def tells_nothing(panel: Panel) -> bool:
    """Return whether a fit cannot be reused for later fits: there are several series, or one is constant."""
    return not panel.is_one or bool(np.ptp(panel.arrays.values) == 0)


def require(values: np.ndarray, needed: int, who: str, cure: str = "Supply more data.") -> None:
    """Raise ValueError if a history is too short."""
    if len(values) < needed:
        raise ValueError(
            f"`y` has {counted(len(values), 'observation')}; {who} needs at least {needed}. {cure}"
        )


def refuse_nonpositive(values: np.ndarray, who: str, cure: str) -> None:
    """Raise ValueError if values are not positive."""
    bad = values <= 0
    if bad.any():
        first = int(np.argmax(bad))
        count = "1 value that is" if bad.sum() == 1 else f"{bad.sum()} values that are"
        raise ValueError(
            f"`y` has {count} not positive, the first {values[first]:g} at position {first}; "
            f"{who} needs positive values. {cure}"
        )


def lift(values: np.ndarray, floor: float, who: str) -> np.ndarray:
    """Return values of which those that are not positive are raised to a floor above 0, with a warning."""
    bad = values <= 0
    if floor <= 0 or not bad.any():
        return values
    first = int(np.argmax(bad))
    warnings.warn(
        f"`y` has {counted(bad.sum(), 'value')} not positive, the first {values[first]:g} at position "
        f"{first}; {who}, chosen from positive values, takes them as {floor:g}, the least of those. "
        'Fit again to choose anew, or pass error="add" and seasonal="add".',
        stacklevel=2,
    )
    return np.where(bad, floor, values)


def warn_unless_converged(who: str, optimizer: dict[str, Any]) -> None:
    """Warn if an optimizer of statsmodels has not converged."""
    if not optimizer["converged"]:
        warnings.warn(
            f"{who} did not converge in {optimizer['iterations']} iterations; its forecast may be poor. "
            "Use a simpler model or supply more data.",
            RuntimeWarning,
            stacklevel=2,
        )


def straight_line(values: np.ndarray) -> tuple[float, float]:
    """Return the least-squares line of values: its value at the first one, and its slope."""
    time = np.arange(len(values)) - (len(values) - 1) / 2
    mean = values.mean()
    slope = time @ (values - mean) / (time @ time)
    return float(mean + slope * time[0]), float(slope)
