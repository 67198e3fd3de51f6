"""Parameters of forecasters, and those of recurrent forecasters."""

from math import ceil, inf

from tsrnn.forecasting.intervals.distributions import DISTRIBUTIONS
from tsrnn.training.parameters import ARCHITECTURE, BOOLEAN, POSITIVE, TRAINING, TRAINING_RULES
from tsrnn.training.transforms import TRANSFORMS
from tsrnn.validation import (
    Choice,
    Condition,
    Integer,
    Number,
    Parameter,
    Parameters,
    Rule,
    Several,
    is_number,
)

FORECASTER = Parameters(
    {
        "horizon": Parameter(
            Integer("steps"), 1, "Steps that `predict` forecasts unless another number is given."
        ),
        "missing": Parameter(
            Choice("error", "interpolate"),
            "error",
            """
            What to do about NaN in the series, and in its covariates: refuse it; or fill it linearly between
            neighbours.
            """,
        ),
        "lower": Parameter(
            Condition("float", 'a number, "auto" or None', lambda limit: is_number(limit) and limit < inf)
            | "auto"
            | None,
            "auto",
            """
            Least value that can come, such as 0: no forecast, bound of an interval or sample path is below.
            "auto": 0 for the intervals and paths of series that have never been negative, while point
            forecasts stay as the model makes them. None or -inf: anything may come.
            """,
        ),
        "upper": Parameter(
            Condition("float", "a number or None", lambda limit: is_number(limit) and limit > -inf) | None,
            None,
            """
            Largest value that can come, such as the capacity of a plant or 100 %: no forecast, bound of an
            interval or sample path is above. None or inf: anything may come.
            """,
        ),
        "alias": Parameter(
            Condition("str", "a string or None", lambda name: isinstance(name, str)) | None,
            None,
            "Name in tables and legends; None: the class's name.",
        ),
    }
)

FALLBACK = Parameter(
    Choice("naive", None),
    "naive",
    """
    What becomes of those of many series that cannot be fitted, such as too short ones: they repeat their
    last season, or value, and a warning names them (``failures_`` says why); None refuses them.
    """,
    "many series",
)

MISSING_OF_NETWORKS = Parameter(
    Choice("error", "interpolate", "mask"),
    "error",
    """
    What to do about NaN: refuse it; fill it linearly between neighbours inside the series given; or let
    the network know: it reads the last value and how old it is, and missing values are not used as
    targets.
    """,
)

SEASONS = Integer('steps, "auto" or None') | Several(Integer("steps", 2), "int") | "auto" | None

_ENCODING = {
    "lookback": Parameter(
        Integer('steps, or "auto"') | "auto",
        "auto",
        """
        Past steps a forecast is made from. "auto": two or three seasons, or twice the horizon
        (`tsrnn.training.auto.automatic_lookback`), but no more than half of a single series.
        """,
    ),
    "strategy": Parameter(
        Choice("direct", "recursive", "seq2seq", "parallel"),
        "direct",
        """
        "direct": the last state gives all `horizon` values at once. "recursive": every step is trained to
        give the next value, and forecasts are fed back one by one. "seq2seq": a decoder, layers like those
        that read the look-back but with weights of their own, goes on from the last states and is fed its
        forecasts (Cho et al., 2014; Sutskever et al., 2014). "parallel": the last state is followed by one
        step for each patch of the horizon, told which by a vector of its own (Lin et al., 2023).
        """,
    ),
    "scope": Parameter(
        Choice("global", "local"),
        "global",
        """
        "global": one network for all series, trained on the windows of each. "local": a network for each, in
        `models_`.
        """,
        "many series",
    ),
    "channels": Parameter(
        Choice("joint", "shared"),
        "shared",
        """
        For a DataFrame with one column a channel. "shared": one network of one channel, trained on the
        windows of all, forecasts each from its own past. "joint": one network reads all channels at each step
        and forecasts all. Either way each has transforms, level and scale of its own.
        """,
    ),
    "patch_size": Parameter(
        Integer("values"),
        1,
        """
        Values of the look-back, of each channel, that the network reads at a step, through a dense layer with
        max(0, .) if several, and with "seq2seq" and "parallel" forecasts at one (Lin et al., 2023).
        `lookback` must be a multiple, "auto" is rounded up to one. 1 for "recursive".
        """,
    ),
    "teacher_forcing": Parameter(
        Number("[0, 1]"),
        0.5,
        """
        Probability that a step of the horizon reads the true value before it while training, not the one
        forecast, at the first optimizer step; from there it falls linearly to 0 (scheduled sampling; Bengio
        et al., 2015).
        """,
        'strategy="seq2seq"',
    ),
}

