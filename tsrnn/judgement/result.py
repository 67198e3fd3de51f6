"""The result of a backtest."""

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from tsrnn.judgement.errors import By, Errors, mean_by, mean_of
from tsrnn.judgement.notes import write_notes
from tsrnn.origins import Truths
from tsrnn.parameters import check_choice, counted
from tsrnn.report import format_scores, write_report
from tsrnn.significance import MIN_ORIGINS, diebold_mariano, signed_rank

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Backtest"]

METRICS = ("MASE", "sMAPE", "RMSE")


@dataclass(eq=False, repr=False)
class Backtest:
    """Forecasts of several models from several origins, and what they were worth.

    Made by `backtest` and `compare`. In a notebook it shows its table of scores.

    Attributes
    ----------
    forecasts : DataFrame
        One row for each series, origin and step: ``unique_id`` (the series), ``ds`` (label of the point),
        ``cutoff`` (label of the last observation before it), ``y`` (the truth; NaN where it was never
        observed) and one column for each model; NaN where it failed. With levels, each model has
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
    truths : Truths
        The whole series, as float64; NaN where nothing was observed.
    horizon, step : int
        Steps forecast from each origin, and observations between origins.
    season_length : int
        Season of the scale of MASE and of SeasonalNaive; 1 where there is none.
    refit : bool
        Whether each model was fitted anew at each origin, or once before the first.
    max_history : dict of str to int
        The most observations of a series given to the models that are limited.
    level : tuple of float
        Percents of the intervals.
    covariates : dict of str to list of str
        The models that were given ``X``, ``X_past`` and ``static``, where there were any.
    """

    forecasts: pd.DataFrame
    folds: pd.DataFrame
    models: dict[str, Any]
    histories: dict[str, pd.DataFrame]
    truths: Truths
    horizon: int
    step: int
    season_length: int
    refit: bool
    max_history: dict[str, int]
    level: tuple[float, ...] = ()
    covariates: dict[str, list[str]] = field(default_factory=dict)

    @property
    def history(self) -> pd.Series | dict[Any, pd.Series]:
        """The whole series; a dict of them, if there are several."""
        if self.truths.form == "series":
            return self.truths.series[0]
        return dict(zip(self.truths.ids, self.truths.series, strict=True))

    def scores(self, by: By = "model") -> pd.DataFrame:
        """Return the models' scores, the lowest MASE first.

        Scores are means over origins within each series and then over series, so that each series counts
        equally, of what the model did not fail at.

        Parameters
        ----------
        by : {"model", "series", "origin", "horizon"}, default="model"
            One row for each model; or for each model and series, origin or step ahead.

        Returns
        -------
        DataFrame indexed by ``model``, or by it and ``unique_id``, ``cutoff`` or ``step``
            ``MASE`` (scaled by the seasonal naive method in the whole training window of each origin),
            ``sMAPE`` (0 to 200 percent), ``RMSE`` (units of the data; the root is taken for each forecast, by
            horizon for each series). ``vs SeasonalNaive``: its MASE over that of SeasonalNaive from the same
            origins, whether or not that is one of the models; below 1 is better. For each level
            ``coverage-80`` (percent of truths inside the interval) and ``MSIS-80`` (mean scaled interval
            score, see `tsrnn.metrics.msis`). By model, also:

            ``fit_seconds`` and ``predict_seconds``: means over fits and forecasts. ``p_value``: of
            `significance`, NaN for the model that the others are held against. ``failed``: origins without a
            forecast, of all series. ``history``: observations the model was fitted on, at most.

            Where series end at different times, origins are called by their number, 1 for the oldest.

        Raises
        ------
        ValueError
            If `by` is something else.
        """
        check_choice("by", by, ("model", "series", "origin", "horizon"))
        if by != "model":
            return self._scores_by(by)
        folds = self.folds.groupby("model", sort=False)
        table = pd.DataFrame(
            {
                **{name: self._by_model(name) for name in self._accuracy},
                "fit_seconds": folds["fit_seconds"].mean(),
                "predict_seconds": folds["predict_seconds"].mean(),
                "p_value": self.significance()["p_value"],
                "failed": folds["n_failed"].sum(),
                "history": folds["n_train"].max(),
            },
            index=pd.Index(self.models, name="model"),
        )
        return table.sort_values("MASE", kind="stable")

    def significance(
        self, against: str | None = None, *, loss: Literal["absolute", "squared"] = "absolute"
    ) -> pd.DataFrame:
        """Test whether models are as accurate as one of them.

        One series: the Diebold-Mariano test with small-sample correction, whose unit is each origin's mean
        loss over the horizon (`tsrnn.significance.diebold_mariano`). Of several series the losses are scaled
        as MASE is. With at least 10 series, and more of them than origins, the unit is each series' mean
        loss, in Wilcoxon's signed-rank test (`tsrnn.significance.signed_rank`), which takes the series to be
        independent; otherwise each origin's mean over series, in Diebold and Mariano's.

        Parameters
        ----------
        against : str, optional
            Name of the model the others are held against; by default the best baseline, which is the
            non-recurrent model that failed least and has the lowest MASE, or the best model if there is none.
        loss : {"absolute", "squared"}, default="absolute"
            Loss of one point.

        Returns
        -------
        DataFrame indexed by ``model``
            ``against``, ``difference`` (mean loss minus the other's, so negative is better), ``statistic``,
            ``p_value`` (two-sided; NaN below 10 common origins or series) and ``n_origins`` or ``n_series``;
            one row for every other model.

        Raises
        ------
        ValueError
            If `against` is not one of the models or `loss` is unknown.
        """
        check_choice("loss", loss, ("absolute", "squared"))
        against = self.opponent if against is None else against
        check_choice("against", against, self.models)
        kind = ("MAE", "MSE") if self.truths.n_series == 1 else ("MASE", "MSSE")
        metric = kind[loss == "squared"]
        other = mean_of(self.errors.points(against, metric), axis=1)
        rows = {
            name: (against, *self._test(mean_of(self.errors.points(name, metric), axis=1), other))
            for name in self.models
            if name != against
        }
        columns = ["against", "difference", "statistic", "p_value", f"n_{self.unit}"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")

    @property
    def footnotes(self) -> list[str]:
        """What a reader of the scores has to know, in sentences."""
        return write_notes(self)

    def plot(self, *args: Any, **kwargs: Any) -> "Figure":
        """Draw the forecasts as `tsrnn.plotting.plot_backtest` or, of several series, `plot_panel` does."""
        from tsrnn.plotting import plot_backtest, plot_panel

        draw = plot_backtest if self.truths.n_series == 1 else plot_panel
        return draw(self, *args, **kwargs)

    def to_html(self, path: str | PathLike[str]) -> Path:
        """Write tables and pictures as one self-contained page, as `tsrnn.report.write_report` does."""
        return write_report({self._name: self}, path)

    def __repr__(self) -> str:
        table = format_scores(self.scores()).to_string(index_names=False)
        return "\n".join([self._title, "", table, "", *(f"- {note}" for note in self.footnotes)])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.footnotes)
        table = format_scores(self.scores()).to_html(index_names=False)
        return f"<div><strong>{escape(self._title)}</strong>{table}<ul>{notes}</ul></div>"

    @cached_property
    def errors(self) -> Errors:
        """What the forecasts missed by, as arrays."""
        return Errors(
            self.forecasts,
            self.truths,
            horizon=self.horizon,
            step=self.step,
            season_length=self.season_length,
            level=self.level,
        )

    @property
    def unit(self) -> Literal["origins", "series"]:
        """What `significance` compares."""
        n_series = self.errors.n_series
        return "series" if n_series >= MIN_ORIGINS and n_series > self.errors.n_windows else "origins"

    @property
    def lags(self) -> int:
        """Up to how many origins apart horizons overlap."""
        return -(-self.horizon // self.step) - 1

    @cached_property
    def opponent(self) -> str:
        """The best baseline, or the best model where there is none."""
        failed = self.folds.groupby("model", sort=False)["n_failed"].sum()
        table = pd.DataFrame({"failed": failed, "MASE": self._by_model("MASE")}, index=list(self.models))
        baselines = table[[getattr(model, "is_baseline", False) for model in self.models.values()]]
        candidates = table if baselines.empty else baselines
        return str(candidates.sort_values(["failed", "MASE"], kind="stable").index[0])

    @property
    def _name(self) -> str:
        if self.truths.form == "series":
            return str(self.truths.ids[0])
        return f"{self.truths.n_series:,} series"

    @property
    def _title(self) -> str:
        origins = counted(self.errors.n_windows, "origin")
        return (
            f"Backtest of {self._name}: {origins}, horizon {self.horizon}, season_length {self.season_length}"
        )

    @property
    def _accuracy(self) -> list[str]:
        intervals = [f"{kind}-{percent:g}" for percent in self.level for kind in ("coverage", "MSIS")]
        return [*METRICS, "vs SeasonalNaive", *intervals]

    def _mean(self, model: str, metric: str, by: By) -> np.ndarray:
        if metric == "vs SeasonalNaive":
            return self.errors.relative(model, by)
        return self.errors.mean(model, metric, by)

    def _by_model(self, metric: str) -> pd.Series:
        return pd.Series({name: float(self._mean(name, metric, "model")) for name in self.models})

    def _scores_by(self, by: By) -> pd.DataFrame:
        title = {"series": "unique_id", "origin": "cutoff", "horizon": "step"}[by]
        labels = {
            "series": self.errors.ids,
            "origin": self._origin_labels,
            "horizon": pd.RangeIndex(1, self.horizon + 1),
        }[by]
        order = self._by_model("MASE").sort_values(kind="stable").index
        tables = {
            name: pd.DataFrame({metric: self._mean(name, metric, by) for metric in self._accuracy}, labels)
            for name in order
        }
        return pd.concat(tables, names=["model", title])

    @property
    def _origin_labels(self) -> pd.Index:
        firsts = self.forecasts["cutoff"].iloc[:: self.horizon]
        labels = pd.Index(firsts.groupby(self.errors.window).first())
        common = labels.take(self.errors.window).equals(pd.Index(firsts))
        return labels if common else pd.RangeIndex(1, len(labels) + 1)

    def _test(self, losses: np.ndarray, others: np.ndarray) -> tuple[float, float, float, int]:
        missing = np.isnan(losses - others)
        losses, others = (np.where(missing, np.nan, each) for each in (losses, others))
        if self.unit == "series":
            codes, n = self.errors.series, self.errors.n_series
            return signed_rank(mean_by(losses, codes, n), mean_by(others, codes, n))
        codes, n = self.errors.window, self.errors.n_windows
        return diebold_mariano(mean_by(losses, codes, n), mean_by(others, codes, n), lags=self.lags)
