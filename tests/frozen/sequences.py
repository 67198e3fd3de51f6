"""Cases of the estimators of whole sequences, of the generator, of sound and of the scores."""

from functools import cache

import numpy as np
import pandas as pd

from frozen.series import hours, load
from frozen.telling import case, each, frames
from tsrnn import RNNClassifier, RNNGenerator, RNNRegressor, RNNTagger, audio, datasets, metrics

SMALL = {"hidden_size": 6, "max_steps": 30, "random_state": 0}
MELODIES = [["C4", "E4", "G4"], ["A3", "C4", "E4"], ["G3", "B3", "D4", "F4"]] * 6


@cache
def vowels():
    X, y = datasets.load_sequences("japanese_vowels", "train")
    return X[::9], y[::9].to_numpy()


@cache
def pieces():
    """Thirty days, a row each, of one feature."""
    values = hours()[: 16 * 24].to_numpy().reshape(16, 24)
    return values, values[:, 12:].max(axis=1)


CLASSIFIERS = {
    "gru": {},
    "lstm, mean": {"cell": "lstm", "pooling": "mean"},
    "stack of both directions": {"num_layers": 2, "bidirectional": True, "dropout": 0.2, "residual": True},
    "dilated": {"cell": "rnn", "num_layers": 2, "dilation": 2},
    "patches": {"patch_size": 3, "normalize": None},
    "members, balanced": {"n_members": 2, "class_weight": "balanced"},
    "early stopping, float64": {"early_stopping": True, "validation_fraction": 0.2, "dtype": "float64"},
    "sgd": {"optimizer": "sgd", "schedule": "plateau", "clip_value": 0.1, "batch_size": 8},
    "jordan": {"cell": "jordan"},
}
REGRESSORS = {
    "mse": {},
    "mae, lstm": {"loss": "mae", "cell": "lstm_peephole"},
    "huber, mean": {"loss": "huber", "pooling": "mean", "bidirectional": True},
    "members": {"n_members": 3, "cell": "gru_reset_before"},
    "patches, float64": {"patch_size": 4, "dtype": "float64"},
}
TAGGERS = {
    "labels": {},
    "labels, one direction": {"bidirectional": False, "cell": "lstm", "class_weight": "balanced"},
    "labels, members": {"n_members": 2, "num_layers": 2, "dropout": 0.1},
    "mse": {"loss": "mse"},
    "mae, irnn": {"loss": "mae", "cell": "irnn"},
    "huber, float64": {"loss": "huber", "dtype": "float64"},
}


def learned(model):
    names = ("classes_", "n_parameters_", "n_features_in_", "n_steps_in_")
    found = {name: getattr(model, name) for name in names if hasattr(model, name)}
    return found | {"history": model.history_.drop(columns="seconds"), "summary": model.summary()}


@each("classifier", {name: (settings,) for name, settings in CLASSIFIERS.items()})
def a_classifier(settings):
    X, y = vowels()
    model = RNNClassifier(**(SMALL | settings)).fit(X, y)
    return learned(model) | {
        "labels": model.predict(X),
        "probabilities": model.predict_proba(X),
        "score": model.score(X, y),
    }


@case("classifier: weights of samples, text and going on")
def classifier_otherwise():
    X, y = pieces()
    names = np.where(y > np.median(y), "high", "low")
    weighted = RNNClassifier(**SMALL, warm_start=True).fit(X, names, sample_weight=np.arange(1.0, len(X) + 1))
    first = weighted.predict_proba(X)
    again = weighted.fit(X, names).predict_proba(X)
    partial = RNNClassifier(**SMALL, class_weight={"high": 3.0})
    for part in (slice(0, 8), slice(8, None)):
        partial.partial_fit(X[part], names[part], classes=["high", "low"])
    cube = RNNClassifier(**SMALL).fit(np.stack([X, X**2], axis=2), names)
    return {
        "first": first,
        "again": again,
        "partial": partial.predict_proba(X),
        "cube": cube.predict_proba(np.stack([X, X**2], axis=2)),
        "weights": partial.get_weights(),
    }


@each("regressor", {name: (settings,) for name, settings in REGRESSORS.items()})
def a_regressor(settings):
    X, y = pieces()
    model = RNNRegressor(**(SMALL | settings)).fit(X[:, :12], y)
    several = RNNRegressor(**(SMALL | settings)).fit(vowels()[0], [[x.max(), x.min()] for x in vowels()[0]])
    return learned(model) | {"forecast": model.predict(X[:, :12]), "several": several.predict(vowels()[0])}


@case("regressor: going on")
def regressor_otherwise():
    X, y = pieces()
    model = RNNRegressor(**SMALL)
    model.partial_fit(X, y).partial_fit(X[:5], y[:5], sample_weight=[1, 2, 0, 1, 3])
    frame = pd.DataFrame(X, columns=[f"hour {i}" for i in range(24)])
    named = RNNRegressor(**SMALL).fit(frame, y)
    return {"partial": model.predict(X), "named": named.predict(frame), "names": named.feature_names_in_}


