"""Accuracy on whole sequences: five sets of the UCR and UEA archives, spoken digits, engines' remaining life.

python benchmarks/classify.py --data DIR [--sets NAME ...] [--seeds 5] [--select]

Each set has one setting, chosen on its training part alone; --select prints the cross-validation it was chosen
by: every setting of the grid, with its log loss (of engines: root mean squared error) and accuracy over the
folds, the best last. DIR holds tsc/*.npz, audio/fsdd.npz and cmapss/.
"""

import argparse
import warnings
from pathlib import Path
from time import perf_counter

from recipes import RECIPES, Recipe
from sklearn.model_selection import ParameterGrid

SELECTION_MEMBERS = 3


def select(recipe: Recipe, folder: Path) -> None:
    train, _ = recipe.load(folder)
    lines = []
    print(f"\n{recipe.name}: {len(train.X)} sequences, {SELECTION_MEMBERS} networks, {recipe.repeats} x 5 folds")
    for settings in ParameterGrid(recipe.grid):
        start = perf_counter()
        loss, accuracy = recipe.cross_validate(settings, train, SELECTION_MEMBERS)
        described = ", ".join(f"{name}={value}" for name, value in settings.items())
        lines.append((loss, f"{loss:8.3f}{accuracy:8.3f}{perf_counter() - start:8.1f}  {described}"))
    print("    loss     acc seconds")
    for _, line in sorted(lines, reverse=True):
        print(line, flush=True)


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
    for recipe in RECIPES:
        if recipe.name in arguments.sets and arguments.select:
            select(recipe, arguments.data)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
