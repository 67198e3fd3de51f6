"""Models of one series on many series: what they share, in which processes they are fitted, how fits end."""

import gc
import signal
import time
import warnings
import weakref

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsrnn import (
    ARIMA,
    ETS,
    STL,
    AutoARIMA,
    AutoReg,
    Combine,
    Croston,
    Naive,
    RNNForecaster,
    SeasonalNaive,
    Theta,
    TimeLimitError,
    time_limit,
)
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


def unequal():
    months = pd.date_range("2015-01-01", periods=60, freq="MS")
    rng = np.random.default_rng(0)
    long = {
        key: pd.Series(20 + key + 5 * np.sin(np.arange(60) * np.pi / 6) + rng.normal(size=60), months)
        for key in range(3)
    }
    return {"lone": pd.Series([5.0], months[:1]), **long, "short": pd.Series([3.0, 4.0], months[:2])}


ONE_EACH = [
    AutoARIMA(horizon=3, max_p=1, max_q=1, max_P=0, max_Q=0),
    ARIMA(horizon=3),
    ETS(horizon=3),
    Theta(horizon=3),
    STL(horizon=3),
    AutoReg(horizon=3),
    Croston(horizon=3),
    SeasonalNaive(12, horizon=3),
    RNNForecaster(horizon=3, scope="local", max_steps=2, random_state=0),
]


@pytest.mark.parametrize("model", ONE_EACH, ids=lambda model: type(model).__name__)
@pytest.mark.filterwarnings("ignore:Intervals of", "ignore:.* series have no intervals")
def test_series_that_cannot_be_fitted_repeat_their_last_value(model):
    y = unequal()
    with pytest.warns(UserWarning, match=r" of 5 series could not be fitted and repeat "):
        found = model.fit(y).predict()
    assert "lone" in model.failures_
    for key in model.failures_:
        np.testing.assert_array_equal(found[key], y[key].iloc[-1])
        if hasattr(model, "models_"):
            np.testing.assert_array_equal(model.models_[key].predict(2), y[key].iloc[-1])
    alone = clone(model).fit(y[0].rename(None)).predict()
    np.testing.assert_allclose(found[0], alone)
    assert set(model.predict(level=80)) == set(model.sample_paths(3, random_state=0)) == set(y)
    assert np.isfinite(model.predict(level=80)["short"]).all(axis=None)


@pytest.mark.parametrize(
    "model", [ETS(), SeasonalNaive(12), RNNForecaster(scope="local", max_steps=1)], ids=str
)
def test_without_a_fallback_such_series_are_refused(model):
    with pytest.raises(ValueError, match=r"^Series 'lone': `y` has 1 observation"):
        model.set_params(fallback=None).fit(unequal())
    with pytest.raises(ValueError, match=r"^Series 'lone': `y` has 1 observation"):
        model.set_params(fallback="naive").fit({key: unequal()[key] for key in ("lone", "short")})
    with pytest.raises(ValueError, match=r"^`y` has 1 observation"):
        model.fit(unequal()["lone"])


@pytest.mark.parametrize("scope", ["global", "local"])
@pytest.mark.filterwarnings("ignore:Intervals of")
def test_series_without_intervals_are_named_once(scope):
    y = unequal() | {"constant": pd.Series(7.0, unequal()[0].index)}
    model = RNNForecaster(horizon=3, scope=scope, fallback="naive", max_steps=2, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = model.fit(y).predict(level=80)
    said = [str(one.message) for one in caught if "no intervals" in str(one.message)]
    assert any(message.startswith("1 of 6 series have no intervals: 'lone'; too little") for message in said)
    assert np.isnan(found["lone"]["lo-80"]).all()
    assert np.isfinite(found["lone"]["mean"]).all()
