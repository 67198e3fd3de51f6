"""Small tasks on sequences of unequal length, for the tests of their estimators."""

import numpy as np

from tsrnn import RNNClassifier, RNNRegressor, RNNTagger

QUICK = {"hidden_size": 4, "max_steps": 6, "random_state": 0}
ESTIMATORS = {"regressor": RNNRegressor, "classifier": RNNClassifier, "tagger": RNNTagger}


def draw(n=12, n_features=1, shortest=3, longest=9, seed=0):
    """Sequences of noise: arrays (steps,), or (steps, features) if several."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(shortest, longest + 1, n)
    return [rng.standard_normal((m, n_features) if n_features > 1 else m) for m in lengths]


def targets(kind, X):
    """Targets for sequences, as the estimator of that name wants them."""
    if kind == "regressor":
        return np.array([np.mean(x) for x in X])
    if kind == "classifier":
        return np.array(["above" if np.mean(x) > 0 else "below" for x in X])
    return [np.where(np.reshape(x, (len(x), -1))[:, 0] > 0, "above", "below") for x in X]


def fitted(kind, X, **settings):
    """An estimator after a few steps."""
    return ESTIMATORS[kind](**(QUICK | settings)).fit(X, targets(kind, X))


def probabilities(model, X):
    """What an estimator says, before any rounding to labels, for each sequence."""
    return model.predict(X) if isinstance(model, RNNRegressor) else model.predict_proba(X)
