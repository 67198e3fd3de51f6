"""Accuracy on whole sequences: five sets of the UCR and UEA archives, spoken digits, engines' remaining life.

    python benchmarks/classify.py --data DIR [--sets NAME ...] [--seeds 5] [--select]

DIR holds tsc/*.npz, audio/fsdd.npz and cmapss/. Each set has one setting (`recipes.py`), chosen on its
training part alone. --select prints the cross-validation it was chosen by: every setting of the grid, with
its log loss (of engines: root mean squared error), the log loss at the best temperature and accuracy over
the folds. The loss decides; on ArrowHead, where it prefers networks that are merely less sure, the loss at
the best temperature. Seconds are those of a fit and its predictions. Where PyTorch is installed, whole fits
of the same network take turns with it.
"""

import argparse
import warnings
from pathlib import Path
from time import perf_counter

import numpy as np
from contest import Bars, at_most_threads, by_turns, flushed, torch
from recipes import N_FOLDS, RECIPES, Recipe, Settings, accuracy
from sequences import LONGEST_LIFE, Part
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import ParameterGrid

SELECTION_MEMBERS = 3
RACE, RACE_BAR, RACE_ROUNDS = "JapaneseVowels", 2.0, 7


def select(recipe: Recipe, train: Part) -> None:
    print(f"\n{recipe.name}: {len(train.X)} sequences, {SELECTION_MEMBERS} networks, ", end="")
    print(f"{recipe.repeats} x {N_FOLDS} folds\n{'loss':>8}{'tempered':>10}{'accuracy':>10}{'seconds':>9}")
    results = []
    for settings in ParameterGrid(recipe.grid):
        start = perf_counter()
        loss, tempered, share = recipe.cross_validate(settings, train, SELECTION_MEMBERS)
        results.append((tempered if recipe.tempered else loss, describe(settings)))
        seconds = perf_counter() - start
        print(f"{loss:8.3f}{tempered:10.3f}{share:10.3f}{seconds:9.1f}  {describe(settings)}", flush=True)
    print(f"least {'tempered ' * recipe.tempered}loss: {min(results)[1]}")


def describe(settings: Settings) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def test(recipe: Recipe, train: Part, test: Part, n_seeds: int, bars: Bars) -> None:
    """Print how good the chosen setting is on the test part, over seeds."""
    classes, scores, uncapped, seconds = np.unique(train.y), [], [], []
    for seed in range(n_seeds):
        start = perf_counter()
        predicted = recipe.predict(recipe.chosen, train, test.X, seed)
        seconds.append(perf_counter() - start)
        if recipe.is_classifier:
            scores.append(accuracy(predicted, test.y, classes))
        else:
            scores.append(root_mean_squared_error(np.minimum(test.y, LONGEST_LIFE), predicted))
            uncapped.append(root_mean_squared_error(test.y, predicted))
    print(f"{recipe.name:<18}{len(train.X):>7}{len(test.X):>7}{row(scores)}{recipe.bar:>8}", end="")
    print(f"{np.median(seconds):>9.1f}  {describe(recipe.chosen)}", flush=True)
    if recipe.is_classifier:
        bars.at_least(f"{recipe.name}, accuracy", np.mean(scores), recipe.bar)
    else:
        print(f"{'  lives not capped':<32}{row(uncapped)}")
        bars.at_most(f"{recipe.name}, error", np.mean(scores), recipe.bar)


def row(scores: list[float]) -> str:
    return "".join(f"{summary(scores):>9.3f}" for summary in (np.mean, np.min, np.max))


def race(recipe: Recipe, train: Part, bars: Bars) -> None:
    """Print how long one network's fit takes here and in PyTorch, which flushes denormals or not."""
    from torch_sequences import fit

    settings = recipe.settings | {"n_members": 1, "random_state": 0}
    contenders = {
        "tsrnn": lambda: recipe.estimator(**settings).fit(train.X, train.y),
        "torch": lambda: fit(train, settings, 0),
        "torch, flushed": flushed(lambda: fit(train, settings, 0)),
    }
    with at_most_threads(1):
        seconds = by_turns(contenders, RACE_ROUNDS, 0)
    print(f"\n{recipe.name}, one network, one thread, median of {RACE_ROUNDS} fits\n{'':<16}seconds  / tsrnn")
    for name, median in seconds.items():
        ratio = median / seconds["tsrnn"]
        print(f"{name:<16}{median:>7.2f}{ratio:>9.1f}")
        if name != "tsrnn":
            bars.at_least(f"{recipe.name}, {name} / tsrnn", ratio, RACE_BAR)


def read_arguments() -> argparse.Namespace:
    names = [recipe.name for recipe in RECIPES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--sets", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--select", action="store_true", help="the cross-validation behind the settings")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    bars = Bars()
    if not arguments.select:
        print(f"{'':<18}{'train':>7}{'test':>7}{'mean':>9}{'min':>9}{'max':>9}{'bar':>8}{'seconds':>9}")
    for recipe in RECIPES:
        if recipe.name not in arguments.sets:
            continue
        train, held = recipe.load(arguments.data)
        if arguments.select:
            select(recipe, train)
        else:
            test(recipe, train, held, arguments.seeds, bars)
    for recipe in RECIPES:
        if torch and recipe.name == RACE and RACE in arguments.sets and not arguments.select:
            race(recipe, recipe.load(arguments.data)[0], bars)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
