"""Parameters of the classical forecasters."""

from typing import Any

from tsrnn.forecasting.base import BaseForecaster
from tsrnn.forecasting.parameters import FALLBACK, FORECASTER, SEASONS
from tsrnn.validation import (
    Choice,
    Condition,
    Constraint,
    Integer,
    Number,
    Parameter,
    Parameters,
    Rule,
    is_whole,
)


class Orders(Constraint):
    """Orders of an ARIMA model, as many as a form such as "(p, d, q)" has names."""

    def __init__(self, form: str) -> None:
        self.count = form.count(",") + 1
        super().__init__(f"tuple of int {form}", f'whole numbers {form} or "auto", none negative')

    def accepts(self, value: Any) -> bool:
        """Return whether a value is a tuple or list of as many whole numbers, none negative."""
        is_tuple = isinstance(value, tuple | list) and len(value) == self.count
        return is_tuple and all(is_whole(order) and order >= 0 for order in value)

    def plain(self, value: Any) -> tuple[int, ...]:
        """Return them as a tuple of int."""
        return tuple(map(int, value))


_SEASON_LENGTH = Parameter(
    Integer('steps, "auto" or None') | "auto" | None,
    "auto",
    """
    Steps in a season. "auto": what the index suggests (12 for months, 24 for hours, ...) if the series
    shows it. None and 1: no season.
    """,
)
_BOXCOX = Number("[-1, 2]", 'lambda, a number from -1 to 2, "auto" or None') | "auto" | None
_CONSTANT = Choice(True, False, "auto")
_SWITCH = Choice(True, False)
_MAX_ORDER = Integer("lags", 0)

_EACH_SERIES = {**FORECASTER, "fallback": FALLBACK}

NAIVE = FORECASTER

SEASONAL_NAIVE = Parameters({"season_length": _SEASON_LENGTH, **_EACH_SERIES})

AUTOREG = Parameters(
    {
        "lags": Parameter(
            Integer('past values, or "auto"', 0) | "auto",
            "auto",
            """
            Number of past values, 0 for a constant alone. "auto" is two seasons and one step, if the index
            suggests a season and the series shows it. Otherwise, it is the number of least AIC up to 10
            log10(n), compared on the same observations. Either way it is at most a third of the observations.
            """,
        ),
        **_EACH_SERIES,
    }
)

VAR = Parameters(
    {
        "lags": Parameter(
            Integer('past steps, or "auto"') | "auto",
            "auto",
            """
            Number of past steps. "auto" is the number of least AIC up to 12 (n/100)^(1/4), compared on the
            same observations. There are never more parameters to an equation than half of its observations.
            """,
        ),
        "difference": Parameter(
            Choice("auto", True, False),
            "auto",
            """
            Model the changes of channels instead of their values, and sum up forecasts. "auto" decides for
            each channel, by the test of Kwiatkowski et al. at 5 %.
            """,
        ),
        **FORECASTER,
    }
)

CROSTON = Parameters(
    {
        "variant": Parameter(
            Choice("classic", "sba", "tsb"),
            "classic",
            """
            "classic": smoothed size over smoothed interval, both updated where there is demand (Croston).
            "sba": that times 1 - beta/2, without its bias towards too much (Syntetos & Boylan). "tsb":
            smoothed size times the smoothed share of steps with demand, updated at every step, so that the
            forecast falls while no demand comes (Teunter, Syntetos & Babai).
            """,
        ),
        "alpha": Parameter(
            Number("(0, 1]") | "auto",
            0.1,
            """
            Smoothing parameter of sizes. "auto": that of 0.05, 0.06, ..., 0.30 whose one-step forecasts have
            the least squared errors.
            """,
        ),
        "beta": Parameter(
            Number("(0, 1]") | "auto",
            0.1,
            'Smoothing parameter of intervals, or for "tsb" of shares. "auto": as for `alpha`.',
        ),
        **_EACH_SERIES,
    }
)

