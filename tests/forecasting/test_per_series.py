"""Models of one series on many series: what they share, in which processes they are fitted, how fits end."""

import gc
import signal
import time
import weakref

import joblib
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


def test_equal_networks_are_one_while_they_are_in_use_and_no_longer():
    options = FOREVER | {"max_steps": 1}
    model = RNNForecaster(scope="local", **options).fit(PANEL)
    network, *others = [copy.network_ for copy in model.models_.values()]
    assert all(other is network for other in others)
    assert RNNForecaster(cell="lstm", **options).fit(PANEL[0]).network_ is not network
    alive = weakref.ref(network)
    del model, network, others
    gc.collect()
    assert alive() is None


def test_processes_fit_a_network_for_each_series_to_the_same_bits():
    model = RNNForecaster(scope="local", n_jobs=2, **FOREVER | {"max_steps": 3})
    in_threads = model.fit(PANEL).predict()
    with joblib.parallel_config("loky", n_jobs=2):
        in_processes = model.fit(PANEL).predict()
    for key, forecast in in_threads.items():
        pd.testing.assert_series_equal(in_processes[key], forecast, check_exact=True)
