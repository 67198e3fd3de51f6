"""New processes: what they find compiled, what they must not use, what they do without a place to write."""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from llvmlite.binding import get_host_cpu_features

import tsrnn

PACKAGE = Path(__file__).parents[2] / "tsrnn"
SOURCES = shutil.ignore_patterns("__pycache__")
PROBE = """
from tsrnn.kernels.factor import factor
from tsrnn.kernels.jit import kernel

@kernel
def total(x, y):
    total = 0.0
    for j in range(x.size):
        total += factor() * x[j] / y
    return total
"""
FACTOR = """
from tsrnn.kernels.jit import kernel

@kernel
def factor():
    return 2.0
"""
RUN = """
import numpy as np
from tsrnn.kernels.probe import total
print(total(np.arange(4.0), 1.0), total.stats.cache_hits.total())
"""
COMPILED, LOADED = ["12.0", "0"], ["12.0", "1"]
# An audit hook stops root and every platform alike. A disk's refusal is an OSError as well.
REFUSE_WRITING = """
import errno, os, sys

def refuse(event, details):
    writing = event == "open" and isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR)
    if writing or event in ("os.mkdir", "os.rename"):
        path = os.path.abspath(os.fsdecode(details[0]))
        if not path.startswith(os.environ.get("WRITABLE", os.devnull)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

sys.addaudithook(refuse)
"""
IN_TURN = """
import os, sys, time
from pathlib import Path
import numpy as np
from tsrnn.kernels.probe import total

def in_turn(source, target, replace=os.replace):
    if "total" not in target:
        return replace(source, target)
    (done / x.dtype.name).touch()
    turn = turns.pop(0)
    while len(list(done.iterdir())) < turn + 2:  # both processes have begun, and earlier turns are over
        time.sleep(0.01)
    replace(source, target)
    (done / str(turn)).touch()

done, x, turns = Path(sys.argv[1]), np.arange(4, dtype=sys.argv[2]), [int(turn) for turn in sys.argv[3:]]
os.replace = in_turn
print(total(x, 1.0))
"""
FORECAST = """
import numpy as np, tsrnn
y = np.sin(np.arange(30.0))
model = tsrnn.RNNForecaster("rnn", lookback=4, hidden_size=4, max_steps=3, random_state=0).fit(y)
print(model.predict().iloc[0])
"""
GRADIENT = """
import json
import numpy as np
from tsrnn.network import Network
rng = np.random.default_rng(0)
network = Network("lstm", 3, 19, 2, 2)
theta = network.initialise(rng)
x, target = rng.normal(size=(6, 5, 3)).astype("f4"), rng.normal(size=(6, 5, 2)).astype("f4")
gradient = np.empty_like(theta)
loss = network.value_and_gradient(theta, x, target, "mse", gradient)
print(json.dumps([network.forward(theta, x)[0].tolist(), loss, gradient.tolist()]))
"""
WARM = """
import numpy as np, pandas as pd, tsrnn
from numba.core import event
from tsrnn.forecasting.parameters import CHOICES

def use(**settings):
    sizes = {"horizon": 3, "lookback": 5, "hidden_size": 4, "max_steps": 2, "random_state": 0}
    counts = "negbin" in settings.values()
    model = tsrnn.RNNForecaster(**(sizes | settings)).fit(y.round() + 1 if counts else y)
    model.predict(), model.predict(7), model.residuals_

def use_all(**settings):
    sizes = {"horizon": 3, "lookback": 4, "hidden_size": 4, "max_steps": 2, "random_state": 0}
    X, past = (pd.DataFrame({name: np.arange(47.0)}) for name in "ab")
    panel = {"long": y.where(y < 0.9), "short": y[:5]}
    static = pd.DataFrame({"size": [1.0, 2.0], "kind": ["x", "y"]}, ["long", "short"])
    model = tsrnn.RNNForecaster(missing="mask", embed_series=2, sampling="series", **(sizes | settings))
    model.fit(panel, X, X_past=past, static=static).predict(X=X, level=80)

def stream(cell):
    settings = {"strategy": "recursive", "normalize": "series", "max_steps": 2}
    stream = tsrnn.RNNForecaster(cell, 1, 5, **settings).fit(y).stream(warm=True)
    stream.run(y.to_numpy(dtype="float32")[::2]), stream.step(1)
    stream.state = stream.state

def generate(cell, sequences, context=None, **settings):
    sizes = {"hidden_size": 4, "embedding_size": 3, "max_steps": 2, "random_state": 0}
    model = tsrnn.RNNGenerator(cell, **(sizes | settings)).fit(sequences, [context] * len(sequences))
    model.score(sequences, [context] * len(sequences), unit="bits"), model.predict_proba(context=context)
    model.sample(3, prime=sequences[0], temperature=0.5, top_k=1, context=context)
    stream = model.stream(context)
    stream.step(sequences[0][0]), stream.run(sequences[0])
    stream.state = stream.state

y = pd.Series(np.cos(np.arange(40.0)))
folder = tsrnn.warmup()
with event.install_recorder("numba:compile") as recorder:
    for cell in CHOICES["cell"]:
        for strategy in CHOICES["strategy"]:
            use(cell=cell, strategy=strategy)
        stream(cell=cell)
    for strategy in CHOICES["strategy"]:
        for cell in ("gru", "jordan", "lstm_peephole"):
            use_all(cell=cell, strategy=strategy)
    for name in ("normalize", "loss", "optimizer", "schedule"):
        for choice in CHOICES[name]:
            use(**{name: choice})
    use(num_layers=2, dropout=0.5, n_members=2, early_stopping=True, clip_norm=None, clip_value=0.1)
    use(num_layers=2, dropout=0.5, bidirectional=True, residual=True, dilation=2)
    use(num_layers=2, dropout=0.5, residual=True, strategy="parallel")
    use(num_layers=2, dropout=0.5, residual=True, strategy="seq2seq", teacher_forcing=1)
    for strategy in ("direct", "parallel", "seq2seq"):
        use(lookback=6, patch_size=2, strategy=strategy)
    for cell in CHOICES["cell"]:
        generate(cell, ["ab", "abc"], "x")
    generate("lstm", np.arange(20).reshape(2, 10), (1.5, 2), num_layers=2, dropout=0.5, embedding_size=40)
    X = pd.DataFrame({"x": np.arange(43.0) % 5})
    tsrnn.AutoARIMA(4, max_p=1, max_q=1).fit(y, X).predict(3, X)
    model = tsrnn.RNNGenerator(early_stopping=True, batch_size=3, bptt=5, max_steps=20).fit("abcd" * 10)
    model.score("ab"), model.sample(3, temperature=np.float32(2), top_k=np.int8(2))
    use(horizon=np.int8(3), lookback=np.int32(5), learning_rate=np.float32(0.01), clip_norm=1, clip_value=1)
    y = pd.DataFrame({"a": y, "b": y**2})
    for channels in CHOICES["channels"]:
        use(channels=channels)
compiled = {event.data["dispatcher"].py_func.__name__ for _, event in recorder.buffer}
print(any(folder.glob("*.nbc")), compiled)
"""

