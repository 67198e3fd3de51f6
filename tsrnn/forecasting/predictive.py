"""What a recurrent forecaster forecasts: points and, where its loss is a distribution, all that may come."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsrnn.forecasting.hindsight import HindsightMixin
from tsrnn.forecasting.inference import predict
from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.forecasting.intervals.sample_paths import Simulation
from tsrnn.timeseries.known import Known
from tsrnn.timeseries.series import show_label
from tsrnn.training.history import History


class PredictiveMixin(HindsightMixin):
    """Methods of a recurrent forecaster that look ahead.

    `seed_` is what its simulations start from where no other seed is given.
    """

    loss: str
    seed_: np.random.SeedSequence

    def predict_from(
        self,
        known: Known,
        origins: Sequence[tuple[int, int]],
        horizon: int,
        p: Sequence[float] | None = None,
    ) -> list[np.ndarray]:
        """Forecast from several cutoffs at once; quantiles of a distribution one by one."""
        if hasattr(self, "models_") or (p is not None and self.loss in DISTRIBUTIONS):
            return super().predict_from(known, origins, horizon, p)
        places, sizes = zip(*origins, strict=True)
        cut = known.until(places, sizes, horizon)
        return self._predict_units(cut, horizon) if p is None else self._predict_quantiles(cut, horizon, p)

    def _predict_all(self, known: Known, horizon: int) -> list[np.ndarray]:
        if hasattr(self, "models_"):
            return super()._predict_all(known, horizon)
        return self._predict_units(known, horizon)

    def _predict_units(self, known: Known, horizon: int) -> list[np.ndarray]:
        pipeline, units = self._prepared(known)
        return known.together(predict(pipeline, self.network_, self.thetas_, units, horizon))

    def _predict_quantiles(
        self, known: Known, horizon: int, p: Sequence[float], conformal: str = "split"
    ) -> list[np.ndarray]:
        if self.loss not in DISTRIBUTIONS:
            return super()._predict_quantiles(known, horizon, p, conformal)
        if hasattr(self, "models_"):
            return known.together(
                [self._model(key)._predict_quantiles(one, horizon, p)[0] for key, one in known.alone()]
            )
        points = self._predict_units(known, horizon)
        if not p:
            return [point[:, :, None] for point in points]
        (pipeline, units), rng = self._prepared(known), np.random.default_rng(self.seed_)
        bands = _last(known, self._simulation().quantiles(pipeline, units, horizon, p, rng))
        return [
            np.concatenate([point[:, :, None], band], axis=2)
            for point, band in zip(points, bands, strict=True)
        ]

    def _draw_paths(self, known: Known, horizon: int, n: int, rng: np.random.Generator) -> list[np.ndarray]:
        if self.loss not in DISTRIBUTIONS:
            return super()._draw_paths(known, horizon, n, rng)
        if hasattr(self, "models_"):
            return known.together(
                [self._model(key)._draw_paths(one, horizon, n, rng)[0] for key, one in known.alone()]
            )
        pipeline, units = self._prepared(known)
        return _last(known, self._simulation().paths(pipeline, units, horizon, n, rng))

    def _simulation(self) -> Simulation:
        pipeline, units = self._prepared(self.known_)
        return Simulation(pipeline, self.network_, self.thetas_, units)

    def _units(self, known: Known) -> list[History]:
        if self.loss == "negbin":
            check_counts(known)
        return super()._units(known)


def _last(known: Known, paths: list[np.ndarray]) -> list[np.ndarray]:
    """Return paths (n, horizon, width) of what a network reads as those of each series, (horizon, C, n)."""
    return known.together([of.transpose(1, 2, 0) for of in paths])


def check_counts(known: Known) -> None:
    """Refuse series with values that are no counts.

    Raises
    ------
    ValueError
        With the first such value, and where it is.
    """
    for key, one in zip(known.panel.ids, known.panel.series, strict=True):
        values = one.channels
        bad = ((values < 0) | (values != np.rint(values))) & ~one.missing.reshape(values.shape)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            where: list[Any] = [f"at {show_label(one.index[row])}"]
            where += [] if one.columns is None else [f"in {one.columns[column]!r}"]
            where += [] if known.panel.is_single else [f"of series {key!r}"]
            raise ValueError(
                'loss="negbin" forecasts counts, whole numbers from 0 on; got '
                f'{values[row, column]:g} {" ".join(where)} in `y`. Use another loss, such as "quantile".'
            )