_PREPARATION = {
    "season_length": Parameter(
        SEASONS,
        "auto",
        """
        Steps in a season, or in each of several, such as the day's and the week's (24, 168). "auto": what the
        index suggests (12 for months, 24 and 168 for hours, ...) if the data show it
        (`tsrnn.training.seasons.seasonal_test`), at least one of several channels. None: no season.
        """,
    ),
    "transform": Parameter(
        Choice("auto", None, *TRANSFORMS) | Several(Choice(*TRANSFORMS), "these"),
        "auto",
        """
        Exactly invertible preparation, several in order. "auto", decided for each channel: "log" for a
        positive series that grows, and for every positive series of a panel; then "deseasonalize" if there is
        a season.
        """,
    ),
    "normalize": Parameter(
        Choice("auto", "window", "series", "robust", None),
        "auto",
        """
        What the network sees. "window": deviations from the last value of each window (from the mean of its
        last season, if a season is left in), in units of their size over the series; in a panel of the mean
        change within the window (`tsrnn.training.windows.Context` says how such windows weigh). "series":
        deviations from the mean in standard deviations; "robust": from the median in interquartile ranges /
        1.349. "auto": "series" if most series keep to a constant level, as returns do, else "window"
        (`tsrnn.training.auto.choose_normalize`).
        """,
    ),
    "missing": MISSING_OF_NETWORKS,
    "calendar": Parameter(
        Choice(None, "auto"),
        None,
        """
        "auto": hour, weekday and time of the year of each step are future covariates, as smooth numbers
        (`tsrnn.timeseries.time_features`).
        """,
    ),
    "time_step": Parameter(
        BOOLEAN,
        False,
        """
        For irregular sampling: the network reads the time since the last value. Forecasts are of usual steps.
        """,
    ),
    "embed_series": Parameter(
        Integer("numbers", 0),
        0,
        "Numbers, learned, that tell the network which series it reads; 0: none.",
        "many series",
    ),
}

_OWN_TRAINING = {
    "loss": Parameter(
        Choice("mae", "mse", "huber", *DISTRIBUTIONS),
        "mae",
        """
        Of points: "mae", mean absolute error (forecasts the median); "mse", mean squared error (the mean);
        "huber", Huber's with threshold 1. Of distributions, from which `predict` reads `level` and
        `quantiles` at once, and `sample_paths` draws: "quantile", 13 quantiles that never cross, for all
        shapes; "gaussian", normal; "student_t", with heavier tails; "negbin", negative binomial, for counts,
        which are divided by their series' mean whatever `normalize` says, and not transformed. Point
        forecasts are the median of "quantile", else the mean; of what was transformed by "log", the mean of
        logarithms comes back as a median. Distributions do not go with "seq2seq".
        """,
    ),
    "learning_rate": Parameter(
        POSITIVE | "auto", "auto", '"auto": 0.001 for batches of 32, growing with their square root.'
    ),
    "batch_size": Parameter(
        Integer("samples") | "auto",
        "auto",
        """
        Windows in each optimizer step. "auto": 32, and up to 256 where there are many
        (`tsrnn.training.auto.settle`).
        """,
    ),
    "sampling": Parameter(
        Choice("windows", "series"),
        "windows",
        """
        An epoch visits every window once, or draws as many, from each of several series with equal chances,
        so that long ones do not drown short ones.
        """,
    ),
    "max_epochs": Parameter(
        Integer("epochs") | "auto" | None,
        "auto",
        """
        Training ends after so many visits of every window, or after `max_steps`, whichever is first. One of
        the two must be given. "auto": 50 visits, fewer with larger batches, but at least 10.
        """,
    ),
    "early_stopping": TRAINING["early_stopping"]._replace(
        text="""
        Hold back the end of the series, stop when the loss there no longer falls and keep the best weights.
        False trains on every window.
        """
    ),
    "validation_fraction": TRAINING["validation_fraction"]._replace(
        text="""
        Share of the series held back. With 0, or where less than half of the windows would be left, the
        training loss decides.
        """
    ),
    "bptt": Parameter(
        Integer("steps") | None,
        None,
        """
        Steps the gradient is followed back through time (truncated backpropagation, Williams & Peng, 1990);
        states are still handed on over the whole look-back. None, or as many as the network reads: all.
        """,
    ),
}

