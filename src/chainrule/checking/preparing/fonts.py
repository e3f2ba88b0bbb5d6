"""One loss in two fonts: what is defined as 𝒥, and differentiated as J."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from chainrule.checking.meaning.symbols import defines, letter_of, nodes_of
from chainrule.checking.parsing.syntax import Document, Node, Partial, with_chains, with_name, with_parts

__all__ = ["with_one_font"]

FONTS = {"L": "ℒ", "J": "𝒥", "C": "𝒞", "E": "ℰ"}


def with_one_font(document: Document) -> Document:
    """Return a document in which a loss has its definition's font under ∂ and ∇ too, if only one font has one.

    Parameters
    ----------
    document : Document
        As it was read.
    """
    chains = document.chains
    defined = {letter_of(chain.members[0]) for chain in chains if defines(chain)}
    pairs = {**FONTS, **{script: letter for letter, script in FONTS.items()}}
    meant = {letter: other for letter, other in pairs.items() if other in defined and letter not in defined}
    nodes = (node for chain in chains for member in chain.members for node in nodes_of(member))
    if not any(isinstance(node, Partial) and node.of is not None and letter_of(node.of) in meant for node in nodes):
        return document
    return with_chains(document, lambda chain: with_parts(chain, partial(_differentiated, meant=meant)))


def _differentiated(node: Node, meant: Mapping[str, str]) -> Node:
    if isinstance(node, Partial) and node.of is not None and letter_of(node.of) in meant:
        return replace(node, of=with_name(node.of, lambda name: replace(name, text=meant[name.text])))
    return with_parts(node, partial(_differentiated, meant=meant))
