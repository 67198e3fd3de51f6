"""Intervals learnt from a copy's misses: where it forecasts from, what it may see, what comes of it."""

import warnings

import numpy as np
import pandas as pd
import pytest

from helpers import calibration as literal
from tsrnn import RNNForecaster
from tsrnn.baselines import ETS, Drift, Naive, SeasonalNaive, Theta
from tsrnn.forecasting.intervals.calibration import (
    Calibration,
    Errors,
    errors_at_the_end,
    origins,
    scales_of,
)
from tsrnn.forecasting.intervals.conformal import KINDS, conform
from tsrnn.timeseries.reading import read_alike, read_panel

pytestmark = pytest.mark.filterwarnings("ignore:Intervals of", "ignore:.* no intervals")


def walk(n, seed=0, size=1.0):
    return pd.Series(size * np.random.default_rng(seed).normal(size=n).cumsum())


def calibrate(y, horizon=2, model=None, missing="error"):
    panel = read_panel(y, missing=missing)
    return Calibration.fit(model or Naive(missing=missing), panel, horizon)


def margins(y, p, horizon=2, steps=None, missing="error"):
    """Return what to add to forecasts of what a calibration was made on: (S, steps, C, len(p))."""
    calibration = calibrate(y, horizon, missing=missing)
    return calibration.margins(read_panel(y, missing=missing), p, steps or horizon)


