"""A short version of ``benchmarks/reliability.py``: hostile calls, damaged files, Ctrl-C at random times."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark is for Linux")


@pytest.fixture(scope="module")
def reliability():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("reliability")
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("reliability", "hostile"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize("first", [0, 20, 40])
def test_hostile_values_get_an_answer_or_a_sentence(first, reliability):
    found = {seed: reliability.walk(seed, extremes=False) for seed in range(first, first + 20)}
    assert {seed: findings for seed, findings in found.items() if findings} == {}


def test_damaged_files_get_a_forecast_or_a_sentence(reliability):
    sources = ("nile.csv", "airpassengers.csv", "eustockmarkets.csv")
    found = {seed: reliability.broken_file(seed, sources) for seed in range(60)}
    assert {seed: findings for seed, findings in found.items() if findings} == {}


@pytest.mark.parametrize("seed", [4, 8])
def test_ctrl_c_at_a_random_time_ends_what_takes_long(seed, reliability):
    assert reliability.interrupt(seed) == []


def test_the_walk_notices_what_it_looks_for(reliability):
    def deep():
        return np.zeros(2) + np.zeros(3)

    def silent():
        return pd.Series([1.0, np.nan])

    calls = {"error": lambda: {}["key"], "leak": deep, "silent": silent, "answer": lambda: pd.Series([1.0])}
    walk = reliability.Walk(0)
    for name, function in calls.items():
        walk.call(name, function, finite=True)
    assert [finding.kind for finding in walk.findings] == ["internal error", "internal error", "silent NaN"]


def test_a_trial_in_which_the_process_dies_is_a_crash(reliability, monkeypatch):
    monkeypatch.setattr(reliability.sys, "executable", "/bin/false")
    ((seed, (finding,)),) = reliability.outcomes("walks", 7, 8)
    assert (seed, finding.kind, finding.detail) == (7, "crash", "status 1")
