"""Recurrent networks for time series without a deep-learning framework."""

import sys
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tsrnn import audio, datasets, metrics
    from tsrnn.baselines import (
        ARIMA,
        ETS,
        STL,
        VAR,
        AutoARIMA,
        AutoReg,
        Croston,
        Drift,
        Naive,
        SeasonalNaive,
        Theta,
    )
    from tsrnn.deadline import TimeLimitError, time_limit
    from tsrnn.evaluation.backtesting.backtest import Backtest, backtest, compare
    from tsrnn.forecasting.base import Forecast
    from tsrnn.forecasting.combine import Combine
    from tsrnn.forecasting.rnn import RNNForecaster
    from tsrnn.forecasting.window_mlp import WindowMLP
    from tsrnn.precompile import warmup
    from tsrnn.sequence import RNNClassifier, RNNRegressor, RNNTagger
    from tsrnn.sequence.generator import RNNGenerator

__version__ = "0.1.0"

__all__ = [
    "ARIMA",
    "ETS",
    "STL",
    "VAR",
    "AutoARIMA",
    "AutoReg",
    "Backtest",
    "Combine",
    "Croston",
    "Drift",
    "Forecast",
    "Naive",
    "RNNClassifier",
    "RNNForecaster",
    "RNNGenerator",
    "RNNRegressor",
    "RNNTagger",
    "SeasonalNaive",
    "Theta",
    "TimeLimitError",
    "WindowMLP",
    "audio",
    "backtest",
    "compare",
    "datasets",
    "metrics",
    "time_limit",
    "warmup",
]

_NAMES_IN = {
    ".": "audio baselines cells datasets evaluation forecasting metrics network plotting sequence",
    ".baselines": "ARIMA ETS STL VAR AutoARIMA AutoReg Croston Drift Naive SeasonalNaive Theta",
    ".deadline": "TimeLimitError time_limit",
    ".evaluation.backtesting.backtest": "Backtest backtest compare",
    ".forecasting.base": "Forecast",
    ".forecasting.combine": "Combine",
    ".forecasting.rnn": "RNNForecaster",
    ".forecasting.window_mlp": "WindowMLP",
    ".precompile": "warmup",
    ".sequence": "RNNClassifier RNNRegressor RNNTagger",
    ".sequence.generator": "RNNGenerator",
}
_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names.split()}
# Threads that import a package and a module of it at the same time can be given one that is not complete.
_IMPORTING = RLock()

if not TYPE_CHECKING:  # a type checker would take it to mean that every name exists

    def __getattr__(name):
        """Import what has this name when it is first used, so that a process loads only what it needs."""
        if name not in _MODULE_OF:
            message = f"module 'tsrnn' has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[__name__])
        from tsrnn.deadline import without_interruption

        with _IMPORTING, without_interruption():
            module = _MODULE_OF[name]
            if module == ".":
                return import_module(f".{name}", __name__)
            value = globals()[name] = getattr(import_module(module, __name__), name)
            return value

    def __dir__():
        return sorted({*_MODULE_OF, "__all__", "__doc__", "__file__", "__name__", "__version__"})