@each("tagger", {name: (settings,) for name, settings in TAGGERS.items()})
def a_tagger(settings):
    X, _ = vowels()
    high = [np.where(x[:, 0] > 1, "high", "low").astype(object) for x in X]
    high[0][3] = None
    numbers = [x[:, :2].cumsum(axis=0) for x in X]
    numbers[1][2] = np.nan
    model = RNNTagger(**(SMALL | settings)).fit(X, numbers if "loss" in settings else high)
    if "loss" in settings:
        return learned(model) | {"numbers": frames(model.predict(X)), "score": model.score(X, numbers)}
    return learned(model) | {
        "labels": np.concatenate(model.predict(X)),
        "probabilities": frames(model.predict_proba(X)),
        "score": model.score(X, high),
    }


@case("tagger: arrays and going on")
def tagger_of_arrays():
    X, _ = pieces()
    later = np.roll(X, 1, axis=1)
    model = RNNTagger(**SMALL, loss="mse").fit(X, later)
    partial = RNNTagger(**SMALL).partial_fit(X, X > 240, classes=[False, True])
    return {"forecast": model.predict(X), "partial": partial.predict_proba(X), "labels": partial.predict(X)}


# --- generator, sound, scores -----------------------------------------------------------------------------

TEXT = "to be, or not to be: that is the question. " * 12
GENERATORS = {
    "text": (TEXT, None, {}),
    "text, lstm of two layers": (TEXT, None, {"cell": "lstm", "num_layers": 2, "dropout": 0.1}),
    "text, float64": (TEXT, None, {"dtype": "float64", "bptt": 10}),
    "text, early stopping": (TEXT, None, {"early_stopping": True, "optimizer": "rmsprop"}),
    "melodies": (MELODIES, None, {"batch_size": 4}),
    "melodies, labels": (MELODIES, ["major", "minor", "seventh"] * 6, {"batch_size": 4}),
    "melodies, vectors": (MELODIES, [[1.0, 0], [0, 1], [1, 1]] * 6, {"cell": "gru_reset_before"}),
    "notes": (np.array(["C4", "E4", "G4", "E4"] * 40), None, {"cell": "rnn"}),
}


@each("generator", GENERATORS)
def a_generator(sequences, contexts, settings):
    model = RNNGenerator(**(SMALL | {"hidden_size": 12, "embedding_size": 5} | settings))
    model.fit(sequences, context=contexts)
    one = None if contexts is None else contexts[1]
    prime = MELODIES[0][:2] if isinstance(sequences, list) else sequences[:4]
    stream = model.stream(one)
    steps = np.array([stream.step(symbol) for symbol in prime])
    return {
        "history": model.history_.drop(columns="seconds"),
        "symbols": [str(symbol) for symbol in model.symbols_],
        "probabilities": model.predict_proba(prime, one),
        "steps": steps,
        "score": model.score(sequences, contexts, unit="bits"),
        "drawn": model.sample(20, prime, random_state=1, context=one),
        "likely": model.sample(12, temperature=0, context=one),
        "few": model.sample(12, temperature=0.7, top_k=2, random_state=3, context=one),
        "on": stream.sample(6, random_state=2),
        "summary": model.summary(),
    }


@case("generator: warm start")
def generator_goes_on():
    model = RNNGenerator(**SMALL, warm_start=True).fit(TEXT)
    found = {"score": model.fit(TEXT[:200]).score(TEXT), "weights": model.get_weights("torch")}
    stream = model.stream()
    stream.run("to be")
    state = stream.state
    other = model.stream()
    other.state = state
    found |= {"state": state, "from a state": other.step(",")}
    model.set_weights({name: 0.5 * array for name, array in model.get_weights().items()})
    return found | {"changed": model.score(TEXT)}


@case("audio")
def sound():
    waves = load("guitar")[:400].to_numpy()
    codes = {n: audio.mulaw_encode(waves, n) for n in (2, 16, 256)}
    return {str(n): {"codes": c, "decoded": audio.mulaw_decode(c, n)} for n, c in codes.items()}


@case("datasets")
def shipped():
    described = {}
    for name in datasets.names():
        y = datasets.load(name)
        described[name] = {"index": y.index, "means": np.ravel(y.mean()), "attrs": dict(y.attrs)}
    return described | {"sequences": datasets.sequence_names()}


@case("metrics")
def scores():
    rng = np.random.default_rng(0)
    train, y = rng.gamma(2, 2, 40), rng.gamma(2, 2, 12)
    forecast = y + rng.normal(size=12)
    y[3] = np.nan
    lower, upper = forecast - 1, forecast + 1.5
    p = np.array([0.1, 0.5, 0.9])
    quantiles = np.stack([lower, forecast, upper], axis=-1)
    draws = forecast[:, None] + rng.normal(size=(12, 30))
    return {
        "mae": metrics.mae(y, forecast),
        "rmse": metrics.rmse(y, forecast),
        "mape": metrics.mape(y, forecast),
        "smape": metrics.smape(y, forecast),
        "mase": metrics.mase(y, forecast, train, 4),
        "rmsse": metrics.rmsse(y, forecast, train, 4),
        "owa": metrics.owa([9.0, 12.0], [0.8, 1.1], [10.0, 13.0], [1.0, 1.2]),
        "coverage": metrics.coverage(y, lower, upper),
        "interval_score": metrics.interval_score(y, lower, upper, 80),
        "msis": metrics.msis(y, lower, upper, 80, train, 4),
        "pinball": metrics.pinball(y, forecast, 0.3),
        "crps_of_quantiles": metrics.crps_of_quantiles(y, quantiles, p),
        "crps": metrics.crps(y, draws),
    }
