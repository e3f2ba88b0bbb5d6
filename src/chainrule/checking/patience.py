"""How much a document may take: of a processor's time, so that a machine with much else to do judges no less."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic, thread_time

__all__ = ["TooMuch", "at_most", "go_on"]


@dataclass
class _Limit:
    """When a thread has had its time.

    Attributes
    ----------
    end : float
        By the thread's time.
    earliest : float
        By the clock on the wall, which costs next to nothing to read and is never slower than the thread's.
    """

    end: float = math.inf
    earliest: float = math.inf


_limit: ContextVar[_Limit] = ContextVar("limit", default=_Limit())  # noqa: B039 - nothing ever reaches its end


class TooMuch(Exception):
    """What was begun takes more than it may."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let what is done within this take so long, and no longer than what it is a part of."""
    now = thread_time()
    end = min(_limit.get().end, now + seconds)
    outer = _limit.set(_Limit(end, monotonic() + end - now))
    try:
        yield
    finally:
        _limit.reset(outer)


def go_on() -> None:
    """Go on if there is time: for what is done again and again.

    Raises
    ------
    TooMuch
        If there is none.
    """
    limit = _limit.get()
    if (now := monotonic()) >= limit.earliest:
        left = limit.end - thread_time()
        if left < 0:
            raise TooMuch
        limit.earliest = now + left
