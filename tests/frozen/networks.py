"""Cases of one recurrent network on one series: architecture, loss, preparation, training, looking inside."""

import numpy as np
import pandas as pd

from frozen.series import (
    counts,
    dax,
    days,
    deaths,
    gappy,
    gas,
    hours,
    nile,
    panel,
    passengers,
    table,
    temperature,
)
from frozen.telling import case, each, network, summarise, tell
from tsrnn import WindowMLP

CELLS = ("rnn", "rnn_relu", "irnn", "jordan", "lstm", "lstm_peephole", "gru", "gru_reset_before")
STRATEGIES = ("direct", "recursive", "seq2seq", "parallel")
STREAMED = {"strategy": "recursive", "normalize": "series", "transform": None, "lookback": 12}
ARCHITECTURES = {
    "bidirectional": {"bidirectional": True},
    "bidirectional of three layers": {"cell": "lstm", "bidirectional": True, "num_layers": 3},
    "two layers": {"num_layers": 2},
    "three residual layers": {"cell": "lstm", "num_layers": 3, "residual": True},
    "dilated": {"cell": "rnn", "num_layers": 3, "dilation": 2},
    "dilated, recursive": {"num_layers": 2, "dilation": 3, "strategy": "recursive"},
    "dropout": {"num_layers": 2, "dropout": 0.3},
    "patches": {"patch_size": 4},
    "patches, bidirectional": {"patch_size": 3, "bidirectional": True, "lookback": 24},
    "patches, parallel": {"patch_size": 2, "strategy": "parallel", "horizon": 5},
    "patches, seq2seq": {"patch_size": 2, "strategy": "seq2seq", "horizon": 5},
    "parallel of two layers": {"strategy": "parallel", "num_layers": 2, "residual": True},
    "seq2seq of two layers": {"cell": "lstm", "strategy": "seq2seq", "num_layers": 2, "dropout": 0.2},
    "seq2seq, never forced": {"strategy": "seq2seq", "teacher_forcing": 0.0},
    "seq2seq, always forced": {"strategy": "seq2seq", "teacher_forcing": 1.0},
    "float64": {"dtype": "float64"},
    "float64, recursive lstm": {"cell": "lstm", "dtype": "float64", "strategy": "recursive"},
    "float64, stack": {"dtype": "float64", "num_layers": 2, "bidirectional": True, "patch_size": 2},
    "one unit, horizon one": {"hidden_size": 1, "horizon": 1, "lookback": 5},
    "wide": {"hidden_size": 33, "lookback": 30},
}
LOSSES = {
    "mse": {"loss": "mse"},
    "huber": {"loss": "huber"},
    "mae, float64": {"loss": "mae", "dtype": "float64"},
}
DISTRIBUTIONS = {
    "quantile": (deaths, {"loss": "quantile"}),
    "quantile, recursive": (deaths, {"loss": "quantile", "strategy": "recursive"}),
    "quantile, parallel": (deaths, {"loss": "quantile", "strategy": "parallel", "patch_size": 2}),
    "quantile, members": (deaths, {"loss": "quantile", "n_members": 2}),
    "quantile, differenced": (nile, {"loss": "quantile", "transform": ["difference"]}),
    "quantile, float64": (nile, {"loss": "quantile", "dtype": "float64"}),
    "gaussian": (deaths, {"loss": "gaussian"}),
    "gaussian, recursive lstm": (deaths, {"cell": "lstm", "loss": "gaussian", "strategy": "recursive"}),
    "student_t": (nile, {"loss": "student_t"}),
    "student_t, log": (passengers, {"loss": "student_t", "transform": ["log"]}),
    "negbin": (counts, {"loss": "negbin", "lookback": 24}),
    "negbin, recursive": (counts, {"loss": "negbin", "lookback": 12, "strategy": "recursive"}),
    "negbin, parallel": (counts, {"loss": "negbin", "lookback": 12, "strategy": "parallel"}),
}
TRANSFORMS = {
    "None": None,
    "empty": [],
    "log": "log",
    "difference": ["difference"],
    "deseasonalize": ["deseasonalize"],
    "log, difference": ["log", "difference"],
    "log, deseasonalize": ["log", "deseasonalize"],
    "difference, deseasonalize": ["difference", "deseasonalize"],
    "log, deseasonalize, difference": ["log", "deseasonalize", "difference"],
    "difference twice": ["difference", "difference"],
}
PREPARATIONS = {
    "auto, yearly": (nile, {}),
    "auto, quarterly": (gas, {}),
    "auto, hourly": (hours, {}),
    "auto, exchange days": (dax, {}),
    "auto, weekly season": (days, {}),
    "two seasons": (hours, {"season_length": (24, 168), "lookback": 24}),
    "three seasons": (hours, {"season_length": [12, 24, 84], "transform": ["deseasonalize"], "lookback": 24}),
    "no season": (temperature, {"season_length": None}),
    "another season": (temperature, {"season_length": 6, "transform": ["deseasonalize"]}),
    "season left in": (temperature, {"transform": None, "lookback": 24}),
    "season left in, recursive": (temperature, {"transform": None, "strategy": "recursive"}),
}
GAPS = {
    "interpolate": {"missing": "interpolate"},
    "mask": {"missing": "mask"},
    "mask, recursive": {"missing": "mask", "strategy": "recursive"},
    "mask, parallel": {"missing": "mask", "strategy": "parallel", "patch_size": 2},
    "mask, seq2seq": {"missing": "mask", "strategy": "seq2seq"},
    "mask, series": {"missing": "mask", "normalize": "series", "transform": None},
    "mask, quantile": {"missing": "mask", "loss": "quantile"},
    "mask, bidirectional patches": {"missing": "mask", "bidirectional": True, "patch_size": 2},
}
TRAINING = {
    "sgd": {"optimizer": "sgd"},
    "rmsprop": {"optimizer": "rmsprop", "schedule": "constant"},
    "constant": {"schedule": "constant", "learning_rate": 0.01},
    "plateau": {"schedule": "plateau", "max_steps": 60, "learning_rate": 0.05},
    "plateau, sgd, float64": {"schedule": "plateau", "optimizer": "sgd", "dtype": "float64"},
    "epochs": {"max_epochs": 3, "max_steps": None},
    "batches": {"batch_size": 7, "max_epochs": 2},
    "one batch": {"batch_size": 500},
    "early stopping": {"early_stopping": True, "max_steps": 60, "validation_fraction": 0.2},
    "early stopping, soon": {"early_stopping": True, "n_iter_no_change": 1, "learning_rate": 0.2},
    "early stopping, nothing held back": {"early_stopping": True, "validation_fraction": 0.0},
    "early stopping, members": {"early_stopping": True, "n_members": 2, "max_steps": 40},
    "members": {"n_members": 3},
    "members, recursive": {"n_members": 2, "strategy": "recursive"},
    "members, two threads": {"n_members": 2, "n_jobs": 2},
    "shards, two threads": {"batch_size": 96, "n_jobs": 2, "hidden_size": 16},
    "clipped": {"clip_norm": 0.05, "clip_value": 0.01},
    "never clipped": {"clip_norm": None},
    "bptt": {"bptt": 5, "lookback": 24},
    "bptt, lstm of two layers": {"cell": "lstm", "bptt": 7, "num_layers": 2, "lookback": 24},
    "bptt, recursive": {"bptt": 6, "lookback": 24, "strategy": "recursive"},
    "bptt, seq2seq": {"bptt": 6, "lookback": 24, "strategy": "seq2seq"},
    "alias": {"alias": "mine"},
}
MLPS = {
    "defaults": {},
    "deep": {"num_layers": 3, "dropout": 0.1, "loss": "mse"},
    "members, float64": {"n_members": 2, "dtype": "float64", "normalize": "series"},
    "quantile": {"loss": "quantile", "early_stopping": True},
}