COMPILED_FOR = """
import numpy as np, tsrnn
from tsrnn.kernels.gather import gather_windows
model = tsrnn.RNNForecaster("rnn", lookback=4, hidden_size=4, max_steps=3, early_stopping=True)
model.fit(np.sin(np.arange(3000.0))).predict(9), model.residuals_
print(*gather_windows.signatures, sep="\\n")
"""


def environment(**changes) -> dict[str, str]:
    """This process's environment without what decides about compiling, and with `changes`."""
    ours = {"HOME", "PYTHONPATH", "XDG_CACHE_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and "NUMBA" not in name}
    return kept | {name: str(value) for name, value in changes.items()}


def start(program: str, *arguments, folder: Path, **changes) -> subprocess.Popen:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    changes = {"PYTHONPATH": folder, "PYTHONWARNINGS": "error"} | changes
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen(command, cwd=folder, env=environment(**changes), **pipes)


def finish(process: subprocess.Popen) -> str:
    printed, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, "")
    return printed


def run(program: str, *, folder: Path, **changes) -> str:
    """Run a program in a new process that imports from `folder`, and return what it printed."""
    return finish(start(program, folder=folder, **changes))


def replace(path: Path, old: str, new: str) -> None:
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new), encoding="utf-8")


@pytest.fixture
def copy(tmp_path) -> Path:
    """A folder with a copy of the kernels, in an otherwise empty package, and two small kernels more."""
    folder = tmp_path / "copy"
    shutil.copytree(PACKAGE / "kernels", folder / "tsrnn/kernels", ignore=SOURCES)
    for name, source in (("__init__", ""), ("kernels/probe", PROBE), ("kernels/factor", FACTOR)):
        (folder / f"tsrnn/{name}.py").write_text(source, encoding="utf-8")
    return folder


