r"""Vectors of ones: 1_m says how many, ``\mathbf 1`` and 1ᵀ leave it to what stands beside them in a product."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.algebra.expressions import Expression, as_expression
from chainrule.checking.meaning.reading import all_ones
from chainrule.checking.meaning.shapes import SAMPLES
from chainrule.checking.meaning.symbols import has_transpose
from chainrule.checking.parsing.problems import NotUnderstood
from chainrule.checking.parsing.syntax import Node, Numeral, Scripted

if TYPE_CHECKING:
    from chainrule.checking.meaning.meaning import Meaning

__all__ = ["are_ones", "filled", "length_of_ones"]

ONE = Numeral("1")


def are_ones(node: Node) -> bool:
    """Return whether a factor is ones whose number is not said: a 1 in a font of its own, or with a transpose."""
    if isinstance(node, Scripted):
        return node.base == ONE and node.sub is None and has_transpose(node)
    return node == ONE and node.end - node.start > 1


def length_of_ones(node: Node) -> Node | None:
    """Return the m of 1_m."""
    below = node.sub.items if isinstance(node, Scripted) and node.sub is not None and node.base == ONE else ()
    return below[0] if len(below) == 1 else None


def filled(parts: Sequence[Expression | Node], meaning: "Meaning") -> tuple[Expression, ...]:
    """Return a product's factors, those that are ones as many as their neighbours take.

    Where these do not say it, each sample has one. Beside numbers a 1 is a number too.

    Raises
    ------
    NotUnderstood
        If there is one sample.
    """
    return tuple(_ones(part, at, parts, meaning) if isinstance(part, Node) else part for at, part in enumerate(parts))


def _ones(node: Node, at: int, parts: Sequence[Expression | Node], meaning: "Meaning") -> Expression:
    is_row = has_transpose(node)
    lengths = [each.shape[not is_row] for each in _matrices(parts[at + 1 :] if is_row else parts[:at][::-1])]
    if not is_row and not _matrices(parts):
        return as_expression(1)
    length = lengths[0] if lengths else meaning.shapes.find(SAMPLES)
    if not meaning.has_axis(length):
        raise NotUnderstood("ones-of-one-sample", node)
    return all_ones(1, length) if is_row else all_ones(length, 1)


def _matrices(parts: Sequence[Expression | Node]) -> list[Expression]:
    return [part for part in parts if isinstance(part, Expression) and not part.shape.is_scalar]
