"""Recurrent networks for time series without a deep-learning framework."""

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
from tsrnn.evaluation.backtesting.backtest import Backtest, backtest, compare
from tsrnn.forecasting.base import Forecast
from tsrnn.forecasting.combine import Combine
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.forecasting.window_mlp import WindowMLP
from tsrnn.sequence import RNNClassifier, RNNRegressor, RNNTagger
from tsrnn.sequence.generator import RNNGenerator
from tsrnn.time_limit import TimeLimitError, time_limit
from tsrnn.warmup import warmup

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
