import re
import subprocess
import sys
from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import num2date
from matplotlib.figure import Figure

from helpers.backtests import make_backtest, make_history, make_panel_backtest
from tsrnn.baselines import Naive
from tsrnn.evaluation.backtesting.backtest import backtest as backtesting
from tsrnn.forecasting.forecast import Forecast
from tsrnn.plotting import (
    error_by_horizon,
    plot_backtest,
    plot_error_by_horizon,
    plot_error_by_series,
    plot_forecast,
    plot_gates,
    plot_gradient_flow,
    plot_panel,
    plot_training,
)
from tsrnn.plotting.figures import INK, page_style, require_matplotlib, to_png, to_svg

MISSES = {"LSTM": 0.1, "GRU": -0.2, "Naive": 0.5}
INDEXES = {
    "days": pd.date_range("2026-01-01", periods=60),
    "hours in a zone": pd.date_range("2026-03-27", periods=60, freq="h", tz="Europe/Berlin"),
    "months": pd.period_range("2020-01", periods=60, freq="M"),
    "seconds": pd.Index(np.arange(60) / 8000),
    "rows": pd.RangeIndex(60),
    "elapsed": pd.timedelta_range("0s", periods=60, freq="250ms"),
    "business days": pd.bdate_range("2026-01-01", periods=66).delete([5, 6, 7, 20, 21, 40]),
}


