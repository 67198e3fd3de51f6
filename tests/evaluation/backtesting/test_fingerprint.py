"""Fingerprints: alike for what is alike, in any process, and for nothing else."""

import importlib.util
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from helpers.contenders import Last, Mean
from tsrnn.baselines import Naive, SeasonalNaive
from tsrnn.evaluation.backtesting.fingerprint import fingerprint
from tsrnn.forecasting.combine import Combine

DAYS = pd.date_range("2024-01-01", periods=3)
UNLIKE = [
    None,
    True,
    1,
    1.0,
    np.float32(1.0),
    "1",
    b"1",
    [1],
    (1,),
    [[1]],
    {1: 1},
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
    ["ab", "c"],
    ["a", "bc"],
    ["abc"],
    [["a"], "b"],
    ["a", ["b"]],
    float("nan"),
    np.arange(3),
    np.arange(3.0),
    np.arange(3.0)[:, None],
    np.array([0.0, 1.0, -2.0]),
    np.array(["a", None], dtype=object),
    DAYS,
    pd.DatetimeIndex(DAYS.to_numpy()),
    DAYS.tz_localize("UTC"),
    DAYS.tz_localize("Europe/Vienna"),
    DAYS.rename("day"),
    DAYS.to_period("D"),
    DAYS - DAYS[0],
    pd.RangeIndex(3),
    pd.Index(["a", "b"]),
    pd.MultiIndex.from_product([["a", "b"], [1]]),
    pd.Series([1.0, 2.0, 3.0]),
    pd.Series([1.0, 2.0, 3.0], name="y"),
    pd.Series([1.0, 2.0, 3.0], DAYS),
    pd.Series([1.0, 2.0, np.nan]),
    pd.Series([1, 2, 3]),
    pd.Series(["a", "b"], dtype="category"),
    pd.Series([1, None], dtype="Int64"),
    pd.DataFrame({"y": [1.0, 2.0, 3.0]}),
    pd.DataFrame({"x": [1.0, 2.0, 3.0]}),
    pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0]}),
    np.random.default_rng(0),
    np.random.default_rng(1),
    np.random.RandomState(0),
    Naive(),
    Naive(horizon=2),
    SeasonalNaive(),
    Last(),
    Mean(),
    Combine([Naive()]),
    Combine([Naive(horizon=2)]),
    Combine([Naive()], "median"),
]


def test_no_two_are_alike():
    prints = [fingerprint(thing) for thing in UNLIKE]
    assert len(set(prints)) == len(UNLIKE)


def test_copies_are_alike():
    y = pd.Series([1.0, 2.0], DAYS[:2], name="y")
    for thing, other in [
        (y, y.copy(deep=True)),
        (y.to_frame(), y.to_frame().copy(deep=True)),
        (np.arange(6.0).reshape(2, 3).T, np.ascontiguousarray(np.arange(6.0).reshape(2, 3).T)),
        (Combine([Naive(), Last()]), Combine([Naive(), Last()])),
        (np.random.default_rng(0), np.random.default_rng(0)),
    ]:
        assert fingerprint(thing) == fingerprint(other)
    fitted = Naive().fit(y)
    assert fingerprint(fitted) == fingerprint(Naive())


def test_another_process_finds_the_same():
    things = "['a', 1.5, None, {'b': (True, np.arange(3))}, pd.Series([1.0], ['x']), Naive(horizon=3)]"
    code = (
        "import numpy as np, pandas as pd; from tsrnn import Naive; "
        "from tsrnn.evaluation.backtesting.fingerprint import fingerprint"
    )
    run = [sys.executable, "-c", f"{code}; print(fingerprint({things}))"]
    printed = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    assert printed == fingerprint(eval(things))


@pytest.mark.parametrize("thing", [lambda: 1, object(), Naive, [1, {2: print}], Last(shift=object())])
def test_what_cannot_be_described_is_an_error(thing):
    with pytest.raises(TypeError, match=r"^an? "):
        fingerprint(thing)


def test_the_source_of_somebody_elses_class_counts(tmp_path):
    prints = []
    for folder, value in (("one", 1.0), ("two", 2.0), ("again", 1.0)):
        path = tmp_path / folder / "mine.py"
        path.parent.mkdir()
        path.write_text(
            "from sklearn.base import BaseEstimator\n\n\nclass Mine(BaseEstimator):\n"
            f"    def predict(self, horizon):\n        return [{value}] * horizon\n"
        )
        spec = importlib.util.spec_from_file_location("mine", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["mine"] = module
        spec.loader.exec_module(module)
        prints.append(fingerprint(module.Mine()))
        del sys.modules["mine"]
    assert prints[0] == prints[2] != prints[1]
