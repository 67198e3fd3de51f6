"""Long horizons, as they are published: standardised values, and the error over every origin of a part.

Rows are standardised by the mean and deviation of the training rows. Origins follow one another by one row,
none is left out unless said so, and every channel counts alike. A forecast may look back beyond the start of
its part.
"""

import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from tsrnn import RNNForecaster
from tsrnn.timeseries.reading import read_panel

_ORIGINS = 64  # forecast at a time

Forecast = Callable[[np.ndarray], np.ndarray]  # from origins (B,), the first unknown rows, to (B, horizon, C)


class Data(NamedTuple):
    """Standardised values (n, C), and the rows at which training, validation and test part end."""

    frame: pd.DataFrame
    train: int
    validation: int
    test: int

    @property
    def values(self) -> np.ndarray:
        """The values as an array (n, C)."""
        return self.frame.to_numpy()

    @property
    def train_frame(self) -> pd.DataFrame:
        """What is trained on."""
        return self.frame.iloc[: self.train]

    def errors(
        self, forecast: Forecast, horizon: int, *, validation: bool = False, batch_size: int = 1
    ) -> "Errors":
        """Return the errors of forecasts over the test or the validation part.

        The last origins are left out that do not fill a batch, as some loaders do.
        """
        first, last = (self.train, self.validation) if validation else (self.validation, self.test)
        values, squares, sizes = self.values, 0.0, 0.0
        n_origins = (last - horizon + 1 - first) // batch_size * batch_size
        origins = np.arange(first, first + n_origins)
        for some in np.array_split(origins, -(-len(origins) // _ORIGINS)):
            missed = forecast(some) - values[some[:, None] + np.arange(horizon)]
            squares += float(np.square(missed).sum())
            sizes += float(np.abs(missed).sum())
        n = len(origins) * horizon * values.shape[1]
        return Errors(squares / n, sizes / n)


class Errors(NamedTuple):
    """Mean squared and mean absolute error."""

    mse: float
    mae: float

    def __str__(self) -> str:
        return f"{self.mse:.3f} / {self.mae:.3f}"


def mean(errors: list[Errors]) -> Errors:
    """Return the mean of several."""
    return Errors(*np.mean(errors, axis=0).tolist())


def standardised(frame: pd.DataFrame, train: int, validation: int, test: int) -> Data:
    """Return values less the mean of the training rows, over their deviation."""
    known = frame.iloc[:train]
    return Data((frame - known.mean()) / known.std(ddof=0), train, validation, test)


def etth1(folder: Path) -> Data:
    """Return two years of hours: 12, 4 and 4 months of 30 days."""
    frame = pd.read_csv(folder / "ett" / "ETTh1.csv", index_col="date", parse_dates=True).asfreq("h")
    return standardised(frame, 8640, 11520, 14400)


def exchange_rate(folder: Path) -> Data:
    """Return eight currencies day by day: 70, 10 and 20 per cent of the rows."""
    frame = pd.read_csv(folder / "ltsf" / "exchange_rate.csv")
    n = len(frame)
    return standardised(frame, int(0.7 * n), n - int(0.2 * n), n)


def repeated(data: Data, horizon: int) -> Forecast:
    """Return what repeats the last value."""
    return lambda origins: np.repeat(data.values[origins - 1][:, None], horizon, axis=1)


def linear(data: Data, horizon: int, lookback: int, penalty: float) -> Forecast:
    """Return ridge regression of the horizon on the look-back, both less its last value, shared by channels.

    In closed form; training windows start every third row.
    """
    values = data.values

    def windows(starts: np.ndarray, size: int) -> np.ndarray:
        """Return (B, C, size) and what is subtracted, (B, C, 1)."""
        return values[starts[:, None] + np.arange(size)].transpose(0, 2, 1)

    known = windows(np.arange(0, data.train - lookback - horizon + 1, 3), lookback + horizon)
    known = (known - known[:, :, lookback - 1, None]).reshape(-1, lookback + horizon)
    X, Y = known[:, :lookback], known[:, lookback:]
    weights = np.linalg.solve(X.T @ X + penalty * np.eye(lookback), X.T @ Y)

    def forecast(origins: np.ndarray) -> np.ndarray:
        latest = windows(origins - lookback, lookback)
        last = latest[:, :, -1:]
        return ((latest - last) @ weights + last).transpose(0, 2, 1)

    return forecast


def halfway(one: Forecast, other: Forecast) -> Forecast:
    """Return the mean of two forecasts."""
    return lambda origins: (one(origins) + other(origins)) / 2


def forecasts(model: RNNForecaster, data: Data, horizon: int, n_known: int | None = None) -> Forecast:
    """Return the forecasts of a fitted model, each from all that is known at its origin.

    Or from little more than the last `n_known` rows, where the model looks back no further.
    """

    def forecast(origins: np.ndarray) -> np.ndarray:
        begin = 0 if n_known is None else origins[0] - n_known
        panel = read_panel(data.frame.iloc[begin : origins[-1]])
        return model.predict_from(panel, np.zeros_like(origins), origins - begin, horizon)

    return forecast


def peak_megabytes() -> float:
    """Return the largest resident set of this process so far."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
