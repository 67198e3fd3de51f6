"""Training of the networks of a recurrent forecaster on a panel, from fresh or from earlier weights."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from joblib import effective_n_jobs

from tsrnn.forecasting.channel_modes import find_channel_seasons, network_series, transforms_by_name
from tsrnn.forecasting.options import build_network, check_loss_continues, few_steps
from tsrnn.timeseries.panel import Panel
from tsrnn.training.auto import AUTOMATIC, settle
from tsrnn.training.ensemble import check_continues, check_same_width, train
from tsrnn.training.preprocessor import Preprocessor, fit_preprocessor
from tsrnn.validation import counted, seed_sequence


def fit_networks(
    panel: Panel,
    options: SimpleNamespace,
    before: tuple[pd.Index, Preprocessor, np.ndarray] | None = None,
    n_steps: int | None = None,
) -> dict[str, Any]:
    """Return the fitted attributes of a recurrent forecaster trained on a panel.

    Parameters
    ----------
    panel : Panel
    options : SimpleNamespace
        Of `resolve_options`.
    before : (Index, Preprocessor, ndarray of shape (n_members, n_parameters)), optional
        Keys of the series that a model was fitted to, how they were prepared, and the weights to go on from.
    n_steps : int, optional
        Train for so many steps at a low rate, whatever the options say of how long (`few_steps`).

    Raises
    ------
    ValueError
        If the options ask for other networks than those to go on from.
    """
    panel = panel.on_clock
    n_threads = effective_n_jobs(options.n_jobs)
    keys, fitted, thetas = before or (panel.keys, None, None)
    arrays = network_series(panel, keys, options.channels, options.loss)
    is_fitted = fitted is not None
    seasons = find_channel_seasons(arrays, panel, options.season_length, n_threads, is_fitted=is_fitted)
    if fitted is None:
        is_panel, n_categories = not panel.is_single, panel.schema.n_categories
        preprocessor, prepared = fit_preprocessor(
            arrays, options, seasons, n_categories, is_panel=is_panel, n_threads=n_threads
        )
    else:
        check_loss_continues(fitted.loss, options.loss)
        preprocessor = fitted._replace(loss=options.loss)
        check_same_width(arrays.n_channels, preprocessor.width, options.channels)
        prepared = preprocessor.prepare(arrays, seasons, n_threads)
    if (arrays.lengths <= 1 + preprocessor.channels.plan.n_lost).all():
        raise ValueError(
            f"`y` has nothing to learn from: the longest of its {len(arrays.lengths):,} series has "
            f"{counted(int(arrays.lengths.max()), 'observation')}. Supply more data, or use Naive()."
        )
    network = build_network(options, preprocessor)
    if thetas is not None:
        check_continues(network, options.n_members, thetas)
    dataset = prepared.dataset._replace(by_series=options.sampling == "series")
    seed = seed_sequence(options.random_state)
    options = settle(options, len(dataset.split(0.0)[0]))
    if n_steps is not None:
        options = few_steps(options, n_steps)
        seed = np.random.SeedSequence(seed.entropy, spawn_key=(len(arrays.values),))  # others each time
    done = train(network, dataset, options, seed, thetas, options.verbose > 0)
    return {
        "preprocessor_": preprocessor,
        "network_": network,
        "thetas_": done.thetas,
        "history_": pd.DataFrame(done.history),
        "seed_": seed,
        "interrupted_": done.interrupted,
        "n_parameters_": network.n_parameters,
        "lookback_": preprocessor.shape.lookback,
        "season_length_": preprocessor.season_length,
        **{f"{name}_": getattr(options, name) for name in AUTOMATIC},
        "transform_": transforms_by_name(prepared, panel),
        "normalize_": preprocessor.normalize,
        "_prepared_": prepared,
        "_keys_": keys,
    }
