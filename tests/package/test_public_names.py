"""The names of `tsrnn`: imported when first used, the same objects in whatever order and thread."""

import ast
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from mypy import api

import tsrnn

PACKAGE = Path(__file__).parents[2] / "tsrnn"
FUNCTIONS = ("backtest", "compare", "time_limit", "warmup")
MODULES = ("audio", "datasets", "metrics")
KINDS = """
import importlib, json, sys, types
import tsrnn
for module in sys.argv[1:]:
    importlib.import_module(module)
print(json.dumps({name: type(getattr(tsrnn, name)).__name__ for name in tsrnn.__all__}))
"""
RACE = """
import sys, threading
import tsrnn
sys.setswitchinterval(1e-6)
names, found, failed = sys.argv[1:], {}, []
start = threading.Barrier(len(names))

def use(name):
    start.wait()
    try:
        found[threading.get_ident()] = getattr(tsrnn, name)
    except BaseException as error:
        failed.append(repr(error))

threads = [threading.Thread(target=use, args=[name]) for name in names]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
same = all(value is getattr(tsrnn, getattr(value, "__name__").rpartition(".")[2]) for value in found.values())
print(failed, len(found), same)
"""
TYPES = """
import tsrnn
from tsrnn import *

reveal_type(tsrnn.RNNForecaster)
reveal_type(tsrnn.time_limit)
reveal_type(Naive().fit)
tsrnn.RNNForcaster
"""


def run(program: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    done = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def modules() -> list[str]:
    """Return all modules of the package but the one that runs the command."""
    paths = sorted(PACKAGE.rglob("*.py"))
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in names if name != "tsrnn.__main__"]


def test_import_alone_loads_no_other_module():
    program = "import sys; before = set(sys.modules); import tsrnn; print(*set(sys.modules) - before)"
    loaded = run(program).split()
    assert [name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names] == ["tsrnn"]


def test_names_are_those_that_a_type_checker_sees():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if ast.unparse(node).startswith("if TYPE_CHECKING:"))
    assert isinstance(block, ast.If)
    imported = {
        alias.name: getattr(node, "module", "")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(imported) == set(tsrnn.__all__)
    assert len(set(tsrnn.__all__)) == len(tsrnn.__all__)
    for name, module in imported.items():
        seen = getattr(__import__(module, fromlist=[name]), name)
        assert getattr(tsrnn, name) is seen


@pytest.mark.parametrize("order", ["none", "forwards", "backwards"])
def test_names_of_functions_are_functions_whatever_module_was_imported(order):
    imported = {"none": [], "forwards": modules(), "backwards": modules()[::-1]}[order]
    kinds = json.loads(run(KINDS, *imported))
    assert {kinds.pop(name) for name in FUNCTIONS} == {"function"}
    assert {kinds.pop(name) for name in MODULES} == {"module"}
    assert set(kinds.values()) <= {"ABCMeta", "type"}


def test_no_public_function_or_class_has_the_name_of_a_module():
    beside = {path.stem for path in PACKAGE.iterdir()} - set(MODULES)
    assert beside.isdisjoint(tsrnn.__all__)


def test_star_import_and_dir_give_every_name():
    names = {}
    exec("from tsrnn import *", names)
    assert set(tsrnn.__all__) == set(names) - {"__builtins__"}
    assert set(tsrnn.__all__) | {"__version__", "__doc__"} <= set(dir(tsrnn))
    printed = run("import tsrnn; print(*dir(tsrnn))").split()
    assert printed == dir(tsrnn)


def test_unknown_name_is_refused_and_leaves_a_hint():
    with pytest.raises(AttributeError, match=r"^module 'tsrnn' has no attribute 'RNNForcaster'$") as caught:
        tsrnn.RNNForcaster  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("RNNForcaster", tsrnn)
    with pytest.raises(ImportError, match="cannot import name 'RNNForcaster' from 'tsrnn'"):
        from tsrnn import RNNForcaster  # noqa: F401
    assert not hasattr(tsrnn, "__wrapped__")


def test_packages_are_attributes_without_an_import_of_their_own():
    printed = run("import tsrnn; print(tsrnn.plotting.plot_skill.__name__, tsrnn.cells.step.__name__)")
    assert printed == "plot_skill step\n"


def test_classes_are_pickled_by_a_name_that_imports():
    values = [getattr(tsrnn, name) for name in tsrnn.__all__]
    pickled = pickle.dumps([value for value in values if not isinstance(value, ModuleType)])
    program = (
        "import pickle, sys; print(*(value.__name__ for value in pickle.loads(bytes.fromhex(sys.argv[1]))))"
    )
    assert set(run(program, pickled.hex()).split()) == set(tsrnn.__all__) - set(MODULES)


@pytest.mark.parametrize("attempt", range(3))
def test_first_uses_in_many_threads_at_once_give_one_object_each(attempt):
    names = [name for name in tsrnn.__all__ for _ in range(2)]
    assert run(RACE, *names[attempt:], *names[:attempt]) == f"[] {len(names)} True\n"


def test_no_module_of_the_package_takes_a_name_from_its_top():
    """Its imports would be hidden from the contracts, and could lead in a circle."""
    pattern = re.compile(r"^ *(from tsrnn import |import tsrnn( |$))", re.MULTILINE)
    paths = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    assert [path.name for path in paths if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_type_checkers_see_the_types_and_miss_what_is_missing(tmp_path):
    (tmp_path / "user.py").write_text(TYPES, encoding="utf-8")
    cache = str(PACKAGE.parent / ".mypy_cache")
    out, _, _ = api.run([str(tmp_path / "user.py"), "--ignore-missing-imports", "--cache-dir", cache])
    assert "tsrnn.forecasting.rnn.RNNForecaster" in out
    assert "contextlib._GeneratorContextManager[None" in out
    assert 'Module has no attribute "RNNForcaster"' in out
    assert out.count("error:") == 1
