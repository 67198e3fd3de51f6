"""Cases of what comes in: panels, channels, covariates, indexes."""

import numpy as np
import pandas as pd

from frozen.series import (
    ahead,
    behind,
    days,
    deaths,
    gappy_table,
    hours,
    level_table,
    levels,
    long,
    panel,
    passengers,
    stocks,
    table,
    temperature,
    traits,
)
from frozen.telling import case, each, network, summarise, tell

FORMS = {
    "dict": lambda: panel(),
    "long": lambda: long(panel()),
    "long, other columns": lambda: long(panel(), ("shop", "month", "sales")),
    "two levels": lambda: levels(panel()),
    "dict of arrays": lambda: {key: one.to_numpy() for key, one in panel().items()},
    "numbered": lambda: levels(dict(enumerate(panel().values()))),
    "two levels of channels": level_table,
}
PANELS = {
    "local": {"scope": "local"},
    "embedded": {"embed_series": 2},
    "embedded, parallel": {"embed_series": 3, "strategy": "parallel"},
    "by series": {"sampling": "series"},
    "members": {"n_members": 2},
    "recursive": {"strategy": "recursive"},
    "seq2seq": {"strategy": "seq2seq"},
    "parallel patches": {"strategy": "parallel", "patch_size": 2},
    "series": {"normalize": "series"},
    "robust": {"normalize": "robust", "transform": ["log", "difference"]},
    "not normalised": {"normalize": None},
    "untransformed": {"transform": None},
    "no season": {"season_length": None},
    "early stopping": {"early_stopping": True, "max_steps": 40},
    "large batches": {"batch_size": 64, "max_epochs": 3},
    "many units, lstm": {"cell": "lstm", "hidden_size": 20, "num_layers": 2},
    "bptt": {"bptt": 6},
    "float64": {"dtype": "float64"},
}
SPREADS = {
    "conformal": {},
    "conformal, local": {"scope": "local"},
    "quantile": {"loss": "quantile"},
    "gaussian, local": {"loss": "gaussian", "scope": "local"},
    "student_t, recursive": {"loss": "student_t", "strategy": "recursive"},
}
CHANNELS = {
    "shared": (table, {"channels": "shared"}),
    "shared, recursive": (table, {"channels": "shared", "strategy": "recursive", "normalize": "series"}),
    "shared, embedded": (table, {"channels": "shared", "embed_series": 2, "calendar": "auto"}),
    "shared, local": (table, {"channels": "shared", "scope": "local"}),
    "joint": (table, {"channels": "joint"}),
    "joint, recursive lstm": (table, {"channels": "joint", "cell": "lstm", "strategy": "recursive"}),
    "joint, seq2seq": (table, {"channels": "joint", "strategy": "seq2seq", "patch_size": 2}),
    "joint, parallel": (table, {"channels": "joint", "strategy": "parallel"}),
    "joint, patches": (table, {"channels": "joint", "patch_size": 4, "bidirectional": True}),
    "joint, exchange days": (stocks, {"channels": "joint", "transform": ["log", "difference"]}),
    "joint, gaps": (gappy_table, {"channels": "joint", "missing": "mask"}),
    "shared, gaps": (gappy_table, {"channels": "shared", "missing": "mask"}),
    "shared, interpolated": (gappy_table, {"missing": "interpolate", "normalize": "robust"}),
    "joint, quantile": (table, {"channels": "joint", "loss": "quantile", "transform": None}),
    "joint levels": (level_table, {"channels": "joint"}),
    "joint levels, gaussian": (level_table, {"channels": "joint", "loss": "gaussian"}),
    "array": (lambda: stocks().to_numpy(), {"channels": "joint"}),
}
COMPANY = {
    "X": ({"X": True}, {}),
    "X, recursive": ({"X": True}, {"strategy": "recursive"}),
    "X, seq2seq": ({"X": True}, {"strategy": "seq2seq"}),
    "X, parallel patches": ({"X": True}, {"strategy": "parallel", "patch_size": 2}),
    "X, patches": ({"X": True}, {"patch_size": 2, "loss": "quantile"}),
    "X, both directions": ({"X": True}, {"bidirectional": True}),
    "X_past": ({"X_past": True}, {}),
    "X_past, parallel": ({"X_past": True}, {"strategy": "parallel"}),
    "X, X_past": ({"X": True, "X_past": True}, {"num_layers": 2}),
    "calendar": ({}, {"calendar": "auto"}),
    "calendar, recursive": ({}, {"calendar": "auto", "strategy": "recursive"}),
    "calendar, X, gaps": ({"X": True}, {"calendar": "auto", "missing": "mask"}),
    "all, parallel": ({"X": True, "X_past": True}, {"calendar": "auto", "strategy": "parallel"}),
    "all, gaussian": ({"X": True, "X_past": True}, {"calendar": "auto", "loss": "gaussian"}),
    "time step": ({}, {"time_step": True}),
}


