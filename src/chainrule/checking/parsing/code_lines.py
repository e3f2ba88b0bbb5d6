"""Where the statements of a piece of code are, and whether a text is code."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Line", "looks_like_numpy", "statement_lines"]

_PIECE = re.compile(
    r"""(?P<string>'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n]){0,200}'|"(?:\\.|[^"\\\n]){0,200}")
    |(?P<comment>\#[^\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<line>\\?\n[ \t]*)""",
    re.VERBOSE | re.DOTALL,
)
_NUMPY = re.compile(r"\bnp\.|@|\*\*|\.T\b|\baxis\s*=|\.(?:sum|mean|dot|shape)\b|\[[\"':]")


class Line(NamedTuple):
    """A statement: its line from 1, how it reads, without its indentation, and the comment after it or alone."""

    number: int
    source: str
    comment: str


def looks_like_numpy(text: str) -> bool:
    """Say whether a line has something that only code has."""
    return _NUMPY.search(text) is not None


def statement_lines(text: str) -> Iterator[Line]:
    """Yield the statements and comments of a piece of code, each as long as its brackets are open."""
    start = number = 0
    depth = 0
    comment = ""
    for match in _PIECE.finditer(text + "\n"):
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        if match.lastgroup == "comment":
            comment = match[0]
        if match.lastgroup != "line" or match[0][0] == "\\":
            continue
        indentation = len(match[0]) - 1
        following = text[match.end() : match.end() + 1]
        if depth > 0 and following and (indentation > _indentation(text, start) or following in ")]}#\n"):
            continue
        yield from _line(text[start : match.start()], number, comment)
        number += text.count("\n", start, match.start()) + 1
        start, depth, comment = match.start() + 1, 0, ""


def _indentation(text: str, start: int) -> int:
    end = start
    while text[end : end + 1] in {" ", "\t"}:
        end += 1
    return end - start


def _line(source: str, number: int, comment: str) -> Iterator[Line]:
    blank = len(source) - len(source.lstrip())
    source, number = source.strip(), number + source.count("\n", 0, blank)
    if comment and source.endswith(comment):
        source = source.removesuffix(comment).rstrip()
    if source or comment:
        yield Line(number + 1, source, comment.lstrip("# ").rstrip())
