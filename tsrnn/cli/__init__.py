"""The command ``tsrnn``: compare forecasters, forecast a series, list the shipped data, compile ahead."""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tsrnn.cli.parser import build_parser

__all__ = ["main"]


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
            arguments = build_parser().parse_args(argv)
            from tsrnn.cli import commands  # not for --help, --version and wrong arguments, which are quick

            getattr(commands, f"run_{arguments.command}")(arguments)
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
