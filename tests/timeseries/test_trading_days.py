"""Future labels of trading days are those of the future covariates that come with them."""

import numpy as np
import pandas as pd
import pytest
from pandas.tseries.holiday import USFederalHolidayCalendar

from tsrnn import ARIMA, RNNForecaster
from tsrnn.timeseries.covariates import read_covariates, read_further_covariates
from tsrnn.timeseries.panel import Panel
from tsrnn.timeseries.reading import read_panel

HOLIDAYS = USFederalHolidayCalendar().holidays("2023-01-01", "2024-12-31")
WORKING = pd.DatetimeIndex(pd.bdate_range("2023-01-02", "2024-01-31").to_numpy())
DAYS = WORKING.difference(HOLIDAYS)
N = int((DAYS < "2023-12-20").sum())
AHEAD = ["2023-12-20", "2023-12-21", "2023-12-22", "2023-12-26", "2023-12-27"]
HOURS = pd.timedelta_range("9h", "15h", freq="h")
BARS = pd.DatetimeIndex((DAYS.to_numpy()[:, None] + HOURS.to_numpy()).ravel())


def numbers(index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(float(len(index)))}, index)


def long(index: pd.Index, ids: str = "ab") -> pd.DataFrame:
    return pd.concat([numbers(index).assign(unique_id=key, ds=index) for key in ids], ignore_index=True)


def fit_and_read(index: pd.Index, X: pd.DataFrame, horizon: int, history: pd.Index | None = None) -> Panel:
    """Return what a model fitted to an index reads to forecast from its end, or from that of a history."""
    fitted = read_covariates(read_panel(numbers(index)["x"]), numbers(index))
    options = {"schema": fitted.schema, "horizon": horizon, "fitted": fitted}
    if history is None:
        return read_further_covariates(fitted, X, before=fitted, **options)
    return read_further_covariates(read_panel(numbers(history)["x"]), X, **options)


def following(panel: Panel, horizon: int = 5) -> list[str]:
    return panel.labels.following(horizon).flat.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize("start", [0, N], ids=["all rows", "those ahead"])
@pytest.mark.parametrize(
    "kind",
    [
        lambda index: index,
        lambda index: index.tz_localize("America/New_York"),
        lambda index: index.to_period("D"),
        lambda index: index + pd.Timedelta(hours=16),
    ],
    ids=["days", "zone", "periods", "closes"],
)
def test_christmas_is_not_demanded_of_future_covariates(kind, start):
    index = kind(DAYS)
    panel = fit_and_read(index[:N], numbers(index)[start:], 5)
    assert following(panel) == AHEAD
    assert panel.arrays.future[-5:, 0].tolist() == list(range(N, N + 5))
    assert panel.labels.following(5).flat.dtype == index.dtype


@pytest.mark.parametrize("make", [RNNForecaster, ARIMA])
def test_forecasts_have_the_labels_of_the_future_covariates(make):
    y = pd.Series(np.random.default_rng(0).standard_normal(N), DAYS[:N])
    X = numbers(DAYS).mod(7)
    model = make(horizon=5, **({"max_steps": 5, "random_state": 0} if make is RNNForecaster else {}))
    model.fit(y, X[:N])
    assert model.predict(X=X[N : N + 5]).index.strftime("%Y-%m-%d").tolist() == AHEAD
    assert model.predict(X=X, y=y[-120:]).index.equals(DAYS[N : N + 5])


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "for each"])
def test_series_of_unequal_ends_go_on_with_their_own_trading_days(shared):
    y = long(DAYS[:N]).rename(columns={"x": "y"})
    y = y[(y["unique_id"] == "a") | (y["ds"] < "2023-11-20")]
    X = numbers(DAYS) if shared else long(DAYS, "ba").sample(frac=1, random_state=0)
    model = RNNForecaster(horizon=5, max_steps=5, random_state=0).fit(y, X)
    ds = model.predict(X=X)["ds"].dt.strftime("%Y-%m-%d").tolist()
    assert ds[:5] == AHEAD
    assert ds[5:] == ["2023-11-20", "2023-11-21", "2023-11-22", "2023-11-24", "2023-11-27"]


def test_sessions_of_future_covariates_leave_out_holidays():
    n = 7 * (N + 2)  # ends with 21 December
    panel = fit_and_read(BARS[:n], numbers(BARS), 14)
    assert panel.labels.following(14).flat.equals(BARS[n : n + 14])
    assert following(panel, 14)[6:8] == ["2023-12-22", "2023-12-26"]


def test_too_few_trading_days_are_told_by_the_next_one():
    with pytest.raises(ValueError, match=r"^`X` has no row for 1 of the 5 steps ahead: 2023-12-27\. Every"):
        fit_and_read(DAYS[:N], numbers(DAYS)[N : N + 4], 5)


@pytest.mark.parametrize(
    ("index", "absent", "named"),
    [
        (WORKING, ["2023-12-21"], "1 of .*: 2023-12-21"),
        (DAYS, ["2023-12-21", "2023-12-22"], "3 of .*: 2023-12-21, 2023-12-22, 2023-12-25"),
        (pd.date_range("2023-01-02", "2024-01-31"), ["2023-12-21"], "1 of .*: 2023-12-21"),
    ],
    ids=["no holidays in training", "longer than any holiday", "all days"],
)
def test_absent_rows_that_are_no_holidays_are_refused(index, absent, named):
    n = int((index < "2023-12-20").sum())
    with pytest.raises(ValueError, match=f"^`X` has no row for {named}"):
        fit_and_read(index[:n], numbers(index).drop(pd.to_datetime(absent)), 5)


def test_rows_for_each_working_day_are_taken_as_they_are():
    panel = fit_and_read(DAYS[:N], numbers(pd.date_range(DAYS[0], DAYS[-1])), 5)
    assert following(panel) == ["2023-12-20", "2023-12-21", "2023-12-22", "2023-12-25", "2023-12-26"]


def test_a_new_history_without_holidays_knows_those_of_training():
    panel = fit_and_read(DAYS[:N], numbers(DAYS), 3, history=DAYS[N - 10 : N + 2])
    assert following(panel, 3) == ["2023-12-22", "2023-12-26", "2023-12-27"]
