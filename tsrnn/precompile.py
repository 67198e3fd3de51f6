"""Compilation of all kernels ahead of time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tsrnn.baselines import ARIMA
from tsrnn.forecasting.parameters import CHOICES
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.forecasting.window_mlp import WindowMLP
from tsrnn.kernels.cells import RECURRENT
from tsrnn.kernels.jit import cache_folder
from tsrnn.sequence import RNNClassifier
from tsrnn.sequence.generator import RNNGenerator


def warmup(dtype: str = "float32") -> Path | None:
    """Compile all that estimators compile, so that no later process has to wait for it.

    Without it, each process compiles what it uses and finds no machine code for: some seconds once, for each
    installation and type of processor.

    Parameters
    ----------
    dtype : {"float32", "float64"}, default "float32"
        Type of the networks' numbers to compile for.

    Returns
    -------
    pathlib.Path or None
        Folder that machine code is kept in: ``NUMBA_CACHE_DIR`` if that is set, else beside the package's
        sources, else in the user's cache folder, whichever can be written to, but not by others: then a
        private folder takes its place, with a warning. None if none can: then the code lasts as long as this
        process.

    Notes
    -----
    For a container image, ``RUN tsrnn warmup`` after the installation. The machine code is found at run time
    by any user, in read-only file systems too. It is used only on the type of processor that it was compiled
    on; on another, it is compiled again. Where the types differ, name the least of them in the image's
    environment, for instance ``NUMBA_CPU_NAME=haswell`` with ``NUMBA_CPU_FEATURES=+avx2,+fma``.

    Examples
    --------
    >>> import tsrnn
    >>> folder = tsrnn.warmup()
    """
    waves, counts = pd.Series(np.sin(np.arange(16.0))), pd.Series(np.arange(16) % 3)
    for settings in _settings():
        y = counts if settings.get("loss") == "negbin" else waves
        model = RNNForecaster(
            **settings, horizon=2, lookback=4, hidden_size=2, max_steps=2, dtype=dtype, random_state=0
        ).fit(y)
        model.predict()
        if settings.get("normalize") == "series":
            model.stream().run(y)
    _warm_up_covariates(dtype)
    ARIMA((1, 0, 1)).fit(waves)
    WindowMLP(2, 4, hidden_size=2, max_steps=2, dtype=dtype, random_state=0).fit(waves).predict()
    X = [np.arange(2.0), np.arange(3.0)]
    RNNClassifier(hidden_size=2, max_steps=2, dtype=dtype, random_state=0).fit(X, ["a", "b"]).predict(X)
    for cell in RECURRENT:
        generator = RNNGenerator(cell, hidden_size=2, embedding_size=2, max_steps=2, dtype=dtype)
        generator.fit(["ab", "b"], context=[0, 1])
        generator.score("ab", context=0)
        stream = generator.stream(context=0)
        stream.state = stream.state
        stream.sample(2, random_state=0)
    return cache_folder()


def _warm_up_covariates(dtype: str) -> None:
    """Compile what goes with values: covariates, gaps, and what tells series apart."""
    y, X = pd.Series(np.sin(np.arange(16.0))), pd.DataFrame({"x": np.arange(18.0)})
    for strategy in ("direct", "parallel"):
        model = RNNForecaster(
            horizon=2,
            lookback=4,
            strategy=strategy,
            hidden_size=2,
            max_steps=2,
            missing="mask",
            embed_series=1,
            dtype=dtype,
        )
        model.fit({"a": y.mask(y > 0.9), "b": y[:5]}, X).predict(X=X)


def _settings() -> Iterator[dict[str, Any]]:
    """Yield what compiles code of its own."""
    for cell in CHOICES["cell"]:
        for strategy in CHOICES["strategy"]:
            normalize = "series" if strategy == "recursive" else "window"  # then it is streamed, too
            yield {"cell": cell, "strategy": strategy, "normalize": normalize}
    for name in ("loss", "optimizer"):
        for choice in CHOICES[name]:
            yield {name: choice}
    yield {"clip_value": 1.0}
    yield {"patch_size": 2}