@each("cell", {f"{cell}, {strategy}": (cell, strategy) for cell in CELLS for strategy in STRATEGIES})
def a_cell(cell, strategy):
    return tell(network(cell, strategy=strategy, lookback=16).fit(deaths()), horizon=7)


@each("architecture", {name: (settings,) for name, settings in ARCHITECTURES.items()})
def an_architecture(settings):
    model = network(**settings).fit(temperature())
    return tell(model, horizon=6) | {"summary": model.summary()}


@each("loss", {name: (settings,) for name, settings in LOSSES.items()})
def a_loss(settings):
    return tell(network(**settings).fit(nile()))


@each("distribution", DISTRIBUTIONS)
def a_distribution(data, settings):
    model = network(**settings).fit(data())
    paths = model.sample_paths(30, horizon=6, random_state=1)
    asked = model.forecast(5, level=[80, 95], quantiles=[0.1, 0.5])
    return tell(model, level=80) | {
        "beyond": model.predict(9, level=[50, 90], quantiles=0.25),
        "points": model.predict(),
        "paths": summarise(paths),
        "frame": asked.to_frame(),
        "interval": asked.interval(80),
        "quantile": asked.quantile(0.1),
    }


@each("transform", {name: (transform,) for name, transform in TRANSFORMS.items()})
def a_transform(transform):
    direct = network(transform=transform).fit(passengers())
    recursive = network("rnn", transform=transform, strategy="recursive").fit(passengers()[:80])
    return tell(direct, horizon=8) | {"recursive": recursive.predict(8)}


