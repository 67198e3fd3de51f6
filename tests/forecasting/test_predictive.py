"""What may come: distributions that networks learn, and paths that any forecaster draws."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tsrnn.baselines import Drift, Naive, SeasonalNaive
from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.forecasting.rnn import RNNForecaster

LOSSES = list(DISTRIBUTIONS)
CONTINUOUS = ["quantile", "gaussian", "student_t"]
STRATEGIES = ["direct", "recursive", "parallel"]
SMALL = {"hidden_size": 4, "max_steps": 20, "lookback": 8, "random_state": 0, "clip_norm": None}


def small(loss="gaussian", horizon=3, **options):
    return RNNForecaster("gru", horizon, loss=loss, **SMALL | options)


def learned(loss, horizon=4, **options):
    learning = {"hidden_size": 12, "learning_rate": 0.01, "max_epochs": None, "max_steps": 600}
    return small(loss, horizon, **learning | options)


def counts(n=60, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.date_range("2020-01-06", periods=n, freq="D", name="day")
    return pd.Series(rng.poisson(np.resize([2.0, 5, 9], n)).astype(float), index, name="sold")


def seasons(mean, scale, n=1600, seed=0):
    noise = np.random.default_rng(seed).normal(size=n)
    return np.resize(mean, n) + np.resize(scale, n) * noise


def walk(n=1500, seed=0):
    return np.random.default_rng(seed).normal(size=n).cumsum()


def in_form(kind):
    one, other = counts(), counts(50, seed=1)
    if kind == "series":
        return one
    if kind == "channels":
        return pd.DataFrame({"a": one, "b": one[::-1].to_numpy()})
    if kind == "dict":
        return {"a": one, "b": other}
    levels = pd.concat({"a": one, "b": other}, names=["shop", "day"])
    return levels if kind == "levels" else levels.rename("sold").reset_index()


COLUMNS = {"columns": ("shop", "day", "sold")}


@pytest.mark.parametrize("loss", CONTINUOUS)
def test_noise_that_differs_by_season_is_learned(loss):
    mean, scale = np.array([0.0, 4, 8, 12]), np.array([0.5, 2, 2, 0.5])
    model = learned(loss, season_length=None, transform=None, normalize="series").fit(seasons(mean, scale))
    forecast = model.predict(level=80)
    truth = stats.norm(mean, scale)
    np.testing.assert_allclose(forecast["mean"], truth.mean(), atol=0.6)
    coverage = truth.cdf(forecast["hi-80"]) - truth.cdf(forecast["lo-80"])
    np.testing.assert_allclose(coverage, 0.8, atol=0.1)
    np.testing.assert_allclose(forecast["lo-80"], truth.ppf(0.1), atol=0.7)


@pytest.mark.parametrize("loss", ["student_t", "quantile"])
def test_heavy_tails_are_seen(loss):
    y = stats.t(3).rvs(3000, random_state=1)
    forecast = learned(loss, 1, normalize="series", season_length=None).fit(y)
    q = forecast.predict(quantiles=[0.25, 0.75, 0.975]).iloc[0]
    assert (q["q-0.975"] / (q["q-0.75"] - q["q-0.25"])) == pytest.approx(
        3.18 / 1.53, rel=0.25
    )  # normal: 1.45
    if loss == "student_t":
        assert forecast.predict(quantiles=0.999).iloc[0, 1] > 7  # normal: 5.4


def test_counts_are_learned_as_counts():
    mean = np.array([1.0, 4, 15, 4])
    y = np.random.default_rng(0).poisson(np.resize(mean, 1600))
    forecast = learned("negbin").fit(y).predict(quantiles=[0.1, 0.5, 0.9])
    np.testing.assert_allclose(forecast["mean"], mean, rtol=0.25)
    quantiles = forecast.iloc[:, 1:].to_numpy()
    assert (quantiles == np.rint(quantiles)).all()
    assert (quantiles >= 0).all()
    np.testing.assert_allclose(quantiles, stats.poisson(mean).ppf([[0.1], [0.5], [0.9]]).T, atol=2)


def test_counts_of_any_size_share_one_network():
    """The negative binomial's size is each series' own mean: sales by the piece and by the thousand."""
    rng = np.random.default_rng(0)
    y = {"few": rng.poisson(np.resize([1.0, 3], 400)), "many": rng.poisson(np.resize([1e3, 3e3], 400))}
    forecast = learned("negbin", 2, normalize="robust", hidden_size=8).fit(y).predict()
    np.testing.assert_allclose(forecast["few"], [1, 3], rtol=0.3)
    np.testing.assert_allclose(forecast["many"], [1e3, 3e3], rtol=0.3)


def test_counts_in_channels_read_together_are_of_any_size():
    rng = np.random.default_rng(0)
    y = pd.DataFrame(
        {"few": rng.poisson(np.resize([1.0, 3], 400)), "many": rng.poisson(np.resize([40.0, 20], 400))}
    )
    model = learned("negbin", 2, channels="joint", hidden_size=8).fit(y)
    bounds = model.predict(level=80)
    np.testing.assert_allclose(bounds["few", "mean"], [1, 3], rtol=0.4)
    np.testing.assert_allclose(bounds["many", "mean"], [40, 20], rtol=0.3)
    outer = bounds.drop(columns="mean", level=1)
    assert (outer == np.rint(outer)).all(axis=None)
    paths = model.sample_paths(300, random_state=0)
    assert (paths == np.rint(paths)).all(axis=None)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("loss", LOSSES)
def test_quantiles_rise_with_their_probabilities_over_any_horizon(loss, strategy):
    model = small(loss, strategy=strategy, n_members=2).fit(counts())
    p = np.linspace(0.02, 0.98, 25)
    forecast = model.predict(8, quantiles=p)
    assert list(forecast.columns) == ["mean", *(f"q-{q:g}" for q in p)]
    assert (np.diff(forecast.to_numpy()[:, 1:], axis=1) >= 0).all()
    pd.testing.assert_series_equal(forecast["mean"], model.predict(8), check_names=False)
    bounds = model.predict(8, level=80)
    np.testing.assert_array_equal(bounds, model.predict(8, quantiles=[0.1, 0.9]))
    own = 1 if strategy == "recursive" else 3  # a longer horizon does not change the first steps
    np.testing.assert_allclose(model.predict(3, level=80)[:own], bounds[:own], rtol=1e-6)
    if loss == "negbin":
        assert (bounds.iloc[:, 1:] == np.rint(bounds.iloc[:, 1:])).all(axis=None)


@pytest.mark.parametrize("loss", CONTINUOUS)
def test_quantiles_come_back_through_logarithms_and_anchors(loss):
    y = np.exp(walk(80) / 10)
    model = small(loss, transform="log", season_length=None, n_members=3).fit(y)
    (scale,) = model.preprocessor_.channels.scale
    anchor = np.log(y[-1])
    x = ((np.log(y[-8:]) - anchor)[:, None, None] / scale).astype(np.float32)
    members = []
    for theta in model.thetas_:
        raw = model.network_.forward(theta, x, first=-1)[0].reshape(-1, 3)  # parameter by parameter
        q = DISTRIBUTIONS[loss].quantile(raw, [0.2, 0.8])
        members.append(np.exp(anchor + scale * q))
    forecast = model.predict(quantiles=[0.2, 0.8])
    np.testing.assert_allclose(forecast.iloc[:, 1:].T, np.median(members, axis=0), rtol=1e-5)


def test_points_are_means_or_medians():
    y = walk(80)
    for loss in CONTINUOUS:
        model = small(loss).fit(y)
        forecast = model.predict(quantiles=0.5)
        np.testing.assert_allclose(forecast["mean"], forecast["q-0.5"], rtol=1e-5)


def test_changes_are_summed_up_path_by_path():
    """Quantiles of changes, summed up, would spread with the step, not with its root."""
    model = learned("gaussian", 6, transform="difference", normalize="series", max_steps=200).fit(walk())
    width = model.predict(level=80).eval("`hi-80` - `lo-80`").to_numpy()
    np.testing.assert_allclose(width / width[0], np.sqrt(np.arange(1, 7)), rtol=0.15)


MODELS = {
    "baseline": Drift(horizon=4),
    "points": small("mae", 4),
    "direct": small("quantile", 4),
    "parallel": small("student_t", 4, strategy="parallel", patch_size=2),
    "recursive": small("gaussian", 4, strategy="recursive"),
    "difference": small("gaussian", 4, transform="difference"),
    "members": small("gaussian", 4, n_members=2),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("horizon", [4, 6])
def test_paths_spread_as_the_quantiles_say(model, horizon):
    model.fit(np.exp(walk(200) / 20))
    p = [0.1, 0.3, 0.5, 0.7, 0.9]
    quantiles = model.predict(horizon, quantiles=p).iloc[:, 1:]
    paths = model.sample_paths(2000, horizon, random_state=1)
    assert list(paths.columns) == list(range(2000))
    assert paths.index.equals(quantiles.index)
    width = (quantiles["q-0.9"] - quantiles["q-0.1"]).to_numpy()[:, None]
    close = (paths.quantile(p, axis=1).T.to_numpy() - quantiles.to_numpy()) / width
    assert np.abs(close).max() < 0.1


WALKERS = {
    "baseline": (Naive(horizon=6), 0.25),  # what goes with what is known from 50 origins only
    "points": (learned("mae", 6, max_steps=200), 0.25),
    "direct": (learned("gaussian", 6, max_steps=300), 0.1),
    "recursive": (learned("gaussian", 6, strategy="recursive", max_steps=300), 0.1),
}


@pytest.mark.parametrize(("model", "most"), WALKERS.values(), ids=WALKERS)
def test_paths_of_a_random_walk_walk(model, most):
    paths = model.fit(walk()).sample_paths(1000, random_state=0).to_numpy()
    step = np.arange(1, 7)
    np.testing.assert_allclose(paths.std(axis=1), np.sqrt(step), rtol=0.25)
    correlation = np.corrcoef(paths)
    truth = np.sqrt(np.minimum.outer(step, step) / np.maximum.outer(step, step))
    assert np.abs(correlation - truth).mean() < most
    assert correlation[0, 1] > 0.5


def test_channels_read_together_go_together():
    rng = np.random.default_rng(0)
    both = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 600)
    y = pd.DataFrame(both, columns=["a", "b"])
    for strategy in ("direct", "recursive"):
        model = small("gaussian", 2, channels="joint", strategy=strategy, normalize="series").fit(y)
        paths = model.sample_paths(500, random_state=0)
        for _, step in paths.iterrows():
            assert step["a"].corr(step["b"]) == pytest.approx(0.9, abs=0.1)
    paths = Naive().fit(y).sample_paths(500, random_state=0).iloc[0]
    assert paths["a"].corr(paths["b"]) == pytest.approx(0.9, abs=0.1)


def test_one_path_is_as_random_as_many():
    model = small(horizon=2).fit(walk(200))
    rng = np.random.default_rng(0)
    paths = pd.concat([model.sample_paths(1, random_state=rng) for _ in range(200)], axis=1)
    many = model.sample_paths(1000, random_state=0)
    np.testing.assert_allclose(paths.std(axis=1), many.std(axis=1), rtol=0.2)


@pytest.mark.parametrize("model", [small("quantile", strategy="recursive"), small("mae"), Naive(horizon=3)])
def test_the_same_seed_gives_the_same_bits(model):
    model.fit(walk(100))
    first = model.sample_paths(20, 5, random_state=3)
    pd.testing.assert_frame_equal(first, model.sample_paths(20, 5, random_state=3), check_exact=True)
    assert (first != model.sample_paths(20, 5, random_state=4)).all(axis=None)
    assert (model.sample_paths(20) != model.sample_paths(20)).any(axis=None)
    pd.testing.assert_frame_equal(model.predict(5, level=90), model.predict(5, level=90), check_exact=True)


def test_simulated_quantiles_do_not_change_though_nobody_gave_a_seed():
    model = small("quantile", strategy="recursive", random_state=None).fit(walk(60))
    pd.testing.assert_frame_equal(model.predict(level=90), model.predict(level=90), check_exact=True)


FACTORIES = {
    "negbin": small("negbin"),
    "recursive": small("quantile", strategy="recursive"),
    "local": small("gaussian", scope="local"),
    "points": small("mae"),
    "baseline": SeasonalNaive(3, horizon=3),
}


@pytest.mark.parametrize("kind", ["series", "channels", "dict", "levels", "long"])
@pytest.mark.parametrize("model", FACTORIES.values(), ids=FACTORIES)
def test_every_form_comes_back(kind, model):
    y = in_form(kind)
    model.fit(y, **COLUMNS)
    mean, bands = model.predict(), model.predict(level=80)
    paths = model.sample_paths(5, random_state=0)
    if kind == "dict":
        assert list(paths) == ["a", "b"]
        mean, bands, paths = (table["b"] for table in (mean, bands, paths))
    if kind == "long":
        assert list(bands.columns[-2:]) == [f"{model.label}-lo-80", f"{model.label}-hi-80"]
        assert list(paths.columns) == ["shop", "day", "path", model.label]
        wide = paths.pivot(index=["shop", "day"], columns="path", values=model.label)
        assert wide.index.equals(pd.MultiIndex.from_frame(mean[["shop", "day"]]))
        assert list(wide.columns) == list(range(5))
        assert wide.notna().all(axis=None)
        return
    assert bands.index.equals(mean.index)
    assert paths.index.equals(mean.index)
    if kind == "channels":
        assert paths.columns.tolist() == [(name, path) for name in "ab" for path in range(5)]
        assert bands.columns.tolist() == [(name, of) for name in "ab" for of in ("mean", "lo-80", "hi-80")]
    else:
        assert paths.columns.tolist() == list(range(5))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_covariates_and_gaps_go_with_distributions(strategy):
    y = counts(80)
    X = pd.DataFrame({"price": np.resize([1.0, 3, 2], 90)}, pd.date_range(y.index[0], periods=90, name="day"))
    y.iloc[[5, 30, 31, 70]] = np.nan
    model = small("negbin", strategy=strategy, missing="mask").fit(y, X)
    for horizon in (3, 5):
        forecast = model.predict(horizon, X[80 : 80 + horizon], level=90)
        assert (forecast["lo-90"] <= forecast["hi-90"]).all()
        paths = model.sample_paths(30, horizon, X[80 : 80 + horizon], random_state=0)
        assert (paths == np.rint(paths)).all(axis=None)
    elsewhere = model.sample_paths(30, 3, X, y=y[50:70], random_state=0)
    assert elsewhere.index[0] == y.index[70]


@pytest.mark.parametrize("model", [Naive(horizon=4), small("gaussian", 4)])
def test_short_series_and_gaps_have_paths(model):
    y = walk(26)
    y[[10, 22]] = np.nan
    model.set_params(missing="interpolate")
    paths = model.fit(y).sample_paths(50, 7, random_state=0)
    assert np.isfinite(paths).all(axis=None)
    assert (paths.std(axis=1) > 0).all()


def three():
    """Three series of unlike levels, spreads and lengths."""
    return {
        key: 10.0**k * (5 + k + walk(n, k) / 9)
        for k, (key, n) in enumerate([("a", 90), ("b", 60), ("c", 120)])
    }


@pytest.mark.parametrize(
    "model",
    [
        *(small(loss, 4) for loss in CONTINUOUS),
        small("gaussian", 4, strategy="parallel", n_members=3),
        small("student_t", 4, strategy="recursive"),
        small("quantile", 2),  # the fourth step is read off paths
        small("gaussian", 4, transform="difference", normalize="series"),
        small("mae", 4),
        Drift(4),
        Naive(2),
    ],
    ids=lambda model: f"{model.label}, {getattr(model, 'loss', 'errors')}",
)
def test_paths_of_several_series_spread_as_the_quantiles_of_each_say(model):
    y, n, p = three(), 3000, [0.1, 0.3, 0.5, 0.7, 0.9]
    model = model.fit(y)
    knows_new = isinstance(model, RNNForecaster)
    other = {"b": y["b"][:50], "new" if knows_new else "c": 7 * y["a"], "a": y["a"]}
    reads_off = (
        knows_new
        and model.loss in LOSSES
        and (model.horizon < 4 or model.strategy == "recursive" or model.transform == "difference")
    )
    sampled = 1 / n + reads_off / 500
    for history in (None, other):
        paths = model.sample_paths(n, 4, y=history, random_state=1)
        bounds = model.predict(4, y=history, quantiles=p)
        for key, of in paths.items():
            for q in p:
                share = of.le(bounds[key][f"q-{q}"], axis=0).mean(axis=1)
                np.testing.assert_allclose(share, q, atol=4.5 * np.sqrt(q * (1 - q) * sampled))
        first = np.stack([of.iloc[0] for of in paths.values()])
        assert np.abs(np.corrcoef(first) - np.eye(3)).max() < 0.3  # each is drawn for itself


@pytest.mark.parametrize("strategy", ["direct", "parallel"])
def test_what_is_forecast_at_once_goes_together_as_in_one_window_of_training(strategy):
    model = small("gaussian", 3, strategy=strategy, dtype="float64").fit(three())
    simulator, prepared = model._simulator(), model._prepared(model._panel(three()))
    windows = simulator.probabilities(np.random.default_rng(0)).argsort(axis=0).argsort(axis=0)
    N = len(windows)
    paths = simulator.paths(prepared, 3, 2 * N, np.random.default_rng(1))
    assert paths.shape == (3, 2 * N, 3, 1)
    for of in paths:
        ranks = of.argsort(axis=0).argsort(axis=0) // 2  # two paths for each window
        numbers = [np.flatnonzero((windows == row).all(axis=(1, 2))).item() for row in ranks]
        assert (np.bincount(numbers) == 2).all()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_series_too_short_for_a_window_have_quantiles_and_paths(strategy):
    y = {"long": counts(), "short": counts(5), "none": pd.Series(np.zeros(20))}
    model = small("negbin", strategy=strategy).fit(y)
    for horizon in (3, 5):
        for key, bounds in model.predict(horizon, level=80).items():
            assert (bounds["lo-80"] <= bounds["hi-80"]).all()
            assert np.isfinite(model.sample_paths(9, horizon)[key]).all(axis=None)


def test_series_that_were_not_there_have_quantiles_and_paths():
    new = {"c": counts(30, seed=5)}
    for loss in ("negbin", "mae"):
        model = small(loss).fit(in_form("dict"))
        assert model.predict(y=new, level=80)["c"].shape == (3, 3)
        assert model.sample_paths(4, y=new)["c"].shape == (3, 4)


def test_training_goes_on_with_the_same_distribution_only():
    model = small("gaussian", warm_start=True).fit(walk(60)).fit(walk(70))
    with pytest.raises(
        ValueError, match=r"loss='gaussian' mean .* than with 'negbin'\. Set warm_start=False"
    ):
        model.set_params(loss="negbin").fit(counts())
    model = small("mae", warm_start=True).fit(walk(60))
    model.set_params(loss="mse").fit(walk(70))


@pytest.mark.parametrize(
    ("model", "y", "message"),
    [
        (small(strategy="seq2seq"), walk(60), 'strategy="seq2seq" feeds its forecasts back .*"parallel"'),
        (small("negbin", transform="log"), counts(), "loss=\"negbin\" is for counts, .*transform='log'"),
        (small("negbin"), counts() + 0.5, "from 0 on; got 2.5 at 2020-01-06 in `y`. Use another loss"),
        (small("negbin"), {"a": counts(), "b": counts() - 1}, "got -1 at 2020-01-18 of series 'b' in `y`"),
        (small("negbin"), pd.DataFrame({"x": counts() / 4}), "got 0.5 at 2020-01-06 in 'x' in `y`"),
        (small("poisson"), counts(), "`loss` must be one of 'mae', 'mse', 'huber', 'quantile', 'gaussian'"),
    ],
)
def test_what_cannot_be_is_refused(model, y, message):
    with pytest.raises(ValueError, match=message):
        model.fit(y)


def test_counts_alone_are_forecast_from():
    model = small("negbin").fit(counts())
    with pytest.raises(ValueError, match=r"whole numbers from 0 on; got 0\.5 at 2020-01-06"):
        model.predict(y=counts() / 4)
    gaps = counts()
    gaps.iloc[[7, 20]] = np.nan
    small("negbin", missing="interpolate").fit(gaps)  # what is filled in need not be whole


def test_the_number_of_paths_is_checked():
    with pytest.raises(ValueError, match="`n` must be a whole number of paths, at least 1; got 0"):
        Naive().fit(walk(60)).sample_paths(0)


def test_a_stream_gives_values_only():
    model = small(strategy="recursive", normalize="series", transform=None).fit(walk(60))
    with pytest.raises(ValueError, match="loss='gaussian' this model gives"):
        model.stream()