@pytest.fixture(autouse=True)
def no_global_figures():
    settings = dict(matplotlib.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == settings


@pytest.fixture
def backtest():
    return make_backtest(INDEXES["days"], MISSES)


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def series(n=30, name="visitors"):
    days = pd.date_range("2026-01-01", periods=n)
    return pd.Series(np.arange(n, dtype=float), days, name=name)


def test_forecast_follows_its_history():
    y = series(100)
    ax = plot_forecast(Forecast(y[90:] + 5, y[:90], "GRU"))
    assert labels(ax) == ["history", "GRU"]
    np.testing.assert_array_equal(lines(ax)["GRU"].get_ydata(), y[90:] + 5)
    np.testing.assert_array_equal(lines(ax)["GRU"].get_xdata(), y.index[90:].to_numpy())
    np.testing.assert_array_equal(lines(ax)["history"].get_ydata(), y[40:90])  # 50 > 4 * 10


def test_long_forecast_gets_four_horizons_of_history():
    y = series(200)
    ax = plot_forecast(Forecast(y[180:], y[:180], "GRU"))
    np.testing.assert_array_equal(lines(ax)["history"].get_ydata(), y[100:180])


def test_own_history_is_replaced_and_drawn_whole():
    y = series(100)
    ax = plot_forecast(Forecast(y[90:], y[:90], "GRU"), history=y[5:90], truth=y[90:] + 1)
    assert labels(ax) == ["history", "truth", "GRU"]
    np.testing.assert_array_equal(lines(ax)["history"].get_ydata(), y[5:90])
    np.testing.assert_array_equal(lines(ax)["truth"].get_ydata(), y[90:] + 1)
    assert lines(ax)["truth"].get_color() == "black"


@pytest.mark.parametrize("kind", [list, dict])
def test_several_forecasts_differ_in_colour(kind):
    y = series()
    first, second = Forecast(y[20:], y[:20], "LSTM"), Forecast(y[20:] + 1, y[:20], "Theta")
    many = [first, second] if kind is list else {"LSTM": first.mean, "Theta": second.mean}
    ax = plot_forecast(many)
    np.testing.assert_array_equal(lines(ax)["LSTM"].get_ydata(), y[20:])
    np.testing.assert_array_equal(lines(ax)["Theta"].get_ydata(), y[20:] + 1)
    assert lines(ax)["LSTM"].get_color() != lines(ax)["Theta"].get_color()
    assert ("history" in lines(ax)) == (kind is list)


def test_axes_are_the_users_and_are_labelled():
    y = series(name=r"$\no$")
    y.attrs["units"] = "EUR"
    ax = Figure().add_subplot()
    assert plot_forecast(y[20:], history=y[:20], ax=ax) is ax
    assert ax.get_ylabel().replace(r"\$", "$") == r"$\no$ [EUR]"
    to_png(ax.figure)  # fails where dollars are read as mathematics


def test_single_step_is_visible():
    y = series()
    assert lines(plot_forecast(y[29:], history=y[:29]))["forecast"].get_marker() == "o"
    assert lines(plot_forecast(y[20:], history=y[:20]))["forecast"].get_marker() == "None"


def test_dark_style_keeps_the_truth_visible():
    y = series()
    with matplotlib.style.context("dark_background"):
        ax = plot_forecast(y[20:], truth=y[20:])
    assert lines(ax)["truth"].get_color() == "white"


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_every_index_is_drawn_at_its_place(index):
    backtest = make_backtest(index, MISSES)
    figure = plot_backtest(backtest)
    to_png(figure)
    panel = figure.axes[0]
    assert len(panel.lines) == 1 + 3 + 3  # the truth, three origins, three forecasts
    truth, forecast = lines(panel)["truth"], lines(panel)["LSTM"]
    first = list(truth.get_xdata()).index(forecast.get_xdata()[0])
    np.testing.assert_allclose(
        forecast.get_ydata() - truth.get_ydata()[first : first + 4], [0.1, 0.2, 0.3, 0.4]
    )


@pytest.mark.parametrize(
    ("index", "first"),
    [("days", "2026-01-29"), ("hours in a zone", "2026-03-28 04:00"), ("months", "2022-05-01")],
)
def test_dates_mean_what_the_index_says(index, first):
    ax = plot_backtest(make_backtest(INDEXES[index], MISSES)).axes[0]
    position = ax.convert_xunits(lines(ax)["truth"].get_xdata()[0])
    zone = getattr(INDEXES[index], "tz", None)
    assert num2date(position, tz=zone).replace(tzinfo=None) == pd.Timestamp(first)


@pytest.mark.parametrize(
    ("index", "label"),
    [("seconds", "seconds"), ("rows", "observation"), ("elapsed", "seconds"), ("days", "")],
)
def test_time_axis_has_its_unit(index, label):
    assert plot_backtest(make_backtest(INDEXES[index], {"Naive": 1.0})).axes[0].get_xlabel() == label


def test_zone_is_named():
    figure = plot_backtest(make_backtest(INDEXES["hours in a zone"], {"Naive": 1.0}))
    assert figure.axes[0].get_xlabel() == "time (Europe/Berlin)"


@pytest.mark.parametrize("n", [30, 400, 5000])
@pytest.mark.parametrize("step", ["s", "7min", "h", "D", "W", "MS", "YS"])
def test_dates_never_overlap(step, n):
    y = pd.Series(np.zeros(n), pd.date_range("1900-01-01", periods=n, freq=step, unit="s"))
    figure = Figure(figsize=(4.2, 2.3), layout="constrained")
    ax = plot_forecast(y, ax=figure.add_subplot())
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
    visible = [box for box in boxes if ax.bbox.x0 - 1 <= (box.x0 + box.x1) / 2 <= ax.bbox.x1 + 1]
    assert len(visible) >= 2
    assert all(left.x1 < right.x0 for left, right in pairwise(visible))


def test_panels_come_best_first_with_their_score(backtest):
    figure = plot_backtest(backtest)
    mase = backtest.scores()["MASE"]
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        f"{m} · MASE {v:.3g}" for m, v in mase.items()
    ]
    assert list(mase.index) == ["LSTM", "GRU", "Naive"]


def test_last_origins_only(backtest):
    ax = plot_backtest(backtest, last=1).axes[0]
    assert [line.get_label() for line in ax.lines] == ["truth", "origin", "LSTM"]
    np.testing.assert_array_equal(lines(ax)["LSTM"].get_ydata(), backtest.forecasts["LSTM"][-4:])
    np.testing.assert_array_equal(lines(ax)["truth"].get_ydata(), backtest.history[-24:])
    assert lines(ax)["origin"].get_xdata()[0] == INDEXES["days"][55].to_numpy()


def test_many_forecasts_of_one_step_are_a_line_with_one_origin_marked():
    y = pd.Series(np.arange(60.0) % 7, INDEXES["days"])
    result = backtesting(Naive(), y, horizon=1, n_windows=20)
    ax = plot_backtest(result).axes[0]
    assert [line.get_label() for line in ax.lines] == ["truth", "first origin", "Naive"]
    np.testing.assert_array_equal(lines(ax)["Naive"].get_ydata(), y[39:59])
    assert lines(ax)["first origin"].get_xdata()[0] == y.index[39].to_numpy()


