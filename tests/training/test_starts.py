"""Where windows start, against lists of them made series by series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.training.starts import Runs, Starts, padded_starts, split_starts
from tsrnn.training.windows import WindowDataset, WindowShape

SHAPES = {
    "lost": st.integers(0, 2),
    "lookback": st.integers(1, 12),
    "horizon": st.integers(1, 6),
    "fraction": st.floats(0, 0.9),
}


def listed(runs):
    """The starts in each series, one by one."""
    return [np.arange(first, first + count) for first, count in zip(*runs, strict=True)]


@given(lengths=st.lists(st.integers(4, 80), min_size=1, max_size=6), **SHAPES)
def test_training_targets_end_before_validation_targets_begin(lengths, lost, lookback, horizon, fraction):
    runs = split_starts(np.array(lengths), lost, lookback, horizon, fraction)
    for n, training, validation in zip(lengths, *map(listed, runs), strict=True):
        every = np.arange(lost, n - lookback - horizon + 1)
        if len(validation):
            assert training[-1] + lookback + horizon <= validation[0] + lookback
            assert validation[-1] + lookback + horizon == n
            assert 2 * len(training) >= len(every)
        else:
            np.testing.assert_array_equal(training, every)


@given(lengths=st.lists(st.integers(4, 80), min_size=1, max_size=6), **SHAPES)
def test_series_are_split_as_each_alone(lengths, lost, lookback, horizon, fraction):
    training, validation = split_starts(np.array(lengths), lost, lookback, horizon, fraction)
    for s, n in enumerate(lengths):
        begins_to_validate = n - max(round(fraction * n), horizon)
        every = [i for i in range(lost, n) if i + lookback + horizon <= n]
        first = [i for i in every if i + lookback + horizon <= begins_to_validate]
        last = [i for i in every if i + lookback >= begins_to_validate]
        if fraction == 0 or 2 * len(first) < len(every):
            first, last = every, []
        assert listed(training)[s].tolist() == first
        assert listed(validation)[s].tolist() == last


@given(lengths=st.lists(st.integers(3, 14), min_size=1, max_size=6), **SHAPES)
def test_padded_windows_read_half_of_what_the_horizon_leaves(lengths, lost, lookback, horizon, fraction):
    starts = listed(padded_starts(np.array(lengths), lost, lookback, horizon))
    for n, own in zip(lengths, starts, strict=True):
        most = max(n - lost - horizon, 1)
        n_read = own + lookback - lost
        assert n_read.tolist() == [k for k in range(1, most + 1) if 2 * k >= most]


def test_short_series_of_a_panel_are_padded_and_never_validated_on():
    lengths, rows = np.array([30, 5, 9]), np.array([0, 40, 60])
    shape = WindowShape(8, 2)
    windows = WindowDataset(np.zeros((80, 1)), shape, rows=rows, lengths=lengths, is_padded=True)
    training, validation = windows.split(0.2)
    (long, _, _), _ = map(listed, split_starts(lengths[:1].repeat(3), 0, 8, 2, 0.2))
    padded = listed(padded_starts(lengths, 0, 8, 2))
    expected = [*long, *(40 + padded[1]), *(60 + padded[2])]
    assert training[:].tolist() == expected
    assert validation[:].tolist() == list(range(16, 21))
    assert windows.latest().tolist() == [22, 37, 61]
    with pytest.raises(ValueError, match=r"^`y` has 5 observations; lookback=8 needs at least 8 to forecast"):
        windows._replace(is_padded=False).latest()


def test_starts_are_those_of_a_list():
    runs = Runs(np.array([3, 0, -2, 1]), np.array([4, 0, 3, 1]))
    rows = np.array([0, 20, 30, 40])
    expected = np.concatenate([row + own for row, own in zip(rows, listed(runs), strict=True)])
    starts = Starts.of(runs, rows)
    assert len(starts) == 8
    np.testing.assert_array_equal(starts[:], expected)
    np.testing.assert_array_equal(starts[2:6], expected[2:6])
    np.testing.assert_array_equal(starts[np.array([7, 0, 4])], expected[[7, 0, 4]])
    np.testing.assert_array_equal(starts.spread(3), expected[::3])
    np.testing.assert_array_equal(starts.spread(100), expected)


def test_an_epoch_draws_each_start_once_or_series_with_equal_chances():
    runs, rows = Runs(np.zeros(3, int), np.array([900, 0, 100])), np.array([0, 1000, 2000])
    rng = np.random.default_rng(0)
    drawn = Starts.of(runs, rows).draw(rng, 10**6)
    np.testing.assert_array_equal(np.sort(drawn), np.arange(1000))
    few = Starts.of(runs, rows).draw(rng, 5)
    assert len(few) == len(set(few.tolist())) == 5
    by_series = Starts.of(runs, rows, by_series=True)
    drawn = by_series[by_series.draw(rng, 10**6)]
    assert len(drawn) == 1000
    assert set(drawn.tolist()) <= {*range(900), *range(2000, 2100)}
    assert 0.45 < np.mean(drawn < 900) < 0.55
