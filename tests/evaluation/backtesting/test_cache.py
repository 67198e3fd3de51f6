"""Backtests that go on where they stopped."""

import errno
import io
import json
import os
import sys
import threading
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from helpers.contenders import Last, Mean, Searching, Y, months
from tsrnn import RNNForecaster
from tsrnn.baselines import ETS, Naive
from tsrnn.evaluation.backtesting import cache
from tsrnn.evaluation.backtesting.backtest import backtest, compare
from tsrnn.forecasting.combine import Combine

fits: list[int] = []  # the lengths of what was fitted


@pytest.fixture(autouse=True)
def nothing_fitted():
    fits.clear()


class Counted(Mean):
    """Writes down its fits; stops with Ctrl-C at a length, if told so."""

    stops_at = None

    def fit(self, y):
        if len(y) == type(self).stops_at:
            raise KeyboardInterrupt
        fits.append(len(y))
        return super().fit(y)


def run(path, models=None, y=Y, **options):
    options = {"horizon": 1, "n_windows": 5, "cache": path} | options
    return backtest(Counted() if models is None else models, y, **options)


def same(result, other):
    pd.testing.assert_frame_equal(result.forecasts, other.forecasts, check_exact=True)
    told = ["model", "cutoff", "status", "message", "n_train", "n_series", "n_failed"]
    pd.testing.assert_frame_equal(result.folds[told], other.folds[told])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_after_ctrl_c_the_same_call_fits_only_the_rest(n_jobs, tmp_path, monkeypatch):
    path = tmp_path / "made" / "on the way"
    monkeypatch.setattr(Counted, "stops_at", 9)
    with pytest.raises(KeyboardInterrupt):
        run(path, n_jobs=n_jobs)
    before = list(fits)
    assert 9 not in before
    monkeypatch.setattr(Counted, "stops_at", None)
    fits.clear()
    result = run(path, n_jobs=n_jobs)
    kept = {7, 8} if n_jobs is None else set(before)
    assert kept <= set(before)
    if n_jobs is None:
        assert sorted(fits) == [9, 10, 11]
    same(result, run(None))
    fits.clear()
    again = run(path, n_jobs=n_jobs)
    assert fits == []
    same(again, result)
    pd.testing.assert_frame_equal(again.folds, result.folds)  # seconds, too: those of the fits that were made


def test_more_origins_and_models_need_only_their_own_fits(tmp_path):
    run(tmp_path, n_windows=3)
    fits.clear()
    result = run(tmp_path, models=[Counted(), Last()], n_windows=5)
    assert sorted(fits) == [7, 8]
    same(result, run(None, models=[Counted(), Last()], n_windows=5))


def test_a_longer_series_keeps_the_origins_that_it_shares(tmp_path):
    run(tmp_path, y=Y[:-1], n_windows=3)
    assert sorted(fits) == [8, 9, 10]
    fits.clear()
    run(tmp_path, n_windows=3)
    assert fits == [11]


X = pd.DataFrame({"x": np.arange(12.0)})


class Regressor(Counted):
    def fit(self, y, X=None, *, X_past=None):
        return super().fit(y)

    def predict(self, horizon, X=None, *, y=None, X_past=None, level=None):
        return super().predict(horizon, y=y)


