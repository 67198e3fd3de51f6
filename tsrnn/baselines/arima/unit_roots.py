"""Unit-root tests and seasonal unit-root tests, which determine numbers of differences."""

from collections.abc import Callable

import numpy as np

from tsrnn.deadline import without_interruption

__all__ = ["ROOTS", "SEASONAL_ROOTS", "kpss_statistic", "n_differences", "n_seasonal_differences"]

_KPSS_CRITICAL = 0.463  # at 5 %, of a level; Kwiatkowski et al. (1992), table 1
_ADF_CRITICAL = -2.86154, -2.8903, -4.234, -40.040  # at 5 %, by powers of 1 / n; MacKinnon (2010), table 2
_STRONG = 0.64
_OCSB_LAGS = 3


def n_differences(values: np.ndarray, test: str = "kpss", most: int = 2) -> int:
    """Return the number of differences of values (n,) after which a test finds no unit root.

    Parameters
    ----------
    values : ndarray of shape (n,)
    test : {"kpss", "adf"}, default="kpss"
        Differences are taken as long as "kpss" rejects stationarity around a level, or "adf" does not reject
        a unit root, at 5 %.
    most : int, default=2

    References
    ----------
    Kwiatkowski, Phillips, Schmidt & Shin (1992), "Testing the null hypothesis of stationarity against the
    alternative of a unit root", Journal of Econometrics 54, 159-178, with the window of Hyndman & Khandakar
    (2008); Said & Dickey (1984), "Testing for unit roots in autoregressive-moving average models of unknown
    order", Biometrika 71, 599-607; MacKinnon (2010), "Critical values for cointegration tests", Queen's
    University, working paper 1227.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(size=100)
    >>> n_differences(noise), n_differences(noise.cumsum()), n_differences(noise.cumsum().cumsum())
    (0, 1, 2)
    """
    d = 0
    while d < most and len(values) >= 3 and _varies(values) and ROOTS[test](values):
        values, d = np.diff(values), d + 1
    return d


def n_seasonal_differences(values: np.ndarray, season: int, test: str = "strength") -> int:
    """Return the number of seasonal differences of values (n,), 0 or 1; 0 for less than two seasons.

    Parameters
    ----------
    values : ndarray of shape (n,)
    season : int
        Steps in a season.
    test : {"strength", "ocsb"}, default="strength"
        Differences are taken if the seasonal strength, the season's share of the detrended variance, is above
        0.64, or if the test of Osborn, Chui, Smith & Birchenhall does not reject a seasonal unit root at 5 %.

    References
    ----------
    Wang, Smith & Hyndman (2006), "Characteristic-based clustering for time series data", Data Mining and
    Knowledge Discovery 13, 335-364; Osborn, Chui, Smith & Birchenhall (1988), "Seasonality and the order of
    integration for consumption", Oxford Bulletin of Economics and Statistics 50, 361-377.

    Examples
    --------
    >>> t = np.arange(48)
    >>> n_seasonal_differences(t + np.tile([5.0, 0, 0, 0], 12), 4), n_seasonal_differences(t % 7.0, 4)
    (1, 0)
    """
    if season < 2 or len(values) <= 2 * season or not _varies(values):
        return 0
    return int(SEASONAL_ROOTS[test](values, season))


def kpss_statistic(values: np.ndarray, lags: int) -> float:
    """Return the statistic of Kwiatkowski et al. (1992), equation 13, of values around a level.

    Examples
    --------
    >>> round(kpss_statistic(np.array([1.0, 2, 3, 4]), lags=0), 6)
    0.425
    """
    n, around = len(values), values - values.mean()
    sums = np.cumsum(around)
    products = [around[lag:] @ around[: n - lag] for lag in range(lags + 1)]
    weights = 1.0 - np.arange(1, lags + 1) / (lags + 1.0)
    return float(sums @ sums / n / (products[0] + 2.0 * (weights @ products[1:])))


def seasonal_strength(values: np.ndarray, season: int) -> float:
    """Return 1 - var(remainder) / var(season + remainder) of a decomposition by loess, at least 0."""
    with without_interruption():
        from statsmodels.tsa.seasonal import STL

    parts = STL(values / np.abs(values).max(), period=season, seasonal=11, seasonal_deg=0).fit()
    together = np.var(parts.seasonal + parts.resid)
    return max(0.0, 1.0 - np.var(parts.resid) / together) if together > 0 else 0.0