def new(y):
    """Return a history that was not there in training, in the form of a panel."""
    one = passengers()[20:90]
    if isinstance(y, dict):
        return {"new": one, "deaths": deaths()[:50]}
    if isinstance(y, pd.Series):
        return levels({7: one, 0: deaths()[:50]} if 0 in y.index else {"new": one, "deaths": deaths()[:50]})
    if isinstance(y.index, pd.MultiIndex):
        return pd.concat({"north": y.loc["east"] + 3}, names=y.index.names)
    return long({"new": one}, y.columns)


@each("form", {name: (make,) for name, make in FORMS.items()})
def a_form(make):
    y = make()
    columns = tuple(y.columns) if "sales" in getattr(y, "columns", ()) else ("unique_id", "ds", "y")
    model = network(lookback=12).fit(y, columns=columns)
    asked = model.forecast(3, level=80)
    told = tell(model) | {
        "levels": model.predict(3, level=[80, 95]),
        "frame": asked.to_frame(),
        "interval": asked.interval(80),
        "one": asked[asked.ids[1]].to_frame(),
        "paths": summarise(model.sample_paths(10, 3, random_state=0)),
    }
    if name := next(iter(getattr(y, "keys", list)()), None):
        told["first"] = str(name)
    return told


@each(
    "new series", {name: (FORMS[name],) for name in ("dict", "long", "two levels", "two levels of channels")}
)
def a_new_series(make):
    y = make()
    model = network(lookback=12).fit(y)
    return {"new": model.predict(y=new(y)), "levels": model.predict(2, y=new(y), level=50)}


@each("panel", {name: (settings,) for name, settings in PANELS.items()})
def a_panel(settings):
    model = network(**settings).fit(panel())
    told = tell(model, horizon=6)
    if settings.get("scope") != "local":
        told["new"] = model.predict(y=new(panel()))
    return told


@each("spread", {name: (settings,) for name, settings in SPREADS.items()})
def a_spread(settings):
    model = network(lookback=12, **settings).fit(panel())
    return {
        "levels": model.predict(6, level=[80, 95], quantiles=0.1),
        "adaptive": model.predict(level=90, conformal="adaptive"),
        "paths": summarise(model.sample_paths(20, random_state=0)),
    }


@case("panel: shorter than a window")
def shorter_than_a_window():
    y = panel() | {"short": passengers()[:7].rename("short")}
    models = {one: network(strategy=one, lookback=20).fit(y) for one in ("direct", "recursive", "parallel")}
    masked = network(lookback=20, missing="mask").fit(
        {**y, "gaps": deaths()[:30].mask(deaths()[:30] > 10000)}
    )
    brief = models["direct"].predict(y={"brief": passengers()[:3]})
    return {name: model.predict() for name, model in models.items()} | {
        "residuals": models["direct"].residuals_,
        "masked": masked.predict(),
        "brief": brief,
    }


@case("panel: update")
def update_of_a_panel():
    y = panel()
    model = network(lookback=12).fit({key: one[:-10] for key, one in y.items()})
    later = {key: one[-10:] for key, one in y.items()}
    return tell(model.update({**later, "new": passengers()[:60]}, steps=20))


@case("panel: warm start")
def warm_start_of_a_panel():
    model = network(lookback=12, warm_start=True, embed_series=2).fit(panel())
    return tell(model.fit({key: one[5:] for key, one in panel().items()}))


@case("panel: static")
def static():
    model = network(lookback=12).fit(panel(), static=traits())
    parallel = network(lookback=12, strategy="parallel", embed_series=2).fit(
        panel(), static=traits()[["kind"]]
    )
    unseen = traits(("new",))
    return tell(model) | {
        "parallel": parallel.predict(),
        "new": model.predict(y={"new": passengers()[:40]}, static=unseen),
        "levels": model.predict(level=80),
    }


