"""Functions of a document: the letters that stand for one, and f(x) told from f times x."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from chainrule.checking.meaning.outputs import LETTERS, LOSSES, called_in, with_arguments
from chainrule.checking.meaning.symbols import defines, is_symbol, letter_of
from chainrule.checking.parsing.plain import plain
from chainrule.checking.parsing.signs import FUNCTIONS
from chainrule.checking.parsing.syntax import (
    Apply,
    Chain,
    Document,
    Group,
    Name,
    Node,
    Numeral,
    Product,
    Script,
    Scripted,
    Text,
    mapped,
    with_chains,
)

__all__ = ["called", "with_functions"]


def with_functions(document: Document, others: Collection[str] = ()) -> Document:
    """Return a document in which σ(z), g'(z) and their like are applications, and J(W, b) and h(x) are names.

    Parameters
    ----------
    document : Document
        As it was read.
    others : collection of str
        Letters of which it is known that they are functions.
    """
    chains = document.chains
    taken = {letter_of(chain.members[0]) for chain in chains if defines(chain) and not _names_function(chain)}
    names = called_in(chains) - {*others}
    letters = (LETTERS | {letter for chain in chains if (letter := _function(chain))}) - taken - names | {*others}

    def applied(node: Node) -> Node:
        match node:
            case Product():
                return _applied(node, letters, names)
            case Apply(Name(text) as name, arguments) if text in names:
                return with_arguments(name, arguments, node.end)
        return node

    return with_chains(document, lambda chain: mapped(chain, applied))


def _names_function(chain: Chain) -> bool:
    """Return whether a chain says g = tanh."""
    return isinstance(chain.members[1], Name) and chain.members[1].text in FUNCTIONS | {"σ"}


def _function(chain: Chain) -> str:
    """Return the h of h(z) = max(0, z)."""
    match chain:
        case Chain((Product((function, Group((of,))), ("",)), _, *_), ("=" | ":=" | "≡", *_)) if is_symbol(of):
            letter = _letter_called(function)
            return "" if letter in LOSSES else letter
    return ""


def called(node: Node) -> tuple[Node, str, int]:
    """Return what a function is called by, the label of its layer, and how many primes it has: of g^{[2]}′, g, 2, 1."""
    label, primes = "", 0
    while isinstance(node, Scripted) and (found := _label(node)) is not None:
        label, primes, node = found or label, primes + node.primes, node.base
    return node, label, primes


def _label(function: Scripted) -> str | None:
    """Return which layer's a function is, if its scripts say nothing but this: g^{[l]}, g_1."""
    match function.sub, function.sup:
        case None, None:
            return ""
        case None, Script((item,), "()" | "[]") | Script((Group((item,), "()" | "[]"),)):
            return plain(item)
        case Script((Numeral() | Text() | Name("l" | "L") as item,)), None:
            return plain(item)
    return None


def _letter_called(node: Node) -> str:
    of, _, _ = called(node)
    return of.text if isinstance(of, Name) else ""


def _applied(product: Product, letters: set[str], names: set[str]) -> Node:
    """Return a product in which a function's letter, or a name, and the brackets after it are one factor."""
    factors: list[Node] = []
    operators: list[Any] = []
    for sign, factor in zip(("", *product.operators), product.factors, strict=True):
        before = factors[-1] if factors and sign == "" else None
        group = factor.base if isinstance(factor, Scripted) else factor
        called_so: Node | None = None
        if before is not None and isinstance(group, Group):
            if _letter_called(before) in letters:
                called_so = Apply(before, group.items, start=before.start, end=group.end)
            elif letter_of(before) in names and all(map(is_symbol, group.items)):
                called_so = with_arguments(before, group.items, group.end)
        if called_so is not None:
            factors[-1] = replace(factor, base=called_so) if isinstance(factor, Scripted) else called_so
        else:
            operators += [sign] if factors else []
            factors.append(factor)
    return replace(product, factors=tuple(factors), operators=tuple(operators)) if len(factors) > 1 else factors[0]
