"""What is known ahead: networks read the rows of a horizon, and none past the last one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tsrnn import RNNForecaster

SMALL = {"hidden_size": 4, "max_steps": 8, "lookback": 8, "horizon": 6, "random_state": 0}
WAYS = {  # decoders follow the last state, which a network that reads both ways has not
    "direct, both ways": {"strategy": "direct", "bidirectional": True},
    "direct, patches": {"strategy": "direct", "patch_size": 4},
    "direct, patches both ways": {
        "strategy": "direct",
        "patch_size": 4,
        "bidirectional": True,
        "num_layers": 2,
    },
    "parallel": {"strategy": "parallel"},
    "parallel, patches": {"strategy": "parallel", "patch_size": 4},
    "seq2seq": {"strategy": "seq2seq"},
    "seq2seq, patches": {"strategy": "seq2seq", "patch_size": 4},
}
KNOWN = {"X": (True, None), "calendar": (False, "auto"), "X and calendar": (True, "auto")}
each_way = pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
each_kind = pytest.mark.parametrize(("has_table", "calendar"), KNOWN.values(), ids=KNOWN)


def days(n, first="2024-01-01"):
    return pd.date_range(first, periods=n, freq="D")


def visits(n=70, *, ahead=40):
    """A series that follows its price, and prices far past its end."""
    rng = np.random.default_rng(2)
    X = pd.DataFrame(
        {"price": rng.normal(size=n + ahead), "sale": rng.normal(size=n + ahead)}, days(n + ahead)
    )
    return 20 + 3 * X["price"].iloc[:n] + rng.normal(size=n), X


def fit(y, X=None, **options):
    return RNNForecaster("gru", **(SMALL | options)).fit(y, X)


def read(model, X, horizons=(3, 6, 13)):
    """Return all that a model says of its training series and of what follows."""
    forecasts = [model.predict(h, X).to_numpy() for h in horizons]
    return [model.fitted_values_.to_numpy(), model.residuals_.to_numpy(), *forecasts]


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@each_way
@each_kind
def test_nothing_past_the_rows_of_the_horizon_is_read(options, has_table, calendar):
    y, X = visits()
    options = options | {"calendar": calendar}
    table = X if has_table else None
    model = fit(y, table, **options)
    expected = read(model, table)
    assert all(np.isfinite(part[-3:]).all() for part in expected)
    clutter = [np.full(size, 1e30) for size in (70 * 4, 110 * 4, 200 * 8)]  # where memory is used again
    del clutter
    assert_equal(read(model, table), expected)
    if not has_table:
        return
    n = len(y)
    needed = X.iloc[: n + 6]
    assert_equal(read(model, needed, (3, 6)), expected[:4])
    wild = X.copy()
    wild.iloc[n + 13 :] = 1e9
    assert_equal(read(model, wild), expected)
    wild.iloc[n + 6 :] = -1e9
    assert_equal(read(model, wild, (3, 6)), expected[:4])
    assert_equal(read(fit(y, X.iloc[:n], **options), table), expected)


@each_way
def test_a_series_of_many_reads_its_own_rows_alone(options):
    """Series lie end to end: what follows the last row of one is the first of the next."""
    y, X = visits()
    series = {"a": y.iloc[:40], "b": y.iloc[:6], "c": y.iloc[5:]}
    tables = {"a": X.iloc[:60], "b": X.iloc[:60], "c": X.iloc[5:]}
    model = fit(series, tables, dtype="float64", **options)
    for h in (4, 6, 13):
        expected = model.predict(h, tables)
        changed = model.predict(h, tables, y=series | {"b": 100 * series["b"]})
        others = {"a": tables["a"], "b": -50 * tables["b"], "c": tables["c"]}
        changed_table = model.predict(h, others, y=series)
        for key in "ac":
            np.testing.assert_allclose(changed[key], expected[key], rtol=1e-12)
            np.testing.assert_allclose(changed_table[key], expected[key], rtol=1e-12)
        assert not np.array_equal(changed_table["b"], expected["b"])
        alone = model.predict(h, {"c": tables["c"]}, y={"c": series["c"]})
        np.testing.assert_allclose(alone["c"], expected["c"], rtol=1e-9)


def read_checked():
    """Return what two networks say of the last steps and the next ones, given just the rows they need."""
    y, X = visits()
    said = []
    for way in ("direct, patches both ways", "parallel, patches"):
        model = fit(y, X, calendar="auto", **(WAYS[way] | {"max_steps": 2}))
        said += [part[-13:] for part in read(model, X.iloc[: len(y) + 13])]
    return said


CHECKED = """
from test_rnn_covariates import read_checked
for part in read_checked():
    print(*(value.hex() for value in part.tolist()))
"""


def test_no_bound_is_overstepped():
    folder = Path(__file__).parent
    root = folder.parents[1]
    changes = {
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_CACHE_DIR": str(root / ".cache" / "numba_with_bounds"),
        "PYTHONPATH": os.pathsep.join([str(folder), str(root)]),
    }
    command = [sys.executable, "-c", CHECKED]
    done = subprocess.run(command, env=os.environ | changes, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [[float.fromhex(number) for number in line.split()] for line in done.stdout.splitlines()]
    for row, part in zip(rows, read_checked(), strict=True):
        np.testing.assert_allclose(row, part, rtol=1e-4)
