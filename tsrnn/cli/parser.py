"""Command-line arguments of ``tsrnn``."""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["BASELINES", "CELLS", "build_parser"]

DESCRIPTION = "Forecast time series with recurrent networks, and compare them with the classics."
CELLS = ("rnn", "lstm", "gru")
BASELINES = {
    "naive": "Naive",
    "seasonal_naive": "SeasonalNaive",
    "drift": "Drift",
    "auto_arima": "AutoARIMA",
    "arima": "ARIMA",
    "ets": "ETS",
    "theta": "Theta",
    "stl": "STL",
    "croston": "Croston",
    "autoreg": "AutoReg",
}
MODELS = (*CELLS, "window_mlp", *BASELINES)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}. See: {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command and its four subcommands."""
    parser = _Parser(prog="tsrnn", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"tsrnn {version('tsrnn')}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    _add_compare(commands)
    _add_forecast(commands)
    commands.add_parser("datasets", help="list the shipped data")
    ahead = commands.add_parser("warmup", help="compile ahead of time, for instance in a container image")
    ahead.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="of the networks")
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
    add("--gap", type=_gap, default=0, metavar="N", help="steps after an origin not evaluated (default: 0)")
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


def _add_forecast(commands: Any) -> None:
    parser = commands.add_parser("forecast", help="forecast a series")
    add = parser.add_argument
    add("input", metavar="INPUT", help="CSV file, WAV file or shipped dataset")
    add("--horizon", type=_count, required=True, metavar="N", help="steps to forecast")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--cell", choices=CELLS, help="recurrent cell (default: gru)")
    model.add_argument("--model", type=_model, metavar="MODEL", help=f"from: {', '.join(MODELS)}")
    add("--output", type=Path, metavar="FILE", help="CSV or WAV file for the forecast (default: print it)")
    add("--plot", type=_picture, metavar="PNG", help="picture of the forecast: .png, .svg or .pdf")
    _add_data(parser)


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--time", metavar="COL", help="column of a CSV file with the times (default: rows are counted)")
    add("--value", metavar="COL", help="column to forecast, where there are several")
    add("--channel", metavar="N", help='channel of a sound file, from 0, or "mean" of all')
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