@case("panel: everything that goes with it")
def everything_with_a_panel():
    y = {"east": hours()[-150:], "west": hours()[-300:-100] * 1.2}
    y["west"].iloc[40:44] = np.nan
    past = {key: behind(one) for key, one in y.items()}
    kinds = pd.DataFrame({"kind": ["old", "new"], "big": [True, False]}, index=["east", "west"])
    settings = {"missing": "mask", "calendar": "auto", "embed_series": 2, "lookback": 24}
    told = {}
    for strategy in ("direct", "recursive", "parallel"):
        model = network(strategy=strategy, **settings).fit(y, ahead(), X_past=past, static=kinds)
        told[strategy] = tell(model, X=ahead())
    return told


@case("covariates: with gaps")
def covariates_with_gaps():
    y = gappy_table()["voltage"]
    past = behind(y).copy()
    past.iloc[:3, 0] = past.iloc[50:60, 1] = past.iloc[-2:, 0] = np.nan
    told = {}
    for missing in ("mask", "interpolate"):
        model = network(lookback=12, missing=missing).fit(y, ahead(y), X_past=past)
        told[missing] = tell(model, X=ahead(y))
    return told


@case("panel: local, with covariates")
def local_with_covariates():
    y = {"east": hours()[-150:], "west": hours()[-250:-100]}
    X = {key: ahead(one, 8) for key, one in y.items()}
    model = network(scope="local", lookback=12, calendar="auto").fit(y, X)
    return tell(model, X=X) | {"levels": model.predict(2, X, level=80)}


@case("panel: covariates in long tables")
def long_covariates():
    y = {"a": days(60), "b": days(50, "2024-01-05")}
    X = {key: pd.DataFrame({"x": np.arange(70.0)}, days(70, one.index[0]).index) for key, one in y.items()}
    tables = pd.concat([one.rename_axis("ds").reset_index().assign(unique_id=key) for key, one in X.items()])
    model = network(lookback=7).fit(long(y), tables)
    shared = network(lookback=7).fit(y, X)
    return {
        "long": model.predict(X=tables),
        "dict": shared.predict(X=X),
        "levels": model.predict(2, tables, level=80),
    }


@each("channels", CHANNELS)
def a_table(data, settings):
    y = data()
    model = network(**settings).fit(y)
    asked = model.forecast(5, level=80)
    return tell(model, horizon=6) | {
        "levels": model.predict(3, level=[80, 95]),
        "frame": asked.to_frame(),
        "one": asked[asked.ids[0]].to_frame(),
        "paths": summarise(model.sample_paths(10, 3, random_state=0)),
    }


@case("channels: joint, with covariates")
def joint_with_covariates():
    y = table()
    model = network(channels="joint", calendar="auto", lookback=24).fit(y, ahead(y), X_past=behind(y))
    shared = network(lookback=24, strategy="recursive").fit(y, ahead(y), X_past=behind(y))
    return tell(model, X=ahead(y)) | {"shared": shared.predict(X=ahead(y))}


@case("channels: update")
def update_of_a_table():
    told = {}
    for channels in ("shared", "joint"):
        model = network(channels=channels, lookback=24).fit(table()[:150])
        told[channels] = tell(model.update(table()[150:], steps=20))
    return told


@each("covariates", COMPANY)
def a_company(given, settings):
    y = hours()[-250:]
    if settings.get("missing") == "mask":
        y = y.mask(y > y.quantile(0.97))
    tables = {"X": ahead(y)} if "X" in given else {}
    past = {"X_past": behind(y)} if "X_past" in given else {}
    model = network(lookback=24, **settings).fit(y, **tables, **past)
    history = {"y": y[:200]} | {name: one[:200] for name, one in past.items()}
    return tell(model, **tables) | {
        "beyond": model.predict(8, **tables),
        "levels": model.predict(3, level=80, **tables),
        "of a history": model.predict(3, **tables, **history),
    }


# --- indexes ----------------------------------------------------------------------------------------------


def _uneven():
    y = days(160)
    keep = np.ones(160, bool)
    keep[[5, 6, 30, 77, 78, 79, 120]] = False
    return y[keep]


def _indexed(index):
    return pd.Series(days(len(index)).to_numpy(), index, name="y")