ETS = Parameters(
    {
        "error": Parameter(
            Choice("auto", "add", "mul"),
            "auto",
            'Errors that add up, or that grow with the level; "mul" needs positive values.',
        ),
        "trend": Parameter(Choice("auto", "add", None), "auto", "Straight trend, or none."),
        "seasonal": Parameter(
            Choice("auto", "add", "mul", None),
            "auto",
            'Season that adds to the level, or multiplies it; "mul" needs positive values.',
        ),
        "season_length": _SEASON_LENGTH,
        "damped_trend": Parameter(
            Choice("auto", True, False),
            True,
            """
            Let the trend level out; without effect where there is none. Straight trends are left out by
            default: they are often chosen, but forecast the series of the M3 competition worse than those
            that level out (Gardner & McKenzie, 1985, expect no less).
            """,
        ),
        **_EACH_SERIES,
    }
)

THETA = Parameters(
    {
        "season_length": _SEASON_LENGTH,
        "theta": Parameter(
            Number("[1, inf)") | "auto",
            2.0,
            """
            How far the smoothed line bends away from the trend; the share of the slope is 1 - 1/theta. 2.0 is
            the standard method: half of the slope of the line through all observations, and a smoothing
            parameter estimated by statsmodels for smoothing alone. "auto" is the dynamic optimised theta
            model: theta, smoothing parameter and initial level together make the squares of the one-step
            errors least, each step seeing the line through the observations before it. The first three
            errors, before which there is hardly a line, do not count.
            """,
        ),
        **_EACH_SERIES,
    }
)

STL = Parameters(
    {
        "forecaster": Parameter(
            Condition(
                "forecaster",
                "a forecaster, recurrent or classical",
                lambda one: isinstance(one, BaseForecaster),
                cure="Derive your own from tsrnn.forecasting.base.BaseForecaster.",
                error=TypeError,
            )
            | None,
            None,
            """
            For the seasonally adjusted series; recurrent or classical, or another derived from
            `tsrnn.forecasting.base.BaseForecaster`. It is copied, never changed; the copy's ``season_length``
            is None if it has that parameter, and ``horizon`` and ``missing`` are those given here.
            `get_params` and `set_params` reach its parameters as ``forecaster__trend``. None: `ETS`.
            """,
        ),
        "season_length": Parameter(
            SEASONS,
            "auto",
            """
            Steps in a season, or in each of several, such as the day's and the week's (24, 168). "auto": what
            the index suggests if the series shows it. None: nothing is taken out.
            """,
        ),
        "robust": Parameter(
            _SWITCH,
            False,
            "Give observations that fit badly less weight, so that outliers do not enter the season.",
        ),
        **FORECASTER,
        "alias": FORECASTER["alias"]._replace(
            text='Name in tables and legends; None: "STL+" and the forecaster\'s.'
        ),
    }
)

ARIMA = Parameters(
    {
        "order": Parameter(
            Orders("(p, d, q)") | "auto",
            "auto",
            """
            Autoregressive order, number of first differences, moving-average order. "auto" is (1, 1, 1) with
            a season, and without one (2, 1, 2), which can follow a cycle of any length. `AutoARIMA` searches.
            """,
        ),
        "seasonal_order": Parameter(
            Orders("(P, D, Q, m)") | "auto",
            "auto",
            """
            The same at lags of m, the steps in a season. "auto" takes the season that the index suggests if
            the series shows it: up to m = 60 as (0, 1, 1, m), the seasonal part of the airline model; a
            longer one as (0, 0, 0, m), for the time and memory of the filter grow faster than m². That
            subtracts it as the average pattern of classical decomposition. Otherwise, (0, 0, 0, 0).
            """,
        ),
        "constant": Parameter(
            _CONSTANT,
            "auto",
            """
            Estimate a constant of the differences: the level of a series that is not differenced, the drift
            of one differenced once. "auto": only without any differencing.
            """,
        ),
        "boxcox": Parameter(
            _BOXCOX,
            "auto",
            """
            Lambda of the transform y^lambda / lambda that is modelled; 0 is the logarithm, 1 and None are the
            series itself. The forecast is then the median, not the mean, of what the transform can have come
            from: never negative. "auto": the logarithm if there is a season and every observation is
            positive.
            """,
        ),
        **_EACH_SERIES,
    },
    [
        Rule(
            lambda o: o.seasonal_order != "auto" and any(o.seasonal_order[:3]) and o.seasonal_order[3] < 2,
            lambda o: (
                f"`seasonal_order[3]` must be a whole number of steps, at least 2; got {o.seasonal_order[3]}."
            ),
        )
    ],
)