@each("preparation", PREPARATIONS)
def a_preparation(data, settings):
    y = data()
    model = network(**settings).fit(y)
    return tell(model) | {"of a history": model.predict(y=y[:-10])}


@each("normalize", {str(kind): (kind,) for kind in ("window", "series", "robust", None)})
def a_normalize(kind):
    y = temperature() if kind else (temperature() - 50) / 10
    model = network(normalize=kind, transform=None).fit(y)
    parallel = network(normalize=kind, strategy="parallel").fit(y)
    wandering = network(normalize=kind, transform=["difference"], strategy="recursive").fit(y)
    return tell(model, horizon=6) | {"parallel": parallel.predict(), "wandering": wandering.predict(6)}


@each("gaps", {name: (settings,) for name, settings in GAPS.items()})
def a_gap(settings):
    model = network(lookback=12, **settings).fit(gappy())
    return tell(model, horizon=6) | {"of a history": model.predict(y=gappy()[:156])}


@each("training", {name: (settings,) for name, settings in TRAINING.items()})
def a_training(settings):
    return tell(network(**({"lookback": 12} | settings)).fit(temperature()))


@each("window mlp", {name: (settings,) for name, settings in MLPS.items()})
def a_window_mlp(settings):
    model = WindowMLP(**({"horizon": 4, "hidden_size": 6, "max_steps": 20, "random_state": 0} | settings))
    return tell(model.fit(temperature()), level=80) | {"summary": model.summary()}


@case("window mlp: panels and channels")
def window_mlps():
    settings = {"horizon": 3, "hidden_size": 6, "max_steps": 20, "random_state": 0, "lookback": 12}
    of_table = WindowMLP(**settings, channels="joint").fit(table())
    return {
        "panel": WindowMLP(**settings).fit(panel()).predict(level=80),
        "local": WindowMLP(**settings, scope="local").fit(panel()).predict(4),
        "joint": tell(of_table, level=80),
        "gaps": WindowMLP(**settings, missing="mask").fit(gappy()).predict(5),
    }


@case("training: seeds of other kinds")
def seeds():
    kinds = {"generator": np.random.default_rng(5), "state": np.random.RandomState(5), "number": np.int64(5)}
    return {name: network(random_state=seed).fit(nile()).predict() for name, seed in kinds.items()}


# --- going on ---------------------------------------------------------------------------------------------


@case("going on: update")
def update():
    model = network().fit(temperature()[:100])
    before = model.predict()
    return {"before": before} | tell(model.update(temperature()[100:], steps=20))


@case("going on: update with values")
def update_with_values():
    y = temperature().to_numpy()
    model = network("lstm", strategy="recursive", lookback=12).fit(y[:100])
    return tell(model.update(y[100:110], steps=20).update(list(y[110:])))


@case("going on: warm start")
def warm_start():
    model = network(warm_start=True).fit(passengers()[:120])
    before = model.predict()
    return {"before": before} | tell(model.fit(passengers()))


@case("going on: warm start with other settings")
def warm_start_otherwise():
    model = network(warm_start=True, n_members=2).fit(passengers()[:120])
    model.set_params(loss="mse", learning_rate=0.02, optimizer="rmsprop", early_stopping=True)
    return tell(model.fit(passengers()))


@case("going on: a new history")
def new_history():
    model = network().fit(passengers()[:100])
    y = passengers()
    return {
        "next": model.predict(y=y),
        "array": model.predict(6, y=y.to_numpy()),
        "short": model.predict(2, y=y[:36]),
        "levels": model.predict(3, y=y[:130], level=[80]),
        "frame": model.forecast(3, y=y).to_frame(),
        "paths": summarise(model.sample_paths(20, 3, y=y, random_state=2)),
    }


