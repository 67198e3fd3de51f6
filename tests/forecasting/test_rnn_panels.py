"""One model for many series: forms, lengths, covariates, gaps and intervals."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import Naive, RNNForecaster, SeasonalNaive


def small(**options):
    return RNNForecaster(
        "gru", **{"horizon": 3, "hidden_size": 8, "max_steps": 30, "random_state": 0, **options}
    )


def three(lengths=(60, 45, 80)):
    rng = np.random.default_rng(1)
    return {
        name: pd.Series(
            10 * (k + 1) + np.sin(np.arange(n) / 2) + rng.normal(0, 0.1, n),
            pd.date_range("2020-01-01", periods=n, freq="D"),
            name=name,
        )
        for k, (name, n) in enumerate(zip("abc", lengths, strict=True))
    }


def long(y):
    return pd.concat(
        [pd.DataFrame({"unique_id": key, "ds": one.index, "y": one.to_numpy()}) for key, one in y.items()],
        ignore_index=True,
    )


@pytest.mark.parametrize("scope", ["global", "local"])
def test_every_form_gives_the_same_numbers_in_its_own_form(scope):
    y = three()
    of_dict = small(scope=scope).fit(y).predict()
    of_long = small(scope=scope).fit(long(y)).predict()
    levels = long(y).set_index(["unique_id", "ds"])["y"]
    of_levels = small(scope=scope).fit(levels).predict()
    assert list(of_long.columns) == ["unique_id", "ds", "GRU"]
    assert of_levels.index.names == ["unique_id", "ds"]
    for key, forecast in of_dict.items():
        own = of_long[of_long["unique_id"] == key]
        np.testing.assert_array_equal(own["GRU"], forecast)
        assert own["ds"].tolist() == forecast.index.tolist()
        np.testing.assert_array_equal(of_levels[key], forecast)
        assert forecast.index[0] == y[key].index[-1] + pd.Timedelta(days=1)


def test_a_local_model_is_the_model_of_that_series_alone():
    y = three()
    panel = small(scope="local").fit(y)
    for key, one in y.items():
        pd.testing.assert_series_equal(panel.predict()[key], small().fit(one).predict())


@pytest.mark.parametrize("model", [Naive(3), SeasonalNaive(7, 3)])
def test_baselines_forecast_each_series_alone(model):
    y = three()
    forecasts = model.fit(y).predict()
    for key, one in y.items():
        pd.testing.assert_series_equal(forecasts[key], model.fit(one).predict())


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq", "parallel"])
def test_a_global_network_knows_no_order_of_series_it_forecasts(strategy):
    y = three()
    model = small(strategy=strategy, dtype="float64").fit(y)
    forecast = model.predict(7)
    backwards = model.predict(7, y=dict(reversed(y.items())))
    for key in y:
        np.testing.assert_allclose(forecast[key], backwards[key], rtol=1e-9)


def test_series_too_short_for_a_window_are_used_and_forecast():
    y = three(lengths=(60, 5, 80))
    model = small(lookback=12).fit(y)
    assert np.isfinite(model.predict()["b"]).all()
    without = small(lookback=12).fit({key: y[key] for key in "ac"})
    assert not np.array_equal(without.thetas_, model.thetas_)


def test_what_stands_before_a_short_series_has_no_effect():
    y = three(lengths=(60, 5, 80))
    model = small(lookback=12, dtype="float64").fit(y)
    other = three(lengths=(60, 5, 80))
    other["a"] = other["a"] * 5  # laid out before the short one
    np.testing.assert_allclose(model.predict()["b"], model.predict(y=other)["b"], rtol=1e-12)


def test_a_series_that_was_not_there_is_forecast_from_its_own_history():
    y = three()
    model = small().fit(y)
    new = pd.Series(1000 + 100 * np.sin(np.arange(40) / 2), pd.date_range("2021-05-01", periods=40))
    forecast = model.predict(y={"new": new})["new"]
    assert forecast.min() > 850
    assert forecast.max() < 1150
    with pytest.raises(ValueError, match="was not there in training"):
        small(scope="local").fit(y).predict(y={"new": new})


def test_an_embedded_series_is_told_from_its_copy():
    y = three()
    y["b"] = y["a"].rename("b")
    same, told = small(channels="shared").fit(y).predict(), small(embed_series=2).fit(y).predict()
    np.testing.assert_array_equal(same["a"], same["b"])
    assert not np.array_equal(told["a"], told["b"])


def driven(n=240):
    """A series that follows, three steps later, nothing but what is known ahead."""
    rng = np.random.default_rng(3)
    index = pd.date_range("2020-01-01", periods=n + 12, freq="D")
    X = pd.DataFrame({"price": rng.choice([-1.0, 1.0], n + 12)}, index)
    return pd.Series(5 + 2 * X["price"].to_numpy()[:n], index[:n], name="units"), X


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq", "parallel"])
def test_a_network_learns_from_what_is_known_ahead(strategy):
    y, X = driven()
    model = small(
        strategy=strategy, lookback=6, max_steps=300, learning_rate=0.01, transform=None, season_length=None
    ).fit(y, X)
    forecast = model.predict(3, X)
    expected = 5 + 2 * X["price"].to_numpy()[len(y) : len(y) + 3]
    np.testing.assert_allclose(forecast, expected, atol=0.8)


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq", "parallel"])
def test_rows_of_covariates_past_the_horizon_change_nothing(strategy):
    y, X = driven()
    model = small(strategy=strategy, lookback=6).fit(y, X)
    changed = X.copy()
    changed.iloc[len(y) + 3 :] = 7.0
    pd.testing.assert_series_equal(model.predict(3, X), model.predict(3, changed))
    changed.iloc[len(y) + 2] = 7.0
    assert not model.predict(3, X).equals(model.predict(3, changed))


def test_missing_future_rows_are_named():
    y, X = driven()
    model = small(lookback=6).fit(y, X)
    with pytest.raises(ValueError, match="2020-08-2"):
        model.predict(3, X.iloc[: len(y)])


def test_a_calendar_needs_no_table():
    y = three()["a"]
    plain, told = small().fit(y), small(calendar="auto").fit(y)
    assert told.n_parameters_ > plain.n_parameters_ - 100
    assert not plain.predict().equals(told.predict())
    assert len(told.predict(8)) == 8


def test_past_and_static_covariates_change_forecasts():
    y = three()
    past = {key: pd.DataFrame({"z": np.sin(np.arange(len(one)))}, one.index) for key, one in y.items()}
    static = pd.DataFrame({"size": [1.0, 2.0, 3.0], "kind": ["u", "v", "u"]}, index=list("abc"))
    plain = small().fit(y).predict()
    for covariates in ({"X_past": past}, {"static": static}):
        assert not small().fit(y, **covariates).predict()["a"].equals(plain["a"])
    with pytest.raises(TypeError, match="Naive forecasts from `y` alone"):
        Naive().fit(y, X_past=past)


def test_masked_gaps_are_no_targets_and_forecasts_bridge_them():
    y = three()["a"]
    gaps = y.copy()
    gaps.iloc[[10, 11, 30, -2, -1]] = np.nan
    model = small(missing="mask").fit(gaps)
    assert np.isfinite(model.predict()).all()
    filled = small(missing="interpolate").fit(gaps)
    assert not model.predict().equals(filled.predict())


@pytest.mark.parametrize("model", [small(), Naive(3)])
def test_levels_and_quantiles_are_columns_that_do_not_cross(model):
    y = three()["c"]
    table = model.fit(y).predict(level=[80, 95], quantiles=[0.3])
    assert list(table.columns) == ["mean", "lo-80", "hi-80", "lo-95", "hi-95", "q-0.3"]
    np.testing.assert_array_equal(table["mean"], model.predict())
    ordered = table[["lo-95", "lo-80", "q-0.3", "mean", "hi-80", "hi-95"]].to_numpy()
    assert (np.diff(ordered, axis=1) > 0).all()


def test_levels_of_a_panel_are_columns_of_its_long_table():
    table = small().fit(long(three())).predict(level=80)
    assert list(table.columns) == ["unique_id", "ds", "GRU", "GRU-lo-80", "GRU-hi-80"]
    assert (table["GRU-lo-80"] < table["GRU-hi-80"]).all()


def test_intervals_of_a_random_walk_grow_like_its_root():
    y = np.random.default_rng(0).normal(size=2000).cumsum()
    table = Naive(9).fit(y).predict(level=80)
    half = ((table["hi-80"] - table["lo-80"]) / 2).to_numpy()
    ratio = half / (1.2816 * np.sqrt(np.arange(1, 10)))
    assert 0.8 < ratio.mean() < 1.25
    assert (np.diff(half) > 0).all()


def test_series_that_come_with_an_update_are_among_the_transforms():
    y = three()
    model = small(max_steps=3).fit({key: y[key] for key in "ab"})
    before = model.transform_
    model.update({"c": y["c"]})
    assert list(model.transform_) == list(model.predict()) == ["a", "b", "c"]
    assert {key: model.transform_[key] for key in "ab"} == before


def test_a_model_of_one_series_forecasts_each_of_a_panel_as_by_itself():
    y = three((60, 13, 20))
    growing = pd.Series(10 * 1.06 ** np.arange(60.0), pd.date_range("2020-01-01", periods=60))
    model = small(max_steps=3, season_length=None).fit(growing)
    others = y | {"grown": 2 * growing, "with zero": y["a"] - y["a"].min()}
    found = model.predict(y=others)
    for key, one in others.items():
        pd.testing.assert_series_equal(found[key], model.predict(y={key: one})[key])


@pytest.mark.parametrize("model", [small(scope="local", max_steps=3), Naive(3), SeasonalNaive(3)], ids=str)
def test_one_series_cannot_be_forecast_by_one_of_many_models_nor_many_by_one(model):
    y = three()
    with pytest.raises(ValueError, match=r"^`y` is a single series; each of the 3 has a model of its own\."):
        model.fit(y).predict(y=y["a"])
    if not isinstance(model, RNNForecaster):
        with pytest.raises(ValueError, match=r"^`y` is a panel; the model was fitted to a single series\."):
            model.fit(y["a"]).predict(y=y)


def test_an_update_of_a_single_series_is_one():
    y = three()
    with pytest.raises(TypeError, match=r"^`y` is a panel; the model was fitted to a single series\."):
        small(max_steps=3).fit(y["a"]).update({"a": y["a"].shift(60, freq="D")})


def test_keys_stay_what_they_are():
    parts = list(three().values())
    y = dict(zip([2**53 + 1, 2**53, 0.5], parts, strict=True))
    assert list(small(max_steps=3).fit(y).predict()) == list(y)
    model = small(max_steps=3).fit({2**53 + 1: parts[0], 2: parts[1]}).update({0.5: parts[2]})
    assert list(model.predict()) == [2**53 + 1, 2, 0.5]
    with pytest.raises(ValueError, match=r"^`y` has the key None; every series needs a name\.$"):
        small().fit({"a": parts[0], None: parts[1]})


def test_a_panel_of_single_values_is_nothing_to_learn_from():
    lone = {key: pd.Series([1.0], pd.date_range("2024-01-01", periods=1)) for key in "ab"}
    with pytest.raises(
        ValueError, match=r"^`y` has nothing to learn from: the longest of its 2 series has 1 o"
    ):
        small().fit(lone)
