"""Intervals learnt from a copy's misses: where it forecasts from, what it may see, what comes of it."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.baselines import ETS, Naive, SeasonalNaive
from tsrnn.forecasting.intervals.calibration import Calibration, misses, origins, scales_of
from tsrnn.forecasting.intervals.conformal import conform


def walk(n, seed=0, size=1.0):
    return pd.Series(size * np.random.default_rng(seed).normal(size=n).cumsum())


def calibrate(y, horizon=2, model=None, missing="error"):
    return Calibration.fit(model or Naive(missing=missing), Naive(missing=missing).fit(y).known_, horizon)


def scale(y):
    return scales_of(Naive().fit(y).known_.panel.series[0])


@pytest.mark.parametrize(
    ("n", "horizon", "first", "count"),
    [
        (100, 12, 75, 25),  # a quarter
        (40, 18, 22, 18),  # a horizon
        (20, 18, 10, 10),  # half
        (10_000, 24, 8800, 50),  # fifty horizons
        (10_000, 1, 9950, 50),
        (2, 5, 1, 1),
        (1, 5, None, 0),
    ],
)
def test_origins_lie_in_the_last_part_of_the_series(n, horizon, first, count):
    sizes = origins(n, horizon)
    assert len(sizes) == count
    assert (np.diff(sizes) > 0).all()
    if count:
        assert (sizes[0], sizes[-1]) == (first, n - 1)


def test_origins_of_a_long_series_are_not_all_at_the_same_hour():
    assert len(set(origins(20_000, 24) % 24)) > 12


def test_the_errors_are_those_of_forecasts_from_each_origin():
    y = walk(40)
    calibration = calibrate(y, horizon=3)
    values, errors = y.to_numpy(), np.full((10, 3), np.nan)
    for row, size in enumerate(range(30, 40)):
        for step in range(min(3, 40 - size)):
            errors[row, step] = values[size + step] - values[size - 1]
    expected = conform(errors).offsets([0.1, 0.9], 5)
    np.testing.assert_array_equal(calibration.offsets([0.1, 0.9], 5)[:, :, 0], expected)


def test_the_copy_is_fitted_once_to_what_comes_before_and_the_model_is_left_alone():
    fits = []

    class Watched(Naive):
        def _fit(self, observed):
            fits.append(len(observed.values))
            return super()._fit(observed)

    model = Watched(horizon=7)
    calibrate(walk(40), 3, model)
    assert fits == [30]
    assert (model.horizon, hasattr(model, "known_")) == (7, False)


def test_intervals_cover_what_comes():
    inside = {80: [], 95: []}
    for seed in range(150):
        y = walk(124, seed)
        calibration = calibrate(y[:120], horizon=4)
        miss = y[120:].to_numpy() - y[119]
        for level, found in inside.items():
            found.append(np.abs(miss) <= calibration.offsets([0.5 + level / 200], 4)[0, :, 0])
    assert np.mean(inside[80]) == pytest.approx(0.8, abs=0.04)
    assert np.mean(inside[95]) == pytest.approx(0.95, abs=0.03)


def test_channels_have_intervals_of_their_own():
    y = pd.DataFrame({"calm": walk(80, 0), "wild": walk(80, 1, 10.0)})
    offsets = calibrate(y).offsets([0.9], 2)
    assert offsets.shape == (1, 2, 2)
    for channel, name in enumerate(y):
        alone = calibrate(y[name]).offsets([0.9], 2)[:, :, 0]
        np.testing.assert_allclose(offsets[:, :, channel], alone)


def test_long_series_of_many_speak_for_themselves_and_short_ones_for_each_other():
    y = {"long": walk(100), **{f"short {k}": walk(30, k, 5.0 if k % 2 else 1.0) for k in range(1, 20)}}
    y["flat"] = pd.Series(np.ones(30))
    calibration = calibrate(y)
    alone = calibrate(y["long"])
    np.testing.assert_allclose(calibration.offsets([0.9], 3, "long"), alone.offsets([0.9], 3))
    wild, calm = (calibration.offsets([0.9], 2, f"short {k}")[0, :, 0] for k in (1, 2))
    assert (wild > 2.5 * calm).all()
    assert (calibration.offsets([0.9], 2, "flat") == 0).all()
    # for a random walk, 0.9 is at 1.28 standard deviations, and its mean change 0.8 of one
    other = calibration.offsets([0.9], 2, "new", scale(walk(500, 99, 3.0)))[0, :, 0]
    np.testing.assert_allclose(other, [3 * 1.28, 3 * 1.28 * np.sqrt(2)], rtol=0.2)


def test_units_of_one_series_change_nothing_for_the_others():
    y = {k: walk(30, k) for k in range(6)}
    before = calibrate(y)
    after = calibrate(y | {0: 1000 * y[0]})
    np.testing.assert_allclose(after.offsets([0.9], 2, 1), before.offsets([0.9], 2, 1))
    np.testing.assert_allclose(after.offsets([0.9], 2, 0), 1000 * before.offsets([0.9], 2, 0))


def test_missing_truth_is_no_error():
    y = walk(60)
    y[50:53] = np.nan
    offsets = calibrate(y, missing="interpolate").offsets([0.9], 2)
    assert np.isfinite(offsets).all()
    y[40:] = np.nan
    with pytest.raises(
        ValueError, match=r"^No error of a forecast is known to learn intervals from: `y` is "
    ):
        calibrate(y, missing="interpolate")


def test_what_ends_a_gap_is_not_known_within_it():
    y = walk(60).rename_axis(None)
    y[48:53] = np.nan
    known = Naive(missing="interpolate").fit(y).known_
    head = known.until([0], [50])
    assert (
        head.panel.series[0].values[-3:].tolist() == head.histories[0].values[-3:, 0].tolist() == [y[47]] * 3
    )
    assert known.histories[0].values[49, 0] != y[47]
    errors, _ = misses(Naive(missing="interpolate"), known, 5)
    assert errors[None][:, :, 0][list(range(45, 60)).index(50)][3] == y[53] - y[47]


def test_too_short_a_series_says_so():
    with pytest.raises(ValueError, match="No error of a forecast is known"):
        calibrate(walk(1))
    with pytest.raises(
        ValueError, match="copy fitted to the first 5 of 10 observations, which failed: `y` has"
    ):
        calibrate(walk(10), 8, ETS(season_length=4))


def test_a_series_that_was_not_there_is_refused_by_name():
    calibration = calibrate(walk(60), 2, SeasonalNaive(4))
    with pytest.raises(
        ValueError, match=r"^There are no intervals for the series 'new'; they were calibrated"
    ):
        calibration.offsets([0.9], 2, "new")
