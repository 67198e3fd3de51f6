"""Forecasts: the mean, what was asked for beside it, and the pictures, in the form of the history."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from tsrnn.forecasting.forecast import Forecast
from tsrnn.plotting import plot_forecast
from tsrnn.plotting.figures import PALETTE
from tsrnn.timeseries.reading import read_panel

DAYS = pd.date_range("2024-01-01", periods=6, unit="s")
NAMES = ["mean", "lo-80", "hi-80", "lo-95", "hi-95", "q-0.3"]
SERIES = pd.Series(np.arange(6.0), DAYS, name="visitors")
TABLE = pd.DataFrame({"x": SERIES, "y": SERIES + 1})
LONG = pd.concat([pd.DataFrame({"unique_id": key, "ds": DAYS, "y": np.arange(6.0)}) for key in "ab"])
LONG = LONG.reset_index(drop=True)
FORMS = {
    "series": SERIES,
    "table": TABLE,
    "long": LONG,
    "levels": LONG.set_index(["unique_id", "ds"])["y"],
    "dict": {"a": SERIES, "b": SERIES},
    "levels of channels": pd.concat({"a": TABLE, "b": TABLE}, names=["unique_id", "ds"]),
}
each_form = pytest.mark.parametrize("y", FORMS.values(), ids=FORMS)


def make(y, names=NAMES, horizon=3, n=None):
    """Means 10, 11, 12, ten more for each channel; a hundred more for each series; bounds 1 and 2 beside."""
    panel = read_panel(y)
    beside = np.array([0, -1, 1, -2, 2, -0.5])
    series, channels = np.arange(panel.n_series), np.arange(panel.arrays.n_channels)
    mean = 10.0 + np.arange(horizon)[:, None] + 10 * channels + 100 * series[:, None, None]
    values = mean if names is None else mean[..., None] + beside[: len(names)]
    return Forecast.of(panel, values, "GRU", names)


def same(found, expected):
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, part in expected.items():
            same(found[key], part)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected, check_freq=False)
    else:
        pd.testing.assert_frame_equal(found, expected, check_freq=False)


@each_form
def test_the_history_comes_back_as_it_came(y):
    same(make(y).history, y)


@each_form
def test_the_mean_is_what_it_is_without_bounds(y):
    plain = make(y, names=None)
    same(make(y).mean, plain.mean)
    assert plain.table is None


def test_bounds_of_a_series():
    forecast = make(SERIES)
    ahead = pd.date_range("2024-01-07", periods=3, unit="s")
    expected = pd.DataFrame({"lo": [9.0, 10, 11], "hi": [11.0, 12, 13]}, ahead)
    same(forecast.interval(80), expected)
    same(forecast.interval(95.0), expected.add([-1, 1]))
    same(forecast.quantile(0.3), pd.Series([9.5, 10.5, 11.5], ahead, name="visitors"))
    same(forecast.quantile(0.1), expected["lo"].rename("visitors"))
    same(forecast.quantile(0.975), expected["hi"].rename("visitors") + 1)
    assert forecast.to_frame().columns.tolist() == NAMES
    assert make(SERIES, names=None).to_frame().columns.tolist() == ["mean"]


def test_bounds_of_channels_are_two_levels_of_columns():
    forecast = make(TABLE)
    assert forecast.interval(80).columns.tolist() == [("x", "lo"), ("x", "hi"), ("y", "lo"), ("y", "hi")]
    assert forecast.interval(80)["y", "hi"].tolist() == [21.0, 22, 23]
    same(forecast.quantile(0.9), forecast.mean + 1)
    assert forecast.to_frame().columns.nlevels == 2
    assert make(TABLE, names=None).to_frame().columns.tolist() == ["x", "y"]
    same(forecast["y"].interval(80), forecast.interval(80)["y"])


def test_bounds_of_panels_keep_their_form():
    long = make(LONG).interval(80)
    assert long.columns.tolist() == ["unique_id", "ds", "lo", "hi"]
    assert long["lo"].tolist() == [9.0, 10, 11, 109, 110, 111]
    quantile = make(LONG).quantile(0.3)
    assert quantile.columns.tolist() == ["unique_id", "ds", "q-0.3"]
    levels = make(FORMS["levels"])
    assert levels.interval(80).loc["b", "hi"].tolist() == [111.0, 112, 113]
    same(levels.quantile(0.1), levels.mean - 1)
    both = make(FORMS["dict"])
    assert both.interval(80)["b"]["hi"].tolist() == [111.0, 112, 113]
    same(both.quantile(0.1), {key: mean - 1 for key, mean in both.mean.items()})
    assert both.to_frame().loc["b", "hi-95"].tolist() == [112.0, 113, 114]
    channels = make(FORMS["levels of channels"])
    same(channels.quantile(0.1), channels.mean - 1)


@each_form
def test_what_was_not_asked_for_is_refused(y):
    message = (
        "The forecast has no 'lo-50': the level 50 was not asked for; there are 80, 95. "
        "Ask for it: forecast(level=[50])."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make(y).interval(50)
    with pytest.raises(ValueError, match=r"the level 80 was not asked for; there are none\."):
        make(y, names=None).interval(80)
    with pytest.raises(
        ValueError, match=r"^The quantile of 0\.2 was not asked for\. .*quantiles=\[0\.2\]\)\.$"
    ):
        make(y).quantile(0.2)


@pytest.mark.parametrize("form", ["long", "levels", "dict"])
def test_one_series_of_a_panel_is_a_forecast(form):
    forecast = make(FORMS[form])
    assert forecast.ids == ["a", "b"]
    one = forecast["b"]
    alone = make(SERIES.rename("b"))
    assert one.mean.name == "b"
    pd.testing.assert_series_equal(one.mean, alone.mean + 100, check_names=False)
    pd.testing.assert_series_equal(one.history, alone.history, check_names=False, check_freq=False)
    pd.testing.assert_frame_equal(one.interval(80), alone.interval(80) + 100, check_names=False)
    with pytest.raises(KeyError, match=r"There is no forecast of 'c', but of 'a', 'b'\."):
        forecast["c"]


def test_a_series_of_one_day_is_forecast_by_itself_as_among_the_others():
    forecast = make({"a": SERIES, "new": pd.Series([1.0], pd.DatetimeIndex(DAYS[5:], freq=None))})
    same(forecast["new"].mean.index.to_frame(), forecast.mean["new"].index.to_frame())


def test_titles_say_what_was_forecast():
    assert repr(make(SERIES)).startswith("GRU: 3 steps after 2024-01-06\n")
    assert repr(make(TABLE)).startswith("GRU: 3 steps of 2 channels after 2024-01-06\n")
    assert repr(make(LONG)).startswith("GRU: 3 steps of 2 series\n")
    html = make(LONG)._repr_html_()
    assert html.count("<svg") == 1
    assert "GRU-lo-80" in html


# --- pictures ------------------------------------------------------------------------------------------


def bands(ax):
    """Bands by what the legend calls them."""
    names = [label for label in ax.get_legend_handles_labels()[1] if label.endswith("%")]
    return dict(zip(names, ax.collections, strict=True))


def test_bands_are_a_fan_with_the_widest_below():
    forecast = make(SERIES)
    ax = forecast.plot()
    assert list(bands(ax)) == ["95 %", "80 %"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["history", "GRU", "95 %", "80 %"]
    heights = bands(ax)["80 %"].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (9, 13)
    assert to_hex(bands(ax)["80 %"].get_facecolor()[0]).upper() == PALETTE[0]
    wide, narrow = (patch.get_alpha() for patch in ax.patches)
    assert (wide, narrow) == pytest.approx((0.2, 1 - 0.8**2))  # the narrow one lies on the wide one


def test_pairs_of_quantiles_are_bands_and_others_are_not():
    mean = make(SERIES).mean
    table = pd.DataFrame({"mean": mean, "q-0.1": mean - 1, "q-0.9": mean + 1, "q-0.3": mean})
    assert list(bands(Forecast(mean, SERIES, "GRU", table).plot())) == ["80 %"]


def test_bands_of_several_forecasts_say_whose_they_are():
    other = Forecast(make(SERIES).mean, SERIES, "LSTM", make(SERIES, NAMES[:3]).table)
    ax = plot_forecast([make(SERIES, NAMES[:3]), other])
    assert list(bands(ax)) == ["GRU, 80 %", "LSTM, 80 %"]


def test_the_band_of_a_single_step_is_visible():
    ax = make(SERIES, horizon=1).plot()
    assert bands(ax)["80 %"].get_linewidth() == 6


@pytest.mark.parametrize(
    ("form", "titles"), [("long", ["a", "b"]), ("levels of channels", ["a, x", "a, y", "b, x", "b, y"])]
)
def test_series_of_a_panel_have_a_picture_each(form, titles):
    figure = make(FORMS[form]).plot()
    assert isinstance(figure, Figure)
    assert [ax.get_title(loc="left") for ax in figure.axes] == titles
    assert all("80 %" in bands(ax) for ax in figure.axes)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["history", "GRU", "95 %", "80 %"]


def test_panels_of_pictures_end_at_nine_and_say_so():
    figure = make(dict.fromkeys("abcdefghijkl", SERIES)).plot()
    assert len(figure.axes) == 9
    assert figure._suptitle.get_text() == "the first 9 of 12 series"


def test_series_with_other_kinds_of_labels_are_drawn_apart():
    figure = make({"days": SERIES, "rows": [1.0, 2.0, 3.0]}).plot()
    figure.draw_without_rendering()
    assert figure.axes[1].get_xlim()[1] < 10
