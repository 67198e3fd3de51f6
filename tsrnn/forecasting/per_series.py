"""Models of one series on many series: a fitted copy for each channel of each series."""

import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from copy import deepcopy
from typing import Any, TypeVar

import joblib
import numpy as np
from sklearn.base import clone

from tsrnn.deadline import TimeLimitError, all_or_nothing, carried, check_deadline
from tsrnn.timeseries.checks import list_some
from tsrnn.timeseries.panel import Panel

T = TypeVar("T")
_COPIES_A_TASK = 50  # one task for each copy takes longer to hand over than to run


def fit_each(model: Any, panel: Panel) -> dict[Hashable, Any]:
    """Return a copy of a forecaster fitted to each channel of each series, by what it is called."""
    blank = clone(model)
    copies = [(deepcopy(blank), key, one) for key, one in _checked(panel.alone())]
    parallel = joblib.Parallel(n_jobs=getattr(model, "n_jobs", None), prefer="threads")
    blocks = [copies[i : i + _COPIES_A_TASK] for i in range(0, len(copies), _COPIES_A_TASK)]
    with all_or_nothing():
        fit = joblib.delayed(carried(_fit_block))
        done = parallel(fit(block) for block in blocks)
    return {key: copy for block in done for key, copy in block}


def _fit_block(block: list[tuple[Any, Hashable, Panel]]) -> list[tuple[Hashable, Any]]:
    return [(key, _fit_copy(copy, key, one)) for copy, key, one in _checked(block)]


def _checked(things: Iterable[T]) -> Iterator[T]:
    """Yield things for as long as there is time."""
    for thing in things:
        check_deadline()
        yield thing


def _fit_copy(copy: Any, key: Hashable, one: Panel) -> Any:
    try:
        return copy.fit_panel(one)
    except TimeLimitError:
        raise
    except Exception as error:
        if getattr(copy, "fallback", None) is not None:
            return copy.fall_back(one, error)
        if not isinstance(error, TypeError | ValueError):
            raise
        raise type(error)(f"Series {key!r}: {error}") from error


def find_failures(models: dict[Hashable, Any]) -> dict[Hashable, Exception]:
    """Return why copies fell back, by the name of their series.

    Raises
    ------
    TypeError, ValueError
        The first error, if none of the copies could be fitted.
    """
    failures = {
        key: model.failure_ for key, model in models.items() if getattr(model, "failure_", None) is not None
    }
    if len(failures) == len(models):
        key, error = next(iter(failures.items()))
        kind = type(error) if isinstance(error, TypeError | ValueError) else ValueError
        raise kind(f"Series {key!r}: {error}") from error
    return failures


def warn_of_failures(failures: dict[Hashable, Exception], n_series: int) -> None:
    """Say which series repeat their last season, because no model could be fitted to them."""
    if failures:
        key, error = next(iter(failures.items()))
        warnings.warn(
            f"{len(failures):,} of {n_series:,} series could not be fitted and repeat their last season or "
            f"value: {list_some(list(failures))}. Series {key!r}: {error} Leave them out, or pass "
            "fallback=None to refuse them.",
            stacklevel=4,
        )


def for_each(model: Any, panel: Panel, forecast: Callable[[Any, Panel], np.ndarray]) -> np.ndarray:
    """Return what the copies of `fit_each` forecast of their channels, (S, h, C, ...).

    `forecast` takes a copy and its channel as a panel, and returns (1, h, 1, ...).
    """
    found = np.concatenate([forecast(find_model(model, key), one) for key, one in _checked(panel.alone())])
    S, C = panel.n_series, panel.arrays.n_channels
    return np.moveaxis(found.reshape(S, C, *found.shape[1:]).squeeze(axis=3), 1, 2)


def find_model(model: Any, key: Hashable) -> Any:
    """Return the copy that was fitted to a channel."""
    if "models_" not in vars(model):
        raise ValueError(
            "`y` is a panel; the model was fitted to a single series. Fit it to the panel, pass one series: "
            "y[key], or use a network shared by all: RNNForecaster()."
        )
    if key not in model.models_:
        raise ValueError(
            f"Series {key!r} of `y` was not there in training, and each series has a model of its own. "
            "Fit it too, or use a network shared by all: RNNForecaster()."
        )
    return model.models_[key]
