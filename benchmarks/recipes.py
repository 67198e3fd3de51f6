"""How each set of sequences is learned, and the cross-validation that chose the settings from a grid."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax
from sequences import LONGEST_LIFE, Part, archive, digits, turbofan
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import GroupKFold, StratifiedKFold

from tsrnn import RNNClassifier, RNNRegressor

N_FOLDS = 5

Settings = dict[str, Any]
COMMON = {"bidirectional": True, "learning_rate": 0.005, "max_epochs": None}
SMALL = {"batch_size": 16, "n_members": 10}
TRIED = {"pooling": ["last", "mean"], "dropout": [0.3, 0.5]}


@dataclass(frozen=True)
class Recipe:
    """A set of sequences, the settings for it, and what they were chosen from.

    Settings are parameters of the estimator and two of the data: ``mirrored``, whether to learn the sequences
    backwards, too, and ``last``, how many steps at their ends are read, None for all.
    """

    name: str
    load: Callable[[Path], tuple[Part, Part]]
    bar: float
    fixed: Settings
    grid: dict[str, list[Any]]
    chosen: Settings
    repeats: int = 4
    tempered: bool = False
    estimator: type = RNNClassifier

    @property
    def settings(self) -> Settings:
        """All that is set."""
        return COMMON | self.fixed | self.chosen

    @property
    def is_classifier(self) -> bool:
        """Whether targets are classes and the bar an accuracy; else it is an error."""
        return self.estimator is RNNClassifier

    def predict(self, settings: Settings, train: Part, X: list[np.ndarray], seed: int) -> np.ndarray:
        """Fit, and return probabilities (n, classes) in the order of the sorted classes, or numbers (n,)."""
        settings = COMMON | self.fixed | settings | {"random_state": seed}
        last = settings.pop("last", None)
        train, test = train.last(last), Part(X, np.zeros(len(X))).last(last)
        if settings.pop("mirrored", False):
            train = train.mirrored()
        model = self.estimator(**settings).fit(train.X, train.y)
        if self.is_classifier:
            return model.predict_proba(test.X)
        return np.clip(model.predict(test.X), 0, LONGEST_LIFE)

    def loss(self, predicted: np.ndarray, y: np.ndarray, classes: np.ndarray) -> float:
        """Return the log loss, or the root mean squared error."""
        if self.is_classifier:
            return log_loss(y, predicted, labels=classes)
        return root_mean_squared_error(y, predicted)

    def cross_validate(self, settings: Settings, train: Part, members: int) -> tuple[float, ...]:
        """Return loss and, of classes, `tempered_loss` and accuracy, over folds of `train`."""
        settings = settings | {"n_members": members}
        classes = np.unique(train.y)
        losses, tempered, accuracies = [], [], []
        for repeat in range(self.repeats):
            whole = np.empty((len(train.y), len(classes)) if self.is_classifier else len(train.y))
            for learned, held in _folds(train, repeat, self.is_classifier):
                y, X = train.y[held], [train.X[i] for i in held]
                whole[held] = self.predict(settings, train.take(learned), X, repeat)
                losses.append(self.loss(whole[held], y, classes))
                accuracies.append(accuracy(whole[held], y, classes) if self.is_classifier else np.nan)
            tempered.append(tempered_loss(whole, train.y, classes) if self.is_classifier else np.nan)
        return float(np.mean(losses)), float(np.mean(tempered)), float(np.mean(accuracies))


def accuracy(probabilities: np.ndarray, y: np.ndarray, classes: np.ndarray) -> float:
    return float(np.mean(classes[probabilities.argmax(axis=1)] == y))


def tempered_loss(probabilities: np.ndarray, y: np.ndarray, classes: np.ndarray) -> float:
    """Return the log loss at the temperature where it is least (Guo et al., 2017).

    It says how well classes are told apart, however confident the network is.
    """
    logs = np.log(np.maximum(probabilities, 1e-12))
    powers = np.geomspace(0.01, 10, 61)[:, None, None]
    return min(log_loss(y, tempered, labels=classes) for tempered in softmax(powers * logs, axis=2))


def _folds(train: Part, seed: int, stratified: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    kind = StratifiedKFold if stratified else GroupKFold
    return kind(N_FOLDS, shuffle=True, random_state=seed).split(train.y, train.y, train.groups)


RECIPES = [
    Recipe(
        "JapaneseVowels",
        partial(archive, name="JapaneseVowels"),
        0.97,
        {"batch_size": 32, "n_members": 5},
        TRIED | {"hidden_size": [32, 64], "max_steps": [400, 800]},
        {"dropout": 0.5, "hidden_size": 64, "max_steps": 800, "pooling": "mean"},
        repeats=1,
    ),
    Recipe(
        "BasicMotions",
        partial(archive, name="BasicMotions"),
        1.0,
        SMALL,
        TRIED | {"hidden_size": [32, 64], "max_steps": [300], "patch_size": [5, 10, 20]},
        {"dropout": 0.5, "hidden_size": 64, "max_steps": 300, "patch_size": 5, "pooling": "mean"},
    ),
    Recipe(
        "ItalyPowerDemand",
        partial(archive, name="ItalyPowerDemand"),
        0.96,
        SMALL,
        TRIED | {"max_steps": [75, 150, 300], "patch_size": [1, 4, 6, 12]},
        {"dropout": 0.3, "max_steps": 75, "patch_size": 1, "pooling": "last"},
    ),
    Recipe(
        "GunPoint",
        partial(archive, name="GunPoint"),
        0.95,
        SMALL,
        TRIED | {"max_steps": [150, 300], "patch_size": [3, 5, 10, 25]},
        {"dropout": 0.3, "max_steps": 300, "patch_size": 5, "pooling": "last"},
    ),
    Recipe(
        "ArrowHead",
        partial(archive, name="ArrowHead"),
        0.8,
        SMALL,
        {
            "pooling": ["mean"],
            "dropout": [0.0, 0.1, 0.3],
            "hidden_size": [16, 32, 64],
            "max_steps": [300, 900],
            "patch_size": [63, 126, 251],
            "mirrored": [True],
        },
        {
            "dropout": 0.0,
            "hidden_size": 16,
            "max_steps": 900,
            "mirrored": True,
            "patch_size": 63,
            "pooling": "mean",
        },
        tempered=True,
    ),
    Recipe(
        "digits",
        digits,
        0.95,
        {"batch_size": 32, "max_epochs": 10, "n_members": 3},
        TRIED | {"hidden_size": [32, 64]},
        {"dropout": 0.3, "hidden_size": 64, "pooling": "last"},
        repeats=1,
    ),
    Recipe(
        "turbofan",
        turbofan,
        15.0,
        {"batch_size": 64, "n_members": 5},
        {
            "bidirectional": [False, True],
            "dropout": [0.1, 0.2],
            "patch_size": [1, 5],
            "max_steps": [250, 500],
            "last": [50, 70],
        },
        {"bidirectional": True, "dropout": 0.2, "last": 70, "max_steps": 500, "patch_size": 1},
        repeats=2,
        estimator=RNNRegressor,
    ),
]