INDEXES = {
    "list": lambda: days(60).tolist(),
    "integers": lambda: np.arange(60) % 7,
    "range": lambda: _indexed(pd.RangeIndex(10, 190, 3, name="place")),
    "years": lambda: _indexed(pd.Index(np.arange(1950, 2010), name="year")),
    "gaps between integers": lambda: _indexed(pd.Index(np.delete(np.arange(66), [5, 6, 7, 30, 31, 50]))),
    "floats": lambda: _indexed(pd.Index(np.arange(60) / 44100, name="seconds")),
    "time differences": lambda: _indexed(pd.timedelta_range("1h", periods=60, freq="15min")),
    "months as periods": lambda: _indexed(pd.period_range("2015-01", periods=60, freq="M", name="month")),
    "quarters as periods": lambda: _indexed(pd.period_range("2001Q3", periods=60, freq="Q")),
    "days as periods": lambda: _indexed(pd.period_range("2024-02-01", periods=60, freq="D")),
    "business days": lambda: _indexed(pd.bdate_range("2024-01-01", periods=60)),
    "business days without a frequency": lambda: _indexed(pd.bdate_range("2024-01-01", periods=61).delete(9)),
    "month ends": lambda: _indexed(pd.date_range("2019-01", periods=60, freq="ME")),
    "weeks": lambda: _indexed(pd.date_range("2023-01-01", periods=60, freq="W-WED")),
    "quarters": lambda: _indexed(pd.date_range("2001", periods=60, freq="QS")),
    "days without a frequency": _uneven,
    "summer time": lambda: _indexed(pd.date_range("2024-03-29", periods=60, freq="h", tz="Europe/Berlin")),
    "winter time": lambda: _indexed(pd.date_range("2024-10-25", periods=62, freq="h", tz="Europe/Berlin")),
    "days in New York": lambda: _indexed(pd.date_range("2024-01-08", periods=62, tz="America/New_York")),
    "utc": lambda: _indexed(pd.date_range("2024-01-08", periods=60, freq="10min", tz="UTC")),
    "seconds as unit": lambda: _indexed(pd.date_range("2024-01-08", periods=60, freq="D", unit="s")),
    "float32": lambda: days(60).astype("float32"),
    "nullable": lambda: (10 * days(60)).round().astype("Int64"),
    "no name": lambda: days(60).rename(None),
}
KEYED = {
    "channels with numbers": lambda: pd.DataFrame({1: days(60), 2: days(60) ** 2}),
    "channels with two levels": lambda: pd.concat({("a", "x"): days(60), ("a", "y"): -days(60)}, axis=1),
    "periods of a panel": lambda: {
        "a": _indexed(pd.period_range("2015-01", periods=60, freq="M")),
        "b": _indexed(pd.period_range("2016-01", periods=50, freq="M")),
    },
    "time zones of a panel": lambda: levels(
        {
            key: days(60, start, tz="Europe/Berlin")
            for key, start in (("a", "2024-01-01"), ("b", "2024-02-01"))
        }
    ),
    "integers of a panel": lambda: long({2: _indexed(pd.RangeIndex(60)), 1: _indexed(pd.RangeIndex(5, 50))}),
    "categories of a panel": lambda: long({"b": days(60), "a": days(50)}).astype({"unique_id": "category"}),
    "mixed rows of a panel": lambda: long({"b": days(60), "a": days(50)}).sort_values("ds", kind="stable"),
}


@each("index", {name: (make,) for name, make in (INDEXES | KEYED).items()})
def an_index(make):
    model = network("rnn", lookback=7, calendar=None, missing="interpolate").fit(make())
    asked = model.forecast(5, level=80)
    return {
        "forecast": model.predict(20),
        "levels": model.predict(3, level=80),
        "frame": asked.to_frame(),
        "fitted": model.fitted_values_,
        "cutoff": model.cutoff_,
        "season": model.season_length_,
        "paths": summarise(model.sample_paths(3, 3, random_state=0)),
    }


@each(
    "time step", {"days": (_uneven, {}), "parallel": (_uneven, {"strategy": "parallel", "calendar": "auto"})}
)
def a_time_step(make, settings):
    return tell(network(lookback=10, time_step=True, **settings).fit(make()))


@case("calendar: of every frequency")
def calendars():
    told = {}
    for name in (
        "days in New York",
        "months as periods",
        "quarters",
        "business days",
        "summer time",
        "weeks",
    ):
        told[name] = network("rnn", lookback=7, calendar="auto").fit(INDEXES[name]()).predict(6)
    return told | {"temperature": network(calendar="auto").fit(temperature()).predict()}
