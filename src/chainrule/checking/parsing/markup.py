"""Where the formulas of a text are: between the delimiters of Markdown and LaTeX."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chainrule.checking.parsing.signs import ALIGNED

__all__ = [
    "Stretch",
    "has_formulas",
    "inline_formulas",
    "stretches",
    "without_comments",
    "without_delimiters",
    "without_preamble",
]

LONGEST = 20_000  # characters of a displayed formula
LONGEST_INLINE = 2_000

_OPENING = re.compile(
    rf"""
    (?P<fence>^[ \t]*(?P<ticks>`{{3,}}|~{{3,}})[ \t]*(?P<language>[^\s`]*)[^\n]*(?:\n|\Z))
  | (?P<escaped>\\\$|\\\\(?![\[(]))
  | (?P<dollars>\$\$)
  | (?P<bracket>\\?\\\[)
  | (?P<environment>\\begin\{{(?P<name>(?:{"|".join(sorted(ALIGNED))})\*?)\}})
  | (?P<inline>\$`|\\?\\\(|\$)
  | (?P<code>`+)
    """,
    re.VERBOSE | re.MULTILINE,
)
_BLANK = re.compile(r"\n[ \t]*\n")
_QUOTE = re.compile(r"^(?:[ \t]*>)+ ?", re.MULTILINE)
_TEX_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_CODE = frozenset({"python", "py", "python3", "ipython", "numpy", "pycon"})
_MATHS = frozenset({"math", "latex", "tex", "katex", "mathjax"})
_PLAIN = frozenset({"", "text", "txt", "plain", "plaintext"})


class Stretch(NamedTuple):
    """A part of a text.

    `kind` is ``display`` (what stands between two delimiters), ``code``, ``lines`` (where a line with an equation is
    a formula), ``prose``, or ``open`` (a delimiter without its partner, and the rest of the paragraph).
    """

    kind: str
    start: int
    end: int


def without_comments(text: str, *, tex: bool) -> str:
    """Return a text with spaces for what no reader sees; in Markdown, that is also the marks of quotations."""
    if tex:
        return _TEX_COMMENT.sub(lambda match: match[1] + " " * (len(match[0]) - len(match[1])), text)
    if ">" not in text:
        return text
    text = _QUOTE.sub(lambda mark: " " * len(mark[0]), text)
    pieces = []
    done = 0
    while (start := text.find("<!--", done)) >= 0 and (end := text.find("-->", start)) >= 0:
        pieces += [text[done:start], _blanked(text[start : end + 3])]
        done = end + 3
    return "".join([*pieces, text[done:]])


def without_preamble(text: str) -> str:
    """Return a LaTeX document with spaces for what comes before it begins."""
    begin, mark, rest = text.partition(r"\begin{document}")
    return _blanked(begin + mark) + rest if mark else text


def _blanked(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def without_delimiters(text: str, *, is_after: bool, is_before: bool) -> str:
    """Return what stands after and before inline formulas without what ends and begins them."""
    text = re.sub(r"^(?:`\$|\$|\\?\\\))", "", text) if is_after else text
    return re.sub(r"(?:\$`|\$|\\?\\\()$", "", text) if is_before else text


def has_formulas(text: str) -> bool:
    """Say whether a text has delimiters of formulas, or code."""
    return any(stretch.kind != "prose" for stretch in stretches(text)) or any(inline_formulas(text))


def stretches(text: str) -> Iterator[Stretch]:
    """Yield the parts of a text, in order; they leave out delimiters and code in other languages."""
    done = at = 0
    while match := _OPENING.search(text, at):
        kind = match.lastgroup if match.lastgroup not in {"ticks", "language", "name"} else ""
        kind = "fence" if match["fence"] else "environment" if match["environment"] else kind
        if kind in {"inline", "code", "escaped"}:
            at = _inline_end(text, match)
            continue
        inner, at = _fenced(text, match) if kind == "fence" else _displayed(text, match)
        yield Stretch("prose", done, match.start())
        done = at
        if inner:
            yield inner
    yield Stretch("prose", done, len(text))


def _fenced(text: str, match: re.Match[str]) -> tuple[Stretch | None, int]:
    ticks, language = match["ticks"], match["language"].lower().strip("{}.")
    closing = re.compile(rf"^[ \t]*{ticks[0]}{{{len(ticks)},}}[ \t]*$", re.MULTILINE).search(text, match.end())
    end, after = closing.span() if closing else (len(text), len(text))
    for kind, languages in (("code", _CODE), ("display", _MATHS), ("lines", _PLAIN)):
        if language in languages:
            return Stretch(kind, match.end(), end), after
    return None, after


def _displayed(text: str, match: re.Match[str]) -> tuple[Stretch | None, int]:
    """Return what stands between a delimiter and its partner, which comes before the next blank line.

    Between two ``$$`` on lines of their own, and in an environment, there may be blank lines.
    """
    start = match.end()
    limit = start + LONGEST
    if match["environment"]:
        end = text.find(rf"\end{{{match['name']}}}", start, limit)
        closing = len(match["name"]) + 6
        inner = Stretch("display", match.start(), end + closing)
    else:
        delimiter = "$$" if match["dollars"] else match["bracket"].replace("[", "]")
        closing = len(delimiter)
        blank = _BLANK.search(text, start, limit)
        if blank and text[start : blank.start()].partition("\n")[0].strip():
            limit = blank.start()
        end = text.find(delimiter, start, limit)
        inner = Stretch("display", start, end)
    if end < 0:
        if match["bracket"] == r"\\[":  # a line's end and the space after it, or a Markdown bracket
            return None, start
        blank = _BLANK.search(text, start)
        paragraph = blank.start() if blank else len(text)
        return Stretch("open", match.start(), paragraph), paragraph
    return inner, end + closing


def _inline_end(text: str, match: re.Match[str]) -> int:
    """Return where an inline formula, or code, ends; a mark without its partner is a character."""
    formula = _inline(text, match)
    if match["code"]:
        end = text.find(match["code"], match.end(), match.end() + LONGEST_INLINE)
        return end + len(match["code"]) if end >= 0 else match.end()
    return formula[2] if formula else match.end()


def _inline(text: str, match: re.Match[str]) -> tuple[int, int, int] | None:
    r"""Return where an inline formula begins and ends, and where to go on.

    As in Pandoc, a dollar with a space inside, or a digit after it, is money.
    """
    opening = match["inline"]
    if not opening:
        return None
    start, limit = match.end(), match.end() + LONGEST_INLINE
    closing = {"$`": "`$", "$": "$"}.get(opening) or opening.replace("(", ")")
    end = text.find(closing, start, limit)
    while closing == "$" and end > 0 and text[end - 1] == "\\":
        end = text.find(closing, end + 1, limit)
    if end <= start or _BLANK.search(text, start, end):
        return None
    after = end + len(closing)
    if closing == "$" and (text[start].isspace() or text[end - 1].isspace() or text[after : after + 1].isdigit()):
        return None
    return start, end, after


def inline_formulas(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the inline formulas of a paragraph begin and end."""
    at = 0
    while match := _OPENING.search(text, at):
        if formula := _inline(text, match):
            yield formula[:2]
        at = _inline_end(text, match) if match["inline"] or match["code"] else match.end()
