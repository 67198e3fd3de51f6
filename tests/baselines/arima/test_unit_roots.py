"""How often to difference, held to statsmodels, pmdarima and statsforecast."""

import numpy as np
import pytest
from statsmodels.tsa.seasonal import STL
from statsmodels.tsa.stattools import adfuller, kpss

from tsrnn import datasets
from tsrnn.baselines.arima import unit_roots
from tsrnn.baselines.arima.unit_roots import (
    adf_statistic,
    kpss_statistic,
    n_differences,
    n_seasonal_differences,
    ocsb_statistic,
    seasonal_strength,
)

AIR = datasets.load("airpassengers")


@pytest.mark.parametrize("name", ["nile", "lakehuron", "airpassengers", "lynx", "sunspots"])
@pytest.mark.filterwarnings("ignore:The test statistic is outside", "ignore::FutureWarning")
def test_kpss_is_that_of_statsmodels(name):
    y = datasets.load(name).to_numpy(float)
    for lags in (0, 1, 7):
        assert kpss_statistic(y, lags) == pytest.approx(kpss(y, nlags=lags)[0], rel=1e-10)


@pytest.mark.parametrize("name", ["nile", "lakehuron", "airpassengers", "lynx", "sunspots"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_adf_is_that_of_statsmodels(name):
    y = datasets.load(name).to_numpy(float)
    standard = (y - y.mean()) / y.std()  # the same statistic, with more digits left
    for lags in (0, 1, 4):
        statistic, _, _, n, critical = adfuller(standard, maxlag=lags, autolag=None)[:5]
        assert adf_statistic(standard, lags) == pytest.approx(statistic, rel=1e-10)
        assert adf_statistic(y, lags) == pytest.approx(statistic, rel=1e-6)
        assert np.polyval(unit_roots._ADF_CRITICAL[::-1], 1 / n) == pytest.approx(critical["5%"], rel=1e-6)


# Of pmdarima 2.1.1: OCSBTest(m, lag_method="fixed", max_lag=k)
OCSB = {
    "airpassengers": (12, [2.7701341142540117, 2.739041747368031, 2.7158417348512858], 1),
    "nottem": (12, [-4.036569512710372, -3.3526463134114874, -2.973122881160754], 0),
    "usaccdeaths": (12, [-2.215846511548626, -2.2349006689351305, -2.2578970797014044], 0),
    "ukgas": (4, [2.7773003952453683, 2.894431946827185, 2.3020712438980007], 1),
    "elnino": (12, [-8.537454780383849, -8.489633870914341, -8.418904619658257], 0),
}


@pytest.mark.parametrize("name", OCSB)
def test_ocsb_is_that_of_pmdarima(name):
    m, published, D = OCSB[name]
    y = datasets.load(name).to_numpy(float)
    assert np.abs(np.array(published) - ocsb_statistic(y, m)).min() < 1e-8
    assert n_seasonal_differences(y, m, "ocsb") == D


@pytest.mark.parametrize("lags", [1, 2, 3])
def test_ocsb_of_each_number_of_lags_is_that_of_pmdarima(lags):
    for name, (m, published, _) in OCSB.items():
        y = datasets.load(name).to_numpy(float)
        statistic, _ = unit_roots._ocsb_regression(y, m, lags, lags)
        assert statistic == pytest.approx(published[lags - 1], rel=1e-9)


def test_strength_of_a_season_is_the_share_of_its_variance():
    y = AIR.to_numpy(float)
    parts = STL(y, 12, seasonal=11, seasonal_deg=0).fit()
    expected = 1 - np.var(parts.resid) / np.var(parts.resid + parts.seasonal)
    assert seasonal_strength(y, 12) == pytest.approx(expected, rel=1e-10)
    assert seasonal_strength(y * 1e30, 12) == pytest.approx(expected, rel=1e-10)


# Of statsforecast 2.1.1: ndiffs(y, alpha=0.05, test=..., max_d=2)
@pytest.mark.parametrize(
    ("name", "by_kpss", "by_adf"),
    [("nile", 1, 1), ("lakehuron", 1, 1), ("airpassengers", 1, 1), ("lynx", 0, 0)],
)
def test_differences_of_classic_series(name, by_kpss, by_adf):
    y = datasets.load(name).to_numpy(float)
    assert (n_differences(y), n_differences(y, "adf")) == (by_kpss, by_adf)


def test_differences_stop_where_nothing_varies_or_at_the_most():
    line = np.arange(30.0)
    assert (n_differences(line), n_differences(line**2), n_differences(line**4, most=3)) == (1, 2, 3)
    assert n_differences(np.ones(30)) == n_seasonal_differences(np.ones(30), 4) == 0
    assert n_seasonal_differences(np.arange(8) % 4.0, 4) == 0
    assert n_seasonal_differences(np.arange(9) % 4.0, 4) == 1


def test_every_test_can_be_chosen():
    from tsrnn.baselines.parameters import AUTO_ARIMA

    assert [AUTO_ARIMA["unit_root"].constraint.check("unit_root", name) for name in unit_roots.ROOTS] == [
        *unit_roots.ROOTS
    ]
    for name in unit_roots.SEASONAL_ROOTS:
        assert AUTO_ARIMA["seasonal_root"].constraint.check("seasonal_root", name) == name
