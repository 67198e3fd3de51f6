"""Recurrent networks for time series without a deep-learning framework."""

from tsrnn import audio, datasets, metrics
from tsrnn.backtest import Backtest, backtest, compare
from tsrnn.base import Forecast
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
from tsrnn.combine import Combine
from tsrnn.deadline import TimeLimitError, time_limit
from tsrnn.forecaster import RNNForecaster
from tsrnn.generator import RNNGenerator
from tsrnn.sequence import RNNClassifier, RNNRegressor, RNNTagger
from tsrnn.warmup import warmup
from tsrnn.window_mlp import WindowMLP

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
