"""Several channels in one forecaster: together or sharing a network, and back as the table they came in."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.base import clone

from tsrnn import RNNForecaster
from tsrnn.forecasting.forecast import Forecast
from tsrnn.forecasting.inference import TrainedNetworks, predict
from tsrnn.training.arrays import SeriesArrays
from tsrnn.training.channels import Channels, Seasons
from tsrnn.training.windows import WindowDataset, WindowShape

STRATEGIES = {
    "direct": {},
    "patches": {"patch_size": 4},
    "recursive": {"strategy": "recursive"},
    "seq2seq": {"strategy": "seq2seq", "patch_size": 4},
    "parallel": {"strategy": "parallel", "patch_size": 4},
}
SMALL = {"hidden_size": 4, "max_steps": 12, "random_state": 0, "horizon": 6, "lookback": 24}
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
each_mode = pytest.mark.parametrize("channels", ["joint", "shared"])


def small(**changes):
    return RNNForecaster(**(SMALL | {"learning_rate": 0.005} | changes))


def monthly(n=96, *, seed=0):
    """Three channels: one grows and has a season, one is noise, one wanders."""
    t, noise = np.arange(n), np.random.default_rng(seed).standard_normal((n, 3))
    columns = {
        "sales": np.exp(5 + 0.01 * t + 0.3 * np.sin(2 * np.pi * t / 12) + 0.05 * noise[:, 0]),
        "noise": noise[:, 1],
        "level": noise[:, 2].cumsum(),
    }
    y = pd.DataFrame(columns, pd.period_range("2015-01", periods=n, freq="M", name="month"))
    return y.rename_axis(columns="channel")


def take(channels, order):
    """Return how some channels are prepared."""
    plan, *rest = channels
    return Channels(plan.take(order), *(part[order] for part in rest))


def preparation(model, c):
    """Return the transforms, the seasons taken out, the level, the scale and its share of a channel."""
    plan, level, scale, unit = model.preprocessor_.channels
    chain = plan.chains[plan.chain[c]]
    seasons = plan.season_sets[plan.seasons[c]] if "deseasonalize" in chain else ()
    return chain, seasons, level[c], scale[c], unit[c]


def windows_of(model, y):
    """Return what a model reads of the series it is fitted to, prepared anew."""
    model.fit(y)
    return model._prepared(model._panel(y)).dataset


# --- windows -------------------------------------------------------------------------------------------


@given(
    C=st.integers(1, 4),
    patch_size=st.integers(1, 3),
    n_patches=st.integers(1, 4),
    horizon=st.integers(1, 7),
    n_anchor=st.integers(0, 3),
    kind=st.sampled_from(["direct", "parallel", "recursive"]),
    data=st.data(),
)
def test_windows_of_channels_are_slices_minus_each_channel_s_anchor(
    C, patch_size, n_patches, horizon, n_anchor, kind, data
):
    patch_size = 1 if kind == "recursive" else patch_size
    L = patch_size * n_patches
    n_anchor, n_decoded = min(n_anchor, L), -(-horizon // patch_size) if kind == "parallel" else 0
    values = np.random.default_rng(C).standard_normal((40, C))
    shape = WindowShape(L, horizon, n_anchor, kind == "recursive", patch_size, n_decoded)
    windows = WindowDataset(values, shape)
    starts = np.array(data.draw(st.lists(st.integers(0, 40 - L - horizon), min_size=1, max_size=5)))
    x, target, anchors, *_ = windows.batch(starts)
    for b, start in enumerate(starts):
        segment = values[start : start + L + horizon]
        anchor = segment[L - n_anchor : L].mean(axis=0) if n_anchor else np.zeros(C)
        known, future = segment[:L] - anchor, segment[L:] - anchor
        np.testing.assert_allclose(anchors[b], anchor, rtol=1e-12, atol=1e-12)
        if kind == "recursive":
            both, first = np.concatenate([known, future]), windows.first
            np.testing.assert_allclose(x[:, b], both[:-1], atol=1e-12)
            np.testing.assert_allclose(target[:, b], both[first + 1 :], atol=1e-12)
            continue
        np.testing.assert_allclose(x[:, b], known.reshape(-1, patch_size * C), atol=1e-12)
        flat = target[:, b].reshape(-1, C)
        np.testing.assert_allclose(flat[:horizon], future, atol=1e-12)
        assert np.isnan(flat[horizon:]).all()
        np.testing.assert_array_equal(windows.inputs(starts).x, x)


# --- what comes back -----------------------------------------------------------------------------------


@each_strategy
@each_mode
def test_a_table_comes_back_continued(channels, strategy):
    y = monthly()
    model = small(channels=channels, **strategy).fit(y)
    forecast = model.predict(9)
    following = pd.period_range("2023-01", periods=9, freq="M", name="month")
    pd.testing.assert_index_equal(forecast.index, following)
    pd.testing.assert_index_equal(forecast.columns, y.columns)
    assert (forecast.dtypes == np.float64).all()
    assert forecast["sales"].between(100, 1000).all()
    assert forecast["noise"].between(-4, 4).all()
    assert (forecast["level"] - y["level"].iloc[-1]).between(-15, 15).all()
    pd.testing.assert_frame_equal(model.predict(9, y=y), forecast)
    np.testing.assert_allclose(model.predict(4), forecast[:4], rtol=1e-12)
    assert model.cutoff_ == pd.Period("2022-12")


@each_strategy
@each_mode
def test_one_column_forecasts_the_same_bits_as_its_series(channels, strategy):
    y = monthly()
    model = small(channels=channels, n_members=2, **strategy).fit(y[["sales"]])
    alone = small(n_members=2, **strategy).fit(y["sales"])
    pd.testing.assert_frame_equal(model.predict(9), alone.predict(9).to_frame("sales"), check_names=False)
    np.testing.assert_array_equal(model.predict(9)["sales"], alone.predict(9))
    np.testing.assert_array_equal(model.fitted_values_["sales"], alone.fitted_values_)
    assert model.transform_ == {"sales": alone.transform_}


@each_mode
def test_arrays_have_numbered_columns(channels):
    y = monthly()
    forecast = small(channels=channels, season_length=12).fit(y.to_numpy()).predict()
    expected = small(channels=channels, season_length=12).fit(y).predict()
    np.testing.assert_array_equal(forecast, expected)
    assert forecast.columns.tolist() == [0, 1, 2]
    assert forecast.index.equals(pd.RangeIndex(96, 102))


@each_mode
def test_fit_twice_is_fit_once_and_a_pickle_forecasts_the_same(channels):
    y = monthly()
    once = small(channels=channels).fit(y).predict()
    model = small(channels=channels).fit(y[["noise"]][:50]).fit(y)
    pd.testing.assert_frame_equal(model.predict(), once)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).predict(), once)
    assert clone(model).channels == channels


@each_mode
def test_the_future_changes_no_forecast_and_no_input_is_changed(channels):
    y, changed = monthly(), monthly()
    changed.iloc[90:] *= -1e3
    before = y.copy()
    model = small(channels=channels).fit(y[:90])
    pd.testing.assert_frame_equal(small(channels=channels).fit(changed[:90]).predict(), model.predict())
    pd.testing.assert_frame_equal(model.predict(y=y[:90]), model.predict())
    pd.testing.assert_frame_equal(y, before)


@each_mode
@pytest.mark.parametrize("normalize", ["window", "series"])
def test_fitted_values_are_one_step_forecasts(channels, normalize):
    y = monthly()
    options = {"transform": "difference", "season_length": 12, "normalize": normalize}
    model = small(channels=channels, **options).fit(y)
    fitted = model.fitted_values_
    assert fitted[:25].isna().all().all()
    assert fitted[25:].notna().all().all()
    for n in (25, 40, 95):
        np.testing.assert_allclose(fitted.iloc[n], model.predict(1, y=y[:n]).iloc[0], rtol=1e-5)
    pd.testing.assert_frame_equal(model.residuals_, y - fitted)


@each_mode
@each_strategy
def test_units_of_one_channel_change_nothing_else(channels, strategy):
    y = monthly()
    model = small(channels=channels, **strategy)
    factors = np.array([1e6, 1e-6, 1.0])
    in_other_units = model.fit(y * factors).predict() / factors
    np.testing.assert_allclose(in_other_units, model.fit(y).predict(), rtol=1e-3)


@each_mode
def test_a_constant_channel_stays_constant_beside_others(channels):
    y = monthly().assign(constant=-3.7)
    forecast = small(channels=channels).fit(y).predict(9)
    np.testing.assert_allclose(forecast["constant"], -3.7, rtol=1e-9)
    assert forecast["level"].nunique() == 9


@each_mode
def test_gaps_are_filled_column_by_column(channels):
    y = monthly()
    y.iloc[50, 1] = (y.iloc[49, 1] + y.iloc[51, 1]) / 2
    filled = small(channels=channels).fit(y).predict()
    y.iloc[50, 1] = np.nan
    holed = small(channels=channels, missing="interpolate").fit(y).predict()
    np.testing.assert_allclose(holed, filled, rtol=1e-6)


# --- how the channels meet -----------------------------------------------------------------------------


def test_sharing_two_copies_is_training_on_one():
    """Where a batch holds every window, copies change no mean, and so no step."""
    y = monthly()["level"]
    options = {"batch_size": 1000, "max_epochs": 30, "max_steps": None, "dtype": "float64"}
    both = small(channels="shared", **options).fit(pd.DataFrame({"a": y, "b": y}))
    alone = small(**options).fit(y)
    np.testing.assert_allclose(both.thetas_, alone.thetas_, rtol=0, atol=1e-9)
    for name in "ab":
        np.testing.assert_allclose(both.predict(9)[name], alone.predict(9), rtol=1e-9)
    assert both.history_["step"].iloc[-1] == alone.history_["step"].iloc[-1]


@each_strategy
def test_a_shared_network_knows_no_order_of_channels(strategy):
    values, order = monthly().to_numpy(), [2, 0, 1]
    model = small(channels="shared", **strategy).fit(values)
    fitted = model.preprocessor_
    moved = fitted._replace(channels=take(fitted.channels, order))
    units = SeriesArrays.of(values.T[order].reshape(-1, 1), offsets=96 * np.arange(4))
    prepared = moved.prepare(units, Seasons(((),), np.zeros(3, np.int64)))
    forecast = predict(TrainedNetworks(model.network_, model.thetas_, fitted.loss), prepared, 9)
    np.testing.assert_allclose(forecast[:, :, 0].T, model.predict(9).to_numpy()[:, order], rtol=1e-5)


@each_strategy
def test_only_a_joint_network_lets_one_channel_tell_of_another(strategy):
    y, changed = monthly(), monthly()
    changed.iloc[-5:, 1] += 2
    for channels, tells in (("shared", False), ("joint", True)):
        model = small(channels=channels, **strategy).fit(y)
        change = np.abs(model.predict(y=changed) - model.predict()).max() > 1e-4
        assert change.tolist() == [tells, True, tells]


@pytest.mark.parametrize(
    "strategy", [STRATEGIES["direct"], STRATEGIES["parallel"]], ids=["direct", "parallel"]
)
def test_a_joint_network_learns_that_one_channel_follows_another(strategy):
    leader = np.random.default_rng(0).standard_normal(803)
    y = pd.DataFrame({"leader": leader[3:], "follower": leader[:-3]})
    options = {"horizon": 3, "lookback": 8, "hidden_size": 16, "max_steps": 1500, "learning_rate": 0.01}
    plain = {"transform": None, "normalize": "series", "random_state": 0}
    missed = {}
    for channels in ("joint", "shared"):
        model = RNNForecaster("gru", channels=channels, **options, **plain, **strategy).fit(y[:700])
        cutoffs = range(700, 797, 3)
        misses = [np.abs(model.predict(y=y[:n]) - y[n : n + 3]).mean() for n in cutoffs]
        missed[channels] = pd.DataFrame(misses).mean()
    assert missed["joint"]["follower"] < 0.25
    assert missed["shared"]["follower"] > 0.6  # a standard normal's mean distance from 0 is 0.8
    assert missed["joint"]["leader"] > 0.6


def test_a_recursive_joint_network_reads_its_forecasts_of_all_channels():
    y = monthly().to_numpy()
    options = {"transform": None, "normalize": "series", "dtype": "float64", "channels": "joint"}
    model = small(strategy="recursive", **options).fit(y)
    level, scale = y.mean(axis=0), y.std(axis=0)
    x = ((y - level) / scale)[-24:]
    for _ in range(4):
        output, _ = model.network_.forward(model.thetas_[0], x[:, None].copy(), first=-1)
        x = np.concatenate([x, output[0]])
    np.testing.assert_allclose(model.predict(4), x[-4:] * scale + level, rtol=1e-9)


@each_mode
@pytest.mark.parametrize(
    "strategy", [STRATEGIES["patches"], STRATEGIES["parallel"]], ids=["direct", "parallel"]
)
def test_past_the_horizon_forecasts_are_read_as_history(channels, strategy):
    y = monthly()
    model = small(channels=channels, transform=None, season_length=None, **strategy).fit(y)
    first = model.predict()
    second = model.predict(y=pd.concat([y, first]))
    np.testing.assert_allclose(model.predict(12), pd.concat([first, second]), rtol=1e-4)


# --- each channel's preparation ------------------------------------------------------------------------


@each_mode
def test_each_channel_is_prepared_as_it_would_be_alone(channels):
    y = monthly()
    model = small(channels=channels, normalize="window").fit(y)
    assert model.transform_ == {"sales": ("log", "deseasonalize"), "noise": (), "level": ()}
    assert model.season_length_ == 12
    for c, name in enumerate(y):
        assert preparation(model, c) == preparation(small(normalize="window").fit(y[name]), 0)


def test_one_season_for_all_if_any_channel_shows_it():
    y = monthly()
    assert small(lookback="auto").fit(y[["noise", "level"]]).season_length_ == 1
    model = small(lookback="auto").fit(y)
    assert (model.season_length_, model.lookback_) == (12, 36)
    told = small(season_length=12).fit(y)
    assert told.transform_["noise"] == ("deseasonalize",)
    plain = small(transform="log", season_length=None).fit(y[["sales"]].assign(more=y["sales"] ** 2))
    assert plain.transform_ == {"sales": ("log",), "more": ("log",)}


def test_shared_windows_are_those_of_each_channel_and_cross_no_border():
    y = monthly()
    together = windows_of(small(channels="shared", normalize="window"), y)
    each = [windows_of(small(normalize="window"), y[name]) for name in y]
    for part, starts in enumerate(together.split(0.2)):
        batch = together.batch(starts[:])
        alone = [windows.batch(windows.split(0.2)[part][:]) for windows in each]
        np.testing.assert_array_equal(batch.x, np.concatenate([one.x for one in alone], axis=1))
        np.testing.assert_array_equal(batch.target, np.concatenate([one.target for one in alone], axis=1))


# --- going on ------------------------------------------------------------------------------------------


@each_mode
def test_update_appends_every_channel_and_trains_on(channels):
    y = monthly()
    for new in (y[84:], y[84:].to_numpy()):
        model = small(channels=channels).fit(y[:84])
        before = model.thetas_.copy()
        assert model.update(new, steps=10) is model
        assert np.abs(model.thetas_ - before).max() > 1e-4
        pd.testing.assert_frame_equal(model.forecast().history, y)
        assert model.predict().index[0] == pd.Period("2023-01")


def test_new_history_moves_the_forecast_and_keeps_the_network():
    y = monthly()
    model = small().fit(y[:84])
    moved = model.predict(y=y)
    assert moved.index[0] == pd.Period("2023-01")
    pd.testing.assert_frame_equal(model.predict(y=y.to_numpy()).set_axis(moved.index), moved)
    assert model.cutoff_ == pd.Period("2021-12")


def test_warm_start_needs_the_same_channels_and_mode():
    y = monthly()
    model = small(warm_start=True, channels="joint").fit(y)
    model.fit(y)
    with pytest.raises(ValueError, match="the model was fitted to the 3 columns 'sales', 'noise', 'level'"):
        model.fit(y[["sales"]])
    model = small(warm_start=True, channels="joint").fit(y).set_params(channels="shared")
    with pytest.raises(ValueError, match="only continue with the same network"):
        model.fit(y)


# --- the Forecast --------------------------------------------------------------------------------------


def test_a_forecast_of_channels_shows_itself():
    y = monthly()
    y.attrs["units"] = {"sales": "EUR"}
    model = small(alias="mine").fit(y)
    forecast = model.forecast(3)
    assert isinstance(forecast, Forecast)
    pd.testing.assert_frame_equal(forecast.mean, model.predict(3))
    pd.testing.assert_frame_equal(forecast.to_frame(), forecast.mean)
    pd.testing.assert_frame_equal(forecast.history, y)
    assert repr(forecast).startswith("mine: 3 steps of 3 channels after 2022-12\n")
    html = forecast._repr_html_()
    assert html.count("<svg") == 1
    for text in ("mine: 3 steps of 3 channels", "sales [EUR]", "<th>noise</th>"):
        assert text in html


def test_a_forecast_of_channels_has_a_panel_each():
    y = monthly()
    forecast = small().fit(y[:90]).forecast()
    figure = forecast.plot()
    assert isinstance(figure, Figure)
    for ax, name in zip(figure.axes, y, strict=True):
        history, mean = ax.lines
        assert ax.get_title(loc="left") == name
        np.testing.assert_array_equal(history.get_ydata(), y[name][40:90])
        np.testing.assert_array_equal(mean.get_ydata(), forecast.mean[name])
    message = "One pair of axes shows one series; a forecast of several channels came."
    with pytest.raises(TypeError, match=f"^{message}"):
        forecast.plot(ax=figure.axes[0])


def test_panels_end_at_twelve_and_say_so():
    y = pd.DataFrame(np.random.default_rng(0).standard_normal((60, 13)))
    figure = small(max_steps=1).fit(y).forecast().plot()
    assert len(figure.axes) == 12
    assert figure._suptitle.get_text() == "the first 12 of 13 channels"


# --- looking inside ------------------------------------------------------------------------------------


def test_the_last_state_of_a_joint_network_is_the_one_that_forecasts_all_channels():
    y = monthly()
    options = {"transform": None, "normalize": "series", "dtype": "float64", "horizon": 2}
    model = small(channels="joint", **options).fit(y)
    weights, h = model.get_weights(), model.gates()["h"].iloc[-1]
    z = (weights["W_head"] @ h + weights["b_head"]).reshape(2, 3)
    expected = z * y.std(ddof=0).to_numpy() + y.mean().to_numpy()
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-9)
    assert model.gates().index[-1] == y.index[-1]


def test_the_gradient_s_reach_is_the_mean_over_the_channels_that_share_a_network():
    y = monthly()
    model = small(channels="shared", loss="mse", dtype="float64", season_length=12).fit(y)
    flow = model.gradient_flow(n_windows=10_000)["h_0"]
    parts = []
    for c, name in enumerate(y):
        alone = small(loss="mse", dtype="float64", season_length=12, max_steps=1).fit(y[name])
        alone.preprocessor_ = model.preprocessor_._replace(channels=take(model.preprocessor_.channels, [c]))
        alone.set_weights(model.get_weights())
        parts.append(alone.gradient_flow(y[name], n_windows=10_000)["h_0"])
    squares = np.square(parts).sum(axis=0)
    np.testing.assert_allclose(flow**2 / flow.iloc[0] ** 2, squares / squares[0], rtol=1e-9)


def test_gates_are_those_of_one_look_back():
    message = "The network is shared by 3 series and reads one at a time; one look-back is needed."
    with pytest.raises(ValueError, match=f"^{message}"):
        small(channels="shared").fit(monthly()).gates()


# --- refusals ------------------------------------------------------------------------------------------


def test_unknown_channels_are_refused():
    with pytest.raises(ValueError, match=r"`channels` must be .*'joint'.*'shared'.*'both'"):
        small(channels="both").fit(monthly())


def test_a_logarithm_names_the_column_it_cannot_take():
    message = (
        "'noise' in `y`: transform=\"log\" needs positive values; got -0.132105 at position 0. "
        "Shift the series, or leave the logarithm out."
    )
    y = monthly()
    y.iloc[0, 1] = -0.132105
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        small(transform="log").fit(y)


def test_a_stream_takes_one_series():
    settings = {"strategy": "recursive", "normalize": "series", "transform": None}
    message = "A stream takes in one series; this model was fitted to 3 series or columns. Fit one of them."
    for channels in ("joint", "shared"):
        model = small(channels=channels, **settings).fit(monthly())
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            model.stream()
    y = monthly()[["level"]]
    model = small(**settings).fit(y)
    alone = small(**settings).fit(y["level"])
    np.testing.assert_array_equal(model.stream(warm=True).run([1, 2]), alone.stream(warm=True).run([1, 2]))


def test_a_model_of_one_series_refuses_a_table_and_the_reverse():
    y = monthly()
    with pytest.raises(ValueError, match="the model was fitted to a single series"):
        small().fit(y["sales"]).predict(y=y)
    with pytest.raises(ValueError, match="Pass a DataFrame with the same columns"):
        small().fit(y).predict(y=y["sales"])
