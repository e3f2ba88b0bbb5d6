"""Losses with one letter: that of a sample and that of all, L = 1/N Σ L_n, or first the one and then the other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import count

from chainrule.checking.meaning.classes import classes_of
from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.symbols import (
    Key,
    bracketed_in,
    defines,
    given_to,
    is_symbol,
    letter_of,
    nodes_of,
    symbols_of,
)
from chainrule.checking.parsing.signs import INDICES
from chainrule.checking.parsing.syntax import (
    Called,
    Chain,
    Document,
    Name,
    Node,
    Prose,
    Scripted,
    with_chains,
    with_name,
    with_parts,
)

__all__ = ["told_apart_by_sense"]


def told_apart_by_sense(document: Document) -> Document:
    """Return a document in which two losses with one letter are two symbols.

    L_n and J(W; x, y) are others than L and J(W), if L is made of them or both are defined. A loss that is defined once
    more, of nothing that the first is made of, is another one from there on.
    """
    chains = document.chains
    letters = {letter for chain in chains if (letter := _of_its_samples(chain))} | _defined_in_both_ways(chains)
    for letter in letters:
        document = _with_sense(document, letter, _is_of_sample)
    for place, letter in _second_definitions(document):
        document = _with_sense(document, letter, lambda _: True, place)
    return document


def _loss(chain: Chain) -> str:
    """Return the letter of the loss that a chain defines."""
    letter = letter_of(chain.members[0]) if defines(chain) else ""
    return letter if letter in LOSSES else ""


def _is_of_sample(node: Node) -> bool:
    """Return whether a symbol is a sample's: L_n, L^{(i)}, L(ŷ, y)."""
    scripts = bracketed_in(node)
    while isinstance(node, Scripted):
        scripts = (*scripts, *(node.sub.items if node.sub is not None else ()))
        node = node.base
    return bool(given_to(node)) or any(isinstance(item, Name) and item.text in INDICES for item in scripts)


def _of_its_samples(chain: Chain) -> str:
    """Return the L of L = 1/N Σ L_n."""
    letter = _loss(chain)
    if not letter or _is_of_sample(chain.members[0]):
        return ""
    parts = (node for member in chain.members[1:] if not is_symbol(member) for node in nodes_of(member))
    return letter if any(letter_of(node) == letter and _is_of_sample(node) for node in parts) else ""


def _defined_in_both_ways(chains: Sequence[Chain]) -> set[str]:
    """Return the J of which J(W, b) and J(W, b; x, y) have definitions."""
    called = [chain for chain in chains if _loss(chain) and isinstance(chain.members[0], Called)]
    ways = {(_loss(chain), bool(given_to(chain.members[0]))) for chain in called}
    return {letter for letter, of_sample in ways if of_sample and (letter, False) in ways}


def _second_definitions(document: Document) -> list[tuple[int, str]]:
    """Return where a loss is defined once more, of nothing that it was made of before, and its letter."""
    chains = document.chains
    losses = [loss for chain in chains if (loss := _loss(chain))]
    if len({*losses}) == len(losses):
        return []
    symbols = symbols_of(chains, classes_of(chains, [piece for piece in document.pieces if isinstance(piece, Prose)]))
    first: dict[Key, int] = {}
    for place, chain in enumerate(chains):
        if defines(chain):
            first.setdefault(symbols.resolve(chain.members[0]).key, place)

    @cache
    def made_of(place: int) -> set[Key]:
        nodes = (node for member in chains[place].members[1:] for node in nodes_of(member) if is_symbol(node))
        return {symbols.resolve(node).key for node in nodes} & first.keys()

    def below(place: int) -> set[Key]:
        found: set[Key] = set()
        waiting = [place]
        while waiting:
            new = made_of(waiting.pop()) - found
            found |= new
            waiting += (first[key] for key in new)
        return found

    found = []
    for place, chain in enumerate(chains):
        if _loss(chain) and symbols.resolve(chain.members[0]).is_whole:
            key = symbols.resolve(chain.members[0]).key
            former, latter = below(first[key]), below(place)
            if former and latter and former.isdisjoint(latter):
                found.append((place, _loss(chain)))
                first[key] = place
    return found


def _with_sense(document: Document, letter: str, is_meant: Callable[[Node], bool], since: int = 0) -> Document:
    """Return a document in which some symbols with a letter are in another sense, from one of its chains on."""
    places = count()

    def changed(node: Node) -> Node:
        if is_symbol(node):
            is_other = letter_of(node) == letter and is_meant(node)
            return with_name(node, lambda name: replace(name, sense=name.sense + 1)) if is_other else node
        return with_parts(node, changed)

    return with_chains(document, lambda chain: with_parts(chain, changed) if next(places) >= since else chain)
