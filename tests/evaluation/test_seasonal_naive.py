"""Scales and forecasts of the seasonal naive method: many at once as one at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.evaluation.seasonal_naive import repeat_seasons, seasonal_scales
from tsrnn.metrics.point import seasonal_scale


@st.composite
def many_pairs(draw):
    """Series end to end, with gaps, and for each several origins, all longer than a season."""
    season = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    lengths = season + 1 + rng.integers(0, 20, size=draw(st.integers(1, 6)))
    values = rng.normal(size=lengths.sum()) * 10.0 ** rng.integers(-6, 7, size=len(lengths)).repeat(lengths)
    values[rng.uniform(size=len(values)) < draw(st.sampled_from([0.0, 0.1, 0.5, 0.95]))] = np.nan
    first = np.cumsum(lengths) - lengths
    numbers = np.arange(len(lengths)).repeat(3)
    return season, values, first[numbers], rng.integers(season + 1, lengths[numbers] + 1)


@given(many_pairs())
def test_scales_are_those_of_each_series_by_itself(pairs):
    season, values, starts, sizes = pairs
    trains = [values[a : a + size] for a, size in zip(starts, sizes, strict=True)]
    expected = [seasonal_scale(train, season) for train in trains]
    np.testing.assert_allclose(seasonal_scales(values, starts, sizes, season), expected, rtol=1e-12)


@given(many_pairs(), st.integers(0, 9), st.integers(1, 9))
def test_seasons_are_repeated_as_of_each_series_by_itself(pairs, gap, horizon):
    season, values, starts, sizes = pairs
    expected = np.full((len(sizes), horizon), np.nan)
    for row, a, size in zip(expected, starts, sizes, strict=True):
        train = values[a : a + size]
        seen = np.flatnonzero(~np.isnan(train))
        if len(seen):
            filled = np.interp(np.arange(size), seen, train[seen])
            row[:] = [filled[size - season + (gap + step) % season] for step in range(horizon)]
    steps = np.arange(gap + 1, gap + horizon + 1)
    np.testing.assert_allclose(repeat_seasons(values, starts, sizes, season, steps), expected, rtol=1e-12)


def test_nothing_beyond_the_cutoff_or_of_another_series_counts():
    values = np.array([1.0, 2.0, 4.0, np.nan, 1e9, 7.0, 7.0])
    starts, sizes = np.array([0, 5]), np.array([4, 2])
    assert seasonal_scales(values, starts, sizes, 1).tolist() == [1.5, 0.0]
    assert repeat_seasons(values, starts, sizes, 2, np.arange(1, 4)).tolist() == [[4, 4, 4], [7, 7, 7]]


def test_without_a_pair_of_observations_a_season_apart_there_is_no_scale():
    values = np.array([1.0, np.nan, 2.0, 3.0])
    assert np.isnan(seasonal_scales(values, np.array([0, 2]), np.array([2, 1]), 1)).all()
    assert np.isnan(seasonal_scales(values, np.array([0]), np.array([4]), 9)).all()
