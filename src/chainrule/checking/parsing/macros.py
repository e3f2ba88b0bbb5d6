r"""The macros that a document defines: ``\newcommand``, ``\def`` and ``\DeclareMathOperator``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

__all__ = ["MAX_EXPANDED", "Macro", "Macros", "without_definitions"]

LONGEST = 2_000  # characters of a body
MAX_DEFINITIONS = 300
MAX_EXPANDED = 100_000  # characters that the macros of a document come to, all uses together

_DEFINITION = re.compile(
    r"""
    \\(?P<command>(?:re)?newcommand|providecommand|DeclareMathOperator)\*?\s*
        (?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))\s*(?:\[(?P<count>[0-9])\])?\s*
  | \\def\s*\\(?P<primitive>[A-Za-z]+)\s*(?P<parameters>(?:\#[1-9])*)\s*
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Macro:
    """What a command stands for, with ``#1`` … where its arguments go."""

    body: str
    arguments: int = 0

    def filled(self, arguments: Sequence[str]) -> str:
        """Return the body with the arguments in their places."""
        return re.sub(
            r"#([1-9])",
            lambda place: arguments[int(place[1]) - 1] if int(place[1]) <= len(arguments) else "",
            self.body,
        )


class Macros(dict[str, Macro]):
    """What a document has defined, and how many characters its uses have come to."""

    expanded = 0


def without_definitions(text: str) -> tuple[str, dict[str, Macro]]:
    """Return a text with spaces where it defined macros, line by line as long as before, and the macros."""
    macros: dict[str, Macro] = {}
    pieces = []
    done = 0
    for match in islice(_DEFINITION.finditer(text), MAX_DEFINITIONS):
        body = _braced(text, match.end())
        if match.start() < done or body is None:
            continue
        name = match["braced"] or match["bare"] or match["primitive"]
        content = rf"\operatorname{{{body}}}" if match["command"] == "DeclareMathOperator" else body
        macros[name] = Macro(content, int(match["count"] or len(match["parameters"] or "") // 2))
        end = match.end() + len(body) + 2
        pieces += [text[done : match.start()], re.sub(r"[^\n]", " ", text[match.start() : end])]
        done = end
    return "".join([*pieces, text[done:]]), macros


def _braced(text: str, start: int) -> str | None:
    """Return what stands in the braces that open at `start`."""
    depth = 0
    for at in range(start, min(start + LONGEST, len(text))):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1 : at] if at > start else None
    return None
