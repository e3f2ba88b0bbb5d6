"""What a derivation consists of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chainrule.algebra.expressions import (
    Addition,
    Comparison,
    Derivative,
    Expression,
    Hadamard,
    Negation,
    Product,
    Quotient,
    Symbol,
)

__all__ = ["Step", "factors_of"]


@dataclass(frozen=True)
class Step:
    """A chain of equal expressions, and why they are.

    Attributes
    ----------
    tag : str
        The table's, such as B2; L1 L2 where two equations stand in one line.
    rule : str
        The name of the rule: the key of its title and its sentence among the messages.
    left : Expression
        What is derived.
    chain : tuple of Expression
        What it equals, link by link.
    condition : Comparison, optional
        Where it holds.
    terms : mapping of str to Expression
        What the rule's sentence speaks of.
    result : bool
        Whether this is what the quantity comes to, and not the way there.
    """

    tag: str
    rule: str
    left: Expression
    chain: tuple[Expression, ...]
    condition: Comparison | None = None
    terms: Mapping[str, Expression] = field(default_factory=dict)
    result: bool = False

    def links(self) -> Iterator[tuple[Expression, Expression]]:
        """Yield each link's two sides."""
        yield from zip((self.left, *self.chain), self.chain, strict=False)


def factors_of(expression: Expression, *, scalars: bool = False) -> tuple[Expression, ...]:
    """Return the vectors and matrices that an expression puts together, each once; with scalars that have a name."""
    found: dict[Expression, None] = {}

    def visit(node: Expression) -> None:
        match node:
            case Addition(parts) | Product(parts) | Hadamard(parts):
                for part in parts:
                    visit(part)
            case Negation(of):
                visit(of)
            case Quotient(numerator, denominator):
                visit(numerator)
                visit(denominator)
            case _ if not node.shape.is_scalar or (scalars and isinstance(node, Symbol | Derivative)):
                found[node] = None

    visit(expression)
    return tuple(found)
