"""From series to windows: scales against literal ones, and many series prepared as each alone."""

from types import SimpleNamespace

import numpy as np
import pytest

from tsrnn.training.arrays import SeriesArrays
from tsrnn.training.channels import Seasons
from tsrnn.training.preprocessor import fit_preprocessor

OPTIONS = {
    "transform": None,
    "normalize": "window",
    "lookback": 8,
    "horizon": 2,
    "strategy": "direct",
    "cell": "gru",
    "patch_size": 1,
    "n_decoded": 0,
    "num_layers": 1,
    "dilation": 1,
    "dtype": "float64",
    "missing": "error",
    "loss": "mae",
    "embed_series": 0,
}
SEASON = 4


def fit(arrays, *, seasons=(SEASON,), n_threads=1, is_panel=True, **changes):
    number = np.zeros(arrays.n_series * arrays.n_channels, int)
    options = SimpleNamespace(**OPTIONS | changes)
    return fit_preprocessor(
        arrays, options, Seasons((seasons,), number), is_panel=is_panel, n_threads=n_threads
    )


def panel(lengths=(60, 9, 6, 30, 25), n_channels=1, constant=4, seed=0):
    """Random walks of many sizes, some too short for a window, one of them constant."""
    rng = np.random.default_rng(seed)
    offsets = np.cumsum([0, *lengths])
    values = np.empty((offsets[-1], n_channels))
    for s, n in enumerate(lengths):
        walk = rng.standard_normal((n, n_channels)).cumsum(axis=0)
        values[offsets[s] : offsets[s + 1]] = (walk * (s != constant) + 20) * 10.0**s
    return SeriesArrays.of(values, offsets=offsets, names=list("abcdefgh")[: len(lengths)])


