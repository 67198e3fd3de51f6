"""What a backtest found: forecasts, scores, and whether the differences mean anything."""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from tsrnn.frames import read_series
from tsrnn.metrics import mae, mase, rmse, smape
from tsrnn.parameters import check_choice, counted
from tsrnn.report import format_scores, write_report
from tsrnn.significance import MIN_ORIGINS, diebold_mariano

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Backtest"]

METRICS = ["MASE", "sMAPE", "RMSE", "MAE"]


@dataclass(eq=False, repr=False)
class Backtest:
    """Forecasts of several models from several origins, and what they were worth.

    Made by `backtest` and `compare`. In a notebook it shows its table of scores.

    Attributes
    ----------
    forecasts : DataFrame
        One row for each origin and step: ``unique_id`` (the series' name), ``ds`` (label of the point),
        ``cutoff`` (label of the last observation before it), ``y`` (the truth; NaN where it was never
        observed) and one column for each model; NaN where it failed.
    folds : DataFrame
        One row for each model and origin: ``model``, ``cutoff``, ``status`` ("ok", "failed" or "time limit"),
        ``message`` (the error and the warnings), ``fit_seconds`` (NaN where nothing was fitted),
        ``predict_seconds``, ``n_train`` (observations the model was trained on).
    models : dict of str to forecaster
        Unfitted copies, as they were fitted at each origin.
    histories : dict of str to DataFrame
        Training curves (``history_``) of the last fit of each model that has them.
    history : Series
        The whole series, as float64; NaN where nothing was observed.
    horizon, step : int
        Steps forecast from each origin, and observations between origins.
    season_length : int
        Season of the scale of MASE and of SeasonalNaive; 1 where there is none.
    refit : bool
        Whether each model was fitted anew at each origin, or once before the first.
    max_history : dict of str to int
        The most observations given to the models that are limited.
    """

    forecasts: pd.DataFrame
    folds: pd.DataFrame
    models: dict[str, Any]
    histories: dict[str, pd.DataFrame]
    history: pd.Series
    horizon: int
    step: int
    season_length: int
    refit: bool
    max_history: dict[str, int]

    def scores(self) -> pd.DataFrame:
        """Return one row of scores for each model, the lowest MASE first.

        Returns
        -------
        DataFrame indexed by ``model``
            ``MASE`` (scaled by the seasonal naive method in the whole training window of each origin),
            ``sMAPE`` (0 to 200 percent), ``RMSE`` (units of the data): means over the origins that the model
            did not fail at. ``vs SeasonalNaive``: its MASE over that of SeasonalNaive from the same origins,
            whether or not that is one of the models; below 1 is better. ``fit_seconds`` and
            ``predict_seconds``: means over fits and forecasts. ``p_value``: of `significance`, NaN for the
            model that the others are held against. ``failed``: origins without a forecast. ``history``:
            observations the model was fitted on, at most.
        """
        errors = {metric: self._error(metric).mean() for metric in METRICS[:3]}
        reference = self._measure(self._seasonal_naive())["MASE"]
        same_origins = {name: reference[seen].mean() for name, seen in self._error("MASE").notna().items()}
        folds = self.folds.groupby("model", sort=False)
        table = pd.DataFrame(
            {
                **errors,
                "vs SeasonalNaive": errors["MASE"] / pd.Series(same_origins, dtype=float),
                "fit_seconds": folds["fit_seconds"].mean(),
                "predict_seconds": folds["predict_seconds"].mean(),
                "p_value": self.significance()["p_value"],
                "failed": self._failed,
                "history": folds["n_train"].max(),
            },
            index=pd.Index(self.models, name="model"),
        )
        return table.sort_values("MASE", kind="stable")

    def significance(
        self, against: str | None = None, *, loss: Literal["absolute", "squared"] = "absolute"
    ) -> pd.DataFrame:
        """Test whether models are as accurate as one of them (Diebold-Mariano, small-sample correction).

        The unit is each origin's mean loss over the horizon. See `tsrnn.significance.diebold_mariano`.

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
            ``p_value`` (two-sided; NaN below 10 common origins) and ``n_origins``; one row for every other
            model.

        Raises
        ------
        ValueError
            If `against` is not one of the models or `loss` is unknown.
        """
        check_choice("loss", loss, ("absolute", "squared"))
        against = self._opponent if against is None else against
        check_choice("against", against, self.models)
        losses = self._error("MAE") if loss == "absolute" else self._error("RMSE") ** 2
        rows = {
            name: (against, *diebold_mariano(losses[name], losses[against], lags=self._lags))
            for name in self.models
            if name != against
        }
        columns = ["against", "difference", "statistic", "p_value", "n_origins"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")

    @property
    def footnotes(self) -> list[str]:
        """What a reader of the scores has to know, in sentences."""
        n_origins = len(self._sizes)
        return [
            f"Means over {counted(n_origins, 'origin')}; MASE is scaled by the seasonal naive method "
            f"(season_length={self.season_length}) in each training window.",
            "sMAPE is the mean of 200 |y - f| / (|y| + |f|), from 0 to 200.",
            *self._test_notes(n_origins),
            *self._training_notes(),
            *self._truth_notes(),
            *self._failure_notes(n_origins),
        ]

    def plot(self, *args: Any, **kwargs: Any) -> "Figure":
        """Draw the forecasts from every origin; arguments as in `tsrnn.plotting.plot_backtest`."""
        from tsrnn.plotting import plot_backtest

        return plot_backtest(self, *args, **kwargs)

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

    @property
    def _name(self) -> str:
        return "y" if self.history.name is None else str(self.history.name)

    @property
    def _title(self) -> str:
        origins = counted(len(self._sizes), "origin")
        return (
            f"Backtest of {self._name}: {origins}, horizon {self.horizon}, season_length {self.season_length}"
        )

    @cached_property
    def _sizes(self) -> np.ndarray:
        """Observations up to each cutoff."""
        return self.history.index.get_indexer(self.forecasts["cutoff"].unique()) + 1

    @property
    def _lags(self) -> int:
        return -(-self.horizon // self.step) - 1

    @cached_property
    def _errors(self) -> pd.DataFrame:
        """One row for each origin; columns (model, metric)."""
        measured = {name: self._measure(self.forecasts[name].to_numpy()) for name in self.models}
        return pd.concat(measured, axis=1)

    def _error(self, metric: str) -> pd.DataFrame:
        """One row for each origin, one column for each model."""
        return self._errors.xs(metric, axis=1, level=1)

    def _seasonal_naive(self) -> np.ndarray:
        """SeasonalNaive's forecasts, one origin after the other; gaps in training are interpolated."""
        forecasts = np.full((len(self._sizes), self.horizon), np.nan)
        for forecast, size in zip(forecasts, self._sizes, strict=True):
            train = self.history.iloc[:size]
            if train.notna().any():
                values, *_ = read_series(train, missing="interpolate")
                forecast[:] = np.resize(values[-self.season_length :], self.horizon)
        return forecasts.ravel()

    def _measure(self, forecasts: np.ndarray) -> pd.DataFrame:
        values, rows = self.history.to_numpy(), {}
        for size, forecast in zip(self._sizes, forecasts.reshape(-1, self.horizon), strict=True):
            train, truth = values[:size], values[size : size + self.horizon]
            scaled = mase(truth, forecast, train, self.season_length)
            rows[size] = scaled, smape(truth, forecast), rmse(truth, forecast), mae(truth, forecast)
        return pd.DataFrame.from_dict(rows, orient="index", columns=METRICS)

    @property
    def _failed(self) -> pd.Series:
        return (self.folds["status"] != "ok").groupby(self.folds["model"], sort=False).sum()

    @cached_property
    def _opponent(self) -> str:
        """The best baseline, or the best model where there is none."""
        table = pd.DataFrame(
            {"failed": self._failed, "MASE": self._error("MASE").mean()}, index=list(self.models)
        )
        baselines = table[[getattr(model, "is_baseline", False) for model in self.models.values()]]
        candidates = table if baselines.empty else baselines
        return str(candidates.sort_values(["failed", "MASE"], kind="stable").index[0])

    def _test_notes(self, n_origins: int) -> list[str]:
        if len(self.models) == 1:
            return []
        if n_origins < MIN_ORIGINS:
            made = counted(n_origins, "origin")
            return [f"No p-value: {made}; the Diebold-Mariano test needs at least {MIN_ORIGINS}."]
        if n_origins <= self._lags:
            return ["No p-value: all horizons overlap each other; use more origins or a longer step."]
        is_baseline = getattr(self.models[self._opponent], "is_baseline", False)
        role = "the best baseline" if is_baseline else "the best model, as there is no baseline"
        test = "Diebold-Mariano test of equal mean absolute error"
        return [f"p_value: {test} against {self._opponent}, {role}."]

    def _training_notes(self) -> list[str]:
        notes = [] if self.refit else ["Each model was fitted once, before the first origin."]
        used = self.folds.groupby("model", sort=False)["n_train"].max()
        for cap in sorted(set(self.max_history.values())):
            capped = [name for name, limit in self.max_history.items() if limit == cap == used[name]]
            if capped and self._sizes[-1] > cap:
                notes.append(f"{', '.join(capped)}: given the most recent {cap:,} observations only.")
        return notes

    def _truth_notes(self) -> list[str]:
        truth = self.forecasts["y"]
        if not truth.isna().any():
            return []
        return [f"{truth.isna().sum()} of {len(truth)} points of truth were never observed and are skipped."]

    def _failure_notes(self, n_origins: int) -> list[str]:
        ok = self.folds["status"] == "ok"
        notes = []
        for name, rows in self.folds[~ok].groupby("model", sort=False):
            origins = f"{len(rows)} of {counted(n_origins, 'origin')}"
            notes.append(f"{name} failed at {origins}: {rows['message'].iloc[0]}")
        warned = self.folds.loc[ok & (self.folds["message"] != ""), "model"].unique()
        return [*notes, f"Warnings from {', '.join(warned)}: see .folds."] if len(warned) else notes
