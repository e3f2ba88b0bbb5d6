"""The program `chainrule`: its commands, and how each of them ends.

Exit codes: 0 done, 1 failed, 2 what was given is unusable, 130 interrupted; of `check`, 1 is a wrong
step and 3 one that was not understood. Standard output is for results; what is for people goes to
standard error, an error as one line. Heavy modules are imported by the commands that need them.
"""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TextIO

import typer

from chainrule.cli.check import check
from chainrule.cli.derive import derive
from chainrule.cli.evaluate import evaluate
from chainrule.cli.inspect import inspect
from chainrule.cli.predict import predict
from chainrule.cli.train import train
from chainrule.errors import InputError

__all__ = ["app", "main"]

COMMANDS = (train, evaluate, predict, inspect, derive, check)

app = typer.Typer(
    help="Train, evaluate and use a softmax network on a table of data, derive its gradients, and check somebody's.",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from chainrule import __version__

        print(f"chainrule {__version__} ({_core()})")
        raise typer.Exit


def _core() -> str:
    try:
        from chainrule.engines.compiled import isa
    except ImportError:
        return "no compiled core"
    return f"compiled core: {isa()}"


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line, by default the process's own.

    Returns
    -------
    int
        The exit code.
    """
    _open_streams()
    arguments = (sys.argv[1:] if arguments is None else list(arguments)) or ["--help"]
    try:
        code: int | None = app(arguments, prog_name="chainrule", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _fail(arguments, 2, error.format_message().replace("Value error, ", ""))
    except InputError as error:
        return _fail(arguments, 2, str(error))
    except BrokenPipeError:
        # The reader has gone, as `head` does; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        code = 130
    except MemoryError:
        return _fail(arguments, 1, "not enough memory; take fewer rows or smaller layers")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(arguments, 1, f"{place}{error.strerror or error}")
    except Exception as error:
        return _fail(arguments, 1, str(error) or type(error).__name__)
    if code == 130:
        return _fail(arguments, code, "interrupted")
    return code or 0


def _open_streams() -> None:
    """Make standard output UTF-8, as the files are; a stream that the caller closed takes everything in silence."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Half a character, as in the name of a file that is no text, becomes what JSON writes for it.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _fail(arguments: Sequence[str], code: int, message: str) -> int:
    """Say on one line of standard error what went wrong, and pass the exit code on."""
    names = {command.__name__ for command in COMMANDS}
    program = " ".join(["chainrule", *(name for name in arguments[:1] if name in names)])
    line = " ".join(message.split())
    # Names out of a file may hold control sequences; a terminal is not to obey them.
    print(f"{program}: {''.join(c if c.isprintable() else '?' for c in line)}", file=sys.stderr)
    return code
