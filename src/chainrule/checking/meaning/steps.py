"""Step functions: the letters that stand for one, and the indicators that a definition multiplies with."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from chainrule.checking.meaning.definitions import everything_in
from chainrule.checking.meaning.symbols import defines, is_symbol, letter_of, nodes_of
from chainrule.checking.parsing.problems import unreadable
from chainrule.checking.parsing.syntax import (
    Apply,
    Chain,
    Document,
    Group,
    Name,
    Node,
    Operator,
    Product,
    Prose,
    Unread,
    mapped,
)

__all__ = ["THETA", "named_steps", "steps_of", "with_masks", "without_doubtful_steps"]

THETA = "Θ"  # Heaviside's, where nothing else is called so
HEAVISIDE = "H"  # also
# Around the letter, within its sentence.
WORDS = re.compile(
    r"\0[^.;。；]{0,25}?\b(?:heaviside|unit step|step function)|\0[^.;。；]{0,6}?(?:阶跃|階躍)"
    r"|(?:heaviside|unit step)(?:'s)?(?: step)?(?: function)?\W*\0|(?:阶跃|階躍)函[数數]\W*\0",
    re.IGNORECASE,
)


def named_steps(document: Document) -> set[str]:
    """Return the letters of which the words say that they are the step function."""
    found = set()
    for piece in (each for each in document.pieces if isinstance(each, Prose)):
        for chain in piece.formulas:
            around = piece.text[: chain.start][-40:], piece.text[chain.end :][:60]
            if len(chain.members) == 1 and WORDS.search("\0".join(around)):
                found.add(_first_letter(chain.members[0]))
    return found - {""}


def _first_letter(node: Node) -> str:
    """Return the u of u, u(z) and u(·)."""
    return letter_of(node.factors[0] if isinstance(node, Product) else getattr(node, "function", node))


def steps_of(document: Document) -> set[str]:
    """Return the letters that stand for the step function, before it is known what is a function."""
    nodes = [node for chain in document.chains for node in everything_in(chain)]
    called = [pair for node in nodes if isinstance(node, Product) for pair in pairwise(node.factors)]
    is_function = [one for one, other in called if one == Name(THETA) and isinstance(other, Group)]
    is_lone = bool(is_function) and len(is_function) == sum(letter_of(node) == THETA for node in nodes)
    return named_steps(document) | ({THETA} if is_lone else set())


def with_masks(chain: Chain) -> Chain:
    """Return a definition in which 1[z > 0] multiplies entry by entry, whatever sign there is: z · 1[z > 0]."""
    if not defines(chain):
        return chain
    left, right, *others = chain.members
    return replace(chain, members=(left, mapped(right, _masked), *others))


def _masked(node: Node) -> Node:
    return replace(node, operators=tuple(_signs(node))) if isinstance(node, Product) else node


def _signs(node: Product) -> Iterator[Operator]:
    for sign, beside in zip(node.operators, pairwise(node.factors), strict=True):
        yield "⊙" if any(isinstance(each, Apply) and each.function == Name("1") for each in beside) else sign


def without_doubtful_steps(chain: Chain) -> Chain:
    """Return a chain in which H(z) is not understood where H is a symbol: it may be the step function all the same.

    Nobody puts a symbol that is multiplied in brackets.
    """
    return replace(chain, members=tuple(map(_understood, chain.members)))


def _understood(member: Node) -> Node:
    for node in nodes_of(member):
        for one, sign, other in _beside(node):
            if one == Name(HEAVISIDE) and sign == "" and isinstance(other, Group) and is_symbol(other.items[0]):
                return Unread(unreadable("step-or-symbol", other), start=member.start, end=member.end)
    return member


def _beside(node: Node) -> Iterator[tuple[Node, Operator, Node]]:
    if isinstance(node, Product):
        yield from zip(node.factors, node.operators, node.factors[1:], strict=False)
