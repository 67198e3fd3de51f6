"""The test for seasons and the patterns that follow them, against literal NumPy of each series."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn import datasets
from tsrnn.timeseries.frequency import natural_season
from tsrnn.training.seasons import seasonal_test, show_season, subtract_seasons

RATES, SHARES = (0.0, 0.1, 0.2, 0.4, 0.8), (0.0, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("airpassengers", 12), ("nottem", 12), ("ukgas", 4), ("co2", 52), ("power", 24)],
)
def test_seasons_of_real_series_are_found(name, expected):
    y = datasets.load(name).interpolate()
    assert natural_season(y.index) == expected
    assert seasonal_test(y.to_numpy(), expected)


def test_a_season_drowned_in_the_noise_of_differences_is_found_in_the_values():
    t = np.arange(400)
    series = np.sin(2 * np.pi * t / 24) + 1.2 * np.random.default_rng(0).standard_normal((50, 400))
    assert np.mean([seasonal_test(one, 24) for one in series]) > 0.95


@pytest.mark.parametrize("season", [4, 7, 12, 24])
def test_random_walks_show_a_season_as_rarely_as_the_test_promises(season):
    walks = np.random.default_rng(0).standard_normal((300, 200)).cumsum(axis=1)
    assert np.mean([seasonal_test(walk, season) for walk in walks]) < 0.08


def test_short_constant_and_drifting_series_show_no_season():
    assert not seasonal_test(np.tile([0.0, 1.0, 0.0, 0.0], 2), 4)
    assert not seasonal_test(np.full(100, 3.3), 4)
    assert not seasonal_test(np.arange(100.0) ** 2, 12)


# --- many series, and the slowest version of each ------------------------------------------------------


def autocorrelation(x, lag):
    around = [value - sum(x) / len(x) for value in x]
    if max(map(abs, around)) <= 1e-12 * max(map(abs, x)):
        return 0.0
    return sum(a * b for a, b in zip(around, around[lag:], strict=False)) / sum(a * a for a in around)


def shows_a_season(x, m):
    """The rule that `seasonal_test` tells, word for word."""
    if len(x) < 3 * m or max(x) - min(x) <= 1e-12 * max(map(abs, x)):
        return False
    changes = [after - before for before, after in pairwise(x)]
    r = autocorrelation(changes, m)
    if r > 1.645 / np.sqrt(len(changes)) and r > autocorrelation(changes, m // 2):
        return True
    r = {lag: autocorrelation(x, lag) for lag in range(1, m + 1)}
    bound = 1.645 * np.sqrt((1 + 2 * sum(r[lag] ** 2 for lag in range(1, m))) / len(x))
    return r[m] > bound and r[m] > r[m // 2]


def trend(x, m):
    """A centred moving average over m steps, carried on in a straight line at both ends."""
    n, margin = len(x), m // 2
    known = {}
    for t in range(margin, n - margin):
        if m % 2:
            known[t] = sum(x[t - margin : t + margin + 1]) / m
        else:
            middle = sum(x[t - margin + 1 : t + margin])
            known[t] = (0.5 * x[t - margin] + middle + 0.5 * x[t + margin]) / m
    first, last = margin, n - margin - 1
    reach = min(m, last - first)
    before = (known[first + reach] - known[first]) / max(reach, 1)
    after = (known[last] - known[last - reach]) / max(reach, 1)
    head = [known[first] - before * (first - t) for t in range(first)]
    tail = [known[last] + after * (t - last) for t in range(last + 1, n)]
    return np.array([*head, *(known[t] for t in range(first, last + 1)), *tail])


def patterns_of(detrended, m, rate):
    """For each season the pattern of those before it, and one more for what comes next."""
    n = len(detrended)
    pattern, rows = [(detrended[j] + detrended[m + j]) / 2 for j in range(m)], []
    for row in range(-(-n // m) + 1):
        rows.append(np.array(pattern) - np.mean(pattern))
        weight = max(rate, 1 / (row + 3))
        for j in range(m):
            if row * m + j < n:
                pattern[j] += weight * (detrended[row * m + j] - pattern[j])
    return np.concatenate(rows)


def season_patterns(x, m):
    """The patterns of the rate and the share that would have forecast past seasons best."""
    n, detrended = len(x), x - trend(x, m)
    shrinks = n - 2 * m >= max(m, 50)
    begin = 2 * m if shrinks else 0
    candidates = []
    for rate in RATES:
        pattern = patterns_of(detrended, m, rate)
        for share in SHARES if shrinks else (1.0,):
            error = np.abs(detrended - share * pattern[:n])[begin:].sum()
            candidates.append((error, share * pattern))
    return min(candidates, key=lambda one: one[0])[1]


@st.composite
def many(draw):
    """Series of any lengths with more or less of a season of m steps, the offsets, some of them, and m."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    m = draw(st.sampled_from([2, 3, 4, 7, 12]))
    lengths = draw(st.lists(st.integers(2 * m, 10 * m + 40), min_size=1, max_size=6))
    parts = []
    for n in lengths:
        t, scale = np.arange(n), 10.0 ** rng.integers(-6, 6)
        pattern, drift = rng.standard_normal(m)[t % m], rng.standard_normal(n).cumsum()
        weights = rng.uniform(0, 2, 3) * (rng.random(3) < 0.7)
        parts.append(scale * (weights @ [pattern, 0.3 * drift, rng.standard_normal(n)] + rng.uniform(-9, 9)))
    which = np.flatnonzero(rng.random(len(lengths)) < 0.8)
    return np.concatenate(parts), np.cumsum([0, *lengths]), which, m


