"""Classical forecasters to hold a network against; statsmodels is loaded when one of them needs it."""

from tsrnn.baselines.autoregressive import ARIMA, AutoReg
from tsrnn.baselines.naive import Drift, Naive, SeasonalNaive
from tsrnn.baselines.smoothing import ETS, Theta

__all__ = ["ARIMA", "ETS", "AutoReg", "Drift", "Naive", "SeasonalNaive", "Theta"]