CHANGES = {
    "a value": {"y": Y.where(Y.index != 2, 5.0)},
    "a label": {"y": Y.set_axis(Y.index * 2)},
    "the horizon": {"horizon": 2, "n_windows": 3, "step": 1},
    "the gap": {"gap": 1, "n_windows": 4},
    "a level": {"level": [80, 90]},
    "a training window": {"train_size": 5},
    "fits": {"refit": 2},
    "a parameter": {"models": Regressor(shift=1.0)},
    "another class": {"models": Counted()},
    "a covariate": {"X": X * 2},
    "no covariate": {"X": None},
    "a past covariate": {"X_past": X.rename(columns={"x": "z"})},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_never_taken_from_the_cache(change, tmp_path):
    usual = {"models": Regressor(), "X": X, "level": 80}
    run(tmp_path, **usual)
    n = len(fits)
    run(tmp_path, **usual)
    assert len(fits) == n == 5
    changed = run(tmp_path, **(usual | CHANGES[change]))
    assert len(fits) > n
    same(changed, run(None, **(usual | CHANGES[change])))


def test_a_changed_future_is_found_again_where_it_is_not_seen(tmp_path):
    run(tmp_path, X=X, models=Regressor())
    fits.clear()
    late = X.where(X < 10, -1.0)
    run(tmp_path, X=late, y=Y.where(Y.index < 10, -1.0), models=Regressor())
    assert sorted(fits) == [10, 11]  # of the origin at 10, X was changed in the step that is forecast


def test_parameters_inside_of_parameters_count(tmp_path):
    class Nest(BaseEstimator):
        def __init__(self, inner):
            self.inner = inner

        def fit(self, y):
            fits.append(len(y))
            return self

        def predict(self, horizon):
            return [self.inner.shift] * horizon

    for inner, n in ((Last(), 5), (Last(), 5), (Last(shift=1.0), 10)):
        result = run(tmp_path, models=Nest(inner))
        assert len(fits) == n
        assert result.forecasts["Nest"].tolist() == [inner.shift] * 5


def test_models_that_cannot_be_described_are_refused_before_anything_is_fitted(tmp_path):
    class Foreign:
        def fit(self, y):
            fits.append(len(y))

        def predict(self, horizon):
            return [0.0] * horizon

    for model, what in ((Foreign(), "a Foreign"), (Last(shift=lambda: 1), "a function")):
        with pytest.raises(TypeError, match=f"`cache` .* 'odd'.*{what}.*cache=None") as raised:
            run(tmp_path, models={"mine": Counted(), "odd": model})
        assert str(raised.value).endswith(".")
    assert fits == []


def test_failures_are_tried_again_and_warnings_are_kept(tmp_path):
    class Moody(Counted):
        def fit(self, y):
            import warnings

            if len(y) == 8 and len(fits) < 5:
                fits.append(len(y))
                raise ValueError("not now")
            warnings.warn(f"{len(y)} are few", stacklevel=1)
            return super().fit(y)

    first = run(tmp_path, models=Moody())
    assert first.folds["status"].tolist() == ["ok", "failed", "ok", "ok", "ok"]
    fits.append(0)
    n = len(fits)
    second = run(tmp_path, models=Moody())
    assert fits[n:] == [8]
    assert second.folds["status"].tolist() == ["ok"] * 5
    assert second.folds["message"].tolist() == [f"UserWarning: {n} are few" for n in range(7, 12)]


def test_files_that_cannot_be_read_count_as_absent(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    expected = run(tmp_path)
    files = sorted(tmp_path.glob("*.npz"))
    assert len(files) == 5
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:200])
    files[2].write_text("something else")
    np.savez(files[3], about=np.array(json.dumps({"key": files[3].stem, "folds": [{}]})))
    np.savez(files[4], about=np.array([{}], dtype=object))  # a pickle
    fits.clear()
    same(run(tmp_path), expected)
    assert len(fits) == 5
    fits.clear()
    same(run(tmp_path), expected)
    assert fits == []
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (
        sorted(tmp_path.glob("*")) == [*files, tmp_path / "notes.txt"] or len(list(tmp_path.glob("*"))) == 6
    )


