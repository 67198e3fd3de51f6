"""Mu-law companding: by hand, over the whole range, and what it refuses."""

import numpy as np
import pytest

from tsrnn.audio import mulaw_decode, mulaw_encode


def test_mulaw_by_hand():
    # mu = 3: y = log(1 + 3 |x|) / log 4. |x| = 1/3 gives y = 1/2, and levels lie at -1, -1/3, 1/3, 1.
    np.testing.assert_array_equal(
        mulaw_encode([-1, -2 / 3, -0.1, 0.1, 1 / 3, 1], n_levels=4), [0, 0, 1, 2, 2, 3]
    )
    # |y| = 1/3 comes back as (4^(1/3) - 1) / 3.
    x = (4 ** (1 / 3) - 1) / 3
    np.testing.assert_allclose(mulaw_decode([0, 1, 2, 3], n_levels=4), [-1, -x, x, 1], rtol=1e-15)
    # mu = 255: x = (256^(1/2) - 1) / 255 = 1/17 is half of the way up, 255 (1/2 + 1) / 2 = 191.25.
    np.testing.assert_array_equal(mulaw_encode([1 / 17, -1 / 17, 0.0]), [191, 64, 128])


@pytest.mark.parametrize("n_levels", [2, 3, 16, 256, 65536])
def test_every_code_survives_the_round_trip(n_levels):
    codes = np.arange(n_levels)
    x = mulaw_decode(codes, n_levels)
    assert (x[0], x[-1]) == (-1, 1)
    assert np.all(np.diff(x) > 0)
    np.testing.assert_array_equal(mulaw_encode(x, n_levels), codes)


@pytest.mark.parametrize("n_levels", [2, 3, 16, 256])
def test_decoding_misses_a_sample_by_no_more_than_documented(n_levels):
    mu = n_levels - 1
    x = np.linspace(-1, 1, 100_001)
    missed = np.abs(mulaw_decode(mulaw_encode(x, n_levels), n_levels) - x)
    bound = (np.abs(x) + 1 / mu) * ((1 + mu) ** (1 / mu) - 1)
    assert np.all(missed <= bound * (1 + 1e-12))
    assert np.max(missed / bound) > 0.9  # and no less than a tenth could be taken off


def test_mulaw_keeps_shapes_and_refuses_what_is_no_sample():
    assert (
        mulaw_encode(np.zeros((2, 3), np.float32)).shape
        == mulaw_decode(np.zeros((2, 3), int)).shape
        == (2, 3)
    )
    assert mulaw_encode([]).shape == mulaw_decode([]).shape == (0,)
    with pytest.raises(ValueError, match=r"from -1 to 1; got 1\.5 at position 2\. Divide"):
        mulaw_encode([0, 1, 1.5, 2])
    with pytest.raises(ValueError, match="got nan at position 1"):
        mulaw_encode([0, np.nan])
    with pytest.raises(ValueError, match="numbers from 0 to 255; got 256 at position 1"):
        mulaw_decode([0, 256])
    with pytest.raises(TypeError, match="whole numbers; got float64"):
        mulaw_decode([0.5])
    with pytest.raises(ValueError, match="`n_levels` must be a whole number of levels, at least 2; got 1"):
        mulaw_encode([0.5], 1)