def test_later_process_loads_what_an_earlier_one_compiled(copy):
    assert run(RUN, folder=copy).split() == COMPILED
    assert run(RUN, folder=copy).split() == LOADED


def test_edit_of_a_helper_in_another_file_takes_effect(copy):
    kernels = copy / "tsrnn/kernels"
    assert run(RUN, folder=copy).split() == COMPILED
    before = set(kernels.rglob("*.nbc"))
    replace(kernels / "factor.py", "2.0", "3.0")
    assert run(RUN, folder=copy).split() == ["18.0", "0"]
    after = set(kernels.rglob("*.nbc"))
    assert len(after) == len(before)  # nothing is left of the old code
    assert after.isdisjoint(before)


def test_empty_cache_folder_is_a_fresh_start(copy, tmp_path):
    assert run(RUN, folder=copy).split() == COMPILED
    assert run(RUN, folder=copy, NUMBA_CACHE_DIR=tmp_path / "cache").split() == COMPILED


def test_changed_compile_flag_takes_effect(copy):
    division = RUN.replace("1.0", "0.0")
    assert run(division, folder=copy).split() == ["nan", "0"]
    replace(copy / "tsrnn/kernels/jit.py", '"error_model": "numpy"', '"error_model": "python"')
    process = start(division, folder=copy)
    assert "ZeroDivisionError" in process.communicate(timeout=120)[1]


def test_processes_filling_a_cold_cache_never_swap_their_code(copy, tmp_path):
    turns = tmp_path / "turns"
    turns.mkdir()
    whole = start(IN_TURN, turns, "int64", 0, 3, folder=copy)
    real = start(IN_TURN, turns, "float64", 1, 2, folder=copy)
    assert [finish(whole), finish(real)] == ["12.0\n", "12.0\n"]
    both = RUN.replace("print(", "print(total(np.arange(4), 1.0), ")
    assert run(both, folder=copy).split() == ["12.0", "12.0", "2"]


def test_damaged_machine_code_is_compiled_again_and_replaced(copy):
    assert run(RUN, folder=copy).split() == COMPILED
    (path,) = copy.rglob("probe.total*.nbc")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert run(RUN, folder=copy).split() == COMPILED
    assert run(RUN, folder=copy).split() == LOADED


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_code_planted_in_a_folder_that_others_can_write_to_is_not_run(copy, tmp_path):
    assert run(RUN, folder=copy).split() == COMPILED
    (path,) = copy.rglob("probe.total*.nbc")
    planted = b"cbuiltins\nprint\n(S'planted'\ntR."
    path.write_bytes(sha256(path.name.encode() + planted).digest() + planted)
    path.parent.chmod(0o777)
    for expected in (COMPILED, LOADED):
        process = start(RUN, folder=copy, HOME=tmp_path / "home", PYTHONWARNINGS="default")
        printed, complaints = process.communicate(timeout=120)
        assert (printed.split(), process.returncode) == (expected, 0)
        assert complaints.count("RuntimeWarning: Compiled code in") == 1
    assert list((tmp_path / "home").rglob("probe.total*.nbc"))


def test_code_for_one_processor_is_not_used_on_another(copy):
    assert run(RUN, folder=copy, NUMBA_CPU_NAME="generic").split() == COMPILED
    assert run(RUN, folder=copy).split() == COMPILED
    assert run(RUN, folder=copy, NUMBA_CPU_NAME="generic").split() == LOADED


def test_checked_code_is_compiled_although_unchecked_code_is_there(copy):
    assert run(RUN, folder=copy).split() == COMPILED
    assert run(RUN, folder=copy, NUMBA_BOUNDSCHECK="1").split() == COMPILED