@pytest.mark.parametrize("refuses", ["tempfile.mkstemp", "os.replace"])
def test_a_full_disk_costs_the_cache_and_not_the_results(refuses, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(refuses, refuse)
        with pytest.warns(RuntimeWarning, match="^5 of 5 fits could not be kept.*No space left.*complete"):
            result = run(tmp_path)
    same(result, run(None))
    assert list(tmp_path.iterdir()) == []
    same(run(tmp_path), result)
    assert len(list(tmp_path.iterdir())) == 5


def test_damaged_and_forged_files_are_computed_again_and_replaced(tmp_path):
    expected = run(tmp_path, n_windows=1)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    with np.load(file) as archive:
        forged = dict(archive)
    forged["0.values"] = forged["0.values"] + 1
    stream = io.BytesIO()
    np.savez(stream, **forged)
    bits = np.random.default_rng(0).integers(8 * len(whole), size=50)
    damaged = [bytearray(whole) for _ in bits]
    for content, bit in zip(damaged, bits, strict=True):
        content[bit // 8] ^= 1 << bit % 8
    forgery = stream.getvalue()
    for content in [b"", whole[:-1], whole + b"0", forgery, forgery + whole[-32:], *damaged]:
        file.write_bytes(content)
        fits.clear()
        same(run(tmp_path, n_windows=1), expected)
        assert fits == [11]
        same(run(tmp_path, n_windows=1), expected)
        assert fits == [11]


def test_other_versions_of_libraries_compute_anew(tmp_path, monkeypatch):
    run(tmp_path, n_windows=1)
    for changed in ("tsrnn", "numba", "numpy", "pandas", "scikit-learn", "scipy", "statsmodels"):
        fits.clear()
        with monkeypatch.context() as patch:
            patch.setattr(
                cache, "version", lambda name, changed=changed: version(name) + "+" * (name == changed)
            )
            run(tmp_path, n_windows=1)
        assert fits == [11]
    package = sys.modules[Counted.__module__.partition(".")[0]]
    monkeypatch.setattr(package, "__version__", "2", raising=False)
    fits.clear()
    run(tmp_path, n_windows=1)
    assert fits == [11]


def test_a_file_under_another_name_is_not_served(tmp_path):
    run(tmp_path, n_windows=1)
    (mine,) = tmp_path.glob("*.npz")
    other = tmp_path / "other"
    run(other, models=Counted(shift=2.0), n_windows=1)
    (its,) = other.glob("*.npz")
    os.replace(its, mine)
    fits.clear()
    assert run(tmp_path, n_windows=1).forecasts["Counted"].tolist() == [Y[:11].mean()]
    assert fits == [11]


def test_nothing_executable_is_kept(tmp_path):
    compare(months(60), 3, n_windows=1, models=[network(), Naive()], cache=tmp_path)
    for file in tmp_path.glob("*.npz"):
        with np.load(file, allow_pickle=False) as content:
            assert all(array.dtype != object for array in content.values())


def network(**options):
    return RNNForecaster("gru", 3, **{"hidden_size": 4, "max_steps": 20, "random_state": 0, **options})


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_training_curves_and_intervals_come_back(n_jobs, tmp_path):
    models = [network(), network(n_members=2, early_stopping=True, alias="two"), ETS()]
    options = {"horizon": 3, "n_windows": 2, "level": 80, "models": models, "y": months(60), "refit": False}
    first, second = (run(tmp_path, n_jobs=n_jobs, **options) for _ in range(2))
    same(second, first)
    pd.testing.assert_frame_equal(second.folds, first.folds)
    assert list(second.histories) == ["GRU", "two"]
    for name, history in first.histories.items():
        pd.testing.assert_frame_equal(second.histories[name], history, check_exact=True)
    pd.testing.assert_frame_equal(second.scores(), first.scores())


def test_a_combination_counts_by_its_members(tmp_path):
    for shift in (3, 4):
        model = Combine([Naive(), network(max_steps=shift)])
        result = run(tmp_path, models=model, horizon=3, n_windows=1, y=months(40))
        same(result, run(None, models=model, horizon=3, n_windows=1, y=months(40)))


def test_series_of_a_panel_are_kept_one_by_one(tmp_path):
    panel = {"a": pd.Series(np.arange(20.0)), "b": pd.Series(np.arange(9.0)), "c": pd.Series(np.ones(15))}
    run(tmp_path, y={name: panel[name] for name in "ab"}, n_windows=2, season_length=None)
    fits.clear()
    result = run(tmp_path, y=panel, n_windows=2, season_length=None)
    assert sorted(fits) == [13, 14]
    same(result, run(None, y=panel, n_windows=2, season_length=None))


class Seeking(Searching):
    """Writes down its fits, those of what was settled as negative; stops with Ctrl-C, if told so."""

    stops_at = None

    def fit(self, y):
        if len(y) == type(self).stops_at:
            raise KeyboardInterrupt
        fits.append(len(y) if self.order is None else -len(y))
        return super().fit(y)


def test_a_search_is_made_again_only_where_later_fits_want_what_it_found(tmp_path, monkeypatch):
    monkeypatch.setattr(Seeking, "stops_at", 10)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, models=Seeking())
    assert fits == [7, -8, -9]
    monkeypatch.setattr(Seeking, "stops_at", None)
    fits.clear()
    result = run(tmp_path, models=Seeking())
    assert fits == [7, -10, -11]
    assert result.settled == ("Seeking",)
    same(result, run(None, models=Seeking()))
    fits.clear()
    again = run(tmp_path, models=Seeking())
    assert fits == []
    assert again.settled == ("Seeking",)
    same(again, result)
    fits.clear()
    anew = run(tmp_path, models=Seeking(), reselect=True)
    assert sorted(fits) == [8, 9, 10, 11]  # the first is the same fit
    assert anew.forecasts["Seeking"].tolist() == [7.0, 8.0, 9.0, 10.0, 11.0]


def test_two_backtests_may_share_a_directory_at_the_same_time(tmp_path):
    results = {}

    def go(i):
        results[i] = run(tmp_path, models=[Last(), Mean()], n_windows=8)

    threads = [threading.Thread(target=go, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results.values():
        same(result, run(None, models=[Last(), Mean()], n_windows=8))
    assert not list(tmp_path.glob("*.tmp"))


def test_a_path_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        run(tmp_path / "file")
