"""Backtests in threads, in processes and on a cluster, one of whose workers dies."""

import gc
import logging
import os
import signal
import time
import warnings

import joblib
import pandas as pd
import pytest
from joblib._parallel_backends import ThreadingBackend

from helpers.contenders import Broken, Last, Searching, months
from tsrnn import RNNForecaster, TimeLimitError, time_limit
from tsrnn.baselines import Naive, Theta
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.forecasting.combine import Combine
from tsrnn.training.loop import Run

TOLD = ["model", "cutoff", "status", "message", "n_train", "n_series", "n_failed"]


def same(result, other):
    pd.testing.assert_frame_equal(result.forecasts, other.forecasts, check_exact=True)
    pd.testing.assert_frame_equal(result.folds[TOLD], other.folds[TOLD])
    assert list(result.histories) == list(other.histories)
    assert result.settled == other.settled


class Worried(Last):
    """Warns of something else at each origin."""

    def fit(self, y):
        warnings.warn(f"{len(y)} are few", stacklevel=1)
        return super().fit(y)


def contenders():
    network = RNNForecaster("gru", 2, hidden_size=4, max_steps=5, lookback=6, random_state=0)
    combined = Combine([Naive(), network], alias="both")
    return [Naive(), Theta(), network, combined, Searching(), Worried(alias="warns"), Broken(alias="broken")]


class AllAtTheEnd(ThreadingBackend):
    """Gives nothing back before everything is done, as some backends of clusters do."""

    supports_return_generator = False


joblib.register_parallel_backend("all at the end", AllAtTheEnd)


@pytest.mark.parametrize("backend", ["threading", "loky", "all at the end"])
def test_any_backend_gives_the_same_and_is_quiet(backend, capfd):
    y = months(60)
    options = {"horizon": 2, "n_windows": 4, "level": 80}
    expected = backtest(contenders(), y, **options)
    messages = expected.folds.groupby("model")["message"].agg(list)
    assert messages["warns"] == [f"UserWarning: {n} are few" for n in (52, 54, 56, 58)]
    assert messages["broken"] == ["ValueError: no convergence"] * 4
    with joblib.parallel_config(backend=backend, n_jobs=2):
        same(backtest(contenders(), y, **options), expected)
    assert capfd.readouterr() == ("", "")


def endless(name):
    return RNNForecaster("gru", 2, lookback=4, max_epochs=None, max_steps=10**9, alias=name)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_ends_the_fits_of_all_threads(n_jobs, monkeypatch):
    taken, step = [], Run._step

    def pressing(*arguments):
        taken.append(arguments)
        if len(taken) == 5:
            signal.raise_signal(signal.SIGINT)
        return step(*arguments)

    monkeypatch.setattr(Run, "_step", pressing)
    with pytest.raises(KeyboardInterrupt):
        backtest([endless("a"), endless("b")], months(40), horizon=2, n_windows=3, n_jobs=n_jobs)
    time.sleep(0.1)
    n = len(taken)
    time.sleep(0.1)
    assert len(taken) == n


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_time_limit_around_a_backtest_ends_it(n_jobs):
    with pytest.raises(TimeLimitError), time_limit(0.3):
        backtest([endless("a"), endless("b")], months(40), horizon=2, n_windows=3, n_jobs=n_jobs)


def test_warnings_of_threads_stay_apart():
    y = months(80)
    result = backtest([Worried(alias=f"w{i}") for i in range(4)], y, horizon=1, n_windows=20, n_jobs=4)
    expected = [f"UserWarning: {n} are few" for n in range(60, 80)] * 4
    assert result.folds["message"].tolist() == expected


class Deadly(Last):
    """Takes the process it runs in along, once."""

    def __init__(self, marker="", horizon=1, alias=None):
        super().__init__(horizon=horizon, alias=alias)
        self.marker = marker

    def fit(self, y):
        if len(y) == 56 and not os.path.exists(self.marker):
            with open(self.marker, "w") as file:
                file.write(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(y)


@pytest.fixture
def cluster(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=str(tmp_path / "scratch"),
        ) as running,
        distributed.Client(running, set_as_default=False) as client,
    ):
        yield client
    gc.collect()  # what is left of it, before another test hears of that


@pytest.mark.filterwarnings("ignore")  # a cluster's own, of what its dead leave behind
def test_a_cluster_gives_the_same_though_a_worker_dies(cluster, tmp_path):
    y, marker = months(60), tmp_path / "dead"
    options = {"horizon": 2, "n_windows": 4}
    models = [*contenders(), Deadly(str(marker))]
    marker.touch()
    expected = backtest(models, y, **options)
    marker.unlink()
    with joblib.parallel_config(backend="dask", client=cluster):
        result = backtest(models, y, **options, cache=tmp_path / "kept")
    assert int(marker.read_text()) not in (0, os.getpid())
    same(result, expected)
    same(backtest(models, y, **options, cache=tmp_path / "kept"), expected)
