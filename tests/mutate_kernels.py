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
from itertools import chain, zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[1]
KERNELS = ROOT / "tsrnn" / "kernels"
NOT_NUMERICS = (
    "jit.py",
    "packing/tile.py",
    "packing/views.py",
)  # the decorator, instructions by hand, shapes
ALL = ["tests/kernels", "tests/network"]
ALSO = {  # what shows in other packages first
    "arma.py": ["tests/baselines/arima/test_arima.py"],
    "decoders/generate.py": ["tests/sequence/test_generation.py"],
    "dense.py": ["tests/forecasting/test_window_mlp.py"],
    "gather.py": ["tests/training/test_windows.py", "tests/forecasting/test_rnn.py"],
    "scans/stream.py": ["tests/forecasting/test_stream.py"],
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


def sites(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int | None, ast.stmt]]:
    """Yield each place in the functions and tables of a module: parent, field, index, and its statement."""

    def below(parent, statement):
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns", "decorator_list"):
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST):
                    inner = child if isinstance(child, ast.stmt) else statement
                    yield parent, field, index, inner
                    yield from below(child, inner)

    yield from below(tree, tree)


def mutants(path: Path) -> Iterator[tuple[str, str]]:
    """Yield a description and the text of the module for each change to it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for parent, field, index, statement in list(sites(tree)):
        place = getattr(parent, field)
        node = place if index is None else place[index]
        for kind, other in CHANGES.get(type(node), lambda _: ())(node):
            within = parent if isinstance(parent, ast.expr) else None
            before = shown(within or node)
            put(parent, field, index, other)
            change = f"{before}  ->  {shown(within or other)}"
            yield f"line {statement.lineno}, {kind}: {change}", ast.unparse(tree)
            put(parent, field, index, node)


def shown(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]


def put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node
    ast.fix_missing_locations(parent)


def draw(n: int, seed: int) -> list[tuple[str, str, str]]:
    """Return `n` mutants, drawn in turn from each module: its name, what is changed, and its text."""
    shuffle = random.Random(seed).shuffle
    modules = []
    for path in sorted(KERNELS.rglob("*.py")):
        name = path.relative_to(KERNELS).as_posix()
        of_module = [(name, *mutant) for mutant in mutants(path)] if name not in NOT_NUMERICS else []
        shuffle(of_module)
        modules.append(of_module)
    shuffle(modules)
    drawn = chain.from_iterable(zip_longest(*modules))
    return [mutant for mutant in drawn if mutant is not None][:n]


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
        survivors = []
        chosen = draw(arguments.n, arguments.seed)
        needed = [test for name, *_ in chosen for test in ALSO.get(name, [])]
        if not passes(folder, [*needed, *ALL]):
            sys.exit("The tests fail with the kernels as they are.")
        for number, (name, change, text) in enumerate(chosen, 1):
            path = folder / "tsrnn" / "kernels" / name
            original = path.read_bytes()
            path.write_text(text, encoding="utf-8")
            survives = passes(folder, [*ALSO.get(name, []), *ALL])
            path.write_bytes(original)
            outcome = "SURVIVES" if survives else "killed"
            print(f"{number}/{len(chosen)} {outcome}  {name}, {change}", flush=True)
            survivors += [f"{name}, {change}"] * survives
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutants killed.", *survivors, sep="\n")


if __name__ == "__main__":
    main()
