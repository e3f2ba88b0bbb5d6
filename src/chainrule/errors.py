"""The one exception of the project's own, and what helps to say what was meant."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["InputError", "nearest"]


class InputError(ValueError):
    """What the user gave cannot be used: the message says what was expected, what came, what to do."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what to add to a message about an unknown name: the nearest known ones, or all if none is near."""
    known = list(known)
    by_folded = {each.casefold(): each for each in known}
    near = [by_folded[each] for each in get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)]
    return f"; did you mean {' or '.join(near)}?" if near else f"; expected one of {', '.join(known)}"
