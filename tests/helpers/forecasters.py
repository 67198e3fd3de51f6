"""Every forecaster, recurrent or classical, for the tests that go through all of them."""

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
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.forecasting.window_mlp import WindowMLP

SMALL = {"hidden_size": 4, "max_steps": 8, "lookback": 8, "random_state": 0}
FEW_ORDERS = {"max_p": 1, "max_q": 1, "max_P": 0, "max_Q": 1}
FACTORIES = {
    "Naive": Naive,
    "SeasonalNaive": lambda **options: SeasonalNaive(4, **options),
    "Drift": Drift,
    "ARIMA": lambda **options: ARIMA((0, 1, 1), (0, 1, 1, 4), **options),
    "ARIMA auto": ARIMA,
    "AutoARIMA": lambda **options: AutoARIMA(4, **FEW_ORDERS, **options),
    "AutoARIMA auto": lambda **options: AutoARIMA(**FEW_ORDERS, **options),
    "ETS": lambda **options: ETS(season_length=4, **options),
    "ETS auto": ETS,
    "Theta": lambda **options: Theta(4, **options),
    "Theta auto": Theta,
    "Theta optimised": lambda **options: Theta(4, theta="auto", **options),
    "STL+ETS": lambda **options: STL(season_length=4, **options),
    "STL+ETS auto": STL,
    "Croston": Croston,
    "Croston tsb": lambda **options: Croston("tsb", "auto", "auto", **options),
    "AutoReg": AutoReg,
    "VAR": VAR,
    "AutoReg 5": lambda **options: AutoReg(5, **options),
    "WindowMLP": lambda **options: WindowMLP(**SMALL, **options),
    "RNN": lambda **options: RNNForecaster("rnn", **SMALL, **options),
    "LSTM recursive": lambda **options: RNNForecaster("lstm", **SMALL, strategy="recursive", **options),
    "GRU": lambda **options: RNNForecaster("gru", **SMALL, **options),
    "GRU parallel": lambda **options: RNNForecaster(
        "gru", **SMALL, strategy="parallel", patch_size=2, **options
    ),
    "GRU seq2seq": lambda **options: RNNForecaster("gru", **SMALL, strategy="seq2seq", **options),
    "LSTM stacked": lambda **options: RNNForecaster(
        "lstm",
        **SMALL,
        num_layers=2,
        bidirectional=True,
        residual=True,
        dilation=2,
        patch_size=2,
        **options,
    ),
}
