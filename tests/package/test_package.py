"""What a user installs and reads: the wheel, the import, the README, the notebooks, the repository itself."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import nbformat
import pathspec
import pytest
from nbclient import NotebookClient

import tsrnn
from tsrnn import datasets

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OURS = {"NUMBA_CACHE_DIR", "PYTHONPATH"}  # of this run, not of a user's
FORECAST = """
import tsrnn
from tsrnn import RNNForecaster, datasets

y = datasets.load("nile")
model = RNNForecaster("rnn", horizon=3, lookback=4, hidden_size=4, max_steps=3, random_state=0).fit(y)
print(tsrnn.__file__, *model.predict().index.year)
"""


def read(name: str) -> str:
    """Read a text file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def run(*command, **options) -> str:
    """Run a command outside pytest's own interpreter and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | {
        "PYTHONUTF8": "1"
    }
    done = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, encoding="utf-8", **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of a source distribution, so that both are known to be complete."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory) -> Path:
    """The executables of an environment that holds the wheel and, by reference, its dependencies."""
    home = tmp_path_factory.mktemp("empty") / "env"
    venv.create(home, symlinks=os.name != "nt")
    paths = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)}, scheme="venv")
    executables = Path(paths["scripts"])
    python = executables / Path(sys.executable).name
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel)
    # A folder named in a .pth file is searched last; its own .pth files, the editable tsrnn's, are not read.
    (Path(paths["purelib"]) / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return executables


def test_wheel_holds_the_data_and_the_type_marker_and_no_tests(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tsrnn").rglob("*.py")}
    data = {
        f"tsrnn/data/{path.name}" for path in (ROOT / "data").glob("[!.]*") if path.suffix not in ("", ".py")
    }
    metadata = {name for name in held if name.startswith(f"tsrnn-{tsrnn.__version__}.dist-info/")}
    assert held - metadata == code | data | {"tsrnn/py.typed"}
    assert {f"tsrnn/data/{name}" for name in ("README.md", "catalog.toml")} < held


def test_installed_wheel_forecasts_away_from_the_checkout(scripts, tmp_path):
    python = scripts / Path(sys.executable).name
    where, *years = run(python, "-W", "error", "-c", FORECAST, cwd=tmp_path).split()
    assert Path(where).is_relative_to(scripts.parent)
    assert years == ["1971", "1972", "1973"]


def test_installed_command_lists_the_datasets(scripts, tmp_path):
    printed = run(scripts / "tsrnn", "datasets", cwd=tmp_path)
    assert [name for name in datasets.names() if not re.search(rf"\b{name}\b", printed)] == []


def test_import_loads_nothing_foreign_but_what_every_forecast_needs():
    program = (
        "import sys, joblib, numba, pandas, sklearn.base, tqdm; before = set(sys.modules); "
        "from tsrnn import *; print(*sorted(set(sys.modules) - before))"
    )
    loaded = run(sys.executable, "-c", program).split()
    assert {"tsrnn", "tsrnn.forecasting.rnn", "tsrnn.baselines.ets", "tsrnn.evaluation.result"} < set(loaded)
    foreign = {name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names | {"tsrnn"}}
    assert foreign == set()


def test_version_is_the_same_everywhere():
    declared = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    newest = re.search(r"^## \[?(\d\S*?)\]?(?:\s|$)", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert (tsrnn.__version__, newest[1]) == (declared, declared)


def test_readme_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", read("README.md"), re.MULTILINE | re.DOTALL)
    assert examples
    names: dict[str, object] = {"__name__": "__main__"}
    for number, example in enumerate(examples, 1):
        exec(compile(example, f"README.md, example {number}", "exec"), names)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.filterwarnings("default")  # the client's own; the notebook runs in another process
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_is_stored_with_its_outputs(path, tmp_path, monkeypatch):
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("MPLBACKEND")  # pictures belong into the notebook
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = [output.get("data", {}) for output in outputs]
    assert any("image/png" in data or "<svg" in data.get("text/html", "") for data in shown)
    assert [output for output in outputs if output.output_type == "error"] == []
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    printed = [output.text for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
    assert [text for text in printed if "Warning: " in text] == []


def test_files_stay_short():
    limits = dict.fromkeys((ROOT / "tsrnn").rglob("*.py"), 400)
    limits |= {ROOT / "CONTRIBUTING.md": 120, ROOT / "tsrnn" / "__init__.py": 100}
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in limits}
    assert {path.name: lines[path] for path in limits if lines[path] > limits[path]} == {}


@pytest.mark.parametrize(
    "built",
    [
        ".cache/numba/gw0/lstm.1.nbc",
        ".coverage",
        ".hypothesis/examples",
        ".import_linter_cache/tsrnn.data.json",
        ".mypy_cache/3.11/tsrnn.data.json",
        ".pytest_cache/README.md",
        ".ruff_cache/CACHEDIR.TAG",
        ".venv/bin/python",
        "dist/tsrnn-0.1.0-py3-none-any.whl",
        "notebooks/.ipynb_checkpoints/01_quickstart-checkpoint.ipynb",
        "report/index.html",
        "tsrnn/kernels/__pycache__/lstm.forward.nbi",
    ],
)
def test_what_is_built_is_never_committed(built):
    ignored = pathspec.GitIgnoreSpec.from_lines(read(".gitignore").splitlines())
    assert ignored.match_file(built)
    assert not ignored.match_file("data/co2.csv")