def window_scale(x, options, n_anchor):
    """The root mean square of what windows read of a series, in units of its values."""
    L, H, w = options["lookback"], options["horizon"], options["patch_size"]
    n, level, deviation = len(x), np.mean(x), np.std(x)
    if deviation <= 1e-12 * abs(level):
        return level, 0.0
    z = (x - level) / deviation
    starts = list(range(n - L - H + 1))
    if not starts:  # padded: at least half of what the horizon leaves is read
        most = max(n - H, 1)
        starts = [k - L for k in range((most + 1) // 2, most + 1)]
    starts = starts[:: -(-len(starts) // 1000)]
    read = []
    for start in starts:
        window = [z[t] if t >= 0 else 0.0 for t in range(start, start + L)]
        anchor = np.mean(window[L - n_anchor :]) if n_anchor else 0.0
        first = max(-start, 0) // w * w  # patches of padding alone are left out
        read += [value - anchor for value in window[first:]]
    size = np.sqrt(np.mean(np.square(read)))
    return level, deviation * (size if size > 0 else 1.0)


@pytest.mark.parametrize("patch_size", [1, 4])
@pytest.mark.parametrize("season", [1, SEASON, 20])
@pytest.mark.parametrize("is_panel", [False, True])
def test_scales_of_windows_are_the_root_mean_square_of_what_they_read(patch_size, season, is_panel):
    arrays = panel() if is_panel else panel((3300,))
    seasons = (season,) if season > 1 else ()
    preprocessor, _ = fit(arrays, seasons=seasons, is_panel=is_panel, patch_size=patch_size)
    assert preprocessor.shape.n_anchor == min(season, 8)
    options = OPTIONS | {"patch_size": patch_size}
    for s, (first, last) in enumerate(zip(arrays.offsets, arrays.offsets[1:], strict=False)):
        x = arrays.values[first:last, 0]
        expected = window_scale(x, options, min(season, 8))
        found = preprocessor.channels.level[s], preprocessor.channels.scale[s]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        unit = expected[1] / np.mean(np.abs(x)) if is_panel else 1.0
        np.testing.assert_allclose(preprocessor.channels.unit[s], unit, rtol=1e-12)


def test_scales_of_large_float32_arrays_are_those_of_copies_of_them():
    values = panel((3300,)).values.astype(np.float32)
    preprocessor, prepared = fit(SeriesArrays.of(values), is_panel=False, dtype="float32")
    assert np.shares_memory(prepared.dataset.values, values)
    expected = window_scale(values[:, 0].astype(float), OPTIONS, SEASON)
    found = preprocessor.channels.level[0], preprocessor.channels.scale[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    _, copied = fit(SeriesArrays.of(values.astype(float)), is_panel=False, dtype="float32")
    one, other = (each.dataset.batch(np.array([0, 700, 3290])) for each in (prepared, copied))
    np.testing.assert_allclose(one.x, other.x, atol=1e-4)
    np.testing.assert_allclose(one.target, other.target, atol=1e-4)


@pytest.mark.parametrize("normalize", [None, "standard", "robust"])
def test_scales_of_values_are_those_of_each_series(normalize):
    arrays = panel(n_channels=2)
    channels = fit(arrays, normalize=normalize)[0].channels
    for s, (first, last) in enumerate(zip(arrays.offsets, arrays.offsets[1:], strict=False)):
        for c in range(2):
            x = arrays.values[first:last, c]
            expected = (x.mean(), x.std() if x.std() > 1e-12 * x.mean() else 0.0)
            if normalize == "robust":
                low, level, high = np.percentile(x, [25, 50, 75])
                expected = level, (high - low) / 1.349
            if normalize is None:
                expected = 0.0, 1.0
            found = channels.level[2 * s + c], channels.scale[2 * s + c]
            np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_counts_are_divided_by_the_mean_of_all_channels():
    arrays = panel(n_channels=2)
    counts = arrays._replace(values=np.abs(np.rint(arrays.values)) * (np.arange(130) >= 60)[:, None])
    channels = fit(counts, loss="negbin")[0].channels
    for s, (first, last) in enumerate(zip(arrays.offsets, arrays.offsets[1:], strict=False)):
        mean = counts.values[first:last].mean()
        np.testing.assert_allclose(channels.scale[2 * s : 2 * s + 2], mean if mean else 1.0, rtol=1e-12)
    assert (channels.level == 0).all()


def test_the_usual_change_is_the_mean_absolute_change_of_each_series():
    arrays = panel(n_channels=2)
    _, prepared = fit(arrays, transform="difference")
    channels = prepared.channels
    for s, (first, last) in enumerate(zip(arrays.offsets, arrays.offsets[1:], strict=False)):
        for c in range(2):
            z = np.diff(arrays.values[first:last, c]) / channels.divisor[2 * s + c]
            expected = np.mean(np.abs(np.diff(z)))
            found = prepared.dataset.context.mean_change[s, c]
            np.testing.assert_allclose(found, expected or 1.0, rtol=1e-10)


def with_company(arrays, seed=1):
    """The series with gaps, and all kinds of covariates, some of them missing."""
    rng = np.random.default_rng(seed)
    S, N = arrays.n_series, len(arrays.values)
    future_offsets = arrays.offsets + 3 * np.arange(S + 1)
    past = rng.standard_normal((N, 2))
    past[rng.random(N) < 0.2, 0] = np.nan
    return arrays._replace(
        missing=rng.random(arrays.values.shape) < 0.2,
        past=past,
        future=rng.standard_normal((future_offsets[-1], 1)),
        future_offsets=future_offsets,
        static=rng.standard_normal((S, 2)),
        codes=rng.integers(0, 3, (S, 1)),
    )


COMPANY = {
    "plain": {},
    "horizon read": {"strategy": "direct", "covariates": True},
    "every step": {"strategy": "recursive", "covariates": True},
    "masked": {"missing": "mask", "covariates": True, "embed_series": 2},
    "transformed": {"transform": ["log", "deseasonalize", "difference"]},
    "not by window": {"normalize": "standard", "covariates": True},
}


@pytest.mark.parametrize("changes", COMPANY.values(), ids=COMPANY)
def test_many_series_become_the_windows_that_each_alone_becomes(changes):
    changes = dict(changes)
    arrays = panel((60, 9, 11, 30, 25), n_channels=2)
    has_covariates = changes.pop("covariates", False)
    arrays = with_company(arrays) if has_covariates else arrays
    preprocessor, prepared = fit(arrays, **changes)
    lengths = arrays.lengths
    starts = prepared.dataset.latest()
    training = prepared.dataset.split(0.2)
    for s in range(arrays.n_series):
        one = arrays.until(np.array([s]), lengths[[s]], 3)._replace(values=values_of(arrays, s))
        alone = preprocessor.prepare(one, Seasons(((SEASON,),), np.zeros(2, int)))
        same_batch(prepared.dataset.inputs(starts[[s]]), alone.dataset.inputs(alone.dataset.latest()))
        for together, own in zip(training, alone.dataset.split(0.2), strict=True):
            mine = prepared.dataset.context.series(together[:]) == s
            assert len(own) == mine.sum()
            pair = prepared.dataset.batch(together[:][mine]), alone.dataset.batch(own[:])
            if not has_covariates:  # which windows are learnt from upside down depends on where they start
                pair = (batch._replace(x=np.abs(batch.x), target=np.abs(batch.target)) for batch in pair)
            same_batch(*pair)
        z = np.random.default_rng(s).standard_normal((1, 3, 4, 2))
        found = prepared.restore(z, np.array([s]), lengths[[s]])
        np.testing.assert_allclose(found, alone.restore(z, np.zeros(1, int), lengths[[s]]), rtol=1e-9)


def values_of(arrays, s):
    return arrays.values[arrays.offsets[s] : arrays.offsets[s + 1]]


def same_batch(one, other):
    for a, b in zip(one, other, strict=True):
        if a is None or b is None:
            assert a is b
        else:
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("normalize", ["window", "standard", "robust"])
def test_new_series_are_prepared_by_their_own_history_and_known_ones_as_they_were(normalize):
    arrays = panel((60, 30, 9))
    changes = {"normalize": normalize, "transform": "auto", "lookback": 8}
    preprocessor, _ = fit(arrays, **changes)
    other = panel((40, 20, 50), seed=5)._replace(places=np.array([-1, 2, -1]))
    seasons = Seasons(((SEASON,), ()), np.array([0, 1, 1]))
    channels = preprocessor.prepare(other, seasons).channels
    fitted = preprocessor.channels
    assert (channels.level[1], channels.scale[1], channels.unit[1]) == (
        fitted.level[2],
        fitted.scale[2],
        fitted.unit[2],
    )
    for s in (0, 2):
        one = SeriesArrays.of(values_of(other, s))
        own = (SEASON,) if s == 0 else ()
        alone, _ = fit(one, seasons=own, **changes)
        chain = channels.plan.chains[channels.plan.chain[s]]
        assert chain == alone.channels.plan.chains[alone.channels.plan.chain[0]]
        assert alone.shape == preprocessor.shape
        for name in ("level", "scale", "unit"):
            np.testing.assert_allclose(getattr(channels, name)[s], getattr(alone.channels, name)[0])


def test_what_is_prepared_does_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr("tsrnn.network.threads._VALUES_A_THREAD", 50)
    arrays = with_company(panel((60, 9, 25, 30, 25, 40, 70, 33), n_channels=2))
    one, *others = (fit(arrays, n_threads=k, transform=["log", "deseasonalize"])[1] for k in (1, 2, 3, 7))
    for other in others:
        np.testing.assert_array_equal(other.dataset.values, one.dataset.values)
        for a, b in zip(other.dataset.context, one.dataset.context, strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(other.channels[1:], one.channels[1:], strict=True):
            np.testing.assert_array_equal(a, b)
