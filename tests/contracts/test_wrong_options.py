"""Options and forms that a fitted model or a backtest can't use: a sentence of our own, and the way out."""

import numpy as np
import pandas as pd
import pytest

from tsrnn import Combine, Drift, Naive, RNNForecaster, RNNGenerator, SeasonalNaive, backtest

DAYS = pd.date_range("2026-01-01", periods=60)
Y = pd.Series(10 + np.sin(np.arange(60.0)), DAYS, name="visitors")
LATER = Y.set_axis(DAYS + pd.Timedelta("60D"))


def network(y=Y):
    return RNNForecaster("gru", 2, 7, hidden_size=3, max_steps=3, random_state=0).fit(y)


@pytest.mark.parametrize("seed", ["x", "0", 1.5, -1, True, np.nan, [1, 2], {}, np.random.SeedSequence(1)])
def test_a_seed_of_paths_and_samples_is_a_whole_number_or_a_generator(seed):
    match = (
        "^`random_state` must be a whole number, at least 0, a numpy.random.Generator or RandomState, or None"
    )
    generator = RNNGenerator(max_steps=2, random_state=0).fit("abc" * 30)
    for draw in (
        lambda: network().sample_paths(2, random_state=seed),
        lambda: Drift(2).fit(Y).sample_paths(2, random_state=seed),
        lambda: generator.sample(3, random_state=seed),
    ):
        with pytest.raises(ValueError, match=match):
            draw()
    assert Drift(2).fit(Y).sample_paths(2, random_state=np.int64(3)).shape == (2, 2)


@pytest.mark.parametrize("n_jobs", ["2", "x", 0, 1.5, True, [1]])
def test_threads_of_a_backtest_are_a_whole_number(n_jobs):
    with pytest.raises(ValueError, match=r"^`n_jobs` must be a whole number of threads, not 0; got "):
        backtest([Naive()], Y, horizon=2, n_jobs=n_jobs)


@pytest.mark.parametrize("level", [[80, 80], (80, 80.0), [80, 60, 80.0000001]])
def test_a_level_that_is_asked_twice_is_refused(level):
    for model in (network(), Naive(2).fit(Y)):
        with pytest.raises(ValueError, match=r"^`level` has 80 more than once"):
            model.predict(level=level)
        with pytest.raises(ValueError, match=r"^`quantiles` has 0\.5 more than once"):
            model.predict(quantiles=[0.5, 0.1, 0.5])
        assert list(model.predict(level=[80, 60]).columns) == ["mean", "lo-80", "hi-80", "lo-60", "hi-60"]


def test_a_backtest_judges_equal_levels_once():
    result = backtest([Naive(), Drift()], Y, horizon=2, level=[80, 60, 80.0, 60.0000001])
    assert result.level == (80, 60)
    assert list(result.scores().filter(like="coverage").columns) == ["coverage-80", "coverage-60"]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
def test_a_horizon_of_a_small_numpy_type_forecasts_as_an_int_does(kind):
    for make in (Drift, lambda horizon: Combine([Naive(horizon), Drift(horizon)])):
        model, expected = make(kind(2)).fit(Y), make(2).fit(Y)
        pd.testing.assert_frame_equal(model.predict(level=80), expected.predict(level=80))
        pd.testing.assert_frame_equal(
            model.sample_paths(3, random_state=0), expected.sample_paths(3, random_state=0)
        )


def test_no_levels_at_all_leave_the_mean():
    for model in (network(), Naive(2).fit(Y)):
        expected = model.predict()
        for none in ({"level": []}, {"quantiles": []}, {"level": [], "quantiles": ()}):
            pd.testing.assert_frame_equal(model.predict(**none), expected.to_frame("mean"))


@pytest.mark.parametrize("y", [5, 5.0, "text", None, pd.Timestamp("2026"), np.float64(3)])
def test_a_new_value_comes_as_a_list_or_series(y):
    with pytest.raises(TypeError, match=r"^`y` is of type .*; a Series, list or array is needed"):
        network().update(y)
    assert network().update([5.0]).cutoff_ == DAYS[-1] + pd.Timedelta("1D")


