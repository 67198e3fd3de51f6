"""Random walks of hostile values through the public API: what `reliability.py` and a test take.

A walk draws data, an estimator and a few calls from a seed. Each call must answer, or refuse with a sentence
of this library or of scikit-learn's input checks: a ValueError, TypeError or NotFittedError. Anything else is
a finding: another error (or one that comes from deep inside of a dependency), and numbers that are not
finite, from finite data and without a warning.
"""

import copy
import pickle
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import tsrnn
from tsrnn import backtest, time_limit

SECONDS = 20  # for one call
SENTENCES = (ValueError, TypeError, NotFittedError, tsrnn.TimeLimitError)
SPEAKERS = ("/tsrnn/", "/sklearn/", "/benchmarks/hostile.py")
EXTREME = [10**6, 10**9, 2**63, 1e300]
ODD = [0, -1, 1, 2, 3, 2.0, 2.5, np.int8(2), np.float32(2), float("nan"), float("inf")]
ODD += [None, True, "3", "", [], ()]
CLASSICS = ["Naive", "SeasonalNaive", "Drift", "ETS", "Theta", "STL", "Croston", "AutoReg", "ARIMA", "VAR"]
TEXTS = ["auto", "gru", "mean", "", "none", None, 3]


class Finding(NamedTuple):
    """What should not have happened, and in which call."""

    kind: str
    call: str
    detail: str


