"""The commands of ``tsrnn``: compare, forecast, datasets and warmup."""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from functools import partial
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

import tsrnn.audio as audio
import tsrnn.baselines as baselines
import tsrnn.datasets as datasets
from tsrnn.audio.files import SUFFIXES
from tsrnn.baselines.arima.sarima import LONGEST_SEASON
from tsrnn.cli.files import read_input
from tsrnn.cli.parser import BASELINES, CELLS
from tsrnn.evaluation.backtesting.backtest import compare
from tsrnn.evaluation.report import best_scores, format_scores, write_report
from tsrnn.evaluation.result import Backtest
from tsrnn.forecasting.rnn import RNNForecaster
from tsrnn.forecasting.window_mlp import WindowMLP
from tsrnn.plotting import plot_forecast
from tsrnn.plotting.figures import require_matplotlib, save
from tsrnn.precompile import warmup
from tsrnn.timeseries.formats import COLUMNS
from tsrnn.validation import counted

__all__ = ["run_compare", "run_datasets", "run_forecast", "run_warmup"]

WIDTH = 100
STEPS = {
    "h": "hourly",
    "D": "daily",
    "W": "weekly",
    "MS": "monthly",
    "QS": "quarterly",
    "YS": "yearly",
}


def run_compare(arguments: argparse.Namespace) -> None:
    """Backtest forecasters on each input; print their scores, and write a report if asked."""
    horizons = _one_each("--horizon", arguments.horizon, arguments.inputs)
    windows = _one_each("--windows", arguments.windows, arguments.inputs)
    if arguments.report is not None:
        require_matplotlib()
    series = [
        read_input(source, arguments.time, arguments.value, arguments.id, arguments.channel)
        for source in arguments.inputs
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


def run_forecast(arguments: argparse.Namespace) -> None:
    """Fit one forecaster to one series, and write its forecast."""
    if arguments.plot is not None:
        require_matplotlib()
    for path in (arguments.output, arguments.plot):
        if path is not None and not path.parent.is_dir():
            raise FileNotFoundError(f"There is no directory {str(path.parent)!r} to write {path.name!r} in.")
    y = read_input(arguments.input, arguments.time, arguments.value, None, arguments.channel)
    _check_output(arguments, y)
    _report_gaps(arguments.input, y)
    model = _build(arguments.model or arguments.cell or "gru", y, arguments.horizon, arguments)
    forecast = model.fit(y).forecast()
    if arguments.plot is not None:
        save(plot_forecast(forecast), arguments.plot)
    if _is_sound(arguments.output):
        audio.write(arguments.output, forecast.mean, y.attrs["sample_rate"])
        return
    label = str(y.index.name or "time")
    forecast.to_frame().to_csv(arguments.output or sys.stdout, index_label=label, lineterminator="\n")


def _is_sound(output: Path | None) -> bool:
    return output is not None and output.suffix.lower() in SUFFIXES


def _check_output(arguments: argparse.Namespace, y: pd.Series | pd.DataFrame) -> None:
    """Refuse to write sound in a form other than WAV, or what is no sound."""
    output = arguments.output
    if _is_sound(output) and output.suffix.lower() != ".wav":
        raise ValueError(f"Sound is written as WAV files; got --output {output}. Write a .wav file.")
    if _is_sound(output) and "sample_rate" not in y.attrs:
        raise ValueError(f"{arguments.input} is no sound to write to {output}. Write a .csv file.")


def run_datasets(arguments: argparse.Namespace) -> None:
    """List the shipped series and sets of sequences."""
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


def run_warmup(arguments: argparse.Namespace) -> None:
    """Compile all kernels, and say where the machine code is kept."""
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
    kind: Any
    if name in CELLS:
        kind = partial(RNNForecaster, name)
    elif name == "window_mlp":
        kind = WindowMLP
    else:
        kind = getattr(baselines, BASELINES[name])
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
