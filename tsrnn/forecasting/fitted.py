"""Fitted attributes of estimators, replaced all together or not at all."""

from collections.abc import Mapping
from typing import Any, Self

from tsrnn.timeseries.panel import Panel


class FittedMixin:
    """An estimator whose fitted attributes, those with a name that ends in "_", always belong to one fit.

    `fit` replaces the dictionary of all attributes instead of setting one after the other: an interruption
    comes before or after that, and a thread that has the old one reads on in the old model. Methods that read
    several fitted attributes therefore begin with ``self = self._snapshot()``.
    """

    def _remember(self, fitted: Mapping[str, Any]) -> None:
        """Replace the attributes of an earlier fit; with none, this estimator is unfitted."""
        own = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        self.__dict__ = own | dict(fitted)

    def _snapshot(self) -> Self:
        """Return a copy that has the attributes of now, and which `fit` in another thread doesn't change."""
        copied = object.__new__(type(self))
        copied.__dict__ = dict(vars(self))
        return copied


def fitted_state(fitted: Mapping[str, Any], panel: Panel) -> dict[str, Any]:
    """Return all fitted attributes of a forecaster: its own, and those that each has."""
    return {**fitted, "panel_": panel, "calibrations_": {}}