def test_what_can_be_no_series_is_refused_with_a_sentence():
    for y in ([[1.0, 2.0], [3.0]], [Y.tolist(), [1.0]]):
        with pytest.raises(TypeError, match="whose members are of type list; one series is a list of n"):
            network().update(y)
    for many in ([Y, Y], (Y.to_frame(), Y), [Y.to_numpy()]):
        with pytest.raises(TypeError, match=r"Pass many series as a dict with their names.*enumerate"):
            Naive().fit(many)
    assert len(Naive().fit(dict(enumerate([Y, Y]))).predict()) == 2


def test_tables_for_a_model_of_a_panel_are_no_single_series():
    panel, table = {"a": Y, "b": Y + 1}, pd.DataFrame({"a": Y, "b": Y + 1})
    with pytest.raises(ValueError, match=r"fitted to series without columns\. Pass one column: y\['a'\]"):
        network(panel).predict(y=table)
    with pytest.raises(ValueError, match="`y` has series without columns; the model was fitted to the 2 col"):
        network(table).predict(y=panel)


OTHERS = {
    "numbers": Y.reset_index(drop=True),
    "lists": Y.tolist(),
    "a zone": Y.tz_localize("UTC"),
    "periods": Y.to_period(),
    "elapsed": Y.set_axis(pd.to_timedelta(np.arange(60), "D")),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_backtest_of_series_whose_labels_cannot_be_compared_says_which(other):
    with pytest.raises(TypeError, match=r"^Series 'b' of `y` has labels of dtype .*, series 'a'"):
        backtest([SeasonalNaive()], {"a": Y, "b": other}, horizon=2)
    with pytest.raises(TypeError, match=r"^Series 'a' of `y`|^Series 'b' of `y`"):
        backtest([SeasonalNaive()], {"b": other, "a": Y}, horizon=2)


def test_a_backtest_compares_zones_and_kinds_of_numbers():
    zones = {"a": Y.tz_localize("UTC"), "b": Y.tz_localize("Europe/Berlin")}
    numbers = {"a": Y.reset_index(drop=True), "b": Y.set_axis(np.arange(60) / 2)}
    for y in (zones, numbers):
        assert len(backtest([Naive()], y, horizon=2).scores(by="series")) == 2


def test_what_goes_on_in_a_panel_of_mixed_labels_has_the_kind_of_its_series():
    model = network({"a": Y, "b": Y.reset_index(drop=True)})
    with pytest.raises(
        TypeError, match=r"on with labels of dtype .* of series 'b', after labels of dtype int"
    ):
        model.update({"b": LATER})
    assert model.update({"a": LATER, "b": [1.0, 2.0]}).cutoff_.tolist() == [LATER.index[-1], 61]


def test_scores_by_series_of_columns_with_two_levels():
    y = pd.DataFrame({("north", "x"): Y, ("north", "y"): Y + np.arange(60) % 3})
    scores = backtest([Naive(), Drift()], y, horizon=2, season_length=1).scores(by="series")
    assert list(scores.index.names) == ["model", "unique_id"]
    for name in ("x", "y"):
        alone = backtest([Naive(), Drift()], y["north", name], horizon=2, season_length=1).scores()
        found = scores.loc[[("Naive", ("north", name))], "MASE"].item()
        assert found == pytest.approx(alone.loc["Naive", "MASE"])


@pytest.mark.parametrize(
    ("kind", "wrong", "meant"),
    [
        (RNNForecaster, "hidden", "Did you mean 'hidden_size'?"),
        (RNNForecaster, "epochs", "Did you mean 'max_epochs'?"),
        (RNNForecaster, "look_back", "Did you mean 'lookback'?"),
        (SeasonalNaive, "season", "Did you mean 'season_length'?"),
        (RNNGenerator, "hiden_size", "Did you mean 'hidden_size'?"),
        (Naive, "xyz", "There are horizon, "),
    ],
)
def test_an_unknown_parameter_is_named_with_the_one_that_is_like_it(kind, wrong, meant):
    with pytest.raises(TypeError) as error:
        kind(**{wrong: 3})
    message = str(error.value)
    assert message.startswith(f"{kind.__name__}() got an unexpected keyword argument {wrong!r}. {meant}")


def test_a_subclass_may_have_parameters_of_its_own():
    class Own(Naive):
        def __init__(self, horizon=1, *, own=2, **more):
            super().__init__(horizon, **more)
            self.own = own

    assert (Own(3, own=4).own, Own(alias="mine").alias) == (4, "mine")
    with pytest.raises(TypeError, match="unexpected keyword argument 'else_'"):
        Own(else_=1)