@pytest.mark.parametrize("settings", [("NUMBA_CACHE_DIR",), (), ("HOME", "WRITABLE")], ids=str)
def test_code_in_a_folder_that_became_read_only_is_used(copy, tmp_path, settings):
    changes = dict.fromkeys(settings, tmp_path / "folder")
    assert run(RUN, folder=copy, **changes).split() == COMPILED
    assert run(REFUSE_WRITING + RUN, folder=copy, **changes).split() == LOADED


def test_without_a_place_to_write_kernels_work_and_nothing_is_written(copy, tmp_path):
    before = set(tmp_path.rglob("*"))
    for _ in range(2):
        assert run(REFUSE_WRITING + RUN, folder=copy, HOME=tmp_path / "nonexistent").split() == COMPILED
    assert set(tmp_path.rglob("*")) == before


def test_disk_that_fills_up_costs_only_the_cache(copy):
    assert run(RUN.replace("print", f"{REFUSE_WRITING}\nprint"), folder=copy).split() == COMPILED


def test_unknown_home_leaves_no_folder_of_that_name(copy):
    (copy / "tsrnn/kernels/__pycache__").write_text("no folder", encoding="utf-8")
    before = set(copy.rglob("*"))
    # What the home of a user without one expands to is a relative path.
    assert run(RUN, folder=copy, HOME="~", USERPROFILE="~").split() == COMPILED
    assert {path for path in set(copy.rglob("*")) - before if "tsrnn" not in path.parts} == set()


def inherited() -> dict[str, str]:
    """The settings of this test run's own cache, in which later runs find the larger kernels compiled."""
    return {name: os.environ[name] for name in ("NUMBA_CACHE_DIR", "HOME") if name in os.environ}


def gradient(**changes) -> list[np.ndarray]:
    printed = run(GRADIENT, folder=PACKAGE.parent, **inherited(), **changes)
    return [np.array(values) for values in json.loads(printed)]


@pytest.fixture(scope="module")
def on_host():
    return gradient()


@pytest.mark.parametrize(
    ("changes", "features"),
    [
        pytest.param({"NUMBA_DISABLE_JIT": "1"}, (), id="interpreted"),
        pytest.param({"NUMBA_CPU_NAME": "generic"}, (), id="generic"),
        pytest.param(
            {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"}, ("avx2", "fma"), id="avx2"
        ),
    ],
)
def test_results_are_those_of_the_host(on_host, changes, features):
    present = get_host_cpu_features()
    if not all(present.get(name) for name in features):
        pytest.skip(f"this processor lacks one of {', '.join(features)}")
    for value, expected in zip(gradient(**changes), on_host, strict=True):
        np.testing.assert_allclose(value, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_nothing_is_left_to_compile_after_warmup():
    assert run(WARM, folder=PACKAGE.parent, **inherited()) == "True set()\n"


def test_gathering_is_compiled_once_for_a_type_of_network():
    (signature,) = run(COMPILED_FOR, folder=PACKAGE.parent, **inherited()).splitlines()
    assert "float64" not in signature


def test_read_only_installation_without_a_home_fits_and_predicts(tmp_path):
    changes = inherited() | {"HOME": tmp_path / "nonexistent"}
    forecast = float(run(REFUSE_WRITING + FORECAST, folder=PACKAGE.parent, **changes))
    interpreted = float(run(FORECAST, folder=PACKAGE.parent, NUMBA_DISABLE_JIT="1"))
    assert forecast == pytest.approx(interpreted, rel=1e-5)


def test_warmup_refuses_a_type_that_forecasters_refuse():
    with pytest.raises(ValueError, match="`dtype` must be"):
        tsrnn.warmup("float16")


def test_folder_of_new_code_is_the_first_that_can_be_written_to(copy, tmp_path):
    program = "from tsrnn.kernels.jit import cache_folder; print(cache_folder())"
    assert Path(run(program, folder=copy).strip()) == copy / "tsrnn/kernels/__pycache__"
    cache = tmp_path / "cache"
    assert Path(run(program, folder=copy, NUMBA_CACHE_DIR=cache).strip()).parent == cache
    assert run(REFUSE_WRITING + program, folder=copy) == "None\n"
