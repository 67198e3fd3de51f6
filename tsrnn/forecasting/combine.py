"""Combination of several forecasters: mean, median or weighted mean of their forecasts."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal, Self

import joblib
import numpy as np
from sklearn.base import clone

from tsrnn.deadline import TimeLimitError, all_or_nothing, carried
from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.intervals.calibration import errors_at_the_end
from tsrnn.forecasting.parameters import FORECASTER, MISSING_OF_NETWORKS
from tsrnn.timeseries.covariate_schema import CovariateSchema
from tsrnn.timeseries.panel import Panel
from tsrnn.training.arrays import SeriesArrays
from tsrnn.validation import (
    N_JOBS,
    REQUIRED,
    Choice,
    Constraint,
    Integer,
    Parameter,
    Parameters,
    check_positive_integer,
    with_parameters,
)

WEIGHTS = ("mean", "median", "inverse_error")


class _Forecasters(Constraint):
    """Several forecasters in a list or tuple."""

    def __init__(self) -> None:
        super().__init__(
            "list of forecasters", "a list of forecasters", cure="Pass Combine([...]).", error=TypeError
        )

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list | tuple)

    def check(self, name: str, value: Any) -> Any:
        super().check(name, value)
        if not len(value):
            raise ValueError(f"`{name}` is empty; at least one is needed.")
        for one in value:
            if not isinstance(one, BaseForecaster):
                raise TypeError(
                    f"`{name}` must hold forecasters, recurrent or classical; got {one!r}. "
                    "Derive your own from tsrnn.forecasting.base.BaseForecaster."
                )
        return value


COMBINE = Parameters(
    {
        "forecasters": Parameter(
            _Forecasters(),
            REQUIRED,
            """
            Recurrent or classical, or others derived from `tsrnn.forecasting.base.BaseForecaster`; their
            labels must differ. They are copied, never changed; `get_params` and `set_params` reach them by
            label: ``set_params(ETS__trend=None)``.
            """,
        ),
        "weights": Parameter(
            Choice(*WEIGHTS),
            "mean",
            """
            What is made of the forecasts. "inverse_error": their mean, weighted by the inverse of the mean
            absolute error on the last part of the series (`tsrnn.forecasting.intervals.calibration.misses`),
            of copies that have not seen it; series of a panel count alike, each in units of its scale.
            """,
        ),
        "horizon": Parameter(
            Integer("steps") | None,
            None,
            "Future steps; set on all copies. None: the most that one of the forecasters has.",
        ),
        "missing": MISSING_OF_NETWORKS._replace(
            text="""
            What to do about NaN, for all. "mask": recurrent networks are told which values are missing,
            others see them interpolated.
            """
        ),
        "n_jobs": Parameter(
            N_JOBS, None, "Threads over forecasters, as in joblib; the result does not depend on it."
        ),
        "lower": FORECASTER["lower"],
        "upper": FORECASTER["upper"],
        "alias": FORECASTER["alias"],
    }
)


@with_parameters(COMBINE)
class Combine(BaseForecaster):
    """Forecast what several forecasters forecast together.

    Each is fitted to the same data, and their forecasts are averaged; those that do not use covariates are
    fitted without. One that cannot be fitted is left out with a warning; one that fails later, with a history
    of its own, is an error.

    Attributes
    ----------
    forecasters_ : dict of str to forecaster
        The fitted copies, by label.
    weights_ : dict of str to float or None
        What each counts, 1 together; None for the median.

    Raises
    ------
    TypeError, ValueError
        From `fit`, if something else than forecasters came, or none of them can be fitted.

    Warns
    -----
    RuntimeWarning
        If some cannot.

    References
    ----------
    Bates & Granger (1969), "The combination of forecasts", Operational Research Quarterly 20(4).

    Examples
    --------
    >>> from tsrnn.baselines import Drift, Naive
    >>> Combine([Naive(), Drift()], horizon=2).fit([1, 9, 5]).predict().tolist()
    [6.0, 7.0]
    """

    forecasters_: dict[str, Any]
    weights_: dict[str, float] | None

    def __init__(
        self,
        forecasters: Sequence[Any],
        weights: str = "mean",
        horizon: int | None = None,
        *,
        missing: str = "error",
        n_jobs: int | None = None,
        lower: float | Literal["auto"] | None = "auto",
        upper: float | None = None,
        alias: str | None = None,
    ) -> None:
        self.forecasters = forecasters
        self.weights = weights
        self.horizon = horizon  # type: ignore[assignment]
        self.missing = missing
        self.n_jobs = n_jobs
        self.lower = lower
        self.upper = upper
        self.alias = alias

    @property
    def uses_covariates(self) -> bool | tuple[str, ...]:  # type: ignore[override]
        """Which covariates one of the forecasters uses: all if True, none if False."""
        used = [getattr(one, "uses_covariates", False) for one in self.forecasters]
        names = {name: None for of in used if isinstance(of, tuple) for name in of}
        return True in used or tuple(names) or False

    @property
    def calendar(self) -> str | None:
        """Whether one of the forecasters reads the calendar, "auto" if so."""
        return "auto" if any(getattr(one, "calendar", None) for one in self.forecasters) else None

    def _time_covariates(self) -> dict[str, Any]:
        time_step = any(getattr(one, "time_step", False) for one in self.forecasters)
        return {"calendar": self.calendar, "time_step": time_step}

    @property
    def scope(self) -> str:
        """Whether one of the forecasters learns from all series together: "global" or "local"."""
        scopes = [getattr(one, "scope", "local") for one in self.forecasters]
        return "global" if "global" in scopes else "local"

    @property
    def _trained_horizon(self) -> int:
        COMBINE["forecasters"].constraint.check("forecasters", self.forecasters)
        asked = [one.horizon for one in self.forecasters] if self.horizon is None else [self.horizon]
        return max(check_positive_integer("horizon", horizon, "steps") for horizon in asked)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with `deep`, also each forecaster by label, and its own behind ``__``."""
        own = super().get_params(deep=False)
        if not deep:
            return own
        nested: dict[str, Any] = {}
        for forecaster in self.forecasters:
            name = _label(forecaster)
            nested[name] = forecaster
            nested |= {f"{name}__{key}": value for key, value in forecaster.get_params().items()}
        return nested | own

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters, of forecasters too; a label replaces the whole forecaster."""
        own = super().get_params(deep=False)
        for place, forecaster in enumerate(self.forecasters):
            name = _label(forecaster)
            if name in parameters and name not in own:
                replaced = list(self.forecasters)
                replaced[place] = parameters.pop(name)
                self.forecasters = replaced
        super().set_params(**parameters)
        return self

    @property
    def settled(self) -> Callable[[], Self]:
        """Method that returns an unfitted copy whose forecasters are told what those that search have found.

        There only if one of them has a method of this name. One that was left out searches again.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            When called before `fit`.
        """
        if not any(hasattr(one, "settled") for one in self.forecasters):
            raise AttributeError("none of the forecasters searches for anything")
        return self._settle

    def _settle(self) -> Self:
        self._panel()
        copies = []
        for one in self.forecasters:
            found: Any = self.forecasters_.get(_label(one))
            copies.append(found.settled() if hasattr(found, "settled") else clone(one))
        return clone(self).set_params(forecasters=copies)

    def predict_from(
        self,
        panel: Panel,
        series: np.ndarray,
        sizes: np.ndarray,
        horizon: int,
        p: Sequence[float] | None = None,
    ) -> np.ndarray:
        """Forecast from B cutoffs: after the first `sizes` steps of `series`, (B,) each."""
        if p is not None:
            return super().predict_from(panel, series, sizes, horizon, p)
        forecasters = self.forecasters_.values()
        forecasts = [one.predict_from(_seen_by(one, panel), series, sizes, horizon) for one in forecasters]
        return self._limits.clip(self._average(forecasts))

    def _check_parameters(self) -> SimpleNamespace:
        options = super()._check_parameters()
        self._asked_horizon(None)
        return options

    def _fit_panel(self, panel: Panel) -> dict[str, Any]:
        copies = self._copies()
        with all_or_nothing():
            fit = joblib.delayed(carried(self._fit_one))
            tasks = [fit(copied, panel) for copied in copies]
            done = joblib.Parallel(n_jobs=self.n_jobs, prefer="threads")(tasks)
        fitted, errors = {}, {}
        for copied, (error, failure) in zip(copies, done, strict=True):
            name = _label(copied)
            if failure is None:
                fitted[name], errors[name] = copied, error
            elif len(copies) == 1:
                raise failure
            else:
                warnings.warn(
                    f"{name} is left out of the combination, because it failed: {failure}",
                    RuntimeWarning,
                    stacklevel=3,
                )
        if not fitted:
            raise ValueError(
                f"None of the {len(copies)} forecasters could be fitted; the last said: {failure}"
            )
        weights = None if self.weights == "median" else _inverse(errors)
        return {"forecasters_": fitted, "weights_": weights}

    def _predict_panel(self, panel: Panel, horizon: int) -> np.ndarray:
        return self._average(
            [one._predict_panel(_seen_by(one, panel), horizon) for one in self.forecasters_.values()]
        )

    def _fit_one(self, copied: Any, panel: Panel) -> tuple[float, Exception | None]:
        """Fit a copy; return its error, 1 if that is not asked for, and what went wrong."""
        seen = _seen_by(copied, panel)
        try:
            copied.fit_panel(seen)
            error = _error(copied, seen, self._trained_horizon) if self.weights == "inverse_error" else 1.0
        except TimeLimitError:
            raise
        except Exception as failure:
            return np.nan, failure
        if getattr(copied, "interrupted_", False):  # Ctrl-C, which it answered by ending its training
            raise KeyboardInterrupt
        return error, None

    def _copies(self) -> list[Any]:
        copies = [clone(one).set_params(horizon=self._trained_horizon) for one in self.forecasters]
        labels = [_label(copied) for copied in copies]
        for copied, name in zip(copies, labels, strict=True):
            if labels.count(name) > 1:
                raise ValueError(
                    f"`forecasters` has {labels.count(name)} called {name!r}; labels must differ. "
                    "Give each its own alias."
                )
            if copied._parameters["missing"].constraint.accepts(self.missing):
                copied.set_params(missing=self.missing)
        return copies

    def _average(self, forecasts: Sequence[np.ndarray]) -> np.ndarray:
        """Combine the forecasts (S, h, C) of each forecaster."""
        stack = np.stack(forecasts)
        if self.weights_ is None:
            return np.median(stack, axis=0)
        return np.tensordot(np.array(list(self.weights_.values())), stack, axes=1)


def _label(forecaster: Any) -> str:
    return getattr(forecaster, "label", type(forecaster).__name__)


def _seen_by(forecaster: BaseForecaster, panel: Panel) -> Panel:
    """Return what a forecaster uses: of covariates all or none, of the index only what it asks for."""
    arrays, schema = panel.arrays, panel.schema
    if not forecaster.uses_covariates:
        bare = SeriesArrays.of(arrays.values, arrays.missing, arrays.offsets, arrays.names)
        return replace(panel, arrays=bare._replace(places=arrays.places), schema=CovariateSchema())
    if schema.calendar and not getattr(forecaster, "calendar", None):
        n = len(schema.future)
        offsets = arrays.future_offsets if n else np.zeros_like(arrays.future_offsets)
        arrays = arrays._replace(future=arrays.future[: offsets[-1], :n], future_offsets=offsets)
        schema = replace(schema, calendar=None)
    if schema.step and not getattr(forecaster, "time_step", False):
        arrays = arrays._replace(past=arrays.past[:, : len(schema.past)])
        schema = replace(schema, step=None)
    return replace(panel, arrays=arrays, schema=schema)


def _error(forecaster: Any, panel: Panel, horizon: int) -> float:
    """Return the mean absolute error on the end of the series, each channel in units of its scale."""
    try:
        errors = errors_at_the_end(forecaster, panel, horizon)
    except ValueError as error:
        raise ValueError(
            f'A copy fitted to a part of `y` for weights="inverse_error" failed: {error.__cause__ or error} '
            'Or choose weights="mean".'
        ) from error
    units = np.where(errors.scales > 0, errors.scales, 1.0)[errors.whose][:, None]
    relative = np.abs(errors.values / units)
    seen = ~np.isnan(relative)
    total = np.bincount(errors.whose, np.where(seen, relative, 0.0).sum(axis=(1, 2)), panel.n_series)
    count = np.bincount(errors.whose, seen.sum(axis=(1, 2)), panel.n_series)
    if not count.any():
        raise ValueError(
            'No error of a forecast is known for weights="inverse_error": `y` is too short, or its end is '
            'missing. Supply more data, or choose weights="mean".'
        )
    return float(np.mean(total[count > 0] / count[count > 0]))


def _inverse(errors: Mapping[str, float]) -> dict[str, float]:
    """Return weights, 1 together, in inverse proportion; what never errs shares them all."""
    least = min(errors.values())
    raw = {name: least / error if error > 0 else 1.0 for name, error in errors.items()}
    total = sum(raw.values())
    return {name: weight / total for name, weight in raw.items()}
