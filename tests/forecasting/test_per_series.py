"""Models of one series on many series: how their fits end early."""

import signal
import time

import numpy as np
import pandas as pd
import pytest

from tsrnn import Combine, Naive, RNNForecaster, TimeLimitError, time_limit
from tsrnn.training.loop import Run

PANEL = {i: pd.Series(np.sin(np.arange(30.0) * (i + 1))) for i in range(4)}
FOREVER = {"lookback": 4, "hidden_size": 2, "max_epochs": None, "max_steps": 10**9, "random_state": 0}


@pytest.fixture
def at_step(monkeypatch):
    """Call a function at the fifth step of training; return the numbers of all steps so far."""
    taken, step = [], Run._step

    def install(function):
        def counting(self, number, *rest):
            taken.append(number)
            if len(taken) == 5:
                function()
            return step(self, number, *rest)

        monkeypatch.setattr(Run, "_step", counting)
        return taken

    return install


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    "kind",
    [
        lambda **k: RNNForecaster(scope="local", **FOREVER, **k),
        lambda **k: Combine([RNNForecaster(**FOREVER, alias=name) for name in "ab"], **k),
    ],
    ids=["local", "combine"],
)
def test_ctrl_c_ends_the_fits_of_all_series_and_leaves_the_model_unfitted(kind, n_jobs, at_step):
    model = kind(n_jobs=n_jobs)
    taken = at_step(lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        model.fit(PANEL)
    assert not model.__sklearn_is_fitted__()
    time.sleep(0.1)
    n = len(taken)
    time.sleep(0.1)
    assert len(taken) == n  # no thread goes on


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_time_limit_ends_the_fits_of_all_series(n_jobs):
    model = RNNForecaster(scope="local", n_jobs=n_jobs, **FOREVER)
    with pytest.raises(TimeLimitError), time_limit(0.3):
        model.fit(PANEL)
    assert not model.__sklearn_is_fitted__()


def test_a_time_limit_ends_quick_fits_and_forecasts_of_many_series():
    model = Naive().fit(PANEL)
    with pytest.raises(TimeLimitError), time_limit(0):
        model.predict(y=PANEL)
    with pytest.raises(TimeLimitError), time_limit(0):
        model.fit(PANEL)
