"""What a forecaster has been told of one or many series."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.timeseries.covariates import Scheme
from tsrnn.timeseries.formats import Form
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.series import Observed
from tsrnn.training.history import History


class Known(NamedTuple):
    """One or many series, with and without their labels.

    Attributes
    ----------
    panel : Panel
        Labels, and the form the series came in.
    histories : list of History
        Values and covariates as plain arrays.
    scheme : Scheme
        Which covariates there are.
    """

    panel: Panel
    histories: list[History]
    scheme: Scheme = Scheme()

    @property
    def is_one(self) -> bool:
        """Whether this is one series of one channel."""
        return self.panel.is_single and self.panel.columns is None and len(self.histories) == 1

    def channels(self) -> list[History]:
        """Return each channel of each series as a history of its own.

        It is called by its series' key, its column, or both.
        """
        if self.panel.columns is None:
            return self.histories
        return [
            history._replace(
                values=history.values[:, [c]],
                missing=history.missing[:, [c]],
                name=label if self.panel.is_single else (history.name, label),
            )
            for history in self.histories
            for c, label in enumerate(self.panel.columns)
        ]

    def alone(self) -> Iterator[tuple[Any, "Known"]]:
        """Yield each channel of each series as if there were no other, and what it is called."""
        C = 1 if self.panel.columns is None else len(self.panel.columns)
        for place, history in enumerate(self.channels()):
            one = self.panel.series[place // C]
            values, missing = history.values[:, 0], history.missing[:, 0]
            one = one._replace(values=values, missing=missing, columns=None, name=history.name)
            yield history.name, Known(_single(one), [history._replace(name=None)], self.scheme)

    def together(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return for each series (h, C, ...) what was found for its channels, (h, width, ...) each."""
        n = len(values) // len(self.histories)
        return [np.concatenate(values[i : i + n], axis=1) for i in range(0, len(values), n)]

    def until(self, places: Sequence[int], sizes: Sequence[int], n_ahead: int = 0) -> "Known":
        """Return the first `sizes` steps of the series at `places`, covariates known further ahead.

        A gap at the end of what is left holds the last value: what came after it fills it no more.
        """
        series, histories = [], []
        for place, size in zip(places, sizes, strict=True):
            one, history = self.panel.series[place], self.histories[place]
            parts = {name: getattr(history, name)[:size] for name in ("missing", "past")}
            values, future = _hold_last(history.values[:size], parts["missing"]), history.future
            histories.append(history._replace(**parts, values=values, future=future[: size + n_ahead]))
            parts = {name: getattr(one, name)[:size] for name in ("index", "missing")}
            series.append(one._replace(**parts, values=values.reshape(one.values[:size].shape)))
        keys = self.panel.keys.take(list(places))
        return Known(Panel(keys, series, self.panel.form), histories, self.scheme)


def _hold_last(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return values (n, C) whose last ones, where they are missing, are those observed last."""
    if not missing[-1].any():
        return values
    values = values.copy()
    for column, gaps in zip(values.T, missing.T, strict=True):
        if not gaps.all():
            last = len(gaps) - 1 - int(gaps[::-1].argmin())
            column[last + 1 :] = column[last]
    return values


def _single(one: Observed) -> Panel:
    return Panel(pd.Index([None]), [one], Form("single"))