def ocsb_statistic(values: np.ndarray, season: int) -> float:
    """Return the t value of the seasonal root in the OCSB regression; nan if the series is too short.

    The series, differenced over a step and a season, is regressed on its own lags (up to 3, by AIC) and on
    the filtered series with only one of the two differences.
    """
    fits = [_ocsb_regression(values, season, lags, _OCSB_LAGS) for lags in range(1, _OCSB_LAGS + 1)]
    lags = 1 + int(np.argmin([aic for _, aic in fits]))
    return _ocsb_regression(values, season, lags, lags)[0]


def _ocsb_regression(values: np.ndarray, season: int, lags: int, dropped: int) -> tuple[float, float]:
    """Return the t value of the seasonal root and the AIC, without the first `dropped` rows."""
    seasonal, step = values[season:] - values[:-season], np.diff(values)
    both = np.diff(seasonal)
    y, past = both[dropped:], _lagged(both, lags)[dropped - lags :]
    if len(y) <= lags + 2:
        return np.nan, np.inf
    level, *weights = np.linalg.lstsq(np.column_stack([np.ones(len(y)), past]), y, rcond=None)[0]
    z4, z5 = (part[lags:] - level - _lagged(part, lags) @ weights for part in (seasonal, step))
    n = len(y)
    return _last_t_value(np.column_stack([past, z4[-n - 1 : -1], z5[-n - season : -season]]), y)


def adf_statistic(values: np.ndarray, lags: int) -> float:
    """Return the augmented Dickey-Fuller statistic: the t value of the level before, with a constant."""
    changes = np.diff(values)
    past, before = _lagged(changes, lags), values[lags:-1]
    X = np.column_stack([np.ones(len(past)), past, before])
    return _last_t_value(X, changes[lags:])[0]


def _last_t_value(X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the t value of the last slope of a regression, and its AIC."""
    n, k = X.shape
    slopes, *_ = np.linalg.lstsq(X, y, rcond=None)
    squares = float(np.sum((y - X @ slopes) ** 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.linalg.pinv(X.T @ X)[-1, -1] * squares / (n - k))
        return float(slopes[-1] / error), float(n * np.log(squares / n) + 2 * (k + 1))


def _lagged(values: np.ndarray, lags: int) -> np.ndarray:
    """Return lags 1, 2, ... of all values that have them, (n - lags, lags)."""
    if lags == 0:
        return np.empty((len(values), 0))
    return np.lib.stride_tricks.sliding_window_view(values, lags + 1)[:, -2::-1]


def _ocsb_critical(season: int) -> float:
    """Return the critical value at 5 %, fitted to simulated ones (R package forecast, `ocsb.test`)."""
    distance = np.log(season) - 0.7656451
    return float(-0.2937411 * np.exp(-0.2850853 * distance - 0.05983644 * distance**2) - 1.652202)


def _has_root_by_kpss(values: np.ndarray) -> bool:
    return kpss_statistic(values, int(3 * np.sqrt(len(values)) / 13)) > _KPSS_CRITICAL


def _has_root_by_adf(values: np.ndarray) -> bool:
    n = len(values)
    lags = min(int((n - 1) ** (1 / 3)), n // 2 - 2)
    if lags < 0:
        return False
    critical = np.polyval(_ADF_CRITICAL[::-1], 1 / (n - 1 - lags))
    return bool(adf_statistic(values / np.abs(values).max(), lags) > critical)


def _has_seasonal_root_by_ocsb(values: np.ndarray, season: int) -> bool:
    return ocsb_statistic(values, season) > _ocsb_critical(season)


def _has_seasonal_root_by_strength(values: np.ndarray, season: int) -> bool:
    return seasonal_strength(values, season) > _STRONG


def _varies(values: np.ndarray) -> bool:
    return bool(np.ptp(values) > 1e-12 * np.abs(values).max())


ROOTS: dict[str, Callable[[np.ndarray], bool]] = {"kpss": _has_root_by_kpss, "adf": _has_root_by_adf}
SEASONAL_ROOTS: dict[str, Callable[[np.ndarray, int], bool]] = {
    "strength": _has_seasonal_root_by_strength,
    "ocsb": _has_seasonal_root_by_ocsb,
}
