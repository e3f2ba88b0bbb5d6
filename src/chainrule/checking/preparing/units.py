"""Layers that only the letters of their units tell apart: δ_j and δ_k, w_ji and w_kj."""

from collections.abc import Sequence
from dataclasses import replace

from chainrule.checking.meaning.outputs import LOSSES
from chainrule.checking.meaning.symbols import defines, is_symbol, letter_of, symbols_among
from chainrule.checking.parsing.syntax import (
    Chain,
    Document,
    Fraction,
    Name,
    Node,
    Partial,
    Prose,
    Scripted,
    unplaced,
    with_chains,
    with_name,
    with_parts,
)

__all__ = ["told_apart_by_units"]

ERROR = "δ"
Units = frozenset[str]


def told_apart_by_units(document: Document) -> Document:
    """Return a document in which δ_j and δ_k are two symbols, each the gradient by what its layer defines first.

    So it is where no δ is written in another way and the others have the letters of their layers throughout: what is
    defined as a_j and as a_k is never an a_l, and of the weights, w_kj stands where something of k is defined.
    """
    chains = document.chains
    errors = dict.fromkeys(
        _units(node) for chain in chains for node in symbols_among(chain.members) if letter_of(node) == ERROR
    )
    if len(errors) < 2 or not all(len(each) == 1 for each in errors):
        return document
    definitions = [chain for chain in chains if defines(chain)]
    lefts = [chain.members[0] for chain in definitions if letter_of(chain.members[0]) != ERROR]
    cost = next((left for left in reversed(lefts) if letter_of(left) in LOSSES), None)
    scores = {_units(left): left for left in reversed(lefts) if isinstance(left, Scripted)}
    unsaid = errors.keys() - {_units(chain.members[0]) for chain in definitions if _says_of_what(chain)}
    layers = _layers(definitions)
    if cost is None or layers is None or not unsaid <= scores.keys():
        return document
    layers[ERROR] = list(errors)

    def changed(node: Node) -> Node:
        if not is_symbol(node):
            return with_parts(node, changed)
        senses = layers.get(letter_of(node), ())
        if _units(node) not in senses:
            return node
        return with_name(node, lambda name: replace(name, sense=senses.index(_units(node))))

    by_layer = [(Scripted(Name(ERROR), scores[each].sub), scores[each]) for each in errors if each in unsaid]
    gradients = [(error, Fraction(Partial(cost), Partial(score))) for error, score in by_layer]
    said = (Chain((unplaced(error), unplaced(gradient)), (":=",)) for error, gradient in gradients)
    document = replace(document, pieces=(Prose(1, "", tuple(said)), *document.pieces))
    return with_chains(document, lambda chain: with_parts(chain, changed))


def _says_of_what(chain: Chain) -> bool:
    """Return whether a chain says of what a δ is the gradient."""
    match chain:
        case Chain((error, Fraction(Partial(), Partial()), *_)):
            return letter_of(error) == ERROR
    return False


def _units(node: Node) -> Units:
    """Return the letters below a symbol that has nothing but letters below it, and nothing above."""
    match node:
        case Scripted(Name(), sub, None) if sub is not None and all(isinstance(item, Name) for item in sub.items):
            return frozenset(item.text for item in sub.items if isinstance(item, Name))
    return frozenset()


def _layers(definitions: Sequence[Chain]) -> dict[str, list[Units]] | None:
    """Return the letters of each layer, of the symbols that several have; nothing, where that is not clear."""
    defined: dict[str, list[Units]] = {}
    used: dict[str, dict[Units, bool]] = {}
    for chain in definitions:
        left, body = chain.members[0], chain.members[1:]
        if letter_of(left) != ERROR:
            defined.setdefault(letter_of(left), []).append(_units(left))
            for node in symbols_among(body):
                is_own = len(_units(node)) == 2 and _units(left) < _units(node)
                places = used.setdefault(letter_of(node), {})
                places[_units(node)] = places.get(_units(node), True) and is_own
    several = {letter: units for letter, units in defined.items() if len({*units}) > 1}
    weights = {letter for letter, places in used.items() if letter not in defined and all(places.values())}
    for letter, places in used.items():
        others = places.keys() - {*defined.get(letter, ())}
        if others and (letter in several or (letter not in weights and len(places) + (letter in defined) > 1)):
            return None
    return several | {letter: list(used[letter]) for letter in weights if len(used[letter]) > 1}