@pytest.mark.parametrize(
    ("n", "horizon", "first", "count"),
    [
        (100, 12, 75, 25),  # a quarter
        (40, 18, 22, 18),  # a horizon
        (20, 18, 10, 10),  # half
        (10_000, 24, 7500, 50),  # no more than fifty
        (10_000, 1, 7500, 1000),  # or a thousand errors
        (1_000, 1, 750, 250),
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
    expected = conform(errors).margins([0.1, 0.9], 5)[0]
    found = calibration.margins(read_panel(y), [0.1, 0.9], 5)
    assert found.shape == (1, 5, 1, 2)
    np.testing.assert_array_equal(found[0, :, 0].T, expected)


def test_the_copy_is_fitted_once_to_what_comes_before_and_the_model_is_left_alone():
    fits = []

    class Watched(Naive):
        def _fit(self, series):
            fits.append(len(series.values))
            return super()._fit(series)

    model = Watched(horizon=7)
    calibrate(walk(40), 3, model)
    assert fits == [30]
    assert (model.horizon, hasattr(model, "panel_")) == (7, False)


def test_intervals_cover_what_comes():
    inside = {80: [], 95: []}
    for seed in range(150):
        y = walk(124, seed)
        calibration, panel = calibrate(y[:120], horizon=4), read_panel(y[:120])
        miss = y[120:].to_numpy() - y[119]
        for level, found in inside.items():
            found.append(np.abs(miss) <= calibration.margins(panel, [0.5 + level / 200], 4)[0, :, 0, 0])
    assert np.mean(inside[80]) == pytest.approx(0.8, abs=0.04)
    assert np.mean(inside[95]) == pytest.approx(0.95, abs=0.03)


def test_channels_have_intervals_of_their_own():
    y = pd.DataFrame({"calm": walk(80, 0), "wild": walk(80, 1, 10.0)})
    of_both = margins(y, [0.9])
    assert of_both.shape == (1, 2, 2, 1)
    for channel, name in enumerate(y):
        np.testing.assert_allclose(of_both[:, :, channel], margins(y[name], [0.9])[:, :, 0])


def test_long_series_of_many_speak_for_themselves_and_short_ones_for_each_other():
    y = {"long": walk(100), **{f"short {k}": walk(30, k, 5.0 if k % 2 else 1.0) for k in range(1, 20)}}
    y["flat"] = pd.Series(np.ones(30))
    together = margins(y, [0.9], steps=3)
    np.testing.assert_allclose(together[0], margins(y["long"], [0.9], steps=3)[0])
    wild, calm = together[1, :2, 0, 0], together[2, :2, 0, 0]
    assert (wild > 2.5 * calm).all()
    assert (together[-1] == 0).all()
    # for a random walk, 0.9 is at 1.28 standard deviations, and its mean change 0.8 of one
    others = read_alike({"new": walk(500, 99, 3.0), "long": y["long"]}, read_panel(y))
    other, long = calibrate(y).margins(others, [0.9], 3)
    np.testing.assert_allclose(other[:2, 0, 0], [3 * 1.28, 3 * 1.28 * np.sqrt(2)], rtol=0.2)
    np.testing.assert_array_equal(long, together[0])


def test_units_of_one_series_change_nothing_for_the_others():
    y = {k: walk(30, k) for k in range(6)}
    before = margins(y, [0.9])
    after = margins(y | {0: 1000 * y[0]}, [0.9])
    np.testing.assert_allclose(after[1:], before[1:])
    np.testing.assert_allclose(after[0], 1000 * before[0])


def test_missing_truth_is_no_error():
    y = walk(60)
    y[50:53] = np.nan
    assert np.isfinite(margins(y, [0.9], missing="interpolate")).all()
    y[40:] = np.nan
    with pytest.raises(
        ValueError, match=r"^No error of a forecast is known to learn intervals from: `y` is "
    ):
        calibrate(y, missing="interpolate")


def test_what_ends_a_gap_is_not_known_within_it():
    y = walk(60).rename_axis(None)
    y[48:53] = np.nan
    panel = read_panel(y, missing="interpolate")
    head = panel.until(np.array([0]), np.array([50]))
    assert head.series().values[-3:].tolist() == head.arrays.values[-3:, 0].tolist() == [y[47]] * 3
    assert panel.arrays.values[49, 0] != y[47]
    errors = errors_at_the_end(Naive(missing="interpolate"), panel, 5)
    assert errors.values[:, :, 0][list(range(45, 60)).index(50)][3] == y[53] - y[47]


def test_too_short_a_series_says_so():
    with pytest.raises(ValueError, match="No error of a forecast is known"):
        calibrate(walk(1))
    with pytest.raises(
        ValueError, match="copy fitted to the first 5 of 10 observations, which failed: `y` has"
    ):
        calibrate(walk(10), 8, ETS(season_length=4))


def test_a_series_that_was_not_there_is_refused_by_name():
    calibration = calibrate(walk(60), 2, SeasonalNaive(4))
    new = read_alike({"new": walk(60)}, read_panel({"old": walk(60)}))
    with pytest.raises(
        ValueError, match=r"^There are no intervals for the series 'new'; they were calibrated"
    ):
        calibration.margins(new, [0.9], 2)


def test_the_scale_of_a_series_is_its_mean_change():
    values = np.array([1.0, 5.0, 2.0, 9.0, 4.0])

    def scale(values, freq=None):
        index = pd.RangeIndex(len(values)) if freq is None else pd.date_range("2020", freq=freq, periods=5)
        (scale,) = scales_of(read_panel(pd.Series(values, index), missing="interpolate"))[0]
        return scale

    assert scale(values) == pytest.approx((4 + 3 + 7 + 5) / 4)
    assert scale(values, "6MS") == pytest.approx((1 + 4 + 2) / 3)
    assert scale(values, "MS") == scale(values)  # no season to be seen
    assert np.isnan(scale(values[:1]))
    assert scale(np.array([1.0, 3.0, np.nan, 4.0, 7.0])) == pytest.approx((2 + 3) / 2)


def test_the_scales_of_many_channels_are_those_of_each():
    rng = np.random.default_rng(0)
    y = {}
    for key, (n, freq) in enumerate([(40, "MS"), (9, "MS"), (30, "D"), (1, "D"), (25, "h"), (24, "h")]):
        table = rng.normal(size=(n, 2)) * [1, 10]
        table[rng.random((n, 2)) < 0.1 * (n > 1)] = np.nan
        y[key] = pd.DataFrame(table, pd.date_range("2020-01-01", periods=n, freq=freq), columns=["a", "b"])
    panel = read_panel(y, missing="interpolate")
    scales = scales_of(panel)
    for s, season in enumerate([12, 12, 7, 7, 24, 24]):
        rows = slice(panel.arrays.offsets[s], panel.arrays.offsets[s + 1])
        seen = panel.observed_values[rows]
        lag = season if len(seen) > season else 1
        for c, column in enumerate(seen.T):
            changes = np.abs(column[lag:] - column[:-lag])
            if np.isnan(changes).all():
                changes = np.abs(np.diff(column[~np.isnan(column)]))
            expected = np.nanmean(changes) if len(changes) else np.nan
            np.testing.assert_allclose(scales[s, c], expected, rtol=1e-12)


# --- many series, and each by itself -------------------------------------------------------------------

P = [0.005, 0.1, 0.5, 0.7, 0.975, 0.999]


def unequal_errors(n_series=30, H=5, C=2, seed=0):
    """Errors of series with no origin, a few or many, of which some are not known, and their scales."""
    rng = np.random.default_rng(seed)
    n = rng.choice([0, 1, 4, 4, 12, 19, 20, 33, 50], n_series)
    n[:6] = 0, 1, 4, 19, 20, 50
    errors = [rng.normal(size=(k, H, C)).cumsum(axis=1) * rng.lognormal(size=C) for k in n]
    for one in errors[::3]:
        one[rng.random(one.shape) < 0.3] = np.nan
    for one in errors:  # what follows the last origins is not known yet
        one[np.add.outer(np.arange(len(one)) - len(one), np.arange(H)) >= 0] = np.nan
    errors[4][:] = np.nan
    scales = rng.lognormal(size=(n_series, C))
    scales[7], scales[8, 1], scales[5, 0] = 0.0, 0.0, 0.0
    return errors, scales


def several(errors, scales):
    edges = np.concatenate([[0], np.cumsum([len(one) for one in errors])])
    return Errors(np.concatenate(errors), edges, scales)


@pytest.mark.parametrize("kind", KINDS)
def test_what_errors_of_thirty_series_say_is_what_they_say_one_by_one(kind):
    errors, scales = unequal_errors()
    keys = [f"series {s}" for s in range(30)]
    fitted = read_panel({key: np.zeros((9, 2)) for key in keys})
    wanted = {key: walk(20 + s) for s, key in enumerate([*keys[::-1], "new", "newer"])}
    asked = read_alike({key: pd.DataFrame({0: y, 1: 3 * y**2}) for key, y in wanted.items()}, fitted)
    found = Calibration.from_errors(several(errors, scales), kind).margins(asked, P, 8)
    assert found.shape == (32, 8, 2, len(P))
    for c in range(2):
        known, together = literal.calibrate([one[:, :, c] for one in errors], scales[:, c], kind)
        for s, key in enumerate(keys):
            expected = literal.margins_of(known[s], P, 8)
            if scales[s, c] == 0 and not known[s]:
                expected = np.zeros((8, len(P)))
            actual = found[29 - s, :, c]
            np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12, err_msg=key)
        for s in (30, 31):
            expected = scales_of(asked)[s, c] * literal.margins(together, P, 8)
            np.testing.assert_allclose(found[s, :, c], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_series_of_no_scale_and_single_ones_speak_for_themselves(kind):
    errors, scales = unequal_errors()
    for of, units in ((errors[5:6], scales[5:6]), (errors[3:6], np.zeros((3, 2)))):
        panel = read_panel({str(s): np.zeros((9, 2)) for s in range(len(of))})
        found = Calibration.from_errors(several(of, units), kind).margins(panel, P, 8)
        for c in range(2):
            known, _ = literal.calibrate([one[:, :, c] for one in of], units[:, c], kind)
            for s, own in enumerate(known):
                expected = literal.margins_of(own, P, 8)
                np.testing.assert_allclose(found[s, :, c], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_thirty_series_with_gaps_are_calibrated_as_one_by_one(kind):
    rng = np.random.default_rng(3)
    lengths = [3, 4, 5, 9, 30, 79, 80, 81, 200, *rng.integers(5, 120, 21)]
    y = {}
    for s, n in enumerate(lengths):
        values = rng.lognormal() * rng.normal(size=n).cumsum()
        values[rng.random(n) < (0.2 if s % 2 and n > 8 else 0.0)] = np.nan
        values[0] = 1.0
        y[f"series {s}"] = pd.Series(values)
    y["series 4"][:] = 5.0
    y["series 8"][-30:] = np.nan  # the last quarter is not known to the end
    model, horizon = Drift(missing="interpolate"), 4
    errors, scales = [], []
    for one in y.values():
        sizes = origins(len(one), horizon)
        rows = np.full((len(sizes), horizon), np.nan)
        head = model.fit(one[: sizes[0] if len(sizes) else len(one)])
        for seen in (head.panel_.observed_values[:, 0], one.to_numpy()):
            changes = np.abs(np.diff(seen))
            if np.isnan(changes).all():
                changes = np.abs(np.diff(seen[~np.isnan(seen)]))
            scale = np.nanmean(changes) if len(changes) else np.nan
            if scale > 0:
                break
        scales.append(scale)
        for row, size in zip(rows, sizes, strict=True):
            truth = one[size : size + horizon].to_numpy()
            row[: len(truth)] = truth - model.predict(len(truth), y=one[:size])
        errors.append(rows)
    fitted = read_panel(y, missing="interpolate")
    new = {"new": walk(40, 9), "series 6": y["series 6"]}
    panel = read_alike(y | new, fitted, missing="interpolate")
    found = Calibration.fit(model, fitted, horizon, kind).margins(panel, P, 7)
    known, together = literal.calibrate(errors, np.array(scales), kind)
    for s, one in enumerate(known):
        expected = literal.margins_of(one, P, 7)
        np.testing.assert_allclose(found[s, :, 0], expected, rtol=1e-12, atol=1e-12, err_msg=str(s))
    expected = np.abs(np.diff(new["new"])).mean() * literal.margins(together, P, 7)
    np.testing.assert_allclose(found[-1, :, 0], expected, rtol=1e-12, atol=1e-12)


# --- paths of several series ---------------------------------------------------------------------------


def test_paths_of_several_series_spread_at_each_step_as_their_quantiles():
    y = {"long": walk(100), **{k: walk(30, k, 1.0 + k) for k in range(4)}, "flat": pd.Series(np.ones(30))}
    calibration = calibrate(y, horizon=3)
    asked = read_alike(y | {"new": walk(50, 8, 20.0)}, read_panel(y))
    n, p = 4000, [0.05, 0.3, 0.5, 0.8, 0.95]
    paths = calibration.draw(asked, n, 5, np.random.default_rng(0))
    assert paths.shape == (7, 5, 1, n)
    bounds = calibration.margins(asked, p, 5)
    for k, q in enumerate(p):
        share = (paths <= bounds[..., k, None]).mean(axis=-1)
        varying = [s for s, key in enumerate(asked.ids) if key != "flat"]
        np.testing.assert_allclose(share[varying], q, atol=4 * np.sqrt(q * (1 - q) / n))
    assert (paths[asked.ids.index("flat")] == 0).all()
    assert len(np.unique(paths[:, 0, 0, :50], axis=0)) == 7  # each is drawn for itself


def test_a_path_follows_the_ranks_of_one_origin_of_its_own_series():
    """Errors of one series rise and fall together, of another against each other, of a third at random."""
    rng = np.random.default_rng(0)
    size = rng.permuted(np.linspace(-1, 1, 40))
    alike, opposite = np.outer(size, [1, 2, 3]), np.outer(size, [1, -2, 3])
    errors = [alike[..., None], rng.normal(size=(30, 3, 1)), opposite[:25, :, None]]
    calibration = Calibration.from_errors(several(errors, np.ones((3, 1))))
    panel = read_panel({key: np.zeros(9) for key in "abc"})
    paths = calibration.draw(panel, 2000, 5, rng)[:, :, 0]
    for s, signs in ((0, [1, 1]), (2, [-1, 1])):
        correlation = np.corrcoef(paths[s])
        np.testing.assert_allclose(correlation[0, 1:3], signs, atol=0.1)
        assert (np.sign(paths[s, 0]) == signs[1] * np.sign(paths[s, 2])).mean() > 0.95
    assert np.abs(np.corrcoef(paths[1])[0, 1:3]).max() < 0.3
    assert np.abs(np.corrcoef(paths[0, 0], paths[2, 0])[0, 1]) < 0.1  # of different series
    np.testing.assert_array_equal(np.sign(paths[:, 3:]), np.sign(paths[:, [2, 2]]))


def test_each_series_draws_all_its_rows_before_any_again():
    rng = np.random.default_rng(1)
    errors = [rng.normal(size=(n, 3, 2)) for n in (24, 31, 24)]
    calibration = Calibration.from_errors(several(errors, np.ones((3, 2))))
    u = calibration._draw_probabilities(np.array([2, 0, 1]), 60, rng)
    for s, drawn in zip((2, 0, 1), u, strict=True):
        N = len(errors[s])
        ranks = errors[s].argsort(axis=0).argsort(axis=0)
        numbers = [np.flatnonzero((ranks == row).all(axis=(1, 2))).item() for row in np.floor(N * drawn)]
        times = np.bincount(numbers, minlength=N)
        assert times.max() - times.min() <= 1


def test_levels_that_so_few_errors_cannot_tell_are_pointed_out():
    y = walk(200)
    model = Naive().fit(y)
    with pytest.warns(UserWarning, match=r"^Intervals of 99 % need 99 forecasts .*; there are 50, .* 98 %"):
        wide = model.predict(level=99)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        narrow = model.predict(level=98)
        Naive().fit({key: walk(60, key) for key in range(9)}).predict(level=99)
    largest = np.abs(y.diff().to_numpy()[-50:]).max()
    assert wide["hi-99"].iloc[0] - wide["mean"].iloc[0] == narrow["hi-98"].iloc[0] - narrow["mean"].iloc[0]
    assert wide["hi-99"].iloc[0] - wide["mean"].iloc[0] == pytest.approx(largest)


def test_one_step_intervals_hold_as_often_as_they_say():
    rng = np.random.default_rng(0)
    y = pd.Series(rng.standard_t(4, size=6000))
    model = Naive().fit(y[:4000])
    inside = []
    for end in range(4000, 6000):
        band = model.predict(1, y=y[end - 1 : end], level=[80, 95, 99])
        inside.append([band[f"lo-{p}"].iloc[0] <= y[end] <= band[f"hi-{p}"].iloc[0] for p in (80, 95, 99)])
    np.testing.assert_allclose(np.mean(inside, axis=0), [0.8, 0.95, 0.99], atol=0.02)


@pytest.mark.parametrize(
    "model", [Theta(horizon=12), RNNForecaster(horizon=12, max_steps=20, random_state=0)], ids=str
)
def test_what_was_never_negative_is_not_expected_to_be(model):
    rng = np.random.default_rng(0)
    demand = pd.Series(rng.poisson(1.5, 120).astype(float), pd.date_range("2015", periods=120, freq="MS"))
    model.fit({"demand": demand, "change": demand - 1})
    bounds = model.predict(level=95)
    assert (bounds["demand"]["lo-95"] == 0).any()
    assert (bounds["demand"][["lo-95", "hi-95"]] >= 0).all(axis=None)
    assert (bounds["change"]["lo-95"] < 0).any()
    paths = model.sample_paths(200, random_state=0)
    assert paths["demand"].min(axis=None) == 0
    assert paths["change"].min(axis=None) < -1


# --- short, dead and odd series of a panel -------------------------------------------------------------

DAYS = {"start": "2020", "freq": "D"}


def days(values):
    return pd.Series(np.asarray(values, np.float64), pd.date_range(periods=len(values), **DAYS))


def odd_panel():
    rng = np.random.default_rng(0)
    return {
        "one": days([3.0]),
        "gaps": days([3.0] + [np.nan] * 40),
        "two": days([3.0, 4.0]),
        "few": days(rng.normal(size=9)),
        "alternate": days(np.where(np.arange(40) % 2, np.nan, rng.normal(size=40))),
        "no end": days(np.r_[rng.normal(size=90), [np.nan] * 30]),
        "stuck": days(np.r_[rng.normal(size=80), np.full(40, 5.0)]),
        "never": days(np.full(120, 5.0)),
        "walk": days(rng.normal(size=120).cumsum()),
    }


NETWORK = RNNForecaster(horizon=3, max_steps=5, random_state=0, missing="mask")


@pytest.mark.parametrize("model", [Naive(3, missing="interpolate"), NETWORK], ids=["Naive", "GRU"])
@pytest.mark.parametrize("order", [1, -1])
def test_odd_series_of_a_panel_borrow_intervals_or_are_named(model, order):
    y = dict(list(odd_panel().items())[::order])
    model.fit(y)
    for ask in (lambda: model.predict(level=80), lambda: model.sample_paths(50, random_state=0)):
        with pytest.warns(UserWarning, match="never") as caught:
            found = ask()
        without = "'one', 'gaps'" if order == 1 else "'gaps', 'one'"
        assert [str(warning.message).split(", and their")[0] for warning in caught] == [
            f"2 of 9 series have no intervals: {without}; too little of them is known to tell how they vary",
            "1 of 9 series have no intervals: 'never'; they have not changed over their last quarter",
        ]
        assert all(warning.filename == __file__ for warning in caught)
        for key, table in found.items():
            width = table.max(axis=1) - table.min(axis=1)
            if key == "never":
                assert (width == 0).all()
            elif key in ("one", "gaps"):
                assert table.drop(columns="mean", errors="ignore").isna().all(axis=None)
            else:
                assert (width > 0).all(), key


def test_the_order_of_series_does_not_matter_to_their_intervals():
    y = odd_panel()
    model = Naive(3, missing="interpolate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forwards = model.fit(y).predict(level=[80, 99])
        backwards = model.fit(dict(list(y.items())[::-1])).predict(level=[80, 99])
    for key in y:
        pd.testing.assert_frame_equal(forwards[key], backwards[key])


def test_levels_beyond_the_reach_of_one_series_borrow_from_all():
    y = {key: walk(80, key, 1.0 + 9 * (key == 0)) for key in range(60)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Naive().fit(y).predict(level=[90, 99])  # each has 20 errors, all have 1,200
    width = np.array([table["hi-99"] - table["mean"] for table in found.values()])[:, 0]
    # normal: 2.58 standard deviations, in units of the size of each series
    assert np.median(width[1:]) == pytest.approx(2.58, rel=0.15)
    assert width[0] == pytest.approx(25.8, rel=0.4)
    for table in found.values():
        assert (table["hi-99"] >= table["hi-90"]).all()


def test_a_series_that_never_changed_says_that_its_intervals_have_no_width():
    model = Naive().fit(pd.Series(np.ones(100)))
    with pytest.warns(UserWarning, match="^`y` has no intervals; they have not changed"):
        bounds = model.predict(level=80)
    assert (bounds == 1).all(axis=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(quantiles=0.5)


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_distributions_of_series_that_never_changed_are_named(loss):
    y = {"walk": walk(60), "never": pd.Series(np.full(60, 5.0)), "one": pd.Series([1.0])}
    model = RNNForecaster(loss=loss, max_steps=5, random_state=0).fit(y)
    said = "^2 of 3 series have no intervals: 'never', 'one'; they have not changed over their last quarter"
    with pytest.warns(UserWarning, match=said):
        bounds = model.predict(level=80)
    assert (bounds["walk"]["hi-80"] > bounds["walk"]["lo-80"]).all()
    np.testing.assert_allclose(bounds["never"], 5)


def test_alarms_beyond_what_few_errors_tell_are_one_in_as_many():
    """Of n errors, the largest is passed by one in n + 1 that follow, whatever level is asked for."""
    passed = []
    for seed in range(200):
        steps = np.random.default_rng(seed).standard_t(4, 200 + 500)
        model = Naive().fit(pd.Series(steps[:200].cumsum()))
        band = model.predict(1, level=99.9)
        passed.append((np.abs(steps[200:]) > (band["hi-99.9"] - band["mean"]).item()).mean())
    assert np.mean(passed) == pytest.approx(1 / 51, rel=0.15)
