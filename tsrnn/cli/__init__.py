"""The command ``tsrnn``: compare forecasters, forecast a series, list the shipped data, compile ahead."""

import argparse
import os
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

import pandas as pd

from tsrnn import baselines, datasets
from tsrnn.baselines.arima.sarima import LONGEST_SEASON
from tsrnn.cli.files import read_input
from tsrnn.evaluation.backtesting.backtest import compare
from tsrnn.evaluation.report import best_scores, format_scores, write_report
from tsrnn.evaluation.result import Backtest
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.forecasting.window_mlp import WindowMLP
from tsrnn.plotting import plot_forecast
from tsrnn.plotting.figures import require_matplotlib, save
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.validation import counted
from tsrnn.warmup import warmup

__all__ = ["main"]

DESCRIPTION = "Forecast time series with recurrent networks, and compare them with the classics."
WIDTH = 100
CELLS = ("rnn", "lstm", "gru")
BASELINES = {
    "window_mlp": WindowMLP,
    "naive": baselines.Naive,
    "seasonal_naive": baselines.SeasonalNaive,
    "drift": baselines.Drift,
    "auto_arima": baselines.AutoARIMA,
    "arima": baselines.ARIMA,
    "ets": baselines.ETS,
    "theta": baselines.Theta,
    "stl": baselines.STL,
    "croston": baselines.Croston,
    "autoreg": baselines.AutoReg,
}
MODELS = (*CELLS, *BASELINES)
STEPS = {
    "h": "hourly",
    "D": "daily",
    "W": "weekly",
    "MS": "monthly",
    "QS": "quarterly",
    "YS": "yearly",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; by default those of this process.

    Returns
    -------
    int
        Exit status: 0, 2 after an error (one line on stderr), 130 after Ctrl-C, 141 if the reader of the
        output went away.
    """
    with _one_line_warnings():
        try:
            arguments = _parser().parse_args(argv)
            arguments.run(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left to flush at exit
            return 141
        except KeyboardInterrupt:
            return 130
        except Exception as error:  # a traceback helps nobody at a prompt
            print(f"tsrnn: error: {_one_line(error)}", file=sys.stderr)
            return 2
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}. See: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tsrnn", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"tsrnn {version('tsrnn')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_compare(commands)
    _add_forecast(commands)
    listing = commands.add_parser("datasets", help="list the shipped data")
    listing.set_defaults(run=_run_datasets)
    ahead = commands.add_parser("warmup", help="compile ahead of time, for instance in a container image")
    ahead.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="of the networks")
    ahead.set_defaults(run=_run_warmup)
    return parser


def _add_compare(commands: Any) -> None:
    parser = commands.add_parser("compare", help="backtest networks and classical forecasters")
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="CSV file, WAV file or shipped dataset")
    add(
        "--horizon", nargs="+", type=_count, required=True, metavar="N", help="steps: one N, or one per INPUT"
    )
    add("--models", nargs="+", type=_model, metavar="MODEL", help=f"from: {', '.join(MODELS)}")
    add(
        "--windows",
        nargs="+",
        type=_count,
        default=[5],
        metavar="N",
        help="origins to forecast from, for all or per INPUT (default: 5)",
    )
    add("--id", metavar="COL", help="column of a CSV file that tells series apart")
    add("--level", nargs="+", type=float, metavar="PERCENT", help="intervals to judge, such as 80 95")
    add("--step", type=_count, metavar="N", help="observations between origins (default: the horizon)")
    add("--gap", type=_gap, default=0, metavar="N", help="steps after an origin not judged (default: 0)")
    add(
        "--refit",
        type=_refit,
        default=True,
        metavar="K",
        help='fit at every K-th origin, or "once" at the first (default: 1)',
    )
    add("--train-size", type=_count, metavar="N", help="most recent observations to fit to (default: all)")
    add("--cache", type=Path, metavar="DIR", help="keep finished fits there, and go on from them")
    add("--jobs", type=int, metavar="N", help="threads; -1 takes every core (default: 1)")
    add("--report", type=Path, metavar="DIR", help="write index.html, pictures and score tables there")
    _add_data(parser)
    parser.set_defaults(run=_run_compare)


def _add_forecast(commands: Any) -> None:
    parser = commands.add_parser("forecast", help="forecast a series")
    add = parser.add_argument
    add("input", metavar="INPUT", help="CSV file, WAV file or shipped dataset")
    add("--horizon", type=_count, required=True, metavar="N", help="steps to forecast")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--cell", choices=CELLS, help="recurrent cell (default: gru)")
    model.add_argument("--model", type=_model, metavar="MODEL", help=f"from: {', '.join(MODELS)}")
    add("--output", type=Path, metavar="CSV", help="file for the forecast (default: print it)")
    add("--plot", type=_picture, metavar="PNG", help="picture of the forecast: .png, .svg or .pdf")
    _add_data(parser)
    parser.set_defaults(run=_run_forecast)


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--time", metavar="COL", help="column of a CSV file with the times (default: rows are counted)")
    add("--value", metavar="COL", help="column to forecast, where there are several")
    add("--season-length", type=_season, default="auto", metavar="N", help="observations (default: auto)")
    add("--seed", type=int, default=0, metavar="N", help="seed of the networks (default: 0)")


def _count(text: str, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"a whole number, at least {least}, is needed; got {text!r}")
    return int(text)


def _gap(text: str) -> int:
    return _count(text, 0)


def _refit(text: str) -> int | bool:
    return False if text == "once" else _count(text)


def _season(text: str) -> int | str:
    return text if text == "auto" else _count(text)


def _model(text: str) -> str:
    if text not in MODELS:
        raise argparse.ArgumentTypeError(f"there is no model {text!r}; choose from {', '.join(MODELS)}")
    return text


def _picture(text: str) -> Path:
    if not text.lower().endswith((".png", ".svg", ".pdf")):
        raise argparse.ArgumentTypeError(f"a name ending in .png, .svg or .pdf is needed; got {text!r}")
    return Path(text)


def _run_compare(arguments: argparse.Namespace) -> None:
    horizons = _one_each("--horizon", arguments.horizon, arguments.inputs)
    windows = _one_each("--windows", arguments.windows, arguments.inputs)
    if arguments.report is not None:
        require_matplotlib()
    series = [
        read_input(source, arguments.time, arguments.value, arguments.id) for source in arguments.inputs
    ]
    for source, y in zip(arguments.inputs, series, strict=True):
        _report_gaps(source, y)
    sections: dict[str, Backtest] = {}
    for source, y, horizon, n_windows in zip(arguments.inputs, series, horizons, windows, strict=True):
        title = _unused(_title(source, y), sections)
        sections[title] = _compare(y, horizon, n_windows, arguments)
        print(_section(title, sections[title]), flush=True)
    if arguments.report is not None:
        print(write_report(sections, arguments.report))


def _one_each(option: str, numbers: list[int], inputs: list[str]) -> list[int]:
    if len(numbers) not in (1, len(inputs)):
        raise ValueError(
            f"{option} has {len(numbers)} numbers for {len(inputs)} inputs; "
            "give one for all, or one for each."
        )
    return numbers * len(inputs) if len(numbers) == 1 else numbers


def _compare(
    y: pd.Series | pd.DataFrame, horizon: int, n_windows: int, arguments: argparse.Namespace
) -> Backtest:
    names = dict.fromkeys(arguments.models or ())
    models = [_build(name, y, horizon, arguments) for name in names] or None
    return compare(
        y,
        horizon,
        n_windows,
        models,
        level=arguments.level,
        columns=list(y.columns) if isinstance(y, pd.DataFrame) else COLUMNS,
        step=arguments.step,
        gap=arguments.gap,
        refit=arguments.refit,
        train_size=arguments.train_size,
        cache=arguments.cache,
        season_length=arguments.season_length,
        n_jobs=arguments.jobs,
        random_state=arguments.seed,
        verbose=int(sys.stderr.isatty()),
    )


def _run_forecast(arguments: argparse.Namespace) -> None:
    if arguments.plot is not None:
        require_matplotlib()
    for path in (arguments.output, arguments.plot):
        if path is not None and not path.parent.is_dir():
            raise FileNotFoundError(f"There is no directory {str(path.parent)!r} to write {path.name!r} in.")
    y = read_input(arguments.input, arguments.time, arguments.value)
    _report_gaps(arguments.input, y)
    model = _build(arguments.model or arguments.cell or "gru", y, arguments.horizon, arguments)
    forecast = model.fit(y).forecast()
    if arguments.plot is not None:
        save(plot_forecast(forecast), arguments.plot)
    label = str(y.index.name or "time")
    forecast.to_frame().to_csv(arguments.output or sys.stdout, index_label=label, lineterminator="\n")


def _run_datasets(arguments: argparse.Namespace) -> None:
    rows = []
    for name in datasets.names():
        data = datasets.load(name)
        units = data.attrs["units"]
        shown = f"{len(units)} columns" if isinstance(units, dict) else units
        rows.append((name, f"{len(data):,}", _step(data), shown, data.attrs["title"]))
    for name in datasets.sequence_names():
        _, labels = datasets.load_sequences(name)
        rows.append((name, f"{len(labels):,}", "sequences", labels.attrs["units"], labels.attrs["title"]))
    header = ("name", "observations", "frequency", "units", "description")
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(4)]
    for row in (header, *rows):
        cells = [f"{row[i]:>{width}}" if i == 1 else f"{row[i]:<{width}}" for i, width in enumerate(widths)]
        print("  ".join([*cells, row[4]]).rstrip())


def _run_warmup(arguments: argparse.Namespace) -> None:
    print(f"Compiling all kernels for {arguments.dtype} ...", flush=True)
    start = perf_counter()
    folder = warmup(arguments.dtype)
    if folder is None:
        raise ValueError(
            "Compiled code could not be kept, because no folder for it is writable. "
            "Set NUMBA_CACHE_DIR to one that is, here and wherever tsrnn runs."
        )
    print(f"Ready after {perf_counter() - start:.1f} s. Machine code is kept in {folder}")


def _values(y: pd.Series | pd.DataFrame) -> pd.Series:
    return y.iloc[:, 2] if isinstance(y, pd.DataFrame) else y


def _report_gaps(source: str, y: pd.Series | pd.DataFrame) -> None:
    if n_missing := int(_values(y).isna().sum()):
        print(
            f"tsrnn: {_title(source, y)}: {counted(n_missing, 'missing value')} interpolated", file=sys.stderr
        )


def _build(name: str, y: pd.Series | pd.DataFrame, horizon: int, arguments: argparse.Namespace) -> Any:
    season = arguments.season_length
    options = {
        "horizon": horizon,
        "season_length": season,
        "missing": "interpolate" if _values(y).isna().any() else "error",
        "random_state": arguments.seed,
    }
    if season != "auto":
        has_season = 1 < season <= LONGEST_SEASON
        options["seasonal_order"] = (0, 1, 1, season) if has_season else (0, 0, 0, 0)
    if name in CELLS:
        kind: Any = partial(RNNForecaster, name)
    else:
        kind = BASELINES[name]
    return kind(**{key: value for key, value in options.items() if key in signature(kind).parameters})


def _title(source: str, y: pd.Series | pd.DataFrame) -> str:
    path = Path(source)
    name = path.name.removesuffix(".gz").removesuffix(".csv").removesuffix(".wav")
    column = _values(y).name
    return name if column in (None, name) else f"{name}: {column}"


def _unused(title: str, taken: Sequence[str] | dict[str, Any]) -> str:
    names = (f"{title} ({i})" if i > 1 else title for i in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _section(title: str, backtest: Backtest) -> str:
    """Heading, score table and footnotes as text of at most 100 columns, whatever the names allow."""
    scores = backtest.scores()
    table, best = format_scores(scores), best_scores(scores)
    marked = table.where(~best[table.columns], table + "*")
    unmarked = marked.map(lambda cell: cell if cell.endswith("*") else f"{cell} ")
    notes = [
        textwrap.fill(note, WIDTH, initial_indent="- ", subsequent_indent="  ")
        for note in ["* is the best of its column.", *backtest.footnotes]
    ]
    several = f"{backtest.n_series:,} series, " if backtest.n_series > 1 else ""
    heading = (
        f"{title}: {several}{sum(backtest.truths.lengths):,} observations, horizon {backtest.horizon}, "
        f"{counted(backtest.errors.n_origins, 'origin')}"
    )
    lines = unmarked.rename_axis(None).to_string(line_width=WIDTH).splitlines()
    verdict = textwrap.fill(backtest.verdict, WIDTH)
    return "\n".join([heading, "", verdict, "", *(line.rstrip() for line in lines), "", *notes, ""])


def _step(data: pd.Series | pd.DataFrame) -> str:
    if "sample_rate" in data.attrs:
        return f"{data.attrs['sample_rate']:,} Hz"
    frequency = getattr(data.index, "freqstr", None)
    return STEPS.get(frequency.split("-")[0], frequency) if frequency else "trading days"


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {str(error.filename)!r}"
    message = " ".join(str(error).split())
    expected = isinstance(error, ValueError | TypeError | OSError | ImportError)
    return message if expected and message else f"{type(error).__name__}: {message}"


@contextmanager
def _one_line_warnings() -> Iterator[None]:
    """Show each warning as one line, without the place in the source that means nothing to this reader."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(f"tsrnn: warning: {' '.join(str(message).split())}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