def test_models_share_the_axes_given(backtest):
    ax = Figure().add_subplot()
    assert plot_backtest(backtest, models=["Naive", "LSTM"], ax=ax) is ax.figure
    assert labels(ax) == ["truth", "origin", "Naive", "LSTM"]
    alone = plot_backtest(backtest, models=["LSTM"]).axes[0]
    assert lines(alone)["LSTM"].get_color() == lines(ax)["LSTM"].get_color()


def test_incomplete_last_row_keeps_its_time_labels():
    figure = plot_backtest(make_backtest(INDEXES["rows"], {f"M{i}": i + 1.0 for i in range(7)}))
    figure.draw_without_rendering()
    labelled = [bool(ax.get_xlabel()) and ax.get_xticklabels()[1].get_visible() for ax in figure.axes]
    assert labelled == [False] * 4 + [True] * 3


def test_panels_share_one_label_of_what_they_show():
    figure = plot_backtest(make_backtest(INDEXES["rows"], {f"M{i}": i + 1.0 for i in range(7)}))
    assert figure.get_supylabel() == "value"
    assert {ax.get_ylabel() for ax in figure.axes} == {""}


def test_a_forecast_far_off_does_not_flatten_the_truth():
    ax = plot_backtest(make_backtest(INDEXES["days"], {"LSTM": 1e6, "Naive": 0.1})).axes[0]
    low, high = ax.get_ylim()
    assert 8 < low < 9 < 11 < high < 12


def test_constant_series_and_a_failed_model_are_drawn():
    failures = [("LSTM", window) for window in range(3)]
    backtest = make_backtest(INDEXES["days"], MISSES, values=np.full(60, 7.0), failures=failures)
    figure = plot_backtest(backtest)
    assert figure.axes[0].get_ylim() == (0, 14)
    assert "LSTM" in [ax.get_title(loc="left") for ax in figure.axes]
    assert labels(plot_error_by_horizon(backtest)) == ["GRU", "Naive"]