@given(many())
def test_series_that_show_a_season_are_those_that_the_rule_tells(series):
    values, offsets, which, m = series
    expected = [shows_a_season(values[offsets[s] : offsets[s + 1]].tolist(), m) for s in which]
    assert show_season(values, offsets, which, m).tolist() == expected
    for s, shown in zip(which, expected, strict=True):
        assert seasonal_test(values[offsets[s] : offsets[s + 1]], m) == shown


def test_about_half_of_mildly_seasonal_series_show_it():
    rng = np.random.default_rng(0)
    series = 0.6 * np.sin(np.arange(100) * np.pi / 3) + rng.standard_normal((60, 100))
    offsets = 100 * np.arange(61)
    expected = [shows_a_season(one.tolist(), 6) for one in series]
    assert 10 < sum(expected) < 50
    assert show_season(series.ravel(), offsets, np.arange(60), 6).tolist() == expected


@given(many())
def test_the_patterns_subtracted_are_those_of_each_series(series):
    values, offsets, which, m = series
    before = values.copy()
    rest, begins, pattern = subtract_seasons(values, offsets, which, m)
    np.testing.assert_array_equal(values, before)
    for s in range(len(offsets) - 1):
        rows = slice(offsets[s], offsets[s + 1])
        x = values[rows]
        if s not in which:
            assert begins[s] == -1
            np.testing.assert_array_equal(rest[rows], x)
            continue
        expected, tiny = season_patterns(x, m), 1e-11 * np.abs(x).max()
        own = pattern[begins[s] : begins[s] + len(expected)]
        np.testing.assert_allclose(own, expected, rtol=1e-12, atol=tiny)
        np.testing.assert_allclose(rest[rows], x - expected[: len(x)], rtol=1e-12, atol=tiny)


def test_seasons_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("tsrnn.network.threads._VALUES_A_THREAD", 50)
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(24, 90, 20))])
    values = rng.standard_normal(offsets[-1])
    which = np.arange(0, 20, 2)
    one, *others = (subtract_seasons(values, offsets, which, 12, k) for k in (1, 2, 3, 7))
    shown, *also = (show_season(values, offsets, which, 3, k) for k in (1, 2, 3, 7))
    for other in others:
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    for other in also:
        np.testing.assert_array_equal(other, shown)