@case("going on: weights set")
def weights_set():
    model = network("lstm").fit(nile())
    weights = model.get_weights()
    changed = {name: array * 0.5 for name, array in weights.items()}
    layouts = {"torch": model.get_weights("torch"), "keras": model.get_weights("keras")}
    found = {"weights": weights, **layouts, "forecast": model.set_weights(changed).predict()}
    for layout, weights in layouts.items():
        found[f"{layout} back"] = model.set_weights(weights, layout).predict()
    return found


# --- intervals of points ----------------------------------------------------------------------------------

INTERVALS = {
    "direct": (temperature, {}),
    "recursive": (temperature, {"strategy": "recursive", "cell": "rnn"}),
    "log": (passengers, {"transform": ["log", "deseasonalize"]}),
    "members": (nile, {"n_members": 2, "strategy": "parallel"}),
    "gaps": (gappy, {"missing": "mask", "lookback": 12}),
}


@each("intervals", INTERVALS)
def intervals(data, settings):
    model = network(**settings).fit(data())
    asked = model.forecast(6, level=[80, 95], quantiles=[0.25, 0.5])
    return {
        "split": model.predict(level=[80, 95], quantiles=[0.1, 0.9]),
        "adaptive": model.predict(level=80, conformal="adaptive"),
        "frame": asked.to_frame(),
        "mean": asked.mean,
        "known": asked.history,
        "interval": asked.interval(95),
        "paths": summarise(model.sample_paths(30, random_state=0)),
    }


# --- streams ----------------------------------------------------------------------------------------------

STREAMS = {
    **{cell: (cell, {}) for cell in CELLS},
    "two dilated layers": ("gru", {"num_layers": 2, "dilation": 2, "residual": True}),
    "members": ("lstm", {"n_members": 3}),
    "float64": ("lstm", {"dtype": "float64"}),
    "log": ("gru", {"transform": ["log"], "normalize": "robust"}),
}


@each("stream", STREAMS)
def a_stream(cell, settings):
    y = hours()
    model = network(cell, **(STREAMED | {"hidden_size": 9} | settings)).fit(y[:200])
    stream = model.stream()
    steps = np.array([stream.step(float(value)) for value in y[:20]])
    block, state = stream.run(y[20:150]), stream.state
    warm = model.stream(warm=True)
    found = {"steps": steps, "block": block, "state": state, "warm": warm.run(y[200:230])}
    warm.state = state
    found["from a state"] = warm.run(y[150:160])
    warm.reset()
    return found | {"reset": warm.run(y[:5])}


@case("stream: covariates")
def stream_with_covariates():
    y = hours()[:200]
    X = pd.DataFrame({"wave": np.sin(np.arange(220) / 4)}, hours().index[:220])
    past = pd.DataFrame({"before": np.cos(np.arange(200) / 3)}, y.index)
    model = network("lstm", **STREAMED).fit(y, X, X_past=past)
    stream = model.stream()
    first = stream.step(float(y.iloc[0]), X.iloc[1], X_past=past.iloc[0])
    block = stream.run(y[1:100], X[2:101], X_past=past[1:100])
    warm = model.stream(X.iloc[200], warm=True)
    return {"first": first, "block": block, "warm": warm.state, "forecast": model.predict(X=X)}


# --- looking inside ---------------------------------------------------------------------------------------


@each("gates", {cell: (cell, {}) for cell in CELLS})
def gates(cell, settings):
    model = network(cell, lookback=10, **settings).fit(nile())
    return {"gates": model.gates(), "flow": model.gradient_flow(n_windows=20), "summary": model.summary()}


@case("gates: stacked, of both directions, patches and members")
def gates_of_a_stack():
    both = network(bidirectional=True, num_layers=2, patch_size=2, lookback=10, n_members=2).fit(nile())
    deep = network("lstm", num_layers=2, dilation=2, lookback=10, strategy="recursive").fit(nile())
    return {
        "lower": both.gates(layer=0, member=1),
        "upper": both.gates(nile()[:50]),
        "flow": deep.gradient_flow(nile()[:60]),
    }


@case("gates: gradient flow of every strategy")
def flows():
    models = {one: network(strategy=one, lookback=10).fit(nile()) for one in STRATEGIES}
    models["quantile"] = network(loss="quantile", lookback=10).fit(nile())
    return {name: model.gradient_flow(n_windows=30) for name, model in models.items()}
