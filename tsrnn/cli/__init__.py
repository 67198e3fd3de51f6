"""The command ``tsrnn``: compare forecasters, forecast a series, list the shipped data, compile ahead."""

import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["main"]

INTERRUPTED = 130  # exit status after Ctrl-C


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
            with _ending_at_ctrl_c(is_program=argv is None):
                from tsrnn.cli.parser import build_parser

                arguments = build_parser().parse_args(argv)
                from tsrnn.cli import commands  # not for --help and wrong arguments, which are quick
            getattr(commands, f"run_{arguments.command}")(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing left to flush at exit
            return 141
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:  # a traceback helps nobody at a prompt
            print(f"tsrnn: error: {_one_line(error)}", file=sys.stderr)
            return 2
    return 0


@contextmanager
def _ending_at_ctrl_c(*, is_program: bool) -> Iterator[None]:
    """End the program at once at Ctrl-C: some libraries drop or report the exception in their import."""
    before = signal.getsignal(signal.SIGINT)
    if not is_program or before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_LONGEST = 300  # characters of a message


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {str(error.filename)!r}"
    message = " ".join(str(error).split())
    message = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in message)
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST - 4]} ..."
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
