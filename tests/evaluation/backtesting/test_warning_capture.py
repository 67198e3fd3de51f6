"""Warnings of models running side by side end up where they belong."""

import threading
import warnings

import numpy as np
import pytest

from helpers.contenders import Last, Y
from tsrnn.evaluation.backtesting.backtest import backtest
from tsrnn.evaluation.backtesting.warning_capture import collect_warnings


class Chatty(Last):
    def fit(self, y):
        warnings.warn(f"only {len(y)}\n  points", UserWarning, stacklevel=2)
        warnings.warn("this spelling is going away", DeprecationWarning, stacklevel=2)
        return super().fit(y)


@pytest.mark.parametrize("n_jobs", [None, 3])
def test_warnings_of_a_model_are_kept_in_its_own_folds(n_jobs):
    models = [Chatty(alias=f"chatty {i}") for i in range(3)] + [Last()]
    result = backtest(models, Y, horizon=1, n_windows=4, n_jobs=n_jobs)
    messages = result.folds.groupby("model", sort=False)["message"].agg(list)
    for name in ["chatty 0", "chatty 1", "chatty 2"]:
        assert messages[name] == [f"UserWarning: only {n} points" for n in (8, 9, 10, 11)]
    assert messages["Last"] == [""] * 4
    assert "Warnings from chatty 0, chatty 1, chatty 2: see .folds." in result.footnotes


def test_warnings_elsewhere_work_as_before_while_a_backtest_runs_and_after_it():
    inside, leave = threading.Event(), threading.Event()

    class Waits(Last):
        def fit(self, y):
            inside.set()
            leave.wait(5)
            return super().fit(y)

    filters, show = list(warnings.filters), warnings.showwarning
    with warnings.catch_warnings(record=True) as shown:
        thread = threading.Thread(target=backtest, args=(Waits(), Y, 2))
        thread.start()
        assert inside.wait(5)
        warnings.warn("from outside", UserWarning, stacklevel=1)
        leave.set()
        thread.join()
    assert [str(warning.message) for warning in shown] == ["from outside"]
    assert warnings.filters == filters
    assert warnings.showwarning is show


def test_what_a_model_raises_on_is_still_raised():
    class Strict(Last):
        def fit(self, y):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                warnings.warn("not converged", RuntimeWarning, stacklevel=1)

    with pytest.warns(RuntimeWarning, match="No model has forecast anything"):
        result = backtest(Strict(), Y, horizon=2)
    assert result.folds["message"].tolist() == ["RuntimeWarning: not converged"]
    assert result.folds["status"].tolist() == ["failed"]


def test_threads_that_swap_the_warning_state_leave_nothing_behind():
    def swap_and_warn(seed):
        rng = np.random.default_rng(seed)
        for i in range(200):
            with collect_warnings() as collected:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    threading.Event().wait(rng.uniform(0, 2e-4))
                warnings.warn(f"{seed} {i}", UserWarning, stacklevel=1)
            if set(collected) - {f"UserWarning: {seed} {i}"}:
                misplaced.append(collected)

    misplaced: list[list[str]] = []
    filters, show = list(warnings.filters), warnings.showwarning
    threads = [threading.Thread(target=swap_and_warn, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert misplaced == []
    assert warnings.filters == filters
    assert warnings.showwarning is show
