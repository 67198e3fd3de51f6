"""RNNForecaster: what its parameters do, what comes back, what bad input gets."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from helpers import oracle
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.kernels.cells import RECURRENT
from tsrnn.network.threads import run_all

SMALL = {
    "hidden_size": 4,
    "max_steps": 12,
    "random_state": 0,
    "horizon": 6,
    "lookback": 24,
    "learning_rate": 0.005,
}


def monthly(n=96, *, seed=0, start="2015-01"):
    t = np.arange(n)
    noise = np.random.default_rng(seed).standard_normal(n)
    values = np.exp(5 + 0.01 * t + 0.3 * np.sin(2 * np.pi * t / 12) + 0.05 * noise)
    return pd.Series(values, pd.period_range(start, periods=n, freq="M", name="month"), name="sales")


def small(**changes):
    return RNNForecaster(**(SMALL | changes))


@pytest.fixture(scope="module")
def fitted():
    return small().fit(monthly())


@pytest.mark.parametrize(
    "change",
    [
        *({"cell": cell} for cell in RECURRENT if cell != "gru"),
        {"lookback": 7},
        {"strategy": "recursive"},
        {"strategy": "parallel"},
        {"strategy": "seq2seq"},
        {"strategy": "seq2seq", "patch_size": 4},
        {"strategy": "parallel", "patch_size": 4},
        {"hidden_size": 5},
        *({"num_layers": n} for n in range(2, 8)),
        {"bidirectional": True},
        {"patch_size": 4},
        {"dropout": 0.3},
        {"season_length": None},
        {"season_length": 4},
        {"transform": None},
        {"transform": "log"},
        {"transform": "difference"},
        {"transform": ["deseasonalize"]},
        {"transform": ["log", "difference"]},
        {"normalize": "series"},
        {"normalize": "robust"},
        {"normalize": None},
        {"loss": "mse"},
        {"loss": "huber"},
        {"optimizer": "sgd"},
        {"optimizer": "rmsprop"},
        {"learning_rate": 0.02},
        {"schedule": "constant"},
        {"batch_size": 8},
        {"max_epochs": 1},
        {"max_steps": 11},
        {"early_stopping": True},
        {"clip_norm": 1e-3},
        {"clip_value": 1e-3},
        {"bptt": 5},
        {"n_members": 3},
        {"dtype": "float64"},
        {"random_state": 1},
    ],
    ids=str,
)
def test_every_parameter_changes_the_forecast(fitted, change):
    changed = small(**change).fit(monthly()).predict()
    assert np.isfinite(changed).all()
    assert not np.array_equal(changed, fitted.predict())


@pytest.mark.parametrize("change", [{"residual": True}, {"dilation": 2}], ids=str)
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_what_joins_layers_changes_the_forecast_of_a_stack(change, strategy):
    stack = {"num_layers": 3, "strategy": strategy}
    changed = small(**stack, **change).fit(monthly()).predict()
    assert np.isfinite(changed).all()
    assert not np.allclose(changed, small(**stack).fit(monthly()).predict(), rtol=1e-5)


PLAIN = {"transform": None, "normalize": "series", "dtype": "float64"}


def test_network_reads_the_end_of_the_series_in_patches():
    y = monthly()
    model = small(patch_size=8, **PLAIN).fit(y)
    z = (y.to_numpy() - y.mean()) / y.std(ddof=0)
    output, _ = model.network_.forward(model.thetas_[0], z[-24:].reshape(3, 1, 8), first=-1)
    np.testing.assert_allclose(model.predict(), y.mean() + y.std(ddof=0) * output[0, 0], rtol=1e-12)
    assert model.network_.views(model.thetas_[0])["W_embed"].shape == (4, 8)


@pytest.mark.parametrize("patch_size", [1, 4])
def test_parallel_forecast_is_the_decoded_patches_one_after_the_other(patch_size):
    y = monthly()
    model = small(strategy="parallel", patch_size=patch_size, **PLAIN).fit(y)
    z = (y.to_numpy() - y.mean()) / y.std(ddof=0)
    output, _ = model.network_.forward(model.thetas_[0], z[-24:].reshape(-1, 1, patch_size))
    assert output.shape == {1: (6, 1, 1), 4: (2, 1, 4)}[patch_size]
    np.testing.assert_allclose(model.predict(), y.mean() + y.std(ddof=0) * output.ravel()[:6], rtol=1e-12)


@pytest.mark.parametrize("strategy", ["direct", "seq2seq"])
def test_a_look_back_of_one_value_goes_on_from_it_and_not_from_the_mean(strategy):
    y = np.arange(100.0) + np.random.default_rng(0).standard_normal(100)
    model = small(lookback=1, horizon=2, strategy=strategy, transform=None, season_length=None).fit(y)
    np.testing.assert_allclose(model.predict(), y[-1], atol=15)


@pytest.mark.parametrize("patch_size", [1, 4])
def test_seq2seq_goes_on_from_the_last_patch(patch_size):
    y = monthly()
    model = small(strategy="seq2seq", patch_size=patch_size, num_layers=2, **PLAIN).fit(y)
    z = (y.to_numpy() - y.mean()) / y.std(ddof=0)
    x = z[-24:].reshape(-1, 1, patch_size)
    n, theta = {1: 6, 4: 2}[patch_size], model.network_.views(model.thetas_[0])
    state = oracle.zero_state("gru", 1, 4, 2)
    options = {"embedding": patch_size > 1, "n_decoded": n, "decoder": "sequential"}
    output, _ = oracle.network_forward("gru", theta, x, state, **options)
    np.testing.assert_allclose(model.predict(), y.mean() + y.std(ddof=0) * output.ravel()[:6], rtol=1e-12)


def test_teacher_forcing_changes_what_is_learned_and_not_what_is_known():
    thetas = [
        small(strategy="seq2seq", teacher_forcing=share).fit(monthly()).thetas_ for share in (0, 0.5, 1)
    ]
    assert len({theta.tobytes() for theta in thetas}) == 3
    model = small(strategy="seq2seq", teacher_forcing=1).fit(monthly())
    np.testing.assert_array_equal(model.thetas_, thetas[2])
    np.testing.assert_array_equal(model.predict(), model.predict(y=monthly()))


def test_parallel_strategy_learns_a_sine():
    y = np.sin(np.arange(300) / 4)
    settings = {"strategy": "parallel", "patch_size": 4, "transform": None, "season_length": None}
    model = small(**settings, hidden_size=16, max_steps=400, max_epochs=None).fit(y[:280])
    assert np.abs(model.predict(20) - y[280:]).max() < 0.1


@pytest.mark.parametrize(
    ("n", "patch_size", "lookback"),
    [(96, 1, 36), (96, 7, 42), (60, 1, 30), (60, 7, 28), (96, 40, 40), (96, 60, 60)],
)
def test_automatic_lookback_is_a_whole_number_of_patches(n, patch_size, lookback):
    model = small(lookback="auto", patch_size=patch_size, max_steps=1).fit(monthly(n))
    assert model.lookback_ == lookback


def test_early_stopping_depends_on_its_own_parameters():
    noise = pd.Series(np.random.default_rng(0).standard_normal(80))

    def steps(**changes):
        model = small(
            max_steps=600,
            max_epochs=None,
            learning_rate=0.05,
            early_stopping=True,
            normalize="window",
            **changes,
        )
        return model.fit(noise).history_["step"].iloc[-1]

    assert steps(n_iter_no_change=2) < steps(n_iter_no_change=8) < 600
    assert steps(validation_fraction=0) != steps(validation_fraction=0.3)


def test_running_parameters_do_what_they_say(capfd):
    y = monthly()
    one, two = small(n_members=3, n_jobs=1).fit(y), small(n_members=3, n_jobs=2).fit(y)
    pd.testing.assert_series_equal(one.predict(), two.predict(), check_exact=True)
    assert capfd.readouterr() == ("", "")
    small(verbose=1).fit(y)
    assert "12/12" in capfd.readouterr().err
    assert (small().label, small(cell="lstm").label, small(alias="mine").label) == ("GRU", "LSTM", "mine")


@pytest.mark.parametrize("n_members", [1, 2])
def test_large_batches_are_shared_among_threads_without_changing_a_bit(monkeypatch, n_members):
    shared = set()

    def recorded(tasks, n_threads):
        shared.add((len(tasks), n_threads))
        return run_all(tasks, n_threads)

    monkeypatch.setattr("tsrnn.network.workspace.run_all", recorded)
    large = {"cell": "lstm", "hidden_size": 64, "lookback": 40, "batch_size": 96, "n_members": n_members}
    fits = {}
    for n_jobs in (1, 2, 4):
        shared.clear()
        fits[n_jobs] = small(**large, max_steps=3, max_epochs=None, n_jobs=n_jobs).fit(monthly(200))
        assert (4, max(1, n_jobs // n_members)) in shared
    for n_jobs in (2, 4):
        np.testing.assert_array_equal(fits[n_jobs].thetas_, fits[1].thetas_)


def test_numbers_of_any_type_are_the_same_numbers(fitted):
    numbers = {
        "horizon": np.int8(6),
        "lookback": np.int32(24),
        "hidden_size": np.uint8(4),
        "learning_rate": np.float64(0.005),
        "clip_norm": 1,
        "clip_value": np.int64(1000),
        "max_steps": np.int16(12),
    }
    np.testing.assert_array_equal(small(**numbers).fit(monthly()).thetas_, fitted.thetas_)


def test_a_forecast_that_grows_beyond_all_numbers_is_an_error():
    model = small(cell="rnn_relu", strategy="recursive", normalize="series").fit(monthly())
    views = model.network_.views(model.thetas_[0])
    views["W_hh_0"][:] = 9 * np.eye(len(views["W_hh_0"]))
    views["W_ih_0"][:] = views["W_head"][:] = views["bias_0"][:] = 1
    assert np.isfinite(model.predict(3)).all()
    with pytest.raises(ValueError, match=r"beyond all numbers at step \d+.*Ask for fewer"):
        model.predict(500)


def test_members_are_independent_networks_combined_by_their_median():
    model = small(n_members=3).fit(monthly())
    assert len({theta.tobytes() for theta in model.thetas_}) == 3
    assert list(model.history_["member"].unique()) == [0, 1, 2]
    members = []
    for theta in model.thetas_:
        lone = clone(model)
        vars(lone).update({**vars(model), "thetas_": theta[None]})
        members.append(lone.predict())
    np.testing.assert_array_equal(model.predict(), np.median(members, axis=0))


@pytest.mark.parametrize(
    "seed", [0, np.random.default_rng, np.random.RandomState], ids=["int", "Generator", "RandomState"]
)
def test_same_seed_same_bits(seed):
    first, second = (small(random_state=seed(7) if callable(seed) else seed).fit(monthly()) for _ in range(2))
    np.testing.assert_array_equal(first.thetas_, second.thetas_)
    assert not np.array_equal(first.thetas_, small(random_state=8).fit(monthly()).thetas_)


def test_no_seed_differs_from_run_to_run():
    first, second = (small(random_state=None).fit(monthly()) for _ in range(2))
    assert not np.array_equal(first.thetas_, second.thetas_)


def test_global_random_state_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    small(random_state=None).fit(monthly()).predict()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_fit_twice_is_fit_once():
    model = small()
    model.fit(monthly(seed=5))
    twice = model.fit(monthly())
    np.testing.assert_array_equal(twice.thetas_, small().fit(monthly()).thetas_)


def test_warm_start_continues_from_the_present_weights():
    y = monthly()
    cold, warm = small(warm_start=False).fit(y), small(warm_start=True).fit(y)
    np.testing.assert_array_equal(cold.thetas_, warm.thetas_)
    before = warm.history_["loss"].iloc[-1]
    for _ in range(20):
        warm.fit(y)
    assert warm.history_["loss"].iloc[-1] < 0.8 * before
    with pytest.raises(
        ValueError,
        match=r"^Training can only continue with the same network: it has 1\d\d parameters, the new settings "
        r"ask for \d+\. Set warm_start=False\.$",
    ):
        warm.set_params(hidden_size=9).fit(y)


def test_an_update_takes_in_new_values_and_leaves_the_network_as_it_was():
    y = monthly()
    model = small().fit(y[:-12])
    before, scale = model.thetas_.copy(), model.preprocessor_.channels.scale.item()
    whole = model.predict(y=y), model.predict(y=y, level=80)
    assert model.update(y[-12:]) is model
    assert model.cutoff_ == y.index[-1]
    assert model.preprocessor_.channels.scale.item() == scale
    np.testing.assert_array_equal(model.thetas_, before)
    pd.testing.assert_series_equal(model.predict(), whole[0], check_exact=True)
    pd.testing.assert_frame_equal(model.predict(level=80), whole[1], check_exact=True)
    assert len(model.fitted_values_) == len(y)
    with pytest.raises(
        ValueError, match=r"^`y` must start after the last observation, 2022-12; it starts at 2022-12"
    ):
        model.update(y[-1:])


def test_an_update_trains_for_as_long_as_asked_at_a_low_rate():
    y = monthly()
    first = small(early_stopping=True, validation_fraction=0.2).fit(y[:-12])
    moved = {}
    for steps in (1, 25):
        model = deepcopy(first).update(y[-12:], steps=steps)
        moved[steps] = np.abs(model.thetas_ - first.thetas_).max()
        assert model.history_["step"].iloc[-1] == steps
        assert model.history_["learning_rate"].iloc[-1] == model.learning_rate_ == 0.0005
    assert 0 < moved[1] <= 0.00051 < moved[25]
    listed = deepcopy(first).update(list(y[-12:]), steps=25)
    np.testing.assert_array_equal(listed.thetas_, model.thetas_)


def test_updates_one_after_the_other_train_on_other_windows():
    y = monthly()
    model = small(max_steps=3).fit(y[:-2])
    once = deepcopy(model).update(y[-2:-1], steps=1)
    again = deepcopy(model).update(y[-2:], steps=1)
    assert np.abs(np.sign(once.thetas_ - model.thetas_) - np.sign(again.thetas_ - model.thetas_)).max() == 2


@pytest.mark.parametrize("steps", [-1, 1.5, True, "3", None])
def test_steps_of_an_update_are_a_whole_number(steps):
    with pytest.raises((TypeError, ValueError), match=r"^`steps` must be "):
        small(max_steps=1).fit(monthly()[:-12]).update(monthly()[-12:], steps=steps)


@pytest.mark.parametrize("strategy", ["direct", "parallel"])
@pytest.mark.parametrize("patch_size", [1, 4])
def test_longer_forecasts_go_on_from_the_trained_horizon(strategy, patch_size):
    y = monthly()
    model = small(strategy=strategy, patch_size=patch_size, transform="log", season_length=None).fit(y)
    long = model.predict(14)
    np.testing.assert_allclose(long[:6], model.predict(), rtol=1e-6)
    np.testing.assert_allclose(long[6:12], model.predict(y=pd.concat([y, long[:6]])), rtol=1e-5)
    np.testing.assert_allclose(long[12:], model.predict(2, y=pd.concat([y, long[:12]])), rtol=1e-5)


def test_direct_forecasts_beyond_the_trained_horizon_read_their_own_output(fitted):
    y = monthly()
    head = fitted.predict(6)
    long = fitted.predict(12)
    np.testing.assert_allclose(long[:6], head, rtol=1e-6)
    extended = pd.concat([y, head])
    assert fitted.transform_ == ("log", "deseasonalize")
    plain = small(transform="log", season_length=None).fit(y)
    continued = plain.predict(6, y=pd.concat([y, plain.predict(6)]))
    np.testing.assert_allclose(plain.predict(12)[6:], continued, rtol=1e-5)
    assert extended.index[-1] + 1 == long.index[6]


def test_recursive_forecasts_any_horizon_and_each_is_a_prefix_of_a_longer_one():
    model = small(strategy="recursive").fit(monthly())
    long = model.predict(40)
    for horizon in (1, 6, 17):
        np.testing.assert_array_equal(model.predict(horizon), long[:horizon])
    state_is_used = small(strategy="recursive", normalize="series", transform=None).fit(monthly())
    assert not np.allclose(np.diff(state_is_used.predict(3)), 0)


def test_new_history_is_forecast_from_without_training(fitted):
    y, other = monthly(), monthly(seed=3, start="2001-05")
    theta = fitted.thetas_.copy()
    forecast = fitted.predict(y=other)
    np.testing.assert_array_equal(fitted.thetas_, theta)
    assert forecast.index[0] == other.index[-1] + 1
    assert not np.allclose(forecast, fitted.predict())
    np.testing.assert_array_equal(fitted.predict(y=y), fitted.predict())
    with pytest.raises(
        ValueError, match=r"^`y` has 20 observations; lookback=24 needs at least 24 to forecast from"
    ):
        small(transform="log").fit(y).predict(y=other[:20])


def test_the_future_does_not_change_a_forecast():
    y = monthly()
    changed = y.copy()
    changed[70:] *= 10
    np.testing.assert_array_equal(small().fit(y[:70]).predict(), small().fit(changed[:70]).predict())


def test_fitted_values_are_one_step_forecasts_from_the_window_before(fitted):
    y = monthly()
    plain = small(transform=None, season_length=None).fit(y)
    values = plain.fitted_values_
    assert values.isna().sum() == plain.lookback_
    assert values.index.equals(y.index)
    for cut in (plain.lookback_, 50, 95):
        np.testing.assert_allclose(values.iloc[cut], plain.predict(1, y=y[:cut]).iloc[0], rtol=1e-5)
    pd.testing.assert_series_equal(plain.residuals_, y - values)
    differenced = small(transform=["log", "difference"]).fit(y)
    assert differenced.fitted_values_.isna().sum() == differenced.lookback_ + 1
    assert (differenced.residuals_.dropna() / y[-60:]).abs().median() < 0.5


def test_fitted_attributes_describe_the_fit(fitted):
    y = monthly()
    assert fitted.cutoff_ == y.index[-1]
    assert fitted.season_length_ == 12
    assert fitted.transform_ == ("log", "deseasonalize")
    assert fitted.n_parameters_ == fitted.thetas_.shape[1] == 3 * (4 * 4 + 4 + 4) + 4 + 6 * (4 + 1)
    assert list(fitted.history_.columns) == [
        "step",
        "loss",
        "gradient_norm",
        "clipped",
        "validation_loss",
        "learning_rate",
        "seconds",
    ]
    assert fitted.summary().splitlines()[-1].split() == ["total", str(fitted.n_parameters_)]
    assert not fitted.interrupted_


def test_clone_and_parameters_round_trip(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "thetas_")
    np.testing.assert_array_equal(copy.fit(monthly()).thetas_, fitted.thetas_)
    assert copy.set_params(hidden_size=7).hidden_size == 7


def test_a_failed_fit_leaves_the_forecaster_unfitted():
    model = small().fit(monthly())
    with pytest.raises(ValueError, match="missing values"):
        model.fit(monthly().where(lambda s: s > 150))
    message = r"^This RNNForecaster is not fitted yet\. Call fit\(y\) first\.$"
    for act in (model.predict, model.stream, model.summary, lambda: model.update(monthly())):
        with pytest.raises(NotFittedError, match=message):
            act()
    assert not hasattr(model, "thetas_")


def test_missing_values_are_interpolated_on_request():
    y = monthly()
    gaps = y.copy()
    gaps.iloc[[3, 40, 41, 95]] = np.nan
    filled = gaps.interpolate(limit_direction="both")
    expected = small().fit(filled).predict()
    np.testing.assert_allclose(small(missing="interpolate").fit(gaps).predict(), expected, rtol=1e-6)


def test_forecast_shows_itself(fitted):
    forecast = fitted.forecast(3)
    pd.testing.assert_series_equal(forecast.mean, fitted.predict(3))
    pd.testing.assert_frame_equal(forecast.to_frame(), fitted.predict(3).to_frame("mean"))
    assert repr(forecast).startswith("GRU: 3 steps after 2022-12\n")
    assert f"{forecast.mean.iloc[2]:.6f}" in repr(forecast)
    html = forecast._repr_html_()
    assert "GRU: 3 steps after 2022-12" in html
    assert f"{forecast.mean.iloc[0]:.6f}" in html


INDICES = {
    "monthly periods": pd.period_range("2020-01", periods=90, freq="M"),
    "hours across a clock change": pd.date_range("2021-03-26", periods=90, freq="h", tz="Europe/Berlin"),
    "business days, holidays absent": pd.bdate_range("2020-01-01", periods=93).delete([10, 40, 41]),
    "range": pd.RangeIndex(5, 95),
    "seconds": pd.Index(np.arange(90) / 8000),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_the_index_comes_back_continued(index):
    index = index.rename("when")
    y = pd.Series(np.random.default_rng(0).standard_normal(90).cumsum(), index, name="level")
    forecast = small().fit(y).predict(4)
    assert forecast.name == "level"
    assert forecast.index.name == "when"
    assert type(forecast.index) is type(index)
    assert getattr(forecast.index, "tz", None) == getattr(index, "tz", None)
    step = 1 if isinstance(index, pd.RangeIndex | pd.PeriodIndex) else None
    if step is not None:
        assert forecast.index[0] == index[-1] + step
    assert (forecast.index > index[-1]).all()


@pytest.mark.parametrize("transform", [None, "auto", "difference"])
@pytest.mark.parametrize("constant", [5.0, 0.0, -3.7, 1e30, 1e-30])
def test_a_constant_series_forecasts_the_constant(constant, transform):
    model = small(transform=transform).fit(np.full(40, constant))
    np.testing.assert_allclose(model.predict(9), np.full(9, constant), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e30, 1e-30])
@pytest.mark.parametrize("normalize", ["window", "series", "robust"])
def test_extreme_scales_are_only_a_change_of_units(scale, normalize):
    y = monthly()
    usual = small(normalize=normalize, transform=None).fit(y).predict()
    extreme = small(normalize=normalize, transform=None).fit(y * scale).predict()
    np.testing.assert_allclose(extreme / scale, usual, rtol=1e-3)


@pytest.mark.parametrize("kind", [list, np.asarray, tuple])
def test_sequences_get_a_range_index(kind):
    y = monthly()
    forecast = small(season_length=12).fit(kind(y)).predict()
    assert forecast.index.equals(pd.RangeIndex(96, 102))
    np.testing.assert_array_equal(forecast.to_numpy(), small(season_length=12).fit(y).predict().to_numpy())


def test_integers_work():
    y = monthly().round().astype(int)
    np.testing.assert_array_equal(small().fit(y).predict(), small().fit(y.astype(float)).predict())


def test_the_callers_series_is_not_modified():
    y = monthly()
    before = y.copy()
    small(missing="interpolate").fit(y).predict()
    pd.testing.assert_series_equal(y, before)


BAD_PARAMETERS = {
    "cell": ("tree", f"`cell` must be one of {', '.join(map(repr, RECURRENT))}; got 'tree'."),
    "strategy": (
        "best",
        "`strategy` must be one of 'direct', 'recursive', 'seq2seq', 'parallel'; got 'best'.",
    ),
    "bidirectional": (1, "`bidirectional` must be one of False, True; got 1."),
    "residual": (None, "`residual` must be one of False, True; got None."),
    "dilation": (0, "`dilation` must be a whole number of steps, at least 1; got 0."),
    "patch_size": (2.0, "`patch_size` must be a whole number of values, at least 1; got 2.0."),
    "normalize": ("max", "`normalize` must be one of 'auto', 'window', 'series', 'robust', None; got 'max'."),
    "loss": (
        None,
        "`loss` must be one of 'mae', 'mse', 'huber', 'quantile', 'gaussian', 'student_t', 'negbin'; "
        "got None.",
    ),
    "optimizer": ("lbfgs", "`optimizer` must be one of 'adam', 'sgd', 'rmsprop'; got 'lbfgs'."),
    "schedule": ("step", "`schedule` must be one of 'constant', 'cosine', 'plateau'; got 'step'."),
    "dtype": ("int8", "`dtype` must be one of 'float32', 'float64'; got 'int8'."),
    "missing": ("drop", "`missing` must be one of 'error', 'interpolate', 'mask'; got 'drop'."),
    "transform": (
        "sqrt",
        "`transform` must be one of 'auto', None, 'log', 'difference', 'deseasonalize'; got 'sqrt'.",
    ),
    "horizon": (0, "`horizon` must be a whole number of steps, at least 1; got 0."),
    "hidden_size": (1.5, "`hidden_size` must be a whole number of units, at least 1; got 1.5."),
    "num_layers": (True, "`num_layers` must be a whole number of layers, at least 1; got True."),
    "batch_size": (-1, "`batch_size` must be a whole number of samples, at least 1; got -1."),
    "n_members": (0, "`n_members` must be a whole number of networks, at least 1; got 0."),
    "max_epochs": (0, "`max_epochs` must be a whole number of epochs, at least 1; got 0."),
    "max_steps": ("5", "`max_steps` must be a whole number of steps, at least 1; got '5'."),
    "lookback": (0, '`lookback` must be a whole number of steps, or "auto", at least 1; got 0.'),
    "season_length": (
        "year",
        "`season_length` must be a whole number of steps, \"auto\" or None, at least 1; got 'year'.",
    ),
    "learning_rate": (0, "`learning_rate` must be a number in (0, inf); got 0."),
    "dropout": (1.0, "`dropout` must be a number in [0, 1); got 1.0."),
    "teacher_forcing": (1.1, "`teacher_forcing` must be a number in [0, 1]; got 1.1."),
    "validation_fraction": (-0.1, "`validation_fraction` must be a number in [0, 1); got -0.1."),
    "clip_norm": (np.nan, "`clip_norm` must be a number in (0, inf); got nan."),
    "clip_value": (0, "`clip_value` must be a number in (0, inf); got 0."),
}


@pytest.mark.parametrize(("name", "value", "message"), [(k, *v) for k, v in BAD_PARAMETERS.items()])
def test_bad_parameters_are_refused_in_one_sentence(name, value, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        small(**{name: value}).fit(monthly())
    assert str(error.value) == message


NOT_TOGETHER = {
    "bidirectional recursive": (
        {"bidirectional": True, "strategy": "recursive"},
        'strategy="recursive" forecasts each value of a window from those before it; bidirectional=True '
        'would let the network see it. Set bidirectional=False or strategy="direct".',
    ),
    "bidirectional parallel": (
        {"bidirectional": True, "strategy": "parallel"},
        "Decoded steps follow the last state; a bidirectional network has none to follow. "
        "Set bidirectional=False.",
    ),
    "bidirectional jordan": (
        {"bidirectional": True, "cell": "jordan"},
        'cell="jordan" feeds the network\'s output back, which a bidirectional network has only once both '
        "directions are through. Set bidirectional=False or choose another cell.",
    ),
    "dilation parallel": (
        {"dilation": 2, "strategy": "parallel"},
        "Decoded steps follow one state; with dilation=2 several are open. Set dilation=1.",
    ),
    "dilation too large": (
        {"dilation": 5, "num_layers": 3, "patch_size": 2},
        "The top layer must look back fewer steps than there are, 12; with dilation=5 and num_layers=3 it "
        "looks back 25. Lower one of them, or lengthen lookback.",
    ),
    "patches recursive": (
        {"patch_size": 4, "strategy": "recursive"},
        'strategy="recursive" reads and forecasts one value at a step; patch_size=4 would make it read 4 '
        'that it has yet to forecast. Set patch_size=1, or strategy="direct", "seq2seq" or "parallel".',
    ),
    "patches lookback": (
        {"patch_size": 5},
        "`lookback` must be a multiple of patch_size=5, because the network reads whole patches; got 24. "
        'Set lookback=25 or "auto".',
    ),
}


@pytest.mark.parametrize(("changes", "message"), NOT_TOGETHER.values(), ids=NOT_TOGETHER)
def test_parameters_that_exclude_each_other_are_refused_in_one_sentence(changes, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        small(**changes).fit(monthly())
    assert str(error.value) == message


@pytest.mark.parametrize("horizon", [0, -3, 1.5, True, "6"])
def test_bad_horizons_are_refused_at_prediction(fitted, horizon):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        fitted.predict(horizon)
    assert str(error.value) == f"`horizon` must be a whole number of steps, at least 1; got {horizon!r}."


TOO_SHORT = (
    "`y` has {n} observation{s}; lookback={L} with horizon={h} needs at least {needed}. "
    "Shorten lookback or supply more data."
)


@pytest.mark.parametrize(
    ("n", "parameters", "needed"),
    [
        (40, {"lookback": 48, "horizon": 12}, 61),
        (60, {"lookback": 48, "horizon": 12}, 61),
        (20, {"lookback": 20, "horizon": 1}, 22),
        (1, {"lookback": 1, "horizon": 1}, 3),
        (30, {"lookback": 29, "horizon": 1, "transform": "difference"}, 32),
    ],
)
def test_too_short_a_series_is_told_how_much_is_needed(n, parameters, needed):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        small(**parameters).fit(np.arange(1.0, n + 1))
    expected = TOO_SHORT.format(
        n=n, s="s" * (n > 1), L=parameters["lookback"], h=parameters["horizon"], needed=needed
    )
    assert str(error.value) == expected
    small(**parameters).fit(np.arange(1.0, needed + 1))


BAD_SERIES = {
    "empty": ([], ValueError, "`y` is empty; at least one observation is needed."),
    "one gap": (
        pd.Series([1.0, np.nan, 3.0], pd.date_range("2021-03-03", periods=3)),
        ValueError,
        '`y` has 1 missing value, the first at 2021-03-04. Fill them, or pass missing="interpolate".',
    ),
    "strings": (
        pd.Series(["a", "b"], dtype=object),
        TypeError,
        "`y` has dtype object; real numbers are needed. Convert it: pd.to_numeric(y).",
    ),
    "infinite": (
        [1.0, np.inf, -np.inf],
        ValueError,
        "`y` has 2 infinite values, the first at index 1. "
        'Replace them, or pass NaN there and missing="interpolate".',
    ),
    "one point": (
        [1.0],
        ValueError,
        "`y` has 1 observation; lookback=24 with horizon=6 needs at least 31. "
        "Shorten lookback or supply more data.",
    ),
    "not positive": (
        np.linspace(-1, 5, 60),
        ValueError,
        'transform="log" needs positive values; got -1 at position 0. '
        "Shift the series, or leave the logarithm out.",
    ),
}


@pytest.mark.parametrize(("y", "kind", "message"), BAD_SERIES.values(), ids=BAD_SERIES)
def test_bad_series_are_refused_in_one_sentence(y, kind, message):
    model = small(transform="log" if "log" in message else "auto")
    with pytest.raises(kind) as error:
        model.fit(y)
    assert str(error.value) == message
