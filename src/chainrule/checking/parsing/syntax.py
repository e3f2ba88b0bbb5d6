"""What was written, before anybody asks what it means.

A reader (of LaTeX, of Unicode, of NumPy) makes these nodes; whether ``z_{1i}`` is an entry of z₁, whether ``f(x)`` is
a function or a product, and what shapes things have, is for those to say who know the document's definitions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from operator import is_
from typing import Any, Literal, TypeVar

from chainrule.checking.parsing.problems import Unreadable

__all__ = [
    "ELEMENTWISE",
    "Apply",
    "BigSum",
    "Block",
    "Brackets",
    "Called",
    "Cases",
    "Chain",
    "Document",
    "Dots",
    "Fraction",
    "Group",
    "Name",
    "Negation",
    "Node",
    "Norm",
    "Numeral",
    "Operator",
    "Partial",
    "Product",
    "Prose",
    "Relation",
    "Script",
    "Scripted",
    "Sum",
    "Table",
    "Text",
    "Unread",
    "as_shown",
    "chains_in",
    "mapped",
    "unplaced",
    "with_chains",
    "with_name",
    "with_parts",
]

N = TypeVar("N", bound="Node")
Brackets = Literal["", "()", "[]", "{}", "||"]
Operator = Literal["", "·", "×", "⊙", "⊗", "*", "@", "∗"]
ELEMENTWISE: frozenset[Operator] = frozenset({"⊙", "*", "∗"})


@dataclass(frozen=True)
class Node:
    """A piece of a formula.

    Attributes
    ----------
    start, end : int
        Where it stands in the source of its block.
    """

    start: int = field(default=0, compare=False, kw_only=True)
    end: int = field(default=0, compare=False, kw_only=True)

    @cached_property
    def children(self) -> tuple["Node", ...]:
        """The nodes that this is made of, in the order of its fields."""
        return tuple(_nodes_in(tuple(getattr(self, field.name) for field in fields(self))))


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def with_parts(node: N, change: Callable[[Node], Node]) -> N:
    """Return a node whose parts have been changed; itself, where all stay what they are."""

    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            items = tuple(map(changed, value))
            return value if all(map(is_, items, value)) else items
        return change(value) if isinstance(value, Node) else value

    parts = {each.name: changed(getattr(node, each.name)) for each in fields(node)}
    return node if all(part is getattr(node, name) for name, part in parts.items()) else replace(node, **parts)


def mapped(node: N, change: Callable[[Node], Node]) -> N:
    """Return a node in which every node has been changed, the inmost first; one keeps its kind."""
    return change(with_parts(node, lambda part: mapped(part, change)))  # type: ignore[return-value]


def unplaced(node: N) -> N:
    """Return a node without places: it goes into another source than the one that it is from."""
    return mapped(node, lambda each: replace(each, start=0, end=0))


@dataclass(frozen=True)
class Numeral(Node):
    """A number, as written: ``0.01``."""

    text: str


@dataclass(frozen=True)
class Name(Node):
    r"""A letter or word without its scripts: ``W``, ``λ``, ``softmax``, ``dW2`` of NumPy; bold and font are left out.

    Attributes
    ----------
    text : str
        Greek letters in Unicode. A blackboard or bold 1 is the Numeral's, not a name.
    accent : str
        ``hat``, ``bar``, ``tilde``, ``dot`` or nothing.
    is_word : bool
        Whether it was written as a word (``\text{ReLU}``, ``\mathrm{diag}``, NumPy's names), so that what follows
        in parentheses is its argument.
    sense : int
        Which it is of the things that the document has one letter for, in the order in which they come up.
    is_any : bool
        Whether it stands for any number, and not for the document's symbol: the z of σ'(z) = σ(z)(1 − σ(z)).
    """

    text: str
    accent: str = ""
    is_word: bool = False
    sense: int = 0
    is_any: bool = False


@dataclass(frozen=True)
class Called(Name):
    """A name with what its author says it depends on: ``J(W, b)``, ``h_θ(x)``. It is no function and no product.

    Attributes
    ----------
    parameters : Script, optional
        What stands below it.
    arguments : tuple of Node
        What stands in the brackets.
    name_end : int
        Where the name itself ends in the source.
    """

    parameters: "Script | None" = None
    arguments: tuple[Node, ...] = ()
    name_end: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Script(Node):
    r"""A subscript or a superscript: what it lists, in order, and the brackets around it.

    ``_{1i}`` lists 1 and i; ``_{i,j}`` i and j; ``^{[1]}`` 1 in square brackets; ``^{l-1}`` one difference;
    ``_{n:}`` n and an Dots, which stands for a whole axis; ``^T`` and ``^\top`` the Name ``⊤``. What is only meant,
    such as the sample of z where z^{(i)} is made of it too, is not shown.
    """

    items: tuple[Node, ...]
    brackets: Brackets = ""
    is_only_meant: bool = False


@dataclass(frozen=True)
class Scripted(Node):
    r"""A base with its scripts: ``z_k^{[2]}``, ``x'``, ``(A W)_{ij}``, ``(\hat y - y)^T``."""

    base: Node
    sub: Script | None = None
    sup: Script | None = None
    primes: int = 0


def with_name(symbol: Node, change: Callable[[Name], Node]) -> Node:
    """Return a symbol with another name under its scripts."""
    if isinstance(symbol, Scripted):
        return replace(symbol, base=with_name(symbol.base, change))
    assert isinstance(symbol, Name)  # noqa: S101 - of symbols only
    return change(symbol)


def as_shown(node: Node) -> Node:
    """Return a node without the script that is only meant."""
    return node.base if isinstance(node, Scripted) and node.sup is not None and node.sup.is_only_meant else node


@dataclass(frozen=True)
class Negation(Node):
    """A minus sign before something."""

    of: Node


@dataclass(frozen=True)
class Sum(Node):
    """Terms that are added; subtracted ones are negations."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Product(Node):
    """Factors side by side, and what stands between each two: nothing, or an operator sign.

    ``*`` and ``@`` are NumPy's elementwise and matrix products, ``∗`` is an asterisk in a text, which may be either;
    ``/`` never stands here: it makes a Fraction.
    """

    factors: tuple[Node, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class Fraction(Node):
    r"""One over the other, by ``\frac`` or by a slash."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Group(Node):
    """Brackets around something; several things, with commas between, make a list."""

    items: tuple[Node, ...]
    brackets: Brackets = "()"


@dataclass(frozen=True)
class Norm(Node):
    r"""``\|A\|``, with what stands below it, such as F or 2."""

    of: Node
    kind: str = ""


@dataclass(frozen=True)
class Apply(Node):
    r"""A function that is one beyond doubt, and what it is of: ``\log \hat y_k``, ``\text{softmax}(z)``.

    ``\max(0, z)`` and ``\text{LeakyReLU}(z, \alpha = 0.01)`` have two arguments. A keyword argument is a Relation,
    as is the condition of an indicator, ``1[z > 0]``: Apply(Name("1"), (Relation(…),)).
    """

    function: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class BigSum(Node):
    """Σ with what stands below and above it, and all of its body; below it is ``j``, ``j = 1``, ``j ≠ k``."""

    body: Node
    below: tuple[Node, ...] = ()
    above: Node | None = None


@dataclass(frozen=True)
class Partial(Node):
    """∂ or d before something, or ∂ alone; a derivative is a Fraction of two: ``∂(…)/∂z``. Also ``∇_W L``, with by."""

    of: Node | None
    by: Node | None = None


@dataclass(frozen=True)
class Relation(Node):
    r"""Sides with signs between them: ``i \neq k``, ``z > 0``, ``i = 1, …``; no step to judge."""

    sides: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Cases(Node):
    """``cases``: values with their conditions; None for an ``otherwise``."""

    branches: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True)