def draw_values(rng: np.random.Generator) -> np.ndarray:
    """Return one series: short or long, dead, huge, tiny, with gaps, counts, or plain."""
    n = int(rng.choice([0, 1, 2, 3, 4, 7, 12, 30, 60, 120]))
    kinds: list[Callable[[], np.ndarray]] = [
        lambda: rng.normal(size=n),
        lambda: rng.normal(size=n).cumsum() + 50,
        lambda: 10 + np.sin(np.arange(n) * 2 * np.pi / 12) + rng.normal(0, 0.1, n),
        lambda: rng.poisson(0.5, n).astype(float),
        lambda: rng.poisson(3, n),
        lambda: np.zeros(n),
        lambda: np.full(n, 7.5),
        lambda: np.arange(n) ** 3.0,
        lambda: rng.normal(size=n) * 1e30,
        lambda: rng.normal(size=n) * 1e-30,
        lambda: 1e9 + rng.normal(size=n),
        lambda: np.where(np.arange(n) == n // 2, 1e12, 1.0),
        lambda: rng.integers(0, 2, n).astype(bool),
        lambda: rng.normal(size=n).astype(np.float16),
    ]
    values = kinds[rng.integers(len(kinds))]()
    if n and rng.random() < 0.3:
        values = values.astype(float)
        values[rng.random(n) < rng.choice([0.05, 0.5, 0.95])] = rng.choice([np.nan, np.nan, np.inf, -np.inf])
    return values


def draw_index(rng: np.random.Generator, n: int) -> pd.Index:
    """Return labels: none, dates with and without a zone, periods, broken ones."""
    kinds: list[Callable[[], pd.Index]] = [
        lambda: pd.RangeIndex(n),
        lambda: pd.RangeIndex(5, 5 + 2 * n, 2),
        lambda: pd.date_range(
            "2020-01-31", periods=n, freq=rng.choice(["D", "h", "MS", "ME", "W", "B", "QE"])
        ),
        lambda: pd.date_range("2021-03-27", periods=n, freq="h", tz="Europe/Berlin"),
        lambda: pd.period_range("1999", periods=n, freq=rng.choice(["M", "Q", "Y", "D"])),
        lambda: pd.Index(np.arange(n) * 0.5),
        lambda: pd.Index([f"r{i}" for i in range(n)]),
        lambda: pd.Index(np.zeros(n)),
        lambda: pd.date_range("2020", periods=n)[::-1],
        lambda: pd.DatetimeIndex(pd.to_datetime("2020") + pd.to_timedelta(np.arange(n) ** 2, "D")),
        lambda: pd.DatetimeIndex([pd.NaT] * n),
    ]
    return kinds[int(rng.choice(len(kinds), p=[0.25, *[0.075] * 10]))]()


def draw_series(rng: np.random.Generator) -> Any:
    """Return data in one of the forms that `fit` reads, or in one that it does not."""
    values = draw_values(rng)
    series = pd.Series(values, draw_index(rng, len(values)), name=rng.choice(["y", "value"]))
    kinds: list[Callable[[], Any]] = [
        lambda: series,
        lambda: values,
        lambda: values.tolist(),
        lambda: series.to_frame(),
        lambda: pd.DataFrame({"a": series, "b": series[::-1].to_numpy()}),
        lambda: {key: pd.Series(draw_values(rng)) for key in ("a", "b", 3)[: rng.integers(4)]},
        lambda: pd.DataFrame({"unique_id": "a", "ds": series.index, "y": values}),
        lambda: pd.concat(
            [pd.DataFrame({"unique_id": key, "ds": np.arange(9), "y": rng.normal(size=9)}) for key in "ab"]
        ),
        lambda: values.astype(object),
        lambda: values.astype(str),
        lambda: np.stack([values, values], axis=1),
        lambda: [None, "x", values, 5, {}, pd.Series(dtype=float)][rng.integers(6)],
    ]
    return kinds[int(rng.choice(len(kinds), p=[0.4, 0.1, *[0.05] * 10]))]()


def draw_odd(rng: np.random.Generator, extremes: bool) -> Any:
    """Return a number, or something in its place."""
    values = ODD + EXTREME if extremes else ODD
    return values[rng.integers(len(values))]


def draw_horizon(rng: np.random.Generator, extremes: bool) -> Any:
    return int(rng.integers(1, 9)) if rng.random() < 0.8 else draw_odd(rng, extremes)


def draw_forecaster(rng: np.random.Generator, extremes: bool) -> Any:
    """Return a small forecaster, a hostile value among its parameters now and then."""
    names = [*["RNNForecaster"] * 6, *["WindowMLP"] * 2, *CLASSICS, "Combine"]
    name = names[rng.integers(len(names))]
    options: dict[str, Any] = {}
    if name in ("RNNForecaster", "WindowMLP"):
        options = {"hidden_size": 3, "max_steps": 3, "random_state": 0}
        options["lookback"] = [3, 6, "auto"][rng.integers(3)]
    if name == "RNNForecaster":
        choices = {
            "cell": ["rnn", "lstm", "gru", "jordan"],
            "strategy": ["direct", "recursive", "seq2seq", "parallel"],
            "loss": ["mae", "mse", "gaussian", "negbin", "huber"],
            "normalize": ["window", "series", "robust", None],
            "scope": ["global", "global", "local"],
            "channels": ["shared", "joint"],
            "early_stopping": [False, True],
            "n_members": [1, 2],
            "calendar": [None, "auto"],
            "transform": ["auto", None, "log", "difference"],
        }
        options |= {key: values[rng.integers(len(values))] for key, values in choices.items()}
    if name == "Combine":
        return tsrnn.Combine([tsrnn.Naive(), draw_forecaster(rng, extremes)])
    cls = getattr(tsrnn, name)
    options["horizon"] = draw_horizon(rng, extremes)
    options["missing"] = ["error", "interpolate", "mask"][rng.integers(3)]
    if rng.random() < 0.2:
        possible = list(clone(cls()).get_params())
        hostile = TEXTS if rng.random() < 0.3 else [draw_odd(rng, extremes)]
        options[possible[rng.integers(len(possible))]] = hostile[rng.integers(len(hostile))]
    return cls(**{key: value for key, value in options.items() if key in cls().get_params()})


class Walk:
    """One random walk: the calls so far, and what was found.

    Parameters
    ----------
    seed : int
    extremes : bool, default True
        Whether sizes that would need terabytes are among the values.
    """

    def __init__(self, seed: int, *, extremes: bool = True) -> None:
        self.rng, self.extremes = np.random.default_rng(seed), extremes
        self.calls: list[str] = []
        self.findings: list[Finding] = []
        self.n_refused = 0

    def run(self) -> "Walk":
        """Walk, and return the walk."""
        kind = self.rng.choice(["forecaster", "sequences", "generator", "backtest"], p=[0.7, 0.12, 0.08, 0.1])
        getattr(self, f"_{kind}")()
        return self

    def call(self, name: str, function: Callable[[], Any], *, finite: bool = False) -> Any:
        """Call a function and judge what it does; return its result, None if it refused."""
        self.calls.append(name)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                with time_limit(SECONDS):
                    result = function()
            except SENTENCES as error:
                self._judge(name, error)
                return None
            except Exception as error:
                self._found("internal error", name, error)
                return None
        if finite and not said and not all_finite(result):
            self.findings.append(Finding("silent NaN", " ".join(self.calls), repr(result)[:300]))
        return result

    def _judge(self, name: str, error: Exception) -> None:
        self.n_refused += 1
        place = traceback.extract_tb(error.__traceback__)[-1].filename.replace("\\", "/")
        is_clear = "could not convert string to float" in str(error) or any(
            part in place for part in SPEAKERS
        )
        if not is_clear:
            self._found("internal error", name, error)
        elif len(str(error)) < 12:
            self._found("no sentence", name, error)

    def _found(self, kind: str, name: str, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__}: {str(error)[:200]} ({last.filename.split('/')[-1]}:{last.lineno})"
        self.findings.append(Finding(kind, " ".join(self.calls), where))

    def _forecaster(self) -> None:
        rng = self.rng
        model = self.call("construct", lambda: draw_forecaster(rng, self.extremes))
        y = self.call("data", lambda: draw_series(rng))
        if model is None:
            return
        self.calls[-1] = repr(model)
        fitted = self.call("fit", lambda: model.fit(y))
        if fitted is None and model.__sklearn_is_fitted__():
            self.findings.append(Finding("half a model", " ".join(self.calls), "fitted after it refused"))
        if fitted is None:
            y = pd.Series(10 + np.sin(np.arange(60.0)))
            fitted = self.call("fit to a sine", lambda: model.fit(y))
        plain = is_plain(y)
        steps: dict[str, Callable[[], Any]] = {
            "predict": lambda: model.predict(draw_horizon(rng, self.extremes)),
            "level": lambda: model.predict(2, level=[80, [50, 95], draw_odd(rng, False)][rng.integers(3)]),
            "quantiles": lambda: model.predict(2, quantiles=[0.1, [0.5, 0.9], 2][rng.integers(3)]),
            "from": lambda: model.predict(2, y=draw_series(rng)),
            "forecast": lambda: model.forecast(2).to_frame(),
            "paths": lambda: model.sample_paths(draw_horizon(rng, self.extremes), 3, random_state=0),
            "update": lambda: model.update(draw_series(rng)),
            "stream": lambda: model.stream(warm=True).run(draw_values(rng)),
            "residuals": lambda: getattr(model, "residuals_", None),
            "gates": lambda: model.gates(),
            "cutoff": lambda: model.cutoff_,
            "refit": lambda: model.fit(draw_series(rng)),
            "copy": lambda: pickle.loads(pickle.dumps(copy.deepcopy(model))).predict(),
        }
        for name in rng.choice(list(steps), 5):
            if name in ("update", "stream", "gates") and not hasattr(model, name):
                continue
            before = fitted is not None and plain and name in ("predict", "forecast", "paths", "copy")
            self.call(str(name), steps[str(name)], finite=before)
            plain &= name not in ("update", "refit")

    def _sequences(self) -> None:
        rng = self.rng
        cls = [tsrnn.RNNClassifier, tsrnn.RNNRegressor, tsrnn.RNNTagger][rng.integers(3)]
        model = cls(hidden_size=2, max_steps=2, random_state=0)
        X = [rng.normal(size=(6, 4)), rng.normal(size=(6, 4, 2)), [draw_values(rng) for _ in range(3)]]
        y = [np.arange(6) % 2, rng.normal(size=6), list("abcabc"), rng.normal(size=(6, 4)) > 0]
        X, y = [*X, draw_series(rng)], [*y, draw_values(rng)]
        chosen = X[rng.integers(len(X))]
        others = ["fit", "predict", "score"] + ["partial_fit"] * hasattr(model, "partial_fit")
        for name in ["fit", *rng.choice(others, 3)]:
            target = y[rng.integers(len(y))]
            arguments = (chosen,) if name == "predict" else (chosen, target)
            self.call(f"{cls.__name__}.{name}", partial(getattr(model, str(name)), *arguments))

    def _generator(self) -> None:
        rng = self.rng
        texts = ["", "a", "ab" * 20, ["ab", "b"], [], np.arange(9), [[1, 2], [3]], ["", ""], 5]
        texts += [draw_values(rng)]
        model = tsrnn.RNNGenerator(hidden_size=2, max_steps=3, bptt=int(rng.integers(1, 9)), random_state=0)
        text = texts[rng.integers(len(texts))]
        self.call("RNNGenerator.fit", lambda: model.fit(text))
        odd = draw_horizon(rng, self.extremes)
        other = texts[rng.integers(len(texts))]
        self.call("sample", lambda: model.sample(odd, prime=[None, other][rng.integers(2)], random_state=0))
        self.call("score", lambda: model.score(other))

    def _backtest(self) -> None:
        rng = self.rng
        models = [tsrnn.Naive(), draw_forecaster(rng, False)]
        horizon, windows = draw_horizon(rng, self.extremes), draw_horizon(rng, self.extremes)
        options = {"n_windows": windows, "time_limit": SECONDS}
        result = self.call("backtest", lambda: backtest(models, draw_series(rng), horizon, **options))
        if result is not None:
            self.call("scores", result.scores)
            self.call("verdict", lambda: result.verdict)


def is_plain(y: Any) -> bool:
    """Whether data are finite numbers, so that forecasts have to be."""
    try:
        values = np.concatenate([np.asarray(one, float) for one in y.values()]) if isinstance(y, dict) else y
        if isinstance(y, pd.DataFrame):
            values = y.select_dtypes("number")
        return bool(np.isfinite(np.asarray(values, float)).all())
    except (TypeError, ValueError):
        return False


def all_finite(result: Any) -> bool:
    """Whether all numbers of a forecast are finite."""
    if isinstance(result, dict):
        return all(map(all_finite, result.values()))
    if isinstance(result, pd.DataFrame):
        result = result.select_dtypes("number")
    return not isinstance(result, pd.Series | pd.DataFrame) or bool(np.isfinite(result.to_numpy(float)).all())