_RULES = (
    *TRAINING_RULES,
    Rule(
        lambda o: o.strategy == "recursive" and o.bidirectional,
        lambda o: (
            'strategy="recursive" forecasts each value of a window from those before it; bidirectional=True '
            'would let the network see it. Set bidirectional=False or strategy="direct".'
        ),
    ),
    Rule(
        lambda o: o.strategy == "recursive" and o.patch_size > 1,
        lambda o: (
            'strategy="recursive" reads and forecasts one value at a step; '
            f"patch_size={o.patch_size} would make it read {o.patch_size} that it has yet to forecast. "
            'Set patch_size=1, or strategy="direct", "seq2seq" or "parallel".'
        ),
    ),
    Rule(
        lambda o: o.scope == "local" and o.warm_start,
        lambda o: (
            'warm_start=True goes on with one network; with scope="local" each series has its own. '
            "Set warm_start=False, or go on with one of them: models_[key].update(y)."
        ),
    ),
    Rule(
        lambda o: o.bptt is not None and o.bidirectional,
        lambda o: (
            f"bptt={o.bptt} cuts the look-back where states are handed on, which those of the reverse "
            "direction are not. Set bptt=None or bidirectional=False."
        ),
    ),
    Rule(
        lambda o: o.lookback != "auto" and o.lookback % o.patch_size > 0,
        lambda o: (
            f"`lookback` must be a multiple of patch_size={o.patch_size}, because the network reads "
            f"whole patches; got {o.lookback}. "
            f'Set lookback={ceil(o.lookback / o.patch_size) * o.patch_size} or "auto".'
        ),
    ),
    Rule(
        lambda o: o.strategy == "seq2seq" and o.loss in DISTRIBUTIONS,
        lambda o: (
            f'strategy="seq2seq" feeds its forecasts back in training; with loss={o.loss!r} they are '
            'no values but a distribution. Use strategy="parallel", "direct" or "recursive", or '
            'loss="mae", "mse" or "huber".'
        ),
    ),
    Rule(
        lambda o: o.loss == "negbin" and o.transform not in ("auto", None, ()),
        lambda o: (
            f'loss="negbin" is for counts, which transform={o.transform!r} would turn into other '
            'numbers. Leave transform="auto" or None, or use loss="quantile".'
        ),
    ),
)

RNN_FORECASTER = Parameters(
    {
        **FORECASTER,
        **ARCHITECTURE,
        **_ENCODING,
        **_PREPARATION,
        **TRAINING,
        **_OWN_TRAINING,
        "horizon": FORECASTER["horizon"]._replace(
            text="Future steps the network is trained to forecast. `predict` may ask for more."
        ),
        "bidirectional": ARCHITECTURE["bidirectional"]._replace(
            text="""
            Read the look-back in both directions, with twice the weights (Schuster & Paliwal, 1997).
            """,
            applies='strategy="direct"',
        ),
        "dilation": ARCHITECTURE["dilation"]._replace(
            text=f'{ARCHITECTURE["dilation"].text} 1 for "seq2seq" and "parallel".'
        ),
        "max_steps": TRAINING["max_steps"]._replace(default=1000),
        "fallback": FALLBACK._replace(applies='scope="local"'),
        "alias": FORECASTER["alias"]._replace(text="Name in tables and legends; None: the cell's."),
    },
    _RULES,
)

WINDOW_MLP = Parameters(
    {
        **RNN_FORECASTER,
        "cell": Parameter(Choice("dense"), "dense", "Dense layers."),
        "lookback": RNN_FORECASTER["lookback"]._replace(
            text="""
            Past steps a forecast is made from, the inputs of the first layer. "auto": as of `RNNForecaster`.
            """
        ),
        "hidden_size": ARCHITECTURE["hidden_size"]._replace(text="Units in each hidden layer."),
        "num_layers": ARCHITECTURE["num_layers"]._replace(text="Hidden layers."),
        "alias": FORECASTER["alias"],
    },
    _RULES,
)

CHOICES = {
    name: row.constraint.values for name, row in RNN_FORECASTER.items() if isinstance(row.constraint, Choice)
}
