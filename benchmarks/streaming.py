"""How long a sample of a stream takes, beside PyTorch and ONNX Runtime.

    python benchmarks/streaming.py [--cells lstm gru] [--units 16 32 64] [--quick]

One value in, one recurrent layer, the forecast of the next value out; one thread, float32, a state carried
from sample to sample. "run" takes a block in one call, "step" one sample a call from Python; PyTorch does
both, ONNX Runtime steps with its inputs and outputs bound to arrays. Contenders take turns; figures are
medians in microseconds a sample. At the end ten million samples pass in blocks: the process must not grow.
"""

import argparse
import resource
import warnings
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from itertools import cycle

import numpy as np
from contest import Bars, at_most_threads, by_turns, torch
from import_time import machine

from tsrnn import RNNForecaster

BARS = {  # microseconds a sample
    ("lstm", 16, "tsrnn run"): 0.35,
    ("lstm", 32, "tsrnn run"): 0.8,
    ("lstm", 64, "tsrnn run"): 2.2,
    ("lstm", 16, "tsrnn step"): 6.0,
}
BLOCK, STEPS = 20_000, 1_000
LONG_BLOCK, GROWTH_BAR = 1_000_000, 1024  # kilobytes
LIBRARIES = ("torch", "onnx", "onnxruntime")

Calls = dict[str, tuple[Callable[[], object], int]]  # what is timed, and how many samples it takes in


def open_stream(cell: str, units: int):
    model = RNNForecaster(
        cell, 1, 50, strategy="recursive", normalize="series", transform=None, hidden_size=units, max_steps=1
    )
    return model.fit(np.sin(np.arange(500) / 5)).stream()


def stepping(step: Callable[[float], object], values: np.ndarray) -> tuple[Callable[[], None], int]:
    floats = values[:STEPS].tolist()

    def steps() -> None:
        for value in floats:
            step(value)

    return steps, len(floats)


def in_tsrnn(cell: str, units: int, values: np.ndarray) -> Calls:
    stream = open_stream(cell, units)
    return {
        "tsrnn run": (lambda: stream.run(values), len(values)),
        "tsrnn step": stepping(stream.step, values),
    }


def in_torch(cell: str, units: int, values: np.ndarray) -> Calls:
    layer = getattr(torch.nn, cell.upper())(1, units)
    one_step = getattr(torch.nn, f"{cell.upper()}Cell")(1, units)
    head = torch.nn.Linear(units, 1)
    block = torch.from_numpy(values)[:, None]
    state: dict[str, object] = {"layer": None, "cell": None}

    def run(block: "torch.Tensor") -> np.ndarray:
        with torch.inference_mode():
            output, state["layer"] = layer(block, state["layer"])
            return head(output).numpy()

    def step(value: float) -> float:
        with torch.inference_mode():
            state["cell"] = one_step(torch.tensor([[value]]), state["cell"])
            return head(state["cell"][0] if cell == "lstm" else state["cell"]).item()

    return {
        "torch run": (lambda: run(block), len(block)),
        "torch step": stepping(lambda value: run(torch.tensor([[value]])), values),
        "torch step, cell": stepping(step, values),
    }


def in_onnxruntime(cell: str, units: int, values: np.ndarray) -> Calls:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_model(cell, units), options, ["CPUExecutionProvider"])
    names = [put.name for put in session.get_inputs()]
    states = {name: np.zeros((2, 1, 1, units), np.float32) for name in names if name != "x"}
    x, y = np.zeros((2, 1, 1, 1), np.float32)
    bindings = []
    for now in (0, 1):  # what one step writes, the other reads
        binding = session.io_binding()
        reads = {"x": x} | {name: state[now] for name, state in states.items()}
        writes = {"y": y} | {f"{name}_next": state[1 - now] for name, state in states.items()}
        for name, array in reads.items():
            binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        for name, array in writes.items():
            binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        bindings.append(binding)
    turns = cycle(bindings)

    def step(value: float) -> float:
        x[0] = value
        session.run_with_iobinding(next(turns))
        return float(y[0, 0, 0])

    return {"onnxruntime step": stepping(step, values)}


def onnx_model(cell: str, units: int) -> bytes:
    """Return a network of one step, with its states as further inputs and outputs."""
    from onnx import TensorProto, helper, numpy_helper

    n_gates = {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    shapes = {"W": (1, n_gates * units, 1), "R": (1, n_gates * units, units), "B": (1, 2 * n_gates * units)}
    rng = np.random.default_rng(0)
    weights = {
        name: rng.uniform(-0.1, 0.1, shape).astype("float32")
        for name, shape in (shapes | {"W_head": (units, 1), "b_head": (1,)}).items()
    }
    states = ["h", "c"] if cell == "lstm" else ["h"]
    following = [f"{state}_next" for state in states]
    attributes = {"linear_before_reset": 1} if cell == "gru" else {}
    nodes = [
        helper.make_node(
            cell.upper(), ["x", *shapes, "", *states], ["", *following], hidden_size=units, **attributes
        ),
        helper.make_node("MatMul", ["h_next", "W_head"], ["product"]),
        helper.make_node("Add", ["product", "b_head"], ["y"]),
    ]

    def described(names: list[str], size: int) -> list:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 1, size)) for name in names]

    graph = helper.make_graph(
        nodes,
        cell,
        described(["x"], 1) + described(states, units),
        described(["y"], 1) + described(following, units),
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 14)])
    return model.SerializeToString()


def compare(cell: str, units: int, patience: dict[str, float], bars: Bars) -> None:
    values = np.sin(np.arange(BLOCK, dtype=np.float32) / 5)
    calls = in_tsrnn(cell, units, values)
    if torch:
        calls |= in_torch(cell, units, values)
    if find_spec("onnxruntime") and find_spec("onnx"):
        calls |= in_onnxruntime(cell, units, values)
    with at_most_threads(1):
        times = by_turns({name: call for name, (call, _) in calls.items()}, **patience)
    for name, (_, n_samples) in calls.items():
        microseconds = 1e6 * times[name] / n_samples
        print(f"{cell:<6}{units:>4}  {name:<18}{microseconds:>9.3f}", flush=True)
        if bar := BARS.get((cell, units, name)):
            bars.at_most(f"{cell}, {units} units, {name}, microseconds a sample", microseconds, bar)


def growth(n_blocks: int) -> float:
    """Return how many kilobytes the largest size of the process grows after the first block."""
    stream = open_stream("lstm", 16)
    values = np.sin(np.arange(LONG_BLOCK, dtype=np.float32) / 5)
    sizes = []
    for _ in range(n_blocks):
        stream.run(values)
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return sizes[-1] - sizes[0]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", choices=("lstm", "gru", "rnn"), default=["lstm", "gru"])
    parser.add_argument("--units", nargs="+", type=int, default=[16, 32, 64], metavar="N")
    parser.add_argument("--quick", action="store_true", help="few repetitions")
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    patience = {"rounds": 3, "seconds": 0.01} if arguments.quick else {"rounds": 15, "seconds": 0.1}
    bars = Bars()
    versions = [f"{library} {version(library)}" for library in LIBRARIES if find_spec(library)]
    print(", ".join([machine(), *versions]))
    print(f"{date.today()}, microseconds a sample, one thread")
    for cell in arguments.cells:
        for units in arguments.units:
            compare(cell, units, patience, bars)
    n_blocks = 2 if arguments.quick else 10
    kilobytes = growth(n_blocks)
    bars.at_most(f"kilobytes grown over {n_blocks * LONG_BLOCK:,} samples", kilobytes, GROWTH_BAR)
    print(f"\n{bars}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
