"""Windows against the slowest, most literal cutting."""

import numpy as np
import pytest

from tsrnn.training.windows import WindowDataset, WindowShape


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_anchor", [0, 1, 3])
@pytest.mark.parametrize("every_step", [False, True])
def test_batches_equal_slices_minus_their_anchor(dtype, n_anchor, every_step):
    values = np.random.default_rng(0).standard_normal(40).astype(dtype)
    windows = WindowDataset(values[:, None], WindowShape(5, 3, n_anchor, every_step))
    starts = np.array([7, 0, 32, 7])
    x, target, anchors, *_ = windows.batch(starts)
    for column, start in enumerate(starts):
        segment = values[start : start + 8]
        anchor = np.float64(segment[5 - n_anchor : 5]).mean() if n_anchor else 0.0
        np.testing.assert_allclose(anchors[column, 0], anchor, rtol=1e-6)
        shifted = segment - anchor
        if every_step:
            first = 4 if n_anchor else 0
            np.testing.assert_allclose(x[:, column, 0], shifted[:-1], rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(target[:, column, 0], shifted[first + 1 :], rtol=1e-4, atol=1e-6)
            assert windows.first == first
        else:
            np.testing.assert_allclose(x[:, column, 0], shifted[:5], rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(target[0, column], shifted[5:], rtol=1e-4, atol=1e-6)
            assert windows.first == -1
    known, _, known_anchors, *_ = windows.inputs(starts)
    np.testing.assert_array_equal(known, x[:5])
    np.testing.assert_array_equal(known_anchors, anchors)
    assert x.dtype == target.dtype == anchors.dtype == dtype


@pytest.mark.parametrize(("patch_size", "n_decoded"), [(4, 0), (2, 4), (8, 1)])
def test_patches_are_the_window_cut_into_rows(patch_size, n_decoded):
    values = np.arange(30.0)
    windows = WindowDataset(values[:, None], WindowShape(8, 7, patch_size=patch_size, n_decoded=n_decoded))
    starts = np.array([15, 3])  # the first ends with the series, the second does not
    x, target, *_ = windows.batch(starts)
    for column, start in enumerate(starts):
        np.testing.assert_array_equal(x[:, column], values[start : start + 8].reshape(-1, patch_size))
        np.testing.assert_array_equal(target[:, column].ravel()[:7], values[start + 8 : start + 15])
        assert np.isnan(target[:, column].ravel()[7:]).all()
    np.testing.assert_array_equal(windows.inputs(starts)[0], x)


def test_targets_decoded_in_parallel_are_patches_of_the_future():
    windows = WindowDataset(np.arange(20.0)[:, None], WindowShape(4, 7, patch_size=2, n_decoded=4))
    target = windows.batch(np.array([5])).target[:, 0]
    np.testing.assert_array_equal(target, [[9, 10], [11, 12], [13, 14], [15, np.nan]])


def test_inputs_do_not_depend_on_what_follows():
    values = np.arange(20.0)
    changed = values.copy()
    changed[12:] = 99
    for array in (values, changed):
        x, _, anchors, *_ = WindowDataset(array[:, None], WindowShape(5, 3, n_anchor=2)).inputs(np.array([7]))
        np.testing.assert_array_equal(x[:, 0, 0], np.arange(7.0, 12) - 10.5)
        assert anchors[0, 0] == 10.5
