"""Parameters that trained networks share: architecture, training, running."""

import numpy as np

from tsrnn.kernels.cells import RECURRENT
from tsrnn.kernels.optimizers import OPTIMIZERS
from tsrnn.training.loop import SCHEDULES
from tsrnn.validation import N_JOBS, SEED, Choice, Condition, Integer, Number, Parameter, Rule, is_whole

BOOLEAN = Choice(False, True)
POSITIVE = Number("(0, inf)")

VERBOSITY = Condition(
    "int or bool",
    "a whole number, at least 0, or a bool",
    lambda level: isinstance(level, bool | np.bool_) or (is_whole(level) and level >= 0),
)

ARCHITECTURE = {
    "cell": Parameter(
        Choice(*RECURRENT),
        "gru",
        """
        Mathematics of one step. "gru": gated recurrent unit, with the reset gate after the recurrent product
        as in PyTorch; "gru_reset_before": before it (Cho et al., 2014). "lstm": long short-term memory with a
        forget gate (Hochreiter & Schmidhuber, 1997; Gers et al., 2000); "lstm_peephole": whose gates see the
        memory (Gers & Schmidhuber, 2000). "rnn", "rnn_relu": simple recurrence with tanh (Elman, 1990) or
        max(0, .); "irnn": the latter, started at the identity (Le et al., 2015). "jordan": tanh, fed the
        layer's output instead of its state (Jordan, 1986).
        """,
    ),
    "hidden_size": Parameter(Integer("units"), 32, "Units in each recurrent layer, in each direction."),
    "num_layers": Parameter(
        Integer("layers"), 1, "Recurrent layers, each reading the one below; 1 to 7 are tested."
    ),
    "bidirectional": Parameter(
        BOOLEAN,
        False,
        "Read the sequences in both directions, with twice the weights (Schuster & Paliwal, 1997).",
    ),
    "residual": Parameter(
        BOOLEAN, False, "Add a layer's input to its output, from the second layer on (He et al., 2016)."
    ),
    "dilation": Parameter(
        Integer("steps"),
        1,
        """
        Layer l = 0, 1, ... recurs over ``dilation**l`` steps (Chang et al., 2017), so the first layer never
        skips any.
        """,
    ),
    "dropout": Parameter(
        Number("[0, 1)"),
        0.0,
        "Probability of zeroing a layer's outputs, to the next layer and to the head, while training.",
    ),
}

TRAINING = {
    "optimizer": Parameter(
        Choice(*OPTIMIZERS), "adam", "Adam, stochastic gradient descent with momentum 0.9, or RMSProp."
    ),
    "learning_rate": Parameter(POSITIVE, 0.01, "Size of the optimizer's steps, at the start of `schedule`."),
    "schedule": Parameter(
        Choice(*SCHEDULES),
        "cosine",
        """
        Learning rate over training: constant; down to 0 along half a cosine; or halved after 5 evaluations
        without improvement ("plateau").
        """,
    ),
    "batch_size": Parameter(Integer("samples"), 32, "Sequences in each optimizer step."),
    "max_epochs": Parameter(
        Integer("epochs") | None,
        200,
        """
        Training ends after so many visits of every sample, or after `max_steps`, whichever is first. One of
        the two must be given.
        """,
    ),
    "max_steps": Parameter(
        Integer("steps") | None,
        2000,
        "Training ends after so many optimizer steps, or after `max_epochs`, whichever is first.",
    ),
    "early_stopping": Parameter(
        BOOLEAN,
        False,
        """
        Hold back sequences drawn at random, where they have classes some of each, stop when the loss on them
        no longer falls and keep the best weights. False trains on every sequence.
        """,
    ),
    "validation_fraction": Parameter(
        Number("[0, 1)"),
        0.1,
        "Share of the sequences held back; with 0 the training loss decides.",
        "early_stopping=True",
    ),
    "n_iter_no_change": Parameter(
        Integer("evaluations"),
        10,
        """
        Evaluations without improvement after which training stops. An evaluation closes every epoch, but at
        least 10 and at most 100 steps.
        """,
        "early_stopping=True",
    ),
    "clip_norm": Parameter(
        POSITIVE | None, 1.0, "Longest gradient; longer ones are scaled down (Pascanu et al., 2013)."
    ),
    "clip_value": Parameter(
        POSITIVE | None, None, "Largest entry of the gradient in size, after `clip_norm`."
    ),
    "n_members": Parameter(
        Integer("networks"),
        1,
        """
        Networks trained from seeds of their own. Numbers are the median of their predictions, probabilities
        the mean.
        """,
    ),
    "n_jobs": Parameter(
        N_JOBS,
        None,
        """
        Threads for members, and for parts of large batches where there are fewer members, as in joblib; the
        result does not depend on it.
        """,
    ),
    "dtype": Parameter(Choice("float32", "float64"), "float32", "Type of the network's numbers."),
    "random_state": Parameter(
        SEED, None, "Seed. The same int gives the same bits; None gives another network each time."
    ),
    "verbose": Parameter(VERBOSITY, 0, "1 shows a progress bar."),
    "warm_start": Parameter(
        BOOLEAN,
        False,
        """
        Let `fit` continue from the weights of the last one, with the preparation of data that goes with them,
        instead of starting afresh.
        """,
    ),
}

TRAINING_RULES = (
    Rule(
        lambda o: o.max_epochs is None and o.max_steps is None,
        lambda o: "`max_epochs` and `max_steps` are both None: training would never end. Set one.",
    ),
)