AUTO_ARIMA = Parameters(
    {
        "season_length": _SEASON_LENGTH._replace(
            text=f"{_SEASON_LENGTH.text} One of more than 60 steps is subtracted, as `ARIMA` does."
        ),
        "d": Parameter(
            Integer('differences, or "auto"', 0) | "auto",
            "auto",
            'Number of first differences. "auto": what `unit_root` finds, 0 to 2.',
        ),
        "D": Parameter(
            Integer('differences, or "auto"', 0) | "auto",
            "auto",
            'Number of seasonal differences. "auto": what `seasonal_root` finds, 0 or 1.',
            "a season",
        ),
        "max_p": Parameter(
            _MAX_ORDER, 5, "Highest autoregressive order; never more than a third of the observations."
        ),
        "max_q": Parameter(
            _MAX_ORDER, 5, "Highest moving-average order; never more than a third of the observations."
        ),
        "max_P": Parameter(
            _MAX_ORDER, 2, "Highest autoregressive order at lags of whole seasons.", "a season"
        ),
        "max_Q": Parameter(
            _MAX_ORDER, 2, "Highest moving-average order at lags of whole seasons.", "a season"
        ),
        "max_order": Parameter(
            _MAX_ORDER, 5, "Highest sum p + q + P + Q, where all are tried.", "stepwise=False"
        ),
        "constant": Parameter(
            _CONSTANT,
            "auto",
            """
            Constant of the differences. "auto": models with and without are tried, if there is no more than
            one difference; else there is none.
            """,
        ),
        "criterion": Parameter(
            Choice("aicc", "aic", "bic"),
            "aicc",
            "What is minimised. The variance of the errors counts as a parameter.",
        ),
        "unit_root": Parameter(
            Choice("kpss", "adf"),
            "kpss",
            "Test at 5 %: that of Kwiatkowski et al., or the augmented one of Dickey and Fuller.",
            'd="auto"',
        ),
        "seasonal_root": Parameter(
            Choice("likelihood", "strength", "ocsb"),
            "likelihood",
            """
            What finds D: the criterion of the best models with D = 0 and with D = 1; the season's share of
            the detrended variance, if above 0.64; or the test of Osborn et al.
            """,
            'D="auto" and a season',
        ),
        "stepwise": Parameter(
            _SWITCH,
            True,
            """
            Search from neighbour to neighbour; otherwise, try all orders up to `max_order`, which takes some
            twenty times longer.
            """,
        ),
        "boxcox": Parameter(
            _BOXCOX,
            "auto",
            """
            Lambda of the transform y^lambda / lambda that is modelled; 0 is the logarithm, 1 and None are the
            series itself. The forecast is then the median, not the mean, and never negative. "auto": of a
            positive series None or 0.5, whichever gives the search's first model the lesser criterion; else
            None. The logarithm is to be asked for: where growth does not last, forecasts lose more by it than
            they gain elsewhere.
            """,
        ),
        "max_seconds": Parameter(
            Number("(0, inf)") | None,
            None,
            """
            When to end the search with the best model so far, which a warning says. What decides on the
            transform is fitted anyway.
            """,
        ),
        **_EACH_SERIES,
    }
)
