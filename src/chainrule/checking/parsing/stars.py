"""What an asterisk between two factors of a text stands for.

It is the matrix product of weights, or of what is transposed, where nothing else says so: in ``A B * C``, that is left
to what stands side by side. Any other is the elementwise product, if that conforms.
"""

from collections.abc import Sequence

from chainrule.checking.parsing.syntax import Name, Node, Numeral, Scripted

__all__ = ["without_stars"]

WEIGHTS = frozenset("WwθΘUV")
FUNCTIONS = frozenset("σφϕψfg")


def without_stars(factors: Sequence[Node], operators: Sequence[str]) -> list[str]:
    """Return the signs of a product in which no asterisk is left that surely multiplies matrices."""
    neighbours = list(zip(factors, operators, factors[1:], strict=False))
    side_by_side = any(not sign and not _is_scale(one) for one, sign, _ in neighbours)
    return [_sign(one, sign, other, side_by_side=side_by_side) for one, sign, other in neighbours]


def _sign(one: Node, sign: str, other: Node, *, side_by_side: bool) -> str:
    if sign != "*":
        return sign
    return "·" if not side_by_side and one != other and (_is_matrix(one) or _is_matrix(other)) else "∗"


def _is_scale(node: Node) -> bool:
    """Say whether what stands after this does so for another reason: it is a number or a function."""
    while isinstance(node, Scripted):
        node = node.base
    return isinstance(node, Numeral) or (isinstance(node, Name) and node.text in FUNCTIONS)


def _is_matrix(node: Node) -> bool:
    """Say whether this is transposed, or weights by its letter."""
    while isinstance(node, Scripted):
        if node.sup is not None and Name("⊤") in node.sup.items:
            return True
        node = node.base
    return isinstance(node, Name) and node.text in WEIGHTS
