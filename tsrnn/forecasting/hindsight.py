"""What a recurrent forecaster reads of a history, and what it would have forecast all along."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.inference import fitted_values
from tsrnn.network import Network
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.seasonality import find_seasons
from tsrnn.training.history import History
from tsrnn.training.preprocessor import Pipeline
from tsrnn.training.windows import Batch
from tsrnn.validation import check_choice


class HindsightMixin(BaseForecaster):
    """Methods of a recurrent forecaster that look back.

    Subclasses have the parameters ``channels``, ``season_length``, ``calendar`` and ``time_step``.
    """

    channels: str
    calendar: str | None
    time_step: bool
    season_length: Any
    lookback_: int
    pipeline_: Pipeline
    network_: Network
    thetas_: np.ndarray

    @property
    def fitted_values_(self) -> Any:
        """One-step-ahead forecasts of the training series; nan where a full window is not yet known."""
        known = self._known()
        return self._wrap_history(known, self._fitted(known))

    @property
    def residuals_(self) -> Any:
        """Observed minus `fitted_values_`, nan in gaps; of a long table, in the column of the model."""
        known, fitted = self._known(), self.fitted_values_
        observed = self._wrap_history(known, [one.raw for one in known.panel.series])
        if isinstance(fitted, dict):
            return {key: observed[key] - values for key, values in fitted.items()}
        if known.panel.form.kind != "long":
            return observed - fitted
        return fitted.assign(**{self.label: observed[self.label] - fitted[self.label]})

    def _fitted(self, known: Known) -> list[np.ndarray]:
        if hasattr(self, "models_"):
            return known.together([self._model(key)._fitted(one)[0] for key, one in known.alone()])
        pipeline, units = self._prepared(known)
        return known.together(fitted_values(pipeline, self.network_, self.thetas_, units))

    def _wrap_history(self, known: Known, values: list[np.ndarray]) -> Any:
        return known.panel.wrap(values, self.label, indexes=[one.index for one in known.panel.series])

    def _derived(self) -> dict[str, Any]:
        check_choice("calendar", self.calendar, (None, "auto"))
        check_choice("time_step", self.time_step, (False, True))
        return {"calendar": self.calendar, "time_step": self.time_step}

    def _units(self, known: Known) -> list[History]:
        """Return what the network reads one at a time: series, or with "shared" each of their channels."""
        return known.histories if self.channels == "joint" else known.channels()

    def _prepared(self, known: Known) -> tuple[Pipeline, list[History]]:
        """Return the pipeline for what the network reads, and that."""
        units = self._units(known)
        return self.pipeline_.of(units, self._seasons(known, units, self.pipeline_.names)), units

    def _seasons(
        self, known: Known, units: Sequence[History], familiar: Sequence[Hashable] = ()
    ) -> list[tuple[int, ...]]:
        """Return the steps in each season of each channel; of familiar units, whose are known, nothing."""
        columns = [(one, column) for one in known.panel.series for column in one.channels.T]
        width, passed = len(columns) // len(units), set(familiar)
        return [
            ()
            if units[i // width].name in passed
            else find_seasons(one._replace(values=column), self.season_length)
            for i, (one, column) in enumerate(columns)
        ]

    def _sample(self, y: Any, n_windows: int) -> Batch:
        pipeline, units = self._prepared(self._known(y))
        return pipeline.cut(units).sample(n_windows)

    def _latest(self, y: Any) -> tuple[np.ndarray, pd.Index]:
        known = self._known(y)
        pipeline, units = self._prepared(known)
        if len(units) > 1:
            raise ValueError(
                f"The network is shared by {len(units)} series and reads one at a time; one look-back "
                'is needed. Fit one column, or channels="joint".'
            )
        cut = pipeline.cut(units)
        patch, labels = self.pipeline_.patch_size, known.panel.series[0].index[-self.lookback_ :]
        return cut.windows.inputs(cut.latest()).x[:, 0], labels[patch - 1 :: patch]


def by_name(units: list[History], known: Known, values: list[Any]) -> Any:
    """Return values, as many for each unit, by the units' names; those of the only series as they are."""
    if known.is_one:
        return values[0]
    if known.panel.is_single and known.panel.columns is not None:
        return dict(zip(known.panel.columns, values, strict=True))
    n = len(values) // len(units)
    return {
        unit.name: values[n * i] if n == 1 else values[n * i : n * (i + 1)] for i, unit in enumerate(units)
    }
