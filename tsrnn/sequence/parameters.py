"""Parameters of the estimators of sequences and of the generator."""

from collections.abc import Mapping

from tsrnn.training.parameters import ARCHITECTURE, TRAINING, TRAINING_RULES
from tsrnn.validation import Choice, Condition, Integer, Parameter, Parameters

_BASE = {
    **ARCHITECTURE,
    "normalize": Parameter(
        Choice("series", None),
        "series",
        """
        What the network sees of each feature: deviations from its mean in standard deviations, both over all
        steps of the training sequences; or the numbers as they are.
        """,
    ),
    **TRAINING,
}

_WHOLE_SEQUENCES = {
    "patch_size": Parameter(
        Integer("values"),
        1,
        """
        Steps that the network reads at once, through a dense layer with max(0, .) if several. Where a
        sequence ends inside a patch, zeros fill it up, after `normalize`.
        """,
    ),
    "pooling": Parameter(
        Choice("last", "mean"),
        "last",
        "What is read of the top layer: its last state in each direction, or the mean over all steps.",
    ),
}

_CLASS_WEIGHT = Parameter(
    Condition("dict", 'None, "balanced" or a dict', lambda weight: isinstance(weight, Mapping))
    | "balanced"
    | None,
    None,
    """
    What each label counts in the loss, besides `sample_weight`: {label: weight}, 1 for those not named;
    or in inverse proportion to how often it occurs.
    """,
)

CLASSIFIER = Parameters({**_BASE, **_WHOLE_SEQUENCES, "class_weight": _CLASS_WEIGHT}, TRAINING_RULES)

REGRESSOR = Parameters(
    {
        **_BASE,
        **_WHOLE_SEQUENCES,
        "loss": Parameter(
            Choice("mse", "mae", "huber"),
            "mse",
            """
            Mean squared error (predicts the mean), mean absolute error (the median), Huber's with threshold
            1, of targets in standard deviations.
            """,
        ),
    },
    TRAINING_RULES,
)

TAGGER = Parameters(
    {
        **_BASE,
        "bidirectional": ARCHITECTURE["bidirectional"]._replace(default=True),
        "loss": Parameter(
            Choice("cross_entropy", "mse", "mae", "huber"),
            "cross_entropy",
            """
            "cross_entropy" for labels. For numbers, in standard deviations: mean squared error, mean absolute
            error, or Huber's with threshold 1.
            """,
        ),
        "class_weight": _CLASS_WEIGHT._replace(applies='loss="cross_entropy"'),
    },
    TRAINING_RULES,
)

GENERATOR = Parameters(
    {
        **{name: ARCHITECTURE[name] for name in ("cell", "num_layers", "dropout")},
        **{name: row for name, row in TRAINING.items() if name != "n_members"},
        "hidden_size": ARCHITECTURE["hidden_size"]._replace(
            default=128, text="Units in each recurrent layer."
        ),
        "embedding_size": Parameter(
            Integer("numbers"), 32, "Numbers in the vector that stands for a symbol."
        ),
        "bptt": Parameter(
            Integer("steps"),
            64,
            """
            Steps the gradient is followed back through time (truncated backpropagation, Williams & Peng,
            1990). Sequences are divided into parts of so many steps, one optimizer step each; the state is
            handed on.
            """,
        ),
        "batch_size": TRAINING["batch_size"]._replace(
            text="Sequences, or rows that one long sequence is cut into, in each optimizer step."
        ),
        "learning_rate": TRAINING["learning_rate"]._replace(default=0.004),
        "max_epochs": TRAINING["max_epochs"]._replace(default=None),
        "early_stopping": TRAINING["early_stopping"]._replace(
            text="""
            Hold back the end of the one sequence, or some of many, drawn at random, stop when the loss there
            no longer falls and keep the best weights. False trains on every symbol.
            """
        ),
        "validation_fraction": TRAINING["validation_fraction"]._replace(
            text="Share of the symbols, or sequences, held back; with 0 the training loss decides."
        ),
        "n_jobs": TRAINING["n_jobs"]._replace(
            text="Threads for parts of large batches, as in joblib; the result does not depend on it."
        ),
    },
    TRAINING_RULES,
)
