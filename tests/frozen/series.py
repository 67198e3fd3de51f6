"""Small pieces of shipped data that the cases use, and panels and covariates made of them."""

from functools import cache

import numpy as np
import pandas as pd

from tsrnn import datasets


@cache
def load(name):
    return datasets.load(name)


def passengers():
    return load("airpassengers")


def deaths():
    return load("usaccdeaths")


def nile():
    return load("nile")


def temperature():
    return load("nottem")[-120:]


def gas():
    return load("ukgas")


def stocks():
    return load("eustockmarkets")[-200:].dropna()


def dax():
    return load("dax")[-250:]


@cache
def house():
    """Seven columns, 400 hours."""
    return load("household_power")[-400:].interpolate()


def hours():
    return house()["voltage"]


def table():
    return house()[["voltage", "global_intensity", "sub_metering_3"]][-200:]


@cache
def gappy():
    y = hours()[-240:].copy()
    for first, last in ((20, 23), (90, 91), (150, 160), (238, 239)):
        y.iloc[first:last] = np.nan
    return y


def gappy_table():
    y = table().copy()
    y.iloc[30:34, 0] = np.nan
    y.iloc[100:109, 1:] = np.nan
    return y


@cache
def counts():
    """Calls in an hour, say: whole numbers from the strength of a current."""
    y = np.floor(house()["global_intensity"][-240:] / 2)
    return y.rename("calls")


@cache
def rare():
    """Demand that comes now and then."""
    y = np.floor(load("lynx") / 1500)
    return y.rename("demand")


def days(n=120, start="2024-01-01", **options):
    """Daily values with a week, of closed form."""
    t = np.arange(n)
    values = 20 + 0.05 * t + 3 * np.sin(2 * np.pi * t / 7) + np.cos(1.7 * t)
    return pd.Series(
        values, pd.date_range(start, periods=n, name="day", **({"freq": "D"} | options)), name="y"
    )


@cache
def panel():
    """Three series of months, which differ in length and in when they end."""
    return {"passengers": passengers()[:100], "deaths": deaths(), "temperature": temperature()[:90]}


def long(y, columns=("unique_id", "ds", "y")):
    key, time, value = columns
    parts = [pd.DataFrame({key: name, time: one.index, value: one.to_numpy()}) for name, one in y.items()]
    return pd.concat(parts, ignore_index=True)


def levels(y):
    return long(y).set_index(["unique_id", "ds"])["y"]


def level_table():
    """Two meters with two channels each, by a two-level index."""
    y = house()[["voltage", "global_intensity"]]
    return pd.concat({"east": y[-120:], "west": 1.1 * y[-200:-60]}, names=["meter", "hour"])


def ahead(y=None, horizon=12):
    """Covariates known ahead of a series or table of hours."""
    index = hours().index if y is None else y.index
    index = index.append(pd.date_range(index[-1], periods=horizon + 1, freq="h")[1:])
    night = index.hour < 6
    return pd.DataFrame({"night": night, "wave": np.sin(np.arange(len(index)) / 5)}, index)


def behind(y):
    return house()[["sub_metering_1", "sub_metering_3"]].loc[y.index]


def traits(keys=("passengers", "deaths", "temperature")):
    sizes = np.arange(1.0, len(keys) + 1)
    kinds = ["people", "people", "weather", "people"][: len(keys)]
    return pd.DataFrame({"size": sizes, "kind": kinds}, index=list(keys))
