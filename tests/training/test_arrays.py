"""Series end to end, against lists of series."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tsrnn.training.arrays import SeriesArrays, hold_last, join_columns, ragged_rows, split_columns


@st.composite
def many(draw, n_future=2):
    """Series with gaps, covariates, codes and places, drawn at random."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    lengths = np.array(draw(st.lists(st.integers(1, 12), min_size=1, max_size=5)))
    S, N, C = len(lengths), lengths.sum(), draw(st.integers(1, 3))
    offsets, future_offsets = (np.concatenate([[0], np.cumsum(n)]) for n in (lengths, lengths + 3))
    return SeriesArrays(
        rng.standard_normal((N, C)),
        rng.random((N, C)) < draw(st.sampled_from([0, 0.3, 0.8])),
        offsets,
        rng.standard_normal((N, draw(st.integers(0, 2)))),
        rng.standard_normal((future_offsets[-1], n_future)) if n_future else np.empty((0, 0)),
        future_offsets if n_future else np.zeros(S + 1, np.int64),
        rng.standard_normal((S, 2)),
        rng.integers(-1, 3, (S, 1)),
        np.where(rng.random(S) < 0.2, -1, rng.permutation(S)),
        [f"s{s}" for s in range(S)],
    )


def part(table, offsets, s):
    return table[offsets[s] : offsets[s + 1]]


@given(arrays=many(), data=st.data(), n_ahead=st.integers(0, 5))
def test_the_first_steps_of_some_series_are_those_of_each(arrays, data, n_ahead):
    series = data.draw(st.lists(st.integers(0, arrays.n_series - 1), min_size=1, max_size=6))
    sizes = [data.draw(st.integers(1, int(arrays.lengths[s]))) for s in series]
    found = arrays.until(np.array(series), np.array(sizes), n_ahead)
    assert found.lengths.tolist() == sizes
    assert list(found.names) == [arrays.names[s] for s in series]
    for i, (s, n) in enumerate(zip(series, sizes, strict=True)):
        expected = part(arrays.values, arrays.offsets, s)[:n].copy()
        missing = part(arrays.missing, arrays.offsets, s)[:n]
        for channel in range(arrays.n_channels):  # what came later fills no gap at the end
            seen = np.flatnonzero(~missing[:, channel])
            if len(seen):
                expected[seen[-1] + 1 :, channel] = expected[seen[-1], channel]
        np.testing.assert_array_equal(part(found.values, found.offsets, i), expected)
        np.testing.assert_array_equal(part(found.missing, found.offsets, i), missing)
        np.testing.assert_array_equal(
            part(found.past, found.offsets, i), part(arrays.past, arrays.offsets, s)[:n]
        )
        np.testing.assert_array_equal(
            part(found.future, found.future_offsets, i),
            part(arrays.future, arrays.future_offsets, s)[: n + n_ahead],
        )
        for name in ("static", "codes", "places"):
            np.testing.assert_array_equal(getattr(found, name)[i], getattr(arrays, name)[s])


@given(arrays=st.one_of(many(), many(n_future=0)))
def test_channels_become_series_of_their_own(arrays):
    C = arrays.n_channels
    names = [f"{name}{channel}" for name in arrays.names for channel in range(C)]
    found = arrays.split_channels(names)
    assert found.n_channels == 1
    assert list(found.names) == names
    for i in range(arrays.n_series * C):
        s, channel = divmod(i, C)
        for name in ("values", "missing"):
            expected = part(getattr(arrays, name), arrays.offsets, s)[:, [channel]]
            np.testing.assert_array_equal(part(getattr(found, name), found.offsets, i), expected)
        np.testing.assert_array_equal(
            part(found.past, found.offsets, i), part(arrays.past, arrays.offsets, s)
        )
        np.testing.assert_array_equal(
            part(found.future, found.future_offsets, i), part(arrays.future, arrays.future_offsets, s)
        )
        np.testing.assert_array_equal(found.static[i], arrays.static[s])
        np.testing.assert_array_equal(found.codes[i], arrays.codes[s])
        place = arrays.places[s]
        assert found.places[i] == (place * C + channel if place >= 0 else -1)


@given(arrays=many())
def test_columns_come_back_as_they_were_split(arrays):
    flat, offsets = split_columns(arrays.values, arrays.offsets)
    parts = [
        part(arrays.values, arrays.offsets, s)[:, channel]
        for s in range(arrays.n_series)
        for channel in range(arrays.n_channels)
    ]
    np.testing.assert_array_equal(flat, np.concatenate(parts))
    assert np.diff(offsets).tolist() == [len(one) for one in parts]
    assert flat.flags.c_contiguous
    np.testing.assert_array_equal(join_columns(flat, arrays.offsets, arrays.n_channels), arrays.values)


@given(arrays=many())
def test_future_covariates_of_the_values_are_the_first_of_each_series(arrays):
    expected = [
        part(arrays.future, arrays.future_offsets, s)[: arrays.lengths[s]] for s in range(arrays.n_series)
    ]
    np.testing.assert_array_equal(arrays.with_values(), np.concatenate(expected))


def test_a_gap_that_begins_a_series_is_left_as_it_is():
    values, missing = np.arange(6.0)[:, None], np.array([[0, 1, 1, 1, 0, 1]], bool).T
    held = hold_last(values, missing, np.array([0, 2, 4, 6]))
    assert held[:, 0].tolist() == [0, 0, 2, 3, 4, 4]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=8))
def test_runs_of_rows_are_counted_one_by_one(runs):
    starts, sizes = np.array([first for first, _ in runs], int), np.array([n for _, n in runs], int)
    rows, offsets = ragged_rows(starts, sizes)
    assert rows.tolist() == [first + i for first, n in runs for i in range(n)]
    assert offsets.tolist() == [sum(sizes[:s]) for s in range(len(runs) + 1)]
