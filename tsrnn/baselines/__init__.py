"""Classical forecasting methods, for comparison with networks; statsmodels is imported only when needed."""

from tsrnn.baselines.arima.arima import ARIMA
from tsrnn.baselines.arima.auto_arima import AutoARIMA
from tsrnn.baselines.autoreg import AutoReg
from tsrnn.baselines.croston import Croston
from tsrnn.baselines.ets import ETS
from tsrnn.baselines.naive import Drift, Naive, SeasonalNaive
from tsrnn.baselines.stl import STL
from tsrnn.baselines.theta import Theta
from tsrnn.baselines.var import VAR

__all__ = [
    "ARIMA",
    "ETS",
    "STL",
    "VAR",
    "AutoARIMA",
    "AutoReg",
    "Croston",
    "Drift",
    "Naive",
    "SeasonalNaive",
    "Theta",
]
