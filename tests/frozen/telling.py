"""The register of cases, and what they tell of a fitted forecaster."""

import numpy as np
import pandas as pd

from tsrnn import RNNForecaster

CASES = {}
SMALL = {"horizon": 4, "hidden_size": 6, "max_steps": 20, "random_state": 0}
FITTED = (
    "cutoff_",
    "lookback_",
    "season_length_",
    "transform_",
    "n_parameters_",
    "batch_size_",
    "learning_rate_",
    "max_epochs_",
    "interrupted_",
)


def case(name):
    """Register a function without arguments as a case."""

    def register(function):
        assert name not in CASES, name
        CASES[name] = function
        return function

    return register


def each(prefix, table):
    """Register, for each entry of a table, the function of its values."""

    def register(function):
        for name, values in table.items():
            case(f"{prefix}: {name}")(lambda values=values: function(*values))
        return function

    return register


def network(cell="gru", **settings):
    return RNNForecaster(cell, **(SMALL | settings))


def tell(model, *, hindsight=True, **predicting):
    """Return what a fitted network says of itself, and its forecast."""
    names = (*FITTED, *(("fitted_values_", "residuals_") if hindsight else ()))
    told = {name: getattr(model, name) for name in names if hasattr(model, name)}
    return {
        "forecast": model.predict(**predicting),
        "label": model.label,
        "history": model.history_.drop(columns="seconds") if hasattr(model, "history_") else None,
        **told,
    }


def summarise(paths):
    """Return a few paths and the mean of all, which are too many to keep; in whichever form."""
    if isinstance(paths, dict):
        return {key: summarise(one) for key, one in paths.items()}
    if "path" in paths:
        return {
            "first": paths.head(40),
            "mean": paths.groupby(paths.columns[1], sort=False)[paths.columns[-1]].mean(),
        }
    return {"first": paths.iloc[:, :4], "shape": np.array(paths.shape), "mean": paths.mean(axis=1)}


def frames(outputs):
    """Return a list of arrays as a table of them all, with the length of each."""
    lengths = np.array([len(one) for one in outputs])
    return {"lengths": lengths, "values": pd.DataFrame(np.concatenate(outputs))}
