"""The sums of ``np.einsum`` that are a product, a transpose or a sum of matrices."""

import re
from collections.abc import Sequence

from chainrule.checking.parsing.syntax import Apply, Name, Node, Numeral, Product, Relation, Script, Scripted

__all__ = ["einsum", "summed", "transposed"]

_SUBSCRIPTS = re.compile(r"([a-zA-Z]{2})(?:,([a-zA-Z]{2}))?->([a-zA-Z]{0,2})")


def einsum(subscripts: str, operands: Sequence[Node]) -> Node | None:
    """Return what the subscripts say of one matrix or of two, or nothing where they say something else."""
    found = _SUBSCRIPTS.fullmatch(subscripts.replace(" ", ""))
    if found is None or len({*found[1]}) < 2 or len({*(found[2] or "ij")}) < 2 or len({*found[3]}) < len(found[3]):
        return None
    match operands:
        case (one,) if found[2] is None:
            return _of_one(found[1], found[3], one)
        case (one, other) if found[2] is not None:
            return _of_two(found[1], found[2], found[3], one, other)
    return None


def _of_one(letters: str, left: str, one: Node) -> Node | None:
    """Return a matrix, its transpose or a sum of its entries."""
    if left in (letters, letters[::-1]):
        return _turned(one, letters, left)
    return summed(one, None if not left else 1 - letters.index(left)) if {*left} <= {*letters} else None


def _of_two(first: str, second: str, left: str, one: Node, other: Node) -> Node | None:
    """Return a matrix product of two, or what comes of their product entry by entry."""
    if {*first} == {*second}:
        return _of_one(first, left, Product((one, _turned(other, second, first)), ("*",)))
    shared = {*first} & {*second}
    outer = "".join(letter for letter in first + second if letter not in shared)
    if len(shared) != 1 or {*left} != {*outer}:
        return None
    (common,) = shared
    factors = _turned(one, first, outer[0] + common), _turned(other, second, common + outer[1])
    return _turned(Product(factors, ("@",)), outer, left)


def _turned(matrix: Node, letters: str, wanted: str) -> Node:
    return matrix if letters == wanted else transposed(matrix)


def summed(of: Node, axis: int | None) -> Node:
    """Return the sum of all entries, or along an axis."""
    along = () if axis is None else (Relation((Name("axis", is_word=True), Numeral(str(axis))), ("=",)),)
    return Apply(Name("sum", is_word=True), (of, *along))


def transposed(node: Node) -> Scripted:
    """Return a transpose."""
    return Scripted(node, sup=Script((Name("⊤"),)))
