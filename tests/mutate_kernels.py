"""Break the kernels in small ways and see whether their tests notice it: ``python tests/mutate_kernels.py``.

A mutant is the package with one expression of one kernel changed: a sign, a term that is left out, the order
of two gates, a bound that is one off. The tests of that kernel should fail with it. Those mutants with which
they pass are printed: either a test is lacking, or the change has no effect. Each mutant is compiled anew,
which takes from seconds to minutes.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "tsrnn" / "kernels"
NOT_NUMERICS = ("jit.py", "packing/tile.py", "packing/views.py")  # the decorator, LLVM's instructions, shapes
ALL = ["tests/kernels", "tests/network"]
ALSO = {  # where else it shows
    "arma.py": ["tests/baselines/arima/test_arima.py"],
    "decoders/sampling.py": ["tests/sequence/test_symbol_stream.py"],
    "dense.py": ["tests/forecasting/test_window_mlp.py"],
    "gather.py": ["tests/training/test_windows.py", "tests/forecasting/test_rnn.py"],
    "scans/stream.py": ["tests/forecasting/test_stream.py"],
    "series/scales.py": ["tests/training/test_scales.py", "tests/training/test_preprocessor.py"],
    "series/seasons.py": ["tests/training/test_seasons.py", "tests/timeseries/test_seasonality.py"],
}
LONGEST = 1800  # seconds; a mutant may never end
OTHER_OPERATOR = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult}
OTHER_COMPARISON = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
OTHER_FUNCTION = {"sigmoid": "tanh", "tanh": "sigmoid", "min": "max", "max": "min", "exp": "expm1"}


def of_operation(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    if type(node.op) in OTHER_OPERATOR:
        yield "another operator", ast.BinOp(node.left, OTHER_OPERATOR[type(node.op)](), node.right)
        yield "a term less", node.left


def of_addition(node: ast.AugAssign) -> Iterator[tuple[str, ast.AST]]:
    if type(node.op) in OTHER_OPERATOR:
        yield "another operator", ast.AugAssign(node.target, OTHER_OPERATOR[type(node.op)](), node.value)
        yield "nothing added", ast.Pass()


def of_sign(node: ast.UnaryOp) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.op, ast.USub):
        yield "another sign", node.operand


def of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    first, *others = node.ops
    if type(first) in OTHER_COMPARISON:
        other = OTHER_COMPARISON[type(first)]()
        yield "another comparison", ast.Compare(node.left, [other, *others], node.comparators)


def of_constant(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    if type(node.value) is int:
        yield "one off", ast.Constant(node.value + 1)
    if type(node.value) is float:
        yield "another constant", ast.Constant(node.value * 1.25 + 0.01)


def of_order(node: ast.Tuple) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        first, second, *rest = node.elts
        if ast.dump(first) != ast.dump(second):
            yield "another order", ast.Tuple([second, first, *rest], ast.Load())


def of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in OTHER_FUNCTION:
        other = ast.parse(ast.unparse(node.func).replace(name, OTHER_FUNCTION[name]), mode="eval").body
        yield "another function", ast.Call(other, node.args, node.keywords)
    if name == "range":
        end = len(node.args) > 1
        shorter = ast.BinOp(node.args[end], ast.Sub(), ast.Constant(1))
        yield "one step less", ast.Call(node.func, [*node.args[:end], shorter, *node.args[end + 1 :]], [])


CHANGES: dict[type, Callable] = {  # what may be put in the place of what, and what to call that
    ast.BinOp: of_operation,
    ast.AugAssign: of_addition,
    ast.UnaryOp: of_sign,
    ast.Compare: of_comparison,
    ast.Constant: of_constant,
    ast.Tuple: of_order,
    ast.Call: of_call,
}


class Mutant(NamedTuple):
    """A change to a module's tree: of the node that `parent` has in `field`, at `index` if that is a list."""

    module: str
    tree: ast.Module
    parent: ast.AST
    field: str
    index: int | None
    line: int
    kind: str
    other: ast.AST

    def __str__(self) -> str:
        around = self.parent if isinstance(self.parent, ast.expr) else None
        before = shown(around or self.node)
        with self.changed():
            return f"{self.module}:{self.line}, {self.kind}: {before}  ->  {shown(around or self.other)}"

    @property
    def node(self) -> ast.AST:
        place = getattr(self.parent, self.field)
        return place if self.index is None else place[self.index]

    @property
    def text(self) -> str:
        """The changed module."""
        with self.changed():
            return ast.unparse(self.tree)

    @contextmanager
    def changed(self) -> Iterator[None]:
        node = self.node
        self._put(self.other)
        yield
        self._put(node)

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node
        ast.fix_missing_locations(self.parent)


def shown(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]


def places(parent: ast.AST, line: int = 0) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, int]]:
    """Yield the nodes below one, and where they are: parent, field, index, node, and the statement's line."""
    for field, value in ast.iter_fields(parent):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                inner = child.lineno if isinstance(child, ast.stmt) else line
                yield parent, field, index, child, inner
                yield from places(child, inner)


def mutants(module: str) -> list[Mutant]:
    """Return everything that can be changed in a module of the kernels."""
    tree = ast.parse((KERNELS / module).read_text(encoding="utf-8"))
    return [
        Mutant(module, tree, parent, field, index, line, kind, other)
        for parent, field, index, node, line in places(tree)
        if type(node) in CHANGES
        for kind, other in CHANGES[type(node)](node)
    ]


def draw(n: int, seed: int) -> list[Mutant]:
    """Draw mutants, in turn from each module."""
    shuffle = random.Random(seed).shuffle
    names = sorted(path.relative_to(KERNELS).as_posix() for path in KERNELS.rglob("*.py"))
    of_modules = [mutants(name) for name in names if name not in NOT_NUMERICS]
    for of_module in of_modules:
        shuffle(of_module)
    shuffle(of_modules)
    in_turn = chain.from_iterable(zip_longest(*of_modules))
    return [mutant for mutant in in_turn if mutant is not None][:n]


def files_of(name: str) -> list[str]:
    """Return the tests that a mutant has to pass, those that are likeliest to fail first."""
    *folders, file = name.split("/")
    mirrored = [
        "/".join(["tests/kernels", *folders, f"test_{file}"]),
        *[f"tests/kernels/{one}" for one in folders],
    ]
    return [*[path for path in mirrored if (ROOT / path).exists()], *ALSO.get(name, []), *ALL]


def passes(folder: Path, tests: list[str]) -> bool:
    """Run tests in a copy of the repository until one fails; return whether none does."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *dict.fromkeys(tests)]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=40, help="number of mutants (default: 40)")
    parser.add_argument("--seed", type=int, default=0, help="which are drawn (default: 0)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for part in ("tsrnn", "tests", "data"):
            ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        survivors, chosen = [], draw(arguments.n, arguments.seed)
        if not passes(folder, [test for mutant in chosen for test in files_of(mutant.module)]):
            sys.exit("The tests fail with the kernels as they are.")
        for number, mutant in enumerate(chosen, 1):
            path = folder / "tsrnn" / "kernels" / mutant.module
            original = path.read_bytes()
            path.write_text(mutant.text, encoding="utf-8")
            survives = passes(folder, files_of(mutant.module))
            path.write_bytes(original)
            print(f"{number}/{len(chosen)} {'SURVIVES' if survives else 'killed'}  {mutant}", flush=True)
            survivors += [mutant] * survives
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutants killed.", *survivors, sep="\n")


if __name__ == "__main__":
    main()
