"""What is added only so that no logarithm and no quotient fails: the ε of log(p + ε), a lower bound of 10⁻¹²."""

from dataclasses import replace

from chainrule.checking.meaning.calls import function_name
from chainrule.checking.parsing.syntax import (
    Apply,
    Block,
    Chain,
    Document,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Numeral,
    Partial,
    Product,
    Prose,
    Relation,
    Scripted,
    Sum,
    with_parts,
)

__all__ = ["NEGLIGIBLE", "without_negligible"]

NEGLIGIBLE = "ε is negligible"
EPSILONS = {"ε", "ϵ", "eps", "epsilon", "EPS", "EPSILON"}
LARGEST = 1e-5
GUARDED = {"log", "ln", "sqrt"}  # what fails at 0, as a quotient does
BOUNDED = {"clip", "maximum", "max"}


def without_negligible(document: Document) -> Document:
    """Return a document without what is added, or bounds from below, next to nothing."""
    return replace(document, pieces=tuple(map(_piece, document.pieces)))


def _piece(piece: Block | Prose) -> Block | Prose:
    if isinstance(piece, Prose):
        return piece
    return replace(piece, chains=tuple(map(_chain, piece.chains)))


def _chain(chain: Chain) -> Chain:
    return replace(chain, members=tuple(_without(member) for member in chain.members))


def _without(node: Node, *, is_guarded: bool = False) -> Node:
    """Return a formula without what is negligible in it; in what has to be no 0, a small number is."""
    match node:
        case Sum(terms) if is_guarded:
            kept = tuple(_without(term, is_guarded=True) for term in terms if not _is_negligible(term))
            return kept[0] if len(kept) == 1 else replace(node, terms=kept) if kept else node
        case Apply(Name(name), arguments) if name in BOUNDED and any(map(_is_small_bound, arguments)):
            kept = tuple(each for each in arguments if not _is_small_bound(each) and not _is_one(each))
            if len(kept) == 1:
                return _without(kept[0], is_guarded=is_guarded)
        case Apply(function):
            inner = function_name(function) in GUARDED
            return with_parts(node, lambda child: _without(child, is_guarded=inner))
        case Fraction(numerator, denominator) if not isinstance(denominator, Partial):
            below = _without(denominator, is_guarded=True)
            return replace(node, numerator=_without(numerator), denominator=below)
    is_through = is_guarded and isinstance(node, Group | Product | Negation | Scripted)
    return with_parts(node, lambda child: _without(child, is_guarded=is_through))


def _is_negligible(node: Node) -> bool:
    match node:
        case Negation(of):
            return _is_negligible(of)
        case Numeral(text):
            return 0 < float(text) <= LARGEST
        case Name(text):
            return text in EPSILONS
        case Scripted(Numeral("10"), None, sup) if sup is not None:  # 10^{-8}
            return len(sup.items) == 1 and isinstance(sup.items[0], Negation)
    return False


def _is_small_bound(node: Node) -> bool:
    """Return whether this is a bound of a clip: a small number, or one less it."""
    match node:
        case Sum((Numeral("1"), Negation(of))):
            return _is_negligible(of)
        case Relation((Name(), value)):  # min=1e-12
            return _is_small_bound(value)
    return _is_negligible(node)


def _is_one(node: Node) -> bool:
    return isinstance(node, Numeral) and float(node.text) == 1
