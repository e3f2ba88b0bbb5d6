"""Inner products of matrices, ⟨A, B⟩ and A : B: the sum of the products of their entries."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.checking.parsing import signs
from chainrule.checking.parsing.scripts import listed
from chainrule.checking.parsing.syntax import Apply, Group, Name, Node, Product, Script, Scripted
from chainrule.checking.parsing.tokens import Token

if TYPE_CHECKING:
    from chainrule.checking.parsing.parser import Parser

__all__ = ["contracted", "in_angles", "is_meant"]

FROBENIUS = (Name("F"),)
_DERIVATIVES = {"frac", "∂", "∇"}


def in_angles(parser: "Parser") -> Node:
    """Read ``⟨A, B⟩``, or with an F below it."""
    opening = parser.take()
    with parser.context(inside=True):
        left = parser.sum()
        parser.expect(",")
        right = parser.sum()
        parser.expect("⟩")
    if parser.took("_"):
        below = listed(parser)[1]
        if below != FROBENIUS:
            parser.fail("unknown-norm")
    return parser.spanned(contracted(left, right), opening.start)


def is_meant(parser: "Parser") -> bool:
    """Say whether a colon stands between two matrices: on the right of an equation, in no list, and before no other."""
    before, after = parser.around()
    signs_before = [token.text for token in before if token.kind == "sign"]
    is_right = any(sign in signs.RELATIONS for sign in signs_before) and not parser.is_listing
    is_right = is_right and before[0].text not in _DERIVATIVES  # a number is a loss, or how it moves
    is_listed = signs_before.count("[") > signs_before.count("]")
    return is_right and not is_listed and after[0].kind not in {"end", "quad", "row", "text"} and not _begins(after)


def _begins(tokens: Sequence[Token]) -> bool:
    """Say whether an equation of its own begins here, ∂L/∂Z = … or Z = …, and none that goes on: dZ = B : dW."""
    at = next((at for at, token in enumerate(tokens) if token.text in signs.RELATIONS), None)
    if at is None or any(token.text == ":" for token in tokens):
        return False
    first, second = tokens[0], tokens[1]
    is_symbol = first.kind == "letter" and first.text != "d" and second.text in {"_", "^", *signs.RELATIONS}
    return is_symbol or first.text in _DERIVATIVES


def contracted(left: Node, right: Node) -> Apply:
    """Return tr(Aᵀ B)."""
    turned = Scripted(Group((left,), start=left.start, end=left.end), sup=Script((Name("⊤"),)))
    factors = turned, Group((right,), start=right.start, end=right.end)
    return Apply(Name("tr", is_word=True), (Product(factors, ("",), start=left.start, end=right.end),))
