"""How documents are changed at random so that they still look like somebody's: sign by sign, formula by formula."""

import random
import re

from chainrule.algebra.notation import GREEK
from chainrule.checking.parsing import signs, words

__all__ = ["changed", "crossed"]

# Whatever the reader knows, as it is and as a command.
TABLES = [GREEK, *(getattr(module, name) for module in (signs, words) for name in module.__all__)]
KNOWN = {each for table in TABLES if not callable(table) for each in table}
NAMES = {each for table in TABLES if isinstance(table, dict) for each in table.values()}
VOCABULARY = sorted({
    *KNOWN, *NAMES, *(rf"\{each}" for each in KNOWN), *"xyzWbAZYhδ0123{}()[]|_^&'",
    *(rf"\{side}{{{name}}}" for name in signs.ALIGNED | signs.TABLES for side in ("begin", "end")),
    "$", "$$", r"\[", r"\]", r"\\", "```python\n", "```", "\n", "\n\n", ".T", "np.", "axis=0", "keepdims=True", "∂L/∂",
})  # fmt: skip
# What a part of a formula, X, can be put into, with another one, Y, beside it.
FRAMES = (
    r"\left( X \right)", r"\frac{X}{Y}", r"\frac{\partial X}{\partial Y}", "{X}^{Y}", "{X}_{Y}", "{X}^T", "-X", "X + Y",
    r"X \odot Y", r"\sum_{i=1}^m X", r"\sum_{i \neq j} X", r"\sqrt{X}", r"\|X\|^2", r"\text{diag}(X)", "X = Y", "X @ Y",
    r"\begin{cases} X & Y \\ Y \end{cases}", r"\begin{pmatrix} X & Y \end{pmatrix}", r"1[X > 0]", r"\max(0, X)",
    r"\text{softmax}(X)", r"\sigma'(X)", r"\frac{1}{m} X", r"\log X", "$$X$$", r"X \in \mathbb{R}^{Y}",
)  # fmt: skip
LONGEST_SPAN = 12  # pieces
_PIECE = re.compile(r"\\[A-Za-z]+|\d+|\s+|.", re.DOTALL)
_FORMULA = re.compile(r"(\$\$.*?\$\$|\n)", re.DOTALL)


def changed(text: str, draw: random.Random) -> str:
    """Return a text with a few changes."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        text = draw.choice((_repieced, _repieced, _framed, _renamed, _relined))(text, draw)
    return text


def crossed(text: str, other: str, draw: random.Random) -> str:
    """Return the beginning of one text, as a rule its definitions, and the end of another."""
    one, two = _FORMULA.split(text), _FORMULA.split(other)
    return "".join(one[: draw.randrange(len(one) + 1)] + two[draw.randrange(len(two)) :])


def _place(count: int, draw: random.Random) -> int:
    """Return a place, sooner near the end: claims come after definitions."""
    return max(draw.randrange(count + 1), draw.randrange(count + 1))


def _span(pieces: list[str], draw: random.Random) -> list[str]:
    start = draw.randrange(len(pieces) + 1)
    return pieces[start : start + draw.randrange(LONGEST_SPAN)]


def _repieced(text: str, draw: random.Random) -> str:
    """Return a text with a sign in the place of others, or with a part of it elsewhere."""
    pieces = _PIECE.findall(text)
    at = _place(len(pieces), draw)
    new = draw.choice(([], [draw.choice(VOCABULARY)], _span(pieces, draw)))
    return "".join([*pieces[:at], *new, *pieces[at + draw.choice((0, 0, 1, 2, LONGEST_SPAN)) :]])


def _framed(text: str, draw: random.Random) -> str:
    pieces = _PIECE.findall(text)
    at = _place(len(pieces), draw)
    end = at + draw.randrange(1, LONGEST_SPAN)
    parts = {"X": "".join(pieces[at:end]), "Y": "".join(_span(pieces, draw))}
    framed = re.sub("[XY]", lambda place: parts[place[0]], draw.choice(FRAMES))
    return "".join([*pieces[:at], framed, *pieces[end:]])


def _renamed(text: str, draw: random.Random) -> str:
    """Return a text in which a sign is another everywhere."""
    pieces = _PIECE.findall(text)
    old, new = draw.choice(pieces or [""]), draw.choice(pieces + VOCABULARY)
    return "".join(new if piece == old else piece for piece in pieces)


def _relined(text: str, draw: random.Random) -> str:
    """Return a text with a formula or a line left out, elsewhere, or twice."""
    lines = _FORMULA.split(text)
    line = lines.pop(_place(len(lines) - 1, draw))
    for _ in range(draw.randrange(3)):
        lines.insert(_place(len(lines), draw), line)
    return "".join(lines)
