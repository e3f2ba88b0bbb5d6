"""One over another, and what a fraction of ∂ is a derivative of."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from chainrule.checking.parsing.syntax import (
    ELEMENTWISE,
    Fraction,
    Name,
    Node,
    Numeral,
    Operator,
    Partial,
    Product,
    Scripted,
)

if TYPE_CHECKING:
    from chainrule.checking.parsing.parser import Parser

__all__ = [
    "differentiated",
    "fraction",
    "gradient",
    "is_derivative",
    "is_operator",
    "over",
    "partial",
    "with_quotients",
]


def fraction(parser: "Parser") -> Node:
    r"""Read ``\frac`` and its two halves."""
    start = parser.take().start
    return parser.spanned(over(_half(parser), _half(parser)), start)


def _half(parser: "Parser") -> Node:
    r"""Read half of a fraction: of ``\frac12``, a digit."""
    token = parser.token
    if token.kind == "number" and len(token.text) == token.end - token.start > 1:
        digit = parser.split()
        return Numeral(digit.text, start=digit.start, end=digit.end)
    return parser.argument()


def over(numerator: Node, denominator: Node) -> Fraction:
    r"""Return one over the other, with ``d`` alone and ``∂ f(z)`` put right over a ``∂z``."""
    if isinstance(denominator, Partial):
        if numerator == Name("d"):
            numerator = Partial(None, start=numerator.start, end=numerator.end)
        elif isinstance(numerator, Product) and not any(numerator.operators):
            numerator = _of_all(numerator)
    return Fraction(numerator, denominator)


def _of_all(product: Product) -> Node:
    first, *rest = product.factors
    if any(isinstance(factor, Partial) for factor in rest):
        return product
    factors = (first.of, *rest) if isinstance(first, Partial) and first.of else tuple(rest)
    if not (isinstance(first, Partial) or first == Name("d")):
        return product
    of = factors[0] if len(factors) == 1 else _side_by_side(factors)
    return Partial(of, start=product.start, end=product.end)


def _side_by_side(factors: Sequence[Node]) -> Product:
    nothing: Operator = ""
    between = (nothing,) * (len(factors) - 1)
    return Product(tuple(factors), between, start=factors[0].start, end=factors[-1].end)


def with_quotients(factors: list[Node], operators: list[str]) -> tuple[list[Node], list[Operator]]:
    """Return a product in which ⊘ divides, entry by entry, what is between the elementwise signs around it."""
    while "⊘" in operators:
        at = operators.index("⊘")
        start = max((place + 1 for place in range(at) if operators[place] in {*ELEMENTWISE, "⊘"}), default=0)
        later = (place + 1 for place in range(at + 1, len(operators)) if operators[place] in {*ELEMENTWISE, "⊘"})
        end = next(later, len(factors))
        above = _run(factors[start : at + 1], operators[start:at])
        below = _run(factors[at + 1 : end], operators[at + 1 : end - 1])
        factors = [*factors[:start], Fraction(above, below, start=above.start, end=below.end), *factors[end:]]
        operators = [*operators[:start], *operators[end - 1 :]]
    return factors, cast("list[Operator]", operators)


def _run(factors: list[Node], operators: list[str]) -> Node:
    if len(factors) == 1:
        return factors[0]
    signs = cast("list[Operator]", operators)
    return Product(tuple(factors), tuple(signs), start=factors[0].start, end=factors[-1].end)


def is_derivative(node: Node) -> bool:
    """Say whether this is something over a ∂."""
    return isinstance(node, Fraction) and isinstance(node.denominator, Partial)


def is_operator(node: Node) -> bool:
    """Say whether this is a derivative that does not say of what yet."""
    return isinstance(node, Fraction) and node.numerator == Partial(None) and isinstance(node.denominator, Partial)


def differentiated(parser: "Parser", operator: Fraction) -> Fraction:
    r"""Read what ``\frac{\partial}{\partial z}`` is of: the parentheses, or the factors, that follow."""
    start = parser.token.start
    if parser.is_next("(", "[", r"\{"):
        return replace(operator, numerator=Partial(parser.factor()))
    factors = [parser.factor()]
    while parser.operand_is_next():
        factors.append(parser.factor())
    of = factors[0] if len(factors) == 1 else _side_by_side(factors)
    return replace(operator, numerator=parser.spanned(Partial(of), start))


def partial(parser: "Parser") -> Node:
    """Read ∂ and what it is of."""
    before = parser.before()
    below = before is not None and before.text == "/"
    start = parser.take().start
    if parser.is_next("^"):
        parser.fail("only-first-derivatives")
    if not parser.operand_is_next():
        return parser.spanned(Partial(None), start)
    of = parser.factor()
    return parser.spanned(Partial(of if below else _called(parser, of)), start)


def _called(parser: "Parser", of: Node) -> Node:
    """Read ``(W)`` of ``∂J(W)/∂W``."""
    if isinstance(of, Name | Scripted) and parser.is_next("(") and parser.beyond().text == "/":
        return parser.spanned(Product((of, parser.group()), ("",)), of.start)
    return of


def gradient(parser: "Parser") -> Node:
    """Read ``∇_W L``."""
    start = parser.take().start
    if not parser.took("_"):
        parser.fail("gradient-by-what")
    by = parser.argument()
    of = parser.factor()
    if isinstance(of, Name | Scripted) and parser.is_next("("):
        of = parser.spanned(Product((of, parser.group()), ("",)), of.start)
    return parser.spanned(Partial(of, by), start)
