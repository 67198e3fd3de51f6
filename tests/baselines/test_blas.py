"""The limit on BLAS threads: set while anyone needs it, gone afterwards."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing
from statsmodels.tsa.statespace.sarimax import SARIMAX
from threadpoolctl import threadpool_info, threadpool_limits

from tsrnn import datasets
from tsrnn.baselines import ARIMA, ETS, Theta
from tsrnn.baselines.blas import one_blas_thread

NILE = datasets.load("nile")


def threads():
    """BLAS libraries of this process and the threads each may use; none on Apple's Accelerate."""
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def set_aside(function, *args, **kwargs):
    """Call in a thread that ends: while it lived, no other could change what it has set."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args, **kwargs).result()


@pytest.fixture(autouse=True)
def two():
    """Two threads for every library, whatever the environment says."""
    limit = set_aside(threadpool_limits, 2, user_api="blas")
    found = threads()
    assert set(found.values()) <= {2}
    yield found
    set_aside(limit.restore_original_limits)


@pytest.fixture
def one(two):
    return dict.fromkeys(two, 1)


def test_limit_lasts_until_the_outermost_block_ends(one, two):
    with one_blas_thread():
        with one_blas_thread():
            assert threads() == one
        assert threads() == one
    assert threads() == two


def test_limit_ends_after_an_exception(one, two):
    with one_blas_thread():
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            _ = 1 / 0
        assert threads() == one
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert threads() == two


def test_limit_lasts_until_the_last_concurrent_user_leaves(one, two):
    entered, leave = Event(), Event()

    def second():
        with one_blas_thread():
            entered.set()
            assert leave.wait(10)

    with ThreadPoolExecutor(1) as pool:
        with one_blas_thread():
            other = pool.submit(second)
            assert entered.wait(10)
        found = threads()
        leave.set()
        other.result()
    assert found == one
    assert threads() == two


def test_many_concurrent_users_leave_the_threads_as_they_were(one, two):
    def visit(_):
        with one_blas_thread():
            return threads()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(visit, range(40))) == [one] * 40
    assert threads() == two


@pytest.mark.parametrize(
    ("model", "owner", "method"),
    [
        (ARIMA((1, 0, 0)), SARIMAX, "fit"),
        (ARIMA((1, 0, 0)), SARIMAX, "filter"),
        (ETS(), ETSModel, "fit"),
        (ETS(), ETSModel, "smooth"),
        (Theta(), ExponentialSmoothing, "fit"),
    ],
)
def test_statsmodels_estimates_and_forecasts_on_one_thread(model, owner, method, one, two, monkeypatch):
    seen, original = [], getattr(owner, method)

    def watched(self, *args, **kwargs):
        seen.append(threads())
        return original(self, *args, **kwargs)

    monkeypatch.setattr(owner, method, watched)
    model.fit(NILE).predict(2)
    assert seen
    assert all(found == one for found in seen)
    assert threads() == two