def test_truth_never_observed_leaves_a_gap():
    values = np.where(np.arange(60) > 10, np.nan, 5.0)
    figure = plot_backtest(make_backtest(INDEXES["days"], MISSES, values=values))
    assert np.isnan(lines(figure.axes[0])["truth"].get_ydata()).all()
    to_png(figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": ["LSTM", "ARIMA"]}, "The backtest has no model 'ARIMA'; it has LSTM, GRU, Naive."),
        ({"last": 0}, "`last` needs at least 1 origin; got 0. Leave it out to draw all."),
    ],
)
def test_backtest_refuses(backtest, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plot_backtest(backtest, **options)


def test_errors_grow_as_they_were_made(backtest):
    expected = pd.DataFrame({m: abs(miss) * np.arange(1, 5) for m, miss in MISSES.items()}, [1, 2, 3, 4])
    pd.testing.assert_frame_equal(error_by_horizon(backtest), expected.rename_axis("step"))


def test_errors_skip_what_was_never_observed():
    values = np.arange(60.0)
    values[59] = np.nan
    errors = error_by_horizon(make_backtest(INDEXES["days"], {"Naive": 0.5}, values=values))
    assert errors["Naive"].tolist() == [0.5, 1.0, 1.5, 2.0]


def test_error_by_horizon_draws_the_chosen_models(backtest):
    ax = plot_error_by_horizon(backtest, models=["GRU"])
    assert labels(ax) == ["GRU"]
    np.testing.assert_array_equal(lines(ax)["GRU"].get_xdata(), [1, 2, 3, 4])
    np.testing.assert_allclose(lines(ax)["GRU"].get_ydata(), [0.2, 0.4, 0.6, 0.8])
    assert ax.get_ylim()[0] == 0


def test_errors_far_off_leave_the_picture_unless_they_are_all_there_is():
    result = make_backtest(INDEXES["days"], {"LSTM": 0.1, "GRU": 0.25, "Naive": 5.0})
    ax = plot_error_by_horizon(result)
    assert labels(ax) == ["LSTM", "GRU", "Naive"]
    assert 1.0 < ax.get_ylim()[1] < 1.1
    assert 20 < plot_error_by_horizon(result, models=["Naive"]).get_ylim()[1] < 22


def test_training_marks_the_lowest_validation_loss():
    ax = plot_training({"LSTM": make_history()})
    np.testing.assert_array_equal(lines(ax)["_loss"].get_ydata(), [0.8, 0.4, 0.2, 0.1])
    np.testing.assert_array_equal(lines(ax)["LSTM"].get_ydata(), [0.9, 0.5, 0.3, 0.35])
    assert (lines(ax)["_best"].get_xdata().item(), lines(ax)["_best"].get_ydata().item()) == (30, 0.3)
    assert ax.get_yscale() == "linear"


def test_training_without_validation_draws_the_loss():
    ax = plot_training(make_history(validation=False))
    assert labels(ax) == ["loss"]
    np.testing.assert_array_equal(lines(ax)["loss"].get_ydata(), [0.8, 0.4, 0.2, 0.1])
    assert ax.get_ylabel() == "training loss"


def test_training_over_decades_is_logarithmic():
    history = make_history()
    history["loss"] /= 100
    assert plot_training(history).get_yscale() == "log"


def test_members_share_a_colour_and_one_entry():
    members = pd.concat([make_history().assign(member=i) for i in range(3)])
    ax = plot_training({"LSTM": members, "GRU": make_history()})
    assert labels(ax) == ["LSTM", "GRU"]
    assert [line.get_label() for line in ax.lines].count("_LSTM") == 2
    assert lines(ax)["_LSTM"].get_color() == lines(ax)["LSTM"].get_color() != lines(ax)["GRU"].get_color()


def test_colours_then_dashes_tell_many_models_apart():
    ax = plot_error_by_horizon(make_backtest(INDEXES["days"], {f"M{i}": i + 1.0 for i in range(9)}))
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 9
    assert not {"black", "#000000"} & {line.get_color() for line in ax.lines}


def test_figures_show_themselves_in_a_notebook():
    y = series()
    ax = plot_forecast(y)
    assert ax._repr_png_()[:4] == ax.figure._repr_png_()[:4] == b"\x89PNG"


def test_page_picture_takes_the_pages_colours(backtest):
    with page_style():
        figure = plot_backtest(backtest, last=1)
    drawing = to_svg(figure, 'a "quoted" <title>')
    assert drawing.startswith("<svg ")
    assert drawing.rstrip().endswith("</svg>")
    assert 'aria-label="a &quot;quoted&quot; &lt;title&gt;"' in drawing
    assert "currentColor" in drawing
    assert INK not in drawing
    assert "http" not in drawing
    assert "#ffffff" not in drawing
    assert "LSTM · MASE" in drawing


def test_picture_outside_a_page_keeps_its_background(backtest):
    assert "#ffffff" in to_svg(plot_backtest(backtest, last=1))


def test_names_in_any_script_are_drawn():
    ax = plot_forecast({"予測": series()})
    assert to_png(ax.figure)[:4] == b"\x89PNG"
    assert "予測" in to_svg(ax.figure)


def test_missing_matplotlib_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    message = 'Plots need matplotlib. Install it with: pip install "tsrnn[plot]"'
    for draw in (require_matplotlib, lambda: plot_forecast(series()), page_style):
        with pytest.raises(ImportError) as error:
            draw()
        assert str(error.value) == message


def test_importing_plots_does_not_load_matplotlib():
    code = "import sys, tsrnn.plotting, tsrnn.evaluation.report; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def flow(*columns):
    return pd.DataFrame(dict(columns), index=pd.RangeIndex(1, 4, name="lag"))


def test_gradient_flow_is_the_norm_over_layers_and_memories_on_a_logarithmic_scale():
    flows = {
        "RNN": flow(("h_0", [1e-1, 1e-3, 0.0])),
        "LSTM": flow(("h_0", [3.0, 6, 9]), ("c_0", [4.0, 8, 12])),
    }
    ax = plot_gradient_flow(flows)
    assert labels(ax) == ["RNN", "LSTM"]
    np.testing.assert_allclose(lines(ax)["LSTM"].get_ydata(), [5, 10, 15])
    np.testing.assert_array_equal(lines(ax)["RNN"].get_ydata(), [1e-1, 1e-3, np.nan])  # no 0 on this scale
    assert list(lines(ax)["RNN"].get_xdata()) == [1, 2, 3]
    assert ax.get_yscale() == "log"
    assert to_png(ax.figure).startswith(b"\x89PNG")


def test_gradient_flow_of_one_model_needs_no_label():
    assert labels(plot_gradient_flow(flow(("h_0", [3.0, 2.0, 1.0])))) == ["gradient"]


def gates_of(index, gates):
    frames = {name: pd.DataFrame(values, index=index) for name, values in gates.items()}
    return pd.concat(frames, axis=1, names=["gate", "unit"])


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_gates_are_drawn_a_panel_each_under_their_series(index):
    y = pd.Series(np.arange(60.0), index, name="visitors")
    f, h = np.full((5, 2), 0.25), np.linspace(-0.5, 0.3, 10).reshape(5, 2)
    figure = plot_gates(gates_of(index[-5:], {"f": f, "h": h}), y)
    above, *panels = figure.axes[:3]
    assert list(above.lines[0].get_ydata()) == [55, 56, 57, 58, 59]
    assert above.get_title(loc="left") == "visitors"
    assert [panel.get_ylabel() for panel in panels] == ["f", "h"]
    drawn = [panel.collections[0] for panel in panels]
    np.testing.assert_array_equal(drawn[1].get_array(), h.T)
    assert [mesh.get_clim() for mesh in drawn] == [(0, 1), (-0.5, 0.5)]
    assert to_png(figure).startswith(b"\x89PNG")


def test_gates_are_chosen_by_name():
    gates = gates_of(INDEXES["days"][:1], dict.fromkeys("rzn", np.zeros((1, 1))))
    figure = plot_gates(gates, names=["n", "z"])
    assert [panel.get_ylabel() for panel in figure.axes[:2]] == ["n", "z"]
    with pytest.raises(ValueError, match="No such gate: f; there are r, z, n"):
        plot_gates(gates, names=["f", "z"])


def test_gates_of_patches_stand_where_their_values_do():
    y = pd.Series(np.arange(20.0), pd.RangeIndex(100, 120, name="t"))
    names = pd.MultiIndex.from_product([["h"], range(3)], names=["gate", "unit"])
    gates = pd.DataFrame(np.zeros((4, 3)), pd.Index([107, 111, 115, 119], name="t"), names)
    series, stripes, *_ = plot_gates(gates, y).axes
    np.testing.assert_array_equal(series.lines[0].get_xdata(), np.arange(104, 120))
    low, high = stripes.collections[0].get_coordinates()[0, [0, -1], 0]
    assert abs(low - 103.5) <= 0.5 and abs(high - 119.5) <= 0.5  # noqa: PT018


@pytest.fixture(scope="module")
def panel():
    return make_panel_backtest()


def test_series_are_drawn_from_the_best_to_the_worst_of_the_leading_model(panel):
    figure = plot_panel(panel, n_series=3)
    mase = panel.scores(by="series")["MASE"]["LSTM"].sort_values()
    expected = [f"{name} · MASE {error:.3g}" for name, error in mase.iloc[[0, 4, 8]].items()]
    assert [ax.get_title(loc="left") for ax in figure.axes] == expected
    shown = lines(figure.axes[1])
    assert {"truth", "LSTM", "Naive", "origin"} <= set(shown)
    rows = panel.forecasts[panel.forecasts["unique_id"] == mase.index[4]]
    np.testing.assert_array_equal(shown["Naive"].get_ydata(), rows["Naive"][:4])
    np.testing.assert_array_equal(shown["truth"].get_ydata()[-8:], rows["y"])
    assert figure.get_suptitle() == "3 of 9 series, by the MASE of LSTM: lowest to highest"
    assert len(plot_panel(panel).axes) == 6
    assert len(plot_panel(panel, ["Naive"], n_series=20).axes) == 9
    to_png(figure)


def test_intervals_are_drawn_for_the_first_model(panel):
    ax = plot_panel(panel, n_series=1).axes[0]
    name = ax.get_title(loc="left").split(" ")[0]
    rows = panel.forecasts[panel.forecasts["unique_id"] == name].iloc[:4]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert len(ax.collections) == 2  # one for each origin
    assert band.min() == pytest.approx(rows["LSTM-lo-80"].min())
    assert band.max() == pytest.approx(rows["LSTM-hi-80"].max())
    alone = make_panel_backtest(level=())
    assert len(plot_panel(alone, n_series=1).axes[0].collections) == 0


def test_a_backtest_draws_the_series_it_is_of(panel, backtest):
    assert len(panel.plot(n_series=2).axes) == 2
    assert len(backtest.plot().axes) == len(MISSES)
    ax = plot_backtest(panel, ["Naive"], series="s3").axes[0]
    rows = panel.forecasts[panel.forecasts["unique_id"] == "s3"]
    np.testing.assert_array_equal(lines(ax)["Naive"].get_ydata(), rows["Naive"][:4])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda panel: plot_panel(panel, n_series=0), "`n_series` needs at least 1 series; got 0."),
        (lambda panel: plot_panel(panel, ["GRU"]), "The backtest has no model 'GRU'; it has LSTM, Naive."),
        (
            lambda panel: plot_backtest(panel, series="x"),
            "The backtest has no forecasts of a series 'x'.",
        ),
    ],
)
def test_panels_refuse(panel, draw, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(panel)


def test_errors_spread_over_series_as_the_scores_say(panel):
    ax = plot_error_by_series(panel)
    mase = panel.scores(by="series")["MASE"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["LSTM", "Naive"]
    for i, name in enumerate(["LSTM", "Naive"]):
        box = ax.patches[i]
        low, high = np.percentile(mase[name], [25, 75])
        assert (box.get_x(), box.get_x() + box.get_width()) == pytest.approx((low, high))
        assert ax.lines[i].get_xdata().item() == pytest.approx(mase[name].mean())


def test_errors_of_several_series_are_scaled_by_step(panel):
    errors = error_by_horizon(panel)
    expected = panel.scores(by="horizon")["MASE"]
    for name in errors:
        np.testing.assert_allclose(errors[name], expected[name])
    assert plot_error_by_horizon(panel).get_ylabel() == "mean absolute error, scaled"


def test_a_refit_after_early_stopping_is_a_line_of_its_own():
    refit = make_history(validation=False).assign(phase="refit")
    ax = plot_training({"LSTM": pd.concat([make_history().assign(phase="search"), refit])})
    for line in ax.lines:  # none goes back from the last step of the search to the first of the refit
        assert np.all(np.diff(line.get_xdata()) > 0)
    assert [line.get_linestyle() for line in ax.lines].count("--") == 1
    assert labels(ax) == ["LSTM"]
    assert ax.get_ylabel() == "loss (thick: validation, dashed: refit)"
    members = [make_history().assign(phase="search", member=i) for i in range(2)]
    members += [make_history(validation=False).assign(phase="refit", member=i) for i in range(2)]
    ax = plot_training({"LSTM": pd.concat(members)})
    assert all(np.all(np.diff(line.get_xdata()) > 0) for line in ax.lines)
    assert [line.get_linestyle() for line in ax.lines].count("--") == 2


@pytest.mark.parametrize("title", [{"center": "mine"}, {"left": "two\nlines"}, {"right": "r", "center": "c"}])
@pytest.mark.parametrize("later", [True, False])
def test_a_title_and_the_legend_do_not_cover_each_other(title, later):
    ax = Figure(layout="constrained").subplots()
    if later:
        plot_forecast(series(), history=series(), ax=ax)
    for loc, text in title.items():
        ax.set_title(text, loc=loc)
    if not later:
        plot_forecast(series(), history=series(), ax=ax)
    to_png(ax.figure, dpi=ax.figure.dpi)
    legend = ax.get_legend().get_window_extent()
    for loc in title:
        drawn = {"center": ax.title, "left": ax._left_title, "right": ax._right_title}[loc]
        assert not legend.overlaps(drawn.get_window_extent())
    assert ax.figure.bbox.y1 >= legend.y1
    assert legend.y0 >= ax.bbox.y1


DRAWN = {
    "forecast": lambda ax: plot_forecast(series(), ax=ax),
    "backtest": lambda ax: plot_backtest(make_backtest(INDEXES["days"], MISSES), ax=ax),
    "error by horizon": lambda ax: plot_error_by_horizon(make_backtest(INDEXES["days"], MISSES), ax=ax),
    "training": lambda ax: plot_training(make_history(), ax=ax),
    "gradient flow": lambda ax: plot_gradient_flow(flow(("h_0", [3.0, 2.0, 1.0])), ax=ax),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_what_is_no_axes_is_refused_with_the_way_out(draw):
    figure = Figure()
    grid = figure.subplots(2, 2)
    wrong = {
        r"an array of 2 by 2\. Pass one of them: axes\[0, 0\]": grid,
        r"an array of 2\. Pass one of them: axes\[0\]": list(grid[0]),
        r"a whole figure\. Pass one of its axes: figure\.axes\[0\]": figure,
        r"an object of builtins\.int\. Leave `ax` out": 5,
        r"an object of builtins\.module\. Leave `ax` out": plt,
    }
    for message, ax in wrong.items():
        with pytest.raises(TypeError, match=f"`ax` must be one pair of matplotlib axes.*{message}"):
            draw(ax)
    assert draw(grid[0, 1]) is not None
    assert not grid[0, 0].lines
