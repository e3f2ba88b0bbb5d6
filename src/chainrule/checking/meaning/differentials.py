"""Differentials: dZ = X dW + dX W says how Z moves when X and W do. Such a dW is no gradient: it is any matrix."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from itertools import count
from operator import add

from chainrule.algebra.expressions import Derivative, Entries, Expression, Hadamard, Index, Symbol
from chainrule.checking.meaning.definitions import EQUATIONS
from chainrule.checking.meaning.reading import entry_at, total
from chainrule.checking.meaning.symbols import Key, Symbols, differential, is_symbol, within
from chainrule.checking.parsing.syntax import Chain, Fraction, Node, Numeral, Partial

__all__ = ["along", "differentials_of", "held_in", "made_of", "moved_in"]


def differentials_of(
    chains: Iterable[Chain], symbols: Symbols, known: Mapping[Key, Symbol], definitions: Mapping[str, Expression]
) -> dict[Key, Symbol]:
    """Return a symbol for each differential of a document; nothing where its dZ and dW are gradients.

    Differentials go with a network, and gradients against it: dZ = X dW has on the right what Z is made of, and
    dW = X^T dZ what is made of W. What most lines do, the document does.

    Parameters
    ----------
    chains : iterable of Chain
        What the document says.
    symbols : Symbols
        How its symbols are told apart.
    known : mapping of Key to Symbol
        Those that are defined or given.
    definitions : mapping of str to Expression
        By the symbols' names.
    """
    chains = list(chains)
    balance = sum(_direction(chain, symbols, known, definitions) for chain in chains)
    if balance <= 0:
        return {}
    named = {key for chain in chains for member in chain.members for key in moved_in(member, symbols)}
    return {key: Symbol(differential(key.name), known[key].shape) for key in named if key in known}


def _direction(
    chain: Chain, symbols: Symbols, known: Mapping[Key, Symbol], definitions: Mapping[str, Expression]
) -> int:
    """Return 1 for a line of differentials, −1 for one of gradients, and 0 for any other."""
    left, *others = chain.members
    if not (isinstance(left, Partial) and others and chain.signs[0] in EQUATIONS):
        return 0
    of = next((known[key] for key in moved_in(left, symbols) if key in known), None)
    moved = {known[key] for key in moved_in(others[0], symbols) if key in known} - {of}
    if of is None or isinstance(others[0], Numeral):
        return 0
    below = made_of({of}, definitions)
    if moved and moved <= below:
        return 1
    is_against = any(of in made_of({each}, definitions) for each in moved)
    return -1 if is_against or not any(moved_in(member, symbols) for member in others) else 0


def moved_in(node: Node, symbols: Symbols) -> list[Key]:
    """Return the symbols of which a formula has a differential: not those of derivatives ∂L/∂Z, and of ∇_Z L."""
    match node:
        case Partial(of, None) if of is not None and is_symbol(of):
            return [symbols.resolve(of).key]
        case Partial() | Fraction(Partial(), Partial()):
            return []
    return [key for child in within(node) for key in moved_in(child, symbols)]


def made_of(
    symbols: Collection[Symbol], definitions: Mapping[str, Expression], given: Collection[Symbol] = ()
) -> set[Symbol]:
    """Return the symbols that some depend on through definitions, but for what only others depend on that are given."""
    found: set[Symbol] = set()
    rest = set(symbols)
    while rest:
        below = (definitions[each.name].symbols for each in rest if each.name in definitions and each not in given)
        rest = set().union(*below) - found
        found |= rest
    return found


def along(of: Expression, moved: Mapping[Symbol, Symbol]) -> Expression:
    """Return the differential of a symbol, or of an entry of one, by those of others.

    Parameters
    ----------
    of : Expression
        What moves.
    moved : mapping of Symbol to Symbol
        What makes it move, and the differentials of that.
    """
    names = _unused(of)
    row, column = (None if size == 1 else Index(next(names), size) for size in of.shape)
    entry = entry_at(of, row, column)
    terms = [total(Hadamard((Derivative(entry, by), moved[by]))) for by in sorted(moved, key=lambda each: each.name)]
    whole = reduce(add, terms)
    return Entries(whole, row, column) if row is not None or column is not None else whole


def _unused(of: Expression) -> Iterator[str]:
    taken = {index.name for index in of.indices}
    return (name for name in (f"d_{number}" for number in count(1)) if name not in taken)


def held_in(
    of: Symbol, moved: Collection[Symbol], definitions: Mapping[str, Expression], parameters: Collection[Symbol]
) -> bool:
    """Return whether a symbol depends on parameters other than through what moves: they are held."""
    return bool(made_of({of}, definitions, moved) - {*moved} & {*parameters})
