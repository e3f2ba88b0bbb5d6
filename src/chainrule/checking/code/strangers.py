"""Checking the gradients of somebody's file in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from chainrule.checking.code.report import GradientReport, with_messages
from chainrule.checking.message import Refused

__all__ = ["check_code"]

GRACE = 20.0  # seconds for the process to start and, its time being up, to say where it was
LARGEST_ANSWER = 16 * 2**20


def check_code(target: str, *, seconds: float = 120, memory: int = 4 * 2**30) -> GradientReport:
    """Run `check_gradients` on a function in a file or a module.

    The function is the one named, one of a usual name (``backward``, ``loss_and_gradients`` and the like), or the
    only one. Its arguments are those of the module's ``example()``, which returns ``(params, args)``, or drawn by the
    names in its signature; see `chainrule.checking.code.functions`.

    The code runs in a process of its own, without standard input, with limits on time, memory and the size of files,
    and what it prints is thrown away. That stops accidents. It is no sandbox: the code can do whatever you can, so
    check only what you would run.

    Parameters
    ----------
    target : str
        ``backward.py``, ``backward.py:function``, ``package.module`` or ``package.module:function``.
    seconds : float, default=120
        How long it may take.
    memory : int, default=4 GiB
        How many bytes of addresses it may use.

    Returns
    -------
    GradientReport

    Raises
    ------
    InputError
        If there is no such file or function, or its code fails, hangs, exits or returns something else: one line
        with the place in the file.
    """
    source, _, function = target.partition(":")
    if source.endswith(".py") and not Path(source).is_file():
        raise Refused("no-file", source=source)
    command = [sys.executable, "-m", "chainrule.checking.code.child", source, function, str(seconds), str(memory)]
    one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | one_thread | {"PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            code = process.wait(seconds + GRACE)
        except subprocess.TimeoutExpired:
            raise Refused("no-answer-in-time", source=source, seconds=seconds) from None
        finally:
            _kill(process)
        return _report(source, code, _read(source, out))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it has started, unless that left its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(source: str, out: IO[bytes]) -> bytes:
    out.seek(0)
    said = out.read(LARGEST_ANSWER + 1)
    if len(said) > LARGEST_ANSWER:
        raise Refused("long-answer", source=source)
    return said


def _report(source: str, code: int, said: bytes) -> GradientReport:
    try:
        answer: dict[str, Any] = json.loads(said)
        if "report" in answer:
            return GradientReport.from_dict(answer["report"])
        place = source if answer["line"] is None else f"{source}:{answer['line']}"
        failure = Refused("failure", place=place, error=with_messages(answer["error"]))
    except (ValueError, KeyError, TypeError):
        if code < 0:
            failure = Refused("ended-by-signal", source=source, name=signal.Signals(-code).name)
        else:
            failure = Refused("ended", source=source, code=code)
    raise failure
