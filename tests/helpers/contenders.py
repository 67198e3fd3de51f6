"""Tiny forecasters whose every forecast can be worked out by hand, and series for them."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator


class Last(BaseEstimator):
    """The naive method, plus a constant."""

    is_baseline = True

    def __init__(self, shift=0.0, horizon=1, alias=None):
        self.shift = shift
        self.horizon = horizon
        self.alias = alias

    @property
    def label(self):
        return self.alias or type(self).__name__

    def fit(self, y):
        self.trained_on_ = y.copy()
        return self

    def predict(self, horizon, *, y=None):
        known = (self.trained_on_ if y is None else y).dropna()
        return pd.Series(known.iloc[-1] + self.shift, index=range(horizon))


class Mean(Last):
    """The mean of the training data: a model that refits change."""

    is_baseline = False

    def predict(self, horizon, *, y=None):
        return np.full(horizon, self.trained_on_.mean() + self.shift)


class Capped(Mean):
    max_history = 5


class Broken(Last):
    is_baseline = False

    def fit(self, y):
        if len(y) > 10:
            raise ValueError("no convergence")
        return super().fit(y)


class Searching(Last):
    """Finds an order, the length of what it is fitted to, and forecasts it."""

    def __init__(self, order=None, horizon=1, alias=None):
        super().__init__(horizon=horizon, alias=alias)
        self.order = order

    def fit(self, y):
        self.order_ = len(y) if self.order is None else self.order
        return self

    def predict(self, horizon, *, y=None):
        return np.full(horizon, float(self.order_))

    def settled(self):
        return type(self)(self.order_, self.horizon, self.label)


def months(n, seed=0):
    index = pd.date_range("2015-01-31", periods=n, freq="ME", name="month")
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(size=n)
    return pd.Series(0.3 * t + 8 * np.sin(2 * np.pi * t / 12) + noise, index=index, name="sales")


Y = pd.Series([1.0, 2, 4, 7, 5, 8, 9, 12, 11, 15, 14, 18], name="load")
