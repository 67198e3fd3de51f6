"""Settings of short trainings."""

from tsrnn.training.loop import Training


def settings(**changes):
    defaults = {
        "loss": "mse",
        "optimizer": "adam",
        "learning_rate": 0.01,
        "schedule": "constant",
        "batch_size": 16,
        "max_epochs": None,
        "max_steps": 60,
        "early_stopping": False,
        "n_iter_no_change": 3,
        "clip_norm": 1.0,
        "clip_value": None,
        "bptt": None,
    }
    return Training(**(defaults | changes))
