"""Why a formula, or a part of it, is not understood, and where that stands."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from chainrule.checking.message import Message, Term, message

__all__ = ["NotUnderstood", "Placed", "Span", "Unreadable", "unreadable"]


class Placed(Protocol):
    """What stands somewhere in a source: a token, a node, a span."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it has ended."""


class Span(NamedTuple):
    """A place in a source; at its end, an empty one."""

    start: int
    end: int


@dataclass(frozen=True)
class Unreadable:
    """Why a formula was not understood, and where in its source."""

    reason: Message
    place: Span

    def within(self, whole: Placed) -> "Unreadable":
        """Return the same of a part of something: where the place of the part is not known, all of it is meant."""
        is_known = whole.start <= self.place.start < self.place.end <= whole.end
        return self if is_known else replace(self, place=Span(whole.start, whole.end))

    def moved(self, offset: int) -> "Unreadable":
        """Return the same in a source that has so much before this one."""
        return replace(self, place=Span(self.place.start + offset, self.place.end + offset))

    def error(self) -> "NotUnderstood":
        """Return it to be raised."""
        reason = self.reason.key.removeprefix("reasons.")
        return NotUnderstood(reason, self.place, **self.reason.terms)


def unreadable(reason: str, where: Placed, /, **terms: Term) -> Unreadable:
    """Return why something is not understood: by its name among the ``reasons`` of the tables of words."""
    return Unreadable(message(f"reasons.{reason}", **terms), Span(where.start, where.end))


class NotUnderstood(Exception):
    """A formula, or a part of it, that cannot be read or has no meaning here; never guessed at.

    Parameters
    ----------
    reason : str
        Its name among the ``reasons`` of the tables of words.
    where : Placed
        What is not understood.
    **terms
        What stands in the places of the reason's sentence.
    """

    def __init__(self, reason: str, where: Placed, /, **terms: Term) -> None:
        super().__init__(reason)
        self.problem = unreadable(reason, where, **terms)

    def __str__(self) -> str:
        """Return the reason in English."""
        return str(self.problem.reason)
