"""What a formula looks like, for no face in particular: LaTeX, MathML and text are each one function of these boxes."""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "APPLIED",
    "JUXTAPOSED",
    "Accent",
    "Atom",
    "Box",
    "Brackets",
    "Equation",
    "Equations",
    "Fence",
    "Fraction",
    "Linked",
    "Mark",
    "Row",
    "Scripts",
    "Style",
    "Table",
    "UnderOver",
    "first_of",
    "is_tall",
    "scripted",
]

Mark = Literal["hat", "bar", "tilde", "dot", "vec"]
Brackets = Literal["()", "[]", "{}", "||", "‖‖"]
Style = Literal["plain", "bold", "double-struck", "script"]
Kind = Literal["identifier", "number", "word", "text", "operator", "prefix", "ordinary", "punctuation", "invisible"]


@dataclass(frozen=True)
class Atom:
    """One sign or word.

    Attributes
    ----------
    text : str
        In Unicode: ``β``, ``⊙``, ``softmax``.
    kind : str
        An ``identifier`` of one letter is italic; a ``word`` (a function's or a long name) and ``text`` (with its
        spaces) are upright; an ``operator`` stands between its operands and a ``prefix`` before its only one;
        ``ordinary`` signs (∂, ⊤, ′, brackets in an exponent) have no space around them; ``punctuation`` has one after
        it; ``invisible`` ones say what two neighbours have to do with each other.
    style : str
        For identifiers and numbers.
    """

    text: str
    kind: Kind
    style: Style = "plain"


# Between factors, and between a function's name and what it is of.
JUXTAPOSED = Atom("\N{INVISIBLE TIMES}", "invisible")
APPLIED = Atom("\N{FUNCTION APPLICATION}", "invisible")


@dataclass(frozen=True)
class Linked:
    """A symbol as its reader writes it, with all its marks, and the canonical name of what it stands for."""

    of: "Box"
    symbol: str


@dataclass(frozen=True)
class Row:
    """Side by side."""

    items: tuple["Box", ...]


@dataclass(frozen=True)
class Scripts:
    """A base with a subscript, a superscript or both."""

    base: "Box"
    sub: "Box | None" = None
    sup: "Box | None" = None


@dataclass(frozen=True)
class Accent:
    """A mark above one letter."""

    base: "Box"
    mark: Mark


@dataclass(frozen=True)
class Fraction:
    """One above the other."""

    numerator: "Box"
    denominator: "Box"


@dataclass(frozen=True)
class Fence:
    """Between brackets."""

    of: "Box"
    brackets: Brackets = "()"


@dataclass(frozen=True)
class UnderOver:
    """A large operator with its limits."""

    base: "Box"
    under: "Box"
    over: "Box | None" = None


@dataclass(frozen=True)
class Table:
    """Rows of cells: a matrix in parentheses, or cases behind a brace."""

    rows: tuple[tuple["Box", ...], ...]
    kind: Literal["matrix", "cases"]


@dataclass(frozen=True)
class Equation:
    """One line of equations; without a left it goes on from the line before."""

    left: "Box | None"
    relation: str
    right: "Box"
    condition: "Box | None" = None


@dataclass(frozen=True)
class Equations:
    """Lines aligned at their relations."""

    lines: tuple[Equation, ...]


Box = Atom | Linked | Row | Scripts | Accent | Fraction | Fence | UnderOver | Table | Equations


def scripted(base: Box, sub: Box | None = None, sup: Box | None = None) -> Box:
    """Return a base with scripts, which join those it has: W₁ and ⊤ make one base with both.

    A script where the base has one of that kind already goes outside parentheses.
    """
    inner = base.of if isinstance(base, Linked) else base
    if not isinstance(inner, Scripts):
        return Scripts(base, sub, sup)
    if (sub and inner.sub) or (sup and inner.sup):
        return Scripts(Fence(base), sub, sup)
    joined = Scripts(inner.base, sub or inner.sub, sup or inner.sup)
    return Linked(joined, base.symbol) if isinstance(base, Linked) else joined


def first_of(box: Box) -> Box:
    """Return what a box begins with at its left, without scripts and links."""
    match box:
        case Row(items):
            return first_of(items[0])
        case Scripts(base=inner) | Linked(of=inner):
            return first_of(inner)
        case _:
            return box


def is_tall(box: Box | None) -> bool:
    """Return whether a box is higher than a line, so that brackets around it have to grow."""
    match box:
        case Fraction() | UnderOver() | Table() | Equations():
            return True
        case Row(items):
            return any(map(is_tall, items))
        case Scripts(base, sub, sup):
            return any(map(is_tall, (base, sub, sup)))
        case Linked(of) | Fence(of):
            return is_tall(of)
        case _:
            return False
