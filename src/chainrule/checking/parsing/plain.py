"""Nodes as one line of text, for messages and tests: fully bracketed where the page leaves no doubt."""

from collections.abc import Iterable
from functools import singledispatch
from unicodedata import normalize

from chainrule.checking.parsing.syntax import (
    Apply,
    BigSum,
    Called,
    Cases,
    Chain,
    Dots,
    Fraction,
    Group,
    Name,
    Negation,
    Node,
    Norm,
    Numeral,
    Partial,
    Product,
    Relation,
    Script,
    Scripted,
    Sum,
    Table,
    Text,
    Unread,
    as_shown,
)

__all__ = ["plain"]

_MARKS = {"": "", "hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}


@singledispatch
def plain(node: Node) -> str:
    r"""Return a node as text: ``\frac{\partial L}{\partial W_1}`` is ``∂L/∂W_1``.

    Every kind of node looks different: a product without a sign has a space, a fraction's sums and products are in
    ``⟨⟩`` where the page has no brackets, as are all other things that a line of text cannot show.
    """
    raise TypeError(type(node).__name__)


def _tight(node: Node) -> str:
    """Return a node so that an operator may stand beside it."""
    loose = isinstance(node, Sum | Product | Negation | Relation | BigSum | Fraction)
    return f"⟨{plain(node)}⟩" if loose else plain(node)


def _listed(nodes: Iterable[Node]) -> str:
    return ", ".join(map(plain, nodes))


@plain.register(Numeral)
@plain.register(Text)
def _(node: Numeral | Text) -> str:
    return f'"{node.text}"' if isinstance(node, Text) else node.text


@plain.register
def _(node: Name) -> str:
    return normalize("NFC", node.text + _MARKS[node.accent])


@plain.register
def _(node: Called) -> str:
    below = f"_{plain(node.parameters)}" if node.parameters else ""
    return f"{plain(Name(node.text, node.accent))}{below}({_listed(node.arguments)})"


@plain.register
def _(node: Script) -> str:
    opening, closing = node.brackets or ("", "")
    items = _listed(node.items)
    if node.brackets or len(node.items) > 1 or isinstance(node.items[0], Sum | Product | Relation | Fraction):
        return f"{{{opening}{items}{closing}}}"
    return items


@plain.register
def _(node: Scripted) -> str:
    if (shown := as_shown(node)) is not node:
        return plain(shown)
    base = _tight(node.base)
    if isinstance(as_shown(node.base), Scripted):
        base = f"⟨{base}⟩"
    sub = f"_{plain(node.sub)}" if node.sub else ""
    sup = f"^{plain(node.sup)}" if node.sup else ""
    return base + "′" * node.primes + sub + sup


@plain.register
def _(node: Negation) -> str:
    return f"-{plain(node.of) if isinstance(node.of, Product | Fraction) else _tight(node.of)}"


@plain.register
def _(node: Sum) -> str:
    first, *rest = (f"⟨{plain(term)}⟩" if isinstance(term, Sum) else plain(term) for term in node.terms)
    return first + "".join(f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in rest)


@plain.register
def _(node: Product) -> str:
    first, *rest = (plain(factor) if isinstance(factor, Fraction) else _tight(factor) for factor in node.factors)
    signs = (f" {sign} " if sign else " " for sign in node.operators)
    return first + "".join(sign + factor for sign, factor in zip(signs, rest, strict=True))


@plain.register
def _(node: Fraction) -> str:
    return f"{_tight(node.numerator)}/{_tight(node.denominator)}"


@plain.register
def _(node: Group) -> str:
    opening, closing = node.brackets or ("", "")
    return f"{opening}{_listed(node.items)}{closing}"


@plain.register
def _(node: Norm) -> str:
    return f"‖{plain(node.of)}‖" + (f"_{node.kind}" if node.kind else "")


@plain.register
def _(node: Apply) -> str:
    return f"{_tight(node.function)}({_listed(node.arguments)})"


@plain.register
def _(node: BigSum) -> str:
    below = f"_{{{_listed(node.below)}}}" if node.below else ""
    above = f"^{_tight(node.above)}" if node.above else ""
    return f"∑{below}{above} {plain(node.body)}"


@plain.register
def _(node: Partial) -> str:
    return ("∂" if node.by is None else f"∇_{{{plain(node.by)}}} ") + (_tight(node.of) if node.of else "")


@plain.register
def _(node: Relation) -> str:
    return _chained(node.sides, node.signs)


@plain.register
def _(node: Chain) -> str:
    beside = f" | {_listed(node.beside)}" if node.beside else ""
    return _chained(node.members, node.signs) + beside


def _chained(sides: tuple[Node, ...], signs: tuple[str, ...]) -> str:
    first, *rest = map(plain, sides)
    return first + "".join(f" {sign} {side}" for sign, side in zip(signs, rest, strict=True))


@plain.register
def _(node: Cases) -> str:
    branches = (f"{plain(value)} if {plain(when)}" if when else plain(value) for value, when in node.branches)
    return f"{{{'; '.join(branches)}}}"


@plain.register
def _(node: Table) -> str:
    return f"[{'; '.join(map(_listed, node.rows))}]"


@plain.register
def _(_node: Dots) -> str:
    return "…"


@plain.register
def _(node: Unread) -> str:
    return f"!! {node.problem.reason}"
