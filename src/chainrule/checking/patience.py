"""How much a document may take: of a processor's time, so that a machine with much else to do judges no less."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time

__all__ = ["TooMuch", "at_most", "go_on"]

_end: ContextVar[float] = ContextVar("end", default=math.inf)


class TooMuch(Exception):
    """What was begun takes more than it may."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let what is done within this take so long, and no longer than what it is a part of."""
    outer = _end.set(min(_end.get(), thread_time() + seconds))
    try:
        yield
    finally:
        _end.reset(outer)


def go_on() -> None:
    """Go on if there is time: for what is done again and again.

    Raises
    ------
    TooMuch
        If there is none.
    """
    if thread_time() > _end.get():
        raise TooMuch
