"""The result of a backtest, as `backtest` and `compare` return it: scores, tests, pictures and a report."""

from collections.abc import Callable, Mapping
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from tsrnn.evaluation.comparison import compare_pairs, find_confidence_set, rank_models
from tsrnn.evaluation.errors import By
from tsrnn.evaluation.footnotes import write_notes
from tsrnn.evaluation.measures import INTERVAL_MEASURES, MEASURES
from tsrnn.evaluation.pictures import PICTURES, draw
from tsrnn.evaluation.record import BacktestRecord
from tsrnn.evaluation.report import format_scores, write_report
from tsrnn.evaluation.scores import score_table
from tsrnn.evaluation.verdict import write_verdict
from tsrnn.validation import counted

if TYPE_CHECKING:
    from tsrnn.plotting.figures import Figure

__all__ = ["Backtest"]


def _lists(**tables: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Write what tables hold into a method's docstring, where it has the name of the table in brackets."""

    def decorate(method: Any) -> Any:
        for name, table in tables.items():
            entries = ";\n".join(f"``{key}``: {entry.explanation}" for key, entry in table.items())
            lines = fill(f"{entries}.", 98, initial_indent=12 * " ", subsequent_indent=12 * " ")
            method.__doc__ = (method.__doc__ or "").replace(f"[{name}]", lines.strip())
        return method

    return decorate


class Backtest(BacktestRecord):
    """Forecasts of several models from several origins, and how accurate they were.

    Made by `backtest` and `compare`. In a notebook it shows its table of scores.

    Attributes
    ----------
    forecasts : DataFrame
        One row for each series, origin and step: ``unique_id`` (the series), ``ds`` (label of the point),
        ``cutoff`` (label of the last observation before it), ``y`` (the observed value; NaN where
        there is none) and one column for each model; NaN where it failed. With levels, each model has
        ``<model>-lo-80`` and ``<model>-hi-80``, too; NaN where it gave no interval.
    folds : DataFrame
        One row for each model and origin: ``model``, ``cutoff`` (the latest, where series end at different
        times), ``status`` ("ok", "failed", "time limit", or "partly failed" where some series have a
        forecast), ``message`` (the errors and the warnings), ``fit_seconds`` (NaN where nothing was fitted),
        ``predict_seconds``, ``n_train`` (observations the model was trained on), ``n_series``, ``n_failed``
        (series without a forecast).
    models : dict of str to forecaster
        Unfitted copies, as they were fitted at each origin.
    histories : dict of str to DataFrame
        Training curves (``history_``) of the last fit of each model that has them.
    truths : ObservedSeries
        The whole series, as float64; NaN where nothing was observed.
    horizon, step : int
        Steps forecast from each origin, and observations between origins.
    season_length : int
        Season of the scale of MASE and of SeasonalNaive; 1 where there is none.
    refit : bool or int
        Whether each model was fitted anew at each origin, or once at the oldest, or at every how many.
    max_history : dict of str to int
        The most observations of a series given to the models that are limited.
    level : tuple of float
        Percents of the intervals.
    covariates : dict of str to list of str
        The models that were given ``X``, ``X_past`` and ``static``, where there were any.
    gap : int
        Steps after each cutoff that were forecast but not evaluated.
    train_size : int or None
        The most observations of a series given to any model.
    settled : tuple of str
        The models that searched in their first fit only.

    Examples
    --------
    >>> from tsrnn import backtest, datasets
    >>> from tsrnn.baselines import Naive, SeasonalNaive, Theta
    >>> y = datasets.load("nottem")
    >>> result = backtest([SeasonalNaive(), Naive(), Theta()], y, horizon=6, n_windows=12)
    >>> result.verdict
    'Theta beats SeasonalNaive, the next best, by 31 % in MASE over 12 origins (p = 0.003).'
    >>> result.scores(baseline="Naive")[["MASE", "skill", "rank"]].round(2)
                   MASE  skill  rank
    model
    Theta          0.61  80.02  1.08
    SeasonalNaive  0.88  71.07  1.92
    Naive          3.04   0.00  3.00
    >>> result.confidence_set()["included"].to_dict()
    {'Theta': True, 'SeasonalNaive': False, 'Naive': False}
    >>> result.ranks()[["rank", "critical_difference"]].round(2).loc["Naive"].tolist()
    [3.0, 0.96]
    """

    @_lists(MEASURES=MEASURES, INTERVAL_MEASURES=INTERVAL_MEASURES)
    def scores(self, by: By = "model", baseline: str | None = None) -> pd.DataFrame:
        """Return the models' scores, the lowest MASE first.

        Scores are means over origins within each series and then over series, so that each series counts
        equally, of what the model did not fail at.

        Parameters
        ----------
        by : {"model", "series", "origin", "horizon"}, default="model"
            One row for each model; or for each model and series, origin or step ahead of the cutoff, of
            which the first is ``gap + 1``.
        baseline : str, optional
            Name of a model; adds ``skill``, by how many percent a MASE is below that model's.

        Returns
        -------
        DataFrame indexed by ``model``, or by it and ``unique_id``, ``cutoff`` or ``step``
            A column for each measure of accuracy (see `tsrnn.metrics`):

            [MEASURES]

            The scale of MASE is taken from all observations before each cutoff. The root of RMSE is taken for
            each forecast, by horizon for each series. Further columns:

            ``vs SeasonalNaive``: the model's MASE over that of SeasonalNaive from the same origins, whether
            or not that is one of the models; below 1 is better. ``skill``: 100 (1 - MASE / that of
            `baseline`), from the forecasts that both have made. ``rank``: mean rank by MASE over series, or
            over the origins of a single one (by series, over its origins; by origin, over series), 1 the
            best, ties averaged; pairs of a series and an origin count where all models have a forecast that
            forecast anything at all.

            For each level, such as ``coverage-80`` of the level 80:

            [INTERVAL_MEASURES]

            By model, also: ``fit_seconds`` and ``predict_seconds``, means over fits and forecasts;
            ``p_value`` and ``p_adjusted`` of `significance`, NaN for the model that the others are tested
            against; ``failed``, origins without a forecast, of all series; ``history``, the most observations
            the model was fitted on, of all series.

            Where series end at different times, origins are called by their number, 1 for the oldest.

        Raises
        ------
        ValueError
            If `by` is something else, or `baseline` is not one of the models.
        """
        return score_table(self, by, baseline)

    def significance(
        self,
        against: str | None = None,
        *,
        loss: Literal["absolute", "squared"] = "absolute",
        correction: Literal["holm"] | None = "holm",
    ) -> pd.DataFrame:
        """Test whether models are as accurate as one of them.

        One series: the Diebold-Mariano test with small-sample correction, whose unit is each origin's mean
        loss over the horizon (`tsrnn.metrics.significance.diebold_mariano`). Of several series the losses are
        scaled as MASE is. Series that are forecast at the same moments may err together: with 10 origins or
        more that do not overlap, the unit is each origin's mean over series, in Diebold and Mariano's test.
        Otherwise, with at least 10 series, and more of them than origins, it is each series' mean loss, in
        Wilcoxon's signed-rank test (`tsrnn.metrics.significance.signed_rank`), which takes the series to be
        independent. Where either model failed, neither counts.

        Parameters
        ----------
        against : str, optional
            Name of the model the others are tested against; by default the best baseline, which is the
            non-recurrent model that failed least and has the lowest MASE, or the best model if there is none.
        loss : {"absolute", "squared"}, default="absolute"
            Loss of one point.
        correction : {"holm", None}, default="holm"
            Whether to add ``p_adjusted``, which allows for several models being tested
            (`tsrnn.metrics.significance.holm`).

        Returns
        -------
        DataFrame indexed by ``model``
            ``against``, ``difference`` (mean loss minus the other's, so negative is better), ``statistic``,
            ``p_value`` (two-sided; NaN below 10 common origins or series), ``p_adjusted`` and ``n_origins``
            or ``n_series``; one row for every other model.

        Raises
        ------
        ValueError
            If `against` is not one of the models, or `loss` or `correction` is unknown.
        """
        return compare_pairs(self, against, loss, correction)

    def confidence_set(self, level: float = 90) -> pd.DataFrame:
        """Find the models among which the best one is, with a confidence of `level` percent.

        The model confidence set of the losses that `significance` compares, of the origins or series where
        all models have a forecast (`tsrnn.metrics.significance.model_confidence_set`). Where horizons
        overlap, the bootstrap draws blocks of origins, twice as long as the overlap and one more, or a third
        of all if that is less. A model without any forecast is left out.

        Parameters
        ----------
        level : float, default=90
            Percent.

        Returns
        -------
        DataFrame indexed by ``model``, the last one left first
            ``p_value`` (a model is in the set of every level from 100 (1 - p) on), ``included``,
            ``eliminated`` (when it went out, from 1; missing where it is included) and ``n_origins`` or
            ``n_series``. Below 10 of them, or where fewer than three times as many origins as overlap are
            left, ``p_value`` is NaN and ``included`` missing.

        Raises
        ------
        ValueError
            If `level` is not between 0 and 100.
        """
        return find_confidence_set(self, level)

    def ranks(self, level: float = 95) -> pd.DataFrame:
        """Rank the models by MASE on each series, or at each origin of a single one.

        With Friedman's test that all are equally good (`tsrnn.metrics.significance.friedman`) and Nemenyi's
        critical difference (`tsrnn.metrics.significance.critical_difference`). Only series or origins where
        all models have a forecast count; a model without any is left out.

        Parameters
        ----------
        level : float, default=95
            Percent of the critical difference.

        Returns
        -------
        DataFrame indexed by ``model``, the best first
            ``rank`` (the mean; 1 is best), and the same for all: ``critical_difference`` (mean ranks less
            apart don't differ), ``p_value`` of Friedman's test in the form of Iman and Davenport (both NaN
            below 10 series or origins, or where the horizons of a single series overlap) and ``n_series`` or
            ``n_origins``.

        Raises
        ------
        ValueError
            If `level` is not between 0 and 100.
        """
        return rank_models(self, level)

    @cached_property
    def verdict(self) -> str:
        """Whether the best recurrent model beats the best baseline, in one sentence.

        By MASE (of a single series that never changed before, mean absolute error) where both have a
        forecast. It beats it if the adjusted p-value of `significance` is below 0.05 and test and scores
        agree. Without a baseline, or with nothing else, the best two models are compared.
        """
        return write_verdict(self)

    @property
    def footnotes(self) -> list[str]:
        """What a reader of the scores has to know, in sentences."""
        return write_notes(self)

    @_lists(PICTURES=PICTURES)
    def plot(self, *args: Any, kind: str = "forecast", **options: Any) -> "Figure":
        """Draw the backtest.

        Parameters
        ----------
        kind : str, default="forecast"
            [PICTURES]
        *args, **options
            For the function of that kind, the first mostly the models to draw; all but those of forecasts
            of several series and of residuals draw into ``ax=``.

        Returns
        -------
        matplotlib Figure

        Raises
        ------
        ValueError
            If there is no such kind, or it needs more series or models than there are.
        TypeError
            If the kind comes without its name.
        """
        return draw(self, kind, *args, **options)

    def to_html(self, path: str | PathLike[str]) -> Path:
        """Write tables and pictures as one self-contained page (`tsrnn.evaluation.report.write_report`)."""
        return write_report({self.name: self}, path)

    def __repr__(self) -> str:
        table = format_scores(self.scores()).to_string(index_names=False)
        return "\n".join(
            [self._title, self.verdict, "", table, "", *(f"- {note}" for note in self.footnotes)]
        )

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.footnotes)
        table = format_scores(self.scores()).to_html(index_names=False)
        verdict = f"<p>{escape(self.verdict)}</p>"
        return f"<div><strong>{escape(self._title)}</strong>{verdict}{table}<ul>{notes}</ul></div>"

    @property
    def _title(self) -> str:
        origins = counted(self.errors.n_origins, "origin")
        return (
            f"Backtest of {self.name}: {origins}, horizon {self.horizon}, season_length {self.season_length}"
        )
