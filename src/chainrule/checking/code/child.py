"""The process that somebody's module is checked in: started by `strangers`, it answers with one line of JSON.

Limits on memory, time and files are set before the module is read. They stop accidents; nothing here keeps out
somebody who means harm: the code runs with all rights of the user who started it.
"""

import importlib
import importlib.util
import json
import os
import resource
import signal
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

from chainrule.checking.code.functions import arguments_of, function_in
from chainrule.checking.code.gradients import check_gradients
from chainrule.checking.message import Message, Refused, message

__all__ = ["answer", "main"]

LARGEST_FILE = 16 * 2**20


class TooMuch(BaseException):
    """Time is up; no `except Exception` of the module's is to catch it."""


def main(source: str, function: str, seconds: str, memory: str) -> None:
    """Check a function of a module and print the answer; whatever the module prints is thrown away."""
    stdout = os.dup(sys.stdout.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    _limit(float(seconds), int(memory))
    said = json.dumps(answer(source, function or None))
    with os.fdopen(stdout, "w", encoding="utf-8") as out:
        out.write(said)
    os._exit(0)  # threads and exit handlers of the module are not waited for


def answer(source: str, function: str | None) -> dict[str, Any]:
    """Return ``{"report": …}``, or ``{"error": …}`` with the place in the module where it failed."""
    try:
        module = _module(source)
        fn = function_in(module, function)
        params, args = arguments_of(fn, module)
        return {"report": check_gradients(fn, params, *args).to_dict()}
    except Refused as error:
        return {"error": asdict(error.message), "line": None}
    except BaseException as error:  # a stranger's code may fail in any way, and exit too
        said = _words(error)
        return {"error": asdict(said) if isinstance(said, Message) else said, "line": _line(error, source)}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit(seconds: float, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TooMuch


def _module(source: str) -> ModuleType:
    """Import a file, or a module by its name; beside it, as Python has it for a script, lies what it imports."""
    path = Path(source)
    if path.suffix != ".py":
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(source)
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Refused("no-module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _words(error: BaseException) -> Message | str:
    """Return what ended somebody's code; Python's own words are in no language but its own."""
    match error:
        case TooMuch():
            return message("errors.still-running")
        case SystemExit():
            return message("errors.exit", code=repr(error.code))
        case SyntaxError():
            return f"SyntaxError: {error.msg}"
        case MemoryError():
            return message("errors.memory")
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _line(error: BaseException, source: str) -> int | None:
    """Return the last line of the module that an error came through."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).name == Path(source).name:
        return error.lineno
    module = sys.modules.get(Path(source).stem if source.endswith(".py") else source)
    file = getattr(module, "__file__", source)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return lines[-1] if lines else None


if __name__ == "__main__":
    main(*sys.argv[1:])
