"""Which symbols of a document are numbers, by where they stand: m, the λ before a penalty; and which are vectors."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from chainrule.checking.meaning.calls import function_name
from chainrule.checking.meaning.definitions import everything_in, is_membership, members_of
from chainrule.checking.meaning.symbols import Key, Symbols, defines, is_symbol
from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Chain,
    Fraction,
    Group,
    Negation,
    Node,
    Norm,
    Numeral,
    Partial,
    Product,
    Scripted,
    Sum,
)

__all__ = ["numbers_of", "vectors_of"]

TRACES = {"tr", "trace"}
WITH_MARGINS = {"max", "log", "ln", "sqrt"}  # what is added within is a number: log(p + ε), max(0, z − γ)


def numbers_of(chains: Iterable[Chain], symbols: Symbols) -> set[Key]:
    """Return the symbols that stand where only a number can: below a fraction, above a sum, before a penalty."""
    chains = list(chains)
    defining = [chain for chain in chains if defines(chain)]
    places = [place for chain in chains for node in everything_in(chain) for place in _places(node)]
    places += [each for chain in defining for node in everything_in(chain) for each in _strengths(node, symbols)]
    references = [symbols.resolve(each) for place in places for each in _factors(place) if is_symbol(each)]
    defined = {symbols.resolve(chain.members[0]).key for chain in defining}
    return {reference.key for reference in references if reference.is_whole} - defined


def _factors(node: Node) -> Sequence[Node]:
    return node.factors if isinstance(node, Product) else (node,)


def _places(node: Node) -> Iterator[Node]:
    if isinstance(node, Fraction) and not isinstance(node.denominator, Partial):
        yield node.denominator
    elif isinstance(node, BigSum) and node.above is not None:
        yield node.above


def _strengths(node: Node, symbols: Symbols) -> Iterator[Node]:
    """Yield what a penalty is multiplied by: λ, λ/2."""
    if isinstance(node, Product):
        squared = {at for first in range(len(node.factors)) for at in _square(node.factors, first, symbols)}
        squared |= {at for at, factor in enumerate(node.factors) if _is_size(factor)}
        for at, factor in enumerate(node.factors if squared else ()):
            if at not in squared:
                yield factor.numerator if isinstance(factor, Fraction) else factor


def _square(factors: Sequence[Node], first: int, symbols: Symbols) -> tuple[int, ...]:
    """Return the places of wᵀ w, if it begins at a place."""
    pair = factors[first : first + 2]
    if len(pair) < 2 or not all(map(is_symbol, pair)):
        return ()
    left, right = map(symbols.resolve, pair)
    is_square = left.is_transposed and not right.is_transposed and left.key == right.key
    return (first, first + 1) if is_square else ()


def _is_size(node: Node) -> bool:
    """Return whether this says how large something is: a norm, a trace, a sum of squares, or a sum of such."""
    match node:
        case Norm() | Scripted(Norm()):
            return True
        case Apply(function):
            return function_name(function) in TRACES
        case BigSum(Scripted(of, sup=power)):
            return isinstance(of, Norm) or (power is not None and power.items[-1:] == (Numeral("2"),))
        case BigSum(body):
            return _is_size(body)
        case Group((of,)):
            return _is_size(of)
        case Sum(terms):
            return all(map(_is_size, terms))
    return False


def vectors_of(chains: Sequence[Chain], symbols: Symbols, letters: Collection[str]) -> set[Key]:
    """Return the symbols with such letters that are vectors all the same: declared, with an index, or biases."""
    defined = {symbols.resolve(chain.members[0]).key: chain for chain in chains if defines(chain)}
    spaces = [chain for chain in chains if is_membership(chain) and isinstance(chain.members[1], Scripted)]
    declared = {symbols.resolve(node).key for chain in spaces for node in members_of(chain)}
    nodes = (node for chain in defined.values() for node in everything_in(chain) if is_symbol(node))
    entries = {reference.key for reference in map(symbols.resolve, nodes) if reference.indices}
    biases = {key for chain in defined.values() for key in _biases(chain.members[1], defined, symbols)}
    return {key for key in declared | entries | biases if key.text in letters}


def _biases(node: Node, defined: Collection[Key], symbols: Symbols) -> Iterator[Key]:
    """Yield what is added to a product, or to what has a definition: the γ of f(α − γ), and of W x + γ."""
    if isinstance(node, Apply) and function_name(node.function) in WITH_MARGINS:
        return
    match node:
        case Sum(terms):
            bare = [term.of if isinstance(term, Negation) else term for term in terms]
            single = [symbols.resolve(term).key for term in bare if is_symbol(term)]
            if any(isinstance(term, Product) for term in bare) or any(key in defined for key in single):
                yield from single
    for child in node.children if not is_symbol(node) else ():
        yield from _biases(child, defined, symbols)
