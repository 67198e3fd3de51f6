"""Levels and scales of series and of covariates, of one and of many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.training.scales import Standard, hold, level_and_scale, levels_and_scales, root_mean_square


def test_level_and_scale_by_hand():
    values = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    assert level_and_scale(values) == pytest.approx((22, np.sqrt((441 + 400 + 361 + 324 + 6084) / 5)))
    assert level_and_scale(values, robust=True) == pytest.approx((3, 2 / 1.349))
    assert level_and_scale(np.full(9, 0.1)) == (pytest.approx(0.1), 0.0)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_root_mean_square_neither_overflows_nor_underflows(scale):
    assert root_mean_square(np.array([3.0, -4.0]) * scale) == pytest.approx(np.sqrt(12.5) * scale)
    assert root_mean_square(np.zeros(3)) == 0


@st.composite
def many(draw):
    """Series of many sizes end to end, some of them constant, and their offsets."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    lengths = draw(st.lists(st.integers(3, 40), min_size=1, max_size=6))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = rng.standard_normal(offsets[-1]) * 10.0 ** rng.integers(-9, 9) + rng.standard_normal()
    for s in np.flatnonzero(rng.random(len(lengths)) < 0.2):
        values[offsets[s] : offsets[s + 1]] = values[offsets[s]]
    return values, offsets


@given(series=many(), skipped=st.integers(0, 2), robust=st.booleans())
def test_many_levels_and_scales_are_those_of_each_series(series, skipped, robust):
    values, offsets = series
    levels, scales = levels_and_scales(values, offsets, skipped=skipped, robust=robust)
    for s in range(len(offsets) - 1):
        known = values[offsets[s] + skipped : offsets[s + 1]]
        if robust:
            low, level, high = np.percentile(known, [25, 50, 75])
            scale = (high - low) / 1.349
        else:
            level, scale = np.mean(known), np.sqrt(np.mean((known - np.mean(known)) ** 2))
        if scale <= 1e-12 * abs(level):
            scale = 0.0
        tiny = 1e-13 * np.abs(known).max()
        np.testing.assert_allclose(levels[s], level, rtol=1e-12, atol=tiny)
        np.testing.assert_allclose(scales[s], scale, rtol=1e-12, atol=tiny)


@pytest.mark.parametrize("robust", [False, True])
def test_of_very_many_values_evenly_spaced_ones_tell(monkeypatch, robust):
    monkeypatch.setattr("tsrnn.training.scales._MOST_VALUES", 10)
    rng = np.random.default_rng(0)
    offsets = np.cumsum([0, 12, 9, 35, 11])
    values = rng.standard_normal(offsets[-1]) + 3
    levels, scales = levels_and_scales(values, offsets, skipped=1, robust=robust)
    for s, step in enumerate([2, 1, 4, 1]):
        known = values[offsets[s] + 1 : offsets[s + 1] : step]
        expected = level_and_scale(known, robust=robust)
        np.testing.assert_allclose((levels[s], scales[s]), expected, rtol=1e-14)


def test_levels_and_scales_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("tsrnn.network.threads._VALUES_A_THREAD", 50)
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(3, 90, 20))])
    values = rng.standard_normal(offsets[-1])
    one, *others = (np.array(levels_and_scales(values, offsets, n_threads=k)) for k in (1, 2, 3, 7))
    for other in others:
        np.testing.assert_array_equal(other, one)


@given(
    seed=st.integers(0, 10_000),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    share=st.floats(0, 1),
)
def test_the_last_value_is_held_within_each_series(seed, lengths, share):
    rng = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    table = rng.standard_normal((offsets[-1], 2))
    table[rng.random(table.shape) < share] = np.nan
    held, age = hold(table, offsets)
    for s in range(len(lengths)):
        for column in range(2):
            last, since = 0.0, 0
            for row in range(offsets[s], offsets[s + 1]):
                known = not np.isnan(table[row, column])
                last, since = (table[row, column], 0) if known else (last, since + 1)
                assert held[row, column] == last
                np.testing.assert_allclose(age[row, column], np.log1p(since), rtol=1e-15)


def test_covariates_are_scaled_over_all_series_and_held_in_each():
    table = np.array([[1.0, 5.0], [np.nan, 7.0], [np.nan, 9.0], [3.0, 11.0]])
    standard = Standard.of(table)
    np.testing.assert_allclose(standard.mean, [2, 8])
    np.testing.assert_allclose(standard.size, [1, np.sqrt(5)])
    assert standard.n_columns == 3
    found = standard.apply(table, np.array([0, 2, 4]))
    expected = [
        [-1, -3 / np.sqrt(5), 0],
        [-1, -1 / np.sqrt(5), np.log(2)],
        [0, 1 / np.sqrt(5), np.log(2)],  # nothing is known of the second series yet
        [1, 3 / np.sqrt(5), 0],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
