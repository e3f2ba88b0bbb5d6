"""The layer of ∇_a C: that of the a of which the cost is made."""

from dataclasses import replace

from chainrule.checking.meaning.symbols import defines, is_symbol, letter_of, nodes_of
from chainrule.checking.parsing.syntax import Chain, Document, Name, Node, Partial, Scripted, with_chains, with_parts

__all__ = ["with_last_layers"]


def with_last_layers(document: Document) -> Document:
    """Return a document in which ∇_a C is ∇_{a^L} C, if C is made of the a of one layer and no a is without a layer.

    Parameters
    ----------
    document : Document
        As it was read.
    """
    chains = [chain for chain in document.chains if defines(chain)]
    costs = {letter_of(chain.members[0]): chain for chain in reversed(chains)}
    lefts = [chain.members[0] for chain in chains]
    layered = {letter_of(left) for left in lefts if isinstance(left, Scripted) and left.sup is not None}
    layered -= {left.text for left in lefts if isinstance(left, Name)}
    if not layered:
        return document

    def changed(node: Node) -> Node:
        match node:
            case Partial(cost, Name(letter) as by) if cost is not None and letter in layered:
                layer = _layer_of(letter, costs.get(letter_of(cost)))
                return node if layer is None else replace(node, by=replace(layer, base=by, start=by.start, end=by.end))
        return with_parts(node, changed)

    return with_chains(document, lambda chain: with_parts(chain, changed))


def _layer_of(letter: str, cost: Chain | None) -> Scripted | None:
    """Return a letter with the layer that it has in a cost, without an entry's index, if it has one there only."""
    nodes = nodes_of(cost.members[1]) if cost is not None else ()
    found = [node for node in nodes if is_symbol(node) and letter_of(node) == letter]
    layers = [replace(node, sub=None) for node in found if isinstance(node, Scripted) and node.sup is not None]
    is_one = len(layers) == len(found) and all(layer == layers[0] for layer in layers)
    return layers[0] if layers and is_one else None