class Table(Node):
    """``pmatrix`` and its like: rows of cells."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Text(Node):
    """Words inside a formula."""

    text: str


@dataclass(frozen=True)
class Dots(Node):
    """``…``, or ``:`` for a whole axis."""


@dataclass(frozen=True)
class Unread(Node):
    """What is not understood, as far as it goes on."""

    problem: Unreadable = field(compare=False)


@dataclass(frozen=True)
class Chain(Node):
    """A statement: members with signs between them, and what was said beside it in the formula.

    Attributes
    ----------
    members : tuple of Node
        ``A = B = C`` has three; what stands alone has one.
    signs : tuple of str
        Between each two: ``=``, ``≈``, ``∈`` …; ``:=`` defines.
    beside : tuple of Node
        Conditions and words after it: Relations and Texts, in order.
    """

    members: tuple[Node, ...]
    signs: tuple[str, ...]
    beside: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Block:
    """A displayed formula, or a line of code.

    Attributes
    ----------
    number : int
        From 1 through the file.
    line : int
        Of the file, from 1, where it begins; in a notebook, of the cell.
    source : str
        As it stands in the file, without the delimiters.
    chains : tuple of Chain
        What it states; the lines of ``aligned`` that begin with a sign go on the chain before.
    problem : Unreadable, optional
        Where nothing is stated.
    cell : int, optional
        Of a notebook, from 1.
    """

    number: int
    line: int
    source: str
    chains: tuple[Chain, ...] = ()
    problem: Unreadable | None = None
    cell: int | None = None


@dataclass(frozen=True)
class Prose:
    """A paragraph, and the formulas in it in order; one that is not understood is left out.

    Attributes
    ----------
    line : int
        Of the file, from 1, where it begins; in a notebook, of the cell.
    text : str
        As it stands in the file, formulas and all.
    formulas : tuple of Chain
        Their places are places in the text.
    cell : int, optional
        Of a notebook, from 1.
    """

    line: int
    text: str
    formulas: tuple[Chain, ...] = ()
    cell: int | None = None


@dataclass(frozen=True)
class Document:
    """A file: its blocks and its paragraphs, as they follow each other."""

    pieces: tuple[Block | Prose, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks alone."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Block))

    @property
    def chains(self) -> tuple[Chain, ...]:
        """What its blocks and its paragraphs state, in order."""
        return tuple(chain for piece in self.pieces for chain in chains_in(piece))


def chains_in(piece: Block | Prose) -> tuple[Chain, ...]:
    """Return what a block or a paragraph states."""
    return piece.formulas if isinstance(piece, Prose) else piece.chains


def with_chains(document: Document, change: Callable[[Chain], Chain]) -> Document:
    """Return a document in which every chain has been changed, of blocks and of sentences."""

    def changed(piece: Block | Prose) -> Block | Prose:
        if isinstance(piece, Prose):
            return replace(piece, formulas=tuple(map(change, piece.formulas)))
        return replace(piece, chains=tuple(map(change, piece.chains)))

    return replace(document, pieces=tuple(map(changed, document.pieces)))
