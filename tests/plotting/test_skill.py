"""Pictures of skill, ranks and errors: what is drawn where."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from scipy import stats

from helpers.backtests import make_backtest, make_panel_backtest
from helpers.contenders import Last, months
from tsrnn.evaluation.backtesting.backtest import backtest as run_backtest
from tsrnn.plotting import plot_ranks, plot_skill
from tsrnn.plotting.figures import PALETTE, to_png
from tsrnn.plotting.residuals import autocorrelation
from tsrnn.plotting.skill import rank_groups

DAYS = pd.date_range("2026-01-01", periods=200)
RNG = np.random.default_rng(0)
MISSES = {
    name: miss * RNG.uniform(0.5, 1.5, 30)
    for name, miss in {"LSTM": 0.7, "GRU": 0.98, "Naive": 1.0, "Theta": 2.0, "ETS": 9.0}.items()
}


@pytest.fixture(scope="module")
def backtest():
    return make_backtest(DAYS, MISSES, n_windows=30)


@pytest.fixture(autouse=True)
def no_global_figures():
    yield
    assert plt.get_fignums() == []


def texts(ax):
    return [text.get_text() for text in ax.texts]


def losses(backtest, *models):
    frame = backtest.forecasts
    return frame[list(models)].sub(frame["y"], axis=0).abs().groupby(frame["cutoff"]).mean()


def test_skill_bars_are_the_skills_of_the_scores(backtest):
    ax = backtest.plot(kind="skill").axes[0]
    skill = backtest.scores(baseline="Naive")["skill"].drop("Naive")
    assert [label.get_text() for label in ax.get_yticklabels()] == list(skill.index)
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(skill.clip(lower=-200).tolist())
    assert texts(ax) == [f"{value:+.1f} %".replace("-", "\N{MINUS SIGN}") for value in skill]
    assert ax.get_xlabel() == "MASE below that of Naive [%], with its 95 % interval"


def test_skill_intervals_are_percentiles_of_origins_drawn_in_pairs(backtest):
    line = backtest.plot(kind="skill", baseline="Theta", level=80).axes[0].lines[0]
    scales = losses(backtest, "LSTM").squeeze() / backtest.scores(by="origin").loc["LSTM", "MASE"]
    mase = losses(backtest, "LSTM", "Theta").div(scales, axis=0).to_numpy()
    drawn = np.random.default_rng(9).integers(30, size=(20_000, 30))
    own, other = mase[drawn].mean(axis=1).T
    expected = np.percentile(100 * (1 - own / other), [10, 90])
    assert line.get_xdata() == pytest.approx(expected, abs=0.6)


def test_bars_say_by_their_colour_what_the_interval_says(backtest):
    ax = backtest.plot(kind="skill").axes[0]
    colours = dict(
        zip(("LSTM", "GRU", "Theta", "ETS"), (to_hex(bar.get_facecolor()) for bar in ax.patches), strict=True)
    )
    blue, orange, grey = (PALETTE[i].lower() for i in (0, 1, -1))
    assert colours == {"LSTM": blue, "GRU": grey, "Theta": orange, "ETS": orange}


def test_a_hopeless_model_does_not_flatten_the_others(backtest):
    ax = backtest.plot(kind="skill").axes[0]
    low, high = ax.get_xlim()
    assert -115 < low < -100
    assert high < 60
    assert texts(ax)[-1].startswith("\N{MINUS SIGN}7")


def test_nothing_beats_a_perfect_baseline():
    result = make_backtest(DAYS, {"LSTM": 1.0, "GRU": 1e9, "Naive": 0.0}, n_windows=12)
    figure = result.plot(kind="skill")
    assert texts(figure.axes[0]) == ["\N{MINUS SIGN}inf %"] * 2
    to_png(figure)
    far = make_backtest(DAYS, {"LSTM": 1e3, "Naive": 1.0}, n_windows=12).plot(kind="skill")
    assert texts(far.axes[0]) == ["\N{MINUS SIGN}99,900 %"]


def test_few_origins_have_bars_without_intervals():
    ax = make_backtest(DAYS, {"LSTM": 1.0, "Naive": 2.0, "ETS": 3.0}, n_windows=9).plot(kind="skill").axes[0]
    assert len(ax.lines) == 1  # at zero
    assert ax.get_xlabel() == "MASE below that of Naive [%]"
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {PALETTE[-1].lower()}


def test_a_model_without_a_forecast_has_no_bar_and_a_word():
    failures = [("GRU", i) for i in range(12)]
    result = make_backtest(DAYS, {"LSTM": 1.0, "GRU": 1.0, "Naive": 2.0}, n_windows=12, failures=failures)
    figure = result.plot(kind="skill")
    assert texts(figure.axes[0]) == ["+50.0 %", "no score"]
    to_png(figure)


def test_intervals_over_series_are_wider_the_fewer_there_are():
    widths = []
    for n_series in (12, 48):
        panel = make_panel_backtest(n_series=n_series, level=())
        line = panel.plot(kind="skill").axes[0].lines[0].get_xdata()
        widths.append(line[1] - line[0])
    assert 0 < widths[1] < widths[0]


def test_ranks_stand_at_their_place_with_their_names(backtest):
    ax = backtest.plot(kind="ranks").axes[0]
    ranks = backtest.ranks()["rank"]
    named = [text for text in ax.texts if text.get_gid() == "model"]
    assert [text.get_text() for text in named] == [f"{name}  {rank:.2f}" for name, rank in ranks.items()]
    stems = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert [stem.get_xdata()[0] for stem in stems] == pytest.approx(ranks.tolist())
    assert [stem.get_ydata()[-1] for stem in stems] == [text.xy[1] for text in named]
    distance = backtest.ranks()["critical_difference"].iloc[0]
    assert f"critical difference {distance:.2f}" in texts(ax)


def test_bars_join_what_does_not_differ(backtest):
    ranks = backtest.ranks()
    means, distance = ranks["rank"].to_numpy(), ranks["critical_difference"].iloc[0]
    bars = [line for line in backtest.plot(kind="ranks").axes[0].lines if line.get_linewidth() == 4]
    groups = rank_groups(means, distance)
    assert groups
    assert len(bars) == len(groups)
    for bar, (first, last) in zip(bars, groups, strict=True):
        low, high = bar.get_xdata()
        assert low < means[first] < means[last] < high
    # of every pair, the same as by brute force
    joined = {(i, j) for first, last in groups for i in range(first, last) for j in range(i + 1, last + 1)}
    k = len(means)
    assert joined == {(i, j) for i in range(k) for j in range(i + 1, k) if means[j] - means[i] < distance}
    strict = backtest.plot(kind="ranks", level=1).axes[0]
    assert [line for line in strict.lines if line.get_linewidth() == 4] == []


@pytest.mark.parametrize(
    ("means", "distance", "groups"),
    [
        ([1.0, 2.0, 3.0], 0.5, []),
        ([1.0, 2.0, 3.0], 5.0, [(0, 2)]),
        ([1.0, 1.4, 2.0, 2.3], 1.0, [(0, 1), (1, 3)]),
        ([1.0, 1.0, 3.0], np.nan, []),
        ([1.5, 2.5], 1.0, []),  # as far apart as the critical difference
    ],
)
def test_groups_of_ranks(means, distance, groups):
    assert rank_groups(np.array(means), distance) == groups


@pytest.mark.parametrize("k", [2, 3, 7, 12])
@pytest.mark.parametrize("crowd", [False, True])
def test_names_in_a_diagram_of_ranks_never_overlap(k, crowd):
    means = np.linspace(1.4, 1.6, k) if crowd else np.linspace(1.2, k - 0.2, k)
    table = pd.DataFrame({"rank": means, "critical_difference": 1.0}, [f"Model {i}" for i in range(k)])
    figure = plot_ranks(table).figure
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    width, height = figure.canvas.get_width_height()
    for i, box in enumerate(boxes):
        assert min(box.x0, box.y0) >= -1
        assert max(box.x1 - width, box.y1 - height) <= 1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_without_a_test_nothing_is_joined():
    figure = make_backtest(DAYS, {"LSTM": 1.0, "GRU": 2.0, "Naive": 3.0}, n_windows=4).plot(kind="ranks")
    assert not any("critical" in text for text in texts(figure.axes[0]))
    assert [line for line in figure.axes[0].lines if line.get_linewidth() == 4] == []
    to_png(figure)


def test_errors_are_truth_minus_forecast_at_their_times(backtest):
    figure = backtest.plot(kind="residuals", model="Theta")
    over_time, correlation, quantiles, histogram = figure.axes
    frame = backtest.forecasts
    errors = (frame["y"] - frame["Theta"]).to_numpy()
    drawn = over_time.lines[1:]
    assert len(drawn) == 30
    np.testing.assert_allclose(np.concatenate([line.get_ydata() for line in drawn]), errors)
    np.testing.assert_array_equal(
        np.concatenate([line.get_xdata() for line in drawn]), frame["ds"].to_numpy()
    )
    assert figure.get_suptitle() == "Errors of Theta, truth minus forecast, out of sample at all 4 steps"
    expected, values = stats.probplot(errors, fit=False)
    np.testing.assert_allclose(quantiles.lines[1].get_ydata(), values)
    assert np.corrcoef(quantiles.lines[1].get_xdata(), expected)[0, 1] > 0.9999
    assert sum(bar.get_height() for bar in histogram.patches) == 120
    assert correlation.get_xlabel() == "origins apart"
    bounds = sorted(line.get_ydata()[0] for line in correlation.lines if line.get_linestyle() == ":")
    assert bounds == pytest.approx([-1.96 / np.sqrt(30), 1.96 / np.sqrt(30)])


def test_errors_so_many_steps_ahead(backtest):
    figure = backtest.plot(kind="residuals", ahead=3)
    assert figure.get_suptitle() == "Errors of LSTM, truth minus forecast, out of sample 3 steps ahead"
    frame = backtest.forecasts.iloc[2::4]
    drawn = np.concatenate([line.get_ydata() for line in figure.axes[0].lines[1:]])
    np.testing.assert_allclose(drawn, frame["y"] - frame["LSTM"])
    assert "1 step ahead" in backtest.plot(kind="residuals", ahead=1).get_suptitle()


def test_steps_ahead_are_counted_from_the_cutoff_over_a_gap():
    models = {"LSTM": Last(), "Naive": Last(shift=1.0)}
    result = run_backtest(models, months(60), horizon=3, n_windows=6, gap=2)
    figure = result.plot(kind="residuals", model="Naive", ahead=4)
    frame = result.forecasts.iloc[1::3]
    drawn = np.concatenate([line.get_ydata() for line in figure.axes[0].lines[1:]])
    np.testing.assert_allclose(drawn, frame["y"] - frame["Naive"])
    assert figure.get_suptitle().endswith(" out of sample 4 steps ahead")
    one = run_backtest(models, months(60), horizon=1, n_windows=6, gap=2).plot(kind="residuals")
    assert one.get_suptitle().endswith(" out of sample 3 steps ahead")


@pytest.mark.parametrize("miss", [0.0, 0.1])
def test_errors_that_are_all_the_same_have_a_histogram(miss):
    result = make_backtest(DAYS, {"Naive": miss}, horizon=1)
    figure = result.plot(kind="residuals")
    assert sum(bar.get_height() for bar in figure.axes[3].patches) == 3
    to_png(figure)


def test_errors_of_one_of_several_series():
    panel = make_panel_backtest()
    figure = panel.plot(kind="residuals", model="Naive", series="s4")
    frame = panel.forecasts[panel.forecasts["unique_id"] == "s4"]
    drawn = np.concatenate([line.get_ydata() for line in figure.axes[0].lines[1:]])
    np.testing.assert_allclose(drawn, frame["y"] - frame["Naive"])
    assert figure.get_suptitle().startswith("Errors of Naive on s4, truth")
    assert "on s0" in panel.plot(kind="residuals").get_suptitle()


def test_autocorrelation_is_that_of_statsmodels_and_pools_steps():
    from statsmodels.tsa.stattools import acf

    noise = np.random.default_rng(2).normal(size=(40, 2)).cumsum(axis=0)
    np.testing.assert_allclose(autocorrelation(noise[:, :1]), acf(noise[:, 0], nlags=16), rtol=1e-10)
    first, second = (np.var(column) * acf(column, nlags=16) for column in noise.T)
    expected = (first + second) / noise.var(axis=0).sum()
    np.testing.assert_allclose(autocorrelation(noise + np.array([0.0, 50.0])), expected, rtol=1e-9)
    gap = noise[:, :1].copy()
    gap[5] = np.nan
    assert autocorrelation(gap)[0] == 1.0
    assert autocorrelation(np.ones((5, 1))).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_backtest_draws_every_kind(backtest):
    panel = make_panel_backtest()
    assert backtest.plot(kind="horizon").axes[0].get_xlabel() == "steps ahead"
    assert backtest.plot(kind="training").axes[0].get_xlabel() == "training step"
    assert panel.plot(kind="series").axes[0].get_xlabel() == "MASE of a series (line: median, diamond: mean)"
    assert len(backtest.plot(kind="forecast", models=["Naive"], last=2).axes) == 1
    for kind in ("horizon", "skill", "ranks", "training", "residuals"):
        assert backtest.plot(kind=kind)._repr_png_()[:4] == b"\x89PNG"


def test_axes_can_be_the_users(backtest):
    from matplotlib.figure import Figure

    for kind in ("horizon", "skill", "ranks", "training"):
        ax = Figure().add_subplot()
        assert backtest.plot(kind=kind, ax=ax) is ax.figure


@pytest.mark.parametrize(
    ("make", "kind", "options", "message"),
    [
        (
            None,
            "bars",
            {},
            "`kind` must be one of 'forecast', 'horizon', 'series', 'skill', 'ranks', 'residuals', "
            "'training'; got 'bars'.",
        ),
        (None, "series", {}, "kind='series' needs several series; there is one. Take kind='forecast'."),
        (["Naive"], "skill", {}, "kind='skill' needs at least 2 models; there is one."),
        (["Naive"], "ranks", {}, "kind='ranks' needs at least 2 models; there is one."),
        (["Naive"], "training", {}, "kind='training' needs a model with a training history; there is none."),
        (None, "residuals", {"ahead": 5}, "`ahead` must be a step that was evaluated, from 1 to 4; got 5."),
        (None, "residuals", {"ahead": 0}, "`ahead` must be a step that was evaluated, from 1 to 4; got 0."),
        (None, "residuals", {"series": "x"}, "The backtest has no forecasts of a series 'x'."),
        (
            None,
            "residuals",
            {"model": "VAR"},
            "`model` must be one of 'LSTM', 'GRU', 'Naive', 'Theta', 'ETS'; got 'VAR'.",
        ),
    ],
)
def test_pictures_refuse(backtest, make, kind, options, message):
    result = backtest if make is None else make_backtest(DAYS, dict.fromkeys(make, 1.0))
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        result.plot(kind=kind, **options)


def test_models_may_come_first_and_a_kind_only_by_its_name(backtest):
    assert len(backtest.plot(["Naive", "LSTM"]).axes) == 2
    legend = backtest.plot(["Naive"], kind="horizon").axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["Naive"]
    with pytest.raises(TypeError, match=r"^The kind of picture is a keyword: plot\(kind='skill'\)\.$"):
        backtest.plot("skill")


def test_a_model_that_failed_everywhere_has_no_errors_to_show():
    failures = [("LSTM", i) for i in range(3)]
    result = make_backtest(DAYS, {"LSTM": 1.0, "Naive": 1.0}, failures=failures)
    message = "LSTM has no error to show on 'value': no forecast of an observed value."
    with pytest.raises(ValueError, match=f"^{message}$"):
        result.plot(kind="residuals", model="LSTM")
    with pytest.raises(
        ValueError, match=r"^A diagram of ranks needs at least 2 models that are ranked; got 1\.$"
    ):
        result.plot(kind="ranks")


def test_skill_without_intervals_can_be_drawn_from_the_scores(backtest):
    ax = plot_skill(backtest.scores(baseline="Naive"), "Naive")
    assert len(ax.patches) == 4
    assert len(ax.lines) == 1
