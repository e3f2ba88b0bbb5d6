"""The tokens of a formula, and which of their brackets belong together."""

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.checking.parsing.problems import Unreadable

__all__ = ["CLOSING", "Token", "pairs_of"]

CLOSING = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", "|": "|", "‖": "‖", "⟨": "⟩"}


class Token(NamedTuple):
    """A sign, a letter, a word …: `kind`, what it is in one spelling, and where it stands in the source.

    Of what is not among what is read the kind is ``unread``, and the problem says why.
    """

    kind: str
    text: str
    start: int
    end: int
    problem: Unreadable | None = None

    def moved(self, offset: int) -> "Token":
        """Return the same token in a source that has so much before this one."""
        problem = self.problem.moved(offset) if self.problem else None
        return Token(self.kind, self.text, self.start + offset, self.end + offset, problem)


def pairs_of(tokens: Sequence[Token]) -> dict[int, int]:
    """Return where each bracket that opens is closed."""
    pairs = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in {"(", "[", "{", r"\{", "⟨"}:
            opened.append(at)
        elif token.text in {")", "]", "}", r"\}", "⟩"}:
            if token.text == "}":
                while opened and tokens[opened[-1]].text != "{":
                    opened.pop()
            if opened and CLOSING[tokens[opened[-1]].text] == token.text:
                pairs[opened.pop()] = at
    return pairs
