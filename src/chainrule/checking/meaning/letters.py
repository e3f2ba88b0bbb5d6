"""One symbol in two letters: a matrix W and its entries w_ij, a batch A and its samples a^(i)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from chainrule.algebra.expressions import Derivative, Entry, Expression, Symbol, Transpose, mapped
from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.symbols import Key, Symbols, defines, given_to, is_symbol, symbols_among
from chainrule.checking.parsing.syntax import Chain, Fraction, Node, Partial

__all__ = ["as_stacked", "told_apart"]


def told_apart(symbols: Symbols, chains: Sequence[Chain]) -> Symbols:
    """Return a document's symbols, but for those that are the entries or samples of one with the capital letter.

    Such a symbol is never there as a whole; its capital is, and is not made of it: in p_k = e^{z_k} / Z, the
    normalizer has the scores' letter. Only samples have definitions of their own beside the batch's. Where one network
    is of one sample and another of a batch, y_k is of the first.
    """
    definitions = [chain for chain in chains if defines(chain)]
    written = [symbols.resolve(node) for chain in definitions for member in chain.members for node in _standing(member)]
    whole = {reference.key for reference in written if reference.is_whole}
    entries = {reference.key for reference in written if reference.sample is None}
    made_of: dict[Key, set[Key]] = {}
    for chain in definitions:
        used = {symbols.resolve(node).key for node in symbols_among(chain.members[1:])}
        made_of.setdefault(symbols.resolve(chain.members[0]).key, set()).update(used)

    def has_capital(key: Key) -> bool:
        capital = _capital(key)
        is_there = capital != key and capital in whole and capital.text not in LOSSES
        return is_there and key not in _below(capital, made_of)

    single = {key for key in whole if has_capital(key)}
    has_two = any(key in made_of and _capital(key) in made_of for key in single)
    vectors = {reference.key for reference in written if reference.sample is None and len(reference.indices) == 1}
    parts = symbols.keys - whole - (entries & made_of.keys()) - (vectors if has_two else set())
    parts = {key for key in parts if has_capital(key)}
    if single:  # a target, too, is then of one sample, and its batch need not be defined
        single |= {reference.key for reference in written if reference.sample} & whole - made_of.keys()
    keys = symbols.keys - parts | {_capital(key) for key in single}
    sampled = {reference.key for reference in written if reference.sample is not None}
    matrices = {reference.key for reference in written if len(reference.indices) == 2}
    return replace(symbols, keys=keys, single=single, by_parts=keys & (sampled | matrices), stacks=sampled - entries)


def _capital(key: Key) -> Key:
    return key._replace(text=key.text.upper())


def _standing(node: Node) -> Iterator[Node]:
    """Yield the symbols that do not stand below a fraction, where only a number can: the B of 1/B has no entries b."""
    if is_symbol(node):
        yield from (node, *given_to(node))
    elif isinstance(node, Fraction) and not isinstance(node.denominator, Partial):
        yield from _standing(node.numerator)
    else:
        for child in node.children:
            yield from _standing(child)


def _below(key: Key, made_of: Mapping[Key, AbstractSet[Key]]) -> set[Key]:
    """Return the symbols that another is made of, and those that these are made of."""
    found: set[Key] = set()
    waiting = [key]
    while waiting:
        new = made_of.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def as_stacked(expression: Expression, stacks: Collection[str]) -> Expression:
    """Return an expression in the author's terms, in which what is stacked lies the other way: xᵀ, where x is X."""
    match expression:
        case Transpose(Symbol() | Derivative() as of) if _is_stacked(of, stacks):
            return _turned(of)
        case Symbol() | Derivative() if _is_stacked(expression, stacks):
            return _turned(expression).T
        case Entry() | Derivative():
            return expression
    return mapped(expression, lambda part: as_stacked(part, stacks))


def _is_stacked(of: Expression, stacks: Collection[str]) -> bool:
    """Return whether this is a stack of samples, or a loss's gradient by one."""
    if isinstance(of, Derivative):
        return of.of.shape.is_scalar and _is_stacked(of.by, stacks)
    return isinstance(of, Symbol) and of.name in stacks


def _turned(of: Symbol | Derivative) -> Expression:
    if isinstance(of, Derivative):
        return Derivative(of.of, _turned(of.moved))
    return Symbol(of.name, of.T.shape)
