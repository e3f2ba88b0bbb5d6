"""Many pieces of work at once, each in a process of its own: one that hangs, fails or dies costs only itself."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any, NamedTuple

from chainrule.checking.message import Message, Refused, message
from chainrule.errors import InputError

__all__ = ["Failed", "each_apart"]


class Failed(NamedTuple):
    """Why there is no result, in one line."""

    why: Message | str


class _Run(NamedTuple):
    place: int
    process: Any  # of a start method's own class
    deadline: float


def each_apart(
    work: Callable[[str], Any], given: Sequence[str], seconds: float, preload: Sequence[str] = ()
) -> Iterator[tuple[int, Any]]:
    """Do the same work on each of many things, as many at a time as there are cores.

    Parameters
    ----------
    work : callable
        It and its results are pickled.
    given : sequence of str
        What it is done on.
    seconds : float
        After which it is ended.
    preload : sequence of str
        Modules that all of the processes need: they are imported once where the system can fork.

    Yields
    ------
    int, object
        The place among `given`, and the result or a `Failed`, in the order in which they come.
    """
    context = _context(preload)
    waiting = deque(enumerate(given))
    running: dict[Connection, _Run] = {}
    try:
        while waiting or running:
            while waiting and len(running) < _cores():
                place, item = waiting.popleft()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_answer, args=(work, item, theirs), daemon=True)
                process.start()
                theirs.close()
                running[ours] = _Run(place, process, monotonic() + seconds)
            first = min(run.deadline for run in running.values())
            for connection in wait(list(running), max(0.0, first - monotonic())):
                assert isinstance(connection, Connection)  # noqa: S101 - what else a pipe could be is Windows' own
                run = running.pop(connection)
                yield run.place, _received(connection)
                _end(run, connection)
            for connection, run in list(running.items()):
                if run.deadline <= monotonic():
                    del running[connection]
                    _end(run, connection)
                    yield run.place, Failed(message("errors.no-answer", seconds=seconds))
    finally:
        for connection, run in running.items():
            _end(run, connection)


def _context(preload: Sequence[str]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", *preload])
    return context


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _answer(work: Callable[[str], Any], item: str, connection: Connection) -> None:
    """Send back what comes of one thing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who starts these processes ends them
    try:
        result = work(item)
    except Refused as error:
        result = Failed(error.message)
    except InputError as error:
        result = Failed(str(error))
    except Exception as error:
        result = Failed(f"{type(error).__name__}: {error}")
    connection.send(result)


def _received(connection: Connection) -> Any:
    try:
        return connection.recv()
    except EOFError:
        return Failed(message("errors.ended-alone"))


def _end(run: _Run, connection: Connection) -> None:
    connection.close()
    run.process.kill()
    run.process.join()
