"""The tokens of a formula."""

from typing import NamedTuple

__all__ = ["Token"]


class Token(NamedTuple):
    """A sign, a letter, a word …: `kind`, what it is in one spelling, and where it stands in the source."""

    kind: str
    text: str
    start: int
    end: int
